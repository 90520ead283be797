//! One log file in the making: lines go through a big buffer, displaced ones wait their turn.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use super::ChannelCounts;

const BUFFER: usize = 1 << 20;
/// How many displaced lines wait at most; past that, lines stay in their place.
const WAITING: usize = 512;

pub(super) struct LogFile {
    file: BufWriter<File>,
    waiting: Vec<Waiting>,
    highest: u64,
    counts: ChannelCounts,
}

/// A line that is written once that entry of the run has come.
struct Waiting {
    due: u64,
    seq: u64,
    line: Vec<u8>,
}

impl LogFile {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = BufWriter::with_capacity(BUFFER, File::create_new(path)?);
        Ok(Self { file, waiting: Vec::new(), highest: 0, counts: ChannelCounts::default() })
    }

    pub(super) fn note_malformed(&mut self, malformed: bool) {
        self.counts.malformed += u64::from(malformed);
    }

    /// Writes a line, then those that waited for the entry of this number.
    pub(super) fn write(&mut self, seq: Option<u64>, line: &[u8], number: u64) -> io::Result<()> {
        self.put(seq, line)?;
        while let Some(place) = self.waiting.iter().position(|waiting| waiting.due <= number) {
            let waiting = self.waiting.remove(place);
            self.put(Some(waiting.seq), &waiting.line)?;
        }
        Ok(())
    }

    /// Writes a line behind the first one that comes after the entry of the number `due`.
    pub(super) fn write_later(&mut self, seq: u64, line: &[u8], due: u64) -> io::Result<()> {
        if self.waiting.len() == WAITING {
            return self.put(Some(seq), line);
        }
        self.waiting.push(Waiting { due, seq, line: line.to_vec() });
        Ok(())
    }

    fn put(&mut self, seq: Option<u64>, line: &[u8]) -> io::Result<()> {
        self.counts.entries += 1;
        self.counts.bytes += line.len() as u64;
        if let Some(seq) = seq {
            self.counts.disorder += u64::from(seq < self.highest);
            self.highest = self.highest.max(seq);
        }
        self.file.write_all(line)
    }

    pub(super) fn finish(mut self) -> io::Result<ChannelCounts> {
        for waiting in std::mem::take(&mut self.waiting) {
            self.put(Some(waiting.seq), &waiting.line)?;
        }
        self.file.flush()?;
        Ok(self.counts)
    }
}
