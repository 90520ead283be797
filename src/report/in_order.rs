//! Work that several threads divide among themselves and whose results are taken in order.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// More threads than this would mostly wait for each other's turn.
const MOST_THREADS: usize = 8;
/// So many jobs a thread may be ahead of what was taken: enough that a slow one keeps nobody.
const AHEAD_A_THREAD: u64 = 3;

/// Does every job and gives the results to `take`, in the order of the jobs. Each thread makes a
/// worker of its own, which leaves the result of a job in memory that was used before. Ends early
/// when `take` breaks or fails; few results are in memory at a time.
///
/// # Errors
/// Those of `take`.
pub(super) fn in_order<Job, Done, Worker>(
    mut jobs: impl Iterator<Item = Job> + Send,
    new_worker: impl Fn() -> Worker + Sync,
    mut take: impl FnMut(&Done) -> io::Result<ControlFlow<()>>,
) -> io::Result<()>
where
    Job: Send,
    Done: Default + Send,
    Worker: FnMut(Job, &mut Done),
{
    let first: Vec<Job> = jobs.by_ref().take(2).collect();
    let is_little = first.len() < 2;
    let mut jobs = first.into_iter().chain(jobs).fuse();
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    if threads > 1 && !is_little && among_threads(threads, &mut jobs, &new_worker, &mut take)?.is_break() {
        return Ok(());
    }
    // All of them, or what no thread could be had for.
    let mut worker = new_worker();
    let mut done = Done::default();
    for job in jobs {
        worker(job, &mut done);
        if take(&done)?.is_break() {
            break;
        }
    }
    Ok(())
}

fn among_threads<Job, Done, Worker>(
    threads: usize,
    jobs: &mut (impl Iterator<Item = Job> + Send),
    new_worker: &(impl Fn() -> Worker + Sync),
    take: &mut impl FnMut(&Done) -> io::Result<ControlFlow<()>>,
) -> io::Result<ControlFlow<()>>
where
    Job: Send,
    Done: Default + Send,
    Worker: FnMut(Job, &mut Done),
{
    let desk = Desk {
        state: Mutex::new(State {
            jobs,
            given: 0,
            taken: 0,
            ahead: AHEAD_A_THREAD * threads as u64,
            done: BTreeMap::new(),
            spare: Vec::new(),
            present: 0,
            stopped: false,
        }),
        changed: Condvar::new(),
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            let present = Present::come(&desk);
            let work = move || present.work(new_worker());
            if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        let outcome = desk.take_all(take);
        desk.lock().stopped = true;
        desk.changed.notify_all();
        outcome
    })
}

/// Where jobs are given out and results are handed in.
struct Desk<Jobs, Done> {
    state: Mutex<State<Jobs, Done>>,
    changed: Condvar,
}

struct State<Jobs, Done> {
    jobs: Jobs,
    /// How many jobs were given out, and how many results were taken.
    given: u64,
    taken: u64,
    /// How many more may be given out than were taken.
    ahead: u64,
    done: BTreeMap<u64, Done>,
    /// Results that were taken, to be used again.
    spare: Vec<Done>,
    /// How many threads are at work.
    present: usize,
    stopped: bool,
}

impl<Job, Done: Default, Jobs: Iterator<Item = Job>> Desk<Jobs, Done> {
    fn next_job(&self) -> Option<(u64, Job, Done)> {
        let mut state = self.lock();
        while !state.stopped && state.given >= state.taken + state.ahead {
            state = self.wait(state);
        }
        if state.stopped {
            return None;
        }
        let job = state.jobs.next()?;
        let number = state.given;
        state.given += 1;
        Some((number, job, state.spare.pop().unwrap_or_default()))
    }

    fn take_all(
        &self,
        take: &mut impl FnMut(&Done) -> io::Result<ControlFlow<()>>,
    ) -> io::Result<ControlFlow<()>> {
        let mut state = self.lock();
        loop {
            let next = state.taken;
            if let Some(done) = state.done.remove(&next) {
                drop(state);
                if take(&done)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                state = self.lock();
                state.taken += 1;
                state.spare.push(done);
                self.changed.notify_all();
            } else if state.present == 0 {
                return Ok(ControlFlow::Continue(()));
            } else {
                state = self.wait(state);
            }
        }
    }
}

impl<Jobs, Done> Desk<Jobs, Done> {
    fn lock(&self) -> MutexGuard<'_, State<Jobs, Done>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State<Jobs, Done>>) -> MutexGuard<'a, State<Jobs, Done>> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

/// That a thread is at work. When one panics, nobody waits for its result.
struct Present<'a, Jobs, Done> {
    desk: &'a Desk<Jobs, Done>,
}

impl<'a, Jobs, Done> Present<'a, Jobs, Done> {
    fn come(desk: &'a Desk<Jobs, Done>) -> Self {
        desk.lock().present += 1;
        Self { desk }
    }
}

impl<Job, Done: Default, Jobs: Iterator<Item = Job>> Present<'_, Jobs, Done> {
    fn work(self, mut worker: impl FnMut(Job, &mut Done)) {
        while let Some((number, job, mut done)) = self.desk.next_job() {
            worker(job, &mut done);
            self.desk.lock().done.insert(number, done);
            self.desk.changed.notify_all();
        }
    }
}

impl<Jobs, Done> Drop for Present<'_, Jobs, Done> {
    fn drop(&mut self) {
        let mut state = self.desk.lock();
        state.present -= 1;
        state.stopped |= thread::panicking();
        drop(state);
        self.desk.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    fn doubling() -> impl FnMut(u64, &mut Vec<u64>) {
        |job, done| {
            // So that others are done before some of those that came first.
            if job.is_multiple_of(3) {
                thread::yield_now();
            }
            done.clear();
            done.push(job * 2);
        }
    }

    #[test]
    fn results_are_taken_in_the_order_of_the_jobs_whoever_did_them() {
        for jobs in [0, 1, 2, 3, 5000] {
            let mut taken = Vec::new();
            let take = |done: &Vec<u64>| {
                taken.extend_from_slice(done);
                Ok(ControlFlow::Continue(()))
            };
            in_order(0..jobs, doubling, take).unwrap();
            assert_eq!(taken, (0..jobs).map(|job| job * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn it_ends_when_the_taker_has_enough_or_fails() {
        let mut taken = 0;
        let enough = |_: &Vec<u64>| {
            taken += 1;
            Ok(if taken == 7 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        };
        in_order(0.., doubling, enough).unwrap();
        assert_eq!(taken, 7);
        let fail = |_: &Vec<u64>| Err(Error::from(ErrorKind::BrokenPipe));
        assert_eq!(in_order(0.., doubling, fail).unwrap_err().kind(), ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_thread_that_panics_ends_all_of_it() {
        let worker = || |job: u64, _: &mut Vec<u64>| assert_ne!(job, 30);
        let go_on = |_: &Vec<u64>| Ok(ControlFlow::Continue(()));
        let work = || in_order(0.., worker, go_on);
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err());
    }
}
