//! awsQuery: a form-encoded request, an XML answer.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::ApiError;

/// The maximum number of keys in a form, and of levels in a key.
const MAX_KEYS: (usize, usize) = (10_000, 12);

/// Parses a form into an object of strings; a duplicate key keeps its last value. A dotted key
/// is a path into an object (`A.B`) or, after `member`, into a list (`A.member.1`).
pub(super) fn parse(body: &[u8]) -> Value {
    let text = String::from_utf8_lossy(body);
    let mut form = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()).take(MAX_KEYS.0) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        insert(&mut form, &decode(key), decode(value));
    }
    lists(Value::Object(form))
}

fn insert(form: &mut Map<String, Value>, key: &str, value: String) {
    let mut at = form;
    let mut tokens = key.splitn(MAX_KEYS.1, '.').peekable();
    while let Some(token) = tokens.next() {
        if tokens.peek().is_none() {
            at.insert(token.to_owned(), Value::String(value));
            return;
        }
        let child = at.entry(token.to_owned()).or_insert_with(|| Value::Object(Map::new()));
        if !child.is_object() {
            *child = Value::Object(Map::new());
        }
        let Value::Object(child) = child else { return };
        at = child;
    }
}

/// Turns `{"member": {"1": a, "2": b}}` into `[a, b]`, at every level.
fn lists(value: Value) -> Value {
    let Value::Object(map) = value else {
        return value;
    };
    match map.get("member") {
        Some(Value::Object(members)) if map.len() == 1 => {
            let mut numbered: Vec<(usize, &Value)> =
                members.iter().filter_map(|(number, value)| Some((number.parse().ok()?, value))).collect();
            numbered.sort_by_key(|(number, _)| *number);
            Value::Array(numbered.into_iter().map(|(_, value)| lists(value.clone())).collect())
        }
        _ => Value::Object(map.into_iter().map(|(name, value)| (name, lists(value))).collect()),
    }
}

/// Decodes percent-encoding; invalid encoding is kept unchanged.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => match tail.get(..2).and_then(hex_byte) {
                Some(byte) => {
                    bytes.push(byte);
                    rest = &tail[2..];
                }
                None => bytes.push(first),
            },
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok()?;
    text.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(())?;
    u8::from_str_radix(text, 16).ok()
}

/// Encodes a response: objects become elements, arrays `member` elements.
pub(super) fn answer(xmlns: Option<&str>, operation: &str, body: &Value, request_id: &str) -> String {
    let mut xml = String::new();
    let xmlns = namespace(xmlns);
    let _ = write!(xml, "<{operation}Response{xmlns}><{operation}Result>");
    element(&mut xml, body);
    let _ = write!(
        xml,
        "</{operation}Result><ResponseMetadata><RequestId>{request_id}</RequestId>\
         </ResponseMetadata></{operation}Response>"
    );
    xml
}

/// Encodes an error response. The query protocol has its own names for common errors.
pub(super) fn error(xmlns: Option<&str>, error: &ApiError, request_id: &str) -> String {
    let code = match &*error.code {
        "UnrecognizedClientException" => "InvalidClientTokenId",
        "MissingAuthenticationTokenException" => "MissingAuthenticationToken",
        "IncompleteSignatureException" => "IncompleteSignature",
        "UnknownOperationException" => "InvalidAction",
        "AccessDeniedException" => "AccessDenied",
        other => other,
    };
    let kind = if error.status >= 500 { "Receiver" } else { "Sender" };
    let mut message = String::new();
    escape(&mut message, &error.message);
    format!(
        "<ErrorResponse{}><Error><Type>{kind}</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
        namespace(xmlns)
    )
}

fn namespace(xmlns: Option<&str>) -> String {
    xmlns.map(|uri| format!(" xmlns=\"{uri}\"")).unwrap_or_default()
}

/// Encodes S3's list of buckets, whose elements are named `Bucket`.
pub(super) fn s3_answer(body: &Value) -> String {
    let mut xml = String::from("<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (name, child) in body.as_object().into_iter().flatten() {
        let _ = write!(xml, "<{name}>");
        match child {
            Value::Array(buckets) => {
                for bucket in buckets {
                    xml.push_str("<Bucket>");
                    element(&mut xml, bucket);
                    xml.push_str("</Bucket>");
                }
            }
            other => element(&mut xml, other),
        }
        let _ = write!(xml, "</{name}>");
    }
    xml.push_str("</ListAllMyBucketsResult>");
    xml
}

/// Encodes an error of S3, which has its own names for common errors.
pub(super) fn s3_error(error: &ApiError, request_id: &str) -> String {
    let code = match &*error.code {
        "AccessDeniedException" => "AccessDenied",
        "ThrottlingException" => "SlowDown",
        other => other,
    };
    let mut message = String::new();
    escape(&mut message, &error.message);
    format!("<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId></Error>")
}

fn element(xml: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(map) => {
            for (name, child) in map {
                let _ = write!(xml, "<{name}>");
                element(xml, child);
                let _ = write!(xml, "</{name}>");
            }
        }
        Value::Array(items) => {
            for item in items {
                xml.push_str("<member>");
                element(xml, item);
                xml.push_str("</member>");
            }
        }
        Value::String(text) => escape(xml, text),
        scalar => {
            let _ = write!(xml, "{scalar}");
        }
    }
}

fn escape(xml: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '&' => xml.push_str("&amp;"),
            '"' => xml.push_str("&quot;"),
            other => xml.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn forms_are_decoded() {
        assert_eq!(
            parse(b"Action=AssumeRole&RoleArn=arn%3Aaws&Bad=%zz+1"),
            json!({"Action": "AssumeRole", "RoleArn": "arn:aws", "Bad": "%zz 1"})
        );
    }

    #[test]
    fn dotted_keys_are_lists_and_objects() {
        assert_eq!(
            parse(b"A.member.2=b&A.member.1=a&A.member.10=c&E.member.1.K=k&E.member.1.V.member.1=v&T.X=1&T=2"),
            json!({"A": ["a", "b", "c"], "E": [{"K": "k", "V": ["v"]}], "T": "2"})
        );
        assert!(parse(&b"a.".repeat(100_000)).is_object());
    }

    #[test]
    fn answers_nest_and_escape() {
        let xml = answer(Some("urn:x"), "Get", &json!({"A": {"B": "<&"}, "L": [1, 2]}), "id");
        assert_eq!(
            xml,
            "<GetResponse xmlns=\"urn:x\"><GetResult><A><B>&lt;&amp;</B></A><L><member>1</member>\
             <member>2</member></L></GetResult><ResponseMetadata><RequestId>id</RequestId>\
             </ResponseMetadata></GetResponse>"
        );
    }

    #[test]
    fn common_errors_have_the_query_names() {
        let xml = error(None, &ApiError::unknown_access_key(), "id");
        assert!(xml.contains("<Code>InvalidClientTokenId</Code>"));
        assert!(!xml.contains("UnrecognizedClientException"));
    }
}
