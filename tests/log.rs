//! `stepwatch log` and the commands beside it: the real binary on run directories that the test
//! writes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "log/fixture.rs"]
mod fixture;
#[path = "log/follow.rs"]
mod follow;
#[path = "log/naive.rs"]
mod naive;
#[path = "log/range.rs"]
mod range;
#[path = "log/runs.rs"]
mod runs;
#[path = "log/search.rs"]
mod search;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use fixture::{Run, code, error, lines, numbered, stepwatch, wait};

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
    assert_eq!(output.stdout, b"a\nb\nnot JSON\nfirst tie of stdout\nsecond tie of stdout\n\xffa\nProceed? ");
}

#[test]
fn raw_prints_plain_text_logs_as_they_are() {
    let run = Run::new();
    let text = "2026-03-21 08:00:00 one\n\nthree\n";
    run.append("stdout.log", text);
    assert_eq!(run.text(&["--raw", "--all"]), text);
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
fn the_end_of_a_long_log_is_read_alone_and_says_when_it_is_out_of_order() {
    let run = Run::new();
    run.append("stdout.jsonl", &numbered(1, 5000));
    run.append("stderr.jsonl", &numbered(1, 2));
    let seqs = |from: u64, to: u64| (from..=to).map(Value::from).collect::<Vec<_>>();
    assert_eq!(run.seqs(&["-n", "3"]), seqs(4998, 5000));
    assert_eq!(error(&run.log(&["-n", "3"])), "");
    // What is asked for stands far from the end.
    assert_eq!(run.seqs(&["-n", "1", "--channel", "stderr"]), seqs(2, 2));
    assert_eq!(run.seqs(&["-n", "4999"]).len(), 4999);
    run.append("stdout.jsonl", &lines(&[json!({"seq": 4999, "text": "late"})]));
    assert_eq!(run.seqs(&["-n", "3"]), [4999, 4999, 5000].map(Value::from));
    assert!(error(&run.log(&["-n", "3"])).contains("--exact reads all of it"));
    assert_eq!(run.seqs(&["-n", "3", "--exact"]), [4999, 4999, 5000].map(Value::from));
    assert_eq!(error(&run.log(&["-n", "3", "--exact"])), "");
}

#[test]
fn a_line_that_is_longer_than_the_end_that_is_read_hides_nothing() {
    let run = Run::new();
    run.append("stdout.jsonl", &lines(&[json!({"seq": 1, "text": "x".repeat(17 << 20)})]));
    run.append("stderr.jsonl", &lines(&[json!({"seq": 2, "text": "after"})]));
    assert_eq!(run.seqs(&[]), [1, 2].map(Value::from));
    run.append("stdout.jsonl", &lines(&[json!({"seq": 3, "text": "last"})]));
    assert_eq!(run.seqs(&["-n", "2"]), [2, 3].map(Value::from));
    assert_eq!(run.seqs(&["-n", "3"]), [1, 2, 3].map(Value::from));
}

#[test]
fn a_log_that_cannot_be_read_is_said_and_what_is_written_is_not_called_all() {
    let run = Run::new();
    fs::create_dir_all(&run.path).unwrap();
    let fifo = run.path.join("stdout.jsonl");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
        .unwrap();
    for arguments in [&[][..], &["--all"], &["--grep", "x"]] {
        let output = run.log(arguments);
        assert_eq!(code(&output), 3, "{arguments:?}: {}", error(&output));
        assert!(error(&output).contains("stdout.jsonl: cannot be read"), "{}", error(&output));
    }
    run.append("stderr.jsonl", &lines(&[json!({"seq": 1, "text": "one"})]));
    let output = run.log(&[]);
    assert_eq!((code(&output), String::from_utf8_lossy(&output.stdout).as_ref()), (3, "[stderr] one\n"));
}

#[test]
fn an_entry_of_sixty_four_mebibytes_is_exact() {
    let run = Run::new();
    let text = "x".repeat((64 << 20) - 4) + "end\n";
    run.append(
        "stdout.jsonl",
        &lines(&[json!({"seq": 1, "text": "before"}), json!({"seq": 2, "text": text})]),
    );
    run.append("stderr.jsonl", &lines(&[json!({"seq": 3, "text": "after"})]));
    let raw = run.log(&["--all", "--raw"]);
    assert_eq!((code(&raw), raw.stdout.len()), (0, (64 << 20) + "beforeafter".len()));
    assert!(raw.stdout.ends_with(b"end\nafter"));
    assert_eq!(run.seqs(&["--grep", "xend$"]), [2].map(Value::from));
    let check = stepwatch().arg("check").arg(&run.path).output().unwrap();
    assert_eq!(code(&check), 0, "{}", String::from_utf8_lossy(&check.stdout));
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
fn an_option_of_all_commands_may_stand_before_the_command_and_what_means_nothing_there_is_refused() {
    let run = Run::with_everything();
    let behind = stepwatch().args(["log", "--color=never"]).arg(&run.path).output().unwrap();
    let before = stepwatch().args(["--color=never", "log"]).arg(&run.path).output().unwrap();
    assert_eq!((code(&before), &before.stdout), (0, &behind.stdout), "{}", error(&before));
    for words in [&["--theme", "dark", "log"][..], &["here", "log"]] {
        let refused = stepwatch().args(words).arg(&run.path).output().unwrap();
        assert_eq!(code(&refused), 2, "{words:?}");
        assert!(error(&refused).contains("before a command means nothing"), "{}", error(&refused));
    }
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
    // What happens to have its name here does not hide it.
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("by-id"), "").unwrap();
    fs::create_dir(here.path().join("run-1")).unwrap();
    for id in ["by-id", "run-1"] {
        let mut named = stepwatch();
        named.args(["log", id]).current_dir(here.path()).env("STEPWATCH_ROOT", root);
        let output = named.output().unwrap();
        assert!(output.stdout.starts_with(b"[worker] started\n"), "{id}: {}", error(&output));
    }
    let mut named = stepwatch();
    let output = named.args(["log", "./by-id"]).current_dir(here.path()).output().unwrap();
    assert_eq!(code(&output), 3, "a file is no run");
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

#[test]
fn a_pattern_knows_the_ends_of_lines() {
    let pattern = stepwatch::model::Pattern::new("^b$").unwrap();
    assert!(pattern.matches_text(b"a\r\nb\r\nc"));
}
