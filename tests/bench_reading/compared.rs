//! Two programs that are timed in turn, and their row of the table.

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many pairs a row is the median of at least, if they do not take too long.
const PAIRS: usize = 5;
/// Of what takes milliseconds five pairs tell little: so many are run, as long as they take less than
/// [`SHORT`] together.
const MOST_PAIRS: usize = 51;
const SHORT: Duration = Duration::from_secs(2);
/// A row that took that long is done after three pairs, one that took three times as long after one.
const ENOUGH: Duration = Duration::from_secs(20);

/// What one of the two took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    pub(crate) seconds: f64,
    /// How many lines it wrote, where that can be compared.
    pub(crate) lines: Option<u64>,
}

/// What may be asked of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bar {
    /// Nothing.
    None,
    /// At most so many seconds.
    Seconds(f64),
    /// At most so many times what the other takes.
    Times(f64),
}

/// A program that can be timed.
pub(crate) struct Subject {
    /// How it is called, for people.
    pub(crate) command: String,
    /// Whether there is such a program.
    pub(crate) installed: bool,
    /// Runs it.
    pub(crate) run: Box<dyn Fn() -> Took>,
}

/// Two things that are compared.
pub(crate) struct Row {
    pub(crate) work: String,
    pub(crate) ours: Subject,
    pub(crate) peer: Subject,
    pub(crate) bar: Bar,
}

/// The head of the table.
pub(crate) const HEAD: &str = "\
| work | stepwatch | its time | beside | its time | ratio | bar | pairs | what both wrote |
| --- | --- | ---: | --- | ---: | ---: | --- | ---: | --- |";

impl Row {
    /// The row of the table.
    pub(crate) fn measured(&self) -> String {
        eprintln!("{} …", self.work);
        let Self { work, ours, peer, bar } = self;
        let command = |subject: &Subject| format!("`{}`", subject.command.replace('|', "\\|"));
        let (ours_command, peer_command) = (command(ours), command(peer));
        let began = Instant::now();
        let (mut our_times, mut peer_times) = (Vec::new(), Vec::new());
        for pair in 0..MOST_PAIRS {
            let enough = match pair {
                0..3 => 3 * ENOUGH,
                3..PAIRS => ENOUGH,
                _ => SHORT,
            };
            if pair > 0 && began.elapsed() > enough {
                break;
            }
            if pair % 2 == 0 {
                our_times.push((ours.run)());
            }
            if peer.installed {
                peer_times.push((peer.run)());
            }
            if pair % 2 == 1 {
                our_times.push((ours.run)());
            }
        }
        let pairs = our_times.len();
        let seconds = |took: &[Took]| median(took.iter().map(|took| took.seconds));
        let our_time = seconds(&our_times);
        if !peer.installed {
            let bar = bar.verdict(our_time, f64::NAN);
            return format!(
                "| {work} | {ours_command} | {} | {peer_command}: not installed | – | – | {bar} | {pairs} | – |",
                duration(our_time)
            );
        }
        let ratio = median(our_times.iter().zip(&peer_times).map(|(ours, peer)| ours.seconds / peer.seconds));
        let wrote = match (our_times[0].lines, peer_times[0].lines) {
            (Some(ours), Some(peers)) if ours == peers => format!("{ours} lines"),
            (Some(ours), Some(peers)) => format!("DIFFERENT: {ours} and {peers} lines"),
            _ => "–".to_owned(),
        };
        format!(
            "| {work} | {ours_command} | {} | {peer_command} | {} | {ratio:.2} | {} | {pairs} | {wrote} |",
            duration(our_time),
            duration(seconds(&peer_times)),
            bar.verdict(our_time, ratio),
        )
    }
}

impl Bar {
    fn verdict(self, seconds: f64, ratio: f64) -> String {
        let verdict = |holds: bool| if holds { "within" } else { "OVER" };
        match self {
            Self::None => "–".to_owned(),
            Self::Seconds(bar) => format!("{}: {}", duration(bar), verdict(seconds <= bar)),
            Self::Times(_) if ratio.is_nan() => "–".to_owned(),
            Self::Times(bar) => format!("{bar} times: {}", verdict(ratio <= bar)),
        }
    }
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

/// A program and its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
}

/// Where the output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sink {
    Nowhere,
    /// Into a pipe that is read, and the lines are counted: both must write as many.
    Pipe,
    /// The same, but what both write is not comparable.
    Apart,
}

impl Call {
    /// A program by its name and words, then operands.
    pub(crate) fn new(words: &str, operands: &[OsString]) -> Self {
        let mut words = words.split(' ').map(OsString::from);
        let program = words.next().unwrap_or_default();
        Self { program, arguments: words.chain(operands.iter().cloned()).collect() }
    }

    /// How it would be typed, with the folders under the names that they have here.
    pub(crate) fn typed(&self, names: &[(String, &str)]) -> String {
        let program = std::path::Path::new(&self.program).file_name().unwrap_or(&self.program);
        let words = std::iter::once(program).chain(self.arguments.iter().map(OsString::as_os_str));
        let words = words.map(|word| {
            let word = names.iter().fold(word.to_string_lossy().into_owned(), |word, (folder, name)| {
                word.replace(folder.as_str(), name)
            });
            let is_plain =
                |character: char| character.is_ascii_alphanumeric() || "-_./,=:".contains(character);
            if word.chars().all(is_plain) { word } else { format!("'{word}'") }
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// As something that is timed from its start to its end.
    pub(crate) fn subject(self, sink: Sink, names: &[(String, &str)]) -> Subject {
        let command = self.typed(names);
        let installed = is_installed(&self.program);
        Subject { command, installed, run: Box::new(move || self.time(sink)) }
    }

    fn time(&self, sink: Sink) -> Took {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env("LC_ALL", "C").env_remove("RIPGREP_CONFIG_PATH");
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command.stdout(if sink == Sink::Nowhere { Stdio::null() } else { Stdio::piped() });
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
        Took { seconds, lines: (sink == Sink::Pipe).then_some(lines) }
    }
}

fn is_installed(program: &OsStr) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
