//! Any text, as a saved plan: what is accepted is written and read back as the same plan, under the same digest.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stagegate::domain::plan::{PlanDocument, SavedPlan};

fuzz_target!(|text: &str| {
    if let Ok(plan) = PlanDocument::parse(text) {
        let written = serde_json::to_string(&plan).expect("a plan is JSON");
        let again = PlanDocument::parse(&written).expect("what was written is read");
        assert_eq!((again.digest(), &again), (plan.digest(), &plan));
    }
    if let Ok(saved) = SavedPlan::parse(text) {
        assert_eq!(saved.digest, saved.plan.digest(), "a plan under another digest was accepted");
        assert!(SavedPlan::parse(&saved.to_text()).is_ok());
    }
});
