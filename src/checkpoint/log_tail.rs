//! The last entries of the merged log, as they stand in a `log_tail` record: verbatim and exact.

use std::io;
use std::num::NonZeroUsize;

use serde_json::{Map, Value, json};

use super::read::RECORD_LIMIT;
use super::secrets::{self, Counted};
use crate::model::{Cut, LongLine, Model, PIECE_BYTES, RawEntry, Reader, Selection, Walk};
use crate::run::{Channel, Entry, RunDirectory, decode};

/// How many entries a log tail has when nobody says otherwise.
pub const DEFAULT_LIMIT: usize = 20;

/// Where the lines of a log tail come from: all channels, merged.
const SOURCE: &str = "combined";

/// The last entries of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogTail {
    /// An entry each, oldest first: its channel in brackets, a space, and its text verbatim. The
    /// text of a worker is its rendered line; a line that does not parse stands as it is. Untrusted
    /// text.
    pub lines: Vec<String>,
    /// Whether the run holds more entries than these.
    pub truncated: bool,
    /// Whether text was not UTF-8, so that U+FFFD stands for what was not.
    pub lossy: bool,
    /// Whether what looked like a secret was masked, so that text is not verbatim.
    pub redacted: bool,
    /// The highest seq of the log, of whatever entry.
    pub log_seq: Option<u64>,
}

impl LogTail {
    /// The last `limit` entries of a model that was read whole. It takes as long as reading these
    /// entries, however large the run is.
    ///
    /// # Errors
    /// Nothing is told that is not exact. `WouldBlock` while the run is still being read for the
    /// first time; `UnexpectedEof` where a file has lost bytes; `FileTooLarge` where the entries are
    /// longer than a record may be; `InvalidData` where the files are in such disorder that the
    /// order of the entries is not known; `Other` where a log cannot be read.
    pub fn of(model: &Model, limit: NonZeroUsize) -> io::Result<Self> {
        Self::of_at_most(model, limit, RECORD_LIMIT)
    }

    /// The same, of at most so many bytes of text.
    fn of_at_most(model: &Model, limit: NonZeroUsize, most_bytes: u64) -> io::Result<Self> {
        refuse_what_is_not_known(model)?;
        let all = Selection::all();
        let view = model.view(&all);
        if !view.is_exact() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, TOO_MUCH_DISORDER));
        }
        let count = view.len();
        let first = count.saturating_sub(limit.get() as u64);
        let log_seq = model.counts().highest_seq;
        let mut tail = Self { truncated: first > 0, log_seq, ..Self::default() };
        if count == 0 {
            return Ok(tail);
        }
        let from = match first {
            0 => Cut::BEGIN,
            _ => view.cut_before(&view.place_at(first).ok_or_else(lost_bytes)?),
        };
        tail.read(&Walk::new(&view, from, Cut::end()), most_bytes)?;
        if tail.lines.len() as u64 == count - first { Ok(tail) } else { Err(lost_bytes()) }
    }

    /// The last `limit` entries of the run in `directory` as it is now. All of it is read: an entry
    /// that stands anywhere in a file can have a seq that belongs at the end, which only a scan
    /// tells. Whoever has a loaded model asks [`LogTail::of`].
    ///
    /// # Errors
    /// `NotFound` where there is no such directory, and those of [`LogTail::of`].
    pub fn exact(directory: RunDirectory, limit: NonZeroUsize) -> io::Result<Self> {
        Self::of(&Model::load(directory)?, limit)
    }

    /// What looks like a secret in it.
    #[must_use]
    pub fn secrets(&self) -> Vec<Counted> {
        secrets::find_in_lines(&self.lines)
    }

    /// Masks what looks like a secret, and says what it was.
    pub fn redact(&mut self) -> Vec<Counted> {
        let (lines, counts) = secrets::redact_lines(&self.lines);
        self.lines = lines;
        self.redacted = true;
        counts
    }

    /// The payload of a `log_tail` record: `{ source, lines, truncated, lossy?, redacted? }`.
    #[must_use]
    pub fn payload(&self) -> Value {
        let mut payload = Map::new();
        payload.insert("source".to_owned(), SOURCE.into());
        payload.insert("lines".to_owned(), json!(self.lines));
        payload.insert("truncated".to_owned(), self.truncated.into());
        if self.lossy {
            payload.insert("lossy".to_owned(), true.into());
        }
        if self.redacted {
            payload.insert("redacted".to_owned(), true.into());
        }
        Value::Object(payload)
    }

    /// What it is, in a few words: `last 20 entries up to seq 18204`.
    #[must_use]
    pub fn summary(&self) -> String {
        let what = match (self.lines.len(), self.truncated) {
            (0, _) => return "the log has no entries yet".to_owned(),
            (1, false) => "1 entry".to_owned(),
            (1, true) => "last entry".to_owned(),
            (count, false) => format!("all {count} entries"),
            (count, true) => format!("last {count} entries"),
        };
        match self.log_seq {
            Some(seq) => format!("{what} up to seq {seq}"),
            None => what,
        }
    }

    fn read(&mut self, walk: &Walk<'_>, most_bytes: u64) -> io::Result<()> {
        let channels: Vec<&Channel> = walk.channels().collect();
        let mut reader = Reader::default();
        let mut bytes = 0;
        for piece in walk.pieces(PIECE_BYTES) {
            let mut outcome = Ok(());
            let was_read = walk.read(piece, &mut reader, None, |raw| {
                if outcome.is_ok() {
                    outcome = whole_entry(walk, &raw).and_then(|entry| {
                        bytes += entry.text().len() as u64;
                        if bytes > most_bytes {
                            return Err(too_long());
                        }
                        self.push(channels[raw.source], &entry);
                        Ok(())
                    });
                }
            });
            outcome?;
            if was_read.is_short {
                return Err(lost_bytes());
            }
        }
        Ok(())
    }

    fn push(&mut self, channel: &Channel, entry: &Entry) {
        let text = entry.text_lossy();
        self.lossy |= matches!(text, std::borrow::Cow::Owned(_));
        self.lines.push(format!("[{}] {text}", channel.name()));
    }
}

