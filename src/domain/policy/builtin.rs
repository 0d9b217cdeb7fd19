//! The policies that ship inside the program.

use super::{Origin, PolicySource};

/// Pairs each path below `policies/` with the file's text.
macro_rules! embed {
    ($($path:literal,)*) => {
        &[$(($path, include_str!(concat!("../../../policies/", $path))),)*]
    };
}

/// Path below `policies/` and text of every file there.
static FILES: &[(&str, &str)] = embed![
    "apigateway/apigw-cache-encrypted.rego",
    "apigateway/apigw-endpoint-type.rego",
    "apigateway/apigw-method-authorization.rego",
    "apigateway/apigw-stage-access-log.rego",
    "apigateway/apigw-stage-tracing.rego",
    "apigateway/apigwv2-cors-no-wildcard.rego",
    "apigateway/apigwv2-route-authorization.rego",
    "apigateway/apigwv2-stage-access-log.rego",
    "cloudfront/cloudfront-default-root.rego",
    "cloudfront/cloudfront-logging.rego",
    "cloudfront/cloudfront-min-tls.rego",
    "cloudfront/cloudfront-origin-access-control.rego",
    "cloudfront/cloudfront-origin-https.rego",
    "cloudfront/cloudfront-viewer-https.rego",
    "cloudfront/cloudfront-waf.rego",
    "cloudtrail/cloudtrail-hardening.rego",
    "cognito/cognito-client-no-implicit.rego",
    "cognito/cognito-deletion-protection.rego",
    "cognito/cognito-mfa.rego",
    "cognito/cognito-no-guest-identities.rego",
    "cognito/cognito-password-policy.rego",
    "cognito/cognito-threat-protection.rego",
    "dynamodb/dynamodb-billing-mode.rego",
    "dynamodb/dynamodb-deletion-protection.rego",
    "dynamodb/dynamodb-kms.rego",
    "dynamodb/dynamodb-pitr.rego",
    "ec2/ec2-detailed-monitoring.rego",
    "ec2/ec2-ebs-encrypted.rego",
    "ec2/ec2-imdsv2.rego",
    "ec2/ec2-instance-profile.rego",
    "ec2/ec2-no-public-ip.rego",
    "ec2/ec2-userdata-no-secrets.rego",
    "ec2/ec2-volume-encrypted.rego",
    "ec2/sg-egress-open.rego",
    "ec2/sg-no-open-all-ports.rego",
    "ec2/sg-no-open-high-risk-ports.rego",
    "ec2/sg-no-open-rdp.rego",
    "ec2/sg-no-open-ssh.rego",
    "ec2/sg-rule-description.rego",
    "ec2/subnet-no-auto-public-ip.rego",
    "ec2/vpc-flow-logs.rego",
    "ecr/ecr-immutable-tags.rego",
    "ecr/ecr-kms.rego",
    "ecr/ecr-lifecycle.rego",
    "ecr/ecr-policy-not-public.rego",
    "ecr/ecr-scan-on-push.rego",
    "ecs/ecs-container-insights.rego",
    "ecs/ecs-efs-transit-encryption.rego",
    "ecs/ecs-env-no-secrets.rego",
    "ecs/ecs-image-pinned.rego",
    "ecs/ecs-log-config.rego",
    "ecs/ecs-non-root-user.rego",
    "ecs/ecs-not-privileged.rego",
    "ecs/ecs-readonly-root.rego",
    "ecs/ecs-service-circuit-breaker.rego",
    "ecs/ecs-service-no-public-ip.rego",
    "ecs/ecs-task-role-split.rego",
    "efs/efs-backup.rego",
    "efs/efs-encrypted.rego",
    "eks/eks-control-plane-logs.rego",
    "eks/eks-endpoint-private.rego",
    "eks/eks-secrets-encrypted.rego",
    "elasticache/elasticache-at-rest.rego",
    "elasticache/elasticache-auth.rego",
    "elasticache/elasticache-backup.rego",
    "elasticache/elasticache-in-transit.rego",
    "elb/alb-api-auth-before-forward.rego",
    "elb/alb-drop-invalid-headers.rego",
    "elb/alb-oidc-deny-unauthenticated.rego",
    "elb/alb-rule-order-shadow.rego",
    "elb/alb-rule-priority-unique.rego",
    "elb/elb-access-logs.rego",
    "elb/elb-deletion-protection.rego",
    "elb/elb-internet-facing.rego",
    "elb/elb-listener-https.rego",
    "elb/elb-listener-tls-policy.rego",
    "elb/tg-health-check.rego",
    "elb/tg-protocol.rego",
    "events/events-bus-policy-not-public.rego",
    "events/events-target-dlq.rego",
    "generic/generic-no-plaintext-secret.rego",
    "generic/name-pattern.rego",
    "generic/stateful-needs-retention.rego",
    "generic/tags-required.rego",
    "iam/iam-kms-decrypt-scoped.rego",
    "iam/iam-name-pattern.rego",
    "iam/iam-no-action-prefix-wildcard.rego",
    "iam/iam-no-admin-managed-policy.rego",
    "iam/iam-no-admin.rego",
    "iam/iam-no-allow-notaction.rego",
    "iam/iam-no-allow-notresource.rego",
    "iam/iam-no-data-exfiltration.rego",
    "iam/iam-no-elevated-managed-policy.rego",
    "iam/iam-no-inline-policy.rego",
    "iam/iam-no-privilege-escalation.rego",
    "iam/iam-no-service-wildcard.rego",
    "iam/iam-no-wildcard-resource.rego",
    "iam/iam-passrole-scoped.rego",
    "iam/iam-trust-confused-deputy.rego",
    "iam/iam-trust-no-wildcard.rego",
    "iam/iam-trust-oidc-subject.rego",
    "iam/iam-user-no-direct-policy.rego",
    "iam/iam-user-no-plaintext-password.rego",
    "kinesis/kinesis-encrypted.rego",
    "kms/kms-pending-window.rego",
    "kms/kms-policy-not-public.rego",
    "kms/kms-rotation.rego",
    "lambda/lambda-concurrency.rego",
    "lambda/lambda-dlq.rego",
    "lambda/lambda-env-kms.rego",
    "lambda/lambda-env-no-secrets.rego",
    "lambda/lambda-in-vpc.rego",
    "lambda/lambda-memory-api.rego",
    "lambda/lambda-permission-not-public.rego",
    "lambda/lambda-permission-source.rego",
    "lambda/lambda-runtime-supported.rego",
    "lambda/lambda-timeout-api.rego",
    "lambda/lambda-tracing.rego",
    "lambda/lambda-url-auth.rego",
    "lib/attributes.rego",
    "lib/functions.rego",
    "lib/ingress.rego",
    "lib/properties.rego",
    "lib/runtimes.rego",
    "lib/secrets.rego",
    "lib/statements.rego",
    "logs/logs-kms.rego",
    "logs/logs-retention.rego",
    "opensearch/opensearch-at-rest.rego",
    "opensearch/opensearch-audit-logs.rego",
    "opensearch/opensearch-fine-grained.rego",
    "opensearch/opensearch-https.rego",
    "opensearch/opensearch-in-vpc.rego",
    "opensearch/opensearch-node-to-node.rego",
    "rds/rds-backup-retention.rego",
    "rds/rds-deletion-protection.rego",
    "rds/rds-encrypted.rego",
    "rds/rds-enhanced-monitoring.rego",
    "rds/rds-iam-auth.rego",
    "rds/rds-log-exports.rego",
    "rds/rds-minor-upgrade.rego",
    "rds/rds-multi-az.rego",
    "rds/rds-no-plaintext-password.rego",
    "rds/rds-not-public.rego",
    "redshift/redshift-encrypted.rego",
    "redshift/redshift-logging.rego",
    "redshift/redshift-no-plaintext-password.rego",
    "redshift/redshift-not-public.rego",
    "s3/s3-access-logging.rego",
    "s3/s3-acl-not-public.rego",
    "s3/s3-block-public-access.rego",
    "s3/s3-cors-no-wildcard.rego",
    "s3/s3-encryption-kms.rego",
    "s3/s3-encryption.rego",
    "s3/s3-lifecycle.rego",
    "s3/s3-ownership-enforced.rego",
    "s3/s3-policy-no-public.rego",
    "s3/s3-policy-no-wildcard-action.rego",
    "s3/s3-policy-tls-only.rego",
    "s3/s3-versioning.rego",
    "secretsmanager/secret-cmk.rego",
    "secretsmanager/secret-no-plaintext.rego",
    "secretsmanager/secret-rotation.rego",
    "ses/ses-dkim.rego",
    "ses/ses-tls-required.rego",
    "sns/sns-encrypted.rego",
    "sns/sns-policy-not-public.rego",
    "sqs/sqs-dead-letter.rego",
    "sqs/sqs-encrypted.rego",
    "sqs/sqs-policy-no-wildcard-action.rego",
    "sqs/sqs-policy-not-public.rego",
    "ssm/ssm-parameter-no-secret.rego",
    "stepfunctions/sfn-logging.rego",
    "stepfunctions/sfn-tracing.rego",
];

