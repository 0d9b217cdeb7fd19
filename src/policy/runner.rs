//! Runs policies: a virtual machine each for those compiled at build time, the
//! engine's interpreter for the others. Both give the same results; the virtual machine is about three times as fast,
//! and needs neither the policy's text nor the libraries'.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use regorus::rvm::program::DeserializationResult;
use regorus::rvm::{Program as Bytecode, RegoVM};
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};

use super::error::PolicyError;
use super::program::Program;
use super::source::{self, PolicySource};

/// A rule that is appended to every policy: it returns `deny` and `unknown` as one value, so that shared rules are
/// evaluated once. It comes after the policy's own text, so that line numbers are unchanged.
const ANSWER: &str = include_str!("answer.rego");

const SYNTAX_HINT: &str = "fix the policy; it must be Rego v1, see policies/README.md";
pub(super) const RUN_HINT: &str = "fix the policy so that it can evaluate every resource";

/// The timeout of one policy for one resource. The built-in ones take less than a
/// millisecond; one that runs for seconds will not terminate.
const EVALUATION_TIMEOUT: ExecutionTimerConfig = ExecutionTimerConfig {
    limit: Duration::from_secs(5),
    // Steps between two checks of the clock.
    check_interval: match NonZeroU32::new(10_000) {
        Some(steps) => steps,
        None => NonZeroU32::MIN,
    },
};

/// Maximum nesting of brackets in a policy. The time that the engine needs to parse them doubles with each level.
const MAX_NESTING: usize = 14;

/// Runs policies on one resource after the other. Each thread has its own.
pub(super) struct Runner<'c> {
    /// The interpreter, if any policy needs it.
    interpreter: Option<Engine>,
    /// By policy id; created on first use.
    machines: BTreeMap<&'c str, RegoVM>,
    document: Value,
    /// Policies that timed out. They are not run again: each run would take as long.
    timed_out: BTreeSet<&'c str>,
}

impl<'c> Runner<'c> {
    /// Creates a runner, with an interpreter where a policy needs one.
    pub fn new(interpreter: Option<Engine>) -> Self {
        Self { interpreter, machines: BTreeMap::new(), document: Value::Undefined, timed_out: BTreeSet::new() }
    }

    /// Sets the input document for the next policies.
    pub fn set_document(&mut self, document: Value) {
        if let Some(interpreter) = &mut self.interpreter {
            interpreter.set_input(document.clone());
        }
        self.document = document;
    }

    /// Runs a policy on the document and returns its `deny` and `unknown`.
    pub fn run(&mut self, program: &'c Program) -> Result<Value, PolicyError> {
        let answer = self.evaluate(program);
        answer.map_err(|error| {
            // The engine's message contains nanoseconds, and would differ on each run.
            let has_timed_out = error.contains("exceeded time limit");
            if !has_timed_out {
                return PolicyError::from_engine(&program.path, &error, RUN_HINT);
            }
            self.timed_out.insert(&program.id);
            let seconds = EVALUATION_TIMEOUT.limit.as_secs();
            PolicyError::new(&program.path, 1, format!("the policy timed out after {seconds} s"), RUN_HINT)
        })
    }

    /// True when the policy timed out before.
    pub fn has_timed_out(&self, program: &Program) -> bool {
        self.timed_out.contains(program.id.as_str())
    }

    fn evaluate(&mut self, program: &'c Program) -> Result<Value, String> {
        if let Some(bytecode) = program.bytecode {
            let machine = match self.machines.entry(&program.id) {
                Entry::Occupied(ready) => ready.into_mut(),
                Entry::Vacant(place) => place.insert(machine(bytecode)?),
            };
            machine.set_input(self.document.clone());
            return machine.execute_entry_point_by_index(0).map_err(|error| error.to_string());
        }
        match &mut self.interpreter {
            Some(interpreter) => interpreter.eval_rule(program.question.clone()).map_err(|error| error.to_string()),
            None => Err("the policy was not loaded".to_owned()),
        }
    }
}

fn machine(bytecode: &[u8]) -> Result<RegoVM, String> {
    let DeserializationResult::Complete(program) = Bytecode::deserialize_binary(bytecode)? else {
        return Err("the bytecode was built for a different version of the policy engine".to_owned());
    };
    let mut machine = RegoVM::new();
    machine.set_strict_builtin_errors(true);
    machine.set_execution_timer_config(Some(EVALUATION_TIMEOUT));
    // The limit is time. The default of 25,000 steps is exceeded by a security group with about a hundred rules.
    machine.set_max_instructions(usize::MAX);
    machine.load_program(Arc::new(program));
    Ok(machine)
}

/// An interpreter with libraries and policies, prepared so that its copies can run at once. `announce` is told the path of
/// each file before it is compiled.
pub(super) fn interpreter<'c>(
    libraries: &[PolicySource],
    programs: impl IntoIterator<Item = &'c Program>,
    announce: &dyn Fn(&str),
) -> Result<Engine, PolicyError> {
    let mut engine = Engine::new();
    // `print` does not write to the user's terminal, and errors of built-in functions are errors.
    engine.set_gather_prints(true);
    engine.set_strict_builtin_errors(true);
    engine.set_execution_timer_config(EVALUATION_TIMEOUT);
    for library in libraries {
        announce(&library.path);
        add(&mut engine, &library.path, library.text.clone())?;
    }
    let mut first = None;
    for program in programs {
        announce(&program.path);
        add_policy(&mut engine, program)?;
        first.get_or_insert(program);
    }
    // Compiling finds errors that parsing cannot.
    if let Some(first) = first {
        engine
            .compile_with_entrypoint(&first.question.as_str().into())
            .map_err(|error| PolicyError::from_engine(&first.path, &error, SYNTAX_HINT))?;
    }
    Ok(engine)
}

fn add_policy(engine: &mut Engine, program: &Program) -> Result<(), PolicyError> {
    let path = &program.path;
    add(engine, path, format!("{}{ANSWER}", program.text))?;
    let defines_deny = engine
        .has_declared_rule_rooted_at(path, "deny")
        .map_err(|error| PolicyError::from_engine(path, &error, SYNTAX_HINT))?;
    if defines_deny {
        return Ok(());
    }
    Err(PolicyError::new(
        path,
        1,
        "the policy defines no rule `deny`",
        "add `deny contains {\"pointer\": …, \"message\": …} if { … }`, or move the file to a folder `lib`",
    ))
}

fn add(engine: &mut Engine, path: &str, text: String) -> Result<(), PolicyError> {
    if let Some(line) = source::line_nested_deeper_than(&text, MAX_NESTING) {
        let message = format!("brackets are nested more than {MAX_NESTING} deep");
        return Err(PolicyError::new(path, line, message, "use a rule or a variable for the inner part"));
    }
    let added = engine.add_policy(path.to_owned(), text);
    added.map(|_| ()).map_err(|error| PolicyError::from_engine(path, &error, SYNTAX_HINT))
}
