//! Strings of a policy: wildcards and policy variables.

use super::Context;

/// A text with its wildcards and variables, as it stands in a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Token(Token),
    /// `${key}` or `${key, 'default'}`
    Variable {
        key: String,
        default: Option<String>,
    },
}

/// One element of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// A literal character.
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
}

impl Token {
    fn read(character: char) -> Self {
        match character {
            '*' => Self::Many,
            '?' => Self::One,
            other => Self::Char(other),
        }
    }
}

/// A text with its variables substituted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

impl Template {
    /// Parses a text. Policies of version 2008-10-17 have no variables: `${` is literal there.
    pub fn read(text: &str, has_variables: bool) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let variable = rest.strip_prefix("${").filter(|_| has_variables).and_then(|inside| inside.split_once('}'));
            if let Some((inside, after)) = variable {
                pieces.push(variable_piece(inside));
                rest = after;
            } else {
                pieces.push(Piece::Token(Token::read(first)));
                rest = &rest[first.len_utf8()..];
            }
        }
        Self { pieces }
    }

    /// Parses a resource: an ARN with fewer than six parts matches any values of the missing ones.
    pub fn resource(text: &str, has_variables: bool) -> Self {
        let parts = text.splitn(6, ':').count();
        if text.starts_with("arn:") && parts < 6 {
            return Self::read(&(text.to_owned() + &":*".repeat(6 - parts)), has_variables);
        }
        Self::read(text, has_variables)
    }

    /// Substitutes the variables; their values are literal, without wildcards.
    ///
    /// # Errors
    /// The key of a variable that the context does not have.
    pub fn fill(&self, context: &Context) -> Result<Pattern, &str> {
        let mut tokens = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            match piece {
                Piece::Token(token) => tokens.push(*token),
                Piece::Variable { key, default } => {
                    let value = context.values(key).and_then(|values| values.first()).or(default.as_ref());
                    tokens.extend(value.ok_or(key.as_str())?.chars().map(Token::Char));
                }
            }
        }
        Ok(Pattern(tokens))
    }
}

fn variable_piece(inside: &str) -> Piece {
    let special = |character| Piece::Token(Token::Char(character));
    match inside {
        "*" => return special('*'),
        "?" => return special('?'),
        "$" => return special('$'),
        _ => {}
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => (key, Some(default.trim().trim_matches('\'').to_owned())),
        None => (inside, None),
    };
    Piece::Variable { key: key.trim().to_owned(), default }
}

impl Pattern {
    /// A pattern without variables.
    pub fn plain(text: &str) -> Self {
        Self(text.chars().map(Token::read).collect())
    }

    /// The text for comparisons without wildcards.
    pub fn text(&self) -> String {
        let character = |token: &Token| match token {
            Token::Char(character) => *character,
            Token::One => '?',
            Token::Many => '*',
        };
        self.0.iter().map(character).collect()
    }

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        fits(&self.0, &text)
    }

    /// Whether an ARN matches component by component: a wildcard does not match a colon, except in the last one.
    pub fn matches_arn(&self, arn: &str) -> bool {
        if self.0 == [Token::Many] {
            return true;
        }
        let patterns: Vec<&[Token]> = self.0.splitn(6, |token| *token == Token::Char(':')).collect();
        let parts: Vec<Vec<char>> = arn.splitn(6, ':').map(|part| part.chars().collect()).collect();
        patterns.len() == parts.len() && patterns.into_iter().zip(&parts).all(|(pattern, part)| fits(pattern, part))
    }
}

