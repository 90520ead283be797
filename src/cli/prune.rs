//! `stepwatch prune`: what old runs take, and their removal.

mod old_run;
mod removal;

#[cfg(unix)]
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::display;
use crate::report::entry::write_json;
use crate::run::{RunDirectory, Timestamp};

use super::{Failure, Outcome, Output, duration, output_failed, say, target};
use old_run::{OldRun, Seen};
use removal::Removal;

/// Show what old runs take, and remove those that ended
///
/// A run is old when it ended longer ago than that: by its state, or where that does not say it, by
/// the last change of its files. Runs that are prepared or running are never removed, nor those of
/// which nothing is known, those that have no run.json, and those that are reached through a link.
/// Without --yes nothing is removed.
///
/// A run is removed with everything in its folder; links in it are removed, and what they lead to is
/// not touched. It is first moved to a hidden name beside it, so that nobody sees half of it. One
/// that changed since it was listed is left.
///
/// Exit status: 0 when there are old runs, or with --yes when all of them were removed or left on
/// purpose; 1 when there are none; 3 when something cannot be read or removed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch prune ~/ci/runs --older-than 30d              what would be removed
  stepwatch prune ~/ci/runs --older-than 30d --yes        remove it
  stepwatch prune runs --older-than 1d --keep 5 --yes     but keep the newest five of each step")]
pub(crate) struct Arguments {
    /// A folder with runs below it.
    #[arg(value_name = "ROOT")]
    root: PathBuf,
    /// How long ago they ended at least.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    older_than: Duration,
    /// Leave the newest runs of each step, so many.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    keep: usize,
    /// Also those whose recorder is gone without having said how they ended.
    #[arg(long)]
    lost: bool,
    /// Remove them.
    #[arg(long)]
    yes: bool,
    /// Print a JSON object a line.
    #[arg(long)]
    json: bool,
}

/// What has become of the runs that are old.
#[derive(Debug, Default)]
struct Tally {
    runs: usize,
    bytes: u64,
    troubles: usize,
}

