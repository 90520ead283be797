//! The exact log tail: the worked cases of the contract, and any run against a naive model of it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "log_tail/growing.rs"]
mod growing;
#[path = "log_tail/naive.rs"]
mod naive;

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::num::NonZeroUsize;
use std::path::Path;

use serde_json::{Value, json};
use stepwatch::checkpoint::{CheckpointError, Checkpoints, DEFAULT_LIMIT, Draft, LogTail, RECORD_LIMIT};
use stepwatch::model::Model;
use stepwatch::run::{RunDirectory, Timestamp};

fn limit(limit: usize) -> NonZeroUsize {
    NonZeroUsize::new(limit).unwrap()
}

fn write_lines(path: &Path, lines: &[Value]) {
    fs::write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

fn write_session(folder: &Path, vector: &Value) {
    for name in ["worker", "stdout", "stderr"] {
        write_lines(&folder.join(format!("{name}.jsonl")), vector["session"][name].as_array().unwrap());
    }
    let mut identity = json!({"format": 1, "taskId": "task-1", "stepId": "step-1", "runId": "run-1"});
    if !vector["checkpoint"].is_null() {
        identity["checkpoint"] = vector["checkpoint"].clone();
    }
    fs::write(folder.join("run.json"), identity.to_string()).unwrap();
}

/// What came out, in the words of the vectors.
fn carry_out(folder: &Path, vector: &Value) -> Value {
    let directory = RunDirectory::alone(folder);
    let checkpoints = Checkpoints::new(directory.clone(), &directory.identity());
    let count = vector["lineLimit"].as_u64().map_or(DEFAULT_LIMIT, |count| usize::try_from(count).unwrap());
    let tail = LogTail::exact(directory, limit(count)).unwrap();
    let summary = vector["summary"].as_str().map(str::to_owned);
    let time = Timestamp::from_milliseconds(1_774_080_000_036);
    let published = checkpoints.publish(Draft::LogTail { tail, summary }.record(), time);
    let state = checkpoints.state();
    assert_eq!(state.note.contains("checkpointing is disabled for this step"), published.is_err());
    let description = match &published {
        Ok(published) => Some(published.description.clone()),
        Err(error) => {
            assert!(matches!(error, CheckpointError::Disabled(_)), "{error}");
            assert!(!folder.join("checkpoints").exists() && !folder.join(".stepwatch").exists());
            None
        }
    };
    assert_eq!(state.latest, description);
    let record = checkpoints.records().pop().map(|record| record.content.unwrap());
    if let Some(record) = &record {
        assert_eq!(Some(record.summary.as_str()), vector["summary"].as_str());
    }
    let payload = record.map_or(Value::Null, |record| record.payload);
    json!({
        "emitted": published.is_ok(),
        "source": payload["source"],
        "lines": payload["lines"],
        "truncated": payload["truncated"],
        "lastCheckpointSeq": state.last_checkpoint_seq,
        "nextCheckpointSeq": state.next_checkpoint_seq,
        "mode": state.mode,
        "supportedTypes": state.supported_types,
        "described": description,
    })
}

#[test]
fn every_worked_case_of_the_contract_comes_out_exactly() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors/log-tail.json")).unwrap();
    assert_eq!(vectors.len(), 24);
    for vector in &vectors {
        let folder = tempfile::tempdir().unwrap();
        write_session(folder.path(), vector);
        assert_eq!(carry_out(folder.path(), vector), vector["expect"], "{}", vector["name"]);
    }
}

