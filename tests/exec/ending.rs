//! How a step ends, and what is told of it.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::json;
use stepwatch::diagnose::liveness;
use stepwatch::record;
use stepwatch::run::{Id, RunDirectory, Status};

use crate::scene::{Scene, stderr_of, wait_until};

#[test]
fn the_commands_exit_status_is_ours() {
    for (script, status, word) in
        [("exit 0", 0, "succeeded"), ("exit 3", 3, "failed"), ("kill -KILL $$", 137, "failed")]
    {
        let scene = Scene::new();
        assert_eq!(scene.record(script).status.code(), Some(status), "{script}");
        assert_eq!(scene.run().state()["status"], word, "{script}");
    }
}

#[test]
fn a_command_that_is_killed_is_recorded_with_its_signal() {
    let scene = Scene::new();
    scene.record("echo before; kill -KILL $$");
    let run = scene.run();
    assert_eq!(run.state()["signal"], 9);
    assert_eq!(run.state()["exitCode"], json!(null));
    assert_eq!(run.texts("stdout"), ["before\n"]);
    assert_eq!(run.event("step_finished")["data"]["signal"], 9);
    assert_eq!(run.event("step_finished")["level"], "error");
}

#[test]
fn a_program_that_is_missing_or_no_program_leaves_a_finished_run() {
    for (program, status) in [("no-such-program", 127), ("/etc/passwd", 126), ("/etc", 126)] {
        let scene = Scene::new();
        let output = scene.exec(&[], &[program]).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{program}");
        assert!(stderr_of(&output).contains(&format!("cannot start {program}")), "{output:?}");
        let state = scene.run().state();
        assert_eq!((&state["status"], &state["exitCode"]), (&json!("failed"), &json!(null)));
        assert!(state["message"].as_str().unwrap().contains("cannot start"));
        assert!(state["finishedAt"].is_string());
        assert_eq!(scene.run().events(), ["run_prepared", "step_finished"]);
    }
}

#[test]
fn a_signal_sent_to_us_ends_the_step_and_the_run_is_cancelled() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129), (Signal::QUIT, 131)]
    {
        let scene = Scene::new();
        let mut recording = scene.begin(&[], "ulimit -c 0; echo ready; exec sleep 60");
        recording.wait_for_text("ready");
        recording.signal(signal);
        let exit = recording.wait_for_exit();
        assert_eq!((exit.code(), exit.signal()), (Some(status), None), "{signal:?}");
        let state = recording.run.state();
        assert_eq!((&state["status"], &state["signal"]), (&json!("cancelled"), &json!(status - 128)));
        recording.run.dense();
    }
}

#[test]
fn a_signal_before_the_command_starts_cancels_the_run_without_starting_it() {
    let scene = Scene::new();
    let command = ["touch", "started"].map(Into::into).to_vec();
    let mut options = record::Options::new(scene.path().join("runs"), command);
    options.task = Some(Id::new("task").unwrap());
    options.run = Some(Id::new("run").unwrap());
    let prepared = record::prepare(options).unwrap();
    // Sent to this very thread, so that it has come when the call returns.
    signal_hook::low_level::raise(signal_hook::consts::SIGTERM).unwrap();
    let outcome = prepared.run(record::Output::Quiet);
    assert_eq!((outcome.exit_status, outcome.status), (143, Status::Cancelled));
    assert_eq!(scene.run().state()["status"], "cancelled");
    assert_eq!(scene.run().events(), ["run_prepared", "step_finished"]);
}

#[test]
fn a_step_that_ends_well_after_a_signal_has_succeeded() {
    let scene = Scene::new();
    let mut recording =
        scene.begin(&[], "trap 'echo tidied up; exit 0' TERM; echo ready; while :; do sleep 0.1; done");
    recording.wait_for_text("ready");
    recording.signal(Signal::TERM);
    assert_eq!(recording.wait_for_exit().code(), Some(0));
    assert_eq!(recording.run.state()["status"], "succeeded");
    assert_eq!(recording.run.texts("stdout"), ["ready\n", "tidied up\n"]);
}

