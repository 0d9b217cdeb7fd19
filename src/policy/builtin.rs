//! The policies that are embedded in the binary.

use super::block::Absent;
use super::metadata::PolicyMetadata;
use super::source::{Origin, PolicySource};
use crate::domain::finding::Severity;

/// A file of `policies/`.
struct File {
    /// The path below `policies/`.
    path: &'static str,
    text: &'static str,
    /// `None` for a library.
    policy: Option<Policy>,
}

/// The build output for a policy: its METADATA block, see [`PolicyMetadata`], and its bytecode.
struct Policy {
    id: &'static str,
    title: &'static str,
    description: &'static str,
    severity: Severity,
    category: &'static str,
    pack: &'static str,
    types: &'static [&'static str],
    absent: Absent,
    fix: Option<&'static str>,
    equivalents: &'static [(&'static str, &'static [&'static str])],
    program: &'static [u8],
}

impl Policy {
    fn metadata(&self, path: &str) -> PolicyMetadata {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        PolicyMetadata {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            severity: self.severity,
            category: self.category.to_owned(),
            pack: self.pack.to_owned(),
            types: texts(self.types),
            absent: self.absent,
            fix: self.fix.map(str::to_owned),
            equivalents: self.equivalents.iter().map(|(key, ids)| ((*key).to_owned(), texts(ids))).collect(),
            path: path.to_owned(),
        }
    }
}

