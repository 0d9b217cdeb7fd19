//! Builds the tree from parser events, with limits on depth and on alias expansion.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::limits::{MAX_DEPTH, MAX_EXPANDED_NODES};
use super::node::{Entry, Node, NodeValue};
use super::place::location;
use super::{scalar, syntax};
use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::pointer;

/// Reads the one document of a text: the tree if it could be read to its end, and all problems.
pub(super) fn build(file: &str, text: &str) -> (Option<Node>, Vec<Diagnostic>) {
    let options = granit_parser::options! {
        emit_comments: false,
        // JSON keys have no length limit.
        simple_key_max_lookahead: 1 << 20,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut builder = Builder::new(file);
    let mut is_complete = true;
    for next in Parser::new_from_str_with_options(text, options) {
        match next {
            Ok((event, span)) => {
                if builder.take(event, span).is_err() {
                    is_complete = false;
                    break;
                }
            }
            Err(error) => {
                builder.diagnostics.push(syntax::describe(file, text, &error));
                is_complete = false;
                break;
            }
        }
    }
    let Builder { root, diagnostics, documents, .. } = builder;
    // A second document does not affect the first, which is complete then.
    let node = (is_complete || documents > 1)
        .then(|| root.unwrap_or_else(|| Node::new(NodeValue::Null, location(file, 1, 0))));
    (node, diagnostics)
}

/// The document cannot be read any further; a diagnostic has been recorded.
struct Stop;

struct Builder<'a> {
    file: &'a str,
    documents: usize,
    root: Option<Node>,
    open: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    expanded: usize,
    diagnostics: Vec<Diagnostic>,
}

/// A finished node that an alias may refer to.
struct Anchored {
    node: Node,
    nodes: usize,
    depth: usize,
}

/// A collection that is still open.
struct Frame {
    content: Content,
    location: Location,
    tag: Option<String>,
    anchor: usize,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, places: HashMap<String, Location>, key: Option<Key>, merged: Vec<Node> },
}

enum Key {
    Text(String, Location),
    /// `<<`.
    Merge,
    /// Already reported.
    Unusable,
}

impl<'a> Builder<'a> {
    fn new(file: &'a str) -> Self {
        Self {
            file,
            documents: 0,
            root: None,
            open: Vec::new(),
            anchors: HashMap::new(),
            expanded: 0,
            diagnostics: Vec::new(),
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        let mark = span.tag_start().unwrap_or(span.start);
        let place = location(self.file, mark.line(), mark.col());
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.error(Code::SeveralDocuments, "a second document begins here", place.clone()).hint =
                        Some("keep one document in a file; split it at the `---` lines".to_owned());
                    return Err(Stop);
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let merge = style == ScalarStyle::Plain && text == "<<" && tag.is_none();
                let node = self.scalar(&text, style, tag.as_deref(), place);
                let key = if merge { None } else { Some(text.into_owned()) };
                self.remember(anchor, &node);
                self.add(node, key, merge);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(Content::Sequence(Vec::new()), tag.as_deref(), anchor, place)?;
            }
            Event::MappingStart(_, anchor, tag) => {
                let content =
                    Content::Mapping { entries: Vec::new(), places: HashMap::new(), key: None, merged: Vec::new() };
                self.begin(content, tag.as_deref(), anchor, place)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(id) => self.alias(id, place)?,
            _ => {}
        }
        Ok(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, place: Location) -> Node {
        let quoted = || NodeValue::String(text.to_owned());
        let Some(tag) = tag else {
            let value = if style == ScalarStyle::Plain { scalar::plain(text) } else { quoted() };
            return Node::new(value, place);
        };
        if let Some(suffix) = tag.core_suffix() {
            let value = scalar::tagged(suffix, text).unwrap_or_else(|| {
                let message = format!("`{text}` does not match its tag `{tag}`", tag = tag.original());
                self.error(Code::YamlTagMismatch, message, place.clone()).hint = Some("remove the tag".to_owned());
                NodeValue::Null
            });
            return Node::new(value, place);
        }
        Node { value: quoted(), location: place, tag: custom(tag) }
    }

    fn begin(&mut self, content: Content, tag: Option<&Tag>, anchor: usize, place: Location) -> Result<(), Stop> {
        if self.open.len() >= MAX_DEPTH {
            return self.too_deep(place);
        }
        let tag = tag.filter(|tag| tag.is_custom()).and_then(custom);
        self.open.push(Frame { content, location: place, tag, anchor });
        Ok(())
    }

    fn end(&mut self) {
        let Some(frame) = self.open.pop() else { return };
        let value = match frame.content {
            Content::Sequence(items) => NodeValue::Sequence(items),
            Content::Mapping { mut entries, mut places, merged, .. } => {
                for source in merged {
                    self.merge(source, &mut entries, &mut places);
                }
                NodeValue::Mapping(entries)
            }
        };
        let node = Node { value, location: frame.location, tag: frame.tag };
        self.remember(frame.anchor, &node);
        self.add(node, None, false);
    }

    fn alias(&mut self, id: usize, place: Location) -> Result<(), Stop> {
        let Some(anchored) = self.anchors.get(&id) else {
            // The parser knows the anchor, so it belongs to a collection that is still open.
            self.error(Code::RecursiveAlias, "this alias is inside the value that it refers to", place).hint =
                Some("write the value out".to_owned());
            return Err(Stop);
        };
        self.expanded += anchored.nodes;
        if self.expanded > MAX_EXPANDED_NODES {
            let message = format!("the aliases of this document expand to more than {MAX_EXPANDED_NODES} values");
            self.error(Code::AliasExpansion, message, place).hint =
                Some("use fewer nested aliases, or write the values out".to_owned());
            return Err(Stop);
        }
        if self.open.len() + anchored.depth > MAX_DEPTH {
            return self.too_deep(place);
        }
        let node = anchored.node.clone();
        let key = node.scalar_text();
        self.add(node, key, false);
        Ok(())
    }

    /// Adds a finished node to its parent. `key_text` is its text, for use as a key.
    fn add(&mut self, node: Node, key_text: Option<String>, is_merge: bool) {
        let is_resource = self.is_in_resources();
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut frame.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping { entries, places, key, merged } => match key.take() {
                None if is_merge => *key = Some(Key::Merge),
                None => match key_text {
                    Some(text) if node.tag.is_none() => *key = Some(Key::Text(text, node.location)),
                    _ => {
                        *key = Some(Key::Unusable);
                        let what = node.tag.as_deref().unwrap_or(node.kind()).to_owned();
                        let message = format!("a key must be a string, not {what}");
                        self.error(Code::UnusableKey, message, node.location).hint =
                            Some("quote the key if it is meant as a string".to_owned());
                    }
                },
                Some(Key::Merge) => merged.push(node),
                Some(Key::Unusable) => {}
                Some(Key::Text(text, place)) => {
                    if let Some(first) = places.get(&text) {
                        let message = format!("duplicate key `{text}` in the same mapping, first at {first}");
                        // Both resources of a name are looked at.
                        if is_resource {
                            entries.push(Entry { key: text.clone(), key_location: place.clone(), value: node });
                        }
                        let at = pointer::join(&self.path(), &text);
                        let problem = self.error(Code::DuplicateKey, message, place);
                        problem.hint = Some("keep one of the two".to_owned());
                        problem.pointer = Some(at);
                    } else {
                        places.insert(text.clone(), place.clone());
                        entries.push(Entry { key: text, key_location: place, value: node });
                    }
                }
            },
        }
    }

