//! Truncation and what it leaves: F04 to F08.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;

use crate::scene::{Followed, entries, entry, names};

#[test]
fn f04_after_a_truncation_the_file_is_read_anew_and_what_is_gone_is_said() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entry(1, "one") + &entry(2, "two") + &entry(3, "three"));
    run.append("stderr.jsonl", entry(4, "four"));
    assert_eq!(run.look().len(), 4);
    fs::write(run.path("stdout.jsonl"), entry(5, "five")).unwrap();
    assert_eq!(run.look_and_compare(), ["four", "five"]);
    let said = run.notice("stdout").unwrap();
    assert_eq!(said, "was truncated: 3 entries (seq 1 to 3) can no longer be read");
    assert_eq!((run.model.counts().ties, run.model.counts().lowest_seq), (0, Some(4)));
}

#[test]
fn f05_a_truncation_that_was_grown_over_before_we_looked_is_noticed_by_its_marker() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entries(1..=3));
    assert_eq!(run.look(), names(1..=3));
    fs::write(run.path("stdout.jsonl"), entries(70..=90)).unwrap();
    assert_eq!(run.look_and_compare(), names(70..=90));
    let said = run.notice("stdout").unwrap();
    assert_eq!(said, "was truncated: 3 entries (seq 1 to 3) can no longer be read");
}

#[test]
fn f05_a_line_written_anew_in_its_place_is_not_shown_as_it_was() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entry(1, "one"));
    assert_eq!(run.look(), ["one"]);
    let file = File::options().write(true).open(run.path("stdout.jsonl")).unwrap();
    file.write_all_at(entry(9, "two").as_bytes(), 0).unwrap();
    assert_eq!(run.look_and_compare(), ["two"]);
    assert_eq!(run.model.counts().highest_seq, Some(9));
}

#[test]
fn f05_truncations_in_the_middle_of_looks_end_in_what_is_there() {
    let mut run = Followed::new();
    let path = run.path("stdout.jsonl");
    let writer = std::thread::spawn(move || {
        for round in 0..300 {
            // Each time longer than before, so that only the bytes tell.
            fs::write(&path, entries(round * 1000..round * 1000 + 20 + round)).unwrap();
        }
    });
    while !writer.is_finished() {
        run.look_and_count();
    }
    writer.join().unwrap();
    assert_eq!(run.look_and_compare(), names(299_000..299_319));
}

#[test]
fn f06_the_same_bytes_written_again_and_more_are_a_plain_append() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entry(1, "one"));
    assert_eq!(run.look(), ["one"]);
    fs::write(run.path("stdout.jsonl"), entry(1, "one") + &entry(2, "two")).unwrap();
    assert_eq!(run.look_and_compare(), ["one", "two"]);
    assert_eq!(run.model.counts().ties, 0);
    assert!(run.model.notices().is_empty());
}

/// Copies the log aside and truncates it, as log rotation does for writers that cannot be told.
fn copytruncate(run: &Followed) {
    fs::copy(run.path("stdout.jsonl"), run.path("stdout.jsonl.1")).unwrap();
    File::options().write(true).open(run.path("stdout.jsonl")).unwrap().set_len(0).unwrap();
}

#[test]
fn f07_the_hole_that_a_writer_leaves_behind_a_truncation_is_passed_over_and_said() {
    for looks_between in [false, true] {
        let mut run = Followed::new();
        // Not opened for appending: it goes on writing where it was.
        let mut writer = File::create(run.path("stdout.jsonl")).unwrap();
        writer.write_all(entries(1..=2000).as_bytes()).unwrap();
        assert_eq!(run.look().len(), 2000);
        let hole = writer.metadata().unwrap().len();
        copytruncate(&run);
        if looks_between {
            assert_eq!(run.look().len(), 0);
        }
        writer.write_all(entries(2001..=2003).as_bytes()).unwrap();
        assert_eq!(run.look_and_compare(), names(2001..=2003));
        let about_nuls = run.notice("stdout.jsonl").unwrap();
        assert!(about_nuls.starts_with(&format!("{hole} NUL bytes are passed over")), "{about_nuls}");
        assert_eq!(run.model.counts().malformed, 0);
        writer.write_all(entries(2004..=2004).as_bytes()).unwrap();
        assert_eq!(run.look_and_compare(), names(2001..=2004));
    }
}

