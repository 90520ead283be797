//! The table of runs: its columns, as many as fit, and what stands in its cells.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::app::runs_screen::Attempts;
use crate::app::{Attention, Need, RunSummary, RunsScreen};
use crate::display;
use crate::run::Now;
use crate::settings::Column;
use crate::tui::theme::{Theme, sign, word};
use crate::tui::widgets::sparkline::{condense, sparkline};

/// The least room for the last line before other columns give way.
const LEAST_LAST_LINE: u16 = 24;
/// The least room for the step.
const LEAST_STEP: u16 = 14;
/// From so many columns on how long a step usually takes stands beside how long it took …
const WIDTH_FOR_USUAL: u16 = 110;
/// … in so many: a space, `~` and a duration.
const USUAL_WIDTH: usize = 2 + "411d03h".len();
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

/// A run of the list, and whether it needs a person.
#[derive(Clone, Copy)]
pub(super) struct Listed<'a> {
    pub(super) run: &'a RunSummary,
    pub(super) runs: &'a RunsScreen,
    pub(super) attempts: Attempts,
    pub(super) attention: &'a Attention,
    pub(super) need: Need,
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

    /// What stands in a cell. May hold untrusted text.
    fn cell(self, column: Column, now: Now) -> String {
        let cell = cell(self.run, column, now);
        match column {
            Column::Task => match root_of(self.runs, self.run) {
                Some(root) => format!("{root}/{cell}"),
                None => cell,
            },
            Column::Step if self.attempts.is_earlier => format!("└ {cell}"),
            Column::Step if self.attempts.count > 1 => format!("{cell} ×{}", self.attempts.count),
            _ => cell,
        }
    }
}

/// What the root is called in which a run lies, where there are several.
fn root_of(runs: &RunsScreen, run: &RunSummary) -> Option<String> {
    let several = runs.roots().len() > 1;
    let root = runs.roots().iter().filter(|_| several).find(|root| run.directory.path().starts_with(root))?;
    Some(root.file_name()?.to_string_lossy().into_owned())
}

/// How long earlier attempts at the step took, where that is known.
fn usual(attention: &Attention, run: &RunSummary) -> Option<Duration> {
    attention.judged(&run.directory).filter(|_| run.is_live())?.facts.usual_elapsed()
}

/// The columns that fit, with their widths.
pub(super) struct Table {
    columns: Vec<(Column, u16)>,
    /// Whether there is room for how long a step usually takes.
    tells_usual: bool,
}

impl Table {
    pub(super) fn new(
        runs: &RunsScreen,
        attention: &Attention,
        wanted: &[Column],
        width: u16,
        now: Now,
    ) -> Self {
        let tells_usual =
            width >= WIDTH_FOR_USUAL && runs.runs().iter().any(|run| usual(attention, run).is_some());
        let mut columns: Vec<(Column, u16)> = wanted
            .iter()
            .map(|&column| {
                if column == Column::LastLine {
                    return (column, 0);
                }
                let Some(most) = widest(column) else {
                    let more = if tells_usual && column == Column::Elapsed { USUAL_WIDTH } else { 0 };
                    return (column, u16::try_from(fixed_width(column) + more).unwrap_or(u16::MAX));
                };
                // Of thousands of cells no more are looked at than it takes.
                let mut width = display::width(heading(column));
                for (row, run) in runs.runs().iter().enumerate() {
                    let (need, attempts) = (Need::Nobody, runs.attempts(row));
                    let cell = Listed { run, runs, attempts, attention, need }.cell(column, now);
                    width = width.max(display::width(&cell));
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
        Self { columns, tells_usual }
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

    pub(super) fn heads(&self, buffer: &mut Buffer, area: Rect, theme: Theme) {
        self.each(area, |column, area| {
            write(buffer, area, column, heading(column), theme.faint());
        });
    }

    pub(super) fn run(
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
            } else if let (Column::Elapsed, Some(usual)) = (column, usual(listed.attention, run))
                && self.tells_usual
            {
                let text = format!("~{}", display::duration::short(usual));
                let tilde = area.right().saturating_sub(u16::try_from(USUAL_WIDTH - 1).unwrap_or(0));
                buffer.set_stringn(tilde, area.y, &text, USUAL_WIDTH - 1, theme.faint());
                let area = Rect { width: tilde.saturating_sub(area.x + 1), ..area };
                write(buffer, area, column, &listed.cell(column, now), style);
            } else {
                let area = match column {
                    Column::Elapsed if self.tells_usual => Rect {
                        width: area.width.saturating_sub(u16::try_from(USUAL_WIDTH).unwrap_or(0)),
                        ..area
                    },
                    _ => area,
                };
                write(buffer, area, column, &listed.cell(column, now), style);
            }
            if !listed.runs.needle().is_empty() {
                mark_hits(buffer, area, listed.runs.needle(), theme);
            }
        });
    }
}

/// Marks the letters of what is typed, where they stand together in a cell.
fn mark_hits(buffer: &mut Buffer, area: Rect, needle: &str, theme: Theme) {
    let symbols: Vec<String> = (area.x..area.right())
        .map(|x| buffer.cell((x, area.y)).map_or_else(String::new, |cell| cell.symbol().to_lowercase()))
        .collect();
    for word in needle.to_lowercase().split_whitespace() {
        let letters: Vec<String> = word.chars().map(String::from).collect();
        for (x, place) in (area.x..).zip(symbols.windows(letters.len())) {
            if place == letters {
                let width = u16::try_from(letters.len()).unwrap_or(u16::MAX);
                buffer.set_style(Rect { x, width, ..area }, theme.hit());
            }
        }
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
