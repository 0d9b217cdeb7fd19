//! Lookup of the other resources of a plan that a resource refers to: by a template reference,
//! a name or an ARN.
//!
//! Each referenced type is indexed once, on first use, so that the cost of a lookup
//! does not depend on the number of resources.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use serde_json::Value;

use super::input::EstimateInput;
use super::value::{self, Unresolved};
use crate::domain::resource::references_in;
use crate::domain::symbol;
use crate::schema::TypeSchema;

/// Positions by name; `None` where several resources share it.
type Names = HashMap<String, Option<usize>>;

/// Positions of the resources that refer, by the position of the one referred to.
type Referrers = HashMap<usize, Vec<usize>>;

/// The resources that may refer to one another.
#[derive(Debug, Default)]
pub struct Neighbors<'a> {
    resources: Vec<EstimateInput<'a>>,
    /// How many of them, from the first, are estimated; the others are read only.
    counted: usize,
    /// A logical id means a resource of the same file only.
    separate_stacks: bool,
    /// Several where files are separate stacks.
    by_logical_id: OnceCell<HashMap<String, Vec<usize>>>,
    by_type: OnceCell<HashMap<String, Vec<usize>>>,
    names: RefCell<HashMap<String, Rc<Names>>>,
    referrers: RefCell<BTreeMap<(String, String), Rc<Referrers>>>,
    missing: RefCell<BTreeSet<MissingNeighbor>>,
}

/// A missing resource that a cost depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingNeighbor {
    /// CloudFormation type name.
    pub type_name: String,
    /// How it is referred to: an identifier, a name or an ARN.
    pub reference: String,
}

/// One resource, with access to the others.
#[derive(Debug, Clone, Copy)]
pub struct ResourceContext<'a, 's> {
    all: &'s Neighbors<'a>,
    at: usize,
}

impl<'a> Neighbors<'a> {
    /// `inputs` are estimated, `existing` resources are only read.
    pub(super) fn new(
        inputs: &[EstimateInput<'a>],
        existing: impl Iterator<Item = EstimateInput<'a>>,
    ) -> Neighbors<'a> {
        let mut resources = inputs.to_vec();
        resources.extend(existing);
        Self { resources, counted: inputs.len(), ..Self::default() }
    }

    /// Makes each file a stack of its own.
    pub(super) fn with_separate_stacks(self, separate_stacks: bool) -> Self {
        Self { separate_stacks, ..self }
    }

    /// The context of the input at an index.
    pub(super) fn place(&self, at: usize) -> ResourceContext<'a, '_> {
        ResourceContext { all: self, at }
    }

    /// The resources that were looked up and not found so far.
    pub(super) fn missing(&self) -> BTreeSet<MissingNeighbor> {
        self.missing.borrow().clone()
    }

    /// Why a referenced resource is unknown, and how to provide it.
    pub(super) fn absent(property: &str, written: &Value, type_name: &str) -> Unresolved {
        let called = text_of(written).map_or_else(|| short(written), |text| format!("`{text}`"));
        Unresolved::new(format!(
            "{property} refers to {called}, but no {type_name} with that name is part of this estimate: \
             add its template, promote it as well (--with-dependencies), or use --live"
        ))
    }

