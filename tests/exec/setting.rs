//! What is made before the command starts, and what the command finds.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::json;

use crate::scene::{Scene, stderr_of};

#[test]
fn a_run_directory_tells_who_the_run_is_and_how_it_ended() {
    let scene = Scene::new();
    let options = ["--step", "build", "--name", "Build it", "--kind", "codex", "--label", "branch=main"];
    let output = scene.exec(&options, &["sh", "-c", "echo out; echo err >&2"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"out\n");
    let run = scene.run();
    assert_eq!(stderr_of(&output), format!("{}\nerr\n", run.path.display()), "the path is the first line");

    let manifest = run.json("run.json");
    assert_eq!(manifest["format"], 1);
    assert_eq!(manifest["stepId"], "build");
    assert_eq!(manifest["stepName"], "Build it");
    assert_eq!(manifest["workerKind"], "codex");
    assert_eq!(manifest["labels"], json!({"branch": "main"}));
    assert_eq!(manifest["command"], json!(["sh", "-c", "echo out; echo err >&2"]));
    assert_eq!(manifest["pty"], false);
    assert_eq!(manifest["terminal"], json!(null), "nobody can answer: standard input is no terminal");
    assert!(!manifest.to_string().contains("STEPWATCH_ROOT"), "the environment is never recorded");

    let state = run.state();
    assert_eq!((&state["status"], &state["exitCode"]), (&json!("succeeded"), &json!(0)));
    assert!(state["pid"].is_u64() && state["pidStartTime"].is_u64() && state["pgid"].is_u64());
    assert!(state["recorder"]["pid"].is_u64() && state["recorder"]["pidStartTime"].is_u64());
    assert!(state["finishedAt"].as_str() >= state["startedAt"].as_str());
    assert!(run.json("heartbeat.json")["at"].is_string());
    assert_eq!(run.events(), ["run_prepared", "step_started", "step_finished"]);
    assert_eq!(run.dense().len(), 5);
}

#[test]
fn what_is_not_named_is_made_of_folder_command_and_time() {
    let scene = Scene::new();
    let folder = scene.path().join("my project");
    fs::create_dir(&folder).unwrap();
    for _ in 0..2 {
        let mut exec = std::process::Command::new(env!("CARGO_BIN_EXE_stepwatch"));
        exec.args(["exec", "--root", "../runs", "--", "echo", "hello"]).current_dir(&folder);
        assert!(exec.output().unwrap().status.success());
    }
    let runs: Vec<_> = fs::read_dir(scene.path().join("runs/my-project")).unwrap().collect();
    assert_eq!(runs.len(), 2, "each run has an id of its own");
    let manifest = fs::read_to_string(runs[0].as_ref().unwrap().path().join("run.json")).unwrap();
    assert!(manifest.contains("\"stepId\": \"echo-hello\""), "{manifest}");
}

#[test]
fn an_existing_run_is_refused_and_left_as_it_is() {
    let scene = Scene::new();
    scene.record("echo first");
    let before = fs::read(scene.run().path.join("stdout.jsonl")).unwrap();
    let again = scene.record("echo second > ran");
    assert_eq!(again.status.code(), Some(125));
    assert!(stderr_of(&again).contains("run run of task task exists already"), "{again:?}");
    assert_eq!(fs::read(scene.run().path.join("stdout.jsonl")).unwrap(), before);
    assert!(!scene.path().join("ran").exists(), "the command was not started");
}

#[test]
fn wrong_usage_ends_with_125_before_a_file_is_made() {
    let scene = Scene::new();
    let wrong: [&[&str]; 5] = [
        &["--task", "../up"],
        &["--step", ""],
        &["--label", "novalue"],
        &["--bogus"],
        &["--label", "a=1", "--label", "a=2"],
    ];
    for options in wrong {
        let output = scene.exec(options, &["true"]).output().unwrap();
        assert_eq!(output.status.code(), Some(125), "{options:?}: {output:?}");
        assert!(!output.stderr.is_empty());
    }
    assert!(!scene.path().join("runs").exists());
}

#[test]
fn a_root_that_cannot_be_made_is_a_clear_error() {
    let scene = Scene::new();
    fs::write(scene.path().join("runs"), "a file").unwrap();
    let output = scene.record("true");
    assert_eq!(output.status.code(), Some(125));
    assert!(stderr_of(&output).contains("cannot make"), "{output:?}");
}

#[test]
fn the_preparation_checkpoint_is_there_before_the_command_starts() {
    let scene = Scene::new();
    let options = ["--name", "Build it", "--kind", "codex", "--resume-from-seq", "6", "--git-base", "main"];
    let script = "cp \"$STEPWATCH_RUN\"/checkpoints/*.json .";
    let output = scene.exec(&options, &["sh", "-c", script]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = fs::read_to_string(scene.path().join("0007-summary.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(record["type"], "summary");
    assert_eq!(record["origin"], "runner");
    assert_eq!(record["seq"], 7);
    assert_eq!(record["logSeq"], 1);
    assert_eq!(record["summary"], "Prepared the run layout for step sh.");
    let detail = record["payload"]["detail"].as_str().unwrap();
    assert!(detail.contains("codex") && detail.contains("Build it"), "{detail}");
    let settings = &scene.run().json("run.json")["checkpoint"];
    assert_eq!(settings, &json!({"mode": "capture", "resumeFromSeq": 6, "gitDiffBaseRef": "main"}));
}

#[test]
fn without_checkpoints_none_is_ever_made() {
    let scene = Scene::new();
    let output = scene.exec(&["--no-checkpoints", "--summary-hint", "x"], &["true"]).output().unwrap();
    assert!(output.status.success());
    assert_eq!(scene.run().json("run.json")["checkpoint"]["mode"], "disabled");
    assert!(!scene.run().path.join("checkpoints").exists());
}

#[test]
fn the_summary_hint_is_what_the_first_checkpoint_says() {
    let scene = Scene::new();
    scene.exec(&["--summary-hint", "Goes on from run 6"], &["true"]).output().unwrap();
    let record = scene.run().json("checkpoints/0001-summary.json");
    assert_eq!(record["summary"], "Goes on from run 6");
}

#[test]
fn the_command_reads_our_standard_input() {
    let scene = Scene::new();
    let mut exec = scene
        .exec(&[], &["cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    exec.stdin.take().unwrap().write_all(b"typed\n").unwrap();
    assert_eq!(exec.wait_with_output().unwrap().stdout, b"typed\n");
    assert_eq!(scene.run().texts("stdout"), ["typed\n"]);
}

#[test]
fn a_step_can_say_that_it_waits_or_how_far_it_is() {
    let scene = Scene::new();
    let script = "echo before; sleep 0.6
        echo 'progress 3 of 9' >> \"$STEPWATCH_EVENTS\"; sleep 0.6
        echo 'waiting_for_input which region?' >> \"$STEPWATCH_EVENTS\"; sleep 0.6
        echo after";
    scene.record(script);
    let told: Vec<String> = scene
        .run()
        .dense()
        .iter()
        .map(|entry| match entry.channel {
            "worker" => format!("{}: {}", entry.json["event"], entry.json["renderedLine"]),
            _ => entry.text().to_owned(),
        })
        .collect();
    assert_eq!(
        told[2..6],
        ["before\n", r#""progress": "3 of 9""#, r#""waiting_for_input": "which region?""#, "after\n"]
    );
}
