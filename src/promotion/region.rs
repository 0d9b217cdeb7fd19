//! Regions and partitions in texts: their names, Availability Zones, ARNs, hosts and service principals.

use super::names::replace_word;
use super::reference;
use super::rewritten::Rewriter;
use crate::schema::{Arn, partition_of};

/// Services whose principal has the DNS suffix of the partition; the principals of all others are the same everywhere.
const PRINCIPALS_BY_PARTITION: &[&str] = &["ec2", "elasticmapreduce"];

/// The DNS suffix of the hosts of most partitions.
const SUFFIX: &str = ".amazonaws.com";

impl Rewriter<'_> {
    /// True if the two sides are in different partitions.
    fn is_other_partition(&self) -> bool {
        partition_of(self.regions.0) != partition_of(self.regions.1)
    }

    /// True for a text with the source's region, or an ARN of its partition, if that is another one.
    pub(super) fn has_source_region(&self, text: &str) -> bool {
        self.regions.0 != self.regions.1 && text.contains(self.regions.0) || self.has_source_partition(text)
    }

    /// True for a text with an ARN of the source's partition, if that is another one.
    fn has_source_partition(&self, text: &str) -> bool {
        self.is_other_partition() && text.contains(&format!("arn:{}:", partition_of(self.regions.0)))
    }

    /// Translates the region's name and what contains it. `is_principal`: the text is part of a policy's principal.
    pub(super) fn translate_region(&self, text: &str, is_principal: bool) -> String {
        let (from, to) = self.regions;
        let mut new = replace_zones(&replace_word(text, from, to), from, to);
        if self.is_other_partition() {
            let (from_partition, to_partition) = (partition_of(from), partition_of(to));
            new = new.replace(&format!("arn:{from_partition}:"), &format!("arn:{to_partition}:"));
            new = replace_suffixes(&new, to, is_principal);
        }
        new
    }

    /// The first ARN of another account that names the region or, across partitions, the partition of the source. What it
    /// names stays where it is, so that it cannot be translated; and it is of no use in another region as it is.
    pub(super) fn foreign_arn_of_region<'t>(&self, text: &'t str) -> Option<&'t str> {
        let (from, to) = self.regions;
        if from == to {
            return None;
        }
        let ours = [self.accounts.0.as_str(), self.accounts.1.as_str()];
        reference::arns(text).into_iter().map(|span| &text[span]).find(|arn| {
            Arn::parse(arn).is_some_and(|parsed| {
                let is_account = parsed.account.len() == 12 && parsed.account.bytes().all(|byte| byte.is_ascii_digit());
                let is_there =
                    parsed.region == from || self.is_other_partition() && parsed.partition == partition_of(from);
                is_account && !ours.contains(&parsed.account) && is_there
            })
        })
    }

    /// What of a translated text still is of the region or the partition of the source, and why it cannot stay.
    pub(super) fn of_source_region<'t>(&self, text: &'t str) -> Option<(&'t str, String)> {
        let (from, to) = self.regions;
        if from == to {
            return None;
        }
        if text.contains(from) {
            return Some((text, format!("contains the region {from}")));
        }
        if self.has_source_partition(text) {
            return Some((text, format!("is an ARN of the partition {}", partition_of(from))));
        }
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let zone = words.find(|word| is_zone_id(word))?;
        Some((zone, "is the id of an Availability Zone, and the environments are in different regions".to_owned()))
    }
}

/// Replaces the names of Availability Zones: the region and one letter.
fn replace_zones(text: &str, from: &str, to: &str) -> String {
    let mut new = text.to_owned();
    for letter in 'a'..='f' {
        new = replace_word(&new, &format!("{from}{letter}"), &format!("{to}{letter}"));
    }
    new
}

