//! The generator of run directories, held against `stepwatch check`, which counts on its own.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod generated_run;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use generated_run::{Counts, Settings, generate};

const FILES: [&str; 5] = ["run.json", "state.json", "worker.jsonl", "stdout.jsonl", "stderr.jsonl"];

fn check(run: &Path) -> (Value, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepwatch"));
    let output = command.arg("check").arg(run).arg("--json").output().unwrap();
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code())
}

/// Generates a run and holds what `check` finds against what was put in.
fn generated_and_checked(settings: Settings) -> (Counts, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let counts = generate(folder.path(), settings).unwrap();
    let (found, status) = check(folder.path());
    let put_in = json!(counts);
    assert_eq!(counts.entries, settings.entries);
    for name in ["entries", "channels", "ties", "disorder", "malformed"] {
        assert_eq!(found[name], put_in[name], "{name} of {settings:?}");
    }
    let gaps = found["gaps"].as_array().unwrap();
    assert_eq!(gaps.len() as u64, counts.gaps, "{settings:?}");
    let missing = |gap: &Value| gap["to"].as_u64().unwrap() - gap["from"].as_u64().unwrap() + 1;
    assert_eq!(gaps.iter().map(missing).sum::<u64>(), counts.missing, "{settings:?}");
    let clean = counts.gaps + counts.ties + counts.disorder + counts.malformed == 0;
    assert_eq!((&found["ok"], status), (&json!(clean), Some(i32::from(!clean))), "{settings:?}");
    (counts, folder)
}

fn settings() -> Settings {
    Settings { entries: 20_000, seed: 7, ..Settings::default() }
}

/// A share of the 20 000 entries, give or take a fifth.
fn about(count: u64, expected: u64) -> bool {
    count.abs_diff(expected) <= expected / 5
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let make = |seed| {
        let folder = tempfile::tempdir().unwrap();
        let every_fault =
            Settings { gaps: 1.0, ties: 1.0, disorder: 1.0, long: 0.1, malformed: 1.0, ..settings() };
        let counts = generate(folder.path(), Settings { seed, ..every_fault }).unwrap();
        (counts, FILES.map(|name| fs::read(folder.path().join(name)).unwrap()))
    };
    let (first, again, other) = (make(7), make(7), make(8));
    assert!(first == again);
    assert!(first.1 != other.1);
}

#[test]
fn a_run_without_faults_keeps_the_contract_in_its_usual_proportions() {
    let (counts, folder) = generated_and_checked(settings());
    let channels = &counts.channels;
    assert!(about(channels.worker.entries, 200), "{counts:?}");
    assert!(about(channels.stderr.entries, 2000), "{counts:?}");
    assert!(about(channels.stdout.entries, 17_800), "{counts:?}");
    assert!((120..=140).contains(&(counts.bytes / counts.entries)), "{counts:?}");
    let sizes = FILES[2..].iter().map(|name| fs::metadata(folder.path().join(name)).unwrap().len());
    assert_eq!(sizes.sum::<u64>(), counts.bytes);
}

#[test]
fn lines_are_written_as_the_recorder_writes_them_and_their_times_rise() {
    let (_, folder) = generated_and_checked(Settings { entries: 3000, ..settings() });
    for name in &FILES[2..] {
        let mut last = String::new();
        for line in fs::read_to_string(folder.path().join(name)).unwrap().lines() {
            let parsed: Value = serde_json::from_str(line).unwrap();
            assert_eq!(parsed.to_string(), line);
            let time = parsed["ts"].as_str().unwrap();
            assert!(*last <= *time, "{last} before {time}");
            time.clone_into(&mut last);
        }
    }
}

#[test]
fn every_kind_of_fault_is_counted_as_check_counts_it() {
    let (counts, _folder) = generated_and_checked(Settings { gaps: 2.0, ..settings() });
    assert!(about(counts.gaps, 400) && counts.missing > counts.gaps, "{counts:?}");
    let (counts, _folder) = generated_and_checked(Settings { ties: 2.0, ..settings() });
    assert!(about(counts.ties, 400), "{counts:?}");
    let (counts, _folder) = generated_and_checked(Settings { disorder: 2.0, ..settings() });
    assert!(about(counts.disorder, 400), "{counts:?}");
    let (counts, _folder) = generated_and_checked(Settings { malformed: 2.0, ..settings() });
    assert!(about(counts.malformed, 400), "{counts:?}");
    let (counts, _folder) = generated_and_checked(Settings { long: 2.0, entries: 5000, ..settings() });
    assert!(about(counts.long, 100) && about(counts.bytes, 100 * (34 << 10) + 5000 * 130), "{counts:?}");
}

#[test]
fn all_faults_at_once_are_counted_exactly_whatever_the_seed() {
    for seed in 0..6 {
        let rough = Settings { gaps: 10.0, ties: 10.0, disorder: 30.0, malformed: 10.0, seed, ..settings() };
        let (counts, _folder) = generated_and_checked(rough);
        assert!(
            counts.gaps > 0 && counts.ties > 0 && counts.disorder > 0 && counts.malformed > 0,
            "{counts:?}"
        );
    }
}

#[test]
fn the_smallest_runs_are_runs() {
    for entries in 0..5 {
        generated_and_checked(Settings { entries, gaps: 50.0, ties: 50.0, disorder: 50.0, ..settings() });
    }
}

#[test]
fn a_run_that_is_there_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stdout.jsonl"), "mine").unwrap();
    assert_eq!(generate(folder.path(), settings()).unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(folder.path().join("stdout.jsonl")).unwrap(), "mine");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(target_os = "linux")]
mod memory {
    use super::*;

    const ENTRIES: &str = "STEPWATCH_TEST_ENTRIES";

    /// The most memory that a process which generates so many entries ever had, in KiB.
    fn peak(entries: u64) -> u64 {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "memory::generate_alone", "--nocapture"])
            .env(ENTRIES, entries.to_string())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    #[test]
    fn memory_does_not_depend_on_the_number_of_entries() {
        let (few, many) = (peak(10_000), peak(400_000));
        assert!(many < few + (4 << 10), "{few} KiB for 10 000 entries, {many} KiB for 400 000");
    }

    #[test]
    #[ignore = "a part of the test above, in a process of its own"]
    fn generate_alone() {
        let entries = std::env::var(ENTRIES).unwrap().parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let faults = Settings { gaps: 1.0, ties: 1.0, disorder: 1.0, malformed: 1.0, ..settings() };
        generate(folder.path(), Settings { entries, ..faults }).unwrap();
        println!("\n{}", fs::read_to_string("/proc/self/status").unwrap());
    }
}
