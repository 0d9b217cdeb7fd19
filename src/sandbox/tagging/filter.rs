//! The filters of `GetResources`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::tags::Tags;
use super::super::wire::ApiError;
use super::invalid;

/// The filters of a `GetResources` call.
#[derive(Debug)]
pub(super) struct Filter {
    tags: Vec<(String, Vec<String>)>,
    types: Vec<String>,
    arns: BTreeSet<String>,
    /// Resources per page.
    pub page_size: usize,
}

impl Filter {
    /// Parses the filters of a call and rejects what AWS rejects.
    pub fn parse(input: &Value) -> Result<Self, ApiError> {
        let mut tags = Vec::new();
        for one in list(input, "TagFilters") {
            let Some(key) = one.get("Key").and_then(Value::as_str) else {
                return Err(invalid("TagFilters must contain a Key."));
            };
            tags.push((key.to_owned(), texts(one, "Values")));
        }
        let types = texts(input, "ResourceTypeFilters");
        let arns: BTreeSet<String> = texts(input, "ResourceARNList").into_iter().collect();
        if tags.len() > 50 || tags.iter().any(|(_, values)| values.len() > 20) {
            return Err(invalid("At most 50 TagFilters with at most 20 Values each are allowed."));
        }
        if arns.len() > 100 {
            return Err(invalid("At most 100 ARNs are allowed in ResourceARNList."));
        }
        let is_combined =
            !tags.is_empty() || !types.is_empty() || input.get("ResourcesPerPage").is_some_and(|n| !n.is_null());
        if !arns.is_empty() && is_combined {
            return Err(invalid(
                "ResourceARNList cannot be combined with ResourcesPerPage, ResourceTypeFilters or \
                 TagFilters.",
            ));
        }
        let page_size = match input.get("ResourcesPerPage") {
            None | Some(Value::Null) if !arns.is_empty() => 100,
            None | Some(Value::Null) => 50,
            Some(value) => match value.as_u64() {
                Some(count @ 1..=100) => usize::try_from(count).unwrap_or(100),
                _ => return Err(invalid("ResourcesPerPage must be between 1 and 100.")),
            },
        };
        Ok(Self { tags, types, arns, page_size })
    }

    /// True when a resource matches every tag filter and at least one type filter.
    pub fn lets_through(&self, type_name: &str, arn: &str, tags: &Tags) -> bool {
        let has_tags = self
            .tags
            .iter()
            .all(|(key, values)| tags.get(key).is_some_and(|value| values.is_empty() || values.contains(value)));
        let is_type = self.types.is_empty() || self.types.iter().any(|wanted| is_of_type(wanted, type_name, arn));
        has_tags && is_type && (self.arns.is_empty() || self.arns.contains(arn))
    }
}

fn list<'a>(input: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    input.get(member).and_then(Value::as_array).into_iter().flatten()
}

fn texts(input: &Value, member: &str) -> Vec<String> {
    list(input, member).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `service` or `service:type`. The type is the ARN's, or for ARNs without one the resource's
/// kind, as in `s3:bucket`.
fn is_of_type(wanted: &str, type_name: &str, arn: &str) -> bool {
    let (service, kind) = match wanted.split_once(':') {
        Some((service, kind)) => (service, Some(kind)),
        None => (wanted, None),
    };
    let mut parts = arn.splitn(6, ':').skip(2);
    let own_service = parts.next().unwrap_or_default();
    let resource = parts.nth(2).unwrap_or_default();
    if service != own_service {
        return false;
    }
    let Some(kind) = kind else { return true };
    let short_name = type_name.rsplit("::").next().unwrap_or_default();
    let after_kind = resource.strip_prefix(kind);
    after_kind.is_some_and(|rest| rest.starts_with(['/', ':']))
        || short_name.eq_ignore_ascii_case(&kind.replace(['-', '_'], ""))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn passes(filter: &Value, type_name: &str, arn: &str, tags: &[(&str, &str)]) -> bool {
        let tags = tags.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        Filter::parse(filter).unwrap().lets_through(type_name, arn, &tags)
    }

    #[test]
    fn tag_filters_are_anded_and_their_values_ored() {
        let filter = json!({"TagFilters": [{"Key": "a", "Values": ["1", "2"]}, {"Key": "b"}]});
        let queue = ("AWS::SQS::Queue", "arn:aws:sqs:r:1:q");
        assert!(passes(&filter, queue.0, queue.1, &[("a", "2"), ("b", "x")]));
        assert!(!passes(&filter, queue.0, queue.1, &[("a", "3"), ("b", "x")]));
        assert!(!passes(&filter, queue.0, queue.1, &[("a", "1")]));
    }

    #[test]
    fn types_are_services_or_kinds() {
        let by = |text: &str| json!({"ResourceTypeFilters": [text]});
        let bucket = ("AWS::S3::Bucket", "arn:aws:s3:::b");
        assert!(passes(&by("s3"), bucket.0, bucket.1, &[]));
        assert!(passes(&by("s3:bucket"), bucket.0, bucket.1, &[]));
        assert!(!passes(&by("s3:accesspoint"), bucket.0, bucket.1, &[]));
        let function = ("AWS::Lambda::Function", "arn:aws:lambda:r:1:function:f");
        assert!(passes(&by("lambda:function"), function.0, function.1, &[]));
        assert!(!passes(&by("s3"), function.0, function.1, &[]));
    }

    #[test]
    fn an_arn_list_stands_alone() {
        let error = Filter::parse(&json!({
            "ResourceARNList": ["arn:aws:s3:::b"], "TagFilters": [{"Key": "a"}],
        }));
        assert_eq!(error.unwrap_err().code, "InvalidParameterException");
        assert!(Filter::parse(&json!({"ResourcesPerPage": 0})).is_err());
        assert!(Filter::parse(&json!({"ResourcesPerPage": 100})).is_ok());
    }
}
