//! One run directory: where its files are, and reading the small ones.
//!
//! A run directory is untrusted: nothing here blocks on a FIFO, follows a link out of the root, or
//! reads a small file past [`SMALL_FILE_LIMIT`].

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::channel::Channel;
use super::manifest::Manifest;
use super::state::{Heartbeat, RunState};

/// The identity of a run.
pub const MANIFEST: &str = "run.json";
/// How a run is.
pub const STATE: &str = "state.json";
/// That the recorder lives.
pub const HEARTBEAT: &str = "heartbeat.json";
/// The folder of checkpoint records.
pub const CHECKPOINTS: &str = "checkpoints";
/// The folder in which other writers keep the log files.
pub const LOGS: &str = "logs";
/// What a writer of ours keeps for itself in a run directory.
pub const PRIVATE: &str = ".stepwatch";

/// The endings of log files, the preferred first.
pub const LOG_ENDINGS: [&str; 4] = ["jsonl", "ndjson", "log", "txt"];

/// The largest small file (`run.json`, `state.json`, `heartbeat.json`) that is read, in bytes.
pub const SMALL_FILE_LIMIT: u64 = 4 << 20;

/// A run directory by its path.
#[derive(Clone, Debug)]
pub struct RunDirectory {
    path: PathBuf,
    /// Links are followed only inside this folder.
    root: PathBuf,
}

impl RunDirectory {
    /// What tells it from others: the bytes of its paths. Taking paths apart into their components, as
    /// paths compare themselves, was a fifth of what a list of 2 000 runs costs at rest.
    fn key(&self) -> (&[u8], &[u8]) {
        (self.path.as_os_str().as_encoded_bytes(), self.root.as_os_str().as_encoded_bytes())
    }
}

impl PartialEq for RunDirectory {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for RunDirectory {}

impl Hash for RunDirectory {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl PartialOrd for RunDirectory {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RunDirectory {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// A log file in a run directory and the channel that it holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogFile {
    /// The channel, by the file's name.
    pub channel: Channel,
    /// The file.
    pub path: PathBuf,
}

impl RunDirectory {
    /// The run directory at `path`, found below `root`. Nothing is read.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, root: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), root: root.into() }
    }

    /// The run directory at `path`, named on its own: links are followed only inside it.
    #[must_use]
    pub fn alone(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { root: path.clone(), path }
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of checkpoint records.
    #[must_use]
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join(CHECKPOINTS)
    }

    /// Whether the directory is a run: it has a `run.json` or a log file of the three channels,
    /// in itself or in `logs`.
    #[must_use]
    pub fn is_run(&self) -> bool {
        self.path.join(MANIFEST).is_file()
            || self.log_files().iter().any(|file| !matches!(file.channel, Channel::Other(_)))
    }

    /// Reads `run.json`.
    ///
    /// # Errors
    /// `NotFound` where it is missing, `InvalidData` where it is no manifest.
    pub fn manifest(&self) -> io::Result<Manifest> {
        self.small(MANIFEST)
    }

    /// Reads `state.json`.
    ///
    /// # Errors
    /// `NotFound` where it is missing, `InvalidData` where it is no state.
    pub fn state(&self) -> io::Result<RunState> {
        self.small(STATE)
    }

    /// Reads `heartbeat.json`.
    ///
    /// # Errors
    /// `NotFound` where it is missing, `InvalidData` where it is no heartbeat.
    pub fn heartbeat(&self) -> io::Result<Heartbeat> {
        self.small(HEARTBEAT)
    }

    /// The manifest, with what is missing taken from the folder names: the run from its own folder,
    /// the task from its parent.
    #[must_use]
    pub fn identity(&self) -> Manifest {
        self.named(self.manifest().unwrap_or_default())
    }

    /// A manifest of this run, what it does not tell taken from the folder names. Reads nothing.
    #[must_use]
    pub fn named(&self, mut manifest: Manifest) -> Manifest {
        let folder_name = |path: Option<&Path>| -> String {
            path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        };
        let absolute = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        if manifest.run_id.is_empty() {
            manifest.run_id = folder_name(Some(&absolute));
        }
        if manifest.task_id.is_empty() {
            manifest.task_id = folder_name(absolute.parent());
        }
        manifest
    }

    /// Opens a file of this run for reading, if it is a regular one and no link leads out of the
    /// root. Never blocks.
    ///
    /// # Errors
    /// Whatever the file system answers; `PermissionDenied` with the reason where the contract
    /// forbids to follow it.
    pub fn open(&self, path: &Path) -> io::Result<File> {
        let file = match open_without_blocking(path) {
            // What is refused may be a link: most files are none, and are not asked for twice.
            Err(error) => open_without_blocking(&self.behind_link(path)?.ok_or(error)?)?,
            Ok(file) => file,
        };
        if !file.metadata()?.is_file() {
            return Err(refused(path, "is not a regular file; it is not read"));
        }
        Ok(file)
    }

