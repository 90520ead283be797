//! The list of runs:
//! ```text
//!  stepwatch  ~/runs                          14 runs   ● 5 running   ▲ 2 lost   ✗ 1 failed
//! ──────────────────────────────────────────────────────────────────────────────────────
//!    STATUS     TASK      STEP          WORKER  ELAPSED   IDLE  ACTIVITY 10m  CKPT  LAST LINE
//! ▶  ▲ lost     task-40   test          shell     3m10s  2m58s  ▇▇▃▁             1  worker 4121 is gone
//! ──────────────────────────────────────────────────────────────────────────────────────
//!  enter open   ? help   q quit
//! ```

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{Look, awaiting};
use crate::app::layout::{RunsLayout, Size};
use crate::app::{Attention, Need, RunSummary, RunsScreen, Said, ScreenKind};
use crate::display;
use crate::run::{Now, Status};
use crate::settings::Column;
use crate::tui::text;
use crate::tui::theme::{Theme, sign, word};
use crate::tui::widgets::bar::{self, Piece};
use crate::tui::widgets::footer;
use crate::tui::widgets::sparkline::{condense, sparkline};

/// The least room for the last line before other columns give way.
const LEAST_LAST_LINE: u16 = 24;
/// The least room for the step.
const LEAST_STEP: u16 = 14;
/// Bars of the activity.
const ACTIVITY_BARS: usize = 10;

/// Which column is left out first where there is no room.
const GIVE_WAY: [Column; 6] =
    [Column::Worker, Column::Checkpoints, Column::Run, Column::Activity, Column::Elapsed, Column::Task];

/// What stands above a column.
fn heading(column: Column) -> &'static str {
    match column {
        Column::Status => "STATUS",
        Column::Task => "TASK",
        Column::Step => "STEP",
        Column::Run => "RUN",
        Column::Worker => "WORKER",
        Column::Elapsed => "ELAPSED",
        Column::Idle => "IDLE",
        Column::Activity => "ACTIVITY 10m",
        Column::Checkpoints => "CKPT",
        Column::LastLine => "LAST LINE",
    }
}

/// The most columns of the terminal that a column takes whose cells are of any length.
fn widest(column: Column) -> Option<usize> {
    match column {
        Column::Task | Column::Run => Some(20),
        Column::Step => Some(24),
        Column::Worker => Some(10),
        _ => None,
    }
}

/// How many it takes otherwise: what stands in it is never longer.
fn fixed_width(column: Column) -> usize {
    let longest = match column {
        Column::Status => "● cancelled".chars().count(),
        Column::Elapsed | Column::Idle => "411d03h".len(),
        Column::Activity => ACTIVITY_BARS,
        _ => 0,
    };
    longest.max(heading(column).len())
}

fn is_right_aligned(column: Column) -> bool {
    matches!(column, Column::Elapsed | Column::Idle | Column::Checkpoints)
}

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
    footer::or_said(buffer, row(layout.footer, 1), said, ScreenKind::Runs, "quit", look);

    let list = Rect { x: 0, y: layout.list_top, width: size.width, height: layout.list_height };
    if runs.runs().is_empty() {
        awaiting(buffer, list, &what_is_awaited(runs, look));
        return;
    }
    let table = Table::new(runs.runs(), &look.columns, size.width, now);
    table.heads(buffer, row(2, 0), theme);
    let in_sight = runs.runs().iter().enumerate().skip(runs.top());
    for (y, (index, run)) in (list.y..list.bottom()).zip(in_sight) {
        let listed = Listed { run, attention, need: attention.need(run, now.monotonic) };
        table.run(buffer, row(y, 0), listed, index == runs.selected(), now, theme);
        if runs.is_marked(run) {
            buffer.set_stringn(1, y, "*", 1, theme.checkpoint());
        }
    }
}

