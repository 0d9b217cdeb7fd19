//! `--transform sam-translator`: serverless templates are expanded by AWS's own translator.

use std::collections::BTreeMap;

use super::key_value::pairs;
use crate::cli::GlobalArgs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::intrinsics::Pseudo;
use crate::domain::project::Translator;
use crate::engines::sam_translator;
use crate::files::template::{self, TemplateContext, TemplateInput, Translations};
use crate::outcome::{Failure, Outcome};

/// Translates those of the templates that declare the serverless transform; none with the built-in one.
pub async fn translate(
    inputs: &[TemplateInput],
    translator: Translator,
    parameters: &[String],
    pseudo: &Pseudo,
    global: &GlobalArgs,
) -> Result<Translations, Failure> {
    let mut translations = BTreeMap::new();
    if translator == Translator::Builtin {
        return Ok(translations);
    }
    let context = TemplateContext {
        parameters: pairs(parameters, "--param")?.into_iter().collect(),
        pseudo: pseudo.clone(),
        for_reading: true,
        ..TemplateContext::default()
    };
    for (file, template, parameters) in template::serverless_documents(inputs, &context) {
        let translated =
            sam_translator::translate(&template, &parameters, pseudo.region.as_deref(), global.timeout).await;
        let translated = translated.map_err(|error| {
            let problem = Diagnostic::error(Code::TranslatorFailed, format!("{file} is not expanded: {}", error.what));
            Failure::new(Outcome::Error, problem.hint(error.advice))
        })?;
        translations.insert(file, translated);
    }
    Ok(translations)
}
