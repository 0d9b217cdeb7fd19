//! The ARN format of a type from DescribeType. Such a type has no ARN template, unlike
//! the embedded ones: only the pattern of its ARN property, where the schema has one, and
//! the service of its ARNs.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::arn::{Arn, services_of};
use super::validate::compile;

/// The ARN format of a type from DescribeType.
pub(super) struct ArnForm {
    pattern: Option<Validator>,
    /// Names of its service in ARNs, letters and digits alone.
    services: Vec<String>,
}

/// How well an ARN matches a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// It matches the type's pattern.
    ByPattern,
    /// It is of the type's service: listing the type decides.
    ByService,
    /// It does not match.
    No,
}

impl std::fmt::Debug for ArnForm {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ArnForm").field("services", &self.services).finish_non_exhaustive()
    }
}

impl ArnForm {
    /// The format for a type with this ARN pattern and these tagging actions.
    pub(super) fn new(type_name: &str, pattern: Option<&str>, tag_actions: &[&str]) -> Self {
        let own = type_name.split("::").nth(1).unwrap_or_default();
        let of_actions = tag_actions.iter().filter_map(|action| action.split_once(':')).map(|(service, _)| service);
        let mut services: Vec<String> =
            std::iter::once(own).chain(of_actions).chain(services_of(own)).map(plain).collect();
        // Skips the actions of the tagging API itself, which serves all services.
        services.retain(|service| !service.is_empty() && service != "tag");
        services.sort();
        services.dedup();
        let pattern = pattern.and_then(|pattern| compile(&json!({"pattern": pattern})).ok());
        Self { pattern, services }
    }

    /// How well an ARN matches.
    pub(super) fn fit(&self, arn: &str, parsed: &Arn<'_>) -> Fit {
        let matches = |text: String| self.pattern.as_ref().is_some_and(|form| form.is_valid(&Value::String(text)));
        // Many patterns match any ARN, or any ARN of the service.
        let is_specific = || !matches(Arn { resource: "no-such-kind/no-such-id", ..*parsed }.to_string());
        if matches(arn.to_owned()) && is_specific() {
            return Fit::ByPattern;
        }
        if self.services.contains(&plain(parsed.service)) { Fit::ByService } else { Fit::No }
    }
}

/// `bedrock-agentcore` and `BedrockAgentCore` are one service.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn fit(form: &ArnForm, arn: &str) -> Fit {
        form.fit(arn, &Arn::parse(arn).unwrap())
    }

    #[test]
    fn a_type_specific_pattern_decides() {
        let gadget = "arn:aws:gadgets:us-east-1:111111111111:gadget/a";
        let other = "arn:aws:gadgets:us-east-1:111111111111:other/a";
        let own = ArnForm::new("AWS::Gadgets::Gadget", Some("^arn:aws[a-z-]*:gadgets:.+:gadget/.+$"), &[]);
        assert_eq!((fit(&own, gadget), fit(&own, other)), (Fit::ByPattern, Fit::ByService));
        assert_eq!(fit(&own, "arn:aws:sqs:us-east-1:111111111111:a"), Fit::No);
        for pattern in [Some("^arn:.+$"), Some("^arn:aws:gadgets:.+$"), Some("("), None] {
            let loose = ArnForm::new("AWS::Gadgets::Gadget", pattern, &[]);
            assert_eq!(fit(&loose, gadget), Fit::ByService, "{pattern:?}");
        }
    }

    #[test]
    fn a_service_has_other_names_in_arns() {
        let of = |type_name: &str, actions: &[&str]| ArnForm::new(type_name, None, actions);
        let balancer = of("AWS::ElasticLoadBalancingV2::New", &[]);
        let arn = "arn:aws:elasticloadbalancing:us-east-1:111111111111:new/a";
        assert_eq!(fit(&balancer, arn), Fit::ByService, "as its siblings");
        let core = of("AWS::NewAgentCore::Thing", &[]);
        assert_eq!(fit(&core, "arn:aws:new-agentcore:us-east-1:111111111111:thing/a"), Fit::ByService);
        let renamed = of("AWS::Fresh::Thing", &["fresh-api:TagResource", "tag:GetResources"]);
        assert_eq!(fit(&renamed, "arn:aws:fresh-api:us-east-1:111111111111:thing/a"), Fit::ByService);
        assert_eq!(fit(&renamed, "arn:aws:tag:us-east-1:111111111111:thing/a"), Fit::No);
    }
}
