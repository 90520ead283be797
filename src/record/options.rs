//! What a person can say about a recording, and what is made of what was left out.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::run::{CheckpointSettings, Id, Timestamp};

/// The kind of a worker that was not named.
pub const DEFAULT_KIND: &str = "shell";

/// The longest step name that is made of a command, in characters.
const LONGEST_MADE_NAME: usize = 120;

/// What is recorded, where, and under which names.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder below which the run directory is made.
    pub root: PathBuf,
    /// The task; when `None`, made of the working directory's name.
    pub task: Option<Id>,
    /// The step; when `None`, made of the command.
    pub step: Option<Id>,
    /// The step's name for people; when `None`, the command.
    pub name: Option<String>,
    /// The run; when `None`, made of the time.
    pub run: Option<Id>,
    /// The kind of worker.
    pub kind: String,
    /// Further labels.
    pub labels: BTreeMap<String, String>,
    /// Whether the command gets a terminal of its own.
    pub pty: bool,
    /// How checkpoints are made of the run.
    pub checkpoint: CheckpointSettings,
    /// The command and its arguments; never empty.
    pub command: Vec<OsString>,
}

impl Options {
    /// Records `command` below `root`, everything else as it is when nothing is said.
    #[must_use]
    pub fn new(root: PathBuf, command: Vec<OsString>) -> Self {
        Self {
            root,
            task: None,
            step: None,
            name: None,
            run: None,
            kind: DEFAULT_KIND.to_owned(),
            labels: BTreeMap::new(),
            pty: false,
            checkpoint: CheckpointSettings::default(),
            command,
        }
    }

    pub(super) fn command_words(&self) -> Vec<String> {
        self.command.iter().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    pub(super) fn task_or_made(&self, working_directory: &Path) -> Id {
        let folder = working_directory.file_name().map(|name| name.to_string_lossy());
        self.task.clone().or_else(|| Id::from_any_text(&folder?)).unwrap_or_else(|| known_id("task"))
    }

    pub(super) fn step_or_made(&self) -> Id {
        self.step.clone().unwrap_or_else(|| Id::of_command(&self.command_words()))
    }

    pub(super) fn name_or_made(&self) -> String {
        self.name.clone().unwrap_or_else(|| {
            let line = self.command_words().join(" ");
            match line.char_indices().nth(LONGEST_MADE_NAME) {
                Some((end, _)) => format!("{}…", &line[..end]),
                None => line,
            }
        })
    }
}

/// The run id for a run made at `now`: `20260321-080000-036`, in UTC. Where that one is taken, the
/// later tries get a number behind it.
pub(super) fn run_of_time(now: Timestamp, attempt: u32) -> Id {
    let text = now.to_string();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let (day, time) = digits.split_at(digits.len().min(8));
    let (time, milliseconds) = time.split_at(time.len().min(6));
    let id = format!("{day}-{time}-{milliseconds}");
    let id = if attempt == 0 { id } else { format!("{id}-{}", attempt + 1) };
    Id::from_any_text(&id).unwrap_or_else(|| known_id("run"))
}

/// A word that is an id.
fn known_id(word: &'static str) -> Id {
    match Id::new(word) {
        Ok(id) => id,
        Err(_) => unreachable!("{word:?} is made of letters"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(command: &[&str]) -> String {
        let words: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        Id::of_command(&words).to_string()
    }

    #[test]
    fn the_step_is_made_of_the_program_and_its_subcommand() {
        assert_eq!(step(&["cargo", "build", "--release"]), "cargo-build");
        assert_eq!(step(&["/usr/bin/make", "-j4"]), "make");
        assert_eq!(step(&["./build all.sh"]), "build-all.sh");
        assert_eq!(step(&["sh", "-c", "exit 1"]), "sh");
        assert_eq!(step(&["cat", "README.md"]), "cat");
        assert_eq!(step(&["…"]), "step");
    }

    #[test]
    fn the_task_is_made_of_the_folder() {
        let options = Options::new(PathBuf::new(), vec!["true".into()]);
        assert_eq!(options.task_or_made(Path::new("/home/me/my project")).as_str(), "my-project");
        assert_eq!(options.task_or_made(Path::new("/")).as_str(), "task");
    }

    #[test]
    fn the_run_is_made_of_the_time() {
        let now = Timestamp::from_milliseconds(1_774_080_000_036);
        assert_eq!(run_of_time(now, 0).as_str(), "20260321-080000-036");
        assert_eq!(run_of_time(now, 1).as_str(), "20260321-080000-036-2");
    }

    #[test]
    fn a_made_name_is_cut_between_characters() {
        let options = Options::new(PathBuf::new(), vec!["echo".into(), "漢".repeat(200).into()]);
        assert_eq!(options.name_or_made().chars().count(), LONGEST_MADE_NAME + 1);
    }
}
