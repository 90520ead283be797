//! A git directory that stands in for the repository's own while git compares. Its configuration is
//! ours, so that none of the programs that the repository's names is known to git, whatever its
//! attributes say and whenever its worker changes it. Its index is a copy: git may bring it up to
//! date, and nobody else is locked out.

use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::error::GitError;
use super::program::Git;
use super::repository::Repository;

/// The largest index that is copied, in bytes: more than that of six million files.
const INDEX_LIMIT: u64 = 1 << 30;

/// What is known of the stand-in. Its folder is removed when it is dropped.
#[derive(Debug)]
pub(super) struct StandIn<'a> {
    folder: TempDir,
    repository: &'a Repository,
}

impl<'a> StandIn<'a> {
    /// Makes one for `repository` in the folder for temporary files.
    pub(super) fn of(repository: &'a Repository) -> Result<Self, GitError> {
        let folder = tempfile::Builder::new().prefix("stepwatch-git-").tempdir();
        let folder = folder.map_err(GitError::io("make a temporary folder in", std::env::temp_dir()))?;
        let made = fill(folder.path(), repository);
        made.map_err(GitError::io("make a temporary git directory in", folder.path()))?;
        let index = repository.git_directory.join("index");
        copy_index(&index, &folder.path().join("index")).map_err(GitError::io("copy", index))?;
        Ok(Self { folder, repository })
    }

    /// Git with `words` in the working tree, with the stand-in and no other configuration.
    pub(super) fn command(&self, git: &Git, words: &[&str]) -> Command {
        let mut command = git.command(words);
        command
            .current_dir(&self.repository.work_tree)
            .env("GIT_DIR", self.folder.path())
            .env("GIT_WORK_TREE", &self.repository.work_tree)
            .env("GIT_OBJECT_DIRECTORY", self.repository.common_directory.join("objects"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        let mut settings = self.repository.settings.clone();
        settings.push(("core.quotePath".to_owned(), b"false".to_vec()));
        command.env("GIT_CONFIG_COUNT", settings.len().to_string());
        for (place, (name, value)) in settings.iter().enumerate() {
            use std::os::unix::ffi::OsStrExt as _;
            command.env(format!("GIT_CONFIG_KEY_{place}"), name);
            command.env(format!("GIT_CONFIG_VALUE_{place}"), std::ffi::OsStr::from_bytes(value));
        }
        command
    }
}

fn fill(folder: &Path, repository: &Repository) -> io::Result<()> {
    fs::create_dir(folder.join("refs"))?;
    fs::create_dir(folder.join("info"))?;
    // No branch: what is compared is named by ids.
    fs::write(folder.join("HEAD"), "ref: refs/heads/none\n")?;
    let format = if repository.object_format == "sha256" {
        "\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n"
    } else {
        "\trepositoryformatversion = 0\n"
    };
    fs::write(folder.join("config"), format!("[core]\n\tbare = false\n{format}"))?;
    for name in ["exclude", "attributes"] {
        symlink(repository.common_directory.join("info").join(name), folder.join("info").join(name))?;
    }
    // A split index names the file with its larger part.
    for entry in fs::read_dir(&repository.git_directory)?.flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(b"sharedindex.") {
            symlink(entry.path(), folder.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Copies an index, if there is one. It is never written in place, so that what was opened is whole.
fn copy_index(from: &Path, to: &Path) -> io::Result<()> {
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let source = match OpenOptions::new().read(true).custom_flags(nonblocking).open(from) {
        Ok(source) => source,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let facts = source.metadata()?;
    if !facts.is_file() || facts.len() > INDEX_LIMIT {
        return Err(io::Error::other("it is no regular file, or larger than 1 GiB"));
    }
    let mut copy = File::create_new(to)?;
    io::copy(&mut source.take(facts.len()), &mut copy)?;
    // By its time git knows which files may have changed since without a trace in theirs.
    copy.set_times(FileTimes::new().set_modified(facts.modified()?))
}
