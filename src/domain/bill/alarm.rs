//! Billing alarms of CloudWatch.

use rust_decimal::Decimal;
use serde_json::Value;

/// An alarm on the estimated charges of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillingAlarm {
    /// Its name.
    pub name: String,
    /// The threshold.
    pub threshold: Decimal,
    /// The currency.
    pub currency: String,
    /// Whether its actions are performed, and there are some.
    pub notifies: bool,
    /// The service whose charges alone it watches; `None` for all charges.
    pub service: Option<String>,
}

impl BillingAlarm {
    /// Reads the properties of an `AWS::CloudWatch::Alarm`; `None` if it watches something else, or no fixed amount.
    pub fn read(properties: &Value) -> Option<Self> {
        let text = |name: &str| properties.get(name).and_then(Value::as_str);
        if text("Namespace") != Some("AWS/Billing") || text("MetricName") != Some("EstimatedCharges") {
            return None;
        }
        let dimension = |name: &str| {
            let all = properties.get("Dimensions").and_then(Value::as_array).into_iter().flatten();
            all.filter(|one| one["Name"] == name).find_map(|one| one["Value"].as_str())
        };
        let threshold = match properties.get("Threshold")? {
            Value::String(text) => text.parse().ok()?,
            number => number.to_string().parse().ok()?,
        };
        let has_action = properties["AlarmActions"].as_array().is_some_and(|actions| !actions.is_empty());
        Some(Self {
            name: text("AlarmName").unwrap_or_default().to_owned(),
            threshold,
            currency: dimension("Currency").unwrap_or("USD").to_owned(),
            notifies: has_action && properties["ActionsEnabled"] != false,
            service: dimension("ServiceName").map(str::to_owned),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_alarms_on_charges_are_billing_alarms() {
        let mut alarm = json!({
            "AlarmName": "charges", "Namespace": "AWS/Billing", "MetricName": "EstimatedCharges", "Threshold": 25,
            "Dimensions": [{"Name": "Currency", "Value": "USD"}], "AlarmActions": ["arn:aws:sns:us-east-1:1:a"],
        });
        let read = BillingAlarm::read(&alarm).unwrap();
        assert_eq!((read.threshold, read.notifies, read.service), (Decimal::from(25), true, None));
        alarm["ActionsEnabled"] = json!(false);
        alarm["Dimensions"][0] = json!({"Name": "ServiceName", "Value": "AmazonEC2"});
        let read = BillingAlarm::read(&alarm).unwrap();
        assert_eq!((read.notifies, read.service.as_deref()), (false, Some("AmazonEC2")));
        alarm["MetricName"] = json!("Errors");
        assert_eq!(BillingAlarm::read(&alarm), None);
    }
}
