#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::sandbox::{Sandbox, SandboxOptions};
use crate::schema::Registry;

fn account(id: &str, token: &str, environment: &str) -> SeedAccount {
    SeedAccount { id: id.into(), region: "us-east-1".into(), token: token.into(), environment: environment.into() }
}

fn accounts() -> Vec<SeedAccount> {
    vec![account("111111111111", "dev", "development"), account("222222222222", "prod", "production")]
}

/// A stand-in for the digest of a promoted configuration: without its tags.
fn digest(schema: &TypeSchema, properties: &Value) -> String {
    let mut bare = properties.clone();
    tags::write(schema, &mut bare, &Tags::new());
    crate::domain::digest::of(&bare)
}

/// A stand-in for the record of what was declared.
fn applied(_: &TypeSchema, declared: &Value, _: &Value) -> String {
    crate::domain::digest::of(declared)
}

/// Every resource of an estate: account, type, identifier, model.
fn estate(count: u32, seed: u64) -> Vec<(String, String, String, Value)> {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::open(SandboxOptions::new(directory.path(), Vec::new())).unwrap();
    let estate =
        Estate { accounts: &accounts(), resources: count, seed, promoted_digest: digest, applied_digest: applied };
    sandbox.seed_estate(&estate).unwrap();
    let mut all = Vec::new();
    let read = |tables: &Tables<'_>| -> Result<(), ApiError> {
        for account in accounts() {
            for type_name in Registry::embedded().type_names() {
                tables.each_of_type::<ApiError>(&account.id, None, type_name, "", |identifier, model| {
                    all.push((account.id.clone(), type_name.into(), identifier, serde_json::from_str(&model).unwrap()));
                    Ok(true)
                })?;
            }
        }
        Ok(())
    };
    sandbox.shared.store.read(read).unwrap();
    all
}

#[test]
fn the_same_seed_gives_the_same_estate_and_another_one_another() {
    let one = estate(200, 7);
    assert_eq!(one.len(), 200);
    assert_eq!(one, estate(200, 7));
    assert_ne!(one, estate(200, 8));
    for count in [1, 2, 41] {
        assert_eq!(estate(count, 0).len() as u32, count);
    }
}

#[test]
fn pairs_name_each_other_and_some_have_drifted() {
    let all = estate(600, 1);
    let (mut pairs, mut drifted, mut dev_only, mut untagged) = (0, 0, 0, 0);
    for (account, type_name, identifier, model) in &all {
        let schema = Registry::embedded().get(type_name).unwrap();
        if schema.tagging.property.is_none() {
            continue;
        }
        let tags = tags::read(schema, model);
        match tags.get(tracking::PROMOTION_STATUS).map(String::as_str) {
            None => untagged += 1,
            Some("dev-only") => dev_only += 1,
            Some("synced") if account == "111111111111" => {
                pairs += 1;
                let prod = tracking::decode_identifier(&tags[tracking::PROD_COUNTERPART]);
                let other = all
                    .iter()
                    .find(|(account, name, id, _)| account == "222222222222" && name == type_name && *id == prod)
                    .unwrap_or_else(|| panic!("{type_name} {identifier} has no {prod}"));
                let back = tags::read(schema, &other.3);
                assert_eq!(tracking::decode_identifier(&back[tracking::DEV_COUNTERPART]), *identifier);
                let is_as_promoted =
                    |tags: &Tags, model: &Value| tags[tracking::PROMOTED_DIGEST] == digest(schema, model);
                drifted += i32::from(!(is_as_promoted(&tags, model) && is_as_promoted(&back, &other.3)));
            }
            Some(_) => {}
        }
    }
    assert!(pairs > 100 && drifted > 5 && dev_only > 20 && untagged > 5, "{pairs} {drifted} {dev_only} {untagged}");
    assert!(drifted * 4 < pairs, "{drifted} of {pairs}");
}

#[test]
fn what_is_seeded_is_valid_by_its_schema() {
    for (_, type_name, identifier, mut model) in estate(300, 3) {
        let schema = Registry::embedded().get(&type_name).unwrap();
        for path in &schema.read_only {
            path.remove_from(&mut model);
        }
        let mut problems = Registry::embedded().validate(&type_name, &model);
        // Write-only values are never stored.
        problems.retain(|problem| problem.code.as_str() != "missing-property");
        assert!(problems.is_empty(), "{type_name} {identifier}: {problems:?}");
    }
}
