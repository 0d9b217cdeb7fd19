use super::*;
use crate::domain::resource::ResourceRef;
use crate::pipeline::ports::{CloudError, CloudErrorKind, ReadResources as _, ReadTags as _};

/// Reads a resource, with the same reply to every request.
async fn read(reply: Reply) -> CloudError {
    let bench = Bench::new(move |_| reply.clone());
    let reader = bench.clients.reader();
    reader.get(&ResourceRef::new("AWS::SQS::Queue", "q")).await.map(|_| ()).unwrap_err()
}

#[tokio::test]
async fn errors_are_classified_by_code_and_otherwise_by_status() {
    for (status, code, kind) in [
        (400, "ThrottledException", CloudErrorKind::Throttled),
        (400, "ThrottlingException", CloudErrorKind::Throttled),
        (400, "RequestLimitExceeded", CloudErrorKind::Throttled),
        (500, "InternalServiceException", CloudErrorKind::Busy),
        (400, "InternalServiceException", CloudErrorKind::Busy),
        (400, "RequestTimeoutException", CloudErrorKind::Busy),
        (500, "BrandNewException", CloudErrorKind::Busy),
        (400, "BrandNewException", CloudErrorKind::Other),
        (429, "BrandNewException", CloudErrorKind::Throttled),
        (502, "HandlerFailureException", CloudErrorKind::Other),
        (400, "ServiceLimitExceededException", CloudErrorKind::LimitExceeded),
        (403, "ExpiredTokenException", CloudErrorKind::Credentials),
        (403, "UnrecognizedClientException", CloudErrorKind::Credentials),
    ] {
        let error = read(Reply::error(status, code)).await;
        assert_eq!((error.kind, error.code.as_deref()), (kind, Some(code)), "{error}");
        assert_eq!(error.message, "no");
    }
}

#[tokio::test]
async fn an_error_without_a_message_has_its_code_as_message() {
    let error = read(Reply::json(400, r#"{"__type":"com.amazonaws.any#NotUpdatableException"}"#)).await;
    assert_eq!(error.message, "AWS returned NotUpdatableException (HTTP 400)");
}

#[tokio::test]
async fn a_web_page_of_a_proxy_is_not_printed() {
    let page = || "<!DOCTYPE html><html><body>Sign in to the network</body></html>".to_owned();
    for (status, kind) in [
        (200, CloudErrorKind::Network),
        (302, CloudErrorKind::Network),
        (403, CloudErrorKind::Network),
        (503, CloudErrorKind::Busy),
    ] {
        for content in ["text/html; charset=utf-8", "application/octet-stream"] {
            let error = read(Reply::Http(status, content, page())).await;
            assert_eq!((error.kind, error.code.as_deref()), (kind, None), "{status} {error}");
            assert_eq!(error.message, format!("received a web page (HTTP {status})"));
        }
    }
    let error = read(Reply::json(200, "no JSON")).await;
    assert_eq!(error.kind, CloudErrorKind::Malformed);
    assert_eq!(error.message, "received a response that is not from AWS (HTTP 200)");
}

#[tokio::test]
async fn failures_of_sts_are_not_credential_errors() {
    let page = Reply::Http(403, "text/html", "<html>blocked</html>".to_owned());
    let xml = |status, code: &str| {
        let body = format!(
            r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"#
        );
        Reply::Http(status, "text/xml", body)
    };
    for (reply, kind) in [
        (page, CloudErrorKind::Network),
        (Reply::Refused, CloudErrorKind::Network),
        (xml(503, "ServiceUnavailable"), CloudErrorKind::Busy),
        (xml(400, "Throttling"), CloudErrorKind::Throttled),
        (xml(403, "ExpiredToken"), CloudErrorKind::Credentials),
        (xml(403, "InvalidClientTokenId"), CloudErrorKind::Credentials),
        (Reply::Http(200, "text/xml", "<GetCallerIdentityResponse/>".to_owned()), CloudErrorKind::Malformed),
        (Reply::identity("12"), CloudErrorKind::Malformed),
    ] {
        let bench = Bench::new(move |_| reply.clone());
        let error = bench.clients.identity().await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(!error.message.contains('<'), "{error}");
    }
}

#[tokio::test]
async fn a_refused_connection_has_a_short_message() {
    let error = read(Reply::Refused).await;
    assert_eq!((error.kind, error.message.as_str()), (CloudErrorKind::Network, "no connection: connection refused"));
    let bench = Bench::new(|_| Reply::Refused);
    assert_eq!(bench.clients.reader().tagged(None).await.unwrap_err().kind, CloudErrorKind::Network);
}
