//! A fresh folder in which the real binary records steps, and what it left there.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything that is waited for may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A root for runs that is removed with the test.
pub(crate) struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The run directory of the run named `run` on [`Scene::exec`].
    pub(crate) fn run(&self) -> Run {
        Run { path: self.path().join("runs/task/run") }
    }

    /// `stepwatch exec`, run `run` of task `task`, with further options and the command.
    pub(crate) fn exec(&self, options: &[&str], command: &[&str]) -> Command {
        let mut exec = Command::new(env!("CARGO_BIN_EXE_stepwatch"));
        exec.args(["exec", "--task", "task", "--run", "run"]).args(options).arg("--").args(command);
        exec.env("STEPWATCH_ROOT", self.path().join("runs"));
        exec.env_remove("TMUX_PANE").current_dir(self.path()).stdin(Stdio::null());
        exec
    }

    /// Records a shell script to its end.
    pub(crate) fn record(&self, script: &str) -> Output {
        self.exec(&[], &["sh", "-c", script]).output().unwrap()
    }

    /// Begins to record a shell script.
    pub(crate) fn begin(&self, options: &[&str], script: &str) -> Recording {
        let mut exec = self.exec(options, &["sh", "-c", script]);
        exec.stdout(Stdio::piped()).stderr(Stdio::piped());
        Recording { child: exec.spawn().unwrap(), run: self.run() }
    }
}

/// A recording that goes on. It ends with the test.
pub(crate) struct Recording {
    pub(crate) child: Child,
    pub(crate) run: Run,
}

impl Recording {
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.child.id().cast_signed()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub(crate) fn wait_for_exit(&mut self) -> std::process::ExitStatus {
        let mut status = None;
        wait_until("the recorder exits", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    pub(crate) fn wait_for_text(&self, text: &str) {
        wait_until(&format!("{text:?} is recorded"), || self.run.output("stdout").contains(text));
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One entry as an independent reader sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) seq: u64,
    pub(crate) channel: &'static str,
    pub(crate) json: Value,
}

impl Seen {
    pub(crate) fn text(&self) -> &str {
        self.json["text"].as_str().unwrap_or_default()
    }
}

/// A run directory, read by nothing of ours.
pub(crate) struct Run {
    pub(crate) path: PathBuf,
}

impl Run {
    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path.join(name)).unwrap()).unwrap()
    }

    pub(crate) fn state(&self) -> Value {
        self.json("state.json")
    }

    /// The entries of a channel in the order of its file. A last line that is just being written
    /// does not count.
    pub(crate) fn channel(&self, channel: &'static str) -> Vec<Seen> {
        let text = fs::read_to_string(self.path.join(format!("{channel}.jsonl"))).unwrap_or_default();
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        complete
            .lines()
            .map(|line| {
                let json: Value =
                    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
                let seq = json["seq"].as_u64().unwrap();
                assert!(line.starts_with(&format!("{{\"seq\":{seq},\"ts\":\"")), "not canonical: {line}");
                Seen { seq, channel, json }
            })
            .collect()
    }

    /// All entries, merged by seq.
    pub(crate) fn merged(&self) -> Vec<Seen> {
        let mut all: Vec<Seen> = ["worker", "stdout", "stderr"].map(|channel| self.channel(channel)).concat();
        all.sort_by_key(|entry| entry.seq);
        all
    }

    /// The merged entries, after a check that their seqs are 1, 2, 3 and so on, and that each file
    /// is in order.
    pub(crate) fn dense(&self) -> Vec<Seen> {
        for channel in ["worker", "stdout", "stderr"] {
            assert!(self.channel(channel).is_sorted_by(|a, b| a.seq < b.seq), "{channel} is out of order");
        }
        let merged = self.merged();
        for (place, entry) in merged.iter().enumerate() {
            assert_eq!(entry.seq, place as u64 + 1, "the seqs are not dense");
        }
        merged
    }

    /// What a channel wrote, put together again.
    pub(crate) fn bytes(&self, channel: &'static str) -> Vec<u8> {
        let decode = |entry: &Seen| match entry.json["bytes"].as_str() {
            Some(bytes) => decode_base64(bytes),
            None => entry.text().as_bytes().to_vec(),
        };
        self.channel(channel).iter().flat_map(decode).collect()
    }

    pub(crate) fn output(&self, channel: &'static str) -> String {
        String::from_utf8_lossy(&self.bytes(channel)).into_owned()
    }

    pub(crate) fn texts(&self, channel: &'static str) -> Vec<String> {
        self.channel(channel).iter().map(|entry| entry.text().to_owned()).collect()
    }

    pub(crate) fn events(&self) -> Vec<String> {
        self.channel("worker").iter().map(|entry| entry.json["event"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn event(&self, name: &str) -> Value {
        let events = self.channel("worker");
        let found = events.iter().find(|entry| entry.json["event"] == name);
        found.unwrap_or_else(|| panic!("no event {name}: {events:?}")).json.clone()
    }
}

/// Decodes by another program than the one that encoded.
fn decode_base64(text: &str) -> Vec<u8> {
    let mut decoder =
        Command::new("base64").arg("-d").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    decoder.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    decoder.wait_with_output().unwrap().stdout
}

/// Waits until something named is so.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn stderr_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
