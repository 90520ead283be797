//! Finding the runs below a root.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::directory::{CHECKPOINTS, LOGS, RunDirectory};

/// How many folders deep below a root runs are found.
pub const MAX_DEPTH: usize = 6;
/// A folder that changed so short a time ago may change again without a new time: the times of some
/// file systems are whole seconds, of FAT two.
const SETTLED_AFTER: Duration = Duration::from_secs(3);

/// The runs at or below `root`, in the order of their paths: to a depth of [`MAX_DEPTH`], never in
/// dot folders, never inside another run; a link is followed only if it resolves inside the root.
/// Folders that cannot be read are passed over; a [`Finder`] tells which.
#[must_use]
pub fn find_runs(root: &Path) -> Vec<RunDirectory> {
    Finder::new(root.to_owned()).find_anew()
}

/// Finds the runs below a root again and again, and reads only those folders anew that changed.
#[derive(Debug)]
pub struct Finder {
    root: PathBuf,
    folders: HashMap<PathBuf, Folder>,
    /// Folders that could not be read at the last search, and why.
    troubles: Vec<(PathBuf, String)>,
}

/// What was found in a folder.
#[derive(Clone, Debug)]
struct Folder {
    /// When it changed last; `None` where that tells nothing.
    changed: Option<SystemTime>,
    /// `None` where it is a run.
    folders: Option<Vec<PathBuf>>,
}

impl Finder {
    /// A finder for the runs below `root`, which has not looked yet.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root, folders: HashMap::new(), troubles: Vec::new() }
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folders that could not be read at the last search, and why: there may be runs in them.
    #[must_use]
    pub fn troubles(&self) -> &[(PathBuf, String)] {
        &self.troubles
    }

    /// Whether no folder changed since the last search in which runs could come or go, so that
    /// [`Self::find`] would find the same: it asks each of them when it changed, and builds nothing.
    #[must_use]
    pub fn is_as_before(&self) -> bool {
        let is_as_before = |(path, folder): (&PathBuf, &Folder)| {
            folder.folders.is_none() || (folder.changed.is_some() && folder.changed == changed(path))
        };
        self.troubles.is_empty()
            && self.folders.contains_key(&self.root)
            && self.folders.iter().all(is_as_before)
    }

    /// The runs that are there now, as [`find_runs`] finds them.
    #[must_use]
    pub fn find_anew(&mut self) -> Vec<RunDirectory> {
        self.folders.clear();
        self.find()
    }

    /// The runs that are there now, as far as the folders that they lie in tell: a folder that is a
    /// run stays one until it is gone, and where a link leads is not asked again.
    #[must_use]
    pub fn find(&mut self) -> Vec<RunDirectory> {
        let real_root = fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        let before = std::mem::take(&mut self.folders);
        self.troubles.clear();
        let mut search = Search { finder: self, before, real_root, runs: Vec::new() };
        let root = search.finder.root.clone();
        search.visit(root, 0);
        let mut runs = search.runs;
        runs.sort();
        runs
    }
}

/// One search.
struct Search<'f> {
    finder: &'f mut Finder,
    /// What was found at the last search.
    before: HashMap<PathBuf, Folder>,
    real_root: PathBuf,
    runs: Vec<RunDirectory>,
}

impl Search<'_> {
    fn visit(&mut self, path: PathBuf, depth: usize) {
        let known = self.before.remove(&path);
        let folder = match known {
            Some(folder) if folder.folders.is_none() => folder,
            Some(folder) if folder.changed.is_some() && folder.changed == changed(&path) => folder,
            _ => self.read(&path),
        };
        match &folder.folders {
            None => self.runs.push(RunDirectory::new(&path, &self.finder.root)),
            Some(folders) if depth < MAX_DEPTH => {
                folders.iter().for_each(|folder| self.visit(folder.clone(), depth + 1));
            }
            Some(_) => {}
        }
        self.finder.folders.insert(path, folder);
    }

    fn read(&mut self, path: &Path) -> Folder {
        // Before it is read: what changes afterwards is seen at the next search.
        let changed = changed(path);
        if RunDirectory::new(path, &self.finder.root).is_run() {
            return Folder { changed, folders: None };
        }
        let mut folders = Vec::new();
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => {
                // It is asked again at the next search. What is gone by now is no trouble.
                if error.kind() != io::ErrorKind::NotFound {
                    self.finder.troubles.push((path.to_owned(), error.to_string()));
                }
                return Folder { changed: None, folders: Some(folders) };
            }
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") || name == LOGS || name == CHECKPOINTS {
                continue;
            }
            let path = entry.path();
            if is_folder_inside(&path, &entry, &self.real_root) {
                folders.push(path);
            }
        }
        Folder { changed, folders: Some(folders) }
    }
}

/// When a folder changed last, if a later change will have another time.
fn changed(folder: &Path) -> Option<SystemTime> {
    let time = fs::metadata(folder).ok()?.modified().ok()?;
    time.elapsed().is_ok_and(|since| since >= SETTLED_AFTER).then_some(time)
}

