//! Documents of earlier tag audits.

use serde::Deserialize;
use serde_json::error::Category;

use crate::domain::baseline::{Baseline, EarlierViolation};
use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::resource::ResourceRef;

/// The name of the documents.
const NAME: &str = "stagegate.tag-audit";
/// Versions with the same first number have the same fields.
const MAJOR: &str = "0";

#[derive(Deserialize)]
struct Versioned {
    schema: Schema,
}

#[derive(Deserialize)]
struct Schema {
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct Document {
    environments: Vec<Environment>,
    body: Option<Body>,
}

#[derive(Deserialize)]
struct Environment {
    name: String,
    account: String,
}

#[derive(Deserialize)]
struct Body {
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    environment: String,
    region: Option<String>,
    #[serde(rename = "type")]
    type_name: String,
    identifier: String,
    violations: Vec<Violation>,
}

#[derive(Deserialize)]
struct Violation {
    code: String,
    key: Option<String>,
}

/// Parses the JSON document of a tag audit.
///
/// # Errors
/// It is not JSON, or not a complete document of a tag audit, with the location.
pub fn parse(path: &str, text: &str) -> Result<Baseline, Box<Diagnostic>> {
    let problem = |(line, column): (usize, usize), what: String| {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).max(1);
        let location = Location { file: path.to_owned(), line: number(line), column: number(column) };
        let problem = Diagnostic::error(Code::InvalidBaseline, format!("`{path}` is no baseline: {what}"));
        Box::new(problem.at(Some(location)).hint("use a document that `stagegate tag-audit --json` printed"))
    };
    let failed = |error: serde_json::Error| {
        let what = match error.classify() {
            Category::Data => {
                // Other messages repeat values of the file, which may be anything.
                let text = error.to_string();
                let missing = text.strip_prefix("missing field ").and_then(|rest| rest.split_once(" at "));
                match missing {
                    Some((name, _)) => format!("the field {name} is missing"),
                    None => "a value is not as in a document of tag-audit".to_owned(),
                }
            }
            Category::Eof => "it ends too early".to_owned(),
            Category::Syntax | Category::Io => "it is not JSON".to_owned(),
        };
        problem((error.line(), error.column()), what)
    };
    let Versioned { schema } = serde_json::from_str(text).map_err(failed)?;
    if schema.name != NAME {
        return Err(problem(position(text, &schema.name), "it is a document of another command".to_owned()));
    }
    if schema.version.split('.').next() != Some(MAJOR) {
        let at = position(text, &schema.version);
        return Err(problem(at, "it is a document of another version of stagegate".to_owned()));
    }
    let Document { environments, body } = serde_json::from_str(text).map_err(failed)?;
    let Some(body) = body else {
        return Err(problem((1, 1), "the audit that it is of did not complete".to_owned()));
    };
    let of_resource = |resource: Resource| {
        let Resource { environment, region, type_name, identifier, violations } = resource;
        let own = ResourceRef::new(&type_name, identifier);
        violations.into_iter().map(move |violation| EarlierViolation {
            environment: environment.clone(),
            region: region.clone(),
            resource: own.clone(),
            code: violation.code,
            key: violation.key,
        })
    };
    let environments = environments.into_iter().map(|one| (one.name, one.account)).collect();
    Ok(Baseline { violations: body.resources.into_iter().flat_map(of_resource).collect(), environments })
}

/// The line and column of a JSON string.
fn position(text: &str, value: &str) -> (usize, usize) {
    let quoted = serde_json::to_string(value).unwrap_or_default();
    let before = text.find(&quoted).and_then(|at| text.get(..at)).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
  "schema": {"name": "stagegate.tag-audit", "version": "0.1"},
  "environments": [{"name": "dev", "account": "111111111111"}],
  "body": {"resources": [
    {"environment": "dev", "type": "AWS::SQS::Queue", "identifier": "q", "violations": [{"code": "untagged", "key": null}],
     "region": "us-west-2"}
  ]}
}"#;

    #[test]
    fn an_audit_is_read() {
        let baseline = parse("b.json", TEXT).unwrap();
        assert_eq!(baseline.environments, [("dev".to_owned(), "111111111111".to_owned())]);
        let found: Vec<_> =
            baseline.violations.iter().map(|one| (one.resource.to_string(), one.code.as_str())).collect();
        assert_eq!(found, [("AWS::SQS::Queue q".to_owned(), "untagged")]);
        assert!(baseline.violations.iter().all(|one| one.region.as_deref() == Some("us-west-2")));
        // A document of an earlier version has no Regions.
        let earlier = parse("b.json", &TEXT.replace(",\n     \"region\": \"us-west-2\"", "")).unwrap();
        assert!(earlier.violations.len() == 1 && earlier.violations.iter().all(|one| one.region.is_none()));
    }

    #[test]
    fn another_file_is_refused_with_its_location_and_without_its_values() {
        for (from, to, place, says) in [
            ("stagegate.tag-audit", "stagegate.drift", "b.json:2:22", "another command"),
            ("\"0.1\"", "\"1.0\"", "b.json:2:56", "another version"),
            ("\"environment\": \"dev\", ", "", "b.json:6:", "`environment` is missing"),
            ("\"q\"", "{\"secret\": 1}", "b.json:5:", "a value is not as in"),
            ("\"body\"", "body", "b.json:4:", "not JSON"),
            ("\n  ]}\n}", "", "b.json:6:", "ends too early"),
        ] {
            let text = TEXT.replace(from, to);
            assert_ne!(text, TEXT, "{from}");
            let error = parse("b.json", &text).unwrap_err();
            let at = error.location.as_ref().unwrap().to_string();
            assert!(at.starts_with(place) && error.message.contains(says), "{at}: {}", error.message);
            assert!(!error.message.contains("secret"), "{}", error.message);
        }
        let start = TEXT.find("\"body\"").unwrap();
        let unfinished = format!("{}\"body\": null}}", &TEXT[..start]);
        assert!(parse("b.json", &unfinished).unwrap_err().message.contains("did not complete"));
        assert!(parse("b.json", "").is_err() && parse("b.json", "[]").is_err() && parse("b.json", "a: b").is_err());
    }
}
