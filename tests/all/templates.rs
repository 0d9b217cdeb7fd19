//! `templates`: the starters come out of the program with the names of the project, and pass its own gates.

use std::os::unix::fs::PermissionsExt as _;

use super::support::{DEV, PROD, User};

/// A project whose names and Regions are not those of the sandbox.
fn project() -> User {
    let user = User::of_sandbox();
    let environment =
        |name: &str, account: &str| format!("  {name}: {{ account: \"{account}\", region: eu-west-1 }}\n");
    user.write(
        "stagegate.yaml",
        &format!(
            "version: 1\nproject: Synth_Core\nenvironments:\n{}{}tags: {{ values: {{ CostCenter: Engineering }} }}\n",
            environment("dev", DEV),
            environment("prod", PROD)
        ),
    );
    user
}

fn names(user: &User) -> Vec<String> {
    let listed = user.json(&["templates", "list"], 0);
    let templates = listed["body"]["templates"].as_array().unwrap();
    templates.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_starter_passes_scan_and_is_planned_in_a_project() {
    let user = project();
    let names = names(&user);
    assert!(names.len() >= 13, "{names:?}");
    for name in names {
        let document = user.json(&["templates", "new", &name], 0);
        let file = document["body"]["file"].as_str().unwrap().to_owned();
        assert_eq!(file, format!("{name}.yaml"));
        let text = std::fs::read_to_string(user.folder().join(&file)).unwrap();
        assert!(text.contains("Default: synth-core\n") && !text.contains("sandbox"), "{name}: {text}");
        user.run(&["scan", "-f", &file]).expect(0);
        let mut create = vec!["create", "-f", &file, "--plan-only", "--json"];
        if name == "ecs-fargate-oidc" {
            // Its comment says so: Cloud Control does not resolve the reference to the secret.
            create.extend(["--set", "ApiRule.Actions.0.AuthenticateOidcConfig.ClientSecret=any"]);
            create.extend(["--set", "PagesRule.Actions.0.AuthenticateOidcConfig.ClientSecret=any"]);
        }
        let run = user.run(&create);
        assert!([0, 3].contains(&run.code), "{name}: {run}");
        let steps = run.document()["body"]["plan"]["steps"].as_array().map(Vec::len);
        assert!(steps.is_some_and(|steps| steps > 0), "{name}: {run}");
        std::fs::remove_file(user.folder().join(&file)).unwrap();
    }
}

#[test]
fn a_starter_without_a_project_has_the_names_of_the_sandbox() {
    let user = User::of_aws();
    let text = user.run(&["templates", "show", "s3-bucket"]).expect(0).stdout;
    assert_eq!(text, std::fs::read_to_string(super::support::template("s3-bucket.yaml")).unwrap());
    let table = user.run(&["templates", "list"]).expect(0).stdout;
    assert!(table.contains("rds-postgres") && table.contains("RDS::DBInstance"), "{table}");
    assert!(names(&user).iter().all(|name| table.contains(name.as_str())), "{table}");
}

#[test]
fn a_file_is_replaced_only_with_a_flag() {
    let user = project();
    let file = user.write("buckets/mine.yaml", "mine\n");
    let new = ["templates", "new", "s3-bucket", "--out", "buckets/mine.yaml"];
    let refused = user.json(&new, 64);
    assert_eq!(refused["diagnostics"][0]["code"], "file-exists");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine\n");
    let document = user.json(&[new.as_slice(), &["--overwrite"]].concat(), 0);
    assert!(std::fs::read_to_string(&file).unwrap().contains("AWS::S3::Bucket"));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // What it suggests can be pasted.
    for next in document["next"].as_array().unwrap() {
        user.paste(next["command"].as_str().unwrap()).expect(0);
    }
}

#[test]
fn an_unknown_starter_and_an_invalid_project_are_errors() {
    let user = User::of_aws();
    let document = user.json(&["templates", "new", "s3-buket"], 64);
    assert_eq!(document["diagnostics"][0]["hint"], "did you mean `s3-bucket`?");
    user.write("stagegate.yaml", "version: 1\nprojekt: Shop\n");
    user.json(&["templates", "new", "s3-bucket"], 64);
    assert!(!user.folder().join("s3-bucket.yaml").exists());
}
