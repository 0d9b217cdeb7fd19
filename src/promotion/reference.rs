//! References in texts: ARNs, the resources that they name, and ids that AWS generated.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use crate::domain::audit::is_service_owned;
use crate::domain::pointer;
use crate::domain::project::AccountId;
use crate::domain::resource::ResourceRef;
use crate::schema::{self, Arn, Registry, general_facts};

/// The ARNs in a text: from `arn:` to the next character that no ARN contains.
pub fn arns(text: &str) -> Vec<Range<usize>> {
    text.match_indices("arn:")
        .map(|(start, _)| {
            let rest = &text[start..];
            let ends = |c: char| c.is_whitespace() || "\"'`,;()[]{}<>\\".contains(c);
            start..start + rest.find(ends).unwrap_or(rest.len())
        })
        .collect()
}

/// Whether and where an ARN has a wildcard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// No wildcard: it names one thing.
    None,
    /// The wildcard follows a separator: the part before it is a whole name (`table/orders/*`).
    AfterName,
    /// The wildcard follows a part of a name (`table/orders*`), or nothing at all.
    Within,
}

/// The part of an ARN before its first wildcard, without the separator at its end.
pub fn literal_head(arn: &str) -> (&str, Pattern) {
    let Some(wildcard) = arn.find(['*', '?']) else { return (arn, Pattern::None) };
    let head = &arn[..wildcard];
    let trimmed = head.trim_end_matches(['/', ':']);
    let pattern = if trimmed.len() == head.len() { Pattern::Within } else { Pattern::AfterName };
    (trimmed, pattern)
}

/// The resources that an ARN may name, trailing wildcards ignored.
pub fn named(registry: &Registry, arn: &str) -> Vec<ResourceRef> {
    let (head, pattern) = literal_head(arn);
    if pattern == Pattern::Within {
        return Vec::new();
    }
    registry.identify(head).candidates()
}

/// The resources that ARNs in a document may name, and whether the ARN states that they are in this
/// account (a bucket's ARN contains no account). Where several types share an ARN format and one of the resources is known, the
/// others do not exist.
pub fn named_in(
    registry: &Registry,
    properties: &Value,
    account: &AccountId,
    is_known: &dyn Fn(&ResourceRef) -> bool,
) -> BTreeMap<ResourceRef, bool> {
    let mut found = BTreeMap::new();
    pointer::for_each_string(properties, &mut |_, text| {
        for span in arns(text) {
            let arn = &text[span];
            let Some(parsed) = schema::Arn::parse(arn) else { continue };
            if !parsed.account.is_empty() && parsed.account != account.as_str() {
                continue;
            }
            let mut candidates = named(registry, arn);
            if candidates.iter().any(is_known) {
                candidates.retain(is_known);
            }
            for resource in candidates {
                let promotable =
                    registry.get(&resource.type_name).is_some_and(|found| found.handlers.are_provisionable());
                if promotable && !is_service_owned(&resource, Some(arn)) {
                    found.insert(resource, !parsed.account.is_empty());
                }
            }
        }
    });
    found
}

/// True when a value at this offset of a text can refer to its owner. A whole ARN always does. A name
/// inside an ARN does only where the ARN can name a resource of the owner's type in this account: a
/// function and a table may share a name, and a queue may be in another account. The exception
/// are log groups, which services name after the resources that write to them.
pub fn fits(
    registry: &Registry,
    text: &str,
    arns: &[Range<usize>],
    place: Range<usize>,
    value: &str,
    owners: &[ResourceRef],
    account: &AccountId,
) -> bool {
    if owners.is_empty() || value.starts_with("arn:") {
        return true;
    }
    let Some(span) = arns.iter().find(|span| span.start <= place.start && place.end <= span.end) else {
        let of_host = general_facts().host_types.iter().find(|(part, _)| text.contains(part.as_str()));
        return of_host.is_none_or(|(_, type_name)| owners.iter().any(|owner| owner.type_name == *type_name));
    };
    let arn = &text[span.clone()];
    let Some(parsed) = Arn::parse(arn) else { return true };
    if !parsed.account.is_empty() && parsed.account != account.as_str() && parsed.account != "*" {
        return false;
    }
    if general_facts().named_after_others.iter().any(|service| service == parsed.service) {
        return true;
    }
    let candidates = named(registry, arn);
    if candidates.is_empty() {
        // No resource type has such ARNs (an API's stage, a table's index): the service must fit.
        return owners.iter().any(|owner| {
            let service = owner.type_name.split("::").nth(1).unwrap_or_default().to_lowercase();
            service == parsed.service || parsed.service == "execute-api" && service.starts_with("apigateway")
        });
    }
    owners.iter().any(|owner| candidates.iter().any(|candidate| candidate.type_name == owner.type_name))
}

