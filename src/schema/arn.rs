//! Amazon Resource Names: parsing, and identifying the named resource.
//!
//! [`Registry::identify`] uses a table of ARN templates and identifier templates. In a template
//! `${Name}` matches one or more characters other than `:` and `/`; a mark after the name
//! changes that: `${Name/}` may contain `/`, `${Name:}` both, `${Name#}` is all digits,
//! `${Name!}` is not all digits, `${Name@}` is a UUID. `${Path}` is an IAM path (`/` or `/a/b/`).

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde_json::Value;

use super::arn_form::Fit;
use super::general::general_facts;
use super::registry::Registry;
use super::resource_ref::ResourceRef;
use super::store;
use super::template::Template;
use super::type_schema::TypeSchema;

/// The parts of an ARN, `arn:partition:service:region:account:resource`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: &'a str,
    /// The service's ARN name, such as `elasticloadbalancing`.
    pub service: &'a str,
    /// Empty for global services.
    pub region: &'a str,
    /// Twelve digits; empty where the service omits it (S3), `aws` for AWS-owned resources.
    pub account: &'a str,
    /// Everything after the fifth colon.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Parses an ARN; `None` when the text is not one.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        let mut next = || parts.next();
        let arn = Self { partition: next()?, service: next()?, region: next()?, account: next()?, resource: next()? };
        let whole = arn.partition.starts_with("aws") && !arn.service.is_empty() && !arn.resource.is_empty();
        let spaced = text.contains(char::is_whitespace) && arn.resource.trim() != arn.resource;
        (whole && !spaced && !arn.account.contains(char::is_whitespace)).then_some(arn)
    }
}

impl std::fmt::Display for Arn<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(formatter, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// The resource that an ARN names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identified {
    /// Exactly this one.
    Exactly(ResourceRef),
    /// One of these, the most likely first. A read distinguishes them.
    Ambiguous(Vec<ResourceRef>),
    /// A resource of one of these types, whose identifier cannot be derived from its ARN. Listing
    /// the type finds it.
    OfType(Vec<&'static str>),
    /// No known type.
    Unknown,
}

impl Identified {
    /// The resources that the ARN may name, the most likely first; none where the ARN does not determine it.
    pub fn candidates(self) -> Vec<ResourceRef> {
        match self {
            Self::Exactly(resource) => vec![resource],
            Self::Ambiguous(resources) => resources,
            Self::OfType(_) | Self::Unknown => Vec::new(),
        }
    }
}

struct Row {
    type_name: &'static str,
    region: &'static str,
    account: &'static str,
    resource: Template<'static>,
    identifier: Template<'static>,
}

/// The table's rows by service.
fn rows() -> &'static HashMap<&'static str, Vec<Row>> {
    static ROWS: OnceLock<HashMap<&'static str, Vec<Row>>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let mut rows: HashMap<&str, Vec<Row>> = HashMap::new();
        for (type_name, template, identifier) in store::arn_rows() {
            let mut parts = template.splitn(6, ':').skip(2);
            let mut next = || parts.next().unwrap_or_default();
            let (service, region, account, resource) = (next(), next(), next(), next());
            rows.entry(service).or_default().push(Row {
                type_name,
                region,
                account,
                resource: Template::parse(resource),
                identifier: Template::parse(identifier),
            });
        }
        rows
    })
}

/// The ARN service names of types such as `AWS::ElasticLoadBalancingV2::Listener`.
pub(super) fn services_of(service: &str) -> Vec<&'static str> {
    let is_of = |row: &Row| row.type_name.split("::").nth(1) == Some(service);
    rows().iter().filter(|(_, rows)| rows.iter().any(is_of)).map(|(name, _)| *name).collect()
}

/// The ARN template of a type, the first where it has several.
pub(super) fn template_of(type_name: &str) -> Option<&'static str> {
    store::arn_row_group(type_name).next().map(|(_, template, _)| template)
}

impl Registry {
    /// The type and primary identifier of the resource that an ARN names. It never guesses: where the
    /// ARN's format is ambiguous, all candidates are returned. A type from DescribeType is found where its
    /// schema defines the format of its ARNs, or by its service where no other type matches the ARN.
    pub fn identify(&self, arn: &str) -> Identified {
        identify(arn, &self.learned())
    }
}

