//! What reading costs, as ratios of paired runs of whole processes on the same machine, beside the
//! programs that do a part of the work: `wc`, `sort -m`, `tail`, ripgrep, jq.
//!
//! Run it with `cargo bench --bench reading`. It generates the reference run (8 000 000 entries,
//! 1.1 GB) in a temporary folder, and a Markdown table is what it prints. `-- 1000000` makes a smaller
//! run. Files are read from the page cache. The pairs are run in changing order; every ratio is the
//! median of those of the pairs. What both write is counted, so that a fast run that finds less is
//! seen. A peer that is not installed is left out with a word.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench that fails shows where"
)]

mod generated_run;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use generated_run::{Counts, Settings, generate};
use stepwatch::model::Model;
use stepwatch::run::RunDirectory;

const REFERENCE: u64 = 8_000_000;
const PAIRS: usize = 5;
/// After that long, and three pairs, a row is done.
const ENOUGH: Duration = Duration::from_secs(20);
/// The argument by which this program indexes a run and tells what it took.
const INDEX: &str = "index";

fn main() {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let [mode, run] = &arguments[..]
        && mode == INDEX
    {
        return index(Path::new(run));
    }
    if cfg!(debug_assertions) {
        println!("this is no release build; run it with cargo bench --bench reading");
        return;
    }
    let number = |argument: &OsString| argument.to_str()?.parse().ok();
    let entries = arguments.iter().find_map(number).unwrap_or(REFERENCE);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let [all, tenth, small] = [("all", entries), ("tenth", entries / 10), ("small", 1000)]
        .map(|(name, entries)| Run::generate(folder.path().join(name), entries));
    // What is left to be written back must not slow what is measured.
    Command::new("sync").status().unwrap();
    for run in [&all, &tenth, &small] {
        run.files().iter().for_each(|file| drop(io::copy(&mut File::open(file).unwrap(), &mut io::sink())));
    }
    print_machine();
    println!(
        "The run: {} entries, {:.2} GB. Median of the pairs; stepwatch {}.\n",
        all.counts.entries,
        all.counts.bytes as f64 / 1e9,
        env!("CARGO_PKG_VERSION")
    );
    println!("| work | stepwatch | beside | its time | ratio | pairs | what both found |");
    println!("| --- | ---: | --- | ---: | ---: | ---: | --- |");
    for row in rows(&all, &tenth, &small) {
        println!("{}", row.measured());
    }
    println!("\n{}", memory(&[&small, &tenth, &all]));
}

/// Everything that is compared.
fn rows(all: &Run, tenth: &Run, small: &Run) -> Vec<Row> {
    let mut rows = vec![
        row(
            "open and index everything",
            itself(&[INDEX.as_ref(), all.path()]),
            "wc -l",
            all.files(),
            Sink::Apart,
        ),
        Row {
            name: "`log -n 20`, beside 1 000 entries".to_owned(),
            ours: log(all, &["-n", "20"]),
            peer: log(small, &["-n", "20"]),
            peer_name: "itself".to_owned(),
            sink: Sink::Pipe,
        },
        row("`log -n 20`", log(all, &["-n", "20"]), "tail -q -n 20", all.files(), Sink::Apart),
        row("`log --all` to nowhere", log(all, &["--all"]), SORT, all.files(), Sink::Nowhere),
        row("`log --all` into a pipe", log(all, &["--all"]), SORT, all.files(), Sink::Pipe),
    ];
    for (what, pattern, of_raw_lines) in [
        ("a literal", "panicked", "panicked"),
        ("an alternation", "error|warning|FAILED", "error|warning|FAILED"),
        ("any case", "(?i)timeout", "(?i)timeout"),
        // In raw lines, the seqs would be found.
        ("six digits", r"\d{6}", r"\d{6}[^\d,]"),
        ("no hit", "unobtainable", "unobtainable"),
    ] {
        let name = format!("`log --grep '{}'`, {what}", pattern.replace('|', "\\|"));
        let ripgrep = "rg --no-config --no-filename --no-line-number --regexp";
        let operands = [vec![of_raw_lines.into()], all.files()].concat();
        rows.push(row(&name, log(all, &["--all", "--grep", pattern]), ripgrep, operands, Sink::Pipe));
    }
    let operands = [vec![".text // .renderedLine".into()], tenth.files()].concat();
    rows.push(row(
        "`log --all --raw`, a tenth",
        log(tenth, &["--all", "--raw"]),
        "jq -j",
        operands,
        Sink::Pipe,
    ));
    rows
}

/// Sorts by the number behind the first colon, the seq.
const SORT: &str = "sort -m -t: -k2,2n";

/// A generated run.
struct Run {
    directory: PathBuf,
    counts: Counts,
}

impl Run {
    fn generate(directory: PathBuf, entries: u64) -> Self {
        let counts = generate(&directory, Settings { entries, seed: 1, ..Settings::default() }).unwrap();
        Self { directory, counts }
    }

    fn path(&self) -> &OsStr {
        self.directory.as_os_str()
    }

    fn files(&self) -> Vec<OsString> {
        ["worker", "stdout", "stderr"]
            .map(|name| self.directory.join(format!("{name}.jsonl")).into())
            .to_vec()
    }
}

/// A program and its arguments.
#[derive(Clone)]
struct Call {
    program: OsString,
    arguments: Vec<OsString>,
}

fn itself(arguments: &[&OsStr]) -> Call {
    let program = std::env::current_exe().unwrap().into();
    Call { program, arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect() }
}

fn log(run: &Run, arguments: &[&str]) -> Call {
    let head = ["log".into(), run.path().to_owned()].into_iter();
    let arguments = head.chain(arguments.iter().map(OsString::from)).collect();
    Call { program: env!("CARGO_BIN_EXE_stepwatch").into(), arguments }
}

