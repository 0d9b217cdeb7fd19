//! The reasons and recommended actions for the rows of a comparison.

use std::collections::BTreeMap;

use crate::compare::drift::{DriftRow, Moved, Status};
use crate::domain::resource::{Change, LiveResource, ResourceRef};
use crate::domain::suggestion::SuggestedCommand;
use crate::domain::tags::{self, PromotionStatus};
use crate::pipeline::estate::Unreadable;
use crate::pipeline::ports::{CloudError, CloudErrorKind};
use crate::promotion::adoption::{Adoption, adoption};
use crate::promotion::claims::Claims;
use crate::promotion::correction::{Resolution, resolution};
use crate::promotion::inconsistency::Inconsistency;
use crate::schema::Registry;

/// Creates rows for two environments.
pub(super) struct Advice<'a> {
    /// The environment promoted from.
    pub(super) from: &'a str,
    /// The environment promoted to.
    pub(super) to: &'a str,
    /// The known resource types.
    pub(super) registry: &'a Registry,
}

impl Advice<'_> {
    /// Returns the row of a pair that differs.
    pub(super) fn drifted(
        &self,
        dev: &ResourceRef,
        prod: &ResourceRef,
        changes: Vec<Change>,
        moved: Option<Moved>,
    ) -> DriftRow {
        let (reason, action) = match moved {
            Some(Moved::Dev) => {
                (format!("{} changed since the promotion", self.from), format!("promote the change to {}", self.to))
            }
            Some(Moved::Prod) => (
                format!("{} changed since the promotion, not through stagegate", self.to),
                format!("make the same change in {}, or revert it by promoting again", self.from),
            ),
            Some(Moved::Both) => (
                "both environments changed since the promotion".to_owned(),
                "decide which configuration is correct, then promote".to_owned(),
            ),
            Some(Moved::Unknown) => (
                "the environments differ; the tags do not record which one changed".to_owned(),
                "decide which configuration is correct, then promote".to_owned(),
            ),
            None => (
                "the environments differ, although neither changed since the promotion".to_owned(),
                "if the difference is intended, add it to promotion.map or promotion.overrides".to_owned(),
            ),
        };
        DriftRow {
            changes,
            moved,
            reason: Some(reason),
            action: Some(action),
            command: Some(match moved {
                Some(Moved::Prod) => self.pull(dev),
                _ => self.promote(dev, false),
            }),
            ..row(Status::Drifted, Some(dev), Some(prod))
        }
    }

    /// Returns the row of a pair of which only the content differs that AWS does not return, by its fingerprint.
    pub(super) fn other_content(&self, dev: &ResourceRef, prod: &ResourceRef, changes: Vec<Change>) -> DriftRow {
        let reason = "content that AWS does not return differs, by its fingerprint";
        let action = format!(
            "decide which content is correct, then promote with --input '{dev_key}#/POINTER=@FILE'",
            dev_key = dev.to_string().replacen(' ', "/", 1)
        );
        DriftRow {
            changes,
            moved: Some(Moved::Unknown),
            reason: Some(reason.to_owned()),
            action: Some(action),
            ..row(Status::Drifted, Some(dev), Some(prod))
        }
    }

    /// Returns the row of a pair with a reference that cannot be translated.
    pub(super) fn untranslated(&self, dev: &ResourceRef, prod: &ResourceRef, reason: String) -> DriftRow {
        DriftRow {
            reason: Some(reason),
            action: Some("promote the resources that it refers to, or map them in promotion.map".to_owned()),
            command: Some(self.promote(dev, true)),
            ..row(Status::NeedsReview, Some(dev), Some(prod))
        }
    }

    /// Returns the row of a pair whose tags record an unfinished promotion.
    pub(super) fn unfinished(&self, dev: &ResourceRef, prod: &ResourceRef) -> DriftRow {
        DriftRow {
            reason: Some("the promotion is not complete".to_owned()),
            action: Some("complete the promotion".to_owned()),
            command: Some(self.promote(dev, false)),
            ..row(Status::NeedsReview, Some(dev), Some(prod))
        }
    }

    /// Returns the row of a resource that was never promoted.
    pub(super) fn dev_only(&self, dev: &ResourceRef, live: Option<&LiveResource>) -> DriftRow {
        let marked = live.and_then(|live| PromotionStatus::of(&live.tags)) == Some(PromotionStatus::PendingProd);
        DriftRow {
            reason: Some(if marked { "marked for promotion" } else { "never promoted" }.to_owned()),
            action: Some(format!("promote it to {}", self.to)),
            command: Some(self.promote(dev, false)),
            ..row(Status::DevOnly, Some(dev), None)
        }
    }

    /// Returns the row of a resource without a counterpart in the environment promoted from.
    pub(super) fn prod_only(&self, prod: &ResourceRef) -> DriftRow {
        let (from, key) = (self.from, tags::DEV_COUNTERPART);
        DriftRow {
            reason: Some(format!("managed in {}, but not the counterpart of any resource", self.to)),
            action: Some(format!(
                "if it is not needed, delete it; if it has a {from} resource, set the tag {key}, or accept it with --accept"
            )),
            command: Some(self.delete(prod)),
            ..row(Status::ProdOnly, None, Some(prod))
        }
    }

    /// Returns the row of resources whose tags are inconsistent with the existing resources.
    pub(super) fn review(
        &self,
        claims: &Claims,
        dev: Option<&ResourceRef>,
        prod: Option<&ResourceRef>,
        problem: &Inconsistency,
    ) -> DriftRow {
        // The tag is wrong in prod.
        let is_in_prod = matches!(problem, Inconsistency::NamedBySeveral(_) | Inconsistency::SourceElsewhere(_));
        let is_refused = is_in_prod || dev.is_some_and(|dev| matches!(adoption(claims, dev), Adoption::Refused { .. }));
        let (action, command) = match (dev, prod) {
            (Some(dev), Some(prod)) if is_refused => {
                let resource = if is_in_prod { prod } else { dev };
                let resolution = resolution(claims, problem, resource, (Some(dev), Some(prod)));
                let unlink = matches!(resolution, Resolution::Withdraw(_));
                let action = format!(
                    "if {} is the counterpart, map it: promotion.map: {{ \"{}\": \"{}\" }}; otherwise remove the wrong tag",
                    prod.identifier, dev.identifier, prod.identifier
                );
                (action, Some(SuggestedCommand::FixTags { resource: resource.clone(), unlink }))
            }
            // A resource of its new name may exist: nothing says that it is the counterpart.
            (Some(dev), _) if *problem == Inconsistency::SyncedAlone => (
                "correct the status, then promote it".to_owned(),
                Some(SuggestedCommand::FixTags { resource: dev.clone(), unlink: false }),
            ),
            (Some(dev), _) => ("promote it again, or correct the tags".to_owned(), Some(self.promote(dev, false))),
            (None, prod) => (
                format!("restore it in {}, or delete the resource in {}", self.from, self.to),
                prod.map(|prod| self.delete(prod)),
            ),
        };
        let reason = Some(problem.to_string());
        DriftRow { reason, action: Some(action), command, ..row(Status::NeedsReview, dev, prod) }
    }

    /// Removes the command of a row if it deletes a resource that may have a counterpart after all.
    pub(super) fn without_deletion(&self, row: &mut DriftRow, why: &str) {
        if matches!(row.command, Some(SuggestedCommand::Delete { .. })) {
            row.command = None;
            row.action = Some(format!("look for its counterpart in {}: {why}", self.from));
        }
    }

    /// Returns the command that deletes a resource in the environment promoted to.
    fn delete(&self, prod: &ResourceRef) -> SuggestedCommand {
        SuggestedCommand::Delete { resource: prod.clone(), environment: self.to.to_owned() }
    }

    /// Returns the command that promotes a dev resource.
    fn promote(&self, dev: &ResourceRef, with_dependencies: bool) -> SuggestedCommand {
        SuggestedCommand::Promote {
            resource: dev.clone(),
            from: self.from.to_owned(),
            to: self.to.to_owned(),
            with_dependencies,
            pull: false,
        }
    }

    /// Returns the command that makes the change of a counterpart in the resource in the environment promoted from.
    fn pull(&self, dev: &ResourceRef) -> SuggestedCommand {
        SuggestedCommand::Promote {
            resource: dev.clone(),
            from: self.from.to_owned(),
            to: self.to.to_owned(),
            with_dependencies: false,
            pull: true,
        }
    }
}

