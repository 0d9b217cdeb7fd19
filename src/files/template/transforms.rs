//! The transforms that a template declares.

use crate::files::yaml::Node;

/// The transform that adds loops and further functions.
pub(super) const LANGUAGE_EXTENSIONS: &str = "AWS::LanguageExtensions";

/// The serverless transform (SAM).
pub(super) const SERVERLESS: &str = "AWS::Serverless-2016-10-31";

/// What the `Transform` section names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Transforms {
    pub language_extensions: bool,
    pub serverless: bool,
    /// The names of transforms that cannot be evaluated here; what they would make of the resources is not known.
    pub others: Vec<String>,
    /// True if the section has none at all.
    pub is_empty: bool,
}

impl Transforms {
    /// Reads the section of a document.
    pub(super) fn of(root: &Node) -> Self {
        let Some(section) = root.get("Transform") else { return Self::default() };
        let one = std::slice::from_ref(section);
        let items = section.items().unwrap_or(one);
        let mut found = Self { is_empty: items.is_empty(), ..Self::default() };
        for item in items {
            match item.as_str().or_else(|| item.get("Name")?.as_str()) {
                Some(LANGUAGE_EXTENSIONS) => found.language_extensions = true,
                Some(SERVERLESS) => found.serverless = true,
                Some(name) => found.others.push(name.to_owned()),
                None => found.others.push(item.kind().to_owned()),
            }
        }
        found
    }

    /// True if there are only transforms that add a rotation function to the template.
    pub(super) fn only_adds(&self) -> bool {
        !self.others.is_empty() && self.others.iter().all(|name| name.starts_with("AWS::SecretsManager-"))
    }
}