    fn of_type(&self, type_name: &str) -> &[usize] {
        let by_type = self.by_type.get_or_init(|| {
            let mut by_type: HashMap<String, Vec<usize>> = HashMap::new();
            for (at, resource) in self.resources.iter().enumerate() {
                by_type.entry(resource.type_name.to_owned()).or_default().push(at);
            }
            by_type
        });
        by_type.get(type_name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The resource of a type with a logical id: the file's own where several files define it.
    fn by_logical_id(&self, name: &str, type_name: &str, file: Option<&str>) -> Option<usize> {
        let ids = self.by_logical_id.get_or_init(|| {
            let mut ids: HashMap<String, Vec<usize>> = HashMap::new();
            for (at, resource) in self.resources.iter().enumerate() {
                if let Some(id) = resource.logical_id {
                    ids.entry(id.to_owned()).or_default().push(at);
                }
            }
            ids
        });
        let found = match ids.get(name)?.as_slice() {
            [only] if !self.separate_stacks => *only,
            several => *several.iter().find(|at| self.resources[**at].file == file)?,
        };
        (self.resources[found].type_name == type_name).then_some(found)
    }

    /// The names of a type's resources outside a template.
    fn names(&self, type_name: &str) -> Rc<Names> {
        if let Some(known) = self.names.borrow().get(type_name) {
            return Rc::clone(known);
        }
        // Only embedded types have a cost that depends on others.
        let schema = TypeSchema::embedded(type_name);
        let mut names = Names::new();
        for &at in self.of_type(type_name) {
            let resource = &self.resources[at];
            let property = |name: &Option<String>| resource.properties.get(name.as_ref()?)?.as_str().map(str::to_owned);
            let own = [
                resource.identifier.map(str::to_owned),
                schema.and_then(|schema| property(&schema.name_property)),
                schema.and_then(|schema| property(&schema.arn_property)),
                schema.and_then(|schema| schema.identifier_of(resource.properties)),
            ];
            for name in own.into_iter().flatten().collect::<BTreeSet<String>>() {
                names.entry(name).and_modify(|other| *other = None).or_insert(Some(at));
            }
        }
        let names = Rc::new(names);
        self.names.borrow_mut().insert(type_name.to_owned(), Rc::clone(&names));
        names
    }

    fn find(&self, written: &Value, type_name: &str, file: Option<&str>) -> Option<usize> {
        if symbol::has_unknown(written) {
            let references = references_in(written);
            let named = references.iter().filter_map(|name| self.by_logical_id(name, type_name, file));
            let mut found: Vec<usize> = named.collect();
            found.sort_unstable();
            found.dedup();
            if let [only] = found[..] {
                return Some(only);
            }
        }
        let text = text_of(written)?;
        let names = self.names(type_name);
        let found = called(text).find_map(|name| names.get(name).copied().flatten());
        if found.is_none() && !symbol::has_unknown(written) {
            let missing = MissingNeighbor { type_name: type_name.to_owned(), reference: text.to_owned() };
            self.missing.borrow_mut().insert(missing);
        }
        found
    }
}

impl<'a, 's> ResourceContext<'a, 's> {
    /// The resource's properties.
    pub(super) fn properties(self) -> &'a Value {
        self.all.resources[self.at].properties
    }

    /// Its name for messages.
    pub(super) fn label(self) -> String {
        let resource = &self.all.resources[self.at];
        let name = resource.logical_id.or(resource.identifier);
        name.unwrap_or(resource.type_name).to_owned()
    }

    /// The resource of a type that a property of this one refers to.
    pub(super) fn find(self, property: &str, written: &Value, type_name: &str) -> Result<Self, Unresolved> {
        let found = self.all.find(written, type_name, self.all.resources[self.at].file);
        found.map(|at| Self { at, ..self }).ok_or_else(|| Neighbors::absent(property, written, type_name))
    }

    /// The estimated resources of a type whose property refers to this one.
    pub(super) fn referrers(self, type_name: &str, path: &[String]) -> Vec<Self> {
        let own_type = self.all.resources[self.at].type_name;
        let key = (type_name.to_owned(), format!("{} of {own_type}", path.join(".")));
        let known = self.all.referrers.borrow().get(&key).map(Rc::clone);
        let referrers = known.unwrap_or_else(|| {
            let mut referrers = Referrers::new();
            for &from in self.all.of_type(type_name).iter().filter(|from| **from < self.all.counted) {
                let written = value::written(self.all.resources[from].properties, path).ok().flatten();
                if let Some(to) =
                    written.and_then(|written| self.all.find(written, own_type, self.all.resources[from].file))
                {
                    referrers.entry(to).or_default().push(from);
                }
            }
            let referrers = Rc::new(referrers);
            self.all.referrers.borrow_mut().insert(key, Rc::clone(&referrers));
            referrers
        });
        let found = referrers.get(&self.at).map(Vec::as_slice).unwrap_or_default();
        found.iter().map(|&at| Self { at, ..self }).collect()
    }
}

/// The text of a plain value, or of a `Fn::Sub` that refers to no resource of the template.
fn text_of(written: &Value) -> Option<&str> {
    match written {
        Value::String(text) => Some(text),
        Value::Object(map) if symbol::is_intrinsic(written) => map.get("Fn::Sub").and_then(Value::as_str),
        _ => None,
    }
}

fn short(written: &Value) -> String {
    let text = written.to_string();
    if text.chars().count() <= 60 { text } else { text.chars().take(57).collect::<String>() + "…" }
}

/// The possible names in a reference, the most likely first: the text itself, the last part of an ARN or a path,
/// and both without a revision, version or alias (`orders:3`, `function:orders:live`).
fn called(text: &str) -> impl Iterator<Item = &str> {
    let last = |text: &str, separator: char| text.rfind(separator).map_or(0, |at| at + 1);
    let whole = text.rsplit_once(':').map_or(text, |(before, _)| before);
    let names = [text, &text[last(text, '/')..], &text[last(text, ':')..], whole, &whole[last(whole, '/')..]];
    let names = names.into_iter().chain([&whole[last(whole, ':')..]]);
    // A bare number is a revision, not a name.
    names.filter(|name| !name.is_empty() && !name.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input<'a>(logical_id: &'a str, type_name: &'a str, properties: &'a Value) -> EstimateInput<'a> {
        let logical_id = Some(logical_id);
        EstimateInput { file: None, logical_id, identifier: None, type_name, region: "us-east-1", properties }
    }

