//! A proxy before a server of AWS APIs that answers one operation with a fault. It knows nothing of stagegate.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::support::Server;

/// What happens to the calls of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The first two calls are throttled.
    ThrottledTwice,
    /// All calls are throttled.
    Throttled,
    /// HTTP 500 with an error of the service.
    InternalError,
    /// HTTP 503 with a web page.
    UnavailablePage,
    /// HTTP 403 with a web page.
    ForbiddenPage,
    /// The connection is reset.
    Reset,
    /// The connection is closed without a response.
    Closed,
    /// There is no response.
    Hang,
    /// The first responses are late.
    Slow,
    /// The response ends early.
    Truncated,
    /// HTTP 200 with bytes that mean nothing.
    Garbage,
    /// HTTP 200 with an empty object.
    Empty,
    /// HTTP 200 in which all members are null.
    Nulls,
    /// The permission is missing.
    AccessDenied,
    /// The session has expired.
    ExpiredToken,
    /// The signature is too old for the clock of AWS.
    ClockSkew,
    /// The first call is carried out, but its response is lost.
    LostAnswer,
    /// The request is accepted and carried out, and then reported as failed.
    ReportedAsFailed,
    /// As before, with the error code of a resource that did not stabilize.
    NotStabilized,
    /// Every page names the same next page.
    RepeatedPage,
    /// The call arrives twice.
    Duplicate,
    /// The call is refused with a message that repeats the request. Only in tests of secrets.
    Refused,
    /// The request fails at once with a message that repeats it. Only in tests of secrets.
    Failed,
}

impl Fault {
    /// All faults of the fault matrix.
    pub const ALL: [Self; 21] = [
        Self::ThrottledTwice,
        Self::Throttled,
        Self::InternalError,
        Self::UnavailablePage,
        Self::ForbiddenPage,
        Self::Reset,
        Self::Closed,
        Self::Hang,
        Self::Slow,
        Self::Truncated,
        Self::Garbage,
        Self::Empty,
        Self::Nulls,
        Self::AccessDenied,
        Self::ExpiredToken,
        Self::ClockSkew,
        Self::LostAnswer,
        Self::ReportedAsFailed,
        Self::NotStabilized,
        Self::RepeatedPage,
        Self::Duplicate,
    ];

    /// Returns true if the fault can occur in calls of the operation.
    pub fn is_possible(self, operation: &str) -> bool {
        let is_followed = operation == "GetResourceRequestStatus";
        let is_write = ["CreateResource", "UpdateResource", "DeleteResource", "TagResources"].contains(&operation);
        match self {
            Self::ReportedAsFailed | Self::NotStabilized => is_followed,
            Self::RepeatedPage => {
                ["ListResources", "GetResources", "GetProducts", "ListResourceRequests"].contains(&operation)
            }
            Self::LostAnswer | Self::Duplicate => is_write || is_followed,
            _ => true,
        }
    }
}

/// The proxy.
pub struct FaultProxy {
    /// The address.
    pub endpoint: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    fault: Mutex<Option<(String, Fault)>>,
    /// Calls that the fault applies to.
    hits: AtomicUsize,
    /// All operations that were called.
    seen: Mutex<BTreeSet<String>>,
}

impl FaultProxy {
    /// A proxy without a fault.
    pub fn new(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let (upstream, shared) = (server.endpoint.replace("http://", ""), Arc::clone(&state));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (upstream, state) = (upstream.clone(), Arc::clone(&shared));
                std::thread::spawn(move || {
                    let _ = serve(&client, &upstream, &state);
                });
            }
        });
        Self { endpoint, state }
    }

    /// Lets the calls of an operation fail.
    pub fn fail(&self, operation: &str, fault: Fault) {
        self.state.hits.store(0, Ordering::SeqCst);
        *self.state.fault.lock().unwrap() = Some((operation.to_owned(), fault));
    }

    /// Ends the fault.
    pub fn heal(&self) {
        *self.state.fault.lock().unwrap() = None;
    }

    /// Returns the number of calls that the fault applied to.
    pub fn hits(&self) -> usize {
        self.state.hits.load(Ordering::SeqCst)
    }

    /// Returns all operations that were called, and forgets them.
    pub fn take_operations(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.state.seen.lock().unwrap())
    }
}

/// An HTTP message with its body.
struct Message {
    head: String,
    body: Vec<u8>,
}

