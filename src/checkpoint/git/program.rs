//! Running git: found by its whole path, in an environment of ours, within a time and a number of
//! bytes.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, PipeReader};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};

use super::error::GitError;

/// The oldest git that can be told to read no configuration of the user's (`GIT_CONFIG_GLOBAL`), by
/// its release notes.
const OLDEST: (u32, u32) = (2, 32);
pub(super) const OLDEST_WORD: &str = "2.32";

/// The most bytes of an answer that is a path, a commit or some settings.
pub(super) const SHORT: usize = 1 << 20;

/// The most bytes of what git says of an error.
const ERROR_BYTES: usize = 64 << 10;
const ERROR_CHARACTERS: usize = 300;

/// How often it is looked whether a git that has closed its output has ended.
const ENDING_PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 500_000 };

/// What is passed on of our own environment: where the user's own settings lie, and who the user is
/// behind `sudo`, whom git asks for when it judges whose repository it is.
const PASSED_ON: [&str; 3] = ["HOME", "XDG_CONFIG_HOME", "SUDO_UID"];

/// What keeps git from asking, paging, fetching and locking, and in English.
const ENVIRONMENT: [(&str, &str); 7] = [
    ("LC_ALL", "C"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_PAGER", "cat"),
    // A commit or file that is missing here is not fetched from elsewhere: that runs what the
    // repository names as its way there. The second is for a git that does not know the first.
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", ""),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
];

/// What no repository may decide, wherever its configuration is read at all.
const SETTINGS: [&str; 4] =
    ["core.fsmonitor=false", "core.hooksPath=/dev/null", "core.askPass=", "core.untrackedCache=false"];

/// A git that is recent enough, and the time that is left to it.
#[derive(Debug)]
pub(super) struct Git {
    program: PathBuf,
    search_path: OsString,
    limit: TimeLimit,
}

/// What git answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// Whether there was more than was asked for, so that git was ended.
    pub(super) capped: bool,
    succeeded: bool,
}

impl Answer {
    pub(super) fn succeeded(&self) -> bool {
        self.succeeded
    }

    /// What git said was wrong, in a line.
    pub(super) fn said(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let line = text.lines().find(|line| line.starts_with("fatal:")).or_else(|| text.lines().next());
        line.unwrap_or("it gave no reason").chars().take(ERROR_CHARACTERS).collect()
    }

    /// The answer, if it is one.
    pub(super) fn or_failed(self, doing: &'static str) -> Result<Self, GitError> {
        if self.succeeded || self.capped {
            return Ok(self);
        }
        Err(GitError::Failed { doing, said: self.said() })
    }

    /// The one path or word that was answered.
    pub(super) fn line(&self) -> &[u8] {
        self.stdout.strip_suffix(b"\n").unwrap_or(&self.stdout)
    }
}

impl Git {
    /// Looks for git in the absolute folders of `search_path`. One that is relative could be the
    /// repository's own.
    pub(super) fn find(search_path: Option<&OsStr>, limit: Duration) -> Result<Self, GitError> {
        let searched = search_path.map(OsStr::to_owned).or_else(|| env::var_os("PATH")).unwrap_or_default();
        let folders: Vec<PathBuf> =
            env::split_paths(&searched).filter(|folder| folder.is_absolute()).collect();
        let program = folders
            .iter()
            .map(|folder| folder.join("git"))
            .find(|path| is_program(path))
            .ok_or(GitError::NoGit)?;
        let search_path = env::join_paths(&folders).unwrap_or_default();
        let limit = TimeLimit::start(limit).map_err(GitError::io("start a timer for", &program))?;
        let git = Self { program, search_path, limit };
        let answer = git.run(&mut git.command(&["version"]), SHORT, "say its version")?;
        let answer = answer.or_failed("say its version")?;
        let version = String::from_utf8_lossy(answer.line()).trim_start_matches("git version ").to_owned();
        if parse_version(&version).is_none_or(|version| version < OLDEST) {
            return Err(GitError::TooOld { version: version.chars().take(40).collect() });
        }
        Ok(git)
    }

    /// Git with `words`, in an environment of ours.
    pub(super) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().env("PATH", &self.search_path).envs(ENVIRONMENT);
        for name in PASSED_ON {
            if let Some(value) = env::var_os(name) {
                command.env(name, value);
            }
        }
        command.args(["--no-pager", "--no-optional-locks", "--literal-pathspecs"]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.args(words);
        command
    }

