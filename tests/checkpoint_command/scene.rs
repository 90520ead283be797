//! A run that a test writes, and the binary that makes checkpoints of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

pub(crate) struct Run {
    pub(crate) root: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

impl Run {
    /// A run with three entries and these settings for checkpoints.
    pub(crate) fn new(settings: &Value) -> Self {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("task-1/run-1");
        fs::create_dir_all(&path).unwrap();
        let mut identity = json!({"format": 1, "taskId": "task-1", "stepId": "build", "runId": "run-1"});
        if !settings.is_null() {
            identity["checkpoint"] = settings.clone();
        }
        fs::write(path.join("run.json"), identity.to_string()).unwrap();
        let run = Self { root, path };
        run.write("worker.jsonl", &[json!({"seq": 1, "event": "step_started", "renderedLine": "started"})]);
        run.write("stdout.jsonl", &[json!({"seq": 2, "text": "a\nb\n"}), json!({"seq": 4, "bytes": "/2EK"})]);
        run
    }

    pub(crate) fn write(&self, name: &str, lines: &[Value]) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(self.path.join(name), text).unwrap();
    }

    /// `stepwatch checkpoint COMMAND RUN ARGUMENTS`.
    pub(crate) fn checkpoint(&self, command: &str, arguments: &[&str]) -> Output {
        stepwatch().args(["checkpoint", command]).arg(&self.path).args(arguments).output().unwrap()
    }

    /// What such a command prints when all goes well.
    pub(crate) fn printed(&self, command: &str, arguments: &[&str]) -> String {
        let output = self.checkpoint(command, arguments);
        assert_eq!((code(&output), error(&output)), (0, String::new()), "{command} {arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn objects(&self, command: &str, arguments: &[&str]) -> Vec<Value> {
        let text = self.printed(command, arguments);
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn foreign(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path.join("checkpoints")).unwrap();
        fs::write(self.path.join("checkpoints").join(name), text).unwrap();
    }

    /// Every file and folder below the run.
    pub(crate) fn files(&self) -> BTreeSet<PathBuf> {
        fn visit(folder: &Path, found: &mut BTreeSet<PathBuf>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    visit(&path, found);
                }
                found.insert(path);
            }
        }
        let mut found = BTreeSet::new();
        visit(self.root.path(), &mut found);
        found
    }
}

pub(crate) fn stepwatch() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepwatch"));
    command.env_remove("STEPWATCH_ROOT").env_remove("NO_COLOR").env("TERM", "xterm-256color");
    command
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub(crate) fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// That a command is refused with this status and these words, and leaves everything as it was.
#[track_caller]
pub(crate) fn assert_refused(run: &Run, command: &str, arguments: &[&str], status: i32, words: &str) {
    let before = run.files();
    let output = run.checkpoint(command, arguments);
    assert_eq!(code(&output), status, "{command} {arguments:?}: {}", error(&output));
    assert!(error(&output).contains(words), "{command} {arguments:?}: {}", error(&output));
    assert_eq!(output.stdout, b"", "{command} {arguments:?}");
    assert_eq!(run.files(), before, "{command} {arguments:?}");
}
