//! The log writer: three files, one seq, dense and strictly increasing from 1. A file that cannot
//! be written to never stops anything: its entries are counted as lost, their seqs stay used up, so
//! that the loss shows as a gap, and once there is room again the log says so and goes on.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use memchr::memchr_iter;
use serde_json::{Value, json};

use super::line::{push_event, push_stream};
use super::pieces::Piece;
use crate::run::{Timestamp, line_order};

/// How long a file that could not be written to is left alone before it is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// The three channels of a recorded run, in the order of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Worker = 0,
    Stdout = 1,
    Stderr = 2,
}

impl Stream {
    pub(crate) const ALL: [Self; 3] = [Self::Worker, Self::Stdout, Self::Stderr];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// How weighty a lifecycle entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Info,
    Warn,
    Error,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// The log files of one run, open for writing.
#[derive(Debug)]
pub(crate) struct Log {
    files: [LogFile; 3],
    next_seq: u64,
    time: String,
}

impl Log {
    /// Makes the log files in a fresh run directory.
    pub(crate) fn create(directory: &Path) -> io::Result<Self> {
        let create = |stream: Stream| LogFile::create(&directory.join(format!("{}.jsonl", stream.name())));
        let [worker, stdout, stderr] = Stream::ALL;
        let files = [create(worker)?, create(stdout)?, create(stderr)?];
        let mut log = Self { files, next_seq: 1, time: String::new() };
        log.set_time(SystemTime::now());
        Ok(log)
    }

    /// The time of the entries that follow. It is set once for each read, since an entry cannot be
    /// dated more exactly than the read that brought it.
    pub(crate) fn set_time(&mut self, now: SystemTime) {
        self.time = Timestamp::from(now).to_string();
    }

    /// The highest seq that an entry has, 0 before the first.
    pub(crate) fn highest_seq(&self) -> u64 {
        self.next_seq - 1
    }

    /// Adds an entry of a stream.
    pub(crate) fn output(&mut self, stream: Stream, piece: Piece<'_>) {
        let seq = self.take_seq();
        push_stream(&mut self.files[stream as usize].batch, seq, &self.time, piece.text, piece.is_utf8);
    }

    /// Adds a lifecycle entry.
    pub(crate) fn event(&mut self, event: &str, level: Level, rendered_line: &str, data: Option<&Value>) {
        let seq = self.take_seq();
        let batch = &mut self.files[Stream::Worker as usize].batch;
        push_event(batch, seq, &self.time, event, level.word(), rendered_line, data);
    }

    /// Writes what was added, one write a file. Never fails: see [`Log::loss`].
    pub(crate) fn flush(&mut self, now: Instant) {
        for file in &mut self.files {
            // What fails is counted in the file.
            let _ = file.flush(now);
        }
        if self.files.iter().any(|file| file.lost.entries > 0)
            && self.files.iter().all(|file| file.retry_at.is_none())
        {
            self.report_loss(now);
        }
    }

    /// Writes everything at once, without waiting for the time of another try.
    pub(crate) fn flush_now(&mut self, now: Instant) {
        for file in &mut self.files {
            if file.lost.entries > 0 {
                file.retry_at = Some(now);
            }
        }
        self.retry(now);
    }

    /// Tries again where writing failed, if it is time.
    pub(crate) fn retry(&mut self, now: Instant) {
        for file in &mut self.files {
            if file.retry_at.is_some_and(|at| at <= now) {
                file.probe();
            }
        }
        self.flush(now);
    }

    /// When a file that could not be written to is tried again.
    pub(crate) fn retry_at(&self) -> Option<Instant> {
        self.files.iter().filter_map(|file| file.retry_at).min()
    }

    /// What was lost and is not yet told in the log: a sentence for a person.
    pub(crate) fn loss(&self) -> Option<String> {
        let lost: Vec<&Lost> =
            self.files.iter().map(|file| &file.lost).filter(|lost| lost.entries > 0).collect();
        let entries: u64 = lost.iter().map(|lost| lost.entries).sum();
        let cause = lost.iter().find_map(|lost| lost.cause.clone())?;
        Some(format!("{entries} {} of the record could not be written: {cause}", plural(entries)))
    }

    fn take_seq(&mut self) -> u64 {
        let seq = self.next_seq;
        self.next_seq += 1;
        seq
    }

