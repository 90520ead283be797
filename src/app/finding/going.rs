//! Going to the place that was typed.

use crate::app::{RunScreen, Size, layout::RunLayout};
use crate::model::{Goal, Order};
use crate::run::Timestamp;

/// So many entries at the begin of a log may be without a time where its first one is looked for.
const UNTIMED: usize = 256;

impl RunScreen {
    /// Goes there, or as soon as anything of the run was read.
    ///
    /// # Errors
    /// Says why there is no such place; then nothing moves.
    pub(super) fn go_to_goal_once_read(&mut self, goal: Goal, size: Size) -> Result<(), String> {
        if self.has_something_to_show() {
            return self.go_to_goal(&goal, size);
        }
        self.finding.wished = Some(goal);
        self.finding.tell("it is gone to when the run has been read that far");
        Ok(())
    }

    /// Something was read: goes to what was typed before that.
    pub(in crate::app) fn go_where_wished(&mut self, size: Size) {
        if !self.has_something_to_show() {
            return;
        }
        if let Some(goal) = self.finding.wished.take()
            && let Err(why) = self.go_to_goal(&goal, size)
        {
            self.finding.refuse(why);
        }
    }

    /// Whether anything of the run was read.
    pub(in crate::app) fn has_something_to_show(&self) -> bool {
        self.caught_up() || self.model.counts().entries > 0
    }

    /// Goes there.
    ///
    /// # Errors
    /// Says why there is no such place; then nothing moves.
    fn go_to_goal(&mut self, goal: &Goal, size: Size) -> Result<(), String> {
        self.give_up_hunt();
        let height = usize::from(RunLayout::new(size).log_height);
        let before = self.pane.stand();
        let in_view = match goal {
            Goal::Seq(seq) => self.go_to_known_seq(*seq, height)?,
            Goal::Percent(percent) => self.pane.go_to_percent(&self.model, *percent, height),
            Goal::Checkpoint(seq) => {
                let place = self.place_of_checkpoint(*seq)?;
                self.pane.go_to_seq(&self.model, place, height)
            }
            Goal::Back(_) | Goal::TimeOfDay(_) | Goal::DateTime(_) | Goal::Instant(_) => {
                let time = self.time_of(goal)?;
                self.pane.go_to_time(&self.model, time, height)
            }
        };
        if !in_view {
            self.finding.tell(self.when_it_is_gone_to());
        }
        self.finding.before = Some(before);
        Ok(())
    }

    /// What is said of a place that is not in view yet.
    pub(in crate::app) fn when_it_is_gone_to(&self) -> &'static str {
        match self.model.ending() {
            Some(_) => "it is gone to when the run has been read that far",
            None => "it is gone to when the filters have been applied that far",
        }
    }

    fn go_to_known_seq(&mut self, seq: u64, height: usize) -> Result<bool, String> {
        if self.model.order() != Order::Seq {
            return Err("this log has no seqs: a time, a part or a distance back is possible".to_owned());
        }
        let counts = self.model.counts();
        let (Some(lowest), Some(highest)) = (counts.lowest_seq.or(counts.highest_seq), counts.highest_seq)
        else {
            return Err("there is no entry yet".to_owned());
        };
        if seq > highest {
            return Err(format!("seq {seq} has not come: the highest one is {highest}"));
        }
        if seq < lowest && self.model.ending().is_none() {
            return Err(format!("there is no seq {seq}: the lowest one is {lowest}"));
        }
        let in_view = self.pane.go_to_seq(&self.model, seq, height);
        if in_view && self.pane.place(&self.model).and_then(|place| place.key().seq()) != Some(seq) {
            let is_missing =
                self.model.missing_between(seq.saturating_sub(1), seq.saturating_add(1)).is_empty();
            let why = if is_missing { "is not shown" } else { "is missing" };
            self.finding.refuse(format!("seq {seq} {why}: this is the entry nearest to it"));
        }
        Ok(in_view)
    }

    fn place_of_checkpoint(&self, seq: u64) -> Result<u64, String> {
        if self.model.order() != Order::Seq {
            return Err("this log has no seqs, so that no checkpoint has a place in it".to_owned());
        }
        let Some(records) = &self.records else { return Err("the checkpoints are being read".to_owned()) };
        if let Some((place, _)) = self.places.iter().find(|(_, of)| *of == seq) {
            return Ok(*place);
        }
        let is_there = records.records.iter().any(|record| record.seq() == seq);
        Err(if is_there {
            format!("checkpoint {seq} does not say where in the log it stands")
        } else {
            format!("there is no checkpoint {seq}: c shows those there are")
        })
    }

    fn time_of(&self, goal: &Goal) -> Result<Timestamp, String> {
        let last = self.model.channels().iter().filter_map(|channel| channel.last_time).max();
        let Some(last) = last else { return Err("no entry of this log has a time".to_owned()) };
        let Some(time) = goal.instant(last, &self.zone) else {
            return Err("there is no such time".to_owned());
        };
        let told = |time: Timestamp| time.time_of_day(&self.zone);
        if time > last {
            return Err(format!("that is after the last entry, of {}", told(last)));
        }
        let all = self.model.view(&crate::model::Selection::all());
        let first = all.from(0).take(UNTIMED).find_map(|placed| placed.entry.time);
        match first.filter(|first| time < *first && self.model.ending().is_none()) {
            // The log is shorter than that: it goes back to its beginning.
            Some(first) if matches!(goal, Goal::Back(_)) => Ok(first),
            Some(first) => {
                Err(format!("the log has no such time: it is from {} to {}", told(first), told(last)))
            }
            None => Ok(time),
        }
    }
}
