//! Suppressions that stand at the resource itself: `Metadata.checkov.skip`,
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
    /// Where it is written, for the waiver and for messages.
    source: &'static str,
    place: Option<Location>,
}

const GUARD: &str = "Metadata.guard.SuppressedRules";

/// Marks the findings that their resources' own suppressions cover, by the id of a check here or
/// of its equivalent in the other scanner. Says which suppressions give no reason, and which cover
/// nothing although the engine that knows their id has run.
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

    /// What to say of a suppression that is about a finding and not enough for it.
    fn too_little(&self, finding: &Finding, name: &str) -> Option<Diagnostic> {
        let what =
            format!("{} is suppressed on {name}, and {} stands: it is about more than that", self.id, finding.id);
        let hint = format!("suppress {} if all of it is meant", finding.whole());
        Some(Diagnostic::warning(Code::SuppressionPartial, what).hint(hint).at(self.place.clone()).resource(name))
    }

    fn remark(&self, used: bool, name: &str, report: &ScanReport, policies: &PolicySet) -> Option<Diagnostic> {
        let warning = |code, what: String, hint: &str| {
            Some(Diagnostic::warning(code, what).hint(hint).at(self.place.clone()).resource(name))
        };
        if used {
            // Guard's list has no place for a reason.
            let bare = self.reason.is_none() && self.source != GUARD;
            let what = format!("{} is suppressed on {name} without a reason", self.id);
            let hint = "write why: `# checkov:skip=ID: reason`, or `comment` beside the `id` in Metadata";
            return if bare { warning(Code::SuppressionWithoutReason, what, hint) } else { None };
        }
        let ran = |engine: &str| report.engines.iter().any(|status| status.name == engine && status.succeeded());
        let own = policies.find(&self.id);
        let idle = match own {
            Some(policy) => policies.is_active(policy) && ran(BUILTIN_ENGINE),
            None => ran(if self.source == GUARD { "cfn-guard" } else { "checkov" }),
        };
        // Ids of other scanners are in capitals; one that looks like ours and is none is a mistake.
        let mistaken = own.is_none() && !self.id.contains(|c: char| c.is_ascii_uppercase() || c == '_');
        if mistaken {
            let what = format!("{name} suppresses `{}`, which no policy is called", self.id);
            return warning(Code::SuppressionUnknown, what, "`stagegate scan --list` shows the ids");
        }
        let what = format!("{} is suppressed on {name}, where it finds nothing", self.id);
        if idle { warning(Code::SuppressionUnused, what, "remove the suppression") } else { None }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::domain::finding::{EngineStatus, Witness};
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
            let witness = |id: &&str| Witness { engine: "checkov".into(), id: (*id).into(), message: String::new() };
            report.findings[0].also = checkov.iter().map(witness).collect();
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
    fn a_check_elsewhere_that_is_about_one_flag_leaves_the_other_flags() {
        let mut bucket = ScanResource::live("AWS::S3::Bucket", "b", json!({}));
        let skip = |id: &str| json!({"id": id, "comment": "c"});
        bucket.metadata = json!({"checkov": {"skip": [skip("CKV_AWS_53"), skip("CKV_AWS_55")]}});
        let input = ScanInput { resources: vec![bucket], ..ScanInput::default() };
        let policies = PolicySet::compile(builtin::sources()).unwrap();
        let mut report = policies.evaluate(&input);
        assert_eq!(suppress(&mut report, &input.resources, &policies), []);
        let waived = report.findings.iter().filter(|finding| finding.waiver.is_some());
        let waived: Vec<&str> = waived.filter_map(|finding| finding.pointer.as_deref()).collect();
        let at = |flag: &str| format!("/PublicAccessBlockConfiguration/{flag}");
        assert_eq!(waived, [at("BlockPublicAcls"), at("IgnorePublicAcls")]);
    }

    #[test]
    fn one_of_several_checks_elsewhere_is_not_enough_and_is_said() {
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
    fn a_waiver_says_where_it_stands() {
        let (report, _) = scan(Value::Null, vec![comment("CKV_AWS_66", Some("short-lived"))], &[]);
        let waiver = report.findings[0].waiver.as_ref().unwrap();
        assert_eq!(
            (waiver.reason.as_str(), waiver.source.as_str()),
            ("short-lived", "a checkov:skip comment at t.yaml:3:5")
        );
    }

    #[test]
    fn what_is_reasonless_unused_or_mistaken_is_said() {
        let said = |id: &str, checkov: &[&str]| scan(Value::Null, vec![comment(id, None)], checkov).1;
        assert_eq!(said("CKV_AWS_66", &[]), ["suppression-without-reason"]);
        assert_eq!(said("s3-versioning", &[]), ["suppression-unused"]);
        assert_eq!(said("logs-retentoin", &[]), ["suppression-unknown"]);
        // Checkov, which has not run, may well find what it is there for.
        assert_eq!(said("CKV_AWS_158", &[]), Vec::<&str>::new());
        assert_eq!(said("CKV_AWS_158", &["CKV_AWS_66"]), ["suppression-unused"]);
    }

    #[test]
    fn one_suppressed_check_does_not_hide_another_of_the_same_subject() {
        let skip = vec![comment("CKV_AWS_66", Some("r"))];
        assert_eq!(scan(Value::Null, skip.clone(), &["CKV_AWS_66"]).0.summary().waived, 1);
        assert_eq!(scan(Value::Null, skip, &["CKV_AWS_66", "CKV_AWS_67"]).0.summary().waived, 0);
    }
}
