//! Which IAM actions take a resource.

use crate::domain::intrinsics::UNKNOWN_PART;
use crate::domain::wildcard;
use crate::schema::actions::of_service;

/// True for a lower-case action, with or without `*` and `?`, that is known to take no resource: only `*` can be its resource.
/// Of a pattern, every action that matches must be such a one. An unknown part counts as `*`.
pub fn takes_no_resource(action: &str) -> bool {
    let Some((prefix, name)) = action.split_once(':') else { return false };
    let Some(service) = of_service(prefix) else { return false };
    let name = name.replace(UNKNOWN_PART, "*");
    if !name.contains(['*', '?']) {
        return service.without_resource().any(|known| known.eq_ignore_ascii_case(&name));
    }
    let matches = |known: &str| wildcard::matches(&name, &known.to_ascii_lowercase());
    service.without_resource().any(matches) && !service.with_resource().any(matches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_without_a_resource_are_known() {
        for (action, expected) in [
            ("ecs:discoverpollendpoint", true),
            ("config:putretentionconfiguration", true),
            ("ds:describedirectories", true),
            ("iam:updateaccountpasswordpolicy", true),
            ("s3:getobject", false),
            ("ec2:describe*", false),
            ("ec2:describesubnet*", true),
            ("ec2:describesubnets\u{fffd}", true),
            ("ecs:*", false),
            ("ec2:nothing*", false),
            ("nothing:describe", false),
            ("*", false),
        ] {
            assert_eq!(takes_no_resource(action), expected, "{action}");
        }
    }
}
