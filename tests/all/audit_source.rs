//! `tag-audit --source`: resources that never had a tag, found by listing, in Resource Explorer or in AWS Config.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, call_as, messages};

const QUEUE: &str = "AWS::SQS::Queue";

fn control(server: &Server, account: &str, operation: &str, input: &Value) -> Value {
    call_as(account, &server.endpoint, "cloudcontrolapi", &format!("CloudApiService.{operation}"), input).unwrap()
}

/// Creates a resource and returns its identifier.
fn make(server: &Server, account: &str, type_name: &str, desired: &Value) -> String {
    let input = json!({"TypeName": type_name, "DesiredState": desired.to_string()});
    let mut event = control(server, account, "CreateResource", &input)["ProgressEvent"].clone();
    loop {
        match event["OperationStatus"].as_str().unwrap() {
            "SUCCESS" => return event["Identifier"].as_str().unwrap().to_owned(),
            "FAILED" => panic!("{event}"),
            _ => {
                let token = json!({"RequestToken": event["RequestToken"]});
                event = control(server, account, "GetResourceRequestStatus", &token)["ProgressEvent"].clone();
            }
        }
    }
}

/// Turns Resource Explorer on in both accounts, with a default view and with a view of topics.
fn index(server: &Server) {
    for account in [DEV, PROD] {
        make(server, account, "AWS::ResourceExplorer2::Index", &json!({"Type": "LOCAL"}));
        let view = |name: &str, filter: &str| json!({"ViewName": name, "IncludedProperties": [{"Name": "tags"}], "Filters": {"FilterString": filter}});
        let all = make(server, account, "AWS::ResourceExplorer2::View", &view("all", ""));
        make(server, account, "AWS::ResourceExplorer2::View", &view("topics", "resourcetype:sns:topic"));
        make(server, account, "AWS::ResourceExplorer2::View", &json!({"ViewName": "without-tags"}));
        make(server, account, "AWS::ResourceExplorer2::DefaultViewAssociation", &json!({"ViewArn": all}));
    }
}

/// Has AWS Config collect the resources of both accounts.
fn aggregate(server: &Server) {
    for account in [DEV, PROD] {
        let source = json!([{"AccountIds": [account], "AllAwsRegions": true}]);
        let desired = json!({"ConfigurationAggregatorName": "org", "AccountAggregationSources": source});
        make(server, account, "AWS::Config::ConfigurationAggregator", &desired);
    }
}

/// An estate with resources of many types, of which some have no tags.
fn estate() -> (User, Server) {
    let user = User::of_sandbox();
    user.run(&["sandbox", "seed", "--resources", "200"]).expect(0);
    let server = user.serve();
    make(&server, DEV, QUEUE, &json!({"QueueName": "plain"}));
    make(&server, PROD, QUEUE, &json!({"QueueName": "plain"}));
    make(&server, DEV, "AWS::CertificateManager::Certificate", &json!({"DomainName": "example.com"}));
    let trust = json!({"Version": "2012-10-17", "Statement": []});
    make(&server, DEV, "AWS::IAM::Role", &json!({"RoleName": "plain", "AssumeRolePolicyDocument": trust}));
    (user, server)
}

/// The violations of an audit.
fn violations(document: &Value) -> BTreeSet<String> {
    let rows = document["body"]["resources"].as_array().unwrap();
    let each = rows.iter().flat_map(|row| {
        let violations = row["violations"].as_array().unwrap();
        violations
            .iter()
            .map(move |one| format!("{} {} {} {}", row["environment"], row["type"], row["identifier"], one["code"]))
    });
    each.collect()
}

fn calls(document: &Value) -> u64 {
    document["api_calls"].as_object().unwrap().values().filter_map(Value::as_u64).sum()
}

#[test]
fn every_source_finds_the_same_violations() {
    let (user, server) = estate();
    let listed = user.json(&["tag-audit", "--source", "list"], 2);
    let expected = violations(&listed);
    let of_plain = |found: &BTreeSet<String>| found.iter().filter(|one| one.contains("plain\"")).count();
    assert!(of_plain(&expected) >= 3, "{expected:?}");
    // There is no index yet.
    let auto = user.json(&["tag-audit"], 2);
    assert_eq!(violations(&auto), expected);
    let source = &auto["body"]["coverage"]["sources"][0];
    assert_eq!((&source["source"], &source["environment"]), (&json!("list"), &json!("dev")), "{source}");
    assert!(source["reason"].as_str().unwrap().contains("no index in us-east-1"), "{source}");

    index(&server);
    aggregate(&server);
    let listed = user.json(&["tag-audit", "--source", "list"], 2);
    let expected = violations(&listed);
    for source in ["auto", "resource-explorer", "resource-explorer:all", "config:org"] {
        let found = user.json(&["tag-audit", "--source", source], 2);
        // Without a listing, resources of types that the index does not cover are unknown.
        let covered: BTreeSet<String> = match source {
            "auto" => expected.clone(),
            _ => expected
                .iter()
                .filter(|one| !one.contains("ResourceExplorer2") && !one.contains("::Config::"))
                .cloned()
                .collect(),
        };
        let of_types: BTreeSet<String> =
            violations(&found).into_iter().filter(|one| source == "auto" || covered.contains(one)).collect();
        assert_eq!(of_types, covered, "{source}");
        let coverage = &found["body"]["coverage"]["sources"];
        let kind = if source.starts_with("config") { "config" } else { "resource-explorer" };
        assert!(coverage.as_array().unwrap().iter().all(|one| one["source"] == kind), "{source}: {coverage}");
        assert!(coverage[0]["regions"].as_array().unwrap().contains(&json!("us-east-1")), "{coverage}");
        assert!(!coverage[0]["updated"].is_null(), "{coverage}");
        assert_eq!(coverage[0]["types_not_indexed"] == 0, source == "auto", "{coverage}");
        assert!(calls(&found) < calls(&listed), "{source}: {} of {}", calls(&found), calls(&listed));
    }
    let text = user.run(&["tag-audit", "--source", "resource-explorer"]).expect(2).stdout;
    assert!(
        text.contains(
            "dev us-east-1: resources without tags from Resource Explorer, view arn:aws:resource-explorer-2:"
        ),
        "{text}"
    );
}

