//! What is compared.

mod compared;
mod engine;
mod memory;
mod roots;
mod screens;

#[path = "../measure/live_run.rs"]
mod live_run;
#[path = "../measure/machine.rs"]
mod machine;
#[path = "../measure/process.rs"]
mod process;
#[path = "../measure/pty.rs"]
mod pty;
#[path = "../measure/versions.rs"]
mod versions;

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Parser as _;
use memchr::memmem;

use crate::generated_run::{Counts, Settings, generate};
use compared::{Bar, Call, HEAD, Row, Sink};
use screens::Finished;

/// What reading costs, beside other programs
#[derive(Debug, clap::Parser)]
struct Arguments {
    /// How many entries the run has
    #[arg(default_value_t = 8_000_000)]
    entries: u64,
    /// Measure the memory for a run ten times as long, too: it takes 11 GB on the disk
    #[arg(long)]
    tenfold: bool,
    /// Leave out everything but the screens and the root of many runs
    #[arg(long)]
    only_screens: bool,
    /// How long nothing happens where that is measured
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    rest: u64,
    /// Index this run and tell what it took: what runs in a process of its own
    #[arg(long, hide = true, value_name = "RUN")]
    index: Option<PathBuf>,
    /// Go to places in this run and filter it: what runs in a process of its own
    #[arg(long, hide = true, value_name = "RUN")]
    engine: Option<PathBuf>,
    /// What cargo says
    #[arg(long, hide = true)]
    bench: bool,
}

