//! Which runs an argument means: a path, the id of a run below the default root or the working
//! directory, or the latest one.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::display;
use crate::run::RunDirectory;
use crate::run::find::Finder;

use super::{Failure, default_root, say};

/// Names the run that began last.
const LATEST: &str = "latest";

/// How many candidates an error names.
const NAMED_CANDIDATES: usize = 8;

/// The one run that `argument` means.
pub(crate) fn one_run(argument: &Path) -> Result<RunDirectory, Failure> {
    let mut runs = runs_of(argument)?;
    match runs.len() {
        1 => Ok(runs.remove(0)),
        0 => Err(Failure::could_not(format!(
            "{} holds no run: there is no run.json and no log file in it or below it",
            display::path(argument)
        ))),
        count => Err(Failure::could_not(format!(
            "{} means {count} runs; name one of them:\n{}",
            display::path(argument),
            listed(&runs)
        ))),
    }
}

/// The one run that `argument` means; a folder in which nothing is yet is taken for one.
pub(crate) fn run_to_follow(argument: &Path) -> Result<RunDirectory, Failure> {
    let runs = runs_of(argument)?;
    if runs.is_empty() { Ok(RunDirectory::alone(argument)) } else { one_run(argument) }
}

/// The runs that the arguments mean, each once.
pub(crate) fn runs(arguments: &[PathBuf]) -> Result<Vec<RunDirectory>, Failure> {
    let mut runs = Vec::new();
    for argument in arguments {
        runs.extend(runs_of(argument)?);
    }
    let mut known = HashSet::new();
    runs.retain(|run: &RunDirectory| known.insert(run.clone()));
    Ok(runs)
}

/// The runs that are meant when no argument says which: those below the working directory, else
/// those below the default root; and the folder in which they were looked for last.
pub(crate) fn runs_nearby() -> (Vec<RunDirectory>, PathBuf) {
    let here = PathBuf::from(".");
    let runs = runs_below(&here);
    match default_root() {
        Some(root) if runs.is_empty() => (runs_below(&root), root),
        _ => (runs, here),
    }
}

/// The runs at or below a folder that is named by its path, and by nothing else.
pub(crate) fn runs_in(folder: &Path) -> Result<Vec<RunDirectory>, Failure> {
    std::fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))?;
    Ok(runs_below(folder))
}

/// A file or a folder without runs that happens to have the name of a run does not hide it.
fn runs_of(argument: &Path) -> Result<Vec<RunDirectory>, Failure> {
    let named = || if argument.is_relative() { found_by_id(argument).0 } else { Vec::new() };
    match std::fs::metadata(argument) {
        Ok(metadata) if metadata.is_dir() => {
            let runs = runs_in(argument)?;
            Ok(if runs.is_empty() { named() } else { runs })
        }
        Ok(_) => {
            let runs = named();
            if runs.is_empty() {
                let argument = display::path(argument);
                return Err(Failure::could_not(format!("{argument} is a file; give the run's folder")));
            }
            Ok(runs)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => by_id(argument),
        Err(error) => Err(cannot_read(argument, &error)),
    }
}

/// The runs at or below a folder. Says which folders could not be looked into: there may be more.
fn runs_below(root: &Path) -> Vec<RunDirectory> {
    let mut finder = Finder::new(root.to_owned());
    let runs = finder.find();
    for (folder, error) in finder.troubles() {
        say(&format!("{} cannot be read: {error}; runs in it are passed over", display::path(folder)));
    }
    runs
}

fn cannot_read(argument: &Path, error: &std::io::Error) -> Failure {
    Failure::could_not(format!("{} cannot be read: {error}", display::path(argument)))
}

/// The runs whose folders or ids are `RUN` or `TASK/RUN`, below the default root, else below the
/// working directory, which may have much else in it; and that root.
fn found_by_id(argument: &Path) -> (Vec<RunDirectory>, Option<PathBuf>) {
    let root = default_root();
    let found = root.as_deref().map(|root| found_below(root, argument)).unwrap_or_default();
    let found = if found.is_empty() { found_below(Path::new("."), argument) } else { found };
    (found, root)
}

fn found_below(root: &Path, argument: &Path) -> Vec<RunDirectory> {
    let all = runs_below(root);
    let found: Vec<RunDirectory> = all.iter().filter(|run| run.path().ends_with(argument)).cloned().collect();
    if found.is_empty() { all.into_iter().filter(|run| has_id(run, argument)).collect() } else { found }
}

fn by_id(argument: &Path) -> Result<Vec<RunDirectory>, Failure> {
    let (found, root) = found_by_id(argument);
    if found.is_empty()
        && argument == Path::new(LATEST)
        && let Some(latest) = latest()
    {
        say(&format!("note: the latest run is {}", display::path(latest.path())));
        return Ok(vec![latest]);
    }
    if found.is_empty() {
        let root = root.map_or_else(String::new, |root| format!(" or {}", display::path(&root)));
        return Err(Failure::could_not(format!(
            "{}: no such folder, and no run of that id below this one{root}; `stepwatch runs` lists the runs",
            display::path(argument)
        )));
    }
    Ok(found)
}

/// The run nearby that began last. Those that do not say when come first, by their paths.
fn latest() -> Option<RunDirectory> {
    let began = |run: &RunDirectory| {
        let started = run.state().ok().and_then(|state| state.started_at);
        (started.or(run.identity().created_at), run.path().to_owned())
    };
    runs_nearby().0.into_iter().max_by_key(began)
}

fn has_id(run: &RunDirectory, argument: &Path) -> bool {
    let Some(argument) = argument.to_str() else { return false };
    let identity = run.identity();
    argument == identity.run_id || argument == format!("{}/{}", identity.task_id, identity.run_id)
}

fn listed(runs: &[RunDirectory]) -> String {
    let mut lines: Vec<String> =
        runs.iter().take(NAMED_CANDIDATES).map(|run| format!("  {}", display::path(run.path()))).collect();
    if runs.len() > NAMED_CANDIDATES {
        lines.push(format!("  and {} more", runs.len() - NAMED_CANDIDATES));
    }
    lines.join("\n")
}
