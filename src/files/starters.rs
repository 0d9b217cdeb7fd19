//! The starter templates, embedded so that `demo` and `init` work from any folder.

/// File name and text of every template in `templates/`, sorted by name.
pub static STARTERS: &[(&str, &str)] = &[
    ("cognito-user-pool.yaml", include_str!("../../templates/cognito-user-pool.yaml")),
    ("dynamodb-table.yaml", include_str!("../../templates/dynamodb-table.yaml")),
    ("lambda-with-role.yaml", include_str!("../../templates/lambda-with-role.yaml")),
    ("rds-postgres.yaml", include_str!("../../templates/rds-postgres.yaml")),
    ("s3-bucket.yaml", include_str!("../../templates/s3-bucket.yaml")),
    ("ses-identity.yaml", include_str!("../../templates/ses-identity.yaml")),
    ("sqs-with-dlq.yaml", include_str!("../../templates/sqs-with-dlq.yaml")),
];

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::domain::finding::{Severity, Verdict};
    use crate::domain::policy::{Packs, PolicySet, ScanInput, ScanResource, builtin};
    use crate::files::template::{self, TemplateContext, TemplateInput};
    use crate::schema::{Registry, validate};

    #[test]
    fn every_template_is_embedded() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        let embedded: Vec<&str> = STARTERS.iter().map(|(name, _)| *name).collect();
        assert_eq!(embedded, names);
    }

    /// What the program hands out must itself pass every gate that it puts before others.
    #[test]
    fn every_template_is_valid_and_passes_the_built_in_policies() {
        let policies = PolicySet::compile(builtin::sources()).unwrap().with_packs(Packs::All);
        for (file, text) in STARTERS {
            let input = TemplateInput { file: (*file).to_owned(), text: (*text).to_owned() };
            let loaded = template::load(&[input], &TemplateContext::default()).unwrap();
            for resource in &loaded.resources {
                let violations = validate(&resource.type_name, &resource.properties);
                assert!(violations.is_empty(), "{file}: {violations:?}");
            }
            let report = policies.evaluate(&ScanInput {
                resources: loaded.resources.iter().map(ScanResource::from).collect(),
                ..ScanInput::default()
            });
            assert_eq!(report.verdict(Severity::Low), Verdict::Pass, "{file}: {report:?}");
            assert!(report.unknown.is_empty(), "{file}: {:?}", report.unknown);
        }
    }

    /// Without an environment token a name cannot be promoted.
    #[test]
    fn every_name_carries_the_environment() {
        for (file, text) in STARTERS {
            let input = TemplateInput { file: (*file).to_owned(), text: (*text).to_owned() };
            let loaded = template::load(&[input], &TemplateContext::default()).unwrap();
            for resource in &loaded.resources {
                let name_property = Registry::get(&resource.type_name).and_then(|schema| schema.name_property.as_ref());
                let Some(name) = name_property.and_then(|property| resource.properties[property].as_str()) else {
                    continue;
                };
                let mut tokens = name.split(|character: char| !character.is_ascii_alphanumeric());
                assert!(tokens.any(|token| token == "dev"), "{file}: {name}");
            }
        }
    }
}