pub(super) fn main() {
    let arguments = Arguments::parse();
    if let Some(run) = &arguments.index {
        return memory::index(run);
    }
    if let Some(run) = &arguments.engine {
        return engine::measure(run);
    }
    if cfg!(debug_assertions) {
        println!("this is no release build; run it with cargo bench --bench reading");
        return;
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let entries = arguments.entries;
    let [all, tenth, small] =
        [("RUN", entries), ("A_TENTH", entries / 10), ("SMALL", 1000)].map(|(name, entries)| {
            let run = Run::generate(folder.path().join(name.to_lowercase()), name, entries);
            run.read_once();
            run
        });
    let scene = Scene { lnav: folder.path().join("lnav"), all, tenth, small };
    screens::write_lnav_format(&scene.lnav);
    // What is left to be written back must not slow what is measured.
    Command::new("sync").status().unwrap();
    println!("{}", machine::description());
    println!("{}", versions::of_programs(&["sort", "tail", "wc", "less", "lnav", "rg", "jq"]));
    println!(
        "RUN: {} entries, {:.2} GB; SMALL: 1 000 entries. Median of the pairs, warm cache; stepwatch {}.\n",
        scene.all.counts.entries,
        scene.all.counts.bytes as f64 / 1e9,
        env!("CARGO_PKG_VERSION")
    );
    println!("{HEAD}");
    let rows = if arguments.only_screens { scene.opening() } else { scene.rows() };
    for row in rows {
        println!("{}", row.measured());
    }
    if !arguments.only_screens {
        let mut engine = Command::new(std::env::current_exe().unwrap());
        let output = engine.arg("--engine").arg(scene.all.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        println!("\n{}", String::from_utf8(output.stdout).unwrap());
    }
    let rest = Duration::from_secs(arguments.rest);
    scene.print_memory(&arguments, folder.path(), rest);
    println!("\n{}", roots::measured(folder.path(), rest));
}

/// The runs.
struct Scene {
    /// The settings of lnav.
    lnav: PathBuf,
    all: Run,
    tenth: Run,
    small: Run,
}

impl Scene {
    /// The folders, and what they are called in the tables.
    fn names(&self) -> Vec<(String, &'static str)> {
        let runs = [&self.all, &self.tenth, &self.small].map(|run| (run.path_text(), run.name));
        [runs.to_vec(), vec![(self.lnav.to_str().unwrap().to_owned(), "SETTINGS")]].concat()
    }

    /// Everything that is compared.
    fn rows(&self) -> Vec<Row> {
        [self.opening(), self.indexing(), self.printing(), self.searching()].into_iter().flatten().collect()
    }

    fn row(&self, work: &str, ours: Call, peer: Call, sink: Sink, bar: Bar) -> Row {
        let names = self.names();
        Row { work: work.to_owned(), ours: ours.subject(sink, &names), peer: peer.subject(sink, &names), bar }
    }

    fn opening(&self) -> Vec<Row> {
        let names = self.names();
        let ours = |run: &Run| {
            screens::subject(stepwatch(&[run.path()]), Finished::Entries(run.counts.entries), &names)
        };
        let row = |work: &str, run, peer, bar| Row { work: work.to_owned(), ours: ours(run), peer, bar };
        let less = screens::subject(self.less(), self.all.last_of_stdout(), &names);
        let lnav = screens::subject(self.lnav(), LNAV_LAST, &names);
        vec![
            row("open", &self.all, ours(&self.small), Bar::Times(1.2)),
            row("open, beside the largest file alone", &self.all, less, Bar::Seconds(0.05)),
            row("open", &self.all, lnav, Bar::None),
        ]
    }

    fn less(&self) -> Call {
        Call::new("less -S +G", &[self.all.directory.join("stdout.jsonl").into()])
    }

    fn lnav(&self) -> Call {
        let settings = ["-I".into(), self.lnav.clone().into()];
        Call { program: "lnav".into(), arguments: [settings.to_vec(), self.all.files()].concat() }
    }

    fn indexing(&self) -> Vec<Row> {
        let index = || index_call(&self.all);
        let mut lnav = self.lnav();
        let query = ["-n", "-c", ";SELECT count(*) FROM run_log"].map(OsString::from);
        lnav.arguments.splice(0..0, query);
        vec![
            self.row(
                "index everything",
                index(),
                Call::new("wc -l", &self.all.files()),
                Sink::Apart,
                Bar::Seconds(0.4),
            ),
            self.row("index everything", index(), lnav, Sink::Apart, Bar::None),
        ]
    }

    fn printing(&self) -> Vec<Row> {
        let (all, files) = (&self.all, self.all.files());
        let last = |run: &Run| log(run, &["-n", "20"]);
        let tail = Call::new("tail -q -n 20", &files);
        let sort = || Call::new("sort -m -t: -k2,2n", &files);
        let every = || log(all, &["--all"]);
        let jq = [vec![".text // .renderedLine".into()], self.tenth.files()].concat();
        let raw = log(&self.tenth, &["--all", "--raw"]);
        vec![
            self.row("the last 20", last(all), last(&self.small), Sink::Pipe, Bar::None),
            self.row("the last 20", last(all), tail, Sink::Apart, Bar::Seconds(0.015)),
            self.row("everything, to nowhere", every(), sort(), Sink::Nowhere, Bar::Seconds(1.2)),
            self.row("everything, into a pipe", every(), sort(), Sink::Pipe, Bar::Times(1.5)),
            self.row("the raw text of a tenth", raw, Call::new("jq -j", &jq), Sink::Pipe, Bar::None),
        ]
    }

    fn searching(&self) -> Vec<Row> {
        let search = |(what, pattern, of_raw_lines): (&str, &str, &str)| {
            let operands = [vec![of_raw_lines.into()], self.all.files()].concat();
            let ripgrep = Call::new("rg --no-config --no-filename --no-line-number --regexp", &operands);
            let ours = log(&self.all, &["--all", "--grep", pattern]);
            self.row(&format!("search: {what}"), ours, ripgrep, Sink::Pipe, Bar::Seconds(1.0))
        };
        let patterns = [
            ("a literal", "panicked", "panicked"),
            ("an alternation", "error|warning|FAILED", "error|warning|FAILED"),
            ("any case", "(?i)timeout", "(?i)timeout"),
            // In raw lines, the seqs would be found.
            ("six digits", r"\d{6}", r"\d{6}[^\d,]"),
            ("no hit", "unobtainable", "unobtainable"),
        ];
        patterns.into_iter().map(search).collect()
    }

    fn print_memory(&self, arguments: &Arguments, folder: &Path, rest: Duration) {
        let names = self.names();
        let tenfold = arguments.tenfold.then(|| {
            eprintln!("a run ten times as long …");
            Run::generate(folder.join("tenfold"), "TENFOLD", arguments.entries * 10)
        });
        let runs = [&self.small, &self.tenth, &self.all].into_iter().chain(tenfold.as_ref());
        let runs: Vec<&Run> = runs.collect();
        let calls: Vec<Call> = runs.iter().map(|run| index_call(run)).collect();
        println!("\n{}", memory::of_engine(&calls));
        println!("{}", memory::SCREENS_HEAD);
        for run in runs {
            let typed = format!("stepwatch {}", run.name);
            println!(
                "{}",
                memory::of_our_screen(&stepwatch(&[run.path()]), &typed, run.counts.entries, rest)
            );
        }
        for (call, finished) in [(self.less(), self.all.last_of_stdout()), (self.lnav(), LNAV_LAST)] {
            let subject = screens::subject(call.clone(), finished.clone(), &names);
            if subject.installed {
                let entries = self.all.counts.entries;
                println!("{}", memory::of_their_screen(&call, &subject.command, entries, &finished));
            }
        }
    }
}

/// What the worker says last, the last line of the run.
const LNAV_LAST: Finished = Finished::Text(Cow::Borrowed("succeeded: exit 0"));

/// A generated run.
struct Run {
    name: &'static str,
    directory: PathBuf,
    counts: Counts,
}

impl Run {
    fn generate(directory: PathBuf, name: &'static str, entries: u64) -> Self {
        let counts = generate(&directory, Settings { entries, seed: 1, ..Settings::default() }).unwrap();
        Self { name, directory, counts }
    }

    /// So that it is in the page cache.
    fn read_once(&self) {
        self.files().iter().for_each(|file| drop(io::copy(&mut File::open(file).unwrap(), &mut io::sink())));
    }

    fn path(&self) -> &OsStr {
        self.directory.as_os_str()
    }

    fn path_text(&self) -> String {
        self.directory.to_str().unwrap().to_owned()
    }

    fn files(&self) -> Vec<OsString> {
        let file = |name| self.directory.join(format!("{name}.jsonl")).into();
        ["worker", "stdout", "stderr"].map(file).to_vec()
    }

    /// What shows that the end of the largest file is on a screen.
    fn last_of_stdout(&self) -> Finished {
        let end = last_bytes(&self.directory.join("stdout.jsonl"));
        let line = end.strip_suffix("\n").and_then(|end| end.rsplit('\n').next()).unwrap_or_default();
        let comma = memmem::find(line.as_bytes(), b",").unwrap_or(line.len());
        Finished::Text(Cow::Owned(line[..=comma].to_owned()))
    }
}

fn last_bytes(path: &Path) -> String {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut file = File::open(path).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(length.saturating_sub(4096))).unwrap();
    let mut end = Vec::new();
    file.read_to_end(&mut end).unwrap();
    String::from_utf8_lossy(&end).into_owned()
}

fn stepwatch(arguments: &[&OsStr]) -> Call {
    let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    Call { program: env!("CARGO_BIN_EXE_stepwatch").into(), arguments }
}

fn log(run: &Run, arguments: &[&str]) -> Call {
    let words = arguments.iter().map(OsStr::new);
    stepwatch(&[OsStr::new("log"), run.path()].into_iter().chain(words).collect::<Vec<_>>())
}

/// This program, as the one that calls `Model::load`.
fn index_call(run: &Run) -> Call {
    let program = std::env::current_exe().unwrap().into();
    Call { program, arguments: vec!["--index".into(), run.path().to_owned()] }
}
