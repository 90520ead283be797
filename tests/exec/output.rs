//! What a step writes: the units that it is recorded in, their order, and that it passes through.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::scene::{Scene, wait_until};

#[test]
fn an_entry_is_a_line_with_its_end() {
    let scene = Scene::new();
    let output = scene.record("printf 'one\\r\\n\\ntwo\\nthree'");
    assert_eq!(output.stdout, b"one\r\n\ntwo\nthree");
    assert_eq!(scene.run().texts("stdout"), ["one\r\n", "\n", "two\n", "three"]);
}

#[test]
fn an_open_line_is_recorded_while_the_step_waits() {
    let scene = Scene::new();
    let recording = scene.begin(&[], "printf 'Proceed? [y/N] '; sleep 60");
    wait_until("the output is passed through", || recording.run.path.join("stdout.jsonl").exists());
    let mut recording = recording;
    let mut passed = [0; 15];
    recording.child.stdout.as_mut().unwrap().read_exact(&mut passed).unwrap();
    let since = Instant::now();
    recording.wait_for_text("Proceed? [y/N] ");
    assert!(since.elapsed() < Duration::from_secs(5), "it took {:?}", since.elapsed());
    recording.signal(Signal::TERM);
    recording.wait_for_exit();
}

#[test]
fn progress_that_redraws_its_line_is_recorded_in_pieces() {
    let scene = Scene::new();
    let output = scene.record("for n in 1 2 3; do printf '%s0 %%\\r' $n; sleep 0.2; done; echo done");
    assert_eq!(output.stdout, b"10 %\r20 %\r30 %\rdone\n");
    assert_eq!(scene.run().texts("stdout"), ["10 %\r", "20 %\r", "30 %\r", "done\n"]);
}

#[test]
fn a_character_cut_by_two_writes_is_one_character() {
    let scene = Scene::new();
    scene.record(
        r"printf 'caf\303'; sleep 0.3; printf '\251\n'; printf '\360\237'; sleep 0.3; printf '\230\200\n'",
    );
    assert_eq!(scene.run().texts("stdout"), ["caf", "é\n", "😀\n"]);
    assert_eq!(scene.run().dense().len(), 6);
}

#[test]
fn bytes_that_are_not_utf_8_are_kept_for_that_entry_only() {
    let scene = Scene::new();
    let output = scene
        .record(r"printf 'good\n\377\376 bad\n'; printf '\303'; sleep 0.3; printf '\n'; printf 'good\n'");
    let run = scene.run();
    assert_eq!(run.bytes("stdout"), output.stdout);
    let kinds: Vec<bool> =
        run.channel("stdout").iter().map(|entry| entry.json["bytes"].is_string()).collect();
    assert_eq!(kinds, [false, true, true, false]);
}

#[test]
fn a_line_without_end_is_cut_at_64_kib() {
    let scene = Scene::new();
    scene.record("head -c 200000 /dev/zero | tr '\\0' x; echo");
    let lengths: Vec<usize> = scene.run().texts("stdout").iter().map(String::len).collect();
    assert_eq!(lengths.iter().sum::<usize>(), 200_001);
    assert!(lengths.iter().all(|length| *length <= 65_536), "{lengths:?}");
    assert!(lengths.len() <= 8, "{lengths:?}");
}

#[test]
fn two_hundred_thousand_lines_are_recorded_in_order_and_pass_through_verbatim() {
    let scene = Scene::new();
    let output = scene.record("seq 1 200000; seq 200001 200100 >&2");
    let expected: String = (1..=200_000).map(|number| format!("{number}\n")).collect();
    assert!(output.stdout == expected.as_bytes());
    let run = scene.run();
    assert!(run.output("stdout") == expected);
    assert_eq!(run.channel("stdout").len(), 200_000);
    assert_eq!(run.channel("stderr").len(), 100);
    assert_eq!(run.dense().len(), 200_103);
}

