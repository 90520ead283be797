//! The merged log: which entries are asked for.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::ops::{ControlFlow, Range};

use crate::display;
use crate::model::{
    Cut, LongLine, Model, Notice, PIECE_BYTES, Pattern, Piece, Placed, Reader, Selection, View, Walk,
};
use crate::run::Channel;
use crate::tail::OrderKey;

use super::entry::{Form, Presentation, Reported};
use super::in_order::in_order;
use super::rendering::Renderer;

/// How many entries are shown when nobody says otherwise.
pub const DEFAULT_LAST: u64 = 20;

/// Which entries of a run are asked for.
#[derive(Clone, Debug, Default)]
pub struct LogRequest {
    /// Only the last so many of those that fit the rest; `None` for all.
    pub last: Option<u64>,
    /// Only these channels; empty for all.
    pub channels: Vec<Channel>,
    /// Only entries whose text has a match.
    pub pattern: Option<Pattern>,
    /// Only this part.
    pub range: LogRange,
}

/// A part of a log, by the keys of its entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogRange {
    /// Only entries whose key is not below this.
    pub from: Option<OrderKey>,
    /// Only entries whose key is below this.
    pub before: Option<OrderKey>,
}

impl LogRange {
    /// Whether an entry of that key is in it.
    #[must_use]
    pub fn contains(&self, key: OrderKey) -> bool {
        self.from.is_none_or(|from| key >= from) && self.before.is_none_or(|before| key < before)
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many entries were written.
    pub entries: u64,
    /// How many entries could not be read, whether they would have been written or not.
    pub unreadable: u64,
}

impl LogRequest {
    /// What to show of the channels that the model has.
    #[must_use]
    pub fn selection(&self, model: &Model) -> Selection {
        let mut selection = Selection::all();
        if !self.channels.is_empty() {
            for state in model.channels() {
                if !self.channels.contains(&state.channel) {
                    selection.toggle(&state.channel);
                }
            }
        }
        selection
    }

    /// Whether the text of an entry is asked for.
    #[must_use]
    pub fn matches(&self, placed: &Placed) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.matches_text(placed.entry.text()))
    }

    /// Writes every entry that is asked for, in order; what there is much of, with several threads.
    /// Entries that a file lost since it was indexed are counted.
    ///
    /// # Errors
    /// Whatever `out` answers.
    pub fn write(
        &self,
        model: &Model,
        out: &mut impl Write,
        form: Form,
        presentation: Presentation,
    ) -> io::Result<Written> {
        self.write_named(None, model, out, form, presentation)
    }

    /// The same, of one of several runs: its name stands before every line of text, and as `run` in
    /// every JSON object.
    ///
    /// # Errors
    /// Whatever `out` answers.
    pub fn write_named(
        &self,
        run: Option<&str>,
        model: &Model,
        out: &mut impl Write,
        form: Form,
        presentation: Presentation,
    ) -> io::Result<Written> {
        let selection = self.selection(model);
        let view = model.view(&selection);
        let range = self.positions(&view);
        let Some(walk) = self.walk(&view, &range) else {
            return Ok(Written { entries: 0, unreadable: range.end - range.start });
        };
        let search = Search { request: self, walk, run, form, presentation, piece: PIECE_BYTES };
        let found = match self.last {
            // Which of the hits are the last is known only at the end, so that is where to begin.
            Some(last) if self.pattern.is_some() => search.write_last(last, out)?,
            _ => search.write_all(out)?,
        };
        let count = range.end - range.start;
        let read = match &self.pattern {
            None => found.entries,
            Some(_) if found.is_short => search.readable(),
            Some(_) => count,
        };
        Ok(Written { entries: found.entries, unreadable: count.saturating_sub(read) })
    }

    /// The positions in which everything stands that is asked for.
    fn positions(&self, view: &View<'_>) -> Range<u64> {
        let begin = self.range.from.map_or(0, |from| view.position_of_key(from));
        let end = self.range.before.map_or(view.len(), |before| view.position_of_key(before));
        let begin = match self.last {
            Some(last) if self.pattern.is_none() => begin.max(end.saturating_sub(last)),
            _ => begin,
        };
        begin.min(end)..end
    }

    /// The walk over these positions; `None` where its beginning cannot be read.
    fn walk<'m>(&self, view: &View<'m>, range: &Range<u64>) -> Option<Walk<'m>> {
        let to = self.range.before.map_or(Cut::end(), Cut::before_key);
        let from = match range.start {
            _ if range.is_empty() => to,
            0 => Cut::BEGIN,
            begin => view.cut_before(&view.place_at(begin)?),
        };
        Some(Walk::new(view, from, to))
    }
}

/// A request on its way through a walk.
struct Search<'a, 'm> {
    request: &'a LogRequest,
    walk: Walk<'m>,
    run: Option<&'a str>,
    form: Form,
    presentation: Presentation,
    /// How many bytes a piece should have.
    piece: u64,
}

