//! The words of the documents that come from a fixed set. Each is an enum in its JSON schema, and
//! whoever shows one matches on the enum: a new word is a compile error there, not a fallback.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::codes;
use crate::compare::drift::{Moved, Status};
use crate::domain::diagnostic::Level;
use crate::domain::finding::{Severity, Verdict};
use crate::domain::plan::ChecklistState;
use crate::estimate::{self, Confidence, CostChange, CostKind, PriceSource, UsageSource};
use crate::outcome::Outcome;
use crate::pipeline::gate::rules::ApprovalKind;
use crate::schema::{FactsSource, TagShape};

/// Defines a set of words: an enum that is written as its words.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:tt,)* })*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        pub enum $name { $($(#[$about])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// All words, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "enum": [$($word),*]})
            }
        }
    )* };
}

/// Defines how a set of words follows from a domain enum, variant by variant.
macro_rules! word_of {
    ($($name:ident from $source:ty { $($from:pat => $variant:ident,)* })*) => { $(
        impl From<$source> for $name {
            fn from(value: $source) -> Self {
                match value { $($from => Self::$variant),* }
            }
        }
    )* };
}

words! {
    /// How a run ended.
    OutcomeCode {
        /// Done, nothing to report.
        Ok = "ok",
        /// Something went wrong.
        Error = "error",
        /// The answer is "no".
        Findings = "findings",
        /// A plan waits for an approval.
        ApprovalRequired = "approval_required",
        /// A gate or a safety rule refused.
        Blocked = "blocked",
        /// Still running in AWS, or partly applied.
        InProgress = "in_progress",
        /// Credentials, or the wrong account.
        Credentials = "credentials",
        /// Bad flags, configuration or input file.
        Usage = "usage",
        /// Stopped by a signal.
        Interrupted = "interrupted",
    }
    /// How much a message matters.
    DiagnosticLevel {
        /// The command could not do what was asked.
        Error = "error",
        /// To be known before the answer is relied on.
        Warning = "warning",
        /// Something that was done on the user's behalf.
        Note = "note",
    }
    /// What a code is one of.
    CodeKind {
        /// The code of an error, a warning or a note, or of a failed step.
        Diagnostic = "diagnostic",
        /// A violation that `tag-audit` reports.
        TagViolation = "tag_violation",
        /// A status of `drift`, `promote` or `tag-audit`.
        Status = "status",
        /// A kind of approval.
        Approval = "approval",
        /// A policy of `scan`.
        Policy = "policy",
    }
    /// The answer to an item of the checklist.
    CheckState {
        /// Seen to hold.
        Ok = "ok",
        /// Not, or not yet.
        Open = "open",
        /// Does not concern the plan.
        NotApplicable = "not_applicable",
    }
    /// What kind of approval is needed.
    ApprovalCode {
        /// The cost reaches the threshold, or is not known.
        Cost = "cost",
        /// A protected environment is written to.
        Protected = "protected",
        /// Findings at or above the configured severity.
        Findings = "findings",
        /// A critical finding in a protected environment.
        CriticalFindings = "critical_findings",
        /// A resource is replaced.
        Replacement = "replacement",
        /// A resource is deleted.
        Delete = "delete",
    }
    /// Where a promoted resource stands.
    PromotionCode {
        /// Both sides are alike, and their tags say so.
        Synced = "synced",
        /// Begun and not finished.
        PendingProd = "pending-prod",
        /// Promoted; the type carries no tags.
        Untracked = "untracked",
        /// A step of it failed.
        Failed = "failed",
        /// No step of it was begun.
        NotBegun = "not-begun",
    }
    /// A row's status in a comparison of environments.
    DriftStatus {
        /// Both sides are configured alike.
        Synced = "synced",
        /// Both sides exist and differ.
        Drifted = "drifted",
        /// Never promoted.
        DevOnly = "dev_only",
        /// Exists in the environment promoted to alone.
        ProdOnly = "prod_only",
        /// The tags do not fit what exists.
        NeedsReview = "needs_review",
        /// Could not be read.
        Unreadable = "unreadable",
        /// Of a type that cannot be compared.
        Unsupported = "unsupported",
    }
    /// Which side changed since the promotion.
    MovedSide {
        /// The environment promoted from.
        Dev = "dev",
        /// The environment promoted to.
        Prod = "prod",
        /// Both.
        Both = "both",
        /// The tags do not say.
        Unknown = "unknown",
    }
    /// Whether a cost needs an approval.
    CostVerdict {
        /// It does not.
        AutoApproved = "auto_approved",
        /// It does.
        ApprovalRequired = "approval_required",
    }
    /// How well a cost is known.
    CostStatus {
        /// Known to cost nothing.
        Free = "free",
        /// Every part has a price.
        Priced = "priced",
        /// At least one part has none.
        Unknown = "unknown",
    }
    /// How well the cost model knows a type.
    SupportStatus {
        /// Known to cost nothing.
        Free = "free",
        /// It has prices.
        Priced = "priced",
        /// It is known to have none.
        Unpriced = "unpriced",
    }
    /// Whether a cost depends on usage.
    LineKind {
        /// Billed for existing.
        Fixed = "fixed",
        /// Billed for use.
        Usage = "usage",
    }
    /// Where a usage figure comes from.
    UsageCode {
        /// The user gave it.
        Given = "given",
        /// The cost model assumes it.
        Assumed = "assumed",
    }
    /// Where a price comes from.
    PriceSourceCode {
        /// Asked of the Price List in this run.
        Live = "live",
        /// An earlier answer of the Price List.
        Cache = "cache",
        /// Embedded in the program.
        Snapshot = "snapshot",
    }
    /// How far a price can be relied on.
    ConfidenceCode {
        /// Two sources agree.
        High = "high",
        /// One source.
        Medium = "medium",
        /// Nobody published it.
        Low = "low",
    }
    /// How a resource's cost changed.
    CostChangeCode {
        /// The new state alone has the resource.
        Added = "added",
        /// The old state alone has it.
        Removed = "removed",
        /// It costs another amount.
        Changed = "changed",
        /// It costs the same.
        Unchanged = "unchanged",
    }
    /// How grave a finding is; the gravest comes first.
    SeverityCode {
        /// Open to anybody, or a secret in the clear.
        Critical = "critical",
        /// Data, money or access is at risk.
        High = "high",
        /// A weakness that needs a second one.
        Medium = "medium",
        /// A weakness without a direct way to exploit it.
        Low = "low",
        /// Worth knowing.
        Info = "info",
    }
    /// Whether a scan passed.
    ScanVerdict {
        /// No finding from the severity on that fails it.
        Pass = "pass",
        /// At least one, or an engine that failed.
        Fail = "fail",
    }
    /// How a scan engine fared.
    EngineStatus {
        /// It ran to its end.
        Ok = "ok",
        /// It did not.
        Error = "error",
    }
    /// Who says what a type's handlers can do.
    AnswerSource {
        /// The copy in the program.
        Embedded = "embedded",
        /// DescribeType, asked in this run.
        Aws = "aws",
        /// An earlier answer of DescribeType.
        Cache = "cache",
    }
    /// The form in which a type carries tags.
    TagForm {
        /// `[{"Key": k, "Value": v}]`.
        List = "list",
        /// `{k: v}`.
        Map = "map",
        /// `[{"Key": k, "Value": v, "PropagateAtLaunch": bool}]`.
        AutoScalingList = "auto_scaling_list",
        /// `[{"ResourceType": r, "Tags": [{"Key": k, "Value": v}]}]`.
        Specifications = "specifications",
    }
    /// A handler of Cloud Control.
    HandlerName {
        /// CreateResource.
        Create = "create",
        /// GetResource.
        Read = "read",
        /// UpdateResource.
        Update = "update",
        /// DeleteResource.
        Delete = "delete",
        /// ListResources.
        List = "list",
    }
    /// A type of JSON values.
    JsonType {
        /// A list.
        Array = "array",
        /// True or false.
        Boolean = "boolean",
        /// A number without a fraction.
        Integer = "integer",
        /// `null`.
        Null = "null",
        /// A number.
        Number = "number",
        /// Members by name.
        Object = "object",
        /// A text.
        String = "string",
    }
}

