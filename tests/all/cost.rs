//! `cost`: reviews of recorded months, and what is said where there is no bill.

use serde_json::{Value, json};

use super::support::{DEV, PROD, Run, User};

/// Late enough that November 2025 is over, and early enough that Cost Explorer still has it.
const THEN: &str = "2026-11-20T09:30:00Z";

/// A user of the sandbox, both of whose clocks stand still.
fn user_at(time: &str) -> User {
    at(User::of_sandbox(), time)
}

fn at(user: User, time: &str) -> User {
    let milliseconds = time.parse::<jiff::Timestamp>().unwrap().as_millisecond().to_string();
    let clock = user.write("clock", &milliseconds);
    user.with("STAGEGATE_TEST_SANDBOX_CLOCK", clock.to_str().unwrap()).with("STAGEGATE_TEST_NOW", time)
}

/// Records a bill of an account.
fn record(user: &User, account: &str, month: &str, lines: &Value) {
    user.write(&format!("../sandbox/bills/{account}/{month}.json"), &json!({"lines": lines}).to_string());
}

fn line(service: &str, amount: &str) -> Value {
    json!({"service": service, "amount": amount})
}

const S3: &str = "Amazon Simple Storage Service";
const SES: &str = "Amazon Simple Email Service";
const RDS: &str = "Amazon Relational Database Service";
const LAMBDA: &str = "AWS Lambda";

/// The user of the month in the product's description.
pub(super) fn november() -> User {
    let user = user_at(THEN);
    record(&user, DEV, "2025-11", &json!([line(SES, "0.30"), line(LAMBDA, "0.15"), line(S3, "0.45")]));
    record(
        &user,
        PROD,
        "2025-11",
        &json!([line(RDS, "26.78"), line(LAMBDA, "1.20"), line(S3, "2.50"), line(SES, "5.00")]),
    );
    user
}

fn review(user: &User, arguments: &[&str], code: i32) -> Run {
    user.run(&[&["cost"], arguments].concat()).expect(code)
}

#[test]
fn a_recorded_month_is_the_documented_tree() {
    let user = november();
    let text = review(&user, &["--month", "2025-11"], 2).stdout;
    let tree = "📊 Monthly AWS Costs (November 2025)\n\n\
                aws-dev:\n├─ S3 Storage: $0.45\n├─ SES Emails: $0.30\n├─ Lambda Execution: $0.15\n└─ Total: $0.90\n\n\
                aws-prod:\n├─ S3 Storage: $2.50\n├─ SES Emails: $5.00\n├─ RDS Database: $26.78\n├─ Lambda Execution: $1.20\n\
                └─ Total: $35.48\n\n\
                Combined Total: $36.38/month\n";
    assert!(text.starts_with(tree), "{text}");
    assert!(text.contains("Alerts: $25.00 crossed; $50.00, $100.00 not crossed\n"), "{text}");
    assert!(text.contains("2 requests of $0.01 each"), "{text}");
    insta::assert_snapshot!("cost-november", text);
    let document = user.json(&["cost", "--month", "2025-11"], 2);
    let body = &document["body"];
    assert_eq!((&body["combined_total"], &body["source"]), (&json!("36.38"), &json!("cost_explorer")));
    let totals: Vec<&Value> = body["environments"].as_array().unwrap().iter().map(|one| &one["total"]).collect();
    assert_eq!(totals, ["0.90", "35.48"]);
    assert_eq!(document["api_calls"]["costexplorer.GetCostAndUsage"], 2);
    insta::assert_json_snapshot!("cost-november-json", body);
}

#[test]
fn credits_refunds_tax_currencies_and_an_empty_account_are_right() {
    let user = user_at(THEN);
    let of = |service: &str, record_type: &str, amount: &str| json!({"service": service, "record_type": record_type, "amount": amount});
    record(
        &user,
        DEV,
        "2025-11",
        &json!([
            line(S3, "12.00"),
            of(S3, "Credit", "-10.00"),
            of(LAMBDA, "Credit", "-1.50"),
            line(LAMBDA, "1.50"),
            of("Refund", "Refund", "-0.25"),
            of("Tax", "Tax", "0.38"),
            of("AWS Support (Developer)", "Support", "29.00"),
            line("AWS Secrets Manager", "0.0012"),
            json!({"service": "Amazon Elastic Compute Cloud - Compute", "amount": "70.10", "currency": "CNY"}),
        ]),
    );
    std::fs::create_dir_all(user.folder().join("../sandbox/bills").join(PROD)).unwrap();
    let run = review(&user, &["--month", "2025-11"], 2);
    let tree = "aws-dev:\n├─ S3 Storage: $12.00\n├─ Lambda Execution: $1.50\n├─ EC2 Instances: CNY 70.10\n\
                ├─ Secrets Manager: <$0.01\n├─ Support (Developer): $29.00\n├─ Tax: $0.38\n├─ Credits: -$11.50\n\
                ├─ Refunds: -$0.25\n├─ Total: $31.13\n└─ Total: CNY 70.10\n\n\
                aws-prod:\n└─ Total: $0.00\n\n\
                Combined Total: $31.13/month and CNY 70.10/month\n";
    assert!(run.stdout.contains(tree), "{run}");
    assert!(run.stderr.contains("warning[other-currency]"), "{run}");
    let body = &user.json(&["cost", "--month", "2025-11"], 2)["body"];
    assert_eq!(body["environments"][0]["totals"][1], json!({"amount": "70.10", "currency": "CNY"}));
    assert_eq!((&body["environments"][1]["lines"], &body["combined_total"]), (&json!([]), &json!("31.13")));
}

