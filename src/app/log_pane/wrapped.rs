//! Long lines in several rows.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::display::{self, Line, Span};

/// How many rows one line of an entry is wrapped into at most; what is left is cut.
pub(super) const MOST_ROWS: usize = 1000;

/// A line in rows of at most `width` columns, at least one. What is told of its end (that it was
/// overwritten, that it is cut) is told of the last row.
pub(super) fn wrap(line: Line, width: usize) -> Vec<Line> {
    let width = width.max(1);
    if line.width <= width {
        return vec![line];
    }
    let mut rows = vec![Line::default()];
    for span in line.spans {
        let mut piece = Span { text: String::new(), ..span };
        for grapheme in span.text.graphemes(true) {
            let columns = display::width(grapheme);
            let is_full = rows.last().is_some_and(|row| row.width > 0 && row.width + columns > width);
            if is_full {
                push(&mut rows, &mut piece);
                rows.push(Line::default());
            }
            piece.text.push_str(grapheme);
            if let Some(row) = rows.last_mut() {
                row.width += columns;
            }
        }
        push(&mut rows, &mut piece);
    }
    if let Some(row) = rows.last_mut() {
        row.overwritten = line.overwritten;
        row.cut = line.cut;
    }
    rows
}

/// Puts a piece, if it is any, at the end of the last row, and begins another one like it.
fn push(rows: &mut [Line], piece: &mut Span) {
    let text = std::mem::take(&mut piece.text);
    if let Some(row) = rows.last_mut().filter(|_| !text.is_empty()) {
        row.spans.push(Span { text, style: piece.style, kind: piece.kind });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_wide_character_is_not_cut_and_the_style_goes_on() {
        let line = display::lines("a\u{1b}[1m漢字b".as_bytes(), display::Limits::NONE).remove(0);
        let rows = wrap(line, 4);
        let told: Vec<_> = rows.iter().map(|row| (row.text(), row.width)).collect();
        assert_eq!(told, [("a漢".to_owned(), 3), ("字b".to_owned(), 3)]);
        assert!(rows[1].spans.iter().all(|span| span.style.bold));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_row_is_wider_than_there_is_room(text in "[a-z漢é👩\u{1b}\t ]{0,80}", width in 1_usize..20) {
            for line in display::lines(text.as_bytes(), display::Limits::NONE) {
                let rows = wrap(line.clone(), width);
                prop_assert_eq!(rows.iter().map(Line::text).collect::<String>(), line.text());
                for row in &rows {
                    prop_assert_eq!(row.width, display::width(&row.text()));
                    prop_assert!(row.width <= width.max(2), "{:?} in {}", row, width);
                }
                prop_assert!(rows.len() == 1 || rows.iter().all(|row| row.width > 0));
            }
        }
    }
}
