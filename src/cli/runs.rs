//! `stepwatch runs`: the runs below a root, those that need a person first.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::diagnose::overview::{Probe, together};
use crate::display;
use crate::report::entry::write_json;
use crate::report::runs::{self, table};
use crate::run::{RunDirectory, Timestamp};

use super::{Failure, Outcome, Output, output_failed, say, target};

/// List the runs below a root, those that need a person first
///
/// Lost and failed ones come first, then those that run, then the rest; the latest first.
///
/// Exit status: 0 when there are runs, 1 when there are none, 3 when a root cannot be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch runs                 the runs below this folder, else the recorded ones
  stepwatch runs ~/ci/runs       the runs below a root
  stepwatch runs --json | jq -r 'select(.status == \"failed\") | .path'")]
pub(crate) struct Arguments {
    /// Folders with runs below them. Without any: this folder, else the default root.
    #[arg(value_name = "ROOT")]
    roots: Vec<PathBuf>,
    /// Print a JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(crate) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let (runs, looked_in) = match self.roots.first() {
            None => target::runs_nearby(),
            Some(first) => (target::runs(&self.roots)?, first.clone()),
        };
        if runs.is_empty() { none_found(&looked_in) } else { list(&runs, self.json, output) }
    }
}

/// Prints the list of `runs`.
pub(super) fn list(runs: &[RunDirectory], json: bool, output: &mut Output) -> Result<Outcome, Failure> {
    let mut probes: Vec<Probe> = runs.iter().map(|run| Probe::without_activity(run.clone())).collect();
    let mut summaries = together::look(&mut probes.iter_mut().collect::<Vec<_>>());
    summaries.sort_by(|one, other| one.by_need(other));
    let now = Timestamp::from(SystemTime::now());
    let presentation = output.presentation();
    if json {
        for summary in &summaries {
            write_json(output, &runs::json(summary, now), presentation).map_err(output_failed)?;
        }
    } else {
        table::write(output, &summaries, now, presentation).map_err(output_failed)?;
    }
    Ok(Outcome::Done)
}

/// Says that there is no run, and how to come by one.
pub(super) fn none_found(looked_in: &Path) -> Result<Outcome, Failure> {
    say(&format!(
        "no runs below {}; `stepwatch exec -- COMMAND` records one, `stepwatch demo` shows some",
        display::path(looked_in)
    ));
    Ok(Outcome::No)
}
