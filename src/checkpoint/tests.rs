//! Publishing, tested through the storey's face: its rules, the states in which a crash leaves the
//! spool, and other writers at work in the same folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;

mod ended;

struct Run {
    folder: tempfile::TempDir,
    checkpoints: Checkpoints,
}

fn run_with(settings: Value) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let manifest: Manifest = serde_json::from_value(
        json!({"taskId": "task-1", "stepId": "build", "runId": "run-1", "checkpoint": settings}),
    )
    .unwrap();
    let checkpoints = Checkpoints::new(RunDirectory::alone(folder.path()), &manifest);
    Run { folder, checkpoints }
}

fn run() -> Run {
    run_with(json!({"mode": "capture"}))
}

fn summary(text: &str) -> NewRecord {
    NewRecord {
        kind: Kind::Summary,
        origin: Origin::Operator,
        log_seq: Some(7),
        summary: text.to_owned(),
        payload: json!({"detail": "more"}),
    }
}

fn now() -> Timestamp {
    Timestamp::from_milliseconds(1_774_080_000_036)
}

impl Run {
    fn publish(&self, text: &str) -> Published {
        self.checkpoints.publish(summary(text), now()).unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("checkpoints").join(name)
    }

    /// Writes a record as a runner does that lists, then renames its file into place.
    fn foreign(&self, name: &str) {
        fs::create_dir_all(self.folder.path().join("checkpoints")).unwrap();
        let temporary = self.file(".runner.tmp");
        fs::write(&temporary, r#"{"type":"summary","summary":"of the runner"}"#).unwrap();
        fs::rename(temporary, self.file(name)).unwrap();
    }

    fn end(&self) {
        fs::write(self.folder.path().join("state.json"), r#"{"status":"succeeded"}"#).unwrap();
    }

    fn spool(&self) -> PathBuf {
        let user = rustix::process::geteuid().as_raw().to_string();
        self.folder.path().join(".stepwatch/spool").join(user)
    }

    fn spooled(&self) -> Vec<String> {
        names(&self.spool())
    }

    fn assert_that_what_is_spooled_stands(&self) {
        use std::os::unix::fs::MetadataExt as _;
        for name in self.spooled() {
            let (_, target) = name.rsplit_once('.').and_then(|(rest, _)| rest.rsplit_once('.')).unwrap();
            let inode = |path: PathBuf| fs::metadata(path).unwrap().ino();
            let standing = inode(self.file(&format!("{target}.json")));
            assert_eq!(inode(self.spool().join(&name)), standing, "{name}");
        }
    }

    fn summaries(&self) -> Vec<(u64, String)> {
        let records = self.checkpoints.records().into_iter();
        records.map(|record| (record.seq, record.content.unwrap().summary)).collect()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_published_record_says_all_that_the_contract_asks_for() {
    let run = run();
    let published = run.publish("half way");
    assert_eq!(published.seq, 1);
    assert_eq!(published.description, "summary:checkpoints/0001-summary.json");
    let value: Value = serde_json::from_slice(&fs::read(&published.path).unwrap()).unwrap();
    let id = value["id"].as_str().unwrap().parse::<uuid::Uuid>().unwrap();
    assert_eq!(id.get_version_num(), 7);
    let (seconds, _) = id.get_timestamp().unwrap().to_unix();
    assert_eq!(seconds, 1_774_080_000);
    let mut rest = value;
    rest.as_object_mut().unwrap().remove("id");
    assert_eq!(
        rest,
        json!({"format": 1, "taskId": "task-1", "stepId": "build", "runId": "run-1", "seq": 1,
            "type": "summary", "createdAt": "2026-03-21T08:00:00.036Z", "origin": "operator", "logSeq": 7,
            "summary": "half way", "payload": {"detail": "more"}})
    );
    let stored = run.checkpoints.records();
    assert_eq!(stored[0].description(), published.description);
    assert_eq!(stored[0].path, published.path);
    assert!(stored[0].disagreements().is_empty());
}

#[test]
fn the_state_follows_the_records_of_every_writer() {
    let run = run_with(json!({"mode": "capture", "resumeFromSeq": 4}));
    let before = run.checkpoints.state();
    assert_eq!((before.last_checkpoint_seq, before.next_checkpoint_seq), (4, Some(5)));
    assert_eq!(before.latest, None);
    assert!(before.note.contains("written to checkpoints/"), "{}", before.note);
    assert_eq!(before.supported_types, Kind::SUPPORTED);
    assert!(!run.folder.path().join("checkpoints").exists(), "looking makes nothing");

    assert_eq!(run.publish("first").seq, 5);
    run.foreign("12-plan.json");
    assert_eq!(run.publish("second").seq, 13);
    let after = run.checkpoints.state();
    assert_eq!((after.last_checkpoint_seq, after.next_checkpoint_seq), (13, Some(14)));
    assert_eq!(after.latest.as_deref(), Some("summary:checkpoints/0013-summary.json"));
    assert_eq!(
        serde_json::to_value(run.checkpoints.state()).unwrap(),
        json!({"mode": "capture", "supportedTypes": ["summary", "git_diff", "log_tail"], "note": before.note,
            "lastCheckpointSeq": 13, "nextCheckpointSeq": 14,
            "latest": "summary:checkpoints/0013-summary.json"})
    );
}

#[test]
fn a_disabled_run_writes_nothing_and_says_why() {
    let run = run_with(json!({"mode": "disabled"}));
    let error = run.checkpoints.publish(summary("x"), now()).unwrap_err();
    assert!(error.is_disabled());
    assert!(error.to_string().contains("disabled"), "{error}");
    let state = run.checkpoints.state();
    assert_eq!(state.supported_types, []);
    assert!(state.note.contains("disabled"));
    assert_eq!(run.checkpoints.settle(now()).unwrap(), []);
    assert_eq!(names(run.folder.path()), Vec::<String>::new());
}

#[test]
fn what_cannot_be_a_checkpoint_is_refused_before_anything_is_written() {
    let run = run();
    let refused = |record: NewRecord| run.checkpoints.publish(record, now()).unwrap_err();
    assert!(matches!(refused(summary(" \n\t")), CheckpointError::EmptySummary));
    let unknown = NewRecord { kind: Kind::Other("../x".into()), ..summary("x") };
    assert!(matches!(refused(unknown), CheckpointError::UnsupportedType(_)));
    assert_eq!(names(run.folder.path()), Vec::<String>::new());

    run.foreign("9007199254740991-summary.json");
    let error = refused(summary("x"));
    assert!(error.to_string().contains("9007199254740991-summary.json"), "{error}");
    let state = run.checkpoints.state();
    assert_eq!(state.next_checkpoint_seq, None);
    assert!(state.note.contains("9007199254740991-summary.json"));

    let resumed = run_with(json!({"resumeFromSeq": u64::MAX}));
    let error = resumed.checkpoints.publish(summary("x"), now()).unwrap_err();
    assert!(matches!(error, CheckpointError::AbsurdResume(u64::MAX)));
    assert_eq!(resumed.spooled(), Vec::<String>::new());
}

#[test]
fn s05_a_planted_link_leads_nowhere() {
    let outside = tempfile::tempdir().unwrap();
    for name in ["checkpoints", ".stepwatch"] {
        let run = run();
        std::os::unix::fs::symlink(outside.path(), run.folder.path().join(name)).unwrap();
        assert!(run.checkpoints.publish(summary("x"), now()).is_err(), "{name}");
        assert_eq!(names(outside.path()), Vec::<String>::new());
    }
    let run = run();
    std::os::unix::fs::symlink(outside.path(), run.folder.path().join("checkpoints")).unwrap();
    fs::write(outside.path().join("0001-summary.json"), "{}").unwrap();
    assert_eq!(run.checkpoints.records(), []);
    assert!(run.checkpoints.state().note.contains("not followed"));
}

#[test]
fn s11_a_record_can_be_read_by_whom_the_run_can_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    for (folder_mode, record_mode) in [(0o700, 0o600), (0o755, 0o644)] {
        let run = run();
        fs::set_permissions(run.folder.path(), fs::Permissions::from_mode(folder_mode)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&run.publish("x").path), record_mode);
        assert_eq!(mode(&run.spool()), 0o700);
    }
}

#[test]
fn the_spool_keeps_a_record_until_the_runner_must_have_seen_it() {
    let run = run();
    run.publish("one");
    run.publish("two");
    assert_eq!(run.spooled().len(), 2, "records of ours prove nothing of the runner");
    run.foreign("0003-summary.json");
    assert_eq!(run.checkpoints.settle(now()).unwrap(), []);
    assert_eq!(run.spooled(), Vec::<String>::new());
    run.publish("four");
    assert_eq!(run.spooled().len(), 1);
    run.end();
    run.publish("five");
    assert_eq!(run.spooled().len(), 2, "that a run has ended is only what it says");
    run.foreign("0006-summary.json");
    assert_eq!(run.checkpoints.settle(now()).unwrap(), []);
    assert_eq!(run.spooled(), Vec::<String>::new());
    assert_eq!(names(&run.folder.path().join("checkpoints")).len(), 6);
}

#[test]
fn a_record_that_a_runner_renamed_over_is_published_again_with_its_id() {
    let run = run();
    let first = run.publish("one");
    let record: Record = serde_json::from_slice(&fs::read(&first.path).unwrap()).unwrap();
    run.foreign("0001-summary.json");
    let again = run.checkpoints.settle(now()).unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].description, "summary:checkpoints/0002-summary.json");
    let moved: Record = serde_json::from_slice(&fs::read(&again[0].path).unwrap()).unwrap();
    assert_eq!(moved, Record { seq: Some(2), ..record });
    assert_eq!(run.spooled().len(), 1);
    assert_eq!(run.checkpoints.settle(now()).unwrap(), []);
    assert_eq!(run.summaries(), [(1, "of the runner".into()), (2, "one".into())]);
}

