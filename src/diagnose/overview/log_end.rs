//! The end of one log file, for the list of runs: what came since the last look, in bounded work
//! however much it is.

use std::fs::Metadata;
use std::io;
use std::time::SystemTime;

use super::Activity;
use super::last_line::last_line;
use crate::run::directory::LogFile;
use crate::run::seq::line_time;
use crate::run::{Body, Channel, RunDirectory, Timestamp, decode};
use crate::tail::identity::read_at;
use crate::tail::nuls;

/// How many bytes are read at most at one look. Of a file that grew by more since the last look, the
/// rest is counted by its length.
const WINDOW: u64 = 64 << 10;

/// What is known of the end of a log file.
#[derive(Debug)]
pub struct LogEnd {
    file: LogFile,
    stamp: Option<Stamp>,
    /// Up to where the file has been read.
    offset: u64,
    said: Option<Said>,
    last_time: Option<Timestamp>,
}

/// The last thing in a file in which there is something to see.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// The seq of the entry.
    pub(super) seq: Option<u64>,
    /// When the entry was written, as far as that is known.
    pub(super) time: Option<Timestamp>,
    /// Its last line; untrusted text.
    pub(super) line: String,
    /// Whether that line has no end yet.
    pub(super) is_open: bool,
}

/// Tells whether a file is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    identity: u64,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let identity = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let identity = 0;
        Self { length: metadata.len(), modified: metadata.modified().ok(), identity }
    }
}

impl LogEnd {
    pub(super) fn new(file: LogFile) -> Self {
        Self { file, stamp: None, offset: 0, said: None, last_time: None }
    }

    pub(super) fn file(&self) -> &LogFile {
        &self.file
    }

    pub(super) fn channel(&self) -> &Channel {
        &self.file.channel
    }

    /// The last thing said, if it was found near the end.
    pub(super) fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }

    /// When the last entry was written, as far as that is known.
    pub(super) fn last_time(&self) -> Option<Timestamp> {
        self.last_time
    }

    /// Reads what came, and counts it into `activity` where there is one; says whether anything
    /// came. A file that cannot be read stays as it was.
    pub(super) fn look(&mut self, run: &RunDirectory, activity: Option<&mut Activity>) -> bool {
        let Ok(metadata) = std::fs::metadata(&self.file.path) else { return false };
        let stamp = Stamp::of(&metadata);
        if self.stamp == Some(stamp) {
            return false;
        }
        let replaced = self.stamp.is_some_and(|before| before.identity != stamp.identity);
        if replaced || stamp.length < self.offset {
            self.offset = 0;
        }
        self.stamp = Some(stamp);
        self.read(run, stamp, activity).is_ok()
    }

    fn read(&mut self, run: &RunDirectory, stamp: Stamp, activity: Option<&mut Activity>) -> io::Result<()> {
        let known_before = self.offset > 0;
        let from = self.offset.max(stamp.length.saturating_sub(WINDOW));
        let skipped = from - self.offset;
        let file = run.open(&self.file.path)?;
        let mut bytes = vec![0; usize::try_from(stamp.length - from).unwrap_or(0)];
        let length = read_at(&file, &mut bytes, from)?;
        bytes.truncate(length);
        // After a jump the first line is cut at its beginning. Of a line longer than the window
        // nothing is known.
        let first = if skipped == 0 { Some(0) } else { memchr::memchr(b'\n', &bytes).map(|at| at + 1) };
        let Some(first) = first else { return Ok(()) };
        let lines_end = memchr::memrchr(b'\n', &bytes).map_or(first, |end| end + 1);
        let (complete, torn) = (&bytes[first..lines_end], &bytes[lines_end..]);
        self.offset = from + lines_end as u64;
        let written = stamp.modified.map(Timestamp::from);
        self.hear(complete, torn, written);
        if let Some(activity) = activity {
            let earliest = count(complete, written, activity);
            // What was jumped over in a file that grows fast came about when the first line read
            // did. At the first look nothing is known of when it came.
            if let Some((earliest, lines)) = earliest.filter(|_| known_before) {
                let average = (complete.len() as u64 / lines).max(1);
                activity.add(earliest, u32::try_from(skipped / average).unwrap_or(u32::MAX));
            }
        }
        Ok(())
    }

    /// Takes in what is said last, from the end back to the first entry in which there is something
    /// to see. What stands behind the last line end is an entry only when it is a whole object; it
    /// is read again when its line has ended.
    fn hear(&mut self, complete: &[u8], torn: &[u8], written: Option<Timestamp>) {
        let torn = Some(decode(torn)).filter(|entry| !matches!(entry.body, Body::Raw(_)));
        let mut is_last = true;
        let mut is_open = true;
        for entry in torn.into_iter().chain(lines(complete).rev().map(decode)) {
            let time = entry.time.or(written);
            if is_last {
                self.last_time = time.or(self.last_time);
                is_last = false;
            }
            // A line is ended by a line end in which there is nothing to see, too.
            is_open &= entry.is_open_line() || entry.text().is_empty();
            if let Some(line) = last_line(entry.text()) {
                let line = String::from_utf8_lossy(line).into_owned();
                self.said = Some(Said { seq: entry.seq, time, line, is_open });
                return;
            }
        }
        if let Some(said) = &mut self.said {
            said.is_open &= is_open;
        }
    }
}

