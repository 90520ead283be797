//! Where runs are kept when nobody says otherwise.

use std::ffi::OsString;
use std::path::PathBuf;

/// The variable that names the default root.
pub const ROOT_VARIABLE: &str = "STEPWATCH_ROOT";

/// The default root: `$STEPWATCH_ROOT`, else `stepwatch/runs` in the platform's state directory.
/// `variable` looks up an environment variable; `None` means that there is not even a home.
#[must_use]
pub fn default_root(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder(ROOT_VARIABLE).or_else(|| state_folder(variable).map(|state| state.join("runs")))
}

/// The folder for what is kept from one time to the next: `stepwatch` in the platform's state directory.
/// `variable` looks up an environment variable; `None` means that there is not even a home.
#[must_use]
pub fn state_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // A state directory that is not absolute is to be ignored, says its standard.
    let absolute = |name: &str| folder(name).filter(|path| path.is_absolute());
    let state = if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        absolute("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
    };
    state.map(|state| state.join("stepwatch"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(variables: &[(&str, &str)]) -> Option<PathBuf> {
        default_root(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_variable_comes_first_and_an_empty_one_does_not_count() {
        assert_eq!(root(&[("STEPWATCH_ROOT", "here"), ("HOME", "/home/a")]), Some("here".into()));
        assert_eq!(root(&[("STEPWATCH_ROOT", "")]), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_state_directory_of_the_platform_is_next() {
        assert_eq!(root(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]), Some("/s/stepwatch/runs".into()));
        assert_eq!(
            root(&[("XDG_STATE_HOME", "s"), ("HOME", "/h")]),
            Some("/h/.local/state/stepwatch/runs".into())
        );
        assert_eq!(root(&[]), None);
    }
}
