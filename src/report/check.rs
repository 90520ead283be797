//! Holding a run against the contract.

pub mod checkpoints;
mod lines;

use std::io::{self, Write};
use std::ops::ControlFlow;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::display;
use crate::model::{Cut, Gap, Model, PIECE_BYTES, Reader, Selection, Walk};
use crate::run::{Channel, Id, Status};

use super::in_order::in_order;
pub use checkpoints::CheckpointCheck;
use lines::Search;
pub use lines::{Breach, BrokenLine};

/// What was found of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// How many entries there are.
    pub entries: u64,
    /// The channels, ranked.
    pub channels: Vec<ChannelCheck>,
    /// Missing seqs between the lowest and the highest.
    pub gaps: Vec<Gap>,
    /// How many entries have a seq that another one had before.
    pub ties: u64,
    /// How many entries stand behind one of a higher seq in their file.
    pub disorder: u64,
    /// How many lines do not parse, bodies behind a good seq included.
    pub malformed: u64,
    /// The first few lines of each kind that break the contract.
    pub lines: Vec<BrokenLine>,
    /// The checkpoint records.
    pub checkpoints: CheckpointCheck,
    /// What is wrong with the files themselves: one that cannot be read, a status that is none, an
    /// id that no writer accepts. Untrusted text.
    pub problems: Vec<String>,
}

/// What is wrong with the files of the run besides their lines.
fn problems(model: &Model) -> Vec<String> {
    let mut problems: Vec<String> = model
        .notices()
        .iter()
        .map(|notice| {
            if notice.about.is_empty() {
                notice.text.clone()
            } else {
                format!("{} {}", notice.about, notice.text)
            }
        })
        .collect();
    if model.state().is_some_and(|state| state.status == Status::Unknown) {
        problems.push("state.json has no status, or one that is none of the contract's".to_owned());
    }
    if let Ok(manifest) = model.directory().manifest() {
        for (name, id) in
            [("taskId", manifest.task_id), ("stepId", manifest.step_id), ("runId", manifest.run_id)]
        {
            if let Some(error) = Some(&id).filter(|id| !id.is_empty()).and_then(|id| Id::new(id).err()) {
                problems.push(format!("run.json has a {name} that no writer accepts: {error}"));
            }
        }
    }
    problems
}

/// Decodes every entry: how many there are, how many lines of each channel do not parse, and which
/// lines break the contract.
fn read_all(model: &Model) -> (u64, Vec<u64>, Vec<BrokenLine>) {
    /// The entries and the malformed lines of each source, in a piece, and what was found there.
    type Counts = (u64, Vec<u64>, Search);
    let all = Selection::all();
    let walk = Walk::new(&model.view(&all), Cut::BEGIN, Cut::end());
    let place_of = |channel: &Channel| model.channels().iter().position(|state| state.channel == *channel);
    let places: Vec<Option<usize>> = walk.channels().map(place_of).collect();
    let (walk, places) = (&walk, &places);
    let worker = || {
        let mut reader = Reader::default();
        move |piece, (entries, malformed, search): &mut Counts| {
            *search = Search::default();
            malformed.clear();
            malformed.resize(places.len(), 0);
            let was_read = walk.read(piece, &mut reader, None, |entry| {
                malformed[entry.source] += u64::from(search.take(walk, &entry));
            });
            *entries = was_read.entries;
        }
    };
    let mut read = 0;
    let mut malformed = vec![0; model.channels().len()];
    let mut whole = Search::default();
    let add = |(entries, of_sources, search): &Counts| {
        read += entries;
        whole.append(search);
        for (place, count) in places.iter().zip(of_sources) {
            if let Some(place) = place {
                malformed[*place] += count;
            }
        }
        Ok(ControlFlow::Continue(()))
    };
    // Adding up cannot fail.
    _ = in_order(walk.pieces(PIECE_BYTES), worker, add);
    (read, malformed, whole.lines(walk, model.directory().path()))
}

/// What was found of one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelCheck {
    /// Its name. Untrusted text.
    #[serde(skip)]
    pub name: String,
    /// How many entries it has.
    pub entries: u64,
    /// How many of its lines do not parse.
    pub malformed: u64,
    /// How many of its entries stand behind one of a higher seq.
    pub disorder: u64,
    /// How many bytes stand behind its last complete line: an entry in the making, or a torn one.
    pub torn_bytes: u64,
}

