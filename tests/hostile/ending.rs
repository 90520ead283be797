//! F41, F44: the end of the program where its terminal does not answer any more.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::session::Session;

/// How long anything may take before the test fails.
const DEADLINE: Duration = Duration::from_secs(30);

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::yield_now();
    }
}

/// A run, and the program in a terminal that `script` reads; the program's process.
struct Watched {
    folder: tempfile::TempDir,
    session: Session,
    program: Pid,
}

impl Watched {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("state.json"), r#"{"status":"running"}"#).unwrap();
        fs::write(folder.path().join("stdout.jsonl"), "{\"seq\":1,\"text\":\"first\\n\"}\n").unwrap();
        let program = format!("exec {} {}", env!("CARGO_BIN_EXE_stepwatch"), folder.path().display());
        let session = Session::start("script", &["-qfc", &program, "/dev/null"], &[], 24, 80);
        session.wait_for_text("first");
        let program = child_of(session.process());
        Self { folder, session, program }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("stdout.jsonl")
    }

    fn is_gone(&self) -> bool {
        let stat = Path::new("/proc").join(self.program.as_raw_nonzero().to_string()).join("stat");
        fs::read_to_string(stat).map_or(true, |stat| stat.contains(") Z "))
    }
}

fn child_of(process: Pid) -> Pid {
    let found = fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let (before, after) = stat.rsplit_once(") ")?;
        let parent: i32 = after.split(' ').nth(1)?.parse().ok()?;
        (parent == process.as_raw_nonzero().get()).then(|| before.split(' ').next().unwrap().parse().unwrap())
    });
    Pid::from_raw(found.unwrap()).unwrap()
}

#[test]
fn f44_where_the_terminal_is_closed_the_program_ends() {
    let watched = Watched::start();
    watched.session.signal(Signal::KILL);
    wait_until("it ends with its terminal", || watched.is_gone());
}

#[test]
fn f41_a_terminal_that_takes_nothing_more_does_not_keep_the_program_from_being_ended() {
    let watched = Watched::start();
    watched.session.signal(Signal::STOP);
    let mut log = fs::OpenOptions::new().append(true).open(watched.log()).unwrap();
    let mut seq = 1;
    wait_until("it waits for its terminal", || {
        seq += 1;
        writeln!(log, "{{\"seq\":{seq},\"text\":\"line {seq}\\n\"}}").unwrap();
        let call = format!("/proc/{}/syscall", watched.program.as_raw_nonzero());
        let write = if cfg!(target_arch = "x86_64") { "1 0x1 " } else { "64 0x1 " };
        fs::read_to_string(call).is_ok_and(|call| call.starts_with(write))
    });
    kill_process(watched.program, Signal::TERM).unwrap();
    wait_until("it ends", || watched.is_gone());
}
