//! Rotation, replacement, and files and directories that come and go: F09 to F14, F23 to F25.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, symlink};

use stepwatch::run::{RunDirectory, Status};

use crate::scene::{Followed, Place, Read, append, entries, entry, names, texts};

#[test]
fn f09_a_renamed_file_is_read_to_its_end_and_the_new_one_after_it() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entry(1, "one"));
    assert_eq!(run.look(), ["one"]);
    let mut writer = OpenOptions::new().append(true).open(run.path("stdout.jsonl")).unwrap();
    fs::rename(run.path("stdout.jsonl"), run.path("stdout.jsonl.1")).unwrap();
    run.append("stdout.jsonl", entry(4, "four"));
    writer.write_all(entry(2, "two").as_bytes()).unwrap();
    assert_eq!(run.look(), ["one", "two", "four"]);
    writer.write_all(entry(3, "three").as_bytes()).unwrap();
    assert_eq!(run.look(), ["one", "two", "three", "four"]);
}

#[test]
fn f09_a_thousand_rapid_rotations_keep_what_can_still_be_read_and_count_the_rest() {
    let mut run = Followed::new();
    let mut last = Vec::new();
    for seq in 0..1000 {
        run.append("stdout.jsonl", entry(seq, &seq.to_string()));
        last = run.look();
        fs::rename(run.path("stdout.jsonl"), run.path("stdout.jsonl.1")).unwrap();
    }
    run.look();
    assert!(last.contains(&"999".to_owned()), "{last:?}");
    let lost: u64 = run
        .model
        .notices()
        .iter()
        .filter_map(|notice| {
            notice.text.strip_prefix("was rotated away: ")?.split(' ').next()?.parse::<u64>().ok()
        })
        .sum();
    assert_eq!(lost + run.look().len() as u64, 1000);
}

#[test]
fn f09_a_file_that_comes_back_to_its_path_is_not_read_twice() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entries(1..=3));
    assert_eq!(run.look(), names(1..=3));
    fs::rename(run.path("stdout.jsonl"), run.path("aside")).unwrap();
    assert_eq!(run.look(), names(1..=3));
    fs::rename(run.path("aside"), run.path("stdout.jsonl")).unwrap();
    run.append("stdout.jsonl", entries(4..=4));
    assert_eq!(run.look_and_compare(), names(1..=4));
    assert_eq!(run.model.counts().ties, 0);
}

#[test]
fn f10_a_removed_file_stays_readable_and_a_new_one_at_its_path_is_another() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entry(1, "one"));
    assert_eq!(run.look(), ["one"]);
    fs::remove_file(run.path("stdout.jsonl")).unwrap();
    assert_eq!(run.look(), ["one"]);
    run.append("stdout.jsonl", entry(2, "two"));
    assert_eq!(run.look(), ["one", "two"]);
}

#[test]
fn f10_a_file_made_again_under_its_old_number_with_its_old_length_and_time_is_another() {
    let mut run = Followed::new();
    let state = run.path("state.json");
    fs::write(&state, r#"{"status":"running"}"#).unwrap();
    run.look();
    assert_eq!(run.model.state().unwrap().status, Status::Running);
    // Nobody holds it open, so that the file system may use its number again at once.
    let old = fs::metadata(&state).unwrap();
    fs::remove_file(&state).unwrap();
    fs::write(&state, r#"{"status":"failed" }"#).unwrap();
    File::options().write(true).open(&state).unwrap().set_modified(old.modified().unwrap()).unwrap();
    let new = fs::metadata(&state).unwrap();
    assert_eq!((new.len(), new.mtime_nsec()), (old.len(), old.mtime_nsec()));
    run.look();
    assert_eq!(run.model.state().unwrap().status, Status::Failed);
}

#[test]
fn f11_a_replacement_that_begins_with_what_was_read_goes_on_and_any_other_is_another_file() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entries(1..=2));
    assert_eq!(run.look(), names(1..=2));
    let replace = |run: &Followed, text: String| {
        fs::write(run.path("stdout.new"), text).unwrap();
        fs::rename(run.path("stdout.new"), run.path("stdout.jsonl")).unwrap();
    };
    replace(&run, entries(1..=3));
    assert_eq!(run.look_and_compare(), names(1..=3));
    assert_eq!(run.model.counts().ties, 0);
    assert!(run.model.notices().is_empty());
    replace(&run, entries(7..=9));
    assert_eq!(run.look(), names((1..=3).chain(7..=9)), "what was replaced is held");
}

#[test]
fn f12_files_and_directories_that_appear_late_are_read_and_awaited_till_then() {
    let mut run = Followed::new();
    fs::remove_dir(run.path("")).unwrap();
    assert_eq!(run.look(), Vec::<String>::new());
    assert!(run.notice("").unwrap().contains("waiting for it"), "{:?}", run.model.notices());
    fs::create_dir_all(run.path("logs")).unwrap();
    run.append("logs/stderr.ndjson", entry(2, "two"));
    assert_eq!(run.look_and_compare(), ["two"]);
    assert!(run.model.notices().is_empty());
    run.append("stdout.jsonl", entry(1, "one"));
    assert_eq!(run.look_and_compare(), ["one", "two"]);
}

#[test]
fn f12_a_run_whose_parents_are_not_there_yet_is_found_when_it_is_made() {
    let root = tempfile::tempdir().unwrap();
    let run = root.path().join("task/attempt/run");
    let mut read = Read::new(RunDirectory::alone(&run));
    read.wait_for("it is said that the run is awaited", |model| !model.notices().is_empty());
    fs::create_dir_all(&run).unwrap();
    append(&run.join("stdout.jsonl"), entry(1, "one"));
    read.wait_for_texts(&["one"]);
    append(&run.join("stdout.jsonl"), entry(2, "two"));
    read.wait_for_texts(&["one", "two"]);
}

