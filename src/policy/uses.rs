//! The types and properties that a policy's rules name.
//!
//! Works on the engine's syntax tree of the policy. Names are resolved through
//! the properties, siblings, constants, loops and the library's functions that take paths; names that cannot
//! be resolved are skipped.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Engine;
use serde_json::Value;

use super::error::PolicyError;
use super::source::PolicySource;
use crate::schema::path::Step;

/// Functions of `data.stagegate.lib` whose first argument is a path below the properties.
const PATH_FUNCTIONS: &[&str] = &[
    "absent",
    "broken",
    "elements",
    "finding",
    "hidden",
    "holds",
    "missing",
    "number",
    "off",
    "on",
    "pointer",
    "unresolved",
    "value",
    "violation",
];

/// One use of a type or property in a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Use {
    /// A resource type.
    Type { line: u32, name: String },
    /// A property of a resource of one of these types.
    Property { line: u32, types: Vec<String>, steps: Vec<Step> },
}

/// The types and properties that a policy for the given types uses.
///
/// # Errors
/// The policy is not valid Rego.
pub(super) fn uses(source: &PolicySource, types: &[String]) -> Result<BTreeSet<Use>, PolicyError> {
    let mut reader = Reader { text: &source.text, types, names: BTreeMap::new(), uses: BTreeSet::new() };
    reader.module(&syntax_tree(source)?);
    Ok(reader.uses)
}

fn syntax_tree(source: &PolicySource) -> Result<Value, PolicyError> {
    const HINT: &str = "fix the policy; it must be Rego v1, see policies/README.md";
    let mut engine = Engine::new();
    let added = engine.add_policy(source.path.clone(), source.text.clone());
    let text = added.and_then(|_| engine.get_ast_as_json());
    let text = text.map_err(|error| PolicyError::from_engine(&source.path, &error, HINT))?;
    serde_json::from_str(&text).map_err(|error| PolicyError::from_engine(&source.path, &error, HINT))
}

/// The meaning of an expression, where it is known.
#[derive(Debug, Clone)]
enum Meaning {
    Input,
    /// A resource of one of these types.
    Resource(Vec<String>),
    /// `input.siblings` or `input.referrers`.
    ByType,
    Resources(Vec<String>),
    TypeName,
    Properties(Vec<String>, Vec<Step>),
    /// A path as the library's functions take it, and a list of such paths.
    Path(Vec<Step>),
    Paths(Vec<Step>),
}

struct Reader<'a> {
    text: &'a str,
    types: &'a [String],
    /// The bindings of names: the file's constants, then a rule's own, which shadow them.
    names: BTreeMap<String, Meaning>,
    uses: BTreeSet<Use>,
}

