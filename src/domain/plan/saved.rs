//! A plan saved for review and for a later `apply`, in another folder or on another machine. It has no secrets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::PlanDocument;
use crate::domain::digest::sha256_hex;

/// The name of the format.
const NAME: &str = "stagegate.saved-plan";
/// The version of the format. A reader refuses every other one.
const VERSION: &str = "0.1";

/// A saved plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// The format.
    pub schema: SavedSchema,
    /// The plan. Sensitive values are hidden.
    pub plan: PlanDocument,
    /// The digest of the plan, for `apply --approve`.
    pub digest: String,
    /// What the plan was made of: `apply` makes it again, and refuses any difference.
    pub request: SavedRequest,
}

/// The name and version of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedSchema {
    /// The name, such as `stagegate.saved-plan`.
    pub name: String,
    /// The version, such as `0.1`.
    pub version: String,
}

impl SavedSchema {
    /// Checks that a text is a document of a format, in the version that is read.
    ///
    /// # Errors
    /// It is not: the reason. `what` names the document, with its article.
    pub fn require(text: &str, (name, version): (&str, &str), what: &str) -> Result<(), String> {
        /// The format alone: other versions may have other fields.
        #[derive(Deserialize)]
        struct Versioned {
            schema: SavedSchema,
        }
        let Versioned { schema } = serde_json::from_str(text).map_err(|error| format!("it is not {what} ({error})"))?;
        if schema.name != name {
            return Err(format!("it is a `{}` document, not {what}", schema.name));
        }
        if schema.version != version {
            return Err(format!(
                "it has version {} of the format, and this version of stagegate reads {version}",
                schema.version
            ));
        }
        Ok(())
    }
}

/// The command that made the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SavedRequest {
    /// `create`.
    Create(SavedCreate),
    /// `update`.
    Update(SavedUpdate),
    /// `delete`.
    Delete(SavedDelete),
    /// `promote`.
    Promote(SavedPromote),
    /// `tag-audit --fix`.
    TagFix(SavedTagFix),
}

/// The arguments of `create`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedCreate {
    /// The environment.
    pub environment: String,
    /// The name of the stack.
    pub stack_name: String,
    /// Whether changes made in the account are left as they are.
    pub keep_live: bool,
    /// The templates, in order.
    pub templates: Vec<SavedFile>,
    /// The template parameters that were given.
    pub parameters: Vec<SavedValue>,
    /// The overridden properties, in order.
    pub sets: Vec<SavedValue>,
    /// The exports of other stacks that were given.
    #[serde(default)]
    pub imports: Vec<SavedValue>,
    /// What expands serverless resources.
    #[serde(default)]
    pub transform: String,
    /// Additional tags.
    pub tags: Vec<SavedValue>,
    /// The value of the Purpose tag.
    pub purpose: Option<String>,
}

/// The arguments of `update`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedUpdate {
    /// The resource.
    pub resource: SavedResource,
    /// The environment.
    pub environment: String,
    /// The files with properties.
    pub files: Vec<SavedFile>,
    /// The files with JSON Patches.
    pub patches: Vec<SavedFile>,
    /// The properties that were set, in order.
    pub sets: Vec<SavedValue>,
    /// Whether a resource in a protected environment may be replaced.
    pub allow_replace: bool,
}

/// The arguments of `delete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedDelete {
    /// The resource.
    pub resource: SavedResource,
    /// The environment.
    pub environment: String,
}

fn auto() -> String {
    "auto".to_owned()
}

/// The arguments of `tag-audit --fix`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedTagFix {
    /// The environment, or `all`.
    pub environment: String,
    /// The types; empty for all.
    pub types: Vec<String>,
    /// The identifiers; empty for all.
    pub identifiers: Vec<String>,
    /// Where resources without tags are found, as `--source` has it.
    #[serde(default = "auto")]
    pub source: String,
    /// How long a resource may wait for its promotion, in seconds.
    pub stuck_after_seconds: Option<u64>,
    /// Whether the resources are taken over.
    pub adopt: bool,
    /// Whether claims that the other environment does not confirm are withdrawn.
    pub unlink: bool,
    /// The values that were given.
    pub tags: Vec<SavedValue>,
}

/// The arguments of `promote`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedPromote {
    /// The environment promoted from.
    pub from: String,
    /// The environment promoted to.
    pub to: String,
    /// The resources to promote.
    pub selection: SavedSelection,
    /// Whether the resources that they refer to are promoted as well.
    pub with_dependencies: bool,
    /// Whether the resources in the environment promoted from are changed instead.
    #[serde(default)]
    pub pull: bool,
    /// The values of write-only properties that were given.
    pub inputs: Vec<SavedInput>,
    /// The names that were chosen, by `TYPE/ID`.
    pub names: Vec<SavedValue>,
    /// Additional tags.
    pub tags: Vec<SavedValue>,
    /// Whether resources in the protected environment may be replaced.
    pub allow_replace: bool,
    /// Whether the promotion is complete without resources that stay behind.
    #[serde(default)]
    pub leave_behind: bool,
}

/// The resources to promote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SavedSelection {
    /// These.
    Resources(Vec<SavedResource>),
    /// All managed resources that are not promoted, or have changed since.
    All,
    /// The same, and these.
    AllAnd(Vec<SavedResource>),
    /// All managed resources with a tag.
    Tag(SavedValue),
}

/// A live resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedResource {
    /// CloudFormation type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The identifier.
    pub identifier: String,
}

/// A named value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedValue {
    /// The name.
    pub name: String,
    /// The value; `null` if it is sensitive and must be given to `apply` again.
    pub value: Option<String>,
}

