//! `tag-audit --fix`, the command of each violation, `--stuck-after` and `--baseline`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, call_as, messages};

const QUEUE: &str = "AWS::SQS::Queue";
const TOPIC: &str = "AWS::SNS::Topic";

/// Tags that stagegate does not write.
const FOREIGN: [(&str, &str); 3] = [("Team", "core"), ("billing:unit", "42"), ("Empty", "")];

fn control(server: &Server, account: &str, operation: &str, input: &Value) -> Value {
    call_as(account, &server.endpoint, "cloudcontrolapi", &format!("CloudApiService.{operation}"), input).unwrap()
}

fn list_of(tags: &[(&str, &str)]) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

fn queue_id(account: &str, name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
}

/// Creates a resource and returns its identifier.
fn make(server: &Server, account: &str, type_name: &str, name: &str, tags: &[(&str, &str)]) -> String {
    let key = if type_name == QUEUE { "QueueName" } else { "TopicName" };
    let desired = json!({key: name, "Tags": list_of(tags)}).to_string();
    let mut event =
        control(server, account, "CreateResource", &json!({"TypeName": type_name, "DesiredState": desired}));
    loop {
        let event_now = event["ProgressEvent"].clone();
        match event_now["OperationStatus"].as_str().unwrap() {
            "SUCCESS" => return event_now["Identifier"].as_str().unwrap().to_owned(),
            "FAILED" => panic!("{event_now}"),
            _ => {
                let token = json!({"RequestToken": event_now["RequestToken"]});
                event = control(server, account, "GetResourceRequestStatus", &token);
            }
        }
    }
}

/// The tags of a resource, by key.
fn tags(server: &Server, account: &str, type_name: &str, identifier: &str) -> BTreeMap<String, String> {
    let input = json!({"TypeName": type_name, "Identifier": identifier});
    let answer = control(server, account, "GetResource", &input);
    let live: Value = serde_json::from_str(answer["ResourceDescription"]["Properties"].as_str().unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    live["Tags"].as_array().into_iter().flatten().map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect()
}

/// Tags of a managed resource without violations, with changes; an empty value with the key `-KEY` removes a tag.
fn good<'a>(account: &str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let environment = if account == DEV { "development" } else { "production" };
    let mut all: BTreeMap<&str, &str> = BTreeMap::from([
        ("MANAGED_BY", "stagegate"),
        ("Environment", environment),
        ("Project", "sandbox"),
        ("CostCenter", "Engineering"),
        ("CreatedBy", "alice"),
        ("CreatedDate", "2026-11-20"),
        ("Purpose", "jobs"),
    ]);
    for (key, value) in changes {
        match key.strip_prefix('-') {
            Some(key) => drop(all.remove(key)),
            None => drop(all.insert(key, value)),
        }
    }
    all.into_iter().collect()
}

/// The command that approves the plan of a document.
fn approving(document: &Value) -> String {
    let digest = document["body"]["fix"]["plan"]["digest"].as_str().expect("a plan");
    let next = document["next"].as_array().unwrap().iter();
    let command = next.filter_map(|next| next["command"].as_str()).find(|command| command.contains(digest));
    command.unwrap_or_else(|| panic!("no command approves it: {}", document["next"])).to_owned()
}

