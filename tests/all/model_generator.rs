//! Generates models of resources as Cloud Control returns them, from the schemas of their types.

use jsonschema::{Draft, Validator};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};
use stagegate::schema::{Registry, TagShape, TypeSchema};

use super::random::Random;

/// The deepest nesting of a generated value.
const MAX_DEPTH: usize = 9;

/// Attempts to satisfy the rules between the properties of a type (`oneOf` at the root, dependencies).
const ATTEMPTS: u64 = 40;

/// The number of valid models of which the largest is taken.
const CHOICES: usize = 2;

/// A generated resource.
pub struct Model {
    /// Everything that can be set, write-only values included: valid by the schema.
    pub full: Value,
    /// What a read returns: without write-only values, with read-only values and tags of AWS.
    pub live: Value,
    /// The write-only values, by JSON pointer.
    pub hidden: Vec<(String, Value)>,
    /// The JSON pointers of the read-only values in `live`.
    pub read_only: Vec<String>,
}

/// Compiles a schema, without any code of the product.
pub fn validator(root: &Value) -> Validator {
    jsonschema::options().with_draft(Draft::Draft7).should_validate_formats(false).build(root).unwrap()
}

/// The violations of a schema, as text.
pub fn violations(validator: &Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|error| format!("{} {error}", error.instance_path())).collect()
}

/// Generates a model of a type; as many optional properties as possible are set. `None` if no valid one was found.
pub fn model(type_name: &str, seed: u64) -> Option<Model> {
    let schema = Registry::embedded().get(type_name).unwrap_or_else(|| panic!("{type_name}"));
    let root = Registry::embedded().json_schema(type_name).unwrap();
    let validator = validator(&root);
    let paths = |paths: &[stagegate::domain::pointer::PropertyPath]| -> Vec<Vec<String>> {
        paths.iter().map(|path| path.tokens().to_vec()).collect()
    };
    let (read_only, write_only) = (paths(&schema.read_only), paths(&schema.write_only));
    let full = (0..ATTEMPTS)
        .filter_map(|attempt| valid(&root, &validator, &read_only, schema, seed * 1000 + attempt))
        .take(CHOICES)
        .max_by_key(|found| found.as_object().map_or(0, Map::len))?;
    let mut live = full.clone();
    let mut hidden = Vec::new();
    for path in &write_only {
        places(&full, path, "", &mut hidden);
    }
    let hidden: Vec<(String, Value)> =
        hidden.into_iter().map(|place| (place.clone(), full.pointer(&place).unwrap().clone())).collect();
    for (place, _) in &hidden {
        take(&mut live, place);
    }
    let mut generator = Generator::new(&root, &read_only, seed);
    for path in &read_only {
        add(&mut generator, &mut live, &root, path);
    }
    add_tags_of_aws(schema, &mut live);
    let mut set = Vec::new();
    for path in &read_only {
        places(&live, path, "", &mut set);
    }
    Some(Model { full, live, hidden, read_only: set })
}

/// A valid document without read-only values.
fn valid(
    root: &Value,
    validator: &Validator,
    read_only: &[Vec<String>],
    schema: &TypeSchema,
    seed: u64,
) -> Option<Value> {
    let mut generator = Generator::new(root, read_only, seed);
    let mut document = generator.value(root, &[], 0)?;
    for _ in 0..8 {
        let errors: Vec<Vec<String>> =
            validator.iter_errors(&document).map(|error| tokens(error.instance_path().as_str())).collect();
        if errors.is_empty() {
            return Some(document);
        }
        let map = document.as_object_mut()?;
        for at in errors {
            let Some(name) = at.first() else {
                // A rule between properties: with fewer of them it may hold.
                let optional: Vec<String> =
                    map.keys().filter(|name| !schema.required.contains(name)).cloned().collect();
                if optional.is_empty() {
                    return None;
                }
                let unlucky = generator.random.pick(&optional).clone();
                map.shift_remove(&unlucky);
                continue;
            };
            map.shift_remove(name);
            if schema.required.contains(name) {
                generator.sparse = true;
                let node = root.pointer(&format!("/properties/{name}"))?;
                let again = generator.value(node, std::slice::from_ref(name), 0)?;
                generator.sparse = false;
                map.insert(name.clone(), again);
            }
        }
    }
    None
}

