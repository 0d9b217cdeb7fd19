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
pub const ELSEWHERE: &[Elsewhere] = &[
    Elsewhere {
        code: "changed-meanwhile",
        test: "a_resource_that_changed_since_planning_is_neither_deleted_nor_replaced",
        reason: "the change must be made between the plan, which is made again before it is applied, and the step",
    },
    Elsewhere {
        code: "internal",
        test: "reading_that_stops_without_a_result_is_an_internal_error",
        reason: "the state should be impossible",
    },
    Elsewhere {
        code: "interrupted",
        test: "waiting_for_standard_input_is_interrupted",
        reason: "the signal must arrive after the command has begun to listen for it",
    },
    Elsewhere {
        code: "permission-missing",
        test: "denied_actions_of_the_service_are_named_and_those_of_others_are_undecided",
        reason: "the policies of the caller must deny an action of a handler, and the sandbox knows no limited caller of a profile",
    },
    Elsewhere {
        code: "price-book-old",
        test: "an_old_book_is_used_and_requires_an_approval",
        reason: "a price book must be downloaded from a server",
    },
    Elsewhere {
        code: "price-book-unwritable",
        test: "a_book_that_cannot_be_stored_is_an_error",
        reason: "a price book must be downloaded from a server",
    },
];
