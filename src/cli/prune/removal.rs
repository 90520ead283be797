//! Removing a run's folder. What is in it is not trusted, and others may use it meanwhile.
//!
//! The folder is moved to a hidden name beside it, so that no reader sees half of it, looked at once
//! more, and then emptied by handles: no link is ever followed, and no other file system entered. The
//! manifest goes last, so that what is left of an interrupted removal still says what it was, and the
//! next one can finish it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::old_run::OldRun;
use crate::host;
use crate::run::directory::MANIFEST;

/// What the hidden names begin with.
pub(super) const HIDDEN: &str = ".stepwatch-prune-";

/// What has become of a run that was to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Removal {
    /// It is gone.
    Done,
    /// It stays as it is, for that reason.
    Left(&'static str),
}

/// Removes a run below `root`, unless it is not what it was when it was looked at.
///
/// # Errors
/// Whatever the file system answers. Where part of the run is gone by then, the error says where the
/// rest is.
pub(super) fn remove(root: &Path, run: &OldRun) -> io::Result<Removal> {
    platform::remove(root, run, |directory| run.is_unchanged(directory))
}

/// What interrupted removals left in a folder.
pub(super) fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let is_leftover = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some((pid, _)) = name.strip_prefix(HIDDEN).and_then(|rest| rest.split_once('-')) else {
            return false;
        };
        // Of a removal that goes on it is not known what it will leave.
        pid.parse().is_ok_and(|pid| host::is_alive(pid, None) == Some(false))
            && fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
            && (path.join(MANIFEST).is_file()
                || fs::read_dir(path).is_ok_and(|mut inner| inner.next().is_none()))
    };
    entries.flatten().map(|entry| entry.path()).filter(is_leftover).collect()
}

/// Removes what an interrupted removal left.
///
/// # Errors
/// Whatever the file system answers.
pub(super) fn finish(root: &Path, leftover: &Path) -> io::Result<()> {
    platform::finish(root, leftover)
}

#[cfg(all(test, unix))]
pub(super) use platform::remove as remove_if;

