//! The variants of a resource whose values depend on undecided conditions.

use std::collections::BTreeSet;

use regorus::Value as RegoValue;
use serde_json::Value;

use super::input;
use super::resource::ScanResource;
use crate::domain::intrinsics;
use crate::schema::Registry;

/// The maximum number of conditions per resource; beyond it, dependent results stay unknown: each condition doubles the
/// work.
const MAX_CONDITIONS: usize = 3;

/// The document of a resource once for each combination of its undecided conditions; none
/// without such conditions, or with too many. Every combination is included, even where one condition
/// excludes another: what holds for all of them holds for the possible ones.
pub(super) fn variants(registry: &Registry, scanned: &ScanResource, document: &RegoValue) -> Vec<RegoValue> {
    let mut conditions = BTreeSet::new();
    collect(&scanned.properties, &mut conditions);
    if conditions.is_empty() || conditions.len() > MAX_CONDITIONS {
        return Vec::new();
    }
    let conditions: Vec<&str> = conditions.into_iter().collect();
    let variant = |chosen: usize| {
        let is_true = |name: &str| Some(chosen >> conditions.iter().position(|one| *one == name)? & 1 == 1);
        let properties = intrinsics::decide(&scanned.properties, &is_true);
        input::with_resource(registry, document, &ScanResource { properties, ..scanned.clone() })
    };
    (0..1 << conditions.len()).map(variant).collect()
}

fn collect<'v>(value: &'v Value, conditions: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(map) => {
            let name = map.get("Fn::If").and_then(Value::as_array).and_then(|parts| parts.first()?.as_str());
            conditions.extend(name);
            map.values().for_each(|child| collect(child, conditions));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, conditions)),
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use serde_json::json;

    use crate::policy::{PolicySet, ScanInput, ScanResource, builtin};

    /// The pointers of one policy's findings, and the number of its unknown results.
    fn said(type_name: &str, id: &str, properties: serde_json::Value) -> (Vec<String>, usize) {
        let mut resource = ScanResource::live(type_name, "", properties);
        resource.resource.identifier = None;
        resource.resource.logical_id = Some("A".to_owned());
        let input = ScanInput { resources: vec![resource], ..ScanInput::default() };
        let report = PolicySet::compile(builtin::sources()).unwrap().evaluate(&input);
        let findings = report.findings.iter().filter(|finding| finding.id == id);
        let pointers = findings.map(|finding| finding.pointer.clone().unwrap_or_default()).collect();
        (pointers, report.unknown.iter().filter(|unknown| unknown.id == id).count())
    }

    #[test]
    fn a_result_that_holds_for_every_variant_is_decided() {
        let queue = |first: i32, second: i32| json!({"BackupRetentionPeriod": {"Fn::If": ["C", first, second]}});
        let retention = |first, second| said("AWS::RDS::DBCluster", "rds-backup-retention", queue(first, second));
        assert_eq!(retention(7, 35), (vec![], 0));
        assert_eq!(retention(1, 3), (vec!["/BackupRetentionPeriod".to_owned()], 0));
        assert_eq!(retention(1, 7), (vec![], 1));
        let statement =
            |action: &str| json!({"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::orders-dev/*"});
        let policy = |branch: serde_json::Value| {
            let other = json!({"Ref": "AWS::NoValue"});
            let document = json!({"Statement": [{"Fn::If": ["C", branch, other]}, statement("s3:GetObject")]});
            said("AWS::IAM::ManagedPolicy", "iam-no-admin", json!({"PolicyDocument": document}))
        };
        assert_eq!(policy(statement("s3:PutObject")), (vec![], 0));
        assert_eq!(policy(json!({"Effect": "Allow", "Action": "*", "Resource": "*"})), (vec![], 1));
    }

    #[test]
    fn conditions_are_combined_up_to_a_limit() {
        let all = |names: &[&str], last: i32| {
            let value = names.iter().fold(json!(last), |value, name| json!({"Fn::If": [name, 7, value]}));
            said("AWS::RDS::DBCluster", "rds-backup-retention", json!({"BackupRetentionPeriod": value}))
        };
        assert_eq!(all(&["A", "B", "C"], 35), (vec![], 0));
        assert_eq!(all(&["A", "B", "C"], 1), (vec![], 1));
        assert_eq!(all(&["A", "B", "C", "D"], 35), (vec![], 1));
        // Other unknown values stay unknown.
        let value = json!({"Fn::If": ["C", {"Ref": "P"}, 7]});
        assert_eq!(said("AWS::RDS::DBCluster", "rds-backup-retention", json!({"BackupRetentionPeriod": value})).1, 1);
    }
}
