//! Unknown names in a policy: a type or a property that does not exist. Such a policy runs
//! without an error and never finds anything. Policies are checked without an environment, so that a type that is newer than
//! this version is unknown too.

use super::error::PolicyError;
use super::metadata::PolicyMetadata;
use super::source::PolicySource;
use super::uses::{Use, uses};
use crate::schema::path::{self, Step};
use crate::schema::{Registry, TypeSchema};

/// The unknown types and properties in policies, by file and line.
///
/// # Errors
/// A policy cannot be parsed.
pub fn unknown_names(sources: &[PolicySource]) -> Result<Vec<PolicyError>, PolicyError> {
    let mut problems = Vec::new();
    for source in sources {
        let Some(PolicyMetadata { types, .. }) = &source.metadata else { continue };
        problems.extend(types.iter().filter_map(|name| {
            let line = line_of(&source.text, name);
            unknown_type(source, name, line)
        }));
        problems.extend(uses(source, types)?.iter().filter_map(|one| problem(one, source)));
    }
    problems.sort_by(|a, b| (&a.location, &a.message).cmp(&(&b.location, &b.message)));
    problems.dedup();
    Ok(problems)
}

/// The line of the METADATA block that holds a type's name.
fn line_of(text: &str, name: &str) -> u32 {
    let found = text.lines().position(|line| line.starts_with('#') && line.contains(name));
    found.map_or(1, |index| u32::try_from(index + 1).unwrap_or(u32::MAX))
}

fn unknown_type(source: &PolicySource, name: &str, line: u32) -> Option<PolicyError> {
    if name == "*" || Registry::is_embedded(name) {
        return None;
    }
    let hint = match Registry::embedded().suggest(name) {
        Some(close) => format!("did you mean `{close}`?"),
        None => "type names have the form AWS::Service::Resource".to_owned(),
    };
    Some(PolicyError::new(&source.path, line, format!("there is no resource type `{name}`"), &hint))
}

/// The error for an unknown name.
fn problem(one: &Use, source: &PolicySource) -> Option<PolicyError> {
    let (line, types, steps) = match one {
        Use::Type { line, name } => return unknown_type(source, name, *line),
        Use::Property { line, types, steps } => (*line, types, steps),
    };
    // A policy for several types may read a property that only one of them has.
    let dead_ends: Option<Vec<_>> =
        types.iter().map(|name| path::follow(TypeSchema::embedded(name)?, steps).err()).collect();
    let (dead_end, type_name) = dead_ends?.into_iter().zip(types).max_by_key(|(end, _)| end.step)?;
    let written = dotted(&steps[..=dead_end.step]);
    let hint = match (dead_end.suggestion, dead_end.known.as_slice()) {
        (Some(close), _) => format!("did you mean `{close}`?"),
        (None, []) => "the property has no members; use `[_]` for the elements of a list".to_owned(),
        (None, known) => format!("known properties: {}", known.join(", ")),
    };
    Some(PolicyError::new(&source.path, line, format!("{type_name} has no property `{written}`"), &hint))
}

