//! The screen while it is soaked: what it shows, and how soon it answers.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::marker::Marker;
use super::process::Usage;
use super::pty::{Chunk, Display, Pty, Size};
use super::writer::Journal;

/// How often a key is pressed.
const KEY_EVERY: Duration = Duration::from_millis(250);
/// How long anything may take to be shown.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a frame shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shown {
    /// The highest number.
    highest: u64,
    /// Whether the end is followed.
    following: bool,
    /// How many entries the screen says there are.
    entries: Option<u64>,
}

impl Shown {
    fn on(screen: &vt100::Screen) -> Self {
        let rows: Vec<String> = screen.rows(0, screen.size().1).collect();
        Self {
            highest: Marker::highest_on(screen).unwrap_or(0),
            following: rows[1].contains("· follow") && !rows.iter().any(|row| row.starts_with('▶')),
            entries: rows.iter().rev().find_map(|row| number_of_entries(row)),
        }
    }
}

/// The number that stands before the word, its thousands apart.
fn number_of_entries(row: &str) -> Option<u64> {
    let (before, _) = row.split_once(" entries")?;
    let from = before.rfind(|character: char| !character.is_ascii_digit() && character != '\u{a0}');
    let number =
        &before[from.map_or(0, |from| from + before[from..].chars().next().map_or(1, char::len_utf8))..];
    number.replace('\u{a0}', "").parse().ok()
}

/// The keys and what answers them.
#[derive(Clone, Copy, Debug)]
struct Key {
    key: &'static [u8],
    /// Whether the end is followed afterwards.
    follows: bool,
}

const KEYS: [Key; 2] = [Key { key: b"k", follows: false }, Key { key: b"G", follows: true }];

/// Watches a program in a terminal.
pub(crate) struct Watcher {
    pty: Pty,
    display: Display,
    shown: Option<Shown>,
    /// The key that is not answered yet, and when it was pressed.
    asked: Option<(Key, Instant)>,
    /// How long each key took to be answered.
    pub(crate) answers: Vec<Duration>,
    /// Before each frame while following: how long an entry had been waiting to be shown.
    pub(crate) behind: Vec<Duration>,
    /// The resident memory, once a second.
    resident: Vec<u64>,
}

impl Watcher {
    /// Begins with a program that has been started.
    pub(crate) fn new(pty: Pty, size: Size) -> Self {
        let (answers, behind, resident) = (Vec::new(), Vec::new(), Vec::new());
        Self { pty, display: Display::new(size), shown: None, asked: None, answers, behind, resident }
    }

    /// Waits for the first frame.
    pub(crate) fn wait_for_a_frame(&mut self, journal: &Journal) {
        self.wait_until("a frame", journal, |_| true);
    }

    /// Presses keys until `goes_on` says no; then waits for the last answer, which follows the end.
    pub(crate) fn press_keys(&mut self, journal: &Journal, goes_on: impl Fn() -> bool) {
        let mut key_at = Instant::now() + KEY_EVERY;
        let mut sample_at = Instant::now();
        let mut keys = KEYS.iter().cycle();
        while goes_on() || self.asked.is_some_and(|(key, _)| !key.follows) || self.is_held() {
            let now = Instant::now();
            if now >= sample_at {
                sample_at += Duration::from_secs(1);
                self.resident.push(self.usage().resident);
            }
            if now >= key_at && self.asked.is_none() {
                let key = *keys.next().unwrap_or(&KEYS[0]);
                key_at = (key_at + KEY_EVERY).max(now);
                self.asked = Some((key, Instant::now()));
                self.pty.keyboard.write_all(key.key).unwrap();
            }
            if let Some((key, pressed)) = self.asked {
                assert!(pressed.elapsed() < PATIENCE, "{key:?} is never answered:\n{}", self.contents());
            }
            let until = if self.asked.is_some() { sample_at } else { key_at.min(sample_at) };
            self.take_in(until.saturating_duration_since(Instant::now()), journal);
        }
    }

    fn is_held(&self) -> bool {
        self.shown.is_some_and(|shown| !shown.following)
    }

    /// Waits until the screen shows that entry as the last one, and that there are so many.
    pub(crate) fn wait_for_all(&mut self, journal: &Journal, entries: u64) {
        self.wait_until("all entries", journal, |shown| {
            shown.highest == entries && shown.entries == Some(entries)
        });
    }

    fn wait_until(&mut self, what: &str, journal: &Journal, holds: impl Fn(Shown) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !self.shown.is_some_and(&holds) {
            assert!(Instant::now() < end, "never shown: {what}, but:\n{}", self.contents());
            self.take_in(Duration::from_millis(100), journal);
        }
    }

    /// Takes in what comes next, if something comes in that time.
    fn take_in(&mut self, patience: Duration, journal: &Journal) {
        let Chunk { at, bytes } = match self.pty.output.recv_timeout(patience) {
            Ok(chunk) => chunk,
            Err(RecvTimeoutError::Timeout) => return,
            Err(RecvTimeoutError::Disconnected) => panic!("the program has ended"),
        };
        let (shown, asked) = (&mut self.shown, &mut self.asked);
        let (answers, behind) = (&mut self.answers, &mut self.behind);
        self.display.feed(&bytes, |screen| {
            let now = Shown::on(screen);
            if let Some(before) = shown.replace(now).filter(|before| before.following && now.following) {
                behind.push(journal.behind(before.highest, at));
            }
            if let Some((_, pressed)) = asked.take_if(|(key, _)| key.follows == now.following) {
                answers.push(at.saturating_duration_since(pressed));
            }
        });
    }

    /// What the program used up to now.
    pub(crate) fn usage(&self) -> Usage {
        Usage::of(self.pty.pid())
    }

    /// How many frames there were.
    pub(crate) fn frames(&self) -> u64 {
        self.display.frames
    }

    /// Ends the program, writes the raw samples into a folder, and returns the most memory that was seen.
    pub(crate) fn keep(self, folder: &Path, name: &str) -> u64 {
        let write = |what: &str, head: &str, samples: &mut dyn Iterator<Item = u128>| {
            let lines = samples.enumerate().map(|(number, sample)| format!("{number},{sample}\n"));
            let text = format!("{head}\n{}", lines.collect::<String>());
            fs::write(folder.join(format!("{name}-{what}.csv")), text).unwrap();
        };
        write("memory", "second,resident_bytes", &mut self.resident.iter().map(|bytes| u128::from(*bytes)));
        write("keys", "key,answered_us", &mut self.answers.iter().map(Duration::as_micros));
        write("behind", "frame,behind_us", &mut self.behind.iter().map(Duration::as_micros));
        self.resident.into_iter().max().unwrap_or(0)
    }

    fn contents(&self) -> String {
        self.display.screen().contents()
    }
}
