//! Values that a read returns and that no request may contain.

use serde_json::Value;

use super::rewritten::Rewritten;
use crate::domain::diagnostic::Code;
use crate::domain::plan::Rewrite;
use crate::domain::pointer;
use crate::schema::{TypeSchema, Violation, validate_as};

/// What the plan shows in place of a value that is left out.
const LEFT_OUT: &str = "(left out)";

/// Leaves out the optional values of a new resource's body that the type's schema rejects although a read of the source
/// returned them and that say "not set", such as an empty list or `NONE`: Cloud Control would reject the whole body.
/// Values other than empty ones are listed as rewrites. What the translation has caused stays, and is reported elsewhere.
pub fn leave_out_unsendable(schema: &TypeSchema, source: &Value, body: &mut Rewritten) {
    let of_source = validate_as(schema, source);
    // Each removal may uncover another one.
    for _ in 0..MAX_REMOVALS {
        let found = validate_as(schema, &body.value);
        let is_of_source =
            |one: &&Violation| of_source.iter().any(|other| (&one.pointer, one.code) == (&other.pointer, other.code));
        // A property that the schema does not know may be newer than the schema.
        let is_about_value =
            |one: &&Violation| matches!(one.code, Code::NotAllowed | Code::WrongCount | Code::WrongLength);
        let removal = found.iter().filter(is_about_value).filter(is_of_source).find_map(|violation| {
            let place = violation.pointer.as_str();
            let (before, after) = (source.pointer(place)?, body.value.pointer(place)?);
            let mut without = body.value.clone();
            let is_removed = before == after && says_nothing(after) && remove(&mut without, place);
            let is_better = || validate_as(schema, &without).len() < found.len();
            (is_removed && is_better()).then(|| (place.to_owned(), after.clone(), without.clone()))
        });
        let Some((place, value, without)) = removal else { return };
        body.value = without;
        body.rewrites.retain(|rewrite| !pointer::is_within(&rewrite.pointer, &place));
        if let Some(text) = value.as_str().filter(|text| !text.is_empty()).map(str::to_owned) {
            body.rewrites.push(Rewrite {
                pointer: place,
                before: text,
                after: LEFT_OUT.to_owned(),
                reason: "AWS returns the value and accepts it in no request".to_owned(),
            });
        }
    }
}

/// The maximum number of values that are left out of one body.
const MAX_REMOVALS: usize = 20;

/// True for a value that stands for "not set". Any other value that the schema rejects may be newer than the schema.
fn says_nothing(value: &Value) -> bool {
    pointer::is_empty(value) || value.as_str().is_some_and(|text| text.is_empty() || text.eq_ignore_ascii_case("none"))
}

/// Removes a member of an object. False if there is none: an element of a list has its place.
fn remove(document: &mut Value, place: &str) -> bool {
    let tokens = pointer::tokens(place);
    let Some((last, parents)) = tokens.split_last() else { return false };
    let parent = parents.iter().fold(String::new(), |base, token| pointer::join(&base, token));
    match document.pointer_mut(&parent) {
        Some(Value::Object(map)) => map.shift_remove(last).is_some(),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Registry;

    fn left(type_name: &str, source: Value, value: Value) -> Rewritten {
        let mut body = Rewritten { value, ..Rewritten::default() };
        leave_out_unsendable(Registry::embedded().get(type_name).unwrap(), &source, &mut body);
        body
    }

    #[test]
    fn what_the_source_has_and_no_request_may_contain_is_left_out() {
        let service = |rest: Value| json!({"Cluster": "shop", "PropagateTags": rest, "LaunchType": "FARGATE"});
        let found = left("AWS::ECS::Service", service(json!("NONE")), service(json!("NONE")));
        assert_eq!(found.value, json!({"Cluster": "shop", "LaunchType": "FARGATE"}));
        assert_eq!(found.rewrites[0].pointer, "/PropagateTags");
        let machine = json!({"RoleArn": "arn:aws:iam::222222222222:role/x",
            "LoggingConfiguration": {"Destinations": [], "Level": "OFF"}});
        let found = left("AWS::StepFunctions::StateMachine", machine.clone(), machine);
        assert_eq!(found.value["LoggingConfiguration"], json!({"Level": "OFF"}));
        assert_eq!(found.rewrites, []);
    }

    #[test]
    fn what_is_valid_or_required_or_new_stays() {
        let valid = json!({"QueueName": "jobs-prod"});
        assert_eq!(left("AWS::SQS::Queue", valid.clone(), valid.clone()).value, valid);
        // The translation has caused the violation.
        let (source, body) = (json!({"PropagateTags": "SERVICE"}), json!({"PropagateTags": "NONE"}));
        assert_eq!(left("AWS::ECS::Service", source, body.clone()).value, body);
        // It may be newer than the schema.
        let newer = json!({"Cluster": "shop", "PropagateTags": "NEWER", "NewProperty": "none"});
        assert_eq!(left("AWS::ECS::Service", newer.clone(), newer.clone()).value, newer);
    }
}
