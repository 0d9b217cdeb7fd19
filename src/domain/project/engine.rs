//! Scan engines and translators by name.

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

/// What expands the serverless transform of a template.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Translator {
    /// The built-in expansion.
    #[default]
    Builtin,
    /// AWS's own translator, as a subprocess.
    SamTranslator,
}

impl Translator {
    /// Every translator.
    pub const ALL: [Translator; 2] = [Translator::Builtin, Translator::SamTranslator];

    /// The name as written in `--transform`.
    pub fn as_str(self) -> &'static str {
        match self {
            Translator::Builtin => "builtin",
            Translator::SamTranslator => "sam-translator",
        }
    }

    /// The translator with this name; the built-in one for any other text.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.as_str() == name).unwrap_or_default()
    }
}
