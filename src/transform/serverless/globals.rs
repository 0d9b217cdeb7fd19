//! The `Globals` section: properties that all resources of a type share.

use serde_json::{Map, Value};

use crate::domain::symbol::is_intrinsic;

/// The sections, the type that each is for, and the properties that may stand in it.
const SECTIONS: [(&str, &str, &[&str]); 6] = [
    (
        "Function",
        "AWS::Serverless::Function",
        &[
            "Handler",
            "Runtime",
            "CodeUri",
            "DeadLetterQueue",
            "Description",
            "MemorySize",
            "Timeout",
            "VpcConfig",
            "Environment",
            "Tags",
            "PropagateTags",
            "Tracing",
            "KmsKeyArn",
            "AutoPublishAlias",
            "AutoPublishAliasAllProperties",
            "Layers",
            "DeploymentPreference",
            "RolePath",
            "PermissionsBoundary",
            "ReservedConcurrentExecutions",
            "ProvisionedConcurrencyConfig",
            "AssumeRolePolicyDocument",
            "EventInvokeConfig",
            "FileSystemConfigs",
            "CodeSigningConfigArn",
            "Architectures",
            "SnapStart",
            "EphemeralStorage",
            "FunctionUrlConfig",
            "RuntimeManagementConfig",
            "LoggingConfig",
            "RecursiveLoop",
            "SourceKMSKeyArn",
            "TenancyConfig",
            "DurableConfig",
            "CapacityProviderConfig",
            "FunctionScalingConfig",
            "PublishToLatestPublished",
            "VersionDeletionPolicy",
        ],
    ),
    (
        "Api",
        "AWS::Serverless::Api",
        &[
            "Auth",
            "Name",
            "DefinitionUri",
            "CacheClusterEnabled",
            "CacheClusterSize",
            "MergeDefinitions",
            "Variables",
            "EndpointConfiguration",
            "MethodSettings",
            "BinaryMediaTypes",
            "MinimumCompressionSize",
            "Cors",
            "GatewayResponses",
            "AccessLogSetting",
            "CanarySetting",
            "TracingEnabled",
            "OpenApiVersion",
            "Domain",
            "AlwaysDeploy",
            "PropagateTags",
            "SecurityPolicy",
            "EndpointAccessMode",
        ],
    ),
    (
        "HttpApi",
        "AWS::Serverless::HttpApi",
        &[
            "Auth",
            "AccessLogSettings",
            "StageVariables",
            "Tags",
            "CorsConfiguration",
            "DefaultRouteSettings",
            "Domain",
            "RouteSettings",
            "FailOnWarnings",
            "PropagateTags",
        ],
    ),
    ("SimpleTable", "AWS::Serverless::SimpleTable", &["SSESpecification"]),
    ("StateMachine", "AWS::Serverless::StateMachine", &["PropagateTags"]),
    ("LayerVersion", "AWS::Serverless::LayerVersion", &["PublishLambdaVersion"]),
];

/// Sections of types that are not expanded.
const OTHER_SECTIONS: [&str; 4] = ["CapacityProvider", "MicroVMImage", "NetworkConnector", "WebSocketApi"];

/// Maximum size of the text that the section adds to all resources, in bytes.
const MAX_TEXT: usize = 16 << 20;

/// The global properties by type.
#[derive(Debug, Default)]
pub(super) struct Globals {
    by_type: Map<String, Value>,
}

impl Globals {
    /// Reads the section; the problems are pointers into it and what is wrong there.
    pub(super) fn read(section: Option<&Value>) -> (Self, Vec<(String, String)>) {
        let mut globals = Self::default();
        let mut problems = Vec::new();
        let Some(section) = section else { return (globals, problems) };
        let Some(entries) = section.as_object() else {
            problems.push((String::new(), "`Globals` must be a mapping".to_owned()));
            return (globals, problems);
        };
        for (name, value) in entries {
            let at = crate::domain::pointer::join("", name);
            let Some((_, type_name, known)) = SECTIONS.iter().find(|(section, ..)| section == name) else {
                if !OTHER_SECTIONS.contains(&name.as_str()) {
                    problems.push((at, format!("`Globals` has no section `{name}`")));
                }
                continue;
            };
            match value {
                Value::Null => {}
                Value::Object(properties) => {
                    for property in properties.keys().filter(|property| !known.contains(&property.as_str())) {
                        let at = crate::domain::pointer::join(&at, property);
                        problems.push((at, format!("`{property}` cannot be a global property of `{name}`")));
                    }
                    globals.by_type.insert((*type_name).to_owned(), value.clone());
                }
                _ => problems.push((at, format!("the globals of `{name}` must be a mapping"))),
            }
        }
        (globals, problems)
    }

