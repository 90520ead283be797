//! The log in rows: entries with their lines and the gaps above them, walking over them, and
//! laying a window around one of them.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::joined::Piece;
use super::wrapped::{self, MOST_ROWS};
use super::{Cursor, LogPane, Row, Shown, Window};
use crate::display;
use crate::model::{Gap, Model, Place, View};

/// How many rows of gaps stand above one entry at most; more are told in one row.
const GAP_ROWS: usize = 3;
/// How many columns of a line are made ready: more than a terminal has.
const MOST_COLUMNS: usize = 1024;
/// How many lines of one entry have rows of their own; more are told in one row.
const MOST_LINES: usize = 1000;
/// How many lines that were made ready are kept, to be shown again.
const KEPT_LINES: usize = 2_000;
/// How many entries are kept of which it is known whether they are pieces of a line.
const KEPT_PIECES: usize = 20_000;

/// What was found out and made ready to be shown, so that a key does not read it all again: one
/// entry may be megabytes.
#[derive(Debug, Default)]
pub(super) struct Ready {
    /// A place stands for the same bytes for ever: these do not go stale.
    /// By the first and the last of their pieces.
    entries: HashMap<(Place, Place), Rc<Shown>>,
    pieces: HashMap<Place, Piece>,
    /// How many lines the entries have.
    lines: usize,
    /// Which places stand where, as long as neither the run nor the selection changes.
    places: HashMap<u64, Place>,
    positions: HashMap<Place, u64>,
}

impl Ready {
    pub(super) fn forget_positions(&mut self) {
        self.places.clear();
        self.positions.clear();
    }
}

/// An entry, or the pieces of one line, and everything that stands with it, from its gaps to its
/// last line.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The positions of its first and its last piece.
    pub(super) first: u64,
    pub(super) last: u64,
    /// The piece that is meant.
    pub(super) at: Place,
    pub(super) gaps: Vec<Row>,
    pub(super) entry: Rc<Shown>,
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
pub(super) struct Spot {
    pub(super) block: Block,
    /// As in [`Cursor`].
    pub(super) row: isize,
}

impl Spot {
    /// The row counted from the first one of the block.
    fn index(&self) -> usize {
        self.block.gaps.len().saturating_add_signed(self.row).min(self.block.rows() - 1)
    }
}

/// The log as far as it is shown, in rows.
pub(super) struct Log<'a> {
    model: &'a Model,
    pub(super) view: View<'a>,
    left: usize,
    wrap: Option<usize>,
    ready: &'a RefCell<Ready>,
}

impl<'a> Log<'a> {
    pub(super) fn new(model: &'a Model, pane: &'a LogPane) -> Self {
        Self { model, view: pane.view(model), left: pane.left, wrap: pane.wrap, ready: &pane.ready }
    }

    pub(super) fn block(&self, position: u64) -> Option<Block> {
        let at = self.place_at(position)?;
        let (first, last) = self.pieces(position).into_inner();
        let entry = self.shown(first, last)?;
        let before = first.checked_sub(1).and_then(|before| self.place_at(before));
        let seqs = before.and_then(|before| before.key().seq()).zip(entry.place.key().seq());
        let gaps = match seqs {
            Some((before, seq)) if before + 1 < seq => rows_of_gaps(&self.missing_between(before, seq)),
            _ => Vec::new(),
        };
        Some(Block { first, last, at, gaps, entry })
    }

    /// The gaps between two seqs.
    pub(super) fn missing_between(&self, seq: u64, next: u64) -> Vec<Gap> {
        self.model.missing_between(seq, next)
    }

    pub(super) fn place_at(&self, position: u64) -> Option<Place> {
        if let Some(known) = self.ready.borrow().places.get(&position) {
            return Some(known.clone());
        }
        let place = self.view.place_at(position)?;
        let mut ready = self.ready.borrow_mut();
        ready.places.insert(position, place.clone());
        ready.positions.insert(place.clone(), position);
        Some(place)
    }

