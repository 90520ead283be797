//! A repository in a temporary folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use stepwatch::checkpoint::git::{DiffRequest, GitDiff, diff};

/// Writes a program. Another process does it: a program that is open for writing cannot be run, and
/// what is open here is also open for a moment in every process that another thread starts.
pub(crate) fn write_program(path: &Path, text: &str) {
    let script = "printf %s \"$2\" > \"$1\" && chmod +x \"$1\"";
    let status = Command::new("sh").args(["-c", script, "sh"]).arg(path).arg(text).status().unwrap();
    assert!(status.success());
}

pub(crate) struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    /// A repository without a commit.
    pub(crate) fn empty() -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(scene.path()).unwrap();
        scene.git(&["init", "-q", "-b", "main"]);
        scene
    }

    /// A repository with a commit of the file `kept`, which says `one`.
    pub(crate) fn new() -> Self {
        let scene = Self::empty();
        scene.write("kept", "one\n");
        scene.commit("first");
        scene
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// A folder beside the repository.
    pub(crate) fn beside(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::create_dir_all(self.file(name).parent().unwrap()).unwrap();
        fs::write(self.file(name), text).unwrap();
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", message]);
    }

    /// Runs git as a worker would, with nothing of the tester's own settings; it must succeed.
    pub(crate) fn git(&self, words: &[&str]) -> String {
        let output = self.try_git(words);
        assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    pub(crate) fn try_git(&self, words: &[&str]) -> Output {
        Command::new("git")
            .args(["-c", "user.name=Worker", "-c", "user.email=worker@example.org"])
            .args(words)
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap()
    }

    pub(crate) fn request(&self) -> DiffRequest {
        DiffRequest::new(self.path())
    }

    pub(crate) fn diff(&self) -> GitDiff {
        diff(&self.request()).unwrap()
    }

    /// The words of the error that there must be.
    pub(crate) fn refusal(&self, change: impl FnOnce(&mut DiffRequest)) -> String {
        let mut request = self.request();
        change(&mut request);
        diff(&request).unwrap_err().to_string()
    }
}
