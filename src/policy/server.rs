//! The policy process's side of the protocol: compiles and runs the policies that it is sent.

use std::sync::Arc;

use super::builtin;
use super::evaluation::{BatchResults, Evaluation};
use super::names::unknown_names;
use super::protocol::{Message, OwnSource, Request, Response};
use super::set::{Observer, PolicySet};
use super::source::PolicySource;

/// Runs the batches of an evaluation.
pub type Evaluate = for<'q, 'a> fn(&'q Evaluation<'a>) -> Vec<BatchResults>;

/// Answers the requests for one set of policies.
pub struct PolicyServer {
    evaluate: Evaluate,
    observer: Arc<Observer>,
    policies: Option<PolicySet>,
}

impl PolicyServer {
    /// Creates a server without policies. It passes on which policy it is about to run, so that the receiver knows which
    /// one ended the process.
    pub fn new(evaluate: Evaluate, observer: impl Fn(Message) + Send + Sync + 'static) -> Self {
        Self { evaluate, observer: Arc::new(observer), policies: None }
    }

    /// Answers one request.
    pub fn answer(&mut self, request: Request<'_>) -> Response {
        match (request, &self.policies) {
            (Request::Compile { sources }, _) => {
                let own = sources.into_iter().map(PolicySource::from);
                match PolicySet::compile_observed(builtin::sources().into_iter().chain(own).collect(), &self.observer) {
                    Ok(policies) => {
                        self.policies = Some(policies);
                        Response::Compiled
                    }
                    Err(error) => Response::Invalid(error),
                }
            }
            (Request::UnknownNames { sources }, _) => unknown(sources),
            (Request::Evaluate { policies: ids, input }, Some(policies)) => {
                let results = (self.evaluate)(&policies.evaluation_of(&input, &ids));
                Response::Evaluated(results.into_iter().flat_map(BatchResults::into_own_results).collect())
            }
            (Request::Test { policy, path, fixtures }, Some(policies)) => {
                match policies.test(&policy, &path, &fixtures) {
                    Ok(failures) => Response::Tested(failures),
                    Err(failure) => Response::Refused(failure.message),
                }
            }
            (Request::Evaluate { .. } | Request::Test { .. }, None) => {
                Response::Refused("no policies were compiled".to_owned())
            }
        }
    }
}

fn unknown(sources: Vec<OwnSource>) -> Response {
    let sources: Vec<PolicySource> = sources.into_iter().map(PolicySource::from).collect();
    match unknown_names(&sources) {
        Ok(problems) => Response::UnknownNames(problems),
        Err(error) => Response::Invalid(error),
    }
}
