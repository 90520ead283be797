//! Finding the runs below a root.

use std::fs;
use std::path::{Path, PathBuf};

use super::directory::{CHECKPOINTS, LOGS, RunDirectory};

/// How many folders deep below a root runs are found.
pub const MAX_DEPTH: usize = 6;

/// The runs at or below `root`, in the order of their paths: to a depth of [`MAX_DEPTH`], never in
/// dot folders, never inside another run; a link is followed only if it resolves inside the root.
/// Folders that cannot be read are passed over.
#[must_use]
pub fn find_runs(root: &Path) -> Vec<RunDirectory> {
    let mut runs = Vec::new();
    let real_root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    visit(root, root, &real_root, 0, &mut runs);
    runs.sort();
    runs
}

fn visit(folder: &Path, root: &Path, real_root: &Path, depth: usize, runs: &mut Vec<RunDirectory>) {
    let run = RunDirectory::new(folder, root);
    if run.is_run() {
        runs.push(run);
        return;
    }
    if depth == MAX_DEPTH {
        return;
    }
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") || name == LOGS || name == CHECKPOINTS {
            continue;
        }
        let path = entry.path();
        if is_folder_inside(&path, &entry, real_root) {
            visit(&path, root, real_root, depth + 1, runs);
        }
    }
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
