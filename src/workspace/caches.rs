//! Where answers of AWS are kept between runs. Those of the embedded cloud are not kept: they would
//! be taken for AWS's. Those of another endpoint lie apart.

use sha2::{Digest, Sha256};

use super::Workspace;
use super::folders::cache_folder;
use crate::domain::environment::Environment;
use crate::files::cache::Cache;
use crate::pipeline::prices::{KeptAnswer, PriceCache};
use crate::pipeline::types::{Remembered, TypeCache};
use crate::schema::partition_of;

impl Workspace {
    /// The prices kept for an environment's partition, or for the endpoint that stands in for it.
    pub fn kept_prices(&self, environment: &Environment, endpoint: Option<&str>) -> PriceFolder {
        let place = match endpoint {
            None => partition_of(&environment.region).to_owned(),
            Some(endpoint) => format!("endpoint-{}", short_hash(endpoint)),
        };
        PriceFolder(kept(environment, "prices", &place))
    }

    /// The types kept for an environment's region, or for the endpoint that stands in for it.
    pub fn kept_types(&self, environment: &Environment, endpoint: Option<&str>) -> TypeFolder {
        let place = match endpoint {
            None => environment.region.clone(),
            Some(endpoint) => format!("{}-{}", environment.region, short_hash(endpoint)),
        };
        TypeFolder(kept(environment, "types", &place))
    }
}

fn kept(environment: &Environment, what: &str, place: &str) -> Option<Cache> {
    (!environment.sandbox).then(|| Cache::new(cache_folder().join(what).join(place)))
}

fn short_hash(endpoint: &str) -> String {
    Sha256::digest(endpoint.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// The prices kept for one partition or endpoint; `None` keeps nothing.
pub struct PriceFolder(Option<Cache>);

impl PriceCache for PriceFolder {
    fn read(&self, key: &str) -> Option<KeptAnswer> {
        self.0.as_ref()?.read(key)
    }

    fn write(&self, key: &str, answer: &KeptAnswer) {
        if let Some(cache) = &self.0 {
            cache.write(key, answer);
        }
    }
}

/// The types kept for one region; `None` keeps nothing.
pub struct TypeFolder(Option<Cache>);

impl TypeCache for TypeFolder {
    fn read(&self, type_name: &str) -> Option<Remembered> {
        self.0.as_ref()?.read(type_name)
    }

    fn write(&self, type_name: &str, answer: &Remembered) {
        if let Some(cache) = &self.0 {
            cache.write(type_name, answer);
        }
    }
}
