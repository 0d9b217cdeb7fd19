//! Names with an environment token in them: `orders-dev` becomes `orders-prod`.

use std::ops::Range;

use crate::domain::project::AccountId;

/// The environment tokens of both sides, paired by position (`dev`→`prod`,
/// `development`→`production`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    pairs: Vec<(String, String)>,
    /// The ids of the two accounts, where they differ.
    accounts: Option<(String, String)>,
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
    /// The account id is in the name, but not as a separate word, so it cannot be replaced with certainty.
    AccountInWord,
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
        Self { pairs, accounts: None }
    }

    /// Adds the ids of the accounts promoted from and to: a name may contain the account id (`assets-dev-111111111111`).
    pub fn with_accounts(mut self, from: &AccountId, to: &AccountId) -> Self {
        self.accounts = (from != to).then(|| (from.to_string(), to.to_string()));
        self
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

    /// True when the text contains a whole token, or the account id.
    pub fn occurs_in(&self, text: &str) -> bool {
        !self.find(text).is_empty() || self.accounts.as_ref().is_some_and(|(from, _)| text.contains(from.as_str()))
    }

    /// Renames a name for the other environment: its token, and the account id.
    pub fn rename(&self, name: &str) -> Renamed {
        let Some((from, to)) = &self.accounts else { return self.rename_token(name) };
        let there = replace_word(name, from, to);
        if there.contains(from.as_str()) {
            return Renamed::AccountInWord;
        }
        match self.rename_token(&there) {
            Renamed::NoToken if there != name => Renamed::To(there),
            renamed => renamed,
        }
    }

    fn rename_token(&self, name: &str) -> Renamed {
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

/// Replaces a word wherever no letter or digit is adjacent to it.
pub fn replace_word(text: &str, word: &str, with: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for (start, _) in text.match_indices(word) {
        let end = start + word.len();
        let touches = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        if start >= at && !touches(text[..start].chars().next_back()) && !touches(text[end..].chars().next()) {
            result.push_str(&text[at..start]);
            result.push_str(with);
            at = end;
        }
    }
    result.push_str(&text[at..]);
    result
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
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
    fn the_account_id_in_a_name_follows_the_account() {
        let accounts = [AccountId::parse("111111111111").unwrap(), AccountId::parse("222222222222").unwrap()];
        let tokens = tokens().with_accounts(&accounts[0], &accounts[1]);
        assert_eq!(tokens.rename("assets-dev-111111111111"), Renamed::To("assets-prod-222222222222".into()));
        assert_eq!(tokens.rename("assets-111111111111"), Renamed::To("assets-222222222222".into()));
        assert_eq!(tokens.rename("assets111111111111dev"), Renamed::AccountInWord);
        assert_eq!(tokens.rename("assets-333333333333"), Renamed::NoToken);
        assert_eq!(tokens.clone().with_accounts(&accounts[0], &accounts[0]).rename("a-111111111111"), Renamed::NoToken);
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
            let back = Tokens { pairs: tokens().pairs.into_iter().map(|(a, b)| (b, a)).collect(), accounts: None };
            prop_assume!(!back.occurs_in(&head) && !back.occurs_in(&tail));
            let Renamed::To(there) = tokens().rename(&name) else { panic!("no token in {name}") };
            prop_assert_eq!(back.rename(&there), Renamed::To(name));
        }
    }
}