#[test]
fn an_audit_through_an_index_reads_only_what_violates() {
    let (user, server) = estate();
    index(&server);
    let found = user.json(&["tag-audit", "--source", "resource-explorer"], 2);
    let coverage = &found["body"]["coverage"];
    let violating = found["body"]["resources"].as_array().unwrap().len() as u64;
    let reads = found["api_calls"]["cloudcontrol.GetResource"].as_u64().unwrap();
    assert!(coverage["checked"].as_u64().unwrap() > violating + 50, "{coverage}");
    assert!(reads <= violating + coverage["service_owned"].as_u64().unwrap() + 20, "{reads} reads for {violating}");
    // Auto Scaling groups are listed in each account.
    assert_eq!(found["api_calls"]["cloudcontrol.ListResources"], 2, "{}", found["api_calls"]);
    // Neither the tagging API nor the index has the tags of roles and users: without IAM's answer, they are listed.
    let denying = user.serve_with(&["--fail", "GetAccountAuthorizationDetails=AccessDeniedException"]);
    let user = User::of_accounts(&denying.endpoint, "sandbox", DEV, PROD);
    let listed = user.json(&["tag-audit", "--source", "resource-explorer"], 2);
    assert_eq!(listed["api_calls"]["cloudcontrol.ListResources"], 6, "{}", listed["api_calls"]);
    assert_eq!(violations(&listed), violations(&found));
}

#[test]
fn a_view_that_cannot_be_used_is_refused_or_reported() {
    let (user, server) = estate();
    // No index: what never had a tag is a gap.
    let without = user.json(&["tag-audit", "--source", "resource-explorer"], 2);
    let gaps = without["body"]["gaps"].as_array().unwrap();
    assert_eq!(gaps.len(), 2, "{gaps:?}");
    assert!(gaps[0]["reason"].as_str().unwrap().contains("use --source list"), "{gaps:?}");
    assert!(messages(&without).contains("incomplete"), "{}", messages(&without));
    index(&server);
    for (source, reason) in [
        ("resource-explorer:none", "no view `none`"),
        ("resource-explorer:without-tags", "does not include tags"),
        ("config:none", "aggregator"),
    ] {
        let found = user.json(&["tag-audit", "--source", source], 2);
        assert!(
            found["body"]["gaps"][0]["reason"].as_str().unwrap().contains(reason),
            "{source}: {}",
            found["body"]["gaps"]
        );
    }
    // A filter of the view is named, because it excludes resources.
    let narrow = user.json(&["tag-audit", "--source", "resource-explorer:topics"], 2);
    assert_eq!(narrow["body"]["coverage"]["sources"][0]["filter"], "resourcetype:sns:topic");
    assert!(!violations(&narrow).iter().any(|one| one.contains("plain\"") && one.contains(QUEUE)));
    for (source, hint) in [("config", "config:AGGREGATOR"), ("everything", "use auto, list")] {
        let refused = user.json(&["tag-audit", "--source", source], 64);
        assert!(messages(&refused).contains(hint), "{}", messages(&refused));
    }
}

#[test]
fn an_index_that_may_not_be_read_is_replaced_by_a_listing_in_auto_alone() {
    let (user, server) = estate();
    index(&server);
    let expected = violations(&user.json(&["tag-audit", "--source", "list"], 2));
    let denying = user.serve_with(&["--fail", "ListIndexes=AccessDeniedException"]);
    let user = User::of_accounts(&denying.endpoint, "sandbox", DEV, PROD);
    let auto = user.json(&["tag-audit"], 2);
    assert_eq!(violations(&auto), expected);
    let source = &auto["body"]["coverage"]["sources"][0];
    assert_eq!(source["source"], "list");
    assert!(source["reason"].as_str().unwrap().contains("AccessDenied"), "{source}");
    assert_eq!(auto["body"]["coverage"]["denied"], 0, "{}", auto["body"]["coverage"]);
    let explicit = user.json(&["tag-audit", "--source", "resource-explorer"], 2);
    assert_eq!(explicit["body"]["coverage"]["denied"], 2, "{}", explicit["body"]["coverage"]);
}

#[test]
fn a_fix_through_an_index_ends_in_a_clean_audit() {
    let (user, server) = estate();
    index(&server);
    let plain = format!("https://sqs.us-east-1.amazonaws.com/{DEV}/plain");
    let one = ["tag-audit", "--env", "dev", "--type", QUEUE, "--id", &plain, "--source"];
    let before = user.json(&[&one[..], &["resource-explorer"]].concat(), 2);
    assert_eq!(violations(&before).len(), 1, "{}", before["body"]);
    let tags = ["--tag", "Purpose=jobs", "--tag", "CreatedBy=alice", "--tag", "CreatedDate=2026-11-20"];
    user.approve(&[&one[..], &["resource-explorer", "--fix", "--adopt"], &tags].concat());
    for source in ["list", "resource-explorer"] {
        let after = user.json(&[&one[..], &[source]].concat(), 0);
        assert_eq!(after["body"]["coverage"]["checked"], 1, "{}", after["body"]);
    }
}
