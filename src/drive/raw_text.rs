//! The beginning of a file that is no checkpoint record, to be shown as it stands. As every file in
//! a run directory it may be anything: it is reached by name in its folder, links are not followed,
//! and nothing but a regular file is read.

use std::fs::File;
use std::io::Read as _;

use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::checkpoint::StoredRecord;
use crate::run::RunDirectory;

/// How much of the file is shown, in bytes.
const SHOWN: u64 = 64 << 10;

/// The beginning of the record's file; `None` where it is nothing that can be read.
pub(super) fn of(directory: &RunDirectory, record: &StoredRecord) -> Option<Vec<u8>> {
    let name = record.path.file_name()?;
    let path = directory.checkpoints();
    let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let run = openat(CWD, directory.path(), folder, Mode::empty()).ok()?;
    let checkpoints = openat(&run, path.file_name()?, folder | OFlags::NOFOLLOW, Mode::empty()).ok()?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = File::from(openat(&checkpoints, name, flags, Mode::empty()).ok()?);
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(SHOWN).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
