//! `stepwatch demo --headless`: the runs are there, each in its plight, and they end by themselves.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "these are tests; a helper that fails fails its test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

const DEADLINE: Duration = Duration::from_secs(60);

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The run directories below a root, by the step that they are of.
fn runs(root: &Path) -> BTreeMap<String, PathBuf> {
    let folders = |path: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('.')).collect()
    };
    let all = folders(root).into_iter().flat_map(|task| folders(&task));
    all.map(|run| (json(&run, "run.json")["stepId"].as_str().unwrap().to_owned(), run)).collect()
}

fn json(run: &Path, name: &str) -> Value {
    serde_json::from_slice(&fs::read(run.join(name)).unwrap()).unwrap()
}

fn text(run: &Path) -> String {
    fs::read_to_string(run.join("stdout.jsonl")).unwrap()
}

#[test]
fn a_headless_demo_prints_its_root_and_leaves_runs_that_end_by_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_stepwatch"))
        .args(["demo", "--headless", "--seconds", "6"])
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let root = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim_end());
    assert!(root.starts_with(folder.path()), "{root:?}");
    let runs = runs(&root);
    let steps: Vec<&str> = runs.keys().map(String::as_str).collect();
    assert_eq!(steps, ["build", "fetch", "migrate", "plan", "sync", "test"]);

    let status = |step: &str| json(&runs[step], "state.json")["status"].as_str().unwrap().to_owned();
    assert_eq!(status("build"), "running", "it goes on although the demo's process has ended");
    wait_until("the question is asked", || {
        text(&runs["migrate"]).lines().last().is_some_and(|line| line.ends_with(r#"[y/N] "}"#))
    });
    assert_eq!(status("migrate"), "running");
    wait_until("progress is drawn", || text(&runs["build"]).contains(r#"\r"}"#));
    wait_until("the loop goes round", || text(&runs["sync"]).matches("connecting").count() > 1);
    wait_until("the tests fail", || status("test") == "failed");
    assert_eq!(json(&runs["test"], "state.json")["exitCode"], 101);
    wait_until("all have ended", || {
        runs.keys().all(|step| !["running", "prepared"].contains(&&*status(step)))
    });
    assert_eq!(status("build"), "succeeded");
    assert_eq!(status("fetch"), "succeeded");
}
