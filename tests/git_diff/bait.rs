//! Programs that a repository names to git. Each bait comes with a control that shows it working:
//! plain `git diff` runs it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use stepwatch::checkpoint::git::{DiffRequest, GitError, diff};

use crate::scene::{Scene, write_program};

/// Names the repository to the process that makes a diff.
const VARIABLE: &str = "GIT_DIFF_DIRECTORY";

/// How a repository is set up so that git runs the program.
type Bait = (&'static str, fn(&Scene, &str));

const BAITS: &[Bait] = &[
    ("external diff", |scene, program| set(scene, "diff.external", program)),
    ("diff command", |scene, program| {
        attributes(scene, ".gitattributes", "kept diff=evil");
        set(scene, "diff.evil.command", program);
    }),
    ("text conversion", |scene, program| {
        attributes(scene, ".gitattributes", "kept diff=evil");
        set(scene, "diff.evil.textconv", program);
    }),
    ("clean filter", |scene, program| {
        attributes(scene, ".gitattributes", "kept filter=evil");
        set(scene, "filter.evil.clean", program);
    }),
    ("clean filter by attributes beside the tree", |scene, program| {
        attributes(scene, ".git/info/attributes", "kept filter=evil");
        set(scene, "filter.evil.clean", program);
    }),
    ("clean filter by attributes elsewhere", |scene, program| {
        let elsewhere = scene.beside().join("attributes");
        fs::write(&elsewhere, "kept filter=evil\n").unwrap();
        set(scene, "core.attributesFile", elsewhere.to_str().unwrap());
        set(scene, "filter.evil.clean", program);
    }),
    ("clean filter whose name has a sign in it", |scene, program| {
        attributes(scene, ".gitattributes", "kept filter=e=v.il");
        set(scene, "filter.e=v.il.clean", program);
    }),
    ("clean filter of an included file", |scene, program| {
        attributes(scene, ".gitattributes", "kept filter=evil");
        fs::write(scene.file(".git/more"), format!("[filter \"evil\"]\n\tclean = {program}\n")).unwrap();
        set(scene, "include.path", "more");
    }),
    ("process filter", |scene, program| {
        attributes(scene, ".gitattributes", "kept filter=evil");
        set(scene, "filter.evil.process", program);
        set(scene, "filter.evil.required", "true");
    }),
    ("file system monitor", |scene, program| set(scene, "core.fsmonitor", program)),
    ("hook on a change of the index", |scene, program| {
        let hook = scene.file(".git/hooks/post-index-change");
        write_program(&hook, &fs::read_to_string(program).unwrap());
        // The same content at another time is what git brings its index up to date with.
        let file = fs::File::options().write(true).open(scene.file("same")).unwrap();
        let long_ago =
            fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_000_000));
        file.set_times(long_ago).unwrap();
    }),
    ("transport to what is missing", |scene, program| {
        let blob = scene.git(&["rev-parse", "HEAD:kept"]);
        fs::remove_file(scene.file(&format!(".git/objects/{}/{}", &blob[..2], &blob[2..]))).unwrap();
        set(scene, "core.repositoryFormatVersion", "1");
        set(scene, "extensions.partialClone", "origin");
        set(scene, "remote.origin.promisor", "true");
        set(scene, "remote.origin.url", "ssh://host.invalid/x");
        set(scene, "core.sshCommand", program);
    }),
];

fn set(scene: &Scene, name: &str, value: &str) {
    scene.git(&["config", name, value]);
}

fn attributes(scene: &Scene, file: &str, line: &str) {
    scene.write(file, format!("{line}\n"));
}

/// A repository with that bait, and the file that is there once it was taken.
fn baited((name, set_up): &Bait) -> (Scene, PathBuf) {
    let scene = Scene::empty();
    scene.write("kept", "one\n");
    scene.write("same", "same\n");
    scene.commit("first");
    let (program, taken) = (scene.beside().join("program"), scene.beside().join("taken"));
    write_program(&program, &format!("#!/bin/sh\necho '{name}' >> '{}'\nexit 1\n", taken.display()));
    scene.write("kept", "two\n");
    set_up(&scene, program.to_str().unwrap());
    (scene, taken)
}

