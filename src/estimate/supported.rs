//! The coverage of the cost model, for `estimate --supported`.

use std::collections::BTreeSet;

use super::cost::Status;
use super::model;
use super::prices::{GLOBAL, Snapshot};
use crate::schema::Registry;

/// Why a type is unknown whose prices only the Price List has.
const NOT_EMBEDDED: &str = "no price is embedded; the Price List has it, and `stagegate prices update` stores it";

/// One type of the cost model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportedType {
    /// CloudFormation type name.
    pub type_name: &'static str,
    /// Free, priced, or unknown for a type that cannot be priced.
    pub status: Status,
    /// Why it cannot be priced.
    pub reason: Option<&'static str>,
    /// The regions of the embedded prices that have a price for each of its dimensions, sorted;
    /// dimensions with a default usage of zero are ignored. Empty unless it is priced. Where the price depends
    /// on a property, one of its values must have a price.
    pub regions: Vec<&'static str>,
    /// Its usage keys, in the model's order.
    pub usage: Vec<SupportedUsage>,
}

/// One usage key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportedUsage {
    /// The key.
    pub key: &'static str,
    /// The default: a number, or how it is computed.
    pub default: &'static str,
    /// Its unit, per month.
    pub unit: &'static str,
    /// When or why it applies.
    pub why: Option<&'static str>,
}

/// The coverage of a type: `Free`, `Priced`, or `Unknown` for a type without a usable model.
pub fn coverage(type_name: &str) -> Status {
    match model::get(type_name).map(|model| model.status) {
        Some(model::ModelStatus::Free) => Status::Free,
        Some(model::ModelStatus::Priced) => Status::Priced,
        _ => Status::Unknown,
    }
}

/// Every type of the registry and of the cost model, sorted (`estimate --supported`).
pub fn supported() -> Vec<SupportedType> {
    let prices: BTreeSet<&'static str> = Snapshot::ids().collect();
    let regions: BTreeSet<&'static str> =
        prices.iter().filter_map(|id| Some(id.rsplit_once('@')?.1)).filter(|region| *region != GLOBAL).collect();
    let names: BTreeSet<&'static str> = model::types().chain(Registry::embedded().type_names()).collect();
    names
        .into_iter()
        .filter_map(|type_name| {
            let model = model::get(type_name)?;
            let has_prices = |region: &&str| {
                model.dimensions.iter().all(|one| {
                    let idle =
                        |key: &String| model.usage.iter().any(|usage| usage.key == *key && usage.default_text == "0");
                    let is_idle = !one.usage_keys.is_empty() && one.usage_keys.iter().all(idle);
                    is_idle || is_priced_in(&prices, one, region)
                })
            };
            let regions: Vec<&'static str> = match model.status {
                model::ModelStatus::Priced => regions.iter().copied().filter(has_prices).collect(),
                // Free in every region, or priced in none.
                model::ModelStatus::Free | model::ModelStatus::Unpriced => Vec::new(),
            };
            let is_elsewhere = model.status == model::ModelStatus::Priced && regions.is_empty();
            Some(SupportedType {
                type_name,
                status: if is_elsewhere { Status::Unknown } else { coverage(type_name) },
                reason: if is_elsewhere { Some(NOT_EMBEDDED) } else { model.reason.as_deref() },
                regions,
                usage: model
                    .usage
                    .iter()
                    .map(|usage| SupportedUsage {
                        key: &usage.key,
                        default: &usage.default_text,
                        unit: &usage.unit,
                        why: usage.why.as_deref(),
                    })
                    .collect(),
            })
        })
        .collect()
}

/// The usage keys of a type, in the model's order.
pub fn usage_keys(type_name: &str) -> Vec<&'static str> {
    model::usage_keys(type_name)
}

fn is_priced_in(prices: &BTreeSet<&'static str>, dimension: &model::Dimension, region: &str) -> bool {
    // Without given usage nothing is billed, so no price is needed.
    let Some(key) = &dimension.price else { return true };
    let beginning = key.beginning();
    let here = |id: &&&str| {
        let (found, place) = id.rsplit_once('@').unwrap_or((id, ""));
        let fits = if key.is_plain() { found == beginning } else { found.starts_with(beginning) };
        fits && (place == region || place == GLOBAL || dimension.region.is_some())
    };
    prices.range(beginning..).take_while(|id| id.starts_with(beginning)).any(|id| here(&id))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn the_list_describes_a_type() {
        let all = supported();
        let of = |name: &str| all.iter().find(|one| one.type_name == name).unwrap();
        let bucket = of("AWS::S3::Bucket");
        assert_eq!((bucket.status, bucket.reason), (Status::Priced, None));
        assert_eq!(bucket.regions, ["eu-west-1", "us-east-1", "us-west-2"]);
        assert_eq!((bucket.usage[0].key, bucket.usage[0].default, bucket.usage[0].unit), ("storage_gb", "10", "GB"));
        assert_eq!(of("AWS::IAM::Role").status, Status::Free);
        let detector = of("AWS::GuardDuty::Detector");
        assert_eq!(detector.status, Status::Unknown);
        assert!(detector.reason.unwrap().contains("whole account"));
        assert_eq!(of("AWS::IoT::Policy").status, Status::Free);
        assert_eq!(
            of("AWS::Kendra::Index").reason,
            Some("it is billed by the index hour; these prices are not in the price data")
        );
        assert_eq!(
            (of("AWS::Neptune::DBInstance").status, of("AWS::Neptune::DBInstance").reason),
            (Status::Priced, None)
        );
        let listed: BTreeSet<&str> = all.iter().map(|one| one.type_name).collect();
        let missing: Vec<&str> = Registry::embedded().type_names().filter(|name| !listed.contains(name)).collect();
        assert!(
            missing.is_empty() && listed.len() == all.len(),
            "neither free, priced nor unknown with a reason: {missing:?}"
        );
        assert!(all.iter().all(|one| one.status != Status::Unknown || one.reason.is_some()));
        let unnamed: Vec<&str> = all.iter().map(|one| one.type_name).filter(|name| !name.contains("::")).collect();
        assert!(unnamed.is_empty());
        assert!(all.iter().filter(|one| one.status == Status::Priced).all(|one| one.regions.contains(&"us-east-1")));
    }
}