    /// Says in the log what was lost. If even that cannot be written, everything stays counted, and
    /// the entry that would have said it was never there, unless a part of it is in the file.
    fn report_loss(&mut self, now: Instant) {
        let lost = [0, 1, 2].map(|place| std::mem::take(&mut self.files[place].lost));
        let entries: u64 = lost.iter().map(|lost| lost.entries).sum();
        let from = lost.iter().filter_map(|lost| lost.seqs.map(|(from, _)| from)).min();
        let to = lost.iter().filter_map(|lost| lost.seqs.map(|(_, to)| to)).max();
        let cause = lost.iter().find_map(|lost| lost.cause.clone()).unwrap_or_default();
        let mut counts = serde_json::Map::new();
        for (stream, lost) in Stream::ALL.iter().zip(&lost) {
            if lost.entries > 0 {
                counts.insert(stream.name().to_owned(), lost.entries.into());
            }
        }
        let data = json!({"entries": counts, "fromSeq": from, "toSeq": to, "cause": cause});
        let rendered = format!("{entries} {} of the record could not be written: {cause}", plural(entries));
        self.event("recording_lost", Level::Error, &rendered, Some(&data));
        let worker = &mut self.files[Stream::Worker as usize];
        if let Err(written) = worker.flush(now) {
            if written == 0 {
                worker.lost = Lost::default();
                self.next_seq -= 1;
            }
            for (file, lost) in self.files.iter_mut().zip(lost) {
                file.lost.add(lost);
            }
        }
    }
}

fn plural(entries: u64) -> &'static str {
    if entries == 1 { "entry" } else { "entries" }
}

/// What could not be written to a file.
#[derive(Debug, Default)]
struct Lost {
    entries: u64,
    seqs: Option<(u64, u64)>,
    cause: Option<String>,
}

impl Lost {
    fn add(&mut self, other: Self) {
        self.entries += other.entries;
        self.seqs = match (self.seqs, other.seqs) {
            (Some(own), Some(others)) => Some((own.0.min(others.0), own.1.max(others.1))),
            (own, others) => own.or(others),
        };
        self.cause = self.cause.take().or(other.cause);
    }
}

/// One log file and what waits to be written to it.
#[derive(Debug)]
struct LogFile {
    file: File,
    batch: Vec<u8>,
    /// Whether the file ends in a part of a line.
    torn: bool,
    retry_at: Option<Instant>,
    lost: Lost,
}

impl LogFile {
    fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create_new(true).open(path)?;
        Ok(Self { file, batch: Vec::new(), torn: false, retry_at: None, lost: Lost::default() })
    }

    /// Writes the batch, or counts it as lost. On failure says how many bytes of it are in the file.
    fn flush(&mut self, now: Instant) -> Result<(), usize> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let flushed = if self.retry_at.is_some_and(|at| now < at) {
            self.lose(0, None);
            Err(0)
        } else {
            self.write().map(|()| self.retry_at = None).map_err(|(written, error)| {
                self.retry_at = Some(now + RETRY_AFTER);
                self.lose(written, Some(&error));
                written
            })
        };
        self.batch.clear();
        flushed
    }

    /// Looks whether there is room again in a file that has nothing to write at the moment.
    fn probe(&mut self) {
        if self.batch.is_empty() && (!self.torn || self.end_torn_line().is_ok()) {
            self.retry_at = None;
        }
    }

    fn end_torn_line(&mut self) -> io::Result<()> {
        self.file.write_all(b"\n")?;
        self.torn = false;
        Ok(())
    }

    /// Writes the batch. On failure says how much of it is in the file.
    fn write(&mut self) -> Result<(), (usize, io::Error)> {
        if self.torn {
            self.end_torn_line().map_err(|error| (0, error))?;
        }
        let mut written = 0;
        while written < self.batch.len() {
            match self.file.write(&self.batch[written..]) {
                Ok(0) => return Err((written, io::ErrorKind::WriteZero.into())),
                Ok(length) => written += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err((written, error)),
            }
        }
        Ok(())
    }

    /// Counts the entries of the batch that are not wholly in the file.
    fn lose(&mut self, written: usize, cause: Option<&io::Error>) {
        let whole = memchr::memrchr(b'\n', &self.batch[..written]).map_or(0, |newline| newline + 1);
        self.torn |= whole < written;
        let lost = &self.batch[whole..];
        let ends: Vec<usize> = memchr_iter(b'\n', lost).collect();
        let first = ends.first().and_then(|end| line_order(&lost[..*end]).seq);
        let last_start = ends.len().checked_sub(2).map_or(0, |place| ends[place] + 1);
        let last = ends.last().and_then(|end| line_order(&lost[last_start..*end]).seq);
        self.lost.add(Lost { entries: ends.len() as u64, seqs: first.zip(last), cause: cause.map(cause_of) });
    }
}

