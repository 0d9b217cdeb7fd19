//! Requests and their progress events.

use serde_json::{Map, Value, json};

use super::super::clock::epoch_seconds;
use super::super::services::Call;
use super::super::store::{Request, RequestFilter, Status, Tables};
use super::super::wire::ApiError;
use super::{constraint, required};

/// A response with a request's event.
pub(super) fn answer(request: &Request) -> Value {
    json!({"ProgressEvent": event(request)})
}

/// The response to a call whose request was just accepted: no handler has started yet.
pub(super) fn accepted(request: &Request) -> Value {
    let mut answer = answer(request);
    if request.status == Status::InProgress {
        answer["ProgressEvent"]["OperationStatus"] = json!("PENDING");
    }
    answer
}

/// A request as a `ProgressEvent`.
fn event(request: &Request) -> Value {
    let mut event = Map::new();
    event.insert("TypeName".into(), json!(request.type_name));
    if let Some(identifier) = &request.identifier {
        event.insert("Identifier".into(), json!(identifier));
    }
    event.insert("RequestToken".into(), json!(request.token));
    event.insert("Operation".into(), json!(request.operation.name()));
    event.insert("OperationStatus".into(), json!(request.status.name()));
    event.insert("EventTime".into(), epoch_seconds(request.event_at));
    if let (Some(message), false) = (&request.message, request.status.is_open()) {
        event.insert("StatusMessage".into(), json!(message));
    }
    if let (Some(code), false) = (&request.error_code, request.status.is_open()) {
        event.insert("ErrorCode".into(), json!(code));
    }
    if request.status.is_open() {
        event.insert("RetryAfter".into(), epoch_seconds(request.due_at));
    }
    Value::Object(event)
}

fn find(call: &Call<'_>, tables: &Tables<'_>) -> Result<Request, ApiError> {
    let token = required(call, "RequestToken")?;
    let caller = call.caller;
    tables.find_request(&caller.account, &caller.region, token)?.ok_or_else(|| {
        ApiError::new("RequestTokenNotFoundException", format!("Request with token '{token}' was not found."))
    })
}

/// `GetResourceRequestStatus`
pub(super) fn status(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    find(call, tables).map(|request| answer(&request))
}

/// `CancelResourceRequest`: cancels a request that has not taken effect yet.
pub(super) fn cancel(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let mut request = find(call, tables)?;
    match request.status {
        Status::InProgress => {
            request.status = Status::CancelInProgress;
            request.event_at = call.now;
            // Not before the next call, so that both states are visible.
            request.due_at = request.due_at.min(call.now.saturating_add(1));
            request.payload = None;
            tables.update_request(&request)?;
            Ok(answer(&request))
        }
        Status::CancelInProgress | Status::CancelComplete => Ok(answer(&request)),
        Status::Success | Status::Failed => Err(ApiError::new(
            "ValidationException",
            format!(
                "Request with token '{}' has status {} and cannot be cancelled.",
                request.token,
                request.status.name()
            ),
        )),
    }
}

/// `ListResourceRequests`, newest first.
pub(super) fn list(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let limit = page_size(call)?;
    let skip = match call.text("NextToken") {
        None => 0,
        Some(token) => token.parse::<usize>().map_err(|_| ApiError::new("ValidationException", "Invalid NextToken"))?,
    };
    let filter = call.input.get("ResourceRequestStatusFilter").unwrap_or(&Value::Null);
    let names = |member: &str| -> Vec<String> {
        let names = filter.get(member).and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let filter = RequestFilter { operations: names("Operations"), statuses: names("OperationStatuses") };
    let caller = call.caller;
    let mut requests = tables.list_requests(&caller.account, &caller.region, &filter, skip, limit + 1)?;
    let is_more = requests.len() > limit;
    requests.truncate(limit);
    let summaries: Vec<Value> = requests.iter().map(event).collect();
    let mut output = json!({"ResourceRequestStatusSummaries": summaries});
    if is_more {
        output["NextToken"] = json!((skip + limit).to_string());
    }
    Ok(output)
}

/// `MaxResults`, 1 to 100; 100 when not given.
pub(super) fn page_size(call: &Call<'_>) -> Result<usize, ApiError> {
    match call.input.get("MaxResults") {
        None | Some(Value::Null) => Ok(100),
        Some(value) => match value.as_u64() {
            Some(count @ 1..=100) => Ok(usize::try_from(count).unwrap_or(100)),
            _ => Err(constraint("MaxResults", &value.to_string(), "Member must have value between 1 and 100")),
        },
    }
}
