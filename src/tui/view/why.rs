//! The screen that says why a run is stuck, or that it is not:
//! ```text
//!  task-42 › build › run-7   ▲ waiting for input 4m12s                       looked 0 s ago
//! ───────────────────────────────────────────────────────────────────────────────────────
//!  ▲ waiting for input for 4m12s: `npm` (pid 4177) reads fd 0, the terminal /dev/pts/3
//!  waiting_for_input (sure), since 08:12:01 (4m12s ago): a person should look
//!
//!  evidence
//!    process  `npm` (pid 4177) reads fd 0, the terminal /dev/pts/3
//! ───────────────────────────────────────────────────────────────────────────────────────
//!  s summary   t log tail   d git diff   y copy   ? help   q back
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Look;
use super::run::{identity, row};
use crate::app::layout::{Size, WhyLayout};
use crate::app::why_screen::{WhyRole, WhyRow};
use crate::app::{Judged, RunScreen, Said, ScreenKind, WhyScreen};
use crate::display;
use crate::run::Now;
use crate::tui::text;
use crate::tui::theme::{Theme, sign, word};
use crate::tui::widgets::bar::{self, Piece};
use crate::tui::widgets::footer;

/// Draws the screen.
pub fn draw(
    run: &RunScreen,
    why: &WhyScreen,
    judged: Option<&Judged>,
    said: Option<&Said>,
    now: Now,
    look: &Look,
    buffer: &mut Buffer,
) {
    let size = Size { width: buffer.area.width, height: buffer.area.height };
    let (layout, theme) = (WhyLayout::new(size), look.theme);
    bar::draw(buffer, row(size, 0, 1), title(run, judged, now, theme), 3);
    bar::rule(buffer, row(size, 1, 0), theme.faint());
    bar::rule(buffer, row(size, layout.lower_rule, 0), theme.faint());
    footer::or_said(buffer, row(size, layout.footer, 1), said, ScreenKind::Why, "back", look);
    let rows = why.rows(run, judged, now, size);
    let top = why.top(rows.len(), size);
    let area = Rect { x: 1, y: layout.top, width: layout.width, height: 1 };
    for (y, shown) in (layout.top..layout.lower_rule).zip(rows.iter().skip(top)) {
        draw_row(buffer, Rect { y, ..area }, shown, judged, theme);
    }
    let height = usize::from(layout.height);
    if rows.len() > height {
        let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let last = (top + height).min(rows.len());
        let place = format!(" {}/{} lines ", text::number(wide(last)), text::number(wide(rows.len())));
        let piece = Piece::new(place, theme.faint(), 1).right();
        bar::draw(buffer, row(size, layout.lower_rule, 1), vec![piece], 1);
    }
}

fn title(run: &RunScreen, judged: Option<&Judged>, now: Now, theme: Theme) -> Vec<Piece> {
    let status = run.status();
    let mut pieces = vec![Piece::of(identity(run.model().manifest(), theme), 0)];
    pieces.push(match judged.filter(|judged| judged.verdict.alarm && !status.has_ended()) {
        Some(_) => Piece::new("▲ stuck", theme.warning(), 0),
        None => Piece::new(format!("{} {}", sign(status), word(status)), theme.status(status), 0),
    });
    // Every live fact has its age.
    if let Some(at) = judged.and_then(|judged| judged.facts.at) {
        let age = display::duration::short(now.wall.since(at));
        pieces.push(Piece::new(format!("looked {age} ago"), theme.faint(), 1).right());
    }
    pieces
}

fn draw_row(buffer: &mut Buffer, area: Rect, row: &WhyRow, judged: Option<&Judged>, theme: Theme) {
    let is_alarm = judged.is_some_and(|judged| judged.verdict.alarm);
    let (label, text) = match row.role {
        WhyRole::Sentence if is_alarm => (theme.warning(), theme.warning()),
        WhyRole::Sentence => (theme.strong(), theme.strong()),
        WhyRole::Head => (theme.faint(), theme.faint()),
        WhyRole::Title => (theme.strong(), theme.strong()),
        WhyRole::Fact => (theme.faint(), Style::new()),
        WhyRole::Command(true) => (theme.cursor(), theme.cursor()),
        WhyRole::Command(false) => (theme.faint(), Style::new()),
    };
    let (x, y) = buffer.set_stringn(area.x, area.y, &row.label, usize::from(area.width), label);
    buffer.set_stringn(x, y, &row.text, usize::from(area.right().saturating_sub(x)), text);
}
