//! Following files that do what files do: appear late, are torn, truncated, replaced, moved.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use stepwatch::model::{Model, Selection};
use stepwatch::run::{Now, RunDirectory, Status, Timestamp};
use stepwatch::tail::{RunReader, RunTail};

struct Followed {
    folder: tempfile::TempDir,
    tail: RunTail,
    model: Model,
}

impl Followed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        fs::create_dir(&run).unwrap();
        let directory = RunDirectory::alone(run);
        Self { folder, tail: RunTail::new(directory.clone()), model: Model::new(directory) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("run").join(name)
    }

    fn append(&self, name: &str, text: &str) {
        append(&self.path(name), text);
    }

    fn look(&mut self) -> Vec<String> {
        loop {
            let batch = self.tail.poll();
            let caught_up = batch.caught_up;
            self.model.apply(batch, now());
            if caught_up {
                return texts(&self.model);
            }
        }
    }
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn now() -> Now {
    Now { wall: Timestamp::from_milliseconds(0), monotonic: Duration::ZERO }
}

fn texts(model: &Model) -> Vec<String> {
    model.view(&Selection::all()).from(0).map(|placed| placed.entry.text_lossy().into_owned()).collect()
}

fn entry(seq: u64, text: &str) -> String {
    format!("{}\n", serde_json::json!({"seq": seq, "text": text}))
}

#[test]
fn a_torn_line_is_an_entry_once_its_end_came_and_never_twice() {
    let mut run = Followed::new();
    let line = entry(1, "whole 🚀");
    for end in 1..line.len() - 2 {
        fs::write(run.path("stdout.jsonl"), &line.as_bytes()[..end]).unwrap();
        assert_eq!(run.look(), Vec::<String>::new(), "after {end} bytes");
        assert_eq!(run.model.channels()[0].torn_bytes, end as u64);
    }
    fs::write(run.path("stdout.jsonl"), &line).unwrap();
    assert_eq!(run.look(), ["whole 🚀"]);
    assert_eq!(run.model.channels()[0].torn_bytes, 0);
}

#[test]
fn a_last_line_without_its_end_is_an_entry_when_it_is_a_whole_object() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entry(1, "one").trim_end());
    assert_eq!(run.look(), ["one"]);
    run.append("stdout.jsonl", "\n");
    assert_eq!(run.look(), ["one"]);
    run.append("stdout.jsonl", &entry(2, "two"));
    assert_eq!(run.look(), ["one", "two"]);
    assert_eq!(run.model.counts().ties, 0);
}

#[test]
fn what_follows_a_whole_object_on_its_line_belongs_to_it() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", r#"{"text":"one","seq":1}"#);
    assert_eq!(run.look(), ["one"]);
    // Now it is no whole object, and without a line end no entry: read from zero it is none either.
    run.append("stdout.jsonl", "garbage");
    assert_eq!(run.look(), texts(&Model::load(run.model.directory().clone()).unwrap()));
    assert_eq!(run.look(), Vec::<String>::new());
    run.append("stdout.jsonl", &format!("\n{}", entry(2, "two")));
    run.look();
    let found = run.look();
    let again = texts(&Model::load(run.model.directory().clone()).unwrap());
    assert_eq!(found, again);
    assert_eq!(found, [r#"{"text":"one","seq":1}garbage"#, "two"]);
}

#[test]
fn files_and_directories_that_appear_later_are_read() {
    let mut run = Followed::new();
    fs::remove_dir(run.path("")).unwrap();
    assert_eq!(run.look(), Vec::<String>::new());
    assert!(run.model.notices()[0].text.contains("waiting for it"), "{:?}", run.model.notices());
    fs::create_dir_all(run.path("logs")).unwrap();
    run.append("logs/stderr.ndjson", &entry(2, "two"));
    assert_eq!(run.look(), ["two"]);
    assert!(run.model.notices().is_empty());
    run.append("stdout.jsonl", &entry(1, "one"));
    assert_eq!(run.look(), ["one", "two"]);
}

#[test]
fn after_a_truncation_the_file_is_read_anew_and_what_is_gone_is_said() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", &(entry(1, "one") + &entry(2, "two") + &entry(3, "three")));
    run.append("stderr.jsonl", &entry(4, "four"));
    assert_eq!(run.look().len(), 4);
    fs::write(run.path("stdout.jsonl"), entry(5, "five")).unwrap();
    run.look();
    assert_eq!(run.look(), ["four", "five"]);
    let notices = run.model.notices();
    assert_eq!(notices[0].about, "stdout");
    assert_eq!(notices[0].text, "was truncated: 3 entries (seq 1 to 3) can no longer be read");
    assert_eq!((run.model.counts().ties, run.model.counts().lowest_seq), (0, Some(4)));
}

