//! Hints from the file system that something changed. They may be late, doubled or missing:
//! nothing depends on one arriving.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};

use notify::event::ModifyKind;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::identity::Identity;
use crate::run::directory::{CHECKPOINTS, LOGS, RunDirectory};

/// What a hint is about.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    everything: Arc<AtomicBool>,
}

impl Hints {
    /// Whether anything but the growth of known log files was hinted at since the last call.
    #[must_use]
    pub fn take_everything(&self) -> bool {
        self.everything.swap(false, Ordering::AcqRel)
    }
}

/// What an event of the file system hints at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hint {
    /// Nothing that concerns the run.
    Nothing,
    /// Known log files may have grown.
    Growth,
    /// Anything may have changed.
    Everything,
}

/// What the event hints at, for the run in the folder `run`.
fn hint_of(event: &notify::Result<notify::Event>, run: &Path) -> Hint {
    let Ok(event) = event else { return Hint::Everything };
    // Events were lost, and with them their paths. This is looked at before the paths.
    if event.need_rescan() || event.paths.is_empty() {
        return Hint::Everything;
    }
    // Our own reads come back as events; the parent is watched for the run directory itself, not for
    // its neighbours.
    let is_own_read = matches!(event.kind, EventKind::Access(_));
    if is_own_read || !event.paths.iter().any(|path| path.starts_with(run)) {
        return Hint::Nothing;
    }
    let is_data = matches!(event.kind, EventKind::Modify(ModifyKind::Data(_)));
    if is_data && event.paths.iter().all(|path| is_log(path)) { Hint::Growth } else { Hint::Everything }
}

/// Watches the folders of a run: itself, `logs`, `checkpoints`, and its parent, because a folder
/// that is removed and made again is not seen by a watch on the old one. Never recursively: files
/// in fresh folders are missed then.
#[derive(Debug)]
pub struct FolderWatch {
    watcher: RecommendedWatcher,
    folders: Vec<PathBuf>,
    watched: Vec<(PathBuf, Identity)>,
}

impl FolderWatch {
    /// Begins to watch; `wake` gets a unit for every hint, none is kept back when it is full.
    ///
    /// # Errors
    /// Where the system has no watcher left; the caller polls then.
    pub fn new(directory: &RunDirectory, wake: SyncSender<()>, hints: &Hints) -> notify::Result<Self> {
        let everything = Arc::clone(&hints.everything);
        let run = std::path::absolute(directory.path()).unwrap_or_else(|_| directory.path().to_owned());
        let own = run.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            match hint_of(&event, &own) {
                Hint::Nothing => return,
                Hint::Growth => {}
                Hint::Everything => everything.store(true, Ordering::Release),
            }
            match wake.try_send(()) {
                // A full channel already wakes the reader, a closed one has none.
                Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
            }
        })?;
        let mut folders = vec![run.clone(), run.join(LOGS), run.join(CHECKPOINTS)];
        folders.extend(run.parent().map(Path::to_owned));
        Ok(Self { watcher, folders, watched: Vec::new() })
    }

    /// Watches what is there now: folders that appeared, or that are others than before. Must be
    /// called before the files are looked at, so that nothing falls between.
    ///
    /// # Errors
    /// The first refusal of the system, for example that it has no watches left.
    pub fn renew(&mut self) -> notify::Result<()> {
        for folder in &self.folders {
            let identity = fs::metadata(folder).ok().map(|metadata| Identity::of(&metadata));
            let known = self.watched.iter().position(|(path, _)| path == folder);
            match (identity, known) {
                (Some(identity), Some(known)) if self.watched[known].1 == identity => {}
                (Some(identity), known) => {
                    if let Some(known) = known {
                        self.watched.swap_remove(known);
                        // The watch may have ended with its folder already.
                        let _ = self.watcher.unwatch(folder);
                    }
                    self.watcher.watch(folder, RecursiveMode::NonRecursive)?;
                    self.watched.push((folder.clone(), identity));
                }
                (None, Some(known)) => {
                    self.watched.swap_remove(known);
                    let _ = self.watcher.unwatch(folder);
                }
                (None, None) => {}
            }
        }
        Ok(())
    }
}

