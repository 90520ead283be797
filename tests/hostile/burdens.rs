//! S6, S7: what is huge, deep or too much, against the program itself with little memory and few open
//! files.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::session::Session;
use crate::session::allowed::{On, assert_all, refused};

/// The address space that a command may take, in KiB: less than the longest line has.
const MEMORY: &str = "ulimit -v 900000";
/// The memory that the screens may take, in KiB. Their address space is no measure: every thread
/// reserves some.
const MEMORY_OF_SCREENS: u64 = 600_000;
/// The line that no memory of it can hold.
const GIBIBYTE: u64 = 1 << 30;
const FEW_FILES: &str = "ulimit -n 64";

/// A command under a limit of the shell.
fn limited(limit: &str, arguments: &[&str], run: &Path) -> Output {
    let script = format!("{limit} && exec timeout -k 1 100 \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_stepwatch")]).args(arguments).arg(run);
    command.env("STEPWATCH_CONFIG", "/dev/null").output().unwrap()
}

fn open(limit: &str, run: &Path) -> Session {
    let script = format!("{limit} && exec \"$@\"");
    let program = env!("CARGO_BIN_EXE_stepwatch");
    Session::start("sh", &["-c", &script, "sh", program, run.to_str().unwrap()], &[], 30, 120)
}

