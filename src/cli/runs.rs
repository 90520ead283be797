//! `stepwatch runs`: the runs below a root, those that need a person first.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::diagnose::overview::{Probe, together};
use crate::display;
use crate::report::entry::write_json;
use crate::report::runs::{self, Listed, table};
use crate::run::{RunDirectory, Status, Timestamp};

use super::{Failure, Outcome, Output, output_failed, say, target};

/// How far the two looks at processes are apart.
const APART: Duration = Duration::from_secs(1);

/// List the runs below a root, those that need a person first
///
/// Lost and failed ones come first, then those that run, then the rest; the latest first. With --why
/// those that are stuck come before all others, with the reason: that takes a second.
///
/// Exit status: 0 when there are runs, 1 when there are none, 3 when a root cannot be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch runs                 the runs below this folder, else the recorded ones
  stepwatch runs ~/ci/runs       the runs below a root
  stepwatch runs --why           which of them are stuck, and on what
  stepwatch runs --json | jq -r 'select(.status == \"failed\") | .path'")]
pub(crate) struct Arguments {
    /// Folders with runs below them. Without any: this folder, else the default root.
    #[arg(value_name = "ROOT")]
    roots: Vec<PathBuf>,
    /// Print a JSON object a line.
    #[arg(long)]
    json: bool,
    /// Look at the processes of those that run: which are stuck, and on what.
    #[arg(long)]
    why: bool,
}

impl Arguments {
    pub(crate) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let (runs, looked_in) = match self.roots.first() {
            None => target::runs_nearby(),
            Some(first) => (target::runs(&self.roots)?, first.clone()),
        };
        if runs.is_empty() { none_found(&looked_in) } else { list(&runs, self.json, self.why, output) }
    }
}

/// Prints the list of `runs`.
pub(super) fn list(
    runs: &[RunDirectory],
    json: bool,
    why: bool,
    output: &mut Output,
) -> Result<Outcome, Failure> {
    let mut probes: Vec<Probe> = runs.iter().map(|run| Probe::without_activity(run.clone())).collect();
    let summaries = together::look(&mut probes.iter_mut().collect::<Vec<_>>());
    let mut listed: Vec<Listed> = summaries.into_iter().map(|run| Listed { run, verdict: None }).collect();
    if why {
        judge(&mut listed)?;
    }
    listed.sort_by(Listed::by_need);
    let now = Timestamp::from(SystemTime::now());
    let presentation = output.presentation();
    if json {
        for listed in &listed {
            write_json(output, &runs::json(listed, now), presentation).map_err(output_failed)?;
        }
    } else {
        table::write(output, &listed, now, presentation).map_err(output_failed)?;
    }
    Ok(Outcome::Done)
}

/// Judges those that run.
fn judge(listed: &mut [Listed]) -> Result<(), Failure> {
    let mut live: Vec<&mut Listed> =
        listed.iter_mut().filter(|listed| listed.run.status == Status::Running).collect();
    let runs: Vec<RunDirectory> = live.iter().map(|listed| listed.run.directory.clone()).collect();
    let judged = super::why::all_diagnosed(&runs, APART, &super::settings())?;
    for (listed, (verdict, _)) in live.iter_mut().zip(judged) {
        listed.verdict = Some(verdict);
    }
    Ok(())
}

/// Says that there is no run, and how to come by one.
pub(super) fn none_found(looked_in: &Path) -> Result<Outcome, Failure> {
    say(&format!(
        "no runs below {}; `stepwatch exec -- COMMAND` records one, `stepwatch demo` shows some",
        display::path(looked_in)
    ));
    Ok(Outcome::No)
}
