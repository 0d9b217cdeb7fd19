//! Names with an environment token in them: `orders-dev` becomes `orders-prod`.

use std::ops::Range;

/// The environment tokens of both sides, paired by position (`dev`→`prod`,
/// `development`→`production`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    pairs: Vec<(String, String)>,
}

/// The result of renaming a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renamed {
    /// Exactly one token was found and replaced.
    To(String),
    /// The name carries no token, so it would be the same in the other environment.
    NoToken,
    /// More than one token: which one denotes the environment is ambiguous.
    Ambiguous,
}

impl Tokens {
    /// Pairs the tokens of the environment promoted from with those of the one promoted to. A
    /// token without a counterpart is paired with the other side's first.
    pub fn between(from: &[String], to: &[String]) -> Self {
        let pairs = from
            .iter()
            .enumerate()
            .filter_map(|(index, token)| {
                let partner = to.get(index).or_else(|| to.first())?;
                Some((token.to_lowercase(), partner.to_lowercase()))
            })
            .collect();
        Self { pairs }
    }

    /// The ranges of whole tokens in a text: sequences of letters and digits that equal one.
    pub fn find(&self, text: &str) -> Vec<(Range<usize>, String)> {
        let mut found = Vec::new();
        let mut start = None;
        for (index, character) in text.char_indices().chain([(text.len(), ' ')]) {
            match (character.is_alphanumeric(), start) {
                (true, None) => start = Some(index),
                (false, Some(begin)) => {
                    let word = &text[begin..index];
                    if let Some(partner) = self.partner(word) {
                        found.push((begin..index, partner));
                    }
                    start = None;
                }
                _ => {}
            }
        }
        found
    }

    /// True when the text contains a whole token.
    pub fn occurs_in(&self, text: &str) -> bool {
        !self.find(text).is_empty()
    }

    /// Renames a name for the other environment.
    pub fn rename(&self, name: &str) -> Renamed {
        let found = self.find(name);
        match found.as_slice() {
            [] => Renamed::NoToken,
            [(range, partner)] => Renamed::To(format!("{}{partner}{}", &name[..range.start], &name[range.end..])),
            _ => Renamed::Ambiguous,
        }
    }

    /// The other side's token for a word that is a token, in the word's own case.
    pub fn partner(&self, word: &str) -> Option<String> {
        let lower = word.to_lowercase();
        let (_, partner) = self.pairs.iter().find(|(from, _)| *from == lower)?;
        let mut letters = word.chars();
        let first_upper = letters.next().is_some_and(char::is_uppercase);
        let rest_upper = letters.clone().next().is_some() && letters.all(|c| !c.is_lowercase());
        Some(match (first_upper, rest_upper) {
            (true, true) => partner.to_uppercase(),
            (true, false) => {
                let mut characters = partner.chars();
                let head: String = characters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
                head + characters.as_str()
            }
            _ => partner.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens() -> Tokens {
        let list = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        Tokens::between(&list(&["dev", "development"]), &list(&["prod", "production"]))
    }

    #[test]
    fn whole_tokens_are_renamed_in_their_own_case() {
        assert_eq!(tokens().rename("orders-dev"), Renamed::To("orders-prod".into()));
        assert_eq!(tokens().rename("/development/orders"), Renamed::To("/production/orders".into()));
        assert_eq!(tokens().rename("Orders_DEV"), Renamed::To("Orders_PROD".into()));
        assert_eq!(tokens().rename("Dev-Orders"), Renamed::To("Prod-Orders".into()));
    }

    #[test]
    fn a_token_inside_a_word_is_ignored() {
        assert_eq!(tokens().rename("devices"), Renamed::NoToken);
        assert_eq!(tokens().rename("my-device-store"), Renamed::NoToken);
    }

    #[test]
    fn two_tokens_are_ambiguous() {
        assert_eq!(tokens().rename("dev-tools-dev"), Renamed::Ambiguous);
    }

    proptest! {
        #[test]
        fn renaming_round_trips(head in "[a-z]{1,8}", tail in "[a-z]{0,8}") {
            prop_assume!(!tokens().occurs_in(&head) && !tokens().occurs_in(&tail));
            let name = format!("{head}-dev-{tail}");
            let back = Tokens { pairs: tokens().pairs.into_iter().map(|(a, b)| (b, a)).collect() };
            prop_assume!(!back.occurs_in(&head) && !back.occurs_in(&tail));
            let Renamed::To(there) = tokens().rename(&name) else { panic!("no token in {name}") };
            prop_assert_eq!(back.rename(&there), Renamed::To(name));
        }
    }
}
