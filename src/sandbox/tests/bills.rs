//! Cost Explorer.

use super::*;

impl Cloud {
    fn costs(&self, account: &str, start: &str, end: &str, more: &Value) -> Vec<Value> {
        let mut input = json!({
            "TimePeriod": {"Start": start, "End": end}, "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"],
        });
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        let answer = self.send(account, "ce", "AWSInsightsIndexService.GetCostAndUsage", &input).unwrap();
        answer["ResultsByTime"].as_array().unwrap().clone()
    }
}

fn amount(value: &Value) -> f64 {
    value["UnblendedCost"]["Amount"].as_str().unwrap().parse().unwrap()
}

#[test]
fn what_exists_is_billed_by_the_hours_of_the_month() {
    let cloud = cloud();
    let tags = json!([{"Key": "Team", "Value": "core"}]);
    let gateway = json!({"SubnetId": "subnet-1", "ConnectivityType": "private", "Tags": tags});
    assert_eq!(cloud.create(DEV, "AWS::EC2::NatGateway", &gateway)["OperationStatus"], "SUCCESS");
    cloud.create(DEV, "AWS::IAM::Group", &json!({"GroupName": "free"}));
    cloud.create(PROD, "AWS::EC2::EIP", &json!({"Domain": "vpc"}));
    // October is before it, November has 720 hours, December 744.
    let months = cloud.costs(DEV, "2026-10-01", "2027-01-01", &json!({}));
    let totals: Vec<f64> = months.iter().map(|month| amount(&month["Total"])).collect();
    let usage = totals[1] - 720.0 * 0.045;
    assert!(totals[0] == 0.0 && usage > 0.0, "{totals:?}");
    assert!((totals[2] - 744.0 * 0.045 - usage).abs() < 1e-6, "{totals:?}");
    assert_eq!(months[1]["Estimated"], true);
    let by_team = json!({"GroupBy": [{"Type": "TAG", "Key": "Team"}, {"Type": "DIMENSION", "Key": "SERVICE"}]});
    let groups = &cloud.costs(DEV, "2026-11-01", "2026-12-01", &by_team)[0]["Groups"];
    assert_eq!(groups.as_array().unwrap().len(), 1, "{groups}");
    assert_eq!(groups[0]["Keys"], json!(["Team$core", "EC2 - Other"]));
    let addresses = cloud.costs(PROD, "2026-11-01", "2026-12-01", &json!({}));
    assert!((amount(&addresses[0]["Total"]) - 720.0 * 0.005).abs() < 1e-9);
}
