//! The checkpoints of a run for pipes and scripts: their state, the list, and single records.

mod record;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::checkpoint::{CheckpointState, StoredRecord};
use crate::display::{self, Color, Style};

use super::entry::Presentation;
use super::table::Table;
pub use record::write_record;

const TABLE: Table<6> = Table {
    headings: ["SEQ", "TYPE", "ORIGIN", "CREATED", "LOG SEQ", "SUMMARY"],
    on_the_right: [true, false, false, false, true, false],
};
/// The column in which stands what is wrong with a record.
const SUMMARY_COLUMN: usize = 5;
/// The widest that a type or an origin may get.
const WIDEST_WORD: usize = 32;
/// The widest that a summary may get.
const WIDEST_SUMMARY: usize = 100;
/// What stands where there is nothing.
const NOTHING: &str = "–";

/// A record as one JSON object: what its file says, with the seq and the type of the file's name,
/// which win. `described` is `TYPE:STORAGE_PATH`; `error` says why a file cannot be read, and
/// `disagreements` where name and content differ.
#[must_use]
pub fn json(record: &StoredRecord) -> Value {
    let content = match &record.content {
        Ok(content) => serde_json::to_value(content).map_err(|error| error.to_string()),
        Err(reason) => Err(reason.clone()),
    };
    let mut object = match content {
        Ok(Value::Object(object)) => object,
        Ok(other) => Map::from_iter([("payload".to_owned(), other)]),
        Err(reason) => Map::from_iter([("error".to_owned(), reason.into())]),
    };
    object.insert("seq".to_owned(), record.seq.into());
    object.insert("type".to_owned(), record.kind.word().into());
    object.insert("described".to_owned(), record.description().into());
    let disagreements = record.disagreements();
    if !disagreements.is_empty() {
        object.insert("disagreements".to_owned(), disagreements.into());
    }
    Value::Object(object)
}

/// Writes where the checkpoints of a run stand, a line each.
///
/// # Errors
/// Whatever `out` answers.
pub fn write_state(out: &mut impl Write, state: &CheckpointState) -> io::Result<()> {
    let types: Vec<&str> = state.supported_types.iter().map(|kind| kind.word()).collect();
    let types = if types.is_empty() { "none".to_owned() } else { types.join(", ") };
    let next = state.next_checkpoint_seq.map_or_else(|| NOTHING.to_owned(), |seq| seq.to_string());
    let latest = state.latest.as_deref().map_or_else(|| NOTHING.to_owned(), display::one_line);
    writeln!(out, "mode: {}", state.mode.word())?;
    writeln!(out, "types: {types}")?;
    writeln!(out, "note: {}", display::one_line(&state.note))?;
    writeln!(out, "last seq: {}", state.last_checkpoint_seq)?;
    writeln!(out, "next seq: {next}")?;
    writeln!(out, "latest: {latest}")
}

/// Writes the records as a table.
///
/// # Errors
/// Whatever `out` answers.
pub fn write_list(
    out: &mut impl Write,
    records: &[StoredRecord],
    presentation: Presentation,
) -> io::Result<()> {
    let rows: Vec<[String; 6]> = records.iter().map(cells).collect();
    let red = Style { foreground: Some(Color::Indexed(1)), ..Style::default() };
    let style = |row: usize, column: usize| {
        let is_bad = records[row].content.is_err() || !records[row].disagreements().is_empty();
        if is_bad && column == SUMMARY_COLUMN { red } else { Style::default() }
    };
    TABLE.write(out, &rows, style, presentation)
}

fn cells(record: &StoredRecord) -> [String; 6] {
    let word = |text: &str| display::one_line_within(text, WIDEST_WORD);
    let nothing = || NOTHING.to_owned();
    let (seq, kind) = (record.seq.to_string(), word(record.kind.word()));
    match &record.content {
        Ok(content) => {
            let mut summary = display::plain_within(content.summary.trim(), WIDEST_SUMMARY);
            for disagreement in record.disagreements() {
                summary += &format!(" ({})", display::one_line_within(&disagreement, WIDEST_SUMMARY));
            }
            let created = content.created_at.map_or_else(nothing, |time| time.to_string());
            let log_seq = content.log_seq.map_or_else(nothing, |seq| seq.to_string());
            [seq, kind, word(content.origin.word()), created, log_seq, summary]
        }
        Err(reason) => {
            let name = display::one_line_within(&record.name, WIDEST_SUMMARY);
            let what = format!("{name}: {}", display::one_line_within(reason, WIDEST_SUMMARY));
            [seq, kind, nothing(), nothing(), nothing(), what]
        }
    }
}
