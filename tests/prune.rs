//! `stepwatch prune` with the real binary.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use stepwatch::run::Timestamp;

const DAY: u64 = 86_400;

struct Root {
    folder: tempfile::TempDir,
}

fn days_ago(days: u64) -> SystemTime {
    SystemTime::now() - Duration::from_secs(days * DAY)
}

impl Root {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("runs")
    }

    fn at(&self, run: &str) -> PathBuf {
        self.path().join(run)
    }

    /// A run `TASK/RUN` of the step `build` that ended so many days ago in that way.
    fn run(&self, run: &str, status: &str, days: u64) -> PathBuf {
        let path = self.at(run);
        fs::create_dir_all(path.join("checkpoints")).unwrap();
        let (task, id) = run.split_once('/').unwrap();
        let began = Timestamp::from(days_ago(days + 1));
        let manifest =
            json!({ "format": 1, "taskId": task, "stepId": "build", "runId": id, "createdAt": began });
        fs::write(path.join("run.json"), manifest.to_string()).unwrap();
        let mut state = json!({ "status": status, "startedAt": began });
        if ["succeeded", "failed", "cancelled"].contains(&status) {
            state["finishedAt"] = json!(Timestamp::from(days_ago(days)));
        }
        fs::write(path.join("state.json"), state.to_string()).unwrap();
        fs::write(path.join("stdout.jsonl"), "{\"seq\":1,\"text\":\"a\\n\"}\n").unwrap();
        fs::write(path.join("checkpoints/0001-summary.json"), "{}").unwrap();
        path
    }

    fn prune(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stepwatch"));
        command.arg("prune").arg(self.path()).args(arguments).output().unwrap()
    }

    /// What is left of these runs.
    fn left<'r>(&self, runs: &[&'r str]) -> Vec<&'r str> {
        runs.iter().copied().filter(|run| self.at(run).exists()).collect()
    }
}

