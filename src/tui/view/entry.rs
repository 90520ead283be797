//! One entry, whole, over the log.

use ratatui::buffer::Buffer;

use super::Look;
use super::run::row;
use crate::app::entry_view::EntryView;
use crate::app::layout::{EntryLayout, Size};
use crate::app::{Said, ScreenKind};
use crate::display;
use crate::tui::text;
use crate::tui::widgets::bar::{self, Piece};
use crate::tui::widgets::{footer, record_rows};

/// Draws the entry over everything but the title of the screen.
pub fn draw(entry: &EntryView, size: Size, said: Option<&Said>, look: &Look, buffer: &mut Buffer) {
    let theme = look.theme;
    let layout = EntryLayout::new(size);
    for y in 1..=layout.footer {
        bar::blank(buffer, row(size, y, 0));
    }
    bar::rule(buffer, row(size, 1, 0), theme.key());
    let title = format!(" {} ", display::one_line(entry.title()));
    let (top, all) = (entry.top(size), entry.lines().len());
    let last = (top + usize::from(layout.height)).min(all);
    let number = |count: usize| text::number(u64::try_from(count).unwrap_or(u64::MAX));
    let place = format!(" {}/{} lines ", number(last), number(all));
    let pieces = vec![Piece::new(title, theme.strong(), 0), Piece::new(place, theme.faint(), 1).right()];
    bar::draw(buffer, row(size, 1, 1), pieces, 1);
    let rows = layout.top..layout.top + layout.height;
    for (y, line) in rows.zip(entry.lines().iter().skip(top)) {
        record_rows::line(buffer, row(size, y, 1), line, entry.left(), theme);
    }
    footer::or_said(buffer, row(size, layout.footer, 1), said, ScreenKind::Entry, "back", look);
}
