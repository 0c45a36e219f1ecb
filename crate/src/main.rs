//! The `bauta` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// The system's allocator returns every big tensor to the kernel, which clears its pages for the next one.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    bauta::cli::main()
}