impl Check {
    /// Holds a run against the contract. Every body is decoded, so that the counts are exact.
    ///
    /// # Errors
    /// How many entries could not be read, because a file lost bytes since it was indexed.
    pub fn of(model: &Model) -> Result<Self, u64> {
        let (read, malformed, lines) = read_all(model);
        let channels: Vec<ChannelCheck> = model
            .channels()
            .iter()
            .zip(&malformed)
            .map(|(state, malformed)| ChannelCheck {
                name: state.channel.name().to_owned(),
                entries: state.entries,
                malformed: *malformed,
                disorder: state.disorder,
                torn_bytes: state.torn_bytes,
            })
            .collect();
        let counts = model.counts();
        if read < counts.entries {
            return Err(counts.entries - read);
        }
        Ok(Self {
            entries: counts.entries,
            channels,
            gaps: model.gaps(),
            ties: counts.ties,
            disorder: counts.disorder,
            malformed: malformed.iter().sum(),
            lines,
            checkpoints: checkpoints::check(model.directory()),
            problems: problems(model),
        })
    }

    /// Whether the contract is kept.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.gaps.is_empty()
            && self.ties == 0
            && self.disorder == 0
            && self.malformed == 0
            && self.checkpoints.is_ok()
            && self.problems.is_empty()
    }

    /// The report of `check --json`.
    #[must_use]
    pub fn json(&self) -> Value {
        let channels: Map<String, Value> =
            self.channels.iter().map(|channel| (channel.name.clone(), json!(channel))).collect();
        let gaps: Vec<Value> = self.gaps.iter().map(|gap| json!({"from": gap.from, "to": gap.to})).collect();
        json!({
            "entries": self.entries,
            "channels": channels,
            "gaps": gaps,
            "ties": self.ties,
            "disorder": self.disorder,
            "malformed": self.malformed,
            "lines": self.lines,
            "checkpoints": self.checkpoints,
            "problems": self.problems,
            "ok": self.is_ok(),
        })
    }

    /// Writes the report for people.
    ///
    /// # Errors
    /// Whatever `out` answers.
    pub fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        for channel in &self.channels {
            let mut line = format!(
                "{}: {}",
                display::one_line(&channel.name),
                counted(channel.entries, "entry", "entries")
            );
            for (count, what) in [
                (channel.malformed, "malformed"),
                (channel.disorder, "out of order"),
                (channel.torn_bytes, "bytes behind the last line end"),
            ] {
                if count > 0 {
                    line += &format!(", {count} {what}");
                }
            }
            writeln!(out, "{line}")?;
        }
        for line in &self.lines {
            writeln!(out, "{}", line.text())?;
        }
        for gap in &self.gaps {
            writeln!(out, "gap: {} missing (seq {} to {})", gap.to - gap.from + 1, gap.from, gap.to)?;
        }
        for problem in &self.problems {
            writeln!(out, "{}", display::one_line(problem))?;
        }
        writeln!(out, "checkpoints: {}", counted(self.checkpoints.records, "record", "records"))?;
        for name in &self.checkpoints.bad_names {
            writeln!(
                out,
                "checkpoint {}: the name is not NNNN-TYPE.json: a seq in four digits or as many as it needs, and a type",
                display::one_line(name)
            )?;
        }
        for record in self.checkpoints.clashes.iter().chain(&self.checkpoints.unreadable) {
            let (name, reason) = (display::one_line(&record.name), display::one_line(&record.reason));
            writeln!(out, "checkpoint {name}: {reason}")?;
        }
        writeln!(out, "{}", self.verdict())
    }

    fn verdict(&self) -> String {
        if self.is_ok() {
            return format!("ok: {}, nothing breaks the contract", counted(self.entries, "entry", "entries"));
        }
        let checkpoints = &self.checkpoints;
        let bad_records =
            checkpoints.bad_names.len() + checkpoints.clashes.len() + checkpoints.unreadable.len();
        let findings = [
            (self.gaps.len() as u64, "gap", "gaps"),
            (self.ties, "tie", "ties"),
            (self.disorder, "entry out of order", "entries out of order"),
            (self.malformed, "malformed line", "malformed lines"),
            (bad_records as u64, "bad checkpoint", "bad checkpoints"),
            (self.problems.len() as u64, "problem with a file", "problems with files"),
        ];
        let found: Vec<String> = findings
            .iter()
            .filter(|(count, _, _)| *count > 0)
            .map(|(count, one, many)| counted(*count, one, many))
            .collect();
        format!("broken: {}", found.join(", "))
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
