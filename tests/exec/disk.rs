//! A full disk under the record: a small file system of its own, in a user namespace where the
//! kernel allows that without privileges.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::scene::{Run, Scene, stderr_of};

/// Whether the kernel lets us mount a file system in a user namespace.
fn may_mount() -> bool {
    let may = Command::new("unshare")
        .args(["-Urm", "mount", "-t", "tmpfs", "none", "/mnt"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !may {
        eprintln!("this kernel refuses a file system in a user namespace; skipped");
    }
    may
}

/// Records `step` on a file system of 512 KiB of which `$BALLAST` takes 256, and copies the run
/// directory out of it afterwards. `None` where the kernel refuses.
fn record_on_a_small_disk(scene: &Scene, step: &str) -> Option<(Output, Run)> {
    if !may_mount() {
        return None;
    }
    fs::create_dir(scene.path().join("disk")).unwrap();
    fs::write(scene.path().join("step"), step).unwrap();
    let script = r#"
        mount -t tmpfs -o size=512k none disk || exit 99
        head -c 262144 /dev/zero > disk/ballast
        BALLAST=$PWD/disk/ballast "$STEPWATCH" exec --root disk/runs --task task --run run -- sh step
        status=$?
        cp -r disk/runs/task/run copy
        exit $status"#;
    let output = Command::new("unshare")
        .args(["-Urm", "sh", "-c", script])
        .env("STEPWATCH", env!("CARGO_BIN_EXE_stepwatch"))
        .current_dir(scene.path())
        .output()
        .unwrap();
    Some((output, Run { path: scene.path().join("copy") }))
}

/// The seqs of all lines that are whole. A line that was cut off by the full disk is not.
fn whole_seqs(run: &Path) -> BTreeSet<u64> {
    let mut seqs = BTreeSet::new();
    for channel in ["worker", "stdout", "stderr"] {
        let text = fs::read_to_string(run.join(format!("{channel}.jsonl"))).unwrap();
        for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            if let Ok(json) = serde_json::from_str::<serde_json::Value>(line) {
                assert!(seqs.insert(json["seq"].as_u64().unwrap()), "a seq stands twice: {line}");
            }
        }
    }
    seqs
}

#[test]
fn the_log_goes_on_once_there_is_room_and_says_what_is_missing() {
    let scene = Scene::new();
    let step = "seq 1 20000; sleep 1; rm \"$BALLAST\"; sleep 1; seq 50001 50010; exit 3";
    let Some((output, run)) = record_on_a_small_disk(&scene, step) else { return };
    assert_eq!(output.status.code(), Some(3), "{}", stderr_of(&output));
    let expected: String = (1..=20_000).chain(50_001..=50_010).map(|number| format!("{number}\n")).collect();
    assert!(output.stdout == expected.as_bytes(), "the output passes through");
    assert_eq!(run.state()["status"], "failed");

    let seqs = whole_seqs(&run.path);
    let highest = *seqs.last().unwrap();
    assert_eq!(highest, 2 + 20_010 + 2, "two events before, two behind: every entry has used up a seq");
    let stdout = fs::read_to_string(run.path.join("stdout.jsonl")).unwrap();
    let last = stdout.lines().last().unwrap();
    assert!(last.contains(r#""text":"50010\n""#), "the log goes on: {last}");
    let broken =
        stdout.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_err()).count();
    assert!(broken <= 1, "at most the one line that the full disk cut off");

    let worker = fs::read_to_string(run.path.join("worker.jsonl")).unwrap();
    let lost: Vec<serde_json::Value> = worker
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|json: &serde_json::Value| json["event"] == "recording_lost")
        .collect();
    assert_eq!(lost.len(), 1, "{worker}");
    let missing: Vec<u64> = (1..=highest).filter(|seq| !seqs.contains(seq)).collect();
    assert_eq!(lost[0]["data"]["entries"]["stdout"], missing.len(), "the counts are exact");
    assert_eq!(lost[0]["data"]["fromSeq"], missing[0]);
    assert_eq!(lost[0]["data"]["toSeq"], *missing.last().unwrap());
    assert!(lost[0]["data"]["cause"].as_str().unwrap().contains("No space"));
}

#[test]
fn a_disk_that_stays_full_leaves_a_finished_run_that_says_so() {
    let scene = Scene::new();
    let Some((output, run)) = record_on_a_small_disk(&scene, "seq 1 20000; sleep 1.2; echo end >&2") else {
        return;
    };
    assert_eq!(output.status.code(), Some(0), "{}", stderr_of(&output));
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 20_000);
    let state = run.state();
    assert_eq!(state["status"], "succeeded");
    let message = state["message"].as_str().unwrap();
    assert!(message.contains("entries of the record could not be written: No space"), "{message}");
    assert!(stderr_of(&output).contains("entries of the record could not be written"));
    let lost: usize =
        message.split(' ').find_map(|word| word.parse().ok().filter(|number| *number > 0)).unwrap();
    let all = 2 + 20_000 + 1 + 1;
    assert_eq!(lost, all - whole_seqs(&run.path).len(), "the counts are exact: {message}");
}

#[test]
fn a_disk_that_is_full_before_the_start_leaves_no_folder_that_refuses_the_next_attempt() {
    if !may_mount() {
        return;
    }
    let scene = Scene::new();
    fs::create_dir(scene.path().join("disk")).unwrap();
    let script = r#"
        mount -t tmpfs -o size=64k none disk || exit 99
        mkdir -p disk/runs/task
        head -c 1000000 /dev/zero > disk/ballast 2>/dev/null
        "$STEPWATCH" exec --root disk/runs --task task --run run -- true; echo "first $?"
        ls disk/runs/task | wc -l
        rm disk/ballast
        "$STEPWATCH" exec --root disk/runs --task task --run run -- true; echo "second $?""#;
    let output = Command::new("unshare")
        .args(["-Urm", "sh", "-c", script])
        .env("STEPWATCH", env!("CARGO_BIN_EXE_stepwatch"))
        .current_dir(scene.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(
        text.split_whitespace().collect::<Vec<_>>(),
        ["first", "125", "0", "second", "0"],
        "{output:?}"
    );
}