#[test]
fn a_running_month_has_a_forecast_by_its_run_rate() {
    let user = user_at("2026-11-15T09:30:00Z");
    record(
        &user,
        DEV,
        "2026-11",
        &json!([line(S3, "14.00"), {"service": "AWS Support (Developer)", "record_type": "Support", "amount": "2", "day": "2026-11-01"}]),
    );
    record(&user, DEV, "2026-10", &json!([line(S3, "20.00")]));
    record(&user, PROD, "2026-11", &json!([]));
    let text = review(&user, &[], 0).stdout;
    for said in [
        "└─ Total: $16.00 so far, $30.00 at this rate\n",
        "Combined Total: $16.00 so far, $30.00/month at this rate\n",
        "Alerts: $25.00 to be crossed at this rate; $50.00, $100.00 not crossed\n",
        "Largest changes against 2026-10, at this rate:\n  aws-dev S3 Storage: $20.00 → $28.00 (+$8.00, +40 %)\n",
        "AWS may still change the amounts",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let body = &user.json(&["cost"], 0)["body"];
    assert_eq!(body["running"], json!({"days_begun": 15, "days": 30}));
    // The first day says too little.
    let first = at(user, "2026-11-01T09:30:00Z");
    assert_eq!(first.json(&["cost"], 0)["body"]["combined_forecast"], Value::Null);
}

#[test]
fn alerts_are_those_of_the_project() {
    let user = november();
    let config = |alerts: &str| {
        let environments = format!(
            "  dev: {{ account: \"{DEV}\", region: us-east-1 }}\n  prod: {{ account: \"{PROD}\", region: us-east-1, protected: true }}\n"
        );
        user.write(
            "stagegate.yaml",
            &format!("version: 1\nproject: shop\nenvironments:\n{environments}cost: {{ alerts: {alerts} }}\n"),
        );
    };
    config("[36.39, 40]");
    let document = user.json(&["cost", "--month", "2025-11"], 0);
    assert_eq!(document["body"]["alerts"][0], json!({"threshold": "36.39", "crossed": false, "forecast": false}));
    assert_eq!(document["diagnostics"], json!([]));
    config("[36.38]");
    assert_eq!(user.json(&["cost", "--month", "2025-11"], 2)["body"]["alerts"][0]["crossed"], true);
    config("[]");
    assert_eq!(user.json(&["cost", "--month", "2025-11"], 0)["body"]["alerts"], json!([]));
    user.json(&["cost", "--month", "2025-11", "--env", "prod"], 0);
}

#[test]
fn estimates_are_compared_with_what_was_billed() {
    let user = User::of_sandbox().with("STAGEGATE_TEST_NOW", THEN);
    user.write(
        "alarms.yaml",
        "Resources:\n  Errors:\n    Type: AWS::CloudWatch::Alarm\n    Properties: { AlarmName: charges-dev, Namespace: AWS/Billing, \
         MetricName: EstimatedCharges, Threshold: 25, ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 1, \
         Statistic: Maximum, Period: 21600, Dimensions: [{ Name: Currency, Value: USD }] }\n  \
         Key:\n    Type: AWS::SecretsManager::Secret\n    Properties: { Name: key-dev }\n",
    );
    user.json(&["create", "-f", "alarms.yaml"], 0);
    let user = at(user, "2026-12-05T09:30:00Z");
    let tagged = |service: &str, amount: &str, stack: &str| json!({"service": service, "amount": amount, "tags": {"Project": "sandbox", "StackResource": stack}});
    record(
        &user,
        DEV,
        "2026-11",
        &json!([
            tagged("AWS Secrets Manager", "0.20", "alarms/Key"),
            tagged("AmazonCloudWatch", "0.04", "alarms/Errors"),
            line(LAMBDA, "3.00"),
        ]),
    );
    record(&user, PROD, "2026-11", &json!([]));
    let body = user.json(&["cost", "--month", "2026-11"], 0)["body"].clone();
    // The resources existed on 11 of 30 days: of $0.41 and $0.10 a month, $0.15 and $0.04 were estimated.
    let rows = body["accuracy"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    let secret = rows.iter().find(|row| row["service"] == "Secrets Manager").unwrap();
    assert_eq!((&secret["estimate"], &secret["actual"]), (&json!("0.15"), &json!("0.20")));
    assert_eq!((&secret["error_percent"], &secret["within_target"]), (&json!("33"), &json!(false)));
    assert_eq!(secret["types"], json!(["AWS::SecretsManager::Secret"]));
    assert_eq!(body["environments"][0]["alarms"][0]["threshold"], "25.00");
    assert_eq!(
        (&body["environments"][0]["alarms"][0]["notifies"], &body["environments"][1]["alarms"]),
        (&json!(false), &json!([]))
    );
    let lines = |by: &str| -> Vec<String> {
        let body = user.json(&["cost", "--month", "2026-11", "--by", by], 0)["body"].clone();
        let lines = body["environments"][0]["lines"].as_array().unwrap().iter();
        lines
            .map(|line| format!("{} {}", line["service"].as_str().unwrap(), line["amount"].as_str().unwrap()))
            .collect()
    };
    assert_eq!(lines("project"), ["sandbox 0.24", "(no project) 3.00"]);
    assert_eq!(lines("stack"), ["alarms 0.24", "(no stack) 3.00"]);
    let text = review(&user, &["--month", "2026-11"], 0).stdout;
    assert!(
        text.contains(
            "✗ aws-dev sandbox Secrets Manager (SecretsManager::Secret): estimated $0.15, billed $0.20 (+33 %)"
        ),
        "{text}"
    );
    // Without the tag in the bill, nothing can be compared.
    record(&user, DEV, "2026-11", &json!([line("AWS Secrets Manager", "0.20")]));
    let document = user.json(&["cost", "--month", "2026-11"], 0);
    assert_eq!(
        (&document["body"]["accuracy"], &document["diagnostics"][0]["code"]),
        (&json!([]), &json!("cost-tag-inactive"))
    );
}

#[test]
fn without_cost_explorer_the_tags_say_what_was_estimated() {
    let owner = User::of_sandbox();
    for code in ["AccessDeniedException", "DataUnavailableException"] {
        let server = owner.serve_with(&["--fail", &format!("GetCostAndUsage={code}")]);
        let user = User::of_accounts(&server.endpoint, "shop", DEV, PROD);
        user.write(
            "secret.yaml",
            "Resources:\n  Key: { Type: AWS::SecretsManager::Secret, Properties: { Name: key-dev } }\n",
        );
        user.json(&["create", "-f", "secret.yaml"], 0);
        let document = user.json(&["cost"], 0);
        let body = &document["body"];
        assert_eq!((&body["source"], &body["environments"][0]["total"]), (&json!("tags"), &json!("0.41")), "{body}");
        assert_eq!((&document["diagnostics"][0]["code"], &body["accuracy"]), (&json!("cost-from-tags"), &json!([])));
        let run = review(&user, &["--strict"], 1);
        assert!(run.stdout.contains("aws-dev: (estimates of tags, not a bill)\n├─ Secrets Manager: $0.41\n"), "{run}");
    }
    let server = owner.serve_with(&[
        "--fail",
        "GetCostAndUsage=ThrottlingException",
        "--fail",
        "ListResources=AccessDeniedException",
    ]);
    let user = User::of_accounts(&server.endpoint, "shop", DEV, PROD).with("STAGEGATE_TEST_RETRY_MILLIS", "200");
    let run = user.run(&["cost", "--json"]).expect(1);
    assert!(run.document()["diagnostics"][0]["code"] == "aws-throttled", "{run}");
    let server = owner.serve_with(&["--fail", "ListResources=AccessDeniedException"]);
    let user = User::of_accounts(&server.endpoint, "shop", DEV, PROD);
    let document = user.json(&["cost"], 2);
    assert_eq!(document["diagnostics"][0]["code"], "billing-alarms-unread");
    assert_eq!(document["body"]["environments"][0]["alarms"], Value::Null);
}

#[test]
fn one_account_that_cannot_be_read_leaves_the_review_of_the_others() {
    let owner = User::of_sandbox();
    for (rule, code) in [("GetCostAndUsage=InternalServerException", 2), ("GetCallerIdentity=AccessDenied", 2)] {
        let server = owner.serve_with(&["--fail", &format!("{PROD}/{rule}")]);
        let user = User::of_accounts(&server.endpoint, "shop", DEV, PROD).with("STAGEGATE_TEST_RETRY_MILLIS", "200");
        let document = user.json(&["cost"], code);
        let body = &document["body"];
        assert_eq!(
            (&body["environments"][0]["name"], &body["environments"][1]),
            (&json!("dev"), &Value::Null),
            "{rule}"
        );
        assert_eq!(body["not_read"][0]["name"], "prod", "{rule}: {body}");
        let codes: Vec<&Value> = document["diagnostics"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
        assert!(codes.contains(&&json!("incomplete")), "{rule}: {codes:?}");
        let text = user.run(&["cost"]).expect(2).stdout;
        assert!(text.contains("aws-prod: not read: prod: "), "{rule}: {text}");
        user.json(&["cost", "--env", "prod"], if rule.contains("Identity") { 6 } else { 1 });
        user.json(&["cost", "--strict"], 1);
    }
}

#[test]
fn environments_of_one_account_share_its_bill_by_their_tag() {
    let user = user_at(THEN);
    user.write(
        "stagegate.yaml",
        &format!(
            "version: 1\nproject: shop\nsingle_account: true\nenvironments:\n  dev: {{ account: \"{DEV}\", region: us-east-1 }}\n  \
             prod: {{ account: \"{DEV}\", region: us-east-1 }}\n"
        ),
    );
    let of = |amount: &str, value: &str| json!({"service": S3, "amount": amount, "tags": {"Environment": value}});
    record(&user, DEV, "2025-11", &json!([of("1.00", "development"), of("2.00", "production"), line(S3, "9.00")]));
    let document = user.json(&["cost", "--month", "2025-11"], 0);
    let totals: Vec<&Value> =
        document["body"]["environments"].as_array().unwrap().iter().map(|one| &one["total"]).collect();
    assert_eq!((totals, &document["body"]["combined_total"]), (vec![&json!("1.00"), &json!("2.00")], &json!("3.00")));
}

#[test]
fn months_without_data_are_refused() {
    let user = user_at(THEN);
    for month in ["2026-12", "2025-09"] {
        let document = user.json(&["cost", "--month", month], 64);
        assert_eq!(document["diagnostics"][0]["code"], "cost-month", "{month}");
        assert_eq!(document["diagnostics"][0]["hint"], "use a month from 2025-10 to 2026-11");
    }
    user.json(&["cost", "--month", "2025-13"], 64);
    user.json(&["cost", "--by", "color"], 64);
    // The oldest month has none before it that could be asked for.
    record(&user, DEV, "2025-10", &json!([line(S3, "1.00")]));
    let body = user.json(&["cost", "--month", "2025-10"], 0)["body"].clone();
    assert_eq!((&body["environments"][0]["previous_totals"], &body["movers"]), (&Value::Null, &json!([])));
}

/// The tags of a page, without those that have no end.
fn tags_of(page: &str) -> Vec<&str> {
    let starts = page.split('<').skip(1).map(|rest| rest.split(['>', ' ', '\n']).next().unwrap());
    starts.filter(|tag| !["!DOCTYPE", "meta"].contains(tag)).collect()
}

#[test]
fn the_page_is_complete_in_itself_and_well_formed() {
    let user = november();
    record(&user, PROD, "2025-10", &json!([line("<script>alert(1)</script> & more", "3.00")]));
    record(&user, PROD, "2025-12", &json!([line("<script>alert(1)</script> & more", "3.00")]));
    for (month, code) in [("2025-11", 2), ("2025-12", 0)] {
        let page = review(&user, &["--month", month, "--output", "html"], code).stdout;
        assert!(page.starts_with("<!DOCTYPE html>\n") && page.ends_with("</html>\n"), "{page}");
        let mut open = Vec::new();
        for tag in tags_of(&page) {
            match tag.strip_prefix('/') {
                Some(closed) => assert_eq!(open.pop(), Some(closed), "{page}"),
                None => open.push(tag),
            }
        }
        assert!(open.is_empty(), "{open:?}: {page}");
        for foreign in ["http://", "https://", "src=", "href=", "url(", "@import", "<script", "<link"] {
            assert!(!page.contains(foreign), "{foreign}: {page}");
        }
        assert!(page.contains("default-src 'none'"), "{page}");
    }
    let page = review(&user, &["--month", "2025-11", "--output", "html"], 2).stdout;
    assert_eq!((page.matches("<svg").count(), page.matches("<rect").count()), (2, 7));
    for said in ["Combined Total: $36.38/month", "S3 Storage", "$26.78", "Total: $35.48", "width=\"400\""] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let page = review(&user, &["--month", "2025-12", "--output", "html"], 0).stdout;
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62; &#38; more"), "{page}");
    let markdown = review(&user, &["--month", "2025-11", "--output", "markdown"], 2).stdout;
    assert!(markdown.contains("| **Total** | **$35.48** |"), "{markdown}");
    let failed = user.run(&["cost", "--month", "2031-01", "--output", "html"]).expect(64).stdout;
    assert!(failed.contains("2031-01 has not begun"), "{failed}");
}
