//! What a user does next after a command whose result itself names nothing.

use std::path::{Path, PathBuf};

use super::suggested;
use crate::cli::{Cli, Command, EstimateArgs, GlobalArgs, IamCommand, ScanArgs, TemplatesCommand};
use crate::domain::bill::Grouping;
use crate::domain::diagnostic::Level;
use crate::domain::plan::Operation;
use crate::domain::project::{Environment, Translator};
use crate::outcome::{NextStep, Outcome};
use crate::report::{Answer, AppliedView, Body, SandboxAction, SandboxBody, ScanBody, Stage, WriteAnswer};

/// The environments between which `promote` and `drift` work by default.
const DEV: &str = "dev";
const PROD: &str = "prod";

/// Adds the next command to an answer that has none. `environments`: those of the project, if the command needs one.
pub(super) fn add(answer: Answer<Body>, cli: &Cli, environments: &[Environment]) -> Answer<Body> {
    if !answer.next.is_empty() {
        return answer;
    }
    if answer.outcome == Outcome::Blocked {
        let problem = answer.diagnostics.iter().find(|one| one.level == Level::Error);
        let step = problem.and_then(|one| then("read what blocks it", &["explain", one.code.as_str()], &cli.given));
        return step.into_iter().fold(answer, Answer::then);
    }
    if !matches!(answer.outcome, Outcome::Ok | Outcome::Findings) {
        return answer;
    }
    let has_pair = [DEV, PROD].iter().all(|name| environments.iter().any(|one| one.name == *name));
    match answer.body.as_ref().and_then(|body| step(body, answer.outcome, cli, has_pair)) {
        Some(step) => answer.then(step),
        None => answer,
    }
}

fn step(body: &Body, outcome: Outcome, cli: &Cli, has_pair: bool) -> Option<NextStep> {
    let given = &cli.given;
    match (body, &cli.command) {
        (Body::Context(body), Command::Context(_)) if !body.environments.is_empty() => {
            then("check the credentials, permissions and configuration", &["context", "--doctor"], given)
        }
        (Body::Estimate(report), Command::Estimate(arguments)) if report.faults.is_empty() => {
            plan_of(&Stack::of_estimate(arguments)?, given)
        }
        (Body::Scan(scan), Command::Scan(arguments)) => match (worst(&scan.body), outcome) {
            (Some(id), Outcome::Findings) => then("read what the finding means", &["explain", id], given),
            (None, Outcome::Ok) => plan_of(&Stack::of_scan(arguments)?, given),
            _ => None,
        },
        (Body::PolicyList(list), _) => {
            then("read about a policy", &["explain", list.policies.first()?.id.as_str()], given)
        }
        (Body::Write(answer), command) if has_pair => after_write(answer, command, given),
        (Body::Drift(body), _) if body.coverage.checked == 0 => starters(given),
        (Body::TagAudit(body), _) if body.coverage.checked == 0 => starters(given),
        (Body::Inventory(body), _) if !body.gaps.is_empty() => {
            then("find out why something could not be read", &["context", "--doctor"], given)
        }
        (Body::Cost(_), Command::Cost(arguments)) if arguments.by == Grouping::Service => {
            then("see which stacks cause the cost", &["cost", "--by", "stack"], given)
        }
        (Body::Iam(body), Command::Iam(arguments)) => match &arguments.command {
            IamCommand::Analyze(arguments) if body.validation.is_none() => then(
                "check the policies with IAM Access Analyzer",
                &["iam", "analyze", &arguments.principal, "--validate", "--env", &arguments.env],
                given,
            ),
            _ => None,
        },
        (Body::Schema(body), Command::Schema(_)) => {
            then("list the resources of this type", &["inventory", &body.type_name], given)
        }
        (Body::Templates(body), Command::Templates(arguments)) => match &arguments.command {
            TemplatesCommand::List | TemplatesCommand::Show(_) => {
                let name = &body.templates.first()?.name;
                then("write a template to a file", &["templates", "new", name], given)
            }
            TemplatesCommand::New(_) => None,
        },
        (Body::Sandbox(answer), _) => after_sandbox(answer.done, &answer.body, given),
        (Body::Demo(_), _) => then("begin with accounts of your own", &["init"], &GlobalArgs::default()),
        _ => None,
    }
}

