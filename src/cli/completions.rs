//! `stepwatch completions`: what a shell needs to complete our command line.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Failure, Outcome, Output, output_failed};

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch completions bash > ~/.local/share/bash-completion/completions/stepwatch
  stepwatch completions fish > ~/.config/fish/completions/stepwatch.fish")]
pub(crate) struct Arguments {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl Arguments {
    pub(crate) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        // The generator cannot hand an error on, so that it writes to memory.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Arguments::command(), "stepwatch", &mut script);
        output.write_all(&script).map_err(output_failed)?;
        Ok(Outcome::Done)
    }
}
