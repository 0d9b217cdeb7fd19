//! Templates with `${Variables}`: binding to a text, and rendering.

use std::collections::BTreeMap;

/// A parsed template; the marks are explained in [`super::arn`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template<'t> {
    pieces: Vec<Piece<'t>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'t> {
    Literal(&'t str),
    Variable(&'t str, Class),
}

/// The texts that a variable may match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    WithSlash,
    WithColon,
    Digits,
    NotDigits,
    Uuid,
    Path,
}

impl<'t> Template<'t> {
    pub(super) fn parse(text: &'t str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, (inside, after))) =
            rest.split_once("${").and_then(|(literal, tail)| Some((literal, tail.split_once('}')?)))
        {
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal));
            }
            let (name, class) = match inside.char_indices().next_back() {
                Some((end, '/')) => (&inside[..end], Class::WithSlash),
                Some((end, ':')) => (&inside[..end], Class::WithColon),
                Some((end, '#')) => (&inside[..end], Class::Digits),
                Some((end, '!')) => (&inside[..end], Class::NotDigits),
                Some((end, '@')) => (&inside[..end], Class::Uuid),
                _ if inside == "Path" => (inside, Class::Path),
                _ => (inside, Class::Plain),
            };
            pieces.push(Piece::Variable(name, class));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest));
        }
        Self { pieces }
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &'t str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(name, _) => Some(*name),
            Piece::Literal(_) => None,
        })
    }

    /// The variables for which the template renders exactly this text.
    pub(super) fn bind<'a>(&self, text: &'a str) -> Option<BTreeMap<&'t str, &'a str>> {
        let mut bound = Vec::new();
        bind(&self.pieces, text, &mut bound).then(|| bound.into_iter().collect())
    }

    /// Renders the template with these variables; `None` when one is missing.
    pub(super) fn render(&self, variables: &BTreeMap<&str, &str>) -> Option<String> {
        let parts = self.pieces.iter().map(|piece| match piece {
            Piece::Literal(text) => Some(*text),
            Piece::Variable(name, _) => variables.get(name).copied(),
        });
        parts.collect()
    }
}

fn bind<'t, 'a>(pieces: &[Piece<'t>], text: &'a str, bound: &mut Vec<(&'t str, &'a str)>) -> bool {
    match pieces.split_first() {
        None => text.is_empty(),
        Some((Piece::Literal(literal), rest)) => {
            text.strip_prefix(literal).is_some_and(|after| bind(rest, after, bound))
        }
        Some((Piece::Variable(name, class), rest)) => {
            let ends = text.char_indices().map(|(at, character)| at + character.len_utf8());
            for end in ends.rev() {
                let (value, after) = text.split_at(end);
                if class.accepts(value) {
                    bound.push((name, value));
                    if bind(rest, after, bound) {
                        return true;
                    }
                    bound.pop();
                }
            }
            false
        }
    }
}

impl Class {
    fn accepts(self, value: &str) -> bool {
        let digits = || value.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Plain => !value.contains([':', '/']),
            Self::WithSlash => !value.contains(':'),
            Self::WithColon => true,
            Self::Digits => digits(),
            Self::Uuid => is_uuid(value),
            Self::NotDigits => !digits() && !value.contains([':', '/']),
            Self::Path => {
                value == "/"
                    || (value.len() > 2 && value.starts_with('/') && value.ends_with('/') && !value.contains(':'))
            }
        }
    }
}

/// Five groups of hexadecimal digits, 8-4-4-4-12.
fn is_uuid(text: &str) -> bool {
    let groups = text.split('-').map(|group| group.bytes().all(|b| b.is_ascii_hexdigit()).then_some(group.len()));
    groups.eq([8, 4, 4, 4, 12].map(Some))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn bound<'a>(template: &'a str, text: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        Template::parse(template).bind(text).map(|map| map.into_iter().collect())
    }

    #[test]
    fn classes_decide_what_a_variable_matches() {
        assert_eq!(bound("a/${X}", "a/b"), Some(vec![("X", "b")]));
        assert_eq!(bound("a/${X}", "a/b/c"), None);
        assert_eq!(bound("a/${X/}", "a/b/c"), Some(vec![("X", "b/c")]));
        assert_eq!(bound("a/${X/}", "a/b:c"), None);
        assert_eq!(bound("a/${X:}", "a/b:c"), Some(vec![("X", "b:c")]));
        assert_eq!(bound("${X#}", "12"), Some(vec![("X", "12")]));
        let id = "6f9fda9d-03d8-4270-b95e-64a353444ae4";
        assert_eq!(bound("${X}-${Id@}", &format!("a-b-{id}")), Some(vec![("Id", id), ("X", "a-b")]));
        assert_eq!(bound("${X}-${Id@}", "a-b-c-d-e-f"), None);
        assert_eq!((bound("${X#}", "1a"), bound("${X!}", "12")), (None, None));
        assert_eq!(bound("r${Path}${N}", "r/a/b/c"), Some(vec![("N", "c"), ("Path", "/a/b/")]));
        assert_eq!(bound("r${Path}${N}", "r/c"), Some(vec![("N", "c"), ("Path", "/")]));
        assert_eq!(bound("a/${X}", "a/"), None);
    }

    #[test]
    fn rendering_gives_the_text_back_and_needs_every_variable() {
        let template = Template::parse("p/${A}/q:${B/}");
        let variables = template.bind("p/ä/q:x/y").unwrap();
        assert_eq!(template.render(&variables).as_deref(), Some("p/ä/q:x/y"));
        assert_eq!(template.render(&BTreeMap::from([("A", "1")])), None);
    }
}
