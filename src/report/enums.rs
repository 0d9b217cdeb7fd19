//! String enums of the JSON documents. Each is an enum in its JSON schema as well. Renderers match on the enum, so
//! that a new value is a compile error rather than a fallback.

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

/// Defines an enum that is serialized as strings.
macro_rules! string_enums {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:tt,)* })*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        pub enum $name { $($(#[$about])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// All values, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the string.
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

/// Defines the conversion from a domain enum, variant by variant.
macro_rules! string_enum_from {
    ($($name:ident from $source:ty { $($from:pat => $variant:ident,)* })*) => { $(
        impl From<$source> for $name {
            fn from(value: $source) -> Self {
                match value { $($from => Self::$variant),* }
            }
        }
    )* };
}

string_enums! {
    /// The outcome of a run.
    OutcomeCode {
        /// Success, nothing to report.
        Ok = "ok",
        /// An error occurred.
        Error = "error",
        /// Completed, with drift, violations, findings or incomplete results.
        Findings = "findings",
        /// A plan requires an approval.
        ApprovalRequired = "approval_required",
        /// Blocked by a gate or a safety rule.
        Blocked = "blocked",
        /// Still in progress in AWS, or partly applied.
        InProgress = "in_progress",
        /// Missing or invalid credentials, or the wrong account.
        Credentials = "credentials",
        /// Invalid flags, configuration or input file.
        Usage = "usage",
        /// Interrupted by a signal.
        Interrupted = "interrupted",
    }
    /// The level of a diagnostic.
    DiagnosticLevel {
        /// The command failed.
        Error = "error",
        /// The result may not be reliable or complete.
        Warning = "warning",
        /// Information, such as a conversion of a value.
        Note = "note",
    }
    /// The kind of a code.
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
    /// How an audit found the resources of an environment that never had a tag.
    AuditSourceKind {
        /// Through a view of Resource Explorer.
        ResourceExplorer = "resource-explorer",
        /// Through an aggregator of AWS Config.
        Config = "config",
        /// By listing every type.
        List = "list",
    }
    /// Where the resources of an inventory are from.
    InventorySourceKind {
        /// Cloud Control's lists.
        List = "list",
        /// The tagging API.
        Tags = "tags",
        /// A view of Resource Explorer.
        ResourceExplorer = "resource-explorer",
        /// An aggregator of AWS Config.
        Config = "config",
    }
    /// How far an account was read.
    InventoryAccountStatus {
        /// Completely.
        Ok = "ok",
        /// In part.
        Partial = "partial",
        /// Not at all.
        Failed = "failed",
        /// Disabled in the project file.
        Disabled = "disabled",
        /// Suspended, or being closed, in the organization.
        Suspended = "suspended",
    }
    /// Whether an earlier audit has a violation.
    BaselineStatus {
        /// It does not.
        New = "new",
        /// It does.
        Unchanged = "unchanged",
    }
    /// The state of a checklist item.
    CheckState {
        /// Satisfied.
        Ok = "ok",
        /// Not satisfied, or not yet.
        Open = "open",
        /// Not applicable to the plan.
        NotApplicable = "not_applicable",
    }
    /// An operation of the approval table.
    GateOperationKind {
        /// Reading.
        Read = "read",
        /// Creating a resource.
        Create = "create",
        /// Changing a resource.
        Update = "update",
        /// Promoting a resource that has no counterpart.
        Promote = "promote",
        /// Replacing a resource.
        Replace = "replace",
        /// Deleting a resource.
        Delete = "delete",
    }
    /// The kind of a required approval.
    ApprovalCode {
        /// The cost reaches the threshold or is unknown.
        Cost = "cost",
        /// A protected environment is changed.
        Protected = "protected",
        /// Findings at or above the configured severity.
        Findings = "findings",
        /// A change that was made in the account is undone.
        OverwritesLiveChange = "overwrites_live_change",
        /// Values that AWS does not return are not copied.
        DropsValues = "drops_values",
        /// A critical finding in a protected environment.
        CriticalFindings = "critical_findings",
        /// A resource is replaced.
        Replacement = "replacement",
        /// A resource is deleted.
        Delete = "delete",
    }
    /// A risk of a step.
    RiskCode {
        /// The resource becomes accessible to everyone.
        Public = "public",
        /// Permissions change.
        Iam = "iam",
        /// The network changes: ingress or egress rules.
        Network = "network",
        /// The resource is deleted and recreated.
        Replacement = "replacement",
        /// The data of the resource is lost.
        Stateful = "stateful",
        /// A change that was made in the account is undone.
        OverwritesLiveChange = "overwrites_live_change",
    }
    /// What a plan does with a policy statement or a network rule.
    ReviewAction {
        /// Added.
        Added = "added",
        /// Removed.
        Removed = "removed",
        /// Changed in part.
        Changed = "changed",
    }
    /// The promotion status of a resource.
    PromotionCode {
        /// Both environments are in sync, and the tags record it.
        Synced = "synced",
        /// Started but not completed.
        PendingProd = "pending-prod",
        /// Promoted; the type carries no tags.
        Untracked = "untracked",
        /// A step failed.
        Failed = "failed",
        /// No step was started.
        NotBegun = "not-begun",
    }
    /// The status of a resource in a comparison of environments.
    DriftStatus {
        /// Both environments have the same configuration.
        Synced = "synced",
        /// The resource exists in both environments and differs.
        Drifted = "drifted",
        /// Never promoted.
        DevOnly = "dev_only",
        /// Exists only in the environment promoted to.
        ProdOnly = "prod_only",
        /// The tags are inconsistent with the existing resources.
        NeedsReview = "needs_review",
        /// Could not be read.
        Unreadable = "unreadable",
        /// The type cannot be compared.
        Unsupported = "unsupported",
    }
    /// The environment that changed since the promotion.
    MovedSide {
        /// The environment promoted from.
        Dev = "dev",
        /// The environment promoted to.
        Prod = "prod",
        /// Both.
        Both = "both",
        /// The tags do not record it.
        Unknown = "unknown",
    }
    /// Whether a cost requires an approval.
    CostVerdict {
        /// No approval is required.
        AutoApproved = "auto_approved",
        /// An approval is required.
        ApprovalRequired = "approval_required",
    }
    /// Whether a cost is known.
    CostStatus {
        /// Free of charge.
        Free = "free",
        /// All parts have a price.
        Priced = "priced",
        /// At least one part has no price.
        Unknown = "unknown",
    }
    /// Whether the cost model supports a type.
    SupportStatus {
        /// Free of charge.
        Free = "free",
        /// Priced.
        Priced = "priced",
        /// The type is known, but has no prices.
        Unpriced = "unpriced",
    }
    /// Whether a cost depends on usage.
    LineKind {
        /// Billed independently of usage.
        Fixed = "fixed",
        /// Billed by usage.
        Usage = "usage",
    }
    /// The source of a usage figure.
    UsageCode {
        /// Provided by the user.
        Given = "given",
        /// Assumed by the cost model.
        Assumed = "assumed",
    }
    /// The source of a price.
    PriceSourceCode {
        /// Queried from the Price List in this run.
        Live = "live",
        /// A cached response of the Price List.
        Cache = "cache",
        /// The price book that `prices update` stored.
        Book = "book",
        /// The snapshot embedded in the program.
        Snapshot = "snapshot",
    }
    /// The confidence in a price.
    ConfidenceCode {
        /// Two sources agree.
        High = "high",
        /// One source.
        Medium = "medium",
        /// No published source.
        Low = "low",
    }
    /// The change in a resource's cost.
    CostChangeCode {
        /// The resource is only in the new state.
        Added = "added",
        /// The resource is only in the old state.
        Removed = "removed",
        /// The cost differs.
        Changed = "changed",
        /// The cost is the same.
        Unchanged = "unchanged",
    }
    /// The severity of a finding; the most severe comes first.
    SeverityCode {
        /// Publicly accessible, or a secret in plain text.
        Critical = "critical",
        /// Data, money or access is at risk.
        High = "high",
        /// A weakness that is exploitable only in combination with another one.
        Medium = "medium",
        /// A weakness without a direct way to exploit it.
        Low = "low",
        /// Informational.
        Info = "info",
    }
    /// Whether a scan passed.
    ScanVerdict {
        /// No finding at or above the severity that fails the scan.
        Pass = "pass",
        /// At least one such finding, or a failed engine.
        Fail = "fail",
    }
    /// The status of a scan engine.
    EngineStatus {
        /// Completed.
        Ok = "ok",
        /// Failed.
        Error = "error",
    }
    /// The source of the facts about a type's handlers.
    AnswerSource {
        /// The copy embedded in the program.
        Embedded = "embedded",
        /// DescribeType, called in this run.
        Aws = "aws",
        /// A cached response of DescribeType.
        Cache = "cache",
    }
    /// The format of a type's tags.
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
    /// A Cloud Control handler.
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
    /// A JSON type.
    JsonType {
        /// An array.
        Array = "array",
        /// True or false.
        Boolean = "boolean",
        /// A number without a fraction.
        Integer = "integer",
        /// `null`.
        Null = "null",
        /// A number.
        Number = "number",
        /// An object.
        Object = "object",
        /// A string.
        String = "string",
    }
}

string_enum_from! {
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
        ApprovalKind::OverwritesLiveChange => OverwritesLiveChange,
        ApprovalKind::DropsValues => DropsValues,
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
        PriceSource::Book => Book,
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
    /// Returns the types with these names; other names are ignored.
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
    fn an_enum_is_serialized_as_displayed_and_listed_in_its_schema() {
        for word in PromotionCode::ALL {
            assert_eq!(serde_json::to_value(word).unwrap(), word.as_str());
        }
        let schema = schemars::schema_for!(PromotionCode).to_value();
        assert_eq!(schema["enum"], serde_json::json!(["synced", "pending-prod", "untracked", "failed", "not-begun"]));
    }

    /// The strings are the same as those of the domain enums.
    #[test]
    fn the_strings_match_the_domain_enums() {
        for severity in Severity::ALL {
            assert_eq!(SeverityCode::from(severity).as_str(), severity.as_str());
        }
        for status in Status::ALL {
            assert_eq!(DriftStatus::from(status).as_str(), status.as_str());
        }
        assert!(SeverityCode::Critical < SeverityCode::Info, "the most severe comes first");
        assert_eq!(JsonType::of(&["string".to_owned(), "array".to_owned()]), [JsonType::String, JsonType::Array]);
    }
}
