//! The Price List Query API over the embedded snapshot: `GetProducts`, `DescribeServices` and
//! `GetAttributeValues`, in AWS's format.

mod beside;
mod products;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::services::Call;
use super::store::Tables;
use super::wire::ApiError;
use products::Product;

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, _tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "GetProducts" => get_products(call),
        "DescribeServices" => describe_services(call),
        "GetAttributeValues" => attribute_values(call),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}

fn get_products(call: &Call<'_>) -> Result<Value, ApiError> {
    if let Some(version) = call.text("FormatVersion").filter(|version| *version != "aws_v1") {
        return Err(invalid(format!("Invalid FormatVersion: {version}")));
    }
    let service = service(call)?;
    let filters = filters(call.input)?;
    let fits =
        |product: &&Product| product.service == service && filters.iter().all(|filter| filter.lets_through(product));
    let found = products::all().iter().filter(fits).map(|product| Value::String(document(product).to_string()));
    page(call, "PriceList", found.collect(), json!({"FormatVersion": "aws_v1"}))
}

/// The service in a call, for which the snapshot must have prices.
fn service<'a>(call: &Call<'a>) -> Result<&'a str, ApiError> {
    let service = call.text("ServiceCode").ok_or_else(|| invalid("ServiceCode is required."))?;
    if products::all().iter().any(|product| product.service == service) {
        return Ok(service);
    }
    Err(ApiError::new("NotFoundException", format!("The service code {service} cannot be found.")))
}

/// One filter; a product must match all filters of a call.
struct Filter<'a> {
    kind: &'a str,
    field: &'a str,
    value: &'a str,
}

fn filters(input: &Value) -> Result<Vec<Filter<'_>>, ApiError> {
    let given = input.get("Filters").and_then(Value::as_array).into_iter().flatten();
    given
        .map(|filter| {
            let text = |name: &str| filter.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            let (Some(kind), Some(field), Some(value)) = (text("Type"), text("Field"), text("Value")) else {
                return Err(invalid("A filter needs a Type, a Field and a Value."));
            };
            if !["TERM_MATCH", "EQUALS", "CONTAINS", "ANY_OF", "NONE_OF"].contains(&kind) {
                return Err(invalid(format!("Invalid filter type: {kind}")));
            }
            Ok(Filter { kind, field, value })
        })
        .collect()
}

impl Filter<'_> {
    fn lets_through(&self, product: &Product) -> bool {
        let value = match self.field {
            "ServiceCode" | "servicecode" => Some(product.service),
            field => product.attribute(field),
        };
        let listed = || self.value.split(',').map(str::trim);
        match (self.kind, value) {
            // A product without the attribute is not excluded.
            ("NONE_OF", value) => value.is_none_or(|value| !listed().any(|one| one == value)),
            (_, None) => false,
            ("CONTAINS", Some(value)) => value.contains(self.value),
            ("ANY_OF", Some(value)) => listed().any(|one| one == value),
            (_, Some(value)) => value == self.value,
        }
    }
}

/// A product as an element of `PriceList`, which is JSON text there.
fn document(product: &Product) -> Value {
    let (sku, term, rate) = (&product.sku, &product.term, &product.rate);
    let mut attributes: Map<String, Value> = Map::new();
    for (name, value) in &product.attributes {
        if *name != "productFamily" {
            attributes.insert((*name).to_owned(), json!(value));
        }
    }
    attributes.insert("servicecode".into(), json!(product.service));
    if let Some(location) = product.attribute("regionCode").and_then(location) {
        attributes.insert("location".into(), json!(location));
        attributes.entry("locationType").or_insert(json!("AWS Region"));
    } else {
        attributes.insert("location".into(), json!("Any"));
    }
    let tiers = &product.tiers;
    let mut dimensions = Vec::new();
    for (index, tier) in tiers.iter().enumerate() {
        // The snapshot knows one rate code per price: that of its first tier.
        let code = if index == 0 { rate.clone() } else { products::made_up(product.id, &format!("tier {index}"), 10) };
        let end = tiers.get(index + 1).map_or_else(|| "Inf".to_owned(), |next| next.begin.normalize().to_string());
        let name = format!("{sku}.{term}.{code}");
        let dimension = json!({
            "rateCode": name,
            "unit": product.unit,
            "beginRange": tier.begin.normalize().to_string(),
            "endRange": end,
            "description": format!("${} per {}", tier.price.normalize(), product.unit),
            "appliesTo": [],
            "pricePerUnit": {"USD": dollars(tier.price)},
        });
        dimensions.push((code, name, dimension));
    }
    // In AWS the map is unordered, so it must not have the order of the tiers.
    dimensions.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    let dimensions: Map<String, Value> = dimensions.into_iter().map(|(_, name, dimension)| (name, dimension)).collect();
    let mut about = Map::new();
    if let Some(family) = product.attribute("productFamily") {
        about.insert("productFamily".into(), json!(family));
    }
    about.insert("attributes".into(), Value::Object(attributes));
    about.insert("sku".into(), json!(sku));
    let date = format!("{}T00:00:00Z", product.as_of);
    let offer = json!({
        "offerTermCode": term,
        "sku": sku,
        "effectiveDate": date,
        "priceDimensions": dimensions,
        "termAttributes": {},
    });
    json!({
        "product": about,
        "serviceCode": product.service,
        "terms": terms(product, offer),
        "version": product.as_of.replace('-', "") + "000000",
        "publicationDate": date,
    })
}

