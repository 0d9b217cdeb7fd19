//! What corrects the violations of a resource: what `tag-audit --fix` writes, what the user must decide or give, and the command
//! for it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::audit::{self, AuditRow, TagCorrection, Violation};
use crate::domain::diagnostic::Code;
use crate::domain::lease::Lease;
use crate::domain::money::Usd;
use crate::domain::plan::TagValue;
use crate::domain::project::{Environment, Project};
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::suggestion::SuggestedRemedy;
use crate::domain::tags::{self, PromotionStatus, Tags};
use crate::pipeline::estate::{self, Estate};
use crate::policy::tag_rules::judge;
use crate::policy::tag_values::{KnownValues, OwnCorrection, is_ours};
use crate::promotion::claims::Claims;
use crate::promotion::consistency::{Contradiction, promotion_consistency};
use crate::promotion::correction::{Resolution, Side, TagChange, right_status};
use crate::schema::Registry;

/// What the user decides about the resources that are named.
#[derive(Debug, Clone, Copy)]
pub struct FixChoices<'a> {
    /// Values of tags.
    pub given: &'a Tags,
    /// Take over resources that stagegate does not manage.
    pub adopt: bool,
    /// Withdraw claims that the other side does not confirm.
    pub unlink: bool,
}

/// The two environments whose promotion tags refer to each other.
pub(super) struct Pair<'a> {
    /// The environment promoted from.
    pub(super) from: &'a str,
    /// The environment promoted to.
    pub(super) to: &'a str,
    /// The tags of both.
    pub(super) claims: Claims,
}

impl Pair<'_> {
    fn environment(&self, side: Side) -> &str {
        match side {
            Side::Dev => self.from,
            Side::Prod => self.to,
        }
    }

    fn side(&self, environment: &str) -> Option<Side> {
        match environment {
            name if name == self.from => Some(Side::Dev),
            name if name == self.to => Some(Side::Prod),
            _ => None,
        }
    }
}

/// Judges the resources of an audit.
pub(super) struct Remedies<'a> {
    pub(super) registry: &'a Registry,
    pub(super) project: &'a Project,
    pub(super) choices: FixChoices<'a>,
    pub(super) identifiers: &'a [String],
    pub(super) stuck_after: Option<Duration>,
    pub(super) now: Timestamp,
    /// `None` if only one side is audited.
    pub(super) pair: Option<Pair<'a>>,
    pub(super) estates: &'a BTreeMap<String, Estate>,
    /// Types of which not all resources could be read, by environment.
    pub(super) incomplete: &'a BTreeSet<(String, String)>,
    /// The tags to write, by environment and resource.
    written: BTreeMap<(String, ResourceRef), BTreeMap<String, TagValue>>,
}

/// What a command for a resource must contain.
#[derive(Default)]
struct Needs {
    fix: bool,
    both_sides: bool,
    adopt: bool,
    unlink: bool,
    values: BTreeSet<String>,
    promote: Option<ResourceRef>,
}

