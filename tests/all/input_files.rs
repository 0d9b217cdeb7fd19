//! Unusual input files and folders: symbolic link loops, pipes, large files. Also the command line without arguments.

use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::{Value, json};

use super::support::{User, messages};

const QUEUE: &str = "Type: AWS::SQS::Queue\nProperties: { QueueName: q-dev }\n";

const POLICY: &str = "# METADATA\n# title: Queues have a name\n# custom:\n#   id: own-queue-name\n#   severity: high\n\
                      #   types: [AWS::SQS::Queue]\npackage own.queue_name\n\nimport data.stagegate.lib\n\
                      deny contains lib.finding([\"QueueName\"], \"no name\") if lib.absent([\"QueueName\"])\n";

const CASES: &str = "passing:\n  - name: named\n    properties: { QueueName: a-dev }\n\
                     failing:\n  - name: nameless\n    properties: {}\n";

/// Creates a named pipe without a writer.
fn pipe(user: &User, name: &str) -> String {
    let path = user.folder().join(name);
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo starts").success());
    name.to_owned()
}

#[test]
fn a_symbolic_link_loop_in_a_policy_folder_terminates() {
    let user = User::of_sandbox();
    user.write("nameless.yaml", "Type: AWS::SQS::Queue\n");
    let folder = user.folder().join("policies");
    std::fs::create_dir_all(folder.join("deep")).unwrap();
    user.write("policies/deep/own-queue-name.rego", POLICY);
    user.write("policies/deep/own-queue-name.test.yaml", CASES);
    symlink("..", folder.join("deep/up")).unwrap();
    symlink("deep", folder.join("again")).unwrap();
    symlink("../policies", folder.join("self")).unwrap();
    // The policy is found once; a second time would be a duplicate definition.
    let document = user.json(&["scan", "-f", "nameless.yaml", "--policies", "policies"], 2);
    let findings = document["body"]["findings"].as_array().unwrap();
    assert_eq!(findings.iter().filter(|one| one["id"] == "own-queue-name").count(), 1, "{document}");
    let tests = user.json(&["scan", "--test-policies", "policies"], 0);
    assert_eq!(tests["body"]["tests"]["files"], 1, "{tests}");
}

#[test]
fn a_symbolic_link_loop_in_a_template_folder_terminates() {
    let user = User::of_sandbox();
    let folder = user.folder().join("templates");
    std::fs::create_dir(&folder).unwrap();
    user.write("templates/q.yaml", QUEUE);
    symlink(".", folder.join("here.yaml")).unwrap();
    symlink("itself.yaml", folder.join("itself")).unwrap();
    let document = user.json(&["scan", "-f", "templates"], 0);
    assert_eq!(document["body"]["resources_scanned"], 1, "{document}");
}

#[test]
fn a_pipe_in_a_folder_is_skipped_and_a_given_pipe_is_rejected() {
    let user = User::of_sandbox();
    user.write("q.yaml", QUEUE);
    std::fs::create_dir(user.folder().join("all")).unwrap();
    user.write("all/q.yaml", "Type: AWS::SQS::Queue\n");
    user.write("all/own-queue-name.rego", POLICY);
    pipe(&user, "all/pipe.yaml");
    pipe(&user, "all/pipe.rego");
    let document = user.json(&["scan", "-f", "all", "--policies", "all"], 2);
    assert_eq!(document["body"]["resources_scanned"], 1, "{document}");
    let pipe = pipe(&user, "pipe");
    for (arguments, code) in [
        (&["scan", "-f", &pipe][..], "file-unreadable"),
        (&["create", "-f", &pipe], "file-unreadable"),
        (&["scan", "-f", "q.yaml", "--waivers", &pipe], "file-unreadable"),
        (&["estimate", "-f", "q.yaml", "--usage", &pipe], "file-unreadable"),
        (&["scan", "-f", "q.yaml", "--config", &pipe], "unreadable-config"),
        (&["scan", "-f", "/dev/zero"], "file-unreadable"),
    ] {
        let document = user.json(arguments, 64);
        assert_eq!(document["diagnostics"][0]["code"], code, "{arguments:?}: {document}");
        assert!(messages(&document).contains("not a regular file"), "{arguments:?}: {}", messages(&document));
    }
}

#[test]
fn all_input_files_have_the_same_size_limit() {
    let user = User::of_sandbox();
    user.write("q.yaml", QUEUE);
    std::fs::create_dir(user.folder().join("policies")).unwrap();
    for name in ["large", "policies/large.rego"] {
        // A sparse file.
        std::fs::File::create(user.folder().join(name)).unwrap().set_len(16 * 1024 * 1024 + 1).unwrap();
    }
    for (arguments, code) in [
        (&["scan", "-f", "large"][..], "file-too-large"),
        (&["scan", "-f", "q.yaml", "--waivers", "large"], "file-too-large"),
        (&["estimate", "-f", "q.yaml", "--usage", "large"], "file-too-large"),
        (&["scan", "-f", "q.yaml", "--policies", "policies"], "unreadable-policies"),
        (&["scan", "-f", "q.yaml", "--config", "large"], "unreadable-config"),
    ] {
        let document = user.json(arguments, 64);
        assert_eq!(document["diagnostics"][0]["code"], code, "{arguments:?}: {document}");
        assert!(messages(&document).contains("is larger than 16 MiB"), "{arguments:?}: {}", messages(&document));
    }
}

