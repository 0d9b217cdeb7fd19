//! The similar products that the Price List has for nearly every product: reserved capacity, other licenses,
//! Outposts, storage modes, allowances. A query without the right filters returns them, as in AWS.

use rust_decimal::Decimal;

use super::products::{Product, made_up};

/// The products that differ from a product in one or two attributes.
pub(super) fn beside(product: &Product) -> Vec<Product> {
    let usage_type = product.attribute("usagetype").unwrap_or_default().to_owned();
    let instance = product.attribute("instanceType").is_some();
    let mut found = Vec::new();
    let mut add = |label: &str, factor: Decimal, attributes: &[(&'static str, String)]| {
        let mut other = product.clone();
        other.sku = made_up(product.id, label, 16);
        other.rate = made_up(product.id, &format!("{label} rate"), 10);
        other.tiers.iter_mut().for_each(|tier| tier.price *= factor);
        for (name, value) in attributes {
            other.set(name, value.clone());
        }
        found.push(other);
    };
    let text = |text: &str| text.to_owned();
    if product.service == "AmazonEC2" && instance {
        let used_as = |word: &str| usage_type.replace("BoxUsage", word);
        let reserved = ("capacitystatus", text("AllocatedCapacityReservation"));
        let unused = ("capacitystatus", text("UnusedCapacityReservation"));
        add("reserved", Decimal::ZERO, &[reserved, ("usagetype", used_as("Reservation"))]);
        add("unused", Decimal::ONE, &[unused, ("usagetype", used_as("UnusedBox"))]);
        let licensed = [("preInstalledSw", text("SQL Web")), ("operation", text("RunInstances:0200"))];
        add("licensed", Decimal::TWO, &licensed);
    }
    if product.attribute("locationType") == Some("AWS Region") {
        let outposts = match usage_type.split_once('-') {
            Some((prefix, rest)) if prefix.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) => {
                format!("{prefix}-Outposts-{rest}")
            }
            _ => format!("USE1-Outposts-{usage_type}"),
        };
        let attributes = [("locationType", text("AWS Outposts")), ("usagetype", outposts)];
        add("outposts", Decimal::new(376, 3), &attributes);
    }
    if instance && product.attribute("databaseEngine").is_some_and(|engine| engine.starts_with("Aurora")) {
        let optimised = usage_type.replace("InstanceUsage", "InstanceUsageIOOptimized");
        add("io", Decimal::new(13, 1), &[("usagetype", optimised), ("storage", text("Aurora IO Optimization Mode"))]);
    }
    if product.service == "AWSLambda" && product.attribute("regionCode") == Some("us-east-1") {
        let attributes = [("regionCode", String::new()), ("usagetype", format!("Global-{usage_type}"))];
        add("allowance", Decimal::ZERO, &attributes);
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::products::all;

    fn usage_types(id: &str) -> Vec<String> {
        let of = all().iter().filter(|product| product.id == id);
        of.map(|product| product.attribute("usagetype").unwrap().to_owned()).collect()
    }

    #[test]
    fn the_wrong_products_come_first() {
        let micro =
            ["EU-Reservation:t3.micro", "EU-UnusedBox:t3.micro", "EU-BoxUsage:t3.micro", "EU-BoxUsage:t3.micro"];
        assert_eq!(usage_types("ec2.t3.micro@eu-west-1"), micro);
        assert_eq!(usage_types("alb.hour@us-east-1"), ["USE1-Outposts-LoadBalancerUsage", "LoadBalancerUsage"]);
        assert_eq!(usage_types("lambda.requests@us-east-1"), ["Global-Request", "Request"]);
        assert_eq!(usage_types("sqs.standard@us-east-1"), ["Requests-RBP"]);
    }
}
