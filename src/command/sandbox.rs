//! `sandbox`: manages the sandbox itself.

use crate::cli::{SandboxArgs, SandboxCommand, SeedArgs, ServeArgs};
use crate::compare::applied::AppliedDigest;
use crate::compare::drift::own_digest;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::outcome::{Failure, Outcome};
use crate::report::{Answer, SandboxAccountView, SandboxAction, SandboxAnswer, SandboxBody};
use crate::run::Run;
use crate::sandbox::{self, Estate, FaultRule, Faults, Sandbox, SandboxError, SandboxOptions, SeedAccount};
use crate::schema::TypeSchema;
use serde_json::Value;

pub async fn run(arguments: &SandboxArgs, run: &Run) -> Result<Answer<SandboxAnswer>, Failure> {
    let sandbox = run.workspace().sandbox()?.ok_or_else(|| {
        let problem = Diagnostic::error(Code::NoSandbox, "this project does not use the sandbox");
        Failure::usage(vec![problem.hint("add --sandbox, or set sandbox: true for an environment")])
    })?;
    match &arguments.command {
        SandboxCommand::Serve(serve) => listen(serve, run, &with_faults(serve, sandbox)?).await,
        SandboxCommand::Seed(arguments) => seed(arguments, run, sandbox),
        SandboxCommand::Status => answer(sandbox, SandboxAction::Displayed),
        SandboxCommand::Reset => {
            sandbox.reset().map_err(failure)?;
            answer(sandbox, SandboxAction::Reset)
        }
    }
}

/// Returns the sandbox with the latency, throttling and failures that the flags request.
fn with_faults(arguments: &ServeArgs, sandbox: &Sandbox) -> Result<Sandbox, Failure> {
    let mut rules: Vec<FaultRule> = Vec::new();
    for text in &arguments.fail {
        rules.push(text.parse().map_err(|error| Failure::usage(vec![Diagnostic::error(Code::FaultRule, error)]))?);
    }
    let mut faults = Faults { rules, ..Faults::default() };
    for (operation, latency) in &arguments.latency {
        match operation {
            Some(operation) => {
                faults.latencies.insert(operation.clone(), *latency);
            }
            None => faults.latency = *latency,
        }
    }
    for (operation, rate) in &arguments.throttle {
        match operation {
            Some(operation) => {
                faults.rates.insert(operation.clone(), *rate);
            }
            None => faults.calls_per_second = Some(*rate),
        }
    }
    Sandbox::open(SandboxOptions {
        faults,
        enforce_permissions: arguments.enforce_permissions,
        not_in_tagging_api: arguments.not_in_tagging_api.clone(),
        tag_visibility_millis: arguments.tag_delay.map_or(sandbox.options().tag_visibility_millis, |delay| {
            u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)
        }),
        ..sandbox.options().clone()
    })
    .map_err(failure)
}

/// The value of the tag `AppliedDigest` of a resource that was declared so.
fn applied_digest(schema: &TypeSchema, declared: &Value, live: &Value) -> String {
    AppliedDigest::of(schema, declared, Some(live)).to_tag_value()
}

fn seed(arguments: &SeedArgs, run: &Run, sandbox: &Sandbox) -> Result<Answer<SandboxAnswer>, Failure> {
    let accounts: Vec<SeedAccount> = run
        .workspace()
        .project()
        .environments
        .iter()
        .filter(|environment| environment.sandbox)
        .map(|environment| SeedAccount {
            id: environment.account.to_string(),
            region: environment.region.clone(),
            token: environment.name.clone(),
            environment: environment.tag_value.clone(),
        })
        .collect();
    let SeedArgs { resources, seed } = *arguments;
    let estate = Estate { accounts: &accounts, resources, seed, promoted_digest: own_digest, applied_digest };
    sandbox.seed_estate(&estate).map_err(|error| {
        let problem = Diagnostic::error(Code::SandboxSeed, error.to_string());
        Failure::new(Outcome::Error, problem.hint("seeding requires an empty sandbox; run `stagegate sandbox reset`"))
    })?;
    answer(sandbox, SandboxAction::Seeded(resources))
}

async fn listen(arguments: &ServeArgs, run: &Run, sandbox: &Sandbox) -> Result<Answer<SandboxAnswer>, Failure> {
    let ui = run.ui();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", arguments.port)).await.map_err(|error| {
        let problem = Diagnostic::error(Code::PortTaken, format!("port {} cannot be used: {error}", arguments.port));
        Failure::new(Outcome::Error, problem.hint("use another port with --port; 0 selects a free one"))
    })?;
    let address = listener.local_addr().map_err(|error| {
        let problem = Diagnostic::error(Code::PortTaken, format!("the address of the port is not known: {error}"));
        Failure::new(Outcome::Error, problem)
    })?;
    // The address is data: scripts read it from the first line of stdout.
    if !ui.is_json() {
        let _ = ui.data(&format!("http://{address}\n"));
    } else {
        ui.message(&format!("http://{address}\n"));
    }
    let account = run
        .workspace()
        .project()
        .environments
        .first()
        .map(|environment| environment.account.to_string())
        .unwrap_or_default();
    ui.message(&format!(
        "serving until interrupted; use the account id as the access key id, and any secret access key:\n  AWS_ENDPOINT_URL=http://{address} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID={account} AWS_SECRET_ACCESS_KEY=x aws sts get-caller-identity\n"
    ));
    sandbox::serve(sandbox.clone(), listener, std::future::pending::<()>()).await.map_err(failure)?;
    answer(sandbox, SandboxAction::Displayed)
}

fn answer(sandbox: &Sandbox, done: SandboxAction) -> Result<Answer<SandboxAnswer>, Failure> {
    let status = sandbox.status().map_err(failure)?;
    let body = SandboxBody {
        directory: sandbox.options().directory.display().to_string(),
        accounts: status
            .iter()
            .map(|(id, resources)| SandboxAccountView {
                name: sandbox
                    .options()
                    .accounts
                    .iter()
                    .find(|account| account.id == *id)
                    .map(|account| account.name.clone()),
                account: id.clone(),
                resources: *resources,
            })
            .collect(),
    };
    Ok(Answer::new(Outcome::Ok, SandboxAnswer { body, done }))
}

fn failure(error: SandboxError) -> Failure {
    Failure::new(Outcome::Error, Diagnostic::error(Code::SandboxUnusable, error.to_string()))
}
