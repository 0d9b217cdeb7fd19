//! AWS's own translator of serverless templates: the Python package that the user has installed.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::DEFAULT_TIMEOUT;
use super::process::{PrivateFolder, run_program};
use crate::policy::engine::EngineError;

const NAME: &str = "the SAM translator";
const SCRIPT: &str = "translate.py";
const FILE: &str = "template.json";

/// The exit code for "the package is not installed".
const NOT_INSTALLED: i32 = 3;

/// The interpreters that are tried, in order.
const INTERPRETERS: [&str; 2] = ["python3", "python"];

/// A template that was translated, or why it was refused: the resource, and what is wrong.
pub type Translated = Result<Value, Vec<(Option<String>, String)>>;

#[derive(Deserialize)]
#[serde(untagged)]
enum Output {
    Template { template: Value },
    Refused { refused: Vec<Refused> },
}

#[derive(Deserialize)]
struct Refused {
    resource: Option<String>,
    message: String,
}

/// Translates a template.
///
/// # Errors
/// The translator is not installed, failed, or exceeded a limit.
pub async fn translate(
    template: &Value,
    parameters: &BTreeMap<String, Value>,
    region: Option<&str>,
    limit: Option<Duration>,
) -> Result<Translated, EngineError> {
    let folder = PrivateFolder::new()?;
    folder.write(FILE, &json!({"template": template, "parameters": parameters}).to_string())?;
    folder.write(SCRIPT, include_str!("sam_translator.py"))?;
    // Without the hash seed, the order of dependencies would differ from run to run.
    let variables = [
        (OsString::from("AWS_DEFAULT_REGION"), OsString::from(region.unwrap_or("us-east-1"))),
        (OsString::from("PYTHONHASHSEED"), OsString::from("0")),
    ];
    let limit = limit.unwrap_or(DEFAULT_TIMEOUT);
    let mut missing = EngineError::new("python3 is not installed or not in PATH", INSTALL);
    for interpreter in INTERPRETERS {
        let finished = match run_program(interpreter, NAME, &[SCRIPT.into()], &folder, &variables, limit).await {
            Ok(finished) => finished,
            Err(None) => continue,
            Err(Some(error)) => return Err(error),
        };
        match finished.code {
            0 => return read(&finished.stdout),
            NOT_INSTALLED => {
                let what = format!("{interpreter} has no package `samtranslator`{}", finished.last_error_line());
                missing = EngineError::new(what, INSTALL);
            }
            code => {
                let what = format!("{NAME} exited with code {code}{}", finished.last_error_line());
                return Err(EngineError::new(what, "update it with `pip install --upgrade aws-sam-translator`"));
            }
        }
    }
    Err(missing)
}

const INSTALL: &str =
    "run `pip install aws-sam-translator` for the python3 in PATH, or leave out --transform sam-translator";

fn read(bytes: &[u8]) -> Result<Translated, EngineError> {
    match serde_json::from_slice(bytes) {
        Ok(Output::Template { template }) if template.is_object() => Ok(Ok(template)),
        Ok(Output::Refused { refused }) => {
            Ok(Err(refused.into_iter().map(|one| (one.resource, one.message)).collect()))
        }
        _ => Err(EngineError::new(
            format!("the output of {NAME} cannot be read"),
            "update it with `pip install --upgrade aws-sam-translator`",
        )),
    }
}
