//! The JSON Schemas under `assets/schema/` hold for what is written: the types as they serialise,
//! and files on disk. They are closed, so that a key that only one side knows is noticed.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use jsonschema::Validator;
use serde_json::{Value, json};
use stepwatch::checkpoint::git::GitDiff;
use stepwatch::checkpoint::{Checkpoints, Draft, Kind, LogTail, NewRecord, Origin};
use stepwatch::run::{
    CheckpointMode, CheckpointSettings, FORMAT, Heartbeat, MAX_SEQ, Manifest, ProcessIdentity, RunDirectory,
    RunState, Status, Terminal, Timestamp,
};

const SCHEMAS: [&str; 6] = ["checkpoint", "heartbeat", "run", "state", "stream-entry", "worker-entry"];

fn schema(name: &str) -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/schema").join(format!("{name}.schema.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn validator(name: &str) -> Validator {
    jsonschema::options().should_validate_formats(true).build(&schema(name)).unwrap()
}

/// What the schema `name` finds wrong with `value`; nothing where it is valid.
fn complaints(name: &str, value: &Value) -> Vec<String> {
    let validator = validator(name);
    let errors = validator.iter_errors(value);
    errors.map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[track_caller]
fn assert_valid(name: &str, value: &Value) {
    assert_eq!(complaints(name, value), Vec::<String>::new(), "{name}: {value:#}");
}

fn time() -> Timestamp {
    Timestamp::from_milliseconds(1_774_080_000_036)
}

fn least_manifest() -> Manifest {
    Manifest {
        format: FORMAT,
        run_uid: "0198b2c4-7d00-7abc-8def-0123456789ab".into(),
        task_id: "task-42".into(),
        step_id: "build".into(),
        step_name: "Build it".into(),
        run_id: "run-7".into(),
        worker_kind: "shell".into(),
        created_at: Some(time()),
        host: "box".into(),
        boot_id: "b".into(),
        cwd: "/src".into(),
        command: vec!["make".into()],
        ..Manifest::default()
    }
}

fn full_manifest() -> Manifest {
    Manifest {
        step_index: Some(7),
        step_count: Some(9),
        attempt: Some(1),
        labels: BTreeMap::from([("branch".to_owned(), "main".to_owned())]),
        terminal: Some(Terminal {
            tty: Some("/dev/pts/3".into()),
            tmux_pane: Some("%7".into()),
            tmux_socket: Some("/tmp/tmux-0/default".into()),
        }),
        checkpoint: Some(CheckpointSettings {
            mode: CheckpointMode::Disabled,
            resume_from_seq: Some(4),
            git_diff_base_ref: Some("main".into()),
            include_git_diff_stat: Some(true),
            summary_hint: Some("made ready".into()),
        }),
        ..least_manifest()
    }
}

fn least_state() -> RunState {
    RunState {
        status: Status::Prepared,
        recorder: Some(ProcessIdentity { pid: 7, pid_start_time: None }),
        updated_at: Some(time()),
        ..RunState::default()
    }
}

fn full_state() -> RunState {
    RunState {
        status: Status::Failed,
        pid: Some(8),
        pid_start_time: Some(9),
        pgid: Some(8),
        pid_namespace: Some("pid:[4026531836]".into()),
        recorder: Some(ProcessIdentity { pid: 7, pid_start_time: Some(5) }),
        started_at: Some(time()),
        finished_at: Some(time()),
        exit_code: Some(101),
        signal: Some(9),
        message: Some("exit 101".into()),
        ..least_state()
    }
}

fn least_checkpoint() -> Value {
    json!({"format": 1, "taskId": "t", "stepId": "s", "runId": "r", "seq": 1, "type": "summary",
        "id": "0198b2c4-7d00-7abc-8def-0123456789ab", "createdAt": "2026-03-21T08:00:00.036Z",
        "origin": "runner", "summary": "made ready", "payload": {}})
}

fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(key.to_owned(), new);
    value
}

fn without(mut value: Value, key: &str) -> Value {
    value.as_object_mut().unwrap().remove(key).unwrap();
    value
}

