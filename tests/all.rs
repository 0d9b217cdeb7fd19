//! All integration tests in a single binary, because each binary would link the AWS SDK again.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod all {
    mod apply_steps;
    mod approvals;
    mod audit_log;
    mod aws_clients;
    mod changes;
    mod conformance;
    mod crash_recovery;
    mod declarative;
    mod demo;
    mod described_types;
    mod emulators;
    mod engines;
    mod estimate;
    mod explain;
    mod failing_services;
    mod gate;
    mod generated_templates;
    mod hazards;
    mod input_files;
    mod invalid_input;
    mod large_estate;
    mod live_scan;
    mod module_cycles;
    mod output_formats;
    mod policies;
    mod prices;
    mod promotion;
    mod promotion_children;
    mod random;
    mod readme;
    mod registry_pairs;
    mod rust_source;
    mod sandbox;
    mod saved_plans;
    mod schema_command;
    mod schemas;
    mod signals;
    mod snapshots;
    mod support;
    mod template_generator;
    mod template_writer;
    mod terminal;
    mod tidy;
}
