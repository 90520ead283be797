//! What the entries say: the output of a compiler and of tests, with now and then an error, and
//! colours.

use super::random::Random;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKind {
    Prepared,
    Started,
    Progress,
    Finished,
    Stdout,
    Stderr,
}

impl LineKind {
    /// What stands between the time and the text.
    pub(super) fn head(self) -> &'static [u8] {
        match self {
            Self::Prepared => br#""event":"run_prepared","level":"info","renderedLine":""#,
            Self::Started => br#""event":"step_started","level":"info","renderedLine":""#,
            Self::Progress => br#""event":"progress","level":"info","renderedLine":""#,
            Self::Finished => br#""event":"step_finished","level":"info","renderedLine":""#,
            Self::Stdout | Self::Stderr => br#""text":""#,
        }
    }

    /// What stands behind the text.
    pub(super) fn end(self) -> &'static [u8] {
        match self {
            Self::Stdout | Self::Stderr => b"\\n\"}\n",
            _ => b"\"}\n",
        }
    }
}

// In the patterns, `#` becomes a number below 1 000, `%` one of six digits, `@` a name.
const PREPARED: &[&str] = &["prepared: make test"];
const STARTED: &[&str] = &["started: make test"];
const FINISHED: &[&str] = &["succeeded: exit 0"];
const PROGRESS: &[&str] = &["# of 999 packages built, @ is next", "cache of @ is warm (# files)"];
const STDOUT: &[&str] = &[
    "\u{1b}[1m\u{1b}[32m   Compiling\u{1b}[0m @-core v0.#.# (/home/build/src/@-core)",
    "test @::tests::reads_every_case_of_the_table_# ... ok",
    "test @::tests::an_empty_file_has_no_entries_# ... ok",
    "test @::@::tests::what_is_written_can_be_read_again_# ... \u{1b}[32mok\u{1b}[0m",
    "   Running unittests src/lib.rs (target/debug/deps/@-#f3a91c0d77e)",
    "[#/999] cc -O2 -g -Wall -Iinclude -c src/@/@.c -o build/@/@.o",
    "GET /api/v1/@/# 200 # bytes in #.# ms",
    "worker #: took job # of queue '@', waiting for the next",
    "  \"@\": { \"passed\": #, \"skipped\": #, \"path\": \"C:\\build\\@\" },",
    "installed @ (#.#.#) in # ms, # files, nothing to do for @",
    "— Schritt # von @: geprüft, übersetzt und gebündelt ✓",
    "checksum of @-#.tar.zst matches, unpacking # files to /var/cache/@",
];
const STDOUT_RARE: &[&str] = &[
    "test @::tests::closes_the_connection_in_time_# ... \u{1b}[31mFAILED\u{1b}[0m",
    "request % of @ took longer than expected: # ms, retrying",
    "Connection to @ ran into a TIMEOUT after # ms",
    "",
];
const STDERR: &[&str] = &[
    "\u{1b}[33mwarning\u{1b}[0m: unused variable: `@` in src/@.rs:#:#",
    "note: `@` is deprecated since 1.#, use `@` instead",
    "  --> crates/@/src/@.rs:#:#",
    "@: retrying download of part # after a short pause",
];
const STDERR_RARE: &[&str] = &[
    "\u{1b}[31merror[E0#]\u{1b}[0m: mismatched types in crates/@/src/@.rs:#:#",
    "thread '@' panicked at src/@.rs:#:#: index out of bounds: the len is # but the index is %",
    "timeout while waiting for @ (id %), giving up",
    "fatal: could not lock @: resource temporarily unavailable",
];
const NAMES: &[&str] = &[
    "parser",
    "scheduler",
    "index",
    "merge",
    "tail",
    "render",
    "store",
    "queue",
    "session",
    "config",
    "loader",
    "network",
    "tokenizer",
    "planner",
    "journal",
    "cache",
];
/// Every so many lines of a stream says something rare.
const RARE: u64 = 50;
/// Long entries are made of these words.
const FILLER: &[u8] = b" 0x00 0x7f 0x1c 0xa0 0x33 0x5d 0xee 0x41 0x90 0x02 0xc4 0x18 0x66 0xb7 0x2a 0xf9";

/// The patterns, escaped as the inside of JSON texts.
#[derive(Debug)]
pub(super) struct Texts {
    prepared: Patterns,
    started: Patterns,
    progress: Patterns,
    finished: Patterns,
    stdout: Patterns,
    stdout_rare: Patterns,
    stderr: Patterns,
    stderr_rare: Patterns,
}

type Patterns = Vec<Vec<u8>>;

fn escaped(patterns: &[&str]) -> Patterns {
    let escape = |pattern: &&str| {
        let json = serde_json::Value::from(*pattern).to_string();
        json.as_bytes()[1..json.len() - 1].to_vec()
    };
    patterns.iter().map(escape).collect()
}

impl Texts {
    pub(super) fn new() -> Self {
        Self {
            prepared: escaped(PREPARED),
            started: escaped(STARTED),
            progress: escaped(PROGRESS),
            finished: escaped(FINISHED),
            stdout: escaped(STDOUT),
            stdout_rare: escaped(STDOUT_RARE),
            stderr: escaped(STDERR),
            stderr_rare: escaped(STDERR_RARE),
        }
    }

    /// Appends the text of a line, escaped, without a line end.
    pub(super) fn push(&self, line: &mut Vec<u8>, kind: LineKind, random: &mut Random) {
        let rare = random.below(RARE) == 0;
        let patterns = match kind {
            LineKind::Prepared => &self.prepared,
            LineKind::Started => &self.started,
            LineKind::Progress => &self.progress,
            LineKind::Finished => &self.finished,
            LineKind::Stdout if rare => &self.stdout_rare,
            LineKind::Stdout => &self.stdout,
            LineKind::Stderr if rare => &self.stderr_rare,
            LineKind::Stderr => &self.stderr,
        };
        let mut rest = patterns[random.below(patterns.len() as u64) as usize].as_slice();
        while let Some(place) = memchr::memchr3(b'#', b'%', b'@', rest) {
            line.extend_from_slice(&rest[..place]);
            let mut number =
                |number: u64| line.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
            match rest[place] {
                b'#' => number(random.below(1000)),
                b'%' => number(100_000 + random.below(900_000)),
                _ => line.extend_from_slice(NAMES[random.below(NAMES.len() as u64) as usize].as_bytes()),
            }
            rest = &rest[place + 1..];
        }
        line.extend_from_slice(rest);
    }

    /// Appends 4 to 64 KiB.
    pub(super) fn push_filler(&self, line: &mut Vec<u8>, random: &mut Random) {
        let length = line.len() + (4 << 10) + random.below(60 << 10) as usize;
        while line.len() < length {
            line.extend_from_slice(FILLER);
        }
    }
}
