//! The accounts that an inventory can read: those of the environments, of the registry and of the organization.

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::{AccountId, Environment, Project, RegisteredAccount};
use crate::schema::partition_of;

/// The role that is assumed unless another one is configured; `context --member-role` prints its template.
pub const DEFAULT_ROLE: &str = "StagegateReadOnly";

/// The Regions that are enabled in every account, by partition.
const DEFAULT_REGIONS: [(&str, &[&str]); 3] = [
    (
        "aws",
        &[
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "ca-central-1",
            "eu-central-1",
            "eu-north-1",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "sa-east-1",
        ],
    ),
    ("aws-cn", &["cn-north-1", "cn-northwest-1"]),
    ("aws-us-gov", &["us-gov-east-1", "us-gov-west-1"]),
];

/// How an account is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountAccess {
    /// With the credentials of an environment.
    Environment(String),
    /// With a role that the credentials of an environment assume.
    Role {
        /// The environment.
        source: String,
        /// The ARN of the role.
        arn: String,
        /// The external id.
        external_id: Option<String>,
    },
}

/// Whether an account is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// It is.
    Enabled,
    /// It is disabled in the configuration.
    Disabled,
    /// It is suspended, or being closed.
    Suspended,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAccount {
    /// Its name.
    pub name: String,
    /// Its id.
    pub account: AccountId,
    /// Further names, such as the value of an environment's tag.
    pub aliases: Vec<String>,
    /// How it is read.
    pub access: AccountAccess,
    /// The Regions to read, the first one with the resources of global services.
    pub regions: Vec<String>,
    /// Whether it is read.
    pub state: AccountState,
}

impl KnownAccount {
    /// Returns the Regions to read: those that are asked for, with `all` for those of the project file and all that are enabled
    /// by default; otherwise those of the project file.
    pub fn regions_of(&self, wanted: &[String]) -> Vec<String> {
        let named = wanted.iter().filter(|name| *name != "all");
        let mut regions: Vec<String> = if wanted.is_empty() { self.regions.clone() } else { Vec::new() };
        if wanted.iter().any(|name| name == "all") {
            let partition = self.regions.first().map_or("aws", |region| partition_of(region));
            let known = DEFAULT_REGIONS.iter().find(|(name, _)| *name == partition).map(|(_, regions)| *regions);
            regions.extend(self.regions.iter().cloned());
            regions.extend(known.unwrap_or_default().iter().map(|region| (*region).to_owned()));
        }
        regions.extend(named.cloned());
        let mut seen = std::collections::BTreeSet::new();
        regions.retain(|region| seen.insert(region.clone()));
        regions
    }
}

/// An account of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationAccount {
    /// Its name, which is not unique.
    pub name: String,
    /// Its id.
    pub account: AccountId,
    /// False if it is suspended, or being closed.
    pub is_active: bool,
}

/// Returns the accounts of a project, each once: those of the environments in their order, then those of the registry or of
/// the organization.
pub fn known_accounts(project: &Project, organization: &[OrganizationAccount]) -> Vec<KnownAccount> {
    let mut known: Vec<KnownAccount> = Vec::new();
    for environment in &project.environments {
        let regions = std::iter::once(&environment.region).chain(&environment.other_regions);
        let tag = Some(&environment.tag_value).filter(|value| **value != environment.name);
        match known.iter_mut().find(|one| one.account == environment.account) {
            Some(one) => {
                one.aliases.push(environment.name.clone());
                one.aliases.extend(tag.cloned());
                add_regions(one, regions);
            }
            None => known.push(KnownAccount {
                name: environment.name.clone(),
                account: environment.account.clone(),
                aliases: tag.cloned().into_iter().collect(),
                access: AccountAccess::Environment(environment.name.clone()),
                regions: regions.cloned().collect(),
                state: AccountState::Enabled,
            }),
        }
    }
    let Some(first) = source_environment(project, None) else { return known };
    for registered in &project.accounts {
        let state = if registered.enabled { AccountState::Enabled } else { AccountState::Disabled };
        add(
            &mut known,
            registered,
            state,
            source_environment(project, registered.environment.as_deref()).unwrap_or(first),
        );
    }
    let settings = project.organization.as_ref();
    for found in organization {
        let registered = RegisteredAccount {
            name: found.name.clone(),
            account: found.account.clone(),
            role: settings.and_then(|settings| settings.role.clone()),
            external_id: settings.and_then(|settings| settings.external_id.clone()),
            regions: settings.map(|settings| settings.regions.clone()).unwrap_or_default(),
            environment: settings.and_then(|settings| settings.environment.clone()),
            enabled: true,
        };
        let state = if found.is_active { AccountState::Enabled } else { AccountState::Suspended };
        add(
            &mut known,
            &registered,
            state,
            source_environment(project, registered.environment.as_deref()).unwrap_or(first),
        );
    }
    known
}

