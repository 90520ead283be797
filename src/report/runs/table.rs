//! The list of runs as a table.

use std::io::{self, Write};

use crate::display::{self, Color, Style, duration};
use crate::report::entry::Presentation;
use crate::report::table::Table;
use crate::run::{Status, Timestamp};

use super::Listed;

const TABLE: Table<9> = Table {
    headings: ["STATUS", "TASK", "STEP", "RUN", "WORKER", "ELAPSED", "IDLE", "CKPT", "LAST LINE"],
    on_the_right: [false, false, false, false, false, true, true, true, false],
};
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
    runs: &[Listed],
    now: Timestamp,
    presentation: Presentation,
) -> io::Result<()> {
    let rows: Vec<[String; 9]> = runs.iter().map(|run| cells(run, now)).collect();
    let style = |row: usize, column: usize| match (column, runs[row].stuck()) {
        (0, Some(_)) => status_style(Status::Lost),
        (0, None) => status_style(runs[row].run.status),
        _ => Style::default(),
    };
    TABLE.write(out, &rows, style, presentation)
}

fn cells(listed: &Listed, now: Timestamp) -> [String; 9] {
    let (run, stuck) = (&listed.run, listed.stuck());
    let length = |length: Option<std::time::Duration>| length.map_or_else(|| "–".to_owned(), duration::short);
    let text = |text: &str| display::one_line_within(text, WIDEST);
    [
        stuck.map_or(run.status.word(), |_| "stuck").to_owned(),
        text(&run.manifest.task_id),
        text(&run.step()),
        text(&run.manifest.run_id),
        text(&run.manifest.worker_kind),
        length(run.elapsed(now)),
        length(run.idle(now)),
        run.checkpoints.to_string(),
        match stuck {
            Some(verdict) => display::one_line_within(&verdict.sentence, WIDEST_LAST_LINE),
            None => display::plain_within(run.says().trim(), WIDEST_LAST_LINE),
        },
    ]
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
