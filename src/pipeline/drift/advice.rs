//! The reasons and recommended actions for the rows of a comparison.

use std::collections::BTreeMap;

use crate::compare::drift::{DriftRow, Moved, Status};
use crate::domain::resource::{Change, LiveResource, ResourceRef};
use crate::domain::suggestion::SuggestedCommand;
use crate::domain::tags::{self, PromotionStatus};
use crate::pipeline::ports::{CloudError, CloudErrorKind};
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
            action: Some(format!("determine why it has no {from} resource; if it has one, set the tag {key}")),
            ..row(Status::ProdOnly, None, Some(prod))
        }
    }

    /// Returns the row of resources whose tags are inconsistent with the existing resources.
    /// `is_refused`: the tags do not prove the pair, so that a promotion refuses it.
    pub(super) fn review(
        &self,
        dev: Option<&ResourceRef>,
        prod: Option<&ResourceRef>,
        reason: String,
        is_refused: bool,
    ) -> DriftRow {
        let action = match (dev, prod) {
            (Some(dev), Some(prod)) if is_refused => format!(
                "if {} is the counterpart, map it: promotion.map: {{ \"{}\": \"{}\" }}; otherwise remove the wrong tag",
                prod.identifier, dev.identifier, prod.identifier
            ),
            (Some(_), _) => "promote it again, or correct the tags".to_owned(),
            (None, _) => format!("restore it in {}, or remove the resource from {}", self.from, self.to),
        };
        DriftRow {
            reason: Some(reason),
            action: Some(action),
            command: dev.filter(|_| !is_refused).map(|dev| self.promote(dev, false)),
            ..row(Status::NeedsReview, dev, prod)
        }
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
    DriftRow {
        reason: Some(error.reason()),
        action: denied.then(|| "grant the reading role the read and list permissions of this type".to_owned()),
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
    }
}
