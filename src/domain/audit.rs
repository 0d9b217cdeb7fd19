//! The result of a tag audit: its coverage and its violations.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::money::Usd;
use super::plan::TagValue;
use super::project::RegionCoverage;
use super::resource::ResourceRef;
use super::suggestion::SuggestedRemedy;
use super::tags::Tags;
use crate::domain::diagnostic::Code;
use crate::schema::TypeSchema;

/// One tag violation of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// A stable code.
    pub code: Code,
    /// The tag key.
    pub key: Option<String>,
    /// What is wrong, and what is expected.
    pub message: String,
    /// Whether `tag-audit --fix` corrects it.
    pub fixable: bool,
    /// Why it is not corrected, and what to do.
    pub hint: Option<String>,
    /// For a promotion that waits too long: for how long, at least.
    pub age: Option<Duration>,
    /// For a promotion that waits too long: the monthly cost according to the resource's tag.
    pub monthly: Option<Usd>,
}

impl Violation {
    /// A violation that is not known to be corrected.
    pub fn new(code: Code, key: Option<&str>, message: String) -> Self {
        let key = key.map(str::to_owned);
        Self { code, key, message, fixable: false, hint: None, age: None, monthly: None }
    }

    /// Sorts violations of a resource.
    fn order(&self) -> (Code, Option<&str>, &str) {
        (self.code, self.key.as_deref(), &self.message)
    }
}

/// The codes of violations, the worst first: what makes a promotion change the wrong resource, what hides a resource, and what
/// only makes it harder to find.
pub const WORST_FIRST: &[Code] = &[
    Code::CounterpartShared,
    Code::CounterpartElsewhere,
    Code::CounterpartMissing,
    Code::CounterpartSilent,
    Code::SyncedWithoutCounterpart,
    Code::PromotionUnfinished,
    Code::WrongEnvironment,
    Code::WrongManager,
    Code::Untagged,
    Code::MissingTag,
    Code::EmptyTag,
    Code::ValueNotAllowed,
    Code::BadFormat,
    Code::PromotionStuck,
];

/// The codes of violations that only the tags of both sides of a promotion show: the first ones of [`WORST_FIRST`].
pub const BOTH_SIDES: &[Code] = WORST_FIRST.split_at(6).0;

/// The position of a code in [`WORST_FIRST`].
pub fn rank(code: Code) -> usize {
    WORST_FIRST.iter().position(|known| *known == code).unwrap_or(WORST_FIRST.len())
}

/// Tags that are to be written to correct violations.
#[derive(Debug, Clone, PartialEq)]
pub struct TagCorrection {
    /// The environment.
    pub environment: String,
    /// The resource.
    pub resource: ResourceRef,
    /// The tags as they are.
    pub found: Tags,
    /// Values by key; only those that differ.
    pub tags: BTreeMap<String, TagValue>,
}

/// One audited resource.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// The environment that it lives in.
    pub environment: String,
    /// Its name.
    pub resource: ResourceRef,
    /// Its ARN, where it is known.
    pub arn: Option<String>,
    /// The violations, sorted by code; empty for a compliant resource.
    pub violations: Vec<Violation>,
    /// The command that leads to a resource without violations.
    pub remedy: Option<SuggestedRemedy>,
    /// The Region, if it is not the one that commands work in.
    pub region: Option<String>,
}

/// Sorts violations of a resource by code, key and message.
pub fn sort(violations: &mut [Violation]) {
    violations.sort_by(|one, other| one.order().cmp(&other.order()));
}

/// What an audit covered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditCoverage {
    /// Resources audited.
    pub checked: u64,
    /// Types listed. A type that is listed in several environments counts once.
    pub types_listed: u64,
    /// Types that cannot be listed (without a parent), each counted once, and resources of unknown types.
    pub unsupported: u64,
    /// Calls that were denied.
    pub denied: u64,
    /// Resources that could not be read.
    pub unreadable: u64,
    /// Resources owned by AWS services.
    pub service_owned: u64,
    /// Resources of types without tags.
    pub untaggable: u64,
}

impl std::ops::AddAssign for AuditCoverage {
    fn add_assign(&mut self, other: Self) {
        let Self { checked, types_listed, unsupported, denied, unreadable, service_owned, untaggable } = other;
        self.checked += checked;
        self.types_listed += types_listed;
        self.unsupported += unsupported;
        self.denied += denied;
        self.unreadable += unreadable;
        self.service_owned += service_owned;
        self.untaggable += untaggable;
    }
}