impl Reader<'_> {
    fn module(&mut self, tree: &Value) {
        let rules = tree.pointer("/0/ast/rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for rule in rules {
            self.constant(rule);
        }
        let constants = self.names.clone();
        for rule in rules {
            self.names.clone_from(&constants);
            for parameter in array(rule, "/Spec/head/Func/args") {
                if let Some(name) = variable(parameter) {
                    self.names.remove(name);
                }
            }
            // The first walk collects the names, which may be used before the line that binds them.
            self.walk(rule);
            self.walk(rule);
        }
    }

    /// `name := value` on its own.
    fn constant(&mut self, rule: &Value) {
        let name = rule.pointer("/Spec/head/Compr/refr").and_then(variable);
        let value = rule.pointer("/Spec/head/Compr/assign/value");
        if let (Some(name), Some(value), []) = (name, value, array(rule, "/Spec/bodies"))
            && let Some(meaning) = self.meaning(value)
        {
            self.names.insert(name.to_owned(), meaning);
        }
    }

    fn walk(&mut self, node: &Value) {
        match node {
            Value::Object(members) => {
                if let Some((kind, body)) = members.iter().next().filter(|_| members.len() == 1) {
                    self.bind(kind, body);
                    self.note(kind, node, body);
                }
                members.values().for_each(|child| self.walk(child));
            }
            Value::Array(items) => items.iter().for_each(|item| self.walk(item)),
            _ => {}
        }
    }

    /// Records the binding of a loop variable or an assignment.
    fn bind(&mut self, kind: &str, body: &Value) {
        let of_member = |reader: &Self, collection: &str| member(reader.meaning(body.get(collection)?)?, Step::Any);
        let (name, meaning) = match kind {
            "SomeIn" => (body.get("value").and_then(variable).map(str::to_owned), of_member(self, "collection")),
            "Every" => (body.get("value").and_then(|span| self.span(span)), of_member(self, "domain")),
            "AssignExpr" => {
                let meaning = body.get("rhs").and_then(|value| self.meaning(value));
                (body.get("lhs").and_then(variable).map(str::to_owned), meaning)
            }
            _ => return,
        };
        match (name, meaning) {
            (Some(name), Some(meaning)) => self.names.insert(name, meaning),
            // A name that shadows another.
            (Some(name), None) => self.names.remove(&name),
            _ => None,
        };
    }

    fn span(&self, span: &Value) -> Option<String> {
        let at = |key: &str| usize::try_from(span.get(key)?.as_u64()?).ok();
        self.text.get(at("start")?..at("end")?).map(str::to_owned)
    }

    /// Records the type or property that an expression names.
    fn note(&mut self, kind: &str, node: &Value, body: &Value) {
        let Some(line) = body.pointer("/span/line").and_then(Value::as_u64).and_then(|line| u32::try_from(line).ok())
        else {
            return;
        };
        match kind {
            "RefDot" | "RefBrack" | "Call" => {
                if let Some(Meaning::Properties(types, steps)) = self.meaning(node)
                    && !steps.is_empty()
                {
                    self.property(line, types, steps);
                }
                if kind == "Call"
                    && let Some((function, parameters)) = call(body)
                    && library_function(&function).is_some_and(|name| PATH_FUNCTIONS.contains(&name))
                    && let Some(Meaning::Path(steps)) = parameters.first().and_then(|path| self.meaning(path))
                    && !steps.is_empty()
                {
                    self.property(line, self.types.to_vec(), steps);
                }
                if let ("RefBrack", Some(Meaning::ByType)) =
                    (kind, body.get("refr").and_then(|refr| self.meaning(refr)))
                    && let Some(name) = body.get("index").and_then(text)
                {
                    self.uses.insert(Use::Type { line, name: name.to_owned() });
                }
            }
            "BoolExpr" => {
                let sides = [("lhs", "rhs"), ("rhs", "lhs")];
                for (one, other) in sides {
                    if let (Some(Meaning::TypeName), Some(name)) =
                        (body.get(one).and_then(|side| self.meaning(side)), body.get(other).and_then(text))
                    {
                        self.uses.insert(Use::Type { line, name: name.to_owned() });
                    }
                }
            }
            _ => {}
        }
    }

    fn property(&mut self, line: u32, types: Vec<String>, mut steps: Vec<Step>) {
        // Below an unresolved function call there are no properties.
        let is_function = |step: &Step| matches!(step, Step::Key(name) if name == "Ref" || name.starts_with("Fn::"));
        if let Some(at) = steps.iter().position(is_function) {
            steps.truncate(at);
        }
        if !types.is_empty() && !types.iter().any(|name| name == "*") && !steps.is_empty() {
            self.uses.insert(Use::Property { line, types, steps });
        }
    }

    fn meaning(&self, node: &Value) -> Option<Meaning> {
        let (kind, body) = node.as_object()?.iter().next()?;
        match kind.as_str() {
            "Var" => match variable(node)? {
                "input" => Some(Meaning::Input),
                name => self.names.get(name).cloned(),
            },
            "RefDot" => {
                let name = body.pointer("/field/1")?.as_str()?;
                self.member(body, Step::Key(name.to_owned()))
            }
            "RefBrack" => {
                let step = body.get("index").and_then(text).map_or(Step::Any, |name| Step::Key(name.to_owned()));
                self.member(body, step)
            }
            "Array" => Some(Meaning::Path(array(node, "/Array/items").iter().map(step_of).collect())),
            "Call" => self.result(body),
            _ => None,
        }
    }

    fn member(&self, body: &Value, step: Step) -> Option<Meaning> {
        match (self.meaning(body.get("refr")?)?, step) {
            (Meaning::Input, Step::Key(name)) if name == "resource" => Some(Meaning::Resource(self.types.to_vec())),
            (of, step) => member(of, step),
        }
    }

    /// The meaning of a call's result.
    fn result(&self, body: &Value) -> Option<Meaning> {
        let (function, parameters) = call(body)?;
        let parameter = |index: usize| parameters.get(index).and_then(|one| self.meaning(one));
        match (library_function(&function), function.as_str()) {
            (Some("value"), _) => match parameter(0)? {
                Meaning::Path(steps) => Some(Meaning::Properties(self.types.to_vec(), steps)),
                _ => None,
            },
            (Some("elements"), _) => match parameter(0)? {
                Meaning::Path(steps) => Some(Meaning::Paths(steps)),
                _ => None,
            },
            (Some("members" | "fields"), _) => parameter(0),
            (_, "array.concat") => match (parameter(0)?, parameter(1)?) {
                (Meaning::Path(first), Meaning::Path(second)) => Some(Meaning::Path([first, second].concat())),
                _ => None,
            },
            (_, "object.get") => {
                let Meaning::Properties(types, steps) = parameter(0)? else { return None };
                let more = match (parameters.get(1).and_then(text), parameter(1)) {
                    (Some(name), _) => vec![Step::Key(name.to_owned())],
                    (None, Some(Meaning::Path(path))) => path,
                    _ => return None,
                };
                Some(Meaning::Properties(types, [steps, more].concat()))
            }
            _ => None,
        }
    }
}

