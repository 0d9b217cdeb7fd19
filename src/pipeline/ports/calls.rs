//! Observers of calls.

use super::CloudError;
use crate::domain::project::AccountId;

/// A completed or failed call that changes something.
#[derive(Debug)]
pub struct MutatingCall<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// The account of the call.
    pub account: &'a AccountId,
    /// The Region of the call.
    pub region: &'a str,
    /// `service.Operation`.
    pub action: &'static str,
    /// CloudFormation type name, if the call has one.
    pub type_name: Option<&'a str>,
    /// Identifier or ARN, if the call has one.
    pub identifier: Option<&'a str>,
    /// The client token, if the call has one.
    pub client_token: Option<&'a str>,
    /// AWS's request id, if AWS responded.
    pub request_id: Option<&'a str>,
    /// The result of the call.
    pub outcome: Result<(), &'a CloudError>,
}

/// Observes calls, for an audit log. An observer cannot make a call fail.
pub trait ObserveCalls: Send + Sync {
    /// Called once for each mutating call, regardless of its result, including calls that were not sent because the account
    /// could not be confirmed.
    fn mutating_call(&self, call: &MutatingCall<'_>);
}

/// An observer that does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl ObserveCalls for NoObserver {
    fn mutating_call(&self, _: &MutatingCall<'_>) {}
}
