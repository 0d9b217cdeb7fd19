//! A deterministic random generator, and random values for a type's schema.

use serde_json::{Map, Value, json};
use stagegate::domain::pointer;
use stagegate::schema::{Registry, TypeSchema, validate_as};

/// SplitMix64: small and platform-independent.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from 0 to `limit` - 1.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }

    /// Returns true with a probability of 1 in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Strings that parsers often handle incorrectly.
const TEXTS: &[&str] = &[
    "plain",
    "two words",
    "yes",
    "no",
    "on",
    "null",
    "~",
    "true",
    "0123",
    "012345678901",
    "1e3",
    "0x1F",
    "13.10",
    "1_000",
    "2012-10-17",
    "12:30:45",
    "- dash",
    "# hash",
    "a # b",
    "key: value",
    "a: ",
    ": a",
    "{brace",
    "[bracket]",
    "*star",
    "&and",
    "!bang",
    "%percent",
    "@at",
    "`tick`",
    "'single'",
    "\"double\"",
    "back\\slash",
    "tab\there",
    "two\nlines",
    "\n",
    "ends\n",
    "ünïcödé",
    "日本語",
    "🚀 rocket",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "${!Literal}",
    "$dollar",
    "...",
    "---",
    "<<",
    "=",
    "?",
    "? q",
    "|",
    ">",
    "a\r\nb",
    " leading",
    "trailing ",
    "",
];

/// Returns a random string with a length within bounds.
pub fn text(random: &mut Random, least: usize, most: usize) -> String {
    let odd = *random.pick(TEXTS);
    let mut made = if random.once_in(3) { odd.to_owned() } else { format!("name-{}", random.below(1000)) };
    while made.chars().count() < least {
        made.push('x');
    }
    made.chars().take(most).collect()
}

/// Returns random properties that are valid for a type's schema. Values that cannot be generated are intrinsic functions with
/// an unknown value. `None` for the few types that do not allow that either.
pub fn properties(random: &mut Random, type_name: &str) -> Option<Value> {
    let schema = Registry::embedded().get(type_name)?;
    let root = schema.json_schema()?;
    let mut made = Map::new();
    for name in &schema.properties {
        let at = pointer::join("", name);
        if schema.is_read_only(&at) || !(schema.required.contains(name) || random.once_in(4)) {
            continue;
        }
        if let Some(part) = root.pointer(&format!("/properties{at}")) {
            let value = ValueGenerator { random: &mut *random, root: &root, schema }.value(part, &at, 0);
            made.insert(name.clone(), value.unwrap_or_else(unknown));
        }
    }
    let mut made = Value::Object(made);
    for _ in 0..6 {
        let wrong = validate_as(schema, &made);
        if wrong.is_empty() {
            return Some(made);
        }
        let properties = made.as_object_mut()?;
        for violation in wrong {
            let Some(name) = pointer::tokens(&violation.pointer).into_iter().next() else {
                // The properties as a whole: one of several sets of required ones is missing.
                let missing: Vec<&String> =
                    schema.properties.iter().filter(|name| !properties.contains_key(*name)).collect();
                let writable = missing.into_iter().find(|name| !schema.is_read_only(&pointer::join("", name)))?;
                properties.insert(writable.clone(), unknown());
                continue;
            };
            if schema.is_read_only(&pointer::join("", &name)) || !schema.properties.contains(&name) {
                properties.shift_remove(&name);
            } else {
                properties.insert(name, unknown());
            }
        }
    }
    None
}

/// Returns an unknown value, which another stack exports.
fn unknown() -> Value {
    json!({"Fn::ImportValue": "shared"})
}

struct ValueGenerator<'a> {
    random: &'a mut Random,
    root: &'a Value,
    schema: &'a TypeSchema,
}

impl ValueGenerator<'_> {
    /// Returns a random value for a part of the schema; `None` if it is unlikely to find one.
    fn value(&mut self, part: &Value, at: &str, depth: usize) -> Option<Value> {
        if depth > 6 {
            return None;
        }
        if let Some(reference) = part.get("$ref").and_then(Value::as_str) {
            let target = self.root.pointer(reference.strip_prefix('#')?)?;
            return self.value(target, at, depth + 1);
        }
        if let Some(allowed) = part.get("enum").and_then(Value::as_array) {
            return Some(self.random.pick(allowed).clone());
        }
        if let Some(fixed) = part.get("const") {
            return Some(fixed.clone());
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(options) =
                part.get(keyword).and_then(Value::as_array).filter(|_| part.get("properties").is_none())
            {
                let option = self.random.pick(options);
                return self.value(option, at, depth + 1);
            }
        }
        if part.get("pattern").is_some() || part.get("format").is_some() {
            return None;
        }
        let number = |key: &str| part.get(key).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
        let kind = match part.get("type") {
            Some(Value::Array(kinds)) => kinds.first()?.as_str()?,
            Some(kind) => kind.as_str()?,
            None if part.get("properties").is_some() => "object",
            None => return None,
        };
        match kind {
            "string" => {
                Some(text(self.random, number("minLength").unwrap_or(0), number("maxLength").unwrap_or(80)).into())
            }
            "boolean" => Some(self.random.once_in(2).into()),
            "integer" | "number" => {
                let least = part.get("minimum").and_then(Value::as_i64).unwrap_or(1);
                let most = part.get("maximum").and_then(Value::as_i64).unwrap_or(least + 50);
                let range = usize::try_from(most - least + 1).ok()?.min(1000);
                Some((least + i64::try_from(self.random.below(range)).ok()?).into())
            }
            "array" => {
                let count =
                    number("minItems").unwrap_or(0).max(self.random.below(3)).min(number("maxItems").unwrap_or(3));
                let items = part.get("items")?;
                let made = (0..count).map(|index| self.value(items, &pointer::join(at, &index.to_string()), depth + 1));
                made.collect::<Option<Vec<Value>>>().map(Value::Array)
            }
            "object" => {
                let mut made = Map::new();
                let required: Vec<&str> = part
                    .get("required")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                for (name, member) in part.get("properties").and_then(Value::as_object).into_iter().flatten() {
                    let inside = pointer::join(at, name);
                    let is_required = required.contains(&name.as_str());
                    if self.schema.is_read_only(&inside) || !(is_required || self.random.once_in(4)) {
                        continue;
                    }
                    match self.value(member, &inside, depth + 1) {
                        Some(value) => made.insert(name.clone(), value),
                        None if is_required => return None,
                        None => None,
                    };
                }
                Some(made.into())
            }
            _ => None,
        }
    }
}
