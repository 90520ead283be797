//! What a checkpoint takes, from the request until its file is announced as saved:
//!
//! - a log tail and a summary of a run that is open, as from a key: the model is in memory; the bar is
//!   20 ms;
//! - the same by the whole command, which reads the run first; the bar for a log tail is 0.4 s.
//!
//! ```sh
//! cargo bench --bench checkpoint                    # the reference run: 8 000 000 entries, 1.1 GB
//! cargo bench --bench checkpoint -- 1000000         # a smaller run
//! cargo bench --bench checkpoint -- --run DIR       # a run that is there: nothing is written in it
//! ```
//!
//! Files are read from the page cache; checkpoints go to the disk of the target folder, whose own time for
//! two synchronisations (a file, a folder) is measured in turn, because that is the least it can take. The
//! run is one that is not over, so that its spool is kept. Every record is read back.

#![cfg_attr(
    unix,
    expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench that fails shows where")
)]

#[cfg(unix)]
mod generated_run;
#[cfg(unix)]
#[path = "measure/machine.rs"]
mod machine;
#[cfg(unix)]
#[path = "measure/statistics.rs"]
mod statistics;

fn main() {
    #[cfg(unix)]
    unix::main();
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, File};
    use std::io::{ErrorKind, Write as _};
    use std::num::NonZeroUsize;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant, SystemTime};

    use clap::Parser as _;
    use stepwatch::checkpoint::{Checkpoints, Draft, LogTail};
    use stepwatch::model::Model;
    use stepwatch::run::RunDirectory;

    use crate::generated_run::{Settings, generate};
    use crate::machine;
    use crate::statistics::{Quantiles, milliseconds};

    /// How often a checkpoint is made of the open run.
    const TIMES: usize = 200;
    /// How often a whole command is run.
    const COMMANDS: usize = 9;
    /// What is made of an open run may take this long.
    const BAR: Duration = Duration::from_millis(20);
    /// And this long where the whole run is read first.
    const BAR_OF_SCAN: Duration = Duration::from_millis(400);

    /// What a checkpoint takes
    #[derive(Debug, clap::Parser)]
    struct Arguments {
        /// How many entries the run has
        #[arg(default_value_t = 8_000_000)]
        entries: u64,
        /// Measure with this run instead, whose files get a second name elsewhere on their disk
        #[arg(long, value_name = "DIR", conflicts_with = "entries")]
        run: Option<PathBuf>,
        /// What cargo says
        #[arg(long, hide = true)]
        bench: bool,
    }

    pub(super) fn main() {
        let arguments = Arguments::parse();
        if cfg!(debug_assertions) {
            println!("this is no release build; run it with cargo bench --bench checkpoint");
            return;
        }
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let run = folder.path().join("run");
        match &arguments.run {
            Some(given) => link_logs(given, &run),
            None => {
                let settings = Settings { entries: arguments.entries, seed: 1, ..Settings::default() };
                generate(&run, settings).unwrap();
            }
        }
        // Under new names, so that the files of a run that was given stay as they are.
        fs::remove_file(run.join("state.json")).unwrap();
        fs::write(run.join("state.json"), r#"{"status":"running"}"#).unwrap();
        // What is left to be written back must not slow what is measured.
        Command::new("sync").status().unwrap();
        println!("{}\n", machine::description());

        let directory = RunDirectory::alone(&run);
        drop(Model::load(directory.clone()).unwrap());
        let begin = Instant::now();
        let model = Model::load(directory).unwrap();
        println!("{} entries, read in {:.0} ms.\n", model.counts().entries, milliseconds(begin.elapsed()));
        println!(
            "| what | median | 90 of 100 | 99 of 100 | slowest | bar | |\n| --- | ---: | ---: | ---: | ---: | ---: | --- |"
        );
        measure_open(&model, folder.path());
        drop(model);
        measure_commands(&run);
    }

    fn link_logs(from: &Path, to: &Path) {
        fs::create_dir(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::hard_link(&path, to.join(path.file_name().unwrap())).unwrap();
            }
        }
    }

    fn measure_open(model: &Model, folder: &Path) {
        let limits = [20, 1000].map(|count| NonZeroUsize::new(count).unwrap());
        let (mut least, mut tails, mut made, mut summaries) =
            (vec![], [vec![], vec![]], [vec![], vec![]], vec![]);
        let mut firsts = vec![];
        for number in 0..TIMES {
            least.push(two_synchronisations(folder, number));
            for (place, limit) in limits.into_iter().enumerate() {
                // As a key does it: the model knows who the run is.
                let (taken, (read, draft)) = time(|| {
                    let (read, tail) = time(|| LogTail::of(model, limit).unwrap());
                    (read, Draft::LogTail { tail, summary: None })
                });
                tails[place].push(read);
                made[place].push(taken + publish(model, draft, Some(limit.get())));
            }
            let summary = || {
                let log_seq = model.counts().highest_seq;
                Draft::Summary { text: "half way".to_owned(), detail: None, log_seq }
            };
            summaries.push(publish(model, summary(), None));
            clear(model.directory().path());
            firsts.push(publish(model, summary(), None));
        }
        row("a file and its folder synchronised", least, None);
        for (place, limit) in limits.into_iter().enumerate() {
            row(
                &format!("the last {limit} entries, found and read"),
                std::mem::take(&mut tails[place]),
                None,
            );
            row(&format!("a log tail of {limit}, open run"), std::mem::take(&mut made[place]), Some(BAR));
        }
        row("a summary, open run", summaries, Some(BAR));
        row("the same where the folders are made first", firsts, Some(BAR));
    }

    /// What the disk takes at least: a small file and its folder made to survive a power cut.
    fn two_synchronisations(folder: &Path, number: usize) -> Duration {
        let path = folder.join(format!("{number}.tmp"));
        let (taken, ()) = time(|| {
            let mut file = File::create_new(&path).unwrap();
            file.write_all(&[b'x'; 3000]).unwrap();
            file.sync_all().unwrap();
            File::open(folder).unwrap().sync_all().unwrap();
        });
        fs::remove_file(path).unwrap();
        taken
    }

    /// Publishes it in a run without records, and reads it back.
    fn publish(model: &Model, draft: Draft, lines: Option<usize>) -> Duration {
        let directory = model.directory().clone();
        remove_records(directory.path());
        let (taken, published) = time(|| {
            let checkpoints = Checkpoints::new(directory.clone(), model.manifest());
            checkpoints.publish(draft.record(), SystemTime::now().into()).unwrap()
        });
        check(&published.path, lines);
        taken
    }

    fn measure_commands(run: &Path) {
        let (mut tails, mut summaries) = (vec![], vec![]);
        for _ in 0..COMMANDS {
            tails.push(command(run, &["log-tail"], Some(20)));
            summaries.push(command(run, &["summary", "-m", "half way"], None));
        }
        row("`checkpoint log-tail`", tails, Some(BAR_OF_SCAN));
        row("`checkpoint summary`", summaries, Some(BAR));
    }

    fn command(run: &Path, words: &[&str], lines: Option<usize>) -> Duration {
        clear(run);
        let mut command = Command::new(env!("CARGO_BIN_EXE_stepwatch"));
        command.arg("checkpoint").args(words).arg(run).stdin(Stdio::null());
        let (taken, output) = time(|| command.output().unwrap());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).unwrap();
        check(&run.join(printed.trim_end().split_once(':').unwrap().1), lines);
        taken
    }

    fn clear(run: &Path) {
        for name in ["checkpoints", ".stepwatch"] {
            match fs::remove_dir_all(run.join(name)) {
                Err(error) if error.kind() != ErrorKind::NotFound => panic!("{name}: {error}"),
                _ => {}
            }
        }
    }

    /// The folders stay, as in a run that had a checkpoint before.
    fn remove_records(run: &Path) {
        let user = rustix::process::geteuid().as_raw().to_string();
        for folder in [run.join("checkpoints"), run.join(".stepwatch/spool").join(&user)] {
            let entries = fs::read_dir(folder).into_iter().flatten();
            entries.for_each(|entry| fs::remove_file(entry.unwrap().path()).unwrap());
        }
    }

    /// A fast checkpoint that does not keep what it should is none.
    fn check(path: &Path, lines: Option<usize>) {
        let record: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        assert!(record["logSeq"].is_u64(), "{record}");
        assert_eq!(record["payload"]["lines"].as_array().map(Vec::len), lines);
    }

    fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
        let begin = Instant::now();
        let done = work();
        (begin.elapsed(), done)
    }

    fn row(what: &str, samples: Vec<Duration>, bar: Option<Duration>) {
        let found = Quantiles::of(samples);
        let [median, p90, p99, max] = [found.median, found.p90, found.p99, found.max].map(milliseconds);
        let (bar, verdict) = match bar {
            Some(bar) if found.median <= bar => (format!("{:.0} ms", milliseconds(bar)), "within"),
            Some(bar) => (format!("{:.0} ms", milliseconds(bar)), "OVER"),
            None => (String::new(), ""),
        };
        println!("| {what} | {median:.2} ms | {p90:.2} ms | {p99:.2} ms | {max:.2} ms | {bar} | {verdict} |");
    }
}