#[test]
fn every_channel_keeps_its_label_and_every_text_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).unwrap();
    write("worker.jsonl", b"{\"seq\":1,\"event\":\"step_started\"}\n{\"seq\":9,\"renderedLine\":\"\"}\n");
    write(
        "stdout.jsonl",
        b"first\n{\"seq\":2,\"text\":\"a\\r\\nb\\n\"}\nthread panicked \xff\n{\"seq\":3,\"text\":\"cu\n",
    );
    write("stderr.jsonl", b"{\"seq\":3,\"bytes\":\"/2EK\"}\n{\"seq\":4,\"text\":\"not an entry ye");
    write("audit trail.jsonl", b"{\"seq\":3,\"msg\":\"hi\"}\n");
    let tail = LogTail::exact(RunDirectory::alone(folder.path()), limit(20)).unwrap();
    let expected = [
        "[stdout] first",
        "[worker] step_started",
        "[stdout] a\r\nb\n",
        "[stdout] thread panicked \u{fffd}",
        "[stdout] {\"seq\":3,\"text\":\"cu",
        "[stderr] \u{fffd}a\n",
        "[audit trail] {\"seq\":3,\"msg\":\"hi\"}",
        "[worker] ",
    ];
    assert_eq!(tail.lines, expected);
    assert_eq!((tail.truncated, tail.lossy, tail.log_seq), (false, true, Some(9)));
    let last = LogTail::exact(RunDirectory::alone(folder.path()), limit(2)).unwrap();
    assert_eq!(last.lines, expected[6..]);
    assert_eq!((last.truncated, last.lossy), (true, false));
}

#[test]
fn an_entry_that_stands_far_before_the_end_of_its_file_is_in_the_tail_where_its_seq_belongs() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = vec![json!({"seq": 1_000_000, "text": "early in the file, last in the run"})];
    lines.extend((1..=40_000).map(|seq| json!({"seq": seq, "text": "x".repeat(60)})));
    write_lines(&folder.path().join("stdout.jsonl"), &lines);
    let directory = RunDirectory::alone(folder.path());
    let end = Model::load_end(directory.clone(), 2).unwrap();
    assert!(!end.is_loaded(), "the end alone is read");
    assert_eq!(LogTail::of(&end, limit(2)).unwrap_err().kind(), ErrorKind::WouldBlock);
    let tail = LogTail::exact(directory, limit(2)).unwrap();
    assert_eq!(tail.lines[1], "[stdout] early in the file, last in the run");
    assert_eq!(tail.summary(), "last 2 entries up to seq 1000000");
}

#[test]
fn a_run_without_seqs_has_a_tail_in_the_order_that_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("stdout.log", "2026-03-21T08:00:02Z two\n  more of two\n2026-03-21T08:00:04Z four\n");
    write("stderr.log", "2026-03-21T08:00:03Z three\n");
    let tail = LogTail::exact(RunDirectory::alone(folder.path()), limit(3)).unwrap();
    let expected = [
        "[stdout]   more of two",
        "[stderr] 2026-03-21T08:00:03Z three",
        "[stdout] 2026-03-21T08:00:04Z four",
    ];
    assert_eq!(tail.lines, expected);
    assert_eq!((tail.truncated, tail.log_seq), (true, None));
    assert_eq!(tail.summary(), "last 3 entries");
    write("stdout.log", "b\na\n");
    write("stderr.log", "c\n");
    let tail = LogTail::exact(RunDirectory::alone(folder.path()), limit(2)).unwrap();
    assert_eq!(tail.lines, ["[stdout] a", "[stderr] c"]);
}

#[test]
fn an_entry_that_the_screens_cut_is_whole_in_a_tail() {
    let folder = tempfile::tempdir().unwrap();
    // Longer than a line that is held whole, and one longer than a line that is decoded elsewhere.
    for (name, seq, length) in [("stdout", 1, 17 << 20), ("stderr", 2, 80 << 20)] {
        let text = format!("{}\u{1f680}end\n", "x".repeat(length));
        write_lines(&folder.path().join(format!("{name}.jsonl")), &[json!({"seq": seq, "text": text})]);
    }
    let tail = LogTail::exact(RunDirectory::alone(folder.path()), limit(5)).unwrap();
    let expected = |name: &str, length: usize| format!("[{name}] {}\u{1f680}end\n", "x".repeat(length));
    assert!(tail.lines[0] == expected("stdout", 17 << 20), "the shorter one is whole");
    assert!(tail.lines[1] == expected("stderr", 80 << 20), "the longer one is whole");
    assert_eq!((tail.lines.len(), tail.truncated), (2, false));
}

