//! A selection: the entries from where it was begun to where the cursor is.

use std::ops::Range;

use super::LogPane;
use super::log::Log;
use crate::model::{Model, Place};

impl LogPane {
    /// Begins a selection at the cursor, or ends the one there is. Says whether there is one now:
    /// there is none where there are no entries.
    pub fn toggle_chosen(&mut self, model: &Model, height: usize) -> bool {
        if self.end_chosen() {
            return false;
        }
        self.hold(model, height);
        self.wanted = None;
        self.chosen_from = self.cursor.as_ref().and_then(|_| self.place(model));
        self.chosen_from.is_some()
    }

    /// Puts the cursor on the last row without following, so that a selection goes on to it.
    pub fn to_end(&mut self, model: &Model, height: usize) {
        let from = self.chosen_from.take();
        self.follow();
        self.hold(model, height);
        self.chosen_from = from.filter(|_| !self.follows());
    }

    /// Ends the selection; says whether there was one.
    pub fn end_chosen(&mut self) -> bool {
        self.chosen_from.take().is_some()
    }

    /// The first and the last place of the selection. They are places, not positions, so that what
    /// comes above or below moves neither.
    #[must_use]
    pub fn chosen(&self, model: &Model) -> Option<(Place, Place)> {
        let from = self.chosen_from.clone()?;
        let to = self.place(model)?;
        let (from, to) = if from <= to { (from, to) } else { (to, from) };
        // The pieces of one line are on one row, and selected together.
        let log = Log::new(model, self);
        let block = |place: &Place| log.block(log.position_of(place)).filter(|block| block.at == *place);
        let first = block(&from).map_or(from, |block| block.entry.place.clone());
        let last = block(&to).map_or(to, |block| block.entry.last.clone());
        Some((first, last))
    }

    /// The positions of the selected entries, as far as they are shown.
    #[must_use]
    pub fn chosen_positions(&self, model: &Model) -> Option<Range<u64>> {
        let (from, to) = self.chosen(model)?;
        let log = Log::new(model, self);
        let last = log.position_of(&to);
        let stands = log.place_at(last).is_some_and(|place| place == to);
        Some(log.position_of(&from)..last + u64::from(stands))
    }
}