/// As [`Registry::identify`], among the embedded types and the given described ones.
pub(super) fn identify(arn: &str, described: &[&'static TypeSchema]) -> Identified {
    let Some(parsed) = Arn::parse(arn) else {
        return Identified::Unknown;
    };
    let candidates = rows().get(parsed.service).into_iter().flatten();
    let mut found: Vec<ResourceRef> = Vec::new();
    let mut without_identifier: Vec<&'static str> = Vec::new();
    for row in candidates {
        let Some(variables) = bind(row, &parsed, arn) else {
            continue;
        };
        match row.identifier.render(&variables) {
            Some(identifier) if !identifier.is_empty() => found.push(ResourceRef::new(row.type_name, identifier)),
            _ => without_identifier.push(row.type_name),
        }
    }
    let mut of_service: Vec<&'static str> = Vec::new();
    for schema in described {
        let Some(form) = &schema.arn_form else { continue };
        match form.fit(arn, &parsed) {
            Fit::ByPattern if schema.identifier_is_arn() => found.push(ResourceRef::new(&schema.type_name, arn)),
            Fit::ByPattern => without_identifier.push(&schema.type_name),
            Fit::ByService => of_service.push(&schema.type_name),
            Fit::No => {}
        }
    }
    if found.is_empty() && without_identifier.is_empty() {
        without_identifier = of_service;
    }
    let likelier = &general_facts().likelier;
    found.sort_by_key(|resource| {
        let rank = likelier.iter().position(|name| *name == resource.type_name).unwrap_or(likelier.len());
        (rank, resource.clone())
    });
    found.dedup();
    match (found.pop(), found.is_empty(), without_identifier.is_empty()) {
        (None, _, true) => Identified::Unknown,
        (None, _, false) => Identified::OfType(without_identifier),
        (Some(only), true, true) => Identified::Exactly(only),
        (Some(last), ..) => {
            found.push(last);
            Identified::Ambiguous(found)
        }
    }
}

/// The variables for which a row's template renders this ARN.
fn bind<'a>(row: &Row, parsed: &Arn<'a>, arn: &'a str) -> Option<BTreeMap<&'static str, &'a str>> {
    let region_fits = row.region.is_empty() == parsed.region.is_empty();
    let is_account = parsed.account.len() == 12 && parsed.account.bytes().all(|byte| byte.is_ascii_digit());
    let account_fits = if row.account.is_empty() { parsed.account.is_empty() } else { is_account };
    if !region_fits || !account_fits {
        return None;
    }
    let mut variables = row.resource.bind(parsed.resource)?;
    variables.extend([
        ("Arn", arn),
        ("Partition", parsed.partition),
        ("Region", parsed.region),
        ("Account", parsed.account),
        ("DnsSuffix", dns_suffix(parsed.partition)),
    ]);
    Some(variables)
}

/// The DNS suffix of a partition's endpoints.
fn dns_suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-iso-f" => "csp.hci.ic.gov",
        "aws-eusc" => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

/// The ARN of a resource: from its own ARN property, from an identifier that is or contains it,
/// else rendered from the type's template. `None` when a part of the template is unknown.
///
/// A log group's ARN is returned without the `:*` that the service appends, as the tagging API requires.
pub fn arn_of(
    schema: &TypeSchema,
    identifier: &str,
    properties: &Value,
    account: &str,
    region: &str,
) -> Option<String> {
    let known = schema.arn_property.as_ref().and_then(|name| properties.pointer(&format!("/{name}"))?.as_str());
    if let Some(arn) = known.filter(|text| Arn::parse(text).is_some()) {
        return Some(arn.strip_suffix(":*").unwrap_or(arn).to_owned());
    }
    let in_identifier = schema
        .primary_identifier
        .iter()
        .zip(identifier.split('|'))
        .find(|(name, _)| Some(*name) == schema.arn_property.as_ref())
        .map(|(_, part)| part)
        .filter(|part| Arn::parse(part).is_some());
    if let Some(arn) = in_identifier {
        return Some(arn.to_owned());
    }
    rendered(schema, identifier, properties, (account, region), None)
}

/// The ARN of a resource that does not exist yet, with `*` for what only the service knows. `None` for a type without a format.
pub fn arn_pattern(schema: &TypeSchema, properties: &Value, account: &str, region: &str) -> Option<String> {
    let pattern = rendered(schema, "", properties, (account, region), Some("*"))?;
    Some(pattern.trim_end_matches(":*").to_owned())
}

