//! The starter templates, embedded so that `demo` and `init` work from any folder.

/// File name and text of every template in `templates/`, sorted by name.
pub static STARTERS: &[(&str, &str)] = &[
    ("billing-alarms.yaml", include_str!("../../templates/billing-alarms.yaml")),
    ("cloudfront-private-bucket.yaml", include_str!("../../templates/cloudfront-private-bucket.yaml")),
    ("cognito-user-pool.yaml", include_str!("../../templates/cognito-user-pool.yaml")),
    ("dynamodb-table.yaml", include_str!("../../templates/dynamodb-table.yaml")),
    ("dynamodb-with-alarms.yaml", include_str!("../../templates/dynamodb-with-alarms.yaml")),
    ("ecs-fargate-oidc.yaml", include_str!("../../templates/ecs-fargate-oidc.yaml")),
    ("http-api.yaml", include_str!("../../templates/http-api.yaml")),
    ("iam-least-privilege.yaml", include_str!("../../templates/iam-least-privilege.yaml")),
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
    use crate::domain::finding::{ScanReport, Severity, Verdict};
    use crate::domain::project::Project;
    use crate::domain::resource::DesiredResource;
    use crate::files::config;
    use crate::files::template::{self, TemplateContext, TemplateInput};
    use crate::policy::{CORE_PACK, Packs, PolicySet, ScanInput, ScanResource, builtin, suppress};
    use crate::schema::Registry;

    #[test]
    fn every_template_is_embedded() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        let embedded: Vec<&str> = STARTERS.iter().map(|(name, _)| *name).collect();
        assert_eq!(embedded, names);
    }

    fn resources(file: &str, text: &str) -> Vec<DesiredResource> {
        let input = TemplateInput { file: file.to_owned(), text: text.to_owned() };
        template::load(&[input], &TemplateContext::default()).unwrap().resources
    }

    fn scan(resources: &[DesiredResource], project: &Project, packs: Packs) -> ScanReport {
        let policies = PolicySet::compile(builtin::sources()).unwrap().with_packs(packs);
        let resources = resources.iter().map(ScanResource::from).collect();
        let input = ScanInput { resources, project: Some(project.into()), ..ScanInput::default() };
        let mut report = policies.evaluate(&input);
        let remarks = suppress(&mut report, &input.resources, &policies);
        assert!(remarks.is_empty(), "{remarks:?}");
        report
    }

    /// The shipped templates must pass every gate.
    #[test]
    fn every_template_is_valid_and_passes_the_built_in_policies() {
        for (file, text) in STARTERS {
            let resources = resources(file, text);
            for resource in &resources {
                let violations = Registry::embedded().validate(&resource.type_name, &resource.properties);
                assert!(violations.is_empty(), "{file}: {violations:?}");
            }
            let core = scan(&resources, &Project::sandbox(), Packs::core());
            assert_eq!(core.verdict(Severity::Low), Verdict::Pass, "{file}: {:?}", core.findings);
            assert!(core.unknown.is_empty(), "{file}: {:?}", core.unknown);
            let all = scan(&resources, &Project::sandbox(), Packs::All);
            assert_eq!(all.verdict(Severity::Medium), Verdict::Pass, "{file}: {:?}", all.findings);
        }
    }

    /// `scan -f templates` must work: it is the first command that new users try.
    #[test]
    fn all_templates_are_one_folder() {
        let input = |(file, text): &(&str, &str)| TemplateInput { file: (*file).to_owned(), text: (*text).to_owned() };
        let inputs: Vec<TemplateInput> = STARTERS.iter().map(input).collect();
        let resources = template::load(&inputs, &TemplateContext::default()).unwrap().resources;
        assert_eq!(scan(&resources, &Project::sandbox(), Packs::All).verdict(Severity::Medium), Verdict::Pass);
    }

    /// Conversely, one violation of each core check is found, and nothing else.
    #[test]
    fn a_template_with_everything_wrong_yields_every_core_check_once() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let project = config::parse("stagegate.yaml", &read("stagegate.yaml")).unwrap();
        let resources = resources("bad.yaml", &read("bad.yaml"));
        for resource in &resources {
            let violations = Registry::embedded().validate(&resource.type_name, &resource.properties);
            assert!(violations.is_empty(), "{}: {violations:?}", resource.logical_id);
        }
        let report = scan(&resources, &project, Packs::core());
        assert!(report.unknown.is_empty(), "{:?}", report.unknown);
        assert!(report.engines.iter().all(|engine| engine.failures.is_empty()), "{:?}", report.engines);
        let mut found: Vec<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
        found.sort_unstable();
        // Two rules with the same priority are both violations.
        let twice = found.iter().position(|id| *id == "alb-rule-priority-unique").unwrap();
        found.remove(twice);
        let policies = PolicySet::compile(builtin::sources()).unwrap();
        let core: Vec<&str> =
            policies.list().filter(|policy| policy.pack == CORE_PACK).map(|policy| policy.id.as_str()).collect();
        assert_eq!(found, core);
        assert!(report.findings.iter().all(|finding| finding.location.is_some()));
    }

    /// Without an environment token a name cannot be promoted. A child, such as an API's stage, is
    /// distinguished by its parent.
    #[test]
    fn every_name_carries_the_environment() {
        for (file, text) in STARTERS {
            for resource in &resources(file, text) {
                let schema =
                    Registry::embedded().get(&resource.type_name).filter(|schema| schema.primary_identifier.len() == 1);
                let name_property = schema.and_then(|schema| schema.name_property.as_ref());
                let Some(name) = name_property.and_then(|property| resource.properties[property].as_str()) else {
                    continue;
                };
                let mut tokens = name.split(|character: char| !character.is_ascii_alphanumeric());
                assert!(tokens.any(|token| token == "dev"), "{file}: {name}");
            }
        }
    }
}
