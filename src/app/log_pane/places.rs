//! Going to places in the log, and coming back.

use std::ops::RangeInclusive;

use super::log::{Log, Spot};
use super::{Cursor, LogPane, Row, Shown, Wanted};
use crate::model::{Model, Place, View};
use crate::run::Timestamp;

/// Where a person stands in the log: to come back to.
#[derive(Clone, Debug, Default)]
pub struct Stand {
    /// `None` while following.
    cursor: Option<Cursor>,
}

impl LogPane {
    /// Where a person stands now.
    #[must_use]
    pub fn stand(&self) -> Stand {
        Stand { cursor: self.cursor.clone() }
    }

    /// Goes back to where a person stood; where that was following, it follows.
    pub fn return_to(&mut self, model: &Model, stand: Stand, height: usize) {
        match stand.cursor {
            None => self.follow(),
            Some(cursor) => {
                self.hold(model, height);
                self.wanted = None;
                self.cursor = Some(cursor);
                self.fill(model, height);
                self.note_what_was_seen(model, height);
            }
        }
    }

    /// The entry under the cursor, or the last one while following. `None` where there is nothing.
    #[must_use]
    pub fn place(&self, model: &Model) -> Option<Place> {
        self.place_where(model, &self.stand())
    }

    /// The entry at which a person stood, or the last one where that was following.
    #[must_use]
    pub fn place_where(&self, model: &Model, stand: &Stand) -> Option<Place> {
        let log = Log::new(model, self);
        match &stand.cursor {
            Some(cursor) => log.find(cursor).map(|spot| spot.block.at),
            None => log.place_at(log.view.len().checked_sub(1)?),
        }
    }

    /// The positions of the pieces of the line under the cursor, or of the last one while following.
    #[must_use]
    pub fn pieces_here(&self, model: &Model) -> Option<RangeInclusive<u64>> {
        let log = Log::new(model, self);
        Some(log.pieces(log.position_of(&self.place(model)?)))
    }

    /// The positions of the pieces of the line of which one stands at `position`.
    pub(in crate::app) fn pieces_at(&self, model: &Model, position: u64) -> RangeInclusive<u64> {
        Log::new(model, self).pieces(position)
    }

    /// Where a person stands, to come back to: at the last row while following.
    #[must_use]
    pub fn stand_here(&self, model: &Model, height: usize) -> Option<Stand> {
        if !self.follows() {
            return Some(self.stand());
        }
        let log = Log::new(model, self);
        let rows = self.window(model, &[], height).rows.len();
        let cursor = log.cursor(&log.last()?, rows.saturating_sub(1));
        Some(Stand { cursor: Some(cursor) })
    }

    /// The cursor's seqs: of the entry before the row that it is on, and of the one after it. They
    /// are those beside a gap while the cursor is on its row.
    #[must_use]
    pub fn seqs_beside(&self, model: &Model) -> (Option<u64>, Option<u64>) {
        let log = Log::new(model, self);
        let seq_at = |position: Option<u64>| position.and_then(|at| log.place_at(at)?.key().seq());
        let Some(cursor) = &self.cursor else {
            let last = seq_at(log.view.len().checked_sub(1));
            return (last, last.and_then(|last| last.checked_add(1)));
        };
        let Some(spot) = log.find(cursor) else { return (None, None) };
        let (first, last) = (spot.block.first, spot.block.last);
        if spot.row < 0 {
            (seq_at(first.checked_sub(1)), seq_at(Some(first)))
        } else {
            (seq_at(Some(last)), seq_at(Some(last + 1)))
        }
    }

    /// Wraps long lines into rows of so many columns, or cuts them.
    pub fn set_wrap(&mut self, model: &Model, columns: Option<usize>, height: usize) {
        if self.wrap == columns {
            return;
        }
        self.wrap = columns;
        self.left = 0;
        self.ready.take();
        if !self.follows() {
            self.fill(model, height);
        }
    }

    /// When the entry at a position was written, if it says so.
    #[must_use]
    pub fn time_at(&self, model: &Model, position: u64) -> Option<Timestamp> {
        Log::new(model, self).block(position)?.entry.time
    }

    /// Goes to an entry, or the nearest that is shown, and stops following. Where it is in sight
    /// already the window stands still. `line` chooses the line of the entry.
    pub fn go_to_place(
        &mut self,
        model: &Model,
        place: &Place,
        height: usize,
        line: impl FnOnce(&Shown) -> usize,
    ) {
        let window = self.window(model, &[], height);
        self.hold(model, height);
        self.wanted = None;
        let log = Log::new(model, self);
        let Some(last) = log.view.len().checked_sub(1) else { return };
        let Some(block) = log.block(log.position_of(place).min(last)) else { return };
        let chosen = line(&block.entry).min(block.entry.lines.len().saturating_sub(1));
        let is_it = |row: &Row| matches!(row, Row::Entry { entry, line } if entry.place == block.entry.place && *line == chosen);
        let in_sight = window.rows.iter().position(is_it);
        let spot = Spot { row: chosen.cast_signed(), block };
        self.stand_on(model, &spot, in_sight.unwrap_or(height / 2), height);
    }

    /// Must be told when more of the run was read, or the filters were applied further: what was asked
    /// for before that could be told is gone to again.
    pub fn go_where_wanted(&mut self, model: &Model, height: usize) {
        match self.wanted.take() {
            Some(Wanted::First) => self.first(model, height),
            Some(Wanted::Seq(seq)) => _ = self.go_to_seq(model, seq, height),
            Some(Wanted::Time(time)) => _ = self.go_to_time(model, time, height),
            Some(Wanted::Percent(percent, end)) => _ = self.go_to_percent_of(model, percent, end, height),
            Some(Wanted::GapBefore(seq)) => self.go_to_gap_before(model, seq, height),
            None => {}
        }
    }

