//! The file in which is kept what was open and how it was looked at, from one time to the next.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::app::Remembered;
use crate::display;
use crate::run::replace::replace_private_file;
use crate::run::root::state_folder;

/// The file's name in the state folder.
const NAME: &str = "screens.json";
/// A file of ours is far smaller.
const MOST_BYTES: u64 = 4 << 20;

/// Reads the file and writes it.
#[derive(Debug)]
pub(super) struct Keeper {
    /// `None` where there is no place for it.
    file: Option<PathBuf>,
}

impl Keeper {
    /// The file of whoever runs this.
    pub(super) fn of_user() -> Self {
        Self::of(|name| std::env::var_os(name))
    }

    fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        Self { file: state_folder(variable).map(|folder| folder.join(NAME)) }
    }

    /// What was kept. Where the file is not what it should be that is told, and it is left alone.
    pub(super) fn read(&self) -> (Remembered, Option<String>) {
        let Some(file) = &self.file else { return Default::default() };
        match read(file) {
            Ok(remembered) => (remembered, None),
            Err(why) => (Remembered::default(), Some(told(file, &why))),
        }
    }

    /// Keeps that as well. What another process has kept meanwhile stays.
    ///
    /// # Errors
    /// Says why it cannot be kept. Where the file is not what it should be it stays as it is, which was
    /// told when it was read.
    pub(super) fn write(&self, remembered: Remembered) -> Result<(), String> {
        let Some(file) = self.file.as_deref().filter(|_| !remembered.is_empty()) else { return Ok(()) };
        let Ok(before) = read(file) else { return Ok(()) };
        let written = serde_json::to_vec(&remembered.after(before)).map_err(io::Error::other);
        written.and_then(|bytes| publish(file, &bytes)).map_err(|error| {
            let file = display::path(file);
            format!("stepwatch: what was open is not remembered: {file}: {error}")
        })
    }
}

fn told(file: &Path, why: &str) -> String {
    let file = display::path(file);
    format!("what was open before is not known: {file}: {why}; remove it, and a new one is made")
}

fn read(file: &Path) -> Result<Remembered, String> {
    let is_file = match fs::metadata(file) {
        Ok(metadata) => metadata.is_file(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Remembered::default()),
        Err(error) => return Err(error.to_string()),
    };
    if !is_file {
        return Err("it is no file".to_owned());
    }
    let mut bytes = Vec::new();
    let opened = File::open(file).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    opened.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("it is larger than {} MiB", MOST_BYTES >> 20));
    }
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

/// Puts the bytes in the place of the file, for nobody else to read: what is searched for may be a secret.
fn publish(file: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    replace_private_file(file, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::remembered::{RememberedFilter, RememberedRun};

    fn run(text: &str, used: i64) -> RememberedRun {
        let filters = vec![RememberedFilter { text: text.to_owned(), on: true }];
        RememberedRun { used, filters, ..RememberedRun::default() }
    }

    fn of(names: &[(&str, i64)]) -> Remembered {
        let runs = names.iter().map(|(name, used)| ((*name).to_owned(), run(name, *used))).collect();
        Remembered { runs, ..Remembered::default() }
    }

    fn keeper(folder: &Path) -> Keeper {
        Keeper { file: Some(folder.join("new/folder").join(NAME)) }
    }

    #[test]
    fn what_is_kept_is_read_again_beside_what_another_kept_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = keeper(folder.path());
        assert_eq!(keeper.read(), (Remembered::default(), None), "nothing is there yet");
        keeper.write(of(&[("/a", 1), ("/b", 1)])).unwrap();
        keeper.write(of(&[("/b", 2), ("/c", 2)])).unwrap();
        assert_eq!(keeper.read(), (of(&[("/a", 1), ("/b", 2), ("/c", 2)]), None));
        let names = fs::read_dir(folder.path().join("new/folder")).unwrap();
        assert_eq!(names.count(), 1, "nothing else stays in the folder");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let keeper = keeper(folder.path());
        keeper.write(of(&[("/a", 1)])).unwrap();
        let mode = fs::metadata(keeper.file.unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_none_of_ours_is_told_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(NAME);
        let keeper = Keeper { file: Some(file.clone()) };
        fs::write(&file, "{\"runs\": 7}").unwrap();
        let (remembered, told) = keeper.read();
        assert!(remembered.is_empty());
        let told = told.unwrap();
        assert!(
            told.contains("invalid type") && told.ends_with("remove it, and a new one is made"),
            "{told}"
        );
        keeper.write(of(&[("/a", 1)])).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "{\"runs\": 7}");
    }

    #[test]
    fn those_that_were_open_longest_ago_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = keeper(folder.path());
        let names: Vec<String> = (0..300).map(|number| format!("/{number}")).collect();
        let all: Vec<(&str, i64)> = names.iter().map(String::as_str).zip(0..).collect();
        keeper.write(of(&all)).unwrap();
        let (remembered, _) = keeper.read();
        assert_eq!(remembered.runs.len(), 200);
        assert!(!remembered.runs.contains_key("/99") && remembered.runs.contains_key("/100"));
    }

    #[test]
    fn what_a_later_version_writes_besides_does_not_matter() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(NAME);
        fs::write(&file, r#"{"runs": {"/a": {"wraps": true, "new": 1}}, "other": {}}"#).unwrap();
        let (remembered, told) = Keeper { file: Some(file) }.read();
        assert_eq!(told, None);
        assert!(remembered.runs["/a"].wraps);
    }
}
