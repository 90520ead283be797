//! The checkpoints screen; see [`CheckpointsLayout`] for where things stand.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::run::{identity, row};
use super::{Look, awaiting};
use crate::app::layout::{CheckpointsLayout, RECORD_HEAD, RECORD_ROWS, Size};
use crate::app::{CheckpointsScreen, Records, RunScreen, Said, ScreenKind, ShownRecord};
use crate::display;
use crate::run::Now;
use crate::tui::text;
use crate::tui::theme::{self, Theme};
use crate::tui::widgets::bar::{self, Piece};
use crate::tui::widgets::{footer, record_rows};

/// What is drawn, and with what.
struct Shown<'a> {
    screen: &'a CheckpointsScreen,
    records: &'a Records,
    size: Size,
    layout: CheckpointsLayout,
    now: Now,
    look: &'a Look,
}

/// Draws the screen.
pub fn draw(
    run: &RunScreen,
    screen: &CheckpointsScreen,
    said: Option<&Said>,
    now: Now,
    look: &Look,
    buffer: &mut Buffer,
) {
    let size = Size { width: buffer.area.width, height: buffer.area.height };
    let (layout, theme) = (CheckpointsLayout::new(size), look.theme);
    bar::draw(buffer, row(size, 0, 1), title(run, theme), 3);
    bar::rule(buffer, row(size, 1, 0), theme.faint());
    bar::rule(buffer, row(size, layout.lower_rule, 0), theme.faint());
    footer::or_said(buffer, row(size, layout.footer, 1), said, ScreenKind::Checkpoints, "back", look);
    let whole = Rect { x: 0, y: layout.top, width: size.width, height: layout.height };
    match run.records() {
        Some(records) if !records.records.is_empty() => {
            let shown = Shown { screen, records, size, layout, now, look };
            match layout.list_width {
                Some(width) => {
                    shown.list(buffer, Rect { width, ..whole });
                    shown.separator(buffer, width);
                    shown.record(buffer);
                }
                None if screen.in_record() => shown.record(buffer),
                None => shown.list(buffer, whole),
            }
        }
        records => awaiting(buffer, whole, &what_is_awaited(run, records, look)),
    }
}

fn title(run: &RunScreen, theme: Theme) -> Vec<Piece> {
    let mut pieces = vec![Piece::of(identity(run.model().manifest(), theme), 0)];
    let Some(records) = run.records() else { return pieces };
    let count = u64::try_from(records.records.len()).unwrap_or(u64::MAX);
    pieces.push(Piece::new(text::count(count, "checkpoint"), theme.strong(), 1));
    match (is_disabled(records), records.state.next_checkpoint_seq) {
        (true, _) => pieces.push(Piece::new("■ disabled", theme.warning(), 1)),
        (false, Some(next)) => pieces.push(Piece::new(format!("next {next}"), theme.faint(), 2)),
        (false, None) => pieces.push(Piece::new("▲ no next one", theme.warning(), 1)),
    }
    pieces
}

fn is_disabled(records: &Records) -> bool {
    records.state.supported_types.is_empty()
}

/// What an empty list is waiting for.
fn what_is_awaited(run: &RunScreen, records: Option<&Records>, look: &Look) -> Vec<String> {
    let path = look.path(&run.model().directory().checkpoints());
    let Some(records) = records else { return vec![format!("reading {path} …")] };
    let mut lines = vec!["no checkpoint yet".to_owned()];
    if is_disabled(records) || records.state.next_checkpoint_seq.is_none() {
        lines.push(display::one_line(&records.state.note));
    } else {
        lines.push("s writes a summary, t the end of the log, d what changed in git".to_owned());
        lines.push(format!("those of the runner come in {path}"));
    }
    lines
}

