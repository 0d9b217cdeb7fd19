//! What the promotion tags of two environments contradict.

use std::fmt;

use crate::domain::diagnostic::Code;
use crate::domain::tags;

/// A contradiction, as the continuation of a sentence about the resource whose tags are wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inconsistency {
    /// Several prod resources name the dev resource.
    NamedBySeveral(usize),
    /// The counterpart that the dev resource names does not exist.
    TargetMissing(String),
    /// Several dev resources name the same counterpart.
    TargetShared(String),
    /// The counterpart of the dev resource names another dev resource.
    TargetElsewhere(String),
    /// The counterpart of the dev resource names none.
    TargetSilent,
    /// A promotion was started and did not complete, and its prod resource exists.
    Incomplete,
    /// A promotion was started and did not complete.
    Started,
    /// A prod resource names the dev resource, which names none.
    SourceSilent(String),
    /// The dev resource is synced and names no counterpart.
    SyncedAlone,
    /// The status is none of stagegate's.
    UnknownStatus(String),
    /// The counterpart that the prod resource names does not exist.
    SourceMissing(String),
    /// The counterpart of the prod resource names another prod resource.
    SourceElsewhere(String),
    /// The prod resource is synced and names no counterpart.
    SyncedWithoutSource,
}

impl Inconsistency {
    /// The code of the violation, with the tag that it concerns; `None` if the rules for single tags report it.
    pub fn violation(&self) -> Option<(Code, &'static str)> {
        Some(match self {
            Self::NamedBySeveral(_) => (Code::CounterpartShared, tags::DEV_COUNTERPART),
            Self::TargetShared(_) => (Code::CounterpartShared, tags::PROD_COUNTERPART),
            Self::TargetMissing(_) => (Code::CounterpartMissing, tags::PROD_COUNTERPART),
            Self::SourceMissing(_) => (Code::CounterpartMissing, tags::DEV_COUNTERPART),
            Self::TargetElsewhere(_) => (Code::CounterpartElsewhere, tags::PROD_COUNTERPART),
            Self::SourceElsewhere(_) => (Code::CounterpartElsewhere, tags::DEV_COUNTERPART),
            Self::TargetSilent => (Code::CounterpartSilent, tags::PROD_COUNTERPART),
            Self::SourceSilent(_) => (Code::CounterpartSilent, tags::PROD_COUNTERPART),
            Self::Incomplete | Self::Started => (Code::PromotionUnfinished, tags::PROD_COUNTERPART),
            Self::SyncedAlone | Self::SyncedWithoutSource => (Code::SyncedWithoutCounterpart, tags::PROMOTION_STATUS),
            Self::UnknownStatus(_) => return None,
        })
    }
}

impl fmt::Display for Inconsistency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NamedBySeveral(count) => write!(formatter, "{count} prod resources name it as their dev counterpart"),
            Self::TargetMissing(target) => write!(formatter, "its prod counterpart `{target}` does not exist"),
            Self::TargetShared(target) => {
                write!(formatter, "several dev resources name `{target}` as their prod counterpart")
            }
            Self::TargetElsewhere(other) => {
                write!(formatter, "its prod counterpart names a different dev resource, `{other}`")
            }
            Self::TargetSilent => formatter.write_str("its prod counterpart does not name it"),
            Self::Incomplete => formatter.write_str("its promotion did not complete"),
            Self::Started => formatter.write_str("its promotion was started but did not complete"),
            Self::SourceSilent(target) => {
                write!(formatter, "the prod resource `{target}` names it, but it does not name its counterpart")
            }
            Self::SyncedAlone => formatter.write_str("its status is `synced`, but it names no counterpart"),
            Self::UnknownStatus(status) => write!(formatter, "`{status}` is not a promotion status"),
            Self::SourceMissing(source) => write!(formatter, "its dev counterpart `{source}` does not exist"),
            Self::SourceElsewhere(source) => {
                write!(formatter, "it names `{source}` as its dev counterpart, which names a different resource")
            }
            Self::SyncedWithoutSource => formatter.write_str("its status is `synced`, but it names no dev counterpart"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::BOTH_SIDES;

    /// A comparison with an earlier audit relies on it, and a report lists these violations first.
    #[test]
    fn the_codes_are_those_that_need_both_sides() {
        let name = || "x".to_owned();
        let all = [
            Inconsistency::NamedBySeveral(2),
            Inconsistency::TargetShared(name()),
            Inconsistency::TargetMissing(name()),
            Inconsistency::SourceMissing(name()),
            Inconsistency::TargetElsewhere(name()),
            Inconsistency::SourceElsewhere(name()),
            Inconsistency::TargetSilent,
            Inconsistency::SourceSilent(name()),
            Inconsistency::Incomplete,
            Inconsistency::Started,
            Inconsistency::SyncedAlone,
            Inconsistency::SyncedWithoutSource,
        ];
        let codes: std::collections::BTreeSet<Code> = all.iter().filter_map(|one| Some(one.violation()?.0)).collect();
        assert_eq!(codes, BOTH_SIDES.iter().copied().collect());
    }
}
