//! The catalog of codes: every code of a message or a violation, every status and every kind of
//! approval, with what it means and what to do. `stagegate explain` prints it.
//!
//! [`Code`] lists the codes; the texts are in one file per area. The compiler refuses a code
//! without a text and a code with two; a test refuses a code that nothing uses.

mod apply;
mod audit;
mod aws;
mod cli;
mod config;
mod drift;
mod entry;
mod files;
mod iam;
mod inventory;
mod outcome;
mod plan;
mod policy;
mod pricing;
mod promotion;
mod sandbox;
mod schema;
mod status;
mod tags;
mod template;

#[cfg(test)]
mod tests;

pub use entry::{Entry, Severity, Topic};

/// Defines [`Code`] with the text of each variant.
macro_rules! codes {
    ($($variant:ident = $text:literal,)*) => {
        /// The code of a message or a violation. Scripts rely on the texts, so a code keeps its text and its
        /// meaning. Program code compares variants, never texts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", $text, "`")] $variant,)*
        }

        impl Code {
            /// All codes, in the order of their texts.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code's text in output.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

codes! {
    AgainstTheGrain = "against-the-grain",
    AliasExpansion = "alias-expansion",
    AlreadyExists = "already-exists",
    AmbiguousAccount = "ambiguous-account",
    AmbiguousName = "ambiguous-name",
    AmbiguousResource = "ambiguous-resource",
    AmbiguousToken = "ambiguous-token",
    ApprovalByPlanner = "approval-by-planner",
    ApprovalUsed = "approval-used",
    AuditLogFailed = "audit-log-failed",
    AutoNotConfigured = "auto-not-configured",
    AutoRefused = "auto-refused",
    AwsAccessDenied = "aws-access-denied",
    AwsAlreadyExists = "aws-already-exists",
    AwsBusy = "aws-busy",
    AwsCircuitOpen = "aws-circuit-open",
    AwsConflict = "aws-conflict",
    AwsCredentials = "aws-credentials",
    AwsError = "aws-error",
    AwsInvalidRequest = "aws-invalid-request",
    AwsLimitExceeded = "aws-limit-exceeded",
    AwsMalformedAnswer = "aws-malformed-answer",
    AwsNoAnswer = "aws-no-answer",
    AwsNotFound = "aws-not-found",
    AwsNotUpdatable = "aws-not-updatable",
    AwsThrottled = "aws-throttled",
    AwsTypeNotFound = "aws-type-not-found",
    AwsUnsupported = "aws-unsupported",
    BadDigest = "bad-digest",
    BadFormat = "bad-format",
    BadInput = "bad-input",
    BadPair = "bad-pair",
    BadPatch = "bad-patch",
    BadProperties = "bad-properties",
    BadResource = "bad-resource",
    BadSeverity = "bad-severity",
    BadStackName = "bad-stack-name",
    BadStatus = "bad-status",
    BillingAlarmsUnread = "billing-alarms-unread",
    CarriedOver = "carried-over",
    ChangedMeanwhile = "changed-meanwhile",
    ChildrenNotListed = "children-not-listed",
    CircularDependency = "circular-dependency",
    Coerced = "coerced",
    ConflictingProperties = "conflicting-properties",
    CostFromTags = "cost-from-tags",
    CostMonth = "cost-month",
    CostTagInactive = "cost-tag-inactive",
    CounterpartClaimedTwice = "counterpart-claimed-twice",
    CounterpartElsewhere = "counterpart-elsewhere",
    CounterpartMissing = "counterpart-missing",
    CounterpartShared = "counterpart-shared",
    CounterpartSilent = "counterpart-silent",
    CounterpartTagLost = "counterpart-tag-lost",
    CounterpartUnknown = "counterpart-unknown",
    CounterpartUnproven = "counterpart-unproven",
    DeletionProtected = "deletion-protected",
    DemoFailed = "demo-failed",
    DemoFolder = "demo-folder",
    DigestExpired = "digest-expired",
    DigestFromFuture = "digest-from-future",
    DroppedResource = "dropped-resource",
    DuplicateItems = "duplicate-items",
    DuplicateKey = "duplicate-key",
    DuplicateLogicalId = "duplicate-logical-id",
    DuplicateName = "duplicate-name",
    DynamicReference = "dynamic-reference",
    EmptyTag = "empty-tag",
    EmptyTemplate = "empty-template",
    EmptyValue = "empty-value",
    EquivalentType = "equivalent-type",
    EvaluatedLocally = "evaluated-locally",
    ExplicitlyDenied = "explicitly-denied",
    FaultRule = "fault-rule",
    FileExists = "file-exists",
    FileNotFound = "file-not-found",
    FileTooLarge = "file-too-large",
    FileUnreadable = "file-unreadable",
    FindingsNotApproved = "findings-not-approved",
    FindingsToFix = "findings-to-fix",
    HasCounterpart = "has-counterpart",
    HasDependents = "has-dependents",
    IdentifierTooLong = "identifier-too-long",
    IgnoreAdded = "ignore-added",
    IgnoreExpired = "ignore-expired",
    IgnoreUnused = "ignore-unused",
    IgnoredAttribute = "ignored-attribute",
    InProgress = "in-progress",
    Incomplete = "incomplete",
    InconsistentProperties = "inconsistent-properties",
    InconsistentResources = "inconsistent-resources",
    InputNeeded = "input-needed",
    InputNotWriteOnly = "input-not-write-only",
    InsecurePriceSource = "insecure-price-source",
    Internal = "internal",
    Interrupted = "interrupted",
    InvalidAccountId = "invalid-account-id",
    InvalidApproval = "invalid-approval",
    InvalidBaseline = "invalid-baseline",
    InvalidCaBundle = "invalid-ca-bundle",
    InvalidCondition = "invalid-condition",
    InvalidFunction = "invalid-function",
    InvalidIgnoreFile = "invalid-ignore-file",
    InvalidLogicalId = "invalid-logical-id",
    InvalidLoop = "invalid-loop",
    InvalidNestedStack = "invalid-nested-stack",
    InvalidPolicy = "invalid-policy",
    InvalidPolicyDocument = "invalid-policy-document",
    InvalidQuery = "invalid-query",
    InvalidRegion = "invalid-region",
    InvalidSavedPlan = "invalid-saved-plan",
    InvalidServerless = "invalid-serverless",
    InvalidSet = "invalid-set",
    InvalidWaivers = "invalid-waivers",
    LastUseUnread = "last-use-unread",
    LeaseKept = "lease-kept",
    LeftBehind = "left-behind",
    LeftOut = "left-out",
    LiveChangeKept = "live-change-kept",
    LocalArtifact = "local-artifact",
    MalformedFunction = "malformed-function",
    MalformedValue = "malformed-value",
    MisplacedFunction = "misplaced-function",
    MissingKey = "missing-key",
    MissingParameter = "missing-parameter",
    MissingProperty = "missing-property",
    MissingTag = "missing-tag",
    MissingTransform = "missing-transform",
    MissingType = "missing-type",
    MissingValue = "missing-value",
    NameCollision = "name-collision",
    NameLeftOut = "name-left-out",
    NameTaken = "name-taken",
    NameTooLong = "name-too-long",
    NameWithoutEnvironment = "name-without-environment",
    NeedsReplacement = "needs-replacement",
    NoAnswer = "no-answer",
    NoCases = "no-cases",
    NoEchoDefault = "no-echo-default",
    NoFormFits = "no-form-fits",
    NoIdentifier = "no-identifier",
    NoPolicies = "no-policies",
    NoProject = "no-project",
    NoResources = "no-resources",
    NoRuntime = "no-runtime",
    NoSandbox = "no-sandbox",
    NoSchema = "no-schema",
    NoStack = "no-stack",
    NoSuchFormat = "no-such-format",
    NoTemplates = "no-templates",
    NotAMapping = "not-a-mapping",
    NotATemplate = "not-a-template",
    NotAllowed = "not-allowed",
    NotApproved = "not-approved",
    NotAsSent = "not-as-sent",
    NotFound = "not-found",
    NotFromAws = "not-from-aws",
    NotInTaggingApi = "not-in-tagging-api",
    NotListable = "not-listable",
    NotMarked = "not-marked",
    NotReadable = "not-readable",
    NotUtf8 = "not-utf8",
    NothingToAccept = "nothing-to-accept",
    Offline = "offline",
    OtherCurrency = "other-currency",
    OtherUsage = "other-usage",
    OutOfRange = "out-of-range",
    OutputLost = "output-lost",
    ParameterPattern = "parameter-pattern",
    ParameterType = "parameter-type",
    ParameterValue = "parameter-value",
    PassedOver = "passed-over",
    PatternMismatch = "pattern-mismatch",
    PermissionMissing = "permission-missing",
    PermissionNotKnown = "permission-not-known",
    PlanChanged = "plan-changed",
    PlanNotSaved = "plan-not-saved",
    PoliciesNotSeen = "policies-not-seen",
    PolicyFlagged = "policy-flagged",
    PolicyTestFailed = "policy-test-failed",
    PolicyTooLong = "policy-too-long",
    PortTaken = "port-taken",
    PriceBookOld = "price-book-old",
    PriceBookUnusable = "price-book-unusable",
    PriceBookUnwritable = "price-book-unwritable",
    PriceFilesInvalid = "price-files-invalid",
    PriceFilesUnavailable = "price-files-unavailable",
    PriceNotMatched = "price-not-matched",
    PriceRegionUnknown = "price-region-unknown",
    PricesOffline = "prices-offline",
    PromotionLeased = "promotion-leased",
    PromotionStuck = "promotion-stuck",
    PromotionUnfinished = "promotion-unfinished",
    ProtectedEnvironment = "protected-environment",
    ReadOnlyProperty = "read-only-property",
    RecursiveAlias = "recursive-alias",
    ReferenceLeftOut = "reference-left-out",
    RegionWithoutPrices = "region-without-prices",
    ReservedTag = "reserved-tag",
    SameAccount = "same-account",
    SameEnvironment = "same-environment",
    SandboxSeed = "sandbox-seed",
    SandboxUnusable = "sandbox-unusable",
    ScanEngineFailed = "scan-engine-failed",
    SeparateStacks = "separate-stacks",
    ServiceNotRunning = "service-not-running",
    ServiceOwned = "service-owned",
    SeveralDocuments = "several-documents",
    SkippedEntry = "skipped-entry",
    SsmParameter = "ssm-parameter",
    StaleRead = "stale-read",
    StdinTwice = "stdin-twice",
    StepFailed = "step-failed",
    StillExists = "still-exists",
    SummaryNotWritten = "summary-not-written",
    SuppressionPartial = "suppression-partial",
    SuppressionUnknown = "suppression-unknown",
    SuppressionUnused = "suppression-unused",
    SuppressionWithoutReason = "suppression-without-reason",
    SyncedWithoutCounterpart = "synced-without-counterpart",
    TagCharacter = "tag-character",
    TagKeyLength = "tag-key-length",
    TagKeyReserved = "tag-key-reserved",
    TagRule = "tag-rule",
    TagValueLength = "tag-value-length",
    TemplateEdited = "template-edited",
    TemplateFaults = "template-faults",
    TimedOut = "timed-out",
    TooManyTags = "too-many-tags",
    TooManyTypes = "too-many-types",
    TranslatorFailed = "translator-failed",
    TypeNotCreatable = "type-not-creatable",
    TypeNotDescribed = "type-not-described",
    TypeNotInRegion = "type-not-in-region",
    TypeUnsupported = "type-unsupported",
    UndecidedCondition = "undecided-condition",
    UnknownAccount = "unknown-account",
    UnknownAction = "unknown-action",
    UnknownAttribute = "unknown-attribute",
    UnknownCode = "unknown-code",
    UnknownCondition = "unknown-condition",
    UnknownEnvironment = "unknown-environment",
    UnknownFunction = "unknown-function",
    UnknownInput = "unknown-input",
    UnknownKey = "unknown-key",
    UnknownLoop = "unknown-loop",
    UnknownMapping = "unknown-mapping",
    UnknownPack = "unknown-pack",
    UnknownParameter = "unknown-parameter",
    UnknownParameterKey = "unknown-parameter-key",
    UnknownPolicy = "unknown-policy",
    UnknownPrincipal = "unknown-principal",
    UnknownProfile = "unknown-profile",
    UnknownProperty = "unknown-property",
    UnknownReference = "unknown-reference",
    UnknownResourceKey = "unknown-resource-key",
    UnknownSection = "unknown-section",
    UnknownStarter = "unknown-starter",
    UnknownTag = "unknown-tag",
    UnknownType = "unknown-type",
    UnknownUsage = "unknown-usage",
    UnmappedReference = "unmapped-reference",
    UnreadableConfig = "unreadable-config",
    UnreadablePolicies = "unreadable-policies",
    UnreadableProfiles = "unreadable-profiles",
    UnreadableReference = "unreadable-reference",
    UnreadableTarget = "unreadable-target",
    UnresolvedReference = "unresolved-reference",
    UnscopedAccess = "unscoped-access",
    UnseenType = "unseen-type",
    UnsupportedFunction = "unsupported-function",
    UnsupportedSection = "unsupported-section",
    UnsupportedServerless = "unsupported-serverless",
    UnsupportedTransform = "unsupported-transform",
    Untagged = "untagged",
    UntrustedConfig = "untrusted-config",
    UnusableKey = "unusable-key",
    Usage = "usage",
    UsageWithoutResource = "usage-without-resource",
    ValidatedLocally = "validated-locally",
    ValueNotAllowed = "value-not-allowed",
    VersionNotPromoted = "version-not-promoted",
    VersionNotPublished = "version-not-published",
    WaiverExpired = "waiver-expired",
    WaiverPartial = "waiver-partial",
    WaiverUnused = "waiver-unused",
    WrongAccount = "wrong-account",
    WrongCount = "wrong-count",
    WrongEnvironment = "wrong-environment",
    WrongLength = "wrong-length",
    WrongManager = "wrong-manager",
    WrongType = "wrong-type",
    WrongUsage = "wrong-usage",
    WrongValue = "wrong-value",
    YamlMerge = "yaml-merge",
    YamlSyntax = "yaml-syntax",
    YamlTagMismatch = "yaml-tag-mismatch",
}

impl Code {
    /// The code with this text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// What is said of the code.
    pub fn entry(self) -> &'static Entry {
        CATALOG[self as usize]
    }

    /// True for a message that says that part of what was asked for could not be looked at: an error with
    /// `--strict`.
    pub const fn marks_gap(self) -> bool {
        matches!(
            self,
            Self::Incomplete
                | Self::CostFromTags
                | Self::LastUseUnread
                | Self::StaleRead
                | Self::TemplateFaults
                | Self::UnknownLoop
                | Self::UnseenType
                | Self::UnsupportedFunction
                | Self::UnsupportedSection
                | Self::UnsupportedServerless
        )
    }
}

/// By text: reports are sorted by code.
impl Ord for Code {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for Code {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A text that is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownCode;

impl std::fmt::Display for UnknownCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad("not a code")
    }
}

impl std::error::Error for UnknownCode {}

impl std::str::FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or(UnknownCode)
    }
}

