//! All integration tests in one binary: each further binary would link the AWS SDK again.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod all {
    mod assorted;
    mod assorting;
    mod circles;
    mod clients;
    mod conformance;
    mod demo;
    mod described_types;
    mod dice;
    mod emulators;
    mod engines;
    mod estimate;
    mod explain;
    mod facts;
    mod failing_services;
    mod gate;
    mod hazards;
    mod inputs;
    mod killed;
    mod live_scan;
    mod mistakes;
    mod outputs;
    mod policies;
    mod prices;
    mod promotion;
    mod readme;
    mod registry;
    mod sandbox;
    mod scale;
    mod schemas;
    mod signals;
    mod snapshots;
    mod source;
    mod support;
    mod tidy;
    mod writing;
}
