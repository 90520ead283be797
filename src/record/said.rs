//! What a step says of itself: lines that it appends to the file named by `STEPWATCH_EVENTS`.
//!
//! ```sh
//! echo "progress 3 of 9 packages built" >> "$STEPWATCH_EVENTS"
//! echo "waiting_for_input which region?" >> "$STEPWATCH_EVENTS"
//! ```
//!
//! A line with any other first word is progress too. It is a regular file, so a step that says
//! something never waits for a reader.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::run::directory::PRIVATE;

/// The variable that names the file to the step.
pub(crate) const VARIABLE: &str = "STEPWATCH_EVENTS";

/// The longest line that is taken; the rest of a longer one is cut off.
const LONGEST_LINE: usize = 4 << 10;

/// How many looks are taken at the end: 1 MiB, so that a process which goes on writing to the file
/// cannot keep the recording from ending.
const MOST_LAST_LOOKS: usize = 64;

/// One thing that the step said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The event's name, `progress` or `waiting_for_input`.
    pub(crate) event: &'static str,
    /// What it says.
    pub(crate) text: String,
}

/// The file in which the step says something of itself.
#[derive(Debug)]
pub(crate) struct SaidFile {
    file: File,
    path: PathBuf,
    offset: u64,
    open: Vec<u8>,
}

impl SaidFile {
    /// Makes the empty file in a run directory.
    pub(crate) fn create(directory: &Path) -> io::Result<Self> {
        let folder = directory.join(PRIVATE);
        std::fs::create_dir(&folder)?;
        let path = folder.join("events");
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        Ok(Self { file, path, offset: 0, open: Vec::new() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What was said since the last look: bounded work, the rest is found by the next look. A file
    /// that was emptied in between is read from its beginning.
    pub(crate) fn look(&mut self) -> Vec<Said> {
        let Ok(length) = self.file.metadata().map(|metadata| metadata.len()) else {
            return Vec::new();
        };
        if length < self.offset {
            self.offset = 0;
            self.open.clear();
        }
        if length == self.offset {
            return Vec::new();
        }
        let mut buffer = [0; 16 << 10];
        let Ok(read) = self.file.read_at(&mut buffer, self.offset) else {
            return Vec::new();
        };
        self.offset += read as u64;
        let mut said = Vec::new();
        for part in buffer[..read].split_inclusive(|byte| *byte == b'\n') {
            let room = LONGEST_LINE.saturating_sub(self.open.len());
            let text = part.strip_suffix(b"\n").unwrap_or(part);
            self.open.extend_from_slice(&text[..text.len().min(room)]);
            if part.ends_with(b"\n") {
                said.extend(parse(&self.open));
                self.open.clear();
            }
        }
        said
    }

    /// Everything that is left, the last line with or without its end.
    pub(crate) fn finish(&mut self) -> Vec<Said> {
        let mut said = Vec::new();
        for _ in 0..MOST_LAST_LOOKS {
            said.extend(self.look());
        }
        said.extend(parse(&std::mem::take(&mut self.open)));
        said
    }
}

fn parse(line: &[u8]) -> Option<Said> {
    let line = String::from_utf8_lossy(line);
    let line = line.trim();
    if line.is_empty() {
        return None;
    }
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let (event, text) = match word {
        "progress" => ("progress", rest),
        "waiting_for_input" => ("waiting_for_input", rest),
        _ => ("progress", line),
    };
    Some(Said { event, text: text.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn said(event: &'static str, text: &str) -> Said {
        Said { event, text: text.to_owned() }
    }

    #[test]
    fn lines_become_events_when_they_are_complete() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = SaidFile::create(folder.path()).unwrap();
        let mut step = OpenOptions::new().append(true).open(file.path()).unwrap();
        assert_eq!(file.look(), []);
        step.write_all(b"progress 3 of 9\nwaiting_for").unwrap();
        assert_eq!(file.look(), [said("progress", "3 of 9")]);
        step.write_all(b"_input which region?\n\nhalf way\nprogress").unwrap();
        assert_eq!(file.look(), [said("waiting_for_input", "which region?"), said("progress", "half way")]);
        assert_eq!(file.finish(), [said("progress", "")]);
    }

    #[test]
    fn an_emptied_file_is_read_from_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = SaidFile::create(folder.path()).unwrap();
        std::fs::write(file.path(), "progress a long first line\n").unwrap();
        assert_eq!(file.look().len(), 1);
        std::fs::write(file.path(), "progress b\n").unwrap();
        assert_eq!(file.look(), [said("progress", "b")]);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_the_next_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = SaidFile::create(folder.path()).unwrap();
        let long = "x".repeat(100_000);
        std::fs::write(file.path(), format!("progress {long}\nprogress after\n")).unwrap();
        let found = file.finish();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].text.len(), LONGEST_LINE - "progress ".len());
        assert_eq!(found[1], said("progress", "after"));
    }
}
