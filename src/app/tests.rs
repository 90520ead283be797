//! The application against real run directories, without a terminal and without a clock.

mod anything;
mod checkpoints;
mod density;
mod finding;
mod list;
mod needing;
mod palette;
mod remembered;
mod rows;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use std::sync::atomic::AtomicBool;

use tempfile::TempDir;

use super::layout::RunLayout;
use super::log_pane::{Row, Window};
use super::*;
use crate::checkpoint::{Checkpoints, StoredRecord};
use crate::model::{Answer, ScanJob};
use crate::run::Timestamp;
use crate::tail::RunTail;

/// An application on one run whose files the test writes.
struct Fixture {
    folder: TempDir,
    tail: RunTail,
    app: App,
    now: Now,
    /// The jobs of questions that were asked and are wanted still.
    jobs: Vec<(u64, u64, ScanJob)>,
    /// Those for which nobody waits.
    level_jobs: Vec<(u64, u64, ScanJob)>,
}

impl Fixture {
    fn new(size: Size) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::alone(folder.path());
        let (app, effects) = App::new(Start::Run(directory.clone()), size);
        assert_eq!(effects, [Effect::OpenRun { number: 1, directory: directory.clone() }]);
        let now = Now { wall: Timestamp::from_milliseconds(1_774_080_000_000), monotonic: Duration::ZERO };
        let (jobs, level_jobs) = (Vec::new(), Vec::new());
        Self { folder, tail: RunTail::new(directory), app, now, jobs, level_jobs }
    }

    /// A run with so many entries on standard output, already read.
    fn with_entries(size: Size, entries: u64) -> Self {
        let mut fixture = Self::new(size);
        for seq in 1..=entries {
            fixture.append("stdout", seq, "line");
        }
        fixture.look();
        fixture
    }

    fn path(&self, channel: &str) -> PathBuf {
        self.folder.path().join(format!("{channel}.jsonl"))
    }

    fn append(&self, channel: &str, seq: u64, text: &str) {
        self.append_exactly(channel, seq, &format!("{text}\n"));
    }

    /// The same without a line end at the end.
    fn append_exactly(&self, channel: &str, seq: u64, text: &str) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.path(channel)).unwrap();
        let line = serde_json::json!({"seq": seq, "text": text});
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Reads what came, and hands it in.
    fn look(&mut self) {
        loop {
            let batch = self.tail.poll();
            let caught_up = batch.caught_up;
            self.update(Message::Batch { number: 1, batch });
            if caught_up {
                return;
            }
        }
    }

    fn update(&mut self, message: Message) -> Vec<Effect> {
        let effects = self.app.update(message, self.now);
        for effect in &effects {
            match effect {
                Effect::Search { number, question, jobs } => {
                    self.jobs.extend(jobs.iter().map(|job| (*number, *question, job.clone())));
                }
                Effect::Classify { number, question, jobs } => {
                    self.level_jobs.extend(jobs.iter().map(|job| (*number, *question, job.clone())));
                }
                Effect::DropSearch { number, question } => {
                    self.level_jobs.retain(|(of, asked, _)| (of, asked) != (number, question));
                    self.jobs.retain(|(of, asked, _)| (of, asked) != (number, question));
                }
                _ => {}
            }
        }
        effects
    }

    /// Carries out one of the jobs; says whether there was one.
    fn answer_one(&mut self, which: usize) -> bool {
        let Some(last) = self.jobs.len().checked_sub(1) else { return false };
        let job = self.jobs.remove(which.min(last));
        self.carry_out(job);
        true
    }

    /// The same of those for which nobody waits.
    fn count_one(&mut self, which: usize) -> bool {
        let Some(last) = self.level_jobs.len().checked_sub(1) else { return false };
        let job = self.level_jobs.remove(which.min(last));
        self.carry_out(job);
        true
    }

    fn carry_out(&mut self, (number, question, job): (u64, u64, ScanJob)) {
        let found = job.run(&AtomicBool::new(false));
        let answer =
            found.map_or_else(|| Answer::GaveUp(Box::new(job)), |found| Answer::Found(Box::new(found)));
        self.update(Message::Searched { number, question, answer });
    }

    fn press(&mut self, keys: &str) -> Vec<Effect> {
        keys.chars().flat_map(|key| self.update(Message::Key(Key::character(key)))).collect()
    }

    fn pass(&mut self, time: Duration) {
        self.now.monotonic += time;
        self.update(Message::Tick);
    }

    /// Writes a checkpoint's file.
    fn record(&self, name: &str, text: &str) {
        let folder = self.folder.path().join("checkpoints");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), text).unwrap();
    }

    /// Hands in the checkpoints that stand in the folder.
    fn read_checkpoints(&mut self) {
        let directory = RunDirectory::alone(self.folder.path());
        let identity = directory.identity();
        let checkpoints = Checkpoints::new(directory, &identity);
        let raw = |record: &StoredRecord| fs::read(&record.path).ok();
        let records = Records::of(checkpoints.state(), checkpoints.records(), &identity, raw);
        self.update(Message::Checkpoints { number: 1, records, settled: Ok(Vec::new()) });
    }

    fn key(&mut self, code: KeyCode) -> Vec<Effect> {
        self.update(Message::Key(Key::plain(code)))
    }

    fn run(&self) -> &RunScreen {
        self.app.run().unwrap()
    }

    fn window(&self) -> Window {
        self.run().window(self.app.size(), self.now)
    }

    /// The rows in sight: the seq of an entry's first line, `+` for a further one, `gap 3-4`,
    /// `partial`.
    fn rows(&self) -> Vec<String> {
        let told = |row: &Row| match row {
            Row::Entry { entry, line: 0 } => {
                entry.seq.map_or_else(|| "raw".to_owned(), |seq| seq.to_string())
            }
            Row::Entry { .. } => "+".to_owned(),
            Row::Gaps { from, to, .. } => format!("gap {from}-{to}"),
            Row::Partial { .. } => "partial".to_owned(),
        };
        self.window().rows.iter().map(told).collect()
    }

    fn cursor(&self) -> Option<(usize, String)> {
        let window = self.window();
        window.cursor.map(|cursor| (cursor, self.rows()[cursor].clone()))
    }

    fn new_below(&self) -> u64 {
        self.run().pane().new_below(self.run().model())
    }
}