    /// Where a link leads to; `None` where the path is no link.
    fn behind_link(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        if !fs::symlink_metadata(path)?.is_symlink() {
            return Ok(None);
        }
        let real = fs::canonicalize(path)?;
        if !real.starts_with(fs::canonicalize(&self.root)?) {
            return Err(refused(path, "is a link that leads out of the run's root; it is not followed"));
        }
        Ok(Some(real))
    }

    /// The log files, one a channel, in the order of the channels. Where two files would be the
    /// same channel, the first by [`LOG_ENDINGS`] is it (the run directory before `logs/`), and the
    /// others are channels named by their whole file name.
    #[must_use]
    pub fn log_files(&self) -> Vec<LogFile> {
        let mut found: Vec<(String, usize, usize, PathBuf)> = Vec::new();
        let mut folders = vec![self.path.clone()];
        let mut place = 0;
        while let Some(folder) = folders.get(place) {
            let names = fs::read_dir(folder).into_iter().flatten().flatten();
            for entry in names {
                let name = entry.file_name();
                if place == 0 && name == LOGS {
                    folders.push(entry.path());
                }
                let Some((stem, ending)) = name.to_str().and_then(|name| name.rsplit_once('.')) else {
                    continue;
                };
                let Some(ending) = LOG_ENDINGS.iter().position(|known| *known == ending) else { continue };
                if stem.is_empty()
                    || stem.starts_with('.')
                    || entry.file_type().is_ok_and(|kind| kind.is_dir())
                {
                    continue;
                }
                found.push((stem.to_owned(), place, ending, entry.path()));
            }
            place += 1;
        }
        found.sort();
        let mut files: Vec<LogFile> = Vec::new();
        let mut channels = BTreeSet::new();
        for (stem, place, _, path) in found {
            let mut channel = Channel::from_name(&stem);
            if !channels.insert(channel.clone()) {
                let name =
                    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                channel = Channel::Other(if place == 1 { format!("{LOGS}/{name}") } else { name });
            }
            files.push(LogFile { channel, path });
        }
        files.sort();
        files
    }

    fn small<T: DeserializeOwned>(&self, name: &str) -> io::Result<T> {
        let path = self.path.join(name);
        let file = self.open(&path)?;
        // Room for all of it, so that it is read in one go.
        let length = file.metadata()?.len().min(SMALL_FILE_LIMIT);
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1);
        file.take(SMALL_FILE_LIMIT + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > SMALL_FILE_LIMIT {
            let reason =
                format!("{} is larger than {SMALL_FILE_LIMIT} bytes; it is not read", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        serde_json::from_slice(&bytes).map_err(|error| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display()))
        })
    }
}

fn refused(path: &Path, reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, format!("{} {reason}", path.display()))
}

#[cfg(unix)]
fn open_without_blocking(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;

    use rustix::fs::OFlags;
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

#[cfg(not(unix))]
fn open_without_blocking(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"").unwrap();
    }

    #[test]
    fn log_files_are_found_under_every_ending_and_in_logs() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "stdout.log",
            "stderr.txt",
            "logs/worker.ndjson",
            "audit.jsonl",
            ".hidden.log",
            "notes.md",
            "run.json",
        ] {
            touch(&folder.path().join(name));
        }
        let run = RunDirectory::alone(folder.path());
        let names: Vec<String> = run.log_files().iter().map(|file| file.channel.name().to_owned()).collect();
        assert_eq!(names, ["worker", "stdout", "stderr", "audit"]);
        assert!(run.is_run());
    }

    #[test]
    fn a_second_file_of_a_channel_is_a_channel_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["stdout.log", "stdout.jsonl", "logs/stdout.jsonl"] {
            touch(&folder.path().join(name));
        }
        let files = RunDirectory::alone(folder.path()).log_files();
        let names: Vec<&str> = files.iter().map(|file| file.channel.name()).collect();
        assert_eq!(names, ["stdout", "logs/stdout.jsonl", "stdout.log"]);
        assert!(files[0].path.ends_with("stdout.jsonl"));
    }

    #[test]
    fn identity_comes_from_the_folder_names_where_the_manifest_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("task-9/run-3");
        touch(&path.join("stdout.jsonl"));
        let identity = RunDirectory::alone(&path).identity();
        assert_eq!((identity.task_id.as_str(), identity.run_id.as_str()), ("task-9", "run-3"));
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_root_and_fifos_are_refused_without_blocking() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        touch(&outside.path().join("secret.json"));
        touch(&folder.path().join("run/inside.json"));
        let run = RunDirectory::alone(folder.path().join("run"));
        std::os::unix::fs::symlink(outside.path().join("secret.json"), run.path().join("out.jsonl")).unwrap();
        std::os::unix::fs::symlink("inside.json", run.path().join("in.jsonl")).unwrap();
        let fifo = run.path().join("stdout.jsonl");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
            .unwrap();
        assert!(
            run.open(&run.path().join("out.jsonl"))
                .unwrap_err()
                .to_string()
                .contains("out of the run's root")
        );
        assert!(run.open(&run.path().join("in.jsonl")).is_ok());
        assert!(run.open(&fifo).unwrap_err().to_string().contains("not a regular file"));
    }
}
