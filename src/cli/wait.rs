//! `stepwatch wait`: for scripts, returns when something happens to a run.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use color_eyre::eyre::WrapErr as _;

use crate::diagnose::Code;
use crate::diagnose::overview::Probe;
use crate::display;
use crate::run::RunDirectory;
use crate::settings::Settings;

use super::{Failure, Outcome, Output, duration, output_failed, say, target, why};

/// How often it is looked.
const EVERY: Duration = Duration::from_millis(500);
/// How far the two looks at the processes of a run are apart.
const APART: Duration = Duration::from_millis(500);

/// Wait until a run is stuck, is done, or has a new checkpoint
///
/// Prints the path of each run to which it happened, as it happens. Without --any it waits for all of
/// them. A run that can no longer get stuck, because it has ended, ends the wait with 1.
///
/// Exit status: 0 when it happened, 1 when it cannot happen any more or the time is up, 3 when a run
/// cannot be read. With --exec, that of the last command that did not end with 0.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch wait run-7 --until done && echo ended
  stepwatch wait ~/ci/runs --until stuck --any --exec 'notify-send \"$STEPWATCH_RUN\" \"$STEPWATCH_SENTENCE\"'
  stepwatch wait run-7 --until checkpoint --timeout 10m")]
pub(crate) struct Arguments {
    /// Runs, or folders with runs below them.
    #[arg(value_name = "RUN-OR-ROOT", required = true)]
    runs: Vec<PathBuf>,
    /// What to wait for.
    #[arg(long, value_enum, value_name = "WHAT")]
    until: Until,
    /// Until it happened to one of them.
    #[arg(long)]
    any: bool,
    /// Give up after so long.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    timeout: Option<Duration>,
    /// A shell command to run for each of them, with the run's path in `STEPWATCH_RUN`, what happened
    /// in `STEPWATCH_VERDICT`, and the sentence of the verdict in `STEPWATCH_SENTENCE`.
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,
}

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Until {
    /// It needs a person: the verdict of `why` is an alarm.
    Stuck,
    /// It has ended, well or not.
    Done,
    /// It has a checkpoint that it had not when the wait began.
    Checkpoint,
}

/// A run that is waited for.
struct Awaited {
    probe: Probe,
    checkpoints: usize,
    answer: Option<Answer>,
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    /// It happened: what, in a word and in a sentence.
    Happened(&'static str, String),
    /// It cannot happen any more.
    Never,
}

impl Arguments {
    pub(crate) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let deadline = self.timeout.map(|timeout| Instant::now() + timeout);
        let mut awaited: BTreeMap<RunDirectory, Awaited> = BTreeMap::new();
        let settings = super::settings();
        let mut status = 0;
        loop {
            // Also runs that came below a root meanwhile.
            for run in target::runs(&self.runs)? {
                awaited.entry(run.clone()).or_insert_with(|| Awaited::new(run));
            }
            let open: Vec<RunDirectory> =
                awaited.iter().filter(|(_, of)| of.answer.is_none()).map(|(run, _)| run.clone()).collect();
            for (run, answer) in self.look(&open, &mut awaited, &settings)? {
                if let Answer::Happened(word, sentence) = &answer {
                    writeln!(output, "{}", display::path(run.path())).map_err(output_failed)?;
                    output.flush().map_err(output_failed)?;
                    status = self.execute(&run, word, sentence)?.unwrap_or(status);
                    if self.any {
                        return Ok(outcome(status));
                    }
                }
                if let Some(of) = awaited.get_mut(&run) {
                    of.answer = Some(answer);
                }
            }
            let mut answers = awaited.values().map(|of| &of.answer);
            if !awaited.is_empty() && answers.clone().all(Option::is_some) {
                let has_happened = answers.clone().any(|answer| *answer != Some(Answer::Never));
                let is_enough = if self.any {
                    has_happened
                } else {
                    answers.all(|answer| *answer != Some(Answer::Never))
                };
                return Ok(if is_enough { outcome(status) } else { Outcome::No });
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                say("the time is up");
                return Ok(Outcome::No);
            }
            thread::sleep(EVERY);
        }
    }

    /// What became of the runs, of which nothing is known yet.
    fn look(
        &self,
        open: &[RunDirectory],
        awaited: &mut BTreeMap<RunDirectory, Awaited>,
        settings: &Settings,
    ) -> Result<Vec<(RunDirectory, Answer)>, Failure> {
        if self.until == Until::Stuck {
            let found = why::all_diagnosed(open, APART, settings)?;
            let answers = open.iter().zip(found).filter_map(|(run, (verdict, _))| {
                // What has ended is not stuck, even if it ended badly.
                let answer = match verdict.code {
                    Code::Finished => Answer::Never,
                    code if verdict.alarm => Answer::Happened(code.word(), verdict.sentence),
                    _ => return None,
                };
                Some((run.clone(), answer))
            });
            return Ok(answers.collect());
        }
        let answers = open.iter().filter_map(|run| {
            let of = awaited.get_mut(run)?;
            Some((run.clone(), self.answer_of(of)?))
        });
        Ok(answers.collect())
    }

    fn answer_of(&self, of: &mut Awaited) -> Option<Answer> {
        let summary = of.probe.look();
        match self.until {
            Until::Checkpoint if summary.checkpoints > of.checkpoints => {
                Some(Answer::Happened("checkpoint", summary.says()))
            }
            Until::Checkpoint => summary.status.has_ended().then_some(Answer::Never),
            Until::Done | Until::Stuck => {
                summary.status.has_ended().then(|| Answer::Happened(summary.status.word(), summary.says()))
            }
        }
    }

    /// Runs the command, if there is one; its exit status, where that is not 0.
    fn execute(&self, run: &RunDirectory, word: &str, sentence: &str) -> Result<Option<u8>, Failure> {
        let Some(command) = &self.exec else { return Ok(None) };
        let status = Command::new("sh")
            .args(["-c", command])
            .env("STEPWATCH_RUN", run.path())
            .env("STEPWATCH_VERDICT", word)
            .env("STEPWATCH_SENTENCE", display::one_line(sentence))
            .status()
            .wrap_err_with(|| format!("`{}` cannot be run by sh", display::one_line(command)))?;
        let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        Ok(Some(code).filter(|code| *code != 0))
    }
}

impl Awaited {
    fn new(run: RunDirectory) -> Self {
        let mut probe = Probe::without_activity(run);
        let checkpoints = probe.look().checkpoints;
        Self { probe, checkpoints, answer: None }
    }
}

fn outcome(status: u8) -> Outcome {
    #[cfg(unix)]
    if status != 0 {
        return Outcome::Status(status);
    }
    Outcome::done_if(status == 0)
}
