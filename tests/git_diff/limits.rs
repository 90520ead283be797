//! Beside a worker that commits; and what there is no diff of, with the reason.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use stepwatch::checkpoint::git::{DiffRequest, diff};

use crate::scene::{Scene, write_program};

#[test]
fn s10_a_worker_that_commits_meanwhile_is_never_locked_out() {
    let scene = Scene::new();
    let done = AtomicBool::new(false);
    let made = thread::scope(|scope| {
        let making = scope.spawn(|| {
            let mut made = 0;
            while !done.load(Ordering::Relaxed) {
                // What a commit changes under the diff may make it impossible, but never wrong.
                made += u32::from(diff(&scene.request()).is_ok());
            }
            made
        });
        for number in 0..60 {
            scene.write("kept", format!("{number}\n"));
            scene.write(&format!("new-{number}"), "");
            let added = scene.try_git(&["add", "-A"]);
            let committed = scene.try_git(&["commit", "-qm", "next"]);
            if !added.status.success() || !committed.status.success() {
                done.store(true, Ordering::Relaxed);
                panic!("commit {number}: {}{}", text(&added.stderr), text(&committed.stderr));
            }
        }
        done.store(true, Ordering::Relaxed);
        making.join().unwrap()
    });
    assert!(made > 3, "only {made} diffs were made meanwhile");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_index_of_another_who_holds_its_lock_is_read() {
    let scene = Scene::new();
    scene.write("kept", "two\n");
    scene.write(".git/index.lock", "");
    assert!(scene.diff().patch.ends_with("+two\n"));
}

#[test]
fn a_split_index_is_read() {
    let scene = Scene::new();
    scene.git(&["update-index", "--split-index"]);
    scene.write("kept", "two\n");
    assert!(scene.diff().patch.ends_with("+two\n"));
}

/// A folder with a git of ours in it.
fn fake_git(scene: &Scene, script: &str) -> OsString {
    let folder = scene.beside().join("bin");
    fs::create_dir_all(&folder).unwrap();
    write_program(&folder.join("git"), &format!("#!/bin/sh\n{script}\n"));
    let usual = std::env::var_os("PATH").unwrap();
    std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&usual))).unwrap()
}

#[test]
fn a_git_that_takes_too_long_is_killed_with_all_that_it_started() {
    let scene = Scene::new();
    let ids = scene.beside().join("ids");
    let script = format!(
        "[ \"$*\" = \"${{*%version}}version\" ] && exec echo git version 2.99\nsleep 1000 &\necho $$ $! > {0}.part && mv {0}.part {0}\nwait",
        ids.display()
    );
    let search_path = Some(fake_git(&scene, &script));
    let said = scene.refusal(|request| {
        request.search_path = search_path;
        request.time_limit = Duration::from_millis(700);
    });
    assert_eq!(
        said,
        "git took longer than 0.7 s to find the repository, and was ended; try again when the disk is less busy"
    );
    let ids = fs::read_to_string(ids).unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    for id in ids.split_whitespace() {
        let gone = || {
            let status = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            // A zombie waits for its parent, and runs no more.
            status.is_empty() || status.contains(") Z ")
        };
        while !gone() {
            assert!(Instant::now() < deadline, "process {id} still runs");
            thread::yield_now();
        }
    }
}

#[test]
fn a_file_of_the_repository_that_blocks_git_ends_with_the_time() {
    let scene = Scene::new();
    let path = scene.file(".gitignore");
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &path, fifo, rustix::fs::Mode::RUSR, 0).unwrap();
    let said = scene.refusal(|request| request.time_limit = Duration::from_millis(700));
    assert!(said.starts_with("git took longer than 0.7 s to list untracked files"), "{said}");
}

#[test]
fn where_git_is_missing_or_too_old_it_is_said() {
    let scene = Scene::new();
    let nowhere = Some(scene.beside().join("nowhere").into_os_string());
    let said = scene.refusal(|request| request.search_path = nowhere);
    assert_eq!(said, "git is in no folder of PATH; install it, or make a summary checkpoint instead");
    // One in the folder that somebody stands in is not taken.
    for relative in ["", ".", "bin", "../bin"] {
        let said = scene.refusal(|request| request.search_path = Some(relative.into()));
        assert!(said.starts_with("git is in no folder"), "{said}");
    }
    for version in ["2.31.9", "1.9.1.windows.1", "two"] {
        let search_path = Some(fake_git(&scene, &format!("echo git version {version}")));
        let said = scene.refusal(|request| request.search_path = search_path);
        assert!(said.starts_with(&format!("this is git {version}, and only git 2.32 or later")), "{said}");
    }
}

