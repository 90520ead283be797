//! A sentence that is true of a run at a moment, for a summary to begin with.

use std::time::Duration;

use super::run_screen::RunScreen;
use crate::checkpoint::secrets;
use crate::diagnose::RunSummary;
use crate::display;
use crate::model::{Model, Selection};
use crate::run::{Channel, Now, RunState, Status};

/// A silence that is shorter is not worth telling.
const SILENCE: Duration = Duration::from_secs(10);
/// How many columns of the last line are told: its end, since a question ends a line.
const LAST_LINE: usize = 72;
/// Among so many entries at the end one is looked for that the step wrote.
const LOOKED_AT: u64 = 64;

/// What is true of a run.
struct Facts<'a> {
    step: &'a str,
    status: Status,
    state: Option<&'a RunState>,
    elapsed: Option<Duration>,
    idle: Option<Duration>,
    last_line: String,
}

/// A sentence about a run of the list.
#[must_use]
pub fn of_summary(run: &RunSummary, now: Now) -> String {
    sentence(&Facts {
        step: &run.step(),
        status: run.status,
        state: run.state.as_ref(),
        elapsed: run.elapsed(now.wall),
        idle: run.idle(now.wall),
        last_line: run.last_line.clone(),
    })
}

/// A sentence about the run that is open.
#[must_use]
pub fn of_run(run: &RunScreen, now: Now) -> String {
    let (model, status) = (run.model(), run.status());
    let manifest = model.manifest();
    let state = model.state();
    let began = state.and_then(|state| state.started_at).or(manifest.created_at);
    let ended = state.and_then(|state| state.finished_at).filter(|_| status.has_ended());
    let of_the_step = |channel: &&crate::model::ChannelState| channel.channel != Channel::Worker;
    let last = model.channels().iter().filter(of_the_step).filter_map(|channel| channel.last_time).max();
    sentence(&Facts {
        step: if manifest.step_name.is_empty() { &manifest.step_id } else { &manifest.step_name },
        status,
        state,
        elapsed: began.map(|began| ended.unwrap_or(now.wall).since(began)),
        idle: last.map(|last| now.wall.since(last)),
        last_line: last_line(model),
    })
}

/// The last line that the step wrote.
fn last_line(model: &Model) -> String {
    let all = Selection::all();
    let view = model.view(&all);
    let last = (0..view.len()).rev().take(usize::try_from(LOOKED_AT).unwrap_or(0));
    let mut texts = last.filter_map(|position| view.at(position)).filter_map(|placed| {
        let text = placed.entry.text_lossy().into_owned();
        (placed.channel != Channel::Worker && !text.trim().is_empty()).then_some(text)
    });
    let text = texts.next().unwrap_or_default();
    text.trim_end().rsplit(['\n', '\r']).next().unwrap_or_default().to_owned()
}

fn sentence(facts: &Facts<'_>) -> String {
    let step = if facts.step.is_empty() { "the step" } else { facts.step };
    let elapsed = facts.elapsed.map(display::duration::short);
    let exit = facts.state.and_then(|state| match (state.signal, state.exit_code) {
        (Some(signal), _) => Some(format!("signal {signal}")),
        (None, code) => code.map(|code| format!("exit {code}")),
    });
    let after = |word: &str| match &elapsed {
        Some(elapsed) => format!("{step} {word} after {elapsed}"),
        None => format!("{step} {word}"),
    };
    let mut text = match facts.status {
        Status::Running => match &elapsed {
            Some(elapsed) => format!("{step} has been running for {elapsed}"),
            None => format!("{step} is running"),
        },
        Status::Prepared => format!("{step} has not begun"),
        Status::Succeeded => after("succeeded"),
        Status::Failed => after("failed"),
        Status::Cancelled => after("was cancelled"),
        Status::Lost => format!("{step} was lost: its recorder is gone"),
        Status::Unknown => format!("{step}: its state is not known"),
    };
    if facts.status == Status::Failed
        && let Some(exit) = exit
    {
        text.push_str(&format!(" with {exit}"));
    }
    if let Some(idle) = facts.idle.filter(|idle| !facts.status.has_ended() && *idle >= SILENCE) {
        text.push_str(&format!(", silent for {}", display::duration::short(idle)));
    }
    // Masked before it is cut: of a token that is cut in the middle no rule knows any more what it is.
    let (masked, _) = secrets::redact(facts.last_line.trim());
    let last_line = display::plain_end_within(&masked, LAST_LINE);
    if !last_line.is_empty() {
        text.push_str(&format!("; last line: {last_line}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(status: Status) -> Facts<'static> {
        let (elapsed, idle) = (Some(Duration::from_secs(724)), Some(Duration::from_secs(252)));
        Facts { step: "build", status, state: None, elapsed, idle, last_line: "Proceed? [y/N] ".to_owned() }
    }

    #[test]
    fn a_sentence_tells_how_long_and_what_was_said_last() {
        let running = "build has been running for 12m04s, silent for 4m12s; last line: Proceed? [y/N]";
        assert_eq!(sentence(&facts(Status::Running)), running);
        let state = RunState { exit_code: Some(101), ..RunState::default() };
        let failed = Facts { state: Some(&state), last_line: String::new(), ..facts(Status::Failed) };
        assert_eq!(sentence(&failed), "build failed after 12m04s with exit 101");
        let short = Facts { idle: Some(Duration::from_secs(3)), step: "", ..facts(Status::Running) };
        assert_eq!(sentence(&short), "the step has been running for 12m04s; last line: Proceed? [y/N]");
    }

    #[test]
    fn a_secret_in_the_last_line_is_masked_wherever_the_line_is_cut() {
        let token = format!("ghp_{}", "aB3dE5gH7jK9mN1pQ3sT5vW7yZ0bC2dE4fG6");
        for after in 0..90 {
            let last_line = format!("token {token} {}", "x".repeat(after));
            let said = sentence(&Facts { last_line, ..facts(Status::Running) });
            assert!(!said.contains("fG6"), "{after}: {said}");
        }
        let last_line = format!("token {token} x");
        let said = sentence(&Facts { last_line, ..facts(Status::Running) });
        assert!(said.contains("[redacted:"), "{said}");
    }
}
