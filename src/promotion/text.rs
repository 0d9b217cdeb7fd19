//! Rewrites one text: known values, account ids, regions, and what is left over.

use std::ops::Range;

use serde_json::Value;

use super::index::{Entry, Occurrence, Replacement};
use super::names::replace_word;
use super::pieces::{MARK, Piece, assemble, flat, unmarked};
use super::place::Place;
use super::reference;
use super::rewritten::{Carried, OPAQUE, Rewriter, Rewritten, Subject, Unmapped, UnmappedKind};
use super::typed::{self, Verdict};
use super::versions;
use crate::domain::plan::Rewrite;
use crate::domain::pointer;
use crate::domain::resource::ResourceRef;
use crate::schema::{Arn, ReferenceTarget, general_facts};

/// Why a name of the source environment is carried over.
pub(super) const TOKEN: &str = "contains a word that is the name of the source environment, in a text that is no name";
/// Why the name of a resource without a counterpart is carried over.
const SAME_NAME: &str = "is the name of a resource of the source environment, which would have the same name";
/// Why a name in a text for people is carried over.
const NAME_IN_PROSE: &str = "is the name of a resource of the source environment, in a text for people";
/// Why a value of another account is carried over.
const OTHER_ACCOUNT: &str = "names a resource of another account";

/// Where a text is, and what it may be.
#[derive(Debug)]
pub(super) struct Spot<'a> {
    /// The resource.
    pub subject: Option<&'a Subject<'a>>,
    /// JSON pointer.
    pub at: &'a str,
    /// What the property declares to refer to.
    pub targets: Vec<&'a ReferenceTarget>,
    /// Environment names in it are listed, not refused.
    pub lists_tokens: bool,
    /// Names without a counterpart in it are listed, not refused.
    pub lists_names: bool,
}

impl<'a> Spot<'a> {
    /// A text of no declared meaning.
    pub fn plain(at: &'a str, place: Place) -> Self {
        let is_prose = place == Place::Prose;
        Self { subject: None, at, targets: Vec::new(), lists_tokens: is_prose, lists_names: is_prose }
    }

    /// A key of an object.
    pub fn key(at: &'a str) -> Self {
        Self { lists_tokens: true, ..Self::plain(at, Place::Value) }
    }

    /// A text that was decoded: a script, mostly.
    pub fn decoded(at: &'a str) -> Self {
        Self::key(at)
    }

    fn unmapped(&self, value: &str, reason: String, kind: UnmappedKind) -> Unmapped {
        Unmapped { pointer: self.at.to_owned(), value: value.to_owned(), reason, kind }
    }
}

