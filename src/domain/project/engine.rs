//! Scan engines by name.

/// A scan engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngineName {
    /// The embedded policies.
    Builtin,
    /// Checkov, as a subprocess.
    Checkov,
    /// AWS CloudFormation Guard, as a subprocess.
    CfnGuard,
}

impl EngineName {
    /// Every engine.
    pub const ALL: [EngineName; 3] = [EngineName::Builtin, EngineName::Checkov, EngineName::CfnGuard];

    /// The name as written in the configuration and in `--engine`.
    pub fn as_str(self) -> &'static str {
        match self {
            EngineName::Builtin => "builtin",
            EngineName::Checkov => "checkov",
            EngineName::CfnGuard => "cfn-guard",
        }
    }
}
