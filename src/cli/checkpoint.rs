//! `stepwatch checkpoint`: make checkpoints of a run, and read them back.

mod make;
mod read;

use std::path::PathBuf;
use std::time::SystemTime;

use color_eyre::eyre;

use crate::checkpoint::{CheckpointError, Checkpoints};
use crate::display;
use crate::run::RunDirectory;

use super::{Failure, Outcome, Output, say, target};

/// Keep a moment of a run, and read back what was kept
///
/// A checkpoint is a small file in the run's folder `checkpoints/`: a sentence, the last entries of
/// the log, or the changes in the working directory. Making one disturbs neither the step nor its
/// runner, and never touches a file that is there.
///
/// Exit status: 0 done, 1 when checkpoints are disabled for the run, 2 wrong usage, 3 when the run
/// cannot be read or written.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch checkpoint summary run-7 -m 'stuck since the upload began'
  stepwatch checkpoint log-tail run-7 -n 50
  stepwatch checkpoint git-diff run-7 --stat
  stepwatch checkpoint list run-7
  stepwatch checkpoint show run-7 2")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Summary(make::Summary),
    LogTail(make::LogTail),
    GitDiff(make::GitDiff),
    List(read::List),
    Show(read::Show),
}

impl Arguments {
    pub(crate) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        match self.command {
            Command::Summary(command) => command.run(output),
            Command::LogTail(command) => command.run(output),
            Command::GitDiff(command) => command.run(output),
            Command::List(command) => command.run(output),
            Command::Show(command) => command.run(output),
        }
    }
}

/// Which run is meant.
#[derive(Debug, clap::Args)]
struct Run {
    /// A run's folder, the id of a run that was recorded or is below this folder (RUN or TASK/RUN), or
    /// `latest`: the one that began last.
    #[arg(value_name = "RUN")]
    run: PathBuf,
}

impl Run {
    fn directory(&self) -> Result<RunDirectory, Failure> {
        target::one_run(&self.run)
    }
}

/// The checkpoints of a run, for reading: also where `run.json` says nothing that can be read.
pub(super) fn for_reading(run: &RunDirectory) -> Checkpoints {
    Checkpoints::open(run.clone()).unwrap_or_else(|error| {
        say(&format!("note: {error}"));
        Checkpoints::new(run.clone(), &run.identity())
    })
}

/// Publishes again what others renamed over, so that whoever looks finds it. Where that cannot be
/// done, reading goes on: the next look tries it again.
fn settle(run: &RunDirectory) {
    let settled =
        Checkpoints::open(run.clone()).and_then(|checkpoints| checkpoints.settle(SystemTime::now().into()));
    for again in settled.unwrap_or_default() {
        let description = display::one_line(&again.description);
        say(&format!(
            "note: another writer took the place of a checkpoint; it stands again as {description}"
        ));
    }
}

/// What an error of making a checkpoint means for whoever called the command.
fn refused(error: CheckpointError) -> Result<Outcome, Failure> {
    match error {
        CheckpointError::Disabled(_) => {
            say(&error.to_string());
            Ok(Outcome::No)
        }
        CheckpointError::EmptySummary | CheckpointError::UnsupportedType(_) => {
            Err(Failure::Usage(error.to_string()))
        }
        other => Err(Failure::CouldNot(eyre::Report::new(other))),
    }
}

fn name(run: &RunDirectory) -> String {
    display::path(run.path())
}
