//! The commands beside the log: the list of runs, no command at all, completions, manual pages.

use std::fs;

use serde_json::{Value, json};

use crate::fixture::{Run, code, error, stepwatch};
use crate::follow::Following;

#[test]
fn without_a_terminal_one_run_is_streamed_and_several_are_listed() {
    let run = Run::with_everything();
    let following = Following::start(stepwatch().arg(&run.path));
    assert_eq!(following.next(), "[worker] started");
    run.finish();
    let (rest, status) = following.rest();
    assert_eq!(rest.last().map(String::as_str), Some("[stdout] Proceed? "));
    assert_eq!(status.code(), Some(0));

    let other = run.path.with_file_name("run-2");
    fs::create_dir(&other).unwrap();
    let state = r#"{"status":"failed","exitCode":101,"message":"3 errors"}"#;
    fs::write(other.join("run.json"), r#"{"stepName":"lint","workerKind":"shell"}"#).unwrap();
    fs::write(other.join("state.json"), state).unwrap();
    let root = run.path.parent().unwrap();
    let output = stepwatch().current_dir(root).output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0].join(" "), "STATUS TASK STEP RUN WORKER ELAPSED IDLE CKPT LAST LINE");
    assert_eq!(rows[1].join(" "), "failed task-1 lint run-2 shell – – 0 exit 101: 3 errors");
    assert_eq!(rows[2][0], "succeeded");

    let output = stepwatch().args(["runs", "--json"]).arg(root).output().unwrap();
    let first: Value =
        serde_json::from_slice(output.stdout.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    assert_eq!((&first["status"], &first["exitCode"]), (&json!("failed"), &json!(101)));
    assert_eq!(first["path"], json!(other));
}

#[test]
fn a_run_that_says_that_it_waits_is_listed_as_stuck_when_it_is_asked_why() {
    let folder = tempfile::tempdir().unwrap();
    let write = |run: &str, state: &str, event: Value| {
        let run = folder.path().join(run);
        fs::create_dir(&run).unwrap();
        fs::write(run.join("run.json"), "{}").unwrap();
        fs::write(run.join("state.json"), state).unwrap();
        fs::write(run.join("worker.jsonl"), format!("{event}\n")).unwrap();
    };
    let at = stepwatch::run::Timestamp::from(std::time::SystemTime::now()).to_string();
    let asks = json!({"seq": 1, "ts": at, "event": "waiting_for_input", "renderedLine": "drop it?"});
    let works = json!({"seq": 1, "ts": at, "event": "step_started", "renderedLine": "started"});
    write("asks", r#"{"status":"running","startedAt":1}"#, asks);
    write("works", r#"{"status":"running","startedAt":2}"#, works);
    let listed = |arguments: &[&str]| {
        let output = stepwatch().arg("runs").args(arguments).arg(folder.path()).output().unwrap();
        assert_eq!(code(&output), 0);
        String::from_utf8(output.stdout).unwrap()
    };
    let rows = listed(&["--why"]);
    let first = rows.lines().nth(1).unwrap();
    assert!(first.starts_with("stuck ") && first.contains("the step says so: \"drop it?\""), "{rows}");
    assert!(rows.lines().nth(2).unwrap().starts_with("running "), "{rows}");
    let lines: Vec<Value> =
        listed(&["--why", "--json"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = |line: &Value| (line["runId"].clone(), line["verdict"].clone(), line["alarm"].clone());
    assert_eq!(told(&lines[0]), (json!("asks"), json!("waiting_for_input"), json!(true)));
    assert_eq!(told(&lines[1]), (json!("works"), json!("progressing"), json!(false)));
    assert!(!listed(&["--json"]).contains("verdict"));
}

#[test]
fn a_run_below_the_current_folder_is_named_by_its_id_as_a_recorded_one_is() {
    let here = tempfile::tempdir().unwrap();
    let recorded = tempfile::tempdir().unwrap();
    let write = |root: &std::path::Path, run: &str, text: &str| {
        let folder = root.join("runs/task-1").join(run);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("stdout.jsonl"), format!("{}\n", json!({"seq": 1, "text": text}))).unwrap();
    };
    write(here.path(), "run-1", "here");
    write(here.path(), "run-2", "here too");
    write(recorded.path(), "run-2", "recorded");
    let log = |run: &str| {
        let mut command = stepwatch();
        command.current_dir(here.path()).env("STEPWATCH_ROOT", recorded.path());
        command.args(["log", run]).output().unwrap()
    };
    for (run, text) in [("run-1", "here"), ("task-1/run-1", "here"), ("run-2", "recorded")] {
        assert_eq!(String::from_utf8_lossy(&log(run).stdout), format!("[stdout] {text}\n"), "{run}");
    }
    let none = log("run-3");
    assert_eq!(code(&none), 3);
    assert!(error(&none).contains("no run of that id below this one or /"), "{}", error(&none));
}

#[test]
fn where_there_are_no_runs_the_answer_is_no() {
    let empty = tempfile::tempdir().unwrap();
    for arguments in [&["runs"][..], &[]] {
        let output = stepwatch().args(arguments).arg(empty.path()).output().unwrap();
        assert_eq!((code(&output), output.stdout.len()), (1, 0));
        assert!(error(&output).contains("no runs below"), "{}", error(&output));
    }
    assert_eq!(code(&stepwatch().args(["runs", "/nowhere"]).output().unwrap()), 3);
}

#[test]
fn completions_and_manual_pages_are_printed() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = stepwatch().args(["completions", shell]).output().unwrap();
        assert!(output.status.success() && String::from_utf8(output.stdout).unwrap().contains("stepwatch"));
    }
    for (arguments, heading) in [(&["man"][..], ".TH stepwatch 1"), (&["man", "log"], ".TH stepwatch-log 1")]
    {
        let output = stepwatch().args(arguments).output().unwrap();
        assert!(String::from_utf8(output.stdout).unwrap().contains(heading));
    }
    assert_eq!(code(&stepwatch().args(["man", "nothing"]).output().unwrap()), 2);
}
