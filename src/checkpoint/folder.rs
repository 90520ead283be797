//! A folder held open: its files are reached by name inside it, never along a path, and no link is
//! ever followed. So nobody who can write in a run directory can lead us out of it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

/// A folder by an open handle.
#[derive(Debug)]
pub(super) struct Folder {
    handle: OwnedFd,
    path: PathBuf,
}

/// What the file system says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileFacts {
    /// Which file it is, by device and inode.
    pub(super) identity: (u64, u64),
    /// How many names it has.
    pub(super) links: u64,
    /// Its length in bytes.
    pub(super) length: u64,
    /// When its content was written last, in seconds since 1970.
    pub(super) modified: i64,
    /// Its owner's user id.
    pub(super) owner: u32,
    /// Whether it is a regular file.
    pub(super) regular: bool,
    /// Its permission bits.
    pub(super) mode: Mode,
}

impl Folder {
    /// Opens the folder at `path`, the one place where a path is walked.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let handle = fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { handle, path: path.to_owned() })
    }

    /// Opens the folder `name` in this one; `NotADirectory` where it is a link.
    pub(super) fn folder(&self, name: &str) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = fs::openat(&self.handle, name, flags, Mode::empty())?;
        Ok(Self { handle, path: self.path.join(name) })
    }

    /// Opens the folder `name` in this one, made with that `mode` if it is missing.
    pub(super) fn folder_or_make(&self, name: &str, mode: Mode) -> io::Result<Self> {
        match fs::mkdirat(&self.handle, name, mode) {
            Ok(()) => self.sync()?,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        self.folder(name)
    }

    /// Where the folder was found, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The names in the folder, in no order.
    pub(super) fn names(&self) -> io::Result<Vec<Vec<u8>>> {
        let mut names = Vec::new();
        for entry in fs::Dir::read_from(&self.handle)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(name.to_vec());
            }
        }
        Ok(names)
    }

    /// What is known of the folder itself.
    pub(super) fn facts(&self) -> io::Result<FileFacts> {
        Ok(facts(&fs::fstat(&self.handle)?))
    }

    /// What is known of the file `name`, of a link as such; `None` where there is none.
    pub(super) fn facts_of(&self, name: &[u8]) -> io::Result<Option<FileFacts>> {
        match fs::statat(&self.handle, OsStr::from_bytes(name), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(facts(&stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads the regular file `name` of at most `limit` bytes. Never blocks on anything else.
    pub(super) fn read(&self, name: &[u8], limit: u64) -> io::Result<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
        let file = match fs::openat(&self.handle, OsStr::from_bytes(name), flags, Mode::empty()) {
            Ok(handle) => File::from(handle),
            Err(Errno::LOOP) => return Err(refused("it is a link, which is not followed")),
            Err(error) => return Err(error.into()),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(refused("it is not a regular file"));
        }
        if metadata.len() > limit {
            return Err(refused(&format!("it is {} bytes long; at most {limit} are read", metadata.len())));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        file.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(refused(&format!("it grew past {limit} bytes while it was read")));
        }
        Ok(bytes)
    }

    /// Makes the file `name`, which must not be there yet, readable by its owner only.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(fs::openat(&self.handle, name, flags, Mode::RUSR | Mode::WUSR)?))
    }

    /// Opens the file `name` for locking, made if it is missing. It is never written, so that
    /// another user's is good enough.
    pub(super) fn lock_file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::ROTH;
        let file = File::from(fs::openat(&self.handle, name, flags, mode)?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(refused("it is not a regular file")) }
    }

    /// Gives the file `name` the further name `new` in `target`, which must not be there yet.
    pub(super) fn link(&self, name: &str, target: &Self, new: &str) -> Result<(), Errno> {
        fs::linkat(&self.handle, name, &target.handle, new, AtFlags::empty())
    }

    /// Moves the file `name` to `new` in `target`, which must not be there yet. `NOSYS` where the
    /// system has no such call.
    pub(super) fn rename_to_free_name(&self, name: &str, target: &Self, new: &str) -> Result<(), Errno> {
        #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
        return fs::renameat_with(&self.handle, name, &target.handle, new, fs::RenameFlags::NOREPLACE);
        #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
        Err(Errno::NOSYS)
    }

    /// Moves the file `name` to `new` in `target`, over what is there.
    pub(super) fn rename_over(&self, name: &str, target: &Self, new: &str) -> Result<(), Errno> {
        fs::renameat(&self.handle, name, &target.handle, new)
    }

    /// Removes the file `name`; that it is gone already is fine.
    pub(super) fn remove(&self, name: &[u8]) -> io::Result<()> {
        match fs::unlinkat(&self.handle, OsStr::from_bytes(name), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the names in the folder survive a power cut, where the file system can do so.
    pub(super) fn sync(&self) -> io::Result<()> {
        match fs::fsync(&self.handle) {
            Ok(()) | Err(Errno::INVAL | Errno::NOTSUP) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg_attr(
    target_os = "linux",
    expect(clippy::unnecessary_cast, reason = "the widths of these fields differ between systems")
)]
fn facts(stat: &fs::Stat) -> FileFacts {
    FileFacts {
        identity: (stat.st_dev as u64, stat.st_ino as u64),
        links: stat.st_nlink as u64,
        length: u64::try_from(stat.st_size).unwrap_or(0),
        modified: stat.st_mtime as i64,
        owner: stat.st_uid,
        regular: FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile,
        mode: Mode::from_raw_mode(stat.st_mode) & (Mode::RWXU | Mode::RWXG | Mode::RWXO),
    }
}

fn refused(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, reason.to_owned())
}
