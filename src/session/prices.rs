//! Whose prices a run takes: the Price List as an environment's credentials see it, and the
//! answers kept from earlier runs.

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::types::cache_folder;
use super::{Opened, Session, profiles, view};
use crate::aws::{Clients, PriceList, pricing_endpoint};
use crate::domain::environment::{CostSettings, Environment};
use crate::files::cache::Cache;
use crate::outcome::Failure;
use crate::pipeline::ports::{CloudError, CloudErrorKind, ListPrices};
use crate::pipeline::prices::{KeptAnswer, PriceCache, PriceSettings, Pricing};
use crate::schema::partition_of;

impl Session {
    /// The prices of an environment. Nothing is called before a price is asked for, and what is
    /// wrong with the environment is then a reason to do without the Price List.
    pub async fn pricing(&self, environment: &Environment) -> Pricing<'_> {
        self.pricing_with(environment, None).await
    }

    /// The prices of an environment that is open.
    pub async fn pricing_of(&self, opened: &Opened) -> Pricing<'_> {
        self.pricing_with(&opened.environment, Some(opened.clients.clone())).await
    }

    async fn pricing_with(&self, environment: &Environment, clients: Option<Clients>) -> Pricing<'_> {
        let endpoint = if environment.sandbox { None } else { pricing_endpoint(environment).await };
        let cache = PriceFolder(self.price_cache(environment, endpoint.as_deref()));
        let settings = PriceSettings {
            now: self.now,
            offline: self.offline,
            refresh: self.refresh,
            sign_in: match &environment.profile {
                None if !self.has_project => "aws sso login, or AWS_PROFILE=NAME".to_owned(),
                Some(profile) => format!("aws sso login --profile {profile}, or stagegate context"),
                None => format!("stagegate context --env {}", environment.name),
            },
        };
        let door = Door {
            session: self,
            environment: environment.clone(),
            clients,
            has_endpoint: endpoint.is_some(),
            list: OnceCell::new(),
        };
        Pricing::new(Box::new(door), Box::new(cache), settings)
    }

    /// The folder for a partition's answers. The embedded cloud's are not kept: they would be
    /// taken for AWS's. Those of another endpoint lie apart.
    fn price_cache(&self, environment: &Environment, endpoint: Option<&str>) -> Option<Cache> {
        if environment.sandbox {
            return None;
        }
        let place = match endpoint {
            None => partition_of(&environment.region).to_owned(),
            Some(endpoint) => {
                let hash = Sha256::digest(endpoint.as_bytes());
                let short: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
                format!("endpoint-{short}")
            }
        };
        Some(Cache::new(cache_folder().join("prices").join(place)))
    }
}

/// The Price List behind an environment's credentials, opened with the first question.
struct Door<'a> {
    session: &'a Session,
    environment: Environment,
    /// The clients of an environment that is open.
    clients: Option<Clients>,
    has_endpoint: bool,
    list: OnceCell<PriceList>,
}

impl Door<'_> {
    async fn open(&self) -> Result<PriceList, CloudError> {
        let environment = &self.environment;
        let kind = profiles::authentication(environment).await.map_err(|failure| self.refused(failure))?;
        let clients = match &self.clients {
            // Whoever opened it has said who it is.
            Some(clients) => clients.clone(),
            None => {
                self.session.note(view(environment, kind, None));
                self.session.build_clients(environment).await.map_err(|failure| self.refused(failure))?
            }
        };
        let chosen = self.session.project.cost.pricing_region.as_deref();
        let partition = partition_of(&environment.region);
        // Another partition's credentials are not known where the Price List is.
        if chosen.is_none() && !environment.sandbox && !self.has_endpoint && partition != "aws" {
            let message = format!("the partition {partition} has no Price List in US dollars");
            return Err(self.error(CloudErrorKind::Unsupported, message));
        }
        Ok(match chosen {
            Some(region) => clients.price_list(&[region]),
            None => clients.price_list(&CostSettings::DEFAULT_PRICING_REGIONS),
        })
    }

    fn refused(&self, failure: Failure) -> CloudError {
        let said: Vec<String> = failure.diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect();
        self.error(CloudErrorKind::Credentials, said.join("; "))
    }

    fn error(&self, kind: CloudErrorKind, message: String) -> CloudError {
        CloudError::new(kind, "pricing.GetProducts", &self.environment.name, message)
    }
}

#[async_trait]
impl ListPrices for Door<'_> {
    async fn products(&self, service: &str, filters: &[(String, String)]) -> Result<Vec<String>, CloudError> {
        self.list.get_or_try_init(|| self.open()).await?.products(service, filters).await
    }
}

/// The answers kept for one partition or endpoint; `None` keeps nothing.
struct PriceFolder(Option<Cache>);

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