fn as_json(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_schema_is_one_itself_and_describes_every_property() {
    for name in SCHEMAS {
        let schema = schema(name);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{name}");
        assert!(schema["description"].is_string(), "{name}");
        for (key, property) in schema["properties"].as_object().unwrap() {
            assert!(property["description"].is_string(), "{name}: {key} is not described");
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/schema");
    let mut found: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.strip_suffix(".schema.json").unwrap_or(&name).to_owned())
        .collect();
    found.sort();
    assert_eq!(found, SCHEMAS, "a schema is missing in this test");
    assert!(!RunDirectory::alone(folder).is_run(), "the schemas must not look like a run");
}

#[test]
fn the_small_files_are_valid_with_all_their_keys_and_with_the_least() {
    assert_valid("run", &as_json(least_manifest()));
    assert_valid("run", &as_json(full_manifest()));
    assert_valid("state", &as_json(least_state()));
    assert_valid("state", &as_json(full_state()));
    assert_valid("heartbeat", &as_json(Heartbeat { at: time(), child_cpu_ms: None }));
    assert_valid("heartbeat", &as_json(Heartbeat { at: time(), child_cpu_ms: Some(12) }));
    for status in [Status::Prepared, Status::Running, Status::Succeeded, Status::Failed, Status::Cancelled] {
        let state = RunState { status, exit_code: None, signal: None, ..full_state() };
        let state = if status.has_ended() { state } else { RunState { finished_at: None, ..state } };
        assert_valid("state", &as_json(state));
    }
}

#[test]
fn the_schemas_know_no_key_that_is_never_written() {
    let heartbeat = Heartbeat { at: time(), child_cpu_ms: Some(12) };
    for (name, written) in [
        ("run", as_json(full_manifest())),
        ("state", as_json(full_state())),
        ("heartbeat", as_json(heartbeat)),
        ("checkpoint", with(least_checkpoint(), "/logSeq", json!(3))),
    ] {
        assert_eq!(keys(&schema(name)["properties"]), keys(&written), "{name}");
    }
    let run = (schema("run"), as_json(full_manifest()));
    for part in ["terminal", "checkpoint"] {
        assert_eq!(keys(&run.0["properties"][part]["properties"]), keys(&run.1[part]), "{part}");
    }
}

#[test]
fn a_published_checkpoint_is_valid_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(RunDirectory::alone(folder.path()), &least_manifest());
    let tail =
        json!({"source": "combined", "lines": ["[worker] started", "[stdout] a\n"], "truncated": false});
    let lossy = with(tail.clone(), "/lossy", json!(true));
    for (kind, log_seq, payload) in [
        (Kind::Summary, None, json!({})),
        (Kind::Summary, Some(0), json!({"detail": "more"})),
        (Kind::LogTail, Some(MAX_SEQ), tail),
        (Kind::LogTail, Some(2), lossy),
    ] {
        let record =
            NewRecord { kind, origin: Origin::Operator, log_seq, summary: "so it stands".into(), payload };
        let published = checkpoints.publish(record, time()).unwrap();
        assert_valid("checkpoint", &serde_json::from_slice(&fs::read(published.path).unwrap()).unwrap());
    }
}

#[test]
fn what_is_kept_of_the_log_and_of_the_working_directory_is_valid_with_all_it_can_say_and_with_the_least() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(RunDirectory::alone(folder.path()), &least_manifest());
    let lines = vec!["[worker] started".to_owned(), "[stdout] a\n".to_owned()];
    let tail = LogTail { lines, truncated: true, lossy: true, redacted: true, log_seq: Some(MAX_SEQ) };
    let mut diff = GitDiff::default();
    diff.base_ref = "main".to_owned();
    diff.base = Some("4b825dc6".to_owned());
    diff.head = Some("4b825dc7".to_owned());
    diff.stat = Some(" 1 file".to_owned());
    diff.patch = "diff --git a/x b/x\n".to_owned();
    diff.untracked = vec!["new".to_owned()];
    (diff.untracked_truncated, diff.truncated, diff.lossy, diff.redacted) = (true, true, true, true);
    let of_diff = |diff| Draft::GitDiff { diff, summary: None, log_seq: None };
    let drafts = [
        Draft::LogTail { tail: LogTail::default(), summary: None },
        Draft::LogTail { tail, summary: None },
        of_diff(GitDiff::default()),
        of_diff(diff),
    ];
    let written = drafts.map(|draft| {
        let published = checkpoints.publish(draft.record(), time()).unwrap();
        let record = serde_json::from_slice(&fs::read(published.path).unwrap()).unwrap();
        assert_valid("checkpoint", &record);
        record
    });
    // The schema knows no key that is never written.
    let schema = schema("checkpoint");
    for (kind, record) in [("log_tail", &written[1]), ("git_diff", &written[3])] {
        let rules = schema["allOf"].as_array().unwrap();
        let rule = rules.iter().find(|rule| rule["if"]["properties"]["type"]["const"] == kind).unwrap();
        let known = &rule["then"]["properties"]["payload"]["properties"];
        assert_eq!(keys(known), keys(&record["payload"]), "{kind}");
    }
}

