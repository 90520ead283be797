//! The commands that make a checkpoint.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::SystemTime;

use color_eyre::eyre::{self, WrapErr as _};

use crate::checkpoint::git::{self, DiffRequest, GitError};
use crate::checkpoint::{self, Checkpoints, DEFAULT_LIMIT, Draft, Kind, secrets};
use crate::display;
use crate::host;
use crate::model::{Model, Order};
use crate::run::{Manifest, RunDirectory};

use super::{Failure, Outcome, Output, Run, name, refused};
use crate::cli::{output_failed, say};

/// Write down a sentence about the moment
///
/// Prints the checkpoint as TYPE:STORAGE_PATH. It stands at the highest seq that the log has now.
///
/// Exit status: 0 done, 1 when checkpoints are disabled for the run, 2 wrong usage, 3 when it could
/// not be written.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch checkpoint summary run-7 -m 'tests pass, the upload is left'
  stepwatch checkpoint summary run-7 -m 'gave up' --detail \"$(cat notes.txt)\"")]
pub(super) struct Summary {
    #[command(flatten)]
    run: Run,
    /// What it is about, in a sentence.
    #[arg(short, long, value_name = "TEXT", value_parser = sentence, allow_hyphen_values = true)]
    message: String,
    /// What there is to say besides.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    detail: Option<String>,
    /// Mask what looks like a secret, as `[redacted:RULE:LENGTH]`. Without it the text stays as it is,
    /// and what looks like a secret is counted and named.
    #[arg(long)]
    redact: bool,
}

/// Keep the last entries of the log
///
/// The entries of all channels in the order of their seq, verbatim. The whole log is read, so that
/// they are exact whatever the files look like. Prints the checkpoint as TYPE:STORAGE_PATH.
///
/// Exit status: 0 done, 1 when checkpoints are disabled for the run, 2 wrong usage, 3 when the log
/// could not be read or the checkpoint not be written.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch checkpoint log-tail run-7
  stepwatch checkpoint log-tail run-7 -n 200 -m 'before the second attempt'")]
pub(super) struct LogTail {
    #[command(flatten)]
    run: Run,
    /// How many entries.
    #[arg(short = 'n', value_name = "N", default_value_t = default_limit(), value_parser = limit)]
    limit: NonZeroUsize,
    /// What it is about, in a sentence. Without it: which entries these are.
    #[arg(short, long, value_name = "TEXT", value_parser = sentence, allow_hyphen_values = true)]
    message: Option<String>,
    /// Mask what looks like a secret, as `[redacted:RULE:LENGTH]`. Without it the text stays as it is,
    /// and what looks like a secret is counted and named.
    #[arg(long)]
    redact: bool,
}

/// Keep the changes in the working directory
///
/// The diff of the whole repository around the run's working directory (`cwd` in run.json), from
/// the base to the files as they are now, and the names of untracked files. Nothing in the
/// repository is changed or locked, and none of the programs that its configuration names is run.
/// Prints the checkpoint as TYPE:STORAGE_PATH.
///
/// Exit status: 0 done, 1 when checkpoints are disabled for the run, 2 wrong usage, 3 when there is
/// no diff or the checkpoint could not be written.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch checkpoint git-diff run-7
  stepwatch checkpoint git-diff run-7 --base main --stat
  stepwatch checkpoint show run-7 3 --json | jq -r .payload.patch | git apply")]
pub(super) struct GitDiff {
    #[command(flatten)]
    run: Run,
    /// What is compared with: a branch, a tag or a commit. Without it: what run.json says
    /// (`gitDiffBaseRef`), else HEAD.
    #[arg(long, value_name = "REF")]
    base: Option<String>,
    /// Add how much changed in each file; also where run.json asks for it (`includeGitDiffStat`).
    #[arg(long)]
    stat: bool,
    /// What it is about, in a sentence. Without it: how many files changed.
    #[arg(short, long, value_name = "TEXT", value_parser = sentence, allow_hyphen_values = true)]
    message: Option<String>,
    /// Mask what looks like a secret, as `[redacted:RULE:LENGTH]`. Without it the text stays as it is,
    /// and what looks like a secret is counted and named.
    #[arg(long)]
    redact: bool,
}

impl Summary {
    pub(super) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let run = self.run.directory()?;
        make(&run, Kind::Summary, Secrets::masked_if(self.redact), output, || {
            let log_seq = highest_seq(&run);
            Ok(Draft::Summary { text: self.message, detail: self.detail, log_seq })
        })
    }
}

