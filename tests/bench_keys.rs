//! How soon a key is answered: from its being written to the terminal until the terminal has read the
//! whole frame that shows the answer, on a small run and on the reference run.
//!
//! ```sh
//! cargo bench --bench keys                  # runs of 1 000 and of 8 000 000 entries, made first
//! cargo bench --bench keys -- 1000000       # another size of the second
//! cargo bench --bench keys -- --run DIR     # a run that is there as the second: nothing is written in it
//! ```
//!
//! The shipped binary runs in a pseudoterminal of 120×40. Every key has an answer that is known from the
//! generator: the row that must be last, the text that must be seen. A key is pressed when the answer to the
//! one before has been shown. Making screens of what the program writes is done by the same machine, and
//! its time is in the figures.

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
#[path = "measure/pty.rs"]
#[expect(dead_code, reason = "which process it is plays no part here")]
mod pty;
#[cfg(unix)]
#[path = "measure/statistics.rs"]
mod statistics;

fn main() {
    #[cfg(unix)]
    unix::main();
}

#[cfg(unix)]
mod unix {
    use std::io::Write as _;
    use std::path::{Path, PathBuf};
    use std::sync::mpsc::RecvTimeoutError;
    use std::time::{Duration, Instant};

    use clap::Parser as _;
    use stepwatch::model::Model;
    use stepwatch::run::RunDirectory;

    use crate::generated_run::{Settings, generate};
    use crate::machine;
    use crate::pty::{Chunk, Display, Pty, Size};
    use crate::statistics::{Quantiles, milliseconds};

    const SIZE: Size = Size { rows: 40, columns: 120 };
    const PATIENCE: Duration = Duration::from_secs(60);
    /// How often the whole row of keys is pressed.
    const ROUNDS: usize = 100;
    /// The small run.
    const SMALL: u64 = 1000;

    /// How soon a key is answered
    #[derive(Debug, clap::Parser)]
    struct Arguments {
        /// How many entries the larger run has
        #[arg(default_value_t = 8_000_000)]
        entries: u64,
        /// Take this run instead of making one
        #[arg(long, value_name = "DIR", conflicts_with = "entries")]
        run: Option<PathBuf>,
        /// What cargo says
        #[arg(long, hide = true)]
        bench: bool,
    }

