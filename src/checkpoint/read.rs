//! Reading the folder of checkpoints. Every file with a record's name is listed, also one that
//! cannot be read: then with the reason.

use std::cmp::Reverse;
use std::io;
use std::path::PathBuf;

use super::folder::Folder;
use super::kind::Kind;
use super::name;
use super::record::Record;
use crate::run::directory::CHECKPOINTS;
use crate::run::{MAX_SEQ, RunDirectory, Timestamp};

/// The largest record that is read or written, in bytes.
pub const RECORD_LIMIT: u64 = 256 << 20;

/// A file in the folder of checkpoints that has a record's name.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRecord {
    /// The record's seq: that of the file's name, whatever its content says. A number in the name
    /// that is past every integer is the largest there is.
    pub seq: u64,
    /// The record's type by the file's name.
    pub kind: Kind,
    /// The file's name, for showing. Untrusted text.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What the record says, or in a sentence why it cannot be read.
    pub content: Result<Record, String>,
}

impl StoredRecord {
    /// The checkpoint as `TYPE:STORAGE_PATH`, for example `log_tail:checkpoints/0002-log_tail.json`.
    #[must_use]
    pub fn description(&self) -> String {
        describe(&self.kind, &self.name)
    }

    /// Where the content says otherwise than the name, in a sentence each. The name wins.
    #[must_use]
    pub fn disagreements(&self) -> Vec<String> {
        let mut found = Vec::new();
        let Ok(record) = &self.content else { return found };
        let name = match self.seq {
            // That stands for every number that is too large: what the name says is told as it stands.
            u64::MAX => self.name.split('-').next().unwrap_or_default().to_owned(),
            seq => seq.to_string(),
        };
        match record.seq {
            Some(seq) if seq == self.seq => {}
            Some(seq) => found.push(format!("the name says seq {name}, the content says {seq}")),
            None => found.push(format!("the name says seq {name}, the content says none")),
        }
        if record.kind != self.kind {
            found.push(format!(
                "the name says type {}, the content says {}",
                self.kind.word(),
                record.kind.word()
            ));
        }
        found
    }

    fn created_at(&self) -> Option<Timestamp> {
        self.content.as_ref().ok().and_then(|record| record.created_at)
    }
}

/// `TYPE:STORAGE_PATH`.
pub(super) fn describe(kind: &Kind, name: &str) -> String {
    format!("{kind}:{CHECKPOINTS}/{name}")
}

/// The folder of checkpoints; `None` where there is none yet.
pub(super) fn open_folder(directory: &RunDirectory) -> io::Result<Option<Folder>> {
    let folder = Folder::at(directory.path()).and_then(|run| run.folder(CHECKPOINTS));
    match folder {
        Ok(folder) => Ok(Some(folder)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let reason = format!("{CHECKPOINTS} is a link or no folder; it is not followed");
            Err(io::Error::new(io::ErrorKind::PermissionDenied, reason))
        }
        Err(error) => Err(error),
    }
}

/// The records in `folder`, ordered by seq, time of creation and name.
pub(super) fn records(folder: &Folder, names: &[Vec<u8>]) -> Vec<StoredRecord> {
    let mut records: Vec<StoredRecord> = names.iter().filter_map(|name| stored(folder, name)).collect();
    records.sort_by_cached_key(|record| (record.seq, record.created_at(), record.name.clone()));
    records
}

/// The last of the records that have a usable seq. Reads only those of the highest one.
pub(super) fn latest(folder: &Folder, names: &[Vec<u8>]) -> Option<StoredRecord> {
    let mut numbered: Vec<(u64, Vec<u8>)> = names
        .iter()
        .filter_map(|name| Some((name::parse(name)?.0, name.clone())))
        .filter(|(seq, _)| *seq <= MAX_SEQ)
        .collect();
    numbered.sort_by_key(|(seq, _)| Reverse(*seq));
    let highest = numbered.first()?.0;
    let candidates: Vec<Vec<u8>> =
        numbered.into_iter().take_while(|(seq, _)| *seq == highest).map(|(_, name)| name).collect();
    records(folder, &candidates).pop()
}

