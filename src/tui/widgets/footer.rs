//! The keys in the last row, from the table of actions.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::bar::{self, Piece};
use crate::app::action::Action;
use crate::app::{Said, ScreenKind};
use crate::display;
use crate::tui::view::Look;

/// Draws the last row: what is said if anything is, else the keys.
pub fn or_said(
    buffer: &mut Buffer,
    area: Rect,
    said: Option<&Said>,
    screen: ScreenKind,
    leaves: &str,
    look: &Look,
) {
    let Some(said) = said else { return draw(buffer, area, screen, leaves, look) };
    let theme = look.theme;
    let (sign, style) = if said.is_good { ("✓", theme.good()) } else { ("▲", theme.warning()) };
    let text = format!("{sign} {}", display::one_line(&said.text));
    bar::draw(buffer, area, vec![Piece::new(text, style, 0), dismiss(look, 1)], 3);
}

/// How a notice is taken off the status line.
pub fn dismiss(look: &Look, rank: u8) -> Piece {
    let key = look.keys.first_of(Action::Dismiss);
    let word = if key.is_empty() { "" } else { " dismiss" };
    Piece::of(vec![(key, look.theme.key()), (word.to_owned(), look.theme.faint())], rank).right()
}

/// Draws the keys that work on the screen, as many as fit. `leaves` is the word for leaving it.
pub fn draw(buffer: &mut Buffer, area: Rect, screen: ScreenKind, leaves: &str, look: &Look) {
    let theme = look.theme;
    let rows = look.keys.rows_of(screen);
    let pieces = rows
        .filter_map(|bound| Some((bound, bound.row.footer?)))
        .map(|(bound, word)| {
            let (word, rank) = match bound.row.action {
                Action::Back => (leaves, 1),
                Action::Help | Action::Write | Action::Cancel => (word, 1),
                _ => (word, 2),
            };
            let spans = vec![(bound.short_text(), theme.key()), (format!(" {word}"), theme.faint())];
            Piece::of(spans, rank)
        })
        .collect();
    bar::draw(buffer, area, pieces, 3);
}
