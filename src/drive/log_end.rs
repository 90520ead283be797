//! The end of one log file, for the list of runs: what came since the last look, in bounded work
//! however much it is.

use std::fs::Metadata;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::time::SystemTime;

use crate::app::summary::Activity;
use crate::run::directory::LogFile;
use crate::run::{Channel, Entry, RunDirectory, Timestamp, decode};

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
    last: Option<Entry>,
    last_time: Option<Timestamp>,
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
        Self { file, stamp: None, offset: 0, last: None, last_time: None }
    }

    pub(super) fn file(&self) -> &LogFile {
        &self.file
    }

    pub(super) fn channel(&self) -> &Channel {
        &self.file.channel
    }

    /// The last entry, if one was found near the end.
    pub(super) fn last(&self) -> Option<&Entry> {
        self.last.as_ref()
    }

    /// When the last entry was written, as far as that is known.
    pub(super) fn last_time(&self) -> Option<Timestamp> {
        self.last_time
    }

    /// Reads what came; says whether anything did. A file that cannot be read stays as it was.
    pub(super) fn look(&mut self, run: &RunDirectory, activity: &mut Activity) -> bool {
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

    fn read(&mut self, run: &RunDirectory, stamp: Stamp, activity: &mut Activity) -> io::Result<()> {
        let from = self.offset.max(stamp.length.saturating_sub(WINDOW));
        let skipped = from - self.offset;
        let known_before = self.offset > 0;
        let mut file = run.open(&self.file.path)?;
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(stamp.length - from).read_to_end(&mut bytes)?;
        let Some(end) = memchr::memrchr(b'\n', &bytes) else {
            // Nothing is complete yet; of a longer line than the window only the end will be seen.
            return Ok(());
        };
        let complete = &bytes[..end];
        self.offset = from + end as u64 + 1;
        // After a jump the first line is cut at its beginning.
        let first = if skipped > 0 { memchr::memchr(b'\n', complete).map(|at| at + 1) } else { Some(0) };
        let Some(first) = first else { return Ok(()) };
        let written = stamp.modified.map(Timestamp::from);
        let mut lines: u64 = 0;
        let mut earliest = None;
        for line in complete[first..].split(|byte| *byte == b'\n') {
            let entry = decode(line);
            let time = entry.time.or(written);
            if let Some(time) = time {
                activity.add(time, 1);
                earliest = earliest.or(Some(time));
            }
            self.last_time = time.or(self.last_time);
            self.last = Some(entry);
            lines += 1;
        }
        // What was jumped over in a file that grows fast came about when the first line read did. At
        // the first look nothing is known of when it came.
        if let Some(earliest) = earliest.filter(|_| lines > 0 && known_before) {
            let average = (complete.len() as u64 / lines).max(1);
            activity.add(earliest, u32::try_from(skipped / average).unwrap_or(u32::MAX));
        }
        Ok(())
    }
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
        assert!(end.look(&run, &mut activity));
        assert_eq!(end.last().unwrap().seq, Some(2));
        assert!(!end.look(&run, &mut activity), "nothing changed");
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b",\"ts\":\"2026-03-21T08:00:01.000Z\",\"text\":\"x\"}\n").unwrap();
        assert!(end.look(&run, &mut activity));
        assert_eq!(end.last().unwrap().seq, Some(3));
        let counted: u32 = activity.until(end.last_time().unwrap()).iter().sum();
        assert_eq!(counted, 3);
        fs::write(&path, line(9)).unwrap();
        assert!(end.look(&run, &mut activity));
        assert_eq!(end.last().unwrap().seq, Some(9), "a truncated file is read from its beginning");
    }

    #[test]
    fn of_what_came_fast_only_the_end_is_read_and_the_rest_is_counted_by_its_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stdout.jsonl");
        fs::write(&path, line(99_999)).unwrap();
        let run = RunDirectory::alone(folder.path());
        let mut end = LogEnd::new(run.log_files().remove(0));
        let mut activity = Activity::default();
        assert!(end.look(&run, &mut activity));
        let lines: String = (99_999..110_000).map(line).collect();
        fs::write(&path, lines).unwrap();
        assert!(end.look(&run, &mut activity));
        assert_eq!(end.last().unwrap().seq, Some(109_999));
        let counted: u32 = activity.until(end.last_time().unwrap()).iter().sum();
        assert!((9_900..=10_100).contains(&counted), "{counted}");
    }
}
