//! Names of Regions. A Region that is newer than this version is accepted; a word that cannot be the name of one is not.

use super::intrinsics::embedded_regions;

/// The last word of a name before its number.
const DIRECTIONS: [&str; 9] =
    ["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

/// What is wrong with the name of a Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRegion {
    /// The Region that was probably meant.
    pub meant: Option<&'static str>,
}

impl InvalidRegion {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self.meant {
            Some(region) => format!("did you mean `{region}`?"),
            None => "use a region such as `us-east-1`".to_owned(),
        }
    }
}

/// Checks the name of a Region: `us-east-1`, `us-gov-west-1`, `us-iso-east-1`.
///
/// # Errors
/// It has another form, or one of its words is misspelled.
pub fn check(name: &str) -> Result<(), InvalidRegion> {
    if is_known(name) || has_form(name) && !is_misspelled(name) {
        return Ok(());
    }
    Err(InvalidRegion { meant: closest(name) })
}

/// True for a Region of this version.
pub fn is_known(name: &str) -> bool {
    embedded_regions().any(|region| region == name)
}

/// Returns the known Region whose name is closest.
pub fn closest(name: &str) -> Option<&'static str> {
    if name.len() > 40 {
        return None;
    }
    let name = name.to_lowercase();
    let distances = embedded_regions().map(|region| (strsim::damerau_levenshtein(&name, region), region));
    distances.filter(|(distance, _)| *distance <= 3).min().map(|(_, region)| region)
}

/// Two or three words of letters, and a number of one digit.
fn has_form(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let Some((number, words)) = parts.split_last() else { return false };
    let is_word = |word: &&str| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    number.len() == 1
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && (2..=3).contains(&words.len())
        && words.iter().all(is_word)
}

/// True if the direction is none, or the area is that of a known Region with two letters exchanged.
fn is_misspelled(name: &str) -> bool {
    let words: Vec<&str> = name.split('-').collect();
    let direction = words.len().checked_sub(2).and_then(|at| words.get(at)).copied().unwrap_or_default();
    let mut areas = embedded_regions().filter_map(|region| region.split('-').next());
    let area = words.first().copied().unwrap_or_default();
    let is_area = embedded_regions().any(|region| region.split('-').next() == Some(area));
    let reversed: String = area.chars().rev().collect();
    !DIRECTIONS.contains(&direction) || !is_area && areas.any(|known| known == reversed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_possible_regions_are_accepted() {
        for region in embedded_regions() {
            assert_eq!(check(region), Ok(()), "{region}");
        }
        for region in ["us-iso-east-1", "us-isob-west-1", "eusc-de-east-1", "sa-central-1", "nz-south-1", "us-east-3"] {
            assert_eq!(check(region), Ok(()), "{region}");
        }
    }

    #[test]
    fn misspelled_regions_are_refused_with_the_one_that_was_meant() {
        for (wrong, meant) in [
            ("us-esat-1", Some("us-east-1")),
            ("eu-wset-1", Some("eu-west-1")),
            ("ap-sotheast-2", Some("ap-southeast-2")),
            ("ue-west-1", Some("eu-west-1")),
            ("us-east1", Some("us-east-1")),
            ("us-east-1a", Some("us-east-1")),
            ("us-east-11", Some("us-east-1")),
            ("US-EAST-1", Some("us-east-1")),
            ("frankfurt", None),
            ("", None),
        ] {
            assert_eq!(check(wrong), Err(InvalidRegion { meant }), "{wrong}");
        }
    }
}