/// Why the file system of `directory` tells of no changes, if it does not: changes that other hosts
/// make on a network file system are not told here, and of a file system that is not known nothing
/// is known. So the list holds those that do tell. `overlay` is one of them: of a file that is copied
/// up while it is open the watch on its folder tells, and the safety tick sees the rest.
#[cfg(target_os = "linux")]
pub fn tells_of_no_changes(directory: &Path) -> Option<String> {
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    // Before the directory is made its file system is that of the folder it will be made in.
    let found = absolute.ancestors().find_map(|folder| rustix::fs::statfs(folder).ok())?;
    let magic = u32::try_from(found.f_type & 0xffff_ffff).unwrap_or(0);
    let name = match magic {
        _ if LOCAL_FILE_SYSTEMS.contains(&magic) => return None,
        0x6969 => "nfs",
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => "smb",
        0x0102_1997 => "9p",
        0x6573_5546 => "fuse or virtiofs",
        0x00c3_6400 => "ceph",
        0x5346_414f => "afs",
        _ => return Some(format!("it is not known whether file system {magic:#x} tells of changes")),
    };
    Some(format!("the file system ({name}) does not tell of all changes"))
}

/// Elsewhere the watcher is taken at its word.
#[cfg(not(target_os = "linux"))]
pub fn tells_of_no_changes(_directory: &Path) -> Option<String> {
    None
}

/// The numbers of the file systems that tell of every change: ext2 to ext4, xfs, btrfs, bcachefs,
/// tmpfs, ramfs, overlay, f2fs, zfs, jfs, reiserfs, nilfs, ecryptfs, vfat, exfat, ntfs3, hfsplus, udf,
/// iso9660, squashfs, erofs.
#[cfg(target_os = "linux")]
const LOCAL_FILE_SYSTEMS: [u32; 21] = [
    0xef53,
    0x5846_5342,
    0x9123_683e,
    0xca45_1a4e,
    0x0102_1994,
    0x8584_58f6,
    0x794c_7630,
    0xf2f5_2010,
    0x2fc1_2fc1,
    0x3153_464a,
    0x5265_4973,
    0x3434,
    0xf15f,
    0x4d44,
    0x2011_bab0,
    0x7366_746e,
    0x482b,
    0x1501_3346,
    0x9660,
    0x7371_7368,
    0xe0f5_e1e2,
];

fn is_log(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| crate::run::directory::LOG_ENDINGS.contains(&ending))
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, CreateKind, DataChange, Flag};

    use super::*;

    fn hint(kind: EventKind, path: &str) -> Hint {
        hint_of(&Ok(notify::Event::new(kind).add_path(path.into())), Path::new("/root/run"))
    }

    #[test]
    fn only_growth_of_logs_is_looked_at_alone_and_own_reads_and_neighbours_not_at_all() {
        let data = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        assert_eq!(hint(data, "/root/run/stdout.jsonl"), Hint::Growth);
        assert_eq!(hint(data, "/root/run/state.json"), Hint::Everything);
        assert_eq!(hint(EventKind::Create(CreateKind::File), "/root/run/stderr.jsonl"), Hint::Everything);
        assert_eq!(hint(EventKind::Create(CreateKind::Folder), "/root/run"), Hint::Everything);
        assert_eq!(hint(EventKind::Access(AccessKind::Any), "/root/run/stdout.jsonl"), Hint::Nothing);
        assert_eq!(hint(EventKind::Create(CreateKind::Folder), "/root/run-2"), Hint::Nothing);
    }

    #[test]
    fn a_rescan_and_an_error_make_everything_be_looked_at() {
        let run = Path::new("/root/run");
        let rescan = notify::Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(hint_of(&Ok(rescan), run), Hint::Everything);
        assert_eq!(hint_of(&Err(notify::Error::generic("overflow")), run), Hint::Everything);
        let access = notify::Event::new(EventKind::Access(AccessKind::Any)).set_flag(Flag::Rescan);
        assert_eq!(hint_of(&Ok(access.add_path("/elsewhere".into())), run), Hint::Everything);
    }
}
