//! Generates a realistic estate, reproducible from its seed.
//!
//! It consists of applications ([`estate`]), most of them promoted from the first account to the
//! second and tagged as after a promotion, the rest in dev only. Some resources have drifted
//! since, and some have no tags, so that audits, drift checks and promotions have results.

mod estate;

use std::collections::BTreeMap;

use serde_json::Value;

use super::clock::Millis;
use super::cloudcontrol;
use super::model;
use super::model::random::Random;
use super::store::{Key, Tables};
use super::tags::{self, Tags};
use super::types;
use super::wire::ApiError;
use crate::domain::tags as tracking;
use crate::schema::TypeSchema;
use estate::{Applications, Network, Part};

/// 2026-11-02: estates do not depend on the current date.
const MADE_AT: Millis = 1_793_620_800_000;
const MADE_ON: &str = "2026-11-02";

/// An account to fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedAccount {
    /// Twelve digits.
    pub id: String,
    /// The region of its resources.
    pub region: String,
    /// The suffix of its resources' names, such as `dev`.
    pub token: String,
    /// The value of its `Environment` tags.
    pub environment: String,
}

/// An estate to create.
#[derive(Debug, Clone, Copy)]
pub struct Estate<'a> {
    /// The accounts to fill: the first two. Pairs need two.
    pub accounts: &'a [SeedAccount],
    /// How many resources, over both accounts.
    pub resources: u32,
    /// The seed.
    pub seed: u64,
    /// Computes the value of the tag `PromotedDigest` of a resource with these properties. The sandbox does not
    /// define its format.
    pub promoted_digest: fn(&TypeSchema, &Value) -> String,
    /// Computes the value of the tag `AppliedDigest` from the declared and the stored properties.
    pub applied_digest: fn(&TypeSchema, &Value, &Value) -> String,
}

/// The history of a resource after its creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum History {
    /// In dev only.
    DevOnly,
    /// Promoted, both sides equal.
    Synced,
    /// Promoted, then changed on one side.
    Drifted,
    /// Created manually: no tags.
    Untagged,
}

/// Creates exactly as many resources as the estate has.
pub(super) fn seed(tables: &Tables<'_>, estate: &Estate<'_>) -> Result<(), ApiError> {
    let Estate { accounts, resources, seed, promoted_digest, applied_digest } = *estate;
    let Some(dev) = accounts.first() else {
        return Err(ApiError::internal("there is no account to seed"));
    };
    let random = Random::new(&["estate", &seed.to_string()]);
    let mut seeder = Seeder { tables, random, promoted_digest, applied_digest, left: resources, made: 0 };
    let mut sides = vec![Side::new(dev)];
    sides.extend(accounts.get(1).map(Side::new));
    seeder.network(&mut sides)?;
    for application in Applications::new(seed) {
        let is_promoted = sides.len() == 2 && seeder.random.percent(&format!("promoted {}", application.name)) < 70;
        sides.iter_mut().for_each(|side| side.made.clear());
        for part in Part::ALL {
            let fate = seeder.fate(&application.name, part, is_promoted);
            let both = matches!(fate, History::Synced | History::Drifted);
            if seeder.left == 0 {
                return Ok(());
            }
            if both && seeder.left < 2 {
                continue;
            }
            let mut pair = Vec::new();
            for side in sides.iter_mut().take(if both { 2 } else { 1 }) {
                let (type_name, desired) = estate::desired(part, &application, side);
                let tags = (fate != History::Untagged).then(|| base_tags(side.account, &application));
                let declared = (pair.is_empty() && tags.is_some()).then(|| desired.clone());
                let identifier = seeder.create(side, type_name, desired, tags)?;
                side.made.insert(part, identifier.clone());
                if let Some(declared) = declared {
                    let stack_resource = format!("{}/{part:?}", application.name);
                    seeder.record(side.account, type_name, &identifier, &declared, stack_resource)?;
                }
                pair.push((side.account.clone(), type_name, identifier));
            }
            seeder.track(&pair, fate, part)?;
        }
    }
    Ok(())
}

/// One account during seeding.
struct Side<'a> {
    account: &'a SeedAccount,
    network: Network,
    /// Identifiers of the current application's resources.
    made: BTreeMap<Part, String>,
}

impl<'a> Side<'a> {
    fn new(account: &'a SeedAccount) -> Self {
        Self { account, network: Network::default(), made: BTreeMap::new() }
    }
}

struct Seeder<'a> {
    tables: &'a Tables<'a>,
    random: Random,
    promoted_digest: fn(&TypeSchema, &Value) -> String,
    applied_digest: fn(&TypeSchema, &Value, &Value) -> String,
    left: u32,
    made: u32,
}

