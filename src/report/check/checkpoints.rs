//! The folder of checkpoint records, held against the contract.

use std::fs;

use serde::Serialize;

use crate::checkpoint::Checkpoints;
use crate::run::{RunDirectory, record_name};

/// What was found in `checkpoints/`. All names are untrusted text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckpointCheck {
    /// How many files have the name of a record.
    pub records: u64,
    /// Names that are not `NNNN-TYPE.json`.
    pub bad_names: Vec<String>,
    /// Records whose name and content disagree on the seq or the type. The name wins.
    pub clashes: Vec<BadRecord>,
    /// Records that cannot be read.
    pub unreadable: Vec<BadRecord>,
}

/// A record that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BadRecord {
    /// The file's name.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
}

impl CheckpointCheck {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.bad_names.is_empty() && self.clashes.is_empty() && self.unreadable.is_empty()
    }
}

/// Reads every record of the run.
#[must_use]
pub fn check(directory: &RunDirectory) -> CheckpointCheck {
    let is_record = |name: &String| record_name::parse(name.as_bytes()).is_some();
    let mut check = CheckpointCheck {
        bad_names: all_names(directory).into_iter().filter(|name| !is_record(name)).collect(),
        ..CheckpointCheck::default()
    };
    for record in Checkpoints::new(directory.clone(), &directory.identity()).records() {
        check.records += 1;
        let disagreements = record.disagreements().join("; ");
        if !disagreements.is_empty() {
            check.clashes.push(BadRecord { name: record.name, reason: disagreements });
        } else if let Err(reason) = record.content {
            check.unreadable.push(BadRecord { name: record.name, reason });
        }
    }
    check
}

/// All names in the folder but those that begin with a dot, which are a writer's own.
fn all_names(directory: &RunDirectory) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory.checkpoints()) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_clashes_and_unreadable_records_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDirectory::alone(folder.path());
        assert_eq!(check(&run), CheckpointCheck::default());
        fs::create_dir(run.checkpoints()).unwrap();
        for (name, content) in [
            ("0001-summary.json", r#"{"seq":1,"type":"summary","payload":{}}"#),
            ("0002-log_tail.json", r#"{"seq":3,"type":"log_tail"}"#),
            ("0004-x-y.json", r#"{"seq":4,"type":"x"}"#),
            ("12345-new.json", r#"{"seq":12345,"type":"new"}"#),
            ("0005-summary.json", "{"),
            (".0006-summary.json.tmp", "{"),
            ("notes.md", ""),
        ] {
            fs::write(run.checkpoints().join(name), content).unwrap();
        }
        let found = check(&run);
        let names = |records: &[BadRecord]| -> Vec<String> {
            records.iter().map(|record| record.name.clone()).collect()
        };
        assert_eq!(found.records, 5);
        assert_eq!(found.bad_names, ["notes.md"]);
        assert_eq!(names(&found.clashes), ["0002-log_tail.json", "0004-x-y.json"]);
        assert_eq!(names(&found.unreadable), ["0005-summary.json"]);
        assert!(!found.is_ok());
    }
}
