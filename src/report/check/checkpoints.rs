//! The folder of checkpoint records, held against the contract.

use std::fs;
use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use crate::run::RunDirectory;

/// The largest record that is read, in bytes.
const RECORD_LIMIT: u64 = 256 << 20;

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

/// As much of a record as is compared with its name.
#[derive(Deserialize)]
struct Head {
    seq: Option<serde_json::Value>,
    #[serde(rename = "type")]
    kind: Option<serde_json::Value>,
}

/// Reads every record of the run.
#[must_use]
pub fn check(directory: &RunDirectory) -> CheckpointCheck {
    let mut check = CheckpointCheck::default();
    for name in all_names(directory) {
        let Some((seq, kind)) = parse(&name) else {
            check.bad_names.push(name);
            continue;
        };
        check.records += 1;
        match read(directory, &name) {
            Ok(head) => {
                if let Some(reason) = clash(seq, kind, &head) {
                    check.clashes.push(BadRecord { name, reason });
                }
            }
            Err(error) => check.unreadable.push(BadRecord { name, reason: error.to_string() }),
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

/// The seq and the type in a record's name. A number past every integer is the largest there is.
fn parse(name: &str) -> Option<(u64, &str)> {
    let (digits, kind) = name.strip_suffix(".json")?.split_once('-')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !kind.is_empty()).then(|| (digits.parse().unwrap_or(u64::MAX), kind))
}

fn read(directory: &RunDirectory, name: &str) -> io::Result<Head> {
    let file = directory.open(&directory.checkpoints().join(name))?;
    let length = file.metadata()?.len();
    if length > RECORD_LIMIT {
        let reason = format!("{length} bytes are more than the {RECORD_LIMIT} that a record may have");
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    let mut bytes = Vec::new();
    file.take(RECORD_LIMIT).read_to_end(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}

fn clash(seq: u64, kind: &str, head: &Head) -> Option<String> {
    match &head.seq {
        None => return Some(format!("the name says seq {seq}, the content says none")),
        Some(inner) if inner.as_u64() != Some(seq) => {
            return Some(format!("the name says seq {seq}, the content says {inner}"));
        }
        Some(_) => {}
    }
    match &head.kind {
        None => Some(format!("the name says type {kind}, the content says none")),
        Some(inner) if inner.as_str() != Some(kind) => {
            Some(format!("the name says type {kind}, the content says {inner}"))
        }
        Some(_) => None,
    }
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
