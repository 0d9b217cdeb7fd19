//! Long results go through a pager at a terminal, and only there.

use serde_json::{Value, json};

use super::support::{User, root};

/// Marks each line, so that paged text is recognized.
const MARKING: &str = "sed 's/^/| /'";

fn screen(result: &Value, code: i32) -> &str {
    let screen = result["screen"].as_str().expect("the screen is text");
    assert_eq!(result["code"], code, "{screen}");
    assert_eq!(result["mode_restored"], true, "{screen}");
    screen
}

fn run(user: &User, code: i32, arguments: &[&str]) -> String {
    screen(&user.at_terminal(&json!([]), arguments), code).to_owned()
}

#[test]
fn only_what_does_not_fit_the_terminal_is_paged() {
    let user = User::of_sandbox().with("STAGEGATE_PAGER", MARKING);
    let list = run(&user, 0, &["scan", "--list", "-q"]);
    assert!(list.lines().count() > 40 && list.lines().all(|line| line.starts_with("| ")), "{list}");
    let help = run(&user, 0, &["drift", "--help"]);
    assert!(help.starts_with("| Compare the live resources"), "{help}");
    let document = run(&user, 0, &["explain", "--list", "--json"]);
    assert!(document.starts_with("| {"), "{document}");
    for short in [&["context"][..], &["explain", "unknown-type"]] {
        let shown = run(&user, 0, short);
        assert!(!shown.contains("| "), "{shown}");
    }
}

#[test]
fn nothing_is_paged_without_a_terminal_or_if_it_is_not_wanted() {
    let user = User::of_sandbox().with("STAGEGATE_PAGER", MARKING);
    let whole = user.run(&["scan", "--list"]).expect(0).stdout;
    assert!(whole.lines().count() > 40 && !whole.contains("| "), "{whole}");
    let declined = [("STAGEGATE_NO_PAGER", "1"), ("CI", "true"), ("STAGEGATE_PAGER", ""), ("STAGEGATE_PAGER", "cat")];
    for (name, value) in declined {
        let shown = run(&user.copy().with(name, value), 0, &["scan", "--list"]);
        assert!(!shown.contains("| ") && shown.lines().count() > 40, "{name}={value}: {shown}");
    }
    let shown = run(&user, 0, &["scan", "--list", "--no-pager"]);
    assert!(!shown.contains("| "), "{shown}");
    // The demo is one text, which appears as it is made.
    assert!(!run(&user, 0, &["demo"]).contains("| "));
}

#[test]
fn a_pager_does_not_change_the_exit_code_and_messages_come_after_it() {
    let user = User::of_sandbox().with("STAGEGATE_PAGER", MARKING);
    user.run(&["sandbox", "seed", "--resources", "200"]).expect(0);
    let drift = ["drift", "--all"];
    let shown = run(&user, 2, &drift);
    let (last_paged, next) = (shown.rfind("| ").unwrap(), shown.find("stagegate promote --all").unwrap());
    assert!(last_paged < next, "{shown}");
    // The user has seen enough. Without progress, which a slow machine shows.
    let quiet = ["drift", "--all", "-q"];
    let ended = run(&user.copy().with("STAGEGATE_PAGER", "head -1"), 2, &quiet);
    assert!(ended.starts_with("🔀 Drift: prod against dev\n"), "{ended}");
    let missing = run(&user.copy().with("STAGEGATE_PAGER", "no-such-pager -x"), 2, &drift);
    assert!(missing.lines().count() > 40 && missing.contains("resources checked"), "{missing}");
}

/// As in `less`, Ctrl-C does not end the pager, and stagegate waits for it: the shell would read from the same terminal.
#[test]
fn an_interrupt_belongs_to_the_pager() {
    let pager = root().join("tests/python/pager.py").display().to_string();
    let user = User::of_sandbox().with("STAGEGATE_PAGER", &format!("python3 {pager}"));
    let actions = json!([["wait", "pager is ready"], ["send", "\u{3}"], ["wait", "interrupted"], ["send", "q\n"]]);
    for arguments in [&["scan", "--list", "-q"][..], &["scan", "--help"], &["explain", "--list"]] {
        let result = user.at_terminal(&actions, arguments);
        assert!(screen(&result, 0).ends_with("pager ends\n"), "{arguments:?}: {result}");
    }
}