    pub(super) fn position_of(&self, place: &Place) -> u64 {
        let known = self.ready.borrow().positions.get(place).copied();
        known.unwrap_or_else(|| self.view.position_of(place))
    }

    /// What is joined with others, read only when it is not known yet.
    pub(super) fn piece(&self, position: u64) -> Option<Piece> {
        let place = self.place_at(position)?;
        if let Some(known) = self.ready.borrow().pieces.get(&place) {
            return Some(known.clone());
        }
        let piece = Piece::of(&self.view.at(position)?);
        let mut ready = self.ready.borrow_mut();
        if ready.pieces.len() > KEPT_PIECES {
            ready.pieces.clear();
        }
        ready.pieces.insert(place, piece.clone());
        Some(piece)
    }

    /// The entries from one position to another as one, read and made ready only when that is not known
    /// yet.
    fn shown(&self, first: u64, last: u64) -> Option<Rc<Shown>> {
        let places = (self.place_at(first)?, self.place_at(last)?);
        if let Some(known) = self.ready.borrow().entries.get(&places) {
            return Some(Rc::clone(known));
        }
        let placed = self.view.at(first)?;
        let mut is_open = placed.entry.is_open_line();
        let lines = if last > first && placed.entry.is_sign_of_life() {
            self.folded(last, last - first + 1)?
        } else {
            let mut text = Cow::Borrowed(placed.entry.text());
            for piece in first + 1..=last {
                let piece = self.view.at(piece)?;
                text.to_mut().extend_from_slice(piece.entry.text());
                is_open = piece.entry.is_open_line();
            }
            lines_of(&text, self.left, self.wrap)
        };
        let mut ready = self.ready.borrow_mut();
        if ready.lines > KEPT_LINES {
            *ready = Ready::default();
        }
        ready.lines += lines.len();
        let shown = Rc::new(Shown {
            place: placed.place.clone(),
            last: places.1.clone(),
            pieces: last - first + 1,
            channel: placed.channel.clone(),
            seq: placed.seq,
            time: placed.entry.time,
            malformed: placed.malformed,
            is_open,
            lines,
        });
        ready.entries.insert(places, Rc::clone(&shown));
        Some(shown)
    }

    /// Signs of life: the last of them, and how many there are.
    fn folded(&self, last: u64, count: u64) -> Option<Vec<display::Line>> {
        let mut lines = lines_of(self.view.at(last)?.entry.text(), self.left, self.wrap);
        if let Some(line) = lines.first_mut() {
            let number = remark(format!("×{count} "));
            line.width += number.width;
            line.spans.splice(0..0, number.spans);
        }
        Some(lines)
    }

    pub(super) fn last(&self) -> Option<Spot> {
        let block = self.block(self.view.len().checked_sub(1)?)?;
        Some(Spot { row: block.entry.lines.len().cast_signed() - 1, block })
    }

    /// Where the cursor's entry is, or the one nearest to where it was.
    pub(super) fn find(&self, cursor: &Cursor) -> Option<Spot> {
        let position = self.position_of(&cursor.place).min(self.view.len().checked_sub(1)?);
        let block = self.block(position)?;
        let row = if block.at == cursor.place { cursor.row } else { 0 };
        let lowest = -block.gaps.len().cast_signed();
        let highest = block.entry.lines.len().cast_signed() - 1;
        Some(Spot { row: row.clamp(lowest, highest), block })
    }

    pub(super) fn cursor(&self, spot: &Spot, screen_row: usize) -> Cursor {
        Cursor { place: spot.block.at.clone(), row: spot.row, screen_row }
    }