#[test]
fn entries_are_valid_as_the_contract_shows_them() {
    let worker = json!({"seq": 12, "ts": "2026-03-21T08:00:00.036Z", "event": "step_started", "level": "info",
        "renderedLine": "started", "data": {"pid": 7}});
    assert_valid("worker-entry", &worker);
    assert_valid("worker-entry", &without(worker, "data"));
    for (key, text) in [("text", "Proceed? "), ("bytes", "/2EK")] {
        let entry = json!({"seq": 13, "ts": "2026-03-21T08:00:00.039Z", key: text});
        assert_valid("stream-entry", &entry);
    }
}

#[test]
fn what_breaks_the_contract_is_not_valid() {
    let run = || as_json(full_manifest());
    let state = || as_json(full_state());
    let entry = || json!({"seq": 13, "ts": "2026-03-21T08:00:00.039Z", "text": "a\n"});
    let event = || json!({"seq": 1, "ts": "2026-03-21T08:00:00.039Z", "event": "x", "level": "info", "renderedLine": "x"});
    for (name, value) in [
        ("run", with(run(), "/environment", json!({"HOME": "/root"}))),
        ("run", with(run(), "/checkpoint/redact", json!(true))),
        ("run", with(run(), "/taskId", json!("../x"))),
        ("run", with(run(), "/command", json!([]))),
        ("run", with(run(), "/format", json!(2))),
        ("run", with(run(), "/createdAt", json!("2026-03-21T08:00:00Z"))),
        ("run", with(run(), "/createdAt", json!("2026-13-21T08:00:00.000Z"))),
        ("run", with(run(), "/runUid", json!("0198b2c4-7d00-4abc-8def-0123456789ab"))),
        ("run", without(run(), "host")),
        ("state", with(state(), "/status", json!("lost"))),
        ("state", with(state(), "/status", json!("unknown"))),
        ("state", with(state(), "/status", json!("running"))),
        ("state", without(state(), "finishedAt")),
        ("state", without(state(), "recorder")),
        ("state", with(state(), "/recorder/host", json!("box"))),
        ("heartbeat", json!({"childCpuMs": 1})),
        ("heartbeat", json!({"at": "2026-03-21T08:00:00.039Z", "childCpuMs": -1})),
        ("stream-entry", with(entry(), "/bytes", json!("/2EK"))),
        ("stream-entry", without(entry(), "text")),
        ("stream-entry", with(without(entry(), "text"), "/bytes", json!("*"))),
        ("stream-entry", with(entry(), "/seq", json!(MAX_SEQ + 1))),
        ("stream-entry", with(entry(), "/seq", json!("13"))),
        ("stream-entry", with(entry(), "/channel", json!("stdout"))),
        ("worker-entry", with(event(), "/level", json!("loud"))),
        ("worker-entry", with(event(), "/text", json!("x"))),
        ("worker-entry", without(event(), "renderedLine")),
        ("checkpoint", with(least_checkpoint(), "/type", json!("screenshot"))),
        ("checkpoint", with(least_checkpoint(), "/summary", json!(" "))),
        ("checkpoint", with(least_checkpoint(), "/seq", json!(0))),
        ("checkpoint", with(least_checkpoint(), "/note", json!("x"))),
        ("checkpoint", with(least_checkpoint(), "/payload/lines", json!([]))),
        ("checkpoint", with(least_checkpoint(), "/type", json!("log_tail"))),
        ("checkpoint", without(least_checkpoint(), "payload")),
    ] {
        assert!(!complaints(name, &value).is_empty(), "{name} should refuse {value:#}");
    }
}

/// Records a command in a fresh folder. The run's directory is the first line on standard error.
fn exec(root: &Path, options: &[&str], command: &[&str]) -> (PathBuf, Output) {
    let output = exec_command(root, options, command).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (PathBuf::from(said.lines().next().unwrap_or_default()), output)
}

fn exec_command(root: &Path, options: &[&str], words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepwatch"));
    command.arg("exec").arg("--root").arg(root).args(options).arg("--").args(words);
    command.stdin(std::process::Stdio::null());
    command
}

