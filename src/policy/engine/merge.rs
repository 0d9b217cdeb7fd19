//! Merges the findings of several engines, without losses or duplicates.

use std::collections::BTreeMap;

use super::report::{DEFAULT_SEVERITY, EngineFinding, EngineReport, catalog};
use crate::domain::finding::{BUILTIN_ENGINE, EquivalentCheck, Finding, FindingResource, ScanReport, UnknownCheck};
use crate::domain::project::EngineName;
use crate::policy::hidden::{HIDDEN_REASON, hidden_at};
use crate::policy::metadata::PolicyMetadata;
use crate::policy::resource::ScanResource;
use crate::policy::set::PolicySet;

/// Adds an engine's findings to a report on the same resources.
///
/// A failed check on a resource that already has an equivalent finding, by the policies'
/// tables of equivalents, is merged into that finding. Any other becomes a new finding, with the
/// severity and the fix of the equivalent policy. Several equivalent checks on one
/// resource are one finding.
pub fn merge(
    report: &mut ScanReport,
    engine: EngineName,
    found: EngineReport,
    policies: &PolicySet,
    resources: &[ScanResource],
) {
    report.checks_evaluated += found.checks;
    let mut failures = found.findings;
    failures.sort_by(|a, b| (a.resource, &a.id, &a.pointer).cmp(&(b.resource, &b.id, &b.pointer)));
    failures.dedup_by(|a, b| (a.resource, &a.id) == (b.resource, &b.id));
    // The positions of each resource's findings.
    let mut places: BTreeMap<FindingResource, Vec<usize>> = BTreeMap::new();
    for (place, finding) in report.findings.iter().enumerate() {
        places.entry(finding.resource.clone()).or_default().push(place);
    }
    for failure in failures {
        let scanned = failure.resource.and_then(|position| resources.get(position));
        if let Some(scanned) = scanned
            && let Some(hidden) = hidden(&failure, scanned)
        {
            report.unknown.push(hidden);
            continue;
        }
        let subjects = subjects(policies, engine, &failure.id, scanned);
        let resource = scanned.map_or_else(|| whole_template(resources), |scanned| scanned.resource.clone());
        let here = places.entry(resource.clone()).or_default();
        match same(&report.findings, here, &subjects, &failure) {
            Some(finding) => {
                if let Some(finding) = report.findings.get_mut(finding) {
                    finding.also.push(EquivalentCheck {
                        engine: engine.as_str().to_owned(),
                        id: failure.id,
                        message: failure.message,
                    });
                }
            }
            None => {
                here.push(report.findings.len());
                report.findings.push(finding(engine, failure, &subjects, resource, scanned));
            }
        }
    }
    report.sort();
}

/// A failed check of a write-only value of a live resource is undecided, because the value is unknown.
fn hidden(failure: &EngineFinding, scanned: &ScanResource) -> Option<UnknownCheck> {
    let pointer = failure.pointer.as_deref()?;
    let found = hidden_at(&scanned.properties, pointer)?;
    Some(UnknownCheck {
        id: failure.id.clone(),
        resource: scanned.resource.clone(),
        pointer: Some(found),
        reason: HIDDEN_REASON.to_owned(),
    })
}

/// The policies that are equivalent to an engine's check, those for the resource's type first.
fn subjects<'p>(
    policies: &'p PolicySet,
    engine: EngineName,
    id: &str,
    scanned: Option<&ScanResource>,
) -> Vec<&'p PolicyMetadata> {
    let has = |policy: &&PolicyMetadata| {
        policy.equivalents.get(catalog(engine)).is_some_and(|ids| ids.iter().any(|other| other == id))
    };
    let applies = |policy: &PolicyMetadata| {
        let type_name = scanned.map(|scanned| scanned.resource.type_name.as_str());
        policy.types.iter().any(|name| name == "*" || Some(name.as_str()) == type_name)
    };
    let mut found: Vec<&PolicyMetadata> = policies.list().filter(has).collect();
    found.sort_by_key(|policy| (!applies(policy), std::cmp::Reverse(policy.severity)));
    found
}

/// The equivalent finding among those of a resource, by policy or by another engine's
/// finding; of several, the one at the same pointer.
fn same(findings: &[Finding], here: &[usize], subjects: &[&PolicyMetadata], failure: &EngineFinding) -> Option<usize> {
    let is_same = |finding: &Finding| {
        let foreign = finding.equivalents.get(BUILTIN_ENGINE).into_iter().flatten();
        let known = std::iter::once(&finding.id).filter(|_| finding.engine == BUILTIN_ENGINE).chain(foreign);
        known.into_iter().any(|id| subjects.iter().any(|policy| policy.id == *id))
    };
    let mut candidates: Vec<usize> =
        here.iter().copied().filter(|place| findings.get(*place).is_some_and(is_same)).collect();
    let is_at = |finding: &Finding, pointer: &str| finding.pointers().any(|own| own == pointer);
    let is_elsewhere = |place: &usize| {
        let finding = findings.get(*place);
        finding.is_none_or(|finding| !is_at(finding, failure.pointer.as_deref().unwrap_or_default()))
    };
    candidates.sort_by_key(is_elsewhere);
    candidates.first().copied()
}

