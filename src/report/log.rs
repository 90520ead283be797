//! The merged log: which entries are asked for.

use std::collections::VecDeque;
use std::io::{self, Write};

use regex::bytes::{Regex, RegexBuilder};

use crate::display;
use crate::model::{Model, Notice, Placed, Selection};
use crate::run::Channel;

use super::entry::{Form, Presentation, Reported, is_malformed};

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
    pub pattern: Option<Regex>,
    /// Only entries from this seq on.
    pub from: Option<u64>,
    /// Only entries up to this seq.
    pub to: Option<u64>,
}

/// Reads a pattern. It is held against the text of a whole entry; `^` and `$` are the ends of its
/// lines.
///
/// # Errors
/// Says what is wrong with it.
pub fn pattern(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).multi_line(true).crlf(true).build()
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
        self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(placed.entry.text()))
    }

    /// Gives every entry that is asked for to `take`, in order, until it fails. Returns how many
    /// entries in the range could not be read, because a file lost bytes since it was indexed.
    ///
    /// # Errors
    /// Those of `take`.
    pub fn visit(&self, model: &Model, mut take: impl FnMut(&Placed) -> io::Result<()>) -> io::Result<u64> {
        let selection = self.selection(model);
        let view = model.view(&selection);
        let mut begin = self.from.map_or(0, |from| view.position_of_seq(from));
        let end = self.to.map_or(view.len(), |to| view.position_of_seq(to.saturating_add(1)));
        if self.pattern.is_none()
            && let Some(last) = self.last
        {
            begin = begin.max(end.saturating_sub(last));
        }
        let count = end.saturating_sub(begin);
        let mut kept = VecDeque::new();
        let mut read = 0;
        for placed in view.from(begin).take(usize::try_from(count).unwrap_or(usize::MAX)) {
            read += 1;
            if !self.matches(&placed) {
                continue;
            }
            match self.last {
                // Which of the hits are the last is known only at the end.
                Some(last) if self.pattern.is_some() => {
                    kept.push_back(placed);
                    if kept.len() as u64 > last {
                        kept.pop_front();
                    }
                }
                _ => take(&placed)?,
            }
        }
        kept.iter().try_for_each(take)?;
        Ok(count - read)
    }

    /// Writes every entry that is asked for.
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
        let mut entries = 0;
        let unreadable = self.visit(model, |placed| {
            entries += 1;
            if form == Form::Raw && placed.cut.is_some() {
                return model.view(&Selection::all()).write_line(placed, out);
            }
            reported(placed, false).write(out, form, presentation)
        })?;
        Ok(Written { entries, unreadable })
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// How many entries were written.
    pub entries: u64,
    /// How many entries could not be read, whether they would have been written or not.
    pub unreadable: u64,
}

/// What a report says of an entry of the model.
#[must_use]
pub fn reported(placed: &Placed, late: bool) -> Reported<'_> {
    Reported {
        seq: placed.seq,
        channel: &placed.channel,
        malformed: is_malformed(placed.malformed, &placed.entry),
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