impl LogTail {
    pub(super) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let run = self.run.directory()?;
        make(&run, Kind::LogTail, Secrets::masked_if(self.redact), output, || {
            let tail = checkpoint::LogTail::exact(run.clone(), self.limit)
                .wrap_err_with(|| format!("no log tail of {} was written", name(&run)))?;
            Ok(Draft::LogTail { tail, summary: self.message })
        })
    }
}

impl GitDiff {
    pub(super) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let run = self.run.directory()?;
        make(&run, Kind::GitDiff, Secrets::masked_if(self.redact), output, || {
            let identity = run.identity();
            if !Path::new(&identity.cwd).is_absolute() {
                return Err(Failure::could_not(format!(
                    "{} does not say its working directory (an absolute `cwd` in run.json), so there is nothing to compare",
                    name(&run)
                )));
            }
            note_other_host(&identity);
            let settings = identity.checkpoint_settings();
            let mut request = DiffRequest::new(&identity.cwd);
            request.base = self.base.or(settings.git_diff_base_ref);
            request.include_stat = self.stat || settings.include_git_diff_stat.unwrap_or(false);
            let diff = git::diff(&request).map_err(no_diff)?;
            Ok(Draft::GitDiff { diff, summary: self.message, log_seq: highest_seq(&run) })
        })
    }
}

fn no_diff(error: GitError) -> Failure {
    match error {
        GitError::BadBase(_) => Failure::Usage(error.to_string()),
        other => Failure::CouldNot(eyre::Report::new(other).wrap_err("no diff was written")),
    }
}

/// The folder of that name may be another one here.
fn note_other_host(identity: &Manifest) {
    if let Some(host) = host::name().filter(|host| !identity.host.is_empty() && *host != identity.host) {
        let theirs = display::one_line(&identity.host);
        let folder = display::one_line(&identity.cwd);
        say(&format!("note: the run is of the host {theirs}; compared is {folder} on {host}"));
    }
}

/// What becomes of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Secrets {
    /// They are written, and named before, with how they could be masked.
    Maskable,
    /// They are masked.
    Masked,
}

impl Secrets {
    fn masked_if(redact: bool) -> Self {
        if redact { Self::Masked } else { Self::Maskable }
    }

    fn see_to(self, draft: &mut Draft) {
        let counts = if self == Self::Masked { draft.redact() } else { draft.secrets() };
        let Some(found) = secrets::summary(&counts) else { return };
        let what_now = match self {
            Self::Maskable => "written as it stands; --redact masks it",
            Self::Masked => "masked",
        };
        say(&format!("note: {found}; {what_now}"));
    }
}

/// Makes a checkpoint of what `draft` gives, which is asked only where checkpoints of that kind are
/// made at all, and prints it as `TYPE:STORAGE_PATH`.
fn make(
    run: &RunDirectory,
    kind: Kind,
    secrets: Secrets,
    output: &mut Output,
    draft: impl FnOnce() -> Result<Draft, Failure>,
) -> Result<Outcome, Failure> {
    let checkpoints = match Checkpoints::open(run.clone()).and_then(|checkpoints| {
        checkpoints.supports(&kind)?;
        Ok(checkpoints)
    }) {
        Ok(checkpoints) => checkpoints,
        Err(error) => return refused(error),
    };
    let mut draft = draft()?;
    secrets.see_to(&mut draft);
    match checkpoints.publish(draft.record(), SystemTime::now().into()) {
        Ok(published) => writeln!(output, "{}", published.description).map_err(output_failed)?,
        Err(error) => return refused(error),
    }
    Ok(Outcome::Done)
}

/// The highest seq at the end of the log; `None` where there is none, or the log cannot be read,
/// which is no reason to refuse a sentence about it.
fn highest_seq(run: &RunDirectory) -> Option<u64> {
    let model = Model::load_end(run.clone(), 1).ok()?;
    model.counts().highest_seq.filter(|_| model.order() == Order::Seq)
}

fn sentence(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        Err("it is empty; say in a sentence what it is about")
    } else {
        Ok(text.to_owned())
    }
}

fn limit(text: &str) -> Result<NonZeroUsize, &'static str> {
    match text.parse() {
        Ok(0) => Err("a log tail has at least 1 entry"),
        Ok(count) => NonZeroUsize::new(count).ok_or("it is no count of entries"),
        Err(_) => Err("it is no count of entries"),
    }
}

fn default_limit() -> NonZeroUsize {
    NonZeroUsize::new(DEFAULT_LIMIT).unwrap_or(NonZeroUsize::MIN)
}
