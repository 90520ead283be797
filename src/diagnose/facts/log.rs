//! What the end of a run's log tells: when each channel said something last, how long the run is silent
//! by habit, whether the last line has no end, whether the same comes again and again.

mod repaint;

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::Regex;
use serde::{Deserialize, Serialize};

use repaint::Repaints;

use crate::diagnose::shape::{QuestionSign, Repetition, find_repetition, question_signs};
use crate::display;
use crate::model::{ChannelState, Model, Placed, Selection};
use crate::run::{Body, Channel, Timestamp};

/// So many of the last entries are looked at.
pub(super) const LOOKED_AT: u64 = 4000;
/// A line is cut to so many columns before it is looked at.
const COLUMNS: usize = 400;
/// Words by which a program says that a disk is full (`ENOSPC`, `EDQUOT`).
const DISK_FULL: [&str; 4] = ["No space left on device", "ENOSPC", "Disk quota exceeded", "disk full"];
/// So many of the last lines are searched for them: whoever said more since then went on.
const DISK_FULL_LOOKED_AT: usize = 3;

/// What the end of the log tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogFacts {
    /// The clocks of the channels.
    pub clocks: Vec<ChannelClock>,
    /// When anything was said last; heartbeats are nothing said.
    pub last_said: Option<Timestamp>,
    /// The last line of output, if it has no end.
    pub open_line: Option<OpenLine>,
    /// The last line in which there is something to see. Untrusted text.
    pub last_line: Option<String>,
    /// The same lines again and again, up to the last one.
    pub repeated: Option<RepeatedLines>,
    /// The last lifecycle event but heartbeats.
    pub last_event: Option<Event>,
    /// The longest time between two entries one after the other, in milliseconds.
    pub longest_silence_ms: Option<u64>,
    /// How many such times were looked at.
    pub silences: u64,
    /// A line at the end that says that the disk is full. Untrusted text.
    pub disk_full_line: Option<String>,
    /// How many entries are missing among those looked at, by their seqs, and how many share a seq.
    pub missing: u64,
    /// See `missing`.
    pub ties: u64,
}

/// When a channel said something last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelClock {
    /// The channel's name. Untrusted text where it is none of the three.
    pub channel: String,
    /// When; `None` where its entries tell no time, or there is none. What only paints a line anew is
    /// nothing said.
    pub last: Option<Timestamp>,
    /// When it only painted the same anew, if that was later.
    #[serde(default)]
    pub painted: Option<Timestamp>,
}

/// The last line of output, without its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenLine {
    /// Its channel.
    pub channel: String,
    /// What is to be seen of it. Untrusted text.
    pub text: String,
    /// When it came.
    pub since: Option<Timestamp>,
    /// Why it reads like a question.
    pub signs: Vec<QuestionSign>,
}

/// The same lines again and again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RepeatedLines {
    /// What is repeated, and how often.
    #[serde(flatten)]
    pub repetition: Repetition,
    /// The seq of the entry with the first line.
    pub first_seq: Option<u64>,
    /// When it came.
    pub since: Option<Timestamp>,
}

/// A lifecycle event of the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its name. Untrusted text.
    pub name: String,
    /// What it says. Untrusted text.
    pub text: String,
    /// When it was written.
    pub at: Option<Timestamp>,
    /// Whether output came after it.
    pub is_followed_by_output: bool,
}

impl LogFacts {
    /// What the last entries of a model tell.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let view = model.view(&Selection::default());
        let entries: Vec<Placed> = view.from(view.len().saturating_sub(LOOKED_AT)).collect();
        let mut repaints = Repaints::default();
        let news: Vec<&Placed> = entries.iter().filter(|placed| repaints.is_news(placed)).collect();
        let said: Vec<&Placed> = news.iter().copied().filter(|placed| !is_heartbeat(placed)).collect();
        let is_output = |placed: &&Placed| placed.channel != Channel::Worker;
        let painted: Vec<&Placed> = entries.iter().filter(is_output).collect();
        let output: Vec<&Placed> = said.iter().copied().filter(is_output).collect();
        let mut facts = Self {
            clocks: clocks(model, &entries, &news),
            last_said: said.iter().filter_map(|placed| placed.entry.time).max(),
            open_line: painted.last().and_then(|placed| open_line(placed)),
            last_line: painted.iter().rev().find_map(|placed| visible_lines(placed).pop()),
            last_event: last_event(&said),
            ..Self::default()
        };
        facts.note_repetition(&output);
        facts.note_silences(&said);
        facts.note_seqs(&entries);
        let at_the_end = output.iter().rev().flat_map(|placed| visible_lines(placed).into_iter().rev());
        facts.disk_full_line = at_the_end
            .take(DISK_FULL_LOOKED_AT)
            .find(|line| DISK_FULL.iter().any(|words| line.to_lowercase().contains(&words.to_lowercase())));
        facts
    }

    fn note_repetition(&mut self, output: &[&Placed]) {
        let lines: Vec<(usize, String)> = output
            .iter()
            .enumerate()
            .rev()
            .flat_map(|(number, placed)| {
                visible_lines(placed).into_iter().rev().map(move |line| (number, line))
            })
            .collect();
        self.repeated = find_repetition(lines.iter().map(|(_, line)| line.as_str())).map(|repetition| {
            let first = lines.get(repetition.first_from_end).map(|(number, _)| output[*number]);
            RepeatedLines {
                first_seq: first.and_then(|placed| placed.seq),
                since: first.and_then(|placed| placed.entry.time),
                repetition,
            }
        });
    }

    fn note_silences(&mut self, said: &[&Placed]) {
        let times: Vec<Timestamp> = said.iter().filter_map(|placed| placed.entry.time).collect();
        let silences = times.windows(2).map(|pair| super::milliseconds(pair[1].since(pair[0])));
        self.silences = times.len().saturating_sub(1) as u64;
        self.longest_silence_ms = silences.max();
    }

    fn note_seqs(&mut self, entries: &[Placed]) {
        for pair in entries.windows(2) {
            if let (Some(one), Some(next)) = (pair[0].seq, pair[1].seq) {
                self.ties += u64::from(one == next);
                self.missing += next.saturating_sub(one).saturating_sub(1);
            }
        }
    }
}