fn finding(
    engine: EngineName,
    failure: EngineFinding,
    subjects: &[&PolicyMetadata],
    resource: FindingResource,
    scanned: Option<&ScanResource>,
) -> Finding {
    let subject = subjects.first();
    let mut equivalents = subject.map(|policy| policy.equivalents.clone()).unwrap_or_default();
    if !subjects.is_empty() {
        let mut ids: Vec<String> = subjects.iter().map(|policy| policy.id.clone()).collect();
        ids.sort();
        equivalents.insert(BUILTIN_ENGINE.to_owned(), ids);
    }
    let location = scanned.and_then(|scanned| scanned.source.locate(failure.pointer.as_deref().unwrap_or_default()));
    Finding {
        severity: failure.severity.or(subject.map(|policy| policy.severity)).unwrap_or(DEFAULT_SEVERITY),
        engine: engine.as_str().to_owned(),
        location,
        resource,
        pointer: failure.pointer,
        other_pointers: Vec::new(),
        message: failure.message,
        fix: subject.and_then(|policy| policy.fix.clone()),
        equivalents,
        also: Vec::new(),
        waiver: None,
        id: failure.id,
    }
}

/// The subject of a finding about the template as a whole.
fn whole_template(resources: &[ScanResource]) -> FindingResource {
    let files: std::collections::BTreeSet<&String> =
        resources.iter().filter_map(|scanned| scanned.resource.file.as_ref()).collect();
    let only = if files.len() == 1 { files.first().map(|file| (*file).clone()) } else { None };
    FindingResource { file: only, type_name: "Template".to_owned(), ..FindingResource::default() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::finding::Severity;
    use crate::policy::{ScanInput, builtin};

    fn failure(id: &str, pointer: &str) -> EngineFinding {
        EngineFinding {
            id: id.into(),
            resource: Some(0),
            pointer: Some(pointer.into()),
            message: "m".into(),
            severity: None,
        }
    }

    fn scan(type_name: &str, properties: serde_json::Value, failures: Vec<EngineFinding>) -> ScanReport {
        let input =
            ScanInput { resources: vec![ScanResource::live(type_name, "x", properties)], ..ScanInput::default() };
        let policies = PolicySet::compile(builtin::sources()).unwrap();
        let mut report = policies.evaluate(&input);
        let found = EngineReport { findings: failures, ..EngineReport::default() };
        merge(&mut report, EngineName::Checkov, found, &policies, &input.resources);
        report
    }

    fn lines(report: &ScanReport) -> Vec<String> {
        let line = |finding: &Finding| {
            let also: Vec<&str> = finding.also.iter().map(|check| check.id.as_str()).collect();
            format!("{} {} {} +{}", finding.engine, finding.severity, finding.id, also.join("+"))
        };
        report.findings.iter().map(line).collect()
    }

    #[test]
    fn equivalent_checks_on_the_same_resource_are_one_finding() {
        let mut block = json!({"BlockPublicAcls": true, "IgnorePublicAcls": true});
        block["BlockPublicPolicy"] = json!(false);
        block["RestrictPublicBuckets"] = json!(false);
        let open = json!({"VersioningConfiguration": {"Status": "Enabled"}, "PublicAccessBlockConfiguration": block});
        let at = |flag: &str| format!("/PublicAccessBlockConfiguration/{flag}");
        let failures = vec![
            failure("CKV_AWS_56", &at("RestrictPublicBuckets")),
            failure("CKV_AWS_54", "/elsewhere"),
            failure("CKV_AWS_54", "/elsewhere"),
        ];
        // Both flags have one cause and are one finding.
        let expected = ["builtin high s3-block-public-access +CKV_AWS_54+CKV_AWS_56"];
        assert_eq!(lines(&scan("AWS::S3::Bucket", open, failures)), expected);
    }

    #[test]
    fn of_several_equivalent_findings_the_one_at_the_same_pointer_counts() {
        let rule = |port: u16| {
            let open = json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "0.0.0.0/0"});
            json!([open])[0].clone()
        };
        let group = json!({"SecurityGroupIngress": [rule(22), {"IpProtocol": "-1", "CidrIp": "10.0.0.0/8"}, rule(22)]});
        let alone = scan("AWS::EC2::SecurityGroup", group.clone(), Vec::new());
        let ssh = alone.findings.iter().filter(|one| one.id == "sg-no-open-ssh");
        let places: Vec<&str> = ssh.filter_map(|one| one.pointer.as_deref()).collect();
        assert_eq!(places.len(), 2, "{places:?}");
        for place in places {
            let report = scan("AWS::EC2::SecurityGroup", group.clone(), vec![failure("CKV_AWS_24", place)]);
            let merged = report.findings.iter().filter(|one| !one.also.is_empty());
            assert_eq!(merged.map(|one| one.pointer.as_deref()).collect::<Vec<_>>(), [Some(place)]);
        }
    }

    #[test]
    fn a_finding_without_a_policy_violation_stays_one_of_the_engine() {
        let flags = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
        let flags: serde_json::Map<_, _> = flags.iter().map(|flag| ((*flag).to_owned(), json!(true))).collect();
        let good = json!({"VersioningConfiguration": {"Status": "Enabled"}, "PublicAccessBlockConfiguration": flags});
        let failures = vec![
            failure("CKV_AWS_54", ""),
            failure("CKV_AWS_53", ""),
            failure("CKV_CUSTOM_1", ""),
            EngineFinding { severity: Some(Severity::Low), ..failure("CKV_CUSTOM_2", "") },
        ];
        let report = scan("AWS::S3::Bucket", good, failures);
        let expected =
            ["checkov high CKV_AWS_53 +CKV_AWS_54", "checkov medium CKV_CUSTOM_1 +", "checkov low CKV_CUSTOM_2 +"];
        assert_eq!(lines(&report), expected);
        assert_eq!(report.findings[0].equivalents["builtin"], ["s3-block-public-access"]);
        assert!(report.findings[0].fix.is_some());
    }

    #[test]
    fn a_check_with_two_equivalents_is_merged_once() {
        let ingress = json!({"SecurityGroupIngress": [
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0", "Description": "d"},
            {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0", "Description": "d"},
        ]});
        let report = scan("AWS::EC2::SecurityGroup", ingress, vec![failure("CKV_AWS_24", "")]);
        let noted: usize = report.findings.iter().map(|finding| finding.also.len()).sum();
        assert_eq!(noted, 1, "{:?}", lines(&report));
    }

    #[test]
    fn a_failure_about_the_template_has_no_resource() {
        let report = scan("AWS::KMS::Key", json!({}), vec![EngineFinding { resource: None, ..failure("r", "") }]);
        let whole = report.findings.iter().find(|finding| finding.id == "r").unwrap();
        assert_eq!(whole.resource.to_string(), "Template");
    }

    #[test]
    fn a_failure_on_a_write_only_value_is_undecided() {
        let bucket = ScanResource::observed(&crate::schema::Registry::embedded(), "AWS::S3::Bucket", "b", json!({}));
        let mut report = ScanReport::default();
        let policies = PolicySet::compile(Vec::new()).unwrap();
        let found = EngineReport { findings: vec![failure("CKV_AWS_20", "/AccessControl")], ..Default::default() };
        merge(&mut report, EngineName::Checkov, found, &policies, &[bucket]);
        assert_eq!((report.findings.len(), report.unknown.len()), (0, 1));
        assert_eq!(report.unknown[0].pointer.as_deref(), Some("/AccessControl"));
    }

    /// Checks with one equivalent policy, with two, with an opt-in policy, and with none.
    const IDS: [&str; 8] =
        ["CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_18", "CKV_AWS_20", "CKV_AWS_24", "CKV_AWS_110", "CKV_AWS_27", "CKV_X_1"];

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

        /// For any engine findings, each (check, resource) pair is reported once, and all findings of
        /// the policies are kept.
        #[test]
        fn nothing_is_lost_or_duplicated(
            failed in proptest::collection::vec((0..IDS.len(), proptest::option::of(0..3_usize), "(/[A-C])?"), 0..20)
        ) {
            static POLICIES: std::sync::LazyLock<PolicySet> =
                std::sync::LazyLock::new(|| PolicySet::compile(builtin::sources()).unwrap());
            let types = ["AWS::S3::Bucket", "AWS::EC2::SecurityGroup", "AWS::SQS::Queue"];
            let open = json!({"AccessControl": "PublicRead", "SecurityGroupIngress": [
                {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0", "Description": "d"},
            ]});
            let resources = types.map(|name| ScanResource::live(name, "x", open.clone())).to_vec();
            let input = ScanInput { resources, ..ScanInput::default() };
            let own = POLICIES.evaluate(&input);
            let mut report = own.clone();
            let findings = failed.iter().map(|(id, resource, pointer)| EngineFinding {
                resource: *resource, pointer: Some(pointer.clone()), ..failure(IDS[*id], "")
            });
            let found = EngineReport { findings: findings.collect(), ..EngineReport::default() };
            merge(&mut report, EngineName::Checkov, found, &POLICIES, &input.resources);
            let mut named: Vec<(String, String)> = Vec::new();
            for finding in &report.findings {
                let foreign = Some(finding.id.clone()).filter(|_| finding.engine == "checkov");
                let ids = foreign.into_iter().chain(finding.also.iter().map(|check| check.id.clone()));
                named.extend(ids.map(|id| (id, finding.resource.to_string())));
            }
            named.sort();
            let name = |at: &Option<usize>| {
                at.map_or_else(|| "Template".to_owned(), |at| input.resources[at].resource.to_string())
            };
            let mut expected: Vec<(String, String)> =
                failed.iter().map(|(id, at, _)| (IDS[*id].to_owned(), name(at))).collect();
            expected.sort();
            expected.dedup();
            proptest::prop_assert_eq!(named, expected);
            for finding in &own.findings {
                let same = report.findings.iter().filter(|other| {
                    Finding { also: Vec::new(), ..(*other).clone() } == *finding
                });
                proptest::prop_assert_eq!(same.count(), 1);
            }
        }
    }
}
