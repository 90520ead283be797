//! The window on the merged log: what it shows, and how it keeps its place.
//!
//! While it follows, its last row is the last row of the log. Otherwise it holds one row, the
//! cursor, at one height on the screen; everything else is laid around it. The cursor is a
//! [`Place`], not a position, so that nothing that comes above or below moves it.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use crate::display;
use crate::model::{Gap, Model, Place, Placed, Selection, View};
use crate::run::{Channel, Timestamp};

/// How many columns one step to the side is.
const SIDE_STEP: usize = 16;
/// How many rows of gaps stand above one entry at most; more are told in one row.
const GAP_ROWS: usize = 3;
/// How many columns of a line are made ready: more than a terminal has.
const MOST_COLUMNS: usize = 1024;
/// How many lines of one entry have rows of their own; more are told in one row.
const MOST_LINES: usize = 1000;

/// How many lines that were made ready are kept, to be shown again.
const KEPT_LINES: usize = 20_000;

/// The state of the window.
#[derive(Debug, Default)]
pub struct LogPane {
    selection: Selection,
    /// `None` while following.
    cursor: Option<Cursor>,
    /// Columns that are out of sight on the left.
    left: usize,
    /// The last entry that was on the screen since following stopped: what is after it is new.
    seen: Option<Place>,
    ready: RefCell<Ready>,
}

/// What was found out and made ready to be shown, so that a key does not read it all again: one
/// entry may be megabytes.
#[derive(Debug, Default)]
struct Ready {
    /// A place stands for the same bytes for ever: these do not go stale.
    entries: HashMap<Place, Rc<Shown>>,
    /// How many lines the entries have.
    lines: usize,
    /// Which places stand where, as long as neither the run nor the selection changes.
    places: HashMap<u64, Place>,
    positions: HashMap<Place, u64>,
}

impl Ready {
    fn forget_positions(&mut self) {
        self.places.clear();
        self.positions.clear();
    }
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
    /// Where it stands.
    pub place: Place,
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

    /// Follows.
    pub fn follow(&mut self) {
        self.cursor = None;
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
        if self.follows() && rows >= 0 {
            return;
        }
        self.hold(model, height);
        let Some((log, spot, screen_row)) = self.resolve(model, height) else { return };
        let (spot, moved) = log.walk(spot, rows);
        let screen_row = screen_row.saturating_add_signed(moved).min(height.saturating_sub(1));
        self.cursor = Some(log.cursor(&spot, screen_row));
        self.fill(model, height);
        self.note_what_was_seen(model, height);
    }

    /// Moves the window by rows, and the cursor with it.
    pub fn scroll(&mut self, model: &Model, rows: isize, height: usize) {
        if self.follows() && rows >= 0 {
            return;
        }
        self.hold(model, height);
        let Some((log, spot, screen_row)) = self.resolve(model, height) else { return };
        let (spot, moved) = log.walk(spot, rows);
        // At either end the window cannot move on, so that the cursor does.
        let short = rows - moved;
        let screen_row = screen_row.saturating_add_signed(short).min(height.saturating_sub(1));
        self.cursor = Some(log.cursor(&spot, screen_row));
        self.fill(model, height);
        self.note_what_was_seen(model, height);
    }

    /// Puts the cursor on a row of the screen.
    pub fn point_at(&mut self, model: &Model, screen_row: usize, height: usize) {
        self.hold(model, height);
        let Some((log, spot, current)) = self.resolve(model, height) else { return };
        let rows = screen_row.min(height.saturating_sub(1)).cast_signed() - current.cast_signed();
        let (spot, moved) = log.walk(spot, rows);
        self.cursor = Some(log.cursor(&spot, current.saturating_add_signed(moved)));
    }

    /// Goes to the first entry.
    pub fn first(&mut self, model: &Model, height: usize) {
        self.hold(model, height);
        let log = Log::new(model, self);
        let Some(block) = log.block(0) else { return };
        let spot = Spot { row: -block.gaps.len().cast_signed(), block };
        self.cursor = Some(log.cursor(&spot, 0));
    }

