//! What is wrong with resources that are only read, and what is unknown because of it.

use serde_json::{Map, Value};

use super::Loaded;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::pointer;
use crate::domain::resource::DesiredResource;
use crate::domain::symbol::faulty;

/// Resources and what is wrong with them.
#[derive(Debug)]
pub struct Checked {
    /// The resources as written.
    pub loaded: Loaded,
    /// The violations, with their locations.
    pub faults: Vec<Diagnostic>,
    /// The values that are wrong.
    pub(super) values: Vec<WrongValue>,
}

/// A value that violates the schema of its type.
#[derive(Debug)]
pub(super) struct WrongValue {
    /// The position of the resource.
    pub resource: usize,
    /// The violation.
    pub code: Code,
    /// The pointer to the value, or to where it is missing.
    pub pointer: String,
    /// The name of the property that is probably meant.
    pub meant: Option<String>,
}

impl Checked {
    /// Refuses resources with faults.
    pub(super) fn refuse(self) -> Result<Loaded, Vec<Diagnostic>> {
        if self.faults.is_empty() { Ok(self.loaded) } else { Err(self.faults) }
    }

    /// The resources for policies. A value of the wrong type, or that is not one of those allowed, is unknown; one that only has
    /// the wrong form is what it is: a password that is too short is still a password. A property without a value is not set.
    pub fn for_policies(&self) -> Vec<DesiredResource> {
        let mut resources = self.loaded.resources.clone();
        for wrong in &self.values {
            let Some(resource) = resources.get_mut(wrong.resource) else { continue };
            match wrong.code {
                Code::WrongType => {
                    let is_null = resource.properties.pointer(&wrong.pointer).is_some_and(Value::is_null);
                    if !(is_null && remove_member(&mut resource.properties, &wrong.pointer)) {
                        wrong.mark(&mut resource.properties, &wrong.pointer);
                    }
                }
                Code::NotAllowed => wrong.mark_scalar(&mut resource.properties),
                _ => {}
            }
        }
        resources
    }

    /// The resources for an estimate. Every wrong or missing value is unknown, and so is a property that a misspelled one means.
    pub fn for_estimates(&self) -> Vec<DesiredResource> {
        let mut resources = self.loaded.resources.clone();
        for wrong in &self.values {
            let Some(resource) = resources.get_mut(wrong.resource) else { continue };
            match (wrong.code, &wrong.meant) {
                (Code::UnknownProperty, Some(meant)) => {
                    let parent = wrong.pointer.rfind('/').and_then(|cut| wrong.pointer.get(..cut)).unwrap_or_default();
                    let meant = pointer::join(parent, meant);
                    if resource.properties.pointer(&meant).is_none() {
                        wrong.mark(&mut resource.properties, &meant);
                    }
                }
                (Code::UnknownProperty | Code::ReadOnlyProperty, _) => {}
                (Code::WrongType, _) => wrong.mark(&mut resource.properties, &wrong.pointer),
                // Of several properties of which one is missing, the object that lacks them is named.
                (Code::MissingProperty, _) if resource.properties.pointer(&wrong.pointer).is_some() => {}
                (Code::MissingProperty, _) => wrong.mark(&mut resource.properties, &wrong.pointer),
                // A whole object or list that does not fit is looked at value by value.
                _ => wrong.mark_scalar(&mut resource.properties),
            }
        }
        resources
    }
}

impl WrongValue {
    /// Makes the value unknown unless it is an object or a list.
    fn mark_scalar(&self, properties: &mut Value) {
        let value = properties.pointer(&self.pointer);
        if value.is_some_and(|value| !value.is_object() && !value.is_array()) {
            self.mark(properties, &self.pointer);
        }
    }

    /// Makes the value at a pointer unknown.
    fn mark(&self, properties: &mut Value, at: &str) {
        if let Some(value) = properties.pointer_mut(at) {
            *value = faulty(self.code.as_str(), std::mem::take(value));
        } else if let Some((parent, name)) = member(properties, at) {
            parent.insert(name, faulty(self.code.as_str(), Value::Null));
        }
    }
}

