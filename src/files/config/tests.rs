use proptest::prelude::*;

use super::*;
use crate::domain::project::OrganizationSettings;

const FULL: &str = r#"version: 1
project: SynthCore
environments:
  dev:  { profile: synthcoreai-dev,  account: "111111111111", region: us-east-1, tag_value: development }
  prod: { profile: synthcoreai-prod, account: "222222222222", region: us-east-1, tag_value: production, protected: true }
accounts:
  - { name: Security, account: "033333333333", role: StagegateReadOnly, external_id: x, regions: [us-east-1], enabled: true }
cost: { auto_approve_below: 10.00, alerts: [25, 50, 100] }
tags: { preset: standard, required: { CostCenter: [Engineering, Data] }, values: { CostCenter: Engineering } }
naming: { environment_tokens: { dev: [dev, development], prod: [prod, production] }, iam_policy: "SynthCoreAI-{Service}-{Actions}" }
policies: { dirs: [policies], fail_on: high, waivers: waivers.yaml, engines: [builtin] }
promotion: { map: {}, overrides: {} }
usage: usage.yaml
"#;

const SMALL: &str = "\
project: shop
environments:
  dev: { account: 111111111111, region: eu-west-1 }
  prod: { account: '222222222222', region: eu-west-1 }
";

fn project(text: &str) -> Project {
    parse("stagegate.yaml", text).unwrap_or_else(|problems| panic!("{text}: {problems:#?}"))
}

/// `code line:column message | hint`, of each problem.
fn problems(text: &str) -> Vec<String> {
    let list = parse("stagegate.yaml", text).expect_err(text);
    list.iter()
        .map(|problem| {
            let place = problem.location.as_ref().expect("a place");
            let hint = problem.hint.as_deref().expect("a hint");
            format!("{} {}:{} {} | {hint}", problem.code.as_str(), place.line, place.column, problem.message)
        })
        .collect()
}

/// The one problem of the small configuration with something added.
fn problem_with(added: &str) -> String {
    let mut list = problems(&format!("{SMALL}{added}\n"));
    assert_eq!(list.len(), 1, "{added}: {list:#?}");
    list.remove(0)
}

/// The one problem of the small configuration with something replaced.
fn problem_replacing(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from));
    let mut list = problems(&SMALL.replace(from, to));
    assert_eq!(list.len(), 1, "{to}: {list:#?}");
    list.remove(0)
}

#[test]
fn the_documented_example_reads() {
    let project = project(FULL);
    assert_eq!(project.name, "SynthCore");
    let dev = project.environment("dev").unwrap();
    assert_eq!(dev.profile.as_deref(), Some("synthcoreai-dev"));
    assert!(!dev.protected);
    assert!(project.environment("prod").unwrap().protected);
    assert_eq!(project.accounts[0].account.as_str(), "033333333333");
    assert_eq!(project.cost.auto_approve_below.to_string(), "10.00");
    assert_eq!(project.tags.required["CostCenter"], ["Engineering", "Data"]);
    assert_eq!(project.policies.waivers.as_deref(), Some("waivers.yaml"));
    assert_eq!(project.naming.iam_policy.as_deref(), Some("SynthCoreAI-{Service}-{Actions}"));
    assert_eq!(project.usage.as_deref(), Some("usage.yaml"));
}

#[test]
fn defaults_fill_the_rest() {
    let project = project(SMALL);
    let dev = project.environment("dev").unwrap();
    let prod = project.environment("prod").unwrap();
    assert_eq!((dev.tag_value.as_str(), dev.protected, dev.profile.as_deref()), ("development", false, None));
    assert_eq!((prod.tag_value.as_str(), prod.protected, prod.allow_create), ("production", true, false));
    assert_eq!(project.cost, CostSettings::default());
    assert_eq!(project.policies, PolicySettings::default());
    assert_eq!(project.naming.environment_tokens, NamingSettings::default_tokens());
    assert_eq!(project.environments.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["dev", "prod"]);
}

#[test]
fn protection_can_be_lifted_and_set() {
    let project = project(&SMALL.replace("region: eu-west-1 }", "region: eu-west-1, protected: false }"));
    assert!(!project.environment("prod").unwrap().protected);
}