/// True for `use1-az1`.
fn is_zone_id(word: &str) -> bool {
    let Some((region, zone)) = word.split_once("-az") else { return false };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let letters = region.trim_end_matches(|c: char| c.is_ascii_digit());
    is_number(zone)
        && (3..=6).contains(&letters.len())
        && letters.len() < region.len()
        && letters.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Gives the hosts of a region, and the principals that have one, the DNS suffix of the region's partition.
fn replace_suffixes(text: &str, region: &str, is_principal: bool) -> String {
    let is_china = partition_of(region) == "aws-cn";
    let mut new = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(SUFFIX) {
        let end = at + SUFFIX.len();
        let (head, tail) = (&rest[..end], &rest[end..]);
        let is_in_host = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let start = rest[..at].rfind(|c: char| !is_in_host(c)).map_or(0, |before| before + 1);
        let host = &rest[start..at];
        let is_regional = host.split('.').any(|label| label == region);
        let is_by_partition = is_principal && PRINCIPALS_BY_PARTITION.contains(&host);
        let has_suffix = tail.starts_with(".cn") && !tail[3..].starts_with(|c: char| is_in_host(c) && c != '.');
        new.push_str(head);
        rest = tail;
        if (is_regional || is_by_partition) && is_china != has_suffix {
            match has_suffix {
                true => rest = &tail[3..],
                false => new.push_str(".cn"),
            }
        }
    }
    new.push_str(rest);
    new
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use crate::domain::project::AccountId;
    use crate::promotion::index::ValueIndex;
    use crate::promotion::names::Tokens;
    use crate::promotion::rewrite::{Rewriter, Rewritten};

    fn between(from: &str, to: &str, document: Value) -> Rewritten {
        let index = ValueIndex::new(&crate::schema::Registry::embedded(), vec![]);
        let tokens = Tokens::between(&["dev".to_owned()], &["prod".to_owned()]);
        let (dev, prod) = (AccountId::parse("111111111111").unwrap(), AccountId::parse("222222222222").unwrap());
        Rewriter { index: &index, accounts: (&dev, &prod), regions: (from, to), tokens: &tokens }.rewrite(&document)
    }

    fn text(from: &str, to: &str, text: &str) -> String {
        let result = between(from, to, json!({"A": text}));
        assert!(result.unmapped.is_empty(), "{result:?}");
        result.value["A"].as_str().unwrap().to_owned()
    }

    #[test]
    fn the_region_and_its_zones_are_translated() {
        let of = |one: &str| text("eu-west-1", "us-east-1", one);
        assert_eq!(of("eu-west-1"), "us-east-1");
        assert_eq!(of("eu-west-1b"), "us-east-1b");
        assert_eq!(of("runs in eu-west-1, not in eu-west-2"), "runs in us-east-1, not in eu-west-2");
        assert_eq!(of("https://sqs.eu-west-1.amazonaws.com/"), "https://sqs.us-east-1.amazonaws.com/");
        assert_eq!(of("arn:aws:logs:eu-west-1:111111111111:*"), "arn:aws:logs:us-east-1:222222222222:*");
        assert_eq!(of("arn:aws:iam::aws:policy/ReadOnlyAccess"), "arn:aws:iam::aws:policy/ReadOnlyAccess");
    }

    #[test]
    fn what_cannot_be_translated_to_another_region_is_refused() {
        let refused = |one: &str| between("eu-west-1", "us-east-1", json!({"A": one})).unmapped.len();
        assert_eq!(refused("euw1-az2"), 1);
        assert_eq!(refused("myeu-west-1x"), 1);
        assert_eq!(refused("arn:aws:lambda:eu-west-1:333333333333:layer:tools:3"), 1);
        assert_eq!(refused("arn:aws:iam::333333333333:role/reader"), 0);
        // In one region, both are valid.
        let same = |one: &str| between("eu-west-1", "eu-west-1", json!({"A": one})).unmapped.len();
        assert_eq!((same("euw1-az2"), same("arn:aws:lambda:eu-west-1:333333333333:layer:tools:3")), (0, 0));
    }

    #[test]
    fn arns_hosts_and_principals_follow_the_partition() {
        let of = |one: &str| text("us-east-1", "cn-north-1", one);
        assert_eq!(of("arn:aws:iam::aws:policy/ReadOnlyAccess"), "arn:aws-cn:iam::aws:policy/ReadOnlyAccess");
        assert_eq!(of("arn:aws:logs:us-east-1:111111111111:*"), "arn:aws-cn:logs:cn-north-1:222222222222:*");
        assert_eq!(of("https://sqs.us-east-1.amazonaws.com/"), "https://sqs.cn-north-1.amazonaws.com.cn/");
        let principal = |from: &str, to: &str, service: &str| {
            between(from, to, json!({"Principal": {"Service": service}})).value["Principal"]["Service"].clone()
        };
        assert_eq!(principal("us-east-1", "cn-north-1", "ec2.amazonaws.com"), "ec2.amazonaws.com.cn");
        assert_eq!(principal("us-east-1", "cn-north-1", "lambda.amazonaws.com"), "lambda.amazonaws.com");
        assert_eq!(principal("cn-north-1", "us-east-1", "ec2.amazonaws.com.cn"), "ec2.amazonaws.com");
        assert_eq!(principal("us-east-1", "us-gov-west-1", "ec2.amazonaws.com"), "ec2.amazonaws.com");
        let gov = text("us-east-1", "us-gov-west-1", "arn:aws:iam::aws:policy/ReadOnlyAccess");
        assert_eq!(gov, "arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess");
        let foreign = between("us-east-1", "cn-north-1", json!({"A": "arn:aws:iam::333333333333:role/reader"}));
        assert_eq!(foreign.unmapped.len(), 1, "{foreign:?}");
    }
}
