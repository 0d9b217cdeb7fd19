//! Failing services: commands that only read use answers of earlier runs, marked as stale; plans never do. Open circuits are
//! remembered across runs.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::fault_proxy::{Fault, FaultProxy};
use super::support::{DEV, PROD, Server, User, messages};

const STACK: &str = "Resources:
  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev } }
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: f-dev
      Runtime: python3.12
      Handler: index.handler
      Role: !Sub 'arn:aws:iam::${AWS::AccountId}:role/f'
      Code: { ZipFile: x }
      Environment: { Variables: { DB_PASSWORD: planted-stale-1 } }
";

struct World {
    _owner: User,
    _server: Server,
    proxy: FaultProxy,
    user: User,
}

impl World {
    fn new() -> Self {
        let owner = User::of_sandbox();
        let server = owner.serve();
        let proxy = FaultProxy::new(&server);
        let user = User::of_accounts(&proxy.endpoint, "stale", DEV, PROD).with("STAGEGATE_TEST_RETRY_MILLIS", "500");
        user.write("stack.yaml", STACK);
        user.approve(&["create", "-f", "stack.yaml"]);
        Self { _owner: owner, _server: server, proxy, user }
    }

    fn home(&self) -> PathBuf {
        self.user.folder().parent().unwrap().to_path_buf()
    }
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn commands_that_only_read_use_marked_answers_of_earlier_runs_and_plans_do_not() {
    let world = World::new();
    let user = &world.user;
    let audit = ["tag-audit", "--env", "dev", "--type", "AWS::SQS::Queue", "--list-compliant"];
    let scan = ["scan", "--live", "AWS::SQS::Queue", "--env", "dev"];
    for (arguments, code) in [(&["drift"][..], 0), (&audit, 0), (&scan, 0)] {
        let document = user.json(arguments, code);
        assert_eq!(document["body"]["coverage"]["stale"], serde_json::json!([]), "{document}");
        assert!(!messages(&document).contains("stale-read"), "{document}");
    }
    let kept = files(&world.home().join(".cache/stagegate/answers"));
    assert!(kept.len() >= 3, "{kept:?}");
    for file in &kept {
        assert_eq!((mode(file), mode(file.parent().unwrap())), (0o600, 0o700), "{}", file.display());
        assert!(!std::fs::read_to_string(file).unwrap().contains("planted"), "{}", file.display());
    }

    world.proxy.fail("GetResource", Fault::InternalError);
    let drift = user.json(&["drift"], 2);
    assert!(messages(&drift).contains("stale-read"), "{drift}");
    let rows = drift["body"]["resources"].as_array().unwrap();
    let row = |type_name: &str| rows.iter().find(|row| row["type"] == type_name).unwrap_or_else(|| panic!("{drift}"));
    assert!(row("AWS::SQS::Queue")["stale_seconds"].is_u64(), "{drift}");
    // The function has a secret: it is not kept.
    assert_eq!(drift["body"]["coverage"]["unreadable"], 1, "{drift}");
    user.json(&["drift", "--strict"], 1);
    let refreshed = user.json(&["drift", "--refresh"], 2);
    assert_eq!(refreshed["body"]["coverage"]["stale"], serde_json::json!([]), "{refreshed}");

    let audited = user.json(&audit, 2);
    assert!(audited["body"]["resources"][0]["stale_seconds"].is_u64(), "{audited}");
    let scanned = user.json(&scan, 2);
    assert_eq!(scanned["body"]["coverage"]["stale"][0]["environment"], "dev", "{scanned}");
    assert!(scanned["body"]["coverage"]["stale"][0]["age_seconds"].is_u64(), "{scanned}");

    let url = format!("https://sqs.us-east-1.amazonaws.com/{DEV}/jobs-dev");
    for arguments in [
        &["create", "-f", "stack.yaml"][..],
        &["update", "AWS::SQS::Queue", &url, "--env", "dev", "--set", "DelaySeconds=5"],
        &["delete", "AWS::SQS::Queue", &url, "--env", "dev"],
        &["promote", "AWS::SQS::Queue", &url],
    ] {
        let document = user.run(&[arguments, &["--json"]].concat()).document();
        assert_ne!(document["outcome"]["exit_code"], 0, "{document}");
        assert!(document["body"]["plan"]["digest"].is_null(), "no plan is based on an earlier run: {document}");
        assert!(
            document["api_calls"].as_object().unwrap().keys().all(|call| !call.ends_with("eResource")),
            "{document}"
        );
    }
    world.proxy.heal();
    user.forget_failures();
    let fresh = user.json(&["drift"], 0);
    assert_eq!(fresh["body"]["coverage"]["stale"], serde_json::json!([]), "{fresh}");
}

#[test]
fn open_circuits_are_remembered_until_the_service_is_called_again() {
    let world = World::new();
    let user = &world.user;
    let folder = world.home().join("state/stagegate/breakers");
    let types = ["SQS::Queue", "SNS::Topic", "S3::Bucket", "KMS::Key", "Logs::LogGroup", "Lambda::Function"];
    let types: Vec<String> = types.iter().map(|name| format!("AWS::{name}")).collect();
    let mut audit = vec!["tag-audit", "--env", "dev"];
    audit.extend(types.iter().flat_map(|name| ["--type", name.as_str()]));
    world.proxy.fail("ListResources", Fault::InternalError);
    user.json(&audit, 2);
    let kept = files(&folder);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!((mode(&kept[0]), mode(&folder)), (0o600, 0o700));
    assert!(kept[0].to_string_lossy().contains("111111111111-us-east-1-cloudcontrol"), "{kept:?}");

    world.proxy.heal();
    let plan = ["update", "AWS::SQS::Queue"];
    let url = format!("https://sqs.us-east-1.amazonaws.com/{DEV}/jobs-dev");
    let plan = [&plan[..], &[&url, "--env", "dev", "--set", "DelaySeconds=5", "--plan-only"]].concat();
    let refused = user.json(&plan, 1);
    let said = messages(&refused);
    assert!(said.contains("aws-circuit-open") && said.contains("--refresh"), "{said}");
    assert!(said.contains("cloudcontrol in us-east-1 failed") && said.contains("the last time at 20"), "{said}");
    assert!(refused["api_calls"]["cloudcontrol.GetResource"].is_null(), "{refused}");
    // Another environment is another account.
    user.json(&["tag-audit", "--env", "prod", "--type", "AWS::SQS::Queue"], 0);

    let kept_text = std::fs::read_to_string(&kept[0]).unwrap();
    for damaged in ["", "{", "[]", "{\"name\":1}"] {
        std::fs::write(&kept[0], damaged).unwrap();
        user.json(&plan, 0);
        assert!(!kept[0].exists(), "the service has answered");
    }
    std::fs::write(&kept[0], &kept_text).unwrap();
    user.json(&plan, 1);
    user.json(&[&plan[..], &["--refresh"]].concat(), 0);
    assert!(!kept[0].exists(), "the service has answered");
    user.json(&plan, 0);
}
