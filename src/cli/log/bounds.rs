//! `--from` and `--to`: the part of a log between two places that a person names.

use jiff::tz::TimeZone;

use crate::cli::checkpoint;
use crate::model::{Goal, Model, Order, Selection, View};
use crate::report::log::LogRange;
use crate::run::{MAX_SEQ, Timestamp};
use crate::tail::OrderKey;

/// So many entries at the begin of a log may be without a time where its first one is looked for.
const UNTIMED: usize = 256;
const DAY: i64 = 86_400_000;

/// Where the part begins and ends, as it was typed; both places are in it.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Bounds {
    pub(in crate::cli) from: Option<Goal>,
    pub(in crate::cli) to: Option<Goal>,
    /// The clock of times that were typed.
    pub(in crate::cli) zone: TimeZone,
}

/// Reads a place that was typed.
///
/// # Errors
/// Says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Goal, String> {
    match text.parse()? {
        Goal::Seq(seq) if seq > MAX_SEQ => Err(format!("no seq is greater than {MAX_SEQ}")),
        goal => Ok(goal),
    }
}

/// Which of the two is looked for: entries that stand at the place itself are behind the one and
/// before the other.
#[derive(Clone, Copy)]
enum Side {
    From,
    To,
}

impl Bounds {
    /// All of the log.
    pub(in crate::cli) fn none() -> Self {
        Self { from: None, to: None, zone: TimeZone::UTC }
    }

    /// The part of this run's log.
    ///
    /// # Errors
    /// Says why the log has no such place.
    pub(in crate::cli) fn range(&self, model: &Model) -> Result<LogRange, String> {
        let all = Selection::all();
        let view = model.view(&all);
        let key = |goal: &Option<Goal>, side| match goal {
            Some(goal) => self.key(goal, side, model, &view),
            None => Ok(None),
        };
        Ok(LogRange { from: key(&self.from, Side::From)?, before: key(&self.to, Side::To)? })
    }

    /// The key of the first entry behind the cut; `None` where everything is on the side that is asked for.
    fn key(
        &self,
        goal: &Goal,
        side: Side,
        model: &Model,
        view: &View<'_>,
    ) -> Result<Option<OrderKey>, String> {
        let of_seq = |seq: u64| Ok(Some(OrderKey::of_seq(seq)));
        let order = model.order();
        match (goal, order) {
            (Goal::Seq(_) | Goal::Checkpoint(_), Order::Time | Order::File) => Err(format!(
                "no entry of the run has a seq, it is ordered by {order}; --from and --to take a time there"
            )),
            (Goal::Seq(seq), Order::Seq) => match side {
                Side::From => of_seq(*seq),
                Side::To => of_seq(seq.saturating_add(1)),
            },
            // What was known at the checkpoint stands before it, on either side.
            (Goal::Checkpoint(seq), Order::Seq) => of_seq(seq_of_checkpoint(*seq, model)?.saturating_add(1)),
            // Nothing is there yet: all that comes is behind any place.
            _ if view.is_empty() => Ok(None),
            (_, Order::File) => {
                Err("no entry of the run has a seq or a time, so that it has no parts".to_owned())
            }
            (Goal::Percent(percent), _) => {
                let position = u128::from(view.len()) * u128::from(*percent) / 100;
                key_at(view, u64::try_from(position).unwrap_or(u64::MAX), side)
            }
            _ => {
                let time = self.instant(goal, model, view)?;
                let time = match side {
                    Side::From => time,
                    Side::To => Timestamp::from_milliseconds(time.milliseconds().saturating_add(1)),
                };
                match order {
                    Order::Time => Ok(Some(OrderKey::of_time(time))),
                    _ => key_at(view, view.position_of_time(time), side),
                }
            }
        }
    }

    /// The point in time that is meant. A time of day comes once a day: it is the last one that the
    /// run has come to or, where that was before its begin, the nearest to the run.
    fn instant(&self, goal: &Goal, model: &Model, view: &View<'_>) -> Result<Timestamp, String> {
        let none = || "no entry of the run has a time".to_owned();
        let last = model.channels().iter().filter_map(|channel| channel.last_time).max().ok_or_else(none)?;
        let first = view.from(0).take(UNTIMED).find_map(|placed| placed.entry.time).unwrap_or(last);
        let unknown = || "that clock never shows such a time".to_owned();
        let before = goal.instant(last, &self.zone).ok_or_else(unknown)?;
        if before >= first || !matches!(goal, Goal::TimeOfDay(_)) {
            return Ok(before);
        }
        let tomorrow = Timestamp::from_milliseconds(last.milliseconds().saturating_add(DAY));
        let after = goal.instant(tomorrow, &self.zone).ok_or_else(unknown)?;
        let is_nearer =
            after.milliseconds() - last.milliseconds() < first.milliseconds() - before.milliseconds();
        Ok(if is_nearer { after } else { before })
    }
}

/// The key of the entry at a position. Past all of them, only what is still to come stands behind a
/// beginning, and all of it before an end.
fn key_at(view: &View<'_>, position: u64, side: Side) -> Result<Option<OrderKey>, String> {
    let key = |position| {
        let place = view.place_at(position).ok_or("a file lost bytes while it was read; try again")?;
        Ok::<_, &str>(place.key())
    };
    let last = view.len().saturating_sub(1);
    Ok(match side {
        _ if position <= last => Some(key(position)?),
        Side::From => Some(key(last)?.next()),
        Side::To => None,
    })
}

fn seq_of_checkpoint(seq: u64, model: &Model) -> Result<u64, String> {
    let records = checkpoint::for_reading(model.directory())
        .list()
        .map_err(|error| format!("the checkpoints cannot be listed: {error}"))?;
    let mut found = records.iter().filter(|record| record.seq == seq).peekable();
    if found.peek().is_none() {
        return Err(format!(
            "there is no checkpoint {seq}; `stepwatch checkpoint list` shows those there are"
        ));
    }
    found
        .find_map(|record| record.content.as_ref().ok()?.log_seq)
        .ok_or_else(|| format!("checkpoint {seq} does not say where in the log it stands"))
}