/// The on-demand offer, and for instances a one-year reserved offer.
fn terms(product: &Product, offer: Value) -> Value {
    let (sku, term) = (&product.sku, &product.term);
    let mut terms = json!({"OnDemand": {format!("{sku}.{term}"): offer}});
    if product.attribute("instanceType").is_some() {
        const ONE_YEAR: &str = "4NA7Y494T4";
        let name = format!("{sku}.{ONE_YEAR}.{}", product.rate);
        let rate = product.tiers.first().map(|tier| tier.price * Decimal::new(6, 1)).unwrap_or_default();
        let dimension = json!({
            "rateCode": name,
            "unit": product.unit,
            "beginRange": "0",
            "endRange": "Inf",
            "description": "reserved for a year",
            "appliesTo": [],
            "pricePerUnit": {"USD": dollars(rate)},
        });
        let ahead = json!({
            "offerTermCode": ONE_YEAR,
            "sku": sku,
            "effectiveDate": terms["OnDemand"][format!("{sku}.{term}")]["effectiveDate"],
            "priceDimensions": {name: dimension},
            "termAttributes": {"LeaseContractLength": "1yr", "OfferingClass": "standard", "PurchaseOption": "No Upfront"},
        });
        terms["Reserved"] = json!({format!("{sku}.{ONE_YEAR}"): ahead});
    }
    terms
}

/// A price in the Price List's format: ten decimals; a few of the snapshot's have more.
fn dollars(price: Decimal) -> String {
    format!("{price:.*}", usize::try_from(price.scale()).unwrap_or_default().max(10))
}

/// A region's name in the Price List.
fn location(region: &str) -> Option<&'static str> {
    match region {
        "us-east-1" => Some("US East (N. Virginia)"),
        "us-west-2" => Some("US West (Oregon)"),
        "eu-west-1" => Some("EU (Ireland)"),
        _ => None,
    }
}

fn describe_services(call: &Call<'_>) -> Result<Value, ApiError> {
    let wanted = call.text("ServiceCode").map(|_| service(call)).transpose()?;
    let mut attributes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for product in products::all() {
        if wanted.is_none_or(|wanted| wanted == product.service) {
            attributes.entry(product.service).or_default().extend(product.attributes.iter().map(|(name, _)| *name));
        }
    }
    let services = attributes.into_iter().map(|(code, names)| json!({"ServiceCode": code, "AttributeNames": names}));
    page(call, "Services", services.collect(), json!({"FormatVersion": "aws_v1"}))
}

fn attribute_values(call: &Call<'_>) -> Result<Value, ApiError> {
    let service = service(call)?;
    let name = call.text("AttributeName").ok_or_else(|| invalid("AttributeName is required."))?;
    let of_service = products::all().iter().filter(|product| product.service == service);
    let values: BTreeSet<&str> = of_service.filter_map(|product| product.attribute(name)).collect();
    if values.is_empty() {
        return Err(ApiError::new("NotFoundException", format!("The attribute {name} cannot be found.")));
    }
    page(call, "AttributeValues", values.into_iter().map(|value| json!({"Value": value})).collect(), json!({}))
}

/// One page (`MaxResults`, `NextToken`) under a name.
fn page(call: &Call<'_>, name: &str, items: Vec<Value>, mut answer: Value) -> Result<Value, ApiError> {
    let limit = match call.input.get("MaxResults") {
        None | Some(Value::Null) => 100,
        Some(value) => match value.as_u64().and_then(|limit| usize::try_from(limit).ok()) {
            Some(limit @ 1..=100) => limit,
            _ => return Err(invalid("MaxResults must be between 1 and 100.")),
        },
    };
    let skip = match call.text("NextToken") {
        None => 0,
        Some(token) => token
            .parse::<usize>()
            .ok()
            .filter(|skip| *skip <= items.len())
            .ok_or_else(|| ApiError::new("InvalidNextTokenException", "The pagination token is invalid."))?,
    };
    let is_more = items.len() > skip.saturating_add(limit);
    let shown: Vec<Value> = items.into_iter().skip(skip).take(limit).collect();
    answer[name] = Value::Array(shown);
    if is_more {
        answer["NextToken"] = json!((skip + limit).to_string());
    }
    Ok(answer)
}
