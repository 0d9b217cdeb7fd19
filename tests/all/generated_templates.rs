//! Scans 1,600 generated templates with the loader, the schema validation and the policies: each is scanned, or its errors are
//! reported with their locations. Nothing panics and nothing hangs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use stagegate::domain::diagnostic::{Code, Diagnostic, Level};
use stagegate::domain::resource::DesiredResource;
use stagegate::estimate::{self, EstimateInput, EstimateOptions, Snapshot};
use stagegate::files::policies;
use stagegate::files::template::{TemplateContext, load, read_inputs};
use stagegate::pipeline::evaluate::evaluate;
use stagegate::pipeline::load::check_for_reading;
use stagegate::policy::{Packs, PolicySet, ScanInput, ScanResource, builtin};
use stagegate::schema::Registry;

use super::support::User;
use super::template_generator::{Expected, GeneratedTemplate, generate};

const COUNT: usize = 1600;
const SEED: u64 = 2026;

#[test]
fn generated_templates_are_scanned_or_rejected_with_a_location() {
    let folder = match std::env::var_os("STAGEGATE_TEST_TEMPLATES") {
        // For the corpus of the fuzzer.
        Some(folder) => std::path::PathBuf::from(folder),
        None => tempfile::tempdir().unwrap().keep(),
    };
    // With a custom policy, the policies are compiled once instead of for each template.
    let own = "# METADATA\n# title: T\n# custom:\n#   id: own\n#   severity: low\n#   types: ['*']\npackage own\n\n\
               deny contains {\"message\": \"m\"} if input.resource.logical_id == \"nobody\"\n";
    let sources = builtin::sources().into_iter().chain([policies::source("own.rego", own).unwrap()]).collect();
    let policies = PolicySet::compile(sources).unwrap().with_packs(Packs::All);
    let templates = generate(COUNT, SEED);
    let mut faults = Vec::new();
    let (mut scanned, mut refused, mut types) = (0, 0, BTreeSet::new());
    for template in &templates {
        std::fs::write(folder.join(&template.name), &template.bytes).unwrap();
        match scan(&policies, &folder, template) {
            Ok(found) => {
                scanned += 1;
                types.extend(found);
            }
            Err(Rejection::Reported) => refused += 1,
            Err(Rejection::Fault(fault)) => {
                faults.push(format!("{} ({}, {:?}): {fault}", template.name, template.made, template.expected));
            }
        }
    }
    assert!(faults.is_empty(), "in {}:\n{}", folder.display(), faults.join("\n"));
    assert_eq!(scanned + refused, COUNT);
    assert!(scanned >= COUNT * 2 / 5 && refused >= COUNT * 2 / 5, "{scanned} scanned, {refused} refused");
    assert!(types.len() > 1000, "{} types", types.len());
    if std::env::var_os("STAGEGATE_TEST_TEMPLATES").is_none() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

enum Rejection {
    /// The errors were reported as expected.
    Reported,
    Fault(String),
}

/// Scans one template and returns the types of its resources.
fn scan(policies: &PolicySet, folder: &Path, template: &GeneratedTemplate) -> Result<Vec<String>, Rejection> {
    let refused = |problems: Vec<Diagnostic>| -> Rejection {
        let faults: Vec<String> = problems.iter().filter_map(|problem| fault_of(problem, template)).collect();
        match template.expected {
            Expected::Valid(_) => Rejection::Fault(format!("was rejected: {problems:?}")),
            _ if !problems.iter().any(|one| one.level == Level::Error) => {
                Rejection::Fault("no error was reported".to_owned())
            }
            _ if faults.is_empty() => Rejection::Reported,
            _ => Rejection::Fault(faults.join("; ")),
        }
    };
    let path = folder.join(&template.name);
    let inputs = read_inputs(&[path], &mut std::io::empty()).map_err(refused)?;
    // As in `scan`.
    let context = TemplateContext { for_reading: true, ..TemplateContext::default() };
    let loaded = load(&inputs, &context).map_err(refused)?;
    // What cannot be seen is a warning.
    let unseen = loaded.diagnostics.into_iter().filter(|one| one.level == Level::Warning && one.code.marks_gap());
    let mut problems: Vec<Diagnostic> = loaded.faults.into_iter().chain(unseen).collect();
    let checked = check_for_reading(&Registry::embedded(), loaded.resources, loaded.secrets, false);
    // Generated values are valid by the schemas only.
    let rules =
        [Code::InconsistentProperties, Code::InconsistentResources, Code::InvalidPolicyDocument, Code::MalformedValue];
    problems.extend(checked.faults.iter().filter(|fault| !rules.contains(&fault.code)).cloned());
    let resources = checked.for_policies();
    let input = ScanInput { resources: resources.iter().map(ScanResource::from).collect(), ..ScanInput::default() };
    let report = evaluate(policies, &input);
    let priced = checked.for_estimates();
    let inputs: Vec<EstimateInput<'_>> = priced.iter().map(estimated).collect();
    let estimate = estimate::estimate(&inputs, &EstimateOptions::default(), &Snapshot);
    let fault = |what: String| Err(Rejection::Fault(what));
    if estimate.resources.len() != report.resources_scanned {
        return fault(format!(
            "{} resources estimated, {} scanned",
            estimate.resources.len(),
            report.resources_scanned
        ));
    }
    if report.engine_failed() {
        return fault(format!("a policy failed: {:?}", report.engines));
    }
    let unplaced = report.findings.iter().find(|finding| finding.location.is_none());
    if let Some(finding) = unplaced {
        return fault(format!("a finding without a location: {finding:?}"));
    }
    match template.expected {
        Expected::Valid(_) if !problems.is_empty() => fault(format!("has faults: {problems:?}")),
        Expected::Valid(wanted) if wanted != report.resources_scanned => {
            fault(format!("{} resources scanned, not {wanted}", report.resources_scanned))
        }
        Expected::Invalid if problems.is_empty() => fault("nothing was reported".to_owned()),
        Expected::Invalid => {
            let wrong: Vec<String> = problems.iter().filter_map(|problem| fault_of(problem, template)).collect();
            Err(if wrong.is_empty() { Rejection::Reported } else { Rejection::Fault(wrong.join("; ")) })
        }
        _ => Ok(input.resources.into_iter().map(|scanned| scanned.resource.type_name).collect()),
    }
}

fn estimated(resource: &DesiredResource) -> EstimateInput<'_> {
    EstimateInput {
        file: Some(&resource.file),
        logical_id: Some(&resource.logical_id),
        identifier: None,
        type_name: &resource.type_name,
        region: "us-east-1",
        properties: &resource.properties,
    }
}