fn codes(audit: &Value) -> BTreeSet<String> {
    let rows = audit["body"]["resources"].as_array().unwrap().iter();
    let violations = rows.flat_map(|row| row["violations"].as_array().unwrap().clone());
    violations.map(|violation| violation["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn one_plan_corrects_two_hundred_violations_and_no_tag_of_others() {
    let user = User::of_sandbox();
    let server = user.serve();
    let mut made: Vec<(&str, &str, String)> = Vec::new();
    let mut add = |account: &'static str, type_name: &'static str, name: String, changes: &[(&str, &str)]| {
        let all: Vec<(&str, &str)> = good(account, changes).into_iter().chain(FOREIGN).collect();
        made.push((account, type_name, make(&server, account, type_name, &name, &all)));
    };
    for number in 0..60 {
        let changes = [("-CostCenter", ""), ("Environment", "production")];
        add(DEV, QUEUE, format!("plain-{number}-dev"), &changes);
    }
    for number in 0..20 {
        add(DEV, TOPIC, format!("dated-{number}-dev"), &[("CreatedDate", "20.11.2026")]);
        let gone = queue_id(PROD, &format!("gone-{number}"));
        let claims = [("PromotionStatus", "synced"), ("ProdCounterpart", gone.as_str()), ("PromotedDigest", "v1:x")];
        add(DEV, QUEUE, format!("orphan-{number}-dev"), &claims);
        let gone = queue_id(DEV, &format!("gone-{number}"));
        add(PROD, QUEUE, format!("orphan-{number}-prod"), &[("PromotionStatus", "synced"), ("DevCounterpart", &gone)]);
        add(PROD, TOPIC, format!("alone-{number}-prod"), &[("PromotionStatus", "synced")]);
    }
    add(DEV, QUEUE, "good-dev".to_owned(), &[("PromotionStatus", "dev-only")]);
    let read = || -> Vec<BTreeMap<String, String>> {
        made.iter().map(|(account, type_name, id)| tags(&server, account, type_name, id)).collect()
    };
    let before = read();
    let only = ["tag-audit", "--type", QUEUE, "--type", TOPIC];
    let audit = user.json(&only, 2);
    let summary = audit["body"]["summary"].as_object().unwrap();
    let violations: u64 =
        summary.iter().filter(|(code, _)| *code != "compliant").map(|(_, n)| n.as_u64().unwrap()).sum();
    assert_eq!((violations, &summary["compliant"]), (200, &json!(1)), "{summary:?}");
    assert!(audit["body"]["resources"].as_array().unwrap().iter().all(|row| row["violations"][0]["fixable"] == true));

    // Nothing is written before the approval, which prod requires.
    let fix: Vec<&str> = only.iter().copied().chain(["--fix"]).collect();
    assert_eq!(audit["next"][0]["command"], format!("stagegate {}", fix.join(" ")));
    assert_eq!(audit["next"][0]["why"], "correct 200 violation(s) by one plan");
    let planned = user.json(&fix, 3);
    assert_eq!(read(), before);
    let plan = &planned["body"]["fix"]["plan"];
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!((steps.len(), steps.iter().all(|step| step["operation"] == "tag")), (140, true), "{plan}");
    assert_eq!(plan["approvals_required"][0]["kind"], "protected", "{}", plan["approvals_required"]);
    let only_plan: Vec<&str> = fix.iter().copied().chain(["--plan-only"]).collect();
    user.json(&only_plan, 3);

    let fixed = user.paste(&approving(&planned)).expect(0).document();
    assert_eq!(fixed["body"]["fix"]["applied"].as_array().unwrap().len(), 140);
    let after = read();
    for ((before, after), (account, _, id)) in before.iter().zip(&after).zip(&made) {
        for (key, value) in FOREIGN {
            assert_eq!(after.get(key).map(String::as_str), Some(value), "{account} {id}: {key}");
        }
        let known = [
            "CostCenter",
            "Environment",
            "CreatedDate",
            "PromotionStatus",
            "ProdCounterpart",
            "DevCounterpart",
            "PromotedDigest",
        ];
        let rest = |tags: &BTreeMap<String, String>| -> BTreeMap<String, String> {
            let others = tags.iter().filter(|(key, _)| !known.contains(&key.as_str()));
            others.map(|(key, value)| (key.clone(), value.clone())).collect()
        };
        assert_eq!(rest(before), rest(after), "{account} {id}");
    }
    assert_eq!(before.last(), after.last(), "the compliant resource");
    let clean = user.json(&only, 0);
    assert_eq!(clean["body"]["summary"], json!({"compliant": 141}));
    // Nothing is left to correct.
    assert_eq!(user.json(&fix, 0)["body"]["fix"]["plan"]["steps"], json!([]));
}

#[test]
fn resources_of_others_and_unknown_values_are_named_and_left() {
    let user = User::of_sandbox();
    let server = user.serve();
    let of_others = [("MANAGED_BY", "terraform"), ("Environment", "prod")];
    let foreign = make(&server, DEV, QUEUE, "foreign", &of_others);
    let untagged = make(&server, DEV, QUEUE, "untagged", &[]);
    let half = make(&server, DEV, QUEUE, "half", &good(DEV, &[("-CreatedBy", ""), ("-CostCenter", "")]));
    let before = [tags(&server, DEV, QUEUE, &foreign), tags(&server, DEV, QUEUE, &untagged)];
    let fixed = user.json(&["tag-audit", "--type", QUEUE, "--fix"], 2);
    let steps = &fixed["body"]["fix"]["plan"]["steps"];
    assert_eq!(steps.as_array().unwrap().len(), 1, "{steps}");
    assert_eq!(steps[0]["changes"], json!([{"pointer": "/Tags/CostCenter", "before": null, "after": "Engineering"}]));
    assert_eq!([tags(&server, DEV, QUEUE, &foreign), tags(&server, DEV, QUEUE, &untagged)], before);
    let audit = user.json(&["tag-audit", "--type", QUEUE], 2);
    let rows = audit["body"]["resources"].as_array().unwrap();
    let row = |id: &str| rows.iter().find(|row| row["identifier"] == id).unwrap();
    let left = &row(&half)["violations"];
    assert_eq!(
        (left.as_array().unwrap().len(), &left[0]["fixable"], &left[0]["key"]),
        (1, &json!(false), &json!("CreatedBy"))
    );
    assert!(left[0]["hint"].as_str().unwrap().contains("`CreatedBy` is not known"), "{left}");
    assert!(row(&half)["command"].as_str().unwrap().ends_with("--fix --tag 'CreatedBy=<VALUE>'"), "{}", row(&half));
    assert!(row(&foreign)["command"].as_str().unwrap().contains("--adopt"), "{}", row(&foreign));
    // A printed command is complete only with the value, and takes over nothing without all values.
    let placeholder = user.paste(&format!("{} --json", row(&half)["command"].as_str().unwrap())).expect(64).document();
    assert!(messages(&placeholder).contains("tag-character"), "{placeholder}");
    let adopt = ["tag-audit", "--type", QUEUE, "--id", &untagged, "--fix", "--adopt"];
    assert_eq!(user.json(&adopt, 2)["body"]["fix"]["plan"]["steps"], json!([]));
    for (arguments, says) in [
        (vec!["tag-audit", "--approve", "x"], "without --fix"),
        (vec!["tag-audit", "--fix", "--tag", "Team=a"], "cannot be given"),
        (vec!["tag-audit", "--fix", "--tag", "MANAGED_BY=a"], "cannot be given"),
        (vec!["tag-audit", "--fix", "--adopt"], "--id"),
        (vec!["tag-audit", "--id", "x"], "--type"),
    ] {
        let refused = user.json(&arguments, 64);
        assert!(messages(&refused).contains(says), "{arguments:?}: {}", messages(&refused));
    }
    let missing = user.json(&["tag-audit", "--type", QUEUE, "--id", "nowhere", "--fix"], 1);
    assert!(messages(&missing).contains("there is no resource `nowhere`"), "{}", messages(&missing));
    // The human output groups by code, the worst first.
    let text = user.run(&["tag-audit", "--type", QUEUE]).expect(2).stdout;
    let place = |word: &str| text.find(word).unwrap_or_else(|| panic!("no {word}: {text}"));
    assert!(place("wrong-environment: 1 resource, 0 fixable") < place("untagged: 1 resource"), "{text}");
    assert!(place("untagged: 1 resource") < place("missing-tag: 6 on 2 resources"), "{text}");
    assert!(text.contains("in 1 listed type:"), "{text}");
}

/// A case: what exists, the flags of the audit, and the code that it reports.
struct Case {
    code: &'static str,
    dev: Vec<(&'static str, Vec<(&'static str, String)>)>,
    prod: Vec<(&'static str, Vec<(&'static str, String)>)>,
    flags: &'static [&'static str],
}

