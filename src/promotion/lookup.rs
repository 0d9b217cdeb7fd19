//! The resources that an unexplained value may name: their types are told by the value's form.

use super::reference::generated_host;
use crate::domain::resource::ResourceRef;

/// The resources of which this word of a text may be the identifier; none where the form does not tell the type.
pub fn candidates(word: &str) -> Vec<ResourceRef> {
    let types: &[&str] = match word.len() {
        36 if word.bytes().filter(|byte| *byte == b'-').count() == 4 => &[
            "AWS::KMS::Key",
            "AWS::CloudFront::CachePolicy",
            "AWS::CloudFront::OriginRequestPolicy",
            "AWS::CloudFront::ResponseHeadersPolicy",
            "AWS::Lambda::EventSourceMapping",
        ],
        10 if is_lower(word) => &["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"],
        20 if is_lower(word) => &["AWS::OpenSearchServerless::Collection"],
        12..=15 if is_upper(word) && word.starts_with('E') => &[
            "AWS::CloudFront::Distribution",
            "AWS::CloudFront::OriginAccessControl",
            "AWS::CloudFront::CloudFrontOriginAccessIdentity",
        ],
        10..=32 if is_upper(word) && word.starts_with('Z') => &["AWS::Route53::HostedZone"],
        _ => &[],
    };
    types.iter().map(|type_name| ResourceRef::new(*type_name, word)).collect()
}

/// The resources that the host in a text may belong to, by the name or id in its first label.
pub fn of_host(text: &str) -> Vec<ResourceRef> {
    let Some(host) = generated_host(text) else { return Vec::new() };
    let labels: Vec<&str> = host.split('.').collect();
    let first = labels.first().copied().unwrap_or_default();
    let is = |part: &str| host.contains(part);
    let types: &[&str] = if is(".execute-api.") {
        &["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"]
    } else if is(".rds.") || is(".neptune.") {
        // Clusters and instances of DocumentDB cannot be looked up.
        match labels.get(1) {
            Some(second) if second.starts_with("cluster-custom-") || second.starts_with("proxy-") => &[],
            Some(second) if second.starts_with("cluster-") => &["AWS::RDS::DBCluster", "AWS::Neptune::DBCluster"],
            _ => &["AWS::RDS::DBInstance", "AWS::Neptune::DBInstance"],
        }
    } else if is(".redshift.") {
        &["AWS::Redshift::Cluster"]
    } else if is(".redshift-serverless.") {
        &["AWS::RedshiftServerless::Workgroup"]
    } else if is(".aoss.") {
        &["AWS::OpenSearchServerless::Collection"]
    } else if is(".efs.") {
        &["AWS::EFS::FileSystem"]
    } else {
        &[]
    };
    types.iter().map(|type_name| ResourceRef::new(*type_name, first)).collect()
}

fn is_lower(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_upper(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::schema::Registry;

    fn types(found: Vec<ResourceRef>) -> Vec<String> {
        let short = |one: ResourceRef| one.type_name.rsplit("::").next().unwrap_or_default().to_owned();
        found.into_iter().map(short).collect()
    }

    #[test]
    fn the_form_of_an_id_tells_its_types() {
        assert!(types(candidates("1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed")).contains(&"Key".to_owned()));
        assert_eq!(types(candidates("a1b2c3d4e5")), ["RestApi", "Api"]);
        assert_eq!(types(candidates("Z0123456789ABCDEFGHIJ")), ["HostedZone"]);
        assert!(types(candidates("E1A2B3C4D5E6F7")).contains(&"Distribution".to_owned()));
        assert_eq!(types(candidates("word")), [] as [String; 0]);
    }

    #[test]
    fn the_host_of_an_api_tells_its_id() {
        let found = of_host("https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/live");
        assert!(found.iter().all(|one| one.identifier == "a1b2c3d4e5"));
        assert_eq!(types(of_host("db.c1a2b3.us-east-1.rds.amazonaws.com"))[0], "DBInstance");
        assert_eq!(types(of_host("https://example.com")), [] as [String; 0]);
    }

    #[test]
    fn every_type_is_one_that_can_be_read_by_its_identifier() {
        let mut all = candidates("1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed");
        for word in ["a1b2c3d4e5", "Z0123456789ABCDEFGHIJ", "E1A2B3C4D5E6F7", "a1b2c3d4e5f6g7h8i9j0"] {
            all.extend(candidates(word));
        }
        for host in ["execute-api", "rds", "redshift", "redshift-serverless", "aoss", "efs"] {
            all.extend(of_host(&format!("a1.b2.us-east-1.{host}.us-east-1.amazonaws.com")));
        }
        all.extend(of_host("db.cluster-b2.us-east-1.rds.amazonaws.com"));
        for one in all {
            let schema = Registry::embedded().get(&one.type_name).unwrap_or_else(|| panic!("{one}"));
            assert!(schema.handlers.are_provisionable(), "{one}");
        }
    }
}
