//! Defaults that services add, as data: `defaults.json` contains, by type and by
//! path into the model, the members that a read returns although they were not set. Taken from
//! AWS responses; `*` matches every item of an array.

use std::sync::OnceLock;

use serde_json::{Map, Value};

/// Adds missing members to a model, parents before children.
pub(super) fn fill(type_name: &str, model: &mut Map<String, Value>) {
    static TABLE: OnceLock<Value> = OnceLock::new();
    let table = TABLE.get_or_init(|| serde_json::from_str(include_str!("defaults.json")).unwrap_or_default());
    let Some(by_path) = table.get(type_name).and_then(Value::as_object) else {
        return;
    };
    for (path, members) in by_path {
        let Some(members) = members.as_object() else {
            continue;
        };
        if path.is_empty() {
            add(model, members);
        } else {
            let tokens: Vec<&str> = path.split('/').skip(1).collect();
            if let Some(child) = tokens.first().and_then(|head| model.get_mut(*head)) {
                descend(child, &tokens[1..], members);
            }
        }
    }
}

fn descend(value: &mut Value, path: &[&str], members: &Map<String, Value>) {
    match (value, path.split_first()) {
        (Value::Object(object), None) => add(object, members),
        (Value::Array(items), Some((&"*", rest))) => {
            items.iter_mut().for_each(|item| descend(item, rest, members));
        }
        (Value::Object(object), Some((head, rest))) => {
            if let Some(child) = object.get_mut(*head) {
                descend(child, rest, members);
            }
        }
        _ => {}
    }
}

fn add(object: &mut Map<String, Value>, members: &Map<String, Value>) {
    for (name, value) in members {
        if object.get(name).is_none_or(Value::is_null) {
            object.insert(name.clone(), value.clone());
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::schema::Registry;
    use serde_json::json;

    #[test]
    fn the_table_names_known_types_and_properties() {
        let table: Value = serde_json::from_str(include_str!("defaults.json")).unwrap();
        for (type_name, by_path) in table.as_object().unwrap() {
            let schema = Registry::embedded().get(type_name).unwrap_or_else(|| panic!("{type_name}"));
            for (path, members) in by_path.as_object().unwrap() {
                let heads: Vec<&str> = match path.split('/').nth(1) {
                    Some(head) => vec![head],
                    None => members.as_object().unwrap().keys().map(String::as_str).collect(),
                };
                for head in heads {
                    assert!(schema.properties.iter().any(|name| name == head), "{type_name} {head}");
                }
            }
        }
    }

    #[test]
    fn given_values_stay_and_items_are_completed() {
        let mut model = json!({
            "ContainerDefinitions": [{"Name": "app", "Cpu": 10}], "Volumes": [{"Name": "v"}],
        });
        fill("AWS::ECS::TaskDefinition", model.as_object_mut().unwrap());
        assert_eq!(model["ContainerDefinitions"][0]["Cpu"], 10);
        assert_eq!(model["ContainerDefinitions"][0]["Links"], json!([]));
        assert_eq!(model["Volumes"], json!([{"Name": "v"}]));
        assert_eq!(model["PlacementConstraints"], json!([]));
    }

    #[test]
    fn an_unlisted_type_is_left_alone() {
        let mut model = Map::new();
        fill("AWS::No::Such", &mut model);
        assert!(model.is_empty());
    }
}
