//! Price units: canonical spellings and conversions.

use rust_decimal::Decimal;

/// Conversion factors: one of the first unit equals that many of the second.
const SIZES: [(&str, &str, i64); 1] = [("GiBp-mo", "MiBp-mo", 1024)];

/// The canonical spelling of a unit: the Price List has several for the same unit (`Hrs`, `hours`;
/// `GB-Mo`, `GB-month`). Units of different size (`GiBps-mo`, `MiBps-Mo`) stay distinct.
pub fn canonical_unit(unit: &str) -> String {
    let words = unit.split(['-', ' ']).map(|word| {
        // Capitals inside a word are significant (`GB`, `Gb`), an initial one is not.
        let is_plain = word.chars().skip(1).all(|letter| letter.is_ascii_lowercase());
        let word = if is_plain { word.to_ascii_lowercase() } else { word.to_owned() };
        match word.strip_suffix('s').unwrap_or(&word) {
            "hour" => "hr",
            "month" => "mo",
            "GigaByte" | "gigabyte" => "GB",
            other => other,
        }
        .to_owned()
    });
    words.collect::<Vec<_>>().join("-")
}

/// The factor from `from` to `to`: 1 for the same unit, `None` for incompatible units.
pub fn conversion(from: &str, to: &str) -> Option<Decimal> {
    let (from, to) = (canonical_unit(from), canonical_unit(to));
    if from == to {
        return Some(Decimal::ONE);
    }
    SIZES.iter().find_map(|(large, small, many)| {
        if (from.as_str(), to.as_str()) == (large, small) {
            Some(Decimal::from(*many))
        } else if (from.as_str(), to.as_str()) == (small, large) {
            Decimal::ONE.checked_div(Decimal::from(*many))
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_unit_are_one_and_sizes_are_not() {
        for same in [
            ["Hrs", "hours"],
            ["GB-Mo", "GB-month"],
            ["GB", "GigaBytes"],
            ["Requests", "request"],
            ["vCPU-hour", "vCPU-Hours"],
            ["IOPS-Mo", "IOPS-month"],
        ] {
            assert_eq!(canonical_unit(same[0]), canonical_unit(same[1]), "{same:?}");
            assert_eq!(conversion(same[0], same[1]), Some(Decimal::ONE));
        }
        for apart in [["GB", "GB-Mo"], ["MBPS-Mo", "MiBps-mo"], ["Hrs", "LCU-Hrs"], ["GB", "Gb"], ["Hrs", ""]] {
            assert_eq!(conversion(apart[0], apart[1]), None, "{apart:?}");
        }
    }

    #[test]
    fn sizes_are_converted_both_ways() {
        assert_eq!(conversion("GiBps-mo", "MiBps-Mo"), Some(Decimal::from(1024)));
        assert_eq!(conversion("MiBps-Mo", "GiBps-mo"), Some(Decimal::new(9_765_625, 10)));
    }
}