/// Returns the row of a resource that could not be read.
pub(super) fn unreadable(dev: Option<&ResourceRef>, prod: Option<&ResourceRef>, error: &CloudError) -> DriftRow {
    let denied = error.kind == CloudErrorKind::AccessDenied;
    let is_tagging_api = dev.or(prod).is_some_and(|resource| resource.type_name == Unreadable::ALL);
    let grant = match is_tagging_api {
        true => {
            "grant the reading role tag:GetResources: without it, resources that only tags identify are not compared"
        }
        false => "grant the reading role the read and list permissions of this type",
    };
    DriftRow {
        reason: Some(error.reason()),
        action: denied.then(|| grant.to_owned()),
        ..row(Status::Unreadable, dev, prod)
    }
}

/// Returns a row without a recommended action.
pub(super) fn row(status: Status, dev: Option<&ResourceRef>, prod: Option<&ResourceRef>) -> DriftRow {
    DriftRow {
        status,
        type_name: dev.or(prod).map(|resource| resource.type_name.clone()).unwrap_or_default(),
        dev: dev.map(|resource| resource.identifier.clone()),
        prod: prod.map(|resource| resource.identifier.clone()),
        changes: Vec::new(),
        moved: None,
        reason: None,
        action: None,
        command: None,
        notes: BTreeMap::new(),
        ignored: None,
        unverified: Vec::new(),
        regions: None,
    }
}