    /// Whether nothing that the filters may keep later is nearer to what is asked for than the entry at
    /// the position `shown`: to what stands, without filters, at the position `asked`, or else to the next
    /// one above it or below it.
    fn is_settled(
        &self,
        model: &Model,
        shown: u64,
        is_above: bool,
        asked: impl Fn(&View<'_>) -> u64,
    ) -> bool {
        let Some(kept) = &self.kept else { return true };
        let all = model.view(&self.selection);
        let place_in = |view: &View<'_>, position: u64| {
            view.len().checked_sub(1).and_then(|last| view.place_at(position.min(last)))
        };
        let Some(asked) = place_in(&all, asked(&all)) else { return true };
        let shown = place_in(&self.view(model), shown);
        let (from, to) = match &shown {
            None => (None, None),
            Some(at) if *at <= asked => (Some(at), Some(&asked).filter(|asked| is_above || at == *asked)),
            Some(at) => (Some(&asked).filter(|_| !is_above), Some(at)),
        };
        kept.found().is_searched(model, &self.selection, from, to)
    }

    /// Goes to the first entry.
    pub fn first(&mut self, model: &Model, height: usize) {
        self.hold(model, height);
        let is_it = model.ending().is_none() && self.is_settled(model, 0, false, |_| 0);
        self.wanted = (!is_it).then_some(Wanted::First);
        let log = Log::new(model, self);
        let Some(block) = log.block(0) else { return };
        let spot = Spot { row: -block.gaps.len().cast_signed(), block };
        self.cursor = Some(log.cursor(&spot, 0));
    }

    /// Goes to the last entry whose seq is at most `seq`, in a run ordered by seq, and stops
    /// following; says whether it is in view already.
    pub fn go_to_seq(&mut self, model: &Model, seq: u64, height: usize) -> bool {
        self.hold(model, height);
        let is_read = model.ending().is_none_or(|ending| ending.from.seq().is_some_and(|from| from <= seq));
        let position = |view: &View<'_>| view.position_of_seq(seq.saturating_add(1)).saturating_sub(1);
        let shown = position(&self.view(model));
        let in_view = is_read && self.is_settled(model, shown, true, position);
        self.wanted = (!in_view).then_some(Wanted::Seq(seq));
        let log = Log::new(model, self);
        let Some(block) = log.block(shown) else { return in_view };
        let spot = Spot { row: 0, block };
        self.cursor = Some(log.cursor(&spot, height / 2));
        self.fill(model, height);
        in_view
    }

    /// Goes to the first entry that was written at `time` or later, or to the last one; says whether
    /// that is in view already.
    pub fn go_to_time(&mut self, model: &Model, time: Timestamp, height: usize) -> bool {
        self.hold(model, height);
        let shown = self.view(model).position_of_time(time);
        let is_read = model.ending().is_none() || shown > 0;
        let in_view = is_read && self.is_settled(model, shown, false, |all| all.position_of_time(time));
        self.go_to_position(model, shown, height);
        self.wanted = (!in_view).then_some(Wanted::Time(time));
        in_view
    }

    /// Goes to the entry below which so much of the log stands; says whether that is in view already.
    pub fn go_to_percent(&mut self, model: &Model, percent: u8, height: usize) -> bool {
        let all = model.view(&self.selection);
        let end = all.len().checked_sub(1).and_then(|last| all.place_at(last));
        self.go_to_percent_of(model, percent, end, height)
    }

    /// The same, of a log that ends at `end`: a log that grows is never filtered to its last entry.
    fn go_to_percent_of(&mut self, model: &Model, percent: u8, end: Option<Place>, height: usize) -> bool {
        self.hold(model, height);
        let is_filtered = self
            .kept
            .as_ref()
            .is_none_or(|kept| kept.found().is_searched(model, &self.selection, None, end.as_ref()));
        let in_view = model.ending().is_none() && is_filtered;
        if in_view {
            let entries = u128::from(self.view(model).len().saturating_sub(1));
            let position = entries * u128::from(percent.min(100)) / 100;
            self.go_to_position(model, u64::try_from(position).unwrap_or(u64::MAX), height);
        }
        self.wanted = (!in_view).then_some(Wanted::Percent(percent, end));
        in_view
    }

    /// Goes to the rows of the gaps above the first entry whose seq is not below `seq`.
    pub fn go_to_gap_before(&mut self, model: &Model, seq: u64, height: usize) {
        self.hold(model, height);
        let shown = self.view(model).position_of_seq(seq);
        let in_view = self.is_settled(model, shown, false, |all| all.position_of_seq(seq));
        self.wanted = (!in_view).then_some(Wanted::GapBefore(seq));
        let log = Log::new(model, self);
        let Some(block) = log.block(shown) else { return };
        let spot = Spot { row: -block.gaps.len().cast_signed(), block };
        self.stand_on(model, &spot, height / 2, height);
    }

    /// Goes to the entry at that position, or the last one, and stops following.
    pub fn go_to_position(&mut self, model: &Model, position: u64, height: usize) {
        self.hold(model, height);
        self.wanted = None;
        let log = Log::new(model, self);
        let last = log.view.len().saturating_sub(1);
        let Some(block) = log.block(position.min(last)) else { return };
        let spot = Spot { row: 0, block };
        self.stand_on(model, &spot, height / 2, height);
    }

    fn stand_on(&mut self, model: &Model, spot: &Spot, screen_row: usize, height: usize) {
        self.cursor = Some(Log::new(model, self).cursor(spot, screen_row));
        self.fill(model, height);
        self.note_what_was_seen(model, height);
    }
}