#[test]
fn f13_a_directory_that_was_removed_and_made_again_is_followed_again_and_again() {
    let root = tempfile::tempdir().unwrap();
    let run = root.path().join("run");
    fs::create_dir(&run).unwrap();
    let mut read = Read::new(RunDirectory::alone(&run));
    let mut expected = Vec::new();
    for seq in 1..=3 {
        append(&run.join("stdout.jsonl"), entries([seq]));
        expected.push(seq.to_string());
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        read.wait_for_texts(&expected);
        fs::remove_dir_all(&run).unwrap();
        read.wait_for("it is said that the directory is gone", |model| !model.notices().is_empty());
        fs::create_dir(&run).unwrap();
        read.wait_for("the directory is there again", |model| model.notices().is_empty());
    }
}

#[test]
fn f14_a_directory_that_was_renamed_is_not_taken_for_the_new_one_at_its_path() {
    let root = tempfile::tempdir().unwrap();
    let (run, old) = (root.path().join("run"), root.path().join("run2"));
    fs::create_dir(&run).unwrap();
    append(&run.join("stdout.jsonl"), entry(1, "one"));
    let mut read = Read::new(RunDirectory::alone(&run));
    read.wait_for_texts(&["one"]);
    fs::rename(&run, &old).unwrap();
    fs::create_dir(&run).unwrap();
    append(&run.join("stdout.jsonl"), entry(3, "three"));
    read.wait_for_texts(&["one", "three"]);
    // The writer of before still has its file open, and a further file there is none of this run.
    append(&old.join("stderr.jsonl"), entry(9, "of the old directory"));
    append(&old.join("stdout.jsonl"), entry(2, "two"));
    append(&run.join("stdout.jsonl"), entry(4, "four"));
    read.wait_for_texts(&["one", "two", "three", "four"]);
}

#[test]
fn f23_a_link_out_of_the_root_is_refused_and_said_and_one_inside_is_followed_without_events() {
    let elsewhere = tempfile::tempdir().unwrap();
    append(&elsewhere.path().join("log"), entry(9, "secret"));
    let root = tempfile::tempdir().unwrap();
    let (run, store) = (root.path().join("run"), root.path().join("store"));
    fs::create_dir(&run).unwrap();
    fs::create_dir(&store).unwrap();
    append(&store.join("log"), entry(1, "one"));
    symlink("../store/log", run.join("stdout.jsonl")).unwrap();
    symlink(elsewhere.path().join("log"), run.join("stderr.jsonl")).unwrap();
    let mut read = Read::new(RunDirectory::new(&run, root.path()));
    read.wait_for_texts(&["one"]);
    let said = crate::scene::notice(&read.model, "stderr.jsonl").unwrap();
    assert!(said.contains("leads out of the run's root"), "{said}");
    // Its growth makes no event in any folder that is watched.
    append(&store.join("log"), entry(2, "two"));
    read.wait_for_texts(&["one", "two"]);
}

#[test]
fn f24_a_link_that_is_pointed_elsewhere_is_another_file_or_goes_on() {
    let mut run = Followed::new();
    append(&run.root().join("first"), entries(1..=2));
    append(&run.root().join("longer"), entries(1..=3));
    append(&run.root().join("other"), entries(7..=8));
    let point_to = |run: &Followed, target: &str| {
        symlink(run.root().join(target), run.path("new")).unwrap();
        fs::rename(run.path("new"), run.path("stdout.jsonl")).unwrap();
    };
    point_to(&run, "first");
    assert_eq!(run.look_and_compare(), names(1..=2));
    point_to(&run, "longer");
    assert_eq!(run.look_and_compare(), names(1..=3));
    point_to(&run, "other");
    assert_eq!(run.look(), names((1..=3).chain(7..=8)));
    append(&run.root().join("other"), entries(9..=9));
    assert_eq!(run.look(), names((1..=3).chain(7..=9)));
    fs::remove_file(run.root().join("other")).unwrap();
    assert_eq!(run.look(), names((1..=3).chain(7..=9)), "a link to nothing is a removed file");
    assert_eq!(run.model.counts().ties, 0);
}

#[test]
fn f25_a_file_that_is_copied_up_at_the_first_write_is_followed() {
    let setup = r#"cd "$STEPWATCH_FAULTS_FOLDER" && mount -t tmpfs -o size=4m tmpfs . && cd "$PWD" &&
        mkdir -p lower/run upper work merged &&
        printf '{"seq":1,"text":"one"}\n' > lower/run/stdout.jsonl &&
        mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged"#;
    let Some(folder) = Place::namespaces("-Urm", setup)
        .enter("rotation::f25_a_file_that_is_copied_up_at_the_first_write_is_followed")
    else {
        return;
    };
    let merged = folder.join("merged");
    let mut run = Followed::below(&merged);
    let mut read = Read::new(RunDirectory::new(merged.join("run"), &merged));
    assert_eq!(run.look(), ["one"], "opened in the lower layer");
    read.wait_for_texts(&["one"]);
    append(&merged.join("run/stdout.jsonl"), entry(2, "two"));
    assert!(folder.join("upper/run/stdout.jsonl").exists(), "it was copied up");
    assert_eq!(run.look_and_compare(), ["one", "two"]);
    read.wait_for_texts(&["one", "two"]);
    append(&merged.join("run/stdout.jsonl"), entry(3, "three"));
    assert_eq!(run.look_and_compare(), ["one", "two", "three"]);
    assert_eq!(texts(&run.model).len() as u64, run.model.counts().entries);
    assert_eq!(run.model.counts().ties, 0);
}
