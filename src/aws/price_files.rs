//! The files of the bulk Price List over HTTP. They are public: no credentials are read or sent.

use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use futures_util::{StreamExt as _, stream};

use super::ca_bundle::CaBundle;
use super::http;
use crate::pipeline::ports::{FileContent, PriceFileError, ReadPriceFiles};

/// Where AWS publishes the bulk Price List of the commercial Regions.
pub const BULK_PRICE_LIST: &str = "https://pricing.us-east-1.amazonaws.com";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Time limit for the first response, and for each further piece of a file.
const SILENCE: Duration = Duration::from_secs(30);

/// The bulk Price List of a server.
#[derive(Debug, Clone)]
pub struct PriceListFiles {
    base: String,
    connector: SharedHttpConnector,
}

impl PriceListFiles {
    /// The files below a URL. Servers are verified with the certificates of the bundle, or with the system's.
    pub fn new(base: &str, bundle: Option<&CaBundle>) -> Self {
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(SILENCE).build();
        let connector = http::plain(bundle, &settings, SharedAsyncSleep::new(TokioSleep::new()));
        Self { base: base.trim_end_matches('/').to_owned(), connector }
    }
}

fn temporary(message: impl Into<String>) -> PriceFileError {
    PriceFileError { message: message.into(), is_temporary: true }
}

fn permanent(message: impl Into<String>) -> PriceFileError {
    PriceFileError { message: message.into(), is_temporary: false }
}

/// Checks that the end of the response will be known and that its content is the file itself.
fn check(response: &HttpResponse) -> Result<(), PriceFileError> {
    let status = response.status().as_u16();
    match status {
        200 => {}
        403 | 404 => return Err(permanent(format!("it does not exist (HTTP {status})"))),
        429 | 500.. => return Err(temporary(format!("the server answered HTTP {status}"))),
        _ => return Err(permanent(format!("the server answered HTTP {status}"))),
    }
    let headers = response.headers();
    // Without a length, a connection that is lost cannot be told from the end of the file.
    if headers.get("content-length").is_none() && headers.get("transfer-encoding").is_none() {
        return Err(permanent("the server does not say how long it is"));
    }
    match headers.get("content-encoding") {
        None | Some("identity") => Ok(()),
        Some(_) => Err(permanent("the server sent it in a compressed form that was not asked for")),
    }
}

#[async_trait]
impl ReadPriceFiles for PriceListFiles {
    async fn open(&self, path: &str) -> Result<FileContent, PriceFileError> {
        let mut request = HttpRequest::new(SdkBody::empty());
        let url = format!("{}{path}", self.base);
        // The URL may contain a password.
        request.set_uri(url.as_str()).map_err(|_| permanent("the source is not a URL"))?;
        request.headers_mut().insert("user-agent", concat!("stagegate/", env!("CARGO_PKG_VERSION")));
        let response = self.connector.call(request).await.map_err(|error| temporary(causes(&error)))?;
        check(&response)?;
        let body = ByteStream::new(response.into_body());
        let content = stream::unfold(Some(body), |body| async move {
            let mut body = body?;
            match tokio::time::timeout(SILENCE, body.next()).await {
                Err(_) => Some((Err(temporary(format!("nothing arrived for {} s", SILENCE.as_secs()))), None)),
                Ok(None) => None,
                Ok(Some(Ok(piece))) => Some((Ok(piece), Some(body))),
                Ok(Some(Err(error))) => Some((Err(temporary(causes(&error))), None)),
            }
        });
        Ok(content.boxed())
    }
}

/// An error with its causes.
fn causes(error: &dyn std::error::Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        cause = error.source();
    }
    texts.join(": ")
}
