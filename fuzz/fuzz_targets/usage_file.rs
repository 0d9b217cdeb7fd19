//! Any text, as a usage file: the same text gives the same answer, and a refusal says why.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stagegate::files::usage;

fuzz_target!(|text: &str| {
    let answer = usage::parse("usage.yaml", text);
    assert_eq!(format!("{answer:?}"), format!("{:?}", usage::parse("usage.yaml", text)));
    if let Err(problems) = answer {
        assert!(problems.iter().any(|problem| !problem.message.is_empty()), "{problems:?}");
    }
});
