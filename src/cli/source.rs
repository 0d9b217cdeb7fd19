//! The value of `--source`.

use std::fmt;
use std::str::FromStr;

/// Where `tag-audit` finds resources that never had a tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum UntaggedSource {
    /// Resource Explorer where it is set up, and a listing of every type that it does not cover.
    #[default]
    Auto,
    /// A listing of every type.
    List,
    /// A view of Resource Explorer, by name or ARN; `None` for the default one.
    ResourceExplorer(Option<String>),
    /// An aggregator of AWS Config.
    Config(String),
}

impl FromStr for UntaggedSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, name) = match text.split_once(':') {
            Some((kind, name)) => (kind, Some(name)),
            None => (text, None),
        };
        match (kind, name) {
            ("auto", None) => Ok(Self::Auto),
            ("list", None) => Ok(Self::List),
            ("resource-explorer", None) => Ok(Self::ResourceExplorer(None)),
            ("resource-explorer", Some(view)) if !view.is_empty() => Ok(Self::ResourceExplorer(Some(view.to_owned()))),
            ("config", Some(name)) if !name.is_empty() => Ok(Self::Config(name.to_owned())),
            ("config", _) => Err("name the aggregator: config:AGGREGATOR".to_owned()),
            _ => Err("use auto, list, resource-explorer, resource-explorer:VIEW or config:AGGREGATOR".to_owned()),
        }
    }
}

impl fmt::Display for UntaggedSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::List => formatter.write_str("list"),
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
        let view = "resource-explorer:arn:aws:resource-explorer-2:us-east-1:111111111111:view/all/1";
        for text in ["auto", "list", "resource-explorer", "resource-explorer:all", view, "config:org"] {
            assert_eq!(text.parse::<UntaggedSource>().map(|source| source.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "config", "config:", "resource-explorer:", "list:x", "tags"] {
            assert!(text.parse::<UntaggedSource>().is_err(), "{text}");
        }
    }
}
