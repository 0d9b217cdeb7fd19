//! Resources whose change is another revision.

use std::collections::BTreeMap;

use serde_json::Value;

use super::counterparts::Candidate;
use crate::domain::tags;
use crate::pipeline::plan::reconcile::changes;
use crate::promotion::rewrite::Rewritten;
use crate::schema::general_facts;

/// True if an existing resource gets another revision, so that references must name the new one.
pub(super) fn gets_a_revision(candidate: &Candidate, body: &Rewritten, inputs: &BTreeMap<String, Value>) -> bool {
    let schema = candidate.type_schema;
    let Some(target) = candidate.target().filter(|_| general_facts().revisioned.contains(&schema.type_name)) else {
        return false;
    };
    let desired = tags::without_tracking(schema, &body.value);
    let is_given = inputs.values().any(|value| !value.is_null());
    !candidate.is_tag_lost && (is_given || !changes(schema, &desired, target).1.is_empty())
}