/// The value of a write-only property.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedInput {
    /// The resource: `TYPE/ID`, or a logical id.
    pub resource: String,
    /// JSON pointer of the property.
    pub pointer: String,
    /// The value; `null` if it is sensitive, or in a file.
    pub value: Option<Value>,
    /// The file with the value.
    pub file: Option<SavedFile>,
}

/// A file that the plan was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedFile {
    /// The path as it was given; `-` is standard input.
    pub path: String,
    /// The SHA-256 of its text.
    pub sha256: String,
    /// The text; `null` if it contains a sensitive value: `apply` then reads the file again.
    pub text: Option<String>,
}

impl SavedPlan {
    /// A plan with the request that it was made of.
    pub fn new(plan: PlanDocument, request: SavedRequest) -> Self {
        let digest = plan.digest();
        let schema = SavedSchema { name: NAME.to_owned(), version: VERSION.to_owned() };
        Self { schema, plan, digest, request }
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// Parses the text of the file.
    ///
    /// # Errors
    /// The text is not a saved plan, is one of another version, or was edited: the reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        SavedSchema::require(text, (NAME, VERSION), "a saved plan")?;
        let saved: Self = serde_json::from_str(text).map_err(|error| format!("it is not complete ({error})"))?;
        // As `PlanDocument::parse` does.
        if saved.plan.version != super::DOCUMENT_VERSION {
            return Err(format!("its plan has version {}", saved.plan.version));
        }
        if saved.plan.digest() != saved.digest {
            return Err("it was edited: the plan in it does not have the digest in it".to_owned());
        }
        if let Some(file) = saved.request.files().find(|file| !file.is_consistent()) {
            return Err(format!("it was edited: the text of `{}` does not have the sha256 beside it", file.path));
        }
        Ok(saved)
    }
}

impl SavedRequest {
    /// The files that the plan was made of.
    pub fn files(&self) -> impl Iterator<Item = &SavedFile> {
        let files: Vec<&SavedFile> = match self {
            Self::Create(create) => create.templates.iter().collect(),
            Self::Update(update) => update.files.iter().chain(&update.patches).collect(),
            Self::Delete(_) | Self::TagFix(_) => Vec::new(),
            Self::Promote(promote) => promote.inputs.iter().filter_map(|input| input.file.as_ref()).collect(),
        };
        files.into_iter()
    }
}

impl SavedFile {
    /// A file with its text, which is kept only if it `may_be_stored`.
    pub fn new(path: &str, text: &str, may_be_stored: bool) -> Self {
        let stored = may_be_stored.then(|| text.to_owned());
        Self { path: path.to_owned(), sha256: sha256_hex(text.as_bytes()), text: stored }
    }

    /// True for the text from which the plan was made.
    pub fn matches(&self, text: &str) -> bool {
        sha256_hex(text.as_bytes()) == self.sha256
    }

    fn is_consistent(&self) -> bool {
        self.text.as_ref().is_none_or(|text| self.matches(text))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn saved() -> SavedPlan {
        let plan = crate::domain::plan::tests::creating("AWS::SQS::Queue", json!({"QueueName": "jobs", "Delay": 1.50}));
        let request = SavedRequest::Create(SavedCreate {
            environment: "dev".to_owned(),
            stack_name: "jobs".to_owned(),
            keep_live: false,
            templates: vec![SavedFile::new("jobs.yaml", "Type: AWS::SQS::Queue\n", true)],
            parameters: vec![SavedValue { name: "Password".to_owned(), value: None }],
            sets: Vec::new(),
            imports: Vec::new(),
            transform: "builtin".to_owned(),
            tags: Vec::new(),
            purpose: None,
        });
        SavedPlan::new(plan.document(), request)
    }

    #[test]
    fn a_saved_plan_survives_a_round_trip() {
        assert_eq!(SavedPlan::parse(&saved().to_text()).unwrap(), saved());
    }

    #[test]
    fn what_is_not_a_saved_plan_of_this_version_is_refused_with_the_reason() {
        let good = saved().to_text();
        let reason = |text: &str| SavedPlan::parse(text).unwrap_err();
        assert!(reason("").contains("not a saved plan"));
        assert!(reason("[]").contains("not a saved plan"));
        assert!(reason(&good.replacen("stagegate.saved-plan", "stagegate.create", 1)).contains("`stagegate.create`"));
        assert!(reason(&good.replacen("\"0.1\"", "\"7.0\"", 1)).contains("version 7.0"));
        assert!(reason(&good.replacen("\"keep_live\"", "\"keep\"", 1)).contains("not complete"));
        assert!(reason(&good.replacen("\"jobs\"", "\"jobz\"", 1)).contains("edited"));
        assert!(reason(&good.replacen("Type: AWS", "Type: Aws", 1)).contains("jobs.yaml"));
        assert!(reason(&good[..good.len() / 2]).contains("not a saved plan"));
    }

    proptest::proptest! {
        #[test]
        fn no_edit_of_the_plan_keeps_the_digest(at in 0usize..4000, byte in b'0'..=b'9') {
            let good = saved();
            let mut text = serde_json::to_string(&good.plan).unwrap().into_bytes();
            let at = at % text.len();
            text[at] = byte;
            let plan: Option<PlanDocument> = String::from_utf8(text).ok().and_then(|text| serde_json::from_str(&text).ok());
            if let Some(plan) = plan && plan != good.plan {
                let edited = SavedPlan { plan, ..good };
                proptest::prop_assert!(SavedPlan::parse(&edited.to_text()).is_err());
            }
        }
    }
}
