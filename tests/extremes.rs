//! The merged model where easy assumptions break, against the naive one: lines out of order, ties
//! and gaps without number, entries of any size, and files that change while they are read first.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "oracle/naive.rs"]
mod naive;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use naive::{Naive, Source, UNNUMBERED, merge};
use stepwatch::model::{Counts, Model, Selection};
use stepwatch::run::{Channel, MAX_SEQ, Now, RunDirectory, Timestamp};
use stepwatch::tail::{Order, RunTail, Sizes};

const NAMES: [&str; 3] = ["worker", "stdout", "stderr"];

struct Run {
    folder: tempfile::TempDir,
    tail: RunTail,
    live: Model,
}

impl Run {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::alone(folder.path());
        Self {
            folder,
            tail: RunTail::with_sizes(directory.clone(), Sizes { at_once: 2 << 20, ..Sizes::default() }),
            live: Model::new(directory),
        }
    }

    fn path(&self, file: usize) -> PathBuf {
        self.folder.path().join(format!("{}.jsonl", NAMES[file]))
    }

    fn append(&self, file: usize, text: impl AsRef<[u8]>) {
        let mut log = OpenOptions::new().create(true).append(true).open(self.path(file)).unwrap();
        log.write_all(text.as_ref()).unwrap();
    }

    /// One look; whether everything was read.
    fn look(&mut self) -> bool {
        let batch = self.tail.poll();
        let caught_up = batch.caught_up;
        self.live.apply(batch, now(0));
        caught_up
    }

    fn rest(&mut self) {
        while !self.look() {}
        self.live.settle(now(600));
    }

    fn naive(&self) -> Naive {
        let source = |file: usize| {
            let bytes = fs::read(self.path(file)).ok()?;
            assert!(naive::torn(&bytes) == 0 && (naive::any_seq(&bytes) || self.live.order() != Order::Seq));
            Some(Source { channel: Channel::from_name(NAMES[file]), number: UNNUMBERED, bytes })
        };
        merge(&(0..NAMES.len()).filter_map(source).collect::<Vec<_>>(), self.live.order())
    }

    /// Compares the live model and the one read from zero with the naive one: the counts, the gaps,
    /// the entries one after the other as far as they are walked, and about a hundred by position.
    fn holds(&mut self) {
        self.rest();
        let naive = self.naive();
        let loaded = Model::load(RunDirectory::alone(self.folder.path())).unwrap();
        for model in [&self.live, &loaded] {
            assert_eq!(Counts { late: 0, ..model.counts() }, naive.counts);
            assert!(model.gaps().iter().map(|gap| (gap.from, gap.to)).eq(naive.gaps.iter().copied()));
            let view = model.view(&Selection::all());
            assert_eq!(view.len(), naive.entries.len() as u64);
            for (placed, entry) in view.from(0).take(5_000).zip(&naive.entries) {
                assert_eq!((&placed.channel, placed.place.offset()), (&entry.channel, entry.offset));
                assert!(placed.line == entry.line, "{entry:?}");
            }
            for position in (0..naive.entries.len()).step_by(naive.entries.len() / 100 + 1) {
                let (placed, entry) = (view.at(position as u64).unwrap(), &naive.entries[position]);
                assert_eq!((&placed.channel, placed.place.offset()), (&entry.channel, entry.offset));
                assert_eq!((placed.seq, placed.malformed), (entry.seq, entry.malformed));
                assert_eq!(view.position_of(&placed.place), position as u64);
            }
        }
    }
}

fn now(seconds: u64) -> Now {
    Now { wall: Timestamp::from_milliseconds(0), monotonic: Duration::from_secs(seconds) }
}

fn entry(seq: u64) -> String {
    format!("{{\"seq\":{seq},\"text\":\"{seq}\"}}\n")
}

fn entries(seqs: impl IntoIterator<Item = u64>) -> String {
    seqs.into_iter().map(entry).collect()
}

#[test]
fn one_line_in_a_hundred_stands_far_from_its_place() {
    let mut run = Run::new();
    for file in 0..3 {
        let seq = |line: u64| if line.is_multiple_of(100) { line * 7919 % 60_000 } else { line * 3 + file };
        run.append(usize::try_from(file).unwrap(), entries((0..20_000).map(seq)));
        run.look();
    }
    run.holds();
}

#[test]
fn a_file_is_written_backwards() {
    let mut run = Run::new();
    run.append(1, entries((0..20_000).rev().map(|seq| seq * 2)));
    run.look();
    run.append(2, entries((0..20_000).rev().map(|seq| seq * 2 + 1)));
    run.holds();
}

#[test]
fn every_entry_has_the_same_seq() {
    let mut run = Run::new();
    for file in [2, 0, 1] {
        run.append(file, entries(std::iter::repeat_n(7, 10_000)));
        run.look();
    }
    run.holds();
    assert_eq!(run.live.counts().ties, 29_999);
}

