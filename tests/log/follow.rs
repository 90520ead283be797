//! `stepwatch log -f`.

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use crate::fixture::{DEADLINE, Run, lines, numbered, stepwatch, wait};

/// A follower whose lines arrive on a channel.
pub(crate) struct Following {
    child: Child,
    lines: Receiver<String>,
}

impl Following {
    pub(crate) fn start(command: &mut Command) -> Self {
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

    pub(crate) fn log(run: &Run, arguments: &[&str]) -> Self {
        Self::start(stepwatch().arg("log").arg(&run.path).arg("-f").args(arguments))
    }

    pub(crate) fn next(&self) -> String {
        self.lines.recv_timeout(DEADLINE).expect("another line within the deadline")
    }

    /// Waits until the program ended; returns what it still wrote.
    pub(crate) fn rest(mut self) -> (Vec<String>, ExitStatus) {
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
fn what_one_look_cannot_take_in_is_printed_whole_in_order_and_not_called_late() {
    const ENTRIES: u64 = 30_000;
    let run = Run::new();
    run.append("run.json", "{}");
    run.append("worker.jsonl", &numbered(1, 1));
    let following = Following::log(&run, &["--all"]);
    assert_eq!(following.next(), "[worker] line 1");
    // Two files of many megabytes appear at once, and the run ends while they are read.
    // Of lines of another length, so that each look comes to another seq in each file.
    let padding = ["x".repeat(400), "x".repeat(1600)];
    let mut files = [String::new(), String::new()];
    for seq in 2..=ENTRIES {
        let file = usize::from(seq % 2 == 0);
        files[file] += &format!("{{\"seq\":{seq},\"text\":\"{seq} {}\"}}\n", padding[file]);
    }
    fs::create_dir(run.path.join("new")).unwrap();
    fs::write(run.path.join("new/stdout.jsonl"), &files[0]).unwrap();
    fs::write(run.path.join("new/stderr.jsonl"), &files[1]).unwrap();
    fs::rename(run.path.join("new"), run.path.join("logs")).unwrap();
    run.finish();
    let (rest, _) = following.rest();
    let heads: Vec<&str> = rest.iter().map(|line| line.split(" x").next().unwrap()).collect();
    let expected: Vec<String> = (2..=ENTRIES)
        .map(|seq| format!("[{}] {seq}", if seq % 2 == 0 { "stderr" } else { "stdout" }))
        .collect();
    assert_eq!(heads.len(), expected.len());
    assert_eq!(heads.iter().zip(&expected).find(|(printed, expected)| printed != expected), None);
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
fn a_search_that_follows_goes_on_through_rotation_and_truncation() {
    let run = Run::new();
    run.append("stdout.jsonl", &numbered(1, 4));
    let following = Following::log(&run, &["--grep", "line [0-9]*[02468]$"]);
    assert_eq!([following.next(), following.next()], ["[stdout] line 2", "[stdout] line 4"]);
    // Renamed while its writer still has something to say, then begun anew under the old name.
    fs::rename(run.path.join("stdout.jsonl"), run.path.join("stdout.jsonl.1")).unwrap();
    run.append("stdout.jsonl.1", &numbered(5, 6));
    assert_eq!(following.next(), "[stdout] line 6");
    run.append("stdout.jsonl", &numbered(7, 8));
    assert_eq!(following.next(), "[stdout] line 8");
    run.append("stdout.jsonl", &numbered(9, 12));
    assert_eq!([following.next(), following.next()], ["[stdout] line 10", "[stdout] line 12"]);
    // Copied away and truncated in its place.
    fs::write(run.path.join("stdout.jsonl"), numbered(13, 14)).unwrap();
    assert_eq!(following.next(), "[stdout] line 14");
    // And once more, into the file that was made by the rotation.
    fs::rename(run.path.join("stdout.jsonl"), run.path.join("stdout.jsonl.2")).unwrap();
    run.append("stdout.jsonl", &numbered(15, 20));
    run.finish();
    let (rest, status) = following.rest();
    assert_eq!(rest, ["[stdout] line 16", "[stdout] line 18", "[stdout] line 20"]);
    assert_eq!(status.code(), Some(0));
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

#[cfg(target_os = "linux")]
#[test]
fn a_follower_of_a_lost_run_prints_all_of_it_and_ends() {
    let run = Run::new();
    // A process that certainly was and is no more.
    let mut recorder = Command::new("true").spawn().unwrap();
    recorder.wait().unwrap();
    let boot = stepwatch::host::boot_id().unwrap();
    let state = json!({
        "status": "running",
        "pidNamespace": stepwatch::host::pid_namespace(),
        "recorder": {"pid": recorder.id(), "pidStartTime": 1},
    });
    run.append("run.json", &json!({"bootId": boot}).to_string());
    run.append("state.json", &state.to_string());
    run.append("stdout.jsonl", &numbered(1, 3));
    let (rest, status) = Following::log(&run, &["--raw"]).rest();
    assert_eq!(rest, ["line 1", "line 2", "line 3"]);
    assert_eq!(status.code(), Some(0));
    let listed = stepwatch().arg("runs").arg(&run.path).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains(&format!("recorder {} is gone", recorder.id())), "{listed}");
}