/// Holds every file of a run directory against its schema, and says how many values that were. A
/// file that no schema describes is a failure.
#[track_caller]
fn assert_run_is_valid(directory: &Path) -> BTreeMap<&'static str, usize> {
    let mut checked = BTreeMap::new();
    let mut assert_file = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        let relative = path.strip_prefix(directory).unwrap().to_str().unwrap();
        let (name, values): (&'static str, Vec<&str>) = match relative {
            "run.json" => ("run", vec![&text]),
            "state.json" => ("state", vec![&text]),
            "heartbeat.json" => ("heartbeat", vec![&text]),
            "worker.jsonl" => ("worker-entry", text.lines().collect()),
            "stdout.jsonl" | "stderr.jsonl" => ("stream-entry", text.lines().collect()),
            checkpoint if checkpoint.starts_with("checkpoints/") => ("checkpoint", vec![&text]),
            other => panic!("{other} is described by no schema"),
        };
        for value in values {
            assert_valid(name, &serde_json::from_str(value).unwrap());
            *checked.entry(name).or_default() += 1;
        }
    };
    for folder in [directory.to_owned(), directory.join("checkpoints")] {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let entry = entry.unwrap();
            // What begins with a dot is its writer's own.
            if entry.file_type().unwrap().is_file() && !entry.file_name().as_encoded_bytes().starts_with(b".")
            {
                assert_file(&entry.path());
            }
        }
    }
    checked
}

#[test]
fn all_that_exec_writes_of_an_eventful_step_is_valid() {
    let root = tempfile::tempdir().unwrap();
    let options = ["--task", "t", "--step", "s", "--run", "r", "--name", "All of it", "--kind", "test"];
    let more = [
        "--label",
        "a=b",
        "--label",
        "c=",
        "--git-base",
        "main",
        "--git-diff-stat",
        "--summary-hint",
        "ready",
    ];
    let all: Vec<&str> = options.into_iter().chain(more).chain(["--resume-from-seq", "3"]).collect();
    let script = r#"echo out; printf '\377\n'; echo err >&2; printf 'a\rb\033[1mc\t"\\\n'; echo 'progress 1 of 2' >> "$STEPWATCH_EVENTS"
        echo progress >> "$STEPWATCH_EVENTS"; echo 'waiting_for_input go on?' >> "$STEPWATCH_EVENTS"; printf 'go on? '; exit 3"#;
    let (directory, output) = exec(root.path(), &all, &["sh", "-c", script]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(directory, root.path().join("t/r"));
    let checked = assert_run_is_valid(&directory);
    assert_eq!((checked["run"], checked["state"], checked["checkpoint"]), (1, 1, 1));
    // run_prepared, step_started, progress twice, waiting_for_input, step_finished.
    assert_eq!(checked["worker-entry"], 6);
    assert!(checked["stream-entry"] >= 5, "{checked:?}");
    assert!(directory.join("checkpoints/0004-summary.json").is_file());
}

#[test]
fn all_that_exec_writes_is_valid_however_the_step_ends() {
    let cases: [(&[&str], &[&str], i32); 6] = [
        (&[], &["true"], 0),
        (&["--no-checkpoints"], &["true"], 0),
        (&["--pty"], &["sh", "-c", "tty; echo err >&2"], 0),
        (&[], &["sh", "-c", "kill -KILL $$"], 137),
        (&[], &["/no/such/program"], 127),
        (&[], &["/dev/null"], 126),
    ];
    for (options, command, status) in cases {
        let root = tempfile::tempdir().unwrap();
        let (directory, output) = exec(root.path(), options, command);
        assert_eq!(output.status.code(), Some(status), "{command:?}: {output:?}");
        let checked = assert_run_is_valid(&directory);
        let makes_checkpoints = !options.contains(&"--no-checkpoints");
        assert_eq!(checked.get("checkpoint").copied(), makes_checkpoints.then_some(1), "{command:?}");
        assert_eq!((checked["run"], checked["state"]), (1, 1), "{command:?}");
    }
}

#[test]
fn a_run_is_valid_while_it_runs() {
    let root = tempfile::tempdir().unwrap();
    let options = ["--task", "t", "--run", "r"];
    let mut recorder =
        exec_command(root.path(), &options, &["sh", "-c", "echo begun; read line; exec sleep 600"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
    let directory = root.path().join("t/r");
    let begun = || {
        let status = RunDirectory::alone(&directory).state().map(|state| state.status).ok();
        let output = fs::read_to_string(directory.join("stdout.jsonl")).unwrap_or_default();
        status == Some(Status::Running)
            && output.ends_with("}\n")
            && directory.join("heartbeat.json").exists()
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    while !begun() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    let (has_begun, still_runs) = (begun(), recorder.try_wait().unwrap().is_none());
    let checked = std::panic::catch_unwind(|| assert_run_is_valid(&directory));
    let step = RunDirectory::alone(&directory).state().unwrap().pid.unwrap();
    // The end of its input ends the read; a signal ends the sleep.
    drop(recorder.stdin.take());
    Command::new("kill").arg(step.to_string()).status().unwrap();
    recorder.wait().unwrap();
    assert!(has_begun && still_runs, "the step did not begin in time");
    assert_eq!(checked.unwrap()["state"], 1);
}