#[test]
fn a_tail_of_a_file_that_lost_its_end_since_it_was_indexed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stdout.jsonl");
    let lines: Vec<Value> = (1..=2000).map(|seq| json!({"seq": seq, "text": "line\n"})).collect();
    write_lines(&path, &lines);
    let model = Model::load(RunDirectory::alone(folder.path())).unwrap();
    assert_eq!(LogTail::of(&model, limit(3)).unwrap().lines.len(), 3);
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    // In the middle of the last line, between two lines, and far before the tail.
    for lost in [5, 24, 20_000] {
        file.set_len(file.metadata().unwrap().len() - lost).unwrap();
        assert_lost_bytes(&model);
    }
}

#[track_caller]
fn assert_lost_bytes(model: &Model) {
    let error = LogTail::of(model, limit(3)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{error}");
    assert!(error.to_string().contains("try again"), "{error}");
}

#[test]
fn the_same_is_refused_beside_entries_that_are_so_long_that_they_are_read_one_by_one() {
    for (length, lost) in [(2 << 20, 5), (2 << 20, 1 << 20), (17 << 20, 1 << 20)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stdout.jsonl");
        let long = json!({"seq": 3, "text": "x".repeat(length)});
        write_lines(&path, &[json!({"seq": 1, "text": "one\n"}), json!({"seq": 2, "text": "two\n"}), long]);
        let model = Model::load(RunDirectory::alone(folder.path())).unwrap();
        assert_eq!(LogTail::of(&model, limit(3)).unwrap().lines.len(), 3);
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(file.metadata().unwrap().len() - lost).unwrap();
        assert_lost_bytes(&model);
    }
}

#[test]
fn a_tail_of_a_file_that_holds_other_entries_since_it_was_indexed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stdout.jsonl");
    let lines: Vec<Value> = (1..=20).map(|seq| json!({"seq": seq, "text": "line\n"})).collect();
    write_lines(&path, &lines);
    let model = Model::load(RunDirectory::alone(folder.path())).unwrap();
    // As long as before, and no line of what it was.
    let length = usize::try_from(fs::metadata(&path).unwrap().len()).unwrap();
    fs::write(&path, vec![b'x'; length]).unwrap();
    assert_lost_bytes(&model);
    assert_eq!(LogTail::of(&model, limit(20)).unwrap_err().kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn a_tail_of_a_run_of_which_a_log_cannot_be_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_lines(&folder.path().join("stderr.jsonl"), &[json!({"seq": 1, "text": "one"})]);
    let fifo = folder.path().join("stdout.jsonl");
    let mode = rustix::fs::Mode::RUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let error = LogTail::exact(RunDirectory::alone(folder.path()), limit(3)).unwrap_err();
    assert!(error.to_string().starts_with("stdout.jsonl: cannot be read"), "{error}");
    let nothing = RunDirectory::alone(folder.path().join("nothing"));
    assert_eq!(LogTail::exact(nothing, limit(3)).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_tail_that_is_longer_than_a_record_may_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stdout.jsonl");
    write_lines(&path, &[json!({"seq": 1, "text": "one"})]);
    // A line with a hole in it takes no room on the disk.
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"seq\":2,\"text\":\"").unwrap();
    file.set_len(RECORD_LIMIT + 100).unwrap();
    file.write_all(b"\"}\n").unwrap();
    let error = LogTail::exact(RunDirectory::alone(folder.path()), limit(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileTooLarge, "{error}");
    assert!(error.to_string().contains("ask for fewer"), "{error}");
    file.write_all(b"{\"seq\":3,\"text\":\"three\"}\n").unwrap();
    let tail = LogTail::exact(RunDirectory::alone(folder.path()), limit(1)).unwrap();
    assert_eq!(tail.lines, ["[stdout] three"]);
}