    /// Shifts the text to the side, at most until the end of the longest line in sight.
    pub fn shift(&mut self, model: &Model, right: bool, height: usize) {
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
    fn resolve<'a>(&self, model: &'a Model, height: usize) -> Option<(Log<'a, '_>, Spot, usize)> {
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

/// An entry and everything that stands with it, from its gaps to its last line.
#[derive(Clone, Debug)]
struct Block {
    position: u64,
    gaps: Vec<Row>,
    entry: Rc<Shown>,
}

impl Block {
    fn rows(&self) -> usize {
        self.gaps.len() + self.entry.lines.len()
    }

    fn row(&self, index: usize) -> Row {
        match self.gaps.get(index) {
            Some(gap) => gap.clone(),
            None => Row::Entry { entry: Rc::clone(&self.entry), line: index - self.gaps.len() },
        }
    }
}

/// One row of one block.
#[derive(Clone, Debug)]
struct Spot {
    block: Block,
    /// As in [`Cursor`].
    row: isize,
}

impl Spot {
    /// The row counted from the first one of the block.
    fn index(&self) -> usize {
        self.block.gaps.len().saturating_add_signed(self.row).min(self.block.rows() - 1)
    }
}

/// The log as far as it is shown, in rows.
struct Log<'a, 'p> {
    model: &'a Model,
    view: View<'a>,
    left: usize,
    ready: &'p RefCell<Ready>,
}

impl<'a, 'p> Log<'a, 'p> {
    fn new(model: &'a Model, pane: &'p LogPane) -> Self {
        Self { model, view: model.view(&pane.selection), left: pane.left, ready: &pane.ready }
    }

    fn block(&self, position: u64) -> Option<Block> {
        let entry = self.shown(position)?;
        let before = position.checked_sub(1).and_then(|before| self.place_at(before));
        let seqs = before.and_then(|before| before.key().seq()).zip(entry.place.key().seq());
        let gaps = match seqs {
            Some((before, seq)) if before + 1 < seq => rows_of_gaps(&self.model.missing_between(before, seq)),
            _ => Vec::new(),
        };
        Some(Block { position, gaps, entry })
    }

    fn place_at(&self, position: u64) -> Option<Place> {
        if let Some(known) = self.ready.borrow().places.get(&position) {
            return Some(known.clone());
        }
        let place = self.view.place_at(position)?;
        let mut ready = self.ready.borrow_mut();
        ready.places.insert(position, place.clone());
        ready.positions.insert(place.clone(), position);
        Some(place)
    }

    fn position_of(&self, place: &Place) -> u64 {
        let known = self.ready.borrow().positions.get(place).copied();
        known.unwrap_or_else(|| self.view.position_of(place))
    }

    /// The entry, read and made ready only when it is not known yet.
    fn shown(&self, position: u64) -> Option<Rc<Shown>> {
        let place = self.place_at(position)?;
        if let Some(known) = self.ready.borrow().entries.get(&place) {
            return Some(Rc::clone(known));
        }
        let placed = self.view.at(position)?;
        let lines = lines_of(&placed, self.left);
        let mut ready = self.ready.borrow_mut();
        if ready.lines > KEPT_LINES {
            *ready = Ready::default();
        }
        ready.lines += lines.len();
        let shown = Rc::new(Shown {
            place: placed.place,
            channel: placed.channel,
            seq: placed.seq,
            time: placed.entry.time,
            malformed: placed.malformed,
            is_open: placed.entry.is_open_line(),
            lines,
        });
        ready.entries.insert(place, Rc::clone(&shown));
        Some(shown)
    }

    fn last(&self) -> Option<Spot> {
        let block = self.block(self.view.len().checked_sub(1)?)?;
        Some(Spot { row: block.entry.lines.len().cast_signed() - 1, block })
    }

    /// Where the cursor's entry is, or the one nearest to where it was.
    fn find(&self, cursor: &Cursor) -> Option<Spot> {
        let position = self.position_of(&cursor.place).min(self.view.len().checked_sub(1)?);
        let block = self.block(position)?;
        let row = if block.entry.place == cursor.place { cursor.row } else { 0 };
        let lowest = -block.gaps.len().cast_signed();
        let highest = block.entry.lines.len().cast_signed() - 1;
        Some(Spot { row: row.clamp(lowest, highest), block })
    }

    fn cursor(&self, spot: &Spot, screen_row: usize) -> Cursor {
        Cursor { place: spot.block.entry.place.clone(), row: spot.row, screen_row }
    }

    /// Goes `rows` down (or up) from a spot; says how far it came.
    fn walk(&self, mut spot: Spot, rows: isize) -> (Spot, isize) {
        let mut left = rows;
        while left < 0 {
            let above = spot.index().cast_signed();
            if above >= -left {
                spot.row += left;
                return (spot, rows);
            }
            let Some(block) = spot.block.position.checked_sub(1).and_then(|position| self.block(position))
            else {
                spot.row -= above;
                return (spot, rows - left - above);
            };
            left += above + 1;
            spot = Spot { row: block.entry.lines.len().cast_signed() - 1, block };
        }
        while left > 0 {
            let below = (spot.block.rows() - 1 - spot.index()).cast_signed();
            if below >= left {
                spot.row += left;
                return (spot, rows);
            }
            let Some(block) = self.block(spot.block.position + 1) else {
                spot.row += below;
                return (spot, rows - left + below);
            };
            left -= below + 1;
            spot = Spot { row: -block.gaps.len().cast_signed(), block };
        }
        (spot, rows)
    }

    fn window_from_end(&self, partial: &[Row], height: usize) -> Window {
        let partial = &partial[..partial.len().min(height)];
        let Some(spot) = self.last() else {
            return Window { rows: partial.to_vec(), ..Window::default() };
        };
        let mut window = self.window_around(&spot, usize::MAX, &[], height - partial.len());
        window.rows.extend_from_slice(partial);
        window.cursor = None;
        window
    }

    fn window_around(&self, spot: &Spot, screen_row: usize, partial: &[Row], height: usize) -> Window {
        let screen_row = screen_row.min(height.saturating_sub(1));
        // Every entry has a row at least: no more entries than rows are wanted above the cursor.
        let position = spot.block.position;
        let begin = position.saturating_sub(screen_row as u64);
        let mut rows: VecDeque<(u64, Row)> = VecDeque::new();
        let mut cursor = spot.index();
        for block in (begin..).map_while(|position| self.block(position)) {
            if block.position < position {
                cursor += block.rows();
            } else if rows.len() >= cursor + height {
                break;
            }
            rows.extend((0..block.rows()).map(|index| (block.position, block.row(index))));
        }
        let skip = cursor.saturating_sub(screen_row).min(rows.len());
        rows.drain(..skip);
        cursor -= skip;
        rows.truncate(height);
        Window {
            cursor: (cursor < rows.len()).then_some(cursor),
            first: rows.front().map_or(0, |(position, _)| *position),
            last: rows.back().map_or(0, |(position, _)| *position),
            entries: self.view.len(),
            rows: rows.into_iter().map(|(_, row)| row).chain(partial.iter().cloned()).take(height).collect(),
        }
    }
}

/// The lines of an entry, at least one. A very long entry ends in a row that says how much more
/// there is.
fn lines_of(placed: &Placed, left: usize) -> Vec<display::Line> {
    let text = placed.entry.text();
    let mut lines =
        display::lines(text, display::Limits { from: left, columns: MOST_COLUMNS, lines: MOST_LINES });
    let more = display::line_count(text).saturating_sub(MOST_LINES);
    if more > 0 {
        let text = format!("… {more} more lines in this entry");
        let width = display::width(&text);
        let kind = display::SpanKind::Escaped;
        let spans = vec![display::Span { text, kind, ..display::Span::default() }];
        lines.push(display::Line { spans, width, ..display::Line::default() });
    }
    lines
}

fn rows_of_gaps(gaps: &[Gap]) -> Vec<Row> {
    let row = |gaps: &[Gap]| {
        let (first, last) = (gaps.first()?, gaps.last()?);
        let missing = gaps.iter().map(|gap| gap.to - gap.from + 1).sum();
        Some(Row::Gaps { gaps: gaps.len(), missing, from: first.from, to: last.to })
    };
    if gaps.len() > GAP_ROWS {
        row(gaps).into_iter().collect()
    } else {
        gaps.iter().filter_map(|gap| row(std::slice::from_ref(gap))).collect()
    }
}