/// Splits a JSON pointer.
pub fn tokens(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
}

fn escaped(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// The pointers of a document that match a path of a schema, where `*` stands for every element and key.
pub fn places(document: &Value, path: &[String], at: &str, found: &mut Vec<String>) {
    let Some((token, rest)) = path.split_first() else {
        found.push(at.to_owned());
        return;
    };
    match document {
        Value::Object(map) => {
            for (key, child) in map.iter().filter(|(key, _)| token == "*" || *key == token) {
                places(child, rest, &format!("{at}/{}", escaped(key)), found);
            }
        }
        Value::Array(items) if token == "*" => {
            for (index, child) in items.iter().enumerate() {
                places(child, rest, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Removes the value at a pointer.
fn take(document: &mut Value, pointer: &str) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    if let Some(Value::Object(map)) = document.pointer_mut(parent) {
        map.shift_remove(&last.replace("~1", "/").replace("~0", "~"));
    }
}

/// Adds the read-only values of a path. Objects that contain nothing else are created.
fn add(generator: &mut Generator<'_>, document: &mut Value, node: &Value, path: &[String]) {
    let Some((token, rest)) = path.split_first() else { return };
    let root = generator.root;
    let node = resolved(root, node);
    match document {
        Value::Array(items) if token == "*" => {
            let inner = node.get("items").cloned().unwrap_or_default();
            items.iter_mut().for_each(|item| add(generator, item, &inner, rest));
        }
        Value::Object(map) => {
            let member = node.pointer(&format!("/properties/{token}")).cloned().unwrap_or_else(|| json!({}));
            if rest.is_empty() {
                generator.with_read_only = true;
                let value = generator.value(&member, &[], 0).unwrap_or_else(|| json!("of-the-service"));
                generator.with_read_only = false;
                map.insert(token.clone(), value);
            } else {
                let is_object = resolved(root, &member).get("properties").is_some();
                if !map.contains_key(token) && is_object {
                    map.insert(token.clone(), json!({}));
                }
                if let Some(child) = map.get_mut(token) {
                    add(generator, child, &member, rest);
                }
            }
        }
        _ => {}
    }
}

fn add_tags_of_aws(schema: &TypeSchema, live: &mut Value) {
    let Some(property) = &schema.tagging.property else { return };
    let key = "aws:cloudformation:stack-name";
    match (schema.tagging.shape, live.get_mut(property)) {
        (TagShape::Map, Some(Value::Object(map))) => {
            map.insert(key.to_owned(), json!("x"));
        }
        (TagShape::List, Some(Value::Array(items))) => items.insert(0, json!({"Key": key, "Value": "x"})),
        (TagShape::AutoScaling, Some(Value::Array(items))) => {
            items.insert(0, json!({"Key": key, "Value": "x", "PropagateAtLaunch": true}));
        }
        _ => {}
    }
}

fn resolved<'v>(root: &'v Value, node: &'v Value) -> &'v Value {
    let mut node = node;
    while let Some(target) = node.get("$ref").and_then(Value::as_str) {
        node = root.pointer(target.trim_start_matches('#')).unwrap();
    }
    node
}

struct Generator<'a> {
    root: &'a Value,
    read_only: &'a [Vec<String>],
    random: Random,
    runner: TestRunner,
    /// Only required members are generated.
    sparse: bool,
    with_read_only: bool,
    open: Vec<String>,
}

impl<'a> Generator<'a> {
    fn new(root: &'a Value, read_only: &'a [Vec<String>], seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let runner = TestRunner::new_with_rng(Config::default(), rng);
        let (random, open) = (Random::new(seed), Vec::new());
        Self { root, read_only, random, runner, sparse: false, with_read_only: false, open }
    }

    fn is_read_only(&self, at: &[String]) -> bool {
        let matches = |path: &Vec<String>| {
            path.len() == at.len() && path.iter().zip(at).all(|(one, other)| one == "*" || one == other)
        };
        !self.with_read_only && self.read_only.iter().any(matches)
    }

    /// A value for a part of the schema; `None` if none was found.
    fn value(&mut self, node: &Value, at: &[String], depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        if let Some(target) = node.get("$ref").and_then(Value::as_str) {
            if self.open.iter().filter(|open| *open == target).count() > 1 {
                return None;
            }
            self.open.push(target.to_owned());
            let node = self.root.pointer(target.trim_start_matches('#')).unwrap().clone();
            let found = self.value(&node, at, depth);
            self.open.pop();
            return found;
        }
        if let Some(allowed) = node.get("enum").and_then(Value::as_array) {
            return Some(self.random.pick(allowed).clone());
        }
        for keyword in ["const", "default"] {
            if let Some(fixed) = node.get(keyword).filter(|value| value.is_string() || value.is_number()) {
                return Some(fixed.clone());
            }
        }
        let kind = match node.get("type") {
            Some(Value::Array(kinds)) => {
                let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
                if kinds.contains(&"object") { "object" } else { kinds.first()? }.to_owned()
            }
            Some(kind) => kind.as_str()?.to_owned(),
            None if node.get("properties").is_some() => "object".to_owned(),
            None if node.get("items").is_some() => "array".to_owned(),
            None => {
                for keyword in ["oneOf", "anyOf", "allOf"] {
                    if let Some(options) = node.get(keyword).and_then(Value::as_array) {
                        let option = self.random.pick(options).clone();
                        return self.value(&option, at, depth);
                    }
                }
                "string".to_owned()
            }
        };
        let size = |key: &str| node.get(key).and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
        if kind != "object"
            && let Some(options) = ["oneOf", "anyOf"].iter().find_map(|keyword| node.get(*keyword)?.as_array())
        {
            let option = self.random.pick(options).clone();
            return self.value(&option, at, depth);
        }
        match kind.as_str() {
            "string" => self.text(node, size("minLength").unwrap_or(1), size("maxLength").unwrap_or(60)),
            "boolean" => Some(self.random.once_in(2).into()),
            "integer" | "number" => {
                let least = node.get("minimum").and_then(Value::as_f64).unwrap_or(1.0);
                let most = node.get("maximum").and_then(Value::as_f64).unwrap_or(least + 9.0).min(least + 9.0);
                #[allow(clippy::cast_possible_truncation)]
                let (least, most) = (least.ceil() as i64, most.floor() as i64);
                let range = usize::try_from(most - least + 1).ok()?;
                Some((least + i64::try_from(self.random.below(range)).ok()?).into())
            }
            "array" => {
                let least = size("minItems").unwrap_or(0);
                let most = size("maxItems").unwrap_or(2).max(least);
                let count = if self.sparse { least } else { least.max(1 + self.random.below(2)).min(most) };
                let items = node.get("items").cloned().unwrap_or_else(|| json!({"type": "string"}));
                let inside = [at, &["*".to_owned()]].concat();
                let mut made: Vec<Value> = Vec::new();
                for _ in 0..count {
                    match self.value(&items, &inside, depth + 1) {
                        Some(value) if !made.contains(&value) => made.push(value),
                        Some(_) => {}
                        None if made.len() >= least && !made.is_empty() => break,
                        None => return None,
                    }
                }
                (made.len() >= least).then(|| made.into())
            }
            "object" => self.object(node, at, depth),
            _ => None,
        }
    }

    fn object(&mut self, node: &Value, at: &[String], depth: usize) -> Option<Value> {
        let names = |value: Option<&Value>| -> Vec<String> {
            let all = value.and_then(Value::as_array).into_iter().flatten();
            all.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let mut required = names(node.get("required"));
        let mut members = node.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut excluded: Vec<String> = Vec::new();
        for keyword in ["oneOf", "anyOf", "allOf"] {
            let options: Vec<Value> = node.get(keyword).and_then(Value::as_array).cloned().unwrap_or_default();
            if options.is_empty() {
                continue;
            }
            let chosen = self.random.below(options.len());
            for (index, option) in options.iter().enumerate() {
                let option = resolved(self.root, option);
                let wanted = names(option.get("required"));
                if index == chosen || keyword == "allOf" {
                    let more = option.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
                    more.into_iter().for_each(|(name, node)| {
                        members.entry(name).or_insert(node);
                    });
                    required.extend(wanted);
                } else if keyword == "oneOf" {
                    excluded.extend(wanted);
                }
            }
        }
        excluded.retain(|name| !required.contains(name));
        let mut made = Map::new();
        for (name, member) in &members {
            let inside = [at, std::slice::from_ref(name)].concat();
            let is_required = required.contains(name);
            if self.is_read_only(&inside) || excluded.contains(name) || (self.sparse && !is_required) {
                continue;
            }
            match self.value(member, &inside, depth + 1) {
                Some(value) => made.insert(name.clone(), value),
                None if is_required => return None,
                None => None,
            };
        }
        if members.is_empty() {
            let patterns = node.get("patternProperties").and_then(Value::as_object);
            let of_pattern = patterns.and_then(|all| all.iter().next().map(|(key, node)| (key.clone(), node.clone())));
            let additional = node.get("additionalProperties").filter(|node| node.is_object()).cloned();
            let free = node.get("additionalProperties") != Some(&Value::Bool(false));
            let (key, inner) = match (of_pattern, additional) {
                (Some((pattern, inner)), _) => (self.of_pattern(&pattern, 1, 40)?, inner),
                (None, Some(inner)) => ("key".to_owned(), inner),
                (None, None) if free => ("key".to_owned(), json!({"type": "string"})),
                (None, None) => return Some(json!({})),
            };
            let value = self.value(&inner, &[at, &["*".to_owned()]].concat(), depth + 1)?;
            made.insert(key, value);
        }
        Some(made.into())
    }

    fn text(&mut self, node: &Value, least: usize, most: usize) -> Option<Value> {
        if let Some(pattern) = node.get("pattern").and_then(Value::as_str) {
            return self.of_pattern(pattern, least, most).map(Value::String);
        }
        let mut text = match node.get("format").and_then(Value::as_str) {
            Some("date-time" | "timestamp") => "2026-01-02T03:04:05Z".to_owned(),
            Some("uri") => "https://example.com/x".to_owned(),
            _ => format!("value-{}", self.random.below(1000)),
        };
        while text.chars().count() < least {
            text.push('x');
        }
        Some(text.chars().take(most).collect::<String>().into())
    }

    /// A text that matches a regular expression.
    fn of_pattern(&mut self, pattern: &str, least: usize, most: usize) -> Option<String> {
        let exact = jsonschema::options().build(&json!({"pattern": pattern})).ok()?;
        let fits = |text: &str| {
            let length = text.chars().count();
            (least..=most.max(least)).contains(&length) && exact.is_valid(&json!(text))
        };
        let plain: Vec<String> = vec![
            format!("value{}", self.random.below(1000)),
            "Value".into(),
            "value-one.example.com".into(),
            "/value/one".into(),
            "value-one".into(),
            "valueone".into(),
            "10.0.0.0/16".into(),
            "12345".into(),
            "arn:aws:service:us-east-1:333333333333:thing/one".into(),
            "arn:aws:s3:::value-one".into(),
            "arn:aws:iam::333333333333:role/value".into(),
            "https://example.com/x".into(),
            "x".repeat(least),
        ];
        if let Some(found) = plain.into_iter().find(|text| fits(text)) {
            return Some(found);
        }
        let bare = without_anchors(pattern);
        let strategy = proptest::string::string_regex(&bare).ok()?;
        (0..200).find_map(|_| {
            let text = strategy.new_tree(&mut self.runner).ok()?.current();
            fits(&text).then_some(text)
        })
    }
}

/// A regular expression without `^` and `$`, which the generator of strings does not support.
fn without_anchors(pattern: &str) -> String {
    let mut bare = String::new();
    let mut characters = pattern.chars();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                let next = characters.next();
                match next {
                    Some('A' | 'Z' | 'z' | 'b') if !in_class => {}
                    Some(next) => bare.extend(['\\', next]),
                    None => {}
                }
            }
            '[' => {
                in_class = true;
                bare.push('[');
                // A `]` at the start and `^` are part of the class.
            }
            ']' => {
                in_class = false;
                bare.push(']');
            }
            '^' | '$' if !in_class => {}
            other => bare.push(other),
        }
    }
    bare
}
