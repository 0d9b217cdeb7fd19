//! The HTTP clients of the SDK: for AWS and for the sandbox.

use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_http_client::tls::TlsContext;
use aws_smithy_http_client::{Builder, Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use super::ca_bundle::CaBundle;
use crate::sandbox::{Hung, Sandbox};

/// Creates the client for AWS: rustls with ring (aws-lc-rs would require a C compiler), with proxies from environment variables
/// like the AWS CLI. Servers are verified with the certificates of the bundle, or with the system's.
pub fn real(bundle: Option<&CaBundle>) -> SharedHttpClient {
    let context = bundle.and_then(CaBundle::tls_context);
    Builder::new().build_with_connector_fn(move |settings, components| {
        let sleep = components.and_then(RuntimeComponents::sleep_impl);
        build_connector(settings, sleep, context.as_ref())
    })
}

/// Creates a connection to a server without the SDK's requests, for files that need no credentials. As [`real`].
pub fn plain(
    bundle: Option<&CaBundle>,
    settings: &HttpConnectorSettings,
    sleep: SharedAsyncSleep,
) -> SharedHttpConnector {
    let context = bundle.and_then(CaBundle::tls_context);
    SharedHttpConnector::new(build_connector(Some(settings), Some(sleep), context.as_ref()))
}

fn build_connector(
    settings: Option<&HttpConnectorSettings>,
    sleep: Option<SharedAsyncSleep>,
    context: Option<&TlsContext>,
) -> Connector {
    let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
    connector.set_connector_settings(settings.cloned());
    connector.set_sleep_impl(sleep);
    let mut connector = connector.tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring));
    if let Some(context) = context {
        connector.set_tls_context(context.clone());
    }
    connector.build()
}

/// Creates a client that passes all requests to the sandbox. The code above it is the same as for AWS: serialization, signing,
/// retries and error parsing are those of the SDK.
pub fn embedded(sandbox: Sandbox) -> SharedHttpClient {
    SharedHttpClient::new(SandboxConnector(sandbox))
}

#[derive(Clone)]
struct SandboxConnector(Sandbox);

impl std::fmt::Debug for SandboxConnector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SandboxConnector")
    }
}

impl HttpConnector for SandboxConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sandbox = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::other(error.into(), None))?;
            let (parts, body) = request.into_parts();
            let body = body.bytes().map(Bytes::copy_from_slice).unwrap_or_default();
            let answer = tokio::task::spawn_blocking(move || sandbox.handle(http::Request::from_parts(parts, body)))
                .await
                .map_err(|error| ConnectorError::other(error.into(), None))?;
            if answer.extensions().get::<Hung>().is_some() {
                std::future::pending::<()>().await;
            }
            HttpResponse::try_from(answer.map(SdkBody::from)).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

impl HttpClient for SandboxConnector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
