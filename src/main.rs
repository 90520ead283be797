//! The `stepwatch` program. Everything it does lives in the library; see [`stepwatch::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    stepwatch::cli::main()
}
