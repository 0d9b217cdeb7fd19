//! What is needed: actions, each on the resources that it applies to.

use std::collections::BTreeSet;

use crate::domain::wildcard;
use crate::schema::Arn;
use crate::schema::actions::{self, ActionFacts, ResourceForm, nearest_action};

/// An action, with the resources on which it is needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The action as AWS spells it.
    pub action: String,
    /// ARNs, in order; only `*` if the action takes no resource, or if none was named.
    pub resources: Vec<String>,
    /// Whether only `*` can be the resource of the action.
    pub takes_no_resource: bool,
}

/// Why actions and resources do not say what is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NeedProblem {
    /// No service has the action.
    UnknownAction {
        /// The action.
        action: String,
        /// The closest one.
        suggestion: Option<String>,
    },
    /// The action has a wildcard.
    Wildcard {
        /// The action.
        action: String,
        /// Some of the actions that it stands for.
        examples: Vec<String>,
    },
    /// A resource is not an ARN.
    NotArn {
        /// The resource.
        resource: String,
    },
    /// No resource of the right kind was named for an action.
    NoResource {
        /// The action.
        action: String,
        /// What its ARNs look like.
        forms: Vec<&'static str>,
    },
    /// None of the actions applies to a resource.
    Unused {
        /// The resource.
        resource: String,
    },
    /// A resource stands for all resources of its kind.
    Everything {
        /// The resource.
        resource: String,
    },
}

/// How many actions stand for a wildcard in a message.
const EXAMPLES: usize = 5;

/// Assigns resources to the actions that apply to them. In S3, an action on objects applies to the objects of a bucket that is named,
/// and an action on buckets to the bucket of an object.
///
/// # Errors
/// Everything that is wrong with them.
pub fn needs(actions: &[String], resources: &[String]) -> Result<Vec<Need>, Vec<NeedProblem>> {
    let mut problems: Vec<NeedProblem> = Vec::new();
    let is_star = |resource: &String| resource == "*";
    for resource in resources.iter().filter(|one| !is_star(one)) {
        if Arn::parse(resource).is_none() {
            problems.push(NeedProblem::NotArn { resource: resource.clone() });
        }
    }
    let found: Vec<ActionFacts> = actions.iter().filter_map(|action| known(action, &mut problems)).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut needs = Vec::new();
    let mut used: BTreeSet<&String> = BTreeSet::new();
    for facts in found {
        if facts.forms.is_empty() {
            needs.push(Need { action: facts.name, resources: vec!["*".to_owned()], takes_no_resource: true });
            continue;
        }
        let mut own = BTreeSet::new();
        for resource in resources {
            let fitted = if is_star(resource) { Some(resource.clone()) } else { fit(&facts, resource) };
            if let Some(fitted) = fitted {
                used.insert(resource);
                own.insert(fitted);
            }
        }
        if resources.is_empty() {
            own.insert("*".to_owned());
        }
        if own.is_empty() {
            let forms = facts.forms.iter().map(|form| form.arn).collect();
            problems.push(NeedProblem::NoResource { action: facts.name, forms });
            continue;
        }
        needs.push(Need { action: facts.name, resources: own.into_iter().collect(), takes_no_resource: false });
    }
    let is_unused = |resource: &&String| !used.contains(resource);
    problems
        .extend(resources.iter().filter(is_unused).map(|resource| NeedProblem::Unused { resource: resource.clone() }));
    needs.sort();
    needs.dedup();
    if problems.is_empty() { Ok(needs) } else { Err(problems) }
}

