//! Validation of what an update or a replacement results in, before anybody approves it.

use serde_json::Value;

use super::desired::{Desired, Origin};
use super::reconcile::Decision;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::tags;
use crate::schema::{self, TypeSchema, Violation};

/// Returns the violations of the type's schema that AWS would refuse: in the resulting state of an update, and in the
/// properties that a replacement is created with.
///
/// What the live resource violates as well is accepted in an update: AWS validates only what changes, except for required
/// write-only values, which it requires again. A replacement is created with all of its properties. Bodies of new
/// resources are validated where they are read, and those of promotions where they are translated.
pub fn invalid_results(desired: &Desired, decision: &Decision) -> Vec<Diagnostic> {
    let (Some(live), false) = (desired.counterpart(), matches!(desired.origin, Origin::Promotion(_))) else {
        return Vec::new();
    };
    let schema = desired.type_schema;
    let (violations, what) = match decision {
        Decision::Update { expected, .. } => (introduced(schema, &live.properties, expected), "the update"),
        Decision::Replace { .. } => {
            let body = tags::without_tracking(schema, &desired.properties);
            (schema::validate_as(schema, &body), "the replacement")
        }
        Decision::Create | Decision::Adopt(_) | Decision::NoChange { .. } | Decision::Refuse(_) => return Vec::new(),
    };
    let resource = &live.resource;
    let diagnostic = |found: Violation| {
        let message = format!("{what} of {resource} is not valid: {}", found.message);
        let expected = found.expected.map(|expected| format!("expected {expected}; ")).unwrap_or_default();
        let place = match &desired.origin {
            Origin::Template(declared) => declared.written.source.locate(&found.pointer),
            Origin::Change(_) | Origin::Promotion(_) => None,
        };
        Diagnostic::error(found.code, message)
            .at(place)
            .resource(resource.to_string())
            .pointer(&found.pointer)
            .hint(format!("{expected}`stagegate schema {} {}` describes the property", schema.type_name, found.pointer))
    };
    violations.into_iter().map(diagnostic).collect()
}

/// The violations that an update introduces.
fn introduced(schema: &TypeSchema, before: &Value, after: &Value) -> Vec<Violation> {
    let mut violations = schema::validate_as(schema, &tags::without_tracking(schema, after));
    if violations.is_empty() {
        return violations;
    }
    let known = schema::validate_as(schema, before);
    violations.retain(|found| {
        let is_known = known.iter().any(|old| {
            old.pointer == found.pointer
                && old.code == found.code
                && before.pointer(&old.pointer) == after.pointer(&found.pointer)
        });
        schema.is_write_only(&found.pointer) || !is_known
    });
    violations
}
