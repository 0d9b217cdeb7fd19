//! `estimate`: the first part of the road, up to the price. Calls nothing.

use rust_decimal::Decimal;

use super::Answer;
use super::input::{TemplateRequest, load_template};
use crate::cli::EstimateArgs;
use crate::domain::estimate::{self, EstimateInput, EstimateOptions, Snapshot, Verdict};
use crate::domain::intrinsics::Pseudo;
use crate::domain::money::Usd;
use crate::outcome::{Failure, Outcome};
use crate::report::EstimateBody;
use crate::session::Session;
use crate::ui::view;

pub async fn run(arguments: &EstimateArgs, session: &Session) -> Result<Answer, Failure> {
    let environment = session
        .project()
        .environments
        .iter()
        .find(|environment| !environment.protected)
        .or(session.project().environments.first());
    let region = environment.map(|environment| environment.region.clone()).unwrap_or_default();
    let (loaded, diagnostics) = load_template(&TemplateRequest {
        files: &arguments.files,
        parameters: &arguments.parameters,
        sets: &arguments.sets,
        pseudo: Pseudo { region: Some(region.clone()), ..Pseudo::default() },
    })?;
    let inputs: Vec<EstimateInput<'_>> = loaded
        .resources
        .iter()
        .map(|resource| EstimateInput {
            file: Some(&resource.file),
            logical_id: Some(&resource.logical_id),
            identifier: None,
            type_name: &resource.type_name,
            region: &region,
            properties: &resource.properties,
        })
        .collect();
    let options = EstimateOptions {
        hours_per_month: Decimal::from(arguments.hours),
        threshold: Usd::new(session.project().cost.auto_approve_below),
        assume_free_tier: arguments.assume_free_tier,
        ..EstimateOptions::default()
    };
    let found = estimate::estimate(&inputs, &options, &Snapshot);
    let asks = arguments.gate && matches!(found.verdict, Verdict::ApprovalRequired(_));
    let body = EstimateBody::from(&found);
    let human = view::estimate(&body, false);
    let outcome = if asks { Outcome::ApprovalRequired } else { Outcome::Ok };
    Ok(Answer::new(outcome, &body, human).diagnostics(diagnostics))
}
