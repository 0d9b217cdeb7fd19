//! Every operation that a command calls × every fault that it can have: the run ends, says what happened, never claims more
//! than it knows, and the same command completes the work once the fault is over. The operations are those that a run without
//! a fault makes, so that a new one joins by itself. The outcomes are committed in `tests/data/fault_outcomes.txt`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::fault_proxy::{Fault, FaultProxy};
use super::support::{Run, Server, User, root};

const QUEUE: &str = "AWS::SQS::Queue";

/// Runs that wait for each other's timers cost little: more of them than processors.
const WORKERS: usize = 24;

/// The number of pairs of accounts.
const WORLDS: usize = 1500;

const FIRST_ACCOUNT: usize = 300_000_000_000;

/// A command and what it needs.
struct Scenario {
    name: &'static str,
    /// Prepares the accounts and returns the arguments of the command.
    prepare: fn(&World) -> Vec<String>,
    is_writing: bool,
}

const SCENARIOS: &[Scenario] = &[
    Scenario { name: "context", prepare: |_| words("context"), is_writing: false },
    Scenario { name: "schema", prepare: |_| words("schema AWS::SQS::Queue --env dev"), is_writing: false },
    Scenario { name: "estimate", prepare: |_| words("estimate -f queues.yaml --refresh"), is_writing: false },
    Scenario {
        name: "scan --live",
        prepare: |world| {
            world.create();
            words("scan --live AWS::SQS::Queue --env dev")
        },
        is_writing: false,
    },
    Scenario {
        name: "drift",
        prepare: |world| {
            world.create();
            words("drift")
        },
        is_writing: false,
    },
    Scenario {
        name: "tag-audit",
        prepare: |world| {
            world.create();
            words("tag-audit --type AWS::SQS::Queue --type AWS::SNS::Topic")
        },
        is_writing: false,
    },
    Scenario {
        name: "inventory",
        prepare: |world| {
            world.create();
            words("inventory AWS::SQS::Queue")
        },
        is_writing: false,
    },
    Scenario {
        name: "cost",
        prepare: |world| {
            world.create();
            words("cost")
        },
        is_writing: false,
    },
    Scenario {
        name: "iam gap",
        prepare: |_| words("iam gap sandbox --action sqs:ListQueues sqs:SendMessage"),
        is_writing: false,
    },
    Scenario { name: "iam analyze", prepare: |_| words("iam analyze sandbox"), is_writing: false },
    Scenario {
        name: "iam for-plan --validate",
        prepare: |_| words("iam for-plan -f queues.yaml --validate"),
        is_writing: false,
    },
    Scenario {
        name: "context --resources",
        prepare: |world| {
            world.create();
            words("context --resources")
        },
        is_writing: false,
    },
    Scenario { name: "create", prepare: |_| words("create -f queues.yaml"), is_writing: true },
    Scenario {
        name: "update",
        prepare: |world| {
            world.create();
            let url = world.url(&world.dev, "jobs-dev");
            words(&format!("update {QUEUE} {url} --env dev --set VisibilityTimeout=90"))
        },
        is_writing: true,
    },
    Scenario {
        name: "delete",
        prepare: |world| {
            world.create();
            let url = world.url(&world.dev, "jobs-dev");
            world.approved(&format!("delete {QUEUE} {url} --env dev"))
        },
        is_writing: true,
    },
    Scenario {
        name: "apply",
        prepare: |world| {
            world.user.json(&["create", "-f", "queues.yaml", "--plan-out", "plan.json"], 0);
            words("apply plan.json")
        },
        is_writing: true,
    },
    Scenario {
        name: "promote",
        prepare: |world| {
            world.create();
            let url = world.url(&world.dev, "jobs-dev");
            world.approved(&format!("promote {QUEUE} {url}"))
        },
        is_writing: true,
    },
];

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// Two accounts of their own in the server, and a user of both.
struct World {
    proxy: FaultProxy,
    user: User,
    dev: String,
    prod: String,
    upstream: String,
}

