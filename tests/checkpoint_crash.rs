//! A process that publishes a checkpoint is killed at each of its system calls, and each of them is
//! made to fail. Whatever happens: no file of the runner changes, no record is torn, what was said to
//! be saved is there exactly once, and the spool comes to rest empty.
//!
//! It takes `strace`; without it (or where tracing is forbidden) there is nothing to test with, and
//! the tests say so.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use serde_json::json;
use stepwatch::checkpoint::{CheckpointError, Checkpoints, Kind, NewRecord, Origin};
use stepwatch::run::{Manifest, RunDirectory, Timestamp};

/// Names the run's directory to the process that publishes.
const VARIABLE: &str = "CHECKPOINT_CRASH_RUN";

/// More calls of one kind than a process makes here.
const MOST_CALLS: usize = 400;

fn checkpoints(directory: &Path) -> Checkpoints {
    Checkpoints::new(RunDirectory::alone(directory), &Manifest::default())
}

fn publish(directory: &Path, summary: &str) -> Result<String, CheckpointError> {
    let record = NewRecord {
        kind: Kind::Summary,
        origin: Origin::Operator,
        log_seq: None,
        summary: summary.to_owned(),
        payload: json!({"detail": "x".repeat(20_000)}),
    };
    checkpoints(directory)
        .publish(record, Timestamp::from_milliseconds(1_774_080_000_036))
        .map(|new| new.description)
}

/// The process that is killed: a test of its own, run by name.
#[test]
#[ignore = "it is the process that the other tests kill"]
fn publishing_process() {
    let Some(directory) = std::env::var_os(VARIABLE).map(PathBuf::from) else { return };
    let outcome = match publish(&directory, "the new one") {
        Ok(_) => "saved",
        Err(CheckpointError::NotDurable { .. }) => "not durable",
        Err(_) => "refused",
    };
    fs::write(directory.join("outcome"), outcome).unwrap();
}

/// A run in which a record of ours stands, and another was renamed over by the runner.
fn run() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    publish(folder.path(), "the standing one").unwrap();
    publish(folder.path(), "the destroyed one").unwrap();
    let temporary = folder.path().join("checkpoints/.tmp");
    fs::write(&temporary, RUNNERS).unwrap();
    fs::rename(temporary, folder.path().join("checkpoints/0002-summary.json")).unwrap();
    folder
}

const RUNNERS: &str = r#"{"type":"summary","summary":"of the runner","seq":2}"#;

/// Publishes in a process of its own, into which `injection` is put.
fn publish_traced(directory: &Path, injection: &str) -> Output {
    let injection = format!("inject={injection}");
    publishing(Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "-e", &injection]), directory)
}

fn publishing(strace: &mut Command, directory: &Path) -> Output {
    strace
        .arg(std::env::current_exe().unwrap())
        .args(["publishing_process", "--exact", "--ignored", "--test-threads=1"])
        .env(VARIABLE, directory)
        .output()
        .unwrap()
}

fn can_trace() -> bool {
    let probe = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "-e", "inject=linkat:error=EIO", "true"])
        .output();
    let works = probe.is_ok_and(|output| output.status.success());
    if !works {
        _ = writeln!(io::stderr(), "skipped: strace is not here or may not trace");
    }
    works
}

