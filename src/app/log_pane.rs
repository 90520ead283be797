//! The window on the merged log: what it shows, and how it keeps its place.
//!
//! While it follows, its last row is the last row of the log. Otherwise it holds one row, the
//! cursor, at one height on the screen; everything else is laid around it. The cursor is a
//! [`Place`], not a position, so that nothing that comes above or below moves it.

mod chosen;
mod joined;
mod log;
mod places;
mod wrapped;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::display;
use crate::model::{Model, Order, Place, Selection, View};
use crate::run::{Channel, Timestamp};
use log::{Log, Ready, Spot};
pub use places::Stand;

use super::finding::Question;

/// How many columns one step to the side is.
const SIDE_STEP: usize = 16;

/// The state of the window.
#[derive(Debug, Default)]
pub struct LogPane {
    selection: Selection,
    /// What the filters keep, where there are any.
    kept: Option<Question>,
    /// `None` while following.
    cursor: Option<Cursor>,
    /// Columns that are out of sight on the left.
    left: usize,
    /// How many columns a row of text has where long lines are wrapped.
    wrap: Option<usize>,
    /// Where a selection was begun. There is none while following.
    chosen_from: Option<Place>,
    /// What was asked for while only the end of a large run was in view, or while the filters had not
    /// been applied as far as that.
    wanted: Option<Wanted>,
    /// The last entry that was on the screen since following stopped: what is after it is new.
    seen: Option<Place>,
    ready: RefCell<Ready>,
}

/// A place that is not in view yet.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    First,
    Seq(u64),
    Time(Timestamp),
    /// So much of the log up to that place, or of all of it.
    Percent(u8, Option<Place>),
    /// The gaps above the first entry whose seq is not below that one.
    GapBefore(u64),
}

#[derive(Clone, Debug)]
struct Cursor {
    place: Place,
    /// The row of the entry; the rows of the gaps above it are −1, −2, …
    row: isize,
    /// At which row of the screen it is held.
    screen_row: usize,
}

/// One row of the window.
#[derive(Clone, Debug)]
pub enum Row {
    /// One display line of an entry.
    Entry {
        /// The entry.
        entry: Rc<Shown>,
        /// Which of its lines.
        line: usize,
    },
    /// Entries that never came.
    Gaps {
        /// How many gaps the row tells of.
        gaps: usize,
        /// How many entries are missing.
        missing: u64,
        /// The first missing seq.
        from: u64,
        /// The last missing seq.
        to: u64,
    },
    /// The beginning of a line whose end has not come for a while.
    Partial {
        /// The channel in which it stands.
        channel: Channel,
        /// How long it is by now.
        bytes: u64,
    },
}

/// An entry with its display lines.
#[derive(Debug)]
pub struct Shown {
    /// Where it stands; where it is joined out of the pieces of one line, where the first one does.
    pub place: Place,
    /// Where the last of its pieces stands.
    pub last: Place,
    /// Of how many entries it is joined.
    pub pieces: u64,
    /// Its channel.
    pub channel: Channel,
    /// Its own seq, if it has one.
    pub seq: Option<u64>,
    /// When it was written, if it says so.
    pub time: Option<Timestamp>,
    /// Whether it is a line that does not parse.
    pub malformed: bool,
    /// Whether its text has no line end.
    pub is_open: bool,
    /// Its lines; always at least one.
    pub lines: Vec<display::Line>,
}

/// What is to be drawn: never more rows than the window has.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// The rows, from above.
    pub rows: Vec<Row>,
    /// Which of them the cursor is on; `None` while following, or when there is nothing.
    pub cursor: Option<usize>,
    /// The position of the first entry in sight.
    pub first: u64,
    /// The position of the last entry in sight.
    pub last: u64,
    /// How many entries there are.
    pub entries: u64,
}

impl LogPane {
    /// Whether new entries come into sight by themselves.
    #[must_use]
    pub fn follows(&self) -> bool {
        self.cursor.is_none()
    }

