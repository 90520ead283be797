//! Finds out what a checkpoint would hold, in a thread, for the newest prompt only.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use super::Deliver;
use crate::app::Message;
use crate::app::emission::{PreviewRequest, Previewed, TailPreview};
use crate::checkpoint::LogTail;
use crate::model::Model;
use crate::run::RunDirectory;

/// The thread that finds out. It is started when it is first needed; dropping this stops it.
pub(super) struct Previews {
    deliver: Deliver,
    desk: Arc<Desk>,
    is_started: bool,
}

#[derive(Default)]
struct Desk {
    wishes: Mutex<Wishes>,
    changed: Condvar,
}

#[derive(Default)]
struct Wishes {
    /// The prompt that is open.
    ticket: u64,
    wanted: VecDeque<PreviewRequest>,
    stopped: bool,
}

impl Previews {
    pub(super) fn new(deliver: Deliver) -> Self {
        Self { deliver, desk: Arc::default(), is_started: false }
    }

    pub(super) fn ask(&mut self, ticket: u64, request: PreviewRequest) {
        {
            let mut wishes = self.desk.wishes.lock().unwrap_or_else(PoisonError::into_inner);
            if wishes.ticket != ticket {
                *wishes = Wishes { ticket, ..Wishes::default() };
            }
            // Of the same thing the newest wish counts.
            wishes.wanted.retain(|wanted| subject(wanted) != subject(&request));
            wishes.wanted.push_back(request);
        }
        self.desk.changed.notify_all();
        if self.is_started {
            return;
        }
        let (desk, deliver) = (Arc::clone(&self.desk), Arc::clone(&self.deliver));
        match thread::Builder::new().name("preview".to_owned()).spawn(move || work(&desk, &deliver)) {
            Ok(_) => self.is_started = true,
            Err(error) => {
                (self.deliver)(Message::Failed(format!("nothing can be shown of it: {error}")));
            }
        }
    }
}

impl Drop for Previews {
    fn drop(&mut self) {
        self.desk.wishes.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
        self.desk.changed.notify_all();
    }
}

/// What a wish is about: the tail, or the diff of one run.
fn subject(request: &PreviewRequest) -> Option<usize> {
    match request {
        PreviewRequest::LogTail { .. } => None,
        PreviewRequest::GitDiff { target, .. } => Some(*target),
    }
}

fn work(desk: &Desk, deliver: &Deliver) {
    // The run of which a tail was wanted last: another number of its entries is told at once.
    let mut kept: Option<(u64, Model)> = None;
    loop {
        let wishes = desk.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |wishes: &mut Wishes| wishes.wanted.is_empty() && !wishes.stopped;
        let mut wishes = desk.changed.wait_while(wishes, idle).unwrap_or_else(PoisonError::into_inner);
        if wishes.stopped {
            return;
        }
        let (ticket, request) = (wishes.ticket, wishes.wanted.pop_front());
        drop(wishes);
        let Some(request) = request else { continue };
        let previewed = match request {
            PreviewRequest::LogTail { directory, limit } => {
                let tail = model_of(ticket, &directory, &mut kept)
                    .and_then(|model| LogTail::of(model, limit))
                    .map(|tail| Box::new(TailPreview::of(tail)))
                    .map_err(|error| error.to_string());
                Previewed::LogTail { limit, tail }
            }
            PreviewRequest::GitDiff { target, directory, base } => {
                let diff = super::emit::diff_of(&directory, base.as_deref());
                Previewed::GitDiff { target, base, diff: diff.map(Box::new) }
            }
        };
        if !deliver(Message::Previewed { ticket, previewed }) {
            return;
        }
    }
}

fn model_of<'k>(
    ticket: u64,
    directory: &RunDirectory,
    kept: &'k mut Option<(u64, Model)>,
) -> std::io::Result<&'k Model> {
    let known = kept.take().filter(|(of, model)| *of == ticket && model.directory() == directory);
    let model = match known {
        Some(known) => known,
        None => (ticket, Model::load(directory.clone())?),
    };
    Ok(&kept.insert(model).1)
}