impl World {
    fn new(server: &Server, number: usize) -> Self {
        assert!(number < WORLDS, "more worlds are needed");
        let (dev, prod) = ((FIRST_ACCOUNT + 2 * number).to_string(), (FIRST_ACCOUNT + 2 * number + 1).to_string());
        let proxy = FaultProxy::new(server);
        // Short limits, so that runs that repeat failed requests end soon.
        let user = User::of_accounts(&proxy.endpoint, "faults", &dev, &prod)
            .with("STAGEGATE_TEST_RETRY_MILLIS", "2000")
            .with("STAGEGATE_TEST_LEASE_MILLIS", "100");
        user.write(
            "queues.yaml",
            "Resources:\n  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev } }\n",
        );
        Self { proxy, user, dev, prod, upstream: server.endpoint.clone() }
    }

    fn create(&self) {
        self.user.json(&["create", "-f", "queues.yaml"], 0);
    }

    fn url(&self, account: &str, name: &str) -> String {
        format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
    }

    /// The command with the digest of its plan.
    fn approved(&self, command: &str) -> Vec<String> {
        let mut command = words(command);
        let asked = self.user.json(&command.iter().map(String::as_str).collect::<Vec<_>>(), 3);
        command.extend(["--approve".to_owned(), asked["body"]["plan"]["digest"].as_str().unwrap().to_owned()]);
        command
    }

    fn run(&self, command: &[String]) -> Run {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--json"]).collect();
        self.user.run(&arguments)
    }

    /// Runs the command and interrupts it once a call hangs, until it ends.
    fn interrupt(&self, command: &[String]) -> Run {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--json"]).collect();
        self.user.insist(&arguments, "INT", || self.proxy.hits() > 0)
    }

    /// The queues of both accounts, without what differs between worlds and runs.
    fn state(&self) -> Value {
        let of = |account: &str| {
            let listed = call(&self.upstream, account, "ListResources", &json!({"TypeName": QUEUE}));
            let mut found = BTreeMap::new();
            for one in listed["ResourceDescriptions"].as_array().unwrap() {
                let identifier = one["Identifier"].as_str().unwrap();
                let input = json!({"TypeName": QUEUE, "Identifier": identifier});
                let read = call(&self.upstream, account, "GetResource", &input);
                let mut properties: Value =
                    serde_json::from_str(read["ResourceDescription"]["Properties"].as_str().unwrap()).unwrap();
                let tags = properties["Tags"].as_array().unwrap().iter();
                let tags: BTreeMap<String, Value> = tags
                    .map(|tag| (tag["Key"].as_str().unwrap().to_owned(), tag["Value"].clone()))
                    .filter(|(key, _)| {
                        !["OperationId", "CreatedAt", "CreatedBy", "PromotedDigest", "PromotionLease"]
                            .contains(&key.as_str())
                    })
                    .collect();
                properties["Tags"] = json!(tags);
                found.insert(identifier.to_owned(), properties);
            }
            json!(found)
        };
        let text = json!({"dev": of(&self.dev), "prod": of(&self.prod)}).to_string();
        serde_json::from_str(&self.normalized(&text)).unwrap()
    }

    /// True if a queue in dev has a lease.
    fn is_leased(&self) -> bool {
        let listed = call(&self.upstream, &self.dev, "ListResources", &json!({"TypeName": QUEUE}));
        listed["ResourceDescriptions"].as_array().unwrap().iter().any(|one| {
            let input = json!({"TypeName": QUEUE, "Identifier": one["Identifier"]});
            let read = call(&self.upstream, &self.dev, "GetResource", &input);
            read["ResourceDescription"]["Properties"].as_str().unwrap().contains("PromotionLease")
        })
    }

    fn normalized(&self, text: &str) -> String {
        text.replace(&self.dev, "111111111111").replace(&self.prod, "222222222222")
    }

    /// The body of a document without what differs between worlds.
    fn body(&self, document: &Value) -> Value {
        serde_json::from_str(&self.normalized(&document["body"].to_string())).unwrap()
    }
}

