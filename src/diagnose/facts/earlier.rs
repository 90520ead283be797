//! What earlier runs of the same step were like: how long this one may take, and be silent, is learnt
//! from them.
//!
//! They are looked for beside the run, one level further up, and one level down from there: so those of
//! `TASK/RUN` are found below other tasks, and those of `STEP/ATTEMPT` beside each other. No more than
//! 64 folders are looked into, so that a large root costs no more than a small one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{EarlierRun, LogFacts, log, milliseconds};
use crate::model::Model;
use crate::run::{Id, Manifest, RunDirectory, Status, Timestamp};

/// So many earlier runs of a step are looked at, the latest first.
const EARLIER_RUNS: usize = 3;
/// So many folders are looked into at most, those nearest to the run first.
const MOST_FOLDERS: usize = 64;

/// The latest earlier runs of the same step that lie near this one and have ended well.
pub(super) fn runs(directory: &RunDirectory, manifest: &Manifest) -> Vec<EarlierRun> {
    if manifest.step_id.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<Earlier> =
        near(directory.path()).into_iter().filter_map(|folder| earlier(folder, manifest)).collect();
    found.sort_by_key(|run| std::cmp::Reverse(run.finished));
    found.truncate(EARLIER_RUNS);
    found.into_iter().map(Earlier::told).collect()
}

struct Earlier {
    run: RunDirectory,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
}

impl Earlier {
    fn told(self) -> EarlierRun {
        let Self { run, started, finished } = self;
        EarlierRun {
            elapsed_ms: finished
                .zip(started)
                .map(|(finished, started)| milliseconds(finished.since(started))),
            longest_silence_ms: Model::load_end(run, log::LOOKED_AT)
                .ok()
                .and_then(|model| LogFacts::of(&model).longest_silence_ms),
        }
    }
}

fn earlier(folder: PathBuf, manifest: &Manifest) -> Option<Earlier> {
    let run = RunDirectory::alone(folder);
    let (identity, state) = (run.manifest().ok()?, run.state().ok()?);
    let is_one = is_same_step(&identity, manifest) && state.status == Status::Succeeded;
    is_one.then_some(Earlier { run, started: state.started_at, finished: state.finished_at })
}

/// Whether two runs are of the same step. An id that somebody gave tells that; one that was made of the
/// command is shared by everything that the program does, so that the whole command must be the same.
fn is_same_step(one: &Manifest, other: &Manifest) -> bool {
    let is_made =
        |run: &Manifest| !run.command.is_empty() && run.step_id == Id::of_command(&run.command).as_str();
    one.step_id == other.step_id && (one.command == other.command || (!is_made(one) && !is_made(other)))
}

/// The folders near a run, the nearest first, without the run itself.
fn near(run: &Path) -> Vec<PathBuf> {
    let Some(parent) = run.parent() else { return Vec::new() };
    let mut found: Vec<PathBuf> = folders_in(parent).into_iter().filter(|folder| folder != run).collect();
    let uncles = parent.parent().map(folders_in).unwrap_or_default();
    let uncles: Vec<PathBuf> = uncles.into_iter().filter(|folder| folder != parent).collect();
    // What lies in a sibling, as in `STEP/ATTEMPT`, and in another task, as in `TASK/RUN`.
    let above: Vec<PathBuf> = found.iter().chain(&uncles).cloned().collect();
    found.extend(uncles);
    for folder in above {
        if found.len() >= MOST_FOLDERS {
            break;
        }
        // Nothing of a run is another run.
        if !folder.join("run.json").exists() {
            found.extend(folders_in(&folder));
        }
    }
    found.truncate(MOST_FOLDERS);
    found
}

/// The folders in a folder, links not followed, the last by name first: names often count up.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_folder = |entry: &std::fs::DirEntry| {
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        !is_hidden && entry.file_type().is_ok_and(|kind| kind.is_dir())
    };
    let found: BTreeSet<PathBuf> = entries.filter(is_folder).map(|entry| entry.path()).collect();
    found.into_iter().rev().take(MOST_FOLDERS).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn run(folder: &Path, step: &str, seconds: u32) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("run.json"), format!(r#"{{"format":1,"stepId":"{step}"}}"#)).unwrap();
        let state = format!(
            r#"{{"status":"succeeded","startedAt":"2026-03-21T08:00:00Z","finishedAt":"2026-03-21T08:00:{seconds:02}Z"}}"#
        );
        fs::write(folder.join("state.json"), state).unwrap();
    }

    fn seconds_of(run: &Path) -> Vec<u64> {
        let manifest = Manifest { step_id: "build".to_owned(), ..Manifest::default() };
        let found = runs(&RunDirectory::alone(run), &manifest);
        found.into_iter().filter_map(|run| Some(run.elapsed_ms? / 1000)).collect()
    }

    #[test]
    fn runs_of_the_step_are_found_beside_it_in_other_tasks_and_as_attempts_the_latest_first() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        run(&at("task-2/build-1"), "build", 11);
        run(&at("task-2/test-1"), "test", 12);
        run(&at("task-1/build"), "build", 13);
        run(&at("task-3/deeper/build"), "build", 14);
        assert_eq!(seconds_of(&at("task-2/build-2")), [13, 11]);
        run(&at("task-4/build/attempt-1"), "build", 15);
        assert_eq!(seconds_of(&at("task-4/build/attempt-2")), [15]);
        assert_eq!(seconds_of(&at("task-4/other/attempt-1")), [15]);
    }

    #[test]
    fn only_so_many_folders_are_looked_into_and_those_beside_the_run_come_first() {
        let root = tempfile::tempdir().unwrap();
        for number in 0..MOST_FOLDERS * 2 {
            fs::create_dir_all(root.path().join(format!("other-{number}/run"))).unwrap();
        }
        let beside = root.path().join("task/run-1");
        run(&beside, "build", 9);
        let own = root.path().join("task/run-2");
        let found = near(&own);
        assert_eq!(found.len(), MOST_FOLDERS);
        assert_eq!(found[0], beside);
        assert_eq!(seconds_of(&own), [9]);
    }

    #[test]
    fn an_id_that_was_made_of_the_program_does_not_make_two_commands_the_same_step() {
        let manifest = |step: &str, command: &[&str]| Manifest {
            step_id: step.to_owned(),
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            ..Manifest::default()
        };
        let java = |class| manifest("java", &["java", class]);
        assert!(is_same_step(&java("A.java"), &java("A.java")));
        assert!(!is_same_step(&java("A.java"), &java("B.java")));
        let build = |of| manifest("build", &["make", of]);
        assert!(is_same_step(&build("all"), &build("-j4")), "its id was given");
        assert!(!is_same_step(&build("all"), &manifest("test", &["make", "all"])));
        assert!(is_same_step(&manifest("build", &[]), &manifest("build", &[])), "a runner of another's");
    }
}