    /// True if the section may be merged into this many resources of a type.
    pub(super) fn fits(&self, type_name: &str, count: usize) -> bool {
        self.by_type.get(type_name).is_none_or(|globals| globals.to_string().len().saturating_mul(count) <= MAX_TEXT)
    }

    /// The properties of a resource with the global ones.
    pub(super) fn merged(&self, type_name: &str, ignored: Option<&Value>, own: &Value) -> Value {
        let Some(globals) = self.by_type.get(type_name) else { return own.clone() };
        let mut globals = globals.clone();
        match ignored {
            Some(Value::String(all)) if all == "*" => return own.clone(),
            Some(Value::Array(names)) => {
                for name in names.iter().filter_map(Value::as_str) {
                    globals.as_object_mut().and_then(|globals| globals.shift_remove(name));
                }
            }
            _ => {}
        }
        let none = Value::Object(Map::new());
        merge(&globals, if own.is_null() { &none } else { own })
    }
}

/// Mappings are merged, lists are joined, and of everything else the resource's own value counts.
fn merge(global: &Value, own: &Value) -> Value {
    match (global, own) {
        (Value::Object(first), Value::Object(second)) if !is_intrinsic(global) && !is_intrinsic(own) => {
            let mut merged = first.clone();
            for (key, value) in second {
                let value = match first.get(key) {
                    Some(global) => merge(global, value),
                    None => value.clone(),
                };
                merged.insert(key.clone(), value);
            }
            Value::Object(merged)
        }
        (Value::Array(first), Value::Array(second)) => first.iter().chain(second).cloned().collect(),
        _ => own.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn own_properties_are_merged_into_global_ones() {
        let section = json!({"Function": {
            "Runtime": "python3.12", "Layers": ["a"], "Timeout": 3, "Tags": {"Ref": "X"},
            "Environment": {"Variables": {"A": 1, "B": 2}},
        }});
        let (globals, problems) = Globals::read(Some(&section));
        assert_eq!(problems, []);
        let own = json!({
            "Timeout": 9, "Layers": ["b"], "Tags": {"own": 1}, "Environment": {"Variables": {"B": 3, "C": 4}},
        });
        let merged = globals.merged("AWS::Serverless::Function", None, &own);
        let expected = json!({
            "Runtime": "python3.12", "Layers": ["a", "b"], "Timeout": 9, "Tags": {"own": 1},
            "Environment": {"Variables": {"A": 1, "B": 3, "C": 4}},
        });
        assert_eq!(merged, expected);
        let ignored = json!(["Layers", "Environment"]);
        let merged = globals.merged("AWS::Serverless::Function", Some(&ignored), &own);
        assert_eq!((&merged["Layers"], &merged["Runtime"]), (&json!(["b"]), &json!("python3.12")));
        assert_eq!(globals.merged("AWS::Serverless::Function", Some(&json!("*")), &own), own);
        assert_eq!(globals.merged("AWS::Serverless::Api", None, &own), own);
        assert!(globals.fits("AWS::Serverless::Function", 100) && !globals.fits("AWS::Serverless::Function", 1 << 20));
    }

    #[test]
    fn what_is_no_global_property_is_a_problem() {
        for (section, expected) in [
            (json!([1]), ""),
            (json!({"Functions": {}}), "/Functions"),
            (json!({"Function": [1]}), "/Function"),
            (json!({"Function": {"Events": {}}}), "/Function/Events"),
        ] {
            let (_, problems) = Globals::read(Some(&section));
            assert_eq!(problems.len(), 1, "{section}");
            assert_eq!(problems[0].0, expected, "{section}");
        }
    }
}
