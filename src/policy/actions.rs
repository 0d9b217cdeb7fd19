//! Which IAM actions take a resource, from the service authorization reference (see `generate.py`).

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::domain::intrinsics::UNKNOWN_PART;
use crate::domain::wildcard;

/// The actions of a service, separated by spaces.
struct Service {
    without_resource: &'static str,
    with_resource: &'static str,
}

static SERVICES: LazyLock<HashMap<&'static str, Service>> = LazyLock::new(|| {
    let lines = include_str!("data/actions.txt").lines();
    lines
        .filter_map(|line| {
            let mut parts = line.split('|');
            let name = parts.next()?;
            Some((name, Service { without_resource: parts.next()?, with_resource: parts.next()? }))
        })
        .collect()
});

/// True for a lower-case action, with or without `*` and `?`, that is known to take no resource: only `*` can be its resource.
/// Of a pattern, every action that matches must be such a one. An unknown part counts as `*`.
pub fn takes_no_resource(action: &str) -> bool {
    let Some((service, name)) = action.split_once(':') else { return false };
    let Some(service) = SERVICES.get(service) else { return false };
    let name = name.replace(UNKNOWN_PART, "*");
    if !name.contains(['*', '?']) {
        return service.without_resource.split(' ').any(|known| known == name);
    }
    let matches = |known: &str| wildcard::matches(&name, known);
    service.without_resource.split(' ').any(matches) && !service.with_resource.split(' ').any(matches)
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

    #[test]
    fn the_data_has_every_service_once() {
        let lines = include_str!("data/actions.txt").lines().count();
        assert!(lines > 400 && SERVICES.len() == lines, "{lines}");
        let number: usize = SERVICES.values().map(|one| one.without_resource.split_whitespace().count()).sum();
        assert!(number > 6000, "{number}");
    }
}
