//! Caches of AWS responses between runs. Responses of the sandbox are not cached, because they would be used as
//! those of AWS. Custom endpoints have separate caches.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::Workspace;
use super::folders::cache_folder;
use crate::aws::{AnswerStore, StoredAnswer};
use crate::domain::project::Environment;
use crate::files::cache::Cache;
use crate::pipeline::prices::{Book, CachedPriceList, PriceBooks, PriceCache};
use crate::pipeline::types::{CachedType, TypeCache};
use crate::schema::partition_of;

impl Workspace {
    /// Returns the price cache of an environment's partition, or of a custom endpoint.
    pub fn price_cache(&self, environment: &Environment, endpoint: Option<&str>) -> PriceCacheFolder {
        let place = match endpoint {
            None => partition_of(&environment.region).to_owned(),
            Some(endpoint) => format!("endpoint-{}", short_hash(endpoint)),
        };
        PriceCacheFolder(cache(environment, "prices", &place))
    }

    /// Returns the price books for an environment; the sandbox uses none, because its prices must not depend on the user's files.
    pub fn price_books_of(&self, environment: &Environment) -> PriceBookFolder {
        PriceBookFolder { cache: (!environment.sandbox).then(|| Cache::new(price_book_folder())) }
    }

    /// Returns the price books of the user.
    pub fn price_books(&self) -> PriceBookFolder {
        PriceBookFolder { cache: Some(Cache::new(price_book_folder())) }
    }

    /// Returns the type cache of an environment's Region, or of a custom endpoint.
    pub fn type_cache(&self, environment: &Environment, endpoint: Option<&str>) -> TypeCacheFolder {
        let place = match endpoint {
            None => environment.region.clone(),
            Some(endpoint) => format!("{}-{}", environment.region, short_hash(endpoint)),
        };
        TypeCacheFolder(cache(environment, "types", &place))
    }
}

impl Workspace {
    /// Returns the answers of earlier runs in an environment's account and Region, for commands that only read; `None` for the
    /// sandbox. With `refresh`, earlier answers are not used.
    pub fn answer_store(
        &self,
        environment: &Environment,
        endpoint: Option<&str>,
        refresh: bool,
    ) -> Option<Arc<dyn AnswerStore>> {
        let place = match endpoint {
            None => format!("{}-{}", environment.account, environment.region),
            Some(endpoint) => format!("{}-{}-{}", environment.account, environment.region, short_hash(endpoint)),
        };
        let cache = cache(environment, "answers", &place)?;
        Some(Arc::new(AnswerFolder { cache, refresh }))
    }
}

/// The files of a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheFiles {
    /// What they are.
    pub name: &'static str,
    /// The folder.
    pub folder: PathBuf,
    /// Number of files.
    pub files: u64,
    /// When the newest one was written.
    pub newest: Option<SystemTime>,
}

/// Returns the caches of the user.
pub fn cache_files() -> Vec<CacheFiles> {
    let of = |name: &'static str| {
        let folder = cache_folder().join(name);
        let entries = walkdir::WalkDir::new(&folder).max_depth(CACHE_DEPTH).into_iter().flatten();
        let written: Vec<SystemTime> = entries
            .filter(|entry| entry.file_type().is_file())
            .filter_map(|entry| entry.metadata().ok()?.modified().ok())
            .collect();
        CacheFiles { name, folder, files: written.len() as u64, newest: written.into_iter().max() }
    };
    ["answers", "price-book", "prices", "types"].map(of).to_vec()
}

/// How deep the files of a cache are in its folder.
const CACHE_DEPTH: usize = 3;

/// Returns the answers of earlier runs in an environment's account and Region, those of custom endpoints included.
pub(super) fn answer_folders(environment: &Environment) -> Vec<AnswerFolder> {
    let place = format!("{}-{}", environment.account, environment.region);
    let of_endpoint = format!("{place}-");
    let folders = std::fs::read_dir(cache_folder().join("answers")).into_iter().flatten().flatten();
    let named = |folder: &std::fs::DirEntry| {
        let name = folder.file_name();
        name.to_str().is_some_and(|name| name == place || name.starts_with(&of_endpoint))
    };
    let folders = folders.filter(named);
    folders.map(|folder| AnswerFolder { cache: Cache::new(folder.path()), refresh: false }).collect()
}

/// Answers of earlier runs, one file each.
#[derive(Debug)]
pub(super) struct AnswerFolder {
    cache: Cache,
    refresh: bool,
}

impl AnswerFolder {
    /// Questions contain identifiers, which may be longer than the name of a file.
    fn key(question: &str) -> String {
        Sha256::digest(question.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl AnswerStore for AnswerFolder {
    fn read(&self, question: &str) -> Option<StoredAnswer> {
        if self.refresh {
            return None;
        }
        self.cache.read(&Self::key(question))
    }

    fn write(&self, answer: &StoredAnswer) {
        self.cache.write(&Self::key(&answer.question), answer);
    }

    fn remove(&self, question: &str) {
        self.cache.remove(&Self::key(question));
    }
}

fn cache(environment: &Environment, what: &str, place: &str) -> Option<Cache> {
    (!environment.sandbox).then(|| Cache::new(cache_folder().join(what).join(place)))
}

fn short_hash(endpoint: &str) -> String {
    Sha256::digest(endpoint.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// The price cache of a partition or endpoint; `None` caches nothing.
pub struct PriceCacheFolder(Option<Cache>);

impl PriceCache for PriceCacheFolder {
    fn read(&self, key: &str) -> Option<CachedPriceList> {
        self.0.as_ref()?.read(key)
    }

    fn write(&self, key: &str, answer: &CachedPriceList) {
        if let Some(cache) = &self.0 {
            cache.write(key, answer);
        }
    }
}

/// Returns the folder of the price books, beside the cache of prices.
pub fn price_book_folder() -> PathBuf {
    cache_folder().join("price-book")
}

/// The price books, one file per Region; `None` has none.
pub struct PriceBookFolder {
    cache: Option<Cache>,
}

impl PriceBookFolder {
    /// Stores books. Each replaces the one of its Region at once.
    ///
    /// # Errors
    /// A book cannot be written, or not be read back, as where the folder belongs to another user.
    pub fn store(&self, books: &[Book]) -> std::io::Result<()> {
        let Some(cache) = &self.cache else { return Ok(()) };
        for book in books {
            cache.store(&book.region, book)?;
            if self.book(&book.region).as_ref() != Some(book) {
                return Err(std::io::Error::other("the file could not be read back: it must belong to you"));
            }
        }
        Ok(())
    }

    /// Returns the Regions that have a file, sorted, whether it can be used or not.
    pub fn regions(&self) -> Vec<String> {
        self.cache.as_ref().map(Cache::keys).unwrap_or_default()
    }
}

impl PriceBooks for PriceBookFolder {
    fn book(&self, region: &str) -> Option<Book> {
        self.cache.as_ref()?.read::<Book>(region).filter(|book| book.is_valid(region))
    }
}

/// The type cache of a Region; `None` caches nothing.
pub struct TypeCacheFolder(Option<Cache>);

impl TypeCache for TypeCacheFolder {
    fn read(&self, type_name: &str) -> Option<CachedType> {
        self.0.as_ref()?.read(type_name)
    }

    fn write(&self, type_name: &str, answer: &CachedType) {
        if let Some(cache) = &self.0 {
            cache.write(type_name, answer);
        }
    }
}