/// True when an ARN's resource part names one resource that was not translated (replaced parts are
/// marked). Patterns, the account's root and AWS-managed resources are not specific.
pub fn is_specific(registry: &Registry, arn: &str, mark: char) -> bool {
    let Some(parsed) = Arn::parse(arn) else { return false };
    let resource = parsed.resource;
    let managed = general_facts().managed_resources.iter().any(|pattern| pattern.matches(resource));
    if managed || resource.contains(mark) {
        return false;
    }
    let (head, pattern) = literal_head(arn);
    match pattern {
        Pattern::None => true,
        Pattern::Within => false,
        Pattern::AfterName => {
            // Every existing resource with a known ARN format has been read and is in the index by now.
            let head = Arn::parse(head).map(|parsed| parsed.resource).unwrap_or_default();
            // `stateMachine`, `log-group`.
            let is_word = head.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
            let is_type_word = is_word && !head.starts_with(|c: char| c.is_ascii_uppercase());
            named(registry, arn).is_empty() && !is_type_word
        }
    }
}

/// The first id or host in a text that AWS generated (`subnet-0123456789abcdef0`, a user pool's id,
/// an API's or a database's host): it is not valid in another account.
pub fn generated_id(text: &str) -> Option<&str> {
    generated_host(text).or_else(|| pool_id(text)).or_else(|| prefixed_id(text))
}

/// The first host in a text with a part that AWS generated.
pub fn generated_host(text: &str) -> Option<&str> {
    let hosts = &general_facts().generated_hosts;
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.' && c != '_');
    words.find(|word| hosts.holds(word))
}

/// The first URI of a container image or URL of a queue in this account, from the host on. Replaced parts of the text are
/// marked: a URI whose whole name was replaced is left out.
pub fn of_account<'a>(text: &'a str, account: &AccountId, mark: char) -> Option<&'a str> {
    let ends = |c: char| c.is_whitespace() || "\"'`,;()[]{}<>\\?".contains(c);
    for (at, _) in text.match_indices(account.as_str()) {
        let before = text[..at].char_indices().rev().find(|(_, c)| ends(*c));
        let start = before.map_or(0, |(cut, c)| cut + c.len_utf8());
        let rest = &text[at + account.as_str().len()..];
        let end = rest.find(ends).unwrap_or(rest.len());
        let name = if rest.starts_with(".dkr.ecr.") {
            rest[..end].split_once('/').map(|(_, repository)| repository)
        } else if rest.starts_with('/') && text[..at].contains("sqs.") || text[..at].contains("queue.amazonaws.com/") {
            rest[..end].strip_prefix('/')
        } else {
            None
        };
        let bare = name.and_then(|name| name.split([':', '@']).next()).unwrap_or_default();
        if !bare.is_empty() && !bare.chars().all(|c| c == mark) && !bare.starts_with('*') {
            return text.get(start..at + account.as_str().len() + end);
        }
    }
    None
}

/// The words of a text that look generated by a service (a role's unique id, an API's id, a
/// UUID, a hosted zone): 10 to 36 letters of one case and digits, with at least two of each, or one digit where the length
/// and the first letter are those of an id. Image ids are left out, which accounts share.
pub fn opaque_tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|word| !word.starts_with("ami-")).flat_map(
        |word| if is_uuid(word) { vec![word] } else { word.split('-').filter(|part| is_generated(part)).collect() },
    )
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36
        && word.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_generated(part: &str) -> bool {
    let count = |is: fn(&u8) -> bool| part.bytes().filter(is).count();
    let (lower, upper, digits) =
        (count(u8::is_ascii_lowercase), count(u8::is_ascii_uppercase), count(u8::is_ascii_digit));
    let has_length_of_id =
        upper == 0 && [10, 26].contains(&part.len()) || part.starts_with(['E', 'Z']) && (12..=32).contains(&part.len());
    (10..=36).contains(&part.len())
        && (digits >= 2 || digits == 1 && has_length_of_id)
        && (lower >= 2 && upper == 0 || upper >= 2 && lower == 0)
}

/// `us-east-1_AbCdEfGhI`: a Cognito user pool.
fn pool_id(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').find(|word| {
        word.rsplit_once('_').is_some_and(|(region, rest)| {
            let parts: Vec<&str> = region.split('-').collect();
            let is_region =
                parts.len() == 3 && parts[2].len() == 1 && parts[2].bytes().all(|byte| byte.is_ascii_digit());
            is_region && rest.len() == 9 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
    })
}