fn dotted(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Key(name) if text.is_empty() => text.push_str(name),
            Step::Key(name) => text.extend([".", name]),
            Step::Any => text.push_str("[_]"),
        }
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::policy::builtin;

    /// A policy for buckets, whose body begins on line 10.
    fn policy(body: &str) -> PolicySource {
        let head = "# METADATA\n# title: T\n# custom:\n#   id: t\n#   severity: low\n#   types: [AWS::S3::Bucket]\n\
                    package acme.t\n\nimport data.stagegate.lib\n";
        PolicySource::read("p/t.rego", format!("{head}{body}\n")).unwrap()
    }

    fn said(body: &str) -> Vec<String> {
        let found = unknown_names(&[policy(body)]).unwrap();
        found
            .iter()
            .map(|problem| format!("{}: {}; {}", problem.location.line, problem.message, problem.hint))
            .collect()
    }

    #[test]
    fn the_built_in_policies_name_only_what_exists() {
        let problems = unknown_names(&builtin::sources()).unwrap();
        assert!(problems.is_empty(), "{}", problems.iter().map(|p| format!("\n{p}")).collect::<String>());
    }

    #[test]
    fn properties_that_do_not_exist_are_found_however_they_are_reached() {
        for (body, name) in [
            ("deny contains {} if input.resource.properties.VersioningConfig.Status == \"x\"", "VersioningConfig"),
            ("deny contains {} if input.resource.properties[\"BucketNmae\"]", "BucketNmae"),
            (
                "deny contains {} if { some r in input.resource.properties.LifecycleConfiguration.Rules; r.Statsu == 1 }",
                "LifecycleConfiguration.Rules[_].Statsu",
            ),
            ("deny contains {} if { p := input.resource.properties; p.Acceses }", "Acceses"),
            (
                "deny contains {} if object.get(input.resource.properties, [\"VersioningConfiguration\", \"Stat\"], 1) == 1",
                "VersioningConfiguration.Stat",
            ),
            ("deny contains {} if object.get(input.resource.properties, \"Versioning\", 1) == 1", "Versioning"),
            ("deny contains lib.finding([\"BucketNam\"], \"m\") if lib.off([\"BucketName\"])", "BucketNam"),
            ("path := [\"Bucketname\"]\ndeny contains lib.finding(path, \"m\") if true", "Bucketname"),
            (
                "deny contains {} if { some p in lib.elements([\"LifecycleConfiguration\", \"Rules\"]); lib.value(array.concat(p, [\"Nope\"])) }",
                "LifecycleConfiguration.Rules[_].Nope",
            ),
            ("deny contains {} if lib.value([\"VersioningConfiguration\"]).Stauts", "VersioningConfiguration.Stauts"),
            (
                "deny contains {} if { some s in input.siblings[\"AWS::S3::BucketPolicy\"]; s.properties.Bukcet }",
                "Bukcet",
            ),
            ("deny contains {} if { every t in input.resource.properties.Tags { t.Kee } }", "Tags[_].Kee"),
        ] {
            let said = said(body);
            assert!(said.iter().any(|one| one.contains(&format!("has no property `{name}`"))), "{body}: {said:?}");
        }
    }

    #[test]
    fn known_and_unresolvable_names_are_accepted() {
        for body in [
            "deny contains {} if input.resource.properties.VersioningConfiguration.Status == \"x\"",
            "deny contains {} if { some r in input.resource.properties.LifecycleConfiguration.Rules; r.Status == 1 }",
            "deny contains {} if input.resource.properties.BucketName[\"Fn::Sub\"]",
            "deny contains {} if input.resource.properties.BucketName.Ref",
            "deny contains {} if f(input.resource)\nf(resource) if resource.properties.Anything",
            "deny contains {} if f({\"Nope\": 1})\nf(p) if p.Nope\np := input.resource.properties",
            "deny contains {} if { some k, v in input.resource.properties; v.x == k }",
            "deny contains {} if { some s in input.siblings[\"AWS::S3::BucketPolicy\"]; s.properties.PolicyDocument.Statement }",
            "deny contains {} if { some entry in input.resource.statements; entry.body.Nope }",
        ] {
            assert_eq!(said(body), [] as [String; 0], "{body}");
        }
    }

    #[test]
    fn a_message_has_the_line_and_a_suggestion() {
        let found = said("\n\ndeny contains {} if input.resource.properties.VersioningConfig");
        let expected =
            "12: AWS::S3::Bucket has no property `VersioningConfig`; did you mean `VersioningConfiguration`?";
        assert_eq!(found, [expected]);
    }

    #[test]
    fn types_that_do_not_exist_are_found_in_the_block_and_in_the_rules() {
        for (text, line) in [
            (policy("deny := set()").text.replace("AWS::S3::Bucket", "AWS::S3::Bukket"), 6),
            (policy("deny contains {} if input.siblings[\"AWS::S3::Bukket\"]").text, 10),
            (policy("deny contains {} if { some x in input.referrers[\"AWS::S3::Bukket\"]; x }").text, 10),
            (policy("deny contains {} if input.resource.type == \"AWS::S3::Bukket\"").text, 10),
        ] {
            let found = unknown_names(&[PolicySource::read("p/t.rego", text).unwrap()]).unwrap();
            let [one] = found.as_slice() else { panic!("{found:?}") };
            assert_eq!((one.location.line, one.hint.as_str()), (line, "did you mean `AWS::S3::Bucket`?"));
        }
    }

    #[test]
    fn a_property_of_one_of_several_types_is_enough() {
        let several = policy("deny contains {} if input.resource.properties.QueueName").text;
        let several = several.replace("[AWS::S3::Bucket]", "[AWS::S3::Bucket, AWS::SQS::Queue]");
        assert_eq!(unknown_names(&[PolicySource::read("p/t.rego", several).unwrap()]).unwrap(), []);
    }
}
