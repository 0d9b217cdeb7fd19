//! Inline suppressions of a resource: `Metadata.checkov.skip`,
//! `Metadata.guard.SuppressedRules` and `# checkov:skip=ID: reason` comments.

use serde_json::Value;

use super::resource::ScanResource;
use super::set::PolicySet;
use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::finding::{BUILTIN_ENGINE, Finding, ScanReport, Waiver};

/// One suppression.
struct Suppression {
    id: String,
    reason: Option<String>,
    /// Its kind, for the waiver and for messages.
    source: &'static str,
    place: Option<Location>,
}

const GUARD: &str = "Metadata.guard.SuppressedRules";

/// Marks the findings that inline suppressions cover, by the id of a check here or
/// of its equivalent in the other scanner. Warns about suppressions without a reason, and about those that match
/// nothing although the engine with that id has run.
pub fn suppress(report: &mut ScanReport, resources: &[ScanResource], policies: &PolicySet) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    for scanned in resources {
        let suppressions = suppressions(scanned);
        if suppressions.is_empty() {
            continue;
        }
        let mut used = vec![false; suppressions.len()];
        let mut short = vec![None; suppressions.len()];
        for finding in report.findings.iter_mut().filter(|finding| finding.resource == scanned.resource) {
            if finding.waiver.is_none() && finding.is_covered(|id| suppressions.iter().any(|one| one.id == id)) {
                let first = suppressions.iter().find(|one| finding.ids().any(|id| id == one.id));
                finding.waiver = first.map(Suppression::waiver);
            }
            for (at, suppression) in suppressions.iter().enumerate() {
                if finding.ids().any(|id| id == suppression.id) {
                    used[at] = true;
                    short[at] = short[at].or(finding.waiver.is_none().then_some(&*finding));
                }
            }
        }
        let name = scanned.resource.to_string();
        said.extend(suppressions.iter().zip(short).filter_map(|(one, short)| one.too_little(short?, &name)));
        for (suppression, used) in suppressions.iter().zip(used) {
            said.extend(suppression.remark(used, &name, report, policies));
        }
    }
    said
}

fn suppressions(scanned: &ScanResource) -> Vec<Suppression> {
    let list = |pointer: &str| scanned.metadata.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    let place = || scanned.source.resource.clone();
    let skips = list("/checkov/skip").filter_map(|entry| {
        let comment = entry.get("comment").and_then(Value::as_str).map(str::trim);
        Some(Suppression {
            id: entry.get("id")?.as_str()?.trim().to_owned(),
            reason: comment.filter(|text| !text.is_empty()).map(str::to_owned),
            source: "Metadata.checkov.skip",
            place: place(),
        })
    });
    let rules = list("/guard/SuppressedRules").filter_map(Value::as_str).map(|name| Suppression {
        id: name.trim().to_owned(),
        reason: None,
        source: GUARD,
        place: place(),
    });
    let comments = scanned.source.skips.iter().map(|skip| Suppression {
        id: skip.id.clone(),
        reason: skip.reason.clone(),
        source: "a checkov:skip comment",
        place: Some(skip.location.clone()),
    });
    skips.chain(rules).chain(comments).collect()
}

impl Suppression {
    fn waiver(&self) -> Waiver {
        Waiver {
            owner: None,
            reason: self.reason.clone().unwrap_or_else(|| format!("{} is suppressed", self.id)),
            expires: None,
            source: match &self.place {
                Some(place) => format!("{} at {place}", self.source),
                None => self.source.to_owned(),
            },
        }
    }

    /// The warning for a suppression that covers a finding only in part.
    fn too_little(&self, finding: &Finding, name: &str) -> Option<Diagnostic> {
        let what = format!(
            "{} is suppressed on {name}, but {} covers more than that and is still reported",
            self.id, finding.id
        );
        let hint = format!("suppress {} to cover the whole finding", finding.ids_to_waive());
        Some(Diagnostic::warning(Code::SuppressionPartial, what).hint(hint).at(self.place.clone()).resource(name))
    }

