//! Any text, as an ARN: its parts give the text again, and what it identifies is not empty.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stagegate::schema::{Arn, Identified, Registry};

fuzz_target!(|text: &str| {
    let registry = Registry::embedded();
    let found = registry.identify(text);
    let Some(arn) = Arn::parse(text) else {
        assert_eq!(found, Identified::Unknown);
        return;
    };
    assert_eq!(arn.to_string(), text);
    let is_known = |type_name: &str| registry.get(type_name).is_some();
    let resources = match found {
        Identified::Exactly(one) => vec![one],
        Identified::Ambiguous(several) => {
            assert!(several.len() > 1);
            several
        }
        Identified::OfType(types) => {
            assert!(!types.is_empty() && types.iter().all(|name| is_known(name)));
            return;
        }
        Identified::Unknown => return,
    };
    for one in resources {
        assert!(is_known(&one.type_name) && !one.identifier.is_empty(), "{one:?}");
    }
});
