//! Values that match no known resource, and the types of resources that might own them: a read of a resource
//! returns more values than its ARN and identifier contain.

use std::collections::BTreeSet;

use serde_json::Value;

use super::index_builder::identifies;
use super::reference::{generated_id, opaque_tokens};
use super::rewrite::{Rewritten, UnmappedKind};
use crate::domain::pointer;
use crate::schema::TypeSchema;

/// The unexplained values, by what they look like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unexplained {
    /// Names of the source environment.
    names: bool,
    /// Hosts with a generated part.
    hosts: BTreeSet<String>,
    /// Generated ids of EC2 and related services.
    ids: bool,
    /// Unique ids of IAM.
    unique_ids: bool,
    /// Other generated words.
    opaque: bool,
}

/// Parts of host names, by the services (as in type names) whose endpoints use them.
const HOSTS: &[(&str, &[&str])] = &[
    (".execute-api.", &["ApiGateway", "ApiGatewayV2"]),
    (".rds.", &["RDS", "Neptune", "DocDB"]),
    (".elb.", &["ElasticLoadBalancing", "ElasticLoadBalancingV2"]),
    (".cache.", &["ElastiCache"]),
    (".es.", &["Elasticsearch", "OpenSearchService"]),
    (".redshift.", &["Redshift"]),
    (".redshift-serverless.", &["RedshiftServerless"]),
    (".docdb.", &["DocDB"]),
    (".neptune.", &["Neptune"]),
    (".kafka.", &["MSK"]),
    (".mq.", &["AmazonMQ"]),
    (".eks.", &["EKS"]),
    (".dax-clusters.", &["DAX"]),
    (".aoss.", &["OpenSearchServerless"]),
    (".memorydb.", &["MemoryDB"]),
    (".transfer.", &["Transfer"]),
    (".efs.", &["EFS"]),
    (".auth.", &["Cognito"]),
    (".cloudfront.net", &["CloudFront"]),
    (".lambda-url.", &["Lambda"]),
    (".appsync-api.", &["AppSync"]),
];

impl Unexplained {
    /// Adds the unexplained values of a rewritten document. `source` is the original: a generated
    /// word that was copied untranslated may be a value of a resource that was not read.
    pub fn add(&mut self, source: &Value, body: &Rewritten) {
        for left in body.unmapped.iter().filter(|left| left.kind == UnmappedKind::Unknown) {
            match generated_id(&left.value) {
                Some(host) if host.contains('.') => drop(self.hosts.insert(host.to_owned())),
                Some(_) => self.ids = true,
                None => self.names = true,
            }
        }
        let mut own = BTreeSet::new();
        pointer::for_each_string(source, &mut |_, text| own.extend(opaque_tokens(text)));
        pointer::for_each_string(&body.value, &mut |_, text| {
            for token in opaque_tokens(text).filter(|token| own.contains(token)) {
                let is_unique_id =
                    token.len() >= 16 && token.starts_with('A') && token.bytes().all(|b| !b.is_ascii_lowercase());
                if is_unique_id { self.unique_ids = true } else { self.opaque = true }
            }
        });
    }

    /// True when there are no unexplained values.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// True when a resource of this type may own one of the values that block the plan as long as nothing explains them.
    pub fn may_be_of(&self, schema: &TypeSchema) -> bool {
        let service = service_of(schema);
        let is_host =
            |host: &String| HOSTS.iter().any(|(part, services)| host.contains(part) && services.contains(&service));
        self.names && has_hidden_name(schema)
            || self.hosts.iter().any(is_host)
            || self.ids && service == "EC2" && has_hidden_id(schema)
    }

    /// True when a resource of this type may own one of the generated words that are otherwise carried over: each such
    /// resource must be read.
    pub fn may_own_words(&self, schema: &TypeSchema) -> bool {
        let service = service_of(schema);
        self.unique_ids && service == "IAM" || self.opaque && service != "IAM" && has_hidden_id(schema)
    }
}

fn service_of(schema: &TypeSchema) -> &str {
    schema.type_name.split("::").nth(1).unwrap_or_default()
}

/// True where neither the identifier nor the ARN contains the name.
fn has_hidden_name(schema: &TypeSchema) -> bool {
    let Some(name) = &schema.name_property else { return false };
    let in_arn = schema.arn_template.as_ref().is_some_and(|template| template.contains(&format!("${{{name}}}")));
    !in_arn && !schema.primary_identifier.contains(name)
}

/// True where the service sets an id other than the identifier.
fn has_hidden_id(schema: &TypeSchema) -> bool {
    schema.read_only.iter().any(|path| {
        let name = path.tokens().join("/");
        let last = path.tokens().last().map(String::as_str).unwrap_or_default();
        let is_known = schema.primary_identifier.contains(&name) || schema.arn_property.as_ref() == Some(&name);
        let is_id = last.ends_with("Id") || last.ends_with("ID") || last.starts_with("Default");
        is_id && !is_known && (identifies(last) || last.starts_with("Default"))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::promotion::rewrite::Unmapped;
    use crate::schema::Registry;

    fn of(value: &str, kind: UnmappedKind) -> Unexplained {
        let unmapped = vec![Unmapped { pointer: "/A".into(), value: value.into(), reason: "why".into(), kind }];
        let mut found = Unexplained::default();
        found.add(&json!({}), &Rewritten { unmapped, ..Rewritten::default() });
        found
    }

    fn explains(found: &Unexplained, type_name: &str) -> bool {
        let schema = Registry::embedded().get(type_name).unwrap();
        found.may_be_of(schema) || found.may_own_words(schema)
    }

    #[test]
    fn a_host_is_explained_only_by_its_service() {
        let host = of("https://d111111abcdef8.cloudfront.net/x", UnmappedKind::Unknown);
        assert!(explains(&host, "AWS::CloudFront::Distribution"));
        assert!(!explains(&host, "AWS::SQS::Queue") && !explains(&host, "AWS::EC2::VPC"));
    }

    #[test]
    fn a_security_group_may_be_a_vpcs_default() {
        let group = of("sg-0123456789abcdef0", UnmappedKind::Unknown);
        assert!(explains(&group, "AWS::EC2::VPC"));
        assert!(!explains(&group, "AWS::Lambda::Function"));
    }

    #[test]
    fn a_name_is_explained_where_no_arn_contains_it() {
        let name = of("orders-dev", UnmappedKind::Unknown);
        assert!(explains(&name, "AWS::EC2::SecurityGroup"));
        assert!(!explains(&name, "AWS::DynamoDB::Table") && !explains(&name, "AWS::Lambda::Function"));
    }

    #[test]
    fn a_value_known_to_have_no_counterpart_is_not_unexplained() {
        assert!(of("orders-dev", UnmappedKind::NoCounterpart).is_empty());
    }

    #[test]
    fn an_untranslated_unique_id_of_a_role_is_found() {
        let document = json!({"Condition": "AROAEXAMPLE12345678:*"});
        let mut found = Unexplained::default();
        found.add(&document, &Rewritten { value: document.clone(), ..Rewritten::default() });
        assert!(explains(&found, "AWS::IAM::Role") && !explains(&found, "AWS::SQS::Queue"));
    }
}