#[test]
fn a_step_that_ignores_a_signal_is_recorded_on() {
    let scene = Scene::new();
    let script = "trap 'echo not yet' TERM; echo ready; until [ -e enough ]; do sleep 0.1; done; exit 6";
    let mut recording = scene.begin(&[], script);
    recording.wait_for_text("ready");
    recording.signal(Signal::TERM);
    recording.wait_for_text("not yet");
    assert_eq!(recording.run.state()["status"], "running");
    std::fs::write(scene.path().join("enough"), "").unwrap();
    assert_eq!(recording.wait_for_exit().code(), Some(6));
    assert_eq!(recording.run.state()["status"], "cancelled");
}

#[test]
fn a_hangup_that_we_were_told_to_ignore_is_ignored_by_the_step_too() {
    let scene = Scene::new();
    let inner = scene.exec(&[], &["sh", "-c", "echo ready; until [ -e enough ]; do sleep 0.1; done"]);
    let words: Vec<String> = inner.get_args().map(|word| format!("'{}'", word.to_str().unwrap())).collect();
    let script = format!("trap '' HUP; exec '{}' {}", env!("CARGO_BIN_EXE_stepwatch"), words.join(" "));
    let mut outer = Command::new("sh")
        .args(["-c", &script])
        .env("STEPWATCH_ROOT", scene.path().join("runs"))
        .current_dir(scene.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let run = scene.run();
    wait_until("the step runs", || run.output("stdout").contains("ready"));
    let step = run.state()["pid"].as_i64().unwrap();
    for pid in [i32::try_from(step).unwrap(), outer.id().cast_signed()] {
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, Signal::HUP).unwrap();
    }
    std::fs::write(scene.path().join("enough"), "").unwrap();
    assert!(outer.wait().unwrap().success());
    assert_eq!(run.state()["status"], "succeeded");
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_whose_recorder_was_killed_is_lost_and_not_before() {
    let scene = Scene::new();
    let mut recording = scene.begin(&[], "echo ready; exec sleep 60");
    recording.wait_for_text("ready");
    let directory = RunDirectory::alone(&recording.run.path);
    wait_until("the state says running", || liveness::observe(&directory).unwrap().1 == Status::Running);
    let step = recording.run.state()["pid"].as_i64().unwrap();
    recording.child.kill().unwrap();
    recording.child.wait().unwrap();
    assert_eq!(liveness::observe(&directory).unwrap().1, Status::Lost);
    let step = rustix::process::Pid::from_raw(i32::try_from(step).unwrap()).unwrap();
    rustix::process::kill_process(step, Signal::KILL).unwrap();
}

#[test]
fn a_checkpoint_that_the_step_renamed_over_is_published_again_when_the_run_ends() {
    use std::os::unix::fs::MetadataExt as _;
    let scene = Scene::new();
    // The step is a runner that numbers its records itself and knows nothing of ours.
    let script = r#"cd "$STEPWATCH_RUN/checkpoints"; cp 0001-summary.json ../ours.json
        echo '{"seq":1,"type":"summary","summary":"theirs"}' > ../new; mv ../new 0001-summary.json"#;
    assert!(scene.record(script).status.success());
    let run = scene.run();
    assert_eq!(run.json("checkpoints/0001-summary.json")["summary"], "theirs");
    let again = run.json("checkpoints/0002-summary.json");
    assert_eq!(again["id"], run.json("ours.json")["id"]);
    // No record waits to be settled: beside the two locks of the writers, what is left are second names
    // of records that stand.
    let left: Vec<_> = walk(&run.path.join(".stepwatch/spool"));
    let stands = |path: &std::path::PathBuf| std::fs::metadata(path).unwrap().nlink() == 2;
    let is_lock = |path: &std::path::PathBuf| path.ends_with(".lock") || path.ends_with(".turn");
    assert!(left.iter().all(|path| is_lock(path) || stands(path)), "{left:?}");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn a_signal_whose_meaning_only_the_step_knows_is_passed_on() {
    let scene = Scene::new();
    let mut recording =
        scene.begin(&[], "trap 'echo told; exit 0' USR1; echo ready; while :; do sleep 0.05; done");
    recording.wait_for_text("ready");
    recording.signal(rustix::process::Signal::USR1);
    assert_eq!(recording.wait_for_exit().code(), Some(0));
    assert_eq!(recording.run.state()["status"], "succeeded");
    assert!(recording.run.output("stdout").contains("told"));
}
