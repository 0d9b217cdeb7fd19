//! awsQuery: a form-encoded request, an XML answer.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::ApiError;

/// Parses a form into an object of strings; a key given twice keeps its last value.
pub(super) fn parse(body: &[u8]) -> Value {
    let text = String::from_utf8_lossy(body);
    let mut form = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        form.insert(decode(key), Value::String(decode(value)));
    }
    Value::Object(form)
}

/// Undoes percent-encoding; what is not valid encoding stays as it is.
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

/// An answer: objects become elements, arrays `member` elements.
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

/// An error answer. The query protocol spells the common errors in its own way.
pub(super) fn error(xmlns: Option<&str>, error: &ApiError, request_id: &str) -> String {
    let code = match &*error.code {
        "UnrecognizedClientException" => "InvalidClientTokenId",
        "MissingAuthenticationTokenException" => "MissingAuthenticationToken",
        "IncompleteSignatureException" => "IncompleteSignature",
        "UnknownOperationException" => "InvalidAction",
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
