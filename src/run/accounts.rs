//! Opens accounts for reads across accounts: environments, and accounts whose role their credentials assume.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;

use super::{OpenEnvironment, Run, cloud_failure};
use crate::aws::{
    Buckets, Clients, ConfigAggregator, MemberAccount, Organization, Reader, ResourceExplorer, RoleToAssume,
};
use crate::domain::inventory::{AccountAccess, KnownAccount};
use crate::domain::project::{AccountId, Environment};
use crate::outcome::Failure;

/// An account that can be read, but not changed.
pub struct OpenAccount {
    account: AccountId,
    source: Source,
    /// The environment whose credentials are used, in its own Region.
    home: Clients,
    call_timeout: Duration,
}

enum Source {
    /// An environment. Its clients are created for each Region.
    Environment(Environment),
    Member(Box<MemberAccount>),
}

/// The read-only clients of a Region of an account.
pub struct OpenRegion {
    clients: Clients,
    home: Clients,
    account: AccountId,
    region: String,
    reads_global: bool,
}

impl OpenRegion {
    /// A client that reads resources and tags.
    pub fn reader(&self) -> Reader {
        self.clients.reader()
    }

    /// A client of the list of buckets.
    pub fn buckets(&self) -> Buckets {
        self.clients.buckets()
    }

    /// A client of Resource Explorer that reads through a view, by name or ARN, or through the default one.
    pub fn resource_explorer(&self, view: Option<&str>) -> ResourceExplorer {
        self.clients.resource_explorer(view)
    }

    /// A client of an aggregator of AWS Config, which collects other accounts and Regions: it is the one of the environment
    /// whose credentials are used.
    pub fn config_aggregator(&self, name: &str) -> ConfigAggregator {
        self.home.config_aggregator(name).of_place(&self.account, &self.region, self.reads_global)
    }
}

/// The environments whose credentials are used, or why they cannot be used.
pub struct Sources(BTreeMap<String, Result<OpenEnvironment, Failure>>);

impl Sources {
    /// Returns the failures.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.0.values().filter_map(|opened| opened.as_ref().err())
    }

    /// A client of Organizations with the credentials of an environment; `None` where it does not exist.
    ///
    /// # Errors
    /// The environment cannot be used.
    pub fn organization(&self, name: &str) -> Result<Option<Organization>, Failure> {
        match self.0.get(name) {
            Some(Ok(opened)) => Ok(opened.clients.organization()),
            Some(Err(failure)) => Err(failure.clone()),
            None => Ok(None),
        }
    }
}

impl Run {
    /// Opens environments by name, at the same time, and verifies their accounts with STS.
    pub async fn open_sources(&self, names: &BTreeSet<String>) -> Sources {
        let opened = join_all(names.iter().map(|name| self.open_environment(name))).await;
        Sources(names.iter().cloned().zip(opened).collect())
    }

    /// Opens an account: an environment that was opened, or an account whose role is assumed.
    ///
    /// # Errors
    /// The environment cannot be used, or the role cannot be assumed.
    pub async fn open_account(
        &self,
        account: &KnownAccount,
        sources: &Sources,
        call_timeout: Duration,
    ) -> Result<OpenAccount, Failure> {
        let name = match &account.access {
            AccountAccess::Environment(name) | AccountAccess::Role { source: name, .. } => name,
        };
        let opened = match sources.0.get(name) {
            Some(Ok(opened)) => opened,
            Some(Err(failure)) => return Err(failure.clone()),
            None => return Err(self.workspace.environment(name).err().unwrap_or_else(crate::workspace::no_project)),
        };
        let source = match &account.access {
            AccountAccess::Environment(_) => Source::Environment(opened.environment.clone()),
            AccountAccess::Role { arn, external_id, .. } => {
                let role = RoleToAssume {
                    account: account.account.clone(),
                    arn: arn.clone(),
                    external_id: external_id.clone(),
                    session: session_name(opened.account.arn()),
                };
                let clients = opened.clients.clone().with_answer_timeout(call_timeout);
                let member = MemberAccount::assume(&clients, &account.name, role).await;
                Source::Member(Box::new(member.map_err(|error| cloud_failure(&error))?))
            }
        };
        let home = opened.clients.clone().with_answer_timeout(call_timeout);
        Ok(OpenAccount { account: account.account.clone(), source, home, call_timeout })
    }

    /// Returns the clients of an account in a Region. `reads_global` is true for the Region with which the resources of global
    /// services are read. Makes no call.
    ///
    /// # Errors
    /// No calls are allowed, or the sandbox cannot be opened.
    pub async fn open_region_of(
        &self,
        account: &OpenAccount,
        region: &str,
        reads_global: bool,
    ) -> Result<OpenRegion, Failure> {
        let clients = match &account.source {
            Source::Environment(environment) => {
                let environment = Environment {
                    region: region.to_owned(),
                    other_regions: Vec::new(),
                    reads_global,
                    ..environment.clone()
                };
                self.clients(&environment).await?.with_answer_timeout(account.call_timeout)
            }
            Source::Member(member) => member.clients(region, reads_global),
        };
        Ok(OpenRegion {
            clients,
            home: account.home.clone(),
            account: account.account.clone(),
            region: region.to_owned(),
            reads_global,
        })
    }
}

/// The longest name of a session.
const LONGEST_SESSION: usize = 64;

/// Returns the name of the session of an assumed role, in which CloudTrail shows who reads: the user of the system, or else the
/// end of the caller's ARN.
fn session_name(caller: &str) -> String {
    let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    let user = user.unwrap_or_else(|| caller.rsplit('/').next().unwrap_or_default().to_owned());
    session_of(&user)
}

fn session_of(user: &str) -> String {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@-_".contains(c);
    let user: String = user.chars().map(|c| if is_allowed(c) { c } else { '-' }).collect();
    format!("stagegate-{user}").chars().take(LONGEST_SESSION).collect()
}

#[cfg(test)]
mod tests {
    use super::session_of;

    #[test]
    fn a_session_is_named_after_the_user() {
        assert_eq!(session_of("ada.l@example.com"), "stagegate-ada.l@example.com");
        assert_eq!(session_of("DOMAIN\\ada löve"), "stagegate-DOMAIN-ada-l-ve");
        assert_eq!(session_of(&"a".repeat(100)).len(), 64);
    }
}