/// The object that a pointer leads into, and the name of its member.
fn member<'d>(document: &'d mut Value, at: &str) -> Option<(&'d mut Map<String, Value>, String)> {
    let (parent, _) = at.rsplit_once('/')?;
    Some((document.pointer_mut(parent)?.as_object_mut()?, pointer::tokens(at).pop()?))
}

/// Removes a member of an object; false if the pointer does not lead to one.
fn remove_member(document: &mut Value, at: &str) -> bool {
    member(document, at).is_some_and(|(parent, name)| parent.shift_remove(&name).is_some())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::super::check_for_reading;
    use super::*;
    use crate::domain::resource::SourceMap;
    use crate::domain::symbol::fault_of;
    use crate::schema::Registry;

    fn checked(type_name: &str, properties: Value) -> Checked {
        let resource = DesiredResource {
            logical_id: "A".to_owned(),
            type_name: type_name.to_owned(),
            properties,
            depends_on: Vec::new(),
            metadata: Value::Null,
            file: "t.yaml".to_owned(),
            source: SourceMap::default(),
        };
        check_for_reading(&Registry::embedded(), vec![resource], BTreeSet::new(), false)
    }

    /// The properties of a queue for policies and for estimates.
    fn views(properties: Value) -> (Value, Value) {
        let checked = checked("AWS::SQS::Queue", properties);
        assert_eq!(checked.faults.len(), 1, "{:?}", checked.faults);
        let first = |list: Vec<DesiredResource>| list.into_iter().map(|one| one.properties).next().unwrap_or_default();
        (first(checked.for_policies()), first(checked.for_estimates()))
    }

    #[test]
    fn what_depends_on_a_wrong_value_is_unknown() {
        let (policies, estimates) = views(json!({"VisibilityTimeout": "soon", "QueueName": "q"}));
        for view in [&policies, &estimates] {
            assert_eq!(fault_of(&view["VisibilityTimeout"]), Some("wrong-type"), "{view}");
            assert_eq!(view["QueueName"], "q");
        }
        // A value of the right type is what it is, but has no price.
        let (policies, estimates) = views(json!({"VisibilityTimeout": 99999}));
        assert_eq!(policies["VisibilityTimeout"], 99999);
        assert_eq!(fault_of(&estimates["VisibilityTimeout"]), Some("out-of-range"));
    }

    #[test]
    fn what_is_missing_leaves_the_other_values_known() {
        let checked = checked("AWS::Lambda::Permission", json!({"FunctionName": "f", "Principal": "*"}));
        let first = checked.for_estimates().remove(0).properties;
        assert_eq!((fault_of(&first["Action"]), &first["FunctionName"]), (Some("missing-property"), &json!("f")));
    }

    #[test]
    fn a_property_without_a_value_is_not_set_and_has_no_price() {
        let (policies, estimates) = views(json!({"QueueName": null}));
        assert_eq!(policies, json!({}));
        assert_eq!(fault_of(&estimates["QueueName"]), Some("wrong-type"));
    }

    #[test]
    fn a_misspelled_property_leaves_the_one_that_is_meant_unknown_for_estimates() {
        let (policies, estimates) = views(json!({"FifoQueu": true}));
        assert_eq!(policies, json!({"FifoQueu": true}));
        assert_eq!(fault_of(&estimates["FifoQueue"]), Some("unknown-property"));
        // It is set beside the misspelled one.
        let (_, estimates) = views(json!({"FifoQueu": true, "FifoQueue": true}));
        assert_eq!(estimates, json!({"FifoQueu": true, "FifoQueue": true}));
    }

    #[test]
    fn resources_without_faults_are_the_same_in_every_view() {
        let checked = checked("AWS::SQS::Queue", json!({"QueueName": "q"}));
        assert_eq!(
            (&checked.for_policies(), &checked.for_estimates()),
            (&checked.loaded.resources, &checked.loaded.resources)
        );
        assert!(checked.refuse().is_ok());
    }
}