#[test]
fn what_a_publish_leaves_of_a_full_spool_is_settled_by_those_after_it() {
    let run = run();
    let number = 3 * super::settle::AT_ONCE;
    for place in 0..number {
        run.publish(&format!("record {place}"));
    }
    assert_eq!(run.spooled().len(), number);
    run.foreign("0001-summary.json");
    run.foreign(&format!("{:04}-summary.json", number + 1));
    run.publish("the next");
    let left = run.spooled().len();
    assert!(left > number / 2, "a publish looked at all of the spool: {left} are left");
    assert!(left < number, "a publish let go of nothing");
    for round in 0..number {
        run.publish(&format!("round {round}"));
    }
    run.foreign("9000-summary.json");
    run.checkpoints.settle(now()).unwrap();
    assert_eq!(run.spooled(), Vec::<String>::new());
    assert!(run.summaries().iter().any(|(_, text)| text == "record 0"));
}

#[test]
fn a_record_that_a_person_removed_never_comes_back() {
    let run = run();
    let first = run.publish("one");
    fs::remove_file(first.path).unwrap();
    assert_eq!(run.checkpoints.settle(now()).unwrap(), []);
    assert_eq!(run.spooled(), Vec::<String>::new());
    assert_eq!(run.summaries(), []);
}

#[test]
fn a_record_that_a_person_renamed_stays_as_it_is() {
    let run = run();
    let first = run.publish("one");
    fs::rename(first.path, run.file("0009-note.json")).unwrap();
    run.foreign("0001-summary.json");
    assert_eq!(run.checkpoints.settle(now()).unwrap(), []);
    assert_eq!(run.summaries(), [(1, "of the runner".into()), (9, "one".into())]);
}

