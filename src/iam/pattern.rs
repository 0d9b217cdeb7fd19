//! ARN patterns, matched component by component.

pub use crate::domain::wildcard::matches as like;

/// True when an ARN matches a pattern component by component: a wildcard does not match across a colon,
/// except in the last component.
pub fn arn_like(pattern: &str, arn: &str) -> bool {
    let (pattern_parts, parts): (Vec<&str>, Vec<&str>) =
        (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    if pattern == "*" {
        return true;
    }
    pattern_parts.len() == parts.len() && pattern_parts.iter().zip(&parts).all(|(pattern, part)| like(pattern, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arn_components_are_matched_separately() {
        assert!(arn_like("arn:aws:s3:::*", "arn:aws:s3:::bucket/a:b"));
        assert!(arn_like("arn:*:iam::*:role/x", "arn:aws:iam::1:role/x"));
        assert!(!arn_like("arn:*:role/x", "arn:aws:iam::1:role/x"));
        assert!(!arn_like("arn:aws:s*::1:x", "arn:aws:sqs:eu:1:x"));
    }
}
