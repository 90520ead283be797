//! How many instructions decoding, indexing and merging take: figures that hardly depend on what else
//! the machine does, so that a change for the worse is seen where times would only waver.
//!
//! ```sh
//! cargo bench --bench instructions                # compares with tests/bench_instructions.txt
//! cargo bench --bench instructions -- --update    # writes that file
//! ```
//!
//! It needs valgrind. Every case runs in a process of its own under callgrind, once for some number of
//! entries and once for twice as many; the difference is what the entries cost, and all that happens
//! once, and all threads, are counted rightly. What the kernel does is not counted. The status is 1 when a case takes over 5 % more than is
//! recorded, and 2 when nothing could be measured. The counts depend on the compiler: after a new one,
//! or after a change that is worth its price, record them anew.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench that fails shows where")]

mod generated_run;

use std::hint::black_box;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Parser as _;

use generated_run::{Settings, generate};
use stepwatch::model::{Model, Selection};
use stepwatch::run::{RunDirectory, decode, line_order};

/// How much more than recorded is too much.
const TOLERANCE: f64 = 0.05;
/// How many lines the run has whose entries are walked and looked up; twice that is indexed.
const LINES: u64 = 1_000_000;

/// One case: what is done, to what, and how often.
struct Case {
    name: &'static str,
    work: Work,
    count: u64,
}

enum Work {
    /// Decodes this line.
    Decode(&'static str),
    /// Finds the seq of this line.
    Order(&'static str),
    /// Indexes a run of as many entries, from its files to all that is counted.
    Index,
    /// Walks over as many entries of the merged order, decoding each.
    Walk,
    /// Finds the position of as many seqs, and the entry there.
    Find,
}

const STREAM: &str = r#"{"seq":4812345,"ts":"2026-03-21T08:00:00.039Z","text":"test scheduler::tests::reads_every_case_of_the_table_17 ... ok\n"}"#;
const WORKER: &str = r#"{"seq":4812346,"ts":"2026-03-21T08:00:00.036Z","event":"progress","level":"info","renderedLine":"12 of 999 packages built","data":{"done":12,"of":999}}"#;
const ESCAPED: &str = r#"{"seq":4812347,"ts":"2026-03-21T08:00:00.041Z","text":"\u001b[1m\u001b[32m   Compiling\u001b[0m \"parser\" \u2014 C:\\build\\parser\t\u00fcbersetzt\r\n"}"#;
const MALFORMED: &str = r#"{"seq":4812348,"ts":"2026-03-21T08:00:00.043Z","text":"test scheduler::tests::reads_every_case_of_the_ta"#;
const SEQ_BEHIND: &str = r#"{"ts":"2026-03-21T08:00:00.039Z","seq":4812349,"text":"test scheduler::tests::reads_every_case_of_the_table_17 ... ok\n"}"#;

const CASES: &[Case] = &[
    Case { name: "decode a stream line", work: Work::Decode(STREAM), count: 10_000 },
    Case { name: "decode a worker line", work: Work::Decode(WORKER), count: 10_000 },
    Case { name: "decode an escaped line", work: Work::Decode(ESCAPED), count: 10_000 },
    Case { name: "decode a malformed line", work: Work::Decode(MALFORMED), count: 10_000 },
    Case { name: "find the seq at the head of a line", work: Work::Order(STREAM), count: 100_000 },
    Case { name: "find the seq inside a line", work: Work::Order(SEQ_BEHIND), count: 10_000 },
    Case { name: "index an entry", work: Work::Index, count: LINES },
    Case { name: "walk to the next merged entry", work: Work::Walk, count: 20_000 },
    Case { name: "find the entry of a seq", work: Work::Find, count: 200 },
];

/// How many instructions decoding, indexing and merging take
#[derive(Debug, clap::Parser)]
struct Arguments {
    /// Record what is measured instead of comparing it
    #[arg(long)]
    update: bool,
    /// Where it is recorded
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench_instructions.txt"))]
    record: PathBuf,
    /// Do this case and nothing else: what runs under valgrind
    #[arg(long, hide = true, num_args = 3, value_names = ["CASE", "COUNT", "RUN"])]
    only: Option<Vec<String>>,
    /// What cargo says
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some([case, count, run]) = arguments.only.as_deref() {
        let case = &CASES[case.parse::<usize>().unwrap()];
        case.carry_out(count.parse().unwrap(), Path::new(run));
        return ExitCode::SUCCESS;
    }
    if cfg!(debug_assertions) {
        println!("this is no release build; run it with cargo bench --bench instructions");
        return ExitCode::from(2);
    }
    match Command::new("valgrind").arg("--version").stdout(Stdio::null()).status() {
        Ok(status) if status.success() => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("valgrind is not installed: nothing is measured; install it and try again");
            return ExitCode::from(2);
        }
        other => {
            println!("valgrind does not run, so nothing is measured: {other:?}");
            return ExitCode::from(2);
        }
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let runs = [1, 2].map(|times| {
        let run = folder.path().join(format!("times-{times}"));
        generate(&run, Settings { entries: times * LINES, seed: 1, ..Settings::default() }).unwrap();
        run
    });
    let measured: Vec<(&str, f64)> =
        CASES.iter().enumerate().map(|(number, case)| (case.name, case.measure(number, &runs))).collect();
    if arguments.update {
        record(&arguments.record, &measured);
        println!("recorded in {}", arguments.record.display());
        return ExitCode::SUCCESS;
    }
    compare(&arguments.record, &measured)
}

impl Case {
    /// Instructions an entry.
    fn measure(&self, number: usize, runs: &[PathBuf; 2]) -> f64 {
        let [once, twice] = [1, 2].map(|times| {
            // Only indexing depends on how long the run is.
            let run = if matches!(self.work, Work::Index) { &runs[times as usize - 1] } else { &runs[0] };
            instructions(number, times * self.count, run)
        });
        (twice as f64 - once as f64) / self.count as f64
    }

    fn carry_out(&self, count: u64, run: &Path) {
        match self.work {
            Work::Decode(line) => {
                (0..count).for_each(|_| drop(black_box(decode(black_box(line.as_bytes())))));
            }
            Work::Order(line) => {
                (0..count).for_each(|_| _ = black_box(line_order(black_box(line.as_bytes()))));
            }
            Work::Index => assert_eq!(load(run).counts().entries, count),
            Work::Walk => {
                let model = load(run);
                let view = model.view(&Selection::all());
                let walked = view.from(0).take(count as usize).map(|placed| black_box(placed).line.len());
                assert!(walked.sum::<usize>() > 0);
            }
            Work::Find => {
                let model = load(run);
                let view = model.view(&Selection::all());
                for number in 0..count {
                    // All over the run, in no order.
                    let seq = 1 + number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % LINES;
                    let position = view.position_of_seq(black_box(seq));
                    assert_eq!(view.at(position).and_then(|placed| placed.seq), Some(seq));
                }
            }
        }
    }
}

fn load(run: &Path) -> Model {
    Model::load(RunDirectory::alone(run)).unwrap()
}

/// Runs a case in a process of its own under callgrind; all instructions of that process.
fn instructions(case: usize, count: u64, run: &Path) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .args(["--only", &case.to_string(), &count.to_string()])
        .arg(run)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    // As in: ==4121== Collected : 193847
    let collected = said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    collected.unwrap_or_else(|| panic!("valgrind told no count:\n{said}"))
}

fn record(path: &Path, measured: &[(&str, f64)]) {
    let mut text = format!(
        "# Instructions an entry, by cargo bench --bench instructions -- --update\n# {}, {}\n",
        compiler(),
        std::env::consts::ARCH
    );
    for (name, instructions) in measured {
        text.push_str(&format!("{instructions:.1} {name}\n"));
    }
    std::fs::write(path, text).unwrap();
}

fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let version = output.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    version.map_or_else(|| "unknown compiler".to_owned(), |version| version.trim().to_owned())
}

