//! Writes checkpoints, one after the other, in a thread. What was begun is finished before the
//! program ends.

use std::thread::{self, JoinHandle};

use super::{Clock, Deliver};
use crate::app::Message;
use crate::app::emission::{Ask, DiffPreview, Emission, Emitted};
use crate::checkpoint::git::{self, DiffRequest, GitDiff};
use crate::checkpoint::{Checkpoints, Draft, Kind, LogTail, NewRecord, Origin};
use crate::model::{Model, Order};
use crate::run::RunDirectory;

/// Writes checkpoints. Dropping it waits for what is being written.
pub(super) struct Writer {
    deliver: Deliver,
    threads: Vec<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn new(deliver: Deliver) -> Self {
        Self { deliver, threads: Vec::new() }
    }

    pub(super) fn write(&mut self, emissions: Vec<Emission>, clock: Clock) {
        self.threads.retain(|thread| !thread.is_finished());
        let deliver = std::sync::Arc::clone(&self.deliver);
        let started = thread::Builder::new().name("write".to_owned()).spawn(move || {
            let emitted = emissions.into_iter().map(|emission| emit(emission, clock)).collect();
            deliver(Message::Emitted(emitted));
        });
        match started {
            Ok(thread) => self.threads.push(thread),
            Err(error) => {
                (self.deliver)(Message::Failed(format!(
                    "nothing written: no thread can be started: {error}"
                )));
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        for thread in self.threads.drain(..) {
            // A panic in the thread has been reported.
            _ = thread.join();
        }
    }
}

fn emit(emission: Emission, clock: Clock) -> Emitted {
    let Emission { label, directory, ask, redact } = emission;
    let record = match record_of(&directory, ask) {
        Ok(record) => record,
        Err(reason) => return Emitted { label, outcome: Err(reason), masked: 0 },
    };
    let (record, masked) = if redact { redacted(record) } else { (record, 0) };
    // What run.json says now counts, not what it said when the key was pressed.
    let outcome = Checkpoints::new(directory.clone(), &directory.identity())
        .publish(record, clock.now().wall)
        .map(|published| published.description)
        .map_err(|error| error.to_string());
    Emitted { label, outcome, masked }
}

fn record_of(directory: &RunDirectory, ask: Ask) -> Result<NewRecord, String> {
    match ask {
        Ask::Ready(record) => Ok(*record),
        Ask::GitDiff(preview) => Ok(record_of_diff(*preview)),
        Ask::Summary { text, detail } => {
            let log_seq = log_seq_of(directory).map_err(|error| error.to_string())?;
            Ok(Draft::Summary { text, detail, log_seq }.record())
        }
        Ask::LogTail { limit, summary } => {
            let tail = LogTail::exact(directory.clone(), limit).map_err(|error| error.to_string())?;
            Ok(Draft::LogTail { tail, summary }.record())
        }
    }
}

fn redacted(record: NewRecord) -> (NewRecord, usize) {
    (record, 0)
}

/// The highest seq of the log that its end tells of.
pub(super) fn log_seq_of(directory: &RunDirectory) -> std::io::Result<Option<u64>> {
    let model = Model::load_end(directory.clone(), 1)?;
    Ok(model.counts().highest_seq.filter(|_| model.order() == Order::Seq))
}

/// The changes in the working directory of a run.
pub(super) fn diff_of(directory: &RunDirectory, base: Option<&str>) -> Result<DiffPreview, String> {
    let manifest = directory.identity();
    if manifest.cwd.is_empty() {
        return Err(
            "run.json does not say in which folder the step works, so nothing can be compared".to_owned()
        );
    }
    let settings = manifest.checkpoint_settings();
    let request = DiffRequest {
        base: base.map(str::to_owned).or(settings.git_diff_base_ref),
        include_stat: true,
        ..DiffRequest::new(&manifest.cwd)
    };
    let diff = git::diff(&request).map_err(|error| error.to_string())?;
    Ok(DiffPreview {
        summary: summary_of(&diff),
        with_stat: settings.include_git_diff_stat != Some(false),
        // The place in the log is good to have, and no reason to do without the diff.
        log_seq: log_seq_of(directory).unwrap_or(None),
        secrets: None,
        diff,
    })
}

/// What changed, in numbers.
fn summary_of(diff: &GitDiff) -> String {
    let total = diff.stat.as_deref().and_then(|stat| stat.lines().last()).map_or("", str::trim);
    let changed = if diff.patch.is_empty() { "nothing changed" } else { total };
    let base = &diff.base_ref;
    match diff.untracked.len() {
        0 => format!("{changed} against {base}"),
        1 => format!("{changed} against {base}, 1 file that git does not know"),
        count => format!("{changed} against {base}, {count} files that git does not know"),
    }
}

fn record_of_diff(preview: DiffPreview) -> NewRecord {
    let DiffPreview { summary, mut diff, with_stat, log_seq, .. } = preview;
    diff.stat = diff.stat.filter(|_| with_stat);
    NewRecord { kind: Kind::GitDiff, origin: Origin::Operator, log_seq, summary, payload: diff.payload() }
}