/// Heartbeats say that the recorder lives, not that the step moves.
fn is_heartbeat(placed: &Placed) -> bool {
    placed.entry.event().is_some_and(|event| event.to_lowercase().contains("heartbeat"))
}

/// The clocks of the channels. Of a run of which only the end was read, they are those of the entries
/// that were looked at. What only paints a line anew does not count.
fn clocks(model: &Model, entries: &[Placed], news: &[&Placed]) -> Vec<ChannelClock> {
    let clock = |state: &ChannelState| {
        let of_channel = news.iter().filter(|placed| placed.channel == state.channel);
        let last = of_channel.filter_map(|placed| placed.entry.time).max();
        let of_channel = entries.iter().filter(|placed| placed.channel == state.channel);
        let painted = of_channel.clone().filter_map(|placed| placed.entry.time).max();
        let last = if of_channel.count() > 0 { last } else { state.last_time };
        let painted = painted.filter(|painted| last.is_none_or(|last| *painted > last));
        ChannelClock { channel: state.channel.name().to_owned(), last, painted }
    };
    model.channels().iter().map(clock).collect()
}

/// What moves the cursor, sets a title or switches a mode: a line editor writes it before its prompt.
static SEQUENCES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)").ok());

/// Text without control sequences, colours included. It is only read here, and never shown as what the
/// program said.
fn without_sequences(text: &[u8]) -> Cow<'_, [u8]> {
    match SEQUENCES.as_ref() {
        Some(sequences) if memchr::memchr(0x1b, text).is_some() => {
            sequences.replace_all(text, b"".as_slice())
        }
        _ => Cow::Borrowed(text),
    }
}

/// What moves the cursor to another place of the screen, as programs do that draw all of it.
static MOVES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\x1b\[[0-9]+;[0-9]+[Hf]").ok());

/// Where a program draws the whole screen, its line is what it wrote at the place it went to last.
fn after_the_last_move(text: &[u8]) -> &[u8] {
    let last = MOVES.as_ref().and_then(|moves| moves.find_iter(text).last());
    last.map_or(text, |last| &text[last.end()..])
}

/// The lines of an entry in which there is something to see, redrawn ones in their last state.
fn visible_lines(placed: &Placed) -> Vec<String> {
    let limits = display::Limits { columns: COLUMNS, ..display::Limits::NONE };
    let text = without_sequences(placed.entry.text());
    let lines = display::lines(&text, limits);
    lines
        .iter()
        .map(|line| line.text().trim_end().to_owned())
        .filter(|line| !line.trim().is_empty())
        .collect()
}

fn open_line(placed: &Placed) -> Option<OpenLine> {
    // A line that is no JSON has no end of its own: nothing follows from that.
    if !placed.entry.is_open_line() || matches!(placed.entry.body, Body::Raw(_)) {
        return None;
    }
    let text = without_sequences(after_the_last_move(placed.entry.text()));
    let text = display::lines(&text, display::Limits::NONE).pop()?.text();
    if text.trim().is_empty() {
        return None;
    }
    let signs = question_signs(&text);
    Some(OpenLine { channel: placed.channel.name().to_owned(), text, since: placed.entry.time, signs })
}

fn last_event(said: &[&Placed]) -> Option<Event> {
    let at = said.iter().rposition(|placed| placed.entry.event().is_some())?;
    let placed = said[at];
    Some(Event {
        name: placed.entry.event().unwrap_or_default().to_owned(),
        text: placed.entry.text_lossy().into_owned(),
        at: placed.entry.time,
        is_followed_by_output: at + 1 < said.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_drawn_screen_only_what_stands_at_the_cursor_is_its_line() {
        let screen = b"\x1b[1;1H~\x1b[2;1H~\x1b[24;1H\x1b[KSwap file found! [O]pen, (Q)uit: ";
        assert_eq!(
            without_sequences(after_the_last_move(screen)).as_ref(),
            b"Swap file found! [O]pen, (Q)uit: "
        );
        assert_eq!(after_the_last_move(b"Name: "), b"Name: ");
        assert_eq!(after_the_last_move(b"all\x1b[1;1H"), b"", "nothing stands there");
    }

    #[test]
    fn a_prompt_is_read_without_what_a_line_editor_writes_before_it() {
        let text = without_sequences(b"\x1b[?2004h\x1b]0;title\x07\x1b[1;32mContinue? \x1b[0m");
        assert_eq!(text.as_ref(), b"Continue? ");
        assert_eq!(without_sequences(b"\x1b[plain").as_ref(), b"lain", "a short sequence is one");
        assert_eq!(without_sequences(b"100 %").as_ref(), b"100 %");
    }
}
