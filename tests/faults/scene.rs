//! A run that a test writes and follows, and places in which faults can be made.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use stepwatch::model::{Model, Selection};
use stepwatch::run::{Now, RunDirectory, Timestamp};
use stepwatch::tail::{Batch, RunReader, RunTail};

/// How long anything that must come may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A run that is followed by hand.
pub(crate) struct Followed {
    root: PathBuf,
    _folder: Option<tempfile::TempDir>,
    pub(crate) tail: RunTail,
    pub(crate) model: Model,
}

impl Followed {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let below = Self::below(folder.path());
        Self { _folder: Some(folder), ..below }
    }

    /// Follows `run` in that folder.
    pub(crate) fn below(root: &Path) -> Self {
        fs::create_dir_all(root.join("run")).unwrap();
        let directory = RunDirectory::new(root.join("run"), root);
        let (tail, model) = (RunTail::new(directory.clone()), Model::new(directory));
        Self { root: root.to_owned(), _folder: None, tail, model }
    }

    /// The folder in which the run lies.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join("run").join(name)
    }

    pub(crate) fn append(&self, name: &str, text: impl AsRef<[u8]>) {
        append(&self.path(name), text);
    }

    /// Looks until everything is read; the texts of all entries.
    pub(crate) fn look(&mut self) -> Vec<String> {
        self.look_and_count();
        texts(&self.model)
    }

    /// Looks until everything is read; how many entries there are.
    pub(crate) fn look_and_count(&mut self) -> u64 {
        loop {
            let batch = self.tail.poll();
            let caught_up = batch.caught_up;
            self.model.apply(batch, at(0));
            if caught_up {
                return self.model.counts().entries;
            }
        }
    }

    /// Looks, and demands that what is known equals the run read from zero.
    pub(crate) fn look_and_compare(&mut self) -> Vec<String> {
        let found = self.look();
        assert_eq!(lines(&self.model), lines(&self.read_anew()), "followed, and read from zero");
        found
    }

    /// The run read from zero.
    pub(crate) fn read_anew(&self) -> Model {
        Model::load(self.model.directory().clone()).unwrap()
    }

    /// The notice about that file, if there is one.
    pub(crate) fn notice(&self, about: &str) -> Option<String> {
        notice(&self.model, about)
    }
}

/// A run that the real reader follows.
pub(crate) struct Read {
    pub(crate) model: Model,
    received: Receiver<Batch>,
    _reader: RunReader,
}

impl Read {
    pub(crate) fn new(directory: RunDirectory) -> Self {
        Self::with(directory, |_| {})
    }

    /// Calls `hook` with every batch, in the reader's own thread, before it goes on.
    pub(crate) fn with(directory: RunDirectory, mut hook: impl FnMut(&Batch) + Send + 'static) -> Self {
        let (send, received) = channel();
        let model = Model::new(directory.clone());
        let deliver = move |batch: Batch| {
            hook(&batch);
            send.send(batch).is_ok()
        };
        Self { model, received, _reader: RunReader::spawn(directory, deliver).unwrap() }
    }

    pub(crate) fn wait_for(&mut self, what: &str, holds: impl Fn(&Model) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !holds(&self.model) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.received.recv_timeout(left) {
                Ok(batch) => self.model.apply(batch, at(0)),
                Err(error) => {
                    let (found, notices) = (texts(&self.model), self.model.notices());
                    panic!("waited in vain until {what}: {error}; have {found:?}, {notices:?}");
                }
            }
        }
    }

    /// Waits until just these texts are there.
    pub(crate) fn wait_for_texts(&mut self, expected: &[&str]) {
        self.wait_for(&format!("the entries are {expected:?}"), |model| {
            model.is_loaded() && texts(model) == expected
        });
    }

    /// Whether a batch comes within that time.
    pub(crate) fn anything_within(&self, duration: Duration) -> Option<Batch> {
        self.received.recv_timeout(duration).ok()
    }
}

pub(crate) fn append(path: &Path, text: impl AsRef<[u8]>) {
    OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text.as_ref()).unwrap();
}

pub(crate) fn at(milliseconds: u64) -> Now {
    Now { wall: Timestamp::from_milliseconds(0), monotonic: Duration::from_millis(milliseconds) }
}