/// What must hold after `what` was done, now and after the run has ended.
fn assert_sound(directory: &Path, what: &str) {
    let outcome = fs::read_to_string(directory.join("outcome")).unwrap_or_default();
    let checkpoints = checkpoints(directory);
    checkpoints.settle(SystemTime::now().into()).unwrap();
    fs::write(directory.join("state.json"), r#"{"status":"failed"}"#).unwrap();
    // Long enough after the end that nobody renames over any of them any more.
    checkpoints.settle((SystemTime::now() + Duration::from_secs(7200)).into()).unwrap();

    let mut ids = BTreeSet::new();
    let mut summaries = Vec::new();
    for record in checkpoints.records() {
        let content =
            record.content.as_ref().unwrap_or_else(|reason| panic!("{what}: {} {reason}", record.name));
        assert_eq!(record.disagreements(), Vec::<String>::new(), "{what}");
        assert!(content.id.is_empty() || ids.insert(content.id.clone()), "{what}: an id stands twice");
        summaries.push(content.summary.clone());
    }
    summaries.sort();
    let count = |summary: &str| summaries.iter().filter(|found| *found == summary).count();
    assert_eq!(
        fs::read_to_string(directory.join("checkpoints/0002-summary.json")).unwrap(),
        RUNNERS,
        "{what}"
    );
    assert_eq!(count("the standing one"), 1, "{what}: {summaries:?}");
    assert_eq!(count("the destroyed one"), 1, "{what}: {summaries:?}");
    match outcome.as_str() {
        "saved" | "not durable" => assert_eq!(count("the new one"), 1, "{what}: {summaries:?}"),
        "refused" => assert_eq!(count("the new one"), 0, "{what}: {summaries:?}"),
        // Killed: nobody was told anything.
        _ => assert!(count("the new one") <= 1, "{what}: {summaries:?}"),
    }
    let user = rustix::process::geteuid().as_raw().to_string();
    let spool = directory.join(".stepwatch/spool").join(user);
    assert_eq!(fs::read_dir(spool).unwrap().count(), 0, "{what}: the spool is not empty");
}

/// Every system call from the first that names the run to the one that says the outcome, by its name
/// and its place among those of that name in its thread, which is how it is chosen.
fn calls_of_one_publish() -> Vec<(String, usize)> {
    let folder = run();
    let trace = folder.path().join("trace");
    let output = publishing(
        Command::new("strace").args(["-f", "-qq", "-e", "signal=none", "-o"]).arg(&trace),
        folder.path(),
    );
    assert!(output.status.success());
    let mut counts = BTreeMap::new();
    let mut found = Vec::new();
    let mut thread = None;
    let trace = fs::read_to_string(trace).unwrap();
    let directory = format!("\"{}\"", folder.path().display());
    for line in trace.lines() {
        let (id, call) = line.split_once(' ').unwrap();
        let Some((name, arguments)) = call.trim_start().split_once('(') else { continue };
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            continue;
        }
        let count = counts.entry((id, name)).or_insert(0);
        *count += 1;
        if arguments.contains("/outcome\"") {
            return found;
        }
        if arguments.contains(&directory) && !name.starts_with("exec") {
            thread.get_or_insert(id);
        }
        if thread == Some(id) {
            found.push((name.to_owned(), *count));
        }
    }
    panic!("the outcome was never said:\n{trace}");
}

#[test]
fn f44_a_publisher_may_be_killed_at_any_system_call() {
    if !can_trace() {
        return;
    }
    let calls = calls_of_one_publish();
    for name in ["openat", "getdents64", "flock", "write", "fchmod", "fsync", "linkat", "unlinkat", "close"] {
        assert!(calls.iter().any(|(call, _)| call == name), "no {name} among {calls:?}");
    }
    for (call, place) in &calls {
        let folder = run();
        let output = publish_traced(folder.path(), &format!("{call}:signal=KILL:when={place}"));
        assert!(!output.status.success(), "{call} {place} was never called");
        assert!(!folder.path().join("outcome").exists(), "{call} {place} came after the outcome");
        assert_sound(folder.path(), &format!("killed at {call} {place}"));
    }
    _ = writeln!(io::stderr(), "killed at each of {} system calls of one publish", calls.len());
}