/// The subject of the gap that is left if the tagging API does not say which resources have tags.
pub const TAGGING_API: &str = "tagging API";

/// Something that should have been audited and could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The environment.
    pub environment: String,
    /// A type, a type and an identifier, [`TAGGING_API`], or an account.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// Where an audit found the resources of an environment that never had a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSource {
    /// The environment.
    pub environment: String,
    /// Its Region.
    pub region: String,
    /// The index; `None` if every type was listed.
    pub index: Option<IndexFacts>,
    /// Why an index was not used.
    pub reason: Option<String>,
    /// Number of taggable types that the index does not cover and that were not listed.
    pub types_not_indexed: u64,
    /// Number of resources with violations that were not read: the tagging API and the index agree, but both may lag behind.
    pub unconfirmed: u64,
}

/// A service that indexes the resources of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexService {
    /// Resource Explorer, through a view.
    ResourceExplorer,
    /// AWS Config, through an aggregator.
    Config,
}

/// An index of the resources of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFacts {
    /// The service.
    pub service: IndexService,
    /// The view or aggregator.
    pub through: String,
    /// The Regions that it covers, sorted.
    pub regions: Vec<String>,
    /// Its last update, as far as its resources without tags tell.
    pub updated: Option<Timestamp>,
    /// The filter of the view.
    pub filter: Option<String>,
}

/// An audit of one or more environments.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditReport {
    /// Rows, sorted by environment, type and identifier.
    pub rows: Vec<AuditRow>,
    /// The coverage.
    pub coverage: AuditCoverage,
    /// Where resources without tags were found, by environment.
    pub sources: Vec<AuditSource>,
    /// What could not be read, sorted.
    pub gaps: Vec<Gap>,
    /// What `tag-audit --fix` writes, sorted by environment and resource. A plan is about the Regions that commands work in.
    pub corrections: Vec<TagCorrection>,
    /// The Regions of the environments, sorted.
    pub regions: Vec<RegionCoverage>,
}

impl AuditReport {
    /// Adds the audit of further Regions, which are given by environment.
    pub fn add_region(&mut self, part: Self, regions: &BTreeMap<String, String>) {
        let of = |environment: &str| regions.get(environment).cloned();
        let rows = part.rows.into_iter().map(|row| AuditRow { region: of(&row.environment), ..row });
        self.rows.extend(rows);
        self.rows
            .sort_by(|a, b| (&a.environment, &a.resource, &a.region).cmp(&(&b.environment, &b.resource, &b.region)));
        let gaps = part.gaps.into_iter().map(|gap| match of(&gap.environment) {
            Some(region) => Gap { subject: format!("{} in {region}", gap.subject), ..gap },
            None => gap,
        });
        self.gaps.extend(gaps);
        self.gaps.sort();
        // The types are the same ones in each Region.
        let (types_listed, unsupported) = (
            self.coverage.types_listed.max(part.coverage.types_listed),
            self.coverage.unsupported.max(part.coverage.unsupported),
        );
        self.coverage += part.coverage;
        self.sources.extend(part.sources);
        (self.coverage.types_listed, self.coverage.unsupported) = (types_listed, unsupported);
    }

    /// Violations by code, and `compliant` resources.
    pub fn summary(&self) -> BTreeMap<String, u64> {
        let mut summary = BTreeMap::from([("compliant".to_owned(), 0)]);
        for row in &self.rows {
            if row.violations.is_empty() {
                *summary.entry("compliant".to_owned()).or_default() += 1;
            }
            for violation in &row.violations {
                *summary.entry(violation.code.as_str().to_owned()).or_default() += 1;
            }
        }
        summary
    }

    /// Resources with at least one violation.
    pub fn violating(&self) -> usize {
        self.rows.iter().filter(|row| !row.violations.is_empty()).count()
    }
}

/// True for resources that an AWS service owns in the account: users cannot tag them. Only the embedded data says so; nothing is
/// known of described types.
pub fn is_service_owned(resource: &ResourceRef, arn: Option<&str>) -> bool {
    TypeSchema::embedded(&resource.type_name).is_some_and(|schema| schema.is_service_owned(&resource.identifier, arn))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn service_linked_roles_are_service_owned() {
        let role = ResourceRef::new("AWS::IAM::Role", "AWSServiceRoleForRDS");
        assert!(is_service_owned(&role, None));
        assert!(!is_service_owned(
            &ResourceRef::new("AWS::IAM::Role", "app"),
            Some("arn:aws:iam::111111111111:role/app")
        ));
    }
}