impl Shown<'_> {
    fn age(&self, record: &ShownRecord) -> Option<String> {
        record.created_at().map(|at| display::duration::short(self.now.wall.since(at)))
    }

    fn list(&self, buffer: &mut Buffer, area: Rect) {
        let selected = self.screen.selected(self.records);
        let top = self.screen.list_top(self.records, self.size);
        let rows = (area.y..area.bottom()).step_by(usize::from(RECORD_ROWS));
        for (y, (index, record)) in rows.zip(self.records.records.iter().enumerate().skip(top)) {
            let area = Rect { y, height: RECORD_ROWS.min(area.bottom() - y), ..area };
            self.item(buffer, area, record, index == selected);
        }
    }

    /// A record in the list: what it is, and below that what it is about.
    fn item(&self, buffer: &mut Buffer, area: Rect, record: &ShownRecord, is_selected: bool) {
        let theme = self.look.theme;
        let strong = |style: Style| {
            if is_selected {
                style.remove_modifier(Modifier::DIM).add_modifier(Modifier::BOLD)
            } else {
                style
            }
        };
        if is_selected {
            let sign =
                if self.screen.in_record() && self.layout.list_width.is_some() { "▷" } else { "▶" };
            buffer.set_stringn(area.x, area.y, sign, 1, theme.cursor());
        }
        if self.screen.is_marked(record) {
            buffer.set_stringn(area.x + 1, area.y, "*", 1, theme.checkpoint());
        }
        let first = Rect { x: area.x + 2, width: area.width.saturating_sub(3), height: 1, ..area };
        let kind = display::one_line_within(record.kind().word(), 14);
        let kind = format!("{kind:<8}");
        let name =
            vec![(format!("{:>3} ", record.seq()), strong(theme.faint())), (kind, strong(Style::new()))];
        let mut pieces = vec![Piece::of(name, 0)];
        if !record.warnings().is_empty() {
            pieces.push(Piece::new("▲", theme.warning(), 1));
        }
        let origin = record.origin();
        pieces.push(Piece::new(theme::origin(origin), theme.origin(origin), 2));
        if let Some(age) = self.age(record) {
            pieces.push(Piece::new(age, theme.faint(), 3).right());
        }
        bar::draw(buffer, first, pieces, 1);
        if area.height > 1 {
            let style = if record.is_malformed() { theme.warning() } else { strong(theme.faint()) };
            let room = usize::from(first.width.saturating_sub(4));
            let about = record.summary().lines().next().unwrap_or_default();
            let about = display::one_line_within(about, room);
            buffer.set_stringn(first.x + 4, area.y + 1, about, room, style);
        }
    }

    fn separator(&self, buffer: &mut Buffer, x: u16) {
        let theme = self.look.theme;
        for y in self.layout.top..self.layout.lower_rule {
            buffer.set_stringn(x, y, "│", 1, theme.faint());
        }
        buffer.set_stringn(x, self.layout.top - 1, "┬", 1, theme.faint());
        buffer.set_stringn(x, self.layout.lower_rule, "┴", 1, theme.faint());
    }

    fn record(&self, buffer: &mut Buffer) {
        let (layout, theme) = (self.layout, self.look.theme);
        let Some(record) = self.screen.record(self.records) else { return };
        let area = Rect { x: layout.record_left, y: layout.top, width: layout.record_width, height: 1 };
        self.head(buffer, area, record);
        let rows = self.screen.rows(self.records, self.size);
        let top = self.screen.top(self.records, self.size);
        let text = self.screen.text(self.records);
        let lines = text.as_ref().map_or(&[][..], |text| text.lines());
        let first = layout.top + RECORD_HEAD.min(layout.height - 1);
        for (y, shown) in (first..layout.lower_rule).zip(rows.iter().skip(top)) {
            let area = Rect { y, ..area };
            let Some(line) = lines.get(shown.line) else { continue };
            match &shown.part {
                Some(part) => {
                    buffer.set_stringn(area.x, y, part, usize::from(area.width), theme.line(&line.role));
                }
                None => record_rows::line(buffer, area, line, self.screen.left(), theme),
            }
        }
        if text.is_none() {
            buffer.set_stringn(area.x, first, "comparing …", usize::from(area.width), theme.faint());
        }
        self.place(buffer, top, rows.len());
    }

    /// What the record is: two rows that stay when its text is scrolled.
    fn head(&self, buffer: &mut Buffer, area: Rect, record: &ShownRecord) {
        let theme = self.look.theme;
        let name = match self.screen.comparison() {
            Some(title) => format!("≠ {}", display::one_line(title)),
            None => display::one_line(&record.description()),
        };
        bar::draw(buffer, area, vec![Piece::new(name, theme.strong(), 0)], 1);
        let origin = record.origin();
        let mut pieces = vec![Piece::new(theme::origin(origin), theme.origin(origin), 0)];
        if let Some(time) = record.created_at() {
            pieces.push(Piece::new(time.time_of_day(&self.look.zone), theme.faint(), 3));
            let age = self.age(record).unwrap_or_default();
            pieces.push(Piece::new(format!("{age} ago"), theme.faint(), 2));
        }
        let place = match record.log_seq() {
            Some(seq) => format!("at seq {}", text::number(seq)),
            None => "no place in the log".to_owned(),
        };
        pieces.push(Piece::new(place, theme.faint(), 1));
        bar::draw(buffer, Rect { y: area.y + 1, ..area }, pieces, 2);
    }

    /// How far the text has been scrolled, on the rule below it.
    fn place(&self, buffer: &mut Buffer, top: usize, rows: usize) {
        let height = usize::from(self.layout.text_height);
        let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let mut told = Vec::new();
        if self.screen.left() > 0 {
            told.push(format!(" column {} ", self.screen.left() + 1));
        }
        if rows > height {
            let last = (top + height).min(rows);
            told.push(format!(" {}/{} lines ", text::number(wide(last)), text::number(wide(rows))));
        }
        let pieces = told.into_iter().map(|text| Piece::new(text, self.look.theme.faint(), 1).right());
        let area = Rect {
            x: self.layout.record_left,
            y: self.layout.lower_rule,
            width: self.layout.record_width,
            height: 1,
        };
        bar::draw(buffer, area, pieces.collect(), 1);
    }
}
