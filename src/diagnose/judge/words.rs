//! The words of a verdict.

use std::time::Duration;

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

/// Whether a line that comes again and again speaks of something that fails again and again.
pub(super) fn speaks_of_failure(line: &str) -> bool {
    const WORDS: [&str; 8] =
        ["error", "fail", "refused", "timed out", "timeout", "retry", "unreachable", "denied"];
    let line = line.to_lowercase();
    WORDS.iter().any(|word| line.contains(word))
}

/// Whether this is the name of a pane as tmux gives it, and nothing that a shell would take apart.
pub(super) fn is_pane(name: &str) -> bool {
    name.strip_prefix('%')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}
