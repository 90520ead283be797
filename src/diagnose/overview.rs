//! One run in a few facts, and which runs need a person first: what every list of runs shows.
//!
//! [`Probe`] finds the facts, in bounded work however large the run is, and at a later look reads
//! only what changed.

pub mod activity;
pub mod last_line;
pub mod log_end;
pub mod probe;
pub mod together;

use std::cmp::{Ordering, Reverse};
use std::time::Duration;

pub use activity::Activity;
pub use probe::Probe;

use crate::run::{Manifest, RunDirectory, RunState, Status, Timestamp};

/// One run in a few facts, as it was when a [`Probe`] last looked.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    /// Where it lies: what tells runs apart.
    pub directory: RunDirectory,
    /// Who it is, with what is missing taken from the folder names.
    pub manifest: Manifest,
    /// How it is, as written.
    pub state: Option<RunState>,
    /// How it is, with `lost` derived.
    pub status: Status,
    /// When the step last said something.
    pub last_output: Option<Timestamp>,
    /// How much it said lately. Empty where the probe was asked to leave it out.
    pub activity: Activity,
    /// How many checkpoint records there are.
    pub checkpoints: usize,
    /// The line that tells most of it: the last one; where it did not end well, the last one of
    /// stderr if there is one. Empty where it said nothing. Untrusted text, with its colours.
    pub last_line: String,
    /// Whether that has no line end: a question, or part of a line.
    pub line_is_open: bool,
}

impl RunSummary {
    /// Whether the run can still change by itself, so that its clocks go on.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !self.status.has_ended()
    }

    /// The order of a list: runs that need a person first (lost, failed), then those that are under
    /// way, then those that ended otherwise; the latest first among equals.
    #[must_use]
    pub fn by_need(&self, other: &Self) -> Ordering {
        let key = |run: &Self| (run.rank(), Reverse(run.began()));
        key(self).cmp(&key(other)).then_with(|| self.directory.cmp(&other.directory))
    }

    fn rank(&self) -> u8 {
        match self.status {
            Status::Lost => 0,
            Status::Failed => 1,
            Status::Running => 2,
            Status::Prepared => 3,
            Status::Unknown => 4,
            Status::Cancelled => 5,
            Status::Succeeded => 6,
        }
    }

    /// When the run began, as far as it says so.
    #[must_use]
    pub fn began(&self) -> Option<Timestamp> {
        self.state.as_ref().and_then(|state| state.started_at).or(self.manifest.created_at)
    }

    /// How long the run took, or takes until now. A lost run took until its last sign of life.
    #[must_use]
    pub fn elapsed(&self, now: Timestamp) -> Option<Duration> {
        let end = match self.status {
            Status::Running | Status::Prepared => Some(now),
            _ => self.state.as_ref().and_then(|state| state.finished_at).or(self.last_output),
        };
        Some(end?.since(self.began()?))
    }

    /// How long the step has said nothing, unless it has ended.
    #[must_use]
    pub fn idle(&self, now: Timestamp) -> Option<Duration> {
        let silent = self.is_live() || self.status == Status::Lost;
        self.last_output.filter(|_| silent).map(|last| now.since(last))
    }

    /// The step as people know it: its name (else its id, else the run's) and its place among the
    /// task's steps. Untrusted text.
    #[must_use]
    pub fn step(&self) -> String {
        let manifest = &self.manifest;
        let names = [&manifest.step_name, &manifest.step_id, &manifest.run_id];
        let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or(&manifest.run_id);
        match (manifest.step_index, manifest.step_count) {
            (Some(index), Some(count)) => format!("{name} ({index}/{count})"),
            _ => name.clone(),
        }
    }

    /// What to say of the run: how it ended, else its last line. Untrusted text.
    #[must_use]
    pub fn says(&self) -> String {
        let state = self.state.as_ref();
        if self.status == Status::Lost {
            let pid = state.and_then(|state| state.recorder.map(|recorder| recorder.pid).or(state.pid));
            return pid
                .map_or_else(|| "its recorder is gone".to_owned(), |pid| format!("recorder {pid} is gone"));
        }
        let message = state.and_then(|state| state.message.as_deref());
        let line = Some(self.last_line.as_str()).filter(|line| !line.is_empty());
        if !self.status.has_ended() {
            return line.or(message).unwrap_or_default().to_owned();
        }
        let Some(how) = state.and_then(how_it_ended) else {
            return message.or(line).unwrap_or_default().to_owned();
        };
        // What a step that succeeded said last tells nothing of how it ended.
        match message.or_else(|| line.filter(|_| self.status != Status::Succeeded)) {
            Some(words) if begins_with(words, &how) => words.to_owned(),
            Some(words) => format!("{how}: {words}"),
            None => how,
        }
    }
}