/// Calls Cloud Control as an account.
fn call(endpoint: &str, account: &str, operation: &str, input: &Value) -> Value {
    let body = input.to_string();
    let mut stream = TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\nx-amz-target: CloudApiService.{operation}\r\n\
         content-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential={account}/20261120/us-east-1/cloudcontrolapi/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{operation}: {answer}");
    serde_json::from_str(body).unwrap()
}

/// The run of a scenario without a fault.
struct Reference {
    operations: BTreeSet<String>,
    code: i32,
    body: Value,
    state: Value,
}

fn reference(server: &Server, scenario: &Scenario, number: usize) -> Reference {
    let world = World::new(server, number);
    let command = (scenario.prepare)(&world);
    world.proxy.take_operations();
    let run = world.run(&command);
    assert!([0, 2].contains(&run.code), "{run}");
    let body = world.body(&run.document());
    Reference { operations: world.proxy.take_operations(), code: run.code, body, state: world.state() }
}

/// Checks one cell, and returns its exit code and outcome.
fn cell(
    server: &Server,
    scenario: &Scenario,
    reference: &Reference,
    operation: &str,
    fault: Fault,
    number: usize,
) -> String {
    let world = World::new(server, number);
    let command = (scenario.prepare)(&world);
    let what = format!("{} × {operation} × {fault:?}", scenario.name);
    world.proxy.fail(operation, fault);
    let run = match fault {
        Fault::Hang => world.interrupt(&command),
        _ => world.run(&command),
    };
    let hits = world.proxy.hits();
    world.proxy.heal();
    world.user.forget_failures();
    assert!(hits > 0, "{what}: the operation was not called\n{run}");
    let document = run.document();
    assert_eq!(document["outcome"]["exit_code"], run.code, "{what}: {run}");
    let allowed: &[i32] = if fault == Fault::Hang { &[130] } else { &[0, 1, 2, 5, 6] };
    assert!(allowed.contains(&run.code), "{what}: {run}");
    for raw in ["Please sign in", "<garbage", "<html", "panicked"] {
        assert!(!run.stdout.contains(raw) && !run.stderr.contains(raw), "{what}: {run}");
    }
    let is_error = run.code != 0 && run.code != reference.code;
    if is_error {
        // Every error says what happened and what to do next.
        let diagnostics = document["diagnostics"].as_array().unwrap();
        let has_advice = diagnostics.iter().any(|one| one["hint"].is_string())
            || document["next"].as_array().is_some_and(|next| !next.is_empty())
            || document["body"]["gaps"].as_array().is_some_and(|gaps| !gaps.is_empty());
        assert!(!diagnostics.is_empty() || document["body"]["gaps"].is_array(), "{what}: {run}");
        assert!(has_advice, "{what}: no advice: {run}");
    }
    if scenario.is_writing {
        if run.code == 0 {
            assert_eq!(world.state(), reference.state, "{what}: success was reported: {run}");
            let is_kept = document["diagnostics"].to_string().contains("lease-kept");
            // It may have been removed although the response cannot be read.
            assert!(is_kept || !world.is_leased(), "{what}: {run}");
        } else {
            let again = world.run(&command);
            assert_eq!(again.code, 0, "{what}: the first run:\n{run}\nthe second run:\n{again}");
            assert_eq!(world.state(), reference.state, "{what}: after the second run");
        }
    } else if run.code == 0 && document["diagnostics"] == json!([]) {
        // A result without a reservation is the whole result.
        assert_eq!(without_sources(world.body(&document)), without_sources(reference.body.clone()), "{what}: {run}");
    } else if run.code == 2 && reference.code == 0 {
        let gaps = document.to_string();
        assert!(gaps.contains("incomplete") || gaps.contains("gaps"), "{what}: {run}");
    }
    format!("{} {}", run.code, document["outcome"]["code"].as_str().unwrap_or_default())
}

/// Where a price or a schema comes from may differ, and every world has its own port.
fn without_sources(mut body: Value) -> Value {
    fn clean(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.retain(|name, _| {
                    !["source", "age_seconds", "as_of", "elapsed_ms", "last_activity", "endpoints"]
                        .contains(&name.as_str())
                });
                members.values_mut().for_each(clean);
            }
            Value::Array(items) => items.iter_mut().for_each(clean),
            // A client token depends on the account.
            Value::String(text) if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                "token".clone_into(text);
            }
            _ => {}
        }
    }
    clean(&mut body);
    body
}