    /// Goes `rows` down (or up) from a spot; says how far it came.
    pub(super) fn walk(&self, mut spot: Spot, rows: isize) -> (Spot, isize) {
        let mut left = rows;
        while left < 0 {
            let above = spot.index().cast_signed();
            if above >= -left {
                spot.row += left;
                return (spot, rows);
            }
            let Some(mut block) = spot.block.first.checked_sub(1).and_then(|position| self.block(position))
            else {
                spot.row -= above;
                return (spot, rows - left - above);
            };
            left += above + 1;
            block.at = block.entry.place.clone();
            spot = Spot { row: block.entry.lines.len().cast_signed() - 1, block };
        }
        while left > 0 {
            let below = (spot.block.rows() - 1 - spot.index()).cast_signed();
            if below >= left {
                spot.row += left;
                return (spot, rows);
            }
            let Some(block) = self.block(spot.block.last + 1) else {
                spot.row += below;
                return (spot, rows - left + below);
            };
            left -= below + 1;
            spot = Spot { row: -block.gaps.len().cast_signed(), block };
        }
        (spot, rows)
    }

    pub(super) fn window_from_end(&self, partial: &[Row], height: usize) -> Window {
        let partial = &partial[..partial.len().min(height)];
        let Some(spot) = self.last() else {
            return Window { rows: partial.to_vec(), ..Window::default() };
        };
        let mut window = self.window_around(&spot, usize::MAX, &[], height - partial.len());
        window.rows.extend_from_slice(partial);
        window.cursor = None;
        window
    }

    pub(super) fn window_around(
        &self,
        spot: &Spot,
        screen_row: usize,
        partial: &[Row],
        height: usize,
    ) -> Window {
        let screen_row = screen_row.min(height.saturating_sub(1));
        let mut blocks = VecDeque::from([spot.block.clone()]);
        let mut cursor = spot.index();
        while cursor < screen_row
            && let Some(above) = blocks.front().and_then(|block| block.first.checked_sub(1))
            && let Some(block) = self.block(above)
        {
            cursor += block.rows();
            blocks.push_front(block);
        }
        let mut count: usize = blocks.iter().map(Block::rows).sum();
        while count < cursor + height
            && let Some(block) = blocks.back().and_then(|block| self.block(block.last + 1))
        {
            count += block.rows();
            blocks.push_back(block);
        }
        let mut rows: VecDeque<(u64, u64, Row)> = blocks
            .iter()
            .flat_map(|block| (0..block.rows()).map(move |index| (block.first, block.last, block.row(index))))
            .collect();
        let skip = cursor.saturating_sub(screen_row).min(rows.len());
        rows.drain(..skip);
        cursor -= skip;
        rows.truncate(height);
        Window {
            cursor: (cursor < rows.len()).then_some(cursor),
            first: rows.front().map_or(0, |(first, ..)| *first),
            last: rows.back().map_or(0, |(_, last, _)| *last),
            entries: self.view.len(),
            rows: rows.into_iter().map(|(.., row)| row).chain(partial.iter().cloned()).take(height).collect(),
        }
    }
}

/// The lines of an entry, at least one. A very long entry ends in a row that says how much more
/// there is.
fn lines_of(text: &[u8], left: usize, wrap: Option<usize>) -> Vec<display::Line> {
    let columns = wrap.map_or(MOST_COLUMNS, |columns| columns.saturating_mul(MOST_ROWS));
    let limits = display::Limits { from: left, columns, lines: MOST_LINES };
    let mut lines = display::lines(text, limits);
    if let Some(columns) = wrap {
        lines = lines.into_iter().flat_map(|line| wrapped::wrap(line, columns)).collect();
        let more = lines.len().saturating_sub(MOST_LINES + MOST_ROWS);
        if more > 0 {
            lines.truncate(MOST_LINES + MOST_ROWS);
            lines.push(remark(format!("… {more} more rows in this entry")));
        }
    }
    let more = display::line_count(text).saturating_sub(MOST_LINES);
    if more > 0 {
        lines.push(remark(format!("… {more} more lines in this entry")));
    }
    lines
}

fn remark(text: String) -> display::Line {
    let width = display::width(&text);
    let kind = display::SpanKind::Escaped;
    let spans = vec![display::Span { text, kind, ..display::Span::default() }];
    display::Line { spans, width, ..display::Line::default() }
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
