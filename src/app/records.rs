//! The checkpoints of a run, made ready to be shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::record_text::{self, TextLine};
use crate::checkpoint::{CheckpointState, Kind, Origin, StoredRecord};
use crate::run::{Manifest, Timestamp};

/// The checkpoints of a run as they were read.
#[derive(Clone, Debug, PartialEq)]
pub struct Records {
    /// Where they stand.
    pub state: CheckpointState,
    /// The records, ordered by seq, time of creation and name.
    pub records: Vec<Arc<ShownRecord>>,
}

/// A record that is ready to be shown. Everything it says is untrusted text.
#[derive(Debug, PartialEq)]
pub struct ShownRecord {
    stored: StoredRecord,
    warnings: Vec<String>,
    lines: Vec<TextLine>,
}

impl Records {
    /// Makes records ready. `raw` gives the beginning of a file that could not be read as a record.
    /// It takes as long as the records are large.
    #[must_use]
    pub fn of(
        state: CheckpointState,
        stored: Vec<StoredRecord>,
        run: &Manifest,
        raw: impl Fn(&StoredRecord) -> Option<Vec<u8>>,
    ) -> Self {
        let mut of_seq: BTreeMap<u64, usize> = BTreeMap::new();
        for record in &stored {
            *of_seq.entry(record.seq).or_default() += 1;
        }
        let ready = |stored: StoredRecord| {
            let beside = of_seq.get(&stored.seq).map_or(0, |count| count - 1);
            let warnings = warnings_of(&stored, beside, run);
            let raw = stored.content.is_err().then(|| raw(&stored)).flatten();
            let lines = record_text::lines_of(&stored, &warnings, raw.as_deref());
            Arc::new(ShownRecord { stored, warnings, lines })
        };
        Self { state, records: stored.into_iter().map(ready).collect() }
    }

    /// The index of the record in the file of that name.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.records.iter().position(|record| record.name() == name)
    }

    /// The places of the records in the log: the log seq and the seq of the record, in order.
    #[must_use]
    pub fn places(&self) -> Vec<(u64, u64)> {
        let mut places: Vec<(u64, u64)> =
            self.records.iter().filter_map(|record| Some((record.log_seq()?, record.seq()))).collect();
        places.sort_unstable();
        places
    }
}

/// What is not as it should be with a record that can be read, a sentence each.
fn warnings_of(stored: &StoredRecord, beside: usize, run: &Manifest) -> Vec<String> {
    let mut warnings = stored.disagreements();
    match beside {
        0 => {}
        1 => warnings.push(format!("another record has seq {} too: both stay", stored.seq)),
        others => warnings.push(format!("{others} other records have seq {} too: all stay", stored.seq)),
    }
    if let Ok(record) = &stored.content {
        let named = [
            ("task", &record.task_id, &run.task_id),
            ("step", &record.step_id, &run.step_id),
            ("run", &record.run_id, &run.run_id),
        ];
        for (what, says, is) in named {
            if !says.is_empty() && !is.is_empty() && says != is {
                warnings.push(format!("it says that it is of {what} {says:?}; this is {what} {is:?}"));
            }
        }
    }
    warnings
}

impl ShownRecord {
    /// Its seq: that of the file's name.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.stored.seq
    }

    /// Its type, by the file's name.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.stored.kind
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &std::path::Path {
        &self.stored.path
    }

    /// Its file's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.stored.name
    }

    /// It as `TYPE:STORAGE_PATH`.
    #[must_use]
    pub fn description(&self) -> String {
        self.stored.description()
    }

    /// Who made it; `None` where it cannot be read.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        self.stored.content.as_ref().ok().map(|record| &record.origin)
    }

    /// When it was made, if it says so.
    #[must_use]
    pub fn created_at(&self) -> Option<Timestamp> {
        self.stored.content.as_ref().ok().and_then(|record| record.created_at)
    }

    /// Its place in the log, if it says so.
    #[must_use]
    pub fn log_seq(&self) -> Option<u64> {
        self.stored.content.as_ref().ok().and_then(|record| record.log_seq)
    }

    /// What it is about, or why it cannot be read.
    #[must_use]
    pub fn summary(&self) -> &str {
        match &self.stored.content {
            Ok(record) => &record.summary,
            Err(reason) => reason,
        }
    }

    /// Whether it cannot be read.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        self.stored.content.is_err()
    }

    /// What is not as it should be, a sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// All that it says, in lines.
    #[must_use]
    pub fn lines(&self) -> &[TextLine] {
        &self.lines
    }
}
