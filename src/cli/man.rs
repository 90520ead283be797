//! `stepwatch man`: the manual page, made from the same definitions as the help.

use clap::CommandFactory as _;

use super::{Failure, Outcome, Output, output_failed};

/// Print the manual page of stepwatch, or of one of its commands
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch man | man -l -
  stepwatch man log > stepwatch-log.1")]
pub(crate) struct Arguments {
    /// A command; further words name a command of that command.
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl Arguments {
    pub(crate) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let mut command = super::Arguments::command();
        command.build();
        let mut full_name = command.get_name().to_owned();
        for name in &self.command {
            let Some(found) = command.find_subcommand(name) else {
                return Err(Failure::Usage(format!("{full_name} has no command {name}")));
            };
            full_name = format!("{full_name}-{}", found.get_name());
            command = found.clone();
        }
        clap_mangen::Man::new(command.display_name(full_name)).render(output).map_err(output_failed)?;
        Ok(Outcome::Done)
    }
}
