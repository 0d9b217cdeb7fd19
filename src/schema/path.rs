//! Checks whether a property path exists in a schema, for example in policies.

use serde_json::Value;

use super::tree::SchemaNode;
use super::type_schema::TypeSchema;

/// One step of a path below a resource's properties.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A member of an object.
    Key(String),
    /// Any element of an array, or any member of a map.
    Any,
}

/// The first unknown step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadEnd {
    /// The index of the unknown step.
    pub step: usize,
    /// The closest known name.
    pub suggestion: Option<String>,
    /// The known names at this step, sorted.
    pub known: Vec<String>,
}

/// Follows a path through a type's schema. Below a node whose
/// content the schema does not define (a policy document, a map), every path is accepted.
///
/// # Errors
/// The first unknown step.
pub fn follow(schema: &TypeSchema, steps: &[Step]) -> Result<(), DeadEnd> {
    let Some(schema) = schema.json_schema() else { return Ok(()) };
    let mut place = SchemaNode::root(&schema);
    for (position, step) in steps.iter().enumerate() {
        if place.is_nowhere() || is_open(&place, step) {
            return Ok(());
        }
        let next = match step {
            Step::Key(name) => place.property(name),
            Step::Any => place.element(),
        };
        if next.is_nowhere() {
            if *step == Step::Any && !place.property_names().is_empty() {
                // Any member of an object with fixed members: there is no name to check.
                return Ok(());
            }
            let mut known: Vec<String> = place.property_names().into_iter().map(str::to_owned).collect();
            known.sort_unstable();
            known.dedup();
            let suggestion = match step {
                Step::Key(name) => super::nearest(name, known.iter().map(String::as_str)).map(str::to_owned),
                Step::Any => None,
            };
            return Err(DeadEnd { step: position, suggestion, known });
        }
        place = next;
    }
    Ok(())
}

/// True where the schema does not define the content, and for a string that may contain a policy document.
fn is_open(place: &SchemaNode<'_>, step: &Step) -> bool {
    let is_map =
        place.first("patternProperties").is_some() || place.first("additionalProperties").is_some_and(is_loose);
    let types = place.types();
    let has_form = !place.property_names().is_empty() || !place.element().is_nowhere();
    let holds_anything = !has_form && (types.is_empty() || types.contains(&"object") || types.contains(&"array"));
    let is_document = types.contains(&"string") && *step == Step::Key("Statement".to_owned());
    is_map || holds_anything || is_document
}

fn is_loose(schema: &Value) -> bool {
    schema.is_object() || *schema == Value::Bool(true)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn steps(path: &str) -> Vec<Step> {
        let step = |part: &str| if part == "*" { Step::Any } else { Step::Key(part.to_owned()) };
        path.split('.').map(step).collect()
    }

    #[test]
    fn existing_paths_are_accepted() {
        for (type_name, path) in [
            ("AWS::S3::Bucket", "VersioningConfiguration.Status"),
            ("AWS::S3::Bucket", "LifecycleConfiguration.Rules.*.Status"),
            ("AWS::S3::BucketPolicy", "PolicyDocument.Statement.*.Effect"),
            ("AWS::Lambda::Function", "Environment.Variables.*"),
            ("AWS::Lambda::Function", "Environment.Variables.ANYTHING"),
            ("AWS::S3::Bucket", "PublicAccessBlockConfiguration.*"),
            ("AWS::IAM::Role", "Policies.*.PolicyDocument.Statement"),
            ("AWS::Logs::ResourcePolicy", "PolicyDocument.Statement.*.Effect"),
        ] {
            assert_eq!(follow(TypeSchema::embedded(type_name).unwrap(), &steps(path)), Ok(()), "{type_name} {path}");
        }
    }

    #[test]
    fn unknown_paths_are_reported_at_their_first_unknown_step() {
        for (type_name, path, step, suggestion) in [
            ("AWS::S3::Bucket", "VersioningConfig.Status", 0, Some("VersioningConfiguration")),
            ("AWS::S3::Bucket", "VersioningConfiguration.Statsu", 1, Some("Status")),
            ("AWS::S3::Bucket", "LifecycleConfiguration.Rules.Status", 2, None),
            ("AWS::S3::Bucket", "BucketName.Length", 1, None),
            ("AWS::S3::Bucket", "BucketName.*", 1, None),
        ] {
            let dead_end = follow(TypeSchema::embedded(type_name).unwrap(), &steps(path)).unwrap_err();
            assert_eq!((dead_end.step, dead_end.suggestion.as_deref()), (step, suggestion), "{type_name} {path}");
        }
    }
}
