//! Any text, as a Rego policy or its fixtures: reading the metadata and the syntax ends, and a refusal points into the text.
//!
//! What a policy computes is not evaluated here: that is limited by the process that evaluates it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stagegate::files::policies;

fuzz_target!(|text: &str| {
    // YAML ends a line at a carriage return too, and what is missing is missing after the last line.
    let lines = text.split(['\n', '\r']).count() + 1;
    for answer in [
        policies::source("policies/own.rego", text).map(|_| ()),
        policies::source("policies/lib/own.rego", text).map(|_| ()),
        policies::fixtures("policies/own.test.yaml", text).map(|_| ()),
    ] {
        if let Err(problem) = answer {
            assert!(problem.location.line as usize <= lines, "{problem}");
        }
    }
});