word_of! {
    OutcomeCode from Outcome {
        Outcome::Ok => Ok,
        Outcome::Error => Error,
        Outcome::Findings => Findings,
        Outcome::ApprovalRequired => ApprovalRequired,
        Outcome::Blocked => Blocked,
        Outcome::InProgress => InProgress,
        Outcome::Credentials => Credentials,
        Outcome::Usage => Usage,
        Outcome::Interrupted | Outcome::Terminated => Interrupted,
    }
    DiagnosticLevel from Level { Level::Error => Error, Level::Warning => Warning, Level::Note => Note, }
    DiagnosticLevel from codes::Severity {
        codes::Severity::Error => Error,
        codes::Severity::Warning => Warning,
        codes::Severity::Note => Note,
    }
    CheckState from ChecklistState {
        ChecklistState::Ok => Ok,
        ChecklistState::Open => Open,
        ChecklistState::NotApplicable => NotApplicable,
    }
    ApprovalCode from ApprovalKind {
        ApprovalKind::Cost => Cost,
        ApprovalKind::Protected => Protected,
        ApprovalKind::Findings => Findings,
        ApprovalKind::CriticalFindings => CriticalFindings,
        ApprovalKind::Replacement => Replacement,
        ApprovalKind::Delete => Delete,
    }
    DriftStatus from Status {
        Status::Synced => Synced,
        Status::Drifted => Drifted,
        Status::DevOnly => DevOnly,
        Status::ProdOnly => ProdOnly,
        Status::NeedsReview => NeedsReview,
        Status::Unreadable => Unreadable,
        Status::Unsupported => Unsupported,
    }
    MovedSide from Moved { Moved::Dev => Dev, Moved::Prod => Prod, Moved::Both => Both, Moved::Unknown => Unknown, }
    CostVerdict from &estimate::Verdict {
        estimate::Verdict::AutoApproved => AutoApproved,
        estimate::Verdict::ApprovalRequired(_) => ApprovalRequired,
    }
    CostStatus from estimate::Status {
        estimate::Status::Free => Free,
        estimate::Status::Priced => Priced,
        estimate::Status::Unknown => Unknown,
    }
    SupportStatus from estimate::Status {
        estimate::Status::Free => Free,
        estimate::Status::Priced => Priced,
        estimate::Status::Unknown => Unpriced,
    }
    LineKind from CostKind { CostKind::Fixed => Fixed, CostKind::Usage => Usage, }
    UsageCode from UsageSource { UsageSource::Given => Given, UsageSource::Assumed => Assumed, }
    PriceSourceCode from PriceSource {
        PriceSource::Live => Live,
        PriceSource::Cache => Cache,
        PriceSource::Snapshot => Snapshot,
    }
    ConfidenceCode from Confidence { Confidence::High => High, Confidence::Medium => Medium, Confidence::Low => Low, }
    CostChangeCode from CostChange {
        CostChange::Added => Added,
        CostChange::Removed => Removed,
        CostChange::Changed => Changed,
        CostChange::Unchanged => Unchanged,
    }
    SeverityCode from Severity {
        Severity::Critical => Critical,
        Severity::High => High,
        Severity::Medium => Medium,
        Severity::Low => Low,
        Severity::Info => Info,
    }
    ScanVerdict from Verdict { Verdict::Pass => Pass, Verdict::Fail => Fail, }
    AnswerSource from FactsSource {
        FactsSource::Embedded => Embedded,
        FactsSource::Aws => Aws,
        FactsSource::Cache { .. } => Cache,
    }
    TagForm from TagShape {
        TagShape::List => List,
        TagShape::Map => Map,
        TagShape::AutoScaling => AutoScalingList,
        TagShape::Specifications => Specifications,
    }
}

impl JsonType {
    /// The types of these names; JSON has no others.
    pub fn of(names: &[String]) -> Vec<Self> {
        let named = |name: &String| Self::ALL.iter().copied().find(|known| known.as_str() == name);
        names.iter().filter_map(named).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_written_as_it_is_shown_and_its_schema_knows_it() {
        for word in PromotionCode::ALL {
            assert_eq!(serde_json::to_value(word).unwrap(), word.as_str());
        }
        let schema = schemars::schema_for!(PromotionCode).to_value();
        assert_eq!(schema["enum"], serde_json::json!(["synced", "pending-prod", "untracked", "failed", "not-begun"]));
    }

    /// The domain's own words, where it has them, are the documents'.
    #[test]
    fn the_words_are_the_domains() {
        for severity in Severity::ALL {
            assert_eq!(SeverityCode::from(severity).as_str(), severity.as_str());
        }
        for status in Status::ALL {
            assert_eq!(DriftStatus::from(status).as_str(), status.as_str());
        }
        assert!(SeverityCode::Critical < SeverityCode::Info, "the gravest comes first");
        assert_eq!(JsonType::of(&["string".to_owned(), "array".to_owned()]), [JsonType::String, JsonType::Array]);
    }
}
