//! Facts that do not belong to one resource type: formats of ids and hosts, the priority of types.
//!
//! `data/overlay.json` has them with reasons; the generator writes `data/facts.json`, which is
//! parsed on first use.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;

use super::pattern::Pattern;
use super::store;

/// The facts.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct GeneralFacts {
    /// Types that carry tags but that the Resource Groups Tagging API never returns, sorted: they
    /// are found by listing them.
    pub not_in_tagging_api: Vec<String>,
    /// CloudFormation's names of types that AWS Config calls differently, by the latter.
    pub config_types: BTreeMap<String, String>,
    /// Types whose resources are revisions: a change creates a new one, and the old ones stay.
    pub revisioned: BTreeSet<String>,
    /// Attributes that an update of a resource of the type changes.
    pub updated_attributes: BTreeMap<String, Vec<String>>,
    /// Prefixes of generated ids (`subnet` of `subnet-0123456789abcdef0`), sorted. Such an id is
    /// not valid in another account.
    pub id_prefixes: Vec<String>,
    /// Host names with a part that AWS generates.
    pub generated_hosts: GeneratedHosts,
    /// Parts of host names that follow the name of a resource of this type.
    pub host_types: BTreeMap<String, String>,
    /// Resource parts of ARNs that are the same in every account.
    pub managed_resources: Vec<Pattern>,
    /// Names and ids that AWS manages, the same in every account.
    pub managed_values: Vec<Pattern>,
    /// Services, as in ARNs, that name their resources after resources of other services.
    pub named_after_others: Vec<String>,
    /// Template entries that are not resources: nothing is created for them.
    pub placeholder_types: Vec<String>,
    /// Preferred types where several share an ARN format, the most likely first.
    pub(super) likelier: Vec<String>,
}

/// How a host name with a generated part is recognized.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct GeneratedHosts {
    /// A part that identifies such a host as one of AWS.
    pub domains: Vec<String>,
    /// A part that follows the generated one.
    pub services: Vec<String>,
    /// First labels of hosts that serve all accounts.
    pub shared: Vec<String>,
}

impl GeneratedHosts {
    /// True when a host name has a generated part.
    pub fn holds(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let contains_any = |parts: &[String]| parts.iter().any(|part| host.contains(part.as_str()));
        let is_shared = |label: &str| self.shared.iter().any(|shared| shared == label);
        contains_any(&self.services) && contains_any(&self.domains) && !host.split('.').next().is_some_and(is_shared)
    }
}

/// The facts that do not belong to one type.
pub fn general_facts() -> &'static GeneralFacts {
    static FACTS: OnceLock<GeneralFacts> = OnceLock::new();
    FACTS.get_or_init(|| serde_json::from_str(store::GENERAL).unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::schema::Registry;
    use serde_json::Value;

    #[test]
    fn the_facts_parse_and_name_types_that_exist() {
        let facts: GeneralFacts = serde_json::from_str(store::GENERAL).unwrap();
        let unserved = ["AWS::AutoScaling::AutoScalingGroup", "AWS::IAM::Role", "AWS::IAM::User"];
        assert_eq!(facts.not_in_tagging_api, unserved);
        assert_eq!(facts.placeholder_types, ["AWS::CDK::Metadata"]);
        assert!(facts.id_prefixes.contains(&"subnet".to_owned()) && !facts.id_prefixes.contains(&"ami".to_owned()));
        for name in facts
            .not_in_tagging_api
            .iter()
            .chain(&facts.likelier)
            .chain(facts.host_types.values())
            .chain(facts.config_types.values())
            .chain(facts.updated_attributes.keys())
        {
            assert!(Registry::is_embedded(name), "{name}");
        }
    }

    #[test]
    fn a_generated_host_has_a_service_and_a_domain() {
        let hosts = &general_facts().generated_hosts;
        assert!(hosts.holds("db.c1a2b3.us-east-1.rds.amazonaws.com"));
        assert!(hosts.holds("d111111abcdef8.cloudfront.net"));
        assert!(!hosts.holds("sqs.us-east-1.amazonaws.com"));
        assert!(!hosts.holds("my.rds.example.com"));
        assert!(hosts.holds("a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com"));
        assert!(!hosts.holds("data.iot.us-east-1.amazonaws.com"));
    }

    /// Every manual correction must have a reason: for the entry, or for its section.
    #[test]
    fn every_manual_fact_has_a_reason() {
        let overlay: Value = serde_json::from_str(include_str!("data/overlay.json")).unwrap();
        let overlay = overlay.as_object().unwrap();
        let is_reason = |value: &Value| value.as_str().is_some_and(|text| text.len() > 5);
        let mut without: Vec<String> = Vec::new();
        for (section, entries) in overlay.iter().filter(|(name, _)| !name.ends_with("_why") && *name != "about") {
            let of_section = overlay.get(&format!("{section}_why")).is_some_and(is_reason);
            let of_entry = |value: &Value| is_reason(value) || value.get("why").is_some_and(is_reason);
            let needs_own = entries.as_object().into_iter().flatten().filter(|(_, value)| !of_entry(value));
            let all_have_own = entries.is_object() && needs_own.clone().next().is_none();
            if !of_section && !all_have_own {
                without.push(section.clone());
            }
        }
        assert_eq!(without, [] as [String; 0]);
    }
}
