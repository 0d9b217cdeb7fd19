//! Principals of IAM and the policies that they have.

use serde_json::Value;

use super::tags::Tags;

/// A kind of principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrincipalKind {
    /// A user.
    User,
    /// A role.
    Role,
    /// A group of users.
    Group,
}

impl PrincipalKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::User, Self::Role, Self::Group];

    /// The kind in words, and the start of the resource in its ARNs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Role => "role",
            Self::Group => "group",
        }
    }

    /// The kind as it begins the names of IAM's operations.
    pub fn title(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Role => "Role",
            Self::Group => "Group",
        }
    }

    /// The property of a managed policy that lists the principals of this kind.
    pub fn property(self) -> &'static str {
        match self {
            Self::User => "Users",
            Self::Role => "Roles",
            Self::Group => "Groups",
        }
    }

    /// The name of a principal and its kind from its ARN. That of a session of a role is the role.
    pub fn of_arn(resource: &str) -> Option<(Self, &str)> {
        let (kind, rest) = resource.split_once('/')?;
        match kind {
            "assumed-role" => Some((Self::Role, rest.split('/').next()?)),
            _ => {
                let kind = Self::ALL.into_iter().find(|known| known.as_str() == kind)?;
                Some((kind, rest.rsplit('/').next()?))
            }
        }
    }
}

/// A principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Its kind.
    pub kind: PrincipalKind,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
}

/// How a principal comes by a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyOrigin {
    /// A managed policy that is attached to it.
    Attached,
    /// An inline policy.
    Inline,
    /// A managed policy that is attached to a group of the user.
    AttachedToGroup(String),
    /// An inline policy of a group of the user.
    InlineInGroup(String),
    /// Its permissions boundary.
    Boundary,
}

/// A policy of a principal.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldPolicy {
    /// Its name.
    pub name: String,
    /// The ARN of a managed policy.
    pub arn: Option<String>,
    /// How the principal comes by it.
    pub origin: PolicyOrigin,
    /// The document.
    pub document: Value,
    /// To how many principals a managed policy is attached.
    pub attachments: Option<u64>,
    /// The tags of a managed policy.
    pub tags: Tags,
}

impl HeldPolicy {
    /// True for a managed policy of AWS, which nobody else can change.
    pub fn is_of_aws(&self) -> bool {
        self.arn.as_ref().is_some_and(|arn| arn.contains(":iam::aws:policy/"))
    }
}

/// A user or a role with its policies.
#[derive(Debug, Clone, PartialEq)]
pub struct PrincipalPolicies {
    /// The principal.
    pub principal: Principal,
    /// The policies that were read.
    pub policies: Vec<HeldPolicy>,
    /// The policies that could not be read, by name, with the reasons.
    pub unread: Vec<(String, String)>,
}

/// How serious a finding about a policy is, as IAM Access Analyzer classifies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyFindingKind {
    /// A part of the policy has no effect, or IAM refuses it.
    Error,
    /// The policy allows more than is advisable.
    SecurityWarning,
    /// The policy does not follow the practice of policies.
    Warning,
    /// The policy can be written better.
    Suggestion,
}

impl PolicyFindingKind {
    /// True for what should be corrected before the policy is used.
    pub fn is_serious(self) -> bool {
        matches!(self, Self::Error | Self::SecurityWarning)
    }
}

/// A finding about a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyFinding {
    /// How serious it is.
    pub kind: PolicyFindingKind,
    /// Its code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// Where in the document it is, as JSON pointers.
    pub pointers: Vec<String>,
    /// How to correct it, or where that is described.
    pub help: Option<String>,
}

/// When a principal last used a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    /// The prefix of the service's actions.
    pub service: String,
    /// The last use, as AWS writes it; `None` if there was none in the time that AWS tracks.
    pub last_used: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_names_a_kind_and_a_name() {
        assert_eq!(PrincipalKind::of_arn("user/team/ann"), Some((PrincipalKind::User, "ann")));
        assert_eq!(PrincipalKind::of_arn("role/App"), Some((PrincipalKind::Role, "App")));
        assert_eq!(PrincipalKind::of_arn("assumed-role/App/session"), Some((PrincipalKind::Role, "App")));
        assert_eq!(PrincipalKind::of_arn("policy/App"), None);
        assert_eq!(PrincipalKind::of_arn("root"), None);
    }
}
