//! What every plan is made with: the project, the time, and the rules.

use jiff::Timestamp;

use crate::domain::environment::Project;
use crate::domain::money::Usd;
use crate::domain::tags::Tags;
use crate::estimate::{EstimateOptions, Usage};
use crate::pipeline::evaluate::Engines;
use crate::pipeline::prices::Pricing;
use crate::policy::{PolicySet, Waivers};

/// The project, the time and the rules of one planning.
pub struct PlanContext<'a> {
    /// The project.
    pub project: &'a Project,
    /// The time that the plan is made as of.
    pub as_of: Timestamp,
    /// Compiled policies.
    pub policies: &'a PolicySet,
    /// What scans the plan.
    pub engines: &'a Engines,
    /// Decisions to live with findings.
    pub waivers: &'a Waivers,
    /// What resources use, as the project says.
    pub usage: &'a Usage,
    /// Tags given on the command line.
    pub extra_tags: &'a Tags,
    /// Purpose given on the command line.
    pub purpose: Option<&'a str>,
    /// The prices of the run.
    pub pricing: &'a Pricing<'a>,
}

impl PlanContext<'_> {
    /// The day that the plan is made as of.
    pub fn today(&self) -> jiff::civil::Date {
        self.as_of.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// How costs are estimated.
    pub fn estimate_options(&self) -> EstimateOptions {
        EstimateOptions {
            threshold: Usd::new(self.project.cost.auto_approve_below),
            usage: self.usage.clone(),
            ..EstimateOptions::default()
        }
    }
}