fn cases() -> Vec<Case> {
    let text = |pairs: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect()
    };
    let case = |code,
                dev: &[(&'static str, &[(&'static str, &str)])],
                prod: &[(&'static str, &[(&'static str, &str)])]| Case {
        code,
        dev: dev.iter().map(|(name, changes)| (*name, text(changes))).collect(),
        prod: prod.iter().map(|(name, changes)| (*name, text(changes))).collect(),
        flags: &[],
    };
    let (dev, prod) = (|name| queue_id(DEV, name), |name| queue_id(PROD, name));
    let (a, b, p, gone) = (dev("a-dev"), dev("b-dev"), prod("a-prod"), prod("gone"));
    let (a, b, p, gone) = (a.as_str(), b.as_str(), p.as_str(), gone.as_str());
    let synced = ("PromotionStatus", "synced");
    let none: &[(&str, &str)] = &[
        ("-MANAGED_BY", ""),
        ("-Environment", ""),
        ("-Project", ""),
        ("-CostCenter", ""),
        ("-CreatedBy", ""),
        ("-CreatedDate", ""),
        ("-Purpose", ""),
    ];
    vec![
        case("untagged", &[("a-dev", none)], &[]),
        case("missing-tag", &[("a-dev", &[("-CreatedBy", "")])], &[]),
        case("missing-tag", &[], &[("a-prod", &[("-CostCenter", ""), ("-CreatedDate", "")])]),
        case("empty-tag", &[("a-dev", &[("Purpose", " ")])], &[]),
        case("value-not-allowed", &[("a-dev", &[("CostCenter", "Sales")])], &[]),
        case("value-not-allowed", &[("a-dev", &[("CostCenter", "engineering")])], &[]),
        case("wrong-manager", &[("a-dev", &[("MANAGED_BY", "terraform")])], &[]),
        case("wrong-environment", &[("a-dev", &[("Environment", "production")])], &[]),
        case("bad-format", &[("a-dev", &[("CreatedDate", "soon")])], &[]),
        case("bad-format", &[("a-dev", &[("PromotionStatus", "done")])], &[]),
        case(
            "bad-format",
            &[("a-dev", &[("PromotionStatus", "done"), ("ProdCounterpart", p)])],
            &[("a-prod", &[("PromotionStatus", "half"), ("DevCounterpart", a)])],
        ),
        case("counterpart-missing", &[("a-dev", &[synced, ("ProdCounterpart", gone)])], &[]),
        case("counterpart-missing", &[], &[("a-prod", &[synced, ("DevCounterpart", a)])]),
        case(
            "counterpart-missing",
            &[("a-dev", &[synced, ("ProdCounterpart", gone)])],
            &[("a-prod", &[("DevCounterpart", a)])],
        ),
        case(
            "counterpart-elsewhere",
            &[("a-dev", &[synced, ("ProdCounterpart", p)]), ("b-dev", &[])],
            &[("a-prod", &[synced, ("DevCounterpart", b)])],
        ),
        case(
            "counterpart-shared",
            &[("a-dev", &[synced, ("ProdCounterpart", p)]), ("b-dev", &[synced, ("ProdCounterpart", p)])],
            &[("a-prod", &[synced, ("DevCounterpart", a)])],
        ),
        case(
            "counterpart-shared",
            &[("a-dev", &[])],
            &[("a-prod", &[("DevCounterpart", a)]), ("b-prod", &[("DevCounterpart", a)])],
        ),
        case("counterpart-silent", &[("a-dev", &[synced, ("ProdCounterpart", p)])], &[("a-prod", &[])]),
        case("counterpart-silent", &[("a-dev", &[])], &[("a-prod", &[("DevCounterpart", a)])]),
        case("synced-without-counterpart", &[("a-dev", &[synced])], &[]),
        case("synced-without-counterpart", &[], &[("a-prod", &[synced])]),
        case(
            "promotion-unfinished",
            &[("a-dev", &[("PromotionStatus", "dev-only"), ("ProdCounterpart", "pending:abc")])],
            &[],
        ),
        Case {
            flags: &["--stuck-after", "7d"],
            ..case(
                "promotion-stuck",
                &[("a-dev", &[("PromotionStatus", "dev-only"), ("CreatedDate", "2020-01-01")])],
                &[],
            )
        },
    ]
}

