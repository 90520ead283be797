//! Lines of what a checkpoint says.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::record_text::{Role, TextLine};
use crate::display;
use crate::tui::theme::Theme;

/// Draws one line of untrusted text into one row, without its first `left` columns.
pub fn line(buffer: &mut Buffer, area: Rect, line: &TextLine, left: usize, theme: Theme) {
    let base = theme.line(&line.role);
    let (head, text, indent) = match &line.role {
        Role::Tail(channel, head @ 1..) if left == 0 => {
            let (head, text) = line.text.split_at_checked(*head).unwrap_or(("", &line.text));
            let head = display::one_line_within(head.trim_end(), 16);
            (Some((head, theme.channel(channel))), text, 0)
        }
        // The lines of an entry stand below each other.
        Role::Tail(channel, 0) if left == 0 => (None, line.text.as_str(), channel.name().len().min(13) + 3),
        _ => (None, line.text.as_str(), 0),
    };
    let mut x = area.x.saturating_add(u16::try_from(indent).unwrap_or(u16::MAX)).min(area.right());
    if let Some((head, style)) = head {
        (x, _) = buffer.set_stringn(x, area.y, head, usize::from(area.width), style);
        x = x.saturating_add(1).min(area.right());
    }
    let room = usize::from(area.right().saturating_sub(x));
    let limits = display::Limits { from: left, columns: room, lines: 1 };
    if let Some(shown) = display::lines(text.as_bytes(), limits).first() {
        for span in &shown.spans {
            let room = usize::from(area.right().saturating_sub(x));
            // The programs' own colours matter in a log tail; a diff has its own.
            let style = base.patch(theme.of_text(span));
            (x, _) = buffer.set_stringn(x, area.y, &span.text, room, style);
        }
        if shown.cut && area.width > 0 {
            buffer.set_stringn(area.right() - 1, area.y, "›", 1, theme.cursor());
        }
    }
    if left > 0 && area.width > 0 {
        buffer.set_stringn(area.x, area.y, "‹", 1, theme.cursor());
    }
}
