//! Searching with threads of its own: carries out the jobs of a [`crate::model::Filtered`], and drops
//! them the moment nobody asks any more.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

pub use crate::model::Answer;
use crate::model::ScanJob;

/// More threads than this would mostly wait for memory.
const MOST_THREADS: usize = 8;

/// Searches until it is dropped: then what is being searched is dropped as well, and nothing more
/// is delivered.
#[derive(Debug)]
pub struct Search {
    desk: Arc<Desk>,
}

#[derive(Debug, Default)]
struct Desk {
    /// Each with the question that it is for.
    jobs: Mutex<VecDeque<(u64, ScanJob)>>,
    more: Condvar,
    dropped: AtomicBool,
}

impl Search {
    /// Starts the threads: as many as there are cores. `deliver` gets every answer, with its question, and may block.
    ///
    /// # Errors
    /// Where the system has no thread left.
    pub fn start(deliver: impl Fn(u64, Answer) + Send + Sync + 'static) -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self::start_threads(cores.min(MOST_THREADS), deliver)
    }

    /// Starts one thread, for questions whose answers nobody waits for: each thread has memory of its own.
    ///
    /// # Errors
    /// Where the system has no thread left.
    pub fn start_unhurried(deliver: impl Fn(u64, Answer) + Send + Sync + 'static) -> io::Result<Self> {
        Self::start_threads(1, deliver)
    }

    fn start_threads(
        threads: usize,
        deliver: impl Fn(u64, Answer) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let search = Self { desk: Arc::default() };
        let deliver = Arc::new(deliver);
        for number in 0..threads {
            let (desk, deliver) = (Arc::clone(&search.desk), Arc::clone(&deliver));
            let started =
                thread::Builder::new().name("search".to_owned()).spawn(move || desk.work(&*deliver));
            // With one of them the rest is only slower.
            if number == 0 {
                started?;
            }
        }
        Ok(search)
    }

    /// Adds jobs of a question, to be carried out in this order.
    pub fn ask(&self, question: u64, jobs: Vec<ScanJob>) {
        self.desk.jobs().extend(jobs.into_iter().map(|job| (question, job)));
        self.desk.more.notify_all();
    }

    /// Drops the jobs of a question. An answer may be on its way.
    pub fn forget(&self, question: u64) {
        self.desk.jobs().retain(|(other, _)| *other != question);
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        self.desk.dropped.store(true, Ordering::Release);
        self.desk.jobs().clear();
        self.desk.more.notify_all();
    }
}

impl Desk {
    fn jobs(&self) -> MutexGuard<'_, VecDeque<(u64, ScanJob)>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<(u64, ScanJob)> {
        let mut jobs = self.jobs();
        loop {
            if self.dropped.load(Ordering::Acquire) {
                return None;
            }
            match jobs.pop_front() {
                Some(job) => return Some(job),
                None => jobs = self.more.wait(jobs).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn work(&self, deliver: &impl Fn(u64, Answer)) {
        while let Some((question, job)) = self.next() {
            let answer = job.run(&self.dropped).map_or_else(
                || Answer::GaveUp(Box::new(job.clone())),
                |found| Answer::Found(Box::new(found)),
            );
            if self.dropped.load(Ordering::Acquire) {
                return;
            }
            deliver(question, answer);
        }
    }
}
