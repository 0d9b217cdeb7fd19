//! The rules that every command with a gate applies.

use std::collections::BTreeSet;

use super::policies::{engines, gate_policies, waivers};
use super::usage::usage;
use super::write::{self, plan_copies};
use crate::cli::WriteArgs;
use crate::domain::tags::Tags;
use crate::estimate::Usage;
use crate::outcome::Failure;
use crate::pipeline::evaluate::Engines;
use crate::pipeline::plan::PlanContext;
use crate::pipeline::prices::Pricing;
use crate::policy::{PolicySet, Waivers};
use crate::run::Run;

/// Policies, scan engines, waivers and usage figures of the project.
pub struct GateRules {
    policies: PolicySet,
    engines: Engines,
    waivers: Waivers,
    /// The usage figures.
    pub usage: Usage,
    begun: BTreeSet<String>,
}

impl GateRules {
    /// Reads the rules of the project. It makes no calls to AWS.
    ///
    /// # Errors
    /// A policy, a waiver file or a usage file is invalid.
    pub fn load(run: &Run) -> Result<Self, Failure> {
        Ok(Self {
            policies: gate_policies(run.workspace())?,
            engines: engines(run.workspace(), &[], &[], run.global())?,
            waivers: waivers(run.workspace(), None)?,
            usage: usage(run.workspace(), None)?,
            begun: plan_copies::begun(run),
        })
    }

    /// The context of a plan as of the time of a start, without a purpose, and without permission to replace protected
    /// resources. The environments of the plan must be open: their custom endpoints and callers are part of what is approved.
    pub fn context<'a>(
        &'a self,
        run: &'a Run,
        flags: &WriteArgs,
        start: write::Start<'_>,
        extra_tags: &'a Tags,
        pricing: &'a Pricing<'a>,
    ) -> PlanContext<'a> {
        PlanContext {
            project: run.workspace().project(),
            as_of: start.as_of,
            policies: &self.policies,
            engines: &self.engines,
            waivers: &self.waivers,
            usage: &self.usage,
            extra_tags,
            purpose: None,
            begun: &self.begun,
            allow_replace: false,
            endpoints: run.endpoint_facts(),
            planner: write::planner(flags, start, run),
            pricing,
        }
    }
}
