//! The `bauta` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    bauta::cli::main()
}
