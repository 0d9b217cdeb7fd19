//! Wildcards: `*` for any text, `?` for any one character.

/// True when a text fits a pattern. Case matters; fold both for what ignores it.
pub fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut place) = (0, 0);
    // Where the last `*` stood and how much of the text it has taken; going back only to the last
    // one keeps this from growing exponentially.
    let mut star: Option<(usize, usize)> = None;
    while place < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == text[place] => {
                at += 1;
                place += 1;
            }
            _ => match star {
                Some((star_at, taken)) => {
                    star = Some((star_at, taken + 1));
                    at = star_at + 1;
                    place = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&rest| rest == '*')
}

/// True when an ARN fits a pattern part by part: the wildcards of one part do not reach into the
/// next, except in the last.
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
    fn wildcards_take_any_text() {
        for (pattern, text) in [("*", ""), ("s3:Get*", "s3:GetObject"), ("a?c", "abc"), ("*a*b", "xxaxxbxb"), ("", "")]
        {
            assert!(like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "A"), ("a?", "a"), ("s3:Get*", "s3:PutObject"), ("a*b", "abc"), ("", "x")] {
            assert!(!like(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_do_not_take_for_ever() {
        assert!(!like(&"*a".repeat(40), &"a".repeat(39)));
    }

    #[test]
    fn an_arns_parts_stay_apart() {
        assert!(arn_like("arn:aws:s3:::*", "arn:aws:s3:::bucket/a:b"));
        assert!(arn_like("arn:*:iam::*:role/x", "arn:aws:iam::1:role/x"));
        assert!(!arn_like("arn:*:role/x", "arn:aws:iam::1:role/x"));
        assert!(!arn_like("arn:aws:s*::1:x", "arn:aws:sqs:eu:1:x"));
    }
}