/// A terminal whose log has that many rows.
fn with_log_rows(rows: u16) -> Size {
    let heights = (rows..).map(|height| Size { width: 80, height });
    let size = heights.take(10).find(|size| RunLayout::new(*size).log_height == rows && size.is_enough());
    size.unwrap()
}

fn range(from: u64, to: u64) -> Vec<String> {
    (from..=to).map(|seq| seq.to_string()).collect()
}

#[test]
fn following_shows_new_entries_at_once() {
    let mut fixture = Fixture::with_entries(with_log_rows(5), 9);
    assert_eq!(fixture.rows(), range(5, 9));
    fixture.append("stderr", 10, "new");
    fixture.look();
    assert_eq!(fixture.rows(), range(6, 10));
    assert_eq!(fixture.cursor(), None);
}

#[test]
fn scrolling_up_holds_the_entry_under_the_eye_however_fast_new_ones_come() {
    let mut fixture = Fixture::with_entries(with_log_rows(5), 20);
    fixture.press("kk");
    assert_eq!(fixture.rows(), range(16, 20));
    assert_eq!(fixture.cursor(), Some((2, "18".to_owned())));
    for seq in 21..=300 {
        fixture.append("stdout", seq, "new");
        if seq % 7 == 0 {
            fixture.look();
            assert_eq!(fixture.rows(), range(16, 20));
        }
    }
    fixture.look();
    assert_eq!(fixture.rows(), range(16, 20));
    assert_eq!(fixture.new_below(), 280);
    fixture.press("G");
    assert_eq!(fixture.rows(), range(296, 300));
    assert!(fixture.run().pane().follows());
    assert_eq!(fixture.new_below(), 0);
}

