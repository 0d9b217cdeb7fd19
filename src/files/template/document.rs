//! The structure of one template file: its sections and their entries.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::intrinsics::Pseudo;
use crate::domain::pointer;
use crate::domain::resource::{SkipComment, SourceMap, references_in};
use crate::files::suggestion;
use crate::files::yaml::{Entry, Node, NodeValue};

use super::nested::Nesting;
use super::parameters::Parameter;
use super::raw_resource::{self, RawResource};
use super::transforms::{LANGUAGE_EXTENSIONS, Transforms};
use super::{Problems, TemplateContext, skips};

const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
];

/// Sections that would change the resources in ways that only CloudFormation can compute.
const UNSUPPORTED_SECTIONS: &[(&str, &str)] = &[
    (
        "Globals",
        "it belongs to the transform `AWS::Serverless-2016-10-31`: add `Transform: AWS::Serverless-2016-10-31`",
    ),
    ("Hooks", "remove the section; stagegate creates no stack"),
    (
        "Transform",
        "take the processed template: `aws cloudformation get-template --template-stage Processed`, of a stack that you \
            created from this one",
    ),
];

/// One template file.
pub(super) struct Document {
    pub file: String,
    pub parameters: Vec<Parameter>,
    /// The names of all parameters, including those with an invalid declaration.
    pub parameter_names: Vec<String>,
    /// The `Conditions` section.
    pub conditions: Map<String, Value>,
    /// The `Mappings` section.
    pub mappings: Value,
    /// The locations of the conditions, by pointer into the document.
    pub condition_places: SourceMap,
    pub resources: Vec<RawResource>,
    /// True if a transform adds to the resources or replaces them: names that are not in the text may be made by it.
    pub is_transformed: bool,
    /// True if the template may use the functions of `AWS::LanguageExtensions`.
    pub has_language_extensions: bool,
    /// The entries of the `Outputs` section.
    pub outputs: Map<String, Value>,
    /// What a nested stack is given; `None` for a file of the command line.
    pub nesting: Option<Nesting>,
    /// False if the file has no resources, not even some that cannot be seen here.
    pub has_resources: bool,
}

impl Document {
    /// The names that its resources and conditions refer to.
    pub(super) fn references(&self) -> BTreeSet<String> {
        let properties = self.resources.iter().map(|resource| &resource.properties);
        properties.chain(self.conditions.values()).flat_map(references_in).collect()
    }

    /// What is known of the stack. That of a file that is only read has the name of the file, as with `create`.
    pub(super) fn pseudo(&self, context: &TemplateContext) -> Pseudo {
        let path = std::path::Path::new(&self.file);
        let stem = || {
            let stem = path.file_stem()?.to_str().filter(|stem| *stem != "-")?;
            // `orders.template.yaml` is called `orders`.
            let name = stem.strip_suffix(".template").unwrap_or(stem).chars();
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            Some(name.map(|c| if is_plain(c) { c } else { '-' }).take(128).collect())
        };
        let mut pseudo = context.pseudo.clone();
        if let Some(nesting) = &self.nesting {
            pseudo.stack_name.clone_from(&nesting.stack_name);
            return pseudo;
        }
        if context.for_reading {
            pseudo.stack_name = pseudo.stack_name.or_else(stem);
        }
        pseudo
    }
}

/// True for one resource without sections around it.
pub(super) fn is_bare(root: &Node) -> bool {
    root.get("Resources").is_none() && (root.get("Type").is_some() || root.get("Properties").is_some())
}

/// Reads a file's root; `None` when it is not a template. Without `is_complete`, a transform makes resources that are not known.
pub(super) fn read(
    file: &str,
    root: &Node,
    fallback_id: &str,
    skips: &[SkipComment],
    is_complete: bool,
    problems: &mut Problems,
) -> Option<Document> {
    let Some(entries) = root.entries() else {
        let (code, message) = match root.value {
            NodeValue::Null => (Code::EmptyTemplate, "the file is empty".to_owned()),
            _ => (Code::NotATemplate, format!("the file contains {}, not a template", root.kind())),
        };
        problems.reject(
            Diagnostic::error(code, message)
                .hint("write `Resources:` with at least one resource, or one `Type:` with `Properties:`")
                .at(Some(root.location.clone())),
        );
        return None;
    };
    let transforms = Transforms::of(root);
    let mut document = Document {
        file: file.to_owned(),
        parameters: Vec::new(),
        parameter_names: Vec::new(),
        conditions: Map::new(),
        mappings: Value::Object(Map::new()),
        condition_places: SourceMap::default(),
        resources: Vec::new(),
        is_transformed: !transforms.others.is_empty() || transforms.is_empty || !is_complete,
        has_language_extensions: transforms.language_extensions,
        outputs: Map::new(),
        nesting: None,
        has_resources: true,
    };
    if is_bare(root) {
        let mut bare = raw_resource::read(fallback_id, &root.location, root, "", problems);
        bare.source.skips = skips.to_vec();
        document.resources.push(bare);
        return Some(document);
    }
    check_sections(root, entries, is_complete, problems);
    if let Some(section) = section(root, "Parameters", problems) {
        document.parameter_names = section.iter().map(|entry| entry.key.clone()).collect();
        document.parameters = section.iter().filter_map(|entry| Parameter::read(entry, problems)).collect();
    }
    if let Some(section) = section(root, "Conditions", problems) {
        if let Some(node) = root.get("Conditions") {
            node.for_each_place("/Conditions", &mut |pointer, place| {
                document.condition_places.insert(pointer, place.clone());
            });
        }
        document.conditions = section.iter().map(|entry| (entry.key.clone(), entry.value.to_value())).collect();
    }
    if section(root, "Mappings", problems).is_some() {
        document.mappings = root.get("Mappings").map(Node::to_value).unwrap_or_default();
    }
    if let Some(Value::Object(outputs)) = root.get("Outputs").map(Node::to_value) {
        document.outputs = outputs;
    }
    let entries = section(root, "Resources", problems).unwrap_or_default();
    document.has_resources = !entries.is_empty() || !is_complete;
    if !document.has_resources {
        problems.reject_file(file);
    }
    for (position, entry) in entries.iter().enumerate() {
        let at = pointer::join("/Resources", &entry.key);
        if document.parameter_names.contains(&entry.key) {
            let message = format!("`{}` is a parameter and a resource", entry.key);
            let hint = "rename one of the two: a name refers to one of them";
            let error = Diagnostic::error(Code::DuplicateLogicalId, message).hint(hint);
            problems.add(error.at(Some(entry.key_location.clone())).pointer(&at).resource(&entry.key));
        }
        if check_logical_id(entry, &at, problems) {
            let mut raw = raw_resource::read(&entry.key, &entry.key_location, &entry.value, &at, problems);
            raw.source.skips = skips::of(skips, entries, position);
            document.resources.push(raw);
        }
    }
    Some(document)
}