#[test]
fn f07_a_hole_of_eight_tebibytes_costs_no_time_and_the_lines_around_it_are_read() {
    let mut run = Followed::new();
    let mut writer = File::create(run.path("stdout.jsonl")).unwrap();
    let mut next = 0;
    for hole in [1 << 43, 3 << 20, 17, 20_000] {
        writer.write_all(entries(next..next + 2).as_bytes()).unwrap();
        writer.seek(SeekFrom::Current(hole)).unwrap();
        next += 2;
    }
    writer.write_all(entries(next..next + 2).as_bytes()).unwrap();
    assert_eq!(run.look_and_compare(), names(0..next + 2));
    let nuls = (1_u64 << 43) + (3 << 20) + 17 + 20_000;
    assert!(run.notice("stdout.jsonl").unwrap().starts_with(&format!("{nuls} NUL bytes")));
}

#[test]
fn f08_nuls_that_a_power_failure_left_are_no_entry_and_the_next_line_is_one() {
    for page in [1, 63, 4096, 100_000] {
        let mut run = Followed::new();
        run.append("stdout.jsonl", entries(1..=2));
        run.append("stdout.jsonl", vec![0; page]);
        assert_eq!(run.look_and_compare(), names(1..=2));
        assert_eq!(run.model.channels()[0].torn_bytes, 0);
        run.append("stdout.jsonl", entries(3..=4));
        assert_eq!(run.look_and_compare(), names(1..=4));
        // A runner that ends a torn line first.
        run.append("stdout.jsonl", vec![0; page]);
        run.append("stdout.jsonl", "\n".to_owned() + &entries(5..=5));
        assert_eq!(run.look_and_compare(), names(1..=5));
        assert!(run.notice("stdout.jsonl").unwrap().starts_with(&format!("{} NUL bytes", 2 * page)));
        assert_eq!(run.model.counts().malformed, 0);
    }
}

#[test]
fn f08_nuls_that_become_data_are_read_again_and_nothing_is_called_lost() {
    let mut run = Followed::new();
    let (first, late, last) = (entries(1..=2), entries(3..=400), entries(401..=402));
    let file = File::create(run.path("stdout.jsonl")).unwrap();
    file.write_all_at(first.as_bytes(), 0).unwrap();
    let hole = first.len() as u64;
    // At the end of the file: the room is filled a line at a time.
    file.set_len(hole + late.len() as u64).unwrap();
    assert_eq!(run.look(), names(1..=2));
    let line = entries(3..=3);
    let half = line.len() / 2;
    file.write_all_at(&line.as_bytes()[..half], hole).unwrap();
    assert_eq!(run.look(), names(1..=2));
    assert_eq!(run.model.channels()[0].torn_bytes, half as u64);
    file.write_all_at(line.as_bytes(), hole).unwrap();
    assert_eq!(run.look(), names(1..=3));
    // Between lines: passed over first, since what stands behind them can be read.
    file.write_all_at(last.as_bytes(), hole + late.len() as u64).unwrap();
    assert_eq!(run.look_and_compare(), names((1..=3).chain(401..=402)));
    file.write_all_at(late.as_bytes(), hole).unwrap();
    assert_eq!(run.look_and_compare(), names(1..=402));
    assert!(run.model.notices().is_empty(), "{:?}", run.model.notices());
}

#[test]
fn f08_a_truncation_over_nuls_is_still_said() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entries(1..=3));
    run.append("stdout.jsonl", vec![0; 5000]);
    run.append("stdout.jsonl", entries(4..=4));
    assert_eq!(run.look(), names(1..=4));
    fs::write(run.path("stdout.jsonl"), entries(100..=900)).unwrap();
    assert_eq!(run.look_and_compare(), names(100..=900));
    let said = run.notice("stdout").unwrap();
    assert_eq!(said, "was truncated: 4 entries (seq 1 to 4) can no longer be read");
}