const AREAS: &[&[Entry]] = &[
    apply::ENTRIES,
    audit::ENTRIES,
    aws::ENTRIES,
    cli::ENTRIES,
    config::ENTRIES,
    drift::ENTRIES,
    files::ENTRIES,
    iam::ENTRIES,
    inventory::ENTRIES,
    outcome::ENTRIES,
    plan::ENTRIES,
    policy::ENTRIES,
    pricing::ENTRIES,
    promotion::ENTRIES,
    sandbox::ENTRIES,
    schema::ENTRIES,
    status::ENTRIES,
    tags::ENTRIES,
    template::ENTRIES,
];

/// The entry of each code, in the order of [`Code::ALL`].
static CATALOG: [&Entry; Code::ALL.len()] = arranged();

/// Puts each code's entry into its place. Runs in the compiler, which stops at a code without an entry.
const fn arranged() -> [&'static Entry; Code::ALL.len()] {
    let mut found: [Option<&'static Entry>; Code::ALL.len()] = [None; Code::ALL.len()];
    let mut area = 0;
    while area < AREAS.len() {
        let mut at = 0;
        while at < AREAS[area].len() {
            let entry = &AREAS[area][at];
            if let Some(code) = entry.of() {
                assert!(found[code as usize].is_none(), "{}", code.as_str());
                found[code as usize] = Some(entry);
            }
            at += 1;
        }
        area += 1;
    }
    let mut all = [&AREAS[0][0]; Code::ALL.len()];
    let mut at = 0;
    while at < all.len() {
        match found[at] {
            Some(entry) => all[at] = entry,
            None => panic!("{}", Code::ALL[at].as_str()),
        }
        at += 1;
    }
    all
}

/// All entries: codes, statuses and kinds of approvals, area by area.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    AREAS.iter().flat_map(|area| area.iter())
}

/// The entry of a code, a status or a kind of approval.
pub fn find(code: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.code() == code)
}
