//! `stepwatch check`: hold a run against the contract.

use std::path::PathBuf;

use color_eyre::eyre::WrapErr as _;

use crate::model::Model;
use crate::report::Check;
use crate::report::entry::write_json;

use super::{Failure, Outcome, Output, output_failed, target};

/// Hold a run against the contract of a run directory
///
/// Looks for missing seqs, entries of the same seq, entries out of order, lines that do not parse
/// (every one is decoded), and checkpoint records with a bad name or content.
///
/// Exit status: 0 when nothing breaks the contract, 1 when something does, 3 when the run cannot be
/// read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch check runs/task-42/run-7
  stepwatch check run-7 --json | jq .gaps")]
pub(crate) struct Arguments {
    /// A run's folder, the id of a run that was recorded or is below this folder (RUN or TASK/RUN), or
    /// `latest`: the one that began last.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(crate) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let run = target::one_run(&self.run)?;
        let name = crate::display::path(run.path());
        let model = Model::load(run).wrap_err_with(|| format!("{name} cannot be read"))?;
        let check = Check::of(&model).map_err(super::log::unreadable)?;
        let presentation = output.presentation();
        let written = if self.json {
            write_json(output, &check.json(), presentation)
        } else {
            check.write_text(output)
        };
        written.map_err(output_failed)?;
        Ok(Outcome::done_if(check.is_ok()))
    }
}
