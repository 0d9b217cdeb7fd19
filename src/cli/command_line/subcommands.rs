//! The commands with subcommands of their own.

use super::super::{
    IamAnalyzeArgs, IamCommand, IamForPlanArgs, IamGapArgs, IamProposeArgs, PricesCommand, PricesUpdateArgs,
    SandboxCommand, SeedArgs, ServeArgs,
};
use super::{Words, duration};

pub(super) fn iam(words: &mut Words, command: &IamCommand) {
    match command {
        IamCommand::Analyze(IamAnalyzeArgs { principal, validate, env }) => {
            words.plain("analyze");
            words.positional(std::slice::from_ref(principal));
            words.flag("--validate", *validate);
            words.unless_default("dev", "--env", env);
        }
        IamCommand::Gap(IamGapArgs { principal, actions, resources, env }) => {
            words.plain("gap");
            words.positional(std::slice::from_ref(principal));
            words.each("--action", actions);
            words.each("--resource", resources);
            words.unless_default("dev", "--env", env);
        }
        IamCommand::Propose(IamProposeArgs { principal, actions, resources, service, purpose, validate, env, out }) => {
            words.plain("propose");
            words.positional(std::slice::from_ref(principal));
            words.each("--action", actions);
            words.each("--resource", resources);
            words.option("--service", service.as_deref());
            words.option("--purpose", purpose.as_deref());
            words.flag("--validate", *validate);
            words.unless_default("dev", "--env", env);
            words.path("--out", out.as_deref());
        }
        IamCommand::ForPlan(IamForPlanArgs { plan, files, parameters, sets, imports, validate, env, out }) => {
            words.plain("for-plan");
            let plan: Vec<String> = plan.iter().map(|plan| plan.to_string_lossy().into_owned()).collect();
            words.positional(&plan);
            words.files(files);
            words.each("--param", parameters);
            words.each("--set", sets);
            words.each("--import", imports);
            words.flag("--validate", *validate);
            words.unless_default("dev", "--env", env);
            words.path("--out", out.as_deref());
        }
    }
}

pub(super) fn prices(words: &mut Words, command: &PricesCommand) {
    match command {
        PricesCommand::Update(PricesUpdateArgs { regions, from }) => {
            words.plain("update");
            words.each("--region", regions);
            words.option("--from", from.as_deref());
        }
        PricesCommand::Status => words.plain("status"),
    }
}

pub(super) fn sandbox(words: &mut Words, command: &SandboxCommand) {
    match command {
        SandboxCommand::Serve(ServeArgs {
            port,
            latency,
            throttle,
            fail,
            tag_delay,
            not_in_tagging_api,
            enforce_permissions,
        }) => {
            words.plain("serve");
            words.unless_default("4599", "--port", &port.to_string());
            let of = |operation: &Option<String>, value: String| match operation {
                Some(operation) => format!("{operation}={value}"),
                None => value,
            };
            latency.iter().for_each(|(operation, time)| words.value("--latency", &of(operation, duration(*time))));
            throttle
                .iter()
                .for_each(|(operation, rate)| words.value("--throttle", &of(operation, format!("{rate}/s"))));
            words.each("--fail", fail);
            words.option("--tag-delay", tag_delay.map(duration).as_deref());
            words.each("--not-in-tagging-api", not_in_tagging_api);
            words.flag("--enforce-permissions", *enforce_permissions);
        }
        SandboxCommand::Seed(SeedArgs { resources, seed }) => {
            words.plain("seed");
            words.value("--resources", &resources.to_string());
            words.unless_default("0", "--seed", &seed.to_string());
        }
        SandboxCommand::Status => words.plain("status"),
        SandboxCommand::Reset => words.plain("reset"),
    }
}