fn title(runs: &RunsScreen, attention: &Attention, now: Now, look: &Look) -> Vec<Piece> {
    let theme = look.theme;
    let roots: Vec<String> = runs.roots().iter().map(|root| look.path(root)).collect();
    let name =
        vec![("stepwatch".to_owned(), theme.strong()), (format!("  {}", roots.join("  ")), theme.faint())];
    let all = u64::try_from(runs.runs().len()).unwrap_or(u64::MAX);
    let mut pieces = vec![Piece::of(name, 0), Piece::new(text::count(all, "run"), theme.faint(), 2).right()];
    if runs.marked() > 0 {
        pieces.push(Piece::new(format!("* {} marked", runs.marked()), theme.checkpoint(), 1).right());
    }
    let stuck = runs.runs().iter().filter(|run| attention.need(run, now.monotonic) == Need::Stuck).count();
    if stuck > 0 {
        pieces.push(Piece::new(format!("▲ {stuck} stuck"), theme.warning(), 1).right());
    }
    for status in [Status::Running, Status::Lost, Status::Failed] {
        let is_counted = |run: &&std::sync::Arc<RunSummary>| {
            run.status == status && attention.need(run, now.monotonic) != Need::Stuck
        };
        let count = runs.runs().iter().filter(is_counted).count();
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

/// A run of the list, and whether it needs a person.
#[derive(Clone, Copy)]
struct Listed<'a> {
    run: &'a RunSummary,
    attention: &'a Attention,
    need: Need,
}

impl Listed<'_> {
    /// The sign and the word of its status. What was answered keeps its word, with another sign.
    fn status(self) -> String {
        let is_stuck = self.attention.stuck(self.run).is_some();
        let word = if is_stuck { "stuck" } else { word(self.run.status) };
        match self.need {
            Need::Answered => format!("△ {word}"),
            _ if is_stuck => format!("▲ {word}"),
            _ => format!("{} {word}", sign(self.run.status)),
        }
    }

    /// Why it is stuck, where its last line does not tell that.
    fn reason(self) -> Option<String> {
        self.attention.reason(self.run).map(display::one_line)
    }
}

/// The columns that fit, with their widths.
struct Table {
    columns: Vec<(Column, u16)>,
}

impl Table {
    fn new(runs: &[impl AsRef<RunSummary>], wanted: &[Column], width: u16, now: Now) -> Self {
        let mut columns: Vec<(Column, u16)> = wanted
            .iter()
            .map(|&column| {
                if column == Column::LastLine {
                    return (column, 0);
                }
                let Some(most) = widest(column) else {
                    return (column, u16::try_from(fixed_width(column)).unwrap_or(u16::MAX));
                };
                // Of thousands of cells no more are looked at than it takes.
                let mut width = display::width(heading(column));
                for run in runs {
                    width = width.max(display::width(&cell(run.as_ref(), column, now)));
                    if width >= most {
                        break;
                    }
                }
                (column, u16::try_from(width.min(most)).unwrap_or(u16::MAX))
            })
            .collect();
        let needed =
            |(column, width): &(Column, u16)| if *column == Column::LastLine { 0 } else { width + 2 };
        let taken = |columns: &[(Column, u16)]| columns.iter().map(needed).sum::<u16>() + 2;
        let least = if wanted.contains(&Column::LastLine) { LEAST_LAST_LINE } else { 0 };
        for column in GIVE_WAY {
            if taken(&columns) + least > width {
                columns.retain(|(other, _)| *other != column);
            }
        }
        // Where that is not enough, names are cut.
        let lacking = (taken(&columns) + least).saturating_sub(width);
        for (_, width) in columns.iter_mut().filter(|(column, _)| *column == Column::Step) {
            *width = width.saturating_sub(lacking).max(LEAST_STEP.min(*width));
        }
        // It takes what is left, wherever it stands.
        let is_last = columns.last().is_some_and(|(column, _)| *column == Column::LastLine);
        let rest = width.saturating_sub(taken(&columns) + if is_last { 0 } else { 2 });
        for (_, width) in columns.iter_mut().filter(|(column, _)| *column == Column::LastLine) {
            *width = rest;
        }
        columns.retain(|(_, width)| *width > 0);
        Self { columns }
    }

    /// Goes over the columns with the cells that each has.
    fn each(&self, area: Rect, mut draw: impl FnMut(Column, Rect)) {
        let mut x = area.x + 2;
        for (column, width) in &self.columns {
            let width = (*width).min(area.right().saturating_sub(x));
            draw(*column, Rect { x, width, ..area });
            x = x.saturating_add(width + 2).min(area.right());
        }
    }