/// Sets the times of a run's files to so many days ago.
fn age(run: &Path, days: u64) {
    for name in ["run.json", "state.json", "stdout.jsonl", "checkpoints/0001-summary.json"] {
        let file = File::options().write(true).open(run.join(name)).unwrap();
        file.set_times(FileTimes::new().set_modified(days_ago(days))).unwrap();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn without_yes_old_runs_are_listed_with_what_they_take_and_nothing_is_removed() {
    let root = Root::new();
    root.run("task/old", "succeeded", 40);
    root.run("task/older", "failed", 50);
    root.run("task/new", "succeeded", 2);
    let output = root.prune(&["--older-than", "30d"]);
    assert_eq!(output.status.code(), Some(0));
    let printed = text(&output.stdout);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 3, "{printed}");
    assert!(lines[0].starts_with("failed") && lines[0].ends_with("/task/older"), "{printed}");
    assert!(lines[1].starts_with("succeeded") && lines[1].ends_with("/task/old"), "{printed}");
    assert!(lines[2].starts_with("2 runs, ") && lines[2].contains("KiB; the oldest ended 50d"), "{printed}");
    assert!(text(&output.stderr).contains("nothing was removed; --yes removes them"));
    assert_eq!(root.left(&["task/old", "task/older", "task/new"]).len(), 3);
}

#[test]
fn with_yes_those_that_ended_are_removed_and_no_others() {
    let root = Root::new();
    let all = ["succeeded", "failed", "cancelled", "prepared", "running", "nonsense"];
    for status in all {
        age(&root.run(&format!("task/{status}"), status, 40), 40);
    }
    fs::remove_file(root.run("task/stateless", "succeeded", 40).join("state.json")).unwrap();
    fs::remove_file(root.run("task/nameless", "succeeded", 40).join("run.json")).unwrap();
    let output = root.prune(&["--older-than", "30d", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stdout).contains("removed 3 runs, "), "{output:?}");
    let left = ["task/prepared", "task/running", "task/nonsense", "task/stateless", "task/nameless"];
    assert_eq!(root.left(&["task/succeeded", "task/failed", "task/cancelled"]), Vec::<&str>::new());
    assert_eq!(root.left(&left), left);
    assert_eq!(fs::read_dir(root.at("task")).unwrap().count(), left.len(), "nothing hidden is left behind");
}

#[test]
fn a_lost_run_is_removed_only_where_it_is_asked_for() {
    let root = Root::new();
    let run = root.run("task/lost", "running", 40);
    let mut dead = Command::new("true").spawn().unwrap();
    let (pid, boot) = (dead.id(), fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap());
    dead.wait().unwrap();
    let namespace = fs::read_link("/proc/self/ns/pid").unwrap();
    let mut manifest: Value = serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap();
    manifest["bootId"] = json!(boot.trim());
    fs::write(run.join("run.json"), manifest.to_string()).unwrap();
    let state = json!({ "status": "running", "pidNamespace": namespace, "recorder": { "pid": pid, "pidStartTime": 1 } });
    fs::write(run.join("state.json"), state.to_string()).unwrap();
    age(&run, 40);
    assert_eq!(root.prune(&["--older-than", "30d", "--yes"]).status.code(), Some(0));
    assert!(run.exists());
    let output = root.prune(&["--older-than", "30d", "--lost", "--yes"]);
    assert!(!run.exists(), "{output:?}");
}

#[test]
fn a_run_whose_state_does_not_say_when_it_ended_is_as_old_as_its_newest_file() {
    let root = Root::new();
    let runs = ["task/young", "task/old"].map(|name| root.run(name, "failed", 40));
    for run in &runs {
        fs::write(run.join("state.json"), r#"{"status":"failed"}"#).unwrap();
        age(run, 40);
    }
    let file = File::options().write(true).open(runs[0].join("stdout.jsonl")).unwrap();
    file.set_times(FileTimes::new().set_modified(days_ago(3))).unwrap();
    root.prune(&["--older-than", "30d", "--yes"]);
    assert_eq!(root.left(&["task/young", "task/old"]), ["task/young"]);
}

#[test]
fn a_run_that_ends_in_the_future_is_not_old() {
    let root = Root::new();
    let run = root.run("task/odd", "succeeded", 40);
    fs::write(run.join("state.json"), r#"{"status":"succeeded","finishedAt":"2999-01-01T00:00:00Z"}"#)
        .unwrap();
    let output = root.prune(&["--older-than", "0s", "--yes"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(run.exists());
}

#[test]
fn the_newest_runs_of_each_step_are_kept() {
    let root = Root::new();
    let runs = ["a/1", "a/2", "a/3", "b/1"];
    for (days, run) in [(70, "a/1"), (60, "a/2"), (50, "a/3"), (80, "b/1")] {
        root.run(run, "succeeded", days);
    }
    root.prune(&["--older-than", "30d", "--keep", "2", "--yes"]);
    assert_eq!(root.left(&runs), ["a/2", "a/3", "b/1"]);
    root.prune(&["--older-than", "30d", "--keep", "1", "--yes"]);
    assert_eq!(root.left(&runs), ["a/3", "b/1"]);
}

#[test]
fn what_links_in_a_run_lead_to_survives_and_so_do_runs_that_links_lead_to() {
    let root = Root::new();
    let run = root.run("task/old", "succeeded", 40);
    let outside = root.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "kept").unwrap();
    symlink(&outside, run.join("logs")).unwrap();
    symlink(outside.join("precious"), run.join("stderr.jsonl")).unwrap();
    // The run behind this link is inside the root, but is a run of its own under its own name.
    let kept = root.run("task/young", "succeeded", 1);
    symlink(&kept, root.at("task/link")).unwrap();
    let output = root.prune(&["--older-than", "30d", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!run.exists());
    assert_eq!(fs::read_to_string(outside.join("precious")).unwrap(), "kept");
    assert!(kept.join("run.json").exists());
}

#[test]
fn a_link_to_an_old_run_is_not_followed() {
    let root = Root::new();
    let run = root.run("hidden/.old/run", "succeeded", 40);
    symlink(root.at("hidden/.old"), root.at("link")).unwrap();
    let output = root.prune(&["--older-than", "30d", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stderr).contains("reached through a link"), "{output:?}");
    assert!(run.join("run.json").exists());
}

#[test]
fn each_run_is_a_json_object_on_a_line() {
    let root = Root::new();
    let run = root.run("task/old", "succeeded", 40);
    for (arguments, is_removed) in [(&["--json"][..], false), (&["--json", "--yes"][..], true)] {
        let output = root.prune(&[&["--older-than", "30d"][..], arguments].concat());
        let printed = text(&output.stdout);
        let told: Value = serde_json::from_str(printed.trim_end()).unwrap();
        assert_eq!(told["path"], json!(run.to_str().unwrap()));
        assert_eq!((&told["taskId"], &told["runId"]), (&json!("task"), &json!("old")));
        assert_eq!((&told["status"], &told["removed"]), (&json!("succeeded"), &json!(is_removed)));
        assert!(told["bytes"].as_u64().unwrap() > 0 && told["endedAt"].is_string(), "{told}");
        assert_eq!(run.exists(), !is_removed);
    }
}

#[test]
fn the_exit_status_says_whether_there_is_something_and_whether_it_could_be_done() {
    let root = Root::new();
    let run = root.run("task/young", "succeeded", 1);
    assert_eq!(root.prune(&["--older-than", "30d"]).status.code(), Some(1), "nothing is old");
    assert_eq!(root.prune(&["--older-than", "30d", "--yes"]).status.code(), Some(0));
    assert_eq!(root.prune(&[]).status.code(), Some(2), "how old they must be is to be said");
    let prune = |path: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stepwatch"));
        command.arg("prune").arg(path).args(["--older-than", "0s", "--yes"]).output().unwrap()
    };
    assert_eq!(prune(&run).status.code(), Some(2), "a run is no root");
    assert_eq!(prune(&root.at("nowhere")).status.code(), Some(3));
    assert!(run.exists());
}

/// Removes what is old while the system refuses one removal of a file or folder.
fn prune_refused(root: &Root, place: usize) -> Output {
    let injection = format!("inject=unlinkat:error=EIO:when={place}");
    let mut command = Command::new("strace");
    command.args([
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        &injection,
        env!("CARGO_BIN_EXE_stepwatch"),
        "prune",
    ]);
    command.arg(root.path()).args(["--older-than", "30d", "--yes"]).output().unwrap()
}

#[test]
fn wherever_a_removal_is_interrupted_nobody_sees_half_a_run_and_the_next_one_finishes_it() {
    let probe = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: strace is not here or may not trace");
        return;
    }
    let mut refused = 0;
    for place in 1.. {
        let root = Root::new();
        root.run("task/old", "succeeded", 40);
        let output = prune_refused(&root, place);
        assert!(!root.at("task/old").exists(), "{place}: half of it could be seen");
        if output.status.code() == Some(0) {
            break;
        }
        refused += 1;
        assert_eq!(output.status.code(), Some(3), "{place}: {output:?}");
        let hidden = fs::read_dir(root.at("task")).unwrap().next().unwrap().unwrap();
        let name = hidden.file_name().into_string().unwrap();
        assert!(text(&output.stderr).contains(&name), "{place}: {output:?}");
        let is_empty = fs::read_dir(hidden.path()).unwrap().next().is_none();
        assert!(is_empty || hidden.path().join("run.json").exists(), "{place}: it does not say what it was");
        assert!(stepwatch::run::find::find_runs(&root.path()).is_empty());

        let told = root.prune(&["--older-than", "30d"]);
        assert!(text(&told.stderr).contains(&format!("{name} is left of a removal")), "{place}: {told:?}");
        let finished = root.prune(&["--older-than", "30d", "--yes"]);
        assert_eq!(finished.status.code(), Some(0), "{place}: {finished:?}");
        assert_eq!(fs::read_dir(root.at("task")).unwrap().count(), 0, "{place}");
    }
    // Three files, the record, its folder, and the run's own.
    assert_eq!(refused, 6);
}

#[test]
fn a_hidden_folder_that_is_no_leftover_is_not_touched() {
    let root = Root::new();
    root.run("task/young", "succeeded", 1);
    let alive = format!("task/.stepwatch-prune-{}-0", std::process::id());
    let others =
        [alive.as_str(), "task/.stepwatch-prune-x-0", "task/.stepwatch-prune-4194400-0", "task/.git"];
    for other in others {
        fs::create_dir_all(root.at(other)).unwrap();
        // Only the first two would be runs; the third has no manifest.
        let name = if other.contains("4194400") { "precious" } else { "run.json" };
        fs::write(root.at(other).join(name), "{}").unwrap();
    }
    assert_eq!(root.prune(&["--older-than", "30d", "--yes"]).status.code(), Some(0));
    assert_eq!(root.left(&others), others);
}
