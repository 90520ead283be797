//! The prompt over the lower part of a screen:
//! ```text
//! ─ log_tail · task-42/run-7 ───────────────────────────────────────────
//!  entries  20
//!  summary  how many entries, and up to where
//!  [worker] heartbeat lease=ok
//!  [stdout] Proceed? [y/N]
//!  20 of 18 204 entries   ▲ 1 likely secret: ctrl-r masks it
//!  enter write   esc leave   tab next   ctrl-r mask secrets
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Look;
use super::run::row;
use crate::app::layout::{PromptLayout, Size};
use crate::app::prompt::{Diff, Field, Preview, Tail};
use crate::app::record_text::{Role, TextLine, tail_lines};
use crate::app::{Action, Prompt, ScreenKind};
use crate::display;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::widgets::bar::{self, Piece};
use crate::tui::widgets::{footer, record_rows};

/// How many lines of one field are in sight.
const FIELD_LINES: usize = 5;
/// How many rows of what would be written are in sight at most.
const PREVIEW_ROWS: usize = 24;
/// How many entries at the end are looked at for these rows.
const LOOKED_AT: usize = PREVIEW_ROWS;
/// The width of the names of fields.
const LABEL: u16 = 9;

/// Draws the prompt. `reading` is how much of the open run was read, while it is.
pub fn draw(prompt: &Prompt, reading: Option<(u64, u64)>, look: &Look, buffer: &mut Buffer) {
    let theme = look.theme;
    let size = Size { width: buffer.area.width, height: buffer.area.height };
    let lines = preview_lines(prompt, reading);
    let fields: usize = prompt.fields().iter().map(lines_of).sum();
    let rows = PREVIEW_ROWS.min(usize::from(size.height) / 2);
    let layout = PromptLayout::new(size, fields, lines.len().min(rows));
    for y in layout.top..size.height {
        let area = row(size, y, 0);
        let blank = " ".repeat(usize::from(area.width));
        buffer.set_stringn(0, y, &blank, usize::from(area.width), Style::reset());
    }
    bar::rule(buffer, row(size, layout.top, 0), theme.key());
    bar::draw(buffer, row(size, layout.top, 1), title(prompt, theme), 1);
    let mut y = layout.fields;
    for (index, field) in prompt.fields().iter().enumerate() {
        let height = u16::try_from(lines_of(field)).unwrap_or(1);
        let area = Rect { y, height: height.min(layout.preview.saturating_sub(y)), ..row(size, y, 1) };
        draw_field(buffer, area, field, index == prompt.focus(), theme);
        y += height;
    }
    // Of the last entries the last ones are in sight; of everything else the first ones.
    let hidden = lines.len().saturating_sub(usize::from(layout.preview_height));
    let skip = if matches!(prompt.preview(), Preview::Tail(_)) { hidden } else { 0 };
    let rows = layout.preview..layout.preview + layout.preview_height;
    for (y, line) in rows.zip(lines.iter().skip(skip)) {
        record_rows::line(buffer, row(size, y, 1), line, 0, theme);
    }
    bar::draw(buffer, row(size, layout.note, 1), note(prompt, look), 3);
    footer::draw(buffer, row(size, layout.footer, 1), ScreenKind::Prompt, "leave", look);
}

fn title(prompt: &Prompt, theme: Theme) -> Vec<Piece> {
    let runs = match prompt.targets() {
        [one] => display::one_line(&one.label),
        several => format!("{} runs", several.len()),
    };
    let title = vec![
        (format!(" {} ", prompt.kind().word()), theme.strong()),
        (format!("checkpoint of {runs} "), theme.faint()),
    ];
    vec![Piece::of(title, 0)]
}

fn lines_of(field: &Field) -> usize {
    field.editor.text().split('\n').count().min(FIELD_LINES)
}

fn draw_field(buffer: &mut Buffer, area: Rect, field: &Field, has_focus: bool, theme: Theme) {
    if area.height == 0 {
        return;
    }
    let style = if has_focus { theme.key() } else { theme.faint() };
    buffer.set_stringn(area.x, area.y, field.label, usize::from(area.width), style);
    let area = Rect { x: area.x + LABEL, width: area.width.saturating_sub(LABEL), ..area };
    let editor = &field.editor;
    if editor.text().is_empty() && !field.hint.is_empty() {
        let x = area.x + u16::from(has_focus) * 2;
        let room = usize::from(area.right().saturating_sub(x));
        let hint = format!("({})", field.hint);
        buffer.set_stringn(x, area.y, display::one_line_within(&hint, room), room, theme.faint());
    }
    let first = (editor.cursor_line() + 1).saturating_sub(usize::from(area.height));
    let before = editor.before_cursor();
    let before = display::one_line(before.rsplit('\n').next().unwrap_or_default());
    let lines = editor.text().split('\n').enumerate().skip(first);
    for (y, (number, line)) in (area.y..area.bottom()).zip(lines) {
        let area = Rect { y, height: 1, ..area };
        let cursor = (has_focus && number == editor.cursor_line()).then(|| display::width(&before));
        draw_line(buffer, area, &display::one_line(line), cursor, theme);
    }
}

