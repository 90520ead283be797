//! What is said on the status line: what a key has done, or why it could not.

use std::time::Duration;

use super::emission::Emitted;
use crate::run::Now;

/// How long good news stays.
const GOOD_NEWS_STAYS: Duration = Duration::from_secs(15);

/// Something for the status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// A sentence. Untrusted text.
    pub text: String,
    /// Whether it is what a person wanted.
    pub is_good: bool,
    /// When it goes by itself, in monotonic time. What went wrong stays until it is dismissed.
    pub until: Option<Duration>,
}

impl Said {
    /// That something was done.
    #[must_use]
    pub fn done(text: impl Into<String>, now: Now) -> Self {
        Self { text: text.into(), is_good: true, until: Some(now.monotonic + GOOD_NEWS_STAYS) }
    }

    /// That something could not be done.
    #[must_use]
    pub fn trouble(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_good: false, until: None }
    }
}

/// What became of checkpoints that were asked for: those that were not written come first.
pub(super) fn of_emitted(emitted: &[Emitted], now: Now) -> Said {
    let told = |emitted: &Emitted| {
        let masked = match emitted.masked {
            0 => String::new(),
            1 => " (1 secret masked)".to_owned(),
            count => format!(" ({count} secrets masked)"),
        };
        match &emitted.outcome {
            Ok(description) => format!("{description}{masked}"),
            Err(reason) => format!("nothing written: {reason}"),
        }
    };
    let (good, bad): (Vec<&Emitted>, Vec<&Emitted>) = emitted.iter().partition(|one| one.outcome.is_ok());
    match (&good[..], &bad[..]) {
        ([one], []) => Said::done(told(one), now),
        ([], [one]) => Said::trouble(told(one)),
        (good, []) => {
            let each: Vec<String> = good.iter().map(|one| format!("{} {}", one.label, told(one))).collect();
            Said::done(format!("{} written: {}", good.len(), each.join(", ")), now)
        }
        (good, bad) => {
            let each: Vec<String> = bad.iter().map(|one| format!("{}: {}", one.label, told(one))).collect();
            Said::trouble(format!("{} written, {} not: {}", good.len(), bad.len(), each.join("; ")))
        }
    }
}
