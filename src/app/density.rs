//! The bar beside the log: cells of equal shares of the entries that are shown, from the first to the
//! last. Each tells how fast entries came in its stretch, and what in it is worth going to.
//!
//! It is about what is shown: a channel that is hidden and what a filter drops is not in it, so that
//! the window's place on it is its place in the log. The counts of errors and warnings beside the
//! clocks are of the whole run.

use std::time::Duration;

use super::RunScreen;
use super::layout::{RunLayout, Size};
use crate::model::{Level, Order, Place, Selection, View};
use crate::run::Timestamp;

/// The bar is drawn anew so long after it was, while the run grows.
const PATIENCE: Duration = Duration::from_millis(500);
/// Where there are fewer entries, every entry is in its cell; else one may be in the cell beside it
/// that is no further from its end than a block of the index, of which a cell holds many.
const EXACT: u64 = 100_000;
/// Cells move on only when the log has grown by this share.
const GROWTH: u64 = 64;
/// How many heights there are.
pub const HEIGHTS: u8 = 8;

/// What is worth going to in a cell: of several the first of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// An error.
    Error,
    /// A place that a person marked.
    Mark,
    /// Entries that never came.
    Gap,
    /// A checkpoint.
    Checkpoint,
    /// A warning.
    Warning,
}

/// A share of the entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// How fast entries came, from 0 to below [`HEIGHTS`]: each step is twice as fast as the one
    /// below, the highest being that of the fastest cell. `None` where there are no times.
    pub height: Option<u8>,
    /// What is worth going to.
    pub sign: Option<Sign>,
}

/// The bar, and what it was made of.
#[derive(Debug, Default)]
pub struct Density {
    cells: Vec<Cell>,
    /// Where each cell begins, and when.
    begins: Vec<Begin>,
    made_of: Option<Shown>,
    counted: Counted,
    made_at: Option<Duration>,
    is_due: bool,
}

#[derive(Clone, Debug)]
struct Begin {
    place: Place,
    time: Option<Timestamp>,
}

/// What decides where the cells begin.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    rows: u64,
    entries: u64,
    selection: Selection,
    kept: Option<u64>,
}

/// What decides what their signs are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counted {
    entries: u64,
    levels: [u64; 2],
    gaps: u64,
    checkpoints: usize,
    marks: usize,
}

impl Density {
    /// The cells, from above; none while only the end of the run is in view.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }
}

impl RunScreen {
    /// The bar beside the log.
    #[must_use]
    pub fn density(&self) -> &Density {
        &self.density
    }

    /// When the bar is to be drawn anew.
    pub(super) fn density_tick(&self) -> Option<Duration> {
        self.density.made_at.filter(|_| self.density.is_due).map(|at| at + PATIENCE)
    }

    /// Makes the bar anew where that is due; says whether it changed.
    pub(super) fn update_density(&mut self, size: Size, now: Duration) -> bool {
        let (shown, counted) = (self.shown(size), self.counted());
        let is_other = self.density.made_of.as_ref().is_none_or(|before| {
            (before.rows, before.kept, &before.selection) != (shown.rows, shown.kept, &shown.selection)
        });
        let is_same = self.density.made_of.as_ref() == Some(&shown) && self.density.counted == counted;
        let is_empty = self.density.begins.is_empty();
        let is_early = !is_empty && self.density.made_at.is_some_and(|at| now < at + PATIENCE);
        self.density.is_due = !is_same && !is_other && is_early;
        if is_same || self.density.is_due {
            return false;
        }
        if self.density.made_of.as_ref() != Some(&shown) {
            self.density.begins = self.begins(&shown);
        }
        let cells = self.cells();
        self.density.made_of = Some(shown);
        self.density.counted = counted;
        self.density.made_at = Some(now);
        let changed = self.density.cells != cells;
        self.density.cells = cells;
        changed
    }

    fn shown(&self, size: Size) -> Shown {
        let is_read = self.model.ending().is_none();
        let entries = if is_read { self.pane.view(&self.model).len() } else { 0 };
        // A little more at the end moves no cell.
        let step = (entries / GROWTH).checked_ilog2().map_or(1, |power| 1 << power);
        Shown {
            rows: u64::from(RunLayout::new(size).log_height),
            entries: entries - entries % step,
            selection: self.pane.selection().clone(),
            kept: self.pane.kept().map(super::finding::Question::number),
        }
    }

    fn counted(&self) -> Counted {
        let found = |level| self.level_question(level).map_or(0, |question| question.found().len());
        let counts = self.model.counts();
        Counted {
            entries: counts.entries,
            levels: [found(Level::Error), found(Level::Warning)],
            gaps: counts.gaps,
            checkpoints: self.places.len(),
            marks: self.finding.marks().count(),
        }
    }

    fn begins(&self, shown: &Shown) -> Vec<Begin> {
        let view = self.pane.view(&self.model);
        let begin = |row: u64| {
            let placed = view.at(share(shown.entries, row, shown.rows))?;
            Some(Begin { place: placed.place, time: placed.entry.time })
        };
        (0..shown.rows).map_while(begin).collect()
    }

