//! Looks at one run for the list: re-reads only what changed since the last look.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::log_end::{LogEnd, Stamp};
use crate::app::RunSummary;
use crate::app::summary::Activity;
use crate::diagnose::liveness;
use crate::run::directory::{CHECKPOINTS, LOGS, MANIFEST, STATE};
use crate::run::{Channel, Entry, Manifest, RunDirectory, RunState, Status};

/// One run under observation.
#[derive(Debug)]
pub struct Probe {
    directory: RunDirectory,
    stamps: Stamps,
    manifest: Manifest,
    state: Option<RunState>,
    status: Status,
    ends: Vec<LogEnd>,
    checkpoints: usize,
    activity: Activity,
    summary: Option<Arc<RunSummary>>,
}

/// How the small files and the folders were at the last look.
#[derive(Debug, Default, PartialEq, Eq)]
struct Stamps {
    folder: Option<Stamp>,
    logs: Option<Stamp>,
    manifest: Option<Stamp>,
    state: Option<Stamp>,
    checkpoints: Option<Stamp>,
}

impl Probe {
    /// A probe of that run, which has not looked yet.
    #[must_use]
    pub fn new(directory: RunDirectory) -> Self {
        Self {
            directory,
            stamps: Stamps::default(),
            manifest: Manifest::default(),
            state: None,
            status: Status::Unknown,
            ends: Vec::new(),
            checkpoints: 0,
            activity: Activity::default(),
            summary: None,
        }
    }

    /// Whether the run has ended, so that looking seldom is enough.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.status.has_ended()
    }

    /// Looks; the summary is a new one only when something changed.
    pub fn look(&mut self) -> Arc<RunSummary> {
        let mut changed = self.look_at_small_files();
        changed |= self.look_at_logs();
        changed |= self.look_at_process();
        match &self.summary {
            Some(summary) if !changed => Arc::clone(summary),
            _ => {
                let summary = Arc::new(self.summarise());
                self.summary = Some(Arc::clone(&summary));
                summary
            }
        }
    }

    fn look_at_small_files(&mut self) -> bool {
        let path = self.directory.path();
        let manifest = stamp(&path.join(MANIFEST));
        let state = stamp(&path.join(STATE));
        let checkpoints = stamp(&path.join(CHECKPOINTS));
        let mut changed = self.summary.is_none();
        if changed || manifest != self.stamps.manifest {
            self.stamps.manifest = manifest;
            self.manifest = self.directory.identity();
            changed = true;
        }
        if state != self.stamps.state {
            self.stamps.state = state;
            self.state = self.directory.state().ok();
            changed = true;
        }
        if checkpoints != self.stamps.checkpoints {
            self.stamps.checkpoints = checkpoints;
            self.checkpoints = count_records(&self.directory.checkpoints());
            changed = true;
        }
        changed
    }

    fn look_at_logs(&mut self) -> bool {
        let path = self.directory.path();
        let (folder, logs) = (stamp(path), stamp(&path.join(LOGS)));
        // A new file changes its folder; without that the folder need not be listed again.
        if folder != self.stamps.folder || logs != self.stamps.logs {
            (self.stamps.folder, self.stamps.logs) = (folder, logs);
            let files = self.directory.log_files();
            self.ends.retain(|end| files.contains(end.file()));
            for file in files {
                if !self.ends.iter().any(|end| *end.file() == file) {
                    self.ends.push(LogEnd::new(file));
                }
            }
        }
        let mut changed = false;
        for end in &mut self.ends {
            changed |= end.look(&self.directory, &mut self.activity);
        }
        changed
    }

    fn look_at_process(&mut self) -> bool {
        let before = self.status;
        self.status = match &self.state {
            None => Status::Unknown,
            Some(state) if state.status != Status::Running => state.status,
            Some(state) => {
                let facts = liveness::collect(state);
                let status = liveness::judge(&self.manifest, state, &facts);
                // A recorder writes its last state and then exits: what seems lost is read again.
                if status == Status::Lost
                    && let Ok((state, status)) = liveness::observe(&self.directory)
                {
                    self.state = Some(state);
                    status
                } else {
                    status
                }
            }
        };
        self.status != before
    }

    fn summarise(&self) -> RunSummary {
        // The worker's own entries tell that it lives, not what the step says.
        let is_stream = |end: &&LogEnd| *end.channel() != Channel::Worker;
        let latest = |ends: &mut dyn Iterator<Item = &LogEnd>| {
            ends.filter_map(|end| end.last().map(|last| (last.seq, end.last_time(), last.clone())))
                .max_by_key(|(seq, time, _)| (*seq, *time))
                .map(|(_, _, last)| last)
        };
        let said = latest(&mut self.ends.iter().filter(is_stream)).or_else(|| latest(&mut self.ends.iter()));
        let streams = self.ends.iter().filter(is_stream).filter_map(LogEnd::last_time).max();
        RunSummary {
            directory: self.directory.clone(),
            manifest: self.manifest.clone(),
            state: self.state.clone(),
            status: self.status,
            last_output: streams.or_else(|| self.ends.iter().filter_map(LogEnd::last_time).max()),
            activity: self.activity.clone(),
            checkpoints: self.checkpoints,
            line_is_open: !self.status.has_ended() && said.as_ref().is_some_and(Entry::is_open_line),
            last_line: said.as_ref().map(last_line).unwrap_or_default(),
        }
    }
}

/// The last line of what an entry says, as bytes made text: what draws it makes it harmless.
fn last_line(entry: &Entry) -> String {
    let text = entry.text_lossy();
    let ended = text.trim_end_matches(['\n', '\r']);
    ended.rsplit(['\n', '\r']).next().unwrap_or_default().to_owned()
}

fn stamp(path: &Path) -> Option<Stamp> {
    fs::metadata(path).ok().map(|metadata| Stamp::of(&metadata))
}

fn count_records(folder: &Path) -> usize {
    let Ok(names) = fs::read_dir(folder) else { return 0 };
    names
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.as_encoded_bytes();
            name.first().is_some_and(u8::is_ascii_digit) && name.ends_with(b".json")
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_look_tells_status_checkpoints_and_the_last_line_of_the_step() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "run.json", r#"{"taskId":"t","runId":"r","stepName":"build"}"#);
        write(folder.path(), "state.json", r#"{"status":"running"}"#);
        write(
            folder.path(),
            "stdout.jsonl",
            "{\"seq\":1,\"text\":\"a\\n\"}\n{\"seq\":2,\"text\":\"go? \"}\n",
        );
        write(
            folder.path(),
            "worker.jsonl",
            "{\"seq\":3,\"event\":\"heartbeat\",\"renderedLine\":\"beat\"}\n",
        );
        write(folder.path(), "checkpoints/0001-summary.json", "{}");
        write(folder.path(), "checkpoints/notes.txt", "");
        let mut probe = Probe::new(RunDirectory::alone(folder.path()));
        let summary = probe.look();
        assert_eq!(summary.status, Status::Running);
        assert_eq!(summary.checkpoints, 1);
        assert_eq!((summary.last_line.as_str(), summary.line_is_open), ("go? ", true));
        assert!(Arc::ptr_eq(&summary, &probe.look()), "nothing changed");
        write(folder.path(), "state.json", r#"{"status":"failed","exitCode":7}"#);
        assert_eq!(probe.look().status, Status::Failed);
    }
}
