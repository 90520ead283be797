//! One row of pieces from the left and pieces from the right. Where they do not fit, the least
//! important ones are left out.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::display;

/// A piece of a row.
#[derive(Clone, Debug)]
pub struct Piece {
    /// What it says, in one or several styles. Already harmless.
    pub spans: Vec<(String, Style)>,
    /// How important it is: 0 is never left out.
    pub rank: u8,
    /// Whether it stands at the right end.
    pub right: bool,
}

impl Piece {
    /// A piece in one style.
    #[must_use]
    pub fn new(text: impl Into<String>, style: Style, rank: u8) -> Self {
        Self { spans: vec![(text.into(), style)], rank, right: false }
    }

    /// A piece in several styles.
    #[must_use]
    pub fn of(spans: Vec<(String, Style)>, rank: u8) -> Self {
        Self { spans, rank, right: false }
    }

    /// The same at the right end.
    #[must_use]
    pub fn right(self) -> Self {
        Self { right: true, ..self }
    }

    fn width(&self) -> usize {
        self.spans.iter().map(|(text, _)| display::width(text)).sum()
    }
}

/// Draws the pieces with `gap` columns between them.
pub fn draw(buffer: &mut Buffer, area: Rect, mut pieces: Vec<Piece>, gap: u16) {
    let room = usize::from(area.width);
    let gap_width = usize::from(gap);
    let needed = |pieces: &[Piece]| {
        pieces.iter().map(|piece| piece.width() + gap_width).sum::<usize>().saturating_sub(gap_width)
    };
    while needed(&pieces) > room {
        let least = pieces.iter().map(|piece| piece.rank).max().filter(|rank| *rank > 0);
        // Of equals the last goes first.
        let Some(index) = least.and_then(|rank| pieces.iter().rposition(|piece| piece.rank == rank)) else {
            break;
        };
        pieces.remove(index);
    }
    shorten(&mut pieces, room, gap_width);
    let mut x = area.x;
    for piece in pieces.iter().filter(|piece| !piece.right) {
        x = draw_piece(buffer, area, x, piece).saturating_add(gap);
    }
    let right: Vec<&Piece> = pieces.iter().filter(|piece| piece.right).collect();
    let width: usize =
        right.iter().map(|piece| piece.width() + gap_width).sum::<usize>().saturating_sub(gap_width);
    let mut x = area.right().saturating_sub(u16::try_from(width).unwrap_or(u16::MAX)).max(area.x);
    for piece in right {
        x = draw_piece(buffer, area, x, piece).saturating_add(gap);
    }
}

/// Cuts the first piece so that the others that stay stand whole.
fn shorten(pieces: &mut [Piece], room: usize, gap: usize) {
    let others: usize = pieces.iter().skip(1).map(|piece| piece.width() + gap).sum();
    let Some(first) = pieces.first_mut() else { return };
    let mut left = room.saturating_sub(others);
    if first.width() <= left {
        return;
    }
    for (text, _) in &mut first.spans {
        *text = display::one_line_within(text, left);
        left -= display::width(text).min(left);
    }
}

fn draw_piece(buffer: &mut Buffer, area: Rect, mut x: u16, piece: &Piece) -> u16 {
    for (text, style) in &piece.spans {
        let from = x;
        let room = area.right().saturating_sub(x);
        (x, _) = buffer.set_stringn(x, area.y, text, usize::from(room), Style::reset());
        // Twice, since a style is laid over what is there: here a rule may be.
        buffer.set_stringn(from, area.y, text, usize::from(room), *style);
    }
    x
}

/// Empties the row.
pub fn blank(buffer: &mut Buffer, area: Rect) {
    buffer.set_stringn(
        area.x,
        area.y,
        " ".repeat(usize::from(area.width)),
        usize::from(area.width),
        Style::reset(),
    );
}

/// Draws a rule over the row, for pieces to be drawn onto.
pub fn rule(buffer: &mut Buffer, area: Rect, style: Style) {
    buffer.set_stringn(area.x, area.y, "─".repeat(usize::from(area.width)), usize::from(area.width), style);
}
