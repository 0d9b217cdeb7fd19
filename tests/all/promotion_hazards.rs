//! The ways in which a promotion goes wrong, each with the tests that cover it; and tests of lost tags and of runs at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, approving_command, messages, root};

/// The number of a hazard, what goes wrong, and tests: file and function.
type Hazard = (u8, &'static str, &'static [(&'static str, &'static str)]);

const HAZARDS: [Hazard; 32] = [
    (
        1,
        "ARNs, account ids and regions within values",
        &[
            ("tests/all/promotion_regions.rs", "a_stack_is_promoted_to_another_region"),
            ("tests/all/promotion_defects.rs", "documents_in_texts_are_rewritten_with_minimal_change"),
            ("tests/all/leaks.rs", "the_account_of_dev_never_stays_whatever_holds_it"),
        ],
    ),
    (
        2,
        "ids of VPCs, subnets, groups and keys",
        &[
            ("tests/all/leaks.rs", "declared_references_to_unmanaged_resources_are_refused"),
            ("tests/all/hazards.rs", "ids_generated_by_aws_are_not_promoted"),
        ],
    ),
    (
        3,
        "references that AWS manages",
        &[
            ("src/promotion/typed.rs", "what_aws_manages_is_valid_everywhere"),
            ("tests/all/leaks.rs", "values_that_are_the_same_everywhere_are_neither_refused_nor_listed"),
        ],
    ),
    (
        4,
        "names",
        &[
            ("src/promotion/names.rs", "a_token_inside_a_word_is_ignored"),
            ("tests/all/promotion_guard.rs", "a_name_that_does_not_fit_is_found_in_the_plan"),
            ("tests/all/promotion_defects.rs", "the_domain_of_a_user_pool_is_renamed"),
        ],
    ),
    (
        5,
        "secrets and write-only values",
        &[
            ("tests/all/promotion.rs", "write_only_code_is_required_before_the_first_call"),
            (
                "tests/all/promotion_guard.rs",
                "values_that_aws_does_not_return_are_demanded_or_dropped_with_an_approval",
            ),
        ],
    ),
    (
        6,
        "write-only values that an update loses",
        &[("src/compare/patch.rs", "write_only_values_are_sent_again_unless_create_only")],
    ),
    (
        7,
        "values that are write-only and create-only",
        &[("src/compare/patch.rs", "write_only_values_are_sent_again_unless_create_only")],
    ),
    (8, "read-only values", &[("tests/all/promotion_types.rs", "bodies_of_common_types_are_valid_and_complete")]),
    (
        9,
        "defaults that the service fills in",
        &[
            ("tests/all/promotion_types.rs", "realistic_models_become_complete_bodies_without_a_value_of_dev"),
            ("src/promotion/sendable.rs", "what_the_source_has_and_no_request_may_contain_is_left_out"),
        ],
    ),
    (
        10,
        "replacements",
        &[
            ("src/pipeline/gate/rules.rs", "a_replacement_must_be_allowed_and_approved"),
            (
                "tests/all/promotion_defects.rs",
                "a_revision_in_dev_is_promoted_as_the_next_revision_and_references_follow",
            ),
        ],
    ),
    (
        11,
        "names that are global, taken or retained",
        &[
            ("tests/all/hazards.rs", "an_existing_queue_with_the_target_name_is_not_overwritten"),
            (
                "tests/all/promotion_defects.rs",
                "a_name_that_is_taken_is_found_in_the_plan_for_types_with_generated_identifiers",
            ),
        ],
    ),
    (
        12,
        "eventual consistency",
        &[
            ("tests/all/apply_steps.rs", "transient_handler_failures_are_retried"),
            ("tests/all/declarative.rs", "a_late_tagging_api_and_forgotten_client_tokens_make_no_duplicates"),
        ],
    ),
    (13, "compound and long identifiers in a tag", &[("src/domain/tags.rs", "a_compound_identifier_survives_a_tag")]),
    (14, "characters of tags", &[("src/domain/tags.rs", "a_dollar_sign_and_a_reserved_key_are_rejected")]),
    (15, "limits of tags", &[("src/domain/tags.rs", "list_and_map_formats_keep_other_tags")]),
    (
        16,
        "types without tags",
        &[
            ("tests/all/promotion_children.rs", "all_resources_arrive_and_none_refers_to_dev"),
            (
                "tests/all/promotion_api_children.rs",
                "children_of_apis_functions_file_systems_and_balancers_come_along_once",
            ),
            (
                "tests/all/promotion_defects.rs",
                "children_that_dev_no_longer_has_are_listed_with_the_command_that_deletes_them",
            ),
        ],
    ),
    (
        17,
        "tags that a read does not return",
        &[("tests/all/promotion.rs", "the_audit_detects_missing_and_inconsistent_tags")],
    ),
    (
        18,
        "types that Cloud Control does not serve",
        &[
            (
                "tests/all/promotion_api_children.rs",
                "named_versions_of_a_function_are_published_in_prod_and_aliases_follow",
            ),
            ("tests/all/promotion_defects.rs", "the_domain_of_a_user_pool_is_renamed"),
        ],
    ),
    (
        19,
        "listings that are incomplete or need a parent",
        &[("tests/all/promotion_children.rs", "what_cannot_be_listed_is_left_behind_and_keeps_the_parent_pending")],
    ),
    (20, "throttling", &[("tests/all/failing_services.rs", "an_account_with_a_low_rate_limit_is_read_completely")]),
    (
        21,
        "long operations",
        &[(
            "tests/all/apply_steps.rs",
            "a_step_that_takes_longer_than_the_timeout_stays_pending_and_its_command_completes_it",
        )],
    ),
    (
        22,
        "retries that duplicate",
        &[("tests/all/apply_steps.rs", "a_killed_command_is_completed_although_the_client_tokens_are_forgotten")],
    ),
    (
        23,
        "partial failures",
        &[
            ("tests/all/approvals.rs", "an_interrupted_promotion_is_finished_with_the_same_approval"),
            ("tests/all/approvals.rs", "a_promotion_continues_after_any_of_its_steps"),
        ],
    ),
    (24, "runs at once", &[("tests/all/promotion_hazards.rs", "two_promotions_at_once_create_nothing_twice")]),
    (
        25,
        "the wrong account",
        &[
            ("src/aws/tests/writing.rs", "nothing_is_sent_to_another_account"),
            ("tests/all/approvals.rs", "an_approval_for_another_account_is_refused_as_such"),
        ],
    ),
    (
        26,
        "policies or prices that moved since the approval",
        &[("tests/all/hazards.rs", "an_approval_does_not_cover_new_findings")],
    ),
    (
        27,
        "what was scanned is not what is sent",
        &[
            ("tests/all/promotion_hazards.rs", "a_change_in_dev_after_the_approval_is_not_sent"),
            ("tests/all/promotion_defects.rs", "an_approval_covers_what_was_shown_as_carried_over"),
        ],
    ),
    (28, "data is not configuration", &[("tests/all/promotion_hazards.rs", "a_plan_says_that_it_copies_no_data")]),
    (
        29,
        "loopholes of approvals",
        &[
            ("tests/all/approvals.rs", "a_replay_of_a_promotion_is_refused_after_its_result_was_deleted"),
            ("tests/all/hazards.rs", "promotion_from_a_protected_environment_is_refused"),
            ("tests/all/promotion_guard.rs", "a_hotfix_in_prod_is_not_undone_without_its_own_approval"),
        ],
    ),
    (
        30,
        "tags that somebody has forged or removed",
        &[
            ("tests/all/promotion_guard.rs", "a_forged_tag_on_another_resource_in_prod_does_not_lead_to_an_update"),
            ("tests/all/promotion_guard.rs", "a_forged_tag_in_dev_does_not_lead_to_an_update_and_can_be_removed"),
            ("tests/all/promotion_guard.rs", "a_lost_tag_in_prod_is_restored_and_nothing_is_created_twice"),
            ("tests/all/promotion_guard.rs", "two_resources_of_dev_cannot_have_one_counterpart"),
            ("tests/all/promotion_hazards.rs", "a_lost_tag_in_dev_creates_nothing_a_second_time"),
            (
                "tests/all/promotion_hazards.rs",
                "a_lost_tag_in_dev_of_a_resource_without_a_name_creates_nothing_a_second_time",
            ),
        ],
    ),
    (31, "order of lists", &[("src/compare/normalize.rs", "order_is_ignored_only_where_the_schema_says_so")]),
    (
        32,
        "normalized values",
        &[
            ("src/compare/normalize.rs", "letter_case_is_ignored_only_where_the_schema_says_so"),
            ("src/compare/policy_document.rs", "equivalent_policies_have_one_form"),
        ],
    ),
];