#[test]
fn late_entries_above_move_the_rest_and_not_the_entry_under_the_eye() {
    let mut fixture = Fixture::with_entries(with_log_rows(5), 40);
    fixture.press("kk");
    assert_eq!(fixture.cursor(), Some((2, "38".to_owned())));
    for seq in [37, 3, 39, 1] {
        // Of equal seqs the worker's entry stands before that of standard output.
        fixture.append("worker", seq, "late");
        fixture.look();
        assert_eq!(fixture.cursor(), Some((2, "38".to_owned())), "after {seq}");
    }
    assert_eq!(fixture.rows(), ["37", "37", "38", "39", "39"]);
    assert_eq!(fixture.new_below(), 0, "what came above is not below");
}

#[test]
fn entries_that_were_scrolled_to_are_no_longer_new() {
    let mut fixture = Fixture::with_entries(with_log_rows(5), 20);
    fixture.press("k");
    for seq in 21..=30 {
        fixture.append("stdout", seq, "new");
    }
    fixture.look();
    assert_eq!(fixture.new_below(), 10);
    fixture.press("jjjj");
    assert_eq!(fixture.cursor(), Some((4, "23".to_owned())));
    assert_eq!(fixture.new_below(), 7);
    fixture.press("kkkkkkkkkk");
    assert_eq!(fixture.new_below(), 7, "scrolling up again does not make them new");
}

#[test]
fn g_goes_to_the_first_entry_and_pages_go_through_all() {
    let mut fixture = Fixture::with_entries(with_log_rows(5), 20);
    fixture.press("g");
    assert_eq!(fixture.rows(), range(1, 5));
    fixture.press(" ");
    assert_eq!(fixture.rows(), range(5, 9), "one row of the page before stays in sight");
    fixture.press("          ");
    assert_eq!(fixture.rows(), range(16, 20));
    assert_eq!(fixture.cursor(), Some((4, "20".to_owned())));
    assert!(!fixture.run().pane().follows());
    let page_up = Message::Key(Key::plain(KeyCode::PageUp));
    fixture.update(page_up);
    assert_eq!(fixture.rows(), range(12, 16));
    fixture.update(Message::Wheel(-1));
    assert_eq!(fixture.rows(), range(9, 13));
    fixture.update(Message::Wheel(-100));
    assert_eq!(fixture.rows(), range(1, 5));
}

#[test]
fn an_entry_of_many_lines_is_scrolled_through_line_by_line() {
    let mut fixture = Fixture::with_entries(with_log_rows(3), 3);
    fixture.append("stdout", 4, "a\nb\nc\nd\ne");
    fixture.append("stdout", 5, "last");
    fixture.look();
    assert_eq!(fixture.rows(), ["+", "+", "5"]);
    fixture.press("kkkkk");
    assert_eq!(fixture.cursor(), Some((0, "4".to_owned())));
    assert_eq!(fixture.rows(), ["4", "+", "+"]);
    fixture.append("stderr", 2, "late");
    fixture.look();
    assert_eq!(fixture.rows(), ["4", "+", "+"]);
}

#[test]
fn a_gap_is_shown_once_it_is_old_enough_and_goes_when_it_is_filled() {
    let mut fixture = Fixture::with_entries(with_log_rows(6), 3);
    fixture.append("stdout", 6, "after a gap");
    fixture.look();
    assert_eq!(fixture.rows(), ["1", "2", "3", "6"]);
    assert_eq!(fixture.app.next_tick(fixture.now.monotonic), Some(Duration::from_millis(250)));
    fixture.pass(Duration::from_millis(250));
    assert_eq!(fixture.rows(), ["1", "2", "3", "gap 4-5", "6"]);
    fixture.press("k");
    assert_eq!(fixture.cursor(), Some((3, "gap 4-5".to_owned())));
    fixture.append("stderr", 4, "late");
    fixture.append("stderr", 5, "late");
    fixture.look();
    let held = Some((3, "6".to_owned()));
    assert_eq!(fixture.cursor(), held, "the row of the gap belonged to the entry below it");
    assert_eq!(fixture.rows(), range(3, 6));
    fixture.press("k");
    assert_eq!(fixture.rows(), range(1, 6), "the next key fills the window again");
}