/// Prints what is measured beside what is recorded.
fn compare(path: &Path, measured: &[(&str, f64)]) -> ExitCode {
    let recorded = match std::fs::read_to_string(path) {
        Ok(recorded) => recorded,
        Err(error) => {
            println!("{} cannot be read: {error}; make it with -- --update", path.display());
            return ExitCode::from(2);
        }
    };
    if !recorded.contains(&compiler()) {
        println!("The record was made by another compiler than {}.\n", compiler());
    }
    println!("| case | instructions | recorded | change |\n| --- | ---: | ---: | ---: |");
    let mut worse = Vec::new();
    for (name, instructions) in measured {
        let line = recorded.lines().find_map(|line| line.strip_suffix(name)?.trim().parse::<f64>().ok());
        let (before, change) = match line {
            None => ("–".to_owned(), "not recorded".to_owned()),
            Some(before) => {
                let change = instructions / before - 1.0;
                if change > TOLERANCE {
                    worse.push(format!("{name}: {:+.1} %", change * 100.0));
                }
                (format!("{before:.1}"), format!("{:+.1} %", change * 100.0))
            }
        };
        println!("| {name} | {instructions:.1} | {before} | {change} |");
    }
    if worse.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("\nOver {} % more than recorded:\n{}", TOLERANCE * 100.0, worse.join("\n"));
    ExitCode::FAILURE
}
