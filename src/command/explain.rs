//! `explain`: explains a code. Needs no project, no run and no runtime.

use std::path::PathBuf;

use super::policies::policy_sources;
use super::scan;
use crate::cli::{ExplainArgs, GlobalArgs};
use crate::codes;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::files::suggestion;
use crate::outcome::{Failure, Outcome};
use crate::policy::{self, Packs, PolicyMetadata, PolicySource, builtin};
use crate::report::{Answer, Body, ExplainBody, PolicyView};
use crate::workspace;

/// Answers from the catalog of codes and, for ids of policies, from the built-in and the project's policies.
pub fn offline(arguments: &ExplainArgs, global: &GlobalArgs) -> Result<Answer<Body>, Failure> {
    if arguments.list {
        return Ok(Answer::new(Outcome::Ok, Body::Codes(ExplainBody::list(codes::entries()))));
    }
    let word = arguments.code.as_deref().unwrap_or_default().trim();
    if let Some(entry) = codes::find(word) {
        return Ok(Answer::new(Outcome::Ok, Body::Explanation(ExplainBody::of_entry(entry))));
    }
    // The error of an invalid project can be explained as well.
    let (own, unread) = match project_policies(global) {
        Ok(own) => (own, Vec::new()),
        Err(failure) => (Vec::new(), failure.diagnostics),
    };
    let mut sources = builtin::sources();
    sources.extend(own);
    let policies = policy::listed(sources)
        .map_err(|error| Failure::new(Outcome::Error, error.diagnostic()).and(unread.clone()))?;
    let matching = scan::named(policies.iter(), word);
    if matching.is_empty() {
        return Err(unknown(word, &policies).and(unread));
    }
    let core = Packs::core();
    let views = matching.into_iter().map(|policy| PolicyView::new(policy, core.holds(&policy.pack))).collect();
    Ok(Answer::new(Outcome::Ok, Body::Explanation(ExplainBody::of_policies(word, views))))
}

fn project_policies(global: &GlobalArgs) -> Result<Vec<PolicySource>, Failure> {
    let Some((project, root)) = workspace::find_project(global)? else { return Ok(Vec::new()) };
    let folders: Vec<PathBuf> = project.policies.dirs.iter().map(|folder| root.join(folder)).collect();
    policy_sources(folders.iter().map(PathBuf::as_path))
}

fn unknown(word: &str, policies: &[PolicyMetadata]) -> Failure {
    let ids = policies.iter().map(|policy| policy.id.as_str());
    let known = ids.chain(codes::entries().map(|entry| entry.code()));
    let problem = Diagnostic::error(Code::UnknownCode, format!("unknown code or policy `{word}`"));
    Failure::usage(vec![problem.hint(match suggestion::closest(word, known) {
        Some(close) => format!("did you mean `{close}`?"),
        None => "run `stagegate explain --list` to list all codes".to_owned(),
    })])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::codes::Topic;
    use crate::domain::tags::PromotionStatus;
    use crate::report::{
        ApprovalCode, CostStatus, CostVerdict, DriftStatus, InventoryAccountStatus, OutcomeCode, PromotionCode,
        RiskCode, SupportStatus,
    };

    fn topic(word: &str) -> Topic {
        codes::find(word).unwrap_or_else(|| panic!("`{word}` is not in the catalog")).topic
    }

    #[test]
    fn every_status_and_kind_of_approval_is_in_the_catalog() {
        let tags = [PromotionStatus::DevOnly, PromotionStatus::PendingProd, PromotionStatus::Synced];
        let drift = DriftStatus::ALL.iter().map(|status| status.as_str());
        let promotion = PromotionCode::ALL.iter().map(|status| status.as_str());
        for word in drift.chain(promotion).chain(tags.iter().map(PromotionStatus::as_str)).chain(["compliant"]) {
            assert!(matches!(topic(word), Topic::Status(_)), "{word}");
        }
        let words: Vec<&str> = [
            OutcomeCode::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
            CostStatus::ALL.iter().map(|one| one.as_str()).collect(),
            CostVerdict::ALL.iter().map(|one| one.as_str()).collect(),
            InventoryAccountStatus::ALL.iter().map(|one| one.as_str()).collect(),
            RiskCode::ALL.iter().map(|one| one.as_str()).collect(),
            SupportStatus::ALL.iter().map(|one| one.as_str()).collect(),
        ]
        .concat();
        // Some are the words of an approval or of a message as well.
        for word in words {
            let _ = topic(word);
        }
        for kind in ApprovalCode::ALL {
            assert!(matches!(topic(kind.as_str()), Topic::Approval(_)), "{kind}");
        }
    }

    #[test]
    fn every_code_and_policy_is_explained() {
        let policies = policy::listed(builtin::sources()).unwrap();
        let policies = policies.iter().map(|policy| policy.id.as_str());
        for word in codes::entries().map(|entry| entry.code()).chain(policies) {
            let arguments = ExplainArgs { code: Some(word.to_owned()), list: false };
            let answer = offline(&arguments, &GlobalArgs::default()).unwrap();
            assert_eq!(answer.outcome, Outcome::Ok, "{word}");
        }
    }

    #[test]
    fn no_policy_has_the_id_of_a_code() {
        let policies = policy::listed(builtin::sources()).unwrap();
        let both: Vec<&str> =
            policies.iter().map(|policy| policy.id.as_str()).filter(|id| codes::find(id).is_some()).collect();
        assert_eq!(both, Vec::<&str>::new(), "`explain` could not explain these policies");
    }
}