#[test]
fn approvals_name_environments_and_their_rules() {
    let rule = |flag: &str| project(&format!("{SMALL}approvals: {{ prod: {{ not_by_planner: {flag} }} }}\n"));
    assert!(rule("true").approvals.not_by_planner.contains("prod"));
    assert!(rule("false").approvals.not_by_planner.is_empty());
    assert!(project(SMALL).approvals.not_by_planner.is_empty());
    assert!(problem_with("approvals: { prd: { not_by_planner: true } }").starts_with("unknown-key 5:14"));
    assert!(problem_with("approvals: { prod: { not_by_planer: true } }").contains("not_by_planner"));
    assert!(problem_with("approvals: { prod: { not_by_planner: sometimes } }").starts_with("wrong-type"));
    assert!(problem_with("approvals: [prod]").starts_with("wrong-type"));
}

#[test]
fn unknown_keys_are_errors_with_a_suggestion() {
    assert_eq!(problem_with("polices: {}"), "unknown-key 5:1 unknown key `polices` | did you mean `policies`?");
    assert_eq!(
        problem_replacing("{ account: 111111111111, region", "{ acount: 1, account: 111111111111, region"),
        "unknown-key 3:10 unknown key `environments.dev.acount` | did you mean `account`?"
    );
    assert!(problem_with("cost: { alert: [1] }").contains("`cost.alert` | did you mean `alerts`?"));
    assert!(
        problem_with("promotion: { auto: { cap: 1, soak: 1h, types: [AWS::SQS::Queue], when: x } }")
            .starts_with("unknown-key 5:")
    );
}

#[test]
fn all_problems_come_at_once_in_order() {
    let codes: Vec<String> =
        problems("projekt: x\nenvironments:\n  dev: { account: 12, region: Europe, protected: maybe }\n")
            .iter()
            .map(|problem| problem.split(' ').take(2).collect::<Vec<_>>().join(" "))
            .collect();
    assert_eq!(
        codes,
        ["unknown-key 1:1", "missing-key 1:1", "invalid-account-id 3:19", "invalid-region 3:31", "wrong-type 3:50"]
    );
}

#[test]
fn account_ids_have_twelve_digits() {
    assert!(problem_replacing("111111111111", "1111").contains("if it begins with zeros"));
    assert!(problem_replacing("111111111111", "\"1111-1111-1111\"").contains("write it in quotes"));
    assert!(problem_replacing("111111111111", "[1]").starts_with("wrong-type 3:19"));
    let zeros = project(&SMALL.replace("111111111111", "011111111111"));
    assert_eq!(zeros.environment("dev").unwrap().account.as_str(), "011111111111");
}

#[test]
fn regions_look_like_regions() {
    for good in ["us-gov-west-1", "ap-southeast-2", "us-iso-east-1", "eusc-de-east-1", "cn-north-1"] {
        project(&SMALL.replace("eu-west-1", good));
    }
    for bad in ["eu-west", "EU-WEST-1", "eu_west_1", "eu-west-1a", "a-b-1"] {
        assert_eq!(problems(&SMALL.replace("eu-west-1", bad)).len(), 2, "{bad}");
    }
}

#[test]
fn one_account_for_dev_and_prod_must_be_explicit() {
    let same = SMALL.replace("222222222222", "111111111111");
    let list = problems(&same);
    assert_eq!(list.len(), 1);
    assert!(list[0].starts_with("same-account 4:20 `dev` and `prod` use the same account 111111111111"), "{list:?}");
    assert!(project(&format!("{same}single_account: true\n")).single_account);
    let unprotected =
        same.replace("'111111111111', region: eu-west-1", "'111111111111', region: eu-west-1, protected: false");
    assert_eq!(problems(&unprotected).len(), 1);
    let second_dev =
        SMALL.replace("environments:", "environments:\n  dev-us: { account: '111111111111', region: us-east-1 }");
    assert_eq!(project(&second_dev).environments.len(), 3);
}

#[test]
fn environments_need_a_name_an_account_and_a_region() {
    assert!(problems("project: p\n")[0].starts_with("missing-key 1:1 `environments` is missing"));
    assert!(problems("project: p\nenvironments: {}\n")[0].contains("is empty"));
    assert_eq!(problems("project: p\nenvironments:\n  dev:\n").len(), 2);
    assert!(problems("project: p\nenvironments: [dev]\n")[0].contains("must be a mapping, not a list"));
    assert!(problem_replacing("  dev:", "  Dev:").starts_with("wrong-value 3:3 `Dev` is not a valid"));
    assert!(problem_replacing("  dev:", "  all:").starts_with("wrong-value 3:3"));
}

