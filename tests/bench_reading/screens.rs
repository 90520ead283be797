//! Screens in a pseudoterminal: from the start of the program until what is on the screen is complete
//! and right.

use std::borrow::Cow;
use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::compared::{Call, Subject, Took};
use super::process::Usage;
use super::pty::{Display, Pty, Size};

const SIZE: Size = Size { rows: 40, columns: 120 };
/// How long a screen may take. lnav reads everything first.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a finished screen shows.
#[derive(Clone, Debug)]
pub(crate) enum Finished {
    /// Every row of the log holds an entry, the last one this seq, and none is missing between.
    Entries(u64),
    /// This text.
    Text(Cow<'static, str>),
}

impl Finished {
    /// Whether the screen is so.
    pub(crate) fn holds(&self, screen: &vt100::Screen) -> bool {
        match self {
            Self::Text(text) => screen.contents().contains(text.as_ref()),
            Self::Entries(last) => {
                let rows: Vec<String> = screen.rows(0, SIZE.columns).collect();
                // Above are the header and a rule, below a rule, the clocks, what is said of the run, and
                // the footer.
                let log = &rows[2..rows.len() - 4];
                (0..).zip(log.iter().rev()).all(|(above, row)| seq_of(row) == Some(last - above))
            }
        }
    }
}

/// The number that a row begins with.
fn seq_of(row: &str) -> Option<u64> {
    row.split_whitespace().next()?.parse().ok()
}

/// A program in a terminal of its own.
pub(crate) struct Screen {
    began: Instant,
    pty: Pty,
    display: Display,
}

impl Screen {
    /// Starts it.
    pub(crate) fn open(call: &Call) -> Self {
        let arguments: Vec<&str> = call.arguments.iter().filter_map(|word| word.to_str()).collect();
        let began = Instant::now();
        let pty = Pty::start(SIZE, Path::new(&call.program), &arguments);
        Self { began, pty, display: Display::new(SIZE) }
    }

    /// Waits until the screen is so; how long after the start that was.
    pub(crate) fn wait_for(&mut self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) -> Duration {
        loop {
            let chunk = match self.pty.output.recv_timeout(PATIENCE) {
                Ok(chunk) => chunk,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("never seen: {what}, but:\n{}", self.display.screen().contents())
                }
                Err(RecvTimeoutError::Disconnected) => panic!("it has ended before this was seen: {what}"),
            };
            let mut seen = false;
            self.display.feed(&chunk.bytes, |screen| seen |= holds(screen));
            if seen {
                return chunk.at.saturating_duration_since(self.began);
            }
        }
    }

    /// Whether the screen is so now.
    pub(crate) fn shows(&self, holds: impl Fn(&vt100::Screen) -> bool) -> bool {
        holds(self.display.screen())
    }

    /// Types, without waiting for what becomes of it.
    pub(crate) fn press(&mut self, keys: &str) {
        self.pty.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// What the program used up to now.
    pub(crate) fn usage(&self) -> Usage {
        Usage::of(self.pty.pid())
    }

    /// How many descriptors it has open.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pty.pid())).into_iter().flatten().count()
    }

    /// Does nothing for that time; what the program used in it.
    pub(crate) fn rest(&mut self, duration: Duration) -> Usage {
        let before = self.usage();
        std::thread::sleep(duration);
        let usage = self.usage().since(before);
        while let Ok(chunk) = self.pty.output.try_recv() {
            self.display.feed(&chunk.bytes, |_| {});
        }
        usage
    }
}

/// As something that is timed until its screen is finished.
pub(crate) fn subject(call: Call, finished: Finished, names: &[(String, &str)]) -> Subject {
    let command = call.typed(names);
    // What it is told to do plays no part in whether it is there.
    let installed = call.clone().subject(super::compared::Sink::Nowhere, names).installed;
    let run = move || {
        let mut screen = Screen::open(&call);
        let seconds = screen.wait_for("the last screen", |screen| finished.holds(screen)).as_secs_f64();
        Took { seconds, lines: None }
    };
    Subject { command, installed, run: Box::new(run) }
}

/// Tells lnav what the lines are, so that it shows the files of a run in one order.
pub(crate) fn write_lnav_format(folder: &Path) {
    let format = serde_json::json!({
        "$schema": "https://lnav.org/schemas/format-v1.schema.json",
        "run_log": {
            "title": "A channel of a run",
            "description": "One JSON object a line",
            "json": true,
            "file-pattern": "\\.jsonl$",
            "line-format": [
                {"field": "seq"}, " ", {"field": "text", "default-value": ""},
                {"field": "renderedLine", "default-value": ""}
            ],
            "timestamp-field": "ts",
            "body-field": "text",
            "level-field": "level",
            "value": {
                "seq": {"kind": "integer", "foreign-key": true},
                "event": {"kind": "string", "hidden": true},
                "renderedLine": {"kind": "string"}
            }
        }
    });
    let folder = folder.join("formats/run");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("format.json"), format.to_string()).unwrap();
}