/// The system's own words, without Rust's number behind them.
fn cause_of(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run;

    fn piece(text: &str) -> Piece<'_> {
        Piece { text: text.as_bytes(), is_utf8: true }
    }

    #[test]
    fn one_dense_seq_from_1_orders_all_three_files() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::create(folder.path()).unwrap();
        log.event("run_prepared", Level::Info, "prepared", None);
        log.output(Stream::Stderr, piece("a\n"));
        log.flush(Instant::now());
        log.output(Stream::Stdout, piece("b\n"));
        log.output(Stream::Stdout, piece("c"));
        log.flush(Instant::now());
        assert_eq!(log.highest_seq(), 4);
        let mut seqs = Vec::new();
        for (name, count) in [("worker", 1), ("stderr", 1), ("stdout", 2)] {
            let text = std::fs::read_to_string(folder.path().join(format!("{name}.jsonl"))).unwrap();
            assert_eq!(text.lines().count(), count);
            seqs.extend(text.lines().map(|line| run::decode(line.as_bytes()).seq.unwrap()));
        }
        assert_eq!(seqs, [1, 2, 3, 4]);
    }

    #[test]
    fn log_files_that_are_there_already_are_never_written_to() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("stdout.jsonl"), "old").unwrap();
        assert_eq!(Log::create(folder.path()).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(folder.path().join("stdout.jsonl")).unwrap(), "old");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_full_disk_swallows_is_counted_and_told_once_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::create(folder.path()).unwrap();
        let start = Instant::now();
        let good = std::mem::replace(
            &mut log.files[Stream::Stdout as usize].file,
            OpenOptions::new().append(true).open("/dev/full").unwrap(),
        );
        for text in ["a\n", "b\n"] {
            log.output(Stream::Stdout, piece(text));
        }
        log.flush(start);
        log.output(Stream::Stdout, piece("c\n"));
        log.flush(start + Duration::from_millis(1));
        assert!(log.loss().unwrap().starts_with("3 entries of the record could not be written: No space"));
        log.files[Stream::Stdout as usize].file = good;
        let later = log.retry_at().unwrap();
        log.retry(later);
        assert_eq!(log.loss(), None);
        log.output(Stream::Stdout, piece("d\n"));
        log.flush(later);
        let stdout = std::fs::read_to_string(folder.path().join("stdout.jsonl")).unwrap();
        assert_eq!(run::decode(stdout.trim_end().as_bytes()).seq, Some(5), "1 to 3 are the gap");
        let worker = std::fs::read_to_string(folder.path().join("worker.jsonl")).unwrap();
        let told: Value = serde_json::from_str(&worker).unwrap();
        assert_eq!(told["event"], "recording_lost");
        assert_eq!(told["seq"], 4);
        assert_eq!(told["data"]["entries"], json!({"stdout": 3}));
        assert_eq!((&told["data"]["fromSeq"], &told["data"]["toSeq"]), (&json!(1), &json!(3)));
    }

    #[test]
    fn a_torn_line_is_ended_before_the_log_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::create(folder.path()).unwrap();
        log.output(Stream::Stdout, piece("whole\n"));
        log.output(Stream::Stdout, piece("torn\n"));
        let file = &mut log.files[Stream::Stdout as usize];
        let written = file.batch.len() - 5;
        let part = file.batch[..written].to_vec();
        file.file.write_all(&part).unwrap();
        file.lose(written, Some(&io::Error::other("no room")));
        file.batch.clear();
        log.output(Stream::Stdout, piece("after\n"));
        log.flush(Instant::now());
        let text = std::fs::read_to_string(folder.path().join("stdout.jsonl")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(matches!(run::decode(lines[1].as_bytes()).body, run::Body::Raw(_)));
        assert_eq!(run::decode(lines[2].as_bytes()).seq, Some(3));
        let worker = std::fs::read_to_string(folder.path().join("worker.jsonl")).unwrap();
        assert!(worker.contains(r#""entries":{"stdout":1},"fromSeq":2,"toSeq":2"#), "{worker}");
    }
}