#[test]
fn a_truncation_that_was_written_past_is_noticed_by_the_bytes_before_the_offset() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", &entry(1, "short"));
    assert_eq!(run.look(), ["short"]);
    fs::write(run.path("stdout.jsonl"), entry(7, "other, and longer than before") + &entry(8, "more"))
        .unwrap();
    run.look();
    assert_eq!(run.look(), ["other, and longer than before", "more"]);
}

#[test]
fn the_same_bytes_written_again_and_more_are_a_plain_append() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", &entry(1, "one"));
    assert_eq!(run.look(), ["one"]);
    fs::write(run.path("stdout.jsonl"), entry(1, "one") + &entry(2, "two")).unwrap();
    assert_eq!(run.look(), ["one", "two"]);
    let aside = run.path("stdout.new");
    fs::write(&aside, entry(1, "one") + &entry(2, "two") + &entry(3, "three")).unwrap();
    fs::rename(&aside, run.path("stdout.jsonl")).unwrap();
    assert_eq!(run.look(), ["one", "two", "three"]);
    assert_eq!(run.model.counts().ties, 0);
    assert!(run.model.notices().is_empty());
}

#[test]
fn a_renamed_file_is_read_to_its_end_and_the_new_one_after_it() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", &entry(1, "one"));
    assert_eq!(run.look(), ["one"]);
    let mut writer = OpenOptions::new().append(true).open(run.path("stdout.jsonl")).unwrap();
    fs::rename(run.path("stdout.jsonl"), run.path("stdout.jsonl.1")).unwrap();
    run.append("stdout.jsonl", &entry(4, "four"));
    writer.write_all(entry(2, "two").as_bytes()).unwrap();
    assert_eq!(run.look(), ["one", "two", "four"]);
    writer.write_all(entry(3, "three").as_bytes()).unwrap();
    assert_eq!(run.look(), ["one", "two", "three", "four"]);
}

