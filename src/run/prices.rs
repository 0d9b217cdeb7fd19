//! The price sources of a run: the AWS Price List, accessed with an environment's credentials, and the cache.

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::environments::view;
use super::{OpenEnvironment, Run, profiles};
use crate::aws::{Clients, PriceList, pricing_endpoint};
use crate::domain::project::{CostSettings, Environment};
use crate::outcome::Failure;
use crate::pipeline::event::Event;
use crate::pipeline::ports::{CloudError, CloudErrorKind, ListPrices};
use crate::pipeline::prices::{PriceSettings, Pricing};
use crate::schema::partition_of;

impl Run {
    /// Returns the prices for an environment. No call is made before a price is needed. If the environment cannot be
    /// used, the estimate works without the Price List.
    pub async fn pricing(&self, environment: &Environment) -> Pricing<'_> {
        self.pricing_with(environment, None).await
    }

    /// Returns the prices for an open environment.
    pub async fn pricing_of(&self, opened: &OpenEnvironment) -> Pricing<'_> {
        self.pricing_with(&opened.environment, Some(opened.clients.clone())).await
    }

    async fn pricing_with(&self, environment: &Environment, clients: Option<Clients>) -> Pricing<'_> {
        let endpoint = if environment.sandbox { None } else { pricing_endpoint(environment).await };
        let cache = self.workspace.price_cache(environment, endpoint.as_deref());
        let source = profiles::authentication(environment).await.ok().and_then(|found| found.source);
        let sign_in = match source.and_then(|source| source.sign_in()) {
            _ if environment.profile.is_none() && !self.workspace.has_project() => {
                "aws sso login, or AWS_PROFILE=NAME".to_owned()
            }
            Some(command) => format!("{command}, or stagegate context"),
            None => format!("stagegate context --env {}", environment.name),
        };
        let settings =
            PriceSettings { now: self.now, offline: self.global().offline, refresh: self.global().refresh, sign_in };
        let price_list = LazyPriceList {
            run: self,
            environment: environment.clone(),
            clients,
            has_endpoint: endpoint.is_some(),
            list: OnceCell::new(),
        };
        let books = self.workspace.price_books_of(environment);
        Pricing::new(Box::new(price_list), Box::new(cache), Box::new(books), settings)
    }
}

/// The Price List, accessed with an environment's credentials; connected on first use.
struct LazyPriceList<'a> {
    run: &'a Run,
    environment: Environment,
    /// The clients, if the environment is open.
    clients: Option<Clients>,
    has_endpoint: bool,
    list: OnceCell<PriceList>,
}

impl LazyPriceList<'_> {
    async fn open(&self) -> Result<PriceList, CloudError> {
        let environment = &self.environment;
        let authentication = profiles::authentication(environment).await.map_err(|failure| self.refused(failure))?;
        let clients = match &self.clients {
            // The identity was recorded when the environment was opened.
            Some(clients) => clients.clone(),
            None => {
                self.run.record_environment(view(environment, authentication.kind, None, None));
                self.run.clients_even_offline(environment).await.map_err(|failure| self.refused(failure))?
            }
        };
        let chosen = self.run.workspace.project().cost.pricing_region.as_deref();
        let partition = partition_of(&environment.region);
        // The Price List does not accept credentials of other partitions.
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
impl ListPrices for LazyPriceList<'_> {
    async fn products(&self, service: &str, filters: &[(String, String)]) -> Result<Vec<String>, CloudError> {
        self.run.events.emit(Event::PricesAsked { service: service.to_owned() });
        self.list.get_or_try_init(|| self.open()).await?.products(service, filters).await
    }
}