#[test]
fn a_torn_entry_of_a_killed_publisher_does_not_hide_the_whole_one_of_the_same_record() {
    // The record was renamed over by the runner. A publisher was killed while it wrote it anew, for
    // a seq that the runner then took too.
    let folder = run();
    let user = rustix::process::geteuid().as_raw().to_string();
    let spool = folder.path().join(".stepwatch/spool").join(user);
    let entry_of_destroyed = |name: &String| name.ends_with(".0002-summary.json");
    let names = fs::read_dir(&spool).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let whole = names.into_iter().find(entry_of_destroyed).unwrap();
    fs::write(spool.join(whole.replace(".0002-", ".0003-")), "{\"format\": 1, \"ta").unwrap();
    fs::write(folder.path().join("checkpoints/0003-summary.json"), RUNNERS.replace("2}", "3}")).unwrap();
    assert_sound(folder.path(), "a torn entry beside a whole one");
}

#[test]
fn f29_a_publisher_loses_nothing_when_a_system_call_fails() {
    if !can_trace() {
        return;
    }
    let mut refused = 0;
    for (call, errors) in [
        ("mkdirat", &["EACCES", "EROFS", "ENOSPC"][..]),
        ("flock", &["EIO"]),
        ("fchmod", &["EPERM"]),
        ("fsync", &["EIO", "ENOSPC", "EINVAL"]),
        ("linkat", &["ENOSPC", "EIO", "EPERM", "EMLINK", "EXDEV", "EACCES"]),
        ("unlinkat", &["EIO", "EACCES"]),
    ] {
        for error in errors {
            for place in 1..MOST_CALLS {
                let folder = run();
                let output = publish_traced(folder.path(), &format!("{call}:error={error}:when={place}"));
                assert!(output.status.success(), "{call} {error} {place}: {output:?}");
                let outcome = fs::read_to_string(folder.path().join("outcome")).unwrap();
                assert_sound(folder.path(), &format!("{call} {place} fails with {error} ({outcome})"));
                refused += usize::from(outcome == "refused");
                let calls = usize::from(call == "unlinkat" || call == "fsync") * 5 + 3;
                if place > calls {
                    break;
                }
            }
        }
    }
    assert!(refused >= 5, "only {refused} failures were felt");
}

/// What holds after a power cut cannot be tried here; that the system was asked to keep it can.
#[test]
fn a_record_is_durable_before_it_has_its_name_and_the_name_before_it_is_said() {
    if !can_trace() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let output = publishing(
        Command::new("strace").args(["-f", "-y", "-qq", "-e", "trace=fsync,linkat", "-o"]).arg(&trace),
        folder.path(),
    );
    assert!(output.status.success());
    let trace = fs::read_to_string(trace).unwrap();
    let calls: Vec<&str> = trace.lines().filter_map(|line| Some(line.split_once(' ')?.1.trim())).collect();
    let link = calls.iter().position(|call| call.starts_with("linkat(")).unwrap();
    let is_sync = |call: &&str, of: &str| call.starts_with("fsync(") && call.contains(of);
    assert!(calls[..link].iter().any(|call| is_sync(call, "-summary.json>")), "{calls:#?}");
    assert!(calls[link..].iter().any(|call| is_sync(call, "/checkpoints>")), "{calls:#?}");
}

#[test]
fn f46_an_unwritable_run_can_be_watched_and_a_checkpoint_names_its_owner() {
    if !can_trace() {
        return;
    }
    for error in ["EACCES", "EROFS"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("stdout.jsonl"), "{\"seq\":1,\"text\":\"a line\\n\"}\n").unwrap();
        let stepwatch = |arguments: &[&str]| {
            Command::new("strace")
                .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("inject=mkdirat:error={error}")])
                .arg(env!("CARGO_BIN_EXE_stepwatch"))
                .args(arguments)
                .arg(folder.path())
                .output()
                .unwrap()
        };
        let watched = stepwatch(&["log"]);
        assert!(watched.status.success(), "{watched:?}");
        assert!(String::from_utf8_lossy(&watched.stdout).contains("a line"), "{watched:?}");
        let refused = stepwatch(&["checkpoint", "summary", "-m", "x"]);
        assert_eq!(refused.status.code(), Some(3), "{error}: {refused:?}");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(said.contains("belongs to"), "{error}: {said}");
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["stdout.jsonl"], "{error}");
    }
}
