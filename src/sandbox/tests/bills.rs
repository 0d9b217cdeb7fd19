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
    // October is before it. Of November, 20 days have begun.
    let months = cloud.costs(DEV, "2026-10-01", "2026-12-01", &json!({}));
    let totals: Vec<f64> = months.iter().map(|month| amount(&month["Total"])).collect();
    let usage = (totals[1] - 480.0 * 0.045) / 20.0 * 30.0;
    assert!(totals[0] == 0.0 && usage > 0.0, "{totals:?}");
    assert_eq!((&months[0]["Estimated"], &months[1]["Estimated"]), (&json!(false), &json!(true)));
    // November has 720 hours, December 744.
    cloud.clock.advance(std::time::Duration::from_secs(50 * 24 * 3600));
    let months = cloud.costs(DEV, "2026-11-01", "2027-01-01", &json!({}));
    let totals: Vec<f64> = months.iter().map(|month| amount(&month["Total"])).collect();
    assert!((totals[0] - 720.0 * 0.045 - usage).abs() < 1e-6, "{totals:?}");
    assert!((totals[1] - 744.0 * 0.045 - usage).abs() < 1e-6, "{totals:?}");
    let by_team = json!({"GroupBy": [{"Type": "TAG", "Key": "Team"}, {"Type": "DIMENSION", "Key": "SERVICE"}]});
    let groups = &cloud.costs(DEV, "2026-11-01", "2026-12-01", &by_team)[0]["Groups"];
    assert_eq!(groups.as_array().unwrap().len(), 1, "{groups}");
    assert_eq!(groups[0]["Keys"], json!(["Team$core", "EC2 - Other"]));
    let addresses = cloud.costs(PROD, "2026-11-01", "2026-12-01", &json!({}));
    assert!((amount(&addresses[0]["Total"]) - 720.0 * 0.005).abs() < 1e-9);
}

/// Records a bill of an account.
fn record(cloud: &Cloud, account: &str, month: &str, lines: &Value) {
    let folder = cloud.sandbox.options().directory.join("bills").join(account);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{month}.json")), json!({"lines": lines}).to_string()).unwrap();
}

#[test]
fn recorded_months_replace_what_resources_would_cost() {
    let cloud = cloud();
    cloud.create(DEV, "AWS::EC2::EIP", &json!({"Domain": "vpc"}));
    let lines = json!([
        {"service": "AWS Lambda", "amount": "3.1", "tags": {"Team": "core"}},
        {"service": "AWS Lambda", "amount": "-1", "record_type": "Credit"},
        {"service": "Amazon S3", "amount": "7", "currency": "CNY", "day": "2026-10-02"},
    ]);
    record(&cloud, DEV, "2026-10", &lines);
    record(&cloud, DEV, "2026-11", &json!([{"service": "AWS Lambda", "amount": "4"}]));
    let by_record =
        json!({"GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "DIMENSION", "Key": "RECORD_TYPE"}]});
    let months = cloud.costs(DEV, "2026-09-01", "2026-12-01", &by_record);
    let shown = |month: &Value| -> Vec<String> {
        let groups = month["Groups"].as_array().unwrap().iter();
        groups
            .map(|group| {
                let cost = &group["Metrics"]["UnblendedCost"];
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                [&group["Keys"][0], &group["Keys"][1], &cost["Amount"], &cost["Unit"]].map(text).join(" ")
            })
            .collect()
    };
    assert_eq!(shown(&months[0]), [""; 0]);
    assert_eq!(shown(&months[1]), ["AWS Lambda Credit -1 USD", "AWS Lambda Usage 3.1 USD", "Amazon S3 Usage 7 CNY"]);
    // What is recorded of the running month is what was billed until today.
    assert_eq!(shown(&months[2]), ["AWS Lambda Usage 4 USD"]);
    let week =
        cloud.costs(DEV, "2026-10-01", "2026-10-11", &json!({"Filter": {"Tags": {"Key": "Team", "Values": ["core"]}}}));
    assert_eq!(amount(&week[0]["Total"]), 1.0);
    let no_credit = json!({"Filter": {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Credit"]}}}, "GroupBy": by_record["GroupBy"]});
    assert_eq!(shown(&cloud.costs(DEV, "2026-10-01", "2026-11-01", &no_credit)[0]).len(), 2);
}

#[test]
fn what_cost_explorer_does_not_have_is_refused() {
    let cloud = cloud();
    let ask = |start: &str, end: &str, more: &Value| {
        let mut input = json!({
            "TimePeriod": {"Start": start, "End": end}, "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"],
        });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        cloud.send(DEV, "ce", "AWSInsightsIndexService.GetCostAndUsage", &input)
    };
    assert!(ask("2025-10-01", "2026-12-01", &json!({})).is_ok());
    assert!(ask("2026-11-01", "2026-12-02", &json!({})).unwrap_err().contains("ValidationException"));
    assert!(ask("2025-09-01", "2026-11-01", &json!({})).unwrap_err().contains("ValidationException"));
    let token = json!({"NextPageToken": "x"});
    assert!(ask("2026-11-01", "2026-12-01", &token).unwrap_err().contains("InvalidNextTokenException"));
    record(&cloud, DEV, "2026-11", &json!([{"service": "a", "amount": "much"}]));
    assert!(ask("2026-11-01", "2026-12-01", &json!({})).unwrap_err().contains("ValidationException"));
}

#[test]
fn many_groups_are_on_several_pages() {
    let cloud = cloud();
    let lines: Vec<Value> = (0..7_000).map(|n| json!({"service": format!("s{n:04}"), "amount": "1"})).collect();
    record(&cloud, DEV, "2026-10", &json!(lines[..3_000]));
    record(&cloud, DEV, "2026-11", &json!(lines));
    let mut input = json!({
        "TimePeriod": {"Start": "2026-10-01", "End": "2026-12-01"}, "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost"], "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
    });
    let mut found = std::collections::BTreeSet::new();
    let mut pages = 0;
    loop {
        let answer = cloud.send(DEV, "ce", "AWSInsightsIndexService.GetCostAndUsage", &input).unwrap();
        pages += 1;
        for period in answer["ResultsByTime"].as_array().unwrap() {
            for group in period["Groups"].as_array().unwrap() {
                assert!(found.insert(format!("{} {}", period["TimePeriod"]["Start"], group["Keys"][0])));
            }
        }
        match answer.get("NextPageToken") {
            Some(token) => input["NextPageToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!((found.len(), pages), (10_000, 2));
}
