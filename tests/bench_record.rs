//! What recording costs, as ratios of paired runs on the same machine:
//!
//! - bulk: 1 000 000 lines of 70 bytes, against `CMD | tee log > out`; the bar is 1.2;
//! - flushed: the same lines with one `write` a line, against `CMD > file`; the bar is 1.0.
//!
//! Run it with `cargo bench --bench record`. An argument after `--` is the number of pairs (7).
//! Each pair is run in changing order; the median of the ratios is what counts. The command is this
//! program itself, writing as fast as it can, which is the hardest case.
#![cfg_attr(
    unix,
    expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench that fails shows where")
)]

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, File};
    use std::io::{self, Write as _};
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    const LINES: usize = 1_000_000;
    const LINE_LENGTH: usize = 70;

    pub(super) fn main() {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        match arguments.first().map(String::as_str) {
            Some("write-bulk") => return write_lines(64 << 10),
            Some("write-flushed") => return write_lines(0),
            _ => {}
        }
        if cfg!(debug_assertions) {
            println!("this is no release build; run it with cargo bench --bench record");
            return;
        }
        let pairs = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(7);
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        compare("bulk", "tee", pairs, 1.2, folder.path(), |scene| {
            let command = own_command("write-bulk");
            let script = format!("{command} | tee log > out");
            time(Command::new("sh").args(["-c", &script]).current_dir(scene))
        });
        compare("flushed", "file", pairs, 1.0, folder.path(), |scene| {
            let command = own_command("write-flushed");
            time(Command::new("sh").args(["-c", &format!("{command} > out")]).current_dir(scene))
        });
    }

    /// Writes the lines in blocks of about that many bytes; 0 is one `write` a line.
    fn write_lines(block: usize) {
        let mut stdout = io::stdout().lock();
        let mut pending = Vec::with_capacity(block + LINE_LENGTH);
        let mut file = File::from(std::os::fd::AsFd::as_fd(&stdout).try_clone_to_owned().unwrap());
        for number in 0..LINES {
            let start = pending.len();
            write!(pending, "line {number:>8} of a step that tells what it compiles and links").unwrap();
            pending.resize(start + LINE_LENGTH - 1, b'.');
            pending.push(b'\n');
            if pending.len() >= block {
                file.write_all(&pending).unwrap();
                pending.clear();
            }
        }
        file.write_all(&pending).unwrap();
        stdout.flush().unwrap();
    }

    fn own_command(mode: &str) -> String {
        format!("'{}' {mode}", std::env::current_exe().unwrap().display())
    }

    fn compare(
        name: &str,
        other: &str,
        pairs: usize,
        bar: f64,
        folder: &Path,
        run_other: impl Fn(&Path) -> Duration,
    ) {
        let mode = format!("write-{name}");
        let fresh = |what: &str, run: &dyn Fn(&Path) -> Duration| {
            let scene = folder.join(what);
            fs::create_dir(&scene).unwrap();
            // What earlier runs left to be written back must not slow this one.
            Command::new("sync").status().unwrap();
            let took = run(&scene);
            check(&scene);
            fs::remove_dir_all(scene).unwrap();
            took.as_secs_f64()
        };
        let record = |scene: &Path| {
            let out = File::create(scene.join("out")).unwrap();
            let mut exec = Command::new(env!("CARGO_BIN_EXE_stepwatch"));
            exec.args(["exec", "--root", "runs", "--", "sh", "-c", &own_command(&mode)]);
            time(exec.current_dir(scene).stdout(out))
        };
        let mut ratios = Vec::new();
        for pair in 0..pairs {
            let (ours, others) = if pair % 2 == 0 {
                let ours = fresh("ours", &record);
                (ours, fresh("others", &run_other))
            } else {
                let others = fresh("others", &run_other);
                (fresh("ours", &record), others)
            };
            println!("{name}: exec {ours:.3} s, {other} {others:.3} s, ratio {:.2}", ours / others);
            ratios.push(ours / others);
        }
        ratios.sort_by(f64::total_cmp);
        let median = ratios[ratios.len() / 2];
        let verdict = if median <= bar { "within" } else { "OVER" };
        println!("{name}: median ratio {median:.2} over {pairs} pairs, {verdict} the bar of {bar:.1}");
    }

    fn time(command: &mut Command) -> Duration {
        let start = Instant::now();
        let status = command.stdin(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(status.success(), "{command:?}");
        start.elapsed()
    }

    /// A fast run that loses something is no run.
    fn check(scene: &Path) {
        assert_eq!(fs::metadata(scene.join("out")).unwrap().len(), (LINES * LINE_LENGTH) as u64);
        for task in fs::read_dir(scene.join("runs")).into_iter().flatten() {
            let run = fs::read_dir(task.unwrap().path()).unwrap().next().unwrap().unwrap().path();
            let log = fs::read(run.join("stdout.jsonl")).unwrap();
            assert_eq!(memchr::memchr_iter(b'\n', &log).count(), LINES);
        }
    }
}