#[test]
fn channels_are_hidden_and_shown_and_the_place_is_kept() {
    let mut fixture = Fixture::new(with_log_rows(5));
    for seq in 1..=20 {
        fixture.append(if seq % 2 == 0 { "stdout" } else { "stderr" }, seq, "line");
    }
    fixture.look();
    fixture.press("kkk");
    assert_eq!(fixture.cursor(), Some((1, "17".to_owned())));
    // Only two channels are there: 1 is stdout, 2 is stderr.
    fixture.press("2");
    assert_eq!(fixture.cursor().unwrap().1, "18", "the nearest entry that is shown");
    assert!(fixture.rows().iter().all(|seq| seq.parse::<u64>().unwrap() % 2 == 0));
    fixture.press("2");
    assert_eq!(fixture.cursor(), Some((1, "17".to_owned())));
    fixture.press("12");
    assert!(fixture.rows().is_empty());
    fixture.press("jkg ");
    fixture.press("1G");
    assert_eq!(fixture.rows(), ["12", "14", "16", "18", "20"]);
    fixture.press("9");
}

#[test]
fn when_the_file_is_truncated_the_nearest_entry_is_shown() {
    let mut fixture = Fixture::with_entries(with_log_rows(5), 40);
    fixture.press("kkkkkkkkkk");
    assert_eq!(fixture.cursor(), Some((0, "30".to_owned())));
    fs::write(fixture.path("stdout"), "").unwrap();
    fixture.look();
    assert!(fixture.rows().is_empty());
    for seq in 1..=12 {
        fixture.append("stdout", seq, "again");
    }
    fixture.look();
    assert!(fixture.cursor().is_some());
    fixture.press("k");
    assert!(fixture.rows().contains(&"12".to_owned()));
    assert!(fixture.run().notice().is_some(), "a truncation is said");
    let notice = fixture.run().notice().unwrap().0;
    fixture.press("x");
    assert_ne!(fixture.run().notice().map(|(text, _)| text), Some(notice), "and dismissed");
}

#[test]
fn a_line_without_an_end_is_shown_as_partial_after_two_seconds() {
    let mut fixture = Fixture::with_entries(with_log_rows(5), 2);
    let mut file = OpenOptions::new().append(true).open(fixture.path("stdout")).unwrap();
    file.write_all(b"{\"seq\":3,\"te").unwrap();
    fixture.look();
    fixture.pass(Duration::from_millis(1999));
    assert_eq!(fixture.rows(), ["1", "2"]);
    fixture.pass(Duration::from_millis(1));
    assert_eq!(fixture.rows(), ["1", "2", "partial"]);
    file.write_all(b"xt\":\"whole\\n\"}\n").unwrap();
    fixture.look();
    assert_eq!(fixture.rows(), ["1", "2", "3"]);
}

#[test]
fn long_lines_are_shifted_no_further_than_they_reach() {
    let mut fixture = Fixture::new(with_log_rows(5));
    fixture.append("stdout", 1, &"x".repeat(40));
    fixture.look();
    fixture.press("lllll");
    assert_eq!(fixture.run().pane().left(), 32);
    fixture.press("hhhhh");
    assert_eq!(fixture.run().pane().left(), 0);
}

#[test]
fn what_was_there_before_is_no_arrival_and_what_comes_is_counted_by_the_second() {
    let mut fixture = Fixture::with_entries(with_log_rows(5), 100);
    fixture.now.monotonic = Duration::from_secs(3);
    fixture.append("stdout", 101, "new");
    fixture.look();
    assert_eq!(fixture.run().rate().per_second(Duration::from_secs(4)), 1);
}

#[test]
fn batches_of_a_run_that_was_left_are_ignored() {
    let mut fixture = Fixture::with_entries(with_log_rows(5), 3);
    fixture.append("stdout", 4, "new");
    let batch = fixture.tail.poll();
    fixture.app.take_changed();
    fixture.update(Message::Batch { number: 7, batch });
    assert!(!fixture.app.take_changed());
    assert_eq!(fixture.rows(), range(1, 3));
}

#[test]
fn an_empty_batch_changes_nothing() {
    let mut fixture = Fixture::with_entries(with_log_rows(5), 3);
    fixture.app.take_changed();
    fixture.look();
    assert!(!fixture.app.take_changed());
}