/// The lines of text that ends with a line end, or is empty. NULs before a line are no part of it.
fn lines(complete: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    let ended = complete.strip_suffix(b"\n");
    let lines = ended.into_iter().flat_map(|lines| lines.split(|byte| *byte == b'\n'));
    lines.map(|line| &line[nuls::leading(line)..])
}

/// Counts lines by their times; the first time, and how many lines there are.
fn count(complete: &[u8], written: Option<Timestamp>, activity: &mut Activity) -> Option<(Timestamp, u64)> {
    let mut counted = 0;
    let mut earliest = None;
    for line in lines(complete) {
        counted += 1;
        if let Some(time) = line_time(line).or(written) {
            activity.add(time, 1);
            earliest = earliest.or(Some(time));
        }
    }
    earliest.map(|earliest| (earliest, counted))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    fn line(seq: u64) -> String {
        format!("{{\"seq\":{seq},\"ts\":\"2026-03-21T08:00:00.000Z\",\"text\":\"line {seq}\\n\"}}\n")
    }

    #[test]
    fn only_what_came_is_read_and_the_last_whole_entry_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stdout.jsonl");
        fs::write(&path, line(1) + &line(2) + "{\"seq\":3").unwrap();
        let run = RunDirectory::alone(folder.path());
        let mut end = LogEnd::new(run.log_files().remove(0));
        let mut activity = Activity::default();
        assert!(end.look(&run, Some(&mut activity)));
        assert_eq!(end.said().unwrap().seq, Some(2));
        assert!(!end.look(&run, Some(&mut activity)), "nothing changed");
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b",\"ts\":\"2026-03-21T08:00:01.000Z\",\"text\":\"x\"}\n").unwrap();
        assert!(end.look(&run, Some(&mut activity)));
        assert_eq!(end.said().unwrap().seq, Some(3));
        let counted: u32 = activity.until(end.last_time().unwrap()).iter().sum();
        assert_eq!(counted, 3);
        fs::write(&path, line(9)).unwrap();
        assert!(end.look(&run, Some(&mut activity)));
        assert_eq!(end.said().unwrap().seq, Some(9), "a truncated file is read from its beginning");
    }

    #[test]
    fn of_what_came_fast_only_the_end_is_read_and_the_rest_is_counted_by_its_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stdout.jsonl");
        fs::write(&path, line(99_999)).unwrap();
        let run = RunDirectory::alone(folder.path());
        let mut end = LogEnd::new(run.log_files().remove(0));
        let mut activity = Activity::default();
        assert!(end.look(&run, Some(&mut activity)));
        let lines: String = (99_999..110_000).map(line).collect();
        fs::write(&path, lines).unwrap();
        assert!(end.look(&run, Some(&mut activity)));
        assert_eq!(end.said().unwrap().seq, Some(109_999));
        let counted: u32 = activity.until(end.last_time().unwrap()).iter().sum();
        assert!((9_900..=10_100).contains(&counted), "{counted}");
    }

    /// What is said last in a file of that content, and whether its line is open.
    fn said(name: &str, content: &str) -> Option<(String, bool)> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), content).unwrap();
        let run = RunDirectory::alone(folder.path());
        let mut end = LogEnd::new(run.log_files().remove(0));
        end.look(&run, None);
        end.said().map(|said| (said.line.clone(), said.is_open))
    }

    #[test]
    fn an_entry_without_its_line_end_counts_once_it_is_whole() {
        let entries = "{\"seq\":1,\"text\":\"a\\n\"}\n{\"seq\":2,\"text\":\"b\\n\"";
        assert_eq!(said("stdout.jsonl", entries), Some(("a".to_owned(), false)));
        assert_eq!(said("stdout.jsonl", &(entries.to_owned() + "}")), Some(("b".to_owned(), false)));
        assert_eq!(said("stdout.jsonl", "{\"text\":\"whole\"}"), Some(("whole".to_owned(), true)));

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stdout.jsonl");
        fs::write(&path, line(1).trim_end()).unwrap();
        let run = RunDirectory::alone(folder.path());
        let mut end = LogEnd::new(run.log_files().remove(0));
        let mut activity = Activity::default();
        end.look(&run, Some(&mut activity));
        fs::write(&path, line(1) + &line(2)).unwrap();
        end.look(&run, Some(&mut activity));
        assert_eq!(activity.until(end.last_time().unwrap()).iter().sum::<u32>(), 2, "it is counted once");
    }

    #[test]
    fn a_question_is_open_until_its_line_ends() {
        let question = "{\"text\":\"Proceed? \"}\n";
        assert_eq!(said("stdout.jsonl", question), Some(("Proceed? ".to_owned(), true)));
        let coloured = question.to_owned() + "{\"text\":\"\\u001b[0m\"}\n";
        assert_eq!(said("stdout.jsonl", &coloured), Some(("Proceed? ".to_owned(), true)));
        let answered = question.to_owned() + "{\"text\":\"\\r\\n\"}\n";
        assert_eq!(said("stdout.jsonl", &answered), Some(("Proceed? ".to_owned(), false)));

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stdout.jsonl");
        fs::write(&path, question).unwrap();
        let run = RunDirectory::alone(folder.path());
        let mut end = LogEnd::new(run.log_files().remove(0));
        end.look(&run, None);
        fs::write(&path, answered).unwrap();
        end.look(&run, None);
        assert!(!end.said().unwrap().is_open, "the end came at a later look");
    }

    #[test]
    fn nuls_before_a_line_are_no_part_of_it() {
        let hole = "\0".repeat(1000);
        let after = hole.clone() + "{\"seq\":1,\"text\":\"after\\n\"}\n";
        assert_eq!(said("stdout.jsonl", &after), Some(("after".to_owned(), false)));
        assert_eq!(said("stdout.jsonl", &(after + &hole + "\n")), Some(("after".to_owned(), false)));
    }

    #[test]
    fn a_line_longer_than_the_window_is_passed_over() {
        let long = "x".repeat(100 << 10) + "\n";
        assert_eq!(said("stdout.log", &long), None);
        assert_eq!(said("stdout.log", &(long.clone() + "short\n")), Some(("short".to_owned(), false)));
        assert_eq!(said("stdout.log", &("short\n".to_owned() + &long)), None);
    }
}
