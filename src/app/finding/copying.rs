//! Copying entries: one, those that are selected, or those in sight.

use std::ops::Range;

use crate::app::entry_view::{self, MOST_BYTES};
use crate::app::layout::RunLayout;
use crate::app::{Effect, RunScreen, Size};
use crate::display;
use crate::model::Placed;

/// How many entries are copied at most: a key waits for no more.
const MOST_ENTRIES: u64 = 10_000;

impl RunScreen {
    pub(super) fn copy_entry(&mut self) {
        let copied = match &self.entry {
            Some(entry) => Some(entry.to_copy()),
            None => self.chosen_pieces().as_deref().map(entry_view::to_copy),
        };
        let Some((of, text)) = copied else { return self.finding.refuse("there is no entry here") };
        self.finding.tell(format!("copied: the text of {of}"));
        self.finding.outbox.push(Effect::Copy(text));
    }

    /// Begins a selection at the cursor, or ends the one there is.
    pub(super) fn toggle_chosen(&mut self, size: Size) {
        let had = self.pane.chosen(&self.model).is_some();
        let height = usize::from(RunLayout::new(size).log_height);
        if !self.pane.toggle_chosen(&self.model, height) && !had {
            self.finding.refuse("there is no entry here");
        }
    }

    /// Copies the selected entries and ends the selection; without one, copies the entries in sight.
    pub(super) fn copy_lines(&mut self, size: Size) {
        let chosen = self.pane.chosen_positions(&self.model);
        let (positions, of) = match chosen.clone() {
            Some(positions) => (positions, "selected"),
            None => {
                let window = self.pane.window(&self.model, &[], usize::from(RunLayout::new(size).log_height));
                (window.first..(window.last + 1).min(window.entries), "in sight")
            }
        };
        let wanted = positions.end.saturating_sub(positions.start);
        if wanted == 0 {
            return self.finding.refuse("there is no entry here");
        }
        let (text, copied) = self.text_of(positions);
        let noun = if wanted == 1 { "entry" } else { "entries" };
        if copied == wanted {
            self.finding.tell(format!("copied: {copied} {noun}, all that are {of}"));
        } else if copied == 0 {
            let most = MOST_BYTES >> 10;
            return self.finding.refuse(format!(
                "copied nothing: the first of them alone is more than {most} KiB; y copies its beginning"
            ));
        } else {
            self.finding.refuse(format!(
                "copied only the first {copied} of {wanted} {noun} {of}: no more than {} KiB or {MOST_ENTRIES} entries are copied",
                MOST_BYTES >> 10,
            ));
        }
        self.pane.end_chosen();
        self.finding.outbox.push(Effect::Copy(text));
    }

    /// The texts of whole entries, one below the other, as they are shown and harmless; and of how
    /// many, from the first on. The pieces of one line are one line.
    fn text_of(&self, positions: Range<u64>) -> (String, u64) {
        let view = self.pane.view(&self.model);
        let (mut text, mut position) = (String::new(), positions.start);
        while position < positions.end && position - positions.start < MOST_ENTRIES {
            let last = *self.pane.pieces_at(&self.model, position).end();
            let pieces: Vec<Placed> = (position..=last).map_while(|piece| view.at(piece)).collect();
            let written = entry_view::joined(&pieces);
            // What is too long is not made ready in vain.
            if written.len() > MOST_BYTES {
                break;
            }
            let lines = display::lines(&written, display::Limits::NONE);
            let line = lines.iter().map(display::Line::text).collect::<Vec<_>>().join("\n");
            if text.len() + 1 + line.len() > MOST_BYTES {
                break;
            }
            if position > positions.start {
                text.push('\n');
            }
            text.push_str(&line);
            position = last + 1;
        }
        (text, position - positions.start)
    }
}