    fn cells(&self) -> Vec<Cell> {
        let begins = &self.density.begins;
        let mut cells: Vec<Cell> =
            self.heights().into_iter().map(|height| Cell { height, sign: None }).collect();
        let mut sign = |cell: Option<usize>, sign: Sign| {
            if let Some(cell) = cell.and_then(|cell| cells.get_mut(cell)) {
                cell.sign = Some(cell.sign.map_or(sign, |other| other.min(sign)));
            }
        };
        for (level, of) in [(Level::Error, Sign::Error), (Level::Warning, Sign::Warning)] {
            for cell in self.cells_with(level) {
                sign(Some(cell), of);
            }
        }
        let cell_of = |is_before: &dyn Fn(&Begin) -> bool| begins.partition_point(is_before).checked_sub(1);
        for stand in self.finding.marks() {
            if let Some(place) = self.pane.place_where(&self.model, stand) {
                sign(cell_of(&|begin| begin.place <= place), Sign::Mark);
            }
        }
        if self.model.order() == Order::Seq {
            let at = |seq: u64| cell_of(&|begin| begin.place.key().seq().is_some_and(|first| first <= seq));
            for gap in self.model.gaps() {
                sign(at(gap.to.saturating_add(1)), Sign::Gap);
            }
            for (seq, _) in &self.places {
                sign(at(*seq), Sign::Checkpoint);
            }
        }
        cells
    }

    /// The cells in which there are entries of the level.
    fn cells_with(&self, level: Level) -> Vec<usize> {
        let Some(question) = self.level_question(level) else { return Vec::new() };
        let found = question.found().view(&self.model, self.pane.selection());
        let is_exact = self.model.counts().entries < EXACT;
        let before = |begin: &Begin| before(&found, &begin.place, is_exact);
        let mut ends: Vec<u64> = self.density.begins.iter().skip(1).map(before).collect();
        ends.push(found.len());
        // What stands before the first cell came late: it is of the first cell until that is made anew.
        let begins = std::iter::once(0).chain(ends.iter().copied());
        let cells = begins.zip(&ends).enumerate().filter(|(_, (from, to))| from < *to);
        cells.map(|(cell, _)| cell).collect()
    }

    fn heights(&self) -> Vec<Option<u8>> {
        let view = self.pane.view(&self.model);
        let last = view.len().checked_sub(1).and_then(|last| view.at(last)?.entry.time);
        let begins = &self.density.begins;
        let shares = begins.len().max(1) as u64;
        let entries = |row: u64| share(view.len(), row + 1, shares) - share(view.len(), row, shares);
        // Entries in a thousand seconds.
        let rates: Vec<Option<u64>> = begins
            .iter()
            .enumerate()
            .map(|(row, begin)| {
                let end = begins.get(row + 1).map_or(last, |next| next.time)?;
                let took = u64::try_from(end.since(begin.time?).as_millis()).ok()?.max(1);
                Some(entries(row as u64).saturating_mul(1_000_000) / took)
            })
            .collect();
        let fastest = rates.iter().flatten().copied().max().unwrap_or(0).max(1);
        let height = |rate: u64| {
            let halvings = (fastest / rate.max(1)).checked_ilog2().unwrap_or(0);
            HEIGHTS.saturating_sub(1).saturating_sub(u8::try_from(halvings).unwrap_or(u8::MAX))
        };
        rates.into_iter().map(|rate| rate.map(height)).collect()
    }

    /// Goes to where that row of the bar stands: to the first error or warning in it that its sign
    /// tells of, or else to its middle.
    pub(super) fn go_to_cell(&mut self, row: u16, size: Size, is_drag: bool) {
        let height = RunLayout::new(size).log_height;
        let row = row.min(height.saturating_sub(1));
        if !is_drag {
            self.note_jump();
        }
        let worth = if is_drag { None } else { self.worth_going_to(usize::from(row)) };
        let entries = if self.model.ending().is_none() { self.pane.view(&self.model).len() } else { 0 };
        let rows = usize::from(height);
        match worth {
            Some(place) => self.pane.go_to_place(&self.model, &place, rows, |_| 0),
            None if entries > 0 => {
                let middle = share(entries, 2 * u64::from(row) + 1, 2 * u64::from(height));
                self.pane.go_to_position(&self.model, middle, rows);
            }
            None => {}
        }
    }

    fn worth_going_to(&self, row: usize) -> Option<Place> {
        let level = match self.density.cells.get(row)?.sign? {
            Sign::Error => Level::Error,
            Sign::Warning => Level::Warning,
            Sign::Mark | Sign::Gap | Sign::Checkpoint => return None,
        };
        let begin = self.density.begins.get(row)?;
        let found = self.level_question(level)?.found().view(&self.model, self.pane.selection());
        found.place_at(found.position_of(&begin.place).min(found.len().checked_sub(1)?))
    }
}

/// How many entries of a view stand before a place.
fn before(view: &View<'_>, place: &Place, is_exact: bool) -> u64 {
    if is_exact { view.position_of(place) } else { view.about_position_of(place) }
}

/// Where the share of that number begins, of so many.
fn share(entries: u64, number: u64, of: u64) -> u64 {
    let begin = u128::from(entries) * u128::from(number) / u128::from(of.max(1));
    u64::try_from(begin).unwrap_or(u64::MAX)
}