impl Arguments {
    pub(crate) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let runs = target::runs_in(&self.root)?;
        if runs.iter().any(|run| run.path() == self.root) {
            let name = display::path(&self.root);
            return Err(Failure::Usage(format!("{name} is a run; give the folder that holds runs")));
        }
        let now = Timestamp::from(SystemTime::now());
        let mut tally = Tally::default();
        self.finish_what_was_interrupted(&runs, &mut tally);
        let old = self.old_runs(runs, now, &mut tally);
        for run in &old {
            self.deal_with(run, now, &mut tally, output)?;
        }
        if !self.json {
            self.write_end(&old, now, &tally, output).map_err(output_failed)?;
        }
        if tally.troubles > 0 {
            let noun = if tally.troubles == 1 { "run" } else { "runs" };
            return Err(Failure::could_not(format!("{} {noun} could not be dealt with", tally.troubles)));
        }
        Ok(Outcome::done_if(self.yes || !old.is_empty()))
    }

    /// Removes what an earlier removal that was interrupted has left beside the runs.
    fn finish_what_was_interrupted(&self, runs: &[RunDirectory], tally: &mut Tally) {
        let beside = runs.iter().filter_map(|run| run.path().parent().map(Path::to_owned));
        // Where the only run of a task was half removed, its folder holds no run any more.
        let below = std::fs::read_dir(&self.root).into_iter().flatten().flatten().map(|entry| entry.path());
        let folders: BTreeSet<PathBuf> = beside.chain(below).chain([self.root.clone()]).collect();
        for leftover in folders.iter().flat_map(|folder| removal::leftovers(folder)) {
            let name = display::path(&leftover);
            if !self.yes {
                say(&format!("{name} is left of a removal that was interrupted; --yes finishes it"));
            } else if let Err(error) = removal::finish(&self.root, &leftover) {
                say(&format!("{name}, left of a removal that was interrupted, cannot be removed: {error}"));
                tally.troubles += 1;
            }
        }
    }

    /// The runs that are to be removed, those that ended first at the beginning.
    fn old_runs(&self, runs: Vec<RunDirectory>, now: Timestamp, tally: &mut Tally) -> Vec<OldRun> {
        let seen: Vec<Seen> = runs.into_iter().filter_map(Seen::of).collect();
        let kept = newest_of_each_step(&seen, self.keep);
        let mut old = Vec::new();
        for (_, run) in seen.into_iter().enumerate().filter(|(number, _)| !kept.contains(number)) {
            if !run.may_be_removed(self.lost) || run.ended_after(now, self.older_than) {
                continue;
            }
            let name = display::path(run.directory.path());
            match OldRun::measure(run, &self.root) {
                Ok(run) if now.since(run.ended) >= self.older_than && run.ended < now => old.push(run),
                Ok(_) => {}
                Err(error) => {
                    say(&format!("{name} is left: {error}"));
                    // What we refuse ourselves is left on purpose.
                    tally.troubles += usize::from(error.kind() != io::ErrorKind::Other);
                }
            }
        }
        old.sort_by(|one, other| {
            (one.ended, one.directory.path()).cmp(&(other.ended, other.directory.path()))
        });
        old
    }

    /// Shows a run, or removes it.
    fn deal_with(
        &self,
        run: &OldRun,
        now: Timestamp,
        tally: &mut Tally,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let name = display::path(run.directory.path());
        let removal = if self.yes { removal::remove(&self.root, run) } else { Ok(Removal::Left("")) };
        match &removal {
            Ok(Removal::Done) => {}
            Ok(Removal::Left(reason)) if self.yes => {
                say(&format!("{name} is left: {reason}"));
            }
            Ok(Removal::Left(_)) => {}
            Err(error) => {
                say(&format!("{name} cannot be removed: {error}"));
                tally.troubles += 1;
            }
        }
        let is_removed = matches!(removal, Ok(Removal::Done));
        if is_removed || !self.yes {
            tally.runs += 1;
            tally.bytes = tally.bytes.saturating_add(run.taken.bytes);
        }
        let presentation = output.presentation();
        let written = if self.json {
            write_json(output, &json_of(run, is_removed), presentation)
        } else if is_removed || !self.yes {
            write_line(output, run, now)
        } else {
            Ok(())
        };
        written.map_err(output_failed)
    }

    /// Says what there is in all.
    fn write_end(
        &self,
        old: &[OldRun],
        now: Timestamp,
        tally: &Tally,
        output: &mut Output,
    ) -> io::Result<()> {
        let age = display::duration::short(self.older_than);
        let root = display::path(&self.root);
        let (Some(oldest), Some(newest)) = (old.first(), old.last()) else {
            say(&format!("no run below {root} ended more than {age} ago and may be removed"));
            return Ok(());
        };
        let noun = if tally.runs == 1 { "run" } else { "runs" };
        let (count, bytes) = (tally.runs, display::bytes::short(tally.bytes));
        if self.yes {
            return writeln!(output, "removed {count} {noun}, {bytes}");
        }
        let ago = |run: &OldRun| display::duration::short(now.since(run.ended));
        writeln!(
            output,
            "{count} {noun}, {bytes}; the oldest ended {} ago, the newest {} ago",
            ago(oldest),
            ago(newest)
        )?;
        say("nothing was removed; --yes removes them");
        Ok(())
    }
}

/// The places of the newest `keep` runs of each step of a task.
fn newest_of_each_step(seen: &[Seen], keep: usize) -> Vec<usize> {
    let mut steps: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (number, run) in seen.iter().enumerate() {
        steps.entry((&run.manifest.task_id, &run.manifest.step_id)).or_default().push(number);
    }
    let newest = |mut runs: Vec<usize>| {
        runs.sort_by_key(|number| std::cmp::Reverse((seen[*number].began(), seen[*number].directory.path())));
        runs.into_iter().take(keep)
    };
    steps.into_values().flat_map(newest).collect()
}

fn write_line(output: &mut Output, run: &OldRun, now: Timestamp) -> io::Result<()> {
    let ago = display::duration::short(now.since(run.ended));
    let size = display::bytes::short(run.taken.bytes);
    let path = display::path(run.directory.path());
    writeln!(output, "{:<9}  {ago:>7} ago  {size:>8}  {path}", run.status.word())
}

fn json_of(run: &OldRun, is_removed: bool) -> Value {
    json!({
        "path": run.directory.path().to_string_lossy(),
        "taskId": run.manifest.task_id,
        "stepId": run.manifest.step_id,
        "runId": run.manifest.run_id,
        "status": run.status.word(),
        "endedAt": run.ended,
        "bytes": run.taken.bytes,
        "removed": is_removed,
    })
}
