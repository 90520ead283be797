//! Writes checkpoints, one after the other, in a thread. What was begun is finished before the
//! program ends.

use std::path::Path;
use std::thread::{self, JoinHandle};

use super::{Clock, Deliver};
use crate::app::Message;
use crate::app::emission::{Ask, DiffPreview, Emission, Emitted};
use crate::checkpoint::git::{self, DiffRequest};
use crate::checkpoint::secrets::{self, Counted};
use crate::checkpoint::{Checkpoints, Draft, LogTail};
use crate::host;
use crate::model::{Model, Order};
use crate::run::{Manifest, RunDirectory};

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
    let mut draft = match draft_of(&directory, ask) {
        Ok(draft) => draft,
        Err(reason) => return Emitted { label, outcome: Err(reason), masked: 0 },
    };
    let masked = if redact { masked(&mut draft) } else { 0 };
    // What run.json says now counts, not what it said when the key was pressed.
    let outcome = Checkpoints::open(directory)
        .and_then(|checkpoints| checkpoints.publish(draft.record(), clock.now().wall))
        .map(|published| published.description)
        .map_err(|error| error.to_string());
    Emitted { label, outcome, masked }
}

fn draft_of(directory: &RunDirectory, ask: Ask) -> Result<Draft, String> {
    match ask {
        Ask::Ready(draft) => Ok(*draft),
        Ask::Summary { text, detail } => {
            let log_seq = log_seq_of(directory).map_err(|error| error.to_string())?;
            Ok(Draft::Summary { text, detail, log_seq })
        }
        Ask::LogTail { limit, summary } => {
            let tail = LogTail::exact(directory.clone(), limit).map_err(|error| error.to_string())?;
            Ok(Draft::LogTail { tail, summary })
        }
    }
}

/// Masks what looks like a secret; says how many there were.
fn masked(draft: &mut Draft) -> usize {
    let mut counted: Vec<Counted> = Vec::new();
    let mut mask = |text: &mut String| {
        let (masked, found) = secrets::redact(text);
        *text = masked;
        counted.extend(found);
    };
    match draft {
        Draft::Summary { text, detail, .. } => {
            mask(text);
            detail.iter_mut().for_each(mask);
        }
        Draft::LogTail { tail, summary } => {
            summary.iter_mut().for_each(mask);
            let (lines, found) = secrets::redact_lines(&tail.lines);
            tail.lines = lines;
            counted.extend(found);
        }
        Draft::GitDiff { diff, summary, .. } => {
            summary.iter_mut().for_each(mask);
            counted.extend(diff.redact());
        }
    }
    counted.iter().map(|counted| counted.count).sum()
}

/// The highest seq of the log that its end tells of.
pub(super) fn log_seq_of(directory: &RunDirectory) -> std::io::Result<Option<u64>> {
    let model = Model::load_end(directory.clone(), 1)?;
    Ok(model.counts().highest_seq.filter(|_| model.order() == Order::Seq))
}

/// The changes in the working directory of a run.
pub(super) fn diff_of(directory: &RunDirectory, base: Option<&str>) -> Result<DiffPreview, String> {
    let manifest = directory.identity();
    if !Path::new(&manifest.cwd).is_absolute() {
        return Err(
            "run.json does not say in which folder the step works, so there is nothing to compare".to_owned()
        );
    }
    let settings = manifest.checkpoint_settings();
    let mut request = DiffRequest::new(&manifest.cwd);
    request.base = base.map(str::to_owned).or(settings.git_diff_base_ref);
    request.include_stat = true;
    let diff = git::diff(&request).map_err(|error| error.to_string())?;
    let draft = Draft::GitDiff { diff: diff.clone(), summary: None, log_seq: None };
    Ok(DiffPreview {
        summary: draft.record().summary,
        // Shown in any case, and written where the run asks for it, as the command does without --stat.
        with_stat: settings.include_git_diff_stat.unwrap_or(false),
        // The place in the log is good to have, and no reason to do without the diff.
        log_seq: log_seq_of(directory).unwrap_or(None),
        secrets: diff.secrets(),
        note: note_of_host(&manifest),
        diff,
    })
}

/// The folder of that name may be another one here.
fn note_of_host(manifest: &Manifest) -> Option<String> {
    let here = host::name().filter(|here| !manifest.host.is_empty() && *here != manifest.host)?;
    Some(format!("the run is of the host {}; compared is {} on {here}", manifest.host, manifest.cwd))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_in_whatever_is_written_and_counted() {
        let token = format!("ghp_{}", "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5");
        let mut summary =
            Draft::Summary { text: format!("it says {token}"), detail: Some(token.clone()), log_seq: None };
        assert_eq!(masked(&mut summary), 2);
        let tail = LogTail { lines: vec![format!("[stdout] {token}\n")], ..LogTail::default() };
        let mut tail = Draft::LogTail { tail, summary: Some(token.clone()) };
        assert_eq!(masked(&mut tail), 2);
        let mut diff = git::GitDiff::default();
        diff.patch = format!("+token = {token}\n");
        let mut diff = Draft::GitDiff { diff, summary: None, log_seq: None };
        assert_eq!(masked(&mut diff), 1);
        for draft in [summary, tail, diff] {
            let record = draft.record();
            let written = format!("{} {}", record.summary, record.payload);
            assert!(!written.contains(&token) && written.contains("[redacted:"), "{written}");
        }
    }
}