#[test]
fn a_thousand_rapid_rotations_keep_what_can_still_be_read_and_count_the_rest() {
    let mut run = Followed::new();
    let mut last = Vec::new();
    for seq in 0..1000 {
        run.append("stdout.jsonl", &entry(seq, &seq.to_string()));
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
fn a_removed_file_stays_readable_and_a_new_one_at_its_path_is_another() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", &entry(1, "one"));
    assert_eq!(run.look(), ["one"]);
    fs::remove_file(run.path("stdout.jsonl")).unwrap();
    assert_eq!(run.look(), ["one"]);
    run.append("stdout.jsonl", &entry(2, "two"));
    assert_eq!(run.look(), ["one", "two"]);
}

#[test]
fn plain_lines_change_to_seq_order_as_soon_as_a_line_has_a_seq() {
    let mut run = Followed::new();
    run.append("stdout.log", "plain\n");
    run.look();
    assert_eq!(run.look(), ["plain"]);
    assert_eq!(run.model.order().to_string(), "file");
    run.append("stderr.jsonl", &entry(1, "one"));
    run.look();
    assert_eq!(run.look(), ["plain", "one"]);
    assert_eq!(run.model.order().to_string(), "seq");
}

#[test]
fn the_small_files_are_read_again_when_they_change_and_a_broken_one_is_said() {
    let mut run = Followed::new();
    run.append("run.json", r#"{"taskId":"t","runId":"r"}"#);
    run.append("state.json", r#"{"status":"run"#);
    run.look();
    assert_eq!(run.model.manifest().task_id, "t");
    assert_eq!(run.model.state(), None);
    assert_eq!(run.model.notices()[0].about, "state.json");
    run.append("state.json", r#"ning"}"#);
    run.look();
    assert_eq!(run.model.state().unwrap().status, Status::Running);
    assert!(run.model.notices().is_empty());
}

#[test]
fn a_fifo_in_place_of_a_log_neither_blocks_nor_hides_the_others() {
    let mut run = Followed::new();
    let fifo = run.path("stdout.jsonl");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
        .unwrap();
    run.append("stderr.jsonl", &entry(1, "one"));
    assert_eq!(run.look(), ["one"]);
    assert!(run.model.notices()[0].text.contains("not a regular file"));
}

/// Applies what a reader delivers until the condition holds.
fn follow_until(
    received: &std::sync::mpsc::Receiver<stepwatch::tail::Batch>,
    model: &mut Model,
    what: &str,
    condition: impl Fn(&Model) -> bool,
) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition(model) {
        let left = deadline.saturating_duration_since(Instant::now());
        match received.recv_timeout(left) {
            Ok(batch) => model.apply(batch, now()),
            Err(error) => panic!("waited in vain until {what}: {error}; have {:?}", texts(model)),
        }
    }
}

#[test]
fn the_reader_delivers_what_is_appended_and_survives_the_directory_being_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let directory = RunDirectory::alone(&run);
    let mut model = Model::new(directory.clone());
    let (send, received) = channel();
    let _reader = RunReader::spawn(directory, move |batch| send.send(batch).is_ok()).unwrap();
    follow_until(&received, &mut model, "the missing directory is said", |model| !model.notices().is_empty());
    fs::create_dir(&run).unwrap();
    append(&run.join("stdout.jsonl"), &entry(1, "one"));
    follow_until(&received, &mut model, "the first entry came", |model| texts(model) == ["one"]);
    append(&run.join("stdout.jsonl"), &entry(2, "two"));
    follow_until(&received, &mut model, "the second entry came", |model| texts(model) == ["one", "two"]);
    fs::rename(&run, folder.path().join("old")).unwrap();
    fs::create_dir(&run).unwrap();
    append(&run.join("stdout.jsonl"), &entry(3, "three"));
    follow_until(&received, &mut model, "the new directory is read", |model| {
        texts(model).last().is_some_and(|text| text == "three")
    });
    fs::create_dir(run.join("checkpoints")).unwrap();
    File::create(run.join("checkpoints/0001-summary.json")).unwrap();
    follow_until(&received, &mut model, "the checkpoint is seen", |model| {
        model.checkpoint_names().len() == 1
    });
}

#[cfg(unix)]
#[test]
fn what_no_event_tells_of_is_seen_by_the_safety_tick() {
    // The log is a link to a file in a folder that nobody watches: its growth makes no event.
    let root = tempfile::tempdir().unwrap();
    let (run, store) = (root.path().join("run"), root.path().join("store"));
    fs::create_dir(&run).unwrap();
    fs::create_dir(&store).unwrap();
    append(&store.join("log"), &entry(1, "one"));
    std::os::unix::fs::symlink("../store/log", run.join("stdout.jsonl")).unwrap();
    let directory = RunDirectory::new(&run, root.path());
    let mut model = Model::new(directory.clone());
    let (send, received) = channel();
    let _reader = RunReader::spawn(directory, move |batch| send.send(batch).is_ok()).unwrap();
    follow_until(&received, &mut model, "the first entry came", |model| texts(model) == ["one"]);
    append(&store.join("log"), &entry(2, "two"));
    follow_until(&received, &mut model, "the second entry came", |model| texts(model) == ["one", "two"]);
}

#[test]
fn a_reader_of_a_run_that_rests_delivers_nothing() {
    let folder = tempfile::tempdir().unwrap();
    append(&folder.path().join("stdout.jsonl"), &entry(1, "one"));
    let directory = RunDirectory::alone(folder.path());
    let mut model = Model::new(directory.clone());
    let (send, received) = channel();
    let _reader = RunReader::spawn(directory, move |batch| send.send(batch).is_ok()).unwrap();
    follow_until(&received, &mut model, "the run is read", |model| {
        model.is_loaded() && texts(model) == ["one"]
    });
    let more = received.recv_timeout(Duration::from_millis(2500));
    assert!(more.is_err(), "nothing changed, and this came: {more:?}");
}
