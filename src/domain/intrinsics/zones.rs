//! The availability zones of the regions, for `Fn::GetAZs`.
//!
//! The names are those that most accounts see, in alphabetical order as CloudFormation returns them. A few regions show
//! some accounts another choice (us-west-1, ap-northeast-1); EC2 then refuses the zone by name.

/// Region, and the letters of its zones.
const ZONES: &[(&str, &str)] = &[
    ("af-south-1", "abc"),
    ("ap-east-1", "abc"),
    ("ap-east-2", "abc"),
    ("ap-northeast-1", "acd"),
    ("ap-northeast-2", "abcd"),
    ("ap-northeast-3", "abc"),
    ("ap-south-1", "abc"),
    ("ap-south-2", "abc"),
    ("ap-southeast-1", "abc"),
    ("ap-southeast-2", "abc"),
    ("ap-southeast-3", "abc"),
    ("ap-southeast-4", "abc"),
    ("ap-southeast-5", "abc"),
    ("ap-southeast-6", "abc"),
    ("ap-southeast-7", "abc"),
    ("ca-central-1", "abd"),
    ("ca-west-1", "abc"),
    ("cn-north-1", "abd"),
    ("cn-northwest-1", "abc"),
    ("eu-central-1", "abc"),
    ("eu-central-2", "abc"),
    ("eu-north-1", "abc"),
    ("eu-south-1", "abc"),
    ("eu-south-2", "abc"),
    ("eu-west-1", "abc"),
    ("eu-west-2", "abc"),
    ("eu-west-3", "abc"),
    ("il-central-1", "abc"),
    ("me-central-1", "abc"),
    ("me-south-1", "abc"),
    ("mx-central-1", "abc"),
    ("sa-east-1", "abc"),
    ("us-east-1", "abcdef"),
    ("us-east-2", "abc"),
    ("us-gov-east-1", "abc"),
    ("us-gov-west-1", "abc"),
    ("us-west-1", "ab"),
    ("us-west-2", "abcd"),
];

/// The regions that are embedded, in alphabetical order.
pub fn embedded_regions() -> impl Iterator<Item = &'static str> {
    ZONES.iter().map(|(name, _)| *name)
}

/// The names of a region's zones; `None` for a region that is not embedded.
pub(super) fn of(region: &str) -> Option<Vec<String>> {
    let at = ZONES.binary_search_by_key(&region, |(name, _)| name).ok()?;
    let (name, letters) = ZONES.get(at)?;
    Some(letters.chars().map(|letter| format!("{name}{letter}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_is_found_and_has_two_zones_or_more() {
        assert!(ZONES.is_sorted_by_key(|(name, _)| name));
        for (name, _) in ZONES {
            let zones = of(name).unwrap_or_default();
            assert!(zones.len() >= 2 && zones.is_sorted() && zones.iter().all(|zone| zone.starts_with(name)), "{name}");
        }
        assert_eq!(of("nowhere-1"), None);
    }
}
