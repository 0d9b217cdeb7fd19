//! Any text, as a waiver file: the same text gives the same answer, and a refusal points into the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stagegate::files::waivers;

fuzz_target!(|text: &str| {
    let answer = waivers::parse("waivers.yaml", text);
    assert_eq!(format!("{answer:?}"), format!("{:?}", waivers::parse("waivers.yaml", text)));
    if let Err(problem) = answer {
        assert!(!problem.to_string().is_empty());
    }
});
