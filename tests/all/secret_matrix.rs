//! Every kind of secret × every command and failure path: the secret appears in no output and in no file, as it is or encoded.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::Value;

use super::fault_proxy::{Fault, FaultProxy};
use super::killing_proxy::KillingProxy;
use super::secret_kinds::{KINDS, NO_ECHO, NO_ECHO_NUMBER, template, template_of, template_with};
use super::support::{Server, User, approving_command};

/// Values of `--set`, `--input` and `--inputs`.
const SET: &str = "planted-set-3101";
const INPUT: &str = "planted-input-3201";
/// A value of `--set` and `--input` for a property whose name says nothing.
const SHAPED: &str = "xoxb-planted-3102-planted";
const INPUTS: &str = "planted-inputs-3301";

const FIRST_ACCOUNT: usize = 400_000_000_000;

/// The files that the user wrote, in which the secrets are.
const WRITTEN: &[&str] =
    &["stack.yaml", "broken.yaml", "others.yaml", "values.yaml", "patch.json", "change.yaml", "aws-config"];

/// A secret in the forms that a search must not find.
struct Needle {
    name: String,
    forms: Vec<String>,
}

impl Needle {
    fn new(name: &str, text: &str) -> Self {
        let mut forms = vec![text.to_owned()];
        // In base64, a text has three forms, depending on where it starts; those bits that its neighbors share are left out.
        for before in 0..3 {
            let encoded = STANDARD_NO_PAD.encode(["_".repeat(before).as_bytes(), text.as_bytes()].concat());
            forms.push(encoded[(before * 8).div_ceil(6)..(before + text.len()) * 8 / 6].to_owned());
        }
        Self { name: name.to_owned(), forms }
    }

    fn is_in(&self, text: &str) -> bool {
        self.forms.iter().any(|form| text.contains(form))
    }
}

fn needles() -> Vec<Needle> {
    let given = [("--set", SET), ("--set of a shape", "planted-3102"), ("--input", INPUT), ("--inputs", INPUTS)];
    let planted = KINDS.iter().map(|kind| (kind.name, kind.needle));
    planted.chain(given).map(|(name, text)| Needle::new(name, text)).collect()
}

/// The texts of a path, by the run or file that they are from.
#[derive(Default)]
struct Texts(Vec<(String, String)>);

impl Texts {
    /// Adds every file below a folder. The databases of the sandbox hold what AWS would hold.
    fn add_files(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() && name != "sandbox" {
                self.add_files(&path);
            } else if path.is_file() && !WRITTEN.iter().any(|written| name == *written) {
                let bytes = std::fs::read(&path).unwrap_or_default();
                self.0.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }

    fn leaks(&self, needles: &[Needle]) -> Vec<String> {
        let mut found = Vec::new();
        for needle in needles {
            for (place, text) in self.0.iter().filter(|(_, text)| needle.is_in(text)) {
                let form = needle.forms.iter().find(|form| text.contains(*form)).unwrap();
                let at = text.find(form.as_str()).unwrap();
                let around: String = text[..at].chars().rev().take(160).collect::<Vec<_>>().into_iter().rev().collect();
                found.push(format!("{}: in {place}: …{around}{form}", needle.name));
            }
        }
        found
    }
}

/// Two accounts of their own, and a user of both.
struct World {
    user: User,
    texts: Texts,
    runs: usize,
}

impl World {
    fn new(endpoint: &str, number: usize) -> Self {
        let (dev, prod) = ((FIRST_ACCOUNT + 2 * number).to_string(), (FIRST_ACCOUNT + 2 * number + 1).to_string());
        let user = User::of_accounts(endpoint, "secrets", &dev, &prod)
            .with("STAGEGATE_TEST_RETRY_MILLIS", "1000")
            .with("STAGEGATE_TEST_LEASE_MILLIS", "100")
            .with("RUST_LOG", "trace")
            .with("RUST_BACKTRACE", "1");
        user.write("stack.yaml", &template());
        Self { user, texts: Texts::default(), runs: 0 }
    }