#[test]
fn every_hazard_has_tests() {
    let numbers: BTreeSet<u8> = HAZARDS.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=32).collect());
    let mut missing = Vec::new();
    for (number, hazard, tests) in HAZARDS {
        assert!(!tests.is_empty(), "{number} {hazard}");
        for (file, name) in tests {
            let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
            let at = text.find(&format!("fn {name}()"));
            // Attributes are directly above.
            let above = at.map(|at| text[..at].lines().rev().take(3).collect::<Vec<_>>().concat()).unwrap_or_default();
            if !above.contains("test]") {
                missing.push(format!("{number} {hazard}: {file} has no test {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

const QUEUE: &str = "AWS::SQS::Queue";
const VPC: &str = "AWS::EC2::VPC";

fn url(account: &str, name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
}

fn with_queue() -> (User, Server) {
    let user = User::of_sandbox();
    user.write("queue.yaml", "Type: AWS::SQS::Queue\nProperties:\n  QueueName: jobs-dev\n  VisibilityTimeout: 60\n");
    user.approve(&["create", "-f", "queue.yaml"]);
    let server = user.serve();
    (user, server)
}

/// Another client removes tags; all of them without keys.
fn remove_tags(user: &User, server: &Server, resource: (&str, &str, &str), keys: &[&str]) {
    let (account, type_name, id) = resource;
    let live = user.boto3(server, account, &["get", type_name, id]);
    let mut tags = live["Tags"].as_array().unwrap().clone();
    tags.retain(|tag| !keys.is_empty() && !keys.contains(&tag["Key"].as_str().unwrap()));
    let patch = json!([{"op": "replace", "path": "/Tags", "value": tags}]).to_string();
    user.boto3(server, account, &["update", type_name, id, &patch]);
}

fn count(user: &User, server: &Server, account: &str, type_name: &str) -> usize {
    user.boto3(server, account, &["list", type_name]).as_array().map_or(0, Vec::len)
}

#[test]
fn a_lost_tag_in_dev_creates_nothing_a_second_time() {
    let (user, server) = with_queue();
    let own = url(DEV, "jobs-dev");
    user.approve(&["promote", QUEUE, &own]);
    remove_tags(&user, &server, (DEV, QUEUE, &own), &["ProdCounterpart", "PromotionStatus"]);
    let refused = user.json(&["promote", QUEUE, &own], 4);
    assert!(messages(&refused).contains("counterpart-unproven"), "{}", messages(&refused));
    assert!(messages(&refused).contains(&url(PROD, "jobs-prod")), "the way out is named: {}", messages(&refused));
    assert_eq!(count(&user, &server, PROD, QUEUE), 1);
    // Without any tag.
    remove_tags(&user, &server, (DEV, QUEUE, &own), &[]);
    user.json(&["promote", QUEUE, &own], 4);
    assert_eq!(count(&user, &server, PROD, QUEUE), 1);
}

#[test]
fn a_lost_tag_in_dev_of_a_resource_without_a_name_creates_nothing_a_second_time() {
    let user = User::of_sandbox();
    user.write("vpc.yaml", "Type: AWS::EC2::VPC\nProperties:\n  CidrBlock: 10.0.0.0/16\n");
    user.approve(&["create", "-f", "vpc.yaml"]);
    let server = user.serve();
    let dev = user.boto3(&server, DEV, &["list", VPC])[0].as_str().unwrap().to_owned();
    user.approve(&["promote", VPC, &dev]);
    for keys in [&["ProdCounterpart", "PromotionStatus"][..], &[]] {
        remove_tags(&user, &server, (DEV, VPC, &dev), keys);
        let refused = user.json(&["promote", VPC, &dev], 4);
        assert!(messages(&refused).contains("counterpart-unproven"), "{}", messages(&refused));
        assert_eq!(count(&user, &server, PROD, VPC), 1);
    }
}

#[test]
fn two_promotions_at_once_create_nothing_twice() {
    let (user, server) = with_queue();
    let own = url(DEV, "jobs-dev");
    let plan = user.json(&["promote", QUEUE, &own], 3);
    let command = approving_command(&plan);
    let codes = std::thread::scope(|scope| {
        let runs = [scope.spawn(|| user.paste(command)), scope.spawn(|| user.paste(command))];
        runs.map(|run| run.join().unwrap().code)
    });
    // One may find the other at work, or its plan done.
    assert!(codes.contains(&0), "{codes:?}");
    assert!(codes.iter().all(|code| [0, 4, 5].contains(code)), "{codes:?}");
    assert_eq!(count(&user, &server, PROD, QUEUE), 1);
    user.json(&["drift"], 0);
    assert_eq!(user.json(&["promote", QUEUE, &own], 0)["body"]["plan"]["steps"], json!([]));
}

#[test]
fn a_change_in_dev_after_the_approval_is_not_sent() {
    let (user, server) = with_queue();
    let own = url(DEV, "jobs-dev");
    let plan = user.json(&["promote", QUEUE, &own], 3);
    let patch = r#"[{"op": "replace", "path": "/VisibilityTimeout", "value": 5}]"#;
    user.boto3(&server, DEV, &["update", QUEUE, &own, patch]);
    let refused = user.paste(approving_command(&plan)).expect(4).document();
    assert!(messages(&refused).contains("changed since it was approved"), "{}", messages(&refused));
    assert_eq!(count(&user, &server, PROD, QUEUE), 0);
}

#[test]
fn a_plan_says_that_it_copies_no_data() {
    let (user, _server) = with_queue();
    let plan: Value = user.json(&["promote", QUEUE, &url(DEV, "jobs-dev")], 3);
    let checklist = plan["body"]["plan"]["checklist"].to_string();
    assert!(checklist.contains("copies configuration, not data"), "{checklist}");
}
