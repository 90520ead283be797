//! Looking at many runs: side by side, because most of a look is waiting for the file system.

use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::{Probe, RunSummary};

/// Fewer probes than this are not worth a thread.
const WORTH_A_THREAD: usize = 32;
/// How many threads look at most.
const MOST_THREADS: usize = 8;

/// Looks with every probe; what they found, in their order.
#[must_use]
pub fn look(probes: &mut [&mut Probe]) -> Vec<Arc<RunSummary>> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    let threads = cores.min(probes.len().div_ceil(WORTH_A_THREAD)).max(1);
    let queue = Mutex::new(probes.iter_mut().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let mut found = Vec::new();
        while let Some((number, probe)) = next() {
            found.push((number, probe.look()));
        }
        found
    };
    let mut found = thread::scope(|scope| {
        // This thread is one of them. Where the system has no more threads it does their work too.
        let others: Vec<_> =
            (1..threads).map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
        let mut found = work();
        for other in others {
            match other.join() {
                Ok(more) => found.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        found
    });
    found.sort_unstable_by_key(|(number, _)| *number);
    found.into_iter().map(|(_, summary)| summary).collect()
}
