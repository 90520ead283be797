//! Looking at many runs: side by side, because most of a look is waiting for the file system.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Probe, RunSummary};
use crate::tail::side_by_side::side_by_side;

/// Fewer probes than this are not worth a thread.
const WORTH_A_THREAD: usize = 32;

/// Looks with every probe; what they found, in their order.
#[must_use]
pub fn look(probes: &mut [&mut Probe]) -> Vec<Arc<RunSummary>> {
    let useful = probes.len().div_ceil(WORTH_A_THREAD);
    let queue = Mutex::new(probes.iter_mut().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let mut found = Vec::new();
        while let Some((number, probe)) = next() {
            found.push((number, probe.look()));
        }
        found
    };
    side_by_side(useful, work)
}