    /// Which channels are shown.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Columns that are out of sight on the left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left
    }

    /// The entries that are shown, as far as is known.
    #[must_use]
    pub fn view<'a>(&'a self, model: &'a Model) -> View<'a> {
        match &self.kept {
            Some(kept) => kept.found().view(model, &self.selection),
            None => model.view(&self.selection),
        }
    }

    /// What the filters keep, where there are any.
    #[must_use]
    pub fn kept(&self) -> Option<&Question> {
        self.kept.as_ref()
    }

    pub(super) fn kept_mut(&mut self) -> Option<&mut Question> {
        self.kept.as_mut()
    }

    /// Shows only what is kept, or everything; returns what was shown before. The place stays: where
    /// its entry is not shown the nearest one is, until it is shown again or the cursor moves.
    pub(super) fn set_kept(&mut self, kept: Option<Question>) -> Option<Question> {
        self.run_changed();
        std::mem::replace(&mut self.kept, kept)
    }

    /// Hides a channel, as long as nothing was shown yet.
    pub(in crate::app) fn hide(&mut self, channel: &Channel) {
        if !self.selection.hides(channel) {
            self.selection.toggle(channel);
        }
    }

    /// Shows or hides a channel. The place is kept: when its entry is hidden the nearest one is
    /// shown, until it is shown again or the cursor moves.
    pub fn toggle(&mut self, channel: &Channel) {
        self.selection.toggle(channel);
        self.run_changed();
    }

    /// Must be told whenever the run changed: entries may have come anywhere.
    pub fn run_changed(&mut self) {
        self.ready.get_mut().forget_positions();
    }

    /// Follows; a selection ends.
    pub fn follow(&mut self) {
        self.wanted = None;
        self.cursor = None;
        self.chosen_from = None;
        self.seen = None;
    }

    /// Stops following, with the cursor on the last row.
    pub fn hold(&mut self, model: &Model, height: usize) {
        if !self.follows() {
            return;
        }
        let log = Log::new(model, self);
        let Some(spot) = log.last() else { return };
        let window = self.window(model, &[], height);
        self.cursor = Some(log.cursor(&spot, window.rows.len().saturating_sub(1)));
        self.note_what_was_seen(model, height);
    }

    /// Moves the cursor by rows; the window moves when it would leave it.
    pub fn move_cursor(&mut self, model: &Model, rows: isize, height: usize) {
        self.walk(model, rows, height, |moved| moved);
    }

    /// Moves the window by rows, and the cursor with it.
    pub fn scroll(&mut self, model: &Model, rows: isize, height: usize) {
        // At either end the window cannot move on, so that the cursor does.
        self.walk(model, rows, height, |moved| rows - moved);
    }

    /// Goes by rows, and on the screen by what is made of how far that led.
    fn walk(&mut self, model: &Model, rows: isize, height: usize, on_screen: impl Fn(isize) -> isize) {
        self.wanted = None;
        if self.follows() && rows >= 0 {
            return;
        }
        self.hold(model, height);
        let Some((log, spot, screen_row)) = self.resolve(model, height) else { return };
        let (spot, moved) = log.walk(spot, rows);
        let screen_row = screen_row.saturating_add_signed(on_screen(moved)).min(height.saturating_sub(1));
        self.cursor = Some(log.cursor(&spot, screen_row));
        self.fill(model, height);
        self.note_what_was_seen(model, height);
    }

    /// Puts the cursor on a row of the screen.
    pub fn point_at(&mut self, model: &Model, screen_row: usize, height: usize) {
        self.wanted = None;
        self.hold(model, height);
        let Some((log, spot, current)) = self.resolve(model, height) else { return };
        let rows = screen_row.min(height.saturating_sub(1)).cast_signed() - current.cast_signed();
        let (spot, moved) = log.walk(spot, rows);
        self.cursor = Some(log.cursor(&spot, current.saturating_add_signed(moved)));
    }

    /// Beside which rows of the window checkpoints stand, given their places in the log and their
    /// seqs, in order: at the last entry that each of them knew of.
    #[must_use]
    pub fn marks(&self, model: &Model, window: &Window, places: &[(u64, u64)]) -> BTreeMap<usize, Vec<u64>> {
        let mut marks = BTreeMap::new();
        if places.is_empty() || model.order() != Order::Seq {
            return marks;
        }
        let log = Log::new(model, self);
        for (index, row) in window.rows.iter().enumerate() {
            let Row::Entry { entry, line: 0 } = row else { continue };
            let Some(seq) = entry.place.key().seq() else { continue };
            let next = log.place_at(log.position_of(&entry.last) + 1).and_then(|place| place.key().seq());
            let from = places.partition_point(|(place, _)| *place < seq);
            let here = places[from..].iter().take_while(|(place, _)| next.is_none_or(|next| *place < next));
            let seqs: Vec<u64> = here.map(|(_, seq)| *seq).collect();
            if !seqs.is_empty() {
                marks.insert(index, seqs);
            }
        }
        marks
    }

    /// Shifts the text to the side, at most until the end of the longest line in sight.
    pub fn shift(&mut self, model: &Model, right: bool, height: usize) {
        if self.wrap.is_some() {
            return;
        }
        if !right {
            self.left = self.left.saturating_sub(SIDE_STEP);
            self.ready.take();
            return;
        }
        self.left += SIDE_STEP;
        self.ready.take();
        let window = self.window(model, &[], height);
        if window.rows.iter().all(Row::is_blank) {
            self.left -= SIDE_STEP;
            self.ready.take();
        }
    }

    /// Takes a new height: the window stays full where there is enough to fill it.
    pub fn resized(&mut self, model: &Model, height: usize) {
        if let Some(cursor) = &mut self.cursor {
            cursor.screen_row = cursor.screen_row.min(height.saturating_sub(1));
            self.fill(model, height);
        }
    }

    /// How many entries came below what was seen since following stopped.
    #[must_use]
    pub fn new_below(&self, model: &Model) -> u64 {
        let Some(seen) = &self.seen else { return 0 };
        let log = Log::new(model, self);
        let position = log.position_of(seen);
        let stands = log.place_at(position).is_some_and(|place| place == *seen);
        log.view.len().saturating_sub(position + u64::from(stands))
    }

    /// Lays the window out: `height` rows around the cursor, or up from the end. `partial` are the
    /// lines without an end, which stand below everything.
    #[must_use]
    pub fn window(&self, model: &Model, partial: &[Row], height: usize) -> Window {
        let log = Log::new(model, self);
        let Some(cursor) = &self.cursor else { return log.window_from_end(partial, height) };
        match log.find(cursor) {
            Some(spot) => log.window_around(&spot, cursor.screen_row, partial, height),
            None => Window { rows: partial.iter().take(height).cloned().collect(), ..Window::default() },
        }
    }

    /// Where the cursor is now, and at which row of the screen.
    fn resolve<'a>(&'a self, model: &'a Model, height: usize) -> Option<(Log<'a>, Spot, usize)> {
        let cursor = self.cursor.as_ref()?;
        let log = Log::new(model, self);
        let spot = log.find(cursor)?;
        let window = log.window_around(&spot, cursor.screen_row, &[], height);
        let screen_row = window.cursor.unwrap_or(0);
        Some((log, spot, screen_row))
    }

    /// Leaves no row empty below the end while there is something above the window.
    fn fill(&mut self, model: &Model, height: usize) {
        let window = self.window(model, &[], height);
        let (Some(cursor), Some(screen_row)) = (&mut self.cursor, window.cursor) else { return };
        cursor.screen_row = screen_row + (height - window.rows.len().min(height));
        let window = self.window(model, &[], height);
        if let (Some(cursor), Some(screen_row)) = (&mut self.cursor, window.cursor) {
            cursor.screen_row = screen_row;
        }
    }

    fn note_what_was_seen(&mut self, model: &Model, height: usize) {
        let window = self.window(model, &[], height);
        let last = Log::new(model, self).place_at(window.last);
        if self.seen.is_none() || last > self.seen {
            self.seen = last;
        }
    }
}

impl Row {
    fn is_blank(&self) -> bool {
        match self {
            Self::Entry { entry, line } => entry.lines.get(*line).is_none_or(|line| line.width == 0),
            Self::Gaps { .. } | Self::Partial { .. } => true,
        }
    }
}