/// Runs a printed command with the values that only the user knows, and approves its plan.
fn follow(user: &User, command: &str) {
    let complete = command
        .replace("CreatedDate=<VALUE>", "CreatedDate=2026-11-20")
        .replace("CostCenter=<VALUE>", "CostCenter=Data")
        .replace("<VALUE>", "alice");
    let run = user.paste(&format!("{complete} --json"));
    if run.code != 3 {
        assert!([0, 2].contains(&run.code), "{run}");
        return;
    }
    let document = run.document();
    let mut next = document["next"].as_array().unwrap().iter().filter_map(|next| next["command"].as_str());
    let approve = next.find(|command| command.contains("--approve")).unwrap_or_else(|| panic!("{document}"));
    let approved = user.paste(approve);
    assert!([0, 2].contains(&approved.code), "{approved}");
}

#[test]
fn the_command_of_every_violation_leads_to_a_clean_state() {
    let all = cases();
    let explained = User::of_aws().json(&["explain", "--list"], 0);
    let listed = explained["body"]["codes"].as_array().unwrap().iter().filter(|code| code["kind"] == "tag_violation");
    let listed: BTreeSet<&str> = listed.map(|code| code["code"].as_str().unwrap()).collect();
    assert_eq!(
        all.iter().map(|case| case.code).collect::<BTreeSet<_>>(),
        listed,
        "a case for every code, and only for codes"
    );
    for Case { code, dev, prod, flags } in all {
        let user = User::of_sandbox();
        let environments = format!(
            "{{dev: {{account: '{DEV}', region: us-east-1, sandbox: true}}, prod: {{account: '{PROD}', region: us-east-1, \
             sandbox: true}}}}"
        );
        user.write(
            "stagegate.yaml",
            &format!(
                "version: 1\nproject: sandbox\ntags: {{required: {{CostCenter: [Engineering, Data]}}, values: {{CostCenter: \
                 Engineering}}}}\nenvironments: {environments}\n"
            ),
        );
        let server = user.serve();
        for (account, resources) in [(DEV, &dev), (PROD, &prod)] {
            for (name, changes) in resources {
                let changes: Vec<(&str, &str)> = changes.iter().map(|(key, value)| (*key, value.as_str())).collect();
                make(&server, account, QUEUE, name, &good(account, &changes));
            }
        }
        let audit: Vec<&str> = ["tag-audit", "--type", QUEUE].into_iter().chain(flags.iter().copied()).collect();
        let mut report = user.json(&audit, 2);
        assert!(codes(&report).contains(code), "{code}: {report}");
        let mut rounds = 0;
        while report["outcome"]["exit_code"] != 0 {
            let rows = report["body"]["resources"].as_array().unwrap();
            // First of all the row that the case is about.
            let has_code = |row: &&Value| row["violations"].to_string().contains(&format!("\"{code}\""));
            let row = rows.iter().find(has_code).unwrap_or(&rows[0]).clone();
            let command = row["command"].as_str().unwrap_or_else(|| panic!("{code}: no command: {row}"));
            follow(&user, command);
            let arguments: Vec<&str> = audit.iter().copied().chain(["--json"]).collect();
            report = user.run(&arguments).document();
            let same =
                |other: &&Value| other["identifier"] == row["identifier"] && other["violations"] == row["violations"];
            let left = report["body"]["resources"].as_array().unwrap().iter().find(same);
            assert!(left.is_none(), "{code}: after {command}: {left:?}");
            rounds += 1;
            assert!(rounds < 5, "{code}: {report}");
        }
    }
}

