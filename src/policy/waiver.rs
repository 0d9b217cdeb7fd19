//! Waivers: findings that somebody decided to live with.

use jiff::civil::Date;

use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::finding::{Finding, ScanReport, Waiver};
use crate::domain::wildcard;

/// One decision in a waiver file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverRule {
    /// The check's id, here or in another scanner.
    pub rule: String,
    /// Logical id or identifier of the resource; `*` stands for any run of characters.
    pub resource: String,
    /// Who answers for it.
    pub owner: String,
    /// Why the finding is accepted.
    pub reason: String,
    /// The last day on which the waiver holds.
    pub expires: Date,
    /// Where it stands.
    pub location: Location,
}

/// The content of a waiver file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waivers {
    path: String,
    rules: Vec<WaiverRule>,
}

impl Waivers {
    /// The decisions of the file at a path.
    pub fn new(path: impl Into<String>, rules: Vec<WaiverRule>) -> Self {
        Self { path: path.into(), rules }
    }

    /// The decisions, in the file's order.
    pub fn rules(&self) -> &[WaiverRule] {
        &self.rules
    }

    /// Marks what is waived on the given day. An expired waiver waives nothing and is said, as is
    /// one that matches nothing any more, or only a part of what was found.
    pub fn apply(&self, report: &mut ScanReport, today: Date) -> Vec<Diagnostic> {
        for finding in report.findings.iter_mut().filter(|finding| finding.waiver.is_none()) {
            let holds = |rule: &&WaiverRule| rule.expires >= today && rule.is_about(finding);
            let rules: Vec<&WaiverRule> = self.rules.iter().filter(holds).collect();
            if finding.is_covered(|id| rules.iter().any(|rule| rule.rule == id)) {
                finding.waiver = rules.first().map(|rule| rule.waiver(&self.path));
            }
        }
        let mut said = Vec::new();
        for rule in &self.rules {
            if rule.expires < today {
                said.push(self.warning(rule, Code::WaiverExpired, &format!("expired on {}", rule.expires)));
            } else if !report.findings.iter().any(|finding| rule.is_about(finding)) {
                said.push(self.warning(rule, Code::WaiverUnused, "matches no finding"));
            } else if let Some(open) =
                report.findings.iter().find(|finding| finding.waiver.is_none() && rule.is_about(finding))
            {
                let what = format!("is not enough: {} there is about more than that", open.id);
                said.push(self.warning(rule, Code::WaiverPartial, &what).hint(format!("waive {}", open.whole())));
            }
        }
        said
    }

    fn warning(&self, rule: &WaiverRule, code: Code, what: &str) -> Diagnostic {
        let WaiverRule { rule: id, resource, owner, .. } = rule;
        Diagnostic::warning(code, format!("the waiver of {id} for {resource} {what}"))
            .hint(format!("{owner} should renew or remove it"))
            .at(Some(rule.location.clone()))
    }
}

impl WaiverRule {
    fn is_about(&self, finding: &Finding) -> bool {
        let names = [&finding.resource.logical_id, &finding.resource.identifier];
        finding.ids().any(|id| id == self.rule)
            && names.into_iter().flatten().any(|name| wildcard::matches_star(&self.resource, name))
    }

    fn waiver(&self, path: &str) -> Waiver {
        Waiver {
            owner: Some(self.owner.clone()),
            reason: self.reason.clone(),
            expires: Some(self.expires),
            source: path.to_owned(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::policy::{PolicySet, ScanInput, ScanResource, builtin};
    use serde_json::json;

    fn waivers(rule: &str, resource: &str) -> Waivers {
        let rule = WaiverRule {
            rule: rule.into(),
            resource: resource.into(),
            owner: "data".into(),
            reason: "audit".into(),
            expires: "2026-12-31".parse().unwrap(),
            location: Location { file: "w.yaml".into(), line: 2, column: 5 },
        };
        Waivers::new("w.yaml", vec![rule])
    }

    fn scan(identifier: &str) -> ScanReport {
        let resource = ScanResource::live("AWS::Logs::LogGroup", identifier, json!({}));
        let input = ScanInput { resources: vec![resource], ..ScanInput::default() };
        PolicySet::compile(builtin::sources()).unwrap().evaluate(&input)
    }

    #[test]
    fn a_waiver_holds_through_its_last_day() {
        let waivers = waivers("logs-retention", "shop-*");
        let mut report = scan("shop-api");
        assert!(waivers.apply(&mut report, "2026-12-31".parse().unwrap()).is_empty());
        assert_eq!(report.summary().waived, 1);
        assert_eq!(report.findings[0].waiver.as_ref().unwrap().owner.as_deref(), Some("data"));
    }

    #[test]
    fn an_expired_or_unused_waiver_waives_nothing_and_is_said() {
        let waivers = waivers("logs-retention", "shop-*");
        let cases = [("shop-api", "2027-01-01", "waiver-expired"), ("other", "2026-01-01", "waiver-unused")];
        for (identifier, today, code) in cases {
            let mut report = scan(identifier);
            let said = waivers.apply(&mut report, today.parse().unwrap());
            assert_eq!((said[0].code.as_str(), report.summary().waived), (code, 0));
            assert_eq!(said[0].location.as_ref().unwrap().to_string(), "w.yaml:2:5");
        }
    }

    #[test]
    fn the_id_of_another_scanner_will_do() {
        let waivers = waivers("CKV_AWS_66", "shop-*");
        let mut report = scan("shop-api");
        assert!(waivers.apply(&mut report, "2026-12-31".parse().unwrap()).is_empty());
        assert_eq!(report.summary().waived, 1);
    }

    #[test]
    fn one_of_several_checks_of_another_scanner_is_not_enough() {
        let waivers = waivers("CKV_AWS_109", "*");
        let statement = json!({"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"});
        let document = json!({"PolicyDocument": {"Statement": [statement]}});
        let resource = ScanResource::live("AWS::IAM::ManagedPolicy", "x", document);
        let input = ScanInput { resources: vec![resource], ..ScanInput::default() };
        let mut report = PolicySet::compile(builtin::sources()).unwrap().evaluate(&input);
        let said = waivers.apply(&mut report, "2026-12-31".parse().unwrap());
        assert_eq!((said[0].code.as_str(), report.summary().waived), ("waiver-partial", 0));
        assert_eq!(said[0].hint.as_deref(), Some("waive iam-no-privilege-escalation"));
    }

    #[test]
    fn a_pattern_of_many_stars_is_decided_at_once() {
        // With one step more for every way to place the stars this would go on for years.
        let name = "a".repeat(2_000);
        for (ending, waived) in [("b", 0), ("", 1)] {
            let pattern = format!("{}{ending}", "*a".repeat(8) + "*");
            let waivers = waivers("logs-retention", &pattern);
            let mut report = scan(&name);
            waivers.apply(&mut report, "2026-12-31".parse().unwrap());
            assert_eq!(report.summary().waived, waived, "{pattern}");
        }
    }
}
