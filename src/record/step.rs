//! One recording from beginning to end.

use std::io;
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use serde_json::json;

use super::checkpoints;
use super::command::{self, NotStarted, Started};
use super::ending::Ending;
use super::files::StateFile;
use super::log::{Level, Log};
use super::options::Options;
use super::recorder::{Recorder, pass_the_rest};
use super::said::SaidFile;
use super::signals::{Signal, Signals};
use crate::host;
use crate::run::{Id, Manifest, RunDirectory, Status, Timestamp};

/// What becomes of the step's output beside the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// It passes through: standard output to standard output, standard error to standard error.
    PassThrough,
    /// It is recorded only, and the keys of the terminal are left alone: a screen shows the run.
    Quiet,
}

/// Why a run directory could not be made. The command was not started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is such a run already; it is never written to.
    #[error("run {run} of task {task} exists already in {}; leave --run out, or give another id", path.display())]
    Exists {
        /// The run.
        run: Id,
        /// Its task.
        task: Id,
        /// Where it is.
        path: PathBuf,
    },
    /// Something in the run directory could not be made.
    #[error("cannot make {}: {source}; choose another place with --root", path.display())]
    Make {
        /// What could not be made.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Signals cannot be caught, so the record could not be finished when one comes.
    #[error("cannot catch signals: {source}")]
    Signals {
        /// Why.
        source: io::Error,
    },
    /// The working directory is gone or may not be read.
    #[error("the working directory cannot be found: {source}; change to one that exists")]
    WorkingDirectory {
        /// Why.
        source: io::Error,
    },
}

/// A run whose directory is made and whose command is not started yet.
#[derive(Debug)]
pub struct Prepared {
    pub(super) directory: RunDirectory,
    pub(super) manifest: Manifest,
    pub(super) options: Options,
    pub(super) log: Log,
    pub(super) said: SaidFile,
    pub(super) state: StateFile,
    pub(super) signals: Signals,
    pub(super) warnings: Vec<String>,
}

/// How a recording came out.
#[derive(Debug)]
pub struct Outcome {
    /// The run directory.
    pub directory: RunDirectory,
    /// Where the run stands now.
    pub status: Status,
    /// What `stepwatch exec` exits with.
    pub exit_status: u8,
    /// What a person should know and does not see in the exit status, a sentence each.
    pub warnings: Vec<String>,
}

/// Makes the run directory of a step.
///
/// # Errors
/// [`Error`] where it cannot be made; an existing run is refused.
pub fn prepare(options: Options) -> Result<Prepared, Error> {
    super::prepare::prepare(options)
}

/// Prepares and records a step.
///
/// # Errors
/// Those of [`prepare`]; from then on everything ends in an [`Outcome`].
pub fn run(options: Options, output: Output) -> Result<Outcome, Error> {
    Ok(prepare(options)?.run(output))
}

impl Prepared {
    /// The run directory.
    #[must_use]
    pub fn directory(&self) -> &RunDirectory {
        &self.directory
    }

    /// Who the run is.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Runs the command and records it until it has ended.
    #[must_use]
    pub fn run(mut self, output: Output) -> Outcome {
        if let Some(number) = self.signal_to_end() {
            return self.fail(Ending::before_start(number));
        }
        if self.options.pty
            && output == Output::PassThrough
            && let Err(error) = self.signals.catch_terminal()
        {
            return self.fail(Ending::own_failure(format!("cannot catch the terminal's signals: {error}")));
        }
        let started = command::start(&self.options, self.directory.path(), self.said.path(), output);
        let started = match started {
            Ok(started) => started,
            Err(NotStarted::Own(error)) => {
                return self.fail(Ending::own_failure(format!("cannot make the step's pipes: {error}")));
            }
            Err(NotStarted::Command(error)) => {
                let program = self.manifest.command.first().cloned().unwrap_or_default();
                return self.fail(Ending::not_started(&program, &error));
            }
        };
        self.note_start(&started);
        let directory = self.directory.path().to_owned();
        let Self { log, state, said, signals, .. } = &mut self;
        let recorded = Recorder::new(directory, log, state, said, signals, started).run();
        let ending = Ending::of_command(recorded.end.exit, recorded.asked_to_end);
        self.note_end(&ending, recorded.end.at);
        let mut sources = recorded.sources;
        pass_the_rest(&mut sources, &mut self.signals);
        for source in &sources {
            if let Some(error) = source.passage_failure() {
                let name = source.stream().name();
                self.warnings.push(format!("not all of the step's {name} could be passed through: {error}"));
            }
        }
        self.outcome(&ending)
    }

