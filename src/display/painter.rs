//! Lays one line out, character by character, into spans: bounded memory whatever the line holds.

use super::character::{
    KEYCAP, ZERO_WIDTH_JOINER, extends, grapheme_width, is_hidden, is_mark, is_pictographic, push_visible,
};
use super::{Limits, Line, Span, SpanKind, Style, TAB_STOP, sgr};

/// The most combining marks that are shown on one base.
pub const MOST_MARKS: usize = 4;
/// The most characters that are shown of one grapheme. The longest emoji in use have ten.
pub const MOST_CHARACTERS: usize = 16;

/// What a text may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    /// Colours and tabs are obeyed.
    Log,
    /// Nothing is.
    Label,
}

/// A line in the making.
pub(super) struct Painter {
    rules: Rules,
    from: usize,
    /// The column on which nothing is shown any more.
    to: usize,
    /// The column after all that was laid out, those before `from` included.
    column: usize,
    style: Style,
    line: Line,
    grapheme: Grapheme,
    /// The next piece must not be joined with the span before it.
    apart: bool,
}

/// The grapheme whose end is not known yet.
#[derive(Default)]
struct Grapheme {
    text: String,
    characters: usize,
    /// Marks since the last character that takes a column.
    marks: usize,
    style: Style,
    cut: bool,
}

impl Painter {
    pub(super) fn new(limits: Limits, style: Style, rules: Rules) -> Self {
        Self {
            rules,
            from: limits.from,
            to: limits.from.saturating_add(limits.columns),
            column: 0,
            style,
            line: Line::default(),
            grapheme: Grapheme::default(),
            apart: false,
        }
    }

    /// The line, and the style that holds after what was painted.
    pub(super) fn finish(mut self) -> (Line, Style) {
        self.flush();
        (self.line, self.style)
    }

    /// Paints until the end of `bytes` or the last column that is wanted; returns how many bytes
    /// were taken.
    pub(super) fn paint(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while at < bytes.len() && !self.line.cut {
            let rest = &bytes[at..];
            let plain = self.printable_ascii(rest);
            if plain > 0 {
                at += self.paint_ascii(&rest[..plain]);
                continue;
            }
            if rest[0] == 0x1b
                && self.rules == Rules::Log
                && let Some(length) = sgr::read(rest, &mut self.style)
            {
                at += length;
                continue;
            }
            let (character, length) = first_character(rest);
            self.paint_character(character, &rest[length..]);
            at += length;
        }
        at
    }

    /// How many bytes at the head are printable ASCII, as far as anybody will look at them.
    fn printable_ascii(&self, bytes: &[u8]) -> usize {
        let wanted = self.to.saturating_sub(self.column).saturating_add(1);
        bytes.iter().take(wanted).take_while(|byte| matches!(byte, b' '..=b'~')).count()
    }

    /// Each of these ends the grapheme before it, except after a prepended character; the last one
    /// may carry marks.
    fn paint_ascii(&mut self, bytes: &[u8]) -> usize {
        let first = char::from(bytes[0]);
        if !self.grapheme.text.is_empty() && extends(&mut self.grapheme.text, first) {
            self.join(first);
            return 1;
        }
        self.flush();
        if self.line.cut {
            return 0;
        }
        let (sure, last) = bytes.split_at(bytes.len() - 1);
        let hidden = self.from.saturating_sub(self.column).min(sure.len());
        self.column += hidden;
        let shown = &sure[hidden..][..(sure.len() - hidden).min(self.to.saturating_sub(self.column))];
        if !shown.is_empty() {
            // These bytes are ASCII, so that nothing is replaced here.
            self.append(&String::from_utf8_lossy(shown), shown.len(), self.style, SpanKind::Plain);
            self.column += shown.len();
        }
        if hidden + shown.len() < sure.len() {
            self.line.cut = true;
        } else {
            self.begin(char::from(last[0]));
        }
        bytes.len()
    }

    fn paint_character(&mut self, character: char, after: &[u8]) {
        if character == '\t' && self.rules == Rules::Log {
            self.flush();
            self.tab();
        } else if is_hidden(character) && !self.belongs_to_emoji(character, after) {
            self.flush();
            self.escape(character, self.style);
        } else if self.grapheme.text.is_empty() {
            // A mark without a base would hang on whatever is drawn to the left of the text.
            if extends(&mut "a".to_owned(), character) {
                self.escape(character, self.style);
            } else {
                self.begin(character);
            }
        } else if extends(&mut self.grapheme.text, character) {
            self.join(character);
        } else {
            self.flush();
            self.begin(character);
        }
    }