#[test]
fn a_promotion_that_waits_too_long_is_reported_with_its_age_and_cost() {
    let user = User::of_sandbox();
    let server = user.serve();
    let waiting = [("PromotionStatus", "dev-only"), ("CreatedDate", "2020-01-01"), ("CostEstimate", "12.30 USD/month")];
    make(&server, DEV, QUEUE, "old-dev", &good(DEV, &waiting));
    make(&server, DEV, QUEUE, "new-dev", &good(DEV, &[("PromotionStatus", "dev-only"), ("CreatedDate", "2999-01-01")]));
    make(&server, DEV, QUEUE, "plain-dev", &good(DEV, &[("CreatedDate", "2020-01-01")]));
    user.json(&["tag-audit", "--type", QUEUE], 0);
    let report = user.json(&["tag-audit", "--type", QUEUE, "--stuck-after", "7d"], 2);
    let rows = report["body"]["resources"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    let violation = &rows[0]["violations"][0];
    assert_eq!((&violation["code"], &violation["monthly"]), (&json!("promotion-stuck"), &json!("12.30")));
    assert!(violation["age_seconds"].as_u64().unwrap() > 2_000 * 86_400, "{violation}");
    user.json(&["tag-audit", "--type", QUEUE, "--stuck-after", "100000d"], 0);
    // No tag corrects it.
    let fixed = user.json(&["tag-audit", "--type", QUEUE, "--stuck-after", "7d", "--fix"], 2);
    assert_eq!(fixed["body"]["fix"]["plan"]["steps"], json!([]));
}

#[test]
fn only_new_violations_count_beside_a_baseline() {
    let user = User::of_sandbox();
    let server = user.serve();
    make(&server, DEV, QUEUE, "known", &good(DEV, &[("-CreatedBy", "")]));
    make(&server, DEV, QUEUE, "wrong", &good(DEV, &[("Environment", "production")]));
    make(&server, PROD, QUEUE, "prod", &good(PROD, &[("-CreatedBy", "")]));
    let audit = ["tag-audit", "--type", QUEUE];
    let json: Vec<&str> = audit.iter().copied().chain(["--json"]).collect();
    user.write("base.json", &user.run(&json).expect(2).stdout);
    let compare: Vec<&str> = audit.iter().copied().chain(["--baseline", "base.json"]).collect();
    let same = user.json(&compare, 0);
    let counts = |report: &Value| {
        let baseline = &report["body"]["baseline"];
        let number = |key: &str| baseline[key].as_array().unwrap().len() as u64;
        (
            baseline["new"].as_u64().unwrap(),
            baseline["unchanged"].as_u64().unwrap(),
            number("fixed"),
            number("not_checked"),
        )
    };
    assert_eq!(counts(&same), (0, 3, 0, 0));
    user.json(&["tag-audit", "--type", QUEUE, "--env", "dev", "--fix"], 2);
    let fixed = user.json(&compare, 0);
    assert_eq!(counts(&fixed), (0, 2, 1, 0));
    assert_eq!(fixed["body"]["baseline"]["fixed"][0]["code"], "wrong-environment");
    // What is not audited is not fixed.
    let narrow: Vec<&str> = compare.iter().copied().chain(["--env", "dev"]).collect();
    assert_eq!(counts(&user.json(&narrow, 0)), (0, 1, 1, 1));
    make(&server, DEV, QUEUE, "later", &good(DEV, &[("-Purpose", "")]));
    let more = user.json(&compare, 2);
    assert_eq!(counts(&more), (1, 2, 1, 0));
    let text = user.run(&compare).expect(2).stdout;
    assert!(text.contains("since the baseline: 1 new, 1 fixed, 2 unchanged") && text.contains("new: dev"), "{text}");
    for (name, text, says) in [
        ("drift.json", user.run(&["drift", "--json"]).stdout, "another command"),
        ("broken.json", "{\"schema\": ".to_owned(), "ends too early"),
        ("other.json", user.run(&json).stdout.replace(DEV, "333333333333"), "account 333333333333"),
    ] {
        user.write(name, &text);
        let refused = user.json(&["tag-audit", "--baseline", name], 64);
        assert!(messages(&refused).contains(says) && messages(&refused).contains(name), "{}", messages(&refused));
    }
    let broken = user.json(&["tag-audit", "--baseline", "broken.json"], 64);
    assert_eq!(
        (&broken["diagnostics"][0]["file"], &broken["diagnostics"][0]["line"]),
        (&json!("broken.json"), &json!(1))
    );
}

#[test]
fn a_plan_is_saved_applied_and_continued_after_a_failure() {
    let user = User::of_sandbox();
    let server = user.serve();
    for name in ["one", "two"] {
        make(&server, PROD, QUEUE, name, &good(PROD, &[("Environment", "development")]));
    }
    let fix = ["tag-audit", "--type", QUEUE, "--fix"];
    let saved = user.json(&["tag-audit", "--type", QUEUE, "--fix", "--plan-out", "plan.json"], 3);
    assert_eq!(saved["body"]["fix"]["plan"]["steps"].as_array().unwrap().len(), 2);
    // The plan is for the tags that it was made of.
    let planned = user.json(&fix, 3);
    make(&server, PROD, QUEUE, "three", &good(PROD, &[("Environment", "development")]));
    let changed = user.paste(&approving(&planned)).expect(4).document();
    assert!(messages(&changed).contains("plan-changed"), "{}", messages(&changed));
    let digest = saved["body"]["fix"]["plan"]["digest"].as_str().unwrap();
    user.json(&["apply", "plan.json", "--approve", digest], 4);
    // Another hand has corrected one of them: the rest is still what was approved.
    let planned = user.json(&fix, 3);
    let one = queue_id(PROD, "one");
    user.approve_fix(&["tag-audit", "--type", QUEUE, "--id", &one, "--fix"]);
    let rest = user.paste(&approving(&planned)).expect(0).document();
    assert_eq!(rest["body"]["fix"]["applied"].as_array().unwrap().len(), 2, "{rest}");
    user.json(&["tag-audit", "--type", QUEUE], 0);
    // An approval is good once.
    make(&server, PROD, QUEUE, "four", &good(PROD, &[("Environment", "development")]));
    user.json(&["tag-audit", "--type", QUEUE, "--fix", "--plan-out", "again.json"], 3);
    let text = std::fs::read_to_string(user.folder().join("again.json")).unwrap();
    let digest = serde_json::from_str::<Value>(&text).unwrap()["digest"].as_str().unwrap().to_owned();
    let applied = user.json(&["apply", "again.json", "--approve", &digest], 0);
    assert_eq!(applied["body"]["applied"].as_array().unwrap().len(), 1);
    user.json(&["tag-audit", "--type", QUEUE], 0);
}

#[test]
fn a_plan_is_shown_and_approved_at_the_prompt() {
    let user = User::of_sandbox();
    let server = user.serve();
    make(&server, DEV, TOPIC, "t-dev", &good(DEV, &[("Environment", "production")]));
    let id = make(&server, PROD, QUEUE, "q-prod", &good(PROD, &[("PromotionStatus", "synced"), ("Environment", "x")]));
    let fix = ["tag-audit", "--type", QUEUE, "--type", TOPIC, "--fix"];
    let before = tags(&server, PROD, QUEUE, &id);
    let question = json!(["wait", "Type `prod` to apply"]);
    let declined = user.at_terminal(&json!([question, ["send", "dev\n"]]), &fix);
    assert_eq!(declined["code"], 3, "{declined}");
    assert_eq!(tags(&server, PROD, QUEUE, &id), before);
    let shown = [
        json!(["wait", "Environment: dev"]),
        json!(["wait", "Environment: prod (protected)"]),
        json!(["wait", "Environment: production → development"]),
        json!(["wait", "Environment: x → production"]),
        json!(["wait", "PromotionStatus: synced → (removed)"]),
        question,
        json!(["send", "prod\n"]),
    ];
    let approved = user.at_terminal(&json!(shown), &fix);
    assert_eq!(approved["code"], 0, "{approved}");
    let after = tags(&server, PROD, QUEUE, &id);
    assert_eq!((after["Environment"].as_str(), after.contains_key("PromotionStatus")), ("production", false));
    user.json(&fix[..5], 0);
}

#[test]
fn resources_of_a_third_environment_are_no_missing_counterparts() {
    let user = User::of_sandbox();
    let place = |account: &str, more: &str| format!("{{account: '{account}', region: us-east-1, sandbox: true{more}}}");
    let staging = "444444444444";
    user.write(
        "stagegate.yaml",
        &format!(
            "version: 1\nproject: sandbox\ntags: {{values: {{CostCenter: Engineering}}}}\nenvironments: {{dev: {}, staging: {}, \
             prod: {}}}\n",
            place(DEV, ""),
            place(staging, ", tag_value: staging"),
            place(PROD, "")
        ),
    );
    let server = user.serve();
    let (source, target) = (queue_id(DEV, "a-dev"), queue_id(staging, "a-staging"));
    make(&server, DEV, QUEUE, "a-dev", &good(DEV, &[("PromotionStatus", "synced"), ("ProdCounterpart", &target)]));
    let there = [("Environment", "staging"), ("PromotionStatus", "synced"), ("DevCounterpart", source.as_str())];
    make(&server, staging, QUEUE, "a-staging", &good(staging, &there));
    user.json(&["tag-audit", "--type", QUEUE], 0);
    let fixed = user.json(&["tag-audit", "--type", QUEUE, "--fix"], 0);
    assert_eq!(fixed["body"]["fix"]["plan"]["steps"], json!([]));
    // One that is in none of them is missing.
    let gone = queue_id(staging, "gone");
    make(&server, DEV, QUEUE, "b-dev", &good(DEV, &[("PromotionStatus", "synced"), ("ProdCounterpart", &gone)]));
    let audit = user.json(&["tag-audit", "--type", QUEUE], 2);
    assert_eq!(codes(&audit), BTreeSet::from(["counterpart-missing".to_owned()]));
    user.json(&["tag-audit", "--type", QUEUE, "--fix"], 0);
    user.json(&["tag-audit", "--type", QUEUE], 0);
}

impl User {
    /// Runs `tag-audit --fix` and approves its plan.
    fn approve_fix(&self, arguments: &[&str]) -> Value {
        let planned = self.json(arguments, 3);
        self.paste(&approving(&planned)).expect(0).document()
    }
}
