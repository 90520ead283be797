//! One trial: lines are written to a schedule while a program shows them, and for each line it is
//! found when it, or a later one, was on the screen.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::live_run;
use super::marker::Marker;
use super::process::Usage;
use super::pty::{Chunk, Display, Pty, Size};
use super::schedule::{self, Writing};

/// What shows the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The shipped binary, on the run.
    Stepwatch,
    /// The control: `tail -F` on the log file.
    Tail,
    /// A program that does nothing: the lines are written into the terminal itself. What is measured is
    /// the harness.
    Terminal,
}

impl Subject {
    /// Its name in tables and file names.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stepwatch => "stepwatch",
            Self::Tail => "tail -F",
            Self::Terminal => "no program",
        }
    }
}

/// The lines that are there before the trial begins, so that the screen is full.
const BEFORE: u64 = 100;
/// All seqs have seven digits, so that no column moves.
const FIRST_SEQ: u64 = 1_000_000;
/// How long the last line may take to be shown before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program in a terminal, and the file that it shows.
pub(crate) struct Scene {
    /// Removed at the end.
    _folder: tempfile::TempDir,
    /// The terminal.
    pub(crate) pty: Pty,
    /// What it shows.
    pub(crate) display: Display,
    /// Where lines are written to.
    pub(crate) file: File,
}

impl Scene {
    /// Starts the program and waits until it shows the lines that are there.
    pub(crate) fn new(subject: Subject, size: Size) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let run = folder.path().join("task-1/run-1");
        live_run::create(&run, "task-1", "run-1");
        let path = run.join("stdout.jsonl");
        let lines: String = (FIRST_SEQ - BEFORE..FIRST_SEQ).map(schedule::line).collect();
        let mut file = append(&path);
        file.write_all(lines.as_bytes()).unwrap();
        let pty = match subject {
            Subject::Stepwatch => {
                Pty::start(size, Path::new(env!("CARGO_BIN_EXE_stepwatch")), &[run.to_str().unwrap()])
            }
            Subject::Tail => {
                Pty::start(size, Path::new("tail"), &["-n", "100", "-F", path.to_str().unwrap()])
            }
            Subject::Terminal => Pty::start(size, Path::new("sleep"), &["infinity"]),
        };
        if subject == Subject::Terminal {
            file = append(Path::new(&format!("/proc/{}/fd/1", pty.pid())));
            file.write_all(lines.as_bytes()).unwrap();
        }
        let mut scene = Self { _folder: folder, pty, display: Display::new(size), file };
        scene.watch_for(FIRST_SEQ - 1, |_, _| {});
        scene
    }

    /// Takes in what the terminal gives until that number is shown; hands over the highest number
    /// of every screen. Returns what was taken in.
    pub(crate) fn watch_for(&mut self, last: u64, mut seen: impl FnMut(Instant, u64)) -> Output {
        let mut output = Output::default();
        let frames_before = self.display.frames;
        let mut highest = None;
        while highest < Some(last) {
            let chunk: Chunk = match self.pty.output.recv_timeout(PATIENCE) {
                Ok(chunk) => chunk,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("line {last} is never shown, but:\n{}", self.display.screen().contents())
                }
                Err(RecvTimeoutError::Disconnected) => panic!("the program has ended"),
            };
            let began = Instant::now();
            self.display.feed(&chunk.bytes, |screen| {
                highest = highest.max(Marker::highest_on(screen));
                if let Some(highest) = highest {
                    seen(chunk.at, highest);
                }
            });
            output.parsing += began.elapsed();
            output.reads += 1;
            output.bytes += chunk.bytes.len() as u64;
        }
        output.frames = self.display.frames - frames_before;
        output
    }
}

fn append(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).unwrap()
}

/// What came out of a terminal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Output {
    /// How many frames, where the program says where one ends.
    pub(crate) frames: u64,
    /// How many reads gave something.
    pub(crate) reads: u64,
    /// How many bytes.
    pub(crate) bytes: u64,
    /// How long it took this harness to make screens of them. It does so after the writing.
    pub(crate) parsing: Duration,
}

/// One trial.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trial {
    /// What shows the lines.
    pub(crate) subject: Subject,
    /// How many lines a second, on average.
    pub(crate) rate: u32,
    /// How they are written.
    pub(crate) writing: Writing,
    /// For how long.
    pub(crate) duration: Duration,
    /// Which of several trials it is; the schedule depends on it.
    pub(crate) number: u64,
}

/// When a line was due, written, and seen, from the beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// When it was to be written.
    pub(crate) due: Duration,
    /// When the last write of it had returned.
    pub(crate) written: Duration,
    /// When it was on the screen.
    pub(crate) visible: Duration,
}

/// What a trial gave.
pub(crate) struct Outcome {
    /// All lines.
    pub(crate) samples: Vec<Sample>,
    /// What came out of the terminal.
    pub(crate) output: Output,
    /// What the program used.
    pub(crate) usage: Usage,
}

impl Trial {
    /// Carries it out.
    pub(crate) fn run(self, size: Size) -> Outcome {
        let due = schedule::poisson(f64::from(self.rate), self.duration, self.number);
        let mut scene = Scene::new(self.subject, size);
        let before = Usage::of(scene.pty.pid());
        let begin = Instant::now() + Duration::from_millis(100);
        let written = schedule::write(&mut scene.file, FIRST_SEQ, begin, &due, self.writing);
        let mut visible: Vec<Instant> = Vec::with_capacity(due.len());
        let output = scene.watch_for(FIRST_SEQ + due.len() as u64 - 1, |at, highest| {
            let count = (highest + 1).saturating_sub(FIRST_SEQ) as usize;
            visible.resize(count.max(visible.len()), at);
        });
        let usage = Usage::of(scene.pty.pid()).since(before);
        let samples = due.iter().zip(written.iter().zip(&visible)).map(|(due, (written, visible))| Sample {
            due: *due,
            written: written.saturating_duration_since(begin),
            visible: visible.saturating_duration_since(begin),
        });
        Outcome { samples: samples.collect(), output, usage }
    }

    /// Writes the raw samples into a file, one a line.
    pub(crate) fn keep(self, samples: &[Sample], folder: &Path) {
        let name = self.subject.name().replace([' ', '-'], "").to_lowercase();
        let writing = format!("{:?}", self.writing).to_lowercase();
        let path = folder.join(format!("{name}-{}-{writing}-{}.csv", self.rate, self.number));
        let mut text = "line,due_us,written_us,visible_us\n".to_owned();
        for (line, Sample { due, written, visible }) in samples.iter().enumerate() {
            let [due, written, visible] = [due, written, visible].map(Duration::as_micros);
            text.push_str(&format!("{line},{due},{written},{visible}\n"));
        }
        fs::write(path, text).unwrap();
    }
}
