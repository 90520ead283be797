//! Watches the checkpoints of a run that is open, and finds out what differs between two.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use similar::{ChangeTag, TextDiff};

use super::raw_text;
use crate::app::record_text::{Role, TextLine};
use crate::app::{Records, ShownRecord};
use crate::checkpoint::Checkpoints;
use crate::run::RunDirectory;

/// How often the folder is looked at by itself: for a record that is written in place, since its
/// name tells nothing of that. New names are told by whoever watches the run.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looking by itself may take one part in so many of the thread's time.
const SHARE: u32 = 200;
/// How long two records may be compared before what is found so far is good enough.
const COMPARE_FOR: Duration = Duration::from_secs(2);
/// How many lines are shown around a difference.
const CONTEXT: usize = 3;

/// A thread that watches the checkpoints of a run. Dropping it stops the thread.
#[derive(Debug)]
pub struct CheckpointWatch {
    bell: Arc<Bell>,
}

#[derive(Debug, Default)]
struct Bell {
    rung: Mutex<Rung>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Rung {
    look_now: bool,
    stopped: bool,
}

impl Bell {
    fn ring(&self, change: impl FnOnce(&mut Rung)) {
        change(&mut self.rung.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits; says whether to go on.
    fn wait(&self, duration: Duration) -> bool {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut rung, _) = self
            .changed
            .wait_timeout_while(rung, duration, |rung| !rung.look_now && !rung.stopped)
            .unwrap_or_else(PoisonError::into_inner);
        rung.look_now = false;
        !rung.stopped
    }
}

/// What tells whether anything changed: for each file of the folder, and for `run.json`, its
/// length, time and number.
type Signature = BTreeMap<OsString, (u64, Option<SystemTime>, u64)>;

impl CheckpointWatch {
    /// Watches; delivers all records at first and whenever something changed in their folder, and
    /// which records of ours had to be published again.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn spawn(
        directory: RunDirectory,
        mut deliver: impl FnMut(Records, Result<Vec<String>, String>) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let bell = Arc::new(Bell::default());
        let rung = Arc::clone(&bell);
        thread::Builder::new().name("checkpoints".to_owned()).spawn(move || {
            let mut last: Option<Signature> = None;
            loop {
                let began = Instant::now();
                if last.as_ref() != Some(&signature(&directory)) {
                    let (records, settled, seen) = read(&directory);
                    last = Some(seen);
                    if !deliver(records, settled) {
                        return;
                    }
                }
                if !rung.wait(LOOK_EVERY.max(began.elapsed() * SHARE)) {
                    return;
                }
            }
        })?;
        Ok(Self { bell })
    }

