//! The list of runs as a table.

use std::io::{self, Write};
use std::sync::Arc;

use crate::display::{self, Color, Style, ansi, duration};
use crate::report::entry::Presentation;
use crate::run::{Status, Timestamp};

use crate::diagnose::RunSummary;

const HEADINGS: [&str; 8] = ["STATUS", "TASK", "STEP", "WORKER", "ELAPSED", "IDLE", "CKPT", "LAST LINE"];
/// Numbers and lengths of time stand on the right of their columns.
const ON_THE_RIGHT: [bool; 8] = [false, false, false, false, true, true, true, false];
/// The widest that a column of text may get.
const WIDEST: usize = 32;
/// The widest that the last line may get.
const WIDEST_LAST_LINE: usize = 80;

/// Writes the runs as a table with a heading.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(
    out: &mut impl Write,
    runs: &[Arc<RunSummary>],
    now: Timestamp,
    presentation: Presentation,
) -> io::Result<()> {
    let rows: Vec<[String; 8]> = runs.iter().map(|run| cells(run, now)).collect();
    let mut widths = HEADINGS.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(display::width(cell));
        }
    }
    let heading = Style { bold: true, ..Style::default() };
    write_row(out, &HEADINGS.map(str::to_owned), &widths, |_| heading, presentation)?;
    for (run, row) in runs.iter().zip(&rows) {
        let status = status_style(run.status);
        write_row(
            out,
            row,
            &widths,
            |column| if column == 0 { status } else { Style::default() },
            presentation,
        )?;
    }
    Ok(())
}

fn cells(run: &RunSummary, now: Timestamp) -> [String; 8] {
    let length = |length: Option<std::time::Duration>| length.map_or_else(|| "–".to_owned(), duration::short);
    let text = |text: &str| display::one_line_within(text, WIDEST);
    [
        run.status.word().to_owned(),
        text(&run.manifest.task_id),
        text(&run.step()),
        text(&run.manifest.worker_kind),
        length(run.elapsed(now)),
        length(run.idle(now)),
        run.checkpoints.to_string(),
        display::plain_within(run.says().trim(), WIDEST_LAST_LINE),
    ]
}

fn write_row(
    out: &mut impl Write,
    cells: &[String; 8],
    widths: &[usize; 8],
    style: impl Fn(usize) -> Style,
    presentation: Presentation,
) -> io::Result<()> {
    for (column, cell) in cells.iter().enumerate() {
        let padding = " ".repeat(widths[column].saturating_sub(display::width(cell)));
        if ON_THE_RIGHT[column] {
            out.write_all(padding.as_bytes())?;
        }
        ansi::write_styled(out, cell, style(column), presentation.color)?;
        if column + 1 < cells.len() {
            if !ON_THE_RIGHT[column] {
                out.write_all(padding.as_bytes())?;
            }
            out.write_all(b"  ")?;
        }
    }
    out.write_all(b"\n")
}

fn status_style(status: Status) -> Style {
    let index = match status {
        Status::Lost | Status::Failed => 1,
        Status::Running | Status::Prepared => 2,
        Status::Cancelled => 3,
        Status::Succeeded | Status::Unknown => return Style::default(),
    };
    Style { foreground: Some(Color::Indexed(index)), ..Style::default() }
}
