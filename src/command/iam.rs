//! `iam`: the permissions of principals.

mod analyze;
mod for_plan;
mod gap;
mod propose;
mod validation;

use std::path::Path;

use crate::cli::{IamArgs, IamCommand};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::principal::Principal;
use crate::files::atomic::{self, Durability};
use crate::iam::need::NeedProblem;
use crate::outcome::{Failure, Outcome};
use crate::pipeline::access::{PrincipalError, find_principal};
use crate::pipeline::ports::CloudErrorKind;
use crate::report::{Answer, IamBody};
use crate::run::{OpenEnvironment, Run, cloud_failure};

pub async fn run(arguments: &IamArgs, run: &Run) -> Result<Answer<IamBody>, Failure> {
    match &arguments.command {
        IamCommand::Gap(arguments) => gap::run(arguments, run).await,
        IamCommand::Propose(arguments) => propose::run(arguments, run).await,
        IamCommand::ForPlan(arguments) => for_plan::run(arguments, run).await,
        IamCommand::Analyze(arguments) => analyze::run(arguments, run).await,
    }
}

/// Finds a principal in an environment.
async fn principal(opened: &OpenEnvironment, text: &str) -> Result<Principal, Failure> {
    let environment = &opened.environment;
    let refuse = |message: String, hint: &str| {
        Failure::usage(vec![Diagnostic::error(Code::UnknownPrincipal, message).hint(hint)])
    };
    find_principal(&opened.principals(), environment, text).await.map_err(|error| match error {
        PrincipalError::NotFound => refuse(
            format!("{} has no user, role or group `{text}`", environment.name),
            "check the name, and the environment with --env",
        ),
        PrincipalError::Ambiguous(arns) => {
            refuse(format!("`{text}` is several principals: {}", arns.join(", ")), "use the ARN of one of them")
        }
        PrincipalError::NotPrincipal => {
            refuse(format!("`{text}` is not a user, a role or a group"), "use a name, or an ARN of IAM")
        }
        PrincipalError::OtherAccount(account) => refuse(
            format!("`{text}` is in account {account}; {} is account {}", environment.name, environment.account),
            "choose the environment of that account with --env",
        ),
        PrincipalError::Cloud(error) => {
            let mut failure = cloud_failure(&error);
            if error.kind == CloudErrorKind::AccessDenied {
                for problem in &mut failure.diagnostics {
                    problem.hint = Some(
                        "allow iam:GetUser, iam:GetRole and iam:GetGroup, or use the ARN of the principal".to_owned(),
                    );
                }
            }
            failure
        }
    })
}

/// The failure for actions and resources that do not say what is needed.
fn unclear_needs(problems: Vec<NeedProblem>) -> Failure {
    Failure::usage(problems.into_iter().map(unclear_need).collect())
}

fn unclear_need(problem: NeedProblem) -> Diagnostic {
    match problem {
        NeedProblem::UnknownAction { action, suggestion } => {
            let hint = match suggestion {
                Some(known) => format!("did you mean `{known}`?"),
                None => "use an action of the service authorization reference, such as s3:GetObject".to_owned(),
            };
            Diagnostic::error(Code::UnknownAction, format!("no service has the action `{action}`")).hint(hint)
        }
        NeedProblem::Wildcard { action, examples } => {
            let hint = match examples.as_slice() {
                [] => "name the actions that are needed, such as s3:GetObject".to_owned(),
                some => format!("name the actions that are needed, such as {}", some.join(", ")),
            };
            let message = format!("`{action}` stands for several actions");
            Diagnostic::error(Code::UnscopedAccess, message).hint(hint)
        }
        NeedProblem::NotArn { resource } => {
            let message = format!("`{resource}` is not an ARN");
            Diagnostic::error(Code::UnscopedAccess, message).hint("use an ARN, such as arn:aws:s3:::my-bucket/*")
        }
        NeedProblem::NoResource { action, forms } => {
            let message = format!("no --resource fits `{action}`");
            let hint = format!("name a resource: {}", forms.join(" or "));
            Diagnostic::error(Code::UnscopedAccess, message).hint(hint)
        }
        NeedProblem::Unused { resource } => {
            let message = format!("none of the actions applies to `{resource}`");
            Diagnostic::error(Code::UnscopedAccess, message).hint("leave it out, or add the action that it is for")
        }
        NeedProblem::Everything { resource } => {
            let message = format!("`{resource}` is every resource of its kind");
            Diagnostic::error(Code::UnscopedAccess, message).hint("name the resources, or a prefix of their names")
        }
    }
}

/// Writes the result to a file.
fn write_file(file: &Path, text: &str) -> Result<(), Failure> {
    atomic::replace(file, text.as_bytes(), Durability::Process).map_err(|error| {
        let message = format!("`{}` cannot be written: {error}", file.display());
        let problem = Diagnostic::error(Code::OutputLost, message);
        Failure::new(Outcome::Error, problem.hint("choose another file with --out"))
    })
}