fn is_folder_inside(path: &PathBuf, entry: &fs::DirEntry, real_root: &Path) -> bool {
    match entry.file_type() {
        Ok(kind) if kind.is_dir() => true,
        // A link to one of its own parents would be met again until the depth ends; a link that
        // leads below itself cannot, because runs are never looked for inside runs.
        Ok(kind) if kind.is_symlink() => fs::canonicalize(path)
            .is_ok_and(|real| real.is_dir() && real.starts_with(real_root) && !path_is_inside(path, &real)),
        _ => false,
    }
}

fn path_is_inside(path: &Path, folder: &Path) -> bool {
    path.parent()
        .and_then(|parent| fs::canonicalize(parent).ok())
        .is_some_and(|parent| parent.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(root: &Path, paths: &[&str]) {
        for path in paths {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"").unwrap();
        }
    }

    fn found(root: &Path) -> Vec<String> {
        find_runs(root)
            .iter()
            .map(|run| run.path().strip_prefix(root).unwrap().display().to_string())
            .collect()
    }

    #[test]
    fn finds_runs_to_a_depth_of_six_and_never_in_dot_folders_or_other_runs() {
        let root = tempfile::tempdir().unwrap();
        make(
            root.path(),
            &[
                "task/run-1/run.json",
                "task/run-1/nested/run.json",
                "task/run-2/logs/stdout.log",
                "1/2/3/4/5/6/worker.jsonl",
                "1/2/3/4/5/6x/7/worker.jsonl",
                ".git/run.json",
                "task/notes/readme.log",
            ],
        );
        assert_eq!(found(root.path()), ["1/2/3/4/5/6", "task/run-1", "task/run-2"]);
    }

    #[test]
    fn a_finder_sees_what_came_and_went_without_reading_everything_again() {
        let root = tempfile::tempdir().unwrap();
        let names = |finder: &mut Finder| -> Vec<String> {
            let found = finder.find();
            found
                .iter()
                .map(|run| run.path().strip_prefix(root.path()).unwrap().display().to_string())
                .collect()
        };
        let long_ago = SystemTime::now() - Duration::from_secs(100);
        let age =
            |path: &str| fs::File::open(root.path().join(path)).unwrap().set_modified(long_ago).unwrap();
        make(root.path(), &["old/run-1/run.json", "new/notes.md"]);
        ["", "old", "new"].into_iter().for_each(age);
        let mut finder = Finder::new(root.path().to_owned());
        assert!(!finder.is_as_before(), "it has not looked yet");
        assert_eq!(names(&mut finder), ["old/run-1"]);
        assert!(finder.is_as_before());
        make(root.path(), &["new/run-2/run.json", "newer/run-3/stdout.log"]);
        assert!(!finder.is_as_before());
        assert_eq!(names(&mut finder), ["new/run-2", "newer/run-3", "old/run-1"]);
        assert!(!finder.is_as_before(), "what has just changed may change again within the same time");
        ["", "new", "newer"].into_iter().for_each(age);
        assert!(!finder.is_as_before());
        assert_eq!(names(&mut finder), ["new/run-2", "newer/run-3", "old/run-1"]);
        assert!(finder.is_as_before());
        // A folder in which nothing changed is not read: what was hidden there stays unseen until all
        // is read anew.
        make(root.path(), &["old/run-4/run.json"]);
        age("old");
        assert_eq!(names(&mut finder), ["new/run-2", "newer/run-3", "old/run-1"]);
        assert_eq!(finder.find_anew().len(), 4);
        fs::remove_dir_all(root.path().join("old/run-1")).unwrap();
        fs::remove_dir_all(root.path().join("new")).unwrap();
        assert!(!finder.is_as_before());
        assert_eq!(names(&mut finder), ["newer/run-3", "old/run-4"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_read_is_told_of_and_the_others_are_searched() {
        let folder = tempfile::tempdir().unwrap();
        // The path of a folder in it is too long for the system.
        let mut root = folder.path().to_owned();
        while root.as_os_str().len() < 3900 {
            root.push("x".repeat(100));
        }
        make(&root, &["run/run.json"]);
        let handle = fs::File::open(&root).unwrap();
        rustix::fs::mkdirat(handle, "y".repeat(250), rustix::fs::Mode::RWXU).unwrap();
        let mut finder = Finder::new(root.clone());
        for _ in 0..2 {
            assert_eq!(finder.find(), [RunDirectory::new(root.join("run"), &root)]);
            let [(folder, error)] = finder.troubles() else { panic!("{:?}", finder.troubles()) };
            assert!(folder.ends_with("y".repeat(250)) && error.contains("too long"), "{error}");
        }
    }

    #[test]
    fn a_root_that_is_a_run_is_the_run() {
        let root = tempfile::tempdir().unwrap();
        make(root.path(), &["stderr.jsonl"]);
        assert_eq!(found(root.path()), [""]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_only_inside_the_root_and_never_in_a_circle() {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        make(outside.path(), &["run/run.json"]);
        make(root.path(), &["store/run/run.json", "task/x"]);
        std::os::unix::fs::symlink(outside.path(), root.path().join("out")).unwrap();
        std::os::unix::fs::symlink(root.path().join("store/run"), root.path().join("task/linked")).unwrap();
        std::os::unix::fs::symlink(root.path(), root.path().join("task/circle")).unwrap();
        assert_eq!(found(root.path()), ["store/run", "task/linked"]);
    }
}