impl Message {
    /// Reads a message with a `content-length`; `None` at the end of the connection.
    fn read(stream: &mut impl BufRead) -> std::io::Result<Option<Self>> {
        let mut head = String::new();
        loop {
            let start = head.len();
            if stream.read_line(&mut head)? == 0 {
                return Ok(None);
            }
            if head[start..].trim().is_empty() {
                break;
            }
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
        });
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body)?;
        Ok(Some(Self { head, body }))
    }

    /// The operation that a request calls.
    fn operation(&self) -> String {
        let target = self
            .head
            .lines()
            .find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("x-amz-target")));
        let named = target.and_then(|(_, value)| value.trim().rsplit('.').next());
        let text = String::from_utf8_lossy(&self.body);
        let action = || text.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned);
        named.map(str::to_owned).or_else(action).unwrap_or_default()
    }

    /// True if its API speaks JSON; others speak XML.
    fn is_json(&self) -> bool {
        self.head.to_ascii_lowercase().contains("x-amz-target:")
    }

    fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), &self.body].concat()
    }
}

fn serve(client: &TcpStream, upstream: &str, state: &State) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    let mut reader = BufReader::new(client);
    while let Some(request) = Message::read(&mut reader)? {
        let operation = request.operation();
        state.seen.lock().unwrap().insert(operation.clone());
        let fault = state.fault.lock().unwrap().clone().filter(|(name, _)| *name == operation).map(|(_, fault)| fault);
        let hit = if fault.is_some() { state.hits.fetch_add(1, Ordering::SeqCst) + 1 } else { 0 };
        let Some(answer) = answer(&request, fault, hit, upstream, client, &operation)? else {
            let _ = client.shutdown(std::net::Shutdown::Both);
            return Ok(());
        };
        (&*client).write_all(&answer)?;
    }
    Ok(())
}

/// The response to a request; `None` closes the connection.
fn answer(
    request: &Message,
    fault: Option<Fault>,
    hit: usize,
    upstream: &str,
    client: &TcpStream,
    operation: &str,
) -> std::io::Result<Option<Vec<u8>>> {
    let is_json = request.is_json();
    let throttled = || refusal(is_json, 400, "ThrottlingException", "Throttling", "Rate exceeded");
    let page = |status: &str| {
        let body = "<!DOCTYPE html><html><head><title>Guest network</title></head><body>Please sign in.</body></html>";
        http(status, "text/html", body.as_bytes())
    };
    let success = if is_json { "application/x-amz-json-1.0" } else { "text/xml" };
    Ok(Some(match fault {
        Some(Fault::ThrottledTwice) if hit <= 2 => throttled(),
        Some(Fault::Throttled) => throttled(),
        Some(Fault::InternalError) => refusal(is_json, 500, "InternalFailure", "InternalFailure", "Internal failure"),
        Some(Fault::UnavailablePage) => page("503 Service Unavailable"),
        Some(Fault::ForbiddenPage) => page("403 Forbidden"),
        Some(Fault::Reset) => {
            // Data that was not read resets the connection when it is closed.
            socket_reset(client);
            return Ok(None);
        }
        Some(Fault::Closed) => return Ok(None),
        Some(Fault::Hang) => {
            // Until the client gives up.
            let _ = (&*client).read(&mut [0]);
            return Ok(None);
        }
        Some(Fault::Truncated) => {
            let whole = pass_on(request, upstream)?.bytes();
            whole[..whole.len() - whole.len().min(10)].to_vec()
        }
        Some(Fault::Garbage) => http("200 OK", success, b"\x00\xff}{<garbage"),
        Some(Fault::Empty) => http("200 OK", success, if is_json { b"{}".as_slice() } else { b"<a/>" }),
        Some(Fault::Nulls) => {
            let found = pass_on(request, upstream)?;
            let body = match serde_json::from_slice::<serde_json::Value>(&found.body) {
                Ok(serde_json::Value::Object(members)) => {
                    let nulls: serde_json::Map<_, _> =
                        members.into_iter().map(|(name, _)| (name, serde_json::Value::Null)).collect();
                    serde_json::Value::Object(nulls).to_string()
                }
                _ => format!("<{operation}Response><{operation}Result/></{operation}Response>"),
            };
            http("200 OK", success, body.as_bytes())
        }
        Some(Fault::AccessDenied) => {
            let said = "User is not authorized to perform the operation";
            refusal(is_json, 400, "AccessDeniedException", "AccessDenied", said)
        }
        Some(Fault::ExpiredToken) => {
            let said = "The security token included in the request is expired";
            refusal(is_json, 400, "ExpiredTokenException", "ExpiredToken", said)
        }
        Some(Fault::ClockSkew) => {
            let said =
                "Signature expired: 20261129T100000Z is now earlier than 20261129T103000Z (20261129T104500Z - 15 min.)";
            refusal(is_json, 403, "InvalidSignatureException", "SignatureDoesNotMatch", said)
        }
        Some(Fault::LostAnswer) if hit == 1 => {
            pass_on(request, upstream)?;
            return Ok(None);
        }
        Some(Fault::ReportedAsFailed | Fault::NotStabilized) => {
            let found = pass_on(request, upstream)?;
            let mut value: serde_json::Value = serde_json::from_slice(&found.body).unwrap();
            let code = if fault == Some(Fault::NotStabilized) { "NotStabilized" } else { "GeneralServiceException" };
            if value["ProgressEvent"]["OperationStatus"] == "SUCCESS" {
                value["ProgressEvent"]["OperationStatus"] = "FAILED".into();
                value["ProgressEvent"]["ErrorCode"] = code.into();
                value["ProgressEvent"]["StatusMessage"] = "reported as failed".into();
            }
            http("200 OK", success, value.to_string().as_bytes())
        }
        Some(Fault::RepeatedPage) => {
            let found = pass_on(request, upstream)?;
            let mut value: serde_json::Value = serde_json::from_slice(&found.body).unwrap();
            let name = if operation == "GetResources" { "PaginationToken" } else { "NextToken" };
            value[name] = "again".into();
            http("200 OK", success, value.to_string().as_bytes())
        }
        Some(Fault::Duplicate) => {
            pass_on(request, upstream)?;
            pass_on(request, upstream)?.bytes()
        }
        Some(Fault::Slow) => {
            if hit <= 2 {
                std::thread::sleep(Duration::from_secs(1));
            }
            pass_on(request, upstream)?.bytes()
        }
        Some(Fault::Refused) => {
            let said = format!("Model validation failed: {}", String::from_utf8_lossy(&request.body));
            refusal(is_json, 400, "ValidationException", "ValidationError", &said)
        }
        Some(Fault::Failed) => {
            let said = format!("The handler cannot use {}", String::from_utf8_lossy(&request.body));
            let sent: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let event = serde_json::json!({"ProgressEvent": {
                "TypeName": sent["TypeName"], "Identifier": sent["Identifier"], "RequestToken": "r-1", "OperationStatus": "FAILED",
                "ErrorCode": "InvalidRequest", "StatusMessage": said,
                "Operation": operation.strip_suffix("Resource").unwrap_or_default().to_uppercase(),
            }});
            http("200 OK", success, event.to_string().as_bytes())
        }
        Some(Fault::ThrottledTwice | Fault::LostAnswer) | None => pass_on(request, upstream)?.bytes(),
    }))
}

