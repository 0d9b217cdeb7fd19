//! Who watches the calls.

use super::CloudError;
use crate::domain::project::AccountId;

/// A call that changes something, after it was answered or given up.
#[derive(Debug)]
pub struct MutatingCall<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// The account that it went to.
    pub account: &'a AccountId,
    /// The region that it went to.
    pub region: &'a str,
    /// `service.Operation`.
    pub action: &'static str,
    /// CloudFormation type name, where the call names one.
    pub type_name: Option<&'a str>,
    /// Identifier or ARN, where the call names one.
    pub identifier: Option<&'a str>,
    /// The client token, where the call has one.
    pub client_token: Option<&'a str>,
    /// AWS's request id, where AWS answered.
    pub request_id: Option<&'a str>,
    /// Why it failed, if it did.
    pub outcome: Result<(), &'a CloudError>,
}

/// Watches calls, for an audit log. Nothing that it does can fail a call.
pub trait ObserveCalls: Send + Sync {
    /// Takes each mutating call once, whatever became of it. A call that was not sent because the
    /// account is not the confirmed one is among them.
    fn mutating_call(&self, call: &MutatingCall<'_>);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl ObserveCalls for NoObserver {
    fn mutating_call(&self, _: &MutatingCall<'_>) {}
}
