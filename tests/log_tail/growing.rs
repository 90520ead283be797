//! Tails of runs that grow while they are read.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use stepwatch::checkpoint::LogTail;
use stepwatch::model::{Model, Selection};
use stepwatch::run::{Now, RunDirectory, Timestamp};
use stepwatch::tail::{RunTail, Sizes};

use super::limit;
use super::naive::{self, Line, NAMES, line};

fn feed(tail: &mut RunTail, model: &mut Model) {
    let now = Now { wall: Timestamp::from_milliseconds(0), monotonic: Duration::from_secs(60) };
    loop {
        let batch = tail.poll();
        let caught_up = batch.caught_up;
        model.apply(batch, now);
        if caught_up {
            return;
        }
    }
}

fn open(folder: &Path, name: &str) -> File {
    OpenOptions::new().create(true).append(true).open(folder.join(format!("{name}.jsonl"))).unwrap()
}

/// A run that is written a part of a line at a time.
struct Written<'a> {
    files: [File; NAMES.len()],
    lines: [Vec<&'a Line>; NAMES.len()],
    /// The line whose end is still to be written, and how much of it stands in its file.
    open: [Option<(&'a Line, usize)>; NAMES.len()],
}

impl<'a> Written<'a> {
    fn new(folder: &Path) -> Self {
        Self {
            files: NAMES.map(|name| open(folder, name)),
            lines: Default::default(),
            open: [None; NAMES.len()],
        }
    }

    /// Ends the line that is open in the file and writes the next one, without its last `left` bytes.
    fn write(&mut self, file: usize, line: &'a Line, left: usize) {
        self.end_line(file);
        let standing = (line.bytes.len() + 1).saturating_sub(left);
        let mut bytes = line.bytes.clone();
        bytes.push(b'\n');
        self.files[file].write_all(&bytes[..standing]).unwrap();
        self.open[file] = Some((line, standing));
        if standing == bytes.len() {
            self.end_line(file);
        }
    }

    fn end_line(&mut self, file: usize) {
        if let Some((line, standing)) = self.open[file].take() {
            let rest = [&line.bytes[..], b"\n"].concat().split_off(standing);
            self.files[file].write_all(&rest).unwrap();
            self.lines[file].push(line);
        }
    }

    /// What is an entry by now: every line that has its end, and a whole object without one.
    fn entries(&self) -> Vec<Vec<&'a Line>> {
        let mut entries = self.lines.to_vec();
        for (entries, open) in entries.iter_mut().zip(&self.open) {
            entries.extend(
                open.filter(|(line, standing)| line.is_object && *standing == line.bytes.len())
                    .map(|(line, _)| line),
            );
        }
        entries
    }
}

fn limits() -> impl Strategy<Value = usize> {
    prop_oneof![1..30_usize, Just(1), Just(20), Just(100_000)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_tail_of_any_run_is_the_naive_one_at_every_look_while_it_grows(
        lines in prop::collection::vec((0..NAMES.len(), line(), prop_oneof![3 => Just(0), 1 => 0..20_usize]), 0..250),
        looks in prop::collection::vec((0..250_usize, limits()), 0..6),
        last in limits(),
        sizes in (1..4000_u64, 1..20_000_u64, 1..3000_u64, 16..900_u64, 64..6000_usize),
    ) {
        let (piece, at_once, worth_it, window, chunk) = sizes;
        let sizes = Sizes { piece, at_once, worth_it, window, chunk };
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::alone(folder.path());
        let mut tail = RunTail::with_sizes(directory.clone(), sizes);
        let mut model = Model::new(directory.clone());
        let mut written = Written::new(folder.path());
        for (number, (file, line, left)) in lines.iter().enumerate() {
            written.write(*file, line, *left);
            for (_, count) in looks.iter().filter(|(at, _)| *at == number) {
                feed(&mut tail, &mut model);
                let expected = naive::tail(&written.entries(), *count);
                prop_assert_eq!(&LogTail::of(&model, limit(*count)).unwrap(), &expected);
            }
        }
        feed(&mut tail, &mut model);
        let expected = naive::tail(&written.entries(), last);
        prop_assert_eq!(&LogTail::of(&model, limit(last)).unwrap(), &expected);
        prop_assert_eq!(&LogTail::exact(directory.clone(), limit(last)).unwrap(), &expected);
    }
}

#[test]
fn a_tail_of_a_run_that_is_being_written_is_that_of_what_had_been_written() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::alone(folder.path());
    let lines: Vec<(usize, String)> = (1..=60_000_u64)
        .map(|seq| {
            // Mostly in order; some come late, twice or broken.
            let seq_here = if seq % 97 == 0 { seq - 50 } else { seq };
            let line = match seq % 31 {
                0 => "no object".to_owned(),
                _ => json!({"seq": seq_here, "text": format!("line {seq}\n")}).to_string(),
            };
            (usize::try_from(seq * 7919 % 3).unwrap(), line)
        })
        .collect();
    let mut files: [Vec<String>; 3] = Default::default();
    for (file, line) in &lines {
        files[*file].push(line.clone());
    }
    let writer = thread::spawn({
        let folder = folder.path().to_owned();
        move || {
            let mut files = ["worker", "stdout", "stderr"].map(|name| open(&folder, name));
            for (file, line) in lines {
                // Torn in two, so that a reader meets half a line.
                let (head, rest) = line.split_at(line.len() / 2);
                files[file].write_all(head.as_bytes()).unwrap();
                files[file].write_all(format!("{rest}\n").as_bytes()).unwrap();
            }
        }
    });
    let mut looks = 0;
    loop {
        let is_last = writer.is_finished();
        let model = Model::load(directory.clone()).unwrap();
        let all = Selection::all();
        // How much of each file was there is what the model says; the rest follows from it.
        let counts: Vec<usize> = ["worker", "stdout", "stderr"]
            .map(|name| {
                model
                    .channels()
                    .iter()
                    .find(|state| state.channel.name() == name)
                    .map_or(0, |state| state.entries)
            })
            .map(|entries| usize::try_from(entries).unwrap())
            .into();
        assert_eq!(model.view(&all).len(), counts.iter().sum::<usize>() as u64);
        for count in [1, 20, 3000] {
            let found = LogTail::of(&model, limit(count)).unwrap();
            assert_eq!(found.lines, expected(&files, &counts, count));
        }
        looks += 1;
        if is_last {
            assert_eq!(counts, files.each_ref().map(Vec::len));
            break;
        }
    }
    writer.join().unwrap();
    assert!(looks > 1, "there was a look at a run in the making");
}

/// The lines that stand last of the first `counts` lines of each file.
fn expected(files: &[Vec<String>; 3], counts: &[usize], limit: usize) -> Vec<String> {
    let mut entries = Vec::new();
    for ((name, lines), count) in NAMES.iter().zip(files).zip(counts) {
        let mut seq = None;
        for line in &lines[..*count] {
            let value: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            seq = value["seq"].as_u64().or(seq);
            entries.push((seq, format!("[{name}] {}", value["text"].as_str().unwrap_or(line))));
        }
    }
    entries.sort_by_key(|(seq, _)| *seq);
    entries[entries.len().saturating_sub(limit)..].iter().map(|(_, line)| line.clone()).collect()
}