    /// What must be seen after a key.
    #[derive(Clone, Copy, Debug)]
    enum Answer {
        /// This text somewhere.
        Text(&'static str),
        /// This text nowhere.
        NoText(&'static str),
        /// This text in the selected row.
        Selected(&'static str),
        /// An entry of this seq somewhere in the log.
        Seq(u64),
    }

    impl Answer {
        fn is_on(self, screen: &vt100::Screen) -> bool {
            match self {
                Self::Text(text) => screen.contents().contains(text),
                Self::NoText(text) => !screen.contents().contains(text),
                Self::Selected(text) => {
                    screen.rows(0, SIZE.columns).any(|row| row.starts_with('▶') && row.contains(text))
                }
                Self::Seq(seq) => screen.rows(0, SIZE.columns).any(|row| seq_of(&row) == Some(seq)),
            }
        }
    }

    /// The seq at the beginning of a row of the log, behind the sign of the selected one.
    fn seq_of(row: &str) -> Option<u64> {
        row.trim_start_matches('▶').split_whitespace().next()?.parse().ok()
    }

    /// The keys in their order: what they are for, what is typed before, unmeasured, the key, its answer.
    /// After all of them the screen is as it was before.
    fn steps(first: u64, last: u64) -> Vec<(&'static str, String, &'static str, Answer)> {
        let none = String::new;
        let middle = first + (last - first) / 2;
        vec![
            ("g, to the beginning", none(), "g", Answer::Seq(first)),
            ("G, to the end", none(), "G", Answer::Seq(last)),
            ("page up", none(), "\x02", Answer::Seq(last - 60)),
            ("page down", none(), "\x06", Answer::Seq(last)),
            ("a seq in the middle", format!(":{middle}"), "\r", Answer::Seq(middle)),
            (
                "a place in parts of the log",
                ":1%".to_owned(),
                "\r",
                Answer::Seq(first + (last - first) / 100),
            ),
            ("stdout hidden", none(), "2", Answer::Text("□2 stdout")),
            ("stdout shown", none(), "2", Answer::NoText("□2 stdout")),
            ("the next worker event", none(), "]w", Answer::Selected("  worker  ")),
            ("help", none(), "?", Answer::Text("╭ keys · ")),
            ("out of the help", none(), "?", Answer::NoText("╭ keys · ")),
            ("an entry whole", none(), "\r", Answer::Text("entry ")),
            ("out of the entry", none(), "\x1b", Answer::NoText("entry ")),
            ("checkpoints", none(), "c", Answer::Text("no checkpoint yet")),
            ("out of the checkpoints", none(), "q", Answer::NoText("no checkpoint yet")),
            ("to the end again", none(), "G", Answer::Seq(last)),
        ]
    }

    pub(super) fn main() {
        let arguments = Arguments::parse();
        if cfg!(debug_assertions) {
            println!("this is no release build; run it with cargo bench --bench keys");
            return;
        }
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let make = |name: &str, entries: u64| {
            let run = folder.path().join(name);
            generate(&run, Settings { entries, seed: 1, ..Settings::default() }).unwrap();
            run
        };
        let small = make("small", SMALL);
        let large = arguments.run.unwrap_or_else(|| make("large", arguments.entries));
        println!("{}", machine::description());
        for run in [small, large] {
            measure(&run);
        }
    }

    fn measure(run: &Path) {
        let model = Model::load(RunDirectory::alone(run)).unwrap();
        let counts = model.counts();
        let (first, last) = (counts.lowest_seq.unwrap(), counts.highest_seq.unwrap());
        drop(model);
        println!("\n{} entries\n", counts.entries);
        println!("| key | median | 90 of 100 | 99 of 100 | slowest |\n| --- | ---: | ---: | ---: | ---: |");
        let mut screen = Screen::open(run);
        screen.wait_for(Answer::Seq(last));
        // Until everything is read, so that what is measured is the key.
        screen.wait_for(Answer::Text(" entries ─"));
        let steps = steps(first, last);
        let mut taken = vec![Vec::new(); steps.len()];
        for _ in 0..ROUNDS {
            for ((_, before, key, answer), samples) in steps.iter().zip(&mut taken) {
                screen.type_unmeasured(before);
                samples.push(screen.press(key, *answer));
            }
        }
        let row = |what: &str, samples: Vec<Duration>| {
            let found = Quantiles::of(samples);
            let [median, p90, p99, max] = [found.median, found.p90, found.p99, found.max].map(milliseconds);
            println!("| {what} | {median:.2} ms | {p90:.2} ms | {p99:.2} ms | {max:.2} ms |");
        };
        for ((what, ..), samples) in steps.iter().zip(&taken) {
            row(what, samples.clone());
        }
        row("all of them", taken.concat());
    }

    /// The program in a terminal.
    struct Screen {
        pty: Pty,
        display: Display,
    }

    impl Screen {
        fn open(run: &Path) -> Self {
            let pty = Pty::start(SIZE, Path::new(env!("CARGO_BIN_EXE_stepwatch")), &[run.to_str().unwrap()]);
            Self { pty, display: Display::new(SIZE) }
        }

        /// Presses a key; how long its answer took. What is there already would be no answer.
        fn press(&mut self, key: &str, answer: Answer) -> Duration {
            let pressed = Instant::now();
            self.pty.keyboard.write_all(key.as_bytes()).unwrap();
            self.wait_for(answer).saturating_duration_since(pressed)
        }

        /// Types what stays on the search line, and waits until it is seen there.
        fn type_unmeasured(&mut self, text: &str) {
            if !text.is_empty() {
                self.pty.keyboard.write_all(text.as_bytes()).unwrap();
                let typed = text.to_owned();
                self.wait_until(&typed, |screen| {
                    screen.rows(0, SIZE.columns).last().unwrap().contains(&typed)
                });
            }
        }

        fn wait_for(&mut self, answer: Answer) -> Instant {
            self.wait_until(&format!("{answer:?}"), |screen| answer.is_on(screen))
        }

        /// Waits for a frame that is so; when it was read.
        fn wait_until(&mut self, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) -> Instant {
            let end = Instant::now() + PATIENCE;
            loop {
                let Chunk { at, bytes } = match self.pty.output.recv_timeout(Duration::from_millis(200)) {
                    Ok(chunk) => chunk,
                    Err(RecvTimeoutError::Timeout) => {
                        let screen = self.display.screen();
                        assert!(Instant::now() < end, "never seen: {what}, but:\n{}", screen.contents());
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => panic!("the program has ended"),
                };
                let mut seen = false;
                self.display.feed(&bytes, |screen| seen |= is_so(screen));
                if seen {
                    return at;
                }
            }
        }
    }
}
