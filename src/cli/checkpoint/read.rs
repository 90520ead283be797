//! The commands that read checkpoints back.

use std::io::Write as _;

use color_eyre::eyre::WrapErr as _;

use crate::checkpoint::StoredRecord;
use crate::display;
use crate::report::checkpoint::{json, write_list, write_record, write_state};
use crate::report::entry::write_json;

use super::{Failure, Outcome, Output, Run, for_reading, name, settle};
use crate::cli::{output_failed, say};

/// List the checkpoints of a run
///
/// Where they stand comes first: whether they are made, of which types, and which seq is next. Then
/// every record in the order of its seq, whoever made it; one that cannot be read says why.
///
/// Exit status: 0 done, 3 when the run cannot be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch checkpoint list run-7
  stepwatch checkpoint list run-7 --json | jq -s '.[0].nextCheckpointSeq'
  stepwatch checkpoint list run-7 --json | jq -r 'select(.type == \"summary\") | .summary'")]
pub(super) struct List {
    #[command(flatten)]
    run: Run,
    /// Print JSON: the state {"mode","supportedTypes","note","lastCheckpointSeq",
    /// "nextCheckpointSeq","latest"}, then a record a line.
    #[arg(long)]
    json: bool,
}

/// Show a checkpoint of a run
///
/// On a terminal, what could do harm there is made visible; in a pipe its texts are verbatim. Where
/// several records have the same seq, all of them are shown.
///
/// Exit status: 0 done, 3 when there is no such checkpoint or it cannot be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch checkpoint show run-7 2
  stepwatch checkpoint show run-7 0198b2c4-7d00-7abc-8def-0123456789ab
  stepwatch checkpoint show run-7 3 --json | jq -r .payload.patch | git apply")]
pub(super) struct Show {
    #[command(flatten)]
    run: Run,
    /// The seq of a checkpoint, or its id.
    #[arg(value_name = "SEQ-OR-ID")]
    which: String,
    /// Print a JSON object: the record, with `described` as TYPE:STORAGE_PATH.
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let run = self.run.directory()?;
        settle(&run);
        let checkpoints = for_reading(&run);
        let records = checkpoints.list().wrap_err_with(|| cannot_list(&name(&run)))?;
        let state = checkpoints.state();
        let presentation = output.presentation();
        if self.json {
            write_json(output, &state, presentation).map_err(output_failed)?;
            for record in &records {
                write_json(output, &json(record), presentation).map_err(output_failed)?;
            }
            return Ok(Outcome::Done);
        }
        write_state(output, &state).map_err(output_failed)?;
        if !records.is_empty() {
            output.write_all(b"\n").map_err(output_failed)?;
            write_list(output, &records, presentation).map_err(output_failed)?;
        }
        Ok(Outcome::Done)
    }
}

impl Show {
    pub(super) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let run = self.run.directory()?;
        settle(&run);
        let records = for_reading(&run).list().wrap_err_with(|| cannot_list(&name(&run)))?;
        let seqs = seqs(&records);
        let found: Vec<StoredRecord> = records.into_iter().filter(|record| self.means(record)).collect();
        if found.is_empty() {
            return Err(Failure::could_not(format!(
                "{} has no checkpoint {}; {seqs}",
                name(&run),
                display::one_line(&self.which)
            )));
        }
        if found.len() > 1 {
            say(&format!("note: {} records have the seq or id {}; all are shown", found.len(), self.which));
        }
        let presentation = output.presentation();
        for (number, record) in found.iter().enumerate() {
            let written = if self.json {
                write_json(output, &json(record), presentation)
            } else {
                let separator = if number > 0 { "\n" } else { "" };
                output
                    .write_all(separator.as_bytes())
                    .and_then(|()| write_record(output, record, presentation))
            };
            written.map_err(output_failed)?;
        }
        match found.iter().find_map(|record| Some((record, record.content.as_ref().err()?))) {
            Some((record, reason)) => {
                Err(Failure::could_not(format!("{}: {reason}", display::path(&record.path))))
            }
            None => Ok(Outcome::Done),
        }
    }

    /// By seq, or by id, which names a record whatever its seq is.
    fn means(&self, record: &StoredRecord) -> bool {
        let by_seq = self.which.parse() == Ok(record.seq);
        by_seq || record.content.as_ref().is_ok_and(|content| content.id == self.which)
    }
}

/// Which seqs there are, for whoever named another one.
fn seqs(records: &[StoredRecord]) -> String {
    match (records.first(), records.last()) {
        (Some(first), Some(last)) if first.seq < last.seq => {
            format!("it has {} from seq {} to {}", records.len(), first.seq, last.seq)
        }
        (Some(only), _) => format!("it has seq {}", only.seq),
        _ => "it has none".to_owned(),
    }
}

fn cannot_list(name: &str) -> String {
    format!("the checkpoints of {name} cannot be listed")
}