fn stored(folder: &Folder, name: &[u8]) -> Option<StoredRecord> {
    use std::os::unix::ffi::OsStrExt as _;
    let (seq, kind) = name::parse(name)?;
    let content = match folder.read(name, RECORD_LIMIT) {
        Ok(bytes) => decode(&bytes),
        Err(error) => Err(format!("it cannot be read: {error}")),
    };
    Some(StoredRecord {
        seq,
        kind,
        name: String::from_utf8_lossy(name).into_owned(),
        path: folder.path().join(std::ffi::OsStr::from_bytes(name)),
        content,
    })
}

fn decode(bytes: &[u8]) -> Result<Record, String> {
    // A struct can also be read from an array of its fields, which is no record.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err("it is no checkpoint record: not a JSON object".to_owned());
    }
    serde_json::from_slice(bytes).map_err(|error| format!("it is no checkpoint record: {error}"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read_all(path: &std::path::Path) -> Vec<StoredRecord> {
        let folder = Folder::at(path).unwrap();
        records(&folder, &folder.names().unwrap())
    }

    #[test]
    fn records_are_ordered_by_seq_time_and_name_and_the_name_wins() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("0002-summary.json", r#"{"seq":9,"type":"note","createdAt":"2026-03-21T08:00:01Z"}"#),
            ("0002-a.json", r#"{"seq":2,"type":"a","createdAt":"2026-03-21T08:00:02Z"}"#),
            ("10-log_tail.json", r#"{"seq":10,"type":"log_tail"}"#),
            ("0001-git_diff.json", r#"{"type":"git_diff"}"#),
            ("0003-summary.json.tmp", "{"),
            ("readme.txt", ""),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let found = read_all(folder.path());
        let names: Vec<&str> = found.iter().map(|record| record.name.as_str()).collect();
        assert_eq!(names, ["0001-git_diff.json", "0002-summary.json", "0002-a.json", "10-log_tail.json"]);
        assert_eq!(found[0].disagreements(), ["the name says seq 1, the content says none"]);
        assert_eq!(found[1].disagreements().len(), 2);
        assert_eq!(found[1].seq, 2);
        assert!(found[3].disagreements().is_empty());
        assert_eq!(found[3].description(), "log_tail:checkpoints/10-log_tail.json");
    }

    #[test]
    fn s12_what_cannot_be_read_is_listed_with_the_reason_and_never_blocks() {
        let outside = tempfile::NamedTempFile::new().unwrap();
        fs::write(outside.path(), r#"{"type":"summary"}"#).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, at("0001-summary.json"), fifo, rustix::fs::Mode::RUSR, 0)
            .unwrap();
        std::os::unix::fs::symlink(outside.path(), at("0002-summary.json")).unwrap();
        fs::write(at("0003-summary.json"), "[".repeat(100_000)).unwrap();
        fs::write(at("0004-summary.json"), format!("{{\"payload\":{}", "[".repeat(100_000))).unwrap();
        fs::File::create(at("0005-summary.json")).unwrap().set_len(RECORD_LIMIT + 1).unwrap();
        fs::create_dir(at("0006-summary.json")).unwrap();
        fs::write(at("0007-summary.json"), r#"["a"]"#).unwrap();
        fs::write(at("0008-summary.json"), b"{\"summary\":\"\xff\"}").unwrap();
        fs::write(at("99999999999999999999999-summary.json"), "{}").unwrap();
        let reasons: Vec<String> = read_all(folder.path())
            .into_iter()
            .map(|record| record.content.err().unwrap_or_default())
            .collect();
        let expected = [
            "not a regular file",
            "is a link",
            "not a JSON object",
            "recursion limit",
            "268435457 bytes long",
            "not a regular file",
            "not a JSON object",
            "invalid unicode",
            "",
        ];
        assert_eq!(reasons.len(), expected.len());
        for (reason, expected) in reasons.iter().zip(expected) {
            assert!(reason.contains(expected), "{reason:?} says {expected:?}");
        }
    }
}
