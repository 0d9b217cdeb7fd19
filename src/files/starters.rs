//! The starter templates, embedded so that `demo`, `templates` and `init` work from any folder.

use crate::domain::project::Project;

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

/// A starter template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Starter {
    file: &'static str,
    text: &'static str,
}

/// The names of a project that take the place of the sandbox's in a starter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StarterNames {
    /// The first part of resource names. Buckets allow lower-case letters, digits and `-` only.
    project: String,
    /// The environment as a part of names.
    environment: String,
    account: String,
    region: String,
}

impl StarterNames {
    /// Returns the names that a project gives to the resources of its first unprotected environment.
    pub fn of(project: &Project) -> Self {
        let environments = &project.environments;
        let environment = environments.iter().find(|one| !one.protected).or_else(|| environments.first());
        let lower: String = project
            .name
            .chars()
            .map(|one| if one.is_ascii_alphanumeric() { one.to_ascii_lowercase() } else { '-' })
            .collect();
        let name = lower.trim_matches('-');
        let token = environment.map(|environment| {
            let tokens = project.naming.environment_tokens.get(&environment.name);
            let token = tokens.and_then(|tokens| tokens.first()).unwrap_or(&environment.name);
            token.to_ascii_lowercase()
        });
        Self {
            project: if name.is_empty() { "project".to_owned() } else { name.to_owned() },
            environment: token.unwrap_or_else(|| SANDBOX_ENVIRONMENT.to_owned()),
            account: environment.map(|one| one.account.to_string()).unwrap_or_default(),
            region: environment.map(|one| one.region.clone()).unwrap_or_default(),
        }
    }
}

/// What the starters are written for, and what takes its place.
const SANDBOX_PROJECT: &str = "sandbox";
const SANDBOX_ENVIRONMENT: &str = "dev";
const SANDBOX_ACCOUNT: &str = "111111111111";
const SANDBOX_REGION: &str = "us-east-1";

impl Starter {
    /// Returns all starters, sorted by name.
    pub fn all() -> impl Iterator<Item = Self> {
        STARTERS.iter().map(|(file, text)| Self { file, text })
    }

    /// Returns the starter with this name, with or without `.yaml`.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|starter| starter.name() == name || starter.file == name)
    }

    /// Returns the name, which is the name of its file without `.yaml`.
    pub fn name(&self) -> &'static str {
        self.file.trim_end_matches(".yaml")
    }

    /// Returns the name of its file.
    pub fn file(&self) -> &'static str {
        self.file
    }

    /// Returns the comment at its beginning, in one line.
    pub fn description(&self) -> String {
        let lines = self.text.lines().map_while(|line| line.strip_prefix('#'));
        lines.map(str::trim).collect::<Vec<_>>().join(" ")
    }

    /// Returns the types of its resources, sorted.
    pub fn types(&self) -> Vec<&'static str> {
        let mut types: Vec<&str> = self
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("    Type: "))
            .filter(|one| one.contains("::"))
            .collect();
        types.sort_unstable();
        types.dedup();
        types
    }

    /// Returns the template with the names of a project in the defaults of its parameters.
    pub fn filled(&self, names: &StarterNames) -> String {
        let mut text = String::with_capacity(self.text.len());
        let mut is_parameter = false;
        for line in self.text.lines() {
            if !line.starts_with([' ', '#']) && !line.is_empty() {
                is_parameter = line == "Parameters:";
            }
            match line.strip_prefix("    Default: ").filter(|_| is_parameter) {
                Some(value) => text.push_str(&format!("    Default: {}", self.default(value, names))),
                None => text.push_str(line),
            }
            text.push('\n');
        }
        text
    }

    fn default(&self, value: &str, names: &StarterNames) -> String {
        // Certificates of CloudFront are in us-east-1, wherever the project is.
        let is_global = self.types().iter().any(|one| one.starts_with("AWS::CloudFront::"));
        let region = if is_global { SANDBOX_REGION } else { &names.region };
        if value.starts_with("arn:") {
            let value = value.replace(&format!(":{SANDBOX_REGION}:"), &format!(":{region}:"));
            return value.replace(&format!(":{SANDBOX_ACCOUNT}:"), &format!(":{}:", names.account));
        }
        let word = |word: &str| match word {
            SANDBOX_PROJECT => names.project.clone(),
            SANDBOX_ENVIRONMENT => names.environment.clone(),
            other => other.to_owned(),
        };
        let separators = ['-', '/', '.'];
        let filled: String = value
            .split_inclusive(separators)
            .map(|part| match part.strip_suffix(separators) {
                Some(bare) => format!("{}{}", word(bare), &part[bare.len()..]),
                None => word(part),
            })
            .collect();
        if filled == value || !needs_quotes(&filled) { filled } else { format!("\"{filled}\"") }
    }
}

/// True for plain text that YAML would not read as a string.
fn needs_quotes(text: &str) -> bool {
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    is_word || !text.starts_with(|first: char| first.is_ascii_alphabetic())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::domain::finding::{ScanReport, Severity, Verdict};
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

    fn names(project: &str, region: &str) -> StarterNames {
        let text = format!(
            "version: 1\nproject: {project}\nenvironments:\n  stage: {{ account: \"333333333333\", region: {region} }}\n  prod: {{ \
             account: \"222222222222\", region: us-east-1 }}\n"
        );
        StarterNames::of(&config::parse("stagegate.yaml", &text).unwrap())
    }

    #[test]
    fn the_names_of_a_project_are_filled_in() {
        let names = names("Synth_Core", "eu-west-1");
        let text = |name: &str| Starter::named(name).unwrap().filled(&names);
        let bucket = text("s3-bucket");
        assert!(bucket.contains("    Default: synth-core\n") && bucket.contains("    Default: stage\n"), "{bucket}");
        let service = text("ecs-fargate-oidc.yaml");
        for part in [
            "Default: arn:aws:acm:eu-west-1:333333333333:certificate/",
            "Default: synth-core-logs-stage\n",
            "Default: synth-core/oidc/stage\n",
            "Default: vpc-0123456789abcdef0\n",
        ] {
            assert!(service.contains(part), "no {part}: {service}");
        }
        let website = text("cloudfront-private-bucket");
        assert!(website.contains("arn:aws:acm:us-east-1:333333333333:"), "{website}");
        assert_eq!(Starter::named("s3-buket"), None);
    }

    #[test]
    fn odd_names_of_projects_stay_text() {
        for (project, expected) in [("12", "\"12\""), ("yes", "\"yes\""), ("_", "project"), ("A-1", "a-1")] {
            let quoted = if project == "A-1" || project == "_" { project.to_owned() } else { format!("\"{project}\"") };
            let text = Starter::named("s3-bucket").unwrap().filled(&names(&quoted, "us-east-1"));
            assert!(text.contains(&format!("    Default: {expected}\n")), "{project}: {text}");
        }
    }

    #[test]
    fn the_sandbox_gets_the_starters_as_they_are() {
        for starter in Starter::all() {
            let names = StarterNames::of(&Project::sandbox());
            assert_eq!(starter.filled(&names), starter.text, "{}", starter.name());
            assert!(!starter.description().is_empty() && !starter.types().is_empty(), "{}", starter.name());
        }
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
