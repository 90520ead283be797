//! `stepwatch log --from` and `--to` with everything that names a place.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::fixture::{Run, code, error, lines, stepwatch};
use crate::follow::Following;

/// An entry of a minute of the morning, numbered by it.
fn minutes(from: u64, to: u64) -> String {
    let entry = |minute: u64| {
        let ts = format!("2026-03-21T08:{minute:02}:00.000Z");
        json!({"seq": minute, "ts": ts, "text": format!("minute {minute}\n")})
    };
    lines(&(from..=to).map(entry).collect::<Vec<_>>())
}

/// A run from 08:00 to 08:40, whose second checkpoint was made at 08:30.
fn morning() -> Run {
    let run = Run::new();
    run.append("stdout.jsonl", &minutes(0, 40));
    fs::create_dir(run.path.join("checkpoints")).unwrap();
    for (seq, log_seq) in [(1, 10), (2, 30)] {
        let record = json!({"format": 1, "seq": seq, "type": "summary", "id": format!("id-{seq}"),
            "createdAt": "2026-03-21T08:30:00.000Z", "summary": "x", "payload": {}, "logSeq": log_seq});
        run.append(&format!("checkpoints/{seq:04}-summary.json"), &record.to_string());
    }
    run
}

/// The seqs in a range, on a clock in that zone.
fn seqs(run: &Run, zone: &str, arguments: &[&str]) -> Vec<u64> {
    let output =
        stepwatch().env("TZ", zone).arg("log").arg(&run.path).arg("--json").args(arguments).output().unwrap();
    assert_eq!(code(&output), 0, "{arguments:?}: {}", error(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let seq = |line: &str| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap();
    text.lines().map(seq).collect()
}

#[test]
fn a_range_is_named_by_times_distances_checkpoints_and_parts_as_well_as_by_seqs() {
    let run = morning();
    for (arguments, expected) in [
        (&["--from", "12", "--to", "15"][..], 12..=15),
        (&["--from", "08:12", "--to", "8:15"], 12..=15),
        (&["--from", "08:11:30", "--to", "08:15:59.9"], 12..=15),
        (&["--from", "2026-03-21 08:12", "--to", "2026-03-21T08:15:00Z"], 12..=15),
        (&["--from=-5m"], 35..=40),
        (&["--from", "-5m", "--to", "-1m30s"], 35..=38),
        (&["--from", "c2"], 31..=40),
        (&["--from", "c1", "--to", "c2"], 11..=30),
        (&["--to", "c1"], 0..=10),
        (&["--from", "50%"], 20..=40),
        (&["--from", "0%", "--to", "100%"], 0..=40),
        (&["--from", "-5m", "-n", "2"], 39..=40),
        (&["--from", "08:38", "--to", "40"], 38..=40),
        // A time of day that the run did not see is that of the day that is nearest to it.
        (&["--from", "07:00", "--to", "08:02"], 0..=2),
        (&["--from", "08:39", "--to", "09:00"], 39..=40),
    ] {
        assert_eq!(seqs(&run, "UTC", arguments), expected.collect::<Vec<_>>(), "{arguments:?}");
    }
    for arguments in [&["--from", "09:00"][..], &["--to", "07:00"], &["--from", "08:20", "--to", "08:10"]] {
        assert!(seqs(&run, "UTC", arguments).is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_time_of_day_is_one_on_the_clock_of_the_machine() {
    let run = morning();
    assert_eq!(seqs(&run, "Asia/Tokyo", &["--from", "17:12", "--to", "17:15"]), [12, 13, 14, 15]);
    assert_eq!(seqs(&run, "Asia/Tokyo", &["--to", "2026-03-21T08:01:00Z"]), [0, 1]);
}

#[test]
fn a_range_between_times_is_found_in_a_log_without_seqs() {
    let run = Run::new();
    run.append("stdout.log", "2026-03-21T08:00:00Z one\n2026-03-21T08:10:00Z two\n  more of two\n");
    run.append("stderr.log", "2026-03-21T08:05:00Z between\n2026-03-21T08:20:00Z three\n");
    let text = |arguments: &[&str]| run.text(&[arguments, &["--raw"]].concat());
    assert_eq!(
        text(&["--from", "2026-03-21T08:05:00Z", "--to", "2026-03-21T08:10:00Z"]),
        "2026-03-21T08:05:00Z between\n2026-03-21T08:10:00Z two\n  more of two\n"
    );
    assert_eq!(text(&["--from", "-10m1s", "--to", "-1s"]).lines().count(), 2);
    let by_seq = run.log(&["--from", "1"]);
    assert_eq!(code(&by_seq), 3);
    assert!(error(&by_seq).contains("--from and --to take a time there"), "{}", error(&by_seq));
}

#[test]
fn following_begins_at_a_place_and_goes_on_with_what_comes() {
    let run = Run::new();
    run.append("stdout.jsonl", &minutes(0, 20));
    let following = Following::log(&run, &["--from", "-2m"]);
    for minute in 18..=20 {
        assert_eq!(following.next(), format!("[stdout] minute {minute}"));
    }
    run.append("stdout.jsonl", &minutes(21, 30));
    run.finish();
    let expected: Vec<String> = (21..=30).map(|minute| format!("[stdout] minute {minute}")).collect();
    assert_eq!(following.rest().0, expected);
}

#[test]
fn a_place_that_there_is_not_is_told_with_the_reason() {
    let run = morning();
    for (place, status, told) in [
        ("x", 2, "a place is a seq, a time (08:12)"),
        ("-5", 2, "no distance back"),
        ("24:10", 2, "is no time"),
        ("101%", 2, "from 0% to 100%"),
        ("9007199254740992", 2, "no seq is greater"),
        ("c3", 3, "there is no checkpoint 3"),
    ] {
        let output = run.log(&["--from", place]);
        assert_eq!(code(&output), status, "{place}: {}", error(&output));
        assert!(error(&output).contains(told), "{place}: {}", error(&output));
    }
    let without_times = Run::new();
    without_times.append("stdout.jsonl", &lines(&[json!({"seq": 1, "text": "x"})]));
    let output = without_times.log(&["--from", "-5m"]);
    assert_eq!((code(&output), error(&output)), (3, "error: no entry of the run has a time\n".to_owned()));
    // Following, a run without entries is no fault: all of it is still to come.
    let empty = Run::new();
    empty.append("run.json", "{}");
    empty.finish();
    assert_eq!(code(&empty.log(&["-f", "--from", "-5m"])), 0);
    assert_eq!(code(&run.log(&["-f", "--from", "c9"])), 3);
}

#[test]
fn the_latest_run_is_the_one_that_began_last() {
    let root = tempfile::tempdir().unwrap();
    for (run, state, text) in [
        ("b", r#"{"status":"succeeded","startedAt":"2026-03-21T08:00:00Z"}"#, "first"),
        ("a", r#"{"status":"succeeded","startedAt":"2026-03-21T09:00:00Z"}"#, "second"),
        ("c", "{}", "unknown"),
    ] {
        let folder = root.path().join("task").join(run);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("run.json"), "{}").unwrap();
        fs::write(folder.join("state.json"), state).unwrap();
        fs::write(folder.join("stdout.jsonl"), lines(&[json!({"seq": 1, "text": text})])).unwrap();
    }
    let nowhere = tempfile::tempdir().unwrap();
    let ask = |here: &Path, recorded: &Path, arguments: &[&str]| {
        stepwatch().current_dir(here).env("STEPWATCH_ROOT", recorded).args(arguments).output().unwrap()
    };
    let latest = |arguments: &[&str]| {
        let recorded = ask(nowhere.path(), root.path(), arguments);
        assert_eq!(recorded.stdout, ask(root.path(), nowhere.path(), arguments).stdout);
        (code(&recorded), String::from_utf8_lossy(&recorded.stdout).into_owned(), error(&recorded))
    };
    let (status, text, note) = latest(&["log", "latest"]);
    assert_eq!((status, text.as_str()), (0, "[stdout] second\n"));
    assert!(note.starts_with("note: the latest run is ") && note.ends_with("/task/a\n"), "{note}");
    assert_eq!(latest(&["why", "latest"]).0, 0);
    // A run that is called so is meant before it.
    fs::rename(root.path().join("task/b"), root.path().join("task/latest")).unwrap();
    assert_eq!(latest(&["log", "latest"]).1, "[stdout] first\n");
    assert_eq!(code(&ask(nowhere.path(), nowhere.path(), &["log", "latest"])), 3);
}
