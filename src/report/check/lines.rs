//! Which lines break the contract: a few of each kind, by their file and number.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::super::entry::is_malformed;
use crate::display;
use crate::model::{RawEntry, Walk};
use crate::run::{Entry, recognise};

/// So many lines of a kind are named. Who mends the first ones mostly mends all.
pub(super) const MOST_NAMED: usize = 3;

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Breach {
    /// It does not parse.
    Malformed,
    /// Its seq is that of an entry before it in the merged order.
    Tie,
    /// It stands behind an entry of a higher seq in its file.
    Disorder,
}

/// A line that breaks the contract.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokenLine {
    /// The file, as it is named below the run directory. Untrusted text.
    pub file: String,
    /// The number of the line in that file, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub breach: Breach,
    /// Its seq, where it has one.
    pub seq: Option<u64>,
}

impl BrokenLine {
    /// The line of the report for people.
    #[must_use]
    pub fn text(&self) -> String {
        let place = format!("{}:{}", display::one_line(&self.file), self.line);
        match (self.breach, self.seq) {
            (Breach::Malformed, Some(seq)) => format!("{place}: malformed behind its seq {seq}"),
            (Breach::Malformed, None) => format!("{place}: malformed"),
            (Breach::Tie, Some(seq)) => format!("{place}: seq {seq} once more"),
            (Breach::Tie, None) => format!("{place}: a seq once more"),
            (Breach::Disorder, Some(seq)) => format!("{place}: seq {seq} out of order"),
            (Breach::Disorder, None) => format!("{place}: out of order"),
        }
    }
}

/// A line that breaks the contract, by its source and offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    breach: Breach,
    source: usize,
    offset: u64,
    seq: Option<u64>,
}

/// Looks for breaches among the entries of a piece as they come.
#[derive(Debug, Default)]
pub(super) struct Search {
    found: Vec<Found>,
    named: [usize; 2],
    /// The seq of the first entry that has one, and where that stands.
    first: Option<(u64, usize, u64)>,
    last: Option<u64>,
}

impl Search {
    /// Takes the next entry; whether it is malformed.
    pub(super) fn take(&mut self, walk: &Walk<'_>, entry: &RawEntry<'_>) -> bool {
        let (seq, is_malformed) = match recognise(entry.line) {
            Some(line) => (Some(line.seq), false),
            None => {
                let decoded: Entry = entry.decode();
                (decoded.seq, is_malformed(&decoded, walk.has_objects(entry.source)))
            }
        };
        let RawEntry { source, offset, .. } = *entry;
        if is_malformed {
            self.note(Found { breach: Breach::Malformed, source, offset, seq });
        }
        if let Some(number) = seq {
            if self.last == Some(number) {
                self.note(Found { breach: Breach::Tie, source, offset, seq });
            }
            self.first.get_or_insert((number, source, offset));
            self.last = Some(number);
        }
        is_malformed
    }

    fn note(&mut self, found: Found) {
        let named = &mut self.named[usize::from(found.breach == Breach::Tie)];
        if *named < MOST_NAMED {
            *named += 1;
            self.found.push(found);
        }
    }

    /// Takes what was found in the piece behind this one.
    pub(super) fn append(&mut self, next: &Self) {
        if let Some((number, source, offset)) = next.first.filter(|first| self.last == Some(first.0)) {
            self.note(Found { breach: Breach::Tie, source, offset, seq: Some(number) });
        }
        next.found.iter().for_each(|found| self.note(*found));
        self.first = self.first.or(next.first);
        self.last = next.last.or(self.last);
    }

    /// The lines, by their files below the run's folder and their numbers. One whose file cannot be read any more is left out: the
    /// counts hold it.
    pub(super) fn lines(self, walk: &Walk<'_>, folder: &Path) -> Vec<BrokenLine> {
        let sources = 0..walk.channels().count();
        let mut displaced: Vec<Found> = sources
            .flat_map(|source| {
                walk.displaced(source, MOST_NAMED).into_iter().map(move |(key, offset)| Found {
                    breach: Breach::Disorder,
                    source,
                    offset,
                    seq: key.seq(),
                })
            })
            .collect();
        displaced.truncate(MOST_NAMED);
        let lines: BTreeSet<BrokenLine> = self
            .found
            .into_iter()
            .chain(displaced)
            .filter_map(|found| {
                let (file, line) = walk.line_number(found.source, found.offset).ok()?;
                let file = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().into_owned();
                Some(BrokenLine { file, line, breach: found.breach, seq: found.seq })
            })
            .collect();
        lines.into_iter().collect()
    }
}