pub(crate) fn texts(model: &Model) -> Vec<String> {
    model.view(&Selection::all()).from(0).map(|placed| placed.entry.text_lossy().into_owned()).collect()
}

/// Channel, seq and bytes of every entry in the merged order.
pub(crate) fn lines(model: &Model) -> Vec<(String, Option<u64>, Vec<u8>)> {
    let view = model.view(&Selection::all());
    let found: Vec<_> =
        view.from(0).map(|placed| (placed.channel.name().to_owned(), placed.seq, placed.line)).collect();
    assert_eq!(found.len() as u64, view.len(), "every entry that is counted can be read");
    found
}

pub(crate) fn notice(model: &Model, about: &str) -> Option<String> {
    model.notices().into_iter().find(|notice| notice.about == about).map(|notice| notice.text)
}

pub(crate) fn entry(seq: u64, text: &str) -> String {
    format!("{}\n", serde_json::json!({"seq": seq, "text": text}))
}

pub(crate) fn entries(seqs: impl IntoIterator<Item = u64>) -> String {
    seqs.into_iter().map(|seq| entry(seq, &seq.to_string())).collect()
}

pub(crate) fn names(seqs: impl IntoIterator<Item = u64>) -> Vec<String> {
    seqs.into_iter().map(|seq| seq.to_string()).collect()
}

/// What the kernel counts of this process: a line of `/proc/self/status`, in its unit.
pub(crate) fn status_of(process: &str, key: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Waits until something holds that nobody tells of.
pub(crate) fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

const INSIDE: &str = "STEPWATCH_FAULTS_INSIDE";
const FOLDER: &str = "STEPWATCH_FAULTS_FOLDER";
/// Names why a place in which faults are made is not to be had, so that its tests are left out.
const LEFT_OUT: &str = "STEPWATCH_FAULTS_WITHOUT";

/// A place in which a test runs again, in a process of its own.
pub(crate) struct Place {
    program: &'static str,
    arguments: Vec<String>,
    setup: &'static str,
}

impl Place {
    /// A process of its own and nothing else.
    pub(crate) fn own_process() -> Self {
        Self { program: "env", arguments: Vec::new(), setup: "true" }
    }

    /// A process of its own after the shell commands of `setup`.
    pub(crate) fn limited(setup: &'static str) -> Self {
        Self { setup, ..Self::own_process() }
    }

    /// Namespaces of its own, by the flags of `unshare`, after the shell commands of `setup`.
    pub(crate) fn namespaces(flags: &'static str, setup: &'static str) -> Self {
        Self { program: "unshare", arguments: vec![flags.to_owned()], setup }
    }

    /// Under `strace` with these options; `FOLDER` in them is the folder of the test.
    pub(crate) fn traced(options: &[&str]) -> Self {
        let fixed = ["-f", "-qq", "-o", "/dev/null"];
        let arguments = fixed.iter().chain(options).map(|&option| option.to_owned()).collect();
        Self { program: "strace", arguments, setup: "true" }
    }

    /// Where the test of that name runs in this place already: its folder. Else it is run there, and
    /// there is nothing left to do.
    pub(crate) fn enter(self, test: &str) -> Option<PathBuf> {
        if std::env::var(INSIDE).is_ok_and(|inside| inside == test) {
            return Some(PathBuf::from(std::env::var_os(FOLDER).unwrap()));
        }
        if std::env::var(LEFT_OUT).is_ok_and(|left_out| left_out.split(',').any(|name| name == self.program))
        {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().to_str().unwrap();
        let output = Command::new(self.program)
            .args(self.arguments.iter().map(|argument| argument.replace("FOLDER", name)))
            .args(["sh", "-c", &format!("{} && exec \"$0\" --exact \"$1\" --test-threads=1", self.setup)])
            .arg(std::env::current_exe().unwrap())
            .arg(test)
            .env(INSIDE, test)
            .env(FOLDER, folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}; please install it", self.program));
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "behind {} {:?}: {}\n{said}\n{}\nWhere this cannot be had, {LEFT_OUT}={} leaves such tests out.",
            self.program,
            self.arguments,
            output.status,
            String::from_utf8_lossy(&output.stderr),
            self.program,
        );
        None
    }
}
