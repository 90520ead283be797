//! From the list to the run that is stuck, why it is, a checkpoint that says so, and back.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use stepwatch::host;

use super::session::Session;

/// A process that reads a pipe that nobody fills, ended with the test.
struct Reader(Child);

impl Reader {
    fn start() -> Self {
        Self(Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn write(run: &Path, state: &Value, text: &str) {
    fs::create_dir_all(run).unwrap();
    let name = run.file_name().unwrap().to_str().unwrap();
    let manifest = json!({"taskId": "task", "runId": name, "stepName": name, "bootId": host::boot_id()});
    fs::write(run.join("run.json"), manifest.to_string()).unwrap();
    fs::write(run.join("state.json"), state.to_string()).unwrap();
    let ago = std::time::SystemTime::now() - std::time::Duration::from_secs(90);
    let at = stepwatch::run::Timestamp::from(ago).to_string();
    let line = json!({"seq": 1, "ts": at, "text": text});
    fs::write(run.join("stdout.jsonl"), format!("{line}\n")).unwrap();
}

/// A folder with a run that waits for an answer and one that ended well.
fn folder(reader: &Reader) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let pid = reader.0.id();
    let state = json!({
        "status": "running", "pid": pid, "pidStartTime": host::start_time(pid),
        "pidNamespace": host::pid_namespace(),
    });
    let stuck = folder.path().join("task/asks");
    write(&stuck, &state, "Overwrite? [y/N] ");
    write(&folder.path().join("task/ended"), &json!({"status": "succeeded", "exitCode": 0}), "done\n");
    (folder, stuck)
}

#[test]
fn the_stuck_run_is_found_explained_frozen_and_acknowledged() {
    let reader = Reader::start();
    let (folder, stuck) = folder(&reader);
    let mut session = Session::stepwatch(&[folder.path().to_str().unwrap()], &[], 30, 100);
    session.wait_for_text("▲ stuck");
    session.press("w");
    session.wait_for_text("waiting_for_input (sure)");
    session.wait_for_text(&format!("`cat` (pid {})", reader.0.id()));
    session.press("t");
    session.wait_for_text("Overwrite? [y/N]");
    session.press("\r");
    session.wait_for_text("log_tail:checkpoints/0001-log_tail.json");
    let record: Value =
        serde_json::from_slice(&fs::read(stuck.join("checkpoints/0001-log_tail.json")).unwrap()).unwrap();
    let summary = record["summary"].as_str().unwrap();
    assert!(summary.starts_with("waiting for input for "), "{summary}");
    // Back to where it was asked.
    session.press("q");
    session.wait_for_text("1 stuck");
    session.press("\r");
    session.wait_for_text("▲ stuck 1m");
    session.press("q");
    session.wait_for_text("1 stuck");
    session.press("a");
    session.wait_for_text("△ stuck");
    session.press("q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
}

#[test]
fn a_run_that_is_answered_is_no_longer_stuck() {
    let reader = Reader::start();
    let (folder, stuck) = folder(&reader);
    let session = Session::stepwatch(&[folder.path().to_str().unwrap()], &[], 30, 100);
    session.wait_for_text("▲ stuck");
    let now = stepwatch::run::Timestamp::from(std::time::SystemTime::now()).to_string();
    let line = json!({"seq": 2, "ts": now, "text": "y\noverwritten\n"});
    let log = fs::read_to_string(stuck.join("stdout.jsonl")).unwrap();
    fs::write(stuck.join("stdout.jsonl"), format!("{log}{line}\n")).unwrap();
    session.wait_for("no stuck run", |screen| !screen.contents().contains("stuck"));
}

#[test]
fn the_title_says_the_run_and_its_status_and_the_bell_rings_when_it_is_wanted() {
    let reader = Reader::start();
    let (folder, stuck) = folder(&reader);
    let mut session = Session::stepwatch(&[folder.path().to_str().unwrap()], &[], 30, 100);
    session.wait_for_text("▲ stuck");
    session.press("b");
    session.wait_for_text("the bell and a notification tell");
    assert_eq!(session.asked(|asked| (asked.bells, asked.notifications.len())), (0, 0), "it is no news");
    fs::write(stuck.join("state.json"), r#"{"status":"failed","exitCode":3,"message":"no answer"}"#).unwrap();
    session.wait_for_text("✗ failed");
    let notifications = session.asked(|asked| asked.notifications.clone());
    assert_eq!(notifications, ["stepwatch: task › asks failed: exit 3: no answer"]);
    assert_eq!(session.asked(|asked| asked.bells), 1);
    session.press("\r");
    session.wait_for_text("task › asks");
    let titles = session.asked(|asked| asked.titles.clone());
    assert_eq!(titles.last().map(String::as_str), Some("failed: task › asks – stepwatch"));
    assert!(titles.contains(&"▲ 1 needs a person – stepwatch".to_owned()), "{titles:?}");
}
