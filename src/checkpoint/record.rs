//! A checkpoint record: what one file in `checkpoints/` says.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::kind::{Kind, Origin};
use crate::run::Timestamp;

/// The content of a checkpoint file. A reader takes any JSON object with the fields it can find,
/// and keeps the keys that it does not know.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Record {
    /// The version of the run directory's format.
    pub format: u32,
    /// The task that the run belongs to.
    #[serde(alias = "task_id")]
    pub task_id: String,
    /// The step that the run attempts.
    #[serde(alias = "step_id")]
    pub step_id: String,
    /// The run.
    #[serde(alias = "run_id")]
    pub run_id: String,
    /// The checkpoint's place among those of the run, as the record says it. Where the file's name
    /// says otherwise, the name wins; see [`super::StoredRecord::seq`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// What kind of checkpoint this is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// A UUIDv7 that names the record for good, whatever becomes of its file.
    pub id: String,
    /// When the checkpoint was made.
    #[serde(alias = "created_at", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Who made it.
    pub origin: Origin,
    /// The highest log seq that the record knows of: its place in the log.
    #[serde(alias = "log_seq", skip_serializing_if = "Option::is_none")]
    pub log_seq: Option<u64>,
    /// What it is about, in a sentence.
    pub summary: String,
    /// What belongs to its type.
    pub payload: Value,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A checkpoint to be made: what its author says. The rest of the record is filled in when it is
/// published.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRecord {
    /// What kind of checkpoint this is.
    pub kind: Kind,
    /// Who makes it.
    pub origin: Origin,
    /// The highest log seq that the author knows of.
    pub log_seq: Option<u64>,
    /// What it is about, in a sentence; never empty.
    pub summary: String,
    /// What belongs to its type.
    pub payload: Value,
}

impl Record {
    /// The bytes of the record's file: readable JSON that ends in a line end.
    pub(super) fn render(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_types_keys_and_origins_are_kept() {
        let text = r#"{"format":1,"taskId":"t","stepId":"s","runId":"r","seq":2,"type":"screenshot","id":"x",
            "createdAt":"2026-03-21T08:00:00.000Z","origin":"robot","summary":"seen","payload":{"a":[1]},"weather":{"rain":true}}"#;
        let record: Record = serde_json::from_str(text).unwrap();
        assert_eq!(record.kind, Kind::Other("screenshot".into()));
        let written: Value = serde_json::to_value(&record).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn a_record_without_an_origin_came_from_the_runner() {
        let record: Record = serde_json::from_str(r#"{"type":"summary","log_seq":4}"#).unwrap();
        assert_eq!((record.origin, record.log_seq), (Origin::Runner, Some(4)));
    }
}
