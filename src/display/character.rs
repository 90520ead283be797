//! What single characters are: which may stand as they are, and how wide they are.

use std::fmt::Write as _;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation as _};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// U+200D, which joins emoji.
pub(super) const ZERO_WIDTH_JOINER: char = '\u{200d}';
/// U+20E3, the frame of a keycap.
pub(super) const KEYCAP: char = '\u{20e3}';

/// Whether a character must never be shown as it is: it cannot be seen, it turns the direction of
/// the text around it, or a terminal obeys it.
pub(super) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00ad}' // soft hyphen
            | '\u{034f}' // combining grapheme joiner
            | '\u{061c}' // Arabic letter mark, a bidi control
            | '\u{115f}'..='\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
            | '\u{17b4}'..='\u{17b5}' // Khmer vowels that are not shown
            | '\u{180b}'..='\u{180f}' // Mongolian variation selectors, vowel separator
            | '\u{200b}'..='\u{200f}' // zero-width space, joiners, direction marks
            | '\u{2028}'..='\u{202e}' // line and paragraph separator, bidi embeddings and overrides
            | '\u{2060}'..='\u{206f}' // word joiner, invisible operators, bidi isolates, old format controls
            | '\u{fe00}'..='\u{fe0f}' // variation selectors
            | '\u{feff}' // byte order mark
            | '\u{fff0}'..='\u{fffb}' // annotations
            | '\u{1bca0}'..='\u{1bca3}' // shorthand format controls
            | '\u{1d173}'..='\u{1d17a}' // musical format controls
            | '\u{e0000}'..='\u{e0fff}' // tags, more variation selectors
        )
}

/// How a character that is not shown stands in the text: a control picture, or its number.
pub(super) fn push_visible(character: char, text: &mut String) {
    let number = u32::from(character);
    let picture = match number {
        0..0x20 => char::from_u32(0x2400 + number),
        0x7f => Some('\u{2421}'),
        _ => None,
    };
    match picture {
        Some(picture) => text.push(picture),
        // Writing to a string never fails.
        None => _ = write!(text, "<U+{number:04X}>"),
    }
}

/// Whether `next` belongs to the grapheme that `text` is. `text` must be one grapheme.
pub(super) fn extends(text: &mut String, next: char) -> bool {
    let length = text.len();
    text.push(next);
    let boundary = GraphemeCursor::new(length, text.len(), true).is_boundary(text, 0);
    text.truncate(length);
    // The whole text is at hand, so that the cursor never asks for more.
    !boundary.unwrap_or(true)
}

/// Whether a character can carry a joiner or a variation selector as an emoji: it is joined with
/// one exactly if it is pictographic.
pub(super) fn is_pictographic(character: char) -> bool {
    if character.is_ascii() {
        return false;
    }
    let joined: String = [character, ZERO_WIDTH_JOINER, '\u{1f600}'].iter().collect();
    joined.graphemes(true).count() == 1
}

/// Whether a character takes no column of its own.
pub(super) fn is_mark(character: char) -> bool {
    character.width().unwrap_or(0) == 0
}

/// The columns of one grapheme as the screen library counts them. It gives the halfwidth katakana
/// sound marks a column of their own, because terminals do.
pub(super) fn grapheme_width(grapheme: &str) -> usize {
    let sound_marks = grapheme.chars().filter(|mark| matches!(mark, '\u{ff9e}' | '\u{ff9f}')).count();
    grapheme.width() + sound_marks
}
