//! From untrusted bytes to text that is safe and right to show: the one way that everything which
//! draws or prints to a terminal takes.
//!
//! Log text, ids, file names, branch names and error messages come from outside. A terminal obeys
//! control sequences, and a reader believes what stands in a line, so this text is made visible and
//! harmless when it is shown (the model keeps the bytes). Nothing is stripped silently:
//!
//! - well-formed `ESC [ … m` becomes a [`Style`];
//! - a line that was redrawn with `\r` shows its last state and the count of earlier ones;
//! - TAB goes to its stop; every other control becomes a control picture (`␛`) or `<U+009B>`;
//! - bytes that are not UTF-8 become U+FFFD;
//! - bidi controls, zero-width and tag characters become `<U+202E>`; joiners and variation selectors
//!   stay inside an emoji;
//! - more than [`MOST_MARKS`] marks on one base are cut with `…`.
//!
//! Widths are those that the screen library measures, one grapheme a cell group.

mod character;
mod painter;
mod sgr;

pub mod ansi;
pub mod bytes;
pub mod duration;

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::path::Path;

use memchr::{memchr, memchr_iter};

pub use painter::{MOST_CHARACTERS, MOST_MARKS};

use painter::{Painter, Rules};
use unicode_segmentation::UnicodeSegmentation as _;

/// The distance of tab stops in columns.
pub const TAB_STOP: usize = 8;

/// How text stands out, as its writer asked with SGR sequences. Blinking and hiding are not obeyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    /// The colour of the text; the terminal's own when there is none.
    pub foreground: Option<Color>,
    /// The colour behind the text; the terminal's own when there is none.
    pub background: Option<Color>,
    /// Heavier.
    pub bold: bool,
    /// Fainter.
    pub dim: bool,
    /// Slanted.
    pub italic: bool,
    /// Underlined, in whatever form.
    pub underline: bool,
    /// Foreground and background exchanged.
    pub reverse: bool,
    /// Struck through.
    pub strikethrough: bool,
}

impl Style {
    /// Whether nothing stands out.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// A colour as a program asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Color {
    /// One of the terminal's palette: 0 to 7 normal, 8 to 15 bright, then the cube and the greys.
    Indexed(u8),
    /// Red, green and blue.
    Rgb(u8, u8, u8),
}

/// Where the characters of a span come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SpanKind {
    /// They stand so in the text.
    #[default]
    Plain,
    /// They stand for something invisible or dangerous, or for marks that were cut.
    Escaped,
}

/// A piece of a line in one style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Harmless text: no controls, nothing invisible.
    pub text: String,
    /// How it stands out.
    pub style: Style,
    /// Where it comes from.
    pub kind: SpanKind,
}

/// One line as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The pieces from left to right.
    pub spans: Vec<Span>,
    /// The columns that the spans take.
    pub width: usize,
    /// How many earlier states of this line were overwritten after a `\r`.
    pub overwritten: usize,
    /// Whether there is more to the right.
    pub cut: bool,
}

impl Line {
    /// The text without its styles.
    #[must_use]
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}

/// How much of a text is wanted. Work and memory go with what is wanted: text to the right of it is
/// searched for line ends and nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many columns are scrolled away to the left. A wide character on this edge shows as a
    /// space.
    pub from: usize,
    /// The most columns that a line may take.
    pub columns: usize,
    /// The most lines that are made.
    pub lines: usize,
}

impl Limits {
    /// Everything.
    pub const NONE: Self = Self { from: 0, columns: usize::MAX, lines: usize::MAX };

    /// At most that many columns of every line.
    #[must_use]
    pub const fn columns(columns: usize) -> Self {
        Self { columns, ..Self::NONE }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::NONE
    }
}

/// The lines of a log entry. `\n` and `\r\n` end a line; text that ends so has no empty line after
/// it, and empty text is one empty line. A style goes on into the next line of the same entry.
#[must_use]
pub fn lines(text: &[u8], limits: Limits) -> Vec<Line> {
    let mut made = Vec::new();
    let mut style = Style::default();
    let mut rest = Some(text);
    while let Some(text) = rest
        && made.len() < limits.lines
    {
        let (line, after) = match memchr(b'\n', text) {
            Some(end) => (&text[..end], Some(&text[end + 1..])),
            None => (text, None),
        };
        rest = after.filter(|after| !after.is_empty());
        let (last_state, overwritten) = fold(line);
        // What was overwritten is not shown, but its colours still hold.
        sgr::carry(&line[..last_state.start], &mut style);
        let mut painter = Painter::new(limits, style, Rules::Log);
        let consumed = painter.paint(&line[last_state.clone()]);
        let (mut shown, style_after) = painter.finish();
        style = style_after;
        if rest.is_some() {
            sgr::carry(&line[last_state.start + consumed..], &mut style);
        }
        shown.overwritten = overwritten;
        made.push(shown);
    }
    made
}

