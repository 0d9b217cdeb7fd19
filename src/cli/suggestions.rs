//! Renders the commands that reports suggest.

use super::command_line::render;
use super::{AuditArgs, Command, CreateArgs, DeleteArgs, GlobalArgs, PromoteArgs, UntaggedSource, WriteArgs};
use crate::domain::project::Translator;
use crate::domain::suggestion::{SuggestedCommand, SuggestedRemedy};

/// Placeholder for a value that only the user knows. No tag can have it.
const OWN_VALUE: &str = "<VALUE>";

/// Renders a command that a report suggests, with the flags that select project, cloud and Region.
pub fn render_suggestion(suggestion: &SuggestedCommand, place: &GlobalArgs) -> String {
    let (resource, from, to, with_dependencies, pull) = match suggestion {
        SuggestedCommand::Promote { resource, from, to, with_dependencies, pull } => {
            (resource, from, to, with_dependencies, pull)
        }
        SuggestedCommand::Create { files, environment, stack } => {
            let arguments = CreateArgs {
                files: files.clone(),
                env: environment.clone(),
                stack_name: Some(stack.clone()),
                keep_live: false,
                parameters: Vec::new(),
                sets: Vec::new(),
                imports: Vec::new(),
                transform: Translator::Builtin,
                tags: Vec::new(),
                purpose: None,
                write: WriteArgs::default(),
            };
            return render(&Command::Create(arguments), place);
        }
        SuggestedCommand::FixTags { resource, unlink } => {
            let (adopt, unlink, values) = (false, *unlink, Vec::new());
            let resource = resource.clone();
            return render_remedy(&SuggestedRemedy::Fix { resource, environment: None, adopt, unlink, values }, place);
        }
        SuggestedCommand::Delete { resource, environment } => {
            let arguments = DeleteArgs {
                type_name: resource.type_name.clone(),
                identifier: resource.identifier.clone(),
                env: environment.clone(),
                write: WriteArgs::default(),
            };
            return render(&Command::Delete(arguments), place);
        }
    };
    let resources = vec![resource.type_name.clone(), resource.identifier.clone()];
    let arguments =
        PromoteArgs { resources, with_dependencies: *with_dependencies, pull: *pull, ..promote_args(from, to) };
    render(&Command::Promote(arguments), place)
}

/// Renders the promotion of everything that is new or has changed, with the flags that select project, cloud and Region.
pub fn render_promote_all(from: &str, to: &str, place: &GlobalArgs) -> String {
    let arguments = PromoteArgs { all: true, with_dependencies: true, ..promote_args(from, to) };
    render(&Command::Promote(arguments), place)
}

/// The flags of a promotion of nothing.
fn promote_args(from: &str, to: &str) -> PromoteArgs {
    PromoteArgs {
        resources: Vec::new(),
        all: false,
        select: None,
        from: from.to_owned(),
        to: to.to_owned(),
        with_dependencies: false,
        inputs: Vec::new(),
        inputs_file: None,
        names: Vec::new(),
        pull: false,
        mark_pending: false,
        unmark: false,
        tags: Vec::new(),
        allow_replace: false,
        leave_behind: false,
        graph: None,
        auto: false,
        write: WriteArgs::default(),
    }
}

/// Renders the command that corrects the tags of a resource, with the flags that select project, cloud and Region.
pub fn render_remedy(remedy: &SuggestedRemedy, place: &GlobalArgs) -> String {
    let (resource, environment, adopt, unlink, values) = match remedy {
        SuggestedRemedy::Promote { resource, from, to } => {
            let suggestion = SuggestedCommand::Promote {
                resource: resource.clone(),
                from: from.clone(),
                to: to.clone(),
                with_dependencies: false,
                pull: false,
            };
            return render_suggestion(&suggestion, place);
        }
        SuggestedRemedy::Fix { resource, environment, adopt, unlink, values } => {
            (resource, environment, *adopt, *unlink, values)
        }
    };
    let arguments = AuditArgs {
        env: environment.clone().unwrap_or_else(|| "all".to_owned()),
        types: vec![resource.type_name.clone()],
        identifiers: vec![resource.identifier.clone()],
        source: UntaggedSource::default(),
        stuck_after: None,
        list_compliant: false,
        baseline: None,
        fix: true,
        adopt,
        unlink,
        tags: values.iter().map(|key| format!("{key}={OWN_VALUE}")).collect(),
        write: WriteArgs::default(),
    };
    render(&Command::TagAudit(arguments), place)
}
