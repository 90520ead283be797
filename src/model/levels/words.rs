//! What errors and warnings look like, each with who writes them so.
//!
//! Every pattern of texts begins with fixed letters: then a chunk without them is passed over without
//! looking at its lines.

/// What an error looks like in a text, as regular expressions, where nobody wants it otherwise. All
/// of them together begin in no more ways than a search for letters is fast with.
pub const ERRORS: [&str; 9] = [
    // rustc and cargo `error[E0432]:`, `error:`; gcc and clang `x.c:1:2: error:`, `fatal error:`; git
    // `fatal:`; tsc `error TS2304:`; MSVC `error C2065:`; nginx, Apache and winston `[error]`.
    r"\b(?:error|fatal)(?:(?:\[\w+\]| [A-Z]{1,4}\d+)?:(?:[^:]|$)|\])",
    // Python `ValueError: x`; Java and .NET `a.b.SomeException: x`; Node `TypeError: x`: the end of a
    // name counts. Java `Exception in thread "main"`.
    r"(?:Error|ERROR|Fatal|FATAL|Exception)(?:\[\w+\])?:(?:[^:]|$)|\bException in thread\b",
    // The levels of log libraries: log4j, slog, tracing, Python's logging, java.util.logging; and of
    // logfmt, as Go's slog, logrus and zap write it.
    r#"\b(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC)\b|\blevel="?(?i:error|fatal|panic|crit|critical|dpanic)\b"#,
    // cargo test `test a ... FAILED`, pytest `FAILED tests/a.py::b`, go test `--- FAIL: TestA`, jest
    // `FAIL src/a.test.js`; not the `FAILED: 0` of a summary.
    r"\b(?:FAILED|FAIL)\b(?:[^\w\n]*[^\W0]|[^\w\n]*$)",
    // npm until 9 `npm ERR! code`, from 10 on `npm error code`.
    r"\bnpm (?:ERR!|error )",
    // GNU make: `make: *** [Makefile:2: all] Error 1`.
    r"\bmake(?:\[\d+\])?: \*\*\* ",
    // Rust `thread 'main' panicked at`, Go `panic: x`; Python; Node and browsers.
    r"\bpanicked at\b|^panic: |\bTraceback \(most recent call last\)|\b(?:Uncaught|Unhandled) |\bUnhandledPromiseRejection",
    // The kernel and shells.
    r"\bSegmentation fault\b|\b[Oo]ut of memory\b",
    // bash, dash and zsh; the C library.
    r"\bcommand not found\b|\bNo such file or directory$|\bPermission denied$",
];

/// What a warning looks like in a text, where it is no error.
pub const WARNINGS: [&str; 4] = [
    // rustc `warning:`, `warning[lint]:`; gcc and clang; git; MSVC `warning C4996:`.
    r"\b(?:[Ww]arning|[Ww]arn)(?:\[[^\]\n]*\]| [A-Z]{1,4}\d+)?:",
    // Python: `a.py:3: DeprecationWarning: x`.
    r"(?:Warning|WARNING|WARN):",
    // The levels of log libraries, and of logfmt.
    r#"\b(?:WARN|WARNING)\b|\blevel="?(?i:warn|warning)\b"#,
    // nginx, Apache, winston; npm until 9 `npm WARN`, from 10 on `npm warn`.
    r"\[(?:warn|warning)\]|\bnpm warn ",
];

/// What counts of errors and warnings say where there were none, in capitals.
pub(super) const NOT_MEANT: [&str; 2] = [
    r"\b(?:0|no|No|NO) (?:ERROR|FATAL|CRITICAL|SEVERE|FAILED|FAIL|WARN|WARNING)\b",
    r"\b(?:ERROR|FATAL|CRITICAL|SEVERE|WARN|WARNING|[Ee]rror|[Ww]arning)[:=] ?(?:0|none|None|null|nil)(?:$|[\s,;])",
];

/// A level of an error or the end of an event's name that says so, in the line of an entry. A level
/// counts in text that is itself JSON as well.
pub(super) const ERROR_LINES: [&str; 3] = [
    r#"\\?"(?:level|lvl|severity)\\?"\s*:\s*\\?"(?i:err|error|fatal|crit|critical|alert|emerg|emergency|panic)\\?""#,
    r#""event"\s*:\s*"(?:[^"]*[^"A-Za-z])?(?i:failed|failure|crash|crashed|lost|panic|panicked|aborted|timeout|timed[ _-]?out|killed|oom|error|errored|fatal)""#,
    r#""event"\s*:\s*"[^"]*[a-z](?:Failed|Failure|Crashed|Lost|Panicked|Aborted|Timeout|TimedOut|Killed|Error)""#,
];

/// The same of a warning.
pub(super) const WARNING_LINES: [&str; 2] = [
    r#"\\?"(?:level|lvl|severity)\\?"\s*:\s*\\?"(?i:warn|warning)\\?""#,
    r#""event"\s*:\s*"(?:[^"]*[^"A-Za-z])?(?i:warning|retry|retried|retrying|stalled|degraded|throttled)""#,
];

/// A level of an entry that says that nothing is wrong: its text is not asked.
pub(super) const CALM_LINES: &str =
    r#""(?:level|lvl|severity)"\s*:\s*"(?i:trace|debug|verbose|info|information|notice|ok|success)""#;
