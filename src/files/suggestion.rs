//! "Did you mean …?" for keys and names that do not exist.

/// Longer words, in bytes, are no typing errors; comparing them would take long.
const MAX_SUGGESTED: usize = 256;

/// The candidate that is closest to `word`. Letter case does not count as a
/// difference; about one edit per three letters is allowed, so that short words do not match
/// everything.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > MAX_SUGGESTED {
        return None;
    }
    let wanted = word.to_lowercase();
    let allowed = (wanted.chars().count() / 3).min(4);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// A hint for an unknown name: the closest candidate, else a list of them.
pub fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let mut candidates: Vec<&str> = candidates.into_iter().collect();
    candidates.sort_unstable();
    candidates.dedup();
    if let Some(candidate) = closest(word, candidates.iter().copied()) {
        return format!("did you mean `{candidate}`?");
    }
    const SHOWN: usize = 12;
    match candidates.len() {
        0 => "none is defined".to_owned(),
        count if count <= SHOWN => format!("use one of {}", quoted(&candidates)),
        count => format!("use one of {} and {} more", quoted(&candidates[..SHOWN]), count - SHOWN),
    }
}

/// Names in back quotes, separated by commas.
pub fn quoted<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_closest_candidate() {
        assert_eq!(closest("Propertes", ["Type", "Properties"]), Some("Properties"));
        assert_eq!(closest("properties", ["Type", "Properties"]), Some("Properties"));
        assert_eq!(closest("Color", ["Type", "Properties"]), None);
        assert_eq!(closest("", ["ab"]), None);
        assert_eq!(closest("P", ["A"]), None);
        assert_eq!(closest("p", ["P"]), Some("P"));
    }

    #[test]
    fn without_a_close_candidate_the_choices_are_listed() {
        assert_eq!(hint("Color", ["b", "a"]), "use one of `a`, `b`");
        assert_eq!(hint("Color", []), "none is defined");
        assert_eq!(hint("regio", ["region"]), "did you mean `region`?");
    }
}
