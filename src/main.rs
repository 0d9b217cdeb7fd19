//! The `stagegate` binary: hands the command line to the library and returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(stagegate::run(std::env::args_os()))
}
