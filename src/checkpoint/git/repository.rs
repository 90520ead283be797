//! The repository around a folder: where its parts lie, and what its names mean. Only git itself
//! knows. It is asked with questions that run no program whatever the configuration says.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::error::GitError;
use super::program::{Answer, Git, SHORT};

/// Settings that say how files on this disk correspond to those in the repository, and which are
/// ignored. They are taken over, since without them unchanged files look changed. None of them runs
/// anything.
const TAKEN_OVER: &str = "^core\\.(autocrlf|eol|filemode|symlinks|ignorecase|precomposeunicode|\
                          trustctime|checkstat|excludesfile|attributesfile)$";

/// A repository with a working tree.
#[derive(Debug)]
pub(super) struct Repository {
    directory: PathBuf,
    pub(super) work_tree: PathBuf,
    /// Where the index lies.
    pub(super) git_directory: PathBuf,
    /// Where objects and `info` lie, which worktrees share.
    pub(super) common_directory: PathBuf,
    /// `sha1` or `sha256`.
    pub(super) object_format: String,
    /// The settings that are taken over.
    pub(super) settings: Vec<(String, Vec<u8>)>,
}

/// Refuses what git could take for an option, and what no commit is called.
pub(super) fn check_base(base: &str) -> Result<(), GitError> {
    if base.is_empty() || base.starts_with('-') || base.contains('\0') {
        return Err(GitError::BadBase(base.to_owned()));
    }
    Ok(())
}

impl Repository {
    /// Looks for the repository around `directory`, as git does in that folder.
    pub(super) fn discover(git: &Git, directory: &Path) -> Result<Self, GitError> {
        let ask = |words: &[&str]| -> Result<Vec<u8>, GitError> {
            let doing = "find the repository";
            let answer = git.run(git.command(words).current_dir(directory), SHORT, doing)?;
            if answer.succeeded() { Ok(answer.line().to_owned()) } else { Err(refusal(&answer, directory)) }
        };
        let path = |bytes: Vec<u8>| PathBuf::from(OsStr::from_bytes(&bytes));
        let object_format =
            String::from_utf8_lossy(&ask(&["rev-parse", "--show-object-format"])?).into_owned();
        let work_tree = path(ask(&["rev-parse", "--show-toplevel"])?);
        let git_directory = path(ask(&["rev-parse", "--absolute-git-dir"])?);
        let common = ["rev-parse", "--path-format=absolute", "--git-common-dir"];
        let common_directory = path(ask(&common)?);
        let words = ["config", "-z", "--get-regexp", TAKEN_OVER];
        let answer = git.run(git.command(&words).current_dir(directory), SHORT, "read its settings")?;
        let settings = parse_settings(&answer.stdout);
        Ok(Self {
            directory: directory.to_owned(),
            work_tree,
            git_directory,
            common_directory,
            object_format,
            settings,
        })
    }

    /// The commit that `name` names; `None` where it names none.
    pub(super) fn commit(&self, git: &Git, name: &str) -> Result<Option<String>, GitError> {
        // In two steps, because some names, like `:/TEXT`, go on to their end.
        match self.resolve(git, name)? {
            Some(id) => self.resolve(git, &format!("{id}^{{commit}}")),
            None => Ok(None),
        }
    }

    fn resolve(&self, git: &Git, name: &str) -> Result<Option<String>, GitError> {
        let words = ["rev-parse", "--verify", "--quiet", "--end-of-options", name];
        let answer = git.run(git.command(&words).current_dir(&self.directory), SHORT, "find the base")?;
        let id = String::from_utf8_lossy(answer.line()).into_owned();
        // A name may also stand for everything but a commit, which is `^` and its id.
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        Ok((answer.succeeded() && is_id).then_some(id))
    }

    /// The id of a tree without files, which git knows in every repository.
    pub(super) fn empty_tree(&self) -> &'static str {
        match self.object_format.as_str() {
            "sha256" => "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
            _ => "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
        }
    }
}

/// Why git finds no repository, by its own words in English.
fn refusal(answer: &Answer, directory: &Path) -> GitError {
    let said = answer.said();
    if said.contains("not a git repository") {
        return GitError::NotARepository(directory.to_owned());
    }
    if said.contains("dubious ownership") {
        return GitError::NotTrusted(directory.to_owned());
    }
    if said.contains("must be run in a work tree") {
        return GitError::NoWorkTree(directory.to_owned());
    }
    GitError::Failed { doing: "find the repository", said }
}

/// Names and values as `git config -z` prints them: `NAME\nVALUE\0`.
fn parse_settings(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let entries = bytes.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
    entries
        .map(|entry| {
            let mut parts = entry.splitn(2, |byte| *byte == b'\n');
            let name = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
            // A name alone means that it is so.
            (name, parts.next().unwrap_or(b"true").to_owned())
        })
        .collect()
}
