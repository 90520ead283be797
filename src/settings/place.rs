//! Where the settings file is, and reading it.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Mistake, Settings};
use crate::display;

/// The variable that names another file.
pub const VARIABLE: &str = "STEPWATCH_CONFIG";

/// The settings file: `$STEPWATCH_CONFIG`, else `stepwatch/config.toml` in the platform's
/// configuration directory. `variable` looks up an environment variable; `None` means that there is
/// not even a home.
#[must_use]
pub fn path(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let named = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(file) = named(VARIABLE) {
        return Some(file);
    }
    // A directory that is not absolute is to be ignored, says its standard.
    let absolute = |name: &str| named(name).filter(|path| path.is_absolute());
    let folder = if cfg!(windows) {
        absolute("APPDATA")
    } else if cfg!(target_os = "macos") {
        absolute("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")))
    };
    folder.map(|folder| folder.join("stepwatch").join("config.toml"))
}

/// Settings that were read from a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The settings; where something is wrong the defaults.
    pub settings: Settings,
    /// The file, if there is a place for one.
    pub path: Option<PathBuf>,
    /// What is wrong in it.
    pub mistakes: Vec<Mistake>,
}

impl Loaded {
    /// Reads the settings file of [`path`], which need not be there unless the variable names it.
    #[must_use]
    pub fn from(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let Some(path) = path(&variable) else { return Self::default() };
        let is_named = variable(VARIABLE).is_some_and(|value| !value.is_empty());
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => {
                Self { path: Some(path), ..Self::default() }
            }
            read => Self::of(&path, read),
        }
    }

    /// Reads that file.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self::of(path, fs::read(path))
    }

    fn of(path: &Path, read: io::Result<Vec<u8>>) -> Self {
        let (settings, mistakes) = match read.map(String::from_utf8) {
            Ok(Ok(text)) => Settings::read(&text),
            Ok(Err(error)) => {
                let before = error.utf8_error().valid_up_to();
                let line = 1 + memchr::memchr_iter(b'\n', &error.as_bytes()[..before]).count();
                let text = "this is no UTF-8, so that nothing of the file counts".to_owned();
                (Settings::default(), vec![Mistake { line: Some(line), text }])
            }
            Err(error) => {
                let text = format!("it cannot be read, so that the defaults count: {error}");
                (Settings::default(), vec![Mistake::of_file(text)])
            }
        };
        Self { settings, path: Some(path.to_owned()), mistakes }
    }

    /// The mistakes, each with the file and its line as compilers write it. Harmless text.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        self.mistakes.iter().map(|mistake| told(self.path.as_deref(), mistake)).collect()
    }

    /// The first mistake with the name of the file, and how many there are besides, in a sentence for
    /// a status line.
    #[must_use]
    pub fn in_a_sentence(&self) -> Option<String> {
        let name = self.path.as_ref().and_then(|path| path.file_name()).map(Path::new);
        let first = told(name, self.mistakes.first()?);
        Some(match self.mistakes.len() - 1 {
            0 => first,
            more => format!("{first} (and {more} more: `stepwatch config --check`)"),
        })
    }
}

fn told(file: Option<&Path>, mistake: &Mistake) -> String {
    let file = file.map(display::path).unwrap_or_default();
    let place = mistake.line.map(|line| format!(":{line}")).unwrap_or_default();
    format!("{file}{place}: {}", display::one_line(&mistake.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables<'v>(variables: &'v [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> + use<'v> {
        |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
    }

    #[test]
    fn the_variable_comes_first_and_an_empty_one_does_not_count() {
        let named = variables(&[("STEPWATCH_CONFIG", "here.toml"), ("HOME", "/home/a")]);
        assert_eq!(path(named), Some("here.toml".into()));
        assert_eq!(path(variables(&[("STEPWATCH_CONFIG", "")])), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_configuration_directory_of_the_platform_is_next() {
        let both = variables(&[("XDG_CONFIG_HOME", "/c"), ("HOME", "/h")]);
        assert_eq!(path(both), Some("/c/stepwatch/config.toml".into()));
        let relative = variables(&[("XDG_CONFIG_HOME", "c"), ("HOME", "/h")]);
        assert_eq!(path(relative), Some("/h/.config/stepwatch/config.toml".into()));
    }

    #[test]
    fn a_file_that_is_not_there_is_a_mistake_only_where_it_was_named() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        let loaded = Loaded::from(variables(&[("HOME", &home), ("APPDATA", &home)]));
        assert_eq!((loaded.settings, loaded.mistakes), (Settings::default(), vec![]));
        let file = folder.path().join("none.toml");
        let loaded = Loaded::from(variables(&[("STEPWATCH_CONFIG", file.to_str().unwrap())]));
        assert!(loaded.in_a_sentence().unwrap().contains("it cannot be read"));
    }

    #[test]
    fn a_mistake_is_named_with_its_file_and_line_and_others_by_their_number() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, "[notify]\nbell = true\nosc9 = 1\nbel = true\n").unwrap();
        let loaded = Loaded::file(&file);
        assert!(loaded.settings.notify.bell);
        let told = loaded.told();
        assert!(told[0].starts_with(&format!("{}:3: ", file.display())), "{told:?}");
        assert!(told[1].starts_with(&format!("{}:4: ", file.display())), "{told:?}");
        let sentence = loaded.in_a_sentence().unwrap();
        assert!(sentence.starts_with("config.toml:3: "), "{sentence}");
        assert!(sentence.ends_with("(and 1 more: `stepwatch config --check`)"), "{sentence}");
    }

    #[test]
    fn bytes_that_are_no_text_are_named_with_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, b"[notify]\nbell = true\n\xff\n").unwrap();
        let loaded = Loaded::file(&file);
        assert_eq!(loaded.mistakes[0].line, Some(3));
        assert_eq!(loaded.settings, Settings::default());
    }
}
