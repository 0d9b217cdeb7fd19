//! Clients of what AWS indexes: Resource Explorer and aggregators of AWS Config. They have no mutating calls.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::clients::ClientSet;
use super::json::{JsonClient, JsonService};
use super::pages::Pages;
use super::service_client::Service;
use super::stack::{Call, Stack};
use crate::domain::audit::IndexService;
use crate::domain::project::AccountId;
use crate::pipeline::ports::{CloudError, CloudErrorKind, Indexed, IndexedResource, ReadIndex};
use crate::schema::general_facts;

/// Resource Explorer.
pub(super) const RESOURCE_EXPLORER: JsonService = JsonService {
    service: Service { id: "Resource Explorer 2", signing_name: "resource-explorer-2", is_global: false },
    target: None,
};

/// AWS Config.
pub(super) const CONFIG: JsonService = JsonService {
    service: Service { id: "Config Service", signing_name: "config", is_global: false },
    target: Some("StarlingDoveService"),
};

/// Resources per page. With 1,000, ListResources returns no token for the next page.
const PAGE: usize = 500;

/// A client that reads through a view of Resource Explorer.
#[derive(Clone)]
pub struct ResourceExplorer {
    api: Api,
    /// The name or ARN of a view; `None` for the default view of the Region.
    view: Option<String>,
}

/// A client that queries an aggregator of AWS Config.
#[derive(Clone)]
pub struct ConfigAggregator {
    api: Api,
    name: String,
    account: String,
}

#[derive(Clone)]
struct Api {
    client: JsonClient,
    stack: Stack,
    region: String,
    /// Whether resources of global services are read.
    reads_global: bool,
}

impl Api {
    fn new(
        service: JsonService,
        api: &'static str,
        reads_global: bool,
        set: &ClientSet,
        stack: impl Fn(&'static str, &str) -> Stack,
    ) -> Self {
        let region = set.key.region.clone();
        let client = JsonClient::new(service, &set.config, set.shared(api, &region));
        Self { client, stack: stack(api, &region), region, reads_global }
    }

    /// The Regions to query, as both services name them.
    fn places(&self) -> Vec<&str> {
        let global = self.reads_global.then_some("global");
        std::iter::once(self.region.as_str()).chain(global).collect()
    }

    async fn send<T: DeserializeOwned + std::fmt::Debug + Send + Sync + 'static>(
        &self,
        (action, operation): (&'static str, &'static str),
        input: &Value,
    ) -> Result<T, CloudError> {
        self.stack.call(Call::read(operation), |watch| self.client.send(action, input, watch)).await
    }

