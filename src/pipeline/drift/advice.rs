//! What a row of the comparison means, and what to do about it.

use crate::compare::drift::{DriftRow, Moved, Status};
use crate::domain::resource::{Change, LiveResource, ResourceRef};
use crate::domain::suggestion::SuggestedCommand;
use crate::domain::tags::{self, PromotionStatus};
use crate::pipeline::ports::{CloudError, CloudErrorKind};

/// Speaks of two environments by their names.
pub(super) struct Advice<'a> {
    /// The environment promoted from.
    pub(super) from: &'a str,
    /// The environment promoted to.
    pub(super) to: &'a str,
}

impl Advice<'_> {
    /// A pair that differs.
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
                format!("undo it by promoting again, or make the same change in {}", self.from),
            ),
            Some(Moved::Both) => (
                "both sides changed since the promotion".to_owned(),
                "decide which side is right, then promote".to_owned(),
            ),
            Some(Moved::Unknown) => (
                "the sides differ; the tags do not say which one moved".to_owned(),
                "decide which side is right, then promote".to_owned(),
            ),
            None => (
                "both sides are as the promotion left them, and differ all the same".to_owned(),
                "add the difference to promotion.map or promotion.overrides if it is meant".to_owned(),
            ),
        };
        DriftRow {
            changes,
            moved,
            reason: Some(reason),
            action: Some(action),
            command: Some(self.promote(dev, false)),
            ..row(Status::Drifted, Some(dev), Some(prod))
        }
    }

    /// A pair with a reference that nothing translates.
    pub(super) fn untranslated(&self, dev: &ResourceRef, prod: &ResourceRef, reason: String) -> DriftRow {
        DriftRow {
            reason: Some(reason),
            action: Some("promote what it refers to, or map it in promotion.map".to_owned()),
            command: Some(self.promote(dev, true)),
            ..row(Status::NeedsReview, Some(dev), Some(prod))
        }
    }

    /// A pair whose tags say that its promotion is still going on.
    pub(super) fn unfinished(&self, dev: &ResourceRef, prod: &ResourceRef) -> DriftRow {
        DriftRow {
            reason: Some("its promotion was not finished".to_owned()),
            action: Some("finish the promotion".to_owned()),
            command: Some(self.promote(dev, false)),
            ..row(Status::NeedsReview, Some(dev), Some(prod))
        }
    }

    /// A resource that was never promoted.
    pub(super) fn dev_only(&self, dev: &ResourceRef, live: Option<&LiveResource>) -> DriftRow {
        let marked = live.and_then(|live| PromotionStatus::of(&live.tags)) == Some(PromotionStatus::PendingProd);
        DriftRow {
            reason: Some(if marked { "marked for promotion" } else { "never promoted" }.to_owned()),
            action: Some(format!("promote it to {}", self.to)),
            command: Some(self.promote(dev, false)),
            ..row(Status::DevOnly, Some(dev), None)
        }
    }

    /// A resource that nothing was promoted to.
    pub(super) fn prod_only(&self, prod: &ResourceRef) -> DriftRow {
        let (from, key) = (self.from, tags::DEV_COUNTERPART);
        DriftRow {
            reason: Some(format!("managed in {}, and nobody's counterpart", self.to)),
            action: Some(format!("find out why it has no {from} resource; tag it {key} if it has one")),
            ..row(Status::ProdOnly, None, Some(prod))
        }
    }

    /// Resources whose tags do not fit what exists.
    pub(super) fn review(&self, dev: Option<&ResourceRef>, prod: Option<&ResourceRef>, reason: String) -> DriftRow {
        let action = match dev {
            Some(_) => "promote it again, or correct the tags".to_owned(),
            None => format!("restore it in {}, or take the resource out of {}", self.from, self.to),
        };
        DriftRow {
            reason: Some(reason),
            action: Some(action),
            command: dev.map(|dev| self.promote(dev, false)),
            ..row(Status::NeedsReview, dev, prod)
        }
    }

    /// The command that promotes a dev resource.
    fn promote(&self, dev: &ResourceRef, with_dependencies: bool) -> SuggestedCommand {
        SuggestedCommand::Promote {
            resource: dev.clone(),
            from: self.from.to_owned(),
            to: self.to.to_owned(),
            with_dependencies,
        }
    }
}

/// A resource that could not be read.
pub(super) fn unreadable(dev: Option<&ResourceRef>, prod: Option<&ResourceRef>, error: &CloudError) -> DriftRow {
    let denied = error.kind == CloudErrorKind::AccessDenied;
    DriftRow {
        reason: Some(error.reason()),
        action: denied.then(|| "allow the reading role this type's read and list permissions".to_owned()),
        ..row(Status::Unreadable, dev, prod)
    }
}

/// A row that needs no advice.
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
    }
}
