//! Fields of a resource by path, and conditions on them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::InventoryRow;
use crate::domain::wildcard;

/// A field of a row: `account`, `account_name`, `region`, `type`, `identifier`, `arn`, `tags.KEY`, or a property such as
/// `VersioningConfiguration.Status`. A path leads through every item of a list, or, with a number, through one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPath(String);

/// The text is no field or condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidField(String);

/// Maximum number of names in a path.
const MAX_NAMES: usize = 32;

impl FieldPath {
    /// The columns of a table, unless others are chosen.
    pub fn default_columns() -> Vec<Self> {
        ["account_name", "region", "type", "identifier"].map(|name| Self(name.to_owned())).to_vec()
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True if the field is only known after a resource was read.
    pub fn needs_read(&self) -> bool {
        !["account", "account_name", "region", "type", "identifier"].contains(&self.0.as_str())
    }

    /// The values of the field in a row: none if it does not exist, several if the path leads through lists.
    pub fn values<'r>(&self, row: &'r InventoryRow) -> Vec<Cow<'r, Value>> {
        let text = |text: Option<&str>| text.map(|text| Cow::Owned(Value::from(text))).into_iter().collect();
        match self.0.as_str() {
            "account" => text(Some(row.account.as_str())),
            "account_name" => text(Some(&row.account_name)),
            "region" => text(row.region.as_deref()),
            "type" => text(row.type_name.as_deref()),
            "identifier" => text(Some(&row.identifier)),
            "arn" => text(row.arn.as_deref()),
            path => match path.strip_prefix("tags.") {
                // A key may contain dots.
                Some(key) => text(row.tags.as_ref().and_then(|tags| tags.get(key)).map(String::as_str)),
                None => {
                    let path = path.strip_prefix("properties.").unwrap_or(path);
                    let names: Vec<&str> = path.split('.').collect();
                    let mut found = Vec::new();
                    if let Some(properties) = &row.properties {
                        collect(properties, &names, &mut found);
                    }
                    found.into_iter().map(Cow::Borrowed).collect()
                }
            },
        }
    }

    /// The values as one text, for a table.
    pub fn text(&self, row: &InventoryRow) -> String {
        self.values(row).iter().map(|value| plain(value)).collect::<Vec<_>>().join(", ")
    }
}

fn collect<'v>(value: &'v Value, names: &[&str], found: &mut Vec<&'v Value>) {
    let Some((name, rest)) = names.split_first() else {
        match value {
            Value::Null => {}
            value => found.push(value),
        }
        return;
    };
    match value {
        Value::Object(map) => {
            if let Some(child) = map.get(*name) {
                collect(child, rest, found);
            }
        }
        Value::Array(items) => match name.parse::<usize>() {
            Ok(index) => {
                if let Some(child) = items.get(index) {
                    collect(child, rest, found);
                }
            }
            Err(_) => items.iter().for_each(|item| collect(item, names, found)),
        },
        _ => {}
    }
}

/// A scalar as its text, anything else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl FromStr for FieldPath {
    type Err = InvalidField;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = text.split('.').count();
        let is_empty = match text.strip_prefix("tags.") {
            Some(key) => key.is_empty(),
            None => text.split('.').any(str::is_empty),
        };
        if is_empty || names > MAX_NAMES {
            return Err(InvalidField(format!(
                "`{text}` is not a field; use account, region, type, identifier, arn, tags.KEY or a property such as A.B"
            )));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// A condition that a resource must meet: `PATH=VALUE` or `PATH!=VALUE`, in which `*` stands for any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    field: FieldPath,
    is_negated: bool,
    pattern: String,
}

impl Condition {
    /// The field.
    pub fn field(&self) -> &FieldPath {
        &self.field
    }

    /// True if a row meets the condition. A field that does not exist equals nothing.
    pub fn holds(&self, row: &InventoryRow) -> bool {
        let matches = |value: &Cow<'_, Value>| wildcard::matches_star(&self.pattern, &plain(value));
        self.field.values(row).iter().any(matches) != self.is_negated
    }
}

impl FromStr for Condition {
    type Err = InvalidField;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((path, pattern)) = text.split_once('=') else {
            return Err(InvalidField(format!("`{text}` is not a condition; use PATH=VALUE or PATH!=VALUE")));
        };
        let (path, is_negated) = path.strip_suffix('!').map_or((path, false), |path| (path, true));
        Ok(Self { field: path.parse()?, is_negated, pattern: pattern.to_owned() })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}={}", self.field, if self.is_negated { "!" } else { "" }, self.pattern)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::project::AccountId;
    use crate::domain::tags::Tags;

    fn row() -> InventoryRow {
        InventoryRow {
            account_name: "Security".to_owned(),
            account: AccountId::parse("333333333333").unwrap(),
            region: Some("eu-west-1".to_owned()),
            type_name: Some("AWS::S3::Bucket".to_owned()),
            identifier: "logs".to_owned(),
            arn: None,
            properties: Some(json!({
                "VersioningConfiguration": {"Status": "Enabled"},
                "Rules": [{"Id": "a", "Days": 7}, {"Id": "b", "Days": 30}],
                "Public": false,
            })),
            tags: Some(Tags::from([("app.kubernetes.io/name".to_owned(), "web".to_owned())])),
        }
    }

    fn text(path: &str) -> String {
        path.parse::<FieldPath>().unwrap().text(&row())
    }

    #[test]
    fn a_path_leads_through_objects_and_lists() {
        assert_eq!(text("account"), "333333333333");
        assert_eq!(text("VersioningConfiguration.Status"), "Enabled");
        assert_eq!(text("properties.VersioningConfiguration.Status"), "Enabled");
        assert_eq!(text("Rules.Days"), "7, 30");
        assert_eq!(text("Rules.1.Id"), "b");
        assert_eq!(text("Public"), "false");
        assert_eq!(text("VersioningConfiguration"), "{\"Status\":\"Enabled\"}");
        assert_eq!(text("tags.app.kubernetes.io/name"), "web");
        assert_eq!((text("arn"), text("Rules.9.Id"), text("Nothing.At.All")), Default::default());
    }

    #[test]
    fn a_condition_compares_texts() {
        let holds = |condition: &str| condition.parse::<Condition>().unwrap().holds(&row());
        for condition in [
            "VersioningConfiguration.Status=Enabled",
            "region=eu-*",
            "Rules.Days=30",
            "Rules.Days!=31",
            "Public=false",
            "Missing!=x",
            "tags.app.kubernetes.io/name=w*",
        ] {
            assert!(holds(condition), "{condition}");
        }
        for condition in ["VersioningConfiguration.Status=enabled", "Missing=*", "Missing=", "Rules.Days!=30"] {
            assert!(!holds(condition), "{condition}");
        }
    }

    #[test]
    fn fields_and_conditions_are_written_as_they_are_read() {
        for condition in ["A.B=c=d", "A!=", "tags.a.b=*"] {
            assert_eq!(condition.parse::<Condition>().unwrap().to_string(), condition);
        }
        for wrong in ["", "A", "A..B=c", ".A=c", "=c", "tags.=x"] {
            assert!(wrong.parse::<Condition>().is_err(), "{wrong}");
        }
        assert!("a.".repeat(40).parse::<FieldPath>().is_err());
        let needs = |path: &str| path.parse::<FieldPath>().unwrap().needs_read();
        assert!(needs("arn") && needs("tags.a") && needs("A") && !needs("region") && !needs("type"));
    }
}