impl Rewriter<'_> {
    /// Translates references, accounts and regions; a word that is an environment's name stays.
    pub(super) fn translated(&self, spot: &Spot<'_>, text: &str, record: &mut Rewritten) -> Value {
        let result = self.pieces(spot, text, record);
        let (pieces, mut reasons) = match result {
            Ok(found) => found,
            Err(problem) => {
                record.unmapped.push(problem);
                return Value::String(text.to_owned());
            }
        };
        let (value, shown) = assemble(&pieces);
        if shown != text {
            reasons.dedup();
            record.rewrites.push(Rewrite {
                pointer: spot.at.to_owned(),
                before: text.to_owned(),
                after: shown,
                reason: reasons.join(", "),
            });
        }
        value
    }

    fn pieces(
        &self,
        spot: &Spot<'_>,
        text: &str,
        record: &mut Rewritten,
    ) -> Result<(Vec<Piece>, Vec<String>), Unmapped> {
        let (pieces, mut reasons) = self.replace_known(spot, text, record)?;
        let is_explained = pieces.iter().any(|piece| !matches!(piece, Piece::Text(_)));
        let is_elsewhere = self.accounts.0 != self.accounts.1 || self.regions.0 != self.regions.1;
        let is_typed = is_elsewhere && !spot.targets.is_empty() && !text.is_empty();
        if is_typed && !is_explained {
            match typed::judge(&spot.targets, text, self.accounts.0.as_str()) {
                // What AWS manages in every account may have the account's id and region in its ARN.
                Verdict::Valid if self.has_source_account(text) || self.has_source_region(text) => {}
                Verdict::Valid => return Ok((pieces, reasons)),
                Verdict::Text => {}
                Verdict::Unknown => {
                    let reason = format!(
                        "must be the {} of a resource with a counterpart, and no known resource has it",
                        typed::describe(&spot.targets)
                    );
                    return Err(spot.unmapped(text, reason, UnmappedKind::Unknown));
                }
            }
        }
        let pieces = self.translate_rest(spot, pieces, &mut reasons)?;
        self.check_rest(spot, &pieces, record);
        Ok((pieces, reasons))
    }

    /// Replaces the values of the index.
    fn replace_known(
        &self,
        spot: &Spot<'_>,
        text: &str,
        record: &mut Rewritten,
    ) -> Result<(Vec<Piece>, Vec<String>), Unmapped> {
        let mut pieces = Vec::new();
        let mut reasons = Vec::new();
        let mut at = 0;
        let arns = reference::arns(text);
        let is_principal = || pointer::tokens(spot.at).iter().any(|token| token == "Principal");
        for found in self.index.occurrences(text, self.accounts.0) {
            let value = found.entry.value.as_str();
            let (replacement, owners) = self.choose(spot, text, &arns, &found);
            let own = spot.subject.map(|subject| &subject.resource);
            let others = owners.iter().filter(|owner| Some(*owner) != own);
            record.references.extend(others.clone().cloned());
            if !spot.targets.is_empty() || matches!(replacement, Replacement::Attribute { .. }) || is_principal() {
                record.required.extend(others.cloned());
            }
            let names: Vec<String> = owners.iter().map(ToString::to_string).collect();
            let names = names.join(" or ");
            let is_function = owners.iter().any(|owner| owner.type_name == "AWS::Lambda::Function");
            if is_function && value.starts_with("arn:") && versions::follows(&text[found.end..]) {
                let reason = format!("is a version of {names} without a counterpart: numbers differ between accounts");
                return Err(spot.unmapped(text, reason, UnmappedKind::NoCounterpart));
            }
            let mut carry = |reason| {
                let (pointer, value) = (spot.at.to_owned(), value.to_owned());
                record.carried.push(Carried { pointer, value, reason });
            };
            let replaced = match replacement {
                Replacement::Known(value) => Piece::Replaced(value),
                Replacement::Attribute { logical_id, attribute } => Piece::Attribute(logical_id, attribute),
                Replacement::SameName if spot.targets.is_empty() => {
                    if value.len() == text.len() {
                        carry(SAME_NAME);
                    }
                    continue;
                }
                Replacement::Missing | Replacement::SameName if spot.lists_names && is_bare_name(value) => {
                    carry(NAME_IN_PROSE);
                    continue;
                }
                Replacement::Missing | Replacement::SameName => {
                    let reason = format!("refers to {names}, which has no counterpart");
                    return Err(spot.unmapped(value, reason, UnmappedKind::NoCounterpart));
                }
                Replacement::Ambiguous => {
                    let reason = format!("may refer to {names}, whose counterparts differ");
                    return Err(spot.unmapped(value, reason, UnmappedKind::Ambiguous));
                }
            };
            if found.start > at {
                pieces.push(Piece::Text(text[at..found.start].to_owned()));
            }
            reasons.push(if names.is_empty() { "promotion.map".to_owned() } else { format!("counterpart of {names}") });
            pieces.push(replaced);
            at = found.end;
        }
        if at < text.len() {
            pieces.push(Piece::Text(text[at..].to_owned()));
        }
        Ok((pieces, reasons))
    }

    /// The replacement of an occurrence, and the resources that it may name: where several have the value, what the property
    /// or the ARN around it says decides, then that it is the resource's own name.
    fn choose(
        &self,
        spot: &Spot<'_>,
        text: &str,
        arns: &[Range<usize>],
        found: &Occurrence<'_>,
    ) -> (Replacement, Vec<ResourceRef>) {
        let entry: &Entry = found.entry;
        let whole = || (entry.replacement.clone(), entry.owners.clone());
        if entry.owners.is_empty() {
            return whole();
        }
        if !spot.targets.is_empty() {
            let is_target = |owner: &str| spot.targets.iter().any(|target| target.type_name == owner);
            return self.index.of_types(entry, &is_target).unwrap_or_else(whole);
        }
        if let Some(arn) = arns.iter().find(|span| span.start <= found.start && found.end <= span.end) {
            let candidates = reference::named(self.index.registry(), &text[arn.clone()]);
            let is_candidate = |owner: &str| candidates.iter().any(|candidate| candidate.type_name == owner);
            return self.index.of_types(entry, &is_candidate).unwrap_or_else(whole);
        }
        let is_open =
            matches!(entry.replacement, Replacement::Missing | Replacement::Ambiguous | Replacement::SameName);
        match spot.subject.and_then(|subject| Some((subject, subject.names?))) {
            Some((subject, (before, after))) if is_open && entry.value == before => {
                (Replacement::Known(after.to_owned()), vec![subject.resource.clone()])
            }
            _ => whole(),
        }
    }

    /// Translates account ids and regions.
    fn translate_rest(
        &self,
        spot: &Spot<'_>,
        pieces: Vec<Piece>,
        reasons: &mut Vec<String>,
    ) -> Result<Vec<Piece>, Unmapped> {
        let (from_account, to_account) = (self.accounts.0.as_str(), self.accounts.1.as_str());
        let (from_region, to_region) = self.regions;
        let joined = flat(&pieces);
        let refuse = |value: &str| {
            let reason = "refers to a resource of the source account without a known counterpart".to_owned();
            spot.unmapped(&unmarked(value), reason, UnmappedKind::Unknown)
        };
        if let Some(arn) = self.foreign_arn_of_region(&joined) {
            let reason = "names a resource of another account in the region or partition of the source".to_owned();
            return Err(spot.unmapped(&unmarked(arn), reason, UnmappedKind::Unknown));
        }
        for span in reference::arns(&joined) {
            let arn = &joined[span];
            let ours = Arn::parse(arn).is_some_and(|parsed| parsed.account == from_account);
            if ours && from_account != to_account && reference::is_specific(self.index.registry(), arn, MARK) {
                return Err(refuse(arn));
            }
        }
        if from_account != to_account
            && let Some(uri) = reference::of_account(&joined, self.accounts.0, MARK)
        {
            return Err(refuse(uri));
        }
        let translated = pieces
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => {
                    let mut new = text.clone();
                    if from_account != to_account {
                        new = replace_word(&new, from_account, to_account);
                    }
                    if new != text {
                        reasons.push("account".into());
                    }
                    let before_region = new.clone();
                    if from_region != to_region {
                        new =
                            self.translate_region(&new, pointer::tokens(spot.at).iter().any(|one| one == "Principal"));
                    }
                    if new != before_region {
                        reasons.push("region".into());
                    }
                    Piece::Text(new)
                }
                other => other,
            })
            .collect();
        Ok(translated)
    }

    /// Records what still refers to the source environment, or may do so.
    fn check_rest(&self, spot: &Spot<'_>, pieces: &[Piece], record: &mut Rewritten) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    if let Some(problem) = self.untranslated(spot, text, record) {
                        record.unmapped.push(problem);
                        return;
                    }
                }
                // Regardless of replacements, the source account's id is never correct.
                Piece::Replaced(text) if self.has_source_account(text) => {
                    record.unmapped.push(self.account_in(text, spot.at));
                    return;
                }
                Piece::Replaced(_) | Piece::Attribute(..) => {}
            }
        }
    }

    /// Why a text still refers to the source environment, if it does. What may do so is added to what is carried over.
    fn untranslated(&self, spot: &Spot<'_>, text: &str, record: &mut Rewritten) -> Option<Unmapped> {
        let is_other_account = self.accounts.0 != self.accounts.1;
        if self.has_source_account(text) {
            return Some(self.account_in(text, spot.at));
        }
        // What an ARN of another account names stays there.
        let rest = self.without_other_accounts(spot, text, record);
        if is_other_account && let Some(id) = reference::generated_id(&rest) {
            let reason = "is an id or host that AWS generated, which has no known counterpart".to_owned();
            return Some(spot.unmapped(id, reason, UnmappedKind::Unknown));
        }
        if let Some(range) = self.tokens_in(&rest).into_iter().next() {
            if !spot.lists_tokens {
                let reason = format!(
                    "contains the environment token `{}`, so it appears to be a name of the source environment",
                    &rest[range]
                );
                return Some(spot.unmapped(text, reason, UnmappedKind::Unknown));
            }
            self.carry_tokens(&rest, spot.at, record);
        }
        if let Some((value, reason)) = self.of_source_region(text) {
            return Some(spot.unmapped(value, reason, UnmappedKind::Unknown));
        }
        if is_other_account {
            let is_managed = |word: &str| general_facts().managed_values.iter().any(|pattern| pattern.matches(word));
            for word in reference::opaque_tokens(&rest).filter(|word| !is_managed(word)) {
                let (pointer, value) = (spot.at.to_owned(), word.to_owned());
                record.carried.push(Carried { pointer, value, reason: OPAQUE });
            }
        }
        None
    }

    /// The text without the ARNs of other accounts; those that contain a name of this environment are carried over.
    fn without_other_accounts(&self, spot: &Spot<'_>, text: &str, record: &mut Rewritten) -> String {
        let mut rest = String::new();
        let mut at = 0;
        let ours = [self.accounts.0.as_str(), self.accounts.1.as_str()];
        for span in reference::arns(text) {
            let arn = &text[span.clone()];
            let account = Arn::parse(arn).map(|parsed| parsed.account).unwrap_or_default();
            let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            if span.start < at || !is_account || ours.contains(&account) {
                continue;
            }
            if !self.tokens_in(arn).is_empty() {
                let (pointer, value) = (spot.at.to_owned(), arn.to_owned());
                record.carried.push(Carried { pointer, value, reason: OTHER_ACCOUNT });
            }
            rest.push_str(&text[at..span.start]);
            at = span.end;
        }
        rest.push_str(&text[at..]);
        rest
    }

    /// The environment tokens of a text, device files left out.
    pub(super) fn tokens_in(&self, text: &str) -> Vec<Range<usize>> {
        let found = self.tokens.find(text).into_iter().map(|(range, _)| range);
        found.filter(|range| !is_device(text, range)).collect()
    }

    /// Lists a text because of the environment tokens in it.
    pub(super) fn carry_tokens(&self, text: &str, at: &str, record: &mut Rewritten) {
        if let Some(range) = self.tokens_in(text).into_iter().next() {
            let value = around(text, &range).to_owned();
            record.carried.push(Carried { pointer: at.to_owned(), value, reason: TOKEN });
        }
    }

    pub(super) fn has_source_account(&self, text: &str) -> bool {
        self.accounts.0 != self.accounts.1 && text.contains(self.accounts.0.as_str())
    }

    pub(super) fn account_in(&self, text: &str, at: &str) -> Unmapped {
        let start = text.find(self.accounts.0.as_str()).unwrap_or_default();
        let range = start..(start + self.accounts.0.as_str().len()).min(text.len());
        Unmapped {
            pointer: at.to_owned(),
            value: around(text, &range).to_owned(),
            reason: format!("contains the account id {}", self.accounts.0),
            kind: UnmappedKind::Unknown,
        }
    }
}

/// The word around a range of a text, up to white space or quotes.
fn around<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    let ends = |c: char| c.is_whitespace() || "\"'`,;()[]{}<>\\".contains(c);
    let before = text[..range.start].char_indices().rev().find(|(_, c)| ends(*c));
    let start = before.map_or(0, |(cut, c)| cut + c.len_utf8());
    let end = text[range.end..].find(ends).map_or(text.len(), |length| range.end + length);
    &text[start..end]
}

/// True for a name that only stands for a resource where the text means one: no ARN, URL, host or id.
fn is_bare_name(value: &str) -> bool {
    !value.contains([':', '.']) && reference::generated_id(value).is_none()
}

/// True for the first part of the path of a Unix device file, which is not an environment.
fn is_device(text: &str, range: &Range<usize>) -> bool {
    let devices =
        ["sd", "xvd", "nvme", "null", "zero", "shm", "std", "tty", "random", "urandom", "fd", "mapper", "log"];
    let rest = text[range.end..].strip_prefix('/').unwrap_or_default();
    text[range.clone()].eq("dev")
        && text[..range.start].ends_with('/')
        && devices.iter().any(|one| rest.starts_with(one))
}
