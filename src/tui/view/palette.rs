//! The palette: what can be done on the screen below it, to be chosen by typing.
//! ```text
//! ╭ do · run ─────────────────────────────────────────╮
//! │ fol▏                                              │
//! │▶follow      Follow new entries, or hold still.  f │
//! │ filters     List the filters, to switch them …  F │
//! ╰ enter go on · esc leave ──────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Clear, Widget as _};

use super::Look;
use super::prompt::draw_line;
use crate::app::action::Action;
use crate::app::layout::Size;
use crate::app::palette::{Choice, Palette};
use crate::display;

/// How wide it is where there is room.
const WIDTH: u16 = 68;

/// Draws the palette over the screen.
pub fn draw(palette: &Palette, size: Size, look: &Look, buffer: &mut Buffer) {
    let theme = look.theme;
    let choices = palette.choices(&look.keys);
    let width = WIDTH.min(size.width);
    // As high as all of them need, so that it stands still while they become fewer.
    let all = look.keys.actions_of(palette.about()).count();
    let rows = u16::try_from(Palette::height(size).min(all)).unwrap_or(u16::MAX);
    let height = rows.saturating_add(3).min(size.height);
    let area = Rect { x: (size.width - width) / 2, y: (size.height - height) / 2, width, height };
    Clear.render(area, buffer);
    let (accept, leave) = (look.keys.first_of(Action::Accept), look.keys.first_of(Action::Abandon));
    let more = if palette.top(size) + usize::from(rows) < choices.len() { " ↓ more ·" } else { "" };
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.faint())
        .title_top(format!(" do · {} ", palette.about().name()))
        .title_bottom(format!("{more} {accept} do it · {leave} leave "))
        .title_style(theme.strong())
        .render(area, buffer);
    let input = Rect { x: area.x + 2, y: area.y + 1, width: width.saturating_sub(4), height: 1 };
    let editor = palette.editor();
    let cursor = display::width(&display::one_line(editor.before_cursor()));
    draw_line(buffer, input, &display::one_line(editor.text()), Some(cursor), theme);
    if choices.is_empty() {
        let text = "nothing here is called so";
        buffer.set_stringn(input.x, input.y + 1, text, usize::from(input.width), theme.warning());
    }
    let names = choices.iter().map(|choice| display::width(&choice.name)).max().unwrap_or(0);
    let names = u16::try_from(names).unwrap_or(u16::MAX);
    let shown = choices.iter().enumerate().skip(palette.top(size));
    for (y, (index, choice)) in (input.y + 1..area.bottom().saturating_sub(1)).zip(shown) {
        if index == palette.selected() {
            buffer.set_stringn(area.x + 1, y, "▶", 1, theme.cursor());
        }
        draw_choice(choice, names, Rect { y, ..input }, look, buffer);
    }
}

fn draw_choice(choice: &Choice, names: u16, area: Rect, look: &Look, buffer: &mut Buffer) {
    let theme = look.theme;
    let key = choice.key();
    let key_width = u16::try_from(display::width(&key)).unwrap_or(u16::MAX).min(area.width);
    let name = Rect { width: names.min(area.width), ..area };
    marked(&choice.name, &choice.in_name, Style::new(), name, look, buffer);
    let left = names.saturating_add(2);
    let room = area.width.saturating_sub(left).saturating_sub(key_width + 2);
    let help = Rect { x: area.x.saturating_add(left).min(area.right()), width: room, ..area };
    marked(choice.bound.row.help, &choice.in_help, theme.faint(), help, look, buffer);
    buffer.set_stringn(area.right() - key_width, area.y, &key, usize::from(key_width), theme.key());
}

/// A text of the table of actions with the letters marked that were typed.
fn marked(text: &str, places: &[usize], style: Style, area: Rect, look: &Look, buffer: &mut Buffer) {
    let shown = display::one_line_within(text, usize::from(area.width));
    buffer.set_stringn(area.x, area.y, shown, usize::from(area.width), style);
    for place in places {
        let column = text.get(..*place).map_or(usize::MAX, display::width);
        let column = u16::try_from(column).unwrap_or(u16::MAX);
        // The last column may be the sign that the text is cut.
        if column.saturating_add(1) < area.width || usize::from(area.width) >= display::width(text) {
            let x = area.x.saturating_add(column).min(area.right());
            let width = area.right().saturating_sub(x).min(1);
            buffer.set_style(Rect { x, y: area.y, width, height: 1 }, look.theme.hit());
        }
    }
}
