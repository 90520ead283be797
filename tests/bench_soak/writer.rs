//! A writer that keeps a rate, in batches.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use stepwatch::run::{Channel, Timestamp};

use super::marker::Marker;

/// How often a batch is written.
const EVERY: Duration = Duration::from_millis(10);
/// How long a line is, with its end.
const LINE: usize = 130;

/// What was written, and when.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Arc<Mutex<Vec<Batch>>>);

#[derive(Clone, Copy, Debug)]
struct Batch {
    /// When it began to be written.
    at: Instant,
    /// The highest seq in it.
    last: u64,
}

impl Journal {
    /// How long, at that time, an entry behind that seq had been waiting to be shown.
    pub(crate) fn behind(&self, shown: u64, at: Instant) -> Duration {
        let batches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = batches.partition_point(|batch| batch.last <= shown);
        batches.get(place).map_or(Duration::ZERO, |batch| at.saturating_duration_since(batch.at))
    }
}

/// Writes entries with the seqs from 1 on, so many a second, in a thread. It returns how many there
/// were and how long it took.
pub(crate) fn start(
    run: &Path,
    a_second: u64,
    duration: Duration,
    journal: Journal,
) -> JoinHandle<(u64, Duration)> {
    let files = [Channel::Worker, Channel::Stdout, Channel::Stderr].map(|channel| {
        let path = run.join(format!("{}.jsonl", channel.name()));
        OpenOptions::new().create(true).append(true).open(path).unwrap()
    });
    std::thread::spawn(move || write(files, a_second, duration, &journal))
}

fn write(mut files: [File; 3], a_second: u64, duration: Duration, journal: &Journal) -> (u64, Duration) {
    let total = (a_second as f64 * duration.as_secs_f64()) as u64;
    let begin = Instant::now();
    let mut batch = [const { Vec::new() }; 3];
    let mut written = 0;
    let mut next = begin;
    while written < total {
        next += EVERY;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        let at = Instant::now();
        let due = ((a_second as f64 * begin.elapsed().as_secs_f64()) as u64).min(total);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let time = Timestamp::from_milliseconds(i64::try_from(now).unwrap()).to_string();
        for seq in written + 1..=due {
            // As in the reference run: 1 % worker, 10 % stderr, the rest stdout.
            let (channel, head) = match seq % 100 {
                0 => (0, "\"event\":\"progress\",\"level\":\"info\",\"renderedLine\":\""),
                1..=10 => (2, "\"text\":\""),
                _ => (1, "\"text\":\""),
            };
            push_line(&mut batch[channel], seq, &time, head, if channel == 0 { "\"}\n" } else { "\\n\"}\n" });
        }
        journal.0.lock().unwrap_or_else(PoisonError::into_inner).push(Batch { at, last: due });
        for (file, lines) in files.iter_mut().zip(&mut batch) {
            file.write_all(lines).unwrap();
            lines.clear();
        }
        written = due;
    }
    (written, begin.elapsed())
}

fn push_line(lines: &mut Vec<u8>, seq: u64, time: &str, head: &str, end: &str) {
    let begin = lines.len();
    write!(lines, "{{\"seq\":{seq},\"ts\":\"{time}\",{head}{} compiled and linked ", Marker(seq)).unwrap();
    lines.resize((begin + LINE - end.len()).max(lines.len()), b'.');
    lines.extend_from_slice(end.as_bytes());
}