#[test]
fn the_merge_of_another_program_is_the_order_in_which_it_was_written() {
    if Command::new("jq").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("jq is not installed; skipped");
        return;
    }
    let scene = Scene::new();
    let script = "n=0; while [ $n -lt 20 ]; do echo $n; sleep 0.05; n=$((n+1)); echo $n >&2; sleep 0.05; n=$((n+1)); done";
    scene.record(script);
    let merged = Command::new("jq")
        .args(["-s", "-r", "sort_by(.seq) | map(.text // empty) | join(\"\")"])
        .args(["worker.jsonl", "stdout.jsonl", "stderr.jsonl"])
        .current_dir(&scene.run().path)
        .output()
        .unwrap();
    let expected: String = (0..20).map(|number| format!("{number}\n")).collect();
    assert_eq!(String::from_utf8(merged.stdout).unwrap().trim_end(), expected.trim_end());
    scene.run().dense();
}

#[test]
fn a_step_that_writes_line_by_line_is_recorded_line_by_line() {
    let scene = Scene::new();
    let output = scene.record("n=0; while [ $n -lt 5000 ]; do echo line $n; n=$((n+1)); done");
    let run = scene.run();
    assert_eq!(run.bytes("stdout"), output.stdout);
    assert_eq!(run.channel("stdout").len(), 5000);
    run.dense();
}

#[test]
fn a_reader_that_goes_away_stops_neither_step_nor_record() {
    let scene = Scene::new();
    let mut recording = scene.begin(&[], "seq 1 100000; echo all written > end; echo err >&2; exit 7");
    drop(recording.child.stdout.take());
    drop(recording.child.stderr.take());
    assert_eq!(recording.wait_for_exit().code(), Some(7));
    assert!(scene.path().join("end").exists());
    assert_eq!(recording.run.channel("stdout").len(), 100_000);
    assert_eq!(recording.run.texts("stderr"), ["err\n"]);
    recording.run.dense();
}

#[test]
fn a_slow_reader_holds_back_the_step_but_not_the_signal_that_ends_it() {
    let scene = Scene::new();
    let mut recording = scene.begin(&[], "exec seq 1 10000000");
    let mut length = 0;
    wait_until("the pipes are full", || {
        let before = std::mem::replace(&mut length, recording.run.output("stdout").len());
        before == length && length > 0
    });
    recording.signal(Signal::TERM);
    wait_until("the end is recorded although nobody reads", || {
        recording.run.path.join("state.json").exists() && recording.run.state()["status"] == "cancelled"
    });
    let recorded = recording.run.output("stdout");
    let mut passed = String::new();
    recording.child.stdout.take().unwrap().read_to_string(&mut passed).unwrap();
    assert_eq!(recording.wait_for_exit().code(), Some(143));
    assert!(passed == recorded, "what was recorded passes through in the end");
}

#[test]
fn a_grandchild_that_keeps_the_output_open_does_not_keep_the_recording() {
    let scene = Scene::new();
    let since = Instant::now();
    let output = scene.record("sleep 20 & echo parent done; exit 4");
    assert!(since.elapsed() < Duration::from_secs(15), "it waited for the grandchild");
    assert!(since.elapsed() >= Duration::from_secs(2));
    assert_eq!(output.status.code(), Some(4));
    let run = scene.run();
    assert_eq!(run.events(), ["run_prepared", "step_started", "output_left_open", "step_finished"]);
    assert_eq!(run.event("output_left_open")["data"]["channels"], serde_json::json!(["stdout", "stderr"]));
    run.dense();
}

#[test]
fn what_a_grandchild_writes_within_the_patience_is_recorded() {
    let scene = Scene::new();
    scene.record("(sleep 0.5; echo late) & echo early");
    assert_eq!(scene.run().texts("stdout"), ["early\n", "late\n"]);
    assert_eq!(scene.run().events(), ["run_prepared", "step_started", "step_finished"]);
}

#[test]
fn a_step_that_closes_its_output_is_recorded_to_its_end() {
    let scene = Scene::new();
    let output = scene.record("echo last; exec >&- 2>&-; sleep 0.5; exit 5");
    assert_eq!(output.status.code(), Some(5));
    assert_eq!(scene.run().state()["exitCode"], 5);
}
