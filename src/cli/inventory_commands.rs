//! `inventory` and its flags.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use crate::domain::inventory::{Condition, FieldPath};

/// `inventory`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct InventoryArgs {
    /// Resource type, such as AWS::S3::Bucket; default: all resources that have or had tags
    #[arg(value_name = "TYPE")]
    pub type_name: Option<String>,
    /// Identifier of one resource of the type
    #[arg(value_name = "ID")]
    pub identifier: Option<String>,
    /// Names or ids of accounts, or all: the accounts of the environments and of `accounts` in the project file
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "all")]
    pub accounts: Vec<String>,
    /// Regions, or all that are enabled by default; default: the Regions of each account in the project file
    #[arg(long, value_name = "REGION", value_delimiter = ',', value_parser = super::global::region_or_all)]
    pub regions: Vec<String>,
    /// Show only resources whose field has this value, with * for any text, or PATH!=VALUE; may be repeated
    #[arg(long = "where", value_name = "PATH=VALUE")]
    pub conditions: Vec<Condition>,
    /// Columns of the table or of CSV: account, account_name, region, type, identifier, arn, tags.KEY or properties
    #[arg(long, value_name = "PATH", value_delimiter = ',')]
    pub columns: Vec<FieldPath>,
    /// Where resources are found: auto (a list of the type, or the tagging API without a type), list, tags (what has or had
    /// tags), resource-explorer (through the default view, or resource-explorer:VIEW) or config:AGGREGATOR
    #[arg(long, value_name = "SOURCE", default_value = "auto")]
    pub source: InventorySourceArg,
    /// How long one call may stay without an answer
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = super::global::duration)]
    pub call_timeout: Duration,
}

/// Where `inventory` finds resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum InventorySourceArg {
    /// A list of the type, or the tagging API without a type.
    #[default]
    Auto,
    /// A list of the type, or of every type.
    List,
    /// The tagging API.
    Tags,
    /// A view of Resource Explorer, by name or ARN; `None` for the default one.
    ResourceExplorer(Option<String>),
    /// An aggregator of AWS Config.
    Config(String),
}

impl FromStr for InventorySourceArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, name) = match text.split_once(':') {
            Some((kind, name)) => (kind, Some(name)),
            None => (text, None),
        };
        match (kind, name) {
            ("auto", None) => Ok(Self::Auto),
            ("list", None) => Ok(Self::List),
            ("tags", None) => Ok(Self::Tags),
            ("resource-explorer", None) => Ok(Self::ResourceExplorer(None)),
            ("resource-explorer", Some(view)) if !view.is_empty() => Ok(Self::ResourceExplorer(Some(view.to_owned()))),
            ("config", Some(name)) if !name.is_empty() => Ok(Self::Config(name.to_owned())),
            ("config", _) => Err("name the aggregator: config:AGGREGATOR".to_owned()),
            _ => Err("use auto, list, tags, resource-explorer, resource-explorer:VIEW or config:AGGREGATOR".to_owned()),
        }
    }
}

impl fmt::Display for InventorySourceArg {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::List => formatter.write_str("list"),
            Self::Tags => formatter.write_str("tags"),
            Self::ResourceExplorer(None) => formatter.write_str("resource-explorer"),
            Self::ResourceExplorer(Some(view)) => write!(formatter, "resource-explorer:{view}"),
            Self::Config(name) => write!(formatter, "config:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_written_as_it_is_read() {
        for text in ["auto", "list", "tags", "resource-explorer", "resource-explorer:all", "config:org"] {
            assert_eq!(text.parse::<InventorySourceArg>().map(|source| source.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "config", "config:", "resource-explorer:", "tags:x", "everything"] {
            assert!(text.parse::<InventorySourceArg>().is_err(), "{text}");
        }
    }
}