/// The exit code or the signal that a run ended with.
fn how_it_ended(state: &RunState) -> Option<String> {
    let signal = state.signal.map(|signal| format!("signal {signal}"));
    signal.or_else(|| state.exit_code.map(|code| format!("exit {code}")))
}

/// Whether words say by themselves how it ended, as messages of recorders like to do.
fn begins_with(words: &str, how: &str) -> bool {
    words.strip_prefix(how).is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(status: Status, started: i64) -> RunSummary {
        RunSummary {
            directory: RunDirectory::alone(format!("/{status}-{started}")),
            manifest: Manifest::default(),
            state: Some(RunState {
                status,
                started_at: Some(Timestamp::from_milliseconds(started)),
                ..RunState::default()
            }),
            status,
            last_output: None,
            activity: Activity::default(),
            checkpoints: 0,
            last_line: String::new(),
            line_is_open: false,
        }
    }

    /// What is said of a run with that exit code, message and last line.
    fn says(status: Status, code: Option<i32>, message: Option<&str>, line: &str) -> String {
        let state =
            RunState { status, exit_code: code, message: message.map(str::to_owned), ..RunState::default() };
        RunSummary { state: Some(state), last_line: line.to_owned(), ..run(status, 0) }.says()
    }

    #[test]
    fn runs_that_need_a_person_come_first() {
        let mut runs = [
            run(Status::Succeeded, 9),
            run(Status::Running, 1),
            run(Status::Failed, 1),
            run(Status::Failed, 2),
            run(Status::Lost, 0),
        ];
        runs.sort_by(RunSummary::by_need);
        let order: Vec<String> = runs.iter().map(|run| run.directory.path().display().to_string()).collect();
        assert_eq!(order, ["/lost-0", "/failed-2", "/failed-1", "/running-1", "/succeeded-9"]);
    }

    #[test]
    fn the_clocks_of_a_run_stand_still_when_it_ended() {
        let now = Timestamp::from_milliseconds(60_000);
        let last_output = Some(Timestamp::from_milliseconds(50_000));
        let mut run = RunSummary { last_output, ..run(Status::Running, 10_000) };
        assert_eq!(run.elapsed(now), Some(Duration::from_secs(50)));
        assert_eq!(run.idle(now), Some(Duration::from_secs(10)));
        run.status = Status::Lost;
        assert_eq!(run.elapsed(now), Some(Duration::from_secs(40)), "until its last sign of life");
        assert_eq!(run.idle(now), Some(Duration::from_secs(10)));
        run.status = Status::Failed;
        if let Some(state) = &mut run.state {
            state.finished_at = Some(Timestamp::from_milliseconds(12_000));
        }
        assert_eq!(run.elapsed(now), Some(Duration::from_secs(2)));
        assert_eq!(run.idle(now), None);
    }

    #[test]
    fn of_a_run_that_ended_it_is_said_how_and_of_others_what_they_said_last() {
        assert_eq!(says(Status::Running, None, Some("started"), "Go?"), "Go?");
        assert_eq!(says(Status::Running, None, Some("started"), ""), "started");
        assert_eq!(says(Status::Failed, Some(101), None, "error: 3 errors"), "exit 101: error: 3 errors");
        assert_eq!(says(Status::Failed, Some(101), Some("3 errors"), "error"), "exit 101: 3 errors");
        assert_eq!(says(Status::Failed, Some(101), Some("exit 101"), "error"), "exit 101");
        assert_eq!(says(Status::Failed, Some(10), None, "exit 101"), "exit 10: exit 101");
        assert_eq!(says(Status::Failed, Some(101), None, ""), "exit 101");
        assert_eq!(says(Status::Failed, None, Some("cannot start x"), ""), "cannot start x");
        assert_eq!(says(Status::Succeeded, Some(0), None, "done"), "exit 0");
        assert_eq!(
            says(Status::Succeeded, Some(0), Some("ended after SIGINT"), ""),
            "exit 0: ended after SIGINT"
        );
        assert_eq!(says(Status::Succeeded, None, None, "done"), "done");
    }

    #[test]
    fn a_lost_run_names_the_recorder_that_is_gone() {
        assert_eq!(says(Status::Lost, None, None, "Go?"), "its recorder is gone");
        let state = RunState { pid: Some(7), ..RunState::default() };
        assert_eq!(RunSummary { state: Some(state), ..run(Status::Lost, 0) }.says(), "recorder 7 is gone");
    }

    #[test]
    fn a_step_goes_by_its_name_and_its_place() {
        let mut run = run(Status::Running, 0);
        run.manifest = Manifest { run_id: "run-1".to_owned(), ..Manifest::default() };
        assert_eq!(run.step(), "run-1");
        (run.manifest.step_name, run.manifest.step_index, run.manifest.step_count) =
            ("lint".to_owned(), Some(2), Some(3));
        assert_eq!(run.step(), "lint (2/3)");
    }
}
