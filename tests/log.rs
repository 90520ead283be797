//! `stepwatch log` and the commands beside it: the real binary on run directories that the test
//! writes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use regex::bytes::Regex;
use serde_json::{Value, json};
use stepwatch::model::Model;
use stepwatch::report::{Form, LogRequest, Presentation};
use stepwatch::run::{Channel, RunDirectory, decode, line_order};

/// How long something that must come may take.
const DEADLINE: Duration = Duration::from_secs(30);

fn stepwatch() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepwatch"));
    command.env_remove("STEPWATCH_ROOT").env_remove("NO_COLOR").env("TERM", "xterm-256color");
    command
}

struct Run {
    _root: tempfile::TempDir,
    path: PathBuf,
}

impl Run {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("task-1/run-1");
        fs::create_dir_all(&path).unwrap();
        Self { path, _root: root }
    }

    /// A run with ties, a gap, a malformed line, bytes, and entries of several lines and none.
    fn with_everything() -> Self {
        let run = Self::new();
        run.append("worker.jsonl", &lines(&[
            json!({"seq": 1, "ts": "2026-03-21T08:00:00.036Z", "event": "step_started", "renderedLine": "started"}),
            json!({"seq": 5, "renderedLine": "tie of worker"}),
        ]));
        run.append("stdout.jsonl", &lines(&[json!({"seq": 2, "text": "a\nb\n"})]));
        run.append("stdout.jsonl", "not JSON\n");
        run.append(
            "stdout.jsonl",
            &lines(&[
                json!({"seq": 5, "text": "first tie of stdout\n"}),
                json!({"seq": 5, "text": "second tie of stdout\n"}),
                json!({"seq": 8, "bytes": "/2EK"}),
                json!({"seq": 9, "text": "Proceed? "}),
            ]),
        );
        run.append(
            "stderr.jsonl",
            &lines(&[
                json!({"seq": 3, "text": "\u{1b}[31mred\u{1b}[0m \u{1b}[2J\n"}),
                json!({"seq": 5, "text": "tie of stderr\n"}),
            ]),
        );
        run
    }

    fn append(&self, name: &str, text: &str) {
        append(&self.path.join(name), text);
    }

    fn finish(&self) {
        let replacement = self.path.join(".state.json");
        fs::write(&replacement, r#"{"status":"succeeded","exitCode":0}"#).unwrap();
        fs::rename(replacement, self.path.join("state.json")).unwrap();
    }

    fn log(&self, arguments: &[&str]) -> Output {
        stepwatch().arg("log").arg(&self.path).args(arguments).output().unwrap()
    }

    fn text(&self, arguments: &[&str]) -> String {
        let output = self.log(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn seqs(&self, arguments: &[&str]) -> Vec<Value> {
        let text = self.text(&[arguments, &["--json"]].concat());
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].clone()).collect()
    }
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn lines(entries: &[Value]) -> String {
    entries.iter().map(|entry| format!("{entry}\n")).collect()
}

fn numbered(from: u64, to: u64) -> String {
    lines(&(from..=to).map(|seq| json!({"seq": seq, "text": format!("line {seq}\n")})).collect::<Vec<_>>())
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_log_is_merged_by_seq_ties_by_channel_and_then_by_place_in_the_file() {
    let run = Run::with_everything();
    let output = run.log(&["--all"]);
    let expected = b"[worker] started\n\
        [stdout] a\n[stdout] b\n\
        [stdout] not JSON\n\
        [stderr] \x1b[31mred\x1b[0m \x1b[2J\n\
        [worker] tie of worker\n\
        [stdout] first tie of stdout\n\
        [stdout] second tie of stdout\n\
        [stderr] tie of stderr\n\
        [stdout] \xffa\n\
        [stdout] Proceed? \n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(expected));
    assert_eq!(output.stdout, expected);
    assert_eq!((code(&output), error(&output)), (0, String::new()));
}

#[test]
fn json_has_one_object_an_entry_with_exactly_the_keys_of_the_contract() {
    let run = Run::with_everything();
    let expected = [
        r#"{"seq":1,"ts":"2026-03-21T08:00:00.036Z","channel":"worker","text":"started"}"#,
        r#"{"seq":2,"ts":null,"channel":"stdout","text":"a\nb\n"}"#,
        r#"{"seq":null,"ts":null,"channel":"stdout","text":"not JSON","malformed":true}"#,
    ];
    let text = run.text(&["--all", "--json"]);
    assert_eq!(text.lines().take(3).collect::<Vec<_>>(), expected);
    assert!(text.contains("\n{\"seq\":8,\"ts\":null,\"channel\":\"stdout\",\"bytes\":\"/2EK\"}\n"));
}

#[test]
fn raw_prints_the_bytes_of_the_text_and_nothing_else() {
    let run = Run::with_everything();
    let output = run.log(&["--raw", "--all", "--channel", "stdout"]);
    assert_eq!(output.stdout, b"a\nb\nnot JSONfirst tie of stdout\nsecond tie of stdout\n\xffa\nProceed? ");
}

#[test]
fn the_last_twenty_entries_are_shown_unless_something_else_is_asked_for() {
    let run = Run::new();
    run.append("stdout.jsonl", &numbered(1, 100));
    run.append("stderr.jsonl", &lines(&[json!({"seq": 50, "text": "odd one out"})]));
    let seqs = |from: u64, to: u64| (from..=to).map(Value::from).collect::<Vec<_>>();
    assert_eq!(run.seqs(&[]), seqs(81, 100));
    assert_eq!(run.seqs(&["-n", "3"]), seqs(98, 100));
    assert_eq!(run.seqs(&["-n", "3", "--exact"]), seqs(98, 100));
    assert_eq!(run.seqs(&["-n", "0"]), seqs(1, 0));
    assert_eq!(run.seqs(&["--all"]).len(), 101);
    assert_eq!(run.seqs(&["--from", "98"]), seqs(98, 100));
    assert_eq!(run.seqs(&["--to", "30"]), seqs(1, 30));
    assert_eq!(run.seqs(&["--from", "40", "--to", "42"]), seqs(40, 42));
    assert_eq!(run.seqs(&["--from", "40", "--to", "49", "-n", "2"]), seqs(48, 49));
    assert_eq!(run.seqs(&["--from", "49", "--to", "51"]), [49, 50, 50, 51].map(Value::from));
    assert_eq!(run.seqs(&["--grep", "odd|line 7$"]), [7, 50].map(Value::from));
    assert_eq!(run.seqs(&["--grep", "^line", "-n", "2"]), seqs(99, 100));
    assert_eq!(run.seqs(&["--channel", "stderr"]), [50].map(Value::from));
    assert_eq!(run.seqs(&["--channel", "stderr,worker", "--from", "51"]), seqs(1, 0));
    assert_eq!(run.seqs(&["--channel", "stdout,stderr", "--from", "100"]), seqs(100, 100));
}

#[test]
fn a_pattern_is_held_against_decoded_text_and_no_hit_is_a_no() {
    let run = Run::new();
    run.append("stdout.jsonl", "{\"seq\":1,\"text\":\"caf\\u00e9 \\\"x\\\"\"}\n");
    assert_eq!(run.seqs(&["--grep", "café \"x\""]).len(), 1);
    let output = run.log(&["--grep", "u00e9"]);
    assert_eq!((code(&output), output.stdout.len()), (1, 0));
}

#[test]
fn exit_statuses_tell_wrong_usage_from_what_could_not_be_done() {
    let run = Run::with_everything();
    for arguments in
        [&["--grep", "("][..], &["-n", "x"], &["--raw", "--json"], &["--from", "-1"], &["-n", "1", "--all"]]
    {
        assert_eq!(code(&run.log(arguments)), 2, "{arguments:?}");
    }
    assert_eq!(code(&stepwatch().arg("log").output().unwrap()), 2);
    let missing = stepwatch().args(["log", "/nowhere/run"]).output().unwrap();
    assert_eq!(code(&missing), 3);
    assert!(error(&missing).starts_with("error: /nowhere/run: no such folder"), "{}", error(&missing));
    let channel = run.log(&["--channel", "audit"]);
    assert_eq!(code(&channel), 3);
    assert!(error(&channel).contains("it has worker, stdout, stderr"), "{}", error(&channel));
    let plain = Run::new();
    plain.append("stdout.log", "no seq\n");
    assert_eq!(code(&plain.log(&["--from", "1"])), 3);
    let several = Run::new();
    several.append("worker.jsonl", "");
    fs::create_dir(several.path.with_file_name("run-2")).unwrap();
    fs::write(several.path.with_file_name("run-2").join("run.json"), "{}").unwrap();
    let output = stepwatch().arg("log").arg(several.path.parent().unwrap()).output().unwrap();
    assert_eq!(code(&output), 3);
    assert!(error(&output).contains("means 2 runs; name one of them:\n"), "{}", error(&output));
}

#[test]
fn a_run_is_found_by_its_id_below_the_default_root() {
    let run = Run::with_everything();
    fs::write(run.path.join("run.json"), r#"{"runId":"by-id","taskId":"of-task"}"#).unwrap();
    let root = run.path.parent().and_then(Path::parent).unwrap();
    for id in ["run-1", "task-1/run-1", "by-id", "of-task/by-id"] {
        let output = stepwatch().args(["log", id]).env("STEPWATCH_ROOT", root).output().unwrap();
        assert!(output.stdout.starts_with(b"[worker] started\n"), "{id}: {}", error(&output));
    }
    let output = stepwatch().args(["log", "run-9"]).env("STEPWATCH_ROOT", root).output().unwrap();
    assert_eq!(code(&output), 3);
}

#[test]
fn a_broken_pipe_ends_it_quietly() {
    let run = Run::new();
    run.append("stdout.jsonl", &numbered(1, 50_000));
    let mut child = stepwatch()
        .arg("log")
        .arg(&run.path)
        .arg("--all")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first, "[stdout] line 1\n");
    assert_eq!(wait(&mut child).code(), Some(0));
    let mut complaint = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!(complaint, "");
}

#[test]
fn colours_are_written_when_they_are_asked_for_and_text_in_a_pipe_stays_verbatim() {
    let run = Run::with_everything();
    assert!(!run.text(&["-n", "1"]).contains('\u{1b}'));
    assert!(!run.text(&["-n", "1", "--color", "never"]).contains('\u{1b}'));
    assert_eq!(run.text(&["-n", "1", "--color", "always"]), "\u{1b}[32m[stdout]\u{1b}[0m Proceed? \n");
}

/// Everything that the program writes to a terminal of its own.
#[cfg(unix)]
fn on_a_terminal(arguments: &[&str], run: &Run, variables: &[(&str, &str)]) -> String {
    use portable_pty::{CommandBuilder, PtySize, native_pty_system};
    let pair = native_pty_system().openpty(PtySize { rows: 24, cols: 200, ..PtySize::default() }).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_stepwatch"));
    command.arg("log");
    command.arg(&run.path);
    command.args(arguments);
    command.env_remove("NO_COLOR");
    command.env("TERM", "xterm-256color");
    for (name, value) in variables {
        command.env(name, value);
    }
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut output = Vec::new();
    let mut reader = pair.master.try_clone_reader().unwrap();
    // A pseudo-terminal whose other side is closed ends in an error on Linux.
    let mut chunk = [0; 4096];
    while let Ok(count) = reader.read(&mut chunk)
        && count > 0
    {
        output.extend_from_slice(&chunk[..count]);
    }
    child.wait().unwrap();
    String::from_utf8(output).expect("text on a terminal is UTF-8")
}

#[cfg(unix)]
#[test]
fn on_a_terminal_text_is_harmless_and_coloured_unless_no_color_is_set() {
    let run = Run::with_everything();
    let colored = on_a_terminal(&["--all"], &run, &[]);
    assert!(colored.contains("\u{1b}[33m[stderr]\u{1b}[0m \u{1b}[31mred\u{1b}[0m "), "{colored:?}");
    assert!(colored.contains("␛"), "{colored:?}");
    assert!(!colored.contains("\u{1b}[2J"), "{colored:?}");
    for variables in [&[("NO_COLOR", "1")][..], &[("TERM", "dumb")]] {
        let plain = on_a_terminal(&["--all"], &run, variables);
        assert!(!plain.contains('\u{1b}'), "{plain:?}");
        assert!(plain.contains("[stderr] red ␛[2J"), "{plain:?}");
    }
    let json = on_a_terminal(&["--all", "--json"], &run, &[]);
    assert!(!json.contains('\u{1b}'), "{json:?}");
}

/// A follower whose lines arrive on a channel.
struct Following {
    child: Child,
    lines: Receiver<String>,
}

impl Following {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in output.split(b'\n') {
                let line = String::from_utf8_lossy(&line.unwrap()).into_owned();
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    fn log(run: &Run, arguments: &[&str]) -> Self {
        Self::start(stepwatch().arg("log").arg(&run.path).arg("-f").args(arguments))
    }

    fn next(&self) -> String {
        self.lines.recv_timeout(DEADLINE).expect("another line within the deadline")
    }

    /// Waits until the program ended; returns what it still wrote.
    fn rest(mut self) -> (Vec<String>, ExitStatus) {
        let status = wait(&mut self.child);
        (self.lines.iter().collect(), status)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > deadline {
            _ = child.kill();
            panic!("the program did not end within the deadline");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn following_prints_what_is_there_and_what_comes_until_the_run_ended() {
    let run = Run::new();
    run.append("stdout.jsonl", &numbered(1, 30));
    let following = Following::log(&run, &[]);
    for seq in 11..=30 {
        assert_eq!(following.next(), format!("[stdout] line {seq}"));
    }
    run.append("stdout.jsonl", &numbered(31, 31));
    assert_eq!(following.next(), "[stdout] line 31");
    // A file that appears later.
    run.append("stderr.jsonl", &lines(&[json!({"seq": 32, "text": "from a new file"})]));
    assert_eq!(following.next(), "[stderr] from a new file");
    // In one batch, of which nothing may be lost when the run ends.
    run.append("stdout.jsonl", &numbered(33, 400));
    run.finish();
    let (rest, status) = following.rest();
    let expected: Vec<String> = (33..=400).map(|seq| format!("[stdout] line {seq}")).collect();
    assert_eq!(rest, expected);
    assert_eq!(status.code(), Some(0));
}

#[test]
fn an_entry_that_comes_late_is_marked() {
    for (form, expected) in [
        (&["--channel", "stdout,stderr"][..], "[stderr] (late) two"),
        (&["--json"], r#"{"seq":2,"ts":null,"channel":"stderr","text":"two","late":true}"#),
    ] {
        let run = Run::new();
        run.append("stdout.jsonl", &numbered(1, 1));
        run.append("stdout.jsonl", &numbered(3, 3));
        let following = Following::log(&run, form);
        following.next();
        following.next();
        run.append("stderr.jsonl", &lines(&[json!({"seq": 2, "text": "two"})]));
        assert_eq!(following.next(), expected);
        run.append("stderr.jsonl", &lines(&[json!({"seq": 4, "text": "four"})]));
        assert!(!following.next().contains("late"));
        run.finish();
        assert_eq!(following.rest().0, Vec::<String>::new());
    }
}

#[test]
fn following_honours_channels_patterns_and_ranges() {
    let run = Run::new();
    run.append("run.json", "{}");
    let following =
        Following::log(&run, &["--channel", "stdout", "--grep", "[05]$", "--from", "3", "--to", "20"]);
    run.append("stdout.jsonl", &numbered(1, 12));
    run.append("stderr.jsonl", &numbered(15, 15));
    assert_eq!(following.next(), "[stdout] line 5");
    assert_eq!(following.next(), "[stdout] line 10");
    run.append("stdout.jsonl", &numbered(16, 30));
    run.finish();
    assert_eq!(following.rest().0, ["[stdout] line 20"]);
}

#[test]
fn every_entry_of_a_file_that_is_truncated_or_replaced_is_printed_once() {
    let run = Run::new();
    run.append("stdout.jsonl", &numbered(1, 3));
    run.append("stderr.jsonl", &lines(&[json!({"seq": 2, "text": "kept"})]));
    let following = Following::log(&run, &["--json"]);
    for _ in 0..4 {
        following.next();
    }
    fs::write(run.path.join("stdout.jsonl"), numbered(4, 5)).unwrap();
    let texts: Vec<Value> =
        (0..2).map(|_| serde_json::from_str::<Value>(&following.next()).unwrap()["text"].clone()).collect();
    assert_eq!(texts, ["line 4\n", "line 5\n"]);
    run.append("stdout.jsonl", &numbered(6, 6));
    run.finish();
    let (rest, _) = following.rest();
    assert_eq!(rest, [r#"{"seq":6,"ts":null,"channel":"stdout","text":"line 6\n"}"#]);
}

#[test]
fn nothing_is_lost_or_doubled_while_writers_append() {
    const ENTRIES: u64 = 4_000;
    let run = Run::new();
    run.append("run.json", "{}");
    let following = Following::log(&run, &["--all", "--json"]);
    let path = run.path.clone();
    let writer = std::thread::spawn(move || {
        let mut files: Vec<_> = ["worker.jsonl", "stdout.jsonl", "stderr.jsonl"]
            .map(|name| OpenOptions::new().create(true).append(true).open(path.join(name)).unwrap())
            .into();
        for seq in 1..=ENTRIES {
            let file = &mut files[usize::try_from(seq * 7 % 3).unwrap()];
            // In two writes, so that torn lines are met.
            let line = format!("{{\"seq\":{seq},\"text\":\"x\"}}\n");
            let (head, tail) = line.split_at(9);
            file.write_all(head.as_bytes()).unwrap();
            file.write_all(tail.as_bytes()).unwrap();
            if seq % 500 == 0 {
                std::thread::yield_now();
            }
        }
    });
    writer.join().unwrap();
    run.finish();
    let (printed, _) = following.rest();
    let mut in_time = 0;
    let mut seqs: Vec<u64> = printed
        .iter()
        .map(|line| {
            let entry: Value = serde_json::from_str(line).unwrap();
            let seq = entry["seq"].as_u64().unwrap();
            let late = entry.get("late").is_some();
            assert_eq!(late, seq < in_time, "{line} after {in_time}");
            in_time = in_time.max(seq);
            seq
        })
        .collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=ENTRIES).collect::<Vec<_>>());
}

#[test]
fn a_follower_ends_when_nobody_reads_any_more() {
    let run = Run::new();
    run.append("stdout.jsonl", &numbered(1, 1));
    let mut child = stepwatch().arg("log").arg(&run.path).arg("-f").stdout(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(wait(&mut child).code(), Some(0));
}

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

/// A log line as somebody might write it.
fn log_line() -> impl Strategy<Value = String> {
    let text = prop::sample::select(vec!["a", "b\n", "a\nb\n", "", "\r\u{1b}[31m", "é\n\n", "end"]);
    prop_oneof![
        8 => (0..40_u64, text.clone()).prop_map(|(seq, text)| json!({"seq": seq, "text": text}).to_string()),
        1 => (0..40_u64, text).prop_map(|(seq, text)| json!({"renderedLine": text, "seq": seq}).to_string()),
        1 => (0..40_u64).prop_map(|seq| json!({"seq": seq, "bytes": "/2EK"}).to_string()),
        1 => (0..40_u64).prop_map(|seq| format!("{{\"seq\":{seq},\"text\":\"cut")),
        1 => Just("noise".to_owned()),
    ]
}

/// The merged log the naive way: the files one behind the other, each line with the seq of the line
/// before it where it has none, sorted stably; then everything that is not asked for is dropped.
fn naive(files: &[Vec<String>; 3], request: &LogRequest) -> Vec<u8> {
    let mut entries: Vec<(Option<u64>, Channel, &String)> = Vec::new();
    for (name, lines) in ["worker", "stdout", "stderr"].into_iter().zip(files) {
        let mut seq = None;
        for line in lines {
            seq = line_order(line.as_bytes()).seq.or(seq);
            entries.push((seq, Channel::from_name(name), line));
        }
    }
    entries.sort_by_key(|(seq, _, _)| *seq);
    entries.retain(|(seq, channel, line)| {
        (request.channels.is_empty() || request.channels.contains(channel))
            && request.from.is_none_or(|from| *seq >= Some(from))
            && request.to.is_none_or(|to| *seq <= Some(to))
            && request.pattern.as_ref().is_none_or(|pattern| pattern.is_match(decode(line.as_bytes()).text()))
    });
    let last = request.last.map_or(entries.len(), |last| usize::try_from(last).unwrap());
    let skipped = entries.len().saturating_sub(last);
    let mut out = Vec::new();
    for (_, channel, line) in &entries[skipped..] {
        let entry = decode(line.as_bytes());
        let text = entry.text();
        for line in text.strip_suffix(b"\n").unwrap_or(text).split(|byte| *byte == b'\n') {
            write!(out, "[{channel}] ").unwrap();
            out.extend_from_slice(line);
            out.push(b'\n');
        }
    }
    out
}

fn request() -> impl Strategy<Value = LogRequest> {
    let channels = prop::sample::subsequence(vec!["worker", "stdout", "stderr"], 0..=2)
        .prop_map(|names| names.into_iter().map(Channel::from_name).collect());
    let pattern = prop::option::of(prop::sample::select(vec!["a", "b$", "^$", "zzz"]));
    let seq = || prop::option::of(0..45_u64);
    (prop::option::of(0..30_u64), channels, pattern, seq(), seq()).prop_map(
        |(last, channels, pattern, from, to)| LogRequest {
            last,
            channels,
            pattern: pattern.map(|pattern| stepwatch::report::log::pattern(pattern).unwrap()),
            from,
            to,
        },
    )
}

proptest! {
    #[test]
    fn the_report_agrees_with_concatenating_and_sorting(
        files in prop::array::uniform3(prop::collection::vec(log_line(), 0..60)),
        requests in prop::collection::vec(request(), 1..6),
    ) {
        let has_seq = |line: &String| line_order(line.as_bytes()).seq.is_some();
        prop_assume!(files.iter().flatten().any(has_seq));
        let folder = tempfile::tempdir().unwrap();
        for (name, lines) in ["worker.jsonl", "stdout.jsonl", "stderr.jsonl"].into_iter().zip(&files) {
            fs::write(folder.path().join(name), lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        }
        let model = Model::load(RunDirectory::alone(folder.path())).unwrap();
        for request in requests {
            let mut out = Vec::new();
            request.write(&model, &mut out, Form::Text, Presentation::default()).unwrap();
            prop_assert_eq!(
                String::from_utf8_lossy(&out).into_owned(),
                String::from_utf8_lossy(&naive(&files, &request)).into_owned(),
                "{:?}", request
            );
        }
    }
}

#[test]
fn a_pattern_knows_the_ends_of_lines() {
    let pattern: Regex = stepwatch::report::log::pattern("^b$").unwrap();
    assert!(pattern.is_match(b"a\r\nb\r\nc"));
}
