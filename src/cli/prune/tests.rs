use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::old_run::{OldRun, Seen};
use super::removal::{HIDDEN, Removal, remove, remove_if};
use crate::run::RunDirectory;
use crate::run::find::find_runs;

/// A root with one run that ended long ago.
struct Scene {
    root: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { root: tempfile::tempdir().unwrap() };
        fs::create_dir_all(scene.run().join("logs/old")).unwrap();
        scene.write("run.json", r#"{"format":1,"runId":"run-1","taskId":"task"}"#);
        scene.write("state.json", r#"{"status":"succeeded","finishedAt":"2020-01-01T00:00:00Z"}"#);
        scene.write("stdout.jsonl", "{\"seq\":1,\"text\":\"a\\n\"}\n");
        scene.write("logs/old/more", "more");
        scene
    }

    fn run(&self) -> PathBuf {
        self.root.path().join("task/run-1")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.run().join(name), text).unwrap();
    }

    fn measured(&self) -> std::io::Result<OldRun> {
        let seen = Seen::of(RunDirectory::new(self.run(), self.root.path())).unwrap();
        OldRun::measure(seen, self.root.path())
    }

    fn names_beside(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.path().join("task")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn listing(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(listing(&path));
        } else {
            let text = fs::read(&path).unwrap();
            found.push((path, text));
        }
    }
    found.sort();
    found
}

#[test]
fn a_run_that_ended_is_removed_with_all_that_is_in_it() {
    let scene = Scene::new();
    let run = scene.measured().unwrap();
    assert_eq!(remove(scene.root.path(), &run).unwrap(), Removal::Done);
    assert_eq!(scene.names_beside(), Vec::<String>::new(), "nothing is left beside it");
}

#[test]
fn a_run_that_came_back_to_life_before_the_removal_is_left() {
    let scene = Scene::new();
    let run = scene.measured().unwrap();
    scene.write("state.json", r#"{"status":"running"}"#);
    let before = listing(scene.root.path());
    assert!(matches!(remove(scene.root.path(), &run).unwrap(), Removal::Left(_)));
    assert_eq!(listing(scene.root.path()), before);
}

#[test]
fn a_run_to_which_something_was_written_before_the_removal_is_left() {
    let scene = Scene::new();
    let run = scene.measured().unwrap();
    scene.write("stdout.jsonl", &"{\"seq\":1,\"text\":\"a\\n\"}\n".repeat(2));
    assert!(matches!(remove(scene.root.path(), &run).unwrap(), Removal::Left(_)));
    assert!(scene.run().join("stdout.jsonl").exists());
}

#[test]
fn a_run_that_came_back_to_life_while_it_was_hidden_gets_its_name_back() {
    let scene = Scene::new();
    let run = scene.measured().unwrap();
    let before = listing(scene.root.path());
    let mut asked_about = Vec::new();
    let removed = remove_if(scene.root.path(), &run, |directory| {
        asked_about.push(directory.path().to_owned());
        // The second time it lies at the hidden name, where no reader finds it.
        if asked_about.len() == 2 {
            assert_eq!(find_runs(scene.root.path()), []);
        }
        asked_about.len() == 1
    });
    assert!(matches!(removed.unwrap(), Removal::Left(_)));
    assert_eq!(listing(scene.root.path()), before);
    let hidden = asked_about[1].file_name().unwrap().to_str().unwrap();
    assert!(hidden.starts_with(HIDDEN), "{hidden}");
}

#[test]
fn where_the_name_was_taken_meanwhile_nothing_is_lost_and_the_place_is_named() {
    let scene = Scene::new();
    let run = scene.measured().unwrap();
    let mut asked = 0;
    let removed = remove_if(scene.root.path(), &run, |_| {
        asked += 1;
        if asked == 2 {
            fs::create_dir(scene.run()).unwrap();
        }
        asked == 1
    });
    let told = removed.unwrap_err().to_string();
    let hidden = scene.names_beside().into_iter().find(|name| name.starts_with(HIDDEN)).unwrap();
    assert!(told.contains(&hidden), "{told}");
    assert!(scene.root.path().join("task").join(hidden).join("stdout.jsonl").exists());
}

#[test]
fn another_folder_at_the_runs_name_is_left() {
    let scene = Scene::new();
    let run = scene.measured().unwrap();
    fs::rename(scene.run(), scene.root.path().join("task/elsewhere")).unwrap();
    fs::create_dir(scene.run()).unwrap();
    scene.write("run.json", "{}");
    let removed = remove_if(scene.root.path(), &run, |_| panic!("it is not even looked at")).unwrap();
    assert!(matches!(removed, Removal::Left(_)));
    assert!(scene.run().join("run.json").exists());
}

#[test]
fn what_links_lead_to_survives() {
    let scene = Scene::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("precious"), "kept").unwrap();
    fs::create_dir(outside.path().join("folder")).unwrap();
    fs::write(outside.path().join("folder/precious"), "kept").unwrap();
    symlink(outside.path(), scene.run().join("checkpoints")).unwrap();
    symlink(outside.path().join("precious"), scene.run().join("stderr.jsonl")).unwrap();
    symlink(outside.path().join("folder"), scene.run().join("logs/old/folder")).unwrap();
    let before = listing(outside.path());
    let run = scene.measured().unwrap();
    assert_eq!(remove(scene.root.path(), &run).unwrap(), Removal::Done);
    assert_eq!(listing(outside.path()), before);
    assert_eq!(scene.names_beside(), Vec::<String>::new());
}

#[test]
fn a_folder_that_became_a_link_on_the_way_to_the_run_is_not_followed() {
    let scene = Scene::new();
    let run = scene.measured().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::rename(scene.root.path().join("task"), outside.path().join("task")).unwrap();
    symlink(outside.path().join("task"), scene.root.path().join("task")).unwrap();
    let before = listing(outside.path());
    assert!(remove_if(scene.root.path(), &run, |_| true).is_err());
    assert_eq!(listing(outside.path()), before);
}

#[test]
fn a_run_that_holds_another_run_or_is_too_deep_is_not_measured() {
    let scene = Scene::new();
    scene.write("logs/old/run.json", "{}");
    assert!(scene.measured().unwrap_err().to_string().contains("holds another run"));
    let scene = Scene::new();
    fs::create_dir_all(scene.run().join("d/".repeat(80))).unwrap();
    assert!(scene.measured().unwrap_err().to_string().contains("64 deep"));
}
