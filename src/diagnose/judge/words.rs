//! The words of a verdict.

use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use crate::diagnose::process::Process;
use crate::diagnose::verdict::Code;
use crate::display;

/// A quoted text is cut to so many columns.
const QUOTED_COLUMNS: usize = 120;

/// A text in one harmless line.
pub(super) fn cut(text: &str) -> String {
    display::plain_within(text.trim_end(), QUOTED_COLUMNS)
}

/// The same between quotation marks. White space at its end is kept: it tells a prompt.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", display::plain_end_within(text.trim_end_matches(['\n', '\r']), QUOTED_COLUMNS))
}

/// A length of time.
pub(super) fn span(duration: Duration) -> String {
    display::duration::short(duration)
}

/// A process by its name and pid.
pub(super) fn named(process: &Process) -> String {
    format!("`{}` (pid {})", display::one_line(&process.name), process.pid)
}

/// A text as one word of a shell's command line: whatever stands in it, it is only a word, and harmless
/// to show.
pub(super) fn shell_word(text: &str) -> String {
    let shown = display::one_line(text);
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+:@%".contains(letter);
    if !shown.is_empty() && shown.chars().all(is_plain) {
        return shown;
    }
    format!("'{}'", shown.replace('\'', r"'\''"))
}

/// What a process is at, as the kernel says it.
pub(super) fn at_work(process: &Process) -> String {
    let call = process.threads.iter().find_map(|thread| thread.call.as_ref()?.name.as_deref());
    let state = match process.state {
        'R' => "runs",
        'D' => "is in disk sleep",
        'T' | 't' => "is stopped",
        _ => "sleeps",
    };
    let call = call.map(|call| format!(" in the system call {call}")).unwrap_or_default();
    format!("{} {state}{call}", named(process))
}

/// What a sentence begins with.
pub(super) fn phrase(code: Code) -> &'static str {
    match code {
        Code::Progressing => "progressing",
        Code::Finished => "finished",
        Code::WorkerLost => "worker lost",
        Code::WaitingForInput => "waiting for input",
        Code::WaitingOnNetwork => "waiting on the network",
        Code::WaitingOnLock => "waiting on a lock",
        Code::WaitingOnPipe => "waiting on a pipe",
        Code::Sleeping => "sleeping",
        Code::Deadlocked => "deadlocked",
        Code::Stopped => "stopped",
        Code::BusySilent => "busy and silent",
        Code::Looping => "looping",
        Code::DiskFull => "disk full",
        Code::LogStalled => "log stalled",
        Code::Unknown => "unknown",
    }
}

/// Words of something that fails, and numbers of failures that there were none.
static FAILURE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)(?<none>
            \b(?:0|no|without)\s+(?:fail\w*|errors?|timeouts?|retries)\b
            | \b(?:fail\w*|errors?|timeouts?|retries)\s*[:=]\s*0\b )
        | \b(?:errors?|fail(?:s|ed|ure|ures|ing)?|refused|timed\ out|timeout|retry|retrying|unreachable|denied)\b",
    )
    .ok()
});

/// Whether a line that comes again and again speaks of something that fails again and again.
pub(super) fn speaks_of_failure(line: &str) -> bool {
    let pattern = FAILURE.as_ref();
    pattern.is_some_and(|pattern| pattern.captures_iter(line).any(|found| found.name("none").is_none()))
}

/// Whether a line tells no more than that something goes on well: a dot for each test, `PASS`, a tick.
pub(super) fn says_that_all_is_well(line: &str) -> bool {
    const WELL: [&str; 14] = [
        "alive",
        "done",
        "healthy",
        "heartbeat",
        "ok",
        "okay",
        "pass",
        "passed",
        "passing",
        "ping",
        "ready",
        "success",
        "succeeded",
        "tick",
    ];
    let words = line.split(|character: char| !character.is_alphabetic()).filter(|word| !word.is_empty());
    words.into_iter().all(|word| WELL.iter().any(|well| word.eq_ignore_ascii_case(well)))
}

/// Whether this is the name of a pane as tmux gives it, and nothing that a shell would take apart.
pub(super) fn is_pane(name: &str) -> bool {
    name.strip_prefix('%')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_for_a_shell_stays_one_word() {
        assert_eq!(shell_word("/tmp/tmux-0/default"), "/tmp/tmux-0/default");
        assert_eq!(shell_word("/tmp/a b"), "'/tmp/a b'");
        assert_eq!(shell_word("x'; rm y"), r"'x'\''; rm y'");
        assert_eq!(shell_word(""), "''");
        assert!(!shell_word("a\nb\x1b[2J").contains(['\n', '\x1b']));
    }

    #[test]
    fn a_failure_is_told_from_the_number_of_failures_and_from_a_name() {
        for line in
            ["connection refused", "ERROR: no such host", "attempt 7 failed", "retrying in 5s", "1 failed"]
        {
            assert!(speaks_of_failure(line), "{line}");
        }
        for line in ["412 passed, 0 failed", "errors: 0", "no errors", "compiled error_handler.rs", "ok"] {
            assert!(!speaks_of_failure(line), "{line}");
        }
    }
}