/// How many lines [`lines`] makes of a text when nothing limits it.
#[must_use]
pub fn line_count(text: &[u8]) -> usize {
    let ends = memchr_iter(b'\n', text).count();
    if text.last() == Some(&b'\n') { ends } else { ends + 1 }
}

/// Short text of one line: ids, file names, titles, messages of errors. Nothing in it is obeyed:
/// line ends, tabs and colours are made visible too.
#[must_use]
pub fn one_line(text: &str) -> String {
    one_line_within(text, usize::MAX)
}

/// As [`one_line`], in at most that many columns: what does not fit is cut with `…`.
#[must_use]
pub fn one_line_within(text: &str, columns: usize) -> String {
    let mut painter = Painter::new(Limits::columns(columns), Style::default(), Rules::Label);
    painter.paint(text.as_bytes());
    let (line, _) = painter.finish();
    if !line.cut {
        return line.text();
    }
    let Some(columns) = columns.checked_sub(1) else { return String::new() };
    let mut painter = Painter::new(Limits::columns(columns), Style::default(), Rules::Label);
    painter.paint(text.as_bytes());
    painter.finish().0.text() + "…"
}

/// Log text in one line without its colours, in at most that many columns: what does not fit is cut
/// with `…`, and line ends inside it are made visible.
#[must_use]
pub fn plain_within(text: &str, columns: usize) -> String {
    // So many lines never fit, be they empty.
    let enough = columns.saturating_add(2);
    let made = lines(text.as_bytes(), Limits { columns, lines: enough, ..Limits::NONE });
    let is_cut = made.iter().any(|line| line.cut);
    let mut plain = made.iter().map(Line::text).collect::<Vec<String>>().join("\n");
    if is_cut {
        plain.push('…');
    }
    one_line_within(&plain, columns)
}

/// The end of such a text, in at most that many columns: what does not fit is cut at the beginning.
/// Of a question the end is what matters.
#[must_use]
pub fn plain_end_within(text: &str, columns: usize) -> String {
    let whole = plain_within(text, LONGEST_CUT_AT_THE_BEGINNING);
    if width(&whole) <= columns {
        return whole;
    }
    let mut kept = Vec::new();
    let mut room = columns.saturating_sub(1);
    for grapheme in whole.graphemes(true).rev() {
        let Some(left) = room.checked_sub(width(grapheme)) else { break };
        room = left;
        kept.push(grapheme);
    }
    kept.push("…");
    kept.reverse();
    if columns == 0 { String::new() } else { kept.concat() }
}

/// A text that is longer than this many columns is cut at its end first.
const LONGEST_CUT_AT_THE_BEGINNING: usize = 4096;

/// A path as [`one_line`] shows it.
#[must_use]
pub fn path(path: &Path) -> String {
    one_line(&path.to_string_lossy())
}

/// JSON text in which every hidden character, and every mark behind the fourth of a row, is written
/// as `\uXXXX`. It means the same to every reader of JSON.
#[must_use]
pub fn json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    let mut marks = 0;
    for character in json.chars() {
        marks = if character::is_mark(character) && !character.is_control() { marks + 1 } else { 0 };
        if marks > MOST_MARKS || character::is_hidden(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string never fails.
                _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(character);
        }
    }
    safe
}

/// The columns that a harmless text takes, as the screen measures it.
#[must_use]
pub fn width(text: &str) -> usize {
    use unicode_segmentation::UnicodeSegmentation as _;
    // Most text is of this kind, and a list asks for the widths of thousands of cells.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.len();
    }
    text.graphemes(true).map(character::grapheme_width).sum()
}

/// Where the last state of a line stands, and how many non-empty states came before it. A `\r` at
/// the end leaves the text before it in sight.
fn fold(line: &[u8]) -> (std::ops::Range<usize>, usize) {
    let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
    let shown = &line[..end];
    let mut overwritten = 0;
    let mut start = 0;
    for position in memchr_iter(b'\r', shown) {
        overwritten += usize::from(position > start);
        start = position + 1;
    }
    (start..end, overwritten)
}