#[cfg(unix)]
mod platform {
    use std::ffi::{CStr, CString};
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU32, Ordering};

    use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, Stat};
    use rustix::io::Errno;

    use super::super::old_run::{Identity, OldRun, inside};
    use super::{HIDDEN, Removal};
    use crate::display;
    use crate::run::RunDirectory;
    use crate::run::directory::MANIFEST;

    const CHANGED: &str = "it changed since it was listed";

    /// See [`super::remove`]; `is_unchanged` is asked before and after the folder is hidden.
    pub(crate) fn remove(
        root: &Path,
        run: &OldRun,
        mut is_unchanged: impl FnMut(&RunDirectory) -> bool,
    ) -> io::Result<Removal> {
        let (parent, name) = parent_of(root, run.directory.path())?;
        let is_it = |name: &Path| -> io::Result<bool> {
            Ok(identity(&fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW)?) == run.identity)
        };
        if !is_it(&name)? || !is_unchanged(&run.directory) {
            return Ok(Removal::Left(CHANGED));
        }
        let hidden = hidden_name();
        move_to_free(parent.as_fd(), &name, hidden.as_ref())?;
        let at_hidden = run.directory.path().with_file_name(&hidden);
        let where_it_is = |error: io::Error| {
            io::Error::other(format!("{error}; what is left of it is {}", display::path(&at_hidden)))
        };
        if !is_it(hidden.as_ref())? || !is_unchanged(&RunDirectory::new(&at_hidden, root)) {
            move_to_free(parent.as_fd(), hidden.as_ref(), &name).map_err(where_it_is)?;
            return Ok(Removal::Left(CHANGED));
        }
        remove_folder(parent.as_fd(), hidden.as_ref()).map_err(where_it_is)?;
        Ok(Removal::Done)
    }

    /// See [`super::finish`].
    pub(super) fn finish(root: &Path, leftover: &Path) -> io::Result<()> {
        let (parent, name) = parent_of(root, leftover)?;
        remove_folder(parent.as_fd(), &name)
    }

    /// The folder in which something below a root lies, reached over no link, and its name there.
    fn parent_of(root: &Path, path: &Path) -> io::Result<(OwnedFd, PathBuf)> {
        let way = inside(root, path)?;
        let name = way.file_name().ok_or_else(|| io::Error::other("it is the root itself"))?;
        let mut parent = folder(fs::CWD, root, OFlags::empty())?;
        for step in way.parent().into_iter().flat_map(Path::iter) {
            parent = folder(parent.as_fd(), step.as_ref(), OFlags::NOFOLLOW)?;
        }
        Ok((parent, name.into()))
    }

    /// Removes a folder with everything in it, its manifest last.
    fn remove_folder(parent: BorrowedFd<'_>, name: &Path) -> io::Result<()> {
        let handle = folder(parent, name, OFlags::NOFOLLOW)?;
        let device = identity(&fs::fstat(&handle)?).0;
        empty(handle, device, Some(MANIFEST))?;
        Ok(fs::unlinkat(parent, name, AtFlags::REMOVEDIR)?)
    }

    /// A name that no other removal takes.
    fn hidden_name() -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        format!("{HIDDEN}{}-{number}", std::process::id())
    }

    fn folder(at: BorrowedFd<'_>, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(fs::openat(at, path, flags, Mode::empty())?)
    }

    #[expect(clippy::useless_conversion, reason = "the widths of these numbers differ between systems")]
    fn identity(stat: &Stat) -> Identity {
        (u64::try_from(stat.st_dev).unwrap_or(0), u64::try_from(stat.st_ino).unwrap_or(0))
    }

    /// Moves a folder to a name that nobody has.
    fn move_to_free(parent: BorrowedFd<'_>, name: &Path, new: &Path) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        let moved = match fs::renameat_with(parent, name, parent, new, fs::RenameFlags::NOREPLACE) {
            // Some file systems cannot do it in one step.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => move_if_free(parent, name, new),
            moved => moved,
        };
        #[cfg(not(any(target_os = "linux", target_os = "macos")))]
        let moved = move_if_free(parent, name, new);
        Ok(moved?)
    }

    fn move_if_free(parent: BorrowedFd<'_>, name: &Path, new: &Path) -> Result<(), Errno> {
        match fs::statat(parent, new, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => fs::renameat(parent, name, parent, new),
            Ok(_) => Err(Errno::EXIST),
            Err(error) => Err(error),
        }
    }

    /// Removes everything in a folder, `last` after all else. Links are removed, and not followed.
    fn empty(folder_handle: OwnedFd, device: u64, last: Option<&str>) -> io::Result<()> {
        let at_end = last.map(CString::new).transpose()?;
        for name in names(&folder_handle)? {
            if at_end.as_deref() != Some(&name) {
                remove_one(&folder_handle, &name, device)?;
            }
        }
        match at_end {
            Some(name) => match remove_one(&folder_handle, &name, device) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                removed => removed,
            },
            None => Ok(()),
        }
    }

    fn remove_one(parent: &OwnedFd, name: &CStr, device: u64) -> io::Result<()> {
        let stat = fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            return Ok(fs::unlinkat(parent, name, AtFlags::empty())?);
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let inner = fs::openat(parent, name, flags, Mode::empty())?;
        if identity(&fs::fstat(&inner)?).0 != device {
            return Err(io::Error::other("another file system is mounted in it"));
        }
        empty(inner, device, None)?;
        Ok(fs::unlinkat(parent, name, AtFlags::REMOVEDIR)?)
    }

    /// The names in a folder. All of them before the first is removed: what a listing shows while it
    /// is changed is not defined.
    fn names(folder: &OwnedFd) -> io::Result<Vec<CString>> {
        let mut names = Vec::new();
        for entry in fs::Dir::read_from(folder)? {
            let name = entry?.file_name().to_owned();
            if name.as_bytes() != b"." && name.as_bytes() != b".." {
                names.push(name);
            }
        }
        Ok(names)
    }
}

#[cfg(not(unix))]
mod platform {
    use std::fs;
    use std::io;
    use std::path::Path;

    use super::super::old_run::{OldRun, inside};
    use super::{HIDDEN, Removal};
    use crate::run::RunDirectory;

    /// See [`super::remove`]. The library's own removal follows no link either.
    pub(super) fn remove(
        root: &Path,
        run: &OldRun,
        is_unchanged: impl Fn(&RunDirectory) -> bool,
    ) -> io::Result<Removal> {
        inside(root, run.directory.path())?;
        if !is_unchanged(&run.directory) {
            return Ok(Removal::Left("it changed since it was listed"));
        }
        let hidden = run.directory.path().with_file_name(format!("{HIDDEN}{}", std::process::id()));
        fs::rename(run.directory.path(), &hidden)?;
        if !is_unchanged(&RunDirectory::new(&hidden, root)) {
            fs::rename(&hidden, run.directory.path())?;
            return Ok(Removal::Left("it changed since it was listed"));
        }
        fs::remove_dir_all(&hidden)?;
        Ok(Removal::Done)
    }

    /// See [`super::finish`].
    pub(super) fn finish(root: &Path, leftover: &Path) -> io::Result<()> {
        inside(root, leftover)?;
        fs::remove_dir_all(leftover)
    }
}
