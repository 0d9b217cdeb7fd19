//! Waiver files.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::typed_yaml::{self, location};
use crate::domain::diagnostic::Location;
use crate::policy::{PolicyError, WaiverRule, Waivers};

const HINT: &str =
    "use the format `waivers: [{rule: ID, resource: NAME, owner: WHO, reason: WHY, expires: YYYY-MM-DD}]`";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    waivers: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    resource: String,
    owner: String,
    reason: String,
    expires: Spanned<String>,
}

/// Parses a waiver file. Every field is required: findings are forgotten when a waiver has no owner or no
/// expiry date.
///
/// # Errors
/// The first invalid entry, with its location.
pub fn parse(path: &str, text: &str) -> Result<Waivers, PolicyError> {
    let file: File = typed_yaml::read(text).map_err(|problem| {
        let place = Location { file: path.to_owned(), line: problem.line, column: problem.column };
        PolicyError::at(place, problem.message, HINT)
    })?;
    let rules = file.waivers.into_iter().map(|entry| check(path, entry));
    Ok(Waivers::new(path, rules.collect::<Result<Vec<_>, _>>()?))
}

fn check(path: &str, entry: Spanned<Entry>) -> Result<WaiverRule, PolicyError> {
    let place = location(path, entry.referenced);
    let Entry { rule, resource, owner, reason, expires } = entry.value;
    if [&rule, &resource, &owner, &reason].iter().any(|field| field.trim().is_empty()) {
        return Err(PolicyError::at(place, format!("the waiver of `{rule}` has an empty field"), HINT));
    }
    let expires = expires.value.parse().map_err(|_| {
        let message = format!("`{}` is not a date", expires.value);
        PolicyError::at(location(path, expires.referenced), message, HINT)
    })?;
    Ok(WaiverRule { rule, resource, owner, reason, expires, location: place })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const FILE: &str =
        "waivers:\n  - {rule: logs-retention, resource: 'shop-*', owner: data, reason: audit, expires: 2026-12-31}\n";

    #[test]
    fn a_waiver_is_read_with_its_location() {
        let waivers = parse("w.yaml", FILE).unwrap();
        let [rule] = waivers.rules() else { panic!("{waivers:?}") };
        assert_eq!((rule.rule.as_str(), rule.resource.as_str()), ("logs-retention", "shop-*"));
        assert_eq!((rule.owner.as_str(), rule.reason.as_str()), ("data", "audit"));
        assert_eq!(rule.expires.to_string(), "2026-12-31");
        assert_eq!(rule.location.line, 2);
    }

    #[test]
    fn an_invalid_waiver_is_reported_with_its_location() {
        let text = format!(
            "{FILE}  - rule: logs-kms\n    resource: x\n    owner: o\n    reason: r\n    expires: 2026-12-31\n"
        );
        assert_eq!(parse("w.yaml", &text).unwrap().rules()[1].location.to_string(), "w.yaml:3:5");
        for (from, to, place) in [
            ("owner: o", "owner: ''", "w.yaml:3:5"),
            ("    expires: 2026-12-31\n", "    expires: soon\n", "w.yaml:7:14"),
            ("    reason: r\n", "    reson: r\n", "w.yaml:6:5"),
        ] {
            let error = parse("w.yaml", &text.replace(from, to)).unwrap_err();
            assert_eq!(error.location.to_string(), place, "{error}");
        }
    }

    #[test]
    fn every_field_of_a_waiver_is_required() {
        for (from, to) in
            [("owner: data, ", ""), ("owner: data", "owner: ' '"), ("2026-12-31", "soon"), ("waivers", "waiver")]
        {
            assert!(parse("w.yaml", &FILE.replace(from, to)).is_err(), "{to}");
        }
    }
}
