//! The package's build script: it compiles the built-in policies to bytecode of the policy engine's
//! virtual machine and reads their METADATA blocks, so that a scan does neither, and lists every file
//! of this folder for `src/policy/builtin.rs`, which includes the list.
//!
//! A policy that cannot be compiled, or whose block cannot be read, stops the build.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use regex::{Captures, Regex};
use regorus::languages::rego::compiler::Compiler;
use regorus::{CompiledPolicy, Engine};

use block::MetadataBlock;

#[path = "../src/policy/block.rs"]
mod block;

/// What every policy's text ends with, here as in the program.
const ANSWER: &str = include_str!("../src/policy/answer.rego");

/// The path below this folder, and the text.
type File = (String, String);

#[allow(clippy::print_stdout, reason = "this is how a build script speaks to Cargo")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=policies");
    println!("cargo::rerun-if-changed=src/policy/answer.rego");
    println!("cargo::rerun-if-changed=src/policy/block.rs");
    let folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("policies");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let files = rego_files(&folder)?;
    let compiled = compile(&files)?;
    let mut list = String::from("&[\n");
    for (path, text) in &files {
        let source = format!("/policies/{path}");
        let policy = if is_library(path) {
            "None".to_owned()
        } else {
            let metadata = metadata(text).map_err(|error| format!("policies/{path}: {error}"))?;
            let file = out.join(path.replace('/', "-")).with_extension("bytecode");
            fs::write(&file, bytecode(&compiled, text).map_err(|error| format!("policies/{path}: {error}"))?)?;
            format!("Some(Policy {{ {metadata}, program: include_bytes!({file:?}) }})")
        };
        // Relative to the crate, so that a copy of the target folder is good elsewhere.
        let include = format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {source:?}))");
        writeln!(list, "    File {{ path: {path:?}, text: {include}, policy: {policy} }},")?;
    }
    list.push(']');
    fs::write(out.join("policies.rs"), list)?;
    Ok(())
}

/// Every policy and library, sorted by path.
fn rego_files(folder: &Path) -> Result<Vec<File>, Box<dyn Error>> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rego") {
                let name = path.strip_prefix(folder)?.to_str().ok_or("a file's name is not text")?;
                files.push((name.replace('\\', "/"), fs::read_to_string(&path)?));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn is_library(path: &str) -> bool {
    path.starts_with("lib/")
}

/// A policy's METADATA block as fields of Rust's `Policy`.
fn metadata(text: &str) -> Result<String, Box<dyn Error>> {
    let (_, block) = block::text_of(text).ok_or("there is no `# METADATA` block")?;
    let MetadataBlock { title, description, custom } = serde_saphyr::from_str(&block)?;
    let severity = match custom.severity.as_str() {
        "info" => "Info",
        "low" => "Low",
        "medium" => "Medium",
        "high" => "High",
        "critical" => "Critical",
        other => return Err(format!("there is no severity `{other}`").into()),
    };
    let equivalents: Vec<String> =
        custom.equivalents.iter().map(|(catalogue, ids)| format!("({catalogue:?}, &{ids:?})")).collect();
    Ok(format!(
        "id: {:?}, title: {title:?}, description: {description:?}, severity: Severity::{severity}, category: {:?}, \
         pack: {:?}, types: &{:?}, absent: Absent::{:?}, fix: {:?}, equivalents: &[{}]",
        custom.id,
        custom.category,
        custom.pack,
        custom.types,
        custom.absent,
        custom.fix,
        equivalents.join(", ")
    ))
}

/// All policies as one, from which the program of each is taken.
fn compile(files: &[File]) -> Result<CompiledPolicy, Box<dyn Error>> {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(true);
    for (path, text) in files {
        let text = if is_library(path) { text.clone() } else { format!("{text}{ANSWER}") };
        let text = with_checked_assignments(&text).map_err(|line| format!("policies/{path}:{line}"))?;
        engine.add_policy(format!("policies/{path}"), text)?;
    }
    let (_, first) = files.iter().find(|(path, _)| !is_library(path)).ok_or("there are no policies")?;
    Ok(engine.compile_with_entrypoint(&entry_point(first)?.as_str().into())?)
}

/// What a policy is asked for.
fn entry_point(text: &str) -> Result<String, Box<dyn Error>> {
    let package = text.lines().find_map(|line| line.strip_prefix("package ")).ok_or("there is no package")?;
    Ok(format!("data.{}.stagegate_answer", package.trim()))
}

fn bytecode(compiled: &CompiledPolicy, text: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let program = Compiler::compile_from_policy(compiled, &[&entry_point(text)?]).map_err(|error| error.to_string())?;
    // The texts are in the binary anyhow, and what a policy says names its own places.
    let mut program = (*program).clone();
    program.sources.clear();
    program.instruction_spans.clear();
    Ok(program.serialize_binary()?)
}

/// Writes `x := y` inside a body as what it stands for, `some x; x = y`.
///
/// Of the two the virtual machine (regorus 0.14) checks only the second: after `x := y` it goes on where
/// `y` is undefined, and finds what Rego does not. `policies_answer_alike_in_both_engines` would show
/// that, and whether a later version still needs this.
///
/// # Errors
/// The line of an assignment in a form that is not known here.
fn with_checked_assignments(text: &str) -> Result<String, String> {
    // A body's statements are indented, or follow the mark that begins it or ends the one before.
    let assignment =
        Regex::new(r"(^\t+|[;|{] ?| if )(\w+|\[\w+(?:, \w+)*\]) := ").map_err(|error| error.to_string())?;
    let declared = |found: &Captures<'_>| {
        let names = found[2].trim_matches(['[', ']']).split(", ").filter(|name| *name != "_");
        format!("{}some {}; {} = ", &found[1], names.collect::<Vec<_>>().join(", "), &found[2])
    };
    let mut checked = String::new();
    for (line, number) in text.lines().zip(1..) {
        if line.trim_start().starts_with('#') {
            checked.push('\n');
            continue;
        }
        let replaced = assignment.replace_all(line, declared);
        // The value of a rule or function, where the line begins one.
        let heads = usize::from(!line.starts_with(['\t', ' ']));
        if replaced.matches(":=").count() > heads {
            return Err(format!("{number}: write the assignment so that policies/build.rs knows it: {line}"));
        }
        checked.push_str(&replaced);
        checked.push('\n');
    }
    Ok(checked)
}
