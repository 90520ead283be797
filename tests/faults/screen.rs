//! What the screen makes of it, the real program in a real terminal: F32, F33, F36, F41, F42.

use std::fs::{self, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;

use crate::scene::{append, entries, entry, status_of, wait_until};
use crate::session::Session;

/// A run for the screen.
struct Run {
    folder: tempfile::TempDir,
}

impl Run {
    fn new() -> Self {
        let run = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(run.path()).unwrap();
        fs::write(run.path().join("state.json"), r#"{"status":"running"}"#).unwrap();
        run
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("task-1/run-1")
    }

    fn log(&self) -> PathBuf {
        self.path().join("stdout.jsonl")
    }

    fn open(&self) -> Session {
        Session::stepwatch(&[self.path().to_str().unwrap()], &[], 24, 80)
    }
}

/// Entries whose texts begin with `line` and their seq.
fn write_lines(log: &Path, seqs: impl IntoIterator<Item = u64>) {
    let file = OpenOptions::new().create(true).append(true).open(log).unwrap();
    let mut file = BufWriter::new(file);
    for seq in seqs {
        writeln!(file, "{{\"seq\":{seq},\"text\":\"line {seq}.\\n\"}}").unwrap();
    }
    file.flush().unwrap();
}

/// The most memory that the program has used, in kB.
fn memory(session: &Session) -> u64 {
    status_of(&session.process().as_raw_nonzero().to_string(), "VmHWM:")
}

#[test]
fn f31_f32_a_line_of_ten_megabytes_and_one_of_sixty_four_leave_the_screen_alive() {
    let run = Run::new();
    append(&run.log(), entry(1, "before"));
    append(&run.log(), entry(2, &format!("ten {}", "x".repeat(10_000_000))));
    append(&run.log(), entry(3, &format!("sixty-four {}", "y".repeat(64 << 20))));
    append(&run.log(), entry(4, "after"));
    let mut session = run.open();
    let screen = session.wait_for_text("after");
    assert!(screen.contents().contains("ten xxx") && screen.contents().contains("sixty-four yyy"));
    for (keys, what) in [("k", "▶"), ("l", "xxxx"), ("h", "ten xxx"), ("G", "· follow")] {
        session.press(keys);
        session.wait_for_text(what);
    }
    append(&run.log(), entry(5, "and on"));
    session.wait_for_text("and on");
    let used = memory(&session);
    assert!(used < 160 << 10, "the program used {used} kB");
    session.press("q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
}

#[test]
fn f33_a_million_lines_are_walked_from_end_to_end() {
    let run = Run::new();
    write_lines(&run.log(), 1..=1_000_000);
    let mut session = run.open();
    session.wait_for_text("line 1000000.");
    session.press("g");
    session.wait_for_text("line 1.");
    session.press("\x1b[6~");
    session.wait_for("the next page", |screen| !screen.contents().contains("line 1."));
    session.press("G");
    session.wait_for_text("line 1000000.");
    write_lines(&run.log(), [1_000_001]);
    session.wait_for_text("line 1000001.");
}

#[test]
fn f36_bytes_of_a_terminal_among_json_are_shown_and_not_obeyed() {
    let run = Run::new();
    append(&run.log(), entry(1, "before"));
    append(&run.log(), "\x1b[?2004l\x1b]0;owned\x07\x1b[?1049lpanicked at\n");
    append(&run.log(), b"\xb3\x5c CP-950\n");
    append(&run.log(), entry(2, "after"));
    let session = run.open();
    let screen = session.wait_for_text("after");
    // The modes are those that the program set itself.
    assert!(screen.alternate_screen() && screen.bracketed_paste());
    for shown in ["before", "]0;owned", "panicked at", "CP-950"] {
        assert!(screen.contents().contains(shown), "{shown}: {}", screen.contents());
    }
    session.assert_asked_for_nothing_but_titles();
}

#[test]
fn f41_while_nobody_reads_the_terminal_memory_is_bounded_and_then_one_look_catches_up() {
    // `script` reads the terminal in which the program runs; standing still it is the slowest
    // terminal that there is.
    let run = Run::new();
    write_lines(&run.log(), 1..=10);
    let program = format!("{} {}", env!("CARGO_BIN_EXE_stepwatch"), run.path().display());
    let session = Session::start("script", &["-qfc", &program, "/dev/null"], &[], 24, 80);
    session.wait_for_text("line 10.");
    let watcher = child_of(session.process().as_raw_nonzero().get());
    session.signal(Signal::STOP);
    // Frames are drawn until the terminal takes no more of them.
    let mut last = 10;
    wait_until("the program waits for its terminal", || {
        is_writing(watcher) || {
            write_lines(&run.log(), [u64::from(std::process::id())]);
            false
        }
    });
    let memory = || status_of(&watcher.to_string(), "VmHWM:");
    let (memory_before, read_before) = (memory(), bytes_read(watcher));
    for _ in 0..50 {
        write_lines(&run.log(), last + 1..=last + 20_000);
        last += 20_000;
    }
    assert!(is_writing(watcher), "it still waits");
    let risen = memory() - memory_before;
    assert!(risen < 32 << 10, "the memory rose by {risen} kB while nothing was taken");
    // The files are the buffer: nobody reads on for a screen that does not take what was read.
    let written = fs::metadata(run.log()).unwrap().len();
    wait_until("nothing more is read", || {
        let before = bytes_read(watcher);
        std::thread::sleep(Duration::from_millis(300));
        let read = bytes_read(watcher);
        assert!(read - read_before < written / 2, "{read} bytes were read of {written} for nobody");
        read == before
    });
    session.signal(Signal::CONT);
    append(&run.log(), "{\"seq\":9000000000,\"text\":\"the last one\"}\n");
    session.wait_for_text("the last one");
}

/// How many bytes a process has read.
fn bytes_read(process: i32) -> u64 {
    let counts = fs::read_to_string(format!("/proc/{process}/io")).unwrap();
    counts.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

/// The child of a process that has one.
fn child_of(process: i32) -> i32 {
    let found = fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let (before, after) = stat.rsplit_once(") ")?;
        let parent: i32 = after.split(' ').nth(1)?.parse().ok()?;
        (parent == process).then(|| before.split(' ').next().unwrap().parse().unwrap())
    });
    found.expect("a child")
}

/// Whether the first thread of a process is in the middle of writing.
fn is_writing(process: i32) -> bool {
    let write = if cfg!(target_arch = "x86_64") { "1 0x1 " } else { "64 0x1 " };
    fs::read_to_string(format!("/proc/{process}/syscall")).is_ok_and(|call| call.starts_with(write))
}

#[test]
fn f42_ctrl_z_gives_the_terminal_to_the_shell_and_fg_brings_the_screen_back() {
    let run = Run::new();
    write_lines(&run.log(), 1..=3);
    let mut session = Session::start("bash", &["--norc", "--noprofile", "-i"], &[("PS1", "ready> ")], 24, 80);
    session.wait_for_text("ready> ");
    session.press(&format!("{} {}\n", env!("CARGO_BIN_EXE_stepwatch"), run.path().display()));
    session
        .wait_for("the screen", |screen| screen.alternate_screen() && screen.contents().contains("line 3."));
    session.press("\x1a");
    session
        .wait_for("the shell", |screen| !screen.alternate_screen() && screen.contents().contains("Stopped"));
    write_lines(&run.log(), [4]);
    session.press("fg\n");
    let screen = session.wait_for("the screen again", |screen| {
        screen.alternate_screen() && screen.contents().contains("line 4.")
    });
    assert!(screen.hide_cursor());
    session.press("k");
    session.wait_for("keys that work", |screen| screen.rows(0, 80).any(|row| row.starts_with('▶')));
    session.press("q");
    session.wait_for("the shell again", |screen| !screen.alternate_screen() && !screen.hide_cursor());
    session.press("echo so\"und\"\n");
    session.wait_for_text("sound");
}

#[test]
fn f42_after_it_stood_still_the_screen_shows_what_came_and_what_was_rotated_meanwhile() {
    let run = Run::new();
    write_lines(&run.log(), 1..=3);
    let mut session = run.open();
    session.wait_for_text("line 3.");
    session.signal(Signal::STOP);
    wait_until("it stands still", || {
        let stat = format!("/proc/{}/stat", session.process().as_raw_nonzero());
        fs::read_to_string(stat).unwrap().contains(") T ")
    });
    write_lines(&run.log(), 4..=5000);
    fs::rename(run.log(), run.path().join("stdout.jsonl.1")).unwrap();
    append(&run.log(), entries(5001..=5002) + &entry(5003, "of the new file"));
    for (rows, cols) in [(15, 60), (40, 120), (24, 80)] {
        session.resize(rows, cols);
    }
    session.signal(Signal::CONT);
    let screen = session.wait_for_text("of the new file");
    assert!(screen.contents().contains("line 5000."), "{}", screen.contents());
    session.press("q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
}

#[test]
fn f42_a_storm_of_resizes_ends_in_the_last_size() {
    let run = Run::new();
    write_lines(&run.log(), 1..=100);
    let mut session = run.open();
    session.wait_for_text("line 100.");
    let is_whole = |screen: &vt100::Screen, last: &str| {
        let shown: Vec<String> = screen.rows(0, 80).collect();
        let end_of_log = shown.iter().position(|row| row.contains(" entries ─"));
        let last_entry = end_of_log.and_then(|end| shown.get(end - 1));
        shown[23].contains("? help")
            && last_entry.is_some_and(|row| row.contains(last))
            && shown[1].chars().count() == 80
    };
    for step in 0..500 {
        session.resize(10 + step % 30, 40 + step % 90);
    }
    session.resize(24, 80);
    write_lines(&run.log(), [101]);
    session.wait_for("the screen in its last size", |screen| is_whole(screen, "line 101."));
    // Small for so short a time that the program mostly sees the size that it had. The terminal has
    // forgotten what did not fit.
    for _ in 0..20 {
        session.resize(10, 40);
        session.resize(24, 80);
        session.wait_for("the screen in the size that it had", |screen| is_whole(screen, "line 101."));
    }
    session.press("q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
}