impl<'a> Remedies<'a> {
    pub(super) fn new(
        registry: &'a Registry,
        project: &'a Project,
        choices: FixChoices<'a>,
        (identifiers, stuck_after, now): (&'a [String], Option<Duration>, Timestamp),
        pair: Option<Pair<'a>>,
        estates: &'a BTreeMap<String, Estate>,
        incomplete: &'a BTreeSet<(String, String)>,
    ) -> Self {
        let written = BTreeMap::new();
        Self { registry, project, choices, identifiers, stuck_after, now, pair, estates, incomplete, written }
    }

    /// The contradictions between the promotion tags, by environment and resource. What a resource that could not be read may
    /// explain is left out.
    pub(super) fn contradictions(&self) -> BTreeMap<(String, ResourceRef), Vec<Contradiction>> {
        let Some(pair) = &self.pair else { return BTreeMap::new() };
        let mut found = promotion_consistency(&pair.claims, pair.from, pair.to);
        let hidden = |name: &str| -> BTreeSet<&ResourceRef> {
            let estate = self.estates.get(name).into_iter();
            estate.flat_map(|estate| estate.unreadable.iter().map(|hidden| &hidden.resource)).collect()
        };
        let (hidden_in_dev, hidden_in_prod) = (hidden(pair.from), hidden(pair.to));
        found.retain(|(environment, resource), _| {
            let (claim, hidden) = match pair.side(environment) {
                Some(Side::Dev) => (pair.claims.named_by_dev(resource), &hidden_in_prod),
                _ => (pair.claims.named_by_prod(resource), &hidden_in_dev),
            };
            !claim.is_some_and(|claim| hidden.contains(&claim) || self.is_in_third_environment(&claim))
        });
        found
    }

    /// True if a counterpart is in neither environment of the pair, but in another one of the project.
    fn is_in_third_environment(&self, claim: &ResourceRef) -> bool {
        let Some(pair) = &self.pair else { return false };
        let is_in = |(_, estate): &(&String, &Estate)| estate.live.contains_key(claim);
        let (ours, others): (Vec<_>, Vec<_>) =
            self.estates.iter().partition(|(name, _)| [pair.from, pair.to].contains(&name.as_str()));
        !ours.iter().any(is_in) && others.iter().any(is_in)
    }

    /// True if the counterpart may be in an environment of the project of which not all resources of the type were read.
    fn may_be_elsewhere(&self, type_name: &str) -> bool {
        let Some(pair) = &self.pair else { return false };
        let mut others =
            self.project.environments.iter().filter(|one| ![pair.from, pair.to].contains(&one.name.as_str()));
        others.any(|one| {
            !self.estates.contains_key(&one.name)
                || !estate::is_listable(self.registry, type_name)
                || self.incomplete.contains(&(one.name.clone(), type_name.to_owned()))
        })
    }

    /// Judges one resource.
    pub(super) fn row(
        &mut self,
        environment: &Environment,
        live: &LiveResource,
        contradictions: Vec<Contradiction>,
    ) -> AuditRow {
        let mut needs = Needs::default();
        let mut violations = judge(self.project, environment, &live.tags);
        let obstacle = self.obstacle(live);
        if !violations.is_empty() {
            self.single_tags(environment, live, &mut violations, &mut needs, obstacle.as_deref());
        }
        for contradiction in contradictions {
            violations.push(self.contradiction(live, contradiction, &mut needs));
        }
        violations.extend(self.stuck(environment, live, &mut needs));
        audit::sort(&mut violations);
        let remedy = match obstacle {
            Some(_) => None,
            None => self.remedy(environment, &live.resource, needs),
        };
        let (resource, arn) = (live.resource.clone(), live.arn.clone());
        AuditRow { environment: environment.name.clone(), resource, arn, violations, remedy, region: None }
    }

    /// The tags to write, sorted; of each resource those that differ.
    pub(super) fn corrections(self) -> Vec<TagCorrection> {
        let estates = self.estates;
        let correction = |((environment, resource), tags): ((String, ResourceRef), BTreeMap<String, TagValue>)| {
            let found = estates.get(&environment)?.live.get(&resource)?.tags.clone();
            let differs = |(key, value): &(String, TagValue)| match value {
                TagValue::Removed => found.contains_key(key),
                value => value.text() != found.get(key),
            };
            let tags: BTreeMap<String, TagValue> = tags.into_iter().filter(differs).collect();
            (!tags.is_empty()).then_some(TagCorrection { environment, resource, found, tags })
        };
        self.written.into_iter().filter_map(correction).collect()
    }

    /// Why the tags of a resource are not changed.
    fn obstacle(&self, live: &LiveResource) -> Option<String> {
        let schema = self.registry.get(&live.resource.type_name)?;
        if !schema.tagging.updatable {
            return Some("tags of this type can only be set at creation: replace the resource".to_owned());
        }
        let lease = live.tags.get(tags::PROMOTION_LEASE).and_then(|value| Lease::parse(value));
        let lease = lease.filter(|lease| !lease.is_expired(self.now))?;
        Some(format!("a run of {} promotes it until {}: audit again afterwards", lease.holder, lease.until))
    }

    fn is_named(&self, resource: &ResourceRef) -> bool {
        self.identifiers.contains(&resource.identifier)
    }

    fn may_write(&self, live: &LiveResource) -> bool {
        is_ours(&live.tags) || self.choices.adopt && self.is_named(&live.resource)
    }

    fn write(&mut self, environment: &str, resource: &ResourceRef, tags: BTreeMap<String, TagValue>) {
        self.written.entry((environment.to_owned(), resource.clone())).or_default().extend(tags);
    }

    /// Completes the violations of the rules for single tags.
    fn single_tags(
        &mut self,
        environment: &Environment,
        live: &LiveResource,
        violations: &mut [Violation],
        needs: &mut Needs,
        obstacle: Option<&str>,
    ) {
        needs.fix = true;
        let own = self.own_correction(environment, live);
        let right_status = self.right_status(environment, live);
        let is_adoption = !is_ours(&live.tags);
        let refused = match obstacle {
            Some(reason) => Some(reason.to_owned()),
            None => impossible(self.registry, live, &own),
        };
        let may_write = self.may_write(live);
        let open = |keys: &[String]| {
            let names: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            format!("the value of {} is not known: give it with --tag, or set it in tags.values", names.join(", "))
        };
        for violation in violations.iter_mut() {
            if let Some(reason) = &refused {
                violation.hint = Some(reason.clone());
                continue;
            }
            needs.values.extend(own.unknown.iter().cloned());
            if !may_write {
                needs.adopt = true;
                violation.hint = Some(match live.tags.get(tags::MANAGED_BY) {
                    Some(manager) => {
                        format!("`{manager}` manages it: correct the tag there, or take it over with --adopt")
                    }
                    None => "stagegate does not manage it: tag it where it is managed, or take it over with --adopt"
                        .to_owned(),
                });
                continue;
            }
            if is_adoption && !own.unknown.is_empty() {
                violation.hint = Some(open(&own.unknown));
                continue;
            }
            match &violation.key {
                Some(key) if key == tags::PROMOTION_STATUS => {
                    needs.both_sides = true;
                    violation.fixable = right_status.is_some();
                    if right_status.is_none() {
                        violation.hint = Some("only the tags of both environments tell the right status".to_owned());
                    }
                }
                Some(key) if own.unknown.contains(key) => violation.hint = Some(open(std::slice::from_ref(key))),
                _ => violation.fixable = true,
            }
        }
        if refused.is_some() || !may_write || is_adoption && !own.unknown.is_empty() {
            return;
        }
        let mut wanted: BTreeMap<String, TagValue> =
            own.values.into_iter().map(|(key, value)| (key, TagValue::Text(value))).collect();
        let is_wrong = violations.iter().any(|one| one.key.as_deref() == Some(tags::PROMOTION_STATUS));
        wanted.extend(right_status.filter(|_| is_wrong).map(|value| (tags::PROMOTION_STATUS.to_owned(), value)));
        self.write(&environment.name, &live.resource, wanted);
    }

    fn own_correction(&self, environment: &Environment, live: &LiveResource) -> OwnCorrection {
        let source =
            self.pair.as_ref().filter(|pair| pair.side(&environment.name) == Some(Side::Prod)).and_then(|pair| {
                let dev = pair.claims.named_by_prod(&live.resource)?;
                let is_confirmed = pair.claims.counterpart(&dev).as_ref() == Some(&live.resource);
                pair.claims.tags_of_dev(&dev).filter(|_| is_confirmed)
            });
        KnownValues { project: self.project, environment, given: self.choices.given, source }.correct(&live.tags)
    }

    fn right_status(&self, environment: &Environment, live: &LiveResource) -> Option<TagValue> {
        let pair = self.pair.as_ref()?;
        let side = pair.side(&environment.name)?;
        let far = match side {
            Side::Dev => Side::Prod,
            Side::Prod => Side::Dev,
        };
        let is_seen = !self.incomplete.contains(&(pair.environment(far).to_owned(), live.resource.type_name.clone()));
        right_status(&pair.claims, side, &live.resource).filter(|_| is_seen)
    }

    /// Completes the violation of the rules for both sides.
    fn contradiction(&mut self, live: &LiveResource, found: Contradiction, needs: &mut Needs) -> Violation {
        let Contradiction { mut violation, resolution, rests_on_absence } = found;
        needs.both_sides = true;
        let changes = match resolution {
            Resolution::Promote(dev) => {
                violation.hint =
                    Some("the promotion must be completed, or withdrawn with `promote --unmark`".to_owned());
                needs.promote = Some(dev);
                return violation;
            }
            Resolution::Certain(changes) => changes,
            Resolution::Withdraw(changes) if self.choices.unlink && self.is_named(&live.resource) => changes,
            Resolution::Withdraw(changes) => {
                needs.fix = true;
                needs.unlink = true;
                let which: Vec<&str> = changes.iter().map(|change| change.resource.identifier.as_str()).collect();
                violation.hint = Some(format!(
                    "the tags do not decide which side is right: correct the wrong one, or withdraw the claim of {} with --unlink",
                    which.join(" and of ")
                ));
                return violation;
            }
        };
        needs.fix = true;
        let far_is_incomplete = self.pair.as_ref().is_some_and(|pair| {
            let names = [pair.from, pair.to];
            names.iter().any(|name| self.incomplete.contains(&((*name).to_owned(), live.resource.type_name.clone())))
        });
        if rests_on_absence && far_is_incomplete {
            violation.hint = Some("a resource that could not be read may name it".to_owned());
            return violation;
        }
        if violation.code == Code::CounterpartMissing && self.may_be_elsewhere(&live.resource.type_name) {
            violation.hint = Some("it may be in an environment of which not all resources are read".to_owned());
            return violation;
        }
        match self.refusal(&changes, needs) {
            Some(reason) => violation.hint = Some(reason),
            None => {
                violation.fixable = true;
                for TagChange { side, resource, tags } in changes {
                    let name = self.pair.as_ref().map(|pair| pair.environment(side).to_owned());
                    if let Some(name) = name {
                        self.write(&name, &resource, tags);
                    }
                }
            }
        }
        violation
    }

    /// Why changes are not written.
    fn refusal(&self, changes: &[TagChange], needs: &mut Needs) -> Option<String> {
        let pair = self.pair.as_ref()?;
        changes.iter().find_map(|change| {
            let name = pair.environment(change.side);
            let live = self.estates.get(name).and_then(|estate| estate.live.get(&change.resource))?;
            if let Some(obstacle) = self.obstacle(live) {
                return Some(obstacle);
            }
            if self.may_write(live) {
                return None;
            }
            needs.adopt = true;
            Some(format!("stagegate does not manage {} in {name}", change.resource.identifier))
        })
    }

    /// The violation of a promotion that waits too long.
    fn stuck(&self, environment: &Environment, live: &LiveResource, needs: &mut Needs) -> Option<Violation> {
        let limit = self.stuck_after?;
        let status = PromotionStatus::of(&live.tags)
            .filter(|status| matches!(status, PromotionStatus::DevOnly | PromotionStatus::PendingProd))?;
        let (since, age) = waiting(&live.tags, self.now)?;
        if age <= limit || !tags::is_managed(&live.tags) {
            return None;
        }
        let own = match self.pair.as_ref().filter(|pair| pair.side(&environment.name) == Some(Side::Prod)) {
            Some(pair) => pair.claims.named_by_prod(&live.resource),
            None => (!environment.protected).then(|| live.resource.clone()),
        };
        needs.promote = needs.promote.take().or(own);
        let days = age.as_secs() / 86_400;
        let message =
            format!("`{}` is `{}` for at least {days} day(s), {since}", tags::PROMOTION_STATUS, status.as_str());
        Some(Violation {
            hint: Some("promote it, or remove the resource if it is not needed".to_owned()),
            age: Some(age),
            monthly: live.tags.get(tags::COST_ESTIMATE).and_then(|value| Usd::parse(value).ok()),
            ..Violation::new(Code::PromotionStuck, Some(tags::PROMOTION_STATUS), message)
        })
    }

    fn remedy(&self, environment: &Environment, own: &ResourceRef, needs: Needs) -> Option<SuggestedRemedy> {
        if needs.fix {
            let name = (!needs.both_sides).then(|| environment.name.clone());
            return Some(SuggestedRemedy::Fix {
                resource: own.clone(),
                environment: name,
                adopt: needs.adopt,
                unlink: needs.unlink,
                values: needs.values.into_iter().collect(),
            });
        }
        let resource = needs.promote?;
        let (from, to) = match &self.pair {
            Some(pair) => (pair.from.to_owned(), pair.to.to_owned()),
            None => {
                let target = self.project.environments.iter().find(|other| other.protected)?;
                (environment.name.clone(), target.name.clone())
            }
        };
        Some(SuggestedRemedy::Promote { resource, from, to })
    }
}

/// Why a resource cannot have the tags that correct it.
fn impossible(registry: &Registry, live: &LiveResource, own: &OwnCorrection) -> Option<String> {
    if live.resource.type_name.starts_with("AWS::IAM::") {
        let same =
            |key: &&String| live.tags.keys().any(|other| other != *key && other.to_lowercase() == key.to_lowercase());
        if let Some(key) = own.values.keys().find(same) {
            return Some(format!("for IAM, `{key}` is the same key in every letter case: rename the tag by hand"));
        }
    }
    let limit = registry.get(&live.resource.type_name).and_then(|schema| schema.tagging.count_limit);
    let keys = live.tags.keys().chain(own.values.keys()).map(String::as_str);
    let problem = tags::check_count(keys, limit).or_else(|| tags::check(&own.values).into_iter().next())?;
    Some(format!("{}: correct it by hand", problem.message))
}

/// Since when a promotion waits, at least: since a run began it, or since the day after the resource was created. Tags do not
/// record when they were set.
fn waiting(found: &Tags, now: Timestamp) -> Option<(String, Duration)> {
    let passed = |since: Timestamp| Duration::try_from(now.duration_since(since)).unwrap_or_default();
    let lease = found.get(tags::PROMOTION_LEASE).and_then(|value| Lease::parse(value));
    let is_pending = PromotionStatus::of(found) == Some(PromotionStatus::PendingProd);
    if let Some(since) = lease.filter(|_| is_pending).and_then(|lease| lease.since()) {
        return Some((format!("since a run began to promote it at {since}"), passed(since)));
    }
    let created: Date = found.get(tags::CREATED_DATE)?.parse().ok()?;
    let end = created.tomorrow().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some((format!("created on {created}"), passed(end)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
