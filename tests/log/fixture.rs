//! A run directory that a test writes, and the binary that reads it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long something that must come may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) fn stepwatch() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepwatch"));
    command.env_remove("STEPWATCH_ROOT").env_remove("NO_COLOR").env("TERM", "xterm-256color");
    command
}

pub(crate) struct Run {
    _root: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

impl Run {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("task-1/run-1");
        fs::create_dir_all(&path).unwrap();
        Self { path, _root: root }
    }

    /// A run with ties, a gap, a malformed line, bytes, and entries of several lines and none.
    pub(crate) fn with_everything() -> Self {
        let run = Self::new();
        run.append("worker.jsonl", &lines(&[
            json!({"seq": 1, "ts": "2026-03-21T08:00:00.036Z", "event": "step_started", "renderedLine": "started"}),
            json!({"seq": 5, "renderedLine": "tie of worker"}),
        ]));
        run.append("stdout.jsonl", &lines(&[json!({"seq": 2, "text": "a\nb\n"})]));
        run.append("stdout.jsonl", "not JSON\n");
        run.append(
            "stdout.jsonl",
            &lines(&[
                json!({"seq": 5, "text": "first tie of stdout\n"}),
                json!({"seq": 5, "text": "second tie of stdout\n"}),
                json!({"seq": 8, "bytes": "/2EK"}),
                json!({"seq": 9, "text": "Proceed? "}),
            ]),
        );
        run.append(
            "stderr.jsonl",
            &lines(&[
                json!({"seq": 3, "text": "\u{1b}[31mred\u{1b}[0m \u{1b}[2J\n"}),
                json!({"seq": 5, "text": "tie of stderr\n"}),
            ]),
        );
        run
    }

    pub(crate) fn append(&self, name: &str, text: &str) {
        append(&self.path.join(name), text);
    }

    pub(crate) fn finish(&self) {
        let replacement = self.path.join(".state.json");
        fs::write(&replacement, r#"{"status":"succeeded","exitCode":0}"#).unwrap();
        fs::rename(replacement, self.path.join("state.json")).unwrap();
    }

    pub(crate) fn log(&self, arguments: &[&str]) -> Output {
        stepwatch().arg("log").arg(&self.path).args(arguments).output().unwrap()
    }

    pub(crate) fn text(&self, arguments: &[&str]) -> String {
        let output = self.log(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn seqs(&self, arguments: &[&str]) -> Vec<Value> {
        let text = self.text(&[arguments, &["--json"]].concat());
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].clone()).collect()
    }
}

pub(crate) fn append(path: &Path, text: &str) {
    OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

pub(crate) fn lines(entries: &[Value]) -> String {
    entries.iter().map(|entry| format!("{entry}\n")).collect()
}

pub(crate) fn numbered(from: u64, to: u64) -> String {
    lines(&(from..=to).map(|seq| json!({"seq": seq, "text": format!("line {seq}\n")})).collect::<Vec<_>>())
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub(crate) fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > deadline {
            _ = child.kill();
            panic!("the program did not end within the deadline");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
