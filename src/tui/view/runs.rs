//! The list of runs:
//! ```text
//!  stepwatch  ~/runs                          14 runs   ● 5 running   ▲ 2 lost   ✗ 1 failed
//! ──────────────────────────────────────────────────────────────────────────────────────
//!    STATUS     TASK      STEP          WORKER  ELAPSED   IDLE  ACTIVITY 10m  CKPT  LAST LINE
//! ▶  ▲ lost     task-40   test          shell     3m10s  2m58s  ▇▇▃▁             1  worker 4121 is gone
//! ──────────────────────────────────────────────────────────────────────────────────────
//!  enter open   ? help   q quit
//! ```

mod table;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::prompt::draw_line;
use super::{Look, awaiting};
use crate::app::editor::Editor;
use crate::app::layout::{RunsLayout, Size};
use crate::app::{Action, Attention, Need, RunOrder, RunSummary, RunsScreen, Said, ScreenKind};
use crate::display;
use crate::run::{Now, Status};
use crate::tui::text;
use crate::tui::theme::{sign, word};
use crate::tui::widgets::bar::{self, Piece};
use crate::tui::widgets::footer;
use table::{Listed, Table};

/// The longest part of what is typed that is shown in the title.
const LONGEST_NEEDLE: usize = 24;

/// Draws the screen.
pub fn draw(
    runs: &RunsScreen,
    attention: &Attention,
    said: Option<&Said>,
    now: Now,
    look: &Look,
    buffer: &mut Buffer,
) {
    let size = Size { width: buffer.area.width, height: buffer.area.height };
    let layout = RunsLayout::new(size);
    let theme = look.theme;
    let row = |y, margin: u16| Rect { x: margin, y, width: size.width.saturating_sub(2 * margin), height: 1 };
    bar::draw(buffer, row(0, 1), title(runs, attention, now, look), 3);
    bar::rule(buffer, row(1, 0), theme.faint());
    bar::rule(buffer, row(layout.lower_rule, 0), theme.faint());
    match runs.typed() {
        Some(editor) => typed(runs, editor, row(layout.footer, 1), look, buffer),
        None => footer::or_said(buffer, row(layout.footer, 1), said, ScreenKind::Runs, "quit", look),
    }

    let list = Rect { x: 0, y: layout.list_top, width: size.width, height: layout.list_height };
    if runs.runs().is_empty() {
        awaiting(buffer, list, &what_is_awaited(runs, look));
        return;
    }
    let table = Table::new(runs, attention, &look.columns, size.width, now);
    table.heads(buffer, row(2, 0), theme);
    let in_sight = runs.runs().iter().enumerate().skip(runs.top());
    for (y, (index, run)) in (list.y..list.bottom()).zip(in_sight) {
        let need = attention.need(run, now.monotonic);
        let listed = Listed { run, runs, attention, need, attempts: runs.attempts(index) };
        table.run(buffer, row(y, 0), listed, index == runs.selected(), now, theme);
        if runs.is_marked(run) {
            buffer.set_stringn(1, y, "*", 1, theme.checkpoint());
        } else if runs.is_unread(run) {
            buffer.set_stringn(1, y, "•", 1, theme.warning());
        }
    }
}

/// What runs have to answer to, while it is typed, and how many do.
fn typed(runs: &RunsScreen, editor: &Editor, area: Rect, look: &Look, buffer: &mut Buffer) {
    let theme = look.theme;
    let told = format!("{} of {}", runs.runs().len(), text::count(length(runs.all()), "run"));
    let width = u16::try_from(display::width(&told)).unwrap_or(0).min(area.width / 2);
    let x = area.right().saturating_sub(width);
    buffer.set_stringn(x, area.y, &told, usize::from(width), theme.faint());
    buffer.set_stringn(area.x, area.y, "/", 1, theme.key());
    let input = Rect { x: area.x + 1, width: area.width.saturating_sub(width + 3), ..area };
    let cursor = display::width(&display::one_line(editor.before_cursor()));
    draw_line(buffer, input, &display::one_line(editor.text()), Some(cursor), theme);
}

fn length<T>(of: &[T]) -> u64 {
    u64::try_from(of.len()).unwrap_or(u64::MAX)
}

fn title(runs: &RunsScreen, attention: &Attention, now: Now, look: &Look) -> Vec<Piece> {
    let theme = look.theme;
    let roots = match runs.roots() {
        [] => String::new(),
        [root] => look.path(root),
        [root, others @ ..] => {
            format!("{} and {}", look.path(root), text::count(length(others), "other root"))
        }
    };
    let name = vec![("stepwatch".to_owned(), theme.strong()), (format!("  {roots}"), theme.faint())];
    let mut pieces = vec![Piece::of(name, 0)];
    if !runs.needle().is_empty() {
        let needle = format!("/{}", display::one_line_within(runs.needle(), LONGEST_NEEDLE));
        pieces.push(Piece::new(needle, theme.strong(), 1));
    }
    let order = match runs.order() {
        (RunOrder::Need, false) => None,
        (order, false) => Some(format!("by {}", order.name())),
        (order, true) => Some(format!("by {}, reversed", order.name())),
    };
    pieces.extend(order.map(|order| Piece::new(order, theme.faint(), 2)));
    let count = text::count(length(runs.all()), "run");
    let count = if runs.needle().is_empty() { count } else { format!("{} of {count}", runs.runs().len()) };
    pieces.push(Piece::new(count, theme.faint(), 2).right());
    if runs.marked() > 0 {
        pieces.push(Piece::new(format!("* {} marked", runs.marked()), theme.checkpoint(), 1).right());
    }
    let stuck = runs.all().iter().filter(|run| attention.need(run, now.monotonic) == Need::Stuck).count();
    if stuck > 0 {
        pieces.push(Piece::new(format!("▲ {stuck} stuck"), theme.warning(), 1).right());
    }
    for status in [Status::Running, Status::Lost, Status::Failed] {
        let is_counted = |run: &&std::sync::Arc<RunSummary>| {
            run.status == status && attention.need(run, now.monotonic) != Need::Stuck
        };
        let count = runs.all().iter().filter(is_counted).count();
        if count > 0 {
            let text = format!("{} {count} {}", sign(status), word(status));
            pieces.push(Piece::new(text, theme.status(status), 1).right());
        }
    }
    pieces
}

/// What an empty list is waiting for.
fn what_is_awaited(runs: &RunsScreen, look: &Look) -> Vec<String> {
    if !runs.looked() {
        return vec!["looking for runs …".to_owned()];
    }
    if !runs.all().is_empty() {
        let needle = display::one_line_within(runs.needle(), LONGEST_NEEDLE);
        let (leave, all) = (look.keys.first_of(Action::Abandon), text::count(length(runs.all()), "run"));
        return vec![
            format!("no run answers to /{needle}"),
            String::new(),
            format!("{leave} shows all {all}"),
        ];
    }
    let mut lines = vec!["no run yet".to_owned(), String::new()];
    for root in runs.roots() {
        let trouble = runs.troubles().iter().find(|(of, _)| of == root);
        lines.push(match trouble {
            Some((_, trouble)) => format!("{} {}", look.path(root), display::one_line(trouble)),
            None => format!("waiting for a run directory below {}", look.path(root)),
        });
    }
    lines.extend([String::new(), "record one with: stepwatch exec -- COMMAND".to_owned()]);
    lines
}
