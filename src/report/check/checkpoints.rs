//! The folder of checkpoint records, held against the contract.

use std::fs;

use serde::Serialize;
use serde_json::Value;

use crate::checkpoint::{Checkpoints, Kind, Record};
use crate::run::{FORMAT, Manifest, RunDirectory, record_name};

/// What was found in `checkpoints/`. All names are untrusted text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckpointCheck {
    /// How many files have the name of a record.
    pub records: u64,
    /// Names that are not `NNNN-TYPE.json`, with the seq in four digits or in as many as it needs.
    pub bad_names: Vec<String>,
    /// Records whose name and content disagree on the seq or the type, of which the name wins; and those
    /// that disagree with the run or with one another.
    pub clashes: Vec<BadRecord>,
    /// Records that cannot be read, or not as what they say they are.
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

/// Reads every record of the run. Keys that are missing are none of its findings: a reader does without
/// them.
#[must_use]
pub fn check(directory: &RunDirectory) -> CheckpointCheck {
    let is_record = |name: &String| {
        record_name::parse(name.as_bytes()).is_some() && record_name::is_padded(name.as_bytes())
    };
    let mut check = CheckpointCheck {
        bad_names: all_names(directory).into_iter().filter(|name| !is_record(name)).collect(),
        ..CheckpointCheck::default()
    };
    let identity = directory.identity();
    let records = Checkpoints::new(directory.clone(), &identity).records();
    for (place, record) in records.iter().enumerate() {
        check.records += 1;
        let mut clashes = record.disagreements();
        // They are in the order of their seqs.
        let neighbours = [place.checked_sub(1), place.checked_add(1)];
        for other in neighbours.into_iter().flatten().filter_map(|place| records.get(place)) {
            if other.seq == record.seq {
                clashes.push(format!("{} has the same seq", other.name));
            }
        }
        let mut wrong = Vec::new();
        match &record.content {
            Ok(content) => {
                clashes.extend(of_another_run(content, &identity));
                wrong.extend(wrong_format(content));
                wrong.extend(wrong_payload(&record.kind, &content.payload));
            }
            Err(reason) => wrong.push(reason.clone()),
        }
        let is_clash = !clashes.is_empty();
        let reasons = [clashes, wrong].concat();
        let bad = BadRecord { name: record.name.clone(), reason: reasons.join("; ") };
        match (is_clash, reasons.is_empty()) {
            (true, _) => check.clashes.push(bad),
            (false, false) => check.unreadable.push(bad),
            (false, true) => {}
        }
    }
    check
}

/// What a record says of its run that is not so.
fn of_another_run(record: &Record, identity: &Manifest) -> Vec<String> {
    let ids = [
        ("taskId", &record.task_id, &identity.task_id),
        ("stepId", &record.step_id, &identity.step_id),
        ("runId", &record.run_id, &identity.run_id),
    ];
    ids.into_iter()
        .filter(|(_, says, is)| !says.is_empty() && !is.is_empty() && says != is)
        .map(|(key, says, is)| format!("its {key} is {says:?}, that of the run {is:?}"))
        .collect()
}

fn wrong_format(record: &Record) -> Option<String> {
    // None is written as 0.
    let is_known = record.format == 0 || record.format == FORMAT;
    (!is_known).then(|| format!("its format is {}, of which only {FORMAT} is known here", record.format))
}

/// A key, whether its value has the type that it should have, and what that is called.
type Key = (&'static str, fn(&Value) -> bool, &'static str);