    /// Runs `command` until it ends, has said more than `most` bytes, or the time is over. In the
    /// last two cases it and all that it started is killed.
    pub(super) fn run(
        &self,
        command: &mut Command,
        most: usize,
        doing: &'static str,
    ) -> Result<Answer, GitError> {
        // A group of its own, so that all of it can be killed.
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let failed = |error| GitError::io("run", &self.program)(error);
        let mut running = Running(command.spawn().map_err(failed)?);
        match running.read(&self.limit, most) {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(GitError::TimeOver { doing, limit: self.limit.length }),
            Err(error) => Err(failed(error)),
        }
    }
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(|character: char| !character.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// The end of the time for all of one diff: a pipe that is closed when it is over, so that it can be
/// waited for together with what git says.
#[derive(Debug)]
struct TimeLimit {
    over: PipeReader,
    length: Duration,
    /// Its end lets the timer go.
    _wanted: Sender<()>,
}

impl TimeLimit {
    fn start(length: Duration) -> io::Result<Self> {
        let (over, open) = io::pipe()?;
        let (wanted, is_wanted) = mpsc::channel();
        thread::Builder::new().name("git time limit".to_owned()).spawn(move || {
            // Nothing is ever sent: either the time is over, or nobody waits for it any more.
            let _ = is_wanted.recv_timeout(length);
            drop(open);
        })?;
        Ok(Self { over, length, _wanted: wanted })
    }
}

/// A git that runs. It and all that it started is killed when this is dropped before it has ended.
struct Running(Child);

impl Running {
    /// What it says until it ends; `None` where the time is over first.
    fn read(&mut self, limit: &TimeLimit, most: usize) -> io::Result<Option<Answer>> {
        let (mut stdout, mut stderr) = (self.0.stdout.take(), self.0.stderr.take());
        let mut answer = Answer { stdout: Vec::new(), stderr: Vec::new(), capped: false, succeeded: false };
        while stdout.is_some() || stderr.is_some() {
            let mut watched = vec![PollFd::new(&limit.over, PollFlags::IN)];
            watched.extend(stdout.as_ref().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)));
            watched.extend(stderr.as_ref().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)));
            wait_for(&mut watched, None)?;
            let mut ready = watched.iter().map(|one| !one.revents().is_empty());
            if ready.next() == Some(true) {
                return Ok(None);
            }
            let read_stdout = stdout.is_some() && ready.next() == Some(true);
            let read_stderr = stderr.is_some() && ready.next() == Some(true);
            drop(watched);
            if read_stdout && !take(&mut stdout, &mut answer.stdout)? {
                stdout = None;
            }
            if read_stderr && !take(&mut stderr, &mut answer.stderr)? {
                stderr = None;
            }
            answer.stderr.truncate(ERROR_BYTES);
            if answer.stdout.len() > most {
                answer.stdout.truncate(most);
                answer.capped = true;
                return Ok(Some(answer));
            }
        }
        let Some(status) = self.wait(limit)? else { return Ok(None) };
        answer.succeeded = status.success();
        Ok(Some(answer))
    }

    fn wait(&mut self, limit: &TimeLimit) -> io::Result<Option<ExitStatus>> {
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(Some(status));
            }
            let mut watched = [PollFd::new(&limit.over, PollFlags::IN)];
            wait_for(&mut watched, Some(&ENDING_PAUSE))?;
            if !watched[0].revents().is_empty() {
                return Ok(None);
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended was waited for, and its id may be another's by now.
        if !matches!(self.0.try_wait(), Ok(None)) {
            return;
        }
        if let Some(group) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            // It may just have ended; then there is nothing left to kill.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// Waits until one of `watched` is ready, or for `pause`.
fn wait_for(watched: &mut [PollFd<'_>], pause: Option<&Timespec>) -> io::Result<()> {
    loop {
        match poll(watched, pause) {
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reads once what there is in `pipe`; false at its end.
fn take(pipe: &mut Option<impl io::Read>, to: &mut Vec<u8>) -> io::Result<bool> {
    let Some(pipe) = pipe else { return Ok(false) };
    let mut buffer = [0; 64 << 10];
    match pipe.read(&mut buffer) {
        Ok(length) => {
            to.extend_from_slice(&buffer[..length]);
            Ok(length > 0)
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
        Err(error) => Err(error),
    }
}