#[test]
fn values_are_checked() {
    assert!(problem_with("version: 2").contains("version `2`"));
    assert!(problem_with("tags: { preset: standart }").ends_with("did you mean `standard`?"));
    assert!(
        problem_with("policies: { fail_on: severe }").contains("`severe` is not a valid value for `policies.fail_on`")
    );
    assert!(problem_with("policies: { engines: [builtin, chekov] }").ends_with("did you mean `checkov`?"));
    assert!(problem_with("policies: { engines: [] }").contains("is empty"));
    assert!(problem_with("cost: { auto_approve_below: ten }").contains("must be an amount"));
    assert!(problem_with("cost: { auto_approve_below: -1 }").contains("negative"));
    let region = |text: &str| format!("cost: {{ pricing_region: {text} }}");
    assert!(problem_with(&region("eu-centrl-1")).contains("did you mean `eu-central-1`"));
    assert!(problem_with(&region("eu-west-1")).contains("us-east-1"));
    assert!(problem_with(&region("[us-east-1]")).contains("must be a string"));
    assert!(problem_with("cost: { pricing_regoin: us-east-1 }").contains("did you mean `pricing_region`"));
    let chosen = project(&format!("{SMALL}{}\n", region("eu-central-1"))).cost.pricing_region;
    assert_eq!(chosen.as_deref(), Some("eu-central-1"));
    assert!(problem_with("cost: { alerts: { a: 1 } }").contains("must be a list"));
    assert!(problem_with("usage: 5").contains("in quotes"));
    assert!(problem_with("usage: ''").starts_with("empty-value"));
    assert!(problem_with("single_account: 'yes'").contains("must be true or false"));
    assert!(problem_with("audit_log: /var/log/x").contains("must be true or false"));
    assert!(project(SMALL).audit_log && !project(&format!("{SMALL}audit_log: false\n")).audit_log);
    assert!(problem_with("usage: !Ref X").starts_with("unknown-tag 5:8"));
    assert!(problem_with("tags: { required: { C: [A] }, values: { C: B } }").contains("does not allow"));
    assert!(problem_replacing("project: shop", "project: my shop").contains("resource names"));
}

#[test]
fn policy_names_use_known_placeholders() {
    for good in ["{Project}-{Service}-{Actions}", "plain", "{Environment}.x"] {
        project(&format!("{SMALL}naming: {{ iam_policy: '{good}' }}\n"));
    }
    for (bad, words) in
        [("{Sevice}", "`{Sevice}` is not a placeholder"), ("{Service", "unclosed"), ("a b", "is not allowed in")]
    {
        assert!(problem_with(&format!("naming: {{ iam_policy: '{bad}' }}")).contains(words), "{bad}");
    }
}

#[test]
fn tokens_distinguish_environments() {
    let three = SMALL.replace(
        "environments:",
        "environments:\n  staging: { account: '333333333333', region: eu-west-1, tag_value: stage }",
    );
    assert_eq!(project(&three).naming.environment_tokens["staging"], ["staging", "stage"]);
    let own = project(&format!("{SMALL}naming: {{ environment_tokens: {{ dev: [d, dev] }} }}\n"));
    assert_eq!(own.naming.environment_tokens["dev"], ["d", "dev"]);
    assert_eq!(own.naming.environment_tokens["prod"], ["prod", "production"]);
    assert!(problem_with("naming: { environment_tokens: { stage: [s] } }").starts_with("unknown-key"));
    assert!(problem_with("naming: { environment_tokens: { dev: [dev, Prod] } }").starts_with("ambiguous-token"));
    assert!(problem_with("naming: { environment_tokens: { dev: ['my-dev'] } }").contains("letters and digits"));
}