    /// Lets it look now.
    pub fn look_now(&self) {
        self.bell.ring(|rung| rung.look_now = true);
    }
}

impl Drop for CheckpointWatch {
    fn drop(&mut self) {
        self.bell.ring(|rung| rung.stopped = true);
    }
}

fn signature(directory: &RunDirectory) -> Signature {
    let entries = fs::read_dir(directory.checkpoints()).into_iter().flatten().flatten();
    let files = entries.filter_map(|entry| Some((entry.file_name(), facts(&entry.path())?)));
    let run = facts(&directory.path().join("run.json"));
    files.chain(run.map(|facts| (OsString::from("../run.json"), facts))).collect()
}

fn facts(path: &Path) -> Option<(u64, Option<SystemTime>, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = path.symlink_metadata().ok()?;
    Some((metadata.len(), metadata.modified().ok(), metadata.ino()))
}

/// Looks after our own records, and reads all. The signature is that from before the reading, so
/// that what changes meanwhile is seen the next time.
fn read(directory: &RunDirectory) -> (Records, Result<Vec<String>, String>, Signature) {
    let manifest = directory.identity();
    let checkpoints = Checkpoints::new(directory.clone(), &manifest);
    // Where run.json cannot be read nothing is written.
    let settled = Checkpoints::open(directory.clone())
        .and_then(|checkpoints| checkpoints.settle(SystemTime::now().into()))
        .map(|again| again.into_iter().map(|published| published.description).collect())
        .map_err(|error| error.to_string());
    let seen = signature(directory);
    let raw = |record: &crate::checkpoint::StoredRecord| raw_text::of(directory, record);
    let records = Records::of(checkpoints.state(), checkpoints.records(), &manifest, raw);
    (records, settled, seen)
}

/// What differs between two records, as a diff of what they say.
pub(super) fn difference(before: &ShownRecord, after: &ShownRecord) -> Vec<TextLine> {
    let texts = |record: &ShownRecord| -> Vec<String> {
        record.lines().iter().map(|line| format!("{}\n", line.text)).collect()
    };
    let (old, new) = (texts(before), texts(after));
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
    let difference = TextDiff::configure().timeout(COMPARE_FOR).diff_slices(&old, &new);
    let mut lines = Vec::new();
    for hunk in difference.unified_diff().context_radius(CONTEXT).iter_hunks() {
        lines.push(TextLine::new(Role::Hunk, hunk.header().to_string().trim_end()));
        for change in hunk.iter_changes() {
            let (role, sign) = match change.tag() {
                ChangeTag::Delete => (Role::Removed, '-'),
                ChangeTag::Insert => (Role::Added, '+'),
                ChangeTag::Equal => (Role::Plain, ' '),
            };
            lines.push(TextLine::new(role, format!("{sign}{}", change.value().trim_end_matches('\n'))));
        }
    }
    if lines.is_empty() {
        lines.push(TextLine::new(Role::Remark, "both say the same"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    struct Watched {
        folder: tempfile::TempDir,
        delivered: mpsc::Receiver<Records>,
        watch: CheckpointWatch,
    }

    impl Watched {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("checkpoints")).unwrap();
            let (sender, delivered) = mpsc::channel();
            let watch =
                CheckpointWatch::spawn(RunDirectory::alone(folder.path()), move |records, settled| {
                    assert_eq!(settled, Ok(Vec::new()));
                    sender.send(records).is_ok()
                })
                .unwrap();
            Self { folder, delivered, watch }
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.folder.path().join("checkpoints").join(name), text).unwrap();
        }

        fn wait_for(&self, what: &str, holds: impl Fn(&Records) -> bool) -> Records {
            let deadline = Instant::now() + Duration::from_secs(20);
            loop {
                match self.delivered.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                    Ok(records) if holds(&records) => return records,
                    Ok(_) => {}
                    Err(_) => panic!("never seen: {what}"),
                }
            }
        }
    }

    #[test]
    fn a_record_that_is_written_in_place_is_read_again_when_it_is_whole() {
        let watched = Watched::new();
        watched.wait_for("the empty folder", |records| records.records.is_empty());
        watched.write("0001-summary.json", r#"{"seq":1,"type":"summary","summ"#);
        watched.watch.look_now();
        let records = watched.wait_for("the torn record", |records| records.records.len() == 1);
        assert!(records.records[0].is_malformed());
        let shown =
            records.records[0].lines().iter().any(|line| line.text.contains(r#""type":"summary","summ"#));
        assert!(shown, "the raw text of what is no record: {:?}", records.records[0].lines());
        watched.write("0001-summary.json", r#"{"seq":1,"type":"summary","summary":"whole"}"#);
        let records = watched.wait_for("the whole record", |records| !records.records[0].is_malformed());
        assert_eq!(records.records[0].summary(), "whole");
    }

    #[test]
    fn two_records_are_compared_line_by_line() {
        let watched = Watched::new();
        let tail = |lines: &str| {
            format!(r#"{{"type":"log_tail","payload":{{"lines":[{lines}],"truncated":true}}}}"#)
        };
        watched.write("0001-log_tail.json", &tail(r#""[stdout] a","[stdout] b""#));
        watched.write("0002-log_tail.json", &tail(r#""[stdout] a","[stdout] c""#));
        let records = watched.wait_for("both", |records| records.records.len() == 2);
        let [one, other] = &records.records[..] else { panic!("two records") };
        let lines = difference(one, other);
        let changed: Vec<&str> = lines
            .iter()
            .filter(|line| matches!(line.role, Role::Added | Role::Removed))
            .map(|line| line.text.as_str())
            .collect();
        assert_eq!(changed[changed.len() - 2..], ["-[stdout] b", "+[stdout] c"]);
        assert_eq!(difference(one, one)[0].text, "both say the same");
    }
}
