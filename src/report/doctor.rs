//! The body of `context --doctor`.

use schemars::JsonSchema;
use serde::Serialize;

/// What was checked.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DoctorBody {
    /// The checks: those of the project and the machine, then those of each environment.
    pub checks: Vec<DoctorCheckView>,
    /// Number of checks without a problem.
    pub ok: u64,
    /// Number of problems.
    pub problems: u64,
    /// Number of checks that could not be made.
    pub not_checked: u64,
}

impl DoctorBody {
    /// Counts checks.
    pub fn new(checks: Vec<DoctorCheckView>) -> Self {
        let count = |state| checks.iter().filter(|check| check.state == state).count() as u64;
        let (ok, problems) = (count(DoctorState::Ok), count(DoctorState::Problem));
        let not_checked = count(DoctorState::NotChecked);
        Self { checks, ok, problems, not_checked }
    }
}

/// A check.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DoctorCheckView {
    /// What was checked.
    pub area: DoctorArea,
    /// The environment; `null` for the project and the machine.
    pub environment: Option<String>,
    /// The command whose permissions were checked; `null` in other areas.
    pub command: Option<String>,
    /// The result.
    pub state: DoctorState,
    /// What was found.
    pub message: String,
    /// How to correct a problem; `null` if there is none.
    pub hint: Option<String>,
    /// A command that corrects a problem, or shows more about it.
    pub fix: Option<String>,
}

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoctorArea {
    /// The project file and its policies.
    Configuration,
    /// The caches of answers and prices.
    Caches,
    /// The external scan engines.
    Engines,
    /// The credentials and the account.
    Credentials,
    /// The Region.
    Region,
    /// The clock of this machine, compared with that of STS.
    Clock,
    /// The endpoints of services.
    Endpoints,
    /// The permissions of the caller.
    Permissions,
    /// The resource types of the Region.
    Types,
}

impl DoctorArea {
    /// Returns the string.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Caches => "caches",
            Self::Engines => "engines",
            Self::Credentials => "credentials",
            Self::Region => "region",
            Self::Clock => "clock",
            Self::Endpoints => "endpoints",
            Self::Permissions => "permissions",
            Self::Types => "types",
        }
    }
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoctorState {
    /// No problem.
    Ok,
    /// A problem.
    Problem,
    /// It could not be checked.
    NotChecked,
}
