//! What every plan needs to begin with.

use jiff::Timestamp;

use super::evaluate::Engines;
use super::event::Events;
use super::prices::Pricing;
use crate::domain::account::VerifiedAccount;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::environment::{Environment, Project, TagPreset};
use crate::domain::money::Usd;
use crate::domain::tags::{self, Tags};
use crate::estimate::{EstimateOptions, Usage};
use crate::policy::{PolicySet, Waivers};

/// The project, the time and the rules of one planning.
pub struct Planning<'a> {
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
    /// Where progress is told.
    pub events: &'a Events,
}

impl Planning<'_> {
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

    /// The tags of the project's preset for a resource in an environment: everything but the
    /// promotion tags.
    pub fn base_tags(&self, environment: &Environment, account: &VerifiedAccount, purpose: &str) -> Tags {
        let mut tags = Tags::new();
        let mut put = |key: &str, value: &str| {
            tags.insert(key.to_owned(), tags::sanitise(value));
        };
        match self.project.tags.preset {
            TagPreset::Standard => {
                put(tags::MANAGED_BY, tags::MANAGER);
                put(tags::MANAGED_BY_VERSION, env!("CARGO_PKG_VERSION"));
            }
            TagPreset::Ccapi => {
                put(tags::MANAGED_BY, tags::CCAPI_MANAGER);
                put("MCP_SERVER_SOURCE_CODE", tags::MANAGER);
                put("MCP_SERVER_VERSION", env!("CARGO_PKG_VERSION"));
            }
        }
        put(tags::ENVIRONMENT, &environment.tag_value);
        put(tags::PROJECT, &self.project.name);
        put(tags::CREATED_BY, actor(account.arn()));
        put(tags::CREATED_DATE, &self.today().to_string());
        put(tags::PURPOSE, self.purpose.unwrap_or(purpose));
        for (key, value) in &self.project.tags.values {
            put(key, value);
        }
        // What the user says on the command line is checked, not changed.
        tags.extend(self.extra_tags.clone());
        tags
    }

    /// Tags that break AWS's or the project's rules, before any call.
    pub fn check_tags(&self, environment: &Environment, tags: &Tags, subject: &str) -> Vec<Diagnostic> {
        let mut problems = tags::check(tags);
        for violation in crate::domain::audit::judge(self.project, environment, tags) {
            let key = violation.key.unwrap_or_default();
            problems.push(Diagnostic::error("tag-rule", format!("{subject}: {}", violation.message)).hint(format!(
                "give it with --tag {key}=VALUE, or for the whole project under tags.values in stagegate.yaml"
            )));
        }
        for problem in &mut problems {
            problem.resource = Some(subject.to_owned());
        }
        problems
    }
}

/// The last part of a caller's ARN: a user's name, or a role session's.
fn actor(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
