//! `Principal` and `NotPrincipal` of resource-based policies.

/// The caller of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller<'a> {
    arn: &'a str,
}

/// How a statement names the caller. Later variants are more direct.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    /// By its account, which may then grant access to its identities.
    Account,
    /// By the role, of which the caller is a session.
    Role,
    /// By its own ARN, or as `*`.
    Itself,
}

/// One principal of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Principal {
    /// `*`
    Everybody,
    /// An account id or an ARN.
    Aws(String),
    /// A service, an identity provider or a canonical user id: compared as it is.
    Other(String),
}

/// The principals of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Principals {
    pub listed: Vec<Principal>,
    /// `NotPrincipal`
    pub is_complement: bool,
}

impl<'a> Caller<'a> {
    /// A caller by its ARN or its service's name.
    pub fn new(arn: &'a str) -> Self {
        Self { arn }
    }

    fn part(&self, index: usize) -> Option<&'a str> {
        self.arn.splitn(6, ':').nth(index).filter(|part| !part.is_empty())
    }

    /// The account that it belongs to; a service belongs to none.
    pub fn account(&self) -> Option<&'a str> {
        self.part(4)
    }

    /// The name of the role, for a role and for its sessions.
    fn role_name(&self) -> Option<&'a str> {
        let resource = self.part(5)?;
        match resource.split_once('/')? {
            ("assumed-role", rest) => rest.split('/').next(),
            ("role", rest) => rest.rsplit('/').next(),
            _ => None,
        }
    }

    /// Whether this is the role (and no session) of an ARN, or a session of it. A session's ARN leaves the role's
    /// path out.
    fn is_of_role(&self, role_arn: &str) -> bool {
        let role = Caller::new(role_arn);
        let is_role = role.part(5).is_some_and(|resource| resource.starts_with("role/"));
        let is_session = self.arn.contains(":assumed-role/");
        is_role
            // Partition and account.
            && [1, 4].into_iter().all(|index| role.part(index) == self.part(index))
            && if is_session { role.role_name() == self.role_name() } else { role_arn == self.arn }
    }

    /// Whether a principal is the account that the caller belongs to: its id or the ARN of its root.
    fn is_of_account(&self, principal: &str) -> bool {
        let Some(account) = self.account() else { return false };
        let root = Caller::new(principal);
        principal == account || (root.part(5) == Some("root") && root.account() == Some(account))
    }
}

impl Principals {
    /// How the principals name a caller; `None` when they do not.
    pub fn name(&self, caller: Option<&Caller<'_>>) -> Option<Named> {
        let names = |principal: &Principal| match (principal, caller) {
            (Principal::Everybody, _) => Some(Named::Itself),
            (Principal::Aws(text) | Principal::Other(text), Some(caller)) if text == caller.arn => {
                let is_role = caller.role_name().is_some() && !text.contains(":assumed-role/");
                Some(if is_role { Named::Role } else { Named::Itself })
            }
            (Principal::Aws(text), Some(caller)) if caller.is_of_role(text) => Some(Named::Role),
            (Principal::Aws(text), Some(caller)) if caller.is_of_account(text) => Some(Named::Account),
            _ => None,
        };
        let named = self.listed.iter().filter_map(names).max();
        if !self.is_complement {
            return named;
        }
        // The account is listed next to the excluded principal and excludes no other; a session
        // is excluded by its own ARN, not by that of its role.
        let is_session = caller.is_some_and(|caller| caller.arn.contains(":assumed-role/"));
        let is_left_out = match named {
            Some(Named::Itself) => true,
            Some(Named::Role) => !is_session,
            Some(Named::Account) | None => false,
        };
        (!is_left_out).then_some(Named::Itself)
    }
}
