//! `estimate`: the first part of the road, up to the price. Calls the Price List at most, and does
//! without it where it does not answer.

use rust_decimal::Decimal;

use super::Answer;
use super::input::{TemplateRequest, load_template};
use crate::cli::EstimateArgs;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::estimate::{EstimateInput, EstimateOptions, Verdict};
use crate::domain::intrinsics::Pseudo;
use crate::domain::money::Usd;
use crate::outcome::{Failure, Outcome};
use crate::pipeline::prices::Priced;
use crate::report::EstimateBody;
use crate::session::Session;
use crate::ui::view;

pub async fn run(arguments: &EstimateArgs, session: &Session) -> Result<Answer, Failure> {
    let environment = session
        .project()
        .environments
        .iter()
        .find(|environment| !environment.protected)
        .or(session.project().environments.first())
        .ok_or_else(|| Failure::usage(vec![Diagnostic::error("no-environment", "the project has no environment")]))?;
    let region = environment.region.clone();
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
    let Priced { estimate: found, notes } = session.pricing(environment).await.estimate(&inputs, &options).await;
    let asks = arguments.gate && matches!(found.verdict, Verdict::ApprovalRequired(_));
    let body = EstimateBody::from(&found);
    let human = view::estimate(&body, false);
    let outcome = if asks { Outcome::ApprovalRequired } else { Outcome::Ok };
    Ok(Answer::new(outcome, &body, human).diagnostics(diagnostics).diagnostics(notes))
}
