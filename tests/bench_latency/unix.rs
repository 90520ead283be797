//! The trials, and the tables that come of them.

mod gates;
mod schedule;
mod trial;

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
#[path = "../generated_run/random.rs"]
mod random;
#[path = "../measure/statistics.rs"]
mod statistics;
#[path = "../measure/versions.rs"]
mod versions;

use std::fs;
use std::path::Path;
use std::time::Duration;

use clap::Parser as _;

use process::mebibytes;
use pty::Size;
use schedule::Writing;
use statistics::{Quantiles, milliseconds};
use trial::{Outcome, Subject, Trial};

/// Lines a second, and what the median and the 99th percentile of ours may be, in milliseconds.
const BARS: [(u32, f64, f64); 2] = [(20, 1.5, 10.0), (20_000, 10.0, 20.0)];

/// How long it takes from a line being written until it is on the screen
#[derive(Debug, clap::Parser)]
struct Arguments {
    /// How often each trial is made, each time with another schedule
    #[arg(long, value_name = "N", default_value_t = 5)]
    runs: u64,
    /// How long the trials at 20 lines a second take
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    slow: u64,
    /// How long the trials at 20 000 lines a second take
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    fast: u64,
    /// How many rows the terminal has
    #[arg(long, default_value_t = 40)]
    rows: u16,
    /// How many columns the terminal has
    #[arg(long, default_value_t = 120)]
    columns: u16,
    /// Measure only a little of everything, to see that it works
    #[arg(long)]
    short: bool,
    /// What cargo says
    #[arg(long, hide = true)]
    bench: bool,
}

pub(super) fn main() {
    let mut arguments = Arguments::parse();
    if cfg!(debug_assertions) {
        println!("this is no release build; run it with cargo bench --bench latency");
        return;
    }
    if arguments.short {
        (arguments.runs, arguments.slow, arguments.fast) = (1, 2, 1);
    }
    let size = Size { rows: arguments.rows, columns: arguments.columns };
    println!("{}\n{}", machine::description(), versions::of_programs(&["tail"]));
    println!(
        "A terminal of {}×{}, {} trials of {} s at 20 lines/s and of {} s at 20 000 lines/s, in turn; stepwatch {}.",
        size.columns,
        size.rows,
        arguments.runs,
        arguments.slow,
        arguments.fast,
        env!("CARGO_PKG_VERSION"),
    );
    println!("It measures to the terminal's side of the pseudoterminal, not to photons.\n");
    let samples = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("latency");
    // What an earlier call left is not of this one.
    _ = fs::remove_dir_all(&samples);
    fs::create_dir_all(&samples).unwrap();
    print_latencies(&arguments, size, &samples);
    print_idle(&arguments, size);
    print_stalls(&arguments, size);
}

/// What is tried: every subject at both rates, and how the lines are written.
fn combinations(arguments: &Arguments) -> Vec<Trial> {
    let mut combinations = Vec::new();
    for (rate, seconds) in [(20, arguments.slow), (20_000, arguments.fast)] {
        for writing in [Writing::Whole, Writing::Torn] {
            for subject in [Subject::Stepwatch, Subject::Tail, Subject::Terminal] {
                // The short form leaves out what is least telling.
                if writing == Writing::Torn && (arguments.short || subject == Subject::Terminal) {
                    continue;
                }
                let duration = Duration::from_secs(seconds);
                combinations.push(Trial { subject, rate, writing, duration, number: 0 });
            }
        }
    }
    combinations
}

fn print_latencies(arguments: &Arguments, size: Size, samples: &Path) {
    let mut trials: Vec<(Trial, Vec<Summary>)> =
        combinations(arguments).into_iter().map(|trial| (trial, Vec::new())).collect();
    for number in 1..=arguments.runs {
        for (trial, summaries) in &mut trials {
            let trial = Trial { number, ..*trial };
            let outcome = trial.run(size);
            trial.keep(&outcome.samples, samples);
            summaries.push(Summary::of(&outcome, trial.duration));
        }
    }
    println!(
        "Due to visible, in milliseconds: of each quantile the median of the trials, the highest of all.\n"
    );
    println!(
        "| lines/s | a line is written | shown by | median | p90 | p99 | max | writer late, p99 | frames/s | reads/s | pty MB/s | CPU s/s | RSS MiB (peak) |"
    );
    println!("| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (trial, summaries) in &trials {
        println!("{}", row(trial, summaries));
    }
    println!();
    for (rate, median_bar, p99_bar) in BARS {
        for (trial, summaries) in &trials {
            if trial.subject == Subject::Stepwatch && trial.rate == rate {
                let held = |what: &str, found: f64, bar: f64| {
                    let verdict = if found <= bar { "within" } else { "OVER" };
                    format!("{what} {found:.2} ms, {verdict} the bar of {bar} ms")
                };
                let middle = held("median", median(summaries, |summary| summary.latency.median), median_bar);
                let p99 = held("p99", median(summaries, |summary| summary.latency.p99), p99_bar);
                println!("{rate} lines/s, {:?}: {middle}; {p99}", trial.writing);
            }
        }
    }
    println!("\nThe raw samples: {}/*.csv\n", samples.display());
}

