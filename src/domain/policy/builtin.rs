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
    "apigateway/apigw-method-authorization.rego",
    "apigateway/apigw-stage-access-log.rego",
    "apigateway/apigwv2-route-authorization.rego",
    "apigateway/apigwv2-stage-access-log.rego",
    "cloudfront/cloudfront-min-tls.rego",
    "cloudfront/cloudfront-origin-access-control.rego",
    "cloudfront/cloudfront-viewer-https.rego",
    "cognito/cognito-deletion-protection.rego",
    "cognito/cognito-mfa.rego",
    "cognito/cognito-no-guest-identities.rego",
    "cognito/cognito-password-policy.rego",
    "dynamodb/dynamodb-deletion-protection.rego",
    "dynamodb/dynamodb-pitr.rego",
    "ec2/ec2-ebs-encrypted.rego",
    "ec2/ec2-imdsv2.rego",
    "ec2/ec2-userdata-no-secrets.rego",
    "ec2/ec2-volume-encrypted.rego",
    "ec2/sg-no-open-all-ports.rego",
    "ec2/sg-no-open-high-risk-ports.rego",
    "ec2/sg-no-open-rdp.rego",
    "ec2/sg-no-open-ssh.rego",
    "ec2/subnet-no-auto-public-ip.rego",
    "ecr/ecr-immutable-tags.rego",
    "ecr/ecr-policy-not-public.rego",
    "ecr/ecr-scan-on-push.rego",
    "ecs/ecs-env-no-secrets.rego",
    "ecs/ecs-image-pinned.rego",
    "ecs/ecs-non-root-user.rego",
    "ecs/ecs-not-privileged.rego",
    "ecs/ecs-service-no-public-ip.rego",
    "efs/efs-encrypted.rego",
    "eks/eks-endpoint-private.rego",
    "elasticache/elasticache-at-rest.rego",
    "elasticache/elasticache-in-transit.rego",
    "elb/alb-api-auth-before-forward.rego",
    "elb/alb-drop-invalid-headers.rego",
    "elb/alb-oidc-deny-unauthenticated.rego",
    "elb/alb-rule-order-shadow.rego",
    "elb/alb-rule-priority-unique.rego",
    "elb/elb-listener-https.rego",
    "elb/elb-listener-tls-policy.rego",
    "generic/generic-no-plaintext-secret.rego",
    "generic/name-pattern.rego",
    "generic/tags-required.rego",
    "iam/iam-name-pattern.rego",
    "iam/iam-no-admin-managed-policy.rego",
    "iam/iam-no-admin.rego",
    "iam/iam-no-allow-notaction.rego",
    "iam/iam-no-allow-notresource.rego",
    "iam/iam-no-privilege-escalation.rego",
    "iam/iam-no-service-wildcard.rego",
    "iam/iam-no-wildcard-resource.rego",
    "iam/iam-passrole-scoped.rego",
    "iam/iam-trust-no-wildcard.rego",
    "iam/iam-user-no-direct-policy.rego",
    "iam/iam-user-no-plaintext-password.rego",
    "kinesis/kinesis-encrypted.rego",
    "kms/kms-policy-not-public.rego",
    "kms/kms-rotation.rego",
    "lambda/lambda-env-no-secrets.rego",
    "lambda/lambda-memory-api.rego",
    "lambda/lambda-permission-not-public.rego",
    "lambda/lambda-runtime-supported.rego",
    "lambda/lambda-timeout-api.rego",
    "lambda/lambda-url-auth.rego",
    "lib/ingress.rego",
    "lib/properties.rego",
    "lib/secrets.rego",
    "lib/statements.rego",
    "logs/logs-retention.rego",
    "opensearch/opensearch-at-rest.rego",
    "opensearch/opensearch-https.rego",
    "opensearch/opensearch-in-vpc.rego",
    "opensearch/opensearch-node-to-node.rego",
    "rds/rds-backup-retention.rego",
    "rds/rds-deletion-protection.rego",
    "rds/rds-encrypted.rego",
    "rds/rds-no-plaintext-password.rego",
    "rds/rds-not-public.rego",
    "redshift/redshift-encrypted.rego",
    "redshift/redshift-no-plaintext-password.rego",
    "redshift/redshift-not-public.rego",
    "s3/s3-acl-not-public.rego",
    "s3/s3-block-public-access.rego",
    "s3/s3-policy-no-public.rego",
    "s3/s3-policy-tls-only.rego",
    "s3/s3-versioning.rego",
    "secretsmanager/secret-no-plaintext.rego",
    "ses/ses-tls-required.rego",
    "sns/sns-encrypted.rego",
    "sns/sns-policy-not-public.rego",
    "sqs/sqs-dead-letter.rego",
    "sqs/sqs-encrypted.rego",
    "sqs/sqs-policy-not-public.rego",
    "ssm/ssm-parameter-no-secret.rego",
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
    use crate::domain::policy::{Fixture, Fixtures, PolicyMetadata, PolicySet, ScanInput, ScanResource};

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
        let mut engine = set.engine.clone();
        let mut failures = Vec::new();
        for check in &set.checks {
            let metadata = check.metadata();
            for case in cases_of(metadata) {
                let type_name = case.type_name.as_ref().unwrap_or(&metadata.types[0]);
                for (at, properties) in with_odd_values(&case.properties) {
                    let input = ScanInput {
                        resources: vec![ScanResource::live(type_name, &at, properties)],
                        ..ScanInput::default()
                    };
                    let document = documents(&input).remove(0);
                    if let Err(failure) = check.run(&mut engine, &input.resources[0], document) {
                        failures.push(format!("{} {at}: {}", metadata.id, failure.message));
                    }
                }
            }
        }
        assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    }

    fn cases_of(metadata: &PolicyMetadata) -> Vec<Fixture> {
        let path = metadata.path.trim_start_matches("policies/").replace(".rego", ".test.yaml");
        let text = std::fs::read_to_string(folder().join(&path)).unwrap();
        let mut cases = Fixtures::parse(&path, &text).unwrap();
        cases.passing.append(&mut cases.failing);
        cases.passing
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