/// Returns the environment whose credentials assume roles: the given one, or the first that is not protected.
pub fn source_environment<'p>(project: &'p Project, name: Option<&str>) -> Option<&'p Environment> {
    match name {
        Some(name) => project.environment(name),
        None => {
            let unprotected = project.environments.iter().find(|environment| !environment.protected);
            unprotected.or_else(|| project.environments.first())
        }
    }
}

fn add(known: &mut Vec<KnownAccount>, registered: &RegisteredAccount, state: AccountState, source: &Environment) {
    if let Some(one) = known.iter_mut().find(|one| one.account == registered.account) {
        one.aliases.push(registered.name.clone());
        add_regions(one, registered.regions.iter());
        if state != AccountState::Enabled {
            one.state = state;
        }
        return;
    }
    let role = registered.role.as_deref().unwrap_or(DEFAULT_ROLE);
    let partition = partition_of(&source.region);
    let arn = match role.starts_with("arn:") {
        true => role.to_owned(),
        false => format!("arn:{partition}:iam::{}:role/{role}", registered.account),
    };
    let regions = match registered.regions.is_empty() {
        true => std::iter::once(&source.region).chain(&source.other_regions).cloned().collect(),
        false => registered.regions.clone(),
    };
    known.push(KnownAccount {
        name: registered.name.clone(),
        account: registered.account.clone(),
        aliases: Vec::new(),
        access: AccountAccess::Role { source: source.name.clone(), arn, external_id: registered.external_id.clone() },
        regions,
        state,
    });
}

fn add_regions<'r>(account: &mut KnownAccount, regions: impl Iterator<Item = &'r String>) {
    for region in regions {
        if !account.regions.contains(region) {
            account.regions.push(region.clone());
        }
    }
}