/// Every file there, sorted by path.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// The built-in policies and their libraries.
pub fn sources() -> Vec<PolicySource> {
    FILES
        .iter()
        .map(|file| {
            let path = format!("policies/{}", file.path);
            PolicySource {
                metadata: file.policy.as_ref().map(|policy| policy.metadata(&path)),
                path,
                text: file.text.to_owned(),
                origin: Origin::Builtin,
                program: file.policy.as_ref().map(|policy| policy.program),
            }
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::path::{Path, PathBuf};

    use serde_json::{Value, json};

    use super::*;
    use crate::domain::pointer;
    use crate::policy::input::documents;
    use crate::policy::{CORE_PACK, Fixture, Fixtures, Packs, PolicyMetadata, PolicySet, ScanInput, ScanResource};

    fn cases_in(text: &str) -> Fixtures {
        serde_saphyr::from_str(text).unwrap()
    }

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("policies")
    }

    /// Paths below `policies/` of all files with the given ending, sorted.
    fn files(ending: &str) -> Vec<String> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { walk(&path, found) } else { found.push(path) }
            }
        }
        let mut found = Vec::new();
        walk(&folder(), &mut found);
        let below = |path: &PathBuf| path.strip_prefix(folder()).unwrap().to_str().unwrap().replace('\\', "/");
        let mut names: Vec<String> = found.iter().map(below).filter(|name| name.ends_with(ending)).collect();
        names.sort();
        names
    }

    #[test]
    fn every_policy_passes_its_fixtures() {
        let set = PolicySet::compile(sources()).unwrap();
        let fixtures = files(".test.yaml");
        let mut failures = Vec::new();
        for policy in set.list() {
            let path = format!("{}.test.yaml", policy.path.trim_start_matches("policies/").trim_end_matches(".rego"));
            if !fixtures.contains(&path) {
                failures.push(format!("{path}: missing"));
                continue;
            }
            let text = std::fs::read_to_string(folder().join(&path)).unwrap();
            let cases = cases_in(&text);
            failures.extend(set.test(&policy.id, &path, &cases).unwrap().iter().map(ToString::to_string));
        }
        assert_eq!(fixtures.len(), set.list().count(), "a fixture file without a policy");
        assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    }

    /// Core checks run for every user, so each needs several fixtures.
    #[test]
    fn every_core_policy_has_two_cases_of_each_kind() {
        let set = PolicySet::compile(sources()).unwrap();
        let core: Vec<_> = set.checks.iter().filter(|check| check.metadata().pack == CORE_PACK).collect();
        assert_eq!((core.len(), set.checks.len()), (92, 175));
        let mut failures = Vec::new();
        for check in core {
            let (path, text) = fixture_text(check.metadata());
            let cases = cases_in(&text);
            let mut insist = |is_so: bool, what: &str| {
                if !is_so {
                    failures.push(format!("{path}: {what}"));
                }
            };
            insist(cases.passing.len() >= 2, "needs two passing cases");
            insist(cases.failing.len() >= 2, "needs two failing cases");
            let may_not_know = check.text().contains("\nunknown contains");
            insist(!may_not_know || !cases.unknown.is_empty(), "needs an unknown case");
            // A document given as text needs a failing and a passing case.
            if check.text().contains("import data.stagegate.statements") {
                insist(cases.failing.iter().any(has_document_as_text), "needs a failing document given as text");
                insist(cases.passing.iter().any(has_document_as_text), "needs a passing document given as text");
            }
            let names: Vec<&str> = cases.passing.iter().chain(&cases.failing).map(|case| case.name.as_str()).collect();
            let bodies: Vec<_> = cases.passing.iter().chain(&cases.failing).map(Fixture::without_name).collect();
            let is_copied = |at: usize| names[..at].contains(&names[at]) || bodies[..at].contains(&bodies[at]);
            insist(!(0..names.len()).any(is_copied), "has a case twice");
        }
        assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    }

    /// True for a case in which some text is a policy document.
    fn has_document_as_text(case: &Fixture) -> bool {
        let texts = pointers(&case.properties).into_iter().filter_map(|at| case.properties.pointer(&at)?.as_str());
        let documents = texts.filter_map(|text| serde_json::from_str::<Value>(text).ok());
        documents.into_iter().any(|document| document.get("Statement").is_some())
    }

    #[test]
    fn only_text_that_is_a_document_counts_as_a_document() {
        let case = |text: &str| {
            let yaml = format!("passing: [{{name: a, properties: {{Policies: [{{PolicyDocument: {text}}}]}}}}]");
            cases_in(&yaml).passing.remove(0)
        };
        assert!(has_document_as_text(&case("'{\"Statement\": []}'")));
        for other in ["{Statement: []}", "'{\"Version\": 1}'", "Statement", "'{\"Statement\"'"] {
            assert!(!has_document_as_text(&case(other)), "{other}");
        }
    }

    #[test]
    fn the_readme_names_every_pack() {
        let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
        let table = readme.split_once("## Packs").unwrap().1.split_once("\n## ").unwrap().0;
        let named: Vec<&str> =
            table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(name, _)| name).collect();
        let set = PolicySet::compile(sources()).unwrap();
        let packs: std::collections::BTreeSet<&str> = set.list().map(|policy| policy.pack.as_str()).collect();
        assert_eq!(named, packs.into_iter().collect::<Vec<_>>());
    }

    /// The blocks parsed at build time equal those parsed at run time.
    #[test]
    fn built_in_metadata_is_what_the_blocks_say() {
        for source in sources() {
            let read = PolicySource::read(&source.path, source.text.as_str()).unwrap();
            assert_eq!(source.metadata, read.metadata, "{}", source.path);
        }
    }

    #[test]
    fn a_policy_file_is_named_after_its_id() {
        let set = PolicySet::compile(sources()).unwrap();
        for policy in set.list() {
            assert!(policy.path.ends_with(&format!("/{}.rego", policy.id)), "{}", policy.path);
        }
    }

    /// The bytecode is our own use of the engine's virtual machine, and the reference for Rego's semantics is its
    /// interpreter. The product validates schemas first, but live values may still be unexpected for
    /// a policy: it must return a result, not fail.
    #[test]
    fn policies_give_equal_results_in_both_engines_for_any_input() {
        let compiled = PolicySet::compile(sources()).unwrap();
        let as_text = sources().into_iter().map(|source| PolicySource { program: None, ..source });
        let interpreted = PolicySet::compile(as_text.collect()).unwrap();
        let (mut machines, mut interpreter) = (compiled.runner(), interpreted.runner());
        let mut failures = Vec::new();
        let mut asked = 0;
        for (check, same) in compiled.checks.iter().zip(&interpreted.checks) {
            assert!(check.program().bytecode.is_some() && same.program().bytecode.is_none(), "{}", check.program().id);
            let metadata = check.metadata();
            for case in cases_of(metadata) {
                let odd = with_odd_values(&case.properties);
                for (at, properties) in odd.into_iter().chain([(String::new(), case.properties.clone())]) {
                    let input = Fixture { properties, ..case.clone() }.input(&metadata.types[0]);
                    let document = documents(&input).remove(0);
                    machines.set_document(document.clone());
                    interpreter.set_document(document);
                    let (answer, reference) = (machines.run(check.program()), interpreter.run(same.program()));
                    if answer != reference || answer.is_err() {
                        let id = &metadata.id;
                        failures.push(format!("{id} {} {at}: {answer:?}, interpreted {reference:?}", case.name));
                    }
                    asked += 1;
                }
            }
        }
        assert!(asked > 10_000, "{asked}");
        assert!(failures.is_empty(), "{} of {asked}\n{}", failures.len(), failures.join("\n"));
    }

    /// The virtual machine counts its steps, and must not stop at its default limit.
    #[test]
    fn resources_may_be_large() {
        let rule = |n: usize| json!({"IpProtocol": "tcp", "FromPort": n, "ToPort": n, "CidrIp": "0.0.0.0/0"});
        let statement = |n: usize| json!({"Effect": "Allow", "Action": [format!("s3:Get{n}*")], "Resource": "*"});
        let container = |n: usize| json!({"Name": "a", "Image": "a", "Environment": [{"Name": format!("PASSWORD{n}"), "Value": "x"}]});
        let resources = [
            ("AWS::EC2::SecurityGroup", json!({"SecurityGroupIngress": (0..1500).map(rule).collect::<Vec<_>>()})),
            (
                "AWS::IAM::ManagedPolicy",
                json!({"PolicyDocument": {"Statement": (0..300).map(statement).collect::<Vec<_>>()}}),
            ),
            ("AWS::ECS::TaskDefinition", json!({"ContainerDefinitions": (0..300).map(container).collect::<Vec<_>>()})),
        ];
        let resources = resources.map(|(type_name, properties)| ScanResource::live(type_name, "x", properties));
        let input = ScanInput { resources: resources.to_vec(), ..ScanInput::default() };
        let report = PolicySet::compile(sources()).unwrap().with_packs(Packs::All).evaluate(&input);
        assert!(!report.engine_failed(), "{:?}", report.engines);
        for (id, least) in [("sg-rule-description", 1500), ("iam-no-wildcard-resource", 300), ("ecs-log-config", 300)] {
            let found = report.findings.iter().filter(|finding| finding.id == id).count();
            assert!(found >= least, "{id}: {found}");
        }
    }

    fn cases_of(metadata: &PolicyMetadata) -> Vec<Fixture> {
        let (_, text) = fixture_text(metadata);
        let mut cases = cases_in(&text);
        cases.passing.append(&mut cases.failing);
        cases.passing.append(&mut cases.unknown);
        cases.passing
    }

    fn fixture_text(metadata: &PolicyMetadata) -> (String, String) {
        let path = metadata.path.trim_start_matches("policies/").replace(".rego", ".test.yaml");
        let text = std::fs::read_to_string(folder().join(&path)).unwrap();
        (path, text)
    }

    /// The document once for every pointer into it and every odd value, with that value at the pointer.
    fn with_odd_values(document: &Value) -> Vec<(String, Value)> {
        let odd = [
            json!("x"),
            json!(5),
            json!(null),
            json!(["x"]),
            json!({"a": "b"}),
            json!([[]]),
            json!({"Ref": "P"}),
            json!({"Fn::Sub": 5}),
        ];
        let mut documents = Vec::new();
        for pointer in pointers(document) {
            for value in &odd {
                let mut changed = document.clone();
                *changed.pointer_mut(&pointer).unwrap() = value.clone();
                documents.push((format!("{pointer}={value}"), changed));
            }
        }
        documents
    }

    /// Every pointer into a document, without the root.
    fn pointers(document: &Value) -> Vec<String> {
        fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
            let mut visit = |key: &str, child: &Value| {
                let pointer = pointer::join(at, key);
                found.push(pointer.clone());
                walk(child, &pointer, found);
            };
            match value {
                Value::Object(map) => map.iter().for_each(|(key, child)| visit(key, child)),
                Value::Array(items) => items.iter().enumerate().for_each(|(i, child)| visit(&i.to_string(), child)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        walk(document, "", &mut found);
        found
    }
}
