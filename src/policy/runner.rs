//! What runs the policies: a virtual machine each for those that the build has compiled, the
//! engine's interpreter for the others. Both answer alike; the machine answers some three times as fast, and
//! needs neither the policy's text nor the libraries'.

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
use super::source::PolicySource;

/// What is added to every policy: both answers as one value, so that what both need is found once.
/// It stands behind the policy's own text, whose line numbers stay as they are.
const ANSWER: &str = include_str!("answer.rego");

const SYNTAX_HINT: &str = "correct the policy; it is Rego v1, see policies/README.md";
pub(super) const RUN_HINT: &str = "correct the policy so that it can answer for every resource";

/// How long one policy may think about one resource. The built-in ones take less than a
/// millisecond; one that runs for seconds will not come to an end by itself.
const LONGEST_EVALUATION: ExecutionTimerConfig = ExecutionTimerConfig {
    limit: Duration::from_secs(5),
    // Steps between two looks at the clock.
    check_interval: match NonZeroU32::new(10_000) {
        Some(steps) => steps,
        None => NonZeroU32::MIN,
    },
};

/// Runs policies on one resource after the other. Each thread has its own.
pub(super) struct Runner<'c> {
    /// Holds what is interpreted.
    interpreter: Option<Engine>,
    /// By the policy's id; made when it is first asked.
    machines: BTreeMap<&'c str, RegoVM>,
    document: Value,
    /// Policies that came to no end. They are not asked again: that would take as long each time.
    endless: BTreeSet<&'c str>,
}

impl<'c> Runner<'c> {
    /// With a ready interpreter, where something is to be interpreted.
    pub fn new(interpreter: Option<Engine>) -> Self {
        Self { interpreter, machines: BTreeMap::new(), document: Value::Undefined, endless: BTreeSet::new() }
    }

    /// Chooses the document about a resource that the next questions are about.
    pub fn look_at(&mut self, document: Value) {
        if let Some(interpreter) = &mut self.interpreter {
            interpreter.set_input(document.clone());
        }
        self.document = document;
    }

    /// What a policy says of the document: its `deny` and its `unknown`.
    pub fn ask(&mut self, program: &'c Program) -> Result<Value, PolicyError> {
        let answer = self.evaluate(program);
        answer.map_err(|error| {
            // What the engine says of it has nanoseconds in it, and is another thing each time.
            let is_endless = error.contains("exceeded time limit");
            if !is_endless {
                return PolicyError::from_engine(&program.path, &error, RUN_HINT);
            }
            self.endless.insert(&program.id);
            let seconds = LONGEST_EVALUATION.limit.as_secs();
            PolicyError::new(&program.path, 1, format!("the policy came to no end within {seconds} s"), RUN_HINT)
        })
    }

    /// True when the policy came to no end before.
    pub fn is_endless(&self, program: &Program) -> bool {
        self.endless.contains(program.id.as_str())
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
            None => Err("it was not made ready to run".to_owned()),
        }
    }
}

fn machine(bytecode: &[u8]) -> Result<RegoVM, String> {
    let DeserializationResult::Complete(program) = Bytecode::deserialize_binary(bytecode)? else {
        return Err("the bytecode is of another version of the policy engine".to_owned());
    };
    let mut machine = RegoVM::new();
    machine.set_strict_builtin_errors(true);
    machine.set_execution_timer_config(Some(LONGEST_EVALUATION));
    // Time is the limit. The default of 25,000 steps is used up by a security group of some hundred rules.
    machine.set_max_instructions(usize::MAX);
    machine.load_program(Arc::new(program));
    Ok(machine)
}

/// An interpreter with libraries and policies, ready so that its copies can run at once.
pub(super) fn interpreter<'c>(
    libraries: &[PolicySource],
    programs: impl IntoIterator<Item = &'c Program>,
) -> Result<Engine, PolicyError> {
    let mut engine = Engine::new();
    // Nothing is printed on the user's terminal, and errors of built-in functions are errors.
    engine.set_gather_prints(true);
    engine.set_strict_builtin_errors(true);
    engine.set_execution_timer_config(LONGEST_EVALUATION);
    for library in libraries {
        add(&mut engine, &library.path, library.text.clone())?;
    }
    let mut first = None;
    for program in programs {
        add_policy(&mut engine, program)?;
        first.get_or_insert(program);
    }
    // Finds what parsing cannot.
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
    let added = engine.add_policy(path.to_owned(), text);
    added.map(|_| ()).map_err(|error| PolicyError::from_engine(path, &error, SYNTAX_HINT))
}