#[test]
fn what_a_killed_writer_left_is_cleared_away() {
    let run = run();
    run.publish("one");
    let whole = run.spooled()[0].clone();
    let bytes = fs::read(run.spool().join(&whole)).unwrap();
    // Killed while it wrote: the length in the name is not that of the file.
    fs::write(run.spool().join("id-a.99999.00000000.0002-summary.json"), &bytes[..40]).unwrap();
    // The same, but the name was taken by a runner since.
    fs::write(run.spool().join("id-b.99999.00000000.0003-summary.json"), &bytes[..40]).unwrap();
    run.foreign("0003-summary.json");
    // Killed between the file and its link.
    fs::write(run.spool().join(whole.replace("0001-", "0007-").replace("01", "02")), &bytes).unwrap();
    // Not an entry: left alone.
    fs::write(run.spool().join("notes"), "mine").unwrap();
    assert_eq!(run.checkpoints.settle(now()).unwrap(), []);
    assert_eq!(run.spooled(), ["notes"]);
    assert_eq!(run.summaries(), [(1, "one".into()), (3, "of the runner".into())]);
}

#[test]
fn a_writer_killed_while_it_published_again_leaves_no_record_twice() {
    let run = run();
    run.publish("one");
    let entry = run.spooled()[0].clone();
    let kept = fs::read(run.spool().join(&entry)).unwrap();
    run.foreign("0001-summary.json");
    run.checkpoints.settle(now()).unwrap();
    // As if the old entry had not been removed yet.
    fs::write(run.spool().join(&entry), kept).unwrap();
    assert_eq!(run.checkpoints.settle(now()).unwrap(), []);
    assert_eq!(run.summaries(), [(1, "of the runner".into()), (2, "one".into())]);
    assert_eq!(run.spooled().len(), 1);
}

