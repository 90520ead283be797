//! One entry, whole: every field, its text with all that was overwritten, the line as JSON and its
//! bytes.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::action::Action;
use super::layout::{EntryLayout, Size};
use super::record_text::{Role, TextLine};
use crate::display;
use crate::model::Placed;
use crate::run::Timestamp;
use crate::run::entry::Body;

/// How many bytes of an entry are shown in each form, and how many are copied; the whole of it is in
/// its file.
pub(super) const MOST_BYTES: usize = 256 << 10;
/// How many of its bytes are shown as such.
const MOST_RAW: usize = 16 << 10;
/// How many bytes stand in one row.
const BYTES_IN_A_ROW: usize = 16;
/// How many columns one step to the side is.
const SIDE_STEP: usize = 16;

/// An entry that lies over the log.
#[derive(Debug)]
pub struct EntryView {
    title: String,
    /// What it is called, and its text, harmless: see [`to_copy`].
    copy: (String, String),
    lines: Vec<TextLine>,
    top: usize,
    left: usize,
}

impl EntryView {
    /// The view of one line, which may have been written in several pieces.
    pub(super) fn new(pieces: &[Placed], zone: &TimeZone) -> Self {
        let name = seqs_of(pieces).unwrap_or_else(|| "without a seq".to_owned());
        let channel = pieces.first().map_or("", |piece| piece.channel.name());
        let mut lines = Vec::new();
        if let [placed] = pieces {
            lines = fields(placed, zone);
            part(&mut lines, "text", text_lines(placed.entry.text()));
            as_written(&mut lines, placed);
        } else {
            let count = pieces.len();
            let (what, one) = if are_signs_of_life(pieces) {
                (format!("{count} signs of life, and nothing else between them"), "sign of life")
            } else {
                (format!("one line that was written in {count} pieces"), "piece")
            };
            lines.push(TextLine::new(Role::Plain, what));
            part(&mut lines, "text", text_lines(&joined(pieces)));
            for (index, piece) in pieces.iter().enumerate() {
                part(&mut lines, &format!("{one} {} of {count}", index + 1), fields(piece, zone));
                as_written(&mut lines, piece);
            }
        }
        Self { title: format!("entry {name} · {channel}"), copy: to_copy(pieces), lines, top: 0, left: 0 }
    }

    /// Which entry it is. Untrusted text.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What it says. Untrusted text.
    #[must_use]
    pub fn lines(&self) -> &[TextLine] {
        &self.lines
    }

    /// The first line in sight.
    #[must_use]
    pub fn top(&self, size: Size) -> usize {
        self.top.min(self.lines.len().saturating_sub(usize::from(EntryLayout::new(size).height)))
    }

    /// Columns that are out of sight on the left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left
    }

    pub(super) fn to_copy(&self) -> (String, String) {
        self.copy.clone()
    }

    pub(super) fn act(&mut self, action: Action, size: Size) {
        let page = usize::from(EntryLayout::new(size).height).saturating_sub(1).max(1).cast_signed();
        if let Some(rows) = action.rows(page) {
            return self.scroll(rows, size);
        }
        match action {
            Action::Left => self.left = self.left.saturating_sub(SIDE_STEP),
            Action::Right => {
                let widest = self.lines.iter().map(|line| line.text.len()).max().unwrap_or(0);
                self.left = (self.left + SIDE_STEP).min(widest.saturating_sub(1) / SIDE_STEP * SIDE_STEP);
            }
            _ => {}
        }
    }

    pub(super) fn scroll(&mut self, rows: isize, size: Size) {
        let top = self.top(size).saturating_add_signed(rows);
        self.top = top;
        self.top = self.top(size);
    }
}

fn fields(placed: &Placed, zone: &TimeZone) -> Vec<TextLine> {
    let entry = &placed.entry;
    let mut told = vec![("channel", placed.channel.name().to_owned())];
    told.extend(placed.seq.map(|seq| ("seq", seq.to_string())));
    let time = |time: Timestamp| format!("{time}, {} on the clock that is shown", time.time_of_day(zone));
    told.extend(entry.time.map(|at| ("time", time(at))));
    if let Body::Worker { event, level, .. } = &entry.body {
        told.extend(event.clone().map(|event| ("event", event)));
        told.extend(level.clone().map(|level| ("level", level)));
    }
    let length = placed.cut.unwrap_or(placed.line.len() as u64);
    told.push(("line", format!("{length} bytes, from byte {} of its file on", placed.place.offset())));
    let mut lines: Vec<TextLine> = told
        .into_iter()
        .map(|(name, value)| TextLine::new(Role::Plain, format!("{name:<8} {value}")))
        .collect();
    if placed.malformed {
        lines.push(TextLine::warning("the line does not parse: it is shown as it stands"));
    }
    if placed.cut.is_some() {
        lines.push(TextLine::warning("the line is too long to be held: only its beginning is shown"));
    }
    lines
}

