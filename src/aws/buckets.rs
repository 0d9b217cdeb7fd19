//! The client of S3's list of buckets. S3 lists the buckets of all Regions, and says which Region each is in; they can be read
//! only there.

use async_trait::async_trait;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_xml::decode::{Document, ScopedDecoder, XmlDecodeError, try_data};

use super::clients::ClientSet;
use super::pages::Pages;
use super::service_client::{Answer, S3, Service, ServiceClient};
use super::stack::{Call, Stack};
use crate::pipeline::ports::{BucketPlace, CloudError, ReadBuckets};

/// S3.
pub(super) const BUCKETS: Service = Service { id: "S3", signing_name: S3, is_global: false };

const OPERATION: &str = "s3.ListBuckets";

/// Buckets per page. Without a number, the response has no Regions.
const PAGE: usize = 1_000;

/// A client that lists buckets.
#[derive(Clone)]
pub struct Buckets {
    client: ServiceClient,
    stack: Stack,
}

/// A page of the list.
#[derive(Debug, Default)]
struct Page {
    buckets: Option<Vec<(Option<String>, Option<String>)>>,
    next: Option<String>,
}

impl Buckets {
    pub(super) fn new(set: &ClientSet, stack: impl Fn(&'static str, &str) -> Stack) -> Self {
        let region = &set.key.region;
        let client = ServiceClient::new(BUCKETS, &set.config, set.shared("s3", region));
        Self { client, stack: stack("s3", region) }
    }
}

#[async_trait]
impl ReadBuckets for Buckets {
    async fn buckets(&self) -> Result<Vec<BucketPlace>, CloudError> {
        let mut pages = Pages::new(OPERATION, &self.stack.place.environment);
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let send = |watch| {
                let request = request(token.as_deref()).map_err(SdkError::construction_failure);
                async { self.client.send("ListBuckets", request?, watch, answer).await }
            };
            let page = self.stack.call(Call::read(OPERATION), send).await?;
            for (name, region) in page.buckets.ok_or_else(|| pages.missing("Buckets"))? {
                found.push(BucketPlace { name: name.ok_or_else(|| pages.missing("Name"))?, region });
            }
            token = pages.next(page.next.as_deref())?;
            if token.is_none() {
                found.sort();
                return Ok(found);
            }
        }
    }
}

fn request(token: Option<&str>) -> Result<HttpRequest, BoxError> {
    let token = token.map(|token| format!("&continuation-token={}", encoded(token))).unwrap_or_default();
    let uri = format!("/?max-buckets={PAGE}{token}");
    Ok(HttpRequest::try_from(http::Request::get(uri).body(SdkBody::empty())?)?)
}

/// Percent-encodes a value of a query.
fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn answer(response: &HttpResponse) -> Answer<Page> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        // A response that cannot be parsed has no code; it is classified by its status.
        return Err(OrchestratorError::operation(error(body).unwrap_or_default()));
    }
    page(body).map_err(|error| OrchestratorError::response(error.into()))
}

fn page(body: &[u8]) -> Result<Page, XmlDecodeError> {
    let mut document = Document::try_from(body)?;
    let mut root = document.root_element()?;
    if root.start_el().local() != "ListAllMyBucketsResult" {
        return Err(XmlDecodeError::custom(format!("{} is not ListAllMyBucketsResult", root.start_el().local())));
    }
    let mut page = Page::default();
    while let Some(mut tag) = root.next_tag() {
        match tag.start_el().local() {
            "ContinuationToken" => page.next = Some(try_data(&mut tag)?.into_owned()),
            "Buckets" => {
                let buckets = page.buckets.get_or_insert_default();
                while let Some(mut bucket) = tag.next_tag() {
                    buckets.push(name_and_region(&mut bucket)?);
                }
            }
            _ => {}
        }
    }
    Ok(page)
}

fn name_and_region(bucket: &mut ScopedDecoder<'_, '_>) -> Result<(Option<String>, Option<String>), XmlDecodeError> {
    let (mut name, mut region) = (None, None);
    while let Some(mut member) = bucket.next_tag() {
        match member.start_el().local() {
            "Name" => name = Some(try_data(&mut member)?.into_owned()),
            "BucketRegion" => region = Some(try_data(&mut member)?.into_owned()).filter(|region| !region.is_empty()),
            _ => {}
        }
    }
    Ok((name, region))
}

/// Returns the code and the message of an error of S3, whose root is the error itself.
fn error(body: &[u8]) -> Result<ErrorMetadata, XmlDecodeError> {
    let mut document = Document::try_from(body)?;
    let mut root = document.root_element()?;
    let mut error = ErrorMetadata::builder();
    while let Some(mut tag) = root.next_tag() {
        let name = tag.start_el().local().to_owned();
        match name.as_str() {
            "Code" => error = error.code(try_data(&mut tag)?),
            "Message" => error = error.message(try_data(&mut tag)?),
            _ => {}
        }
    }
    Ok(error.build())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::RunScope;
    use super::super::stack::clock::SystemClock;
    use super::super::wire::{Asked, Network, Reply, clients, dev};
    use super::*;
    use crate::pipeline::ports::CloudErrorKind;

    async fn list(
        answer: impl Fn(usize) -> (u16, String) + Send + Sync + 'static,
    ) -> Result<Vec<BucketPlace>, CloudError> {
        let network = Network::new(move |asked: &Asked| {
            assert!(asked.scope.ends_with("/s3"), "{}", asked.scope);
            let (status, body) = answer(asked.number);
            Reply::Http(status, "application/xml", body)
        });
        clients(&network, &dev(), SystemClock::shared(), RunScope::default()).buckets().buckets().await
    }

    fn result(buckets: &str, rest: &str) -> String {
        format!(
            "<ListAllMyBucketsResult><Owner><ID>x</ID></Owner><Buckets>{buckets}</Buckets>{rest}</ListAllMyBucketsResult>"
        )
    }

    #[tokio::test]
    async fn buckets_have_their_regions_and_pages_are_joined() {
        let found = list(|number| match number {
            1 => {
                let bucket = "<Bucket><Name>b</Name><BucketRegion>eu-west-1</BucketRegion></Bucket>";
                (200, result(bucket, "<ContinuationToken>a/b+c=</ContinuationToken>"))
            }
            _ => (200, result("<Bucket><Name>a</Name></Bucket>", "")),
        });
        let place =
            |name: &str, region: Option<&str>| BucketPlace { name: name.to_owned(), region: region.map(str::to_owned) };
        assert_eq!(found.await.unwrap(), [place("a", None), place("b", Some("eu-west-1"))]);
        assert_eq!(encoded("a/b+c="), "a%2Fb%2Bc%3D");
    }

    #[tokio::test]
    async fn errors_have_their_kinds_and_nothing_is_taken_for_an_empty_list() {
        let denied = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>".to_owned();
        assert_eq!(list(move |_| (403, denied.clone())).await.unwrap_err().kind, CloudErrorKind::AccessDenied);
        for body in ["<ListAllMyBucketsResult/>", "<Other/>", "{}"] {
            let error = list(move |_| (200, body.to_owned())).await.unwrap_err();
            assert_eq!(error.kind, CloudErrorKind::Malformed, "{body}: {error}");
        }
    }
}
