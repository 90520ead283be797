//! The keys in the last row, from the table of actions.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::bar::{self, Piece};
use crate::app::action::{Action, ActionRow, rows_of};
use crate::app::{Said, ScreenKind};
use crate::display;
use crate::tui::theme::Theme;

/// Draws the last row: what is said if anything is, else the keys.
pub fn or_said(
    buffer: &mut Buffer,
    area: Rect,
    said: Option<&Said>,
    screen: ScreenKind,
    leaves: &str,
    theme: Theme,
) {
    let Some(said) = said else { return draw(buffer, area, screen, leaves, theme) };
    let (sign, style) = if said.is_good { ("✓", theme.good()) } else { ("▲", theme.warning()) };
    let text = format!("{sign} {}", display::one_line(&said.text));
    let keys = vec![("x".to_owned(), theme.key()), (" dismiss".to_owned(), theme.faint())];
    bar::draw(buffer, area, vec![Piece::new(text, style, 0), Piece::of(keys, 1).right()], 3);
}

/// Draws the keys that work on the screen, as many as fit. `leaves` is the word for leaving it.
pub fn draw(buffer: &mut Buffer, area: Rect, screen: ScreenKind, leaves: &str, theme: Theme) {
    let pieces = rows_of(screen)
        .filter_map(|row| Some((row, row.footer?)))
        .map(|(row, word)| {
            let (word, rank) = match row.action {
                Action::Back => (leaves, 1),
                Action::Help | Action::Write | Action::Cancel => (word, 1),
                _ => (word, 2),
            };
            let spans = vec![(key_text(row), theme.key()), (format!(" {word}"), theme.faint())];
            Piece::of(spans, rank)
        })
        .collect();
    bar::draw(buffer, area, pieces, 3);
}

fn key_text(row: &ActionRow) -> String {
    match row.keys {
        [first, .., last] if row.keys.len() > 4 => format!("{first}–{last}"),
        keys => keys.first().map(ToString::to_string).unwrap_or_default(),
    }
}
