//! What the README shows is true: its example of a run is whole, its links lead somewhere, and the
//! commands that it names are there.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

use stepwatch::run::find::find_runs;
use stepwatch::run::{RunDirectory, Status, decode};

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    text.split_once(begin).unwrap().1.split_once(end).unwrap().0
}

/// The run that the example's script writes.
fn example(folder: &Path) -> RunDirectory {
    let readme = readme();
    let block = between(&readme, "<!-- example:begin -->", "<!-- example:end -->");
    let script = between(block, "```sh\n", "```");
    let ended = Command::new("sh").args(["-euc", script]).current_dir(folder).status().unwrap();
    assert!(ended.success());
    let mut runs = find_runs(&folder.join("runs"));
    assert_eq!(runs.len(), 1);
    runs.remove(0)
}

#[test]
fn the_example_of_a_run_directory_is_a_whole_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = example(folder.path());
    let manifest = run.manifest().unwrap();
    assert_eq!((manifest.task_id.as_str(), manifest.run_id.as_str()), ("task-42", "run-7"));
    assert!(manifest.created_at.is_some());
    assert_eq!(run.state().unwrap().status, Status::Succeeded);
    let mut seqs = Vec::new();
    for file in run.log_files() {
        for line in fs::read_to_string(&file.path).unwrap().lines() {
            let entry = decode(line.as_bytes());
            assert!(entry.time.is_some() && !entry.text().is_empty(), "{line}");
            seqs.push(entry.seq.unwrap());
        }
    }
    seqs.sort_unstable();
    assert_eq!(seqs, [1, 2, 3, 4]);
}

#[test]
fn check_finds_nothing_wrong_with_the_example() {
    let folder = tempfile::tempdir().unwrap();
    let run = example(folder.path());
    let output = Command::new(env!("CARGO_BIN_EXE_stepwatch")).arg("check").arg(run.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn every_command_in_the_table_is_one_and_every_one_is_in_the_table() {
    let readme = readme();
    let table = between(&readme, "## Commands", "###");
    let help = Command::new(env!("CARGO_BIN_EXE_stepwatch")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let listed = between(&help, "Commands:\n", "\n\n");
    let commands: Vec<&str> = listed
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    for command in &commands {
        assert!(table.contains(&format!("`stepwatch {command}")), "{command} is not in the README's table");
    }
    let named = table.lines().filter(|line| line.starts_with("| `stepwatch ")).flat_map(|line| {
        let first_cell = line.split(" | ").next().unwrap_or_default();
        first_cell.split("`stepwatch ").skip(1).filter_map(|rest| rest.split([' ', '`']).next())
    });
    for command in named.filter(|command| !command.starts_with('[')) {
        assert!(commands.contains(&command), "the README's table names {command}, which is no command");
    }
}

#[test]
fn every_file_that_the_readme_points_at_is_there() {
    let readme = readme();
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let pictures = readme
        .split("src")
        .skip(1)
        .filter_map(|rest| rest.strip_prefix("set").unwrap_or(rest).strip_prefix("=\"")?.split('"').next());
    let mut count = 0;
    for target in links.chain(pictures).filter(|target| !target.contains("://")) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(target);
        assert!(path.exists(), "the README points at {target}, which is not there");
        count += 1;
    }
    assert!(count >= 5, "the README's links were not found");
}
