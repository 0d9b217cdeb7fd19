//! Walking a type's full JSON schema beside a document, through `$ref` and alternatives.

use serde_json::Value;

/// One node of a schema: the subschemas that apply there.
#[derive(Debug, Clone)]
pub(super) struct SchemaNode<'s> {
    root: &'s Value,
    nodes: Vec<&'s Value>,
}

impl<'s> SchemaNode<'s> {
    /// The root of the schema.
    pub(super) fn root(root: &'s Value) -> Self {
        Self::new(root, [root])
    }

    fn new(root: &'s Value, starts: impl IntoIterator<Item = &'s Value>) -> Self {
        let mut nodes = Vec::new();
        for start in starts {
            expand(root, start, &mut nodes, 0);
        }
        Self { root, nodes }
    }

    /// The node of an object's member.
    pub(super) fn property(&self, name: &str) -> Self {
        let children = self.nodes.iter().flat_map(|node| {
            let named = node.get("properties").and_then(|properties| properties.get(name));
            let patterns = node.get("patternProperties").and_then(Value::as_object).into_iter();
            let open = node.get("additionalProperties").filter(|schema| schema.is_object());
            // In practice, a map's values share one schema, so the key's pattern need not be matched.
            let fallback = patterns.flat_map(|map| map.values()).chain(open).filter(move |_| named.is_none());
            named.into_iter().chain(fallback)
        });
        Self::new(self.root, children)
    }

    /// The node of a named property, which excludes a map's values.
    pub(super) fn named(&self, name: &str) -> Self {
        let children = self.nodes.iter().filter_map(|node| node.get("properties")?.get(name));
        Self::new(self.root, children)
    }

    /// The node of an array's elements or a map's values.
    pub(super) fn member(&self) -> Self {
        let children = self.nodes.iter().filter_map(|node| {
            let items = node.get("items").filter(|items| items.is_object());
            let pattern = || node.get("patternProperties")?.as_object()?.values().next();
            let open = || node.get("additionalProperties").filter(|schema| schema.is_object());
            items.or_else(pattern).or_else(open)
        });
        Self::new(self.root, children)
    }

    /// The node of an array's elements.
    pub(super) fn element(&self) -> Self {
        let children = self.nodes.iter().filter_map(|node| node.get("items")).filter(|items| items.is_object());
        Self::new(self.root, children)
    }

    /// The node for one token of a pointer: an element for an index into an array.
    pub(super) fn child(&self, token: &str) -> Self {
        let element = self.element();
        if token.parse::<usize>().is_ok() && !element.is_nowhere() { element } else { self.property(token) }
    }

    /// The first value of a keyword.
    pub(super) fn first(&self, keyword: &str) -> Option<&'s Value> {
        self.nodes.iter().find_map(|node| node.get(keyword))
    }

    /// True when the schema does not define this node.
    pub(super) fn is_nowhere(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The accepted JSON types; empty when the schema does not define them.
    pub(super) fn types(&self) -> Vec<&'s str> {
        let mut types: Vec<&str> = self.values_of("type").into_iter().filter_map(Value::as_str).collect();
        types.sort_unstable();
        types.dedup();
        types
    }

    /// The names of an object's properties.
    pub(super) fn property_names(&self) -> Vec<&'s str> {
        let objects = self.nodes.iter().filter_map(|node| node.get("properties")?.as_object());
        objects.flat_map(|map| map.keys().map(String::as_str)).collect()
    }

    /// The values of a keyword that takes a value or a list of values, over all alternatives.
    pub(super) fn values_of(&self, keyword: &str) -> Vec<&'s Value> {
        let found = self.nodes.iter().filter_map(|node| node.get(keyword));
        found
            .flat_map(|value| match value {
                Value::Array(items) => items.iter().collect(),
                one => vec![one],
            })
            .collect()
    }
}

fn expand<'s>(root: &'s Value, node: &'s Value, nodes: &mut Vec<&'s Value>, depth: u8) {
    // A definition may refer to itself through alternatives; real nesting is far shallower.
    if depth > 16 {
        return;
    }
    if let Some(Value::String(reference)) = node.get("$ref") {
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        target.into_iter().for_each(|target| expand(root, target, nodes, depth + 1));
        return;
    }
    nodes.push(node);
    for keyword in ["oneOf", "anyOf", "allOf"] {
        let options = node.get(keyword).and_then(Value::as_array);
        options.into_iter().flatten().for_each(|option| expand(root, option, nodes, depth + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_and_alternatives_are_followed() {
        let schema = json!({
            "properties": {"A": {"$ref": "#/definitions/A"}, "M": {"patternProperties": {".*": {"type": "boolean"}}}},
            "definitions": {"A": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]}},
        });
        let root = SchemaNode::root(&schema);
        assert_eq!(root.property("A").types(), ["array", "string"]);
        assert_eq!(root.property("A").element().types(), ["integer"]);
        assert_eq!(root.property("M").property("any").types(), ["boolean"]);
        assert!(root.property("None").types().is_empty());
    }

    #[test]
    fn a_definition_that_refers_to_itself_ends() {
        let schema = json!({"properties": {"A": {"$ref": "#/definitions/A"}}, "definitions": {"A": {"$ref": "#/definitions/A"}}});
        assert!(SchemaNode::root(&schema).property("A").types().is_empty());
    }
}
