//! Following the files of a run. What faults do to it is in `tests/faults.rs`.

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
fn a_file_with_a_better_ending_takes_the_channel_and_the_other_becomes_one_of_its_own() {
    let mut run = Followed::new();
    run.append("stdout.log", &entry(1, "one"));
    assert_eq!(run.look(), ["one"]);
    run.append("stdout.jsonl", &entry(2, "two"));
    run.look();
    assert_eq!(run.look(), ["one", "two"]);
    let again = Model::load(run.model.directory().clone()).unwrap();
    let channels = |model: &Model| -> Vec<(String, u64)> {
        model.channels().iter().map(|state| (state.channel.name().to_owned(), state.entries)).collect()
    };
    assert_eq!(channels(&run.model), channels(&again));
    assert_eq!(run.model.counts().ties, 0);
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