/// The meaning of a member.
fn member(of: Meaning, step: Step) -> Option<Meaning> {
    match (of, step) {
        (Meaning::Input, Step::Key(name)) if name == "siblings" || name == "referrers" => Some(Meaning::ByType),
        (Meaning::ByType, Step::Key(name)) => Some(Meaning::Resources(vec![name])),
        (Meaning::Resources(types), Step::Any) => Some(Meaning::Resource(types)),
        (Meaning::Resource(types), Step::Key(name)) if name == "properties" => {
            Some(Meaning::Properties(types, Vec::new()))
        }
        (Meaning::Resource(_), Step::Key(name)) if name == "type" => Some(Meaning::TypeName),
        (Meaning::Properties(types, mut steps), step) => {
            steps.push(step);
            Some(Meaning::Properties(types, steps))
        }
        (Meaning::Paths(mut steps), Step::Any) => {
            steps.push(Step::Any);
            Some(Meaning::Path(steps))
        }
        _ => None,
    }
}

fn step_of(item: &Value) -> Step {
    text(item).map_or(Step::Any, |name| Step::Key(name.to_owned()))
}

fn array<'v>(node: &'v Value, at: &str) -> &'v [Value] {
    node.pointer(at).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn variable(node: &Value) -> Option<&str> {
    node.pointer("/Var/value")?.as_str()
}

fn text(node: &Value) -> Option<&str> {
    node.pointer("/String/value").or_else(|| node.pointer("/RawString/value"))?.as_str()
}

/// A call's function, its dotted name, and its arguments.
fn call(body: &Value) -> Option<(String, &[Value])> {
    Some((name(body.get("fcn")?)?, body.get("params")?.as_array()?))
}

fn name(node: &Value) -> Option<String> {
    match variable(node) {
        Some(name) => Some(name.to_owned()),
        None => {
            let field = node.pointer("/RefDot/field/1")?.as_str()?;
            Some(format!("{}.{field}", name(node.pointer("/RefDot/refr")?)?))
        }
    }
}

/// The name of a function of `data.stagegate.lib`, as it is usually imported.
fn library_function(name: &str) -> Option<&str> {
    name.strip_prefix("data.stagegate.").unwrap_or(name).strip_prefix("lib.")
}