impl Seeder<'_> {
    /// Creates the resources shared by all applications of an account; small estates have none.
    fn network(&mut self, sides: &mut [Side<'_>]) -> Result<(), ApiError> {
        let needed = sides.len() * estate::NETWORK_STEPS;
        if usize::try_from(self.left).unwrap_or(usize::MAX) < needed * 4 {
            return Ok(());
        }
        let shared = estate::shared();
        for step in 0..estate::NETWORK_STEPS {
            let mut pair = Vec::new();
            for side in sides.iter_mut() {
                let (type_name, desired) = estate::network(step, side);
                let tags = Some(base_tags(side.account, &shared));
                let identifier = self.create(side, type_name, desired, tags)?;
                side.network.note(step, identifier.clone());
                pair.push((side.account.clone(), type_name, identifier));
            }
            let fate = if pair.len() == 2 { History::Synced } else { History::DevOnly };
            self.track(&pair, fate, Part::Group)?;
        }
        Ok(())
    }

    fn fate(&self, application: &str, part: Part, is_promoted: bool) -> History {
        let draw = self.random.percent(&format!("fate {application} {part:?}"));
        match draw {
            0..=4 => History::Untagged,
            5..=14 if is_promoted && part.can_drift() => History::Drifted,
            _ if is_promoted => History::Synced,
            _ => History::DevOnly,
        }
    }

    fn create(
        &mut self,
        side: &Side<'_>,
        type_name: &str,
        mut desired: Value,
        tags: Option<Tags>,
    ) -> Result<String, ApiError> {
        if let (Some(tags), Some(schema)) = (tags, types::get(type_name)) {
            tags::write(schema, &mut desired, &tags);
        }
        self.left = self.left.saturating_sub(1);
        self.made += 1;
        let SeedAccount { id, region, .. } = side.account;
        cloudcontrol::seed(self.tables, id, region, MADE_AT, type_name, desired)
    }

    /// Writes the tags of a resource that a template declares.
    fn record(
        &self,
        account: &SeedAccount,
        type_name: &str,
        identifier: &str,
        declared: &Value,
        stack_resource: String,
    ) -> Result<(), ApiError> {
        self.change(account, type_name, identifier, |schema, properties| {
            let applied = (self.applied_digest)(schema, declared, properties);
            let mut tags = tags::read(schema, properties);
            tags.insert(tracking::STACK_RESOURCE.to_owned(), stack_resource);
            tags.insert(tracking::APPLIED_DIGEST.to_owned(), applied);
            tags::write(schema, properties, &tags);
        })
    }

    /// Changes the properties of a resource whose type has tags.
    fn change(
        &self,
        account: &SeedAccount,
        type_name: &str,
        identifier: &str,
        change: impl FnOnce(&TypeSchema, &mut Value),
    ) -> Result<(), ApiError> {
        let Some(schema) = types::get(type_name).filter(|schema| schema.tagging.property.is_some()) else {
            return Ok(());
        };
        let key = Key {
            account: account.id.clone(),
            region: model::home_region(type_name, &account.region).to_owned(),
            type_name: type_name.to_owned(),
            identifier: identifier.to_owned(),
        };
        let Some(mut record) = self.tables.find(&key)? else { return Ok(()) };
        let mut properties: Value = serde_json::from_str(&record.properties).unwrap_or_default();
        change(schema, &mut properties);
        record.properties = properties.to_string();
        record.ever_tagged = true;
        self.tables.update(&record)?;
        Ok(())
    }

    /// Writes the tags of a promotion, and applies drift to one side.
    fn track(&self, pair: &[(SeedAccount, &'static str, String)], fate: History, part: Part) -> Result<(), ApiError> {
        if fate == History::Untagged {
            return Ok(());
        }
        let counterpart = |at: usize| pair.get(at).and_then(|(_, _, id)| tracking::encode_identifier(id).ok());
        for (index, (account, type_name, identifier)) in pair.iter().enumerate() {
            self.change(account, type_name, identifier, |schema, properties| {
                let mut tags = tags::read(schema, properties);
                let mut put = |key: &str, value: String| tags.insert(key.to_owned(), value);
                let other = if index == 0 { tracking::PROD_COUNTERPART } else { tracking::DEV_COUNTERPART };
                if pair.len() == 2 {
                    put(tracking::PROMOTION_STATUS, "synced".to_owned());
                    if let Some(counterpart) = counterpart(1 - index) {
                        put(other, counterpart);
                    }
                    put(tracking::PROMOTED_DIGEST, (self.promoted_digest)(schema, properties));
                } else {
                    put(tracking::PROMOTION_STATUS, "dev-only".to_owned());
                }
                // Alternates between a manual change in prod and further development in dev.
                if fate == History::Drifted && index == usize::from(self.random.percent(identifier) < 50) {
                    part.drift(properties);
                }
                tags::write(schema, properties, &tags);
            })?;
        }
        Ok(())
    }
}

fn base_tags(account: &SeedAccount, application: &estate::Application) -> Tags {
    let pairs = [
        (tracking::MANAGED_BY, tracking::MANAGER),
        (tracking::MANAGED_BY_VERSION, env!("CARGO_PKG_VERSION")),
        (tracking::ENVIRONMENT, account.environment.as_str()),
        (tracking::PROJECT, application.project),
        (tracking::COST_CENTER, application.cost_center),
        (tracking::CREATED_BY, "sandbox"),
        (tracking::CREATED_DATE, MADE_ON),
        (tracking::PURPOSE, application.name.as_str()),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests;
