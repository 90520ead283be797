//! Time and order: F30, F37, F38.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use stepwatch::model::{Gap, Selection};
use stepwatch::run::Status;

use crate::scene::{Followed, at, entries, entry, names, texts};

/// Sets the time at which a file says that it was changed.
fn set_modified(run: &Followed, name: &str, time: SystemTime) {
    File::options().write(true).open(run.path(name)).unwrap().set_modified(time).unwrap();
}

#[test]
fn f30_what_a_log_says_of_its_time_of_change_means_nothing() {
    let mut run = Followed::new();
    let day = Duration::from_secs(86_400);
    let same = SystemTime::UNIX_EPOCH + 20_000 * day;
    let mut expected = 0;
    for time in [same, same, same - 9000 * day, SystemTime::now() + 9000 * day, SystemTime::UNIX_EPOCH] {
        expected += 1;
        run.append("stdout.jsonl", entries([expected]));
        set_modified(&run, "stdout.jsonl", time);
        assert_eq!(run.look_and_compare(), names(1..=expected));
    }
    // Written anew, as long as before, at the same time.
    let length = fs::metadata(run.path("stdout.jsonl")).unwrap().len();
    fs::write(run.path("stdout.jsonl"), entries(5..=9)).unwrap();
    assert_eq!(fs::metadata(run.path("stdout.jsonl")).unwrap().len(), length);
    set_modified(&run, "stdout.jsonl", SystemTime::UNIX_EPOCH);
    assert_eq!(run.look_and_compare(), names(5..=9));
}

#[test]
fn f30_a_small_file_written_in_its_place_with_its_old_length_and_time_is_read_again() {
    let mut run = Followed::new();
    let state = run.path("state.json");
    for (text, status) in [
        (r#"{"status":"running"}"#, Status::Running),
        (r#"{"status":"failed" }"#, Status::Failed),
        (r#"{"status":"running"}"#, Status::Running),
    ] {
        fs::write(&state, text).unwrap();
        set_modified(&run, "state.json", SystemTime::UNIX_EPOCH);
        run.look();
        assert_eq!(run.model.state().unwrap().status, status);
    }
}

#[test]
fn f30_times_of_entries_that_go_back_change_nothing_about_the_order() {
    let mut run = Followed::new();
    for (seq, ts) in [(1, "2030-01-01"), (2, "1971-01-01"), (3, "2026-01-01"), (4, "9999-12-31")] {
        let line =
            serde_json::json!({"seq": seq, "ts": format!("{ts}T00:00:00.000Z"), "text": seq.to_string()});
        run.append("stdout.jsonl", format!("{line}\n"));
    }
    assert_eq!(run.look_and_compare(), names(1..=4));
}

#[test]
fn f37_late_entries_are_put_in_their_place_and_counted() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entries([1, 4, 6]));
    assert_eq!(run.look_and_compare(), names([1, 4, 6]));
    run.append("stderr.jsonl", entries([2, 3]));
    assert_eq!(run.look_and_compare(), names([1, 2, 3, 4, 6]));
    run.append("stdout.jsonl", entries([5]));
    assert_eq!(run.look_and_compare(), names(1..=6));
    assert_eq!((run.model.counts().late, run.model.counts().disorder), (3, 1));
}

#[test]
fn f37_a_gap_blocks_nothing_and_is_called_one_only_when_it_is_settled() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entries([1]));
    assert_eq!(run.look(), names([1]));
    run.append("stdout.jsonl", entries([5]));
    let batch = run.tail.poll();
    run.model.apply(batch, at(1000));
    assert_eq!(texts(&run.model), names([1, 5]), "a gap blocks nothing");
    run.model.settle(at(1249));
    assert_eq!(run.model.gaps(), []);
    run.model.settle(at(1250));
    assert_eq!(run.model.gaps(), [Gap { from: 2, to: 4 }]);
    assert_eq!((run.model.counts().gaps, run.model.counts().missing), (1, 3));
    run.append("stderr.jsonl", entries([2, 3, 4]));
    let batch = run.tail.poll();
    run.model.apply(batch, at(2000));
    assert_eq!(texts(&run.model), names(1..=5));
    assert_eq!(run.model.gaps(), []);
}

#[test]
fn f37_entries_with_the_same_seq_are_all_kept_and_counted() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entry(1, "one") + &entry(2, "of stdout") + &entry(2, "of stdout"));
    run.append("stderr.jsonl", entry(2, "of stderr"));
    run.append("worker.jsonl", "{\"seq\":2,\"renderedLine\":\"of worker\"}\n");
    let found = run.look_and_compare();
    assert_eq!(found, ["one", "of worker", "of stdout", "of stdout", "of stderr"]);
    assert_eq!(run.model.counts().ties, 3);
}

#[test]
fn f38_a_counter_that_begins_again_is_a_restart_and_both_counts_are_kept() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entries(1..=4));
    assert_eq!(run.look(), names(1..=4));
    let again: String = (1..=3).map(|seq| entry(seq, &format!("again {seq}"))).collect();
    run.append("stdout.jsonl", again);
    let found = run.look_and_compare();
    assert_eq!(found, ["1", "again 1", "2", "again 2", "3", "again 3", "4"], "stable by seq");
    let counts = run.model.counts();
    assert_eq!((counts.restarts, counts.ties, counts.entries), (1, 3, 7));
    assert_eq!(run.model.view(&Selection::all()).position_of_seq(4), 6);
}