/// Needs that a policy may grant: every action that takes a resource is limited to some.
///
/// # Errors
/// A resource is missing, or stands for everything.
pub fn require_scoped(needs: &[Need]) -> Result<(), Vec<NeedProblem>> {
    let mut problems = Vec::new();
    for need in needs.iter().filter(|need| !need.takes_no_resource) {
        let forms = actions::action(&need.action).map(|facts| facts.forms).unwrap_or_default();
        for resource in &need.resources {
            if resource == "*" {
                let forms = forms.iter().map(|form| form.arn).collect();
                problems.push(NeedProblem::NoResource { action: need.action.clone(), forms });
            } else if forms.iter().any(|form| is_everything(resource, form.arn)) {
                problems.push(NeedProblem::Everything { resource: resource.clone() });
            }
        }
    }
    problems.dedup();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn known(action: &str, problems: &mut Vec<NeedProblem>) -> Option<ActionFacts> {
    if action.contains(['*', '?']) {
        problems.push(NeedProblem::Wildcard { action: action.to_owned(), examples: examples(action) });
        return None;
    }
    let found = actions::action(action);
    if found.is_none() {
        let suggestion = nearest_action(action);
        problems.push(NeedProblem::UnknownAction { action: action.to_owned(), suggestion });
    }
    found
}

fn examples(pattern: &str) -> Vec<String> {
    let Some((prefix, name)) = pattern.split_once(':') else { return Vec::new() };
    let (prefix, name) = (prefix.to_ascii_lowercase(), name.to_ascii_lowercase());
    let Some(service) = actions::of_service(&prefix) else { return Vec::new() };
    let names = service.with_resource().chain(service.without_resource());
    let matching = names.filter(|known| wildcard::matches(&name, &known.to_ascii_lowercase()));
    matching.take(EXAMPLES).map(|known| format!("{prefix}:{known}")).collect()
}

/// The ARN on which an action is needed if a resource is named, if the action applies to it.
fn fit(facts: &ActionFacts, resource: &str) -> Option<String> {
    let is_of_action = |name: &str| facts.forms.iter().any(|form| form.name == name);
    let of_service = facts.name.split(':').next().and_then(actions::of_service)?;
    let best = closest(resource, of_service.forms().chain(facts.forms.iter().copied()))?;
    if facts.forms.iter().any(|form| form.arn == best.arn) {
        return Some(resource.to_owned());
    }
    let parsed = Arn::parse(resource)?;
    if parsed.service != "s3" {
        return None;
    }
    match best.name {
        "bucket" if is_of_action("object") => Some(format!("{resource}/*")),
        "object" if is_of_action("bucket") => {
            let bucket = parsed.resource.split('/').next()?;
            Some(Arn { resource: bucket, ..parsed }.to_string())
        }
        _ => None,
    }
}

/// The kind of a resource: of the forms that its ARN has, the one that says most about it.
fn closest(resource: &str, forms: impl Iterator<Item = ResourceForm>) -> Option<ResourceForm> {
    let literal = |form: &ResourceForm| form.arn.chars().filter(|c| *c != '*').count();
    // Of equal forms the first counts, whatever the number of actions that have it.
    forms
        .filter(|form| wildcard::matches(form.arn, resource))
        .reduce(|best, form| if literal(&form) > literal(&best) { form } else { best })
}

/// True if a resource's name is only wildcards: all resources of its form in the partition, the account or the Region.
fn is_everything(resource: &str, form: &str) -> bool {
    let name = |arn: &str| arn.splitn(6, ':').nth(5).map(str::to_owned);
    match (name(resource), name(form)) {
        (Some(name), Some(form)) => name == "*" || (name == form && name.contains('*')),
        _ => resource == "*",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ask(actions: &[&str], resources: &[&str]) -> Result<Vec<(String, Vec<String>)>, Vec<NeedProblem>> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let needs = needs(&owned(actions), &owned(resources))?;
        Ok(needs.into_iter().map(|need| (need.action, need.resources)).collect())
    }

    fn pair(action: &str, resources: &[&str]) -> (String, Vec<String>) {
        (action.to_owned(), resources.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn buckets_and_objects_are_told_apart() {
        let found = ask(&["s3:listbucket", "s3:GetObject"], &["arn:aws:s3:::data/*"]).unwrap();
        assert_eq!(
            found,
            [pair("s3:GetObject", &["arn:aws:s3:::data/*"]), pair("s3:ListBucket", &["arn:aws:s3:::data"])]
        );
        let found = ask(&["s3:ListBucket", "s3:GetObject"], &["arn:aws:s3:::data"]).unwrap();
        assert_eq!(
            found,
            [pair("s3:GetObject", &["arn:aws:s3:::data/*"]), pair("s3:ListBucket", &["arn:aws:s3:::data"])]
        );
        let found = ask(&["s3:PutObject"], &["arn:aws:s3:::synthcoreai-*/*"]).unwrap();
        assert_eq!(found, [pair("s3:PutObject", &["arn:aws:s3:::synthcoreai-*/*"])]);
    }

    #[test]
    fn an_action_has_the_resources_of_its_own_kinds() {
        let table = "arn:aws:dynamodb:us-east-1:111111111111:table/orders";
        let index = "arn:aws:dynamodb:us-east-1:111111111111:table/orders/index/*";
        let queue = "arn:aws:sqs:us-east-1:111111111111:jobs";
        let found = ask(&["dynamodb:Query", "dynamodb:PutItem", "sqs:SendMessage"], &[table, index, queue]).unwrap();
        assert_eq!(
            found,
            [
                pair("dynamodb:PutItem", &[table]),
                pair("dynamodb:Query", &[table, index]),
                pair("sqs:SendMessage", &[queue])
            ]
        );
        assert_eq!(ask(&["s3:ListAllMyBuckets"], &[]).unwrap(), [pair("s3:ListAllMyBuckets", &["*"])]);
        assert_eq!(ask(&["s3:GetObject"], &[]).unwrap(), [pair("s3:GetObject", &["*"])]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |actions: &[&str], resources: &[&str]| ask(actions, resources).unwrap_err();
        let unknown = refused(&["s3:PutObjekt"], &[]);
        let suggestion = Some("s3:PutObject".to_owned());
        assert_eq!(unknown, [NeedProblem::UnknownAction { action: "s3:PutObjekt".to_owned(), suggestion }]);
        assert!(
            matches!(&refused(&["ses:*"], &["*"])[0], NeedProblem::Wildcard { examples, .. } if examples.len() == 5)
        );
        assert!(matches!(&refused(&["s3:GetObject"], &["bucket"])[0], NeedProblem::NotArn { .. }));
        let queue = "arn:aws:sqs:us-east-1:111111111111:jobs";
        let problems = refused(&["s3:GetObject"], &[queue]);
        assert!(matches!(&problems[0], NeedProblem::NoResource { forms, .. } if forms.contains(&"arn:*:s3:::*/*")));
        assert!(matches!(&problems[1], NeedProblem::Unused { resource } if resource == queue));
        // An action that takes no resource does not use one.
        assert!(matches!(&refused(&["s3:ListAllMyBuckets"], &["arn:aws:s3:::x"])[0], NeedProblem::Unused { .. }));
    }

    #[test]
    fn a_policy_names_its_resources() {
        let scoped = |action: &str, resource: &str| {
            let needs = needs(&[action.to_owned()], &[resource.to_owned()]).unwrap();
            require_scoped(&needs).is_ok()
        };
        assert!(scoped("s3:GetObject", "arn:aws:s3:::synthcoreai-*/*"));
        assert!(!scoped("s3:GetObject", "arn:aws:s3:::*/*"));
        assert!(!scoped("s3:GetObject", "arn:aws:s3:::*"));
        assert!(!scoped("s3:GetObject", "*"));
        assert!(!scoped("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111111111111:table/*"));
        assert!(scoped("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111111111111:table/orders-*"));
        assert!(require_scoped(&needs(&["s3:ListAllMyBuckets".to_owned()], &[]).unwrap()).is_ok());
    }
}
