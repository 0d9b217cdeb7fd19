//! Compares a template with the live resources of its stack.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use super::advice;
use crate::compare::desired::{DesiredComparison, compare_desired};
use crate::compare::drift::{Coverage, DriftReport, DriftRow, Status};
use crate::compare::pair::mask;
use crate::compare::separate;
use crate::domain::resource::{DesiredResource, LiveResource, NamedResource, ResourceRef};
use crate::domain::suggestion::SuggestedCommand;
use crate::domain::{pointer, symbol};
use crate::pipeline::estate;
use crate::pipeline::load::Loaded;
use crate::pipeline::plan::Side;
use crate::pipeline::plan::desired::{Desired, Existing, Origin};
use crate::pipeline::plan::from::template::{TemplatePlan, declared_resources};
use crate::pipeline::ports::{CloudError, CloudErrorKind};

/// Where a template comes from, for the suggested commands.
pub struct Source<'a> {
    /// Its files.
    pub files: &'a [PathBuf],
    /// Values of parameters were given: a suggested command would lack them.
    pub has_parameters: bool,
}

/// Compares a template with the live resources of its stack in one environment. The rows have the logical ids of the template
/// in place of identifiers of the environment promoted from.
///
/// # Errors
/// AWS could not be read.
pub async fn compare_template(
    side: &Side<'_>,
    request: &TemplatePlan<'_>,
    source: &Source<'_>,
) -> Result<DriftReport, CloudError> {
    let is_readable = |one: &&DesiredResource| {
        side.registry().get(&one.type_name).is_some_and(|type_schema| type_schema.handlers.read)
    };
    let (readable, others): (Vec<_>, Vec<_>) = request.loaded.resources.iter().partition(is_readable);
    let loaded = Loaded { resources: readable.into_iter().cloned().collect(), ..request.loaded.clone() };
    let request = TemplatePlan { loaded: &loaded, ..*request };
    let (resources, dropped) = declared_resources(side, &request, &BTreeSet::new()).await?;
    let rows = Rows { side, stack: request.stack, source, secrets: &loaded.secrets };
    let mut report = DriftReport {
        from: source.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" "),
        to: side.environment.name.clone(),
        rows: dropped.iter().map(|resource| rows.dropped(resource)).collect(),
        coverage: Coverage::default(),
        registry: side.registry().clone(),
    };
    for one in &resources {
        report.rows.push(rows.row(one).await?);
    }
    report.rows.extend(others.into_iter().map(unsupported));
    report.rows.sort_by(|a, b| (&a.type_name, &a.dev, &a.prod).cmp(&(&b.type_name, &b.dev, &b.prod)));
    let count = |status: Status| report.rows.iter().filter(|row| row.status == status).count() as u64;
    let (unreadable, unsupported) = (count(Status::Unreadable), count(Status::Unsupported));
    let checked = report.rows.len() as u64 - unreadable - unsupported;
    report.coverage = Coverage { checked, unreadable, unsupported, ..report.coverage.clone() };
    Ok(report)
}

/// The row of a resource whose type Cloud Control does not read.
fn unsupported(resource: &DesiredResource) -> DriftRow {
    let declared = ResourceRef::new(&resource.type_name, &resource.logical_id);
    DriftRow {
        reason: Some(format!("Cloud Control cannot read {}", resource.type_name)),
        ..advice::row(Status::Unsupported, Some(&declared), None)
    }
}

struct Rows<'a> {
    side: &'a Side<'a>,
    stack: &'a str,
    source: &'a Source<'a>,
    /// Values of `NoEcho` parameters.
    secrets: &'a BTreeSet<String>,
}

