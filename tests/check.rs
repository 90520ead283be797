//! `stepwatch check`: the real binary on run directories that the test writes.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn check(run: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stepwatch")).arg("check").arg(run).args(arguments).output().unwrap()
}

fn json_of(run: &Path) -> (Value, i32) {
    let output = check(run, &["--json"]);
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code().unwrap())
}

fn run(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

#[test]
fn a_run_that_keeps_the_contract_is_ok() {
    let run = run(&[
        ("worker.jsonl", "{\"seq\":1,\"renderedLine\":\"a\"}\n{\"seq\":3,\"renderedLine\":\"c\"}\n"),
        ("stdout.jsonl", "{\"seq\":2,\"text\":\"b\\n\"}\n{\"seq\":4,\"te"),
        ("checkpoints/0001-summary.json", r#"{"format":1,"seq":1,"type":"summary","payload":{}}"#),
    ]);
    let (found, status) = json_of(run.path());
    assert_eq!(status, 0);
    let expected = json!({
        "entries": 3,
        "channels": {
            "worker": {"entries": 2, "malformed": 0, "disorder": 0, "tornBytes": 0},
            "stdout": {"entries": 1, "malformed": 0, "disorder": 0, "tornBytes": 12},
        },
        "gaps": [],
        "ties": 0,
        "disorder": 0,
        "malformed": 0,
        "lines": [],
        "checkpoints": {"records": 1, "badNames": [], "clashes": [], "unreadable": []},
        "problems": [],
        "ok": true,
    });
    assert_eq!(found.to_string(), expected.to_string());
    let text = String::from_utf8(check(run.path(), &[]).stdout).unwrap();
    assert!(text.ends_with("ok: 3 entries, nothing breaks the contract\n"), "{text}");
}

#[test]
fn gaps_ties_disorder_and_malformed_lines_are_counted_exactly() {
    let run = run(&[
        // 3 twice, 7 before 5, 4 and 8 to 9 missing, one raw line, one broken body behind a seq.
        (
            "stdout.jsonl",
            "{\"seq\":1,\"text\":\"a\"}\n{\"seq\":2,\"text\":\"cut\nnoise\n{\"seq\":3,\"text\":\"\"}\n{\"seq\":7,\"text\":\"\"}\n\
             {\"seq\":5,\"text\":\"\"}\n{\"seq\":6,\"text\":7}\n",
        ),
        ("stderr.jsonl", "{\"seq\":3,\"text\":\"\"}\n{\"seq\":10,\"text\":\"\"}\n"),
    ]);
    let (found, status) = json_of(run.path());
    assert_eq!(status, 1);
    assert_eq!(found["entries"], 9);
    assert_eq!(found["gaps"], json!([{"from": 4, "to": 4}, {"from": 8, "to": 9}]));
    assert_eq!((&found["ties"], &found["disorder"], &found["malformed"]), (&json!(1), &json!(2), &json!(3)));
    assert_eq!(found["channels"]["stdout"]["malformed"], 3);
    assert_eq!(
        found["channels"]["stderr"],
        json!({"entries": 2, "malformed": 0, "disorder": 0, "tornBytes": 0})
    );
    assert_eq!(
        found["lines"],
        json!([
            {"file": "stderr.jsonl", "line": 1, "breach": "tie", "seq": 3},
            {"file": "stdout.jsonl", "line": 2, "breach": "malformed", "seq": 2},
            {"file": "stdout.jsonl", "line": 3, "breach": "malformed", "seq": null},
            {"file": "stdout.jsonl", "line": 6, "breach": "disorder", "seq": 5},
            {"file": "stdout.jsonl", "line": 7, "breach": "malformed", "seq": 6},
            {"file": "stdout.jsonl", "line": 7, "breach": "disorder", "seq": 6},
        ])
    );
    assert_eq!(found["ok"], false);
    let text = String::from_utf8(check(run.path(), &[]).stdout).unwrap();
    assert!(
        text.contains("stdout.jsonl:2: malformed behind its seq 2\nstdout.jsonl:3: malformed\n"),
        "{text}"
    );
    assert!(text.contains("stderr.jsonl:1: seq 3 once more\n"), "{text}");
    let verdict = "broken: 2 gaps, 1 tie, 2 entries out of order, 3 malformed lines\n";
    assert!(text.ends_with(verdict), "{text}");
}

#[test]
fn each_breach_alone_makes_the_answer_no() {
    let good = "{\"seq\":1,\"text\":\"\"}\n";
    for (what, files) in [
        ("gap", vec![("stdout.jsonl", "{\"seq\":1,\"text\":\"\"}\n{\"seq\":3,\"text\":\"\"}\n")]),
        ("tie", vec![("stdout.jsonl", good), ("stderr.jsonl", good)]),
        ("out of order", vec![("stdout.jsonl", "{\"seq\":2,\"text\":\"\"}\n{\"seq\":1,\"text\":\"\"}\n")]),
        ("malformed", vec![("stdout.jsonl", "{\"seq\":1,\"text\":\"\"}\nnoise\n")]),
        ("not NNNN-TYPE.json", vec![("stdout.jsonl", good), ("checkpoints/notes.md", "")]),
        (
            "the content says 2",
            vec![("stdout.jsonl", good), ("checkpoints/0001-summary.json", r#"{"seq":2,"type":"summary"}"#)],
        ),
        (
            "checkpoint 0001-summary.json",
            vec![("stdout.jsonl", good), ("checkpoints/0001-summary.json", "{")],
        ),
    ] {
        let run = run(&files);
        let output = check(run.path(), &[]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{what}: {text}");
        assert!(text.contains(what), "{text}");
        assert_eq!(json_of(run.path()).0["ok"], false, "{what}");
    }
}

#[test]
fn hostile_names_are_shown_harmless() {
    let run = run(&[
        ("stdout.jsonl", "{\"seq\":1,\"text\":\"\"}\n"),
        ("checkpoints/\u{1b}[2J\u{202e}.json", ""),
        ("a\u{1b}]0;x\u{7}.log", "plain\n"),
    ]);
    let text = String::from_utf8(check(run.path(), &[]).stdout).unwrap();
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text:?}");
    assert!(text.contains("␛[2J<U+202E>.json"), "{text}");
}

#[test]
fn what_is_no_run_cannot_be_checked() {
    let empty = tempfile::tempdir().unwrap();
    let output = check(empty.path(), &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("holds no run"));
}

#[cfg(unix)]
#[test]
fn files_that_cannot_be_read_or_say_nothing_valid_break_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path();
    std::fs::write(run.join("stdout.jsonl"), "{\"seq\":1,\"text\":\"one\\n\"}\n").unwrap();
    let check = |expected: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_stepwatch"))
            .arg("check")
            .arg(run)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(expected), "{text}");
        output.status.code()
    };
    assert_eq!(check("ok: 1 entry"), Some(0));
    let fifo = run.join("stderr.jsonl");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
        .unwrap();
    assert_eq!(check("stderr.jsonl"), Some(1));
    std::fs::remove_file(&fifo).unwrap();
    std::fs::write(run.join("state.json"), "garbage").unwrap();
    assert_eq!(check("state.json cannot be used"), Some(1));
    std::fs::write(run.join("state.json"), r#"{"status":"banana"}"#).unwrap();
    assert_eq!(check("state.json has no status"), Some(1));
    std::fs::write(run.join("state.json"), r#"{"status":"running"}"#).unwrap();
    std::fs::write(run.join("run.json"), r#"{"runId":"../../etc"}"#).unwrap();
    assert_eq!(check("runId that no writer accepts"), Some(1));
}
