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
    assert_eq!(rows[0].join(" "), "STATUS TASK STEP WORKER ELAPSED IDLE CKPT LAST LINE");
    assert_eq!(rows[1].join(" "), "failed task-1 lint shell – – 0 exit 101: 3 errors");
    assert_eq!(rows[2][0], "succeeded");

    let output = stepwatch().args(["runs", "--json"]).arg(root).output().unwrap();
    let first: Value =
        serde_json::from_slice(output.stdout.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    assert_eq!((&first["status"], &first["exitCode"]), (&json!("failed"), &json!(101)));
    assert_eq!(first["path"], json!(other));
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