#[test]
fn a_waiver_with_many_wildcards_does_not_hang_a_scan() {
    let user = User::of_sandbox();
    user.write("t.yaml", &format!("Resources:\n  {}: {{ Type: AWS::SQS::Queue }}\n", "a".repeat(255)));
    user.write(
        "w.yaml",
        "waivers:\n  - {rule: sqs-encrypted, resource: '*a*a*a*a*a*a*a*a*b', owner: o, reason: r, expires: 2099-12-31}\n",
    );
    let document = user.json(&["scan", "-f", "t.yaml", "--waivers", "w.yaml", "--fail-on", "critical"], 0);
    assert!(messages(&document).contains("matches no finding"), "{}", messages(&document));
}

#[test]
fn without_arguments_stagegate_prints_an_introduction() {
    let user = User::of_aws();
    let run = user.run(&[]).expect(0);
    assert_eq!(run.stderr, "", "{run}");
    for part in ["from a dev account to a prod account", "stagegate demo", "stagegate help"] {
        assert!(run.stdout.contains(part), "{part}: {run}");
    }
    assert!(!run.stdout.contains("auto, always, never"), "{run}");
    // The commands in the introduction exist.
    for line in run.stdout.lines().filter_map(|line| line.strip_prefix("  stagegate ")) {
        let command = line.split_whitespace().next().unwrap();
        user.run(&["help", command]).expect(0);
    }
    // With JSON output, the usage error is a document.
    for (user, arguments) in [(User::of_aws(), &["--json"][..]), (User::of_aws().with("STAGEGATE_JSON", "1"), &[])] {
        let document = user.run(arguments).expect(64).document();
        assert_eq!(document["diagnostics"][0]["message"], "a command is missing", "{document}");
    }
    // A flag wins over a variable.
    let user = User::of_sandbox().with("STAGEGATE_JSON", "true");
    let rows = user.run(&["inventory", "AWS::S3::Bucket", "--output", "csv"]).expect(0).stdout;
    assert!(!rows.starts_with('{'), "{rows}");
    assert!(user.run(&["context"]).expect(0).stdout.starts_with('{'));
}

#[test]
fn help_is_also_a_command() {
    let user = User::of_aws();
    let all = user.run(&["help"]).expect(0).stdout;
    assert_eq!(all, user.run(&["--help"]).expect(0).stdout);
    for command in ["context", "estimate", "create", "scan", "promote", "drift", "tag-audit", "schema", "sandbox"] {
        assert!(all.contains(&format!("\n  {command} ")), "{all}");
        let one = user.run(&["help", command]).expect(0).stdout;
        assert_eq!(one, user.run(&[command, "--help"]).expect(0).stdout);
        assert!(one.contains(&format!("Usage: stagegate {command}")), "{one}");
    }
    assert!(user.run(&["help", "drfit"]).expect(64).stderr.contains("did you mean `drift`?"));
}

/// Functions that multiply texts, long names and deep paths end soon and with an error.
#[test]
fn expanding_input_is_refused() {
    let user = User::of_sandbox();
    let tenfold = |inner: Value| json!({"Fn::Sub": ["${a}${a}${a}${a}${a}${a}${a}${a}${a}${a}", {"a": inner}]});
    let text = (0..12).fold(json!("xxxxxxxxxx"), |inner, _| tenfold(inner));
    let template = json!({"Type": "AWS::SQS::Queue", "Properties": {"QueueName": text}});
    user.write("sub.json", &template.to_string());
    let document = user.json(&["create", "-f", "sub.json"], 64);
    assert!(messages(&document).contains("longer than 1 MiB"), "{document}");

    let joined = (0..16).fold(json!("xxxxxxxxxx"), |inner, _| {
        let list: Vec<Value> = std::iter::repeat_n(inner, 2).collect();
        json!({"Fn::Join": ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", list]})
    });
    user.write("join.json", &json!({"Type": "AWS::SQS::Queue", "Properties": {"QueueName": joined}}).to_string());
    user.json(&["create", "-f", "join.json"], 64);

    let name = format!("AWS::{}::B", "A".repeat(200_000));
    user.write("name.json", &json!({"Type": name, "Properties": {}}).to_string());
    user.json(&["create", "-f", "name.json"], 64);

    user.write("queue.json", r#"{"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}}"#);
    user.json(&["create", "-f", "queue.json"], 0);
    let url = "https://sqs.us-east-1.amazonaws.com/111111111111/q";
    let deep = format!("{}=1", vec!["a"; 30_000].join("."));
    let document = user.json(&["update", "AWS::SQS::Queue", url, "--env", "dev", "--set", &deep], 64);
    assert!(messages(&document).contains("at most 100"), "{}", messages(&document));
    let document = user.json(&["create", "-f", "queue.json", "--purpose", &"x".repeat(257)], 64);
    assert!(messages(&document).contains("at most 256"), "{document}");
    let document = user.json(&["create", "-f", "queue.json", "--tag", "k=1", "--tag", "k=2"], 64);
    assert!(messages(&document).contains("given twice"), "{document}");
    let odd = User::of_sandbox().with("STAGEGATE_STRICT", "maybe");
    let document = odd.json(&["context"], 64);
    assert!(messages(&document).contains("STAGEGATE_STRICT") || messages(&document).contains("--strict"), "{document}");
}

/// A project file that others can change is not used unless it is named.
#[test]
fn a_project_file_that_everybody_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let user = User::of_sandbox();
    let file = user.write(
        "stagegate.yaml",
        "version: 1\nproject: p\nenvironments:\n  dev: { account: \"111111111111\", region: us-east-1 }\n",
    );
    user.json(&["context", "--env", "dev"], 0);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    let document = user.json(&["context", "--env", "dev"], 64);
    assert!(messages(&document).contains("can be written by every user"), "{document}");
    user.json(&["context", "--env", "dev", "--config", "stagegate.yaml"], 0);
}
