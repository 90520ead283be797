//! The soaks, and the table that comes of them.

mod watcher;
mod writer;

#[path = "../measure/live_run.rs"]
mod live_run;
#[path = "../measure/machine.rs"]
mod machine;
#[path = "../measure/marker.rs"]
mod marker;
#[path = "../measure/process.rs"]
mod process;
#[path = "../measure/pty.rs"]
mod pty;
#[path = "../measure/statistics.rs"]
mod statistics;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::str::FromStr;
use std::time::{Duration, Instant};

use clap::Parser as _;

use process::mebibytes;
use pty::{Pty, Size};
use statistics::{Quantiles, milliseconds};
use watcher::Watcher;
use writer::Journal;

const SIZE: Size = Size { rows: 40, columns: 120 };
/// How soon every key is to be answered, in milliseconds.
const KEY_BAR: f64 = 50.0;

/// Whether the screen keeps up with a fast writer for a long time
#[derive(Debug, clap::Parser)]
struct Arguments {
    /// Entries a second, and for how many seconds
    #[arg(value_name = "RATE:SECONDS", default_values = ["500000:30", "1000:600"])]
    soaks: Vec<Soak>,
    /// Measure only a little of everything, to see that it works
    #[arg(long)]
    short: bool,
    /// What cargo says
    #[arg(long, hide = true)]
    bench: bool,
}

/// One soak.
#[derive(Clone, Copy, Debug)]
struct Soak {
    a_second: u64,
    duration: Duration,
}

impl FromStr for Soak {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rate, seconds) = text.split_once(':').ok_or("expected RATE:SECONDS, for example 1000:600")?;
        let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
        let (Some(a_second), Some(seconds)) = (number(rate), number(seconds)) else {
            return Err("expected two numbers above 0, for example 1000:600");
        };
        Ok(Self { a_second, duration: Duration::from_secs(seconds) })
    }
}

pub(super) fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if cfg!(debug_assertions) {
        println!("this is no release build; run it with cargo bench --bench soak");
        return ExitCode::SUCCESS;
    }
    if arguments.short {
        let duration = Duration::from_secs(3);
        arguments.soaks = [500_000, 1000].map(|a_second| Soak { a_second, duration }).to_vec();
    }
    // What an earlier call left is not of this one.
    _ = fs::remove_dir_all(raw_samples());
    fs::create_dir_all(raw_samples()).unwrap();
    println!("{}", machine::description());
    println!(
        "A terminal of {}×{}, lines of 130 bytes in three channels, a key every 250 ms; stepwatch {}.\n",
        SIZE.columns,
        SIZE.rows,
        env!("CARGO_PKG_VERSION"),
    );
    println!(
        "| entries/s, asked | reached | s | entries | shown | `check` | keys | median | p90 | p99 | max | behind, p99 | max | frames/s | RSS MiB, start | end | max | CPU s/s | right after |"
    );
    println!("|{}", " ---: |".repeat(19));
    let mut all_held = true;
    let mut verdicts = String::new();
    for soak in arguments.soaks {
        let (row, verdict, held) = soak.run();
        println!("{row}");
        verdicts.push_str(&verdict);
        all_held &= held;
    }
    println!(
        "\nKeys, how far the screen was behind the writer while following, and how long after the last write it"
    );
    println!("was right, in milliseconds.\n\n{verdicts}");
    if all_held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Where the raw samples are kept.
fn raw_samples() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("soak")
}

impl Soak {
    /// Carries it out: its row of the table, what is to be said of it, and whether nothing was lost.
    fn run(self) -> (String, String, bool) {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let run = folder.path().join("task-1/run-1");
        live_run::create(&run, "task-1", "run-1");
        let program = Path::new(env!("CARGO_BIN_EXE_stepwatch"));
        let mut watcher = Watcher::new(Pty::start(SIZE, program, &[run.to_str().unwrap()]), SIZE);
        let journal = Journal::default();
        watcher.wait_for_a_frame(&journal);
        let before = watcher.usage();
        let writer = writer::start(&run, self.a_second, self.duration, journal.clone());
        watcher.press_keys(&journal, || !writer.is_finished());
        let (entries, took) = writer.join().unwrap();
        let written_at = Instant::now();
        watcher.wait_for_all(&journal, entries);
        let right_after = written_at.elapsed();
        let usage = watcher.usage().since(before);
        let keys = Quantiles::of(watcher.answers.iter().copied());
        let behind = Quantiles::of(watcher.behind.iter().copied());
        let (frames, pressed) = (watcher.frames(), watcher.answers.len());
        let resident = watcher.keep(&raw_samples(), &self.a_second.to_string());
        let checked = check(program, &run);
        let seconds = took.as_secs_f64();
        let row = format!(
            "| {} | {:.0} | {seconds:.0} | {entries} | {entries} | {checked} | {pressed} | {:.1} | {:.1} | {:.1} | {:.1} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} | {:.1} | {:.3} | {:.1} |",
            self.a_second,
            entries as f64 / seconds,
            milliseconds(keys.median),
            milliseconds(keys.p90),
            milliseconds(keys.p99),
            milliseconds(keys.max),
            milliseconds(behind.p99),
            milliseconds(behind.max),
            frames as f64 / seconds,
            mebibytes(before.resident),
            mebibytes(usage.resident),
            mebibytes(usage.peak.max(resident)),
            usage.processor.as_secs_f64() / seconds,
            milliseconds(right_after),
        );
        let slowest = milliseconds(keys.max);
        let verdict = format!(
            "{} entries/s: {}; the slowest key took {slowest:.1} ms, {} the bar of {KEY_BAR} ms\n",
            self.a_second,
            if checked == entries { "nothing is lost" } else { "ENTRIES ARE LOST" },
            if slowest <= KEY_BAR { "within" } else { "OVER" },
        );
        (row, verdict, checked == entries)
    }
}

/// How many entries `check` finds.
fn check(program: &Path, run: &Path) -> u64 {
    let output = Command::new(program).arg("check").arg(run).arg("--json").output().unwrap();
    let check: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    check["entries"].as_u64().unwrap()
}