/// What of a payload is not of the type that the contract gives it.
fn wrong_payload(kind: &Kind, payload: &Value) -> Vec<String> {
    let texts = |value: &Value| value.as_array().is_some_and(|all| all.iter().all(Value::is_string));
    let (required, optional): (&[Key], &[Key]) = match kind {
        Kind::Summary => (&[], &[("detail", Value::is_string, "a text")]),
        Kind::LogTail => (
            &[("lines", texts, "a list of texts")],
            &[("source", Value::is_string, "a text"), ("truncated", Value::is_boolean, "true or false")],
        ),
        Kind::GitDiff => (
            &[("patch", Value::is_string, "a text")],
            &[
                ("baseRef", Value::is_string, "a text"),
                ("head", Value::is_string, "a text"),
                ("stat", Value::is_string, "a text"),
                ("truncated", Value::is_boolean, "true or false"),
            ],
        ),
        Kind::Other(_) => return Vec::new(),
    };
    let is_left_out = payload.is_null() && required.is_empty();
    if !payload.is_object() && !is_left_out {
        return vec!["its payload is no object".to_owned()];
    }
    let value = |key: &str| payload.get(key).filter(|value| !value.is_null());
    let missing = required.iter().filter(|(key, ..)| value(key).is_none());
    let missing = missing.map(|(key, ..)| format!("its payload has no {key}"));
    let wrong = required.iter().chain(optional);
    let wrong = wrong.filter(|(key, is_right, _)| value(key).is_some_and(|value| !is_right(value)));
    missing.chain(wrong.map(|(key, _, right)| format!("{key} in its payload is not {right}"))).collect()
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

    #[test]
    fn records_that_are_not_what_they_say_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDirectory::alone(folder.path());
        fs::create_dir(run.checkpoints()).unwrap();
        fs::write(folder.path().join("run.json"), r#"{"taskId":"t","runId":"r"}"#).unwrap();
        let huge = "18446744073709551616-summary.json";
        for (name, content) in [
            ("0001-summary.json", r#"{"seq":1,"type":"summary","runId":"other","payload":{}}"#),
            ("0002-summary.json", r#"{"seq":2,"type":"summary","payload":{"detail":7}}"#),
            ("0003-log_tail.json", r#"{"seq":3,"type":"log_tail","payload":{"lines":[1]}}"#),
            ("0004-log_tail.json", r#"{"seq":4,"type":"log_tail","payload":[]}"#),
            ("0005-git_diff.json", r#"{"seq":5,"type":"git_diff","payload":{"truncated":"no"}}"#),
            ("0006-summary.json", r#"{"format":99,"seq":6,"type":"summary"}"#),
            ("0007-note.json", r#"{"seq":7,"type":"note","payload":[1]}"#),
            ("0007-summary.json", r#"{"seq":7,"type":"summary"}"#),
            ("31-summary.json", r#"{"seq":31,"type":"summary"}"#),
            (huge, r#"{"seq":8,"type":"summary"}"#),
        ] {
            fs::write(run.checkpoints().join(name), content).unwrap();
        }
        let found = check(&run);
        let told = |records: &[BadRecord]| -> Vec<(String, String)> {
            records.iter().map(|record| (record.name.clone(), record.reason.clone())).collect()
        };
        let expected = |all: &[(&str, &str)]| -> Vec<(String, String)> {
            all.iter().map(|(name, reason)| ((*name).to_owned(), (*reason).to_owned())).collect()
        };
        assert_eq!(found.records, 10);
        assert_eq!(found.bad_names, ["31-summary.json"]);
        let clashes = [
            ("0001-summary.json", r#"its runId is "other", that of the run "r""#),
            ("0007-note.json", "0007-summary.json has the same seq"),
            ("0007-summary.json", "0007-note.json has the same seq"),
            (huge, "the name says seq 18446744073709551616, the content says 8"),
        ];
        assert_eq!(told(&found.clashes), expected(&clashes));
        let unreadable = [
            ("0002-summary.json", "detail in its payload is not a text"),
            ("0003-log_tail.json", "lines in its payload is not a list of texts"),
            ("0004-log_tail.json", "its payload is no object"),
            ("0005-git_diff.json", "its payload has no patch; truncated in its payload is not true or false"),
            ("0006-summary.json", "its format is 99, of which only 1 is known here"),
        ];
        assert_eq!(told(&found.unreadable), expected(&unreadable));
    }
}