    fn run(&mut self, arguments: &[&str]) -> super::support::Run {
        let run = self.user.run(arguments);
        self.runs += 1;
        // The arguments of the test are no output.
        let label = format!("{} (exit code {})", arguments.join(" "), run.code);
        self.texts.0.push((label, format!("{}\n{}", run.stdout, run.stderr)));
        run
    }

    fn creating(more: &[&'static str]) -> Vec<&'static str> {
        [&["create", "-f", "stack.yaml", "--param", PASSWORD, "--param", PIN, "--set", SET_SECRET], more].concat()
    }

    /// The flags that approve the plan of a document.
    fn approval(document: &Value) -> Vec<String> {
        let command = approving_command(document);
        let plan = document["body"].get("plan").unwrap_or(&document["body"]["fix"]["plan"]);
        let digest = plan["digest"].as_str().unwrap().to_owned();
        let mut flags = vec!["--approve".to_owned(), digest.clone()];
        if command.contains("--approve-findings") {
            flags.extend(["--approve-findings".to_owned(), digest, "--reason".to_owned(), "test".to_owned()]);
        }
        flags
    }

    /// Runs a command, and again with the approval that it requires.
    fn approved(&mut self, arguments: &[&str]) -> super::support::Run {
        let json: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let asked = self.run(&json);
        if asked.code != 3 {
            return asked;
        }
        let flags = Self::approval(&asked.document());
        let approved: Vec<&str> = json.iter().copied().chain(flags.iter().map(String::as_str)).collect();
        self.run(&approved)
    }

    fn finish(mut self) -> (usize, Texts) {
        self.texts.add_files(self.user.folder().parent().unwrap());
        (self.runs, self.texts)
    }
}

const PASSWORD: &str = "Password=planted-noecho-0301";
const PIN: &str = "Pin=840203010";
const SET_SECRET: &str = "Chat.Environment.Variables.MY_SECRET=planted-set-3101";

#[test]
fn no_kind_of_secret_appears_anywhere() {
    assert_eq!((PASSWORD, PIN), (&*format!("Password={NO_ECHO}"), &*format!("Pin={NO_ECHO_NUMBER}")));
    let owner = User::of_sandbox();
    // The server knows the accounts of a project.
    let account = |number: usize| (FIRST_ACCOUNT + number).to_string();
    let environments: String =
        (0..40).map(|n| format!("  e{n}: {{ account: \"{}\", region: us-east-1 }}\n", account(n))).collect();
    owner.write("stagegate.yaml", &format!("version: 1\nproject: secrets\nenvironments:\n{environments}"));
    let server = owner.serve();
    type Path = fn(&Server, usize) -> (usize, Texts);
    let paths: &[(&str, Path)] = &[
        ("successful", successful),
        ("mistaken", mistaken),
        ("denied", |server, number| {
            let operations = ["CreateResource", "GetResource", "UpdateResource"];
            faulty(server, number, &operations.map(|operation| (operation, Fault::AccessDenied)))
        }),
        ("refused", |server, number| {
            faulty(server, number, &["CreateResource", "UpdateResource"].map(|operation| (operation, Fault::Refused)))
        }),
        ("failed", |server, number| {
            faulty(server, number, &["CreateResource", "UpdateResource"].map(|operation| (operation, Fault::Failed)))
        }),
        ("throttled", |server, number| faulty(server, number, &[("CreateResource", Fault::Throttled)])),
        ("lost", |server, number| faulty(server, number, &[("CreateResource", Fault::Closed)])),
        ("killed", killed),
    ];
    let needles = needles();
    let mut runs = 0;
    let mut leaks = Vec::new();
    let results = std::thread::scope(|scope| {
        let started: Vec<_> = paths
            .iter()
            .enumerate()
            .map(|(number, (_, path))| {
                let server = &server;
                scope.spawn(move || path(server, number))
            })
            .collect();
        started.into_iter().map(|thread| thread.join().expect("the path ends")).collect::<Vec<_>>()
    });
    for ((name, _), (count, texts)) in paths.iter().zip(results) {
        runs += count;
        leaks.extend(texts.leaks(&needles).into_iter().map(|leak| format!("[{name}] {leak}")));
    }
    println!("secrets: {} kinds × {runs} runs in {} paths", needles.len(), paths.len());
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

/// All commands, without a fault.
fn successful(server: &Server, number: usize) -> (usize, Texts) {
    let mut world = World::new(&server.endpoint, number);
    world.user.write("others.yaml", &template_of(KINDS.iter().filter(|kind| !kind.is_creatable())));
    for more in [&["--plan-only"][..], &["--full", "--plan-only"]] {
        world.run(&World::creating(more)).expect(3);
    }
    for format in ["table", "json", "sarif", "junit", "markdown"] {
        world.run(&["scan", "-f", "stack.yaml", "--param", PASSWORD, "--param", PIN, "--output", format]);
        world.run(&["scan", "-f", "others.yaml", "--param", PASSWORD, "--param", PIN, "--output", format]);
    }
    for format in ["table", "json", "markdown"] {
        world.run(&["estimate", "-f", "stack.yaml", "--param", PASSWORD, "--param", PIN, "--output", format]).expect(0);
        world.run(&["estimate", "-f", "others.yaml", "--param", PASSWORD, "--param", PIN, "--output", format]);
    }
    world.run(&World::creating(&["--plan-out", "plan.json"])).expect(3);
    let apply = ["apply", "plan.json", "--param", PASSWORD, "--param", PIN, "--set", SET_SECRET];
    world.run(&["apply", "plan.json", "--json"]);
    let applied = world.approved(&apply).expect(0).document();
    world.run(&World::creating(&["--json"]));
    world.run(&World::creating(&["--full"]));
    let identifiers = identifiers(&applied);
    assert_eq!(identifiers.len(), KINDS.iter().filter(|kind| kind.is_creatable()).count());
    for (index, kind) in KINDS.iter().filter(|kind| kind.is_creatable() && !kind.path.is_empty()).enumerate() {
        let target = ["update", kind.type_name, identifiers[kind.id].as_str(), "--env", "dev"];
        let value = if kind.is_named() { SET } else { SHAPED };
        let set = format!("{}={value}", kind.path);
        let with = |more: &[&'static str]| [&target[..], more].concat();
        let format = if index % 2 == 0 { "json" } else { "html" };
        world.run(&[&target[..], &["--set", &set, "--plan-only", "--output", format]].concat());
        let pointer = format!("/{}", kind.path.replace('.', "/"));
        let patch = serde_json::json!([{"op": "add", "path": pointer, "value": value}]);
        world.user.write("patch.json", &patch.to_string());
        match index % 3 {
            0 => drop(world.run(&with(&["--patch", "patch.json", "--full"]))),
            1 => drop(world.run(&with(&["--patch", "patch.json", "--plan-out", "change.json"]))),
            _ => drop(world.approved(&[&target[..], &["--set", &set]].concat())),
        }
    }
    world.run(&["scan", "--live", "--env", "dev"]);
    for format in ["json", "sarif", "junit", "markdown", "html"] {
        world.run(&["scan", "--live", "--env", "dev", "--output", format]);
    }
    for kind in KINDS.iter().filter(|kind| kind.is_creatable()).step_by(5) {
        world.run(&["estimate", "--live", kind.type_name, &identifiers[kind.id], "--env", "dev", "--json"]);
        for format in ["json", "ndjson"] {
            world.run(&["inventory", kind.type_name, &identifiers[kind.id], "--accounts", "dev", "--output", format]);
        }
        world.run(&["delete", kind.type_name, &identifiers[kind.id], "--env", "dev", "--json"]);
    }
    world.run(&["tag-audit", "--json", "--list-compliant"]);
    for format in ["table", "json", "markdown", "html"] {
        world.run(&["cost", "--output", format]);
    }
    compared_with_template(&mut world);
    promoted(&mut world, &identifiers);
    retagged(&mut world);
    world.finish()
}

/// Compares the template with the live resources, some of which were updated since.
fn compared_with_template(world: &mut World) {
    let desired = ["drift", "--desired", "stack.yaml", "--param", PASSWORD, "--param", PIN, "--all"];
    for format in ["table", "json", "ndjson", "markdown", "sarif", "junit", "github", "html"] {
        let run = world.run(&[&desired[..], &["--output", format]].concat());
        assert_eq!(run.code, 2, "{run}");
    }
}

/// Corrects a tag of every resource, after the rule for its values has changed.
fn retagged(world: &mut World) {
    let config = std::fs::read_to_string(world.user.folder().join("stagegate.yaml")).unwrap();
    let rules = "values: { CostCenter: Research }, required: { CostCenter: [Research] }";
    world.user.write("stagegate.yaml", &config.replace("values: { CostCenter: Engineering }", rules));
    let fix = ["tag-audit", "--fix", "--tag", "CostCenter=Research"];
    world.run(&[&fix[..], &["--plan-only"]].concat());
    for format in ["json", "markdown", "sarif", "junit", "github"] {
        world.run(&[&fix[..], &["--full", "--output", format]].concat());
    }
    world.run(&[&fix[..], &["--plan-out", "tags.json"]].concat());
    let fixed = world.approved(&fix).document();
    let steps = fixed["body"]["fix"]["plan"]["steps"].as_array().map_or(0, Vec::len);
    assert!(steps > 10, "{steps} steps: {fixed}");
    world.run(&["apply", "tags.json", "--json"]);
}

/// Promotes everything that is in dev.
fn promoted(world: &mut World, identifiers: &BTreeMap<String, String>) {
    let input = |id: &str, pointer: &str| {
        let kind = KINDS.iter().find(|kind| kind.id == id).unwrap();
        format!("{}/{}#{pointer}={INPUT}", kind.type_name, identifiers[id])
    };
    let given = [
        input("Database", "/MasterUserPassword"),
        input("Secret", "/SecretString"),
        input("Cache", "/AuthToken"),
        input("Source", "/Password"),
        input("Basic", "/AuthParameters/BasicAuthParameters/Password"),
        input("Person", "/LoginProfile/Password"),
    ];
    let key = |id: &str, pointer: &str| input(id, pointer).split('=').next().unwrap().to_owned();
    let values = serde_json::json!({
        key("Warehouse", "/MasterUserPassword"): INPUTS,
        key("Numbered", "/MasterUserPassword"): INPUTS,
        key("Object", "/SecretString"): {"inner": INPUTS},
    });
    world.user.write("values.yaml", &values.to_string());
    let mut all = vec!["promote", "--all", "--inputs", "values.yaml"];
    all.extend(given.iter().flat_map(|one| ["--input", one.as_str()]));
    world.run(&["promote", "--all", "--plan-only"]);
    world.run(&["promote", "--all", "--json"]);
    world.run(&[&all[..], &["--full"]].concat());
    world.run(&[&all[..], &["--plan-out", "promotion.json"]].concat());
    world.run(&[&all[..], &["--graph", "mermaid"]].concat());
    world.approved(&["apply", "promotion.json"]);
    for kind in KINDS.iter().filter(|kind| kind.is_creatable()) {
        let target =
            ["promote", kind.type_name, &identifiers[kind.id], "--with-dependencies", "--inputs", "values.yaml"];
        let given = given.iter().find(|one| one.contains(&format!("/{}#", identifiers[kind.id])));
        let given: Vec<&str> = given.iter().flat_map(|one| ["--input", one.as_str()]).collect();
        world.approved(&[&target[..], &given].concat());
    }
    for arguments in
        [&["drift"][..], &["drift", "--json"], &["tag-audit", "--env", "prod", "--json"], &["context", "--json"]]
    {
        world.run(arguments);
    }
    world.run(&["scan", "--live", "--env", "prod", "--json"]);
}

/// The identifiers of the resources that a run created, by logical id.
fn identifiers(applied: &Value) -> BTreeMap<String, String> {
    let steps = applied["body"]["plan"]["steps"].as_array().unwrap().iter();
    let of = |step: &Value| {
        let done = applied["body"]["applied"].as_array()?.iter().find(|one| one["order"] == step["order"])?;
        Some((step["logical_id"].as_str()?.to_owned(), done["identifier"].as_str()?.to_owned()))
    };
    steps.filter(|step| step["operation"] == "create").filter_map(of).collect()
}

type Mistake = fn(&str) -> String;

/// Errors in a template next to each secret, each made from the properties of the kind.
const MISTAKES: &[(&str, Mistake)] = &[
    ("an unknown property", |text| text.replacen("{ ", "{ Nonsense: x, ", 1)),
    ("a list for a text", |text| text.replace("VALUE", "[VALUE]")),
    ("an object for a text", |text| text.replace("VALUE", "{ Password: VALUE }")),
    ("a quote that does not end", |text| text.replace("VALUE", "\"VALUE")),
    ("a brace that does not end", |text| format!("{text} }}")),
    ("a reference to nothing", |text| text.replace("VALUE", "!Sub 'VALUE${Missing}'")),
    ("a function that does not exist", |text| text.replace("VALUE", "!Nonsense VALUE")),
    ("arguments of a function", |text| text.replace("VALUE", "!Select [VALUE, [a, b]]")),
    ("a duplicate", |text| text.replacen("{ ", "{ Zz: 'VALUE', Zz: 'VALUE', ", 1)),
    ("an alias", |text| text.replace("VALUE", "*VALUE")),
    ("a misspelt property", |text| text.replace("Password:", "Pasword:").replace("Secret", "Secrte")),
    ("a number with an exponent", |text| text.replace("VALUE", "[1e999, VALUE]")),
];

fn mistaken(server: &Server, number: usize) -> (usize, Texts) {
    let mut world = World::new(&server.endpoint, number);
    for (name, mistake) in MISTAKES {
        for (part, format) in [(0, "table"), (1, "json")] {
            let kinds = KINDS.iter().skip(part).step_by(2);
            let text = template_with(kinds, mistake);
            world.user.write("broken.yaml", &text);
            let files = ["-f", "broken.yaml", "--param", PASSWORD, "--param", PIN, "--output", format];
            let run = world.run(&[&["create"][..], &files].concat());
            assert_ne!(run.code, 0, "{name}: {run}");
            let reading = if part == 0 { "scan" } else { "estimate" };
            world.run(&[&[reading][..], &files].concat());
        }
        // Syntax errors end a file: each kind has one of its own.
        for kind in KINDS.iter().step_by(11) {
            world.user.write("broken.yaml", &template_with(std::iter::once(kind), mistake));
            world.run(&["create", "-f", "broken.yaml", "--param", PASSWORD, "--param", PIN]);
        }
    }
    for text in [
        format!("Parameters:\n  P: {{ Type: String, NoEcho: true, AllowedPattern: '[0-9]+' }}\n{STACK_OF_PARAMETER}"),
        format!("Parameters:\n  P: {{ Type: String, NoEcho: true, AllowedValues: [a, b] }}\n{STACK_OF_PARAMETER}"),
        format!("Parameters:\n  P: {{ Type: String, NoEcho: true, MaxLength: 3 }}\n{STACK_OF_PARAMETER}"),
        format!("Parameters:\n  P: {{ Type: Number, NoEcho: true }}\n{STACK_OF_PARAMETER}"),
        format!("Parameters:\n  P: {{ Type: CommaDelimitedList, NoEcho: true }}\n{STACK_OF_PARAMETER}"),
        format!("Parameters:\n  P: {{ Type: String, NoEcho: true, Default: {SET} }}\n{STACK_OF_PARAMETER}"),
        format!("Parameters:\n  P: {{ Type: Number, NoEcho: true, Default: {SET} }}\n{STACK_OF_PARAMETER}"),
    ] {
        world.user.write("broken.yaml", &text);
        world.run(&["create", "-f", "broken.yaml", "--param", &format!("P={SET}")]);
        world.run(&["create", "-f", "broken.yaml", "--param", &format!("P={SET}"), "--json"]);
        world.run(&["scan", "-f", "broken.yaml", "--json"]);
    }
    let few = ["Database", "Secret", "Chat"];
    world.user.write("stack.yaml", &template_of(KINDS.iter().filter(|kind| few.contains(&kind.id))));
    for arguments in arguments() {
        world.run(&arguments);
        world.run(&[&arguments[..], &["--json"]].concat());
    }
    for text in [format!("{{{INPUTS}"), format!("- {INPUTS}"), format!("x: {INPUTS}"), format!("a: [{INPUTS}")] {
        world.user.write("values.yaml", &text);
        world.run(&["promote", "--all", "--inputs", "values.yaml"]);
        world.user.write("patch.json", &text);
        world.run(&["update", "AWS::SQS::Queue", "x", "--env", "dev", "--patch", "patch.json"]);
        world.user.write("change.yaml", &text);
        world.run(&["update", "AWS::SQS::Queue", "x", "--env", "dev", "-f", "change.yaml"]);
    }
    world.finish()
}

const STACK_OF_PARAMETER: &str =
    "Resources:\n  Q: { Type: AWS::SQS::Queue, Properties: { QueueName: m-q-dev, DelaySeconds: !Ref P } }\n";

/// Mistakes in arguments that hold secrets.
fn arguments() -> Vec<Vec<&'static str>> {
    let create = |more: &[&'static str]| World::creating(more);
    let update =
        |more: &[&'static str]| [&["update", "AWS::RDS::DBInstance", "m-text-dev", "--env", "dev"][..], more].concat();
    vec![
        create(&["--set", SET]),
        create(&["--set", "Secret.SecretSting=planted-set-3101"]),
        create(&["--set", "Secrte.SecretString=planted-set-3101"]),
        create(&["--set", "Secret.=planted-set-3101"]),
        create(&["--set", "Secret.SecretString.Inner=planted-set-3101"]),
        create(&["--set", "Database.AllocatedStorage=planted-set-3101"]),
        create(&["--set", "Secret.SecretString:planted-set-3101"]),
        create(&["--set", "Database.MasterUserPassword={planted-set-3101"]),
        create(&["--set", "Database.MasterUserPassword=[\"planted-set-3101\"]"]),
        create(&["--param", "Pasword=planted-set-3101"]),
        create(&["--param", SET]),
        create(&["--parm", "Password=planted-set-3101"]),
        create(&["--nonsense"]),
        create(&["--env", "nowhere"]),
        create(&["--approve", "nonsense"]),
        create(&["--tag", SET]),
        create(&["--region", "nowhere-1"]),
        create(&["--resume"]),
        vec!["crate", "--set", SET_SECRET, "--param", PASSWORD],
        update(&["--set", SET]),
        update(&["--set", "MasterUserPasword=planted-set-3101"]),
        update(&["--set", "AllocatedStorage=planted-set-3101"]),
        update(&["--set", "MasterUserPassword=planted-set-3101"]),
        vec!["promote", "--all", "--input", INPUT],
        vec!["promote", "--all", "--input", "AWS::RDS::DBInstance/m-text-dev#/MasterUserPasword=planted-input-3201"],
        vec!["promote", "--all", "--input", "AWS::RDS::DBInstance/nowhere#/MasterUserPassword=planted-input-3201"],
        vec!["promote", "--all", "--input", "AWS::RDS::Nonsense/nowhere#/MasterUserPassword=planted-input-3201"],
        vec!["promote", "--all", "--input", "nonsense#/MasterUserPassword=planted-input-3201"],
        vec!["promote", "--all", "--input", "AWS::RDS::DBInstance/m-text-dev/MasterUserPassword=planted-input-3201"],
        vec!["promote", "--all", "--input", "AWS::RDS::DBInstance/m-text-dev#/AllocatedStorage=planted-input-3201"],
        vec!["apply", "nowhere.json", "--set", SET_SECRET, "--param", PASSWORD, "--input", "x#/y=planted-input-3201"],
        vec!["scan", "-f", "stack.yaml", "--set", "Secret.SecretSting=planted-set-3101", "--param", PASSWORD],
        vec!["estimate", "-f", "stack.yaml", "--set", "Secret.SecretSting=planted-set-3101", "--param", PASSWORD],
        vec![
            "estimate",
            "--type",
            "AWS::RDS::DBInstance",
            "--properties",
            "{\"MasterUserPassword\": \"planted-set-3101\"}",
        ],
        vec![
            "estimate",
            "--type",
            "AWS::RDS::DBInstance",
            "--properties",
            "{\"MasterUserPassword\": \"planted-set-3101\"",
        ],
        vec![
            "estimate",
            "--type",
            "AWS::RDS::DBInstance",
            "--properties",
            "{\"MasterUserPasword\": \"planted-set-3101\"}",
        ],
    ]
}

/// Faults of an operation while the commands run that use it.
fn faulty(server: &Server, number: usize, faults: &[(&str, Fault)]) -> (usize, Texts) {
    let proxy = FaultProxy::new(server);
    let mut world = World::new(&proxy.endpoint, number);
    let after_creation: Vec<_> = faults.iter().filter(|(operation, _)| *operation != "CreateResource").collect();
    for (operation, fault) in faults {
        if *operation == "CreateResource" || *operation == "GetResourceRequestStatus" {
            proxy.fail(operation, *fault);
            world.approved(&World::creating(&[]));
        }
    }
    proxy.heal();
    world.user.forget_failures();
    let created = world.approved(&World::creating(&[])).expect(0).document();
    let identifiers = identifiers_of_all(&created);
    for (operation, fault) in after_creation {
        proxy.fail(operation, *fault);
        for kind in KINDS.iter().filter(|kind| kind.is_creatable() && !kind.path.is_empty()).step_by(5) {
            let Some(identifier) = identifiers.get(kind.id) else { continue };
            let set = format!("{}={}", kind.path, if kind.is_named() { SET } else { SHAPED });
            world.approved(&["update", kind.type_name, identifier, "--env", "dev", "--set", &set]);
            let pointer = format!("/{}", kind.path.replace('.', "/"));
            let value = if kind.is_named() { INPUT } else { SHAPED };
            let input = format!("{}/{identifier}#{pointer}={value}", kind.type_name);
            world.approved(&["promote", kind.type_name, identifier, "--input", &input]);
        }
        for arguments in
            [&["drift", "--json"][..], &["tag-audit"], &["scan", "--live", "--env", "dev"], &["promote", "--all"]]
        {
            world.run(arguments);
        }
        world.run(&World::creating(&["--json"]));
        proxy.heal();
        world.user.forget_failures();
    }
    world.finish()
}

/// As [`identifiers`], also of resources that an earlier run created.
fn identifiers_of_all(document: &Value) -> BTreeMap<String, String> {
    let mut found = identifiers(document);
    for step in document["body"]["plan"]["steps"].as_array().into_iter().flatten() {
        if let (Some(id), Some(identifier)) = (step["logical_id"].as_str(), step["identifier"].as_str()) {
            found.entry(id.to_owned()).or_insert_with(|| identifier.to_owned());
        }
    }
    found
}

/// Runs that are killed after each of some calls.
fn killed(server: &Server, number: usize) -> (usize, Texts) {
    let proxy = KillingProxy::new(server);
    let mut world = World::new(&proxy.endpoint, number);
    for last in [1, 5, 20] {
        let document = world.run(&World::creating(&["--json"])).expect(3).document();
        let flags = World::approval(&document);
        let create = World::creating(&[]);
        let approved: Vec<&str> = create.iter().copied().chain(flags.iter().map(String::as_str)).collect();
        proxy.run(&world.user, &approved, last);
        proxy.rest();
        world.run(&World::creating(&["--resume"]));
    }
    world.finish()
}
