//! Wildcard patterns that match whole strings: `*` matches any sequence of characters, and `?`, where the
//! caller's syntax has it, exactly one. Matching is case-sensitive; fold both sides to ignore case.
//!
//! Matching n characters against a pattern of m takes at most (n + 1) × (m + 1) steps and no allocation:
//! on a mismatch only the last `*` is extended. An earlier one never needs to be, because
//! the text between two stars can always be matched at its first occurrence.

use std::str::Chars;

/// True when the whole text matches the pattern, with `*` and `?` as wildcards, as in IAM.
pub fn matches(pattern: &str, text: &str) -> bool {
    run(pattern, text, Some('?'), || {})
}

/// True when the whole text matches the pattern, with `*` as the only wildcard; `?` is a literal.
pub fn matches_star(pattern: &str, text: &str) -> bool {
    run(pattern, text, None, || {})
}

/// The last `*` seen: the pattern after it, and the text that it has not consumed yet.
struct Star<'a> {
    pattern: Chars<'a>,
    text: Chars<'a>,
}

/// Matches, and calls `step` once for every comparison.
fn run(pattern: &str, text: &str, any_one: Option<char>, mut step: impl FnMut()) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    let mut star: Option<Star<'_>> = None;
    while let Some(character) = text.clone().next() {
        step();
        let wanted = pattern.clone().next();
        if wanted == Some('*') {
            pattern.next();
            star = Some(Star { pattern: pattern.clone(), text: text.clone() });
        } else if wanted.is_some_and(|wanted| wanted == character || Some(wanted) == any_one) {
            pattern.next();
            text.next();
        } else if let Some(star) = &mut star {
            star.text.next();
            (pattern, text) = (star.pattern.clone(), star.text.clone());
        } else {
            return false;
        }
    }
    pattern.all(|rest| rest == '*')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_star_matches_any_sequence_and_a_question_mark_one_character() {
        for (pattern, text) in [
            ("*", ""),
            ("**", ""),
            ("", ""),
            ("s3:Get*", "s3:GetObject"),
            ("a?c", "abc"),
            ("a?c", "aéc"),
            ("?*?", "ab"),
            ("*a*b", "xxaxxbxb"),
            ("*-dev", "x-dev-dev"),
            ("a*", "a*"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("a", "A"),
            ("a?", "a"),
            ("?", ""),
            ("?*?", "a"),
            ("s3:Get*", "s3:PutObject"),
            ("a*b", "abc"),
            ("", "x"),
            ("a*", "ba"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_question_mark_is_a_literal_where_only_stars_are_wildcards() {
        assert!(matches_star("a?*", "a?b"));
        assert!(!matches_star("a?*", "abb"));
        assert!(matches_star("a*c", "abc"));
        assert!(!matches_star("a", "ab"));
    }

    #[test]
    fn many_stars_take_no_more_steps_than_pattern_times_text() {
        let subjects = ["a".repeat(10_000), "a".repeat(9_999) + "c", "ab".repeat(5_000), "b".repeat(10_000)];
        for pattern in ["*a*a*a*a*a*a*a*a*b", "*a*a*a*a*a*a*a*a*b*", "*aaaaaaaaaaaaaaab", "?*?*?*?*?*b"] {
            for subject in &subjects {
                let mut steps = 0;
                let answer = run(pattern, subject, Some('?'), || steps += 1);
                assert!(steps <= (pattern.len() + 1) * (subject.len() + 1), "{pattern}: {steps} steps");
                // Eight `a`s or five characters before a `b`: every subject of `b`s and `a`s has both or neither.
                let expected = match pattern {
                    "*a*a*a*a*a*a*a*a*b" | "*a*a*a*a*a*a*a*a*b*" => subject.starts_with("ab"),
                    "*aaaaaaaaaaaaaaab" => false,
                    _ => subject.ends_with('b'),
                };
                assert_eq!(answer, expected, "{pattern} {}", &subject[..10]);
            }
        }
    }

    /// Says what a pattern means as plainly as it can be said; exponential.
    fn reference(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, _) => text.is_empty(),
            (Some(('*', rest)), _) => (0..=text.len()).any(|taken| reference(rest, &text[taken..])),
            (Some(('?', rest)), Some((_, tail))) => reference(rest, tail),
            (Some((wanted, rest)), Some((character, tail))) => wanted == character && reference(rest, tail),
            (Some(_), None) => false,
        }
    }

    proptest! {
        #[test]
        fn short_texts_match_as_the_reference_says(pattern in "[ab*?é]{0,8}", text in "[abé?]{0,8}") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            let (wanted, subject) = (characters(&pattern), characters(&text));
            prop_assert_eq!(matches(&pattern, &text), reference(&wanted, &subject));
            // With `?` as a literal: put a character in its place that no text has.
            let literal = |text: &str| text.replace('?', "Q");
            let (pattern_q, text_q) = (literal(&pattern), literal(&text));
            prop_assert_eq!(
                matches_star(&pattern, &text),
                reference(&characters(&pattern_q), &characters(&text_q))
            );
        }
    }
}