    /// The signal to end that came so far.
    fn signal_to_end(&mut self) -> Option<i32> {
        self.signals.pending().into_iter().find_map(|signal| match signal {
            Signal::End { number, .. } => Some(number),
            _ => None,
        })
    }

    fn note_start(&mut self, started: &Started) {
        let pid = started.child.id();
        let state = &mut self.state.state;
        state.status = Status::Running;
        state.pid = Some(pid);
        state.pid_start_time = host::start_time(pid);
        state.pgid = process_group(pid);
        state.started_at = Some(SystemTime::now().into());
        let rendered = format!("started: {} (pid {pid})", self.manifest.command.join(" "));
        self.log.set_time(SystemTime::now());
        self.log.event("step_started", Level::Info, &rendered, Some(&json!({"pid": pid})));
        self.log.flush(Instant::now());
        // One that fails is written again with the heartbeat.
        let _ = self.state.write();
    }

    fn note_end(&mut self, ending: &Ending, at: SystemTime) {
        let finished = Timestamp::from(at);
        let took = self.state.state.started_at.map(|started| finished.since(started));
        let rendered = match took {
            Some(took) => format!("{}: {} ({:.1} s)", ending.status, ending.rendered, took.as_secs_f64()),
            None => format!("{}: {}", ending.status, ending.rendered),
        };
        let mut data = json!({"status": ending.status});
        for (key, number) in [("exitCode", ending.exit_code), ("signal", ending.signal)] {
            if let Some(number) = number {
                data[key] = number.into();
            }
        }
        let level = match ending.status {
            Status::Succeeded => Level::Info,
            Status::Cancelled => Level::Warn,
            _ => Level::Error,
        };
        self.log.set_time(SystemTime::now());
        self.log.event("step_finished", level, &rendered, Some(&data));
        self.log.flush_now(Instant::now());

        let state = &mut self.state.state;
        state.status = ending.status;
        state.exit_code = ending.exit_code;
        state.signal = ending.signal;
        state.finished_at = Some(finished);
        let loss = self.log.loss();
        let told: Vec<String> = ending.message.clone().into_iter().chain(loss.clone()).collect();
        state.message = (!told.is_empty()).then(|| told.join("; "));
        self.warnings.extend(loss);
        if let Err(error) = self.state.write_last() {
            let path = self.directory.path().display();
            self.warnings.push(format!("the end of the run could not be written to {path}: {error}"));
        }
        if let Err(error) = checkpoints::settle(&self.directory, &self.manifest) {
            self.warnings.push(format!("the checkpoints could not be settled: {error}"));
        }
    }

    /// Ends a run whose command never ran.
    fn fail(mut self, ending: Ending) -> Outcome {
        self.note_end(&ending, SystemTime::now());
        self.warnings.push(ending.rendered.clone());
        self.outcome(&ending)
    }

    fn outcome(self, ending: &Ending) -> Outcome {
        Outcome {
            directory: self.directory,
            status: ending.status,
            exit_status: ending.exit_status,
            warnings: self.warnings,
        }
    }
}

fn process_group(pid: u32) -> Option<u32> {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).ok()?)?;
    let group = rustix::process::getpgid(Some(pid)).ok()?;
    u32::try_from(group.as_raw_nonzero().get()).ok()
}