fn prefixed_id(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').find(|word| {
        word.rsplit_once('-').is_some_and(|(prefix, rest)| {
            let hex = rest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
            let is_prefix = || general_facts().id_prefixes.iter().any(|known| known == prefix);
            hex && [8, 17].contains(&rest.len()) && is_prefix()
        })
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn fits_at(text: &str, value: &str, owner: &str) -> bool {
        let start = text.find(value).unwrap();
        let owners = [ResourceRef::new(owner, value)];
        let account = AccountId::parse("111111111111").unwrap();
        fits(&Registry::embedded(), text, &arns(text), start..start + value.len(), value, &owners, &account)
    }

    #[test]
    fn a_name_matches_only_in_arns_of_its_own_type() {
        let table = "arn:aws:dynamodb:us-east-1:111111111111:table/orders-dev";
        assert!(fits_at(table, "orders-dev", "AWS::DynamoDB::Table"));
        assert!(!fits_at(table, "orders-dev", "AWS::Lambda::Function"));
        assert!(!fits_at(table, "orders-dev", "AWS::SQS::Queue"));
        assert!(!fits_at("arn:aws:sqs:us-east-1:999999999999:orders-dev", "orders-dev", "AWS::SQS::Queue"));
        assert!(fits_at(
            "arn:aws:logs:us-east-1:111111111111:log-group:/aws/lambda/f-dev:*",
            "f-dev",
            "AWS::Lambda::Function"
        ));
        assert!(fits_at("orders-dev", "orders-dev", "AWS::Lambda::Function"));
        assert!(!fits_at("111111111111.dkr.ecr.us-east-1.amazonaws.com/app-dev:1", "app-dev", "AWS::Lambda::Function"));
    }

    #[test]
    fn patterns_are_specific_after_a_whole_name() {
        let of = |resource: &str| is_specific(&Registry::embedded(), &format!("arn:aws:{resource}"), '\u{1}');
        assert!(of("execute-api:us-east-1:111111111111:abc123/*/GET/x"));
        assert!(of("kms:us-east-1:111111111111:key/abc"));
        assert!(!of("dynamodb:us-east-1:111111111111:table/*"));
        assert!(!of("logs:us-east-1:111111111111:*"));
        assert!(!of("iam::111111111111:root"));
        assert!(!of("dynamodb:us-east-1:111111111111:table/orders*"));
    }

    #[test]
    fn generated_words_are_found() {
        let of = |text: &'static str| opaque_tokens(text).collect::<Vec<_>>();
        assert_eq!(of("aws:userid AROAEXAMPLE12345678:*"), ["AROAEXAMPLE12345678"]);
        assert_eq!(of("key/1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"), ["1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"]);
        assert_eq!(of("https://a1b2c3d4e5.example.com"), ["a1b2c3d4e5"]);
        assert!(of("ami-0123456789abcdef0 us-east-1 python3.12 development kubernetes 111111111111").is_empty());
    }

    #[test]
    fn images_and_queues_of_the_account_are_found_unless_their_name_is_known() {
        let account = AccountId::parse("111111111111").unwrap();
        let of = |text: &'static str| of_account(text, &account, '\u{1}');
        let image = "111111111111.dkr.ecr.us-east-1.amazonaws.com/team/app:1";
        assert_eq!(of(image), Some(image));
        assert_eq!(of("111111111111.dkr.ecr.us-east-1.amazonaws.com/\u{1}:1"), None);
        assert_eq!(of("111111111111.dkr.ecr.us-east-1.amazonaws.com"), None);
        assert_eq!(of("999999999999.dkr.ecr.us-east-1.amazonaws.com/app:1"), None);
        assert!(of("https://sqs.us-east-1.amazonaws.com/111111111111/jobs").is_some());
        assert_eq!(of("https://sqs.us-east-1.amazonaws.com/111111111111/\u{1}"), None);
        assert_eq!(of("arn:aws:iam::111111111111:root"), None);
    }

    #[test]
    fn generated_ids_are_found_and_words_are_not() {
        assert_eq!(generated_id("subnet-11111111"), Some("subnet-11111111"));
        assert_eq!(generated_id("a,sg-0123456789abcdef0"), Some("sg-0123456789abcdef0"));
        assert_eq!(generated_id("ami-0123456789abcdef0"), None);
        assert_eq!(generated_id("my-subnet-group"), None);
        assert_eq!(generated_id("us-east-1_ZSJ1d5YaL"), Some("us-east-1_ZSJ1d5YaL"));
        for host in [
            "shop.c1a2b3c4d5e6.us-east-1.redshift.amazonaws.com",
            "shop.cluster-c1a2b3c4d5e6.us-east-1.docdb.amazonaws.com",
            "b-1.shop.a1b2c3.c2.kafka.us-east-1.amazonaws.com",
            "b-1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed-1.mq.us-east-1.amazonaws.com",
            "0123456789ABCDEF0123456789ABCDEF.gr7.us-east-1.eks.amazonaws.com",
            "shop.a1b2c3.dax-clusters.us-east-1.amazonaws.com",
            "a1b2c3d4e5f6g7h8i9j0.us-east-1.aoss.amazonaws.com",
            "s-0123456789abcdef0.server.transfer.us-east-1.amazonaws.com",
            "shop.auth.us-east-1.amazoncognito.com",
        ] {
            assert_eq!(generated_id(host), Some(host));
        }
        let api = "io5o2lmk12.execute-api.us-east-1.amazonaws.com";
        assert_eq!(generated_id(&format!("https://{api}/x")), Some(api));
        assert_eq!(generated_id("lambda.amazonaws.com"), None);
        assert_eq!(generated_id("https://sqs.us-east-1.amazonaws.com/"), None);
    }
}