    /// The pointer to the innermost open collection.
    fn path(&self) -> String {
        let open = self.open.split_last().map(|(_, outer)| outer).unwrap_or_default();
        open.iter().fold(String::new(), |at, frame| match &frame.content {
            Content::Sequence(items) => pointer::join(&at, &items.len().to_string()),
            Content::Mapping { key: Some(Key::Text(key, _)), .. } => pointer::join(&at, key),
            Content::Mapping { .. } => at,
        })
    }

    /// True in the mapping of a template's resources.
    fn is_in_resources(&self) -> bool {
        match self.open.as_slice() {
            [Frame { content: Content::Mapping { key: Some(Key::Text(section, _)), .. }, .. }, _] => {
                section == "Resources"
            }
            _ => false,
        }
    }

    /// `<<`: the mapping's own keys take precedence, then earlier sources over later ones.
    fn merge(&mut self, source: Node, entries: &mut Vec<Entry>, places: &mut HashMap<String, Location>) {
        match source.value {
            NodeValue::Mapping(more) if source.tag.is_none() => {
                for entry in more {
                    if !places.contains_key(&entry.key) {
                        places.insert(entry.key.clone(), entry.key_location.clone());
                        entries.push(entry);
                    }
                }
            }
            NodeValue::Sequence(sources)
                if source.tag.is_none() && sources.iter().all(|node| node.entries().is_some()) =>
            {
                for node in sources {
                    self.merge(node, entries, places);
                }
            }
            _ => {
                self.error(Code::YamlMerge, "`<<` takes a mapping, or a list of mappings", source.location).hint =
                    Some("write `<<: *name`, with `&name` on a mapping".to_owned());
            }
        }
    }

    fn remember(&mut self, anchor: usize, node: &Node) {
        if anchor != 0 {
            let (nodes, depth) = measure(node);
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, depth });
        }
    }

    fn too_deep(&mut self, place: Location) -> Result<(), Stop> {
        let message = format!("nested more than {MAX_DEPTH} levels deep");
        self.error(Code::YamlSyntax, message, place).hint = Some("flatten the document".to_owned());
        Err(Stop)
    }

    fn error(&mut self, code: Code, message: impl Into<String>, place: Location) -> &mut Diagnostic {
        self.diagnostics.push(Diagnostic::error(code, message).at(Some(place)));
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }
}

/// A tag as the user wrote it; `!` alone means "not resolved", which is a string.
fn custom(tag: &Tag) -> Option<String> {
    let written = tag.original();
    (written != "!").then_some(written)
}

/// The number of nodes of a tree, and its depth in collections.
fn measure(node: &Node) -> (usize, usize) {
    let children: Vec<&Node> = match &node.value {
        NodeValue::Sequence(items) => items.iter().collect(),
        NodeValue::Mapping(entries) => entries.iter().map(|entry| &entry.value).collect(),
        _ => return (1, 0),
    };
    children.into_iter().map(measure).fold((1, 1), |(nodes, depth), (more, below)| (nodes + more, depth.max(below + 1)))
}