/// What was made of a piece.
#[derive(Clone, Debug, Default)]
struct Rendered {
    bytes: Vec<u8>,
    /// Where each entry ends in `bytes`.
    ends: Vec<usize>,
    /// Lines that are too long for memory, which stand between the bytes.
    long_lines: Vec<Inserted>,
    is_short: bool,
}

/// A long line that is to be written straight from its file.
#[derive(Clone, Copy, Debug)]
struct Inserted {
    /// The number of the entry.
    entry: usize,
    /// Where in the bytes it stands.
    at: usize,
    line: LongLine,
}

/// What was written of a walk.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    entries: u64,
    is_short: bool,
}

impl Search<'_, '_> {
    /// What renders pieces, for one thread.
    fn worker(&self) -> impl FnMut(Piece, &mut Rendered) {
        let mut reader = Reader::default();
        let mut renderer = Renderer::new(&self.walk, self.form, self.presentation, self.run);
        // A clone has caches of its own, which threads would otherwise wait for.
        let pattern = self.request.pattern.clone();
        move |piece, rendered| {
            rendered.bytes.clear();
            rendered.ends.clear();
            rendered.long_lines.clear();
            let was_read = self.walk.read(piece, &mut reader, pattern.as_ref(), |entry| {
                match LongLine::of(&entry).filter(|_| self.form == Form::Raw) {
                    None => renderer.push(entry, &mut rendered.bytes),
                    Some(line) => {
                        let (entry, at) = (rendered.ends.len(), rendered.bytes.len());
                        rendered.long_lines.push(Inserted { entry, at, line });
                    }
                }
                rendered.ends.push(rendered.bytes.len());
            });
            rendered.is_short = was_read.is_short;
        }
    }

    fn write_all(&self, out: &mut impl Write) -> io::Result<Found> {
        let mut found = Found::default();
        let at_once = self.request.pattern.is_some();
        let take = |rendered: &Rendered| {
            self.write_rendered(rendered, 0, out)?;
            found.entries += rendered.ends.len() as u64;
            found.is_short |= rendered.is_short;
            // A hit is shown as soon as it is found.
            if at_once && !rendered.ends.is_empty() {
                out.flush()?;
            }
            Ok(ControlFlow::Continue(()))
        };
        in_order(self.walk.pieces(self.piece), || self.worker(), take)?;
        Ok(found)
    }

    fn write_last(&self, last: u64, out: &mut impl Write) -> io::Result<Found> {
        let mut found = Found::default();
        let mut kept: VecDeque<(Rendered, usize)> = VecDeque::new();
        let pieces: Vec<Piece> = self.walk.pieces(self.piece).collect();
        let take = |rendered: &Rendered| {
            let count = rendered.ends.len() as u64;
            let wanted = count.min(last - found.entries);
            let skipped = usize::try_from(count - wanted).unwrap_or(0);
            if wanted > 0 {
                kept.push_front((rendered.clone(), skipped));
            }
            found.entries += wanted;
            found.is_short |= rendered.is_short;
            Ok(if found.entries < last { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        };
        in_order(pieces.into_iter().rev(), || self.worker(), take)?;
        kept.iter().try_for_each(|(rendered, skipped)| self.write_rendered(rendered, *skipped, out))?;
        Ok(found)
    }

    /// Writes what was made of a piece, but its first entries.
    fn write_rendered(&self, rendered: &Rendered, skipped: usize, out: &mut impl Write) -> io::Result<()> {
        let mut begin = skipped.checked_sub(1).map_or(0, |before| rendered.ends[before]);
        for inserted in rendered.long_lines.iter().filter(|inserted| inserted.entry >= skipped) {
            out.write_all(&rendered.bytes[begin..inserted.at])?;
            begin = inserted.at;
            self.walk.write_line(inserted.line, out)?;
            out.write_all(b"\n")?;
        }
        out.write_all(&rendered.bytes[begin..])
    }

    /// How many entries can be read at all.
    fn readable(&self) -> u64 {
        let mut reader = Reader::default();
        let pieces = self.walk.pieces(self.piece);
        pieces.map(|piece| self.walk.read(piece, &mut reader, None, |_| {}).entries).sum()
    }
}

/// What a report says of an entry of the model.
#[must_use]
pub fn reported(placed: &Placed, late: bool) -> Reported<'_> {
    Reported {
        run: None,
        seq: placed.seq,
        channel: &placed.channel,
        malformed: super::entry::is_malformed(&placed.entry, placed.malformed),
        late,
        entry: &placed.entry,
    }
}

/// A notice of the model as one harmless line.
#[must_use]
pub fn notice(notice: &Notice) -> String {
    let text = display::one_line(&notice.text);
    if notice.about.is_empty() { text } else { format!("{}: {text}", display::one_line(&notice.about)) }
}

#[cfg(test)]
mod tests;