/// Where the output goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sink {
    Nowhere,
    /// Into a pipe that is read, and the lines are counted: both must write as many.
    Pipe,
    /// The same, but what both write is not comparable.
    Apart,
}

/// Two things that are compared.
struct Row {
    name: String,
    ours: Call,
    peer: Call,
    peer_name: String,
    sink: Sink,
}

/// A row beside a peer: its words, then the operands.
fn row(name: &str, ours: Call, peer: &str, operands: Vec<OsString>, sink: Sink) -> Row {
    let mut words = peer.split(' ').map(OsString::from);
    let program = words.next().unwrap_or_default();
    let peer_name = peer.split(" --no-config").next().unwrap_or(peer).to_owned();
    Row {
        name: name.to_owned(),
        ours,
        peer: Call { program, arguments: words.chain(operands).collect() },
        peer_name,
        sink,
    }
}

impl Row {
    /// The row of the table.
    fn measured(&self) -> String {
        eprintln!("{} …", self.name);
        if !is_installed(&self.peer.program) {
            let ours = time(&self.ours, self.sink);
            return format!(
                "| {} | {} | {}: not installed | – | – | 1 | – |",
                self.name,
                duration(ours.seconds),
                self.peer_name
            );
        }
        let began = Instant::now();
        let (mut ours, mut peers) = (Vec::new(), Vec::new());
        for pair in 0..PAIRS {
            if pair >= 3 && began.elapsed() > ENOUGH {
                break;
            }
            if pair % 2 == 0 {
                ours.push(time(&self.ours, self.sink));
                peers.push(time(&self.peer, self.sink));
            } else {
                peers.push(time(&self.peer, self.sink));
                ours.push(time(&self.ours, self.sink));
            }
        }
        let ratio = median(ours.iter().zip(&peers).map(|(ours, peer)| ours.seconds / peer.seconds));
        let found = match self.sink {
            Sink::Nowhere | Sink::Apart => "–".to_owned(),
            Sink::Pipe if ours[0].lines == peers[0].lines => format!("{} lines", ours[0].lines),
            Sink::Pipe => format!("DIFFERENT: {} and {} lines", ours[0].lines, peers[0].lines),
        };
        let seconds = |took: &[Took]| duration(median(took.iter().map(|took| took.seconds)));
        let (ours_took, peer_took) = (seconds(&ours), seconds(&peers));
        let (name, peer, pairs) = (&self.name, &self.peer_name, ours.len());
        format!("| {name} | {ours_took} | `{peer}` | {peer_took} | {ratio:.2} | {pairs} | {found} |")
    }
}

/// What a process took and how many lines it wrote.
struct Took {
    seconds: f64,
    lines: u64,
}

fn time(call: &Call, sink: Sink) -> Took {
    let mut command = Command::new(&call.program);
    command.args(&call.arguments).env("LC_ALL", "C").env_remove("RIPGREP_CONFIG_PATH");
    command.stdin(Stdio::null()).stdout(if sink == Sink::Nowhere { Stdio::null() } else { Stdio::piped() });
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut lines = 0;
    if let Some(mut stdout) = child.stdout.take() {
        let mut buffer = vec![0; 64 << 10];
        loop {
            match stdout.read(&mut buffer).unwrap() {
                0 => break,
                count => lines += memchr::memchr_iter(b'\n', &buffer[..count]).count() as u64,
            }
        }
    }
    let status = child.wait().unwrap();
    let seconds = start.elapsed().as_secs_f64();
    // 1 is how a search tells that there is no hit.
    assert!(status.success() || (status.code() == Some(1) && lines == 0), "{command:?}: {status}");
    Took { seconds, lines }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn duration(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

fn is_installed(program: &OsStr) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Indexes a run, in a process of its own, and tells the time and the memory that it took.
fn index(run: &Path) {
    let before = peak_memory();
    let start = Instant::now();
    let model = Model::load(RunDirectory::alone(run)).unwrap();
    let took = start.elapsed().as_secs_f64();
    let counts = model.counts();
    let megabytes = |kibibytes: Option<u64>| kibibytes.map_or(f64::NAN, |size| size as f64 / 1024.0);
    println!(
        "| {} | {} | {:.1} MiB | {:.1} MiB |",
        counts.entries,
        duration(took),
        megabytes(peak_memory()),
        megabytes(before)
    );
}

/// The most memory that this process ever had, in KiB, where the system tells it.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// What an index takes in memory, by the size of the run.
fn memory(runs: &[&Run]) -> String {
    let mut table =
        "| entries | `Model::load` | peak memory | of it before loading |\n| ---: | ---: | ---: | ---: |\n"
            .to_owned();
    for run in runs {
        let call = itself(&[INDEX.as_ref(), run.path()]);
        let output = Command::new(&call.program).args(&call.arguments).output().unwrap();
        assert!(output.status.success());
        table.push_str(&String::from_utf8(output.stdout).unwrap());
    }
    table
}

fn print_machine() {
    let value_of = |file: &str, key: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).map(str::to_owned);
        line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()))
            .unwrap_or_else(|| "unknown".to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "The machine: {cores} cores, {}, {} of memory, {} {}; load when the measuring began: {}.",
        value_of("/proc/cpuinfo", "model name"),
        value_of("/proc/meminfo", "MemTotal"),
        std::env::consts::OS,
        fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
        load.split(' ').take(3).collect::<Vec<_>>().join(" "),
    );
    for program in ["sort", "tail", "wc", "rg", "jq"] {
        let output = Command::new(program).arg("--version").stderr(Stdio::null()).output();
        let version = output.ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let first = version.as_deref().and_then(|text| text.lines().next()).unwrap_or("no version");
        println!("- {program}: {first}");
    }
    println!();
}
