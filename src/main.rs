//! The `stagegate` binary: hands the command line to the library and returns its exit code.

use std::process::ExitCode;

/// Policies allocate more than they compute: with the system's allocator a scan takes a third longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(stagegate::run(std::env::args_os()))
}
