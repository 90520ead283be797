//! The last thing that a run said, read from the ends of its files.

use std::io::{self, Read, Seek, SeekFrom};

use memchr::memrchr;

use crate::display::{self, Limits};
use crate::run::{Body, Entry, RunDirectory, decode};

/// How much of the end of a file is looked at. A last line longer than this is passed over.
const WINDOW: u64 = 64 << 10;

/// The last entry of a run.
#[derive(Clone, Debug)]
pub struct LastEntry {
    /// The entry.
    pub entry: Entry,
}

impl LastEntry {
    /// Its last line that is not empty, as text. Colours are left out, what is harmful is visible.
    #[must_use]
    pub fn last_line(&self) -> String {
        let lines = display::lines(self.entry.text(), Limits::NONE);
        lines.iter().rev().map(display::Line::text).find(|line| !line.trim().is_empty()).unwrap_or_default()
    }
}

/// The last complete entry of the channel that said something last, by seq, else by time.
#[must_use]
pub fn read(directory: &RunDirectory) -> Option<LastEntry> {
    let last_of_files = directory.log_files().into_iter().filter_map(|file| {
        let entry = last_of_file(directory, &file.path).ok()??;
        Some((entry.seq, entry.time, entry))
    });
    let (_, _, entry) = last_of_files.max_by_key(|(seq, time, _)| (*seq, *time))?;
    Some(LastEntry { entry })
}

fn last_of_file(directory: &RunDirectory, path: &std::path::Path) -> io::Result<Option<Entry>> {
    let mut file = directory.open(path)?;
    let start = file.seek(SeekFrom::End(0))?.saturating_sub(WINDOW);
    file.seek(SeekFrom::Start(start))?;
    let mut end = Vec::new();
    file.take(WINDOW).read_to_end(&mut end)?;
    let (complete, torn) = match memrchr(b'\n', &end) {
        Some(last_end) => (Some(&end[..last_end]), &end[last_end + 1..]),
        None => (None, &end[..]),
    };
    let whole = start == 0 || complete.is_some();
    // What stands behind the last line end is an entry only when it is a whole object.
    if whole && !torn.is_empty() {
        let entry = decode(torn);
        if !matches!(entry.body, Body::Raw(_)) {
            return Ok(Some(entry));
        }
    }
    let Some(complete) = complete else { return Ok(None) };
    let line = match memrchr(b'\n', complete) {
        Some(before) => &complete[before + 1..],
        None if start == 0 => complete,
        None => return Ok(None),
    };
    Ok(Some(decode(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_complete_entry_of_all_channels_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDirectory::alone(folder.path());
        assert!(read(&run).is_none());
        std::fs::write(folder.path().join("worker.jsonl"), "{\"seq\":1,\"renderedLine\":\"a\"}\n").unwrap();
        let output = "{\"seq\":2,\"text\":\"b\\n\"}\n{\"seq\":3,\"text\":\"10%\\r20%\\r\"}\n{\"seq\":4,\"te";
        std::fs::write(folder.path().join("stdout.jsonl"), output).unwrap();
        assert_eq!(read(&run).unwrap().last_line(), "20%");
        std::fs::write(folder.path().join("stderr.jsonl"), "{\"seq\":9,\"text\":\"whole\"}").unwrap();
        assert_eq!(read(&run).unwrap().last_line(), "whole");
    }

    #[test]
    fn a_line_longer_than_the_window_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let long = "x".repeat(100 << 10) + "\n";
        std::fs::write(folder.path().join("stdout.log"), &long).unwrap();
        let run = RunDirectory::alone(folder.path());
        assert!(read(&run).is_none());
        std::fs::write(folder.path().join("stdout.log"), long + "short\n").unwrap();
        assert_eq!(read(&run).unwrap().last_line(), "short");
    }
}
