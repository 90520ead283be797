//! Real programs, recorded, and what `stepwatch log` reads of them held against a merge by another
//! program: `jq` over the three files, sorted by seq.

use std::process::{Command, Stdio};

use super::scene::{Run, Scene, wait_until};

/// Reads the three files, names the channel by the file, sorts, and writes what `log --json` does.
const MERGE: &str = r#"
[inputs | . + {channel: (input_filename | split("/") | last | rtrimstr(".jsonl"))}]
| sort_by(.seq) | .[]
| if has("bytes") then {seq, ts, channel, bytes} else {seq, ts, channel, text: (.text // .renderedLine)} end
"#;

/// The keys of `log --json` that the merge has too, in the same order.
const SAME_KEYS: &str = r#"
if has("bytes") then {seq, ts, channel, bytes} else {seq, ts, channel, text} end
"#;

/// Whether `jq` is there. The checks of a change must have it.
fn has_jq() -> bool {
    let found = Command::new("jq").arg("--version").stdout(Stdio::null()).status().is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "jq is not installed, and these tests need it");
    if !found {
        eprintln!("jq is not installed; skipped");
    }
    found
}

/// Holds `log --all --json` of a run against the merge of `jq`; returns the number of entries.
fn assert_log_is_the_merge(run: &Run) -> usize {
    let jq = |args: &[&str], files: &[&str], input: Stdio| {
        let mut command = Command::new("jq");
        command.args(args).args(files).current_dir(&run.path).stdin(input).stdout(Stdio::piped());
        command.spawn().unwrap()
    };
    let files = ["worker.jsonl", "stdout.jsonl", "stderr.jsonl"];
    let merged = jq(&["-n", "-c", MERGE], &files, Stdio::null()).wait_with_output().unwrap();
    assert!(merged.status.success());
    let mut log = Command::new(env!("CARGO_BIN_EXE_stepwatch"))
        .args(["log", "--all", "--json"])
        .arg(&run.path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let log_output = Stdio::from(log.stdout.take().unwrap());
    let read = jq(&["-c", SAME_KEYS], &[], log_output).wait_with_output().unwrap();
    assert!(log.wait().unwrap().success() && read.status.success());
    assert!(read.stdout == merged.stdout, "log and jq differ on {}", run.path.display());
    let check = Command::new(env!("CARGO_BIN_EXE_stepwatch")).arg("check").arg(&run.path).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    read.stdout.iter().filter(|byte| **byte == b'\n').count()
}

fn assert_merge_of(scene: &Scene, least: usize) {
    let entries = assert_log_is_the_merge(&scene.run());
    assert!(entries >= least, "only {entries} entries");
}

#[test]
fn a_build_by_cargo_reads_as_another_program_merges_it() {
    if !has_jq() {
        return;
    }
    let scene = Scene::new();
    let script = "cargo init -q --vcs none --name tried built && cd built && echo 'fn unused() {}' >> src/main.rs && cargo build && cargo run";
    let output =
        scene.exec(&["--pty"], &["sh", "-c", script]).env("CARGO_TERM_COLOR", "always").output().unwrap();
    assert!(output.status.success());
    assert_merge_of(&scene, 5);
    assert!(scene.run().output("stdout").contains("Hello, world!"));
}

#[test]
fn a_question_on_a_terminal_reads_as_another_program_merges_it() {
    if !has_jq() {
        return;
    }
    let scene = Scene::new();
    let mut recording =
        scene.begin(&["--pty"], "printf 'Proceed? [y/N] '; read -r answer; echo \"said $answer\"");
    recording.wait_for_text("Proceed? [y/N] ");
    assert_merge_of(&scene, 3);
    recording.signal(rustix::process::Signal::TERM);
    recording.wait_for_exit();
    assert_merge_of(&scene, 4);
}

#[test]
fn a_progress_line_reads_as_another_program_merges_it() {
    if !has_jq() {
        return;
    }
    let scene = Scene::new();
    scene.record(
        "for percent in 0 20 40 60 80 100; do printf '\\rcopied %3d %%' $percent; sleep 0.06; done; echo",
    );
    assert_merge_of(&scene, 8);
}

#[test]
fn output_that_is_not_utf_8_reads_as_another_program_merges_it() {
    if !has_jq() {
        return;
    }
    let scene = Scene::new();
    scene.record("printf 'good\\n\\377bad\\n'; head -c 300000 /dev/urandom; printf 'caf\\351\\n' >&2");
    assert_merge_of(&scene, 6);
}

/// `STEPWATCH_PROOF_LINES=1000000 cargo test --release --test exec -- many_lines` is the long form.
#[test]
fn many_lines_read_as_another_program_merges_them() {
    if !has_jq() {
        return;
    }
    let lines: usize = std::env::var("STEPWATCH_PROOF_LINES").map_or(50_000, |lines| lines.parse().unwrap());
    let scene = Scene::new();
    scene
        .exec(&[], &["sh", "-c", &format!("seq 1 {lines}; seq 1 100 >&2")])
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert_merge_of(&scene, lines + 100);
}

#[test]
fn a_killed_program_reads_as_another_program_merges_it() {
    if !has_jq() {
        return;
    }
    let scene = Scene::new();
    let output = scene.record("echo before; kill -9 $$; echo after");
    assert_eq!(output.status.code(), Some(137));
    assert_merge_of(&scene, 4);
}

#[test]
fn a_grandchild_left_behind_reads_as_another_program_merges_it() {
    if !has_jq() {
        return;
    }
    let scene = Scene::new();
    scene.record("(sleep 30 & echo $! > pid); echo ended");
    assert_merge_of(&scene, 5);
    assert!(scene.run().events().contains(&"output_left_open".to_owned()));
    let pid = std::fs::read_to_string(scene.path().join("pid")).unwrap();
    Command::new("kill").arg(pid.trim()).status().unwrap();
    wait_until("the grandchild is gone", || {
        !Command::new("kill").args(["-0", pid.trim()]).stderr(Stdio::null()).status().unwrap().success()
    });
}