    /// Whether a joiner or a variation selector stands where an emoji needs it.
    fn belongs_to_emoji(&self, character: char, after: &[u8]) -> bool {
        let text = &self.grapheme.text;
        let last = text.chars().next_back();
        // Some characters are joined with what follows them; such a grapheme is no emoji.
        let begins_as_emoji = text.chars().next().is_some_and(is_pictographic);
        match character {
            ZERO_WIDTH_JOINER => {
                let next = first_character(after).0;
                begins_as_emoji
                    && is_pictographic(next)
                    && !is_hidden(next)
                    && last != Some(ZERO_WIDTH_JOINER)
                    && self.grapheme.marks == 0
            }
            '\u{fe0e}' | '\u{fe0f}' => match text.as_str() {
                "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "#" | "*" => {
                    first_character(after).0 == KEYCAP
                }
                _ => begins_as_emoji && last.is_some_and(is_pictographic),
            },
            _ => false,
        }
    }

    fn begin(&mut self, character: char) {
        self.grapheme.text.push(character);
        self.grapheme.characters = 1;
        self.grapheme.style = self.style;
    }

    fn join(&mut self, character: char) {
        let grapheme = &mut self.grapheme;
        let is_mark = is_mark(character) && !is_hidden(character);
        grapheme.marks = if is_mark { grapheme.marks + 1 } else { 0 };
        grapheme.characters += 1;
        if grapheme.cut || grapheme.marks > MOST_MARKS || grapheme.characters > MOST_CHARACTERS {
            grapheme.cut = true;
        } else {
            grapheme.text.push(character);
        }
    }

    /// Ends the grapheme in the making.
    fn flush(&mut self) {
        if self.grapheme.text.is_empty() {
            return;
        }
        let grapheme = std::mem::take(&mut self.grapheme);
        let width = grapheme_width(&grapheme.text);
        if width == 0 {
            for character in grapheme.text.chars() {
                self.escape(character, grapheme.style);
            }
        } else {
            self.emit(&grapheme.text, width, grapheme.style, SpanKind::Plain);
        }
        if grapheme.cut {
            self.emit("…", 1, grapheme.style, SpanKind::Escaped);
        }
        // Its memory is used again.
        self.grapheme.text = grapheme.text;
        self.grapheme.text.clear();
    }

    fn tab(&mut self) {
        let stop = (self.column / TAB_STOP + 1) * TAB_STOP;
        // What follows must not be taken for a mark on a space.
        self.apart = true;
        while self.column < stop && !self.line.cut {
            self.emit(" ", 1, self.style, SpanKind::Plain);
        }
        self.apart = true;
    }

    fn escape(&mut self, character: char, style: Style) {
        let mut visible = String::new();
        push_visible(character, &mut visible);
        let mut buffer = [0; 4];
        for character in visible.chars() {
            self.emit(character.encode_utf8(&mut buffer), 1, style, SpanKind::Escaped);
        }
    }

    /// Puts one grapheme into the next columns, as far as these are wanted.
    fn emit(&mut self, text: &str, width: usize, style: Style, kind: SpanKind) {
        if self.line.cut {
            return;
        }
        let end = self.column.saturating_add(width);
        if end > self.to {
            self.line.cut = true;
            return;
        }
        if self.column >= self.from {
            self.append(text, width, style, kind);
        } else if end > self.from {
            let visible = end - self.from;
            self.append(&" ".repeat(visible), visible, style, SpanKind::Plain);
        }
        self.column = end;
    }

    fn append(&mut self, text: &str, width: usize, style: Style, kind: SpanKind) {
        self.line.width += width;
        let apart = std::mem::take(&mut self.apart);
        match self.line.spans.last_mut() {
            Some(last) if last.style == style && last.kind == kind && !apart => last.text.push_str(text),
            _ => self.line.spans.push(Span { text: text.to_owned(), style, kind }),
        }
    }
}

/// The first character of bytes and its length; U+FFFD for what is no UTF-8.
fn first_character(bytes: &[u8]) -> (char, usize) {
    let head = &bytes[..bytes.len().min(4)];
    let Some(chunk) = head.utf8_chunks().next() else {
        return ('\0', 0);
    };
    match chunk.valid().chars().next() {
        Some(character) => (character, character.len_utf8()),
        None => (char::REPLACEMENT_CHARACTER, chunk.invalid().len()),
    }
}
