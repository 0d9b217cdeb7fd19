//! Write-only values, which AWS never returns: a policy cannot decide about them on a live resource.

use serde_json::{Value, json};

use super::resource::ScanResource;
use crate::domain::{pointer, symbol};
use crate::schema::Registry;

/// The placeholder for such a value. For policies it is an unresolved function: neither present nor
/// known to be missing.
const MARK: &str = "Fn::Stagegate::WriteOnly";

/// The reason for an undecided check that depends on such a value.
pub const HIDDEN_REASON: &str = "the value is write-only: AWS does not return it, so it cannot be verified";

impl ScanResource {
    /// A live resource as returned by Cloud Control, with placeholders for the write-only values
    /// that a read omits.
    pub fn observed(registry: &Registry, type_name: &str, identifier: &str, mut properties: Value) -> Self {
        if let Some(schema) = registry.get(type_name) {
            for path in &schema.write_only {
                let marker =
                    Marker { owner: identifier, through_parents: path.tokens().iter().all(|token| token != "*") };
                marker.mark(&mut properties, path.tokens(), "");
            }
        }
        Self::live(type_name, identifier, properties)
    }
}

struct Marker<'a> {
    /// Hidden values are not known to be equal, so each placeholder is unique.
    owner: &'a str,
    /// Where the path contains no list, a missing parent is marked itself: some reads omit it
    /// together with its members. A missing list is not marked.
    through_parents: bool,
}

impl Marker<'_> {
    /// Marks missing values on a path.
    fn mark(&self, value: &mut Value, tokens: &[String], at: &str) {
        let Some((token, rest)) = tokens.split_first() else { return };
        match value {
            Value::Array(items) if token == "*" => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.mark(item, rest, &pointer::join(at, &index.to_string()));
                }
            }
            Value::Object(map) if token == "*" => {
                for (key, child) in map.iter_mut() {
                    let at = pointer::join(at, key);
                    self.mark(child, rest, &at);
                }
            }
            Value::Object(map) => {
                let at = pointer::join(at, token);
                match map.get_mut(token) {
                    Some(child) if !child.is_null() => self.mark(child, rest, &at),
                    _ if rest.is_empty() || self.through_parents => {
                        map.insert(token.clone(), json!({MARK: format!("{} {at}", self.owner)}));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// True for a placeholder.
pub fn is_hidden_mark(value: &Value) -> bool {
    value.get(MARK).is_some()
}

/// The pointer of the placeholder at a pointer or above it.
pub fn hidden_at(properties: &Value, place: &str) -> Option<String> {
    let mut at = String::new();
    for token in pointer::tokens(place) {
        at = pointer::join(&at, &token);
        if is_hidden_mark(properties.pointer(&at)?) {
            return Some(at);
        }
    }
    None
}

/// The first placeholder whose property a policy's code mentions. The policy may treat it as a present value, so
/// no finding on such a resource does not mean a pass.
pub(super) fn mentioned_mark(code: &str, properties: &Value) -> Option<String> {
    let marks = symbol::unknown_pointers(properties).into_iter();
    let mut marks = marks.filter(|at| properties.pointer(at).is_some_and(is_hidden_mark));
    let is_index = |token: &String| token.chars().all(|c| c.is_ascii_digit());
    marks.find(|at| pointer::tokens(at).iter().filter(|token| !is_index(token)).all(|token| has_word(code, token)))
}

fn has_word(code: &str, word: &str) -> bool {
    let continues = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let code_lines = code.lines().filter(|line| !line.trim_start().starts_with('#'));
    code_lines.flat_map(|line| line.match_indices(word).map(move |(at, _)| (line, at))).any(|(line, at)| {
        !continues(line.get(..at).and_then(|before| before.chars().next_back()))
            && !continues(line.get(at + word.len()..).and_then(|after| after.chars().next()))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::domain::finding::ScanReport;
    use crate::policy::{Packs, PolicySet, ScanInput, builtin};

    fn scan(resource: ScanResource) -> ScanReport {
        let policies = PolicySet::compile(builtin::sources()).unwrap().with_packs(Packs::All);
        policies.evaluate(&ScanInput { resources: vec![resource], ..ScanInput::default() })
    }

    /// Checks that read write-only values, each with a live resource on which they cannot be decided.
    const UNVERIFIABLE: &[(&str, &str)] = &[
        ("s3-acl-not-public", "AWS::S3::Bucket"),
        ("iam-user-no-plaintext-password", "AWS::IAM::User"),
        ("rds-no-plaintext-password", "AWS::RDS::DBInstance"),
        ("redshift-no-plaintext-password", "AWS::Redshift::Cluster"),
        ("elasticache-auth", "AWS::ElastiCache::ReplicationGroup"),
        ("kms-pending-window", "AWS::KMS::Key"),
    ];

    #[test]
    fn a_check_of_a_write_only_value_is_undecided() {
        for (id, type_name) in UNVERIFIABLE {
            let properties = json!({"TransitEncryptionEnabled": true});
            let report = scan(ScanResource::observed(&Registry::embedded(), type_name, "x", properties));
            let unknown = report.unknown.iter().find(|unknown| unknown.id == *id);
            assert_eq!(unknown.map(|unknown| unknown.reason.as_str()), Some(HIDDEN_REASON), "{id}: {report:?}");
            assert!(report.findings.iter().all(|finding| finding.id != *id), "{id}");
        }
    }

    #[test]
    fn hidden_values_are_not_treated_as_equal() {
        let rule = |id: &str| {
            ScanResource::observed(
                &Registry::embedded(),
                "AWS::ElasticLoadBalancingV2::ListenerRule",
                id,
                json!({"Priority": 1}),
            )
        };
        let policies = PolicySet::compile(builtin::sources()).unwrap();
        let input = ScanInput { resources: vec![rule("a"), rule("b")], ..ScanInput::default() };
        let report = policies.evaluate(&input);
        assert!(report.findings.iter().all(|finding| finding.id != "alb-rule-priority-unique"), "{report:?}");
        assert!(report.unknown.iter().any(|unknown| unknown.id == "alb-rule-priority-unique"), "{report:?}");
    }

    #[test]
    fn only_whole_words_outside_comments_count() {
        assert!(has_word("x == y.AuthToken\n", "AuthToken") && has_word("[\"AuthToken\"]", "AuthToken"));
        assert!(!has_word("# AuthToken\nAuthTokens MyAuthToken", "AuthToken"));
    }

    #[test]
    fn only_missing_values_are_marked() {
        let oidc = json!({"Actions": [
            {"Type": "forward"},
            {"Type": "authenticate-oidc", "AuthenticateOidcConfig": {"ClientId": "c"}},
        ]});
        let rule =
            ScanResource::observed(&Registry::embedded(), "AWS::ElasticLoadBalancingV2::ListenerRule", "r", oidc);
        let secret = "/Actions/1/AuthenticateOidcConfig/ClientSecret";
        assert_eq!(hidden_at(&rule.properties, &format!("{secret}/x")).as_deref(), Some(secret));
        assert_eq!(rule.properties["Actions"][0], json!({"Type": "forward"}));
        let bucket = ScanResource::observed(&Registry::embedded(), "AWS::S3::Bucket", "b", json!({"BucketName": "b"}));
        assert!(hidden_at(&bucket.properties, "/AccessControl").is_some());
        assert!(hidden_at(&bucket.properties, "/LifecycleConfiguration").is_none(), "a list that is not there");
    }
}
