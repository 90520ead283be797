//! The list of runs: who each is, how it is, and what it said last.

pub mod last_entry;
pub mod table;

use std::time::Duration;

use serde_json::{Value, json};

use crate::diagnose::liveness;
use crate::run::{Manifest, RunDirectory, RunState, Status, Timestamp};

use last_entry::LastEntry;

/// One run in a few facts.
#[derive(Clone, Debug)]
pub struct RunSummary {
    /// Where it lies.
    pub directory: RunDirectory,
    /// Who it is, with what is missing taken from the folder names.
    pub manifest: Manifest,
    /// How it is, as written.
    pub state: Option<RunState>,
    /// How it is, with `lost` derived.
    pub status: Status,
    /// How many checkpoint records there are.
    pub checkpoints: usize,
    /// The last thing that it said.
    pub last: Option<LastEntry>,
}

impl RunSummary {
    /// Reads the small files of a run and the ends of its logs. What cannot be read is left out.
    #[must_use]
    pub fn read(directory: &RunDirectory) -> Self {
        let (state, status) = match liveness::observe(directory) {
            Ok((state, status)) => (Some(state), status),
            Err(_) => (None, Status::Unknown),
        };
        Self {
            manifest: directory.identity(),
            status,
            state,
            checkpoints: super::check::checkpoint_names(directory).len(),
            last: last_entry::read(directory),
            directory: directory.clone(),
        }
    }

    /// The place among the runs: those that need a person, those under way, the rest.
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
            _ => self.state.as_ref().and_then(|state| state.finished_at).or_else(|| self.last_sign()),
        };
        Some(end?.since(self.began()?))
    }

    /// How long a run that has not ended well has said nothing.
    #[must_use]
    pub fn idle(&self, now: Timestamp) -> Option<Duration> {
        let silent =
            matches!(self.status, Status::Running | Status::Prepared | Status::Unknown | Status::Lost);
        let last = self.last_sign().filter(|_| silent)?;
        Some(now.since(last))
    }

    fn last_sign(&self) -> Option<Timestamp> {
        self.last.as_ref().and_then(|last| last.entry.time)
    }

    /// What to say of the run: how it ended, else its last line. Untrusted text.
    #[must_use]
    pub fn last_line(&self) -> String {
        let state = self.state.as_ref();
        let message = state.and_then(|state| state.message.clone());
        let code = state.and_then(|state| state.exit_code).map(|code| format!("exit {code}"));
        let signal = state.and_then(|state| state.signal).map(|signal| format!("signal {signal}"));
        let said = self.last.as_ref().map(LastEntry::last_line);
        match self.status {
            Status::Lost => {
                let pid = state.and_then(|state| state.recorder.map(|recorder| recorder.pid).or(state.pid));
                pid.map_or_else(|| "its recorder is gone".to_owned(), |pid| format!("recorder {pid} is gone"))
            }
            status if status.has_ended() => {
                let ended = signal.or(code);
                match (ended, message.or(said)) {
                    // Recorders like to say it in their message too.
                    (Some(ended), Some(message)) if message.starts_with(&ended) => message,
                    (Some(ended), Some(message)) => format!("{ended}: {message}"),
                    (ended, message) => ended.or(message).unwrap_or_default(),
                }
            }
            _ => said.or(message).unwrap_or_default(),
        }
    }

    /// The step as people know it: its name (else its id, else the run's) and its place among the
    /// task's steps.
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

    /// The run as a line of `runs --json`.
    #[must_use]
    pub fn json(&self, now: Timestamp) -> Value {
        let manifest = &self.manifest;
        let state = self.state.as_ref();
        let milliseconds = |duration: Option<Duration>| {
            duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
        };
        json!({
            "path": self.directory.path().to_string_lossy(),
            "runUid": manifest.run_uid,
            "taskId": manifest.task_id,
            "stepId": manifest.step_id,
            "stepName": manifest.step_name,
            "stepIndex": manifest.step_index,
            "stepCount": manifest.step_count,
            "runId": manifest.run_id,
            "workerKind": manifest.worker_kind,
            "status": self.status.word(),
            "startedAt": self.began(),
            "finishedAt": state.and_then(|state| state.finished_at),
            "elapsedMs": milliseconds(self.elapsed(now)),
            "idleMs": milliseconds(self.idle(now)),
            "exitCode": state.and_then(|state| state.exit_code),
            "signal": state.and_then(|state| state.signal),
            "checkpoints": self.checkpoints,
            "lastLine": self.last_line(),
        })
    }
}

/// Orders runs: those that need a person first (lost, failed), then those under way, then the rest;
/// the latest first among equals.
pub fn sort(runs: &mut [RunSummary]) {
    runs.sort_by(|a, b| {
        a.rank()
            .cmp(&b.rank())
            .then_with(|| b.began().cmp(&a.began()))
            .then_with(|| a.directory.cmp(&b.directory))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::decode;

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
            checkpoints: 0,
            last: None,
        }
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
        sort(&mut runs);
        let order: Vec<String> = runs.iter().map(|run| run.directory.path().display().to_string()).collect();
        assert_eq!(order, ["/lost-0", "/failed-2", "/failed-1", "/running-1", "/succeeded-9"]);
    }

    #[test]
    fn the_clocks_of_a_run_stand_still_when_it_ended() {
        let now = Timestamp::from_milliseconds(60_000);
        let mut running = run(Status::Running, 10_000);
        running.last = Some(LastEntry { entry: decode(br#"{"seq":1,"ts":50,"text":"Go?"}"#) });
        assert_eq!(running.elapsed(now), Some(Duration::from_secs(50)));
        assert_eq!(running.idle(now), Some(Duration::from_secs(10)));
        assert_eq!(running.last_line(), "Go?");
        let mut failed = run(Status::Failed, 10_000);
        if let Some(state) = &mut failed.state {
            state.finished_at = Some(Timestamp::from_milliseconds(12_000));
            state.exit_code = Some(101);
            state.message = Some("3 errors".to_owned());
        }
        assert_eq!(failed.elapsed(now), Some(Duration::from_secs(2)));
        assert_eq!(failed.idle(now), None);
        assert_eq!(failed.last_line(), "exit 101: 3 errors");
        if let Some(state) = &mut failed.state {
            state.message = Some("exit 101".to_owned());
        }
        assert_eq!(failed.last_line(), "exit 101");
    }
}
