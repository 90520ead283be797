//! The rows of the merged log.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::app::layout::{CHANNEL_WIDTH, LogColumns};
use crate::app::log_pane::{Row, Shown, Window};
use crate::app::time_column::{TimeColumn, distance};
use crate::display;
use crate::model::{ChannelState, Pattern, Place};
use crate::run::{Channel, Timestamp};
use crate::tui::text;
use crate::tui::theme::Theme;

/// How to draw the rows.
#[derive(Clone, Copy, Debug)]
pub struct LogRows<'a> {
    /// The rows.
    pub window: &'a Window,
    /// The channels: only the entry at the end of one may still get a line end.
    pub channels: &'a [ChannelState],
    /// The highest seq of the run: it makes the width of the column.
    pub highest_seq: Option<u64>,
    /// What is searched for.
    pub hits: Option<&'a Pattern>,
    /// The first and the last place that are selected.
    pub chosen: Option<&'a (Place, Place)>,
    /// Whether text is out of sight on the left.
    pub shifted: bool,
    /// Beside which rows which checkpoints stand.
    pub marks: &'a BTreeMap<usize, Vec<u64>>,
    /// What the column of times tells.
    pub times: TimeColumn,
    /// When the run began.
    pub began: Option<Timestamp>,
    /// When the entry above the first one was written.
    pub above: Option<Timestamp>,
    /// The zone of the times.
    pub zone: &'a TimeZone,
    /// The looks.
    pub theme: Theme,
}

