//! The merged log as it comes: what is there, then every new entry at once, until the run ended.

mod arrivals;

use std::io::{self, Write};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant, SystemTime};

use crate::diagnose::liveness;
use crate::model::{Model, Place, Placed, Selection};
use crate::run::{Now, RunDirectory, Status, Timestamp};
use crate::tail::{Batch, RunReader};

use super::entry::{Form, Presentation};
use super::log::{LogRange, LogRequest, reported};
use arrivals::Arrivals;

/// How many batches the reader may be ahead of us.
const BATCHES_AHEAD: usize = 4;
/// How often it is looked whether anybody listens, and whether the run was lost.
const TICK: Duration = Duration::from_millis(500);

/// How many new entries wait at most for those of other files that stand between them.
const MOST_WAITING: usize = 500_000;

/// Whom a log is followed for.
pub trait Audience {
    /// Whether anybody still reads what is written.
    fn listens(&mut self) -> bool;
    /// Tells something about the files, apart from the log.
    fn note(&mut self, text: &str);
}

/// Writes the entries that are asked for, then every new one as it comes; an entry that comes after
/// one that stands behind it is marked as late. Ends when the run has ended and all of it is
/// written, when the run is lost, or when nobody listens. Returns how many entries were written.
///
/// Which part of the log is asked for is found in what is there at the beginning.
///
/// # Errors
/// Whatever `out` answers, where the reader cannot be started, and where `range` finds nothing.
pub fn follow(
    directory: &RunDirectory,
    request: LogRequest,
    range: impl FnOnce(&Model) -> Result<LogRange, String>,
    form: Form,
    presentation: Presentation,
    out: &mut impl Write,
    audience: &mut impl Audience,
) -> Result<u64, FollowError> {
    let (deliver, batches) = sync_channel(BATCHES_AHEAD);
    let reader = RunReader::spawn(directory.clone(), move |batch| deliver.send(batch).is_ok())?;
    let mut follower = Follower::new(directory, request, form, presentation);
    let mut range = Some(range);
    let began = Instant::now();
    while audience.listens() {
        match batches.recv_timeout(TICK) {
            Ok(batch) => {
                let caught_up = batch.caught_up;
                let now = Now { wall: Timestamp::from(SystemTime::now()), monotonic: began.elapsed() };
                follower.take(batch, now, out)?;
                if caught_up && let Some(range) = range.take() {
                    follower.request.range = range(&follower.model).map_err(FollowError::Range)?;
                    follower.begin(out)?;
                }
                out.flush()?;
                follower.tell_notices(audience);
                // A look takes in the state before the logs, so that nothing is behind it.
                if caught_up && follower.status().has_ended() {
                    break;
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                let seemed_lost = follower.seems_lost;
                follower.seems_lost = follower.is_lost();
                if seemed_lost && follower.seems_lost {
                    audience.note("the run is lost: who recorded it is gone");
                    break;
                }
                // What was written last must not wait for the next tick.
                reader.look_now();
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(follower.written)
}

/// Why a log is not followed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// It cannot be read, or what was found cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The log has no such part.
    #[error("{0}")]
    Range(String),
}

struct Follower {
    request: LogRequest,
    form: Form,
    presentation: Presentation,
    model: Model,
    arrivals: Arrivals,
    /// New entries that are not written yet.
    waiting: Vec<Place>,
    /// Whether what was there at the beginning is written.
    begun: bool,
    /// Whether the run is being read anew, so that the places of before mean nothing.
    anew: bool,
    /// The place behind which everything new is in time.
    highest: Option<Place>,
    written: u64,
    /// The notices that were told and still hold.
    told: Vec<String>,
    /// Whether the run seemed lost at the last look.
    seems_lost: bool,
}

impl Follower {
    fn new(directory: &RunDirectory, request: LogRequest, form: Form, presentation: Presentation) -> Self {
        Self {
            request,
            form,
            presentation,
            model: Model::new(directory.clone()),
            arrivals: Arrivals::default(),
            waiting: Vec::new(),
            begun: false,
            anew: false,
            highest: None,
            written: 0,
            told: Vec::new(),
            seems_lost: false,
        }
    }

    fn status(&self) -> Status {
        self.model.state().map_or(Status::Unknown, |state| state.status)
    }

    fn take(&mut self, batch: Batch, now: Now, out: &mut impl Write) -> io::Result<()> {
        let caught_up = batch.caught_up;
        let (new, anew) = self.arrivals.take(&batch);
        self.model.apply(batch, now);
        if !self.begun {
            return Ok(());
        }
        if anew {
            self.anew = true;
            self.waiting.clear();
            self.highest = None;
        }
        self.waiting.extend(new);
        // A batch that is not caught up may lack what another file has in between. A writer that is
        // faster than we are must not keep us for ever.
        if caught_up || (!self.anew && self.waiting.len() > MOST_WAITING) {
            self.write_new(out)?;
        }
        if self.anew && caught_up {
            self.anew = false;
            self.highest = self.last_place();
        }
        Ok(())
    }

    /// Writes what is there.
    fn begin(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.begun = true;
        self.written = self.request.write(&self.model, out, self.form, self.presentation)?.entries;
        self.highest = self.last_place();
        Ok(())
    }

    /// The last place of the whole run.
    fn last_place(&self) -> Option<Place> {
        let all = Selection::all();
        let view = self.model.view(&all);
        let last = view.len().checked_sub(1)?;
        view.at(last).map(|placed| placed.place)
    }

    /// Writes what is new, in the merged order.
    fn write_new(&mut self, out: &mut impl Write) -> io::Result<()> {
        let mut places = std::mem::take(&mut self.waiting);
        places.sort_unstable();
        let selection = self.request.selection(&self.model);
        let view = self.model.view(&selection);
        let mut entries = None;
        for place in &places {
            if selection.hides(&place.channel) || !self.request.range.contains(place.key) {
                continue;
            }
            // New entries mostly stand one behind the other.
            let next = entries.as_mut().and_then(Iterator::next);
            let found = match next {
                Some(placed) if placed_at(&placed, place) => Some(placed),
                _ => {
                    let mut from_here = view.from(view.position_of(place));
                    let found = from_here.next().filter(|placed| placed_at(placed, place));
                    entries = Some(from_here);
                    found
                }
            };
            let Some(placed) = found.filter(|placed| self.request.matches(placed)) else { continue };
            let late = self.highest.as_ref().is_some_and(|highest| place < highest);
            if self.form == Form::Raw && placed.cut.is_some() {
                view.write_line(&placed, out)?;
                out.write_all(b"\n")?;
            } else {
                reported(&placed, late).write(out, self.form, self.presentation)?;
            }
            self.written += 1;
        }
        self.highest = places.pop().max(self.highest.take());
        Ok(())
    }

    fn tell_notices(&mut self, audience: &mut impl Audience) {
        let notices: Vec<String> = self.model.notices().iter().map(super::log::notice).collect();
        for notice in &notices {
            if !self.told.contains(notice) {
                audience.note(notice);
            }
        }
        self.told = notices;
    }

    /// Whether the run says that it runs, and who carried it out is gone.
    fn is_lost(&self) -> bool {
        self.status() == Status::Running
            && liveness::observe(self.model.directory()).is_ok_and(|(_, status)| status == Status::Lost)
    }
}

fn placed_at(placed: &Placed, place: &Place) -> bool {
    placed.place == *place
}
