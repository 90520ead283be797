//! Makes run directories of any size for tests and benches: canonical lines and plausible texts,
//! with gaps, ties, disorder, long and malformed lines where they are asked for, and says exactly
//! what it put in.
//!
//! The same settings give the same bytes. Entries stream through: what is held in memory does not
//! depend on how many there are. Of the entries, 1 % are the worker's, 10 % stderr and 89 % stdout;
//! a line takes about 130 bytes.

mod clock;
mod log_file;
mod random;
mod texts;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;
use stepwatch::run::{Channel, Manifest, RunState, Status};

use clock::Clock;
use log_file::LogFile;
use random::Random;
use texts::{LineKind, Texts};

/// How far behind its place a displaced line may be written, in entries of the run.
const DISPLACED_BY: u64 = 1000;
/// The most seqs that one gap leaves out.
const GAP: u64 = 5;

/// What to generate. The percentages are chances an entry, from 0 to 100.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    /// How many entries the run has, malformed lines included.
    pub(crate) entries: u64,
    /// What the random choices begin with.
    pub(crate) seed: u64,
    /// Entries before which one to five seqs are missing.
    pub(crate) gaps: f64,
    /// Entries that repeat the seq of the one before them, be it in another channel.
    pub(crate) ties: f64,
    /// Entries that are written behind later ones of their file.
    pub(crate) disorder: f64,
    /// Entries of 4 to 64 KiB.
    pub(crate) long: f64,
    /// Lines that do not parse: half of them have a seq and are cut off, half are no JSON at all.
    pub(crate) malformed: f64,
}

/// What was put in. The names are those of `check --json`, so that both can be held side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    /// All entries.
    pub(crate) entries: u64,
    /// The entries by channel.
    pub(crate) channels: Channels,
    /// How many gaps there are.
    pub(crate) gaps: u64,
    /// How many seqs are missing in them.
    pub(crate) missing: u64,
    /// How many entries repeat a seq.
    pub(crate) ties: u64,
    /// How many entries stand behind one of a higher seq in their file.
    pub(crate) disorder: u64,
    /// How many lines do not parse.
    pub(crate) malformed: u64,
    /// How many entries are long.
    pub(crate) long: u64,
    /// The size of the log files.
    pub(crate) bytes: u64,
}

/// A count for each channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Channels {
    /// Of `worker.jsonl`.
    pub(crate) worker: ChannelCounts,
    /// Of `stdout.jsonl`.
    pub(crate) stdout: ChannelCounts,
    /// Of `stderr.jsonl`.
    pub(crate) stderr: ChannelCounts,
}

/// What was put into one channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChannelCounts {
    /// Its entries.
    pub(crate) entries: u64,
    /// Those that do not parse.
    pub(crate) malformed: u64,
    /// Those that stand behind one of a higher seq.
    pub(crate) disorder: u64,
    /// Always none: every line is ended.
    pub(crate) torn_bytes: u64,
    /// The size of the file. `check` does not tell it.
    #[serde(skip)]
    pub(crate) bytes: u64,
}

/// Makes a run in `directory`, which is created if need be.
///
/// # Errors
/// Whatever the file system answers, and a directory that is not empty: what is there is left alone.
pub(crate) fn generate(directory: &Path, settings: Settings) -> io::Result<Counts> {
    fs::create_dir_all(directory)?;
    if fs::read_dir(directory)?.next().is_some() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the folder is not empty; name a new one"));
    }
    let mut generator = Generator::new(directory, settings)?;
    let began = generator.clock.now();
    let manifest = manifest(&mut generator.random, began);
    write_json(&directory.join("run.json"), &manifest)?;
    for number in 0..settings.entries {
        generator.write_entry(number)?;
    }
    let ended = generator.clock.now();
    let counts = generator.finish()?;
    let state = RunState {
        status: Status::Succeeded,
        started_at: Some(began),
        updated_at: Some(ended),
        finished_at: Some(ended),
        exit_code: Some(0),
        ..RunState::default()
    };
    write_json(&directory.join("state.json"), &state)?;
    Ok(counts)
}

fn manifest(random: &mut Random, created_at: stepwatch::run::Timestamp) -> Manifest {
    let milliseconds = u64::try_from(created_at.milliseconds()).unwrap_or(0);
    let mut noise = [0; 10];
    noise.copy_from_slice(&u128::from(random.next()).wrapping_mul(random.next().into()).to_le_bytes()[..10]);
    let run_uid = uuid::Builder::from_unix_timestamp_millis(milliseconds, &noise).into_uuid();
    Manifest {
        format: stepwatch::run::FORMAT,
        run_uid: run_uid.to_string(),
        task_id: "generated".to_owned(),
        step_id: "build-and-test".to_owned(),
        step_name: "Build and test".to_owned(),
        run_id: "run-1".to_owned(),
        worker_kind: "generator".to_owned(),
        created_at: Some(created_at),
        host: "nowhere".to_owned(),
        cwd: "/".to_owned(),
        command: ["make", "test"].map(str::to_owned).to_vec(),
        ..Manifest::default()
    }
}

fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    serde_json::to_writer_pretty(&mut file, value)?;
    file.write_all(b"\n")
}

/// What an entry has besides its text.
#[derive(Clone, Copy, Debug, Default)]
struct Faults {
    gap: bool,
    tie: bool,
    displaced: bool,
    long: bool,
    cut: bool,
    no_json: bool,
}

struct Generator {
    settings: Settings,
    random: Random,
    clock: Clock,
    texts: Texts,
    worker: LogFile,
    stdout: LogFile,
    stderr: LogFile,
    last_seq: u64,
    line: Vec<u8>,
    counts: Counts,
}

impl Generator {
    fn new(directory: &Path, settings: Settings) -> io::Result<Self> {
        let log_file =
            |channel: Channel| LogFile::create(&directory.join(format!("{}.jsonl", channel.name())));
        Ok(Self {
            settings,
            random: Random::new(settings.seed),
            clock: Clock::new(),
            texts: Texts::new(),
            worker: log_file(Channel::Worker)?,
            stdout: log_file(Channel::Stdout)?,
            stderr: log_file(Channel::Stderr)?,
            last_seq: 0,
            line: Vec::new(),
            counts: Counts::default(),
        })
    }

    fn write_entry(&mut self, number: u64) -> io::Result<()> {
        self.clock.advance(self.random.below(5));
        let (kind, faults) = match number {
            0 => (LineKind::Prepared, Faults::default()),
            1 => (LineKind::Started, Faults::default()),
            _ if number + 1 == self.settings.entries => (LineKind::Finished, Faults::default()),
            _ => (self.choose_kind(), self.choose_faults()),
        };
        let seq = if faults.no_json { None } else { Some(self.next_seq(faults)) };
        self.write_line(kind, seq, faults);
        self.counts.long += u64::from(faults.long);
        let file = match kind {
            LineKind::Stdout => &mut self.stdout,
            LineKind::Stderr => &mut self.stderr,
            _ => &mut self.worker,
        };
        file.note_malformed(faults.cut || faults.no_json);
        match seq {
            Some(seq) if faults.displaced => {
                let due = number + 1 + self.random.below(DISPLACED_BY);
                file.write_later(seq, &self.line, due)
            }
            _ => file.write(seq, &self.line, number),
        }
    }

    fn choose_kind(&mut self) -> LineKind {
        match self.random.below(100) {
            0 => LineKind::Progress,
            1..=10 => LineKind::Stderr,
            _ => LineKind::Stdout,
        }
    }

    fn choose_faults(&mut self) -> Faults {
        let Settings { gaps, ties, disorder, long, malformed, .. } = self.settings;
        let mut faults = Faults {
            gap: self.random.chance(gaps),
            tie: self.random.chance(ties),
            displaced: self.random.chance(disorder),
            long: self.random.chance(long),
            ..Faults::default()
        };
        if self.random.chance(malformed) {
            faults.cut = self.random.below(2) == 0;
            faults.no_json = !faults.cut;
        }
        faults
    }

    fn next_seq(&mut self, faults: Faults) -> u64 {
        if faults.tie {
            self.counts.ties += 1;
            return self.last_seq;
        }
        if faults.gap {
            let missing = 1 + self.random.below(GAP);
            self.counts.gaps += 1;
            self.counts.missing += missing;
            self.last_seq += missing;
        }
        self.last_seq += 1;
        self.last_seq
    }

    fn write_line(&mut self, kind: LineKind, seq: Option<u64>, faults: Faults) {
        let line = &mut self.line;
        line.clear();
        if let Some(seq) = seq {
            line.extend_from_slice(b"{\"seq\":");
            line.extend_from_slice(itoa::Buffer::new().format(seq).as_bytes());
            line.extend_from_slice(b",\"ts\":\"");
            line.extend_from_slice(self.clock.text());
            line.extend_from_slice(b"\",");
            line.extend_from_slice(kind.head());
        }
        self.texts.push(line, kind, &mut self.random);
        if faults.long {
            self.texts.push_filler(line, &mut self.random);
        }
        if faults.cut || faults.no_json {
            line.push(b'\n');
        } else {
            line.extend_from_slice(kind.end());
        }
    }

    fn finish(self) -> io::Result<Counts> {
        let channels = Channels {
            worker: self.worker.finish()?,
            stdout: self.stdout.finish()?,
            stderr: self.stderr.finish()?,
        };
        let all = [channels.worker, channels.stdout, channels.stderr];
        Ok(Counts {
            entries: all.iter().map(|channel| channel.entries).sum(),
            disorder: all.iter().map(|channel| channel.disorder).sum(),
            malformed: all.iter().map(|channel| channel.malformed).sum(),
            bytes: all.iter().map(|channel| channel.bytes).sum(),
            channels,
            ..self.counts
        })
    }
}
