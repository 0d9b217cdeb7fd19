//! The first command of the README.

use super::support::User;

#[test]
fn the_demo_runs_the_main_commands() {
    let user = User::of_aws();
    let run = user.run(&["demo"]).expect(0);
    for command in ["context", "estimate", "create", "scan", "promote", "drift", "tag-audit"] {
        assert!(run.stdout.contains(&format!("stagegate {command}")), "no {command}: {run}");
    }
    assert_eq!(std::fs::read_dir(user.folder()).unwrap().count(), 0, "the demo leaves nothing behind");
}

#[test]
fn the_commands_of_the_demo_can_be_pasted() {
    let user = User::of_aws();
    let document = user.json(&["demo", "--keep", "kept"], 0);
    let steps = document["body"]["steps"].as_array().unwrap();
    assert!(steps.len() >= 7, "{document}");
    for step in steps {
        assert_eq!(step["exit_code"], step["expected_exit_code"], "{step}");
    }
    // The sandbox was kept, so that commands that read have the same results.
    let readers = ["context", "drift", "tag-audit"];
    for step in steps {
        let command = step["command"].as_str().unwrap();
        if readers.iter().any(|reader| command.contains(&format!("stagegate {reader}"))) {
            user.paste(command).expect(0);
        }
    }
}