/// Sends a request to the server. A page that does not exist is asked for as the first one.
fn pass_on(request: &Message, upstream: &str) -> std::io::Result<Message> {
    let server = TcpStream::connect(upstream)?;
    server.set_nodelay(true)?;
    let text = String::from_utf8_lossy(&request.body);
    let (mut head, mut body) = (request.head.clone(), request.body.clone());
    if text.contains("\"again\"") {
        let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let members = value.as_object_mut().unwrap();
        members.retain(|_, member| *member != "again");
        let length = body.len();
        body = value.to_string().into_bytes();
        let (was, is) = (format!("content-length: {length}"), format!("content-length: {}", body.len()));
        head = head.replace(&was, &is).replace(&was.replace('c', "C").replace("-l", "-L"), &is);
    }
    (&server).write_all(&[head.as_bytes(), &body].concat())?;
    Message::read(&mut BufReader::new(&server))?.ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

fn refusal(is_json: bool, status: u16, json_code: &str, xml_code: &str, message: &str) -> Vec<u8> {
    let status = match status {
        500 => "500 Internal Server Error",
        403 => "403 Forbidden",
        _ => "400 Bad Request",
    };
    if is_json {
        let body = serde_json::json!({"__type": format!("com.amazon.coral.service#{json_code}"), "message": message});
        return http(status, "application/x-amz-json-1.0", body.to_string().as_bytes());
    }
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{xml_code}</Code><Message>{message}</Message></Error>\
         <RequestId>r-1</RequestId></ErrorResponse>"
    );
    http(status, "text/xml", body.as_bytes())
}

fn http(status: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Lets the connection be reset when it is closed.
fn socket_reset(client: &TcpStream) {
    let socket = socket2::SockRef::from(client);
    socket.set_linger(Some(Duration::ZERO)).unwrap();
}