#[test]
fn the_registry_has_distinct_names() {
    assert!(
        problem_with("accounts: [{ name: A, account: '333333333333' }, { name: a, account: '444444444444' }]")
            .starts_with("duplicate-name")
    );
    assert!(problem_with("accounts: [{ account: '333333333333' }]").contains("`accounts[0].name` is missing"));
    assert!(problem_with("accounts: [x]").contains("must be a mapping"));
    assert!(problem_with("accounts: everything").contains("a list of accounts or `organizations`"));
    assert!(
        problem_with("accounts: [{ name: A, account: '333333333333' }, { name: B, account: '333333333333' }]")
            .contains("registered twice")
    );
    let elsewhere = "accounts: [{ name: A, account: '333333333333', role: 'arn:aws:iam::444444444444:role/R' }]";
    assert!(problem_with(elsewhere).contains("a role of another account"));
    let nowhere = "accounts: [{ name: A, account: '333333333333', environment: prd }]";
    assert!(problem_with(nowhere).contains("did you mean `prod`?"));
    let registry = project(&format!("{SMALL}accounts: [{{ name: A, account: '333333333333', enabled: false }}]\n"));
    assert!(!registry.accounts[0].enabled);
}

#[test]
fn the_registry_may_be_the_organization() {
    let short = project(&format!("{SMALL}accounts: organizations\n"));
    assert!(short.accounts.is_empty() && short.organization == Some(OrganizationSettings::default()));
    let long = project(&format!(
        "{SMALL}accounts: {{ organizations: true, role: Audit, external_id: x, regions: [eu-west-1, eu-west-1], environment: prod }}\n"
    ));
    let settings = long.organization.unwrap();
    assert_eq!((settings.role.as_deref(), settings.environment.as_deref()), (Some("Audit"), Some("prod")));
    assert_eq!(settings.regions, ["eu-west-1"]);
    assert!(problem_with("accounts: { role: Audit }").contains("`accounts.organizations` is missing"));
    assert!(problem_with("accounts: { organizations: false }").contains("is false"));
    assert!(problem_with("accounts: { organizations: true, role: 'arn:aws:iam::1:role/R' }").contains("is an ARN"));
    assert!(problem_with("accounts: { organizations: true, roles: Audit }").contains("did you mean `role`?"));
}

#[test]
fn promotion_rules_are_read() {
    let text = format!(
        "{SMALL}promotion:\n  map: {{ vpc-1: vpc-2 }}\n  overrides:\n    AWS::RDS::DBInstance: {{ MultiAZ: true, Tags: [1] }}\n  auto: {{ types: [AWS::SQS::Queue], cap: 5.00, soak: 7d }}\n"
    );
    let promotion = project(&text).promotion;
    assert_eq!(promotion.map["vpc-1"], "vpc-2");
    assert_eq!(promotion.overrides["AWS::RDS::DBInstance"]["MultiAZ"], true);
    let auto = promotion.auto.unwrap();
    assert_eq!((auto.cap.to_string().as_str(), auto.soak.as_secs()), ("5.00", 7 * 86400));
    assert!(problem_with("promotion: { overrides: { Bucket: {} } }").contains("not a resource type"));
    assert!(
        problem_with("promotion: { auto: { types: [AWS::SQS::Queue], cap: 5 } }")
            .contains("`promotion.auto.soak` is missing")
    );
    assert!(
        problem_with("promotion: { auto: { types: [AWS::SQS::Queue], cap: 5, soak: week } }")
            .contains("`week` is not a duration")
    );
    assert!(
        problem_with("promotion: { auto: { types: [AWS::SQS::Queue], cap: 5, soak: 99999999999999999999d } }")
            .contains("not a duration")
    );
}

#[test]
fn an_invalid_configuration_is_an_error() {
    assert_eq!(problems("").len(), 2);
    assert!(problems("- a\n")[0].starts_with("wrong-type 1:1"));
    assert!(problems("a: b: c\n")[0].starts_with("yaml-syntax 1:5"));
}

#[test]
fn the_nearest_file_upwards_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("a/b");
    std::fs::create_dir_all(&below).unwrap();
    assert_eq!(discover(&below), None);
    std::fs::write(folder.path().join(FILE_NAME), SMALL).unwrap();
    assert_eq!(discover(&below), Some(folder.path().join(FILE_NAME)));
    std::fs::write(below.join(FILE_NAME), SMALL).unwrap();
    assert_eq!(discover(&below), Some(below.join(FILE_NAME)));
}

proptest! {
    #[test]
    fn a_damaged_configuration_never_panics(cut in 0..FULL.len(), put in "[\\[\\]{}:,'\"a1 \\n-]{0,3}") {
        let cut = (0..=cut).rev().find(|at| FULL.is_char_boundary(*at)).unwrap_or(0);
        let end = (cut + 2).min(FULL.len());
        let _ = parse("stagegate.yaml", &format!("{}{put}{}", &FULL[..cut], &FULL[end..]));
    }
}
