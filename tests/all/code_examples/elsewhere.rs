//! The codes whose examples cannot be run in a sandbox, with the tests that produce them.

/// A code that another test produces.
#[derive(Debug)]
pub struct Elsewhere {
    pub code: &'static str,
    /// The name of the test.
    pub test: &'static str,
    /// Why no example of the code can be run.
    pub reason: &'static str,
}

/// In the order of the codes.
pub const ELSEWHERE: &[Elsewhere] = &[];