/// The built-in policies and their libraries.
pub fn sources() -> Vec<PolicySource> {
    FILES
        .iter()
        .map(|(path, text)| PolicySource {
            path: format!("policies/{path}"),
            text: (*text).to_owned(),
            origin: Origin::Builtin,
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::path::{Path, PathBuf};

    use serde_json::{Value, json};

    use super::*;
    use crate::domain::pointer;
    use crate::domain::policy::input::documents;
    use crate::domain::policy::{CORE_PACK, Fixture, Fixtures, PolicyMetadata, PolicySet};

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("policies")
    }

    /// Paths below `policies/` of all files with the given ending, sorted.
    fn files(ending: &str) -> Vec<String> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { walk(&path, found) } else { found.push(path) }
            }
        }
        let mut found = Vec::new();
        walk(&folder(), &mut found);
        let below = |path: &PathBuf| path.strip_prefix(folder()).unwrap().to_str().unwrap().replace('\\', "/");
        let mut names: Vec<String> = found.iter().map(below).filter(|name| name.ends_with(ending)).collect();
        names.sort();
        names
    }

    #[test]
    fn every_policy_file_is_embedded() {
        let mut embedded: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        embedded.sort_unstable();
        assert_eq!(embedded, files(".rego"));
    }

    #[test]
    fn every_policy_stands_by_its_fixtures() {
        let set = PolicySet::compile(sources()).unwrap();
        let fixtures = files(".test.yaml");
        let mut failures = Vec::new();
        for policy in set.list() {
            let path = format!("{}.test.yaml", policy.path.trim_start_matches("policies/").trim_end_matches(".rego"));
            if !fixtures.contains(&path) {
                failures.push(format!("{path}: missing"));
                continue;
            }
            let text = std::fs::read_to_string(folder().join(&path)).unwrap();
            let cases = Fixtures::parse(&path, &text).unwrap();
            failures.extend(set.test(&policy.id, &path, &cases).iter().map(ToString::to_string));
        }
        assert_eq!(fixtures.len(), set.list().count(), "a fixture file without a policy");
        assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    }

    /// A check that everybody runs is shown to be right from more than one side.
    #[test]
    fn every_core_policy_has_two_cases_of_each_kind() {
        let set = PolicySet::compile(sources()).unwrap();
        let core: Vec<_> = set.checks.iter().filter(|check| check.metadata().pack == CORE_PACK).collect();
        assert_eq!((core.len(), set.checks.len()), (85, 167));
        let mut failures = Vec::new();
        for check in core {
            let (path, text) = fixture_text(check.metadata());
            let cases = Fixtures::parse(&path, &text).unwrap();
            let mut insist = |is_so: bool, what: &str| {
                if !is_so {
                    failures.push(format!("{path}: {what}"));
                }
            };
            insist(cases.passing.len() >= 2, "needs two passing cases");
            insist(cases.failing.len() >= 2, "needs two failing cases");
            let may_not_know = check.text().contains("\nunknown contains");
            insist(!may_not_know || !cases.unknown.is_empty(), "needs an unknown case");
            // A document given as text must be found to break the rule and to keep it.
            if check.text().contains("import data.stagegate.statements") {
                insist(cases.failing.iter().any(has_document_as_text), "needs a failing document given as text");
                insist(cases.passing.iter().any(has_document_as_text), "needs a passing document given as text");
            }
            let names: Vec<&str> = cases.passing.iter().chain(&cases.failing).map(|case| case.name.as_str()).collect();
            let bodies: Vec<_> = cases.passing.iter().chain(&cases.failing).map(Fixture::without_name).collect();
            let is_copied = |at: usize| names[..at].contains(&names[at]) || bodies[..at].contains(&bodies[at]);
            insist(!(0..names.len()).any(is_copied), "has a case twice");
        }
        assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    }

    /// True for a case in which some text is a policy document.
    fn has_document_as_text(case: &Fixture) -> bool {
        let texts = pointers(&case.properties).into_iter().filter_map(|at| case.properties.pointer(&at)?.as_str());
        let documents = texts.filter_map(|text| serde_json::from_str::<Value>(text).ok());
        documents.into_iter().any(|document| document.get("Statement").is_some())
    }

    #[test]
    fn only_text_that_is_a_document_counts_as_one() {
        let case = |text: &str| {
            let yaml = format!("passing: [{{name: a, properties: {{Policies: [{{PolicyDocument: {text}}}]}}}}]");
            Fixtures::parse("t", &yaml).unwrap().passing.remove(0)
        };
        assert!(has_document_as_text(&case("'{\"Statement\": []}'")));
        for other in ["{Statement: []}", "'{\"Version\": 1}'", "Statement", "'{\"Statement\"'"] {
            assert!(!has_document_as_text(&case(other)), "{other}");
        }
    }

    #[test]
    fn the_readme_names_every_pack() {
        let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
        let table = readme.split_once("## Packs").unwrap().1.split_once("\n## ").unwrap().0;
        let named: Vec<&str> =
            table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(name, _)| name).collect();
        let set = PolicySet::compile(sources()).unwrap();
        let packs: std::collections::BTreeSet<&str> = set.list().map(|policy| policy.pack.as_str()).collect();
        assert_eq!(named, packs.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_policy_file_is_named_after_its_id() {
        let set = PolicySet::compile(sources()).unwrap();
        for policy in set.list() {
            assert!(policy.path.ends_with(&format!("/{}.rego", policy.id)), "{}", policy.path);
        }
    }

    /// Schema validation comes first in the product, but live values may still surprise a policy: it
    /// must answer, not fail.
    #[test]
    fn no_policy_stumbles_over_odd_values() {
        let set = PolicySet::compile(sources()).unwrap();
        let mut engine = set.engine_for(&set.checks).unwrap();
        let mut failures = Vec::new();
        for check in &set.checks {
            let metadata = check.metadata();
            for case in cases_of(metadata) {
                for (at, properties) in with_odd_values(&case.properties) {
                    let input = Fixture { properties, ..case.clone() }.input(&metadata.types[0]);
                    let document = documents(&input).remove(0);
                    engine.set_input(document);
                    if let Err(failure) = check.run(&mut engine, &input.resources[0]) {
                        failures.push(format!("{} {at}: {}", metadata.id, failure.message));
                    }
                }
            }
        }
        assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    }

    fn cases_of(metadata: &PolicyMetadata) -> Vec<Fixture> {
        let (path, text) = fixture_text(metadata);
        let mut cases = Fixtures::parse(&path, &text).unwrap();
        cases.passing.append(&mut cases.failing);
        cases.passing
    }

    fn fixture_text(metadata: &PolicyMetadata) -> (String, String) {
        let path = metadata.path.trim_start_matches("policies/").replace(".rego", ".test.yaml");
        let text = std::fs::read_to_string(folder().join(&path)).unwrap();
        (path, text)
    }

    /// The document once for every place in it and every odd value, with that value at the place.
    fn with_odd_values(document: &Value) -> Vec<(String, Value)> {
        let odd = [
            json!("x"),
            json!(5),
            json!(null),
            json!(["x"]),
            json!({"a": "b"}),
            json!([[]]),
            json!({"Ref": "P"}),
            json!({"Fn::Sub": 5}),
        ];
        let mut documents = Vec::new();
        for pointer in pointers(document) {
            for value in &odd {
                let mut changed = document.clone();
                *changed.pointer_mut(&pointer).unwrap() = value.clone();
                documents.push((format!("{pointer}={value}"), changed));
            }
        }
        documents
    }

    /// Every place in a document, without the document itself.
    fn pointers(document: &Value) -> Vec<String> {
        fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
            let mut visit = |key: &str, child: &Value| {
                let pointer = pointer::join(at, key);
                found.push(pointer.clone());
                walk(child, &pointer, found);
            };
            match value {
                Value::Object(map) => map.iter().for_each(|(key, child)| visit(key, child)),
                Value::Array(items) => items.iter().enumerate().for_each(|(i, child)| visit(&i.to_string(), child)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        walk(document, "", &mut found);
        found
    }
}