/// What an entry says; also of a line that is otherwise shown by its head only.
fn whole_entry(walk: &Walk<'_>, raw: &RawEntry<'_>) -> io::Result<Entry> {
    let Some(line) = LongLine::of(raw) else { return Ok(decode(raw.line)) };
    if raw.cut.is_some_and(|length| length > RECORD_LIMIT) {
        return Err(too_long());
    }
    let mut whole = Vec::new();
    // Memory takes everything: what fails is the file.
    walk.write_line(line, &mut whole).map_err(|_| lost_bytes())?;
    Ok(decode(&whole))
}

const TOO_MUCH_DISORDER: &str =
    "so many entries are out of order that their order is only known about, and a log tail is always exact";

/// A log tail is of the whole run, or it is none.
fn refuse_what_is_not_known(model: &Model) -> io::Result<()> {
    if !model.is_loaded() {
        let text = "the run is still being read; a log tail is made when all of it was";
        return Err(io::Error::new(io::ErrorKind::WouldBlock, text));
    }
    match model.unread_log() {
        Some(notice) => Err(io::Error::other(format!("{}: {}", notice.about, notice.text))),
        None => Ok(()),
    }
}

fn lost_bytes() -> io::Error {
    let text = "entries could not be read: a file lost bytes while it was read; try again";
    io::Error::new(io::ErrorKind::UnexpectedEof, text)
}

fn too_long() -> io::Error {
    let text = format!("the entries are longer than the {RECORD_LIMIT} bytes of a record; ask for fewer");
    io::Error::new(io::ErrorKind::FileTooLarge, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_says_in_a_few_words_what_it_is() {
        let tail = |lines: usize, truncated, log_seq| LogTail {
            lines: vec![String::new(); lines],
            truncated,
            log_seq,
            ..LogTail::default()
        };
        assert_eq!(tail(20, true, Some(18204)).summary(), "last 20 entries up to seq 18204");
        assert_eq!(tail(3, false, Some(9)).summary(), "all 3 entries up to seq 9");
        assert_eq!(tail(1, true, Some(9)).summary(), "last entry up to seq 9");
        assert_eq!(tail(1, false, None).summary(), "1 entry");
        assert_eq!(tail(0, false, None).summary(), "the log has no entries yet");
    }

    #[test]
    fn many_entries_that_are_too_long_together_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let lines: String = (1..=9).map(|seq| format!("{{\"seq\":{seq},\"text\":\"12345\"}}\n")).collect();
        std::fs::write(folder.path().join("stdout.jsonl"), lines).unwrap();
        let model = Model::load(RunDirectory::alone(folder.path())).unwrap();
        let tail = |count, most| LogTail::of_at_most(&model, NonZeroUsize::new(count).unwrap(), most);
        assert_eq!(tail(4, 20).unwrap().lines.len(), 4);
        assert_eq!(tail(5, 20).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn only_a_tail_with_replaced_bytes_says_that_it_is_lossy() {
        let mut tail = LogTail { lines: vec!["[stdout] a".to_owned()], ..LogTail::default() };
        let plain = json!({"source": "combined", "lines": ["[stdout] a"], "truncated": false});
        assert_eq!(tail.payload(), plain);
        tail.lossy = true;
        assert_eq!(tail.payload()["lossy"], true);
    }
}
