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
