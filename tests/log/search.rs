//! `stepwatch log --grep` over several runs.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::fixture::{Run, append, code, error, numbered, stepwatch};

/// Two runs below one task, and the folder of the task.
fn two_runs() -> (Run, PathBuf) {
    let run = Run::new();
    run.append("stdout.jsonl", &numbered(1, 30));
    run.append("stderr.jsonl", "{\"seq\":12,\"text\":\"two\\nlines 12\"}\n");
    let second = run.path.with_file_name("run-2");
    fs::create_dir(&second).unwrap();
    append(&second.join("stdout.jsonl"), &numbered(5, 19));
    let root = run.path.parent().unwrap().to_owned();
    (run, root)
}

fn grep(arguments: &[&str], root: &PathBuf) -> std::process::Output {
    stepwatch().args(["log", "--grep"]).args(arguments).arg(root).output().unwrap()
}

#[test]
fn a_pattern_is_looked_for_in_every_run_below_a_folder_and_each_line_names_its_run() {
    let (run, root) = two_runs();
    let output = grep(&["12$"], &root);
    let (one, two) = (run.path.display(), root.join("run-2").display().to_string());
    let expected = format!(
        "{one}:[stdout] line 12\n{one}:[stderr] two\n{one}:[stderr] lines 12\n{two}:[stdout] line 12\n"
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    assert_eq!((code(&output), error(&output)), (0, String::new()));

    let output = grep(&["12$", "--json"], &root);
    let objects: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let runs: Vec<&str> = objects.iter().map(|object| object["run"].as_str().unwrap()).collect();
    assert_eq!(runs, [one.to_string(), one.to_string(), two.clone()]);
    assert_eq!(objects[2]["seq"], 12);

    assert_eq!(grep(&["12$", "--raw", "--channel", "stdout"], &root).stdout, b"line 12\nline 12\n");
    let last = grep(&["1", "-n", "1", "--channel", "stdout", "--raw"], &root);
    assert_eq!(last.stdout, b"line 21\nline 19\n");
    let one_of_them = grep(&["12$", "--channel", "stdout"], &run.path);
    assert_eq!(one_of_them.stdout, b"[stdout] line 12\n");
}

#[test]
fn no_hit_in_any_run_is_a_no_and_several_runs_are_only_searched() {
    let (run, root) = two_runs();
    let output = grep(&["nothing has this"], &root);
    assert_eq!((code(&output), output.stdout.len()), (1, 0));
    assert_eq!(code(&grep(&["line 30"], &root)), 0);
    let output = stepwatch().arg("log").args([&run.path, &root.join("run-2")]).output().unwrap();
    assert_eq!(code(&output), 2);
    let output = grep(&["line", "--channel", "audit"], &root);
    assert_eq!((code(&output), output.stdout.len()), (3, 0));
    assert!(error(&output).contains("none of the runs has a channel audit"), "{}", error(&output));
    let empty = tempfile::tempdir().unwrap();
    let output = grep(&["x"], &empty.path().to_owned());
    assert_eq!(code(&output), 3);
    assert!(error(&output).contains("there are no runs below"), "{}", error(&output));
}

#[cfg(unix)]
#[test]
fn a_run_that_cannot_be_read_is_said_and_the_others_are_searched() {
    let (run, root) = two_runs();
    // What leads out of the run is not read.
    let outside = tempfile::NamedTempFile::new().unwrap();
    std::os::unix::fs::symlink(outside.path(), run.path.join("worker.jsonl")).unwrap();
    let output = grep(&["line 19$"], &root);
    let hits = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(hits.ends_with("run-2:[stdout] line 19\n"), "{hits}");
    assert_eq!(hits.lines().count(), 2);
    assert_eq!(code(&output), 3);
    let said = error(&output);
    assert!(said.contains("run-1: worker.jsonl: cannot be read"), "{said}");
    assert!(said.contains("1 of 2 runs could not be searched whole"), "{said}");
}

#[cfg(unix)]
#[test]
fn on_a_terminal_the_name_of_a_run_stands_above_its_hits() {
    let (run, root) = two_runs();
    let second = root.join("run-2").display().to_string();
    let shown = crate::on_a_terminal(&[&second, "--grep", "line 1[23]$"], &run, &[("NO_COLOR", "1")]);
    let one = run.path.display();
    let hits = "[stdout] line 12\r\n[stdout] line 13\r\n";
    assert_eq!(shown, format!("{one}\r\n{hits}\r\n{second}\r\n{hits}"));
}