/// The most memory that a process ever had, in KiB.
fn most_memory(session: &Session) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", session.process().as_raw_nonzero())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// An empty run that failed.
fn empty_run(root: &Path) -> PathBuf {
    let run = root.join("task/run");
    fs::create_dir_all(run.join("checkpoints")).unwrap();
    fs::write(run.join("run.json"), r#"{"format":1,"taskId":"task","runId":"run"}"#).unwrap();
    fs::write(run.join("state.json"), r#"{"status":"failed"}"#).unwrap();
    run
}

fn a_million_keys() -> String {
    (0..1_000_000).map(|number| format!("\"k{number}\":{number},")).collect()
}

/// A run of all that a reader of JSON breaks on.
fn heavy_run(root: &Path) -> PathBuf {
    let run = empty_run(root);
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let (many, long) = (a_million_keys(), "x".repeat(10_000_000));
    let lines = [
        open.clone(),
        format!("{{\"seq\":3,\"text\":{open}"),
        format!("{{\"seq\":4,\"data\":{open}{close},\"text\":\"deep\\n\"}}"),
        format!("{{\"seq\":5,{many}\"text\":\"many keys\\n\"}}"),
        format!("{{\"seq\":6,\"text\":\"{long}\\n\"}}"),
        r#"{"seq":7,"data":1e999,"text":"infinite\n"}"#.to_owned(),
        r#"{"seq":8,"text":"a \u0000 nul\n"}"#.to_owned(),
        r#"{"seq":9,"text":"a lone \ud800 half\n"}"#.to_owned(),
        r#"{"seq":10,"text":"first\n","text":"second\n"}"#.to_owned(),
        r#"{"seq":11,"seq":12,"text":"two places\n"}"#.to_owned(),
        r#"{"seq":1e999,"text":"no place\n"}"#.to_owned(),
        r#"{"seq":13,"text":"all was read\n"}"#.to_owned(),
    ];
    fs::write(run.join("worker.jsonl"), lines.join("\n") + "\n").unwrap();
    let mut log = File::create(run.join("stdout.jsonl")).unwrap();
    log.write_all(b"{\"seq\":2,\"text\":\"").unwrap();
    log.seek(SeekFrom::Start(GIBIBYTE)).unwrap();
    log.write_all(b"\"}\n{\"seq\":14,\"text\":\"after the gibibyte\\n\"}\n").unwrap();
    let many = many.trim_end_matches(',');
    let records = [
        format!(r#"{{"seq":1,"type":"summary","summary":"deep","payload":{open}{close}}}"#),
        format!(r#"{{"seq":2,"type":"other","summary":"keys","payload":{{{many}}}}}"#),
        r#"{"seq":3,"type":"log_tail","summary":"odd","payload":{"lines":["\ud800"],"n":1e999}}"#.to_owned(),
        format!(r#"{{"seq":4,"type":"summary","summary":"{long}"}}"#),
        r#"{"seq":5,"seq":6,"type":"summary","summary":"one","summary":"two"}"#.to_owned(),
    ];
    for (number, record) in (1..).zip(records) {
        fs::write(run.join(format!("checkpoints/{number:04}-summary.json")), record).unwrap();
    }
    run
}

#[test]
fn s6_what_is_huge_deep_or_odd_is_printed_in_less_memory_than_its_longest_line_has() {
    let root = tempfile::tempdir().unwrap();
    let run = heavy_run(root.path());
    // The limit bites: whoever holds the line is ended by it.
    let hold = format!("{MEMORY}; exec python3 -c 'bytearray({GIBIBYTE})'");
    assert!(!Command::new("sh").args(["-c", &hold]).output().unwrap().status.success());
    let printed = |arguments: &[&str], exit: i32| {
        let output = limited(MEMORY, arguments, &run);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {error}");
        assert_eq!(refused(error.replace('\n', "\r\n").as_bytes(), On::Lines), None, "{arguments:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let log = printed(&["log", "--all"], 0);
    for text in ["infinite", "two places", "all was read", "after the gibibyte", "deep", "many keys"] {
        assert!(log.contains(text), "{text} is not in the log");
    }
    assert!(log.contains("a lone ") && log.contains(" nul\n"));
    assert!(log.len() < 20_000_000, "{}", log.len());
    let json = printed(&["log", "--all", "--json"], 0);
    for line in json.lines() {
        serde_json::from_str::<serde::de::IgnoredAny>(line).unwrap();
    }
    assert!(printed(&["check"], 1).contains("malformed"));
    printed(&["why", "--for", "1ms"], 1);
    let records = printed(&["checkpoint", "list"], 0);
    assert!(records.contains("recursion limit") && records.contains("duplicate field"), "{records}");
    assert!(printed(&["runs"], 0).contains("after the gibibyte"));
}

#[test]
fn s6_what_is_huge_deep_or_odd_is_shown_in_less_memory_than_its_longest_line_has() {
    let root = tempfile::tempdir().unwrap();
    let run = heavy_run(root.path());
    let mut session = open("true", &run);
    session.wait_for_text("after the gibibyte");
    session.wait_for_text("all was read");
    // Every entry is opened once.
    session.press("g");
    session.wait_for_text("held");
    for _ in 0..14 {
        session.press("\r");
        session.wait_for_text("─ entry ");
        session.press("q");
        session.wait_for("the log", |screen| !screen.contents().contains("─ entry "));
        session.press("j");
    }
    session.press("w");
    session.wait_for_text("looked ");
    session.press("q");
    session.wait_for("the log", |screen| !screen.contents().contains("looked "));
    session.press("c");
    session.wait_for("the records", |screen| screen.contents().contains("0005-summary.json"));
    for _ in 0..5 {
        session.press("k");
    }
    session.wait_for_text("recursion limit");
    let most = most_memory(&session);
    assert!(most < MEMORY_OF_SCREENS, "the program used {most} kB");
    session.press("Q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
    assert_all(&session.received(), On::Screen);
}

/// A gibibyte of zeros as `gzip` packs it, in about a mebibyte; not made where there is no `gzip`.
fn pack_zeros(path: &Path) {
    let script = "head -c 1073741824 /dev/zero | gzip -1 >\"$1\"";
    assert!(Command::new("sh").args(["-c", script, "sh"]).arg(path).status().unwrap().success());
}

#[test]
fn s7_packed_files_a_hundred_thousand_files_and_drawings_are_no_burden() {
    const LOGS: usize = 5_000;
    const OTHERS: usize = 95_000;
    let root = tempfile::tempdir().unwrap();
    let run = empty_run(root.path());
    for number in 0..LOGS {
        let line = format!("{{\"seq\":{},\"text\":\"line {number}\\n\"}}\n", number + 1);
        fs::write(run.join(format!("channel-{number:04}.jsonl")), line).unwrap();
    }
    for number in 0..OTHERS {
        File::create(run.join(format!("file-{number:05}.tmp"))).unwrap();
    }
    // Packed: neither unpacked nor taken for logs or records.
    pack_zeros(&run.join("worker.jsonl.1.gz"));
    for name in ["worker.jsonl.gz", "logs.zst", "checkpoints/0001-summary.json.gz"] {
        fs::copy(run.join("worker.jsonl.1.gz"), run.join(name)).unwrap();
    }
    // A drawing: places, colours, and the screen cleared again and again.
    let drawing = r"\u001b[2J\u001b[1;1H\u001b[31;5m█\u001b[10A\u001b[3;7r\u001bc".repeat(2_000);
    fs::write(run.join("stdout.jsonl"), format!("{{\"seq\":9000,\"text\":\"{drawing} drawn\\n\"}}\n"))
        .unwrap();
    let limits = format!("{FEW_FILES} && {MEMORY}");
    let log = limited(&limits, &["log", "--all", "--json"], &run);
    assert!(log.status.success(), "{}", String::from_utf8_lossy(&log.stderr));
    assert_eq!(log.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count(), LOGS + 1);
    let said = String::from_utf8_lossy(&log.stderr);
    assert!(said.contains("5001 log files are followed with 16 of them open at a time"), "{said}");
    let records = limited(&limits, &["checkpoint", "list"], &run);
    assert!(String::from_utf8_lossy(&records.stdout).ends_with("latest: –\n"), "{records:?}");
    let mut session = open(FEW_FILES, &run);
    session.wait_for_text("line 4999");
    session.press("Q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
    assert_all(&session.received(), On::Screen);
}