    #[test]
    fn a_resource_is_found_by_reference_name_and_arn() {
        let (task, other) = (json!({"Family": "orders-dev"}), json!({"Family": "other-dev"}));
        let (queue, function) = (json!({"QueueName": "orders-dev"}), json!({"FunctionName": "orders-dev"}));
        let task_type = "AWS::ECS::TaskDefinition";
        let inputs = [
            input("Queue", "AWS::SQS::Queue", &queue),
            input("Task", task_type, &task),
            input("Other", task_type, &other),
            input("Fn", "AWS::Lambda::Function", &function),
        ];
        let all = Neighbors::new(&inputs, std::iter::empty());
        for written in [
            json!({"Ref": "Task"}),
            json!({"Fn::GetAtt": ["Task", "TaskDefinitionArn"]}),
            json!({"Fn::Sub": "${Task}"}),
            json!({"Fn::Join": ["", ["", {"Ref": "Task"}]]}),
            json!("orders-dev"),
            json!("orders-dev:7"),
            json!("arn:aws:ecs:us-east-1:111111111111:task-definition/orders-dev:7"),
            json!({"Fn::Sub": "arn:aws:ecs:${AWS::Region}:${AWS::AccountId}:task-definition/orders-dev:7"}),
        ] {
            assert_eq!(all.find(&written, task_type, None), Some(1), "{written}");
        }
        for written in [json!({"Ref": "Queue"}), json!({"Ref": "Gone"}), json!("nobody:1"), json!(7), json!("7")] {
            assert_eq!(all.find(&written, task_type, None), None, "{written}");
        }
        for written in ["orders-dev:live", "arn:aws:lambda:us-east-1:111111111111:function:orders-dev"] {
            assert_eq!(all.find(&json!(written), "AWS::Lambda::Function", None), Some(3), "{written}");
        }
        let missing: Vec<String> = all.missing().into_iter().map(|one| one.reference).collect();
        assert_eq!(missing, ["7", "nobody:1"]);
    }

    #[test]
    fn a_file_refers_to_its_own_where_several_have_the_name() {
        let (task, type_name) = (json!({}), "AWS::ECS::TaskDefinition");
        let within = |file| EstimateInput { file: Some(file), ..input("Task", type_name, &task) };
        let inputs = [within("a.yaml"), within("b.yaml")];
        let all = Neighbors::new(&inputs, std::iter::empty());
        let found = |file| all.find(&json!({"Ref": "Task"}), type_name, Some(file));
        assert_eq!((found("a.yaml"), found("b.yaml"), found("c.yaml")), (Some(0), Some(1), None));
        let alone = Neighbors::new(&inputs[..1], std::iter::empty());
        assert_eq!(alone.find(&json!({"Ref": "Task"}), type_name, Some("c.yaml")), Some(0));
    }

    #[test]
    fn an_ambiguous_name_finds_nothing() {
        let task = json!({"Family": "orders-dev"});
        let inputs = [input("A", "AWS::ECS::TaskDefinition", &task), input("B", "AWS::ECS::TaskDefinition", &task)];
        let all = Neighbors::new(&inputs, std::iter::empty());
        assert_eq!(all.find(&json!("orders-dev"), "AWS::ECS::TaskDefinition", None), None);
        assert_eq!(all.find(&json!({"Ref": "B"}), "AWS::ECS::TaskDefinition", None), Some(1));
    }

    #[test]
    fn referrers_are_counted_without_existing_resources() {
        let (cluster, member) = (json!({}), json!({"DBClusterIdentifier": {"Ref": "C"}}));
        let inputs = [
            input("C", "AWS::RDS::DBCluster", &cluster),
            input("A", "AWS::RDS::DBInstance", &member),
            input("B", "AWS::RDS::DBInstance", &member),
        ];
        let outside = input("D", "AWS::RDS::DBInstance", &member);
        let all = Neighbors::new(&inputs, std::iter::once(outside));
        let path = ["DBClusterIdentifier".to_owned()];
        let found: Vec<String> =
            all.place(0).referrers("AWS::RDS::DBInstance", &path).into_iter().map(ResourceContext::label).collect();
        assert_eq!(found, ["A", "B"]);
    }
}
