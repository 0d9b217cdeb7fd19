//! Reports each mutating call to the run's observer once, regardless of its result.

use crate::domain::project::AccountId;
use crate::pipeline::ports::{CloudError, MutatingCall, ObserveCalls};

use super::Call;

/// The environment, account and Region of a call.
#[derive(Debug, Clone)]
pub struct Place {
    /// The environment's name.
    pub environment: String,
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: String,
}

/// Reports a call.
pub fn report<T>(
    observer: &dyn ObserveCalls,
    place: &Place,
    call: &Call<'_>,
    request_id: Option<&str>,
    outcome: &Result<T, CloudError>,
) {
    if !call.is_mutating {
        return;
    }
    observer.mutating_call(&MutatingCall {
        environment: &place.environment,
        account: &place.account,
        region: &place.region,
        action: call.operation,
        type_name: call.type_name,
        identifier: call.identifier,
        client_token: call.client_token,
        request_id,
        outcome: outcome.as_ref().map(|_| ()),
    });
}
