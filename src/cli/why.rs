//! `stepwatch why`: is a run stuck, and on what.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use color_eyre::eyre::WrapErr as _;

use crate::diagnose::facts::Subject;
use crate::diagnose::{self, Facts, Verdict, facts};
use crate::report::entry::write_json;
use crate::report::why;
use crate::run::{RunDirectory, Timestamp};
use crate::settings::Settings;

use super::{Failure, Outcome, Output, duration, output_failed, target};

/// Say whether a run is stuck, and on what
///
/// Joins what the log tells (its clocks, its last line, what comes again and again) with what the
/// kernel says of the run's processes, looked at twice. Nothing is done to them: the suggestions are
/// command lines to copy.
///
/// The verdict is one of progressing, finished, worker_lost, waiting_for_input, waiting_on_network,
/// waiting_on_lock, waiting_on_pipe, sleeping, deadlocked, stopped, busy_silent, looping, disk_full,
/// log_stalled and unknown.
///
/// Exit status: 0 when nobody needs to look, 1 when a person should (the run is stuck, lost or failed),
/// 3 when it cannot be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch why runs/task-42/run-7
  stepwatch why run-7 --json | jq -r .verdict
  stepwatch why run-7 --for 5s      look at its processes for five seconds")]
pub(crate) struct Arguments {
    /// A run's folder, the id of a run that was recorded or is below this folder (RUN or TASK/RUN), or
    /// `latest`: the one that began last.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// How long the two looks at the processes are apart.
    #[arg(long = "for", value_name = "DURATION", default_value = "1s", value_parser = duration::parse)]
    apart: Duration,
}

impl Arguments {
    pub(crate) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let run = target::one_run(&self.run)?;
        let (verdict, facts) = diagnosed(run, self.apart)?;
        let presentation = output.presentation();
        let written = if self.json {
            write_json(output, &why::json(&verdict, &facts), presentation)
        } else {
            why::write_text(output, &verdict, &facts)
        };
        written.map_err(output_failed)?;
        Ok(Outcome::done_if(!verdict.alarm))
    }
}

/// Looks at a run, and judges it.
pub(super) fn diagnosed(run: RunDirectory, apart: Duration) -> Result<(Verdict, Facts), Failure> {
    let mut found = all_diagnosed(&[run], apart, &super::settings())?;
    found.pop().ok_or_else(|| Failure::could_not("the run cannot be judged"))
}

/// Looks at several runs at once, and judges each by the thresholds for its kind of worker.
pub(super) fn all_diagnosed(
    runs: &[RunDirectory],
    apart: Duration,
    settings: &Settings,
) -> Result<Vec<(Verdict, Facts)>, Failure> {
    let mut subjects = Vec::new();
    for run in runs {
        let name = crate::display::path(run.path());
        let subject = Subject::read(run.clone()).wrap_err_with(|| format!("{name} cannot be read"))?;
        subjects.push(subject);
    }
    let facts = facts::collect(&subjects, apart, || Timestamp::from(SystemTime::now()), thread::sleep);
    let judged = facts.into_iter().map(|facts| {
        let thresholds = settings.thresholds(&facts.manifest.worker_kind);
        (diagnose::judge(&facts, &thresholds), facts)
    });
    Ok(judged.collect())
}