#[test]
fn a_writer_killed_just_before_it_published_again_loses_nothing() {
    let run = run();
    run.publish("one");
    let entry = run.spooled()[0].clone();
    let kept = fs::read(run.spool().join(&entry)).unwrap();
    run.foreign("0001-summary.json");
    run.checkpoints.settle(now()).unwrap();
    // As if it had been killed between the new file in the spool and its link.
    let moved = run.spooled()[0].clone();
    fs::remove_file(run.file("0002-summary.json")).unwrap();
    fs::write(run.spool().join(&entry), kept).unwrap();
    assert_eq!(run.checkpoints.settle(now()).unwrap()[0].seq, 2);
    assert_eq!(run.spooled(), [moved]);
    assert_eq!(run.summaries(), [(1, "of the runner".into()), (2, "one".into())]);
}

#[test]
fn where_there_are_no_links_a_record_is_renamed_or_its_name_claimed() {
    for ways in [&Way::ALL[1..], &Way::ALL[2..]] {
        let mut run = run();
        run.checkpoints.ways = ways;
        run.foreign("0001-summary.json");
        assert_eq!(run.publish("two").seq, 2);
        assert_eq!(run.publish("three").seq, 3);
        assert_eq!(run.spooled(), Vec::<String>::new());
        assert_eq!(
            run.summaries(),
            [(1, "of the runner".into()), (2, "two".into()), (3, "three".into())],
            "{ways:?}"
        );
    }
}

#[test]
fn settling_a_run_in_which_nothing_was_published_makes_nothing() {
    let run = run();
    assert_eq!(run.checkpoints.settle(now()).unwrap(), []);
    assert_eq!(names(run.folder.path()), Vec::<String>::new());
}

/// Publishes by listing the folder, then renaming its own file into place, as a runner does that
/// knows of nobody else: in turn at once, and after others have published since it listed. Returns
/// the names that it took.
fn runner(run: &Run, stop: &AtomicBool) -> Vec<String> {
    let folder = run.folder.path().join("checkpoints");
    let highest = || {
        let names = names(&folder);
        names.iter().filter_map(|name| name.split('-').next()?.parse::<u64>().ok()).max().unwrap_or(0)
    };
    let wait_for_more_than = |seq: u64| {
        while highest() <= seq && !stop.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_micros(200));
        }
    };
    let mut taken = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let listed = highest();
        if taken.len() % 2 == 1 {
            wait_for_more_than(listed);
        }
        let name = format!("{:04}-summary.json", listed + 1);
        run.foreign(&name);
        taken.push(name);
        // So that the writers get on, however slow the disk is.
        wait_for_more_than(listed + 1);
    }
    taken
}

#[test]
fn four_writers_beside_a_runner_that_renames_over_lose_nothing() {
    const WRITERS: usize = 4;
    const EACH: usize = 50;
    let run = run();
    let stop = AtomicBool::new(false);
    let (announced, taken) = thread::scope(|scope| {
        let foreign = scope.spawn(|| runner(&run, &stop));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let run = &run;
                scope.spawn(move || {
                    (0..EACH)
                        .map(|turn| run.publish(&format!("ours {writer} {turn}")).seq)
                        .collect::<Vec<u64>>()
                })
            })
            .collect();
        let announced: Vec<u64> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
        stop.store(true, Ordering::Relaxed);
        (announced, foreign.join().unwrap())
    });
    assert_eq!(announced.len(), WRITERS * EACH);
    assert_eq!(announced.iter().collect::<BTreeSet<_>>().len(), announced.len(), "a seq was given out twice");

    run.end();
    run.checkpoints.settle(now()).unwrap();
    run.assert_that_what_is_spooled_stands();
    let mut ours: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    let mut foreign = Vec::new();
    for record in run.checkpoints.records() {
        let content = record.content.as_ref().unwrap();
        if content.origin == Origin::Operator {
            assert_eq!(record.disagreements(), Vec::<String>::new());
            assert!(ids.insert(content.id.clone()), "the id {} stands twice", content.id);
            ours.entry(content.summary.clone()).or_default().push(record.seq);
        } else {
            foreign.push(record.name.clone());
        }
    }
    assert_eq!(ours.len(), WRITERS * EACH, "a record is lost");
    assert!(ours.values().all(|seqs| seqs.len() == 1), "a record stands twice: {ours:?}");
    foreign.sort();
    let mut taken = taken;
    taken.sort();
    assert_eq!(foreign, taken, "a file of the runner changed or vanished");
    let moved = ours.values().flatten().filter(|seq| !announced.contains(seq)).count();
    assert!(moved > 0, "the runner never renamed over one of ours, so that nothing was shown");
}
