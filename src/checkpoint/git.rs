//! What a run has changed in its working directory: the diff of the whole repository around that
//! directory, from a base to the working tree as it is now.
//!
//! The repository belongs to the worker, and is not to be trusted: its configuration can name
//! programs that git runs (external diffs, text conversions, clean and process filters, a file
//! system monitor, hooks, transports). So git never reads that configuration while it compares. It
//! is given a git directory made here, with a configuration of ours, a copy of the index, and the
//! repository's objects; see [`stand_in`]. Nothing is written to the repository, and no lock in it
//! is taken.

mod error;
mod program;
mod repository;
mod stand_in;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

pub use error::GitError;
use program::Git;
use repository::Repository;
use stand_in::StandIn;

use super::secrets::{self, Counted};

/// The most bytes of a patch that are kept unless its author says otherwise.
pub const PATCH_LIMIT: usize = 1 << 20;

/// How long git may take for all that it is asked.
pub const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The most untracked names that are kept.
const UNTRACKED_LIMIT: usize = 1_000;

/// How much is read past the limit, so that a secret across it is known for one. A private key of
/// 16 384 bits takes 13 KiB.
const BEYOND: usize = 64 << 10;

/// The most files that a stat names, and the most bytes that takes.
const STAT: &str = "--stat=110,80,1000";
const STAT_BYTES: usize = 1 << 20;

/// The most bytes that the names of untracked files take.
const NAMES_BYTES: usize = 1 << 20;

/// Which diff is wanted.
#[derive(Clone, Debug)]
pub struct DiffRequest {
    /// The run's working directory, or any other folder in a working tree.
    pub directory: PathBuf,
    /// What is compared with: anything that names a commit; `HEAD` when absent.
    pub base: Option<String>,
    /// Whether a summary by file comes with it.
    pub include_stat: bool,
    /// The most bytes of the patch that are kept; what is longer ends at the last line that fits.
    pub limit: usize,
    /// How long git may take for all of it.
    pub time_limit: Duration,
    /// Where git is looked for, as in `PATH`; the caller's own `PATH` when absent.
    pub search_path: Option<std::ffi::OsString>,
}

impl DiffRequest {
    /// A diff from `HEAD` to the working tree around `directory`, with the usual limits.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            base: None,
            include_stat: false,
            limit: PATCH_LIMIT,
            time_limit: TIME_LIMIT,
            search_path: None,
        }
    }
}

/// What was changed from a base to the working tree. All of it is untrusted text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitDiff {
    /// The base as it was asked for, for example `HEAD` or `main`.
    pub base_ref: String,
    /// The commit that the base named; `None` where the repository has no commit yet, and the diff
    /// is from nothing.
    pub base: Option<String>,
    /// The commit of `HEAD`; `None` where the repository has none yet.
    pub head: Option<String>,
    /// How much changed in each file, where that was asked for; at most 1 000 files.
    pub stat: Option<String>,
    /// The changes of tracked files, as git says them. A binary file is named as one.
    pub patch: String,
    /// Files that git does not know and does not ignore; a folder of nothing else ends in `/`.
    pub untracked: Vec<String>,
    /// Whether there are more untracked files than are named.
    pub untracked_truncated: bool,
    /// Whether the patch was longer than is kept.
    pub truncated: bool,
    /// Whether some of it was no UTF-8, and is U+FFFD here.
    pub lossy: bool,
    /// Whether what looked like a secret was masked.
    pub redacted: bool,
    /// What follows the end of a truncated patch, so that a secret across it is known for one.
    beyond: String,
}

impl GitDiff {
    /// Whether there is nothing in it: no change, and no untracked file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patch.is_empty() && self.untracked.is_empty()
    }

    /// What looks like a secret in it, also one that the end of the patch cuts.
    #[must_use]
    pub fn secrets(&self) -> Vec<Counted> {
        self.clone().redact()
    }

    /// Masks what looks like a secret, and says what it was. The patch may be longer or shorter
    /// afterwards, and ends where it ended; a secret that its end cuts is masked whole.
    pub fn redact(&mut self) -> Vec<Counted> {
        self.redacted = true;
        let mut counts = redact_in(&mut self.patch, &self.beyond);
        self.beyond.clear();
        if let Some(stat) = &mut self.stat {
            counts.extend(redact_in(stat, ""));
        }
        for name in &mut self.untracked {
            counts.extend(redact_in(name, ""));
        }
        secrets::sum(counts)
    }

    /// The payload of a `git_diff` checkpoint: `{ baseRef, base?, head, stat?, patch, untracked,
    /// untrackedTruncated?, truncated, lossy?, redacted? }`.
    #[must_use]
    pub fn payload(&self) -> Value {
        let mut payload = Map::new();
        let mut put = |key: &str, value: Value| payload.insert(key.to_owned(), value);
        put("baseRef", self.base_ref.clone().into());
        if let Some(base) = &self.base {
            put("base", base.clone().into());
        }
        put("head", self.head.clone().into());
        if let Some(stat) = &self.stat {
            put("stat", stat.clone().into());
        }
        put("patch", self.patch.clone().into());
        put("untracked", self.untracked.clone().into());
        if self.untracked_truncated {
            put("untrackedTruncated", true.into());
        }
        put("truncated", self.truncated.into());
        if self.lossy {
            put("lossy", true.into());
        }
        if self.redacted {
            put("redacted", true.into());
        }
        Value::Object(payload)
    }
}