fn part(lines: &mut Vec<TextLine>, name: &str, more: impl IntoIterator<Item = TextLine>) {
    lines.push(TextLine::new(Role::Plain, ""));
    lines.push(TextLine::new(Role::File, name));
    lines.extend(more);
}

fn cut(lines: &mut Vec<TextLine>, length: usize, shown: usize) {
    if let Some(more @ 1..) = length.checked_sub(shown) {
        lines.push(TextLine::new(Role::Remark, format!("… {more} more bytes stand in its file")));
    }
}

/// The lines of a text, and each state of a line that was redrawn.
fn text_lines(text: &[u8]) -> Vec<TextLine> {
    let shown = &text[..text.len().min(MOST_BYTES)];
    let shown = String::from_utf8_lossy(shown);
    let body = shown.strip_suffix('\n').unwrap_or(&shown);
    let states = body.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
    let mut lines: Vec<TextLine> = states.map(|state| TextLine::new(Role::Plain, state)).collect();
    cut(&mut lines, text.len(), MOST_BYTES);
    lines
}

/// `00000010  7b 22 73 65 …  {"se…`
fn byte_lines(bytes: &[u8]) -> impl Iterator<Item = TextLine> {
    bytes.chunks(BYTES_IN_A_ROW).enumerate().map(|(row, bytes)| {
        let mut text = format!("{:08x}  ", row * BYTES_IN_A_ROW);
        for place in 0..BYTES_IN_A_ROW {
            // Writing to a string never fails.
            _ = match bytes.get(place) {
                Some(byte) => write!(text, "{byte:02x} "),
                None => write!(text, "   "),
            };
        }
        text.push(' ');
        let printable = |byte: &u8| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '·' };
        text.extend(bytes.iter().map(printable));
        TextLine::new(Role::Plain, text)
    })
}

/// The line of an entry as JSON, and its bytes.
fn as_written(lines: &mut Vec<TextLine>, placed: &Placed) {
    if let Ok(value) = serde_json::from_slice::<Value>(&placed.line)
        && let Ok(pretty) = serde_json::to_string_pretty(&value)
    {
        let end = pretty.floor_char_boundary(MOST_BYTES);
        let json = pretty[..end].lines().map(|line| TextLine::new(Role::Plain, display::json(line)));
        part(lines, "JSON", json);
        cut(lines, pretty.len(), end);
    }
    part(lines, "bytes", byte_lines(&placed.line[..placed.line.len().min(MOST_RAW)]));
    cut(lines, placed.line.len(), MOST_RAW);
}

/// Whether these are not the pieces of a line, but whole entries of their own.
fn are_signs_of_life(pieces: &[Placed]) -> bool {
    pieces.iter().all(|piece| piece.entry.is_sign_of_life())
}

/// The text of a line out of its pieces; of signs of life that of each on a line.
pub(super) fn joined(pieces: &[Placed]) -> Cow<'_, [u8]> {
    match pieces {
        [placed] => Cow::Borrowed(placed.entry.text()),
        pieces if are_signs_of_life(pieces) => {
            let texts: Vec<&[u8]> = pieces.iter().map(|piece| piece.entry.text().trim_ascii_end()).collect();
            texts.join(&b'\n').into()
        }
        pieces => pieces.iter().flat_map(|piece| piece.entry.text()).copied().collect::<Vec<u8>>().into(),
    }
}

/// `18201`, or `18201–18203` for several pieces.
fn seqs_of(pieces: &[Placed]) -> Option<String> {
    match pieces {
        [first, .., last] => first.seq.zip(last.seq).map(|(first, last)| format!("{first}–{last}")),
        [placed] => placed.seq.map(|seq| seq.to_string()),
        [] => None,
    }
}

/// What a line is called, and its text for the clipboard: harmless, its lines as they are shown.
#[must_use]
pub(super) fn to_copy(pieces: &[Placed]) -> (String, String) {
    let written = joined(pieces);
    let lines = display::lines(&written[..written.len().min(MOST_BYTES)], display::Limits::NONE);
    let text = lines.iter().map(display::Line::text).collect::<Vec<_>>().join("\n");
    let mut of = seqs_of(pieces).map_or_else(|| "the entry".to_owned(), |seqs| format!("entry {seqs}"));
    if written.len() > MOST_BYTES {
        // Writing to a string never fails.
        _ = write!(of, ", only its first {} KiB", MOST_BYTES >> 10);
    }
    (of, text)
}
