//! A runner that writes checkpoints of its own and knows nothing of us: it writes a file beside and
//! renames it into its place, over whatever stands there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long a runner waits at most for somebody else to write meanwhile.
const STALL: Duration = Duration::from_millis(60);

/// The seq that a runner takes for its next record; the second is that of the one before.
type NextSeq = fn(&Runner, u64) -> u64;

/// The kinds of runners, each with what it does.
pub(crate) const KINDS: &[(&str, NextSeq)] = &[
    ("lists the directory", |runner, _| runner.highest() + 1),
    ("lists and stalls", stalling),
    ("keeps its own counter", |_, last| last + 1),
];

/// Lists, and waits until somebody of ours has written meanwhile.
pub(crate) fn stalling(runner: &Runner, _: u64) -> u64 {
    let listed = runner.highest();
    let deadline = Instant::now() + STALL;
    while runner.highest() == listed && Instant::now() < deadline {
        thread::yield_now();
    }
    listed + 1
}

pub(crate) struct Runner {
    checkpoints: PathBuf,
}

/// What a runner wrote.
#[derive(Default)]
pub(crate) struct Written {
    /// Its files by their names, with their text.
    pub(crate) files: BTreeMap<String, String>,
    /// How many files that were not its own it renamed over, as far as it can tell just before.
    pub(crate) renamed_over: usize,
}

impl Runner {
    pub(crate) fn new(directory: &Path) -> Self {
        Self { checkpoints: directory.join("checkpoints") }
    }

    fn highest(&self) -> u64 {
        let names = fs::read_dir(&self.checkpoints).unwrap().map(|entry| entry.unwrap().file_name());
        let seq = |name: std::ffi::OsString| name.to_str()?.split_once('-')?.0.parse::<u64>().ok();
        names.filter_map(seq).max().unwrap_or(0)
    }

    /// Writes one record after the other until `done`.
    pub(crate) fn run_until(&self, next_seq: NextSeq, done: &AtomicBool) -> Written {
        let mut written = Written::default();
        let mut seq = 0;
        let mut last_highest = u64::MAX;
        while !done.load(Ordering::Relaxed) {
            seq = next_seq(self, seq);
            let name = format!("{seq:04}-summary.json");
            let text = format!(
                r#"{{"format":1,"seq":{seq},"type":"summary","summary":"of the runner","payload":{{}}}}"#
            );
            let temporary = self.checkpoints.join(".runner.tmp");
            fs::write(&temporary, &text).unwrap();
            let target = self.checkpoints.join(&name);
            if target.exists() && !written.files.contains_key(&name) {
                written.renamed_over += 1;
            }
            fs::rename(&temporary, target).unwrap();
            written.files.insert(name, text);
            // One for each few of ours: a runner does other things too.
            let deadline = Instant::now() + STALL;
            while self.highest() <= last_highest.saturating_add(2)
                && last_highest != u64::MAX
                && Instant::now() < deadline
                && !done.load(Ordering::Relaxed)
            {
                thread::yield_now();
            }
            last_highest = self.highest();
        }
        written
    }
}
