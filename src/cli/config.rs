//! `stepwatch config`: the settings and their defaults, where their file is, and what is wrong in it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::display;
use crate::settings::commented;
use crate::settings::place::{self, Loaded};

use super::{Failure, Outcome, Output, output_failed};

/// Print the settings with their defaults, each with a sentence
///
/// What is printed is a whole settings file in which every value is commented out: keys, colours,
/// thresholds, columns, patterns. Take the # before a value away to change it. The file is
/// `stepwatch/config.toml` in your configuration directory; `STEPWATCH_CONFIG` names another.
///
/// A mistake in it never stops the program: it is named, the default stands in for that value, and
/// everything else counts.
///
/// Exit status: 0; with --check 1 when something is wrong in the file, 3 when it cannot be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch config > \"$(stepwatch config --path)\"      begin with every default, commented out
  stepwatch config --path                              which file it is
  stepwatch config --check                             what is wrong in it, by lines
  STEPWATCH_CONFIG=~/light.toml stepwatch              another file for once")]
pub(crate) struct Arguments {
    /// Print the path of the settings file, whether there is one or not.
    #[arg(long)]
    path: bool,
    /// Name what is wrong in the settings file, or in FILE.
    #[arg(long, value_name = "FILE", num_args = 0..=1, conflicts_with = "path")]
    check: Option<Option<PathBuf>>,
}

impl Arguments {
    pub(crate) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        if let Some(file) = self.check {
            return check(file, output);
        }
        let text = if self.path { format!("{}\n", for_output(own_file()?)) } else { commented::defaults() };
        output.write_all(text.as_bytes()).map_err(output_failed)?;
        Ok(Outcome::Done)
    }
}

/// A path as it is for a program, and harmless on a terminal.
fn for_output(path: String) -> String {
    use std::io::IsTerminal as _;
    if std::io::stdout().is_terminal() { display::one_line(&path) } else { path }
}

/// The path of the settings file. It is a person's own, and is given to programs as it is.
fn own_file() -> Result<String, Failure> {
    Ok(settings_file()?.to_string_lossy().into_owned())
}

fn settings_file() -> Result<PathBuf, Failure> {
    place::path(|name| std::env::var_os(name)).ok_or_else(|| {
        Failure::could_not(format!(
            "there is no home to look for settings in; name a file in {}",
            place::VARIABLE
        ))
    })
}

fn check(file: Option<PathBuf>, output: &mut Output) -> Result<Outcome, Failure> {
    let (file, was_named) = match file {
        Some(file) => (file, true),
        None => (settings_file()?, std::env::var_os(place::VARIABLE).is_some_and(|value| !value.is_empty())),
    };
    let name = display::path(&file);
    if !was_named && !exists(&file)? {
        writeln!(output, "{name}: there is none, so that the defaults count").map_err(output_failed)?;
        return Ok(Outcome::Done);
    }
    let loaded = Loaded::file(&file);
    if let [mistake] = &loaded.mistakes[..]
        && mistake.line.is_none()
    {
        return Err(Failure::could_not(format!("{name}: {}", mistake.text)));
    }
    for mistake in loaded.told() {
        writeln!(output, "{mistake}").map_err(output_failed)?;
    }
    if loaded.mistakes.is_empty() {
        writeln!(output, "{name}: nothing is wrong").map_err(output_failed)?;
    }
    Ok(Outcome::done_if(loaded.mistakes.is_empty()))
}

fn exists(file: &Path) -> Result<bool, Failure> {
    file.try_exists().map_err(|error| Failure::could_not(format!("{}: {error}", display::path(file))))
}
