//! The bar beside the log: where the window is, how fast entries came, and what is worth going to.
//! In two columns the signs stand beside the heights, in one in place of them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::app::density::{Cell, Sign};
use crate::app::log_pane::Window;
use crate::tui::theme::Theme;

const HEIGHTS: [&str; crate::app::density::HEIGHTS as usize] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Where the window is.
const THUMB: &str = "▐";

/// Draws the bar over the last columns of `log`, when there is more in the log than the window shows.
pub fn draw(buffer: &mut Buffer, log: Rect, width: u16, cells: &[Cell], window: &Window, theme: Theme) {
    let shown = window.last + 1 - window.first;
    if window.entries <= shown {
        return;
    }
    let rows = u64::from(log.height);
    let row_of = |position: u64| {
        let row = u128::from(position) * u128::from(rows) / u128::from(window.entries);
        u16::try_from(row).unwrap_or(log.height).min(log.height - 1)
    };
    let thumb = row_of(window.first)..=row_of(window.last);
    let left = log.right() - width;
    for row in 0..log.height {
        let cell = cells.get(usize::from(row)).copied().unwrap_or_default();
        let in_thumb = thumb.contains(&row);
        let height = cell.height.and_then(|height| HEIGHTS.get(usize::from(height)));
        let (mut symbol, mut style) = match height {
            _ if in_thumb => (THUMB, theme.strong()),
            Some(height) => (*height, theme.activity()),
            None => (" ", Style::new()),
        };
        let sign = cell.sign.map(|of| sign(of, theme));
        match sign {
            Some((of, with)) if width > 1 => {
                buffer.set_stringn(left + 1, log.y + row, of, 1, with);
            }
            Some((of, with)) => {
                symbol = of;
                style = if in_thumb { with.add_modifier(Modifier::REVERSED) } else { with };
            }
            None => {}
        }
        buffer.set_stringn(left, log.y + row, symbol, 1, style);
    }
}

/// The sign, told apart without colour as well.
fn sign(sign: Sign, theme: Theme) -> (&'static str, Style) {
    match sign {
        Sign::Error => ("!", theme.error()),
        Sign::Mark => ("\'", theme.strong()),
        Sign::Gap => ("┄", theme.warning()),
        Sign::Checkpoint => ("◆", theme.checkpoint()),
        Sign::Warning => ("~", theme.warning()),
    }
}
