//! Sentences in rows.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::display;

/// A line of untrusted text in rows of at most that many columns, harmless: broken between words, and
/// inside one that is longer than a row. At least one row.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let text = display::one_line(text);
    let mut rows = vec![String::new()];
    let mut used = 0;
    for piece in text.split_word_bounds() {
        let columns = display::width(piece);
        if used > 0 && used + columns > width {
            if piece.chars().all(char::is_whitespace) {
                continue;
            }
            rows.push(String::new());
            used = 0;
        }
        for grapheme in piece.graphemes(true) {
            let columns = display::width(grapheme);
            if used > 0 && used + columns > width {
                rows.push(String::new());
                used = 0;
            }
            if let Some(row) = rows.last_mut() {
                row.push_str(grapheme);
            }
            used += columns;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentences_are_broken_between_words_and_long_words_anywhere() {
        assert_eq!(wrap("one two three", 8), ["one two ", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
    }

    proptest! {
        #[test]
        fn no_row_is_wider_than_there_is_room_and_nothing_but_space_is_lost(text in ".{0,80}", width in 2_usize..30) {
            let rows = wrap(&text, width);
            prop_assert!(rows.iter().all(|row| display::width(row) <= width), "{rows:?}");
            let solid = |text: &str| text.chars().filter(|character| !character.is_whitespace()).collect::<String>();
            prop_assert_eq!(solid(&rows.concat()), solid(&display::one_line(&text)));
        }
    }
}
