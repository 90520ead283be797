//! Rows of cells under headings, for people.

use std::io::{self, Write};

use crate::display::{self, Style, ansi};

use super::entry::Presentation;

/// A table with N columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<const N: usize> {
    /// What stands above the columns.
    pub(super) headings: [&'static str; N],
    /// Which columns stand on the right: numbers and lengths of time.
    pub(super) on_the_right: [bool; N],
}

impl<const N: usize> Table<N> {
    /// Writes the rows under the headings, each cell in the style that `style` gives it by its row
    /// and column. Cells are harmless text.
    ///
    /// # Errors
    /// Whatever `out` answers.
    pub(super) fn write(
        &self,
        out: &mut impl Write,
        rows: &[[String; N]],
        style: impl Fn(usize, usize) -> Style,
        presentation: Presentation,
    ) -> io::Result<()> {
        let mut widths = self.headings.map(str::len);
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(display::width(cell));
            }
        }
        let heading = Style { bold: true, ..Style::default() };
        self.write_row(out, &self.headings.map(str::to_owned), &widths, |_| heading, presentation)?;
        for (number, row) in rows.iter().enumerate() {
            self.write_row(out, row, &widths, |column| style(number, column), presentation)?;
        }
        Ok(())
    }

    fn write_row(
        &self,
        out: &mut impl Write,
        cells: &[String; N],
        widths: &[usize; N],
        style: impl Fn(usize) -> Style,
        presentation: Presentation,
    ) -> io::Result<()> {
        for (column, cell) in cells.iter().enumerate() {
            let padding = " ".repeat(widths[column].saturating_sub(display::width(cell)));
            if self.on_the_right[column] {
                out.write_all(padding.as_bytes())?;
            }
            ansi::write_styled(out, cell, style(column), presentation.color)?;
            if column + 1 < cells.len() {
                if !self.on_the_right[column] {
                    out.write_all(padding.as_bytes())?;
                }
                out.write_all(b"  ")?;
            }
        }
        out.write_all(b"\n")
    }
}
