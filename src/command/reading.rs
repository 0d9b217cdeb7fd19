//! Templates that are only read: faults of a template are part of the result, and a file that is no template does not keep the
//! others from being looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::key_value::pairs;
use crate::domain::diagnostic::{Code, Diagnostic, Level};
use crate::domain::finding::{Finding, FindingResource, Severity, TEMPLATE_ENGINE};
use crate::domain::intrinsics::Pseudo;
use crate::files::template::{self, FoundTemplates, TemplateContext, Translations};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::load::{self, Checked};
use crate::schema::Registry;

/// The severity of every fault. A template with a fault cannot be created as it is, so a fault alone exposes nothing.
const SEVERITY: Severity = Severity::Medium;

/// Arguments for reading templates.
pub struct ReadRequest<'a> {
    /// `--param`.
    pub parameters: &'a [String],
    /// `--set`.
    pub sets: &'a [String],
    /// `--import`.
    pub imports: &'a [String],
    /// `--stack-name`; the default is the name of each file.
    pub stack_name: Option<&'a str>,
    /// What AWS's translator makes of the templates; see [`super::translation`].
    pub translated: Translations,
    /// The region, if it is known.
    pub region: Option<String>,
}

/// Templates that were read.
pub struct ReadTemplates {
    /// The resources.
    pub checked: Checked,
    /// Everything that is wrong with the templates, by file and place.
    pub faults: Vec<Diagnostic>,
    /// Warnings and notes.
    pub diagnostics: Vec<Diagnostic>,
    /// Files that cannot be read or are no templates.
    pub rejected: Vec<Diagnostic>,
    /// Each file is a stack of its own.
    pub separate_stacks: bool,
    /// The types of all resources by file and logical id.
    types: BTreeMap<(String, String), String>,
}

/// Finds the templates of a command that only reads; see [`template::find_inputs`]. Reading may block for as long as the writer
/// takes, so it runs on a separate thread and does not delay the handling of signals.
pub async fn find_templates(files: &[PathBuf]) -> Result<FoundTemplates, Failure> {
    let files = files.to_vec();
    let reading = tokio::task::spawn_blocking(move || template::find_inputs(&files, &mut std::io::stdin()));
    match reading.await {
        Ok(found) => found.map_err(Failure::usage),
        Err(stopped) => Err(without_result(&stopped)),
    }
}

/// Returns the failure of a reading thread that ended without a result.
fn without_result(stopped: &tokio::task::JoinError) -> Failure {
    let problem = Diagnostic::error(Code::Internal, format!("the templates could not be read: {stopped}"));
    Failure::new(Outcome::Error, problem.hint("report it, with the command line and the version"))
}

/// Loads templates and validates them against the schemas.
pub fn load_for_reading(
    registry: &Registry,
    found: FoundTemplates,
    request: &ReadRequest<'_>,
) -> Result<ReadTemplates, Failure> {
    let FoundTemplates { inputs, mut rejected, notes, separate_stacks } = found;
    let pseudo = Pseudo {
        region: request.region.clone(),
        stack_name: request.stack_name.map(str::to_owned),
        ..Pseudo::default()
    };
    let context = TemplateContext {
        stored: BTreeMap::new(),
        parameters: pairs(request.parameters, "--param")?.into_iter().collect(),
        pseudo,
        sets: pairs(request.sets, "--set")?,
        imports: pairs(request.imports, "--import")?.into_iter().collect(),
        for_reading: true,
        separate_stacks,
        translated: request.translated.clone(),
        nested: template::read_nested(&inputs),
    };
    let loaded = match template::load(&inputs, &context) {
        Ok(loaded) => loaded,
        Err(problems) => return Err(Failure::usage(rejected.into_iter().chain(problems).collect())),
    };
    let checked = load::check_for_reading(registry, loaded.resources, loaded.secrets, loaded.separate_stacks);
    let order: BTreeMap<&str, usize> = (0..).zip(&inputs).map(|(at, input)| (input.file.as_str(), at)).collect();
    let mut faults: Vec<Diagnostic> = loaded.faults.into_iter().chain(checked.faults.iter().cloned()).collect();
    faults.sort_by_cached_key(|fault| {
        let place = fault.location.as_ref();
        let place = place.map(|place| (order.get(place.file.as_str()).copied(), place.line, place.column));
        (place.is_none(), place, fault.code, fault.message.clone())
    });
    faults.dedup();
    rejected.extend(loaded.rejected);
    let mut diagnostics = notes;
    diagnostics.extend(loaded.diagnostics);
    diagnostics.extend(checked.loaded.notes.iter().cloned());
    Ok(ReadTemplates {
        checked,
        faults,
        diagnostics,
        rejected,
        separate_stacks: loaded.separate_stacks,
        types: loaded.types,
    })
}

impl ReadTemplates {
    /// The faults as findings.
    pub fn findings(&self) -> Vec<Finding> {
        self.faults.iter().map(|fault| self.finding(fault)).collect()
    }

    fn finding(&self, fault: &Diagnostic) -> Finding {
        let file = fault.location.as_ref().map(|place| place.file.clone());
        let type_name = || self.types.get(&(file.clone()?, fault.resource.clone()?)).cloned();
        Finding {
            id: fault.code.as_str().to_owned(),
            severity: SEVERITY,
            engine: TEMPLATE_ENGINE.to_owned(),
            resource: FindingResource {
                type_name: type_name().unwrap_or_default(),
                file,
                logical_id: fault.resource.clone(),
                identifier: None,
            },
            pointer: fault.pointer.clone(),
            other_pointers: Vec::new(),
            location: fault.location.clone(),
            message: fault.message.clone(),
            fix: fault.hint.clone(),
            equivalents: BTreeMap::new(),
            also: Vec::new(),
            waiver: None,
        }
    }

    /// The values that must not be passed to other programs.
    pub fn secrets(&self) -> &BTreeSet<String> {
        &self.checked.loaded.secrets
    }
}

/// The faults for a report that has no findings: warnings, because the run goes on.
pub fn as_warnings(faults: &[Diagnostic]) -> Vec<Diagnostic> {
    faults.iter().map(|fault| Diagnostic { level: Level::Warning, ..fault.clone() }).collect()
}

/// The error for faults with `--strict`.
pub fn strict_error(faults: usize, strict: bool) -> Option<Diagnostic> {
    (strict && faults > 0).then(|| {
        let message = match faults {
            1 => "the templates have 1 fault, which --strict treats as an error".to_owned(),
            number => format!("the templates have {number} faults, which --strict treats as errors"),
        };
        Diagnostic::error(Code::TemplateFaults, message).hint("correct them, or leave out --strict")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn reading_that_stops_without_a_result_is_an_internal_error() {
        let task = tokio::spawn(std::future::pending::<()>());
        task.abort();
        let failure = without_result(&task.await.unwrap_err());
        assert_eq!((failure.outcome, failure.diagnostics[0].code), (Outcome::Error, Code::Internal));
        assert!(failure.diagnostics[0].hint.is_some());
    }
}
