//! Which commands the policies of a caller allow in an environment, as IAM's simulator says.
//!
//! Only the actions of stagegate's own calls, which apply to every resource. What the handlers of a type need depends on the type:
//! `iam for-plan`.

use std::collections::BTreeMap;

use super::ports::{CloudError, SimulatePermissions, Simulated};

const READ: &[&str] = &["cloudformation:GetResource", "cloudformation:ListResources", "tag:GetResources"];
const PROMOTE_FROM: &[&str] =
    &["cloudformation:GetResource", "cloudformation:ListResources", "tag:GetResources", "tag:TagResources"];
const WRITE: &[&str] = &[
    "cloudformation:CreateResource",
    "cloudformation:GetResource",
    "cloudformation:GetResourceRequestStatus",
    "cloudformation:UpdateResource",
    "tag:GetResources",
    "tag:TagResources",
];

/// The commands with the actions that they need, except `promote`, which needs others where it promotes to.
const COMMANDS: &[(&str, &[&str])] = &[
    ("inventory", READ),
    ("drift", READ),
    ("tag-audit", READ),
    ("scan --live", READ),
    ("estimate", &["pricing:GetProducts"]),
    ("cost", &["ce:GetCostAndUsage"]),
    ("iam", &["iam:SimulatePrincipalPolicy"]),
    ("create", WRITE),
    ("update", WRITE),
    (
        "delete",
        &[
            "cloudformation:DeleteResource",
            "cloudformation:GetResource",
            "cloudformation:GetResourceRequestStatus",
            "tag:GetResources",
        ],
    ),
];

/// A command, and the actions that it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandPermissions {
    /// The command.
    pub command: &'static str,
    /// The actions that no policy allows, sorted.
    pub missing: Vec<&'static str>,
    /// The actions that depend on a condition, sorted.
    pub undecided: Vec<&'static str>,
}

/// Simulates the actions of every command; `None` for a caller whose permissions are not those of a user or a role. Resources are
/// promoted from an environment that is not protected, and to one that is.
///
/// # Errors
/// The simulation is not allowed, or there was no response or an error.
pub async fn of_commands(
    simulator: &dyn SimulatePermissions,
    caller: &str,
    is_protected: bool,
) -> Result<Option<(String, Vec<CommandPermissions>)>, CloudError> {
    let Some(principal) = simulator.principal_of(caller).await? else { return Ok(None) };
    let promote = ("promote", if is_protected { WRITE } else { PROMOTE_FROM });
    let is_used = |(command, _): &&(&str, &[&str])| !(is_protected && *command == "create");
    let commands: Vec<(&str, &[&str])> = COMMANDS.iter().filter(is_used).copied().chain([promote]).collect();
    let mut actions: Vec<&str> = commands.iter().flat_map(|(_, actions)| actions.iter().copied()).collect();
    actions.sort_unstable();
    actions.dedup();
    let found = simulator.simulate(&principal, &actions, "*").await?;
    Ok(Some((principal, commands.into_iter().map(|(command, actions)| judge(command, actions, &found)).collect())))
}

fn judge(command: &'static str, actions: &[&'static str], found: &BTreeMap<String, Simulated>) -> CommandPermissions {
    let of = |wanted: fn(Option<&Simulated>) -> bool| {
        actions.iter().copied().filter(|action| wanted(found.get(*action))).collect::<Vec<_>>()
    };
    CommandPermissions {
        command,
        missing: of(|one| matches!(one, Some(Simulated::ImplicitlyDenied | Simulated::ExplicitlyDenied))),
        undecided: of(|one| matches!(one, None | Some(Simulated::Undecided))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    /// Allows every action but those of CloudFormation that change something; `tag:TagResources` depends on a condition.
    struct Reader;

    #[async_trait]
    impl SimulatePermissions for Reader {
        async fn principal_of(&self, caller: &str) -> Result<Option<String>, CloudError> {
            Ok(Some(caller.to_owned()).filter(|caller| !caller.ends_with(":root")))
        }

        async fn simulate(
            &self,
            _: &str,
            actions: &[&str],
            _: &str,
        ) -> Result<BTreeMap<String, Simulated>, CloudError> {
            let decide = |action: &str| match action {
                "tag:TagResources" => Simulated::Undecided,
                _ if action.contains(":Create") || action.contains(":Update") => Simulated::ImplicitlyDenied,
                _ => Simulated::Allowed,
            };
            Ok(actions.iter().map(|action| ((*action).to_owned(), decide(action))).collect())
        }
    }

    #[tokio::test]
    async fn each_command_has_the_actions_that_it_lacks() {
        let of = async |is_protected| of_commands(&Reader, "arn:user", is_protected).await.unwrap().unwrap().1;
        let (dev, prod) = (of(false).await, of(true).await);
        let find = |all: &[CommandPermissions], command: &str| all.iter().find(|one| one.command == command).cloned();
        assert_eq!(find(&dev, "drift").unwrap().missing, [] as [&str; 0]);
        let create = find(&dev, "create").unwrap();
        assert_eq!(create.missing, ["cloudformation:CreateResource", "cloudformation:UpdateResource"]);
        assert_eq!(create.undecided, ["tag:TagResources"]);
        assert_eq!(find(&dev, "promote").unwrap().missing, [] as [&str; 0], "it only reads and tags there");
        assert_eq!(find(&prod, "create"), None, "resources are promoted to it");
        assert_eq!(find(&prod, "promote").unwrap().missing.len(), 2);
    }

    #[tokio::test]
    async fn the_root_user_has_no_policies() {
        assert_eq!(of_commands(&Reader, "arn:root", false).await.unwrap(), None);
    }
}
