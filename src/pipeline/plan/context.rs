//! The context of planning: the project, the time and the rules.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::domain::money::Usd;
use crate::domain::project::Project;
use crate::domain::tags::Tags;
use crate::estimate::{EstimateOptions, Usage};
use crate::pipeline::evaluate::Engines;
use crate::pipeline::prices::Pricing;
use crate::policy::{PolicySet, Waivers};

/// The project, the time and the rules of a plan.
pub struct PlanContext<'a> {
    /// The project.
    pub project: &'a Project,
    /// The time for which the plan is made.
    pub as_of: Timestamp,
    /// Compiled policies.
    pub policies: &'a PolicySet,
    /// The scan engines.
    pub engines: &'a Engines,
    /// Waivers of findings.
    pub waivers: &'a Waivers,
    /// The usage figures of the project.
    pub usage: &'a Usage,
    /// Tags given on the command line.
    pub extra_tags: &'a Tags,
    /// Purpose given on the command line.
    pub purpose: Option<&'a str>,
    /// Client tokens of requests that earlier runs on this machine may have sent.
    pub begun: &'a BTreeSet<String>,
    /// `--allow-replace`: resources in a protected environment may be replaced.
    pub allow_replace: bool,
    /// Custom endpoints that the run uses, which an approval covers.
    pub endpoints: Vec<String>,
    /// The ARN of whoever makes or made the plan, by environment, of those in which the planner may not approve.
    pub planner: BTreeMap<String, String>,
    /// The prices of the run.
    pub pricing: &'a Pricing<'a>,
}

impl PlanContext<'_> {
    /// Returns the date for which the plan is made.
    pub fn today(&self) -> jiff::civil::Date {
        self.as_of.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// Returns the options of the cost estimate.
    pub fn estimate_options(&self) -> EstimateOptions {
        EstimateOptions {
            threshold: Usd::new(self.project.cost.auto_approve_below),
            usage: self.usage.clone(),
            ..EstimateOptions::default()
        }
    }
}