    /// Returns all pages of a response; `T` is a page with its token.
    async fn all<T: DeserializeOwned + std::fmt::Debug + Send + Sync + 'static>(
        &self,
        (action, operation): (&'static str, &'static str),
        input: Value,
        token: impl Fn(&T) -> Option<&str>,
    ) -> Result<Vec<T>, CloudError> {
        let mut pages = Pages::new(operation, &self.stack.place.environment);
        let mut input = input;
        let mut found = Vec::new();
        loop {
            let page: T = self.send((action, operation), &input).await?;
            let next = pages.next(token(&page))?;
            found.push(page);
            let Some(next) = next else { return Ok(found) };
            input["NextToken"] = Value::from(next);
        }
    }

    fn error(&self, kind: CloudErrorKind, operation: &'static str, message: String) -> CloudError {
        CloudError::new(kind, operation, &self.stack.place.environment, message)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexPage {
    indexes: Vec<Index>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Index {
    region: String,
    r#type: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DefaultView {
    view_arn: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ViewPage {
    views: Vec<String>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FoundView {
    view: View,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct View {
    #[serde(default)]
    included_properties: Vec<Property>,
    filters: Option<Filters>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Property {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filters {
    filter_string: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TypePage {
    resource_types: Vec<SupportedType>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
struct SupportedType {
    #[serde(rename = "CFNResourceTypes", default)]
    names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResourcePage {
    resources: Vec<Resource>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    arn: String,
    cfn_resource_type: Option<String>,
    last_reported_at: Option<Timestamp>,
    #[serde(default)]
    properties: Vec<Property>,
}

const LIST_INDEXES: (&str, &str) = ("ListIndexes", "resource-explorer.ListIndexes");
const GET_DEFAULT_VIEW: (&str, &str) = ("GetDefaultView", "resource-explorer.GetDefaultView");
const LIST_VIEWS: (&str, &str) = ("ListViews", "resource-explorer.ListViews");
const GET_VIEW: (&str, &str) = ("GetView", "resource-explorer.GetView");
const LIST_TYPES: (&str, &str) = ("ListSupportedResourceTypes", "resource-explorer.ListSupportedResourceTypes");
const LIST_RESOURCES: (&str, &str) = ("ListResources", "resource-explorer.ListResources");

impl ResourceExplorer {
    pub(super) fn new(
        set: &ClientSet,
        view: Option<&str>,
        reads_global: bool,
        stack: impl Fn(&'static str, &str) -> Stack,
    ) -> Self {
        let api = Api::new(RESOURCE_EXPLORER, "resource-explorer", reads_global, set, stack);
        Self { api, view: view.map(str::to_owned) }
    }

    /// Returns the Regions whose resources can be found in this Region: all indexed ones if its index is the aggregator.
    async fn regions(&self) -> Result<Vec<String>, CloudError> {
        let region = &self.api.region;
        let pages: Vec<IndexPage> =
            self.api.all(LIST_INDEXES, json!({}), |page: &IndexPage| page.next_token.as_deref()).await?;
        let indexes: Vec<Index> = pages.into_iter().flat_map(|page| page.indexes).collect();
        let Some(own) = indexes.iter().find(|index| index.region == *region) else {
            let message = format!("Resource Explorer has no index in {region}; use --source list, or create one there");
            return Err(self.api.error(CloudErrorKind::NotFound, LIST_INDEXES.1, message));
        };
        let mut regions = match own.r#type.as_deref() {
            Some("AGGREGATOR") => indexes.into_iter().map(|index| index.region).collect(),
            _ => vec![region.clone()],
        };
        regions.sort();
        Ok(regions)
    }

    /// Returns the ARN of the view.
    async fn view(&self) -> Result<String, CloudError> {
        let region = &self.api.region;
        match &self.view {
            Some(arn) if arn.starts_with("arn:") => Ok(arn.clone()),
            Some(name) => {
                let pages: Vec<ViewPage> =
                    self.api.all(LIST_VIEWS, json!({}), |page: &ViewPage| page.next_token.as_deref()).await?;
                let is_named = |arn: &String| arn.rsplit('/').nth(1) == Some(name);
                pages.into_iter().flat_map(|page| page.views).find(is_named).ok_or_else(|| {
                    let message = format!("Resource Explorer has no view `{name}` in {region}");
                    self.api.error(CloudErrorKind::NotFound, LIST_VIEWS.1, message)
                })
            }
            None => {
                let found: DefaultView = self.api.send(GET_DEFAULT_VIEW, &json!({})).await?;
                found.view_arn.filter(|arn| !arn.is_empty()).ok_or_else(|| {
                    let message = format!(
                        "Resource Explorer has no default view in {region}; name one with --source resource-explorer:VIEW"
                    );
                    self.api.error(CloudErrorKind::NotFound, GET_DEFAULT_VIEW.1, message)
                })
            }
        }
    }
}

#[async_trait]
impl ReadIndex for ResourceExplorer {
    fn service(&self) -> IndexService {
        IndexService::ResourceExplorer
    }

    async fn resources(&self) -> Result<Indexed, CloudError> {
        let regions = self.regions().await?;
        let arn = self.view().await?;
        let FoundView { view } = self.api.send(GET_VIEW, &json!({"ViewArn": arn})).await?;
        if !view.included_properties.iter().any(|property| property.name == "tags") {
            let message = format!("the view {arn} does not include tags; use one that does, or --source list");
            return Err(self.api.error(CloudErrorKind::Unsupported, GET_VIEW.1, message));
        }
        let types: Vec<TypePage> =
            self.api.all(LIST_TYPES, json!({"MaxResults": 1000}), |page: &TypePage| page.next_token.as_deref()).await?;
        let filter = format!("region:{}", self.api.places().join(","));
        let input = json!({"ViewArn": arn, "Filters": {"FilterString": filter}, "MaxResults": PAGE});
        let pages: Vec<ResourcePage> =
            self.api.all(LIST_RESOURCES, input, |page: &ResourcePage| page.next_token.as_deref()).await?;
        let resources: Vec<Resource> = pages.into_iter().flat_map(|page| page.resources).collect();
        Ok(Indexed {
            regions,
            updated: resources.iter().filter_map(|resource| resource.last_reported_at).max(),
            resources: resources
                .into_iter()
                .map(|resource| IndexedResource {
                    is_tagged: resource.properties.iter().any(|property| property.name == "tags"),
                    arn: resource.arn,
                    type_name: resource.cfn_resource_type,
                })
                .collect(),
            through: arn,
            types: Some(types.into_iter().flat_map(|page| page.resource_types).flat_map(|one| one.names).collect()),
            filter: view.filters.map(|filters| filters.filter_string).filter(|filter| !filter.is_empty()),
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueryPage {
    results: Vec<String>,
    next_token: Option<String>,
}

/// A row of a query.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    arn: Option<String>,
    resource_type: Option<String>,
    configuration_item_capture_time: Option<Timestamp>,
    aws_region: Option<String>,
    #[serde(default)]
    tags: Vec<Value>,
}

impl ConfigAggregator {
    pub(super) fn new(
        set: &ClientSet,
        name: &str,
        reads_global: bool,
        stack: impl Fn(&'static str, &str) -> Stack,
    ) -> Self {
        let account = set.key.account.to_string();
        Self { api: Api::new(CONFIG, "config", reads_global, set, stack), name: name.to_owned(), account }
    }

    /// Returns a client of the same aggregator, which is in one account and Region, that reads what it has of another account
    /// and Region.
    pub fn of_place(mut self, account: &AccountId, region: &str, reads_global: bool) -> Self {
        self.account = account.to_string();
        region.clone_into(&mut self.api.region);
        self.api.reads_global = reads_global;
        self
    }
}

#[async_trait]
impl ReadIndex for ConfigAggregator {
    fn service(&self) -> IndexService {
        IndexService::Config
    }

    async fn resources(&self) -> Result<Indexed, CloudError> {
        const QUERY: (&str, &str) = ("SelectAggregateResourceConfig", "config.SelectAggregateResourceConfig");
        let Self { api, name, account } = self;
        let region = &api.region;
        let places = api.places().join("', '");
        let expression = format!(
            "SELECT arn, resourceType, awsRegion, tags, configurationItemCaptureTime \
             WHERE accountId = '{account}' AND awsRegion IN ('{places}')"
        );
        let input = json!({"ConfigurationAggregatorName": name, "Expression": expression, "Limit": 100});
        let pages: Vec<QueryPage> = api.all(QUERY, input, |page: &QueryPage| page.next_token.as_deref()).await?;
        let mut indexed = Indexed { through: name.clone(), ..Indexed::default() };
        let (mut regions, mut types) = (BTreeSet::new(), BTreeSet::new());
        let names = &general_facts().config_types;
        for text in pages.iter().flat_map(|page| &page.results) {
            let row: Row = serde_json::from_str(text).map_err(|error| {
                api.error(
                    CloudErrorKind::Malformed,
                    QUERY.1,
                    format!("a row of the response is not as queried: {error}"),
                )
            })?;
            indexed.updated = indexed.updated.max(row.configuration_item_capture_time);
            regions.extend(row.aws_region);
            let type_name = row.resource_type.map(|name| names.get(&name).cloned().unwrap_or(name));
            types.extend(type_name.clone());
            let is_tagged = !row.tags.is_empty();
            indexed.resources.extend(row.arn.map(|arn| IndexedResource { arn, type_name, is_tagged }));
        }
        if regions.is_empty() {
            let message = format!("the aggregator {name} has no resource of {account} in {region}");
            return Err(api.error(CloudErrorKind::NotFound, QUERY.1, message));
        }
        indexed.regions = regions.into_iter().collect();
        // Config records the types that its recorder is set to: of others it has none.
        indexed.types = Some(types);
        Ok(indexed)
    }
}
