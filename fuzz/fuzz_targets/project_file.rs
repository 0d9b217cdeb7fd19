//! Any text, as `stagegate.yaml`: the same text gives the same answer, and a refusal says why and where.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stagegate::files::config;

fuzz_target!(|text: &str| {
    let answer = config::parse("stagegate.yaml", text);
    assert_eq!(format!("{answer:?}"), format!("{:?}", config::parse("stagegate.yaml", text)));
    if let Err(problems) = answer {
        assert!(!problems.is_empty());
        assert!(problems.iter().all(|problem| !problem.message.is_empty()), "{problems:?}");
    }
});