    fn heads(&self, buffer: &mut Buffer, area: Rect, theme: Theme) {
        self.each(area, |column, area| {
            write(buffer, area, column, heading(column), theme.faint());
        });
    }

    fn run(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        listed: Listed<'_>,
        selected: bool,
        now: Now,
        theme: Theme,
    ) {
        let run = listed.run;
        let reason = listed.reason();
        if selected {
            buffer.set_stringn(area.x, area.y, "▶", 1, theme.cursor());
        }
        self.each(area, |column, area| {
            let style = match column {
                Column::Status => theme.need(listed.need, run.status),
                Column::Step => theme.strong(),
                Column::Activity => theme.activity(),
                Column::Task | Column::LastLine => Style::new(),
                Column::Run | Column::Worker | Column::Elapsed | Column::Idle | Column::Checkpoints => {
                    theme.faint()
                }
            };
            let style = if selected && column != Column::Status {
                style.remove_modifier(Modifier::DIM).add_modifier(Modifier::BOLD)
            } else {
                style
            };
            if column == Column::Status {
                write(buffer, area, column, &listed.status(), style);
            } else if let (Column::LastLine, Some(reason)) = (column, &reason) {
                write(buffer, area, column, reason, style);
            } else if column == Column::LastLine && run.line_is_open {
                question(buffer, area, &run.says(), style, theme);
            } else {
                write(buffer, area, column, &cell(run, column, now), style);
            }
        });
    }
}

/// Writes a line that has no end yet, and may be a question: its end is in sight, with a sign.
fn question(buffer: &mut Buffer, area: Rect, text: &str, style: Style, theme: Theme) {
    let text = display::plain_end_within(text.trim_start(), usize::from(area.width.saturating_sub(1)));
    let (x, y) = buffer.set_stringn(area.x, area.y, &text, usize::from(area.width), style);
    if x < area.right() {
        buffer.set_stringn(x, y, "▏", 1, theme.warning());
    }
}

/// Writes a cell.
fn write(buffer: &mut Buffer, area: Rect, column: Column, text: &str, style: Style) {
    let text = match column {
        Column::LastLine => display::plain_within(text.trim_start(), usize::from(area.width)),
        _ => display::one_line_within(text, usize::from(area.width)),
    };
    let free = area.width.saturating_sub(u16::try_from(display::width(&text)).unwrap_or(u16::MAX));
    let x = if is_right_aligned(column) { area.x + free } else { area.x };
    buffer.set_stringn(x, area.y, &text, usize::from(area.right().saturating_sub(x)), style);
}

/// The activity of the last ten minutes, or since the run began where that is less.
fn activity(run: &RunSummary, now: Now) -> String {
    let Some(end) = (if run.is_live() { Some(now.wall) } else { run.last_output }) else {
        return String::new();
    };
    let minutes = run.began().map_or(u64::MAX, |began| end.since(began).as_secs() / 60);
    let bars = usize::try_from(minutes.saturating_add(1)).unwrap_or(ACTIVITY_BARS).min(ACTIVITY_BARS);
    let all = condense(&run.activity.until(end), ACTIVITY_BARS);
    sparkline(&all[all.len().saturating_sub(bars)..])
}

/// What stands in a cell. May hold untrusted text: [`write()`] makes it harmless.
fn cell(run: &RunSummary, column: Column, now: Now) -> String {
    let manifest = &run.manifest;
    let or_dash =
        |duration: Option<Duration>| duration.map_or_else(|| "–".to_owned(), display::duration::short);
    match column {
        Column::Status => format!("{} {}", sign(run.status), word(run.status)),
        Column::Task => manifest.task_id.clone(),
        Column::Step => run.step(),
        Column::Run => manifest.run_id.clone(),
        Column::Worker => manifest.worker_kind.clone(),
        Column::Elapsed => or_dash(run.elapsed(now.wall)),
        Column::Idle => or_dash(run.idle(now.wall)),
        Column::Activity => activity(run, now),
        Column::Checkpoints => run.checkpoints.to_string(),
        Column::LastLine => run.says(),
    }
}