/// What is kept of a trial.
struct Summary {
    latency: Quantiles,
    late: Quantiles,
    frames: f64,
    reads: f64,
    megabytes: f64,
    processor: f64,
    resident: f64,
    peak: f64,
}

impl Summary {
    fn of(outcome: &Outcome, duration: Duration) -> Self {
        let samples = outcome.samples.iter();
        let seconds = duration.as_secs_f64();
        Self {
            latency: Quantiles::of(samples.clone().map(|sample| sample.visible.saturating_sub(sample.due))),
            late: Quantiles::of(samples.map(|sample| sample.written.saturating_sub(sample.due))),
            frames: outcome.output.frames as f64 / seconds,
            reads: outcome.output.reads as f64 / seconds,
            megabytes: outcome.output.bytes as f64 / 1e6 / seconds,
            processor: outcome.usage.processor.as_secs_f64() / seconds,
            resident: mebibytes(outcome.usage.resident),
            peak: mebibytes(outcome.usage.peak),
        }
    }
}

/// In milliseconds.
fn median(summaries: &[Summary], of: impl Fn(&Summary) -> Duration) -> f64 {
    milliseconds(Quantiles::of(summaries.iter().map(of)).median)
}

fn row(trial: &Trial, summaries: &[Summary]) -> String {
    let of = |value: fn(&Summary) -> f64| {
        let mut values: Vec<f64> = summaries.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let max = summaries.iter().map(|summary| summary.latency.max).max().unwrap_or_default();
    // This process is no program that shows something.
    let (processor, resident) = match trial.subject {
        Subject::Terminal => ("–".to_owned(), "–".to_owned()),
        _ => (
            format!("{:.3}", of(|summary| summary.processor)),
            format!("{:.1} ({:.1})", of(|summary| summary.resident), of(|summary| summary.peak)),
        ),
    };
    format!(
        "| {} | {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} | {:.0} | {:.3} | {processor} | {resident} |",
        trial.rate,
        if trial.writing == Writing::Whole { "whole" } else { "in pieces" },
        trial.subject.name(),
        median(summaries, |summary| summary.latency.median),
        median(summaries, |summary| summary.latency.p90),
        median(summaries, |summary| summary.latency.p99),
        milliseconds(max),
        median(summaries, |summary| summary.late.p99),
        of(|summary| summary.frames),
        of(|summary| summary.reads),
        of(|summary| summary.megabytes),
    )
}

fn print_idle(arguments: &Arguments, size: Size) {
    let rests: &[u64] = if arguments.short { &[1] } else { &[1, 12] };
    for rest in rests {
        let duration = Duration::from_secs(if arguments.short { 2 } else { 10 });
        let idle = gates::idle(size, Duration::from_secs(*rest), duration);
        let seconds = idle.duration.as_secs_f64();
        println!(
            "Idle for {seconds} s, {rest} s after the last write: {} frames, of which {} changed more than clocks; \
             {:.1} wake-ups/s; {:.3} % of a core (bars: none, 5, 0.2 %).",
            idle.frames,
            idle.other_frames,
            idle.usage.wakes as f64 / seconds,
            idle.usage.processor.as_secs_f64() / seconds * 100.0,
        );
    }
    println!();
}

fn print_stalls(arguments: &Arguments, size: Size) {
    let stalls: &[u64] = if arguments.short { &[1] } else { &[2, 10] };
    for stall in stalls {
        for subject in [Subject::Stepwatch, Subject::Tail] {
            let converged = gates::stall(subject, size, 20_000, Duration::from_secs(*stall));
            println!(
                "The terminal is not read for {stall} s at 20 000 lines/s: {} is right {:.1} ms after that{}.",
                subject.name(),
                milliseconds(converged),
                if subject == Subject::Stepwatch { " (bar: 100 ms)" } else { "" },
            );
        }
    }
}
