//! The help: the keys of the screen below it, from the table of actions.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, BorderType, Clear, Widget as _};

use super::Look;
use crate::app::Help;
use crate::app::action::{Action, BoundRow};
use crate::app::layout::Size;
use crate::display;

/// Draws the help over the screen.
pub fn draw(help: Help, size: Size, look: &Look, buffer: &mut Buffer) {
    let theme = look.theme;
    let rows: Vec<BoundRow> = look.keys.rows_of(help.about).collect();
    let keys = rows.iter().map(|row| display::width(&row.keys_text())).max().unwrap_or(0);
    let words = rows.iter().map(|row| display::width(row.row.help)).max().unwrap_or(0);
    let width = u16::try_from(keys + words + 6).unwrap_or(u16::MAX).min(size.width);
    let height = u16::try_from(help.height(size) + 2).unwrap_or(u16::MAX).min(size.height);
    let area = Rect { x: (size.width - width) / 2, y: (size.height - height) / 2, width, height };
    Clear.render(area, buffer);
    let more = help.top + help.height(size) < rows.len();
    let back = look.keys.first_of(Action::Back);
    let below = if more { format!(" ↓ more · {back} back ") } else { format!(" {back} back ") };
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.faint())
        .title_top(format!(" keys · {} ", help.about.name()))
        .title_bottom(below)
        .title_style(theme.strong())
        .render(area, buffer);
    let inner = Rect { x: area.x + 2, y: area.y + 1, width: width.saturating_sub(4), height: height - 2 };
    for (y, row) in (inner.y..inner.bottom()).zip(rows.iter().skip(help.top)) {
        buffer.set_stringn(inner.x, y, row.keys_text(), usize::from(inner.width), theme.key());
        let x = inner.x + u16::try_from(keys + 2).unwrap_or(u16::MAX);
        let room = inner.right().saturating_sub(x);
        let words = display::one_line_within(row.row.help, usize::from(room));
        buffer.set_stringn(x, y, words, usize::from(room), ratatui::style::Style::new());
    }
}