impl Rows<'_> {
    async fn row(&self, one: &Desired) -> Result<DriftRow, CloudError> {
        let declared = ResourceRef::new(one.type_name(), &one.logical_id);
        Ok(match &one.existing {
            Existing::Live(live) => self.compared(&declared, one, live, None),
            Existing::Absent => self.absent(&declared),
            Existing::CreatedEarlier(identifier) => DriftRow {
                reason: Some("created by an interrupted run, and not yet recorded in its tags".to_owned()),
                action: Some("complete the run".to_owned()),
                command: self.create(),
                ..advice::row(
                    Status::NeedsReview,
                    Some(&declared),
                    Some(&ResourceRef::new(one.type_name(), identifier)),
                )
            },
            // The template names it, whoever created it.
            Existing::Foreign(resource) => match estate::read(self.side.reader, resource, None).await {
                Ok(Some(live)) => {
                    let reason = format!("it is not part of the stack `{}`", self.stack);
                    self.compared(&declared, one, &live, Some(reason))
                }
                Ok(None) => self.absent(&declared),
                Err(error) if error.kind == CloudErrorKind::Credentials => return Err(error),
                Err(error) => advice::unreadable(Some(&declared), Some(resource), &error),
            },
            Existing::Unclear(problem) => DriftRow {
                reason: Some(problem.message.clone()),
                action: problem.hint.clone(),
                ..advice::row(Status::NeedsReview, Some(&declared), None)
            },
        })
    }

    fn compared(&self, declared: &ResourceRef, one: &Desired, live: &LiveResource, reason: Option<String>) -> DriftRow {
        let mut unknown = Vec::new();
        let mut properties = one.properties.clone();
        remove_unknown(&mut properties, "", &mut unknown);
        let live_properties = match &one.origin {
            Origin::Template(declared) => separate::split(&live.properties, &properties, &declared.separate).0,
            _ => live.properties.clone(),
        };
        let DesiredComparison { mut changes, unverifiable } =
            compare_desired(one.type_schema, &properties, &live_properties);
        let name = Some(live.resource.identifier.as_str());
        mask(one.type_schema, name, (&properties, &live_properties), self.secrets, &mut changes);
        let unknown =
            (!unknown.is_empty()).then(|| format!("refers to what does not exist yet: {}", unknown.join(", ")));
        let is_own = reason.is_none();
        let (status, said) = match changes.is_empty() {
            true => (Status::Synced, None),
            false => (Status::Drifted, Some("the live resource is not as declared".to_owned())),
        };
        let reasons: Vec<String> = [said, reason, unknown].into_iter().flatten().collect();
        let has_drifted = status == Status::Drifted;
        DriftRow {
            changes,
            unverified: unverifiable,
            reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
            action: has_drifted.then(|| match is_own {
                true => "apply the template, or change it to what is live".to_owned(),
                false => "change the template, or the resource where it is managed".to_owned(),
            }),
            command: self.create().filter(|_| has_drifted && is_own),
            ..advice::row(status, Some(declared), Some(&live.resource))
        }
    }

    fn absent(&self, declared: &ResourceRef) -> DriftRow {
        DriftRow {
            reason: Some(format!("it does not exist in {}", self.side.environment.name)),
            action: Some("apply the template".to_owned()),
            command: self.create(),
            ..advice::row(Status::DevOnly, Some(declared), None)
        }
    }

    fn dropped(&self, dropped: &NamedResource) -> DriftRow {
        let NamedResource { logical_id, resource } = dropped;
        DriftRow {
            reason: Some(format!("the template no longer contains {logical_id}")),
            action: Some("delete it, or declare it again".to_owned()),
            command: Some(SuggestedCommand::Delete {
                resource: resource.clone(),
                environment: self.side.environment.name.clone(),
            }),
            ..advice::row(Status::ProdOnly, None, Some(resource))
        }
    }

    /// The command that applies the template.
    fn create(&self) -> Option<SuggestedCommand> {
        (!self.source.has_parameters).then(|| SuggestedCommand::Create {
            files: self.source.files.to_vec(),
            environment: self.side.environment.name.clone(),
            stack: self.stack.to_owned(),
        })
    }
}

/// Removes values that depend on resources which do not exist, and notes their JSON pointers.
fn remove_unknown(value: &mut Value, at: &str, unknown: &mut Vec<String>) {
    let mut is_open = |name: &str, value: &Value| {
        let is_open = symbol::is_intrinsic(value);
        if is_open {
            unknown.push(pointer::join(at, name));
        }
        is_open
    };
    match value {
        Value::Object(members) => {
            members.retain(|name, value| !is_open(name, value));
            members.iter_mut().for_each(|(name, value)| remove_unknown(value, &pointer::join(at, name), unknown));
        }
        Value::Array(items) => {
            let mut index = 0;
            items.retain(|item| {
                index += 1;
                !is_open(&(index - 1).to_string(), item)
            });
            items
                .iter_mut()
                .enumerate()
                .for_each(|(index, item)| remove_unknown(item, &pointer::join(at, &index.to_string()), unknown));
        }
        _ => {}
    }
}