/// Matches the pieces between the stars, each at its first occurrence. A later piece never needs an earlier
/// one to match further on, so no offset is tried twice for a piece.
fn fits(pattern: &[Token], text: &[char]) -> bool {
    let is_at = |piece: &[Token], text: &[char]| {
        let is_same = |(token, character): (&Token, &char)| *token == Token::One || *token == Token::Char(*character);
        piece.len() <= text.len() && piece.iter().zip(text).all(is_same)
    };
    let pieces: Vec<&[Token]> = pattern.split(|token| *token == Token::Many).collect();
    let [first, middle @ .., last] = pieces.as_slice() else {
        // No star at all.
        return pattern.len() == text.len() && is_at(pattern, text);
    };
    if text.len() < first.len() + last.len() || !is_at(first, text) {
        return false;
    }
    let end = text.len() - last.len();
    if !is_at(last, &text[end..]) {
        return false;
    }
    let mut rest = &text[first.len()..end];
    for piece in middle {
        let Some(found) = (0..=rest.len()).find(|at| is_at(piece, &rest[*at..])) else {
            return false;
        };
        rest = &rest[found + piece.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A reference implementation by definition; exponential.
    fn by_definition(pattern: &str, text: &str) -> bool {
        let mut letters = pattern.chars();
        let Some(first) = letters.next() else { return text.is_empty() };
        let rest = letters.as_str();
        let tail = || text.chars().next().map(|character| &text[character.len_utf8()..]);
        match first {
            '*' => by_definition(rest, text) || tail().is_some_and(|tail| by_definition(pattern, tail)),
            '?' => tail().is_some_and(|tail| by_definition(rest, tail)),
            wanted => text.starts_with(wanted) && tail().is_some_and(|tail| by_definition(rest, tail)),
        }
    }

    proptest! {
        #[test]
        fn wildcards_match_by_definition(pattern in "[ab*?é]{0,8}", text in "[abé]{0,10}") {
            prop_assert_eq!(Pattern::plain(&pattern).matches(&text), by_definition(&pattern, &text));
        }
    }

    #[test]
    fn many_stars_are_matched_without_backtracking() {
        let (pattern, text) = ("*a".repeat(2_000) + "b", "a".repeat(4_000));
        assert!(!Pattern::plain(&pattern).matches(&text));
    }

    #[test]
    fn special_variables_and_values_are_literal() {
        let mut context = Context::default();
        context.set("aws:username", ["a*"]);
        let fits = |template: &str, text: &str| Template::read(template, true).fill(&context).unwrap().matches(text);
        assert!(fits("x/${aws:UserName}/*", "x/a*/y") && !fits("x/${aws:username}/*", "x/ab/y"));
        assert!(fits("${*}${?}${$}", "*?$") && !fits("${*}", "ab"));
        assert!(fits("${aws:userid, 'nobody'}", "nobody") && fits("${open", "${open"));
        assert_eq!(Template::read("${aws:userid}", true).fill(&context), Err("aws:userid"));
        let old = Template::read("${aws:userid}", false).fill(&context).unwrap();
        assert_eq!(old.text(), "${aws:userid}");
    }

    #[test]
    fn a_partial_arn_matches_any_rest() {
        let fits = |template: &str, text: &str| {
            Template::resource(template, true).fill(&Context::default()).unwrap().matches(text)
        };
        assert!(fits("arn:aws:sqs", "arn:aws:sqs:us-east-1:111111111111:q"));
        assert!(!fits("arn:aws:sqs", "arn:aws:sns:us-east-1:111111111111:q"));
        assert!(fits("*", "*") && fits("arn:aws:s3:::*", "arn:aws:s3:::b/a:b"));
    }

    #[test]
    fn the_components_of_an_arn_are_compared_one_by_one() {
        let fits = |pattern: &str, arn: &str| Pattern::plain(pattern).matches_arn(arn);
        assert!(fits("arn:*:iam::*:role/x", "arn:aws:iam::1:role/x"));
        assert!(!fits("arn:*:role/x", "arn:aws:iam::1:role/x"));
        assert!(!fits("arn:aws:s*::1:x", "arn:aws:sqs:eu:1:x"));
        assert!(fits("arn:aws:logs:*:1:*", "arn:aws:logs:eu:1:log-group:a:*"));
    }
}