#[test]
fn s09_no_program_that_a_repository_names_is_run_while_plain_git_runs_each() {
    for bait in BAITS {
        let (control, taken) = baited(bait);
        let said = control.try_git(&["diff", "HEAD"]);
        assert!(taken.exists(), "{}: the bait does not work: {said:?}", bait.0);

        let (scene, taken) = baited(bait);
        let found = diff(&DiffRequest { include_stat: true, ..scene.request() });
        assert!(!taken.exists(), "{}: {}", bait.0, fs::read_to_string(&taken).unwrap());
        if bait.0.starts_with("transport") {
            assert!(matches!(found, Err(GitError::Failed { .. })), "{found:?}");
        } else {
            assert!(found.unwrap().patch.contains("-one\n+two\n"), "{}", bait.0);
        }
    }
}

/// The process of which the environment or the system calls are looked at: a test of its own.
#[test]
#[ignore = "it is the process that the other tests start"]
fn diffing_process() {
    let Some(directory) = std::env::var_os(VARIABLE) else { return };
    assert!(diff(&DiffRequest::new(directory)).unwrap().patch.contains("-one\n+two\n"));
}

fn diffing(scene: &Scene, mut command: Command) -> Command {
    command
        .args(["bait::diffing_process", "--exact", "--ignored", "--test-threads=1"])
        .env(VARIABLE, scene.path())
        .stdin(Stdio::null());
    command
}

#[test]
fn what_our_own_environment_says_to_git_is_not_passed_on() {
    let (scene, taken) = baited(&("environment", |_, _| {}));
    let program = scene.beside().join("program");
    let mut control = Command::new("git");
    control.args(["diff", "HEAD"]).current_dir(scene.path()).env("GIT_EXTERNAL_DIFF", &program);
    control.output().unwrap();
    assert!(taken.exists(), "the bait does not work");
    fs::remove_file(&taken).unwrap();
    let output = diffing(&scene, Command::new(std::env::current_exe().unwrap()))
        .env("GIT_EXTERNAL_DIFF", &program)
        .env("GIT_DIR", scene.beside())
        .env("GIT_INDEX_FILE", "nowhere")
        .env("GIT_SSH_COMMAND", &program)
        .env("GIT_EXEC_PATH", scene.beside())
        .env("GIT_CONFIG_PARAMETERS", format!("'diff.external'='{}'", program.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!taken.exists());
}

/// The calls of a whole diff, one a line; `None` where there is no strace.
fn traced(scene: &Scene) -> Option<String> {
    let trace = scene.beside().join("trace");
    let mut command = Command::new("strace");
    command
        .args(["-f", "-qq", "-y", "-e", "signal=none", "-e", "trace=%file,fchmod,ftruncate", "-o"])
        .arg(&trace);
    command.arg(std::env::current_exe().unwrap());
    match diffing(scene, command).output() {
        Ok(output) if output.status.success() => Some(fs::read_to_string(trace).unwrap()),
        _ => None,
    }
}

#[test]
fn only_git_is_run_and_nothing_but_its_stand_in_is_written() {
    use std::io::Write as _;
    // The hook's repository has an index that is out of date, which git writes if it may.
    let hook = BAITS.iter().find(|(name, _)| name.starts_with("hook")).unwrap();
    let (scene, _) = baited(hook);
    let Some(trace) = traced(&scene) else {
        _ = writeln!(std::io::stderr(), "skipped: strace is not here or may not trace");
        return;
    };
    let succeeded = |line: &&str| !line.contains(" = -1 ");
    let run: Vec<&str> = trace.lines().filter(|line| line.contains("execve(")).filter(succeeded).collect();
    let is_git = |line: &str| line.contains("/git\", [\"");
    assert!(run.len() > 5 && run[1..].iter().all(|line| is_git(line)), "{run:#?}");
    let changing = [
        "O_CREAT", "O_WRONLY", "O_RDWR", "O_TRUNC", "rename", "unlink", "mkdir", "rmdir", "link(", "linkat(",
        "chmod", "utime",
    ];
    let is_change = |line: &&str| {
        !line.contains("execve(")
            && !line.contains("readlink")
            && changing.iter().any(|word| line.contains(word))
    };
    let elsewhere = |line: &&str| !line.contains("stepwatch-git-") && !line.contains("\"/dev/");
    let changes: Vec<&str> = trace.lines().filter(is_change).filter(elsewhere).collect();
    assert!(changes.iter().all(|line| line.contains("/proc/")), "{changes:#?}");
    assert!(trace.lines().any(|line| is_change(&line) && line.contains("stepwatch-git-")), "nothing is seen");
}