#[test]
fn where_there_is_no_repository_or_no_working_tree_it_is_said() {
    let scene = Scene::new();
    let at = |path: PathBuf| scene.refusal(|request| request.directory = path);
    let said = at(scene.beside().join("gone"));
    assert!(said.ends_with("gone is no folder (any more), so there is nothing to compare"), "{said}");
    assert!(at(scene.file("kept")).contains("is no folder"));
    let said = at(scene.beside().to_owned());
    assert!(
        said.ends_with("is in no git repository; name a run whose working directory is in one"),
        "{said}"
    );
    assert!(at(scene.file(".git")).contains("without a working tree"));
    let bare = scene.beside().join("bare");
    scene.git(&["init", "-q", "--bare", bare.to_str().unwrap()]);
    assert!(at(bare).contains("without a working tree"));
}

#[test]
fn what_names_no_commit_is_said() {
    let scene = Scene::new();
    for base in ["nope", "HEAD..main", "^HEAD", "HEAD~1", "HEAD:kept", "HEAD^{tree}", "a b", "line\nend"] {
        let said = scene.refusal(|request| request.base = Some(base.to_owned()));
        assert!(said.starts_with(&format!("{base:?} names no commit in the repository around")), "{said}");
    }
    for base in ["", "-h", "--output=/tmp/x", "a\0b"] {
        let said = scene.refusal(|request| request.base = Some(base.to_owned()));
        assert!(said.ends_with("a base is not empty and does not begin with \"-\""), "{said}");
    }
    let empty = Scene::empty();
    assert!(empty.refusal(|request| request.base = Some("HEAD".into())).contains("names no commit"));
}

#[test]
fn what_git_itself_cannot_do_is_said_in_its_words() {
    let scene = Scene::new();
    fs::write(scene.file(".git/index"), "nonsense").unwrap();
    let said = scene.refusal(|_| {});
    assert!(said.starts_with("git could not compare: fatal: "), "{said}");
    fs::remove_file(scene.file(".git/index")).unwrap();
    fs::create_dir(scene.file(".git/index")).unwrap();
    let said = scene.refusal(|_| {});
    assert!(said.starts_with("cannot copy ") && said.contains("no regular file"), "{said}");
}

#[test]
fn a_repository_of_another_user_is_not_trusted_unless_its_reader_does() {
    use std::io::Write as _;
    let scene = Scene::new();
    let other = |path: &Path| std::os::unix::fs::chown(path, Some(12_345), None);
    if other(&scene.file(".git")).and_then(|()| other(&scene.path())).is_err() {
        _ = writeln!(std::io::stderr(), "skipped: only root can give a repository to another");
        return;
    }
    let said = scene.refusal(|_| {});
    assert!(said.contains("belongs to another user") && said.contains("safe.directory"), "{said}");
}

#[test]
fn s08_a_secret_that_the_end_of_the_patch_cuts_is_masked_whole() {
    let scene = Scene::new();
    let token = format!("gh{}_{}", "p", "aB3dE5gH7jK9mN2pQ4sT6vW8xY1zC0fRuLiD");
    scene.write("kept", format!("first\n{token}"));
    let whole = scene.diff();
    let at = whole.patch.find(&token).unwrap();
    for limit in [at - 1, at, at + 1, at + 20, at + 39, at + 40, at + 100] {
        let mut found = diff(&DiffRequest { limit, ..scene.request() }).unwrap();
        let plain = found.patch.clone();
        let expected = usize::from(plain.len() > at);
        assert_eq!(found.secrets().iter().map(|one| one.count).sum::<usize>(), expected, "{limit}: {plain}");
        found.redact();
        assert!(!found.patch.contains("ghp") && found.patch.contains("[redacted:") == (expected == 1));
        assert_eq!(found.payload()["redacted"], true);
    }
    // One line that is longer than the limit is cut within.
    scene.write("kept", format!("{token}{}", " and more".repeat(20)));
    scene.git(&["add", "-A"]);
    scene.git(&["commit", "-qm", "one line"]);
    scene.write("kept", "short");
    let mut found = scene.diff();
    assert_eq!(found.redact()[0].count, 1);
    assert!(found.patch.contains("-[redacted:github-token:40] and more"), "{}", found.patch);
}