/// Renders the first of the type's templates whose variables are known; `unknown` stands for those that are not.
fn rendered(
    schema: &TypeSchema,
    identifier: &str,
    properties: &Value,
    (account, region): (&str, &str),
    unknown: Option<&str>,
) -> Option<String> {
    store::arn_row_group(&schema.type_name).find_map(|(_, template, identifier_template)| {
        let mut variables = Template::parse(identifier_template).bind(identifier).unwrap_or_default();
        variables.extend([("Partition", partition_of(region)), ("Region", region), ("Account", account)]);
        let template = Template::parse(template);
        for name in template.variables() {
            let property = || properties.get(name).and_then(Value::as_str);
            let fallback = if name == "Path" { Some("/") } else { unknown };
            if let (false, Some(value)) = (variables.contains_key(name), property().or(fallback)) {
                variables.insert(name, value);
            }
        }
        template.render(&variables)
    })
}

/// The partition that a region belongs to.
pub fn partition_of(region: &str) -> &'static str {
    const PARTITIONS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pattern_has_a_star_for_what_the_service_chooses() {
        let of = |name: &str, properties: Value| {
            arn_pattern(TypeSchema::embedded(name).unwrap(), &properties, "111111111111", "us-east-1")
        };
        let vpc = of("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}));
        assert_eq!(vpc.as_deref(), Some("arn:aws:ec2:us-east-1:111111111111:vpc/*"));
        let role = of("AWS::IAM::Role", json!({"RoleName": "app"}));
        assert_eq!(role.as_deref(), Some("arn:aws:iam::111111111111:role/app"));
    }

    /// `Type identifier` of every candidate, with the ARN's prefix abbreviated to `aws:…`.
    fn named(service_and_rest: &str) -> Vec<String> {
        match Registry::embedded().identify(&format!("arn:aws:{service_and_rest}")) {
            Identified::OfType(types) => types.into_iter().map(str::to_owned).collect(),
            other => other.candidates().iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn parts_are_split_at_the_first_five_colons() {
        let arn = Arn::parse("arn:aws-cn:logs:cn-north-1:111111111111:log-group:/a/b:*").unwrap();
        assert_eq!((arn.partition, arn.service, arn.resource), ("aws-cn", "logs", "log-group:/a/b:*"));
        assert_eq!(arn.to_string(), "arn:aws-cn:logs:cn-north-1:111111111111:log-group:/a/b:*");
        for text in ["", "arn:aws:s3", "arn:aws:s3:::", "urn:aws:s3:::b", "arn:other:s3:::b", "see arn:aws:s3:::b"] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_unambiguous_arn_names_one_resource() {
        let ra = "us-east-1:111111111111";
        for (arn, expected) in [
            ("s3:::app-dev".to_owned(), "AWS::S3::Bucket app-dev".to_owned()),
            (format!("sqs:{ra}:jobs"), "AWS::SQS::Queue https://sqs.us-east-1.amazonaws.com/111111111111/jobs".into()),
            (format!("sns:{ra}:alerts"), format!("AWS::SNS::Topic arn:aws:sns:{ra}:alerts")),
            ("iam::111111111111:role/team/app/Runner".into(), "AWS::IAM::Role Runner".into()),
            (
                "iam::111111111111:policy/Read".into(),
                "AWS::IAM::ManagedPolicy arn:aws:iam::111111111111:policy/Read".into(),
            ),
            (format!("lambda:{ra}:function:worker"), "AWS::Lambda::Function worker".into()),
            (
                format!("lambda:{ra}:function:worker:3"),
                format!("AWS::Lambda::Version arn:aws:lambda:{ra}:function:worker:3"),
            ),
            (
                format!("lambda:{ra}:function:worker:live"),
                format!("AWS::Lambda::Alias arn:aws:lambda:{ra}:function:worker:live"),
            ),
            (format!("logs:{ra}:log-group:/aws/lambda/worker"), "AWS::Logs::LogGroup /aws/lambda/worker".into()),
            (format!("logs:{ra}:log-group:/aws/lambda/worker:*"), "AWS::Logs::LogGroup /aws/lambda/worker".into()),
            (format!("cognito-idp:{ra}:userpool/us-east-1_Ab"), "AWS::Cognito::UserPool us-east-1_Ab".into()),
            (format!("ses:{ra}:identity/example.com"), "AWS::SES::EmailIdentity example.com".into()),
            (
                format!("backup:{ra}:restore-testing-plan:my-plan-6f9fda9d-03d8-4270-b95e-64a353444ae4"),
                "AWS::Backup::RestoreTestingPlan my-plan".into(),
            ),
            (format!("kms:{ra}:key/1234"), "AWS::KMS::Key 1234".into()),
            (
                format!("secretsmanager:{ra}:secret:a/b-AbCdEf"),
                format!("AWS::SecretsManager::Secret arn:aws:secretsmanager:{ra}:secret:a/b-AbCdEf"),
            ),
            (format!("ecs:{ra}:service/main/api"), format!("AWS::ECS::Service arn:aws:ecs:{ra}:service/main/api|main")),
            (format!("wafv2:{ra}:regional/webacl/edge/1-2"), "AWS::WAFv2::WebACL edge|1-2|REGIONAL".into()),
        ] {
            assert_eq!(named(&arn), [expected], "{arn}");
        }
    }

    #[test]
    fn a_shared_format_is_ambiguous_and_the_most_likely_type_comes_first() {
        let names = named("dynamodb:us-east-1:111111111111:table/orders");
        assert_eq!(names, ["AWS::DynamoDB::Table orders", "AWS::DynamoDB::GlobalTable orders"]);
        let names = named("rds:us-east-1:111111111111:db:main");
        assert_eq!(names[0], "AWS::RDS::DBInstance main");
        assert!(names.len() > 1);
        let names = named("ssm:us-east-1:111111111111:parameter/flat");
        assert_eq!(names, ["AWS::SSM::Parameter /flat", "AWS::SSM::Parameter flat"]);
    }

    #[test]
    fn subresources_and_aws_owned_resources_are_not_identified() {
        for arn in [
            "s3:::app-dev/key",
            "iam::aws:policy/ReadOnlyAccess",
            "dynamodb:us-east-1:111111111111:table/orders/index/by-date",
            "nosuch:us-east-1:111111111111:thing/x",
            "lambda::111111111111:function:worker",
        ] {
            assert_eq!(named(arn), Vec::<String>::new(), "{arn}");
        }
    }

    #[test]
    fn a_queues_url_depends_on_its_partition() {
        let china = Registry::embedded().identify("arn:aws-cn:sqs:cn-north-1:111111111111:jobs").candidates();
        assert_eq!(china[0].identifier, "https://sqs.cn-north-1.amazonaws.com.cn/111111111111/jobs");
    }

    #[test]
    fn the_type_is_known_where_the_identifier_is_not() {
        assert_eq!(named("ec2:us-east-1:111111111111:key-pair/key-0123"), ["AWS::EC2::KeyPair"]);
        assert_eq!(
            Registry::embedded().identify("arn:aws:ec2:us-east-1:111111111111:key-pair/key-0123").candidates(),
            []
        );
    }

    #[test]
    fn an_arn_is_taken_from_the_resource_or_built() {
        let arn = |name: &str, identifier: &str, properties| {
            arn_of(TypeSchema::embedded(name).unwrap(), identifier, &properties, "111111111111", "us-east-1")
        };
        let own = json!({"Arn": "arn:aws:logs:us-east-1:1:log-group:g:*"});
        assert_eq!(arn("AWS::Logs::LogGroup", "g", own).unwrap(), "arn:aws:logs:us-east-1:1:log-group:g");
        let url = "https://sqs.us-east-1.amazonaws.com/111111111111/jobs";
        assert_eq!(arn("AWS::SQS::Queue", url, json!({})).unwrap(), "arn:aws:sqs:us-east-1:111111111111:jobs");
        assert_eq!(
            arn("AWS::IAM::Role", "R", json!({"Path": "/team/"})).unwrap(),
            "arn:aws:iam::111111111111:role/team/R"
        );
        assert_eq!(arn("AWS::IAM::Role", "R", json!({})).unwrap(), "arn:aws:iam::111111111111:role/R");
        let service = "arn:aws:ecs:us-east-1:1:service/main/api|main";
        assert_eq!(arn("AWS::ECS::Service", service, json!({})).unwrap(), "arn:aws:ecs:us-east-1:1:service/main/api");
        let bucket = TypeSchema::embedded("AWS::S3::Bucket").unwrap();
        assert_eq!(arn_of(bucket, "b", &json!({}), "1", "cn-north-1").unwrap(), "arn:aws-cn:s3:::b");
        assert_eq!(arn("AWS::Config::ConfigRule", "rule", json!({})), None);
        assert_eq!(arn("AWS::S3::BucketPolicy", "b", json!({})), None);
    }

    #[test]
    fn every_template_names_a_known_type_and_only_variables_that_exist() {
        for (name, arn, identifier) in store::arn_rows() {
            assert!(Registry::is_embedded(name), "{name}");
            let known = Template::parse(arn);
            for variable in Template::parse(identifier).variables() {
                let given = known.variables().any(|v| v == variable)
                    || ["Arn", "Region", "Account", "Partition", "DnsSuffix"].contains(&variable);
                assert!(given, "{name}: {variable} is not in {arn}");
            }
        }
    }
}