    fn remark(&self, used: bool, name: &str, report: &ScanReport, policies: &PolicySet) -> Option<Diagnostic> {
        let warning = |code, what: String, hint: &str| {
            Some(Diagnostic::warning(code, what).hint(hint).at(self.place.clone()).resource(name))
        };
        if used {
            // Guard's list has no field for a reason.
            let bare = self.reason.is_none() && self.source != GUARD;
            let what = format!("{} is suppressed on {name} without a reason", self.id);
            let hint = "add a reason: `# checkov:skip=ID: reason`, or `comment` next to `id` in Metadata";
            return if bare { warning(Code::SuppressionWithoutReason, what, hint) } else { None };
        }
        let ran = |engine: &str| report.engines.iter().any(|status| status.name == engine && status.succeeded());
        let own = policies.find(&self.id);
        let idle = match own {
            Some(policy) => policies.is_active(policy) && ran(BUILTIN_ENGINE),
            None => ran(if self.source == GUARD { "cfn-guard" } else { "checkov" }),
        };
        // Ids of other scanners are in upper case; an unknown id in our format is an error.
        let mistaken = own.is_none() && !self.id.contains(|c: char| c.is_ascii_uppercase() || c == '_');
        if mistaken {
            let what = format!("{name} suppresses `{}`, but no policy has this id", self.id);
            return warning(Code::SuppressionUnknown, what, "run `stagegate scan --list` to list the ids");
        }
        let what = format!("{} is suppressed on {name}, but has no finding there", self.id);
        if idle { warning(Code::SuppressionUnused, what, "remove the suppression") } else { None }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::domain::finding::{EngineStatus, EquivalentCheck};
    use crate::domain::resource::SkipComment;
    use crate::policy::{ScanInput, builtin};
    use serde_json::json;

    fn comment(id: &str, reason: Option<&str>) -> SkipComment {
        let location = Location { file: "t.yaml".into(), line: 3, column: 5 };
        SkipComment { id: id.into(), reason: reason.map(str::to_owned), location }
    }

    fn scan(metadata: Value, skips: Vec<SkipComment>, checkov: &[&str]) -> (ScanReport, Vec<&'static str>) {
        let mut resource = ScanResource::live("AWS::Logs::LogGroup", "g", json!({}));
        resource.metadata = metadata;
        resource.source.skips = skips;
        let input = ScanInput { resources: vec![resource], ..ScanInput::default() };
        let policies = PolicySet::compile(builtin::sources()).unwrap();
        let mut report = policies.evaluate(&input);
        if !checkov.is_empty() {
            let equivalent =
                |id: &&str| EquivalentCheck { engine: "checkov".into(), id: (*id).into(), message: String::new() };
            report.findings[0].also = checkov.iter().map(equivalent).collect();
            report.engines.push(EngineStatus { name: "checkov".into(), version: None, failures: Vec::new() });
        }
        let said = suppress(&mut report, &input.resources, &policies);
        (report, said.iter().map(|remark| remark.code.as_str()).collect())
    }

    #[test]
    fn a_suppression_holds_by_our_id_or_an_equivalent() {
        let cases = [
            (json!({"checkov": {"skip": [{"id": "CKV_AWS_66", "comment": "short-lived"}]}}), vec![], 1),
            (json!({"checkov": {"skip": [{"id": "logs-retention", "comment": "short-lived"}]}}), vec![], 1),
            (json!({"guard": {"SuppressedRules": ["CW_LOGGROUP_RETENTION_PERIOD_CHECK"]}}), vec![], 1),
            (Value::Null, vec![comment("CKV_AWS_66", Some("short-lived"))], 1),
            (Value::Null, vec![comment("logs-retention", Some("short-lived"))], 1),
            (json!({"checkov": {"skip": [{"id": "CKV_AWS_1", "comment": "c"}]}}), vec![], 0),
            (json!({"checkov": "all"}), vec![], 0),
        ];
        for (metadata, skips, waived) in cases {
            let (report, said) = scan(metadata.clone(), skips.clone(), &[]);
            assert_eq!(report.summary().waived, waived, "{metadata} {skips:?}");
            assert_eq!(said, Vec::<&str>::new(), "{metadata} {skips:?}");
        }
    }

    #[test]
    fn equivalent_checks_of_some_flags_do_not_suppress_the_others() {
        let mut bucket = ScanResource::live("AWS::S3::Bucket", "b", json!({}));
        let skip = |id: &str| json!({"id": id, "comment": "c"});
        bucket.metadata = json!({"checkov": {"skip": [skip("CKV_AWS_53"), skip("CKV_AWS_55")]}});
        let policies = PolicySet::compile(builtin::sources()).unwrap();
        let flags = json!({"BlockPublicPolicy": true, "RestrictPublicBuckets": true});
        for (flags, pointers, waived, said) in
            [(json!({}), 4, false, vec!["suppression-partial"; 2]), (flags, 2, true, vec![])]
        {
            bucket.properties = json!({"PublicAccessBlockConfiguration": flags});
            let input = ScanInput { resources: vec![bucket.clone()], ..ScanInput::default() };
            let mut report = policies.evaluate(&input);
            let remarks = suppress(&mut report, &input.resources, &policies);
            assert_eq!(remarks.iter().map(|remark| remark.code.as_str()).collect::<Vec<_>>(), said);
            let blocks = report.findings.iter().filter(|finding| finding.id == "s3-block-public-access");
            let blocks: Vec<_> = blocks.map(|block| (block.pointers().count(), block.waiver.is_some())).collect();
            assert_eq!(blocks, [(pointers, waived)]);
        }
    }

    #[test]
    fn one_of_several_equivalent_checks_is_not_enough_and_is_reported() {
        let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"});
        let document = json!({"AssumeRolePolicyDocument": {"Statement": [statement]}});
        for (ids, waived, said) in [
            (&["CKV_AWS_60"][..], 0, &["suppression-partial"][..]),
            (&["CKV_AWS_60", "CKV_AWS_61"], 1, &[]),
            (&["iam-trust-no-wildcard"], 1, &[]),
        ] {
            let mut role = ScanResource::live("AWS::IAM::Role", "r", document.clone());
            let skips: Vec<Value> = ids.iter().map(|id| json!({"id": id, "comment": "c"})).collect();
            role.metadata = json!({"checkov": {"skip": skips}});
            let input = ScanInput { resources: vec![role], ..ScanInput::default() };
            let policies = PolicySet::compile(builtin::sources()).unwrap();
            let mut report = policies.evaluate(&input);
            let remarks = suppress(&mut report, &input.resources, &policies);
            assert_eq!(remarks.iter().map(|remark| remark.code.as_str()).collect::<Vec<_>>(), said, "{ids:?}");
            assert_eq!(report.summary().waived, waived, "{ids:?}");
        }
    }

    #[test]
    fn a_waiver_has_its_location() {
        let (report, _) = scan(Value::Null, vec![comment("CKV_AWS_66", Some("short-lived"))], &[]);
        let waiver = report.findings[0].waiver.as_ref().unwrap();
        assert_eq!(
            (waiver.reason.as_str(), waiver.source.as_str()),
            ("short-lived", "a checkov:skip comment at t.yaml:3:5")
        );
    }

    #[test]
    fn missing_reasons_and_unused_or_unknown_ids_are_reported() {
        let said = |id: &str, checkov: &[&str]| scan(Value::Null, vec![comment(id, None)], checkov).1;
        assert_eq!(said("CKV_AWS_66", &[]), ["suppression-without-reason"]);
        assert_eq!(said("s3-versioning", &[]), ["suppression-unused"]);
        assert_eq!(said("logs-retentoin", &[]), ["suppression-unknown"]);
        // Checkov has not run, so its suppression may still be used.
        assert_eq!(said("CKV_AWS_158", &[]), Vec::<&str>::new());
        assert_eq!(said("CKV_AWS_158", &["CKV_AWS_66"]), ["suppression-unused"]);
    }

    #[test]
    fn one_suppressed_check_does_not_hide_an_equivalent_one() {
        let skip = vec![comment("CKV_AWS_66", Some("r"))];
        assert_eq!(scan(Value::Null, skip.clone(), &["CKV_AWS_66"]).0.summary().waived, 1);
        assert_eq!(scan(Value::Null, skip, &["CKV_AWS_66", "CKV_AWS_67"]).0.summary().waived, 0);
    }
}
