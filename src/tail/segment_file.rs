//! The open file of a segment, which is closed while nobody reads it when there are many, and
//! opened again where it is needed.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::identity::{Identity, read_at};
use crate::run::RunDirectory;

/// A file that can be read for as long as it is at its path, or held open.
#[derive(Clone, Debug)]
pub struct SegmentFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: RunDirectory,
    identity: Identity,
    handle: Mutex<Handle>,
    handles: Handles,
}

#[derive(Debug)]
struct Handle {
    path: PathBuf,
    open: Option<Arc<File>>,
    /// It stands at no path any more: once closed, it could not be opened again.
    is_held: bool,
}

/// The open files of a run: so many at most, the one that was used longest ago is closed first.
#[derive(Clone, Debug)]
pub struct Handles {
    most: usize,
    open: Arc<Mutex<VecDeque<Weak<Inner>>>>,
}

impl Default for Handles {
    /// A quarter of what the process may open, so that everything else finds room too.
    fn default() -> Self {
        Self::with_most(open_file_limit().map_or(MOST_OPEN, |limit| (limit / 4).clamp(8, MOST_OPEN)))
    }
}

/// More files than this are never kept open, however many the process may open.
const MOST_OPEN: usize = 1024;

impl Handles {
    /// Keeps at most so many files open.
    #[must_use]
    pub fn with_most(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// How many files are kept open at most.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }

    /// Whether so many files are held that none could be open besides them.
    #[must_use]
    pub fn are_all_held(&self) -> bool {
        let open = lock(&self.open);
        let held = open.iter().filter_map(Weak::upgrade).filter(|file| lock(&file.handle).is_held);
        held.count() >= self.most
    }

    /// Notes that the file was used last, and closes those used longest ago that are too many.
    fn used(&self, file: &Arc<Inner>) {
        let mut open = lock(&self.open);
        open.retain(|other| other.strong_count() > 0 && !std::ptr::eq(other.as_ptr(), Arc::as_ptr(file)));
        open.push_back(Arc::downgrade(file));
        let mut surplus = open.len().saturating_sub(self.most);
        open.retain(|other| {
            let Some(other) = other.upgrade().filter(|_| surplus > 0) else { return true };
            let mut handle = lock(&other.handle);
            if handle.is_held || Arc::ptr_eq(&other, file) {
                return true;
            }
            handle.open = None;
            surplus -= 1;
            false
        });
    }
}

impl SegmentFile {
    /// Takes in a file that was opened at `path`.
    ///
    /// # Errors
    /// Whatever the file system answers when it is asked which file this is.
    pub fn new(directory: &RunDirectory, path: &Path, file: File, handles: &Handles) -> io::Result<Self> {
        let identity = Identity::of(&file.metadata()?);
        let handle = Handle { path: path.to_owned(), open: Some(Arc::new(file)), is_held: false };
        let inner = Inner {
            directory: directory.clone(),
            identity,
            handle: Mutex::new(handle),
            handles: handles.clone(),
        };
        let file = Self(Arc::new(inner));
        handles.used(&file.0);
        Ok(file)
    }

    /// Which file it is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.0.identity
    }

    /// The file, opened again if it was closed.
    ///
    /// # Errors
    /// Whatever the file system answers; `NotFound` where another file is at its path now.
    pub fn open(&self) -> io::Result<Arc<File>> {
        let mut handle = lock(&self.0.handle);
        let (file, was_open) = match &handle.open {
            Some(file) => (Arc::clone(file), true),
            None => (Arc::new(self.0.directory.open(&handle.path)?), false),
        };
        if !was_open && Identity::of(&file.metadata()?) != self.0.identity {
            let text = format!("another file is at {} now", handle.path.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        let is_held = handle.is_held;
        handle.open = Some(Arc::clone(&file));
        drop(handle);
        // A held file is not closed, so it need not be noted that it was used.
        if !(was_open && is_held) {
            self.0.handles.used(&self.0);
        }
        Ok(file)
    }

    /// Reads at `offset` until `buffer` is full or the file ends; the count of bytes read.
    ///
    /// # Errors
    /// As [`SegmentFile::open`], and whatever the file system answers.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let file = self.open()?;
        read_at(&file, buffer, offset)
    }

    /// How long it is.
    ///
    /// # Errors
    /// As [`SegmentFile::open`], and whatever the file system answers.
    pub fn length(&self) -> io::Result<u64> {
        Ok(self.open()?.metadata()?.len())
    }

    /// Where it stands below the run directory, as far as is known.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        lock(&self.0.handle).path.clone()
    }

    /// Whether it is closed at the moment.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        lock(&self.0.handle).open.is_none()
    }

    /// The file is at this path, and may be closed.
    pub fn stands_at(&self, path: &Path) {
        let mut handle = lock(&self.0.handle);
        handle.is_held = false;
        if handle.path != path {
            path.clone_into(&mut handle.path);
        }
    }

    /// The file is at no path any more: it stays open. Says whether it is, since a file that was
    /// closed is out of reach now.
    #[must_use]
    pub fn hold(&self) -> bool {
        let mut handle = lock(&self.0.handle);
        handle.is_held = true;
        handle.open.is_some()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many files the process may open.
#[must_use]
pub fn open_file_limit() -> Option<usize> {
    #[cfg(unix)]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current?;
        usize::try_from(limit).ok()
    }
    #[cfg(not(unix))]
    None
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_file_used_longest_ago_is_closed_and_opened_again_while_it_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDirectory::alone(folder.path());
        let handles = Handles::with_most(2);
        let files: Vec<SegmentFile> = ["a", "b", "c"]
            .iter()
            .map(|name| {
                let path = folder.path().join(name);
                fs::write(&path, name).unwrap();
                SegmentFile::new(&run, &path, run.open(&path).unwrap(), &handles).unwrap()
            })
            .collect();
        let closed = || files.iter().map(SegmentFile::is_closed).collect::<Vec<_>>();
        assert_eq!(closed(), [true, false, false]);
        let mut byte = [0];
        assert_eq!(files[0].read_at(&mut byte, 0).unwrap(), 1);
        assert_eq!((byte, closed()), (*b"a", vec![false, true, false]));

        fs::remove_file(folder.path().join("b")).unwrap();
        fs::write(folder.path().join("b"), "other").unwrap();
        assert!(files[1].read_at(&mut byte, 0).unwrap_err().to_string().contains("another file"));
        assert!(!files[1].hold());

        assert!(files[2].hold());
        fs::remove_file(folder.path().join("c")).unwrap();
        assert!(files[0].open().is_ok());
        assert_eq!(files[2].read_at(&mut byte, 0).unwrap(), 1, "a held file stays open");
    }
}
