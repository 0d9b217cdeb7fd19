//! An SDK interceptor that observes the HTTP requests of one call.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::request_id::RequestId as _;

use super::count::CallCounter;
use super::limit::RateLimiter;

/// Checks whether the credentials that signed a request are confirmed.
pub trait CheckSigner: std::fmt::Debug + Send + Sync {
    /// Returns true if STS recently confirmed the account of this access key.
    fn is_confirmed(&self, access_key_id: &str) -> bool;
}

/// A mutating request was signed with credentials that STS has not confirmed. It was not sent.
#[derive(Debug, thiserror::Error)]
#[error("the credentials that signed the request are not confirmed")]
pub struct Unconfirmed;

/// Observes the HTTP requests of one call.
#[derive(Debug, Clone)]
pub struct Watch(Arc<Watched>);

#[derive(Debug)]
struct Watched {
    operation: &'static str,
    counter: CallCounter,
    limiter: Arc<RateLimiter>,
    signer: Option<Arc<dyn CheckSigner>>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    attempts: u32,
    access_key_id: Option<String>,
    request_id: Option<String>,
    date: Option<String>,
}

impl Watch {
    /// Observes the requests of an operation; with a `signer`, it blocks requests with unconfirmed credentials.
    pub fn new(
        operation: &'static str,
        counter: CallCounter,
        limiter: Arc<RateLimiter>,
        signer: Option<Arc<dyn CheckSigner>>,
    ) -> Self {
        Self(Arc::new(Watched { operation, counter, limiter, signer, seen: Mutex::default() }))
    }

    /// Returns AWS's request id of the last response.
    pub fn request_id(&self) -> Option<String> {
        self.seen().request_id.clone()
    }

    /// Returns the access key id that signed the last request.
    pub fn access_key_id(&self) -> Option<String> {
        self.seen().access_key_id.clone()
    }

    /// Returns the `Date` of the last response: the time of the server.
    pub fn server_date(&self) -> Option<String> {
        self.seen().date.clone()
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "stagegate's watch"
    }

    fn read_after_signing(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let key = context.request().headers().get("authorization").and_then(signer_of);
        if let Some(signer) = &self.0.signer
            && !key.is_some_and(|key| signer.is_confirmed(key))
        {
            return Err(Unconfirmed.into());
        }
        self.seen().access_key_id = key.map(str::to_owned);
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.counter.attempt(self.0.operation);
        let mut seen = self.seen();
        seen.attempts += 1;
        // The first request has already waited.
        if seen.attempts > 1 {
            self.0.limiter.charge();
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(id) = context.response().and_then(|response| response.headers().request_id()) {
            self.seen().request_id = Some(id.to_owned());
        }
        if let Some(date) = context.response().and_then(|response| response.headers().get("date")) {
            self.seen().date = Some(date.to_owned());
        }
        Ok(())
    }
}

/// Returns the access key id in a SigV4 `Authorization` header.
fn signer_of(header: &str) -> Option<&str> {
    header.split_once("Credential=")?.1.split_once('/').map(|(key, _)| key)
}

#[cfg(test)]
mod tests {
    use super::signer_of;

    #[test]
    fn the_signer_is_read_from_the_header() {
        let header = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261120/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0";
        assert_eq!(signer_of(header), Some("AKIAEXAMPLE"));
        assert_eq!(signer_of("Bearer x"), None);
    }
}
