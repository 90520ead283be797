//! The JSON Schemas under `assets/schema/` hold for what is written: the types as they serialise,
//! and files on disk. They are closed, so that a key that only one side knows is noticed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};
use stepwatch::checkpoint::{Checkpoints, Kind, NewRecord, Origin};
use stepwatch::run::{
    CheckpointMode, CheckpointSettings, FORMAT, Heartbeat, MAX_SEQ, Manifest, ProcessIdentity, RunDirectory,
    RunState, Status, Terminal, Timestamp,
};

const SCHEMAS: [&str; 6] = ["checkpoint", "heartbeat", "run", "state", "stream-entry", "worker-entry"];

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/schema").join(format!("{name}.json"));
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
        terminal: Some(Terminal { tty: Some("/dev/pts/3".into()), tmux_pane: Some("%7".into()) }),
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
    let mut found: Vec<String> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/schema"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, SCHEMAS, "a schema is missing in this test");
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
    let diff = json!({"baseRef": "HEAD", "head": "abc", "stat": " 1 file", "patch": "", "truncated": false});
    for (kind, log_seq, payload) in [
        (Kind::Summary, None, json!({})),
        (Kind::Summary, Some(0), json!({"detail": "more"})),
        (Kind::LogTail, Some(MAX_SEQ), tail),
        (Kind::LogTail, Some(2), lossy),
        (Kind::GitDiff, Some(2), diff),
    ] {
        let record =
            NewRecord { kind, origin: Origin::Operator, log_seq, summary: "so it stands".into(), payload };
        let published = checkpoints.publish(record, time()).unwrap();
        assert_valid("checkpoint", &serde_json::from_slice(&fs::read(published.path).unwrap()).unwrap());
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