fn check_sections(root: &Node, entries: &[Entry], is_complete: bool, problems: &mut Problems) {
    let mut meant_resources = false;
    for entry in entries {
        let at = pointer::join("", &entry.key);
        let place = Some(entry.key_location.clone());
        let transforms = Transforms::of(root);
        if entry.key == "Transform" && transforms.others.is_empty() && !transforms.is_empty {
            continue;
        }
        if entry.key == "Transform" && transforms.only_adds() {
            problems.add(
                Diagnostic::error(Code::UnsupportedTransform, "the Secrets Manager transform is not supported")
                    .hint("use your own rotation function, or remove the transform and HostedRotationLambda")
                    .at(place)
                    .pointer(at),
            );
        } else if let Some((name, hint)) = UNSUPPORTED_SECTIONS.iter().find(|(name, _)| *name == entry.key) {
            // Of the transforms, those that are not evaluated here.
            let others = transforms.others.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let which =
                if entry.key == "Transform" && !others.is_empty() { format!(": {others}") } else { String::new() };
            problems.add(
                Diagnostic::error(Code::UnsupportedSection, format!("`{name}` is not supported{which}"))
                    .hint(*hint)
                    .at(place)
                    .pointer(at),
            );
        } else if !SECTIONS.contains(&entry.key.as_str()) {
            meant_resources |= suggestion::closest(&entry.key, SECTIONS.iter().copied()) == Some("Resources");
            problems.add(
                Diagnostic::error(Code::UnknownSection, format!("unknown template section `{}`", entry.key))
                    .hint(suggestion::hint(&entry.key, SECTIONS.iter().copied()))
                    .at(place)
                    .pointer(at),
            );
        }
    }
    let resources = entries.iter().find(|entry| entry.key == "Resources");
    let is_empty = resources.is_none_or(|entry| match &entry.value.value {
        NodeValue::Null => true,
        NodeValue::Mapping(resources) => resources.is_empty(),
        _ => false,
    });
    if is_empty && is_complete && !meant_resources {
        let place = resources.or(entries.first()).map_or(&root.location, |entry| &entry.key_location);
        problems.reject(
            Diagnostic::error(Code::NoResources, "the template has no resources")
                .hint("write `Resources:` with at least one `Name: {Type: …, Properties: {…}}`")
                .at(Some(place.clone())),
        );
    }
}

/// The entries of a section that must be a mapping; an empty one counts as missing.
fn section<'a>(root: &'a Node, name: &str, problems: &mut Problems) -> Option<&'a [Entry]> {
    let entry = root.entry(name)?;
    if entry.value.entries().is_none() && !entry.value.is_null() {
        problems.add(
            Diagnostic::error(Code::NotAMapping, format!("`{name}` must be a mapping, not {}", entry.value.kind()))
                .hint("write one `Name:` per line below it, indented")
                .at(Some(entry.key_location.clone()))
                .pointer(pointer::join("", name)),
        );
    }
    entry.value.entries()
}

/// Returns true if an entry of `Resources` is a resource, even one with an invalid name.
fn check_logical_id(entry: &Entry, at: &str, problems: &mut Problems) -> bool {
    let place = Some(entry.key_location.clone());
    if entry.key.starts_with("Fn::ForEach") {
        let message = format!("`{}` needs the transform `{LANGUAGE_EXTENSIONS}`", entry.key);
        let hint = format!("add `Transform: {LANGUAGE_EXTENSIONS}` to the template");
        problems.add(Diagnostic::error(Code::MissingTransform, message).hint(hint).at(place).pointer(at));
        return false;
    }
    if entry.key == "Fn::Transform" {
        problems.add(
            Diagnostic::error(Code::UnsupportedFunction, format!("`{}` is not supported", entry.key))
                .hint("write the resources out, or expand the template first")
                .at(place)
                .pointer(at),
        );
        return false;
    }
    let is_valid = !entry.key.is_empty() && entry.key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_valid {
        problems.add(
            Diagnostic::error(Code::InvalidLogicalId, format!("`{}` is not a valid logical id", entry.key))
                .hint("use letters and digits only")
                .at(place)
                .pointer(at)
                .resource(&entry.key),
        );
    }
    true
}

/// All resources of all documents by logical id.
pub(super) fn by_logical_id<'d>(
    documents: impl IntoIterator<Item = &'d Document>,
) -> BTreeMap<&'d str, &'d RawResource> {
    documents
        .into_iter()
        .flat_map(|document| &document.resources)
        .map(|resource| (resource.logical_id.as_str(), resource))
        .collect()
}
