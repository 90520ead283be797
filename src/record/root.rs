//! The default root: where runs are recorded, and looked for, when nobody says otherwise.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// `$STEPWATCH_ROOT`, else `stepwatch/runs` in the platform's state directory. `None` where the
/// environment names no home.
#[must_use]
pub fn default_root() -> Option<PathBuf> {
    root_from(|name| env::var_os(name).filter(|value| !value.is_empty()))
}

fn root_from(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if let Some(root) = variable("STEPWATCH_ROOT") {
        return Some(root.into());
    }
    let home = || variable("HOME").map(PathBuf::from);
    let state = if cfg!(windows) {
        variable("LOCALAPPDATA").map(PathBuf::from)
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Application Support"))
    } else {
        // A relative path in this variable is to be ignored, as its specification says.
        let named = variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        named.or_else(|| home().map(|home| home.join(".local/state")))
    };
    state.map(|state| state.join("stepwatch").join("runs"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn root(variables: &[(&str, &str)]) -> Option<PathBuf> {
        root_from(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn the_root_is_named_by_variables_in_their_order() {
        let home = ("HOME", "/home/me");
        assert_eq!(root(&[("STEPWATCH_ROOT", "runs"), home]), Some("runs".into()));
        assert_eq!(root(&[("XDG_STATE_HOME", "/state"), home]), Some("/state/stepwatch/runs".into()));
        assert_eq!(
            root(&[("XDG_STATE_HOME", "relative"), home]),
            Some("/home/me/.local/state/stepwatch/runs".into())
        );
        assert_eq!(root(&[]), None);
    }
}