/// Returns what is wrong with a diagnostic.
fn fault_of(problem: &Diagnostic, template: &GeneratedTemplate) -> Option<String> {
    let Some(place) = &problem.location else { return Some(format!("no location: {problem:?}")) };
    let text = String::from_utf8_lossy(&template.bytes);
    let lines = text.replace("\r\n", "\n").split(['\n', '\r']).count();
    let is_there = place.file.ends_with(&template.name) && (1..=lines).contains(&(place.line as usize));
    let is_said = !problem.message.is_empty() && (problem.hint.is_some() || problem.level != Level::Error);
    (!is_there || !is_said).then(|| format!("{lines} lines, {problem:?}"))
}

#[test]
fn the_same_seed_makes_the_same_templates() {
    let (one, two) = (generate(40, SEED), generate(40, SEED));
    assert!(one.iter().zip(&two).all(|(a, b)| a.bytes == b.bytes));
    let other = generate(40, SEED + 1000);
    assert!(one.iter().zip(&other).any(|(a, b)| a.bytes != b.bytes));
}

/// Scans a folder with all templates, and one with the valid ones, with the program: what is wrong with one file is reported, and
/// changes nothing about the others.
#[test]
fn a_folder_of_generated_templates_is_one_scan() {
    let user = User::of_sandbox();
    let templates = generate(COUNT, SEED);
    let (all, right) = (user.folder().join("all"), user.folder().join("right"));
    std::fs::create_dir(&all).unwrap();
    std::fs::create_dir(&right).unwrap();
    let mut wanted = 0;
    let (mut valid, mut wrong) = (BTreeSet::new(), BTreeMap::new());
    for template in &templates {
        std::fs::write(all.join(&template.name), &template.bytes).unwrap();
        match template.expected {
            Expected::Valid(count) => {
                std::fs::write(right.join(&template.name), &template.bytes).unwrap();
                valid.insert(template.name.clone());
                wanted += count;
            }
            Expected::Invalid => {
                wrong.insert(format!("all/{}", template.name), template.made.clone());
            }
            Expected::Either => {}
        }
    }
    let document = scanned(&user, "all");
    assert_eq!(document["outcome"]["exit_code"], 64, "some files are no templates");
    let place = |one: &Value| one["file"].as_str().or(one["resource"]["file"].as_str()).map(str::to_owned);
    let lists = ["/diagnostics", "/body/findings"].map(|list| document.pointer(list).unwrap().as_array().unwrap());
    let is_about_file = |one: &&Value| one["code"].is_string() || one["engine"] == "template";
    let said: BTreeSet<String> = lists.into_iter().flatten().filter(is_about_file).filter_map(place).collect();
    // What nobody would take for a template is passed over.
    let is_other = |made: &str| PASSED_OVER.iter().any(|what| made.starts_with(what));
    let missed: Vec<_> = wrong.iter().filter(|(name, made)| !is_other(made) && !said.contains(*name)).collect();
    assert!(missed.is_empty(), "{missed:?}");

    let alone = scanned(&user, "right");
    assert_eq!(alone["body"]["resources_scanned"], wanted);
    assert_eq!(alone["body"]["engines"][0]["status"], "ok");
    let together = findings(&document, &valid);
    assert!(together.len() > 100, "{}", together.len());
    assert_eq!(together, findings(&alone, &valid));
}

/// The kinds of generated files that are no templates at all.
const PASSED_OVER: &[&str] = &[
    "nothing at all",
    "only a comment",
    "only spaces",
    "a text alone",
    "a list alone",
    "a number alone",
    "a program",
    "HTML",
    "INI",
    "an archive",
    "Windows-1252",
    "UTF-16",
    "an overlong byte sequence",
    "no resources",
    "resources a list",
    "resources a text",
    "resources null",
    "resources empty",
];

fn scanned(user: &User, folder: &str) -> Value {
    let run = user.run(&["scan", "-f", folder, "--packs", "all", "--json"]);
    assert!([0, 2, 64].contains(&run.code), "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

/// The findings of policies in some files: file, id, resource and pointer.
fn findings(document: &Value, files: &BTreeSet<String>) -> BTreeSet<[String; 4]> {
    let found = document["body"]["findings"].as_array().unwrap().iter().filter(|one| one["engine"] != "template");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = |file: &Value| text(file).rsplit('/').next().unwrap_or_default().to_owned();
    found
        .map(|one| {
            let resource = &one["resource"];
            [name(&resource["file"]), text(&one["id"]), text(&resource["logical_id"]), text(&one["pointer"])]
        })
        .filter(|[file, ..]| files.contains(file))
        .collect()
}
