//! Shows a file in the program that a person reads or edits files with.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// The variables that name the program, the first one that is set counts.
const NAMED_BY: [&str; 3] = ["PAGER", "VISUAL", "EDITOR"];
/// What there is where nothing is set.
const DEFAULT: &str = "less";

/// Shows the file, and returns when the program has ended; or says why it could not be shown.
pub(super) fn show(path: &Path) -> Result<(), String> {
    let named = NAMED_BY.iter().find_map(|name| Some((*name, filled(name)?)));
    let (by, program) = named.unwrap_or(("", DEFAULT.into()));
    // As git does: the value may hold arguments, and the path is never read by the shell.
    let mut script = program.clone();
    script.push(" \"$@\"");
    let status = Command::new("sh")
        .arg("-c")
        .arg(script)
        .arg("sh")
        .arg(path)
        // A record is shown, not run through what may stand in the way; and it stays in sight
        // also where it is short.
        .env_remove("LESSOPEN")
        .env("LESS", less_options())
        .status();
    let program = program.to_string_lossy();
    let from = if by.is_empty() { String::new() } else { format!(" (from ${by})") };
    match status {
        Ok(status) if status.success() => Ok(()),
        // What ended it was meant for it: ctrl-c, for example.
        Ok(status) if status.code().is_none() => Ok(()),
        Ok(status) if status.code() == Some(127) => {
            Err(format!("there is no program {program:?}{from}: set $PAGER to one that shows files"))
        }
        Ok(status) => Err(format!("{program:?}{from} ended with {status}")),
        Err(error) => Err(format!("{program:?}{from} cannot be started: {error}")),
    }
}

fn filled(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// What the person wants of `less`, but for ending by itself: what it had shown would be gone.
fn less_options() -> OsString {
    match filled("LESS") {
        Some(mut options) => {
            options.push(" -+F");
            options
        }
        None => OsString::new(),
    }
}