fn then(why: &str, words: &[&str], given: &GlobalArgs) -> Option<NextStep> {
    Some(NextStep { why: why.to_owned(), command: suggested(words, given) })
}

fn starters(given: &GlobalArgs) -> Option<NextStep> {
    then("nothing is managed yet; create a resource from a starter template", &["templates", "list"], given)
}

/// The templates of a command that only reads them.
struct Stack<'a> {
    files: &'a [PathBuf],
    name: Option<&'a str>,
    transform: Translator,
    imports: &'a [String],
}

impl<'a> Stack<'a> {
    fn of_estimate(arguments: &'a EstimateArgs) -> Option<Self> {
        let EstimateArgs { files, stack_name, transform, imports, parameters, sets, .. } = arguments;
        let stack = Self { files, name: stack_name.as_deref(), transform: *transform, imports };
        stack.can_be_repeated(parameters, sets).then_some(stack)
    }

    fn of_scan(arguments: &'a ScanArgs) -> Option<Self> {
        let ScanArgs { files, stack_name, transform, imports, parameters, sets, .. } = arguments;
        let stack = Self { files, name: stack_name.as_deref(), transform: *transform, imports };
        stack.can_be_repeated(parameters, sets).then_some(stack)
    }

    /// Values may be secrets, which are not printed, and standard input has been read.
    fn can_be_repeated(&self, parameters: &[String], sets: &[String]) -> bool {
        let is_stdin = |file: &PathBuf| file == Path::new("-");
        !self.files.is_empty() && !self.files.iter().any(is_stdin) && parameters.is_empty() && sets.is_empty()
    }
}

fn plan_of(stack: &Stack<'_>, given: &GlobalArgs) -> Option<NextStep> {
    let files: Vec<String> = stack.files.iter().map(|file| file.display().to_string()).collect();
    let mut words = vec!["create"];
    words.extend(files.iter().flat_map(|file| ["-f", file]));
    words.extend(stack.name.iter().flat_map(|name| ["--stack-name", name]));
    words.extend(stack.imports.iter().flat_map(|import| ["--import", import]));
    if stack.transform != Translator::default() {
        words.extend(["--transform", stack.transform.as_str()]);
    }
    words.push("--plan-only");
    then("see what would be created", &words, given)
}

/// Returns the most severe finding that is not waived.
fn worst(body: &ScanBody) -> Option<&str> {
    let open = body.findings.iter().filter(|finding| finding.waiver.is_none());
    open.min_by_key(|finding| finding.severity).map(|finding| finding.id.as_str())
}

/// After changes in dev comes their promotion, and after a promotion the comparison.
fn after_write(answer: &WriteAnswer, command: &Command, given: &GlobalArgs) -> Option<NextStep> {
    if !matches!(answer.stage, Stage::Applied | Stage::Empty) {
        return None;
    }
    match command {
        Command::Promote(arguments) if (arguments.from.as_str(), arguments.to.as_str()) == (DEV, PROD) => {
            then("compare both environments", &["drift"], given)
        }
        // Of a saved plan, the result alone does not say what it is for.
        Command::Apply(_) => then("compare both environments", &["drift"], given),
        Command::Create(_) | Command::Update(_) if answer.body.plan.environment == DEV => {
            let is_tagged = |one: &&AppliedView| one.operation == Operation::Tag;
            let changed: Vec<&AppliedView> = answer.body.applied.iter().filter(|one| !is_tagged(one)).collect();
            match changed.as_slice() {
                [] => None,
                [one] => then(
                    "plan its promotion to prod",
                    &["promote", &one.type_name, &one.identifier, "--with-dependencies", "--plan-only"],
                    given,
                ),
                _ => then(
                    "plan the promotion to prod",
                    &["promote", "--all", "--with-dependencies", "--plan-only"],
                    given,
                ),
            }
        }
        _ => None,
    }
}

fn after_sandbox(done: SandboxAction, body: &SandboxBody, given: &GlobalArgs) -> Option<NextStep> {
    let is_empty = body.accounts.iter().all(|account| account.resources == 0);
    match done {
        SandboxAction::Displayed if is_empty => {
            then("fill the sandbox", &["sandbox", "seed", "--resources", "100"], given)
        }
        SandboxAction::Reset => then("create a resource from a starter template", &["templates", "list"], given),
        SandboxAction::Displayed | SandboxAction::Seeded(_) => then("compare both environments", &["drift"], given),
    }
}
