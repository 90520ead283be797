//! What the README shows is true: its example of a run is whole, its links lead somewhere, and the
//! commands that it names are there.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
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

/// The times in a text, which differ from one day to the next.
fn without_times(text: &str) -> String {
    let time = regex::Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z").unwrap();
    time.replace_all(text, "TIME").into_owned()
}

#[test]
fn the_checkpoints_of_the_example_are_made_listed_and_shown_as_it_says() {
    let folder = tempfile::tempdir().unwrap();
    example(folder.path());
    let readme = readme();
    let block = between(&readme, "<!-- checkpoint:begin -->", "<!-- checkpoint:end -->");
    let console = between(block, "```console\n", "```");
    let binaries = Path::new(env!("CARGO_BIN_EXE_stepwatch")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    let mut commands = 0;
    for part in console.split("$ ").skip(1) {
        let (command, expected) = part.split_once('\n').unwrap();
        let output = Command::new("sh")
            .args(["-c", command])
            .env("PATH", &path)
            .env("STEPWATCH_ROOT", folder.path().join("runs"))
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(without_times(&printed), without_times(expected), "{command}");
        commands += 1;
    }
    assert!(commands >= 4, "the commands were not found");
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
    let headings = readme.lines().filter(|line| line.starts_with('#'));
    let anchors: BTreeSet<String> =
        headings.map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-")).collect();
    let mut count = 0;
    for target in links.chain(pictures).filter(|target| !target.contains("://")) {
        count += 1;
        if let Some(anchor) = target.strip_prefix('#') {
            assert!(
                anchors.contains(anchor),
                "the README points at its part {anchor}, which it does not have"
            );
            continue;
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(target);
        assert!(path.exists(), "the README points at {target}, which is not there");
    }
    assert!(count >= 5, "the README's links were not found");
}