/// Makes the diff. It takes some 30 ms and more in a large repository, at most the time limit.
///
/// # Errors
/// [`GitError`] says why there is none. Nothing is written to the repository in any case.
pub fn diff(request: &DiffRequest) -> Result<GitDiff, GitError> {
    let asked = request.base.as_deref().unwrap_or("HEAD");
    repository::check_base(asked)?;
    if !request.directory.is_dir() {
        return Err(GitError::NoDirectory(request.directory.clone()));
    }
    let git = Git::find(request.search_path.as_deref(), request.time_limit)?;
    let repository = Repository::discover(&git, &request.directory)?;
    let head = repository.commit(&git, "HEAD")?;
    let base = match (&request.base, &head) {
        (None, _) => head.clone(),
        (Some(asked), _) => Some(repository.commit(&git, asked)?.ok_or_else(|| GitError::UnknownBase {
            base: asked.clone(),
            directory: request.directory.clone(),
        })?),
    };
    let stand_in = StandIn::of(&repository)?;
    let mut found = GitDiff { base_ref: asked.to_owned(), head, ..GitDiff::default() };
    found.read_changes(&git, &stand_in, base.as_deref().unwrap_or(repository.empty_tree()), request)?;
    found.read_untracked(&git, &stand_in)?;
    found.base = base;
    Ok(found)
}

impl GitDiff {
    fn read_changes(
        &mut self,
        git: &Git,
        stand_in: &StandIn,
        base: &str,
        request: &DiffRequest,
    ) -> Result<(), GitError> {
        let mut words = vec![
            "diff",
            "--patch",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--no-relative",
            "--find-renames",
            "--submodule=short",
            // Otherwise git starts itself in each of them, with the configuration of each.
            "--ignore-submodules=dirty",
        ];
        if request.include_stat {
            words.push(STAT);
        }
        words.extend(["--end-of-options", base, "--"]);
        let most = request.limit.saturating_add(BEYOND + STAT_BYTES);
        let answer = git.run(&mut stand_in.command(git, &words), most, "compare")?.or_failed("compare")?;
        let text = self.decode(&answer.stdout);
        let patch = if request.include_stat {
            // A stat has no empty line in it, and one after it.
            let (stat, patch) = text.split_once("\n\n").unwrap_or((&text, ""));
            self.stat = Some(stat.to_owned());
            patch
        } else {
            &text
        };
        let kept = cut(patch, request.limit);
        self.truncated = answer.capped || kept < patch.len();
        self.beyond = patch[kept..cut(patch, kept.saturating_add(BEYOND))].to_owned();
        self.patch = patch[..kept].to_owned();
        Ok(())
    }

    fn read_untracked(&mut self, git: &Git, stand_in: &StandIn) -> Result<(), GitError> {
        let words =
            ["ls-files", "-z", "--others", "--exclude-standard", "--directory", "--no-empty-directory"];
        let doing = "list untracked files";
        let answer = git.run(&mut stand_in.command(git, &words), NAMES_BYTES, doing)?.or_failed(doing)?;
        let mut names: Vec<&[u8]> = answer.stdout.split(|byte| *byte == 0).collect();
        // What follows the last NUL is nothing, or a name that was cut.
        names.pop();
        self.untracked_truncated = answer.capped || names.len() > UNTRACKED_LIMIT;
        names.truncate(UNTRACKED_LIMIT);
        self.untracked = names.into_iter().map(|name| self.decode(name)).collect();
        Ok(())
    }

    fn decode(&mut self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        self.lossy |= matches!(text, std::borrow::Cow::Owned(_));
        text.into_owned()
    }
}

/// Masks the secrets in `text`, of which `beyond` is what follows.
fn redact_in(text: &mut String, beyond: &str) -> Vec<Counted> {
    let end = text.len();
    text.push_str(beyond);
    let mut found = secrets::find(text);
    found.retain(|finding| finding.range.start < end);
    let end = found.last().map_or(end, |last| last.range.end.max(end));
    text.truncate(end);
    *text = secrets::mask(text, &found);
    secrets::count(&found)
}

/// How much of `text` is kept where at most `limit` bytes may be: whole lines, or as much of the
/// first line as fits.
fn cut(text: &str, limit: usize) -> usize {
    if text.len() <= limit {
        return text.len();
    }
    let end = text.floor_char_boundary(limit);
    text[..end].rfind('\n').map_or(end, |line_end| line_end + 1)
}