/// Records the same bills for all accounts, of this month and the next one.
fn record_bills(owner: &User) {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().first_of_month();
    let months = [today, today.checked_add(jiff::Span::new().months(1)).unwrap()];
    let lines = json!([{"service": "Amazon Simple Queue Service", "amount": "1.50", "tags": {"Project": "faults"}}]);
    for account in (0..2 * WORLDS).map(|number| FIRST_ACCOUNT + number) {
        for month in months {
            let file = format!("../sandbox/bills/{account}/{}.json", month.strftime("%Y-%m"));
            owner.write(&file, &json!({"lines": lines}).to_string());
        }
    }
}

#[test]
fn every_fault_of_every_operation_ends_in_a_truthful_outcome() {
    let owner = User::of_sandbox();
    // The server knows the accounts of a project.
    let accounts: String = (0..2 * WORLDS)
        .map(|number| format!("  e{number}: {{ account: \"{}\", region: us-east-1 }}\n", FIRST_ACCOUNT + number))
        .collect();
    owner.write("stagegate.yaml", &format!("version: 1\nproject: faults\nenvironments:\n{accounts}"));
    record_bills(&owner);
    let server = owner.serve();
    let next = AtomicUsize::new(0);
    let number = || next.fetch_add(1, Ordering::SeqCst);
    let only = std::env::var("STAGEGATE_TEST_FAULTS").unwrap_or_default();
    let mut cells = VecDeque::new();
    let references: Vec<Reference> = SCENARIOS.iter().map(|scenario| reference(&server, scenario, number())).collect();
    for (scenario, reference) in SCENARIOS.iter().zip(&references) {
        for operation in &reference.operations {
            for fault in Fault::ALL.into_iter().filter(|fault| fault.is_possible(operation)) {
                if format!("{} {operation} {fault:?}", scenario.name).contains(&only) {
                    cells.push_back((scenario, reference, operation.as_str(), fault));
                }
            }
        }
    }
    let size = cells.len();
    println!("{size} cells: {} commands, faults of {} kinds", SCENARIOS.len(), Fault::ALL.len());
    let cells = Mutex::new(cells);
    let outcomes = Mutex::new(BTreeMap::new());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some((scenario, reference, operation, fault)) = cells.lock().unwrap().pop_front() else {
                        break;
                    };
                    let work = || cell(&server, scenario, reference, operation, fault, number());
                    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
                        Ok(outcome) => {
                            let mut outcomes = outcomes.lock().unwrap();
                            let row: &mut BTreeMap<String, Vec<String>> =
                                outcomes.entry((scenario.name, operation)).or_default();
                            row.entry(outcome).or_default().push(format!("{fault:?}"));
                        }
                        Err(panic) => {
                            let message = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                            failures.lock().unwrap().push(message);
                        }
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {size} cells\n\n{}", failures.len(), failures.join("\n\n"));
    let mut table =
        String::from("# The outcomes of `fault_matrix.rs`: command, operation, exit code and outcome, faults\n");
    for ((command, operation), row) in outcomes.into_inner().unwrap() {
        for (outcome, mut faults) in row {
            faults.sort();
            table.push_str(&format!("{command} | {operation} | {outcome} | {}\n", faults.join(" ")));
        }
    }
    if !only.is_empty() {
        println!("{table}");
        return;
    }
    let path = root().join("tests/data/fault_outcomes.txt");
    if std::env::var_os("STAGEGATE_UPDATE").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let only_in = |one: &str, other: &str| {
        one.lines().filter(|line| !other.lines().any(|known| known == *line)).collect::<Vec<_>>().join("\n")
    };
    assert!(
        committed == table,
        "the outcomes have changed: set STAGEGATE_UPDATE=1 to accept them\ncommitted:\n{}\nnow:\n{}",
        only_in(&committed, &table),
        only_in(&table, &committed)
    );
}