#[test]
fn a_million_lines_are_empty() {
    let mut run = Run::new();
    run.append(1, entry(1));
    run.append(1, "\n".repeat(1_000_000));
    run.append(1, entry(2));
    run.append(2, entries([1, 2]));
    run.holds();
    assert_eq!(run.live.counts().malformed, 1_000_000);
}

#[test]
fn a_million_seqs_are_missing_one_by_one() {
    let mut run = Run::new();
    run.append(1, entries((0..=1_000_000).map(|seq| seq * 2)));
    run.rest();
    let loaded = Model::load(RunDirectory::alone(run.folder.path())).unwrap();
    for model in [&run.live, &loaded] {
        assert_eq!((model.counts().gaps, model.counts().missing), (1_000_000, 1_000_000));
        let gaps = model.gaps().into_iter().map(|gap| (gap.from, gap.to));
        assert!(gaps.eq((0..1_000_000).map(|gap| (gap * 2 + 1, gap * 2 + 1))));
        let view = model.view(&Selection::all());
        for position in (0..=1_000_000).step_by(9_973) {
            assert_eq!(view.at(position).unwrap().seq, Some(position * 2));
            assert_eq!(view.position_of_seq(position * 2), position);
        }
    }
}

#[test]
fn the_highest_seq_stands_beside_the_lowest() {
    let mut run = Run::new();
    run.append(1, entries([MAX_SEQ, 0, MAX_SEQ - 1, MAX_SEQ]));
    run.append(2, entries([MAX_SEQ, 1]));
    run.holds();
    assert_eq!(run.live.counts().missing, MAX_SEQ - 3);
}

#[test]
fn no_line_has_a_seq() {
    let mut run = Run::new();
    for file in [1, 2, 0] {
        run.append(file, (0..5_000).map(|line| format!("line {line}\n")).collect::<String>());
    }
    run.holds();
    run.append(2, "2026-03-21T08:00:02Z late\n2026-03-21T08:00:01Z later\n");
    run.holds();
}

#[test]
fn the_seq_comes_late_in_the_object() {
    let mut run = Run::new();
    for file in 0..3 {
        let line = |seq: u64| {
            let text = "x".repeat(usize::try_from(seq % 700).unwrap());
            format!(
                "{{\"data\":{{\"seq\":1,\"text\":\"{text}\"}},\"text\":\"a\\\"seq\\\":9\",\"seq\":{seq}}}\n"
            )
        };
        run.append(file, (0..2_000).map(|seq| line(seq * 5 % 1_999 + file as u64)).collect::<String>());
        run.look();
    }
    run.holds();
}

#[test]
fn one_entry_has_sixty_four_mebibytes() {
    let mut run = Run::new();
    run.append(1, entries([1, 2]));
    run.append(1, format!("{{\"seq\":4,\"text\":\"{}\"}}\n", "x".repeat(64 << 20)));
    run.append(1, entries([5, 3]));
    run.append(2, entries([4, 6]));
    run.rest();
    let loaded = Model::load(RunDirectory::alone(run.folder.path())).unwrap();
    for model in [&run.live, &loaded] {
        let view = model.view(&Selection::all());
        let seqs: Vec<u64> = view.from(0).map(|placed| placed.seq.unwrap()).collect();
        assert_eq!(seqs, [1, 2, 3, 4, 4, 5, 6]);
        assert_eq!(view.at(5).unwrap().place.offset(), 2 * 21 + (64 << 20) + 20);
        assert_eq!((model.counts().ties, model.counts().missing), (1, 0));
    }
}

/// More than one look reads.
fn many() -> String {
    entries(0..220_000)
}

#[test]
fn a_file_is_truncated_in_the_middle_of_its_first_reading() {
    let all = many();
    for (keep, is_behind) in [(0, false), (1_000_000, false), (all.len() as u64 - 1000, true)] {
        let mut run = Run::new();
        run.append(1, &all);
        // The first look tells the end, the second reads a part.
        assert!(!run.look() && !run.look());
        let lines = usize::try_from(run.live.counts().entries).unwrap();
        let read: usize = all.split_inclusive('\n').take(lines).map(str::len).sum();
        assert!(lines > 0 && (keep > read as u64) == is_behind);
        run.append(2, entry(3));
        let log = OpenOptions::new().write(true).open(run.path(1)).unwrap();
        log.set_len(keep).unwrap();
        run.append(1, format!("\n{}", entries([5, 1])));
        run.holds();
        let gone = run.live.notices().iter().any(|notice| notice.text.contains("was truncated"));
        assert_eq!(gone, !is_behind, "{:?}", run.live.notices());
    }
}

#[test]
fn a_file_is_replaced_in_the_middle_of_its_first_reading() {
    for looks in [1, 2] {
        let mut run = Run::new();
        run.append(1, many());
        assert!((0..looks).all(|_| !run.look()));
        let aside = run.folder.path().join("aside");
        fs::write(&aside, many() + &entries([9, 300_000])).unwrap();
        fs::rename(aside, run.path(1)).unwrap();
        // It begins with all that the first one had, so that nothing is held.
        run.holds();
        assert!(run.live.notices().is_empty());
    }
}