/// Draws a line that is typed, shifted so that the cursor is in sight.
pub(super) fn draw_line(buffer: &mut Buffer, area: Rect, text: &str, cursor: Option<usize>, theme: Theme) {
    let width = usize::from(area.width);
    let left = cursor.map_or(0, |cursor| (cursor + 1).saturating_sub(width));
    let limits = display::Limits { from: left, columns: width, lines: 1 };
    let mut x = area.x;
    if let Some(shown) = display::lines(text.as_bytes(), limits).first() {
        for span in &shown.spans {
            let room = usize::from(area.right().saturating_sub(x));
            (x, _) = buffer.set_stringn(x, area.y, &span.text, room, theme.input(false));
        }
    }
    if left > 0 && area.width > 1 {
        buffer.set_stringn(area.x, area.y, "‹", 1, theme.cursor());
    }
    let Some(cursor) = cursor.and_then(|cursor| u16::try_from(cursor - left).ok()) else { return };
    let x = area.x.saturating_add(cursor);
    if x < area.right() {
        buffer.set_style(Rect { x, width: 1, ..area }, theme.input(true));
    }
}

/// What would be written, in lines; what is wrong with it is said in the note.
fn preview_lines(prompt: &Prompt, reading: Option<(u64, u64)>) -> Vec<TextLine> {
    let remark = |text: String| vec![TextLine::new(Role::Remark, text)];
    match prompt.preview() {
        Preview::Typed if prompt.targets().len() > 1 => {
            let each = |target: &crate::app::prompt::Target| {
                TextLine::new(Role::Remark, format!("{}: {}", target.label, target.truth))
            };
            prompt.targets().iter().map(each).collect()
        }
        Preview::Typed | Preview::Tail(Tail::NoNumber) => Vec::new(),
        Preview::Tail(Tail::Reading) => match reading {
            Some((read, total)) => {
                let percent = text::percent(read, total.max(1));
                remark(format!(
                    "the run is being read: {percent}%; enter reads it to its end and writes then"
                ))
            }
            None => remark("reading the end of the log …".to_owned()),
        },
        Preview::Tail(Tail::Trouble(why)) => vec![TextLine::warning(why)],
        Preview::Tail(Tail::Ready(ready)) => {
            let masked = ready.masked.as_ref().filter(|_| prompt.redacts());
            let lines = masked.unwrap_or(&ready.tail.lines);
            let skip = lines.len().saturating_sub(LOOKED_AT);
            tail_lines(lines.iter().skip(skip).map(String::as_str))
        }
        Preview::Diffs(diffs) => {
            let several = diffs.len() > 1;
            let of_each = prompt.targets().iter().zip(diffs);
            of_each.flat_map(|(target, diff)| diff_lines(&target.label, diff, several)).collect()
        }
    }
}

fn diff_lines(label: &str, diff: &Diff, several: bool) -> Vec<TextLine> {
    let head = if several { format!("{label}: ") } else { String::new() };
    match diff {
        Diff::Reading => vec![TextLine::new(Role::Remark, format!("{head}git is looking for changes …"))],
        Diff::Taken { diff: Err(why), .. } => vec![TextLine::warning(&format!("{head}{why}"))],
        Diff::Taken { diff: Ok(diff), .. } => {
            let summary = TextLine::new(Role::Remark, format!("{head}{}", diff.summary));
            let note = diff.note.iter().map(|note| TextLine::warning(note));
            let stat = diff.diff.stat.as_deref().unwrap_or_default().lines();
            let stat = stat.take(if several { 0 } else { PREVIEW_ROWS });
            let stat = stat.map(|line| TextLine::new(Role::Plain, line));
            let untracked = diff.diff.untracked.iter().take(if several { 0 } else { PREVIEW_ROWS });
            let untracked =
                untracked.map(|name| TextLine::new(Role::Plain, format!(" {name} | unknown to git")));
            std::iter::once(summary).chain(note).chain(stat).chain(untracked).collect()
        }
    }
}

/// What a person should know before it is written.
fn note(prompt: &Prompt, look: &Look) -> Vec<Piece> {
    let theme = look.theme;
    let mut pieces = Vec::new();
    if let Some(problem) = prompt.problem() {
        pieces.push(Piece::new(format!("▲ {}", display::one_line(problem)), theme.warning(), 0));
    }
    match prompt.preview() {
        Preview::Tail(Tail::Ready(ready)) => {
            let held = if ready.tail.truncated { "the run holds more" } else { "all that there is" };
            let lines = u64::try_from(ready.tail.lines.len()).unwrap_or(u64::MAX);
            let noun = if lines == 1 { "entry" } else { "entries" };
            let of = if prompt.targets().len() > 1 { " of the first run" } else { "" };
            let told = format!("{} {noun}{of}, {held}", text::number(lines));
            pieces.push(Piece::new(told, theme.faint(), 2));
        }
        Preview::Tail(Tail::NoNumber) if prompt.problem().is_none() => {
            pieces.push(Piece::new("how many entries?", theme.warning(), 1));
        }
        Preview::Typed if prompt.targets().len() == 1 => {
            let key = look.keys.first_of(Action::NewLine);
            if !key.is_empty() {
                let hint = format!("{key} begins another line: its detail");
                pieces.push(Piece::new(hint, theme.faint(), 3));
            }
            // What stands there at first is a proposal.
            pieces.push(Piece::new("ctrl-u clears the line".to_owned(), theme.faint(), 4));
        }
        _ => {}
    }
    match (prompt.secrets(), prompt.redacts()) {
        (Some(secrets), false) => {
            let key = look.keys.first_of(Action::Redact);
            let masks = if key.is_empty() { String::new() } else { format!(": {key} masks") };
            pieces.push(Piece::new(format!("▲ {secrets}{masks}"), theme.warning(), 1));
        }
        (Some(secrets), true) => {
            pieces.push(Piece::new(format!("✓ masked: {secrets}"), theme.good(), 1));
        }
        (None, true) => pieces.push(Piece::new("✓ secrets are masked", theme.good(), 1)),
        (None, false) => {}
    }
    pieces
}