/// Returns the accounts with these names or ids, in the order of the accounts; all of them if `all` is given.
///
/// # Errors
/// A name belongs to no account or to several.
pub fn select_accounts(known: Vec<KnownAccount>, names: &[String]) -> Result<Vec<KnownAccount>, Vec<Diagnostic>> {
    if names.iter().any(|name| name == "all") {
        return Ok(known);
    }
    let (mut chosen, mut problems) = (Vec::new(), Vec::new());
    for name in names {
        match resolve(&known, name).as_slice() {
            [] => {
                let message = format!("no account is named `{name}`");
                let words = known.iter().map(|one| one.name.as_str());
                let hint = match crate::schema::nearest(name, words) {
                    Some(close) => format!("did you mean `{close}`?"),
                    None => "use a name of `environments` or `accounts`, or an account id".to_owned(),
                };
                problems.push(Diagnostic::error(Code::UnknownAccount, message).hint(hint));
            }
            [at] => chosen.push(*at),
            several => {
                let ids: Vec<String> = several.iter().map(|at| known[*at].account.to_string()).collect();
                let message = format!("`{name}` is the name of {} accounts", several.len());
                let hint = format!("use an account id: {}", ids.join(", "));
                problems.push(Diagnostic::error(Code::AmbiguousAccount, message).hint(hint));
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let is_chosen = |at: &usize| chosen.contains(at);
    Ok(known.into_iter().enumerate().filter(|(at, _)| is_chosen(at)).map(|(_, account)| account).collect())
}

/// Returns the positions of the accounts that a name means: an id, else an exact name, else one in other letter case, else a
/// further name.
fn resolve(known: &[KnownAccount], name: &str) -> Vec<usize> {
    let is_alias = |one: &KnownAccount| one.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name));
    let ways: [&dyn Fn(&KnownAccount) -> bool; 4] = [
        &|one| one.account.as_str() == name,
        &|one| one.name == name,
        &|one| one.name.eq_ignore_ascii_case(name),
        &is_alias,
    ];
    let found = ways.iter().map(|is_meant| {
        known.iter().enumerate().filter(|(_, one)| is_meant(one)).map(|(at, _)| at).collect::<Vec<_>>()
    });
    found.into_iter().find(|positions| !positions.is_empty()).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::domain::project::OrganizationSettings;

    fn registered(name: &str, id: &str) -> RegisteredAccount {
        RegisteredAccount {
            name: name.to_owned(),
            account: AccountId::parse(id).unwrap(),
            role: None,
            external_id: Some("x".to_owned()),
            regions: Vec::new(),
            environment: None,
            enabled: true,
        }
    }

    fn names(accounts: &[KnownAccount]) -> Vec<&str> {
        accounts.iter().map(|one| one.name.as_str()).collect()
    }

    #[test]
    fn environments_are_accounts_of_the_registry() {
        let mut project = Project::sandbox();
        project.accounts = vec![registered("Security", "333333333333"), registered("Live", "222222222222")];
        project.accounts[0].role = Some("ops/Reader".to_owned());
        let known = known_accounts(&project, &[]);
        assert_eq!(names(&known), ["dev", "prod", "Security"]);
        let arn = "arn:aws:iam::333333333333:role/ops/Reader".to_owned();
        let access = AccountAccess::Role { source: "dev".to_owned(), arn, external_id: Some("x".to_owned()) };
        assert_eq!((&known[2].access, &known[2].regions), (&access, &vec!["us-east-1".to_owned()]));
        // An account that is an environment is read with the credentials of the environment.
        assert_eq!(known[1].access, AccountAccess::Environment("prod".to_owned()));
        for (name, account) in
            [("prod", 1), ("Production", 1), ("LIVE", 1), ("222222222222", 1), ("security", 2), ("development", 0)]
        {
            let found = select_accounts(known.clone(), &[name.to_owned()]).unwrap();
            assert_eq!(found, [known[account].clone()], "{name}");
        }
    }

    #[test]
    fn a_name_must_mean_one_account() {
        let mut project = Project::sandbox();
        project.organization = Some(OrganizationSettings { role: Some("Audit".to_owned()), ..Default::default() });
        let of = |name: &str, id: &str, is_active| OrganizationAccount {
            name: name.to_owned(),
            account: AccountId::parse(id).unwrap(),
            is_active,
        };
        let organization = [
            of("Sandbox", "333333333333", true),
            of("Sandbox", "444444444444", true),
            of("Old", "555555555555", false),
            of("Management", "111111111111", true),
        ];
        let known = known_accounts(&project, &organization);
        assert_eq!(names(&known), ["dev", "prod", "Sandbox", "Sandbox", "Old"]);
        assert_eq!(known[4].state, AccountState::Suspended);
        assert!(
            matches!(&known[2].access, AccountAccess::Role { arn, .. } if arn == "arn:aws:iam::333333333333:role/Audit")
        );
        let failed = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let problems = select_accounts(known.clone(), &names).unwrap_err();
            let said = |one: Diagnostic| format!("{} {}", one.code.as_str(), one.hint.unwrap_or_default());
            problems.into_iter().map(said).collect::<Vec<_>>()
        };
        assert_eq!(failed(&["sandbox"]), ["ambiguous-account use an account id: 333333333333, 444444444444"]);
        assert_eq!(failed(&["prd", "Sandbox"]).len(), 2);
        assert_eq!(failed(&["prd"]), ["unknown-account did you mean `prod`?"]);
        let one = select_accounts(known.clone(), &["444444444444".to_owned()]).unwrap();
        assert_eq!(one[0].account.as_str(), "444444444444");
        assert_eq!(select_accounts(known.clone(), &["all".to_owned()]).unwrap().len(), 5);
        // The account of an environment has the name that the organization gives it as well.
        assert_eq!(names(&select_accounts(known, &["management".to_owned()]).unwrap()), ["dev"]);
    }

    #[test]
    fn regions_are_those_of_the_project_unless_others_are_asked_for() {
        let known = known_accounts(&Project::sandbox(), &[]).remove(0);
        let of =
            |wanted: &[&str]| known.regions_of(&wanted.iter().map(|region| (*region).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&[]), ["us-east-1"]);
        assert_eq!(of(&["eu-west-1", "us-east-1", "eu-west-1"]), ["eu-west-1", "us-east-1"]);
        let all = of(&["all", "me-south-1"]);
        assert_eq!((all.len(), all.first().map(String::as_str)), (18, Some("us-east-1")));
        let gov = KnownAccount { regions: vec!["us-gov-west-1".to_owned()], ..known.clone() };
        assert_eq!(gov.regions_of(&["all".to_owned()]), ["us-gov-west-1", "us-gov-east-1"]);
    }

    #[test]
    fn disabled_accounts_are_known_but_not_read() {
        let mut project = Project::sandbox();
        project.accounts = vec![registered("Old", "333333333333"), registered("Live", "222222222222")];
        project.accounts.iter_mut().for_each(|one| one.enabled = false);
        let known = known_accounts(&project, &[]);
        let states: Vec<AccountState> = known.iter().map(|one| one.state).collect();
        assert_eq!(states, [AccountState::Enabled, AccountState::Disabled, AccountState::Disabled]);
    }
}