impl LogRows<'_> {
    /// Draws the rows into the area.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect) {
        let columns = LogColumns::new(area.width, self.highest_seq, self.times);
        let mut above = self.above;
        for (index, (y, row)) in (area.y..area.bottom()).zip(&self.window.rows).enumerate() {
            let area = Rect { y, height: 1, ..area };
            if self.window.cursor == Some(index) {
                buffer.set_stringn(area.x, y, "▶", 1, self.theme.cursor());
            }
            match row {
                Row::Entry { entry, line } => {
                    if *line == 0 {
                        self.head(buffer, area, columns, entry, above);
                    }
                    self.entry(buffer, area, columns, entry, *line);
                    if self.chosen.is_some_and(|(from, to)| *from <= entry.place && entry.place <= *to) {
                        self.text_at(buffer, area, 1, "┃", self.theme.cursor());
                    }
                    above = entry.time.or(above);
                }
                Row::Gaps { gaps, missing, from, to } => {
                    let text = gap_text(*gaps, *missing, *from, *to);
                    self.text_at(buffer, area, 2, &text, self.theme.warning());
                }
                Row::Partial { channel, bytes } => self.partial(buffer, area, columns, channel, *bytes),
            }
            if let Some(seqs) = self.marks.get(&index) {
                self.mark(buffer, area, seqs);
            }
        }
    }

    fn text_at(&self, buffer: &mut Buffer, area: Rect, x: u16, text: &str, style: Style) {
        let room = area.width.saturating_sub(x);
        if room > 0 {
            buffer.set_stringn(area.x + x, area.y, text, usize::from(room), style);
        }
    }

    /// That checkpoints stand here: a sign and a word at the end of the row.
    fn mark(&self, buffer: &mut Buffer, area: Rect, seqs: &[u64]) {
        let text = match seqs {
            [one] => format!(" ◆ ckpt {one} "),
            [first, .., last] => format!(" ◆ ckpt {first}–{last} "),
            [] => return,
        };
        let width = u16::try_from(display::width(&text)).unwrap_or(u16::MAX);
        if width < area.width {
            let x = area.right() - width;
            buffer.set_stringn(x, area.y, &text, usize::from(width), Style::reset());
            buffer.set_stringn(x, area.y, &text, usize::from(width), self.theme.checkpoint());
        }
    }

    fn is_an_end(&self, entry: &Shown) -> bool {
        self.channels.iter().any(|channel| channel.end.as_ref() == Some(&entry.last))
    }

    fn entry(&self, buffer: &mut Buffer, area: Rect, columns: LogColumns, entry: &Shown, line: usize) {
        if entry.malformed {
            // A sign of its own, since a broken line may look like anything.
            self.text_at(buffer, area, columns.text - 1, "!", self.theme.error());
        }
        let Some(shown) = entry.lines.get(line) else { return };
        let mut x = area.x.saturating_add(columns.text);
        for span in &shown.spans {
            let room = area.right().saturating_sub(x);
            if room == 0 {
                break;
            }
            (x, _) = buffer.set_stringn(x, area.y, &span.text, usize::from(room), self.theme.of_text(span));
        }
        self.highlight(buffer, area, columns.text, shown);
        if shown.overwritten > 0 && x < area.right() {
            // What a line said before it was redrawn is out of sight, but not hidden in silence.
            let sign = format!(" ↺{}", shown.overwritten);
            (x, _) = buffer.set_stringn(x, area.y, &sign, usize::from(area.right() - x), self.theme.faint());
        }
        let is_last = line + 1 == entry.lines.len();
        if is_last && entry.pieces > 1 && x < area.right() {
            let sign = format!(" ({} pieces)", entry.pieces);
            (x, _) = buffer.set_stringn(x, area.y, &sign, usize::from(area.right() - x), self.theme.faint());
        }
        if is_last && entry.is_open && self.is_an_end(entry) && x < area.right() {
            buffer.set_stringn(x, area.y, "▏", 1, self.theme.warning());
        }
        let room = usize::from(area.width.saturating_sub(columns.text));
        if (shown.cut || shown.width > room) && area.width > columns.text {
            buffer.set_stringn(area.right() - 1, area.y, "›", 1, self.theme.cursor());
        }
        if self.shifted && area.width > columns.text {
            self.text_at(buffer, area, columns.text - 1, "‹", self.theme.cursor());
        }
    }

    /// Marks what matches the search.
    fn highlight(&self, buffer: &mut Buffer, area: Rect, left: u16, line: &display::Line) {
        let Some(pattern) = self.hits else { return };
        let text = line.text();
        let column = |byte: usize| text.get(..byte).map(display::width);
        for range in pattern.find_in(text.as_bytes()) {
            let Some((from, to)) = column(range.start).zip(column(range.end)) else { continue };
            let at = |column: usize| {
                let column = u16::try_from(column).unwrap_or(u16::MAX);
                area.x.saturating_add(left).saturating_add(column).min(area.right())
            };
            let (x, end) = (at(from), at(to));
            if x >= area.right() {
                break;
            }
            buffer.set_style(Rect { x, width: end - x, ..area }, self.theme.hit());
        }
    }

    /// What the column of times tells of an entry, given the time of the one above it.
    fn time(&self, entry: &Shown, above: Option<Timestamp>, columns: usize) -> String {
        let Some(time) = entry.time else { return String::new() };
        let from = match self.times {
            TimeColumn::Clock | TimeColumn::None => {
                let time = time.time_of_day(self.zone);
                return time.get(..columns).unwrap_or(&time).to_owned();
            }
            TimeColumn::SinceStart => self.began,
            TimeColumn::SincePrevious => above,
        };
        let Some(from) = from else { return String::new() };
        let distance = distance(time.milliseconds().saturating_sub(from.milliseconds()), columns);
        format!("{distance:>columns$}")
    }

    fn head(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        columns: LogColumns,
        entry: &Shown,
        above: Option<Timestamp>,
    ) {
        let mut x = 2;
        if columns.seq > 0 {
            let seq = entry.seq.map_or_else(|| "–".to_owned(), |seq| seq.to_string());
            let seq = format!("{seq:>width$}", width = columns.seq);
            self.text_at(buffer, area, x, &seq, self.theme.faint());
            x += u16::try_from(columns.seq).unwrap_or(0) + 2;
        }
        if columns.time > 0 {
            let time = self.time(entry, above, columns.time);
            self.text_at(buffer, area, x, &time, self.theme.faint());
            x += u16::try_from(columns.time).unwrap_or(0) + 2;
        }
        self.text_at(buffer, area, x, &channel_name(&entry.channel), self.theme.channel(&entry.channel));
    }

    fn partial(&self, buffer: &mut Buffer, area: Rect, columns: LogColumns, channel: &Channel, bytes: u64) {
        let name = channel_name(channel);
        let start = columns.text - 2 - u16::try_from(CHANNEL_WIDTH).unwrap_or(0);
        let style = self.theme.faint().add_modifier(Modifier::ITALIC);
        self.text_at(buffer, area, start, &name, style);
        let text = format!("(partial) {} without a line end", text::count(bytes, "byte"));
        self.text_at(buffer, area, columns.text, &text, style);
    }
}

/// The name of a channel in its column.
fn channel_name(channel: &Channel) -> String {
    display::one_line_within(channel.name(), CHANNEL_WIDTH)
}

fn gap_text(gaps: usize, missing: u64, from: u64, to: u64) -> String {
    let noun = if missing == 1 { "entry" } else { "entries" };
    let missing = text::number(missing);
    let range = if from == to { from.to_string() } else { format!("{from}–{to}") };
    match gaps {
        1 => format!("····· {missing} {noun} missing ({range}) ·····"),
        gaps => format!("····· {missing} {noun} missing in {gaps} gaps ({range}) ·····"),
    }
}
