//! One oracle for everything that may happen to the files of a run: whatever the sequence of
//! appends, tears, rotations, truncations, removals, replacements, moves and obstacles, once
//! everything rests the live model less its held segments is the model of the directory read from
//! zero, both are the naive model of the bytes, nothing that can still be read is lost, nothing
//! stands there twice, and what is gone is told with its count.
//!
//! The operations are real ones in a real directory (in memory where there is `/dev/shm`); the tail
//! looks when a case says so, so that a case takes milliseconds. Known to be unseeable, and thus
//! not compared, is only what was written and truncated while the reader did not look.
//!
//! ```text
//! cargo test --test oracle                                               5 000 cases
//! STEPWATCH_ORACLE_CASES=200000 cargo test --release --test oracle       the long run
//! ```
//!
//! A case that fails is made small and printed, and its seed is kept in
//! `tests/oracle/regressions.txt`, from where every later run repeats it first.
//! `tests/oracle/mutations/` holds changes of the code under test that must make it fail;
//! `tests/faults/mutations.sh` tries them.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "oracle/check.rs"]
mod check;
#[path = "oracle/found.rs"]
mod found;
#[path = "oracle/ledger.rs"]
mod ledger;
#[path = "oracle/naive.rs"]
mod naive;
#[path = "oracle/operation.rs"]
mod operation;
#[path = "oracle/world.rs"]
mod world;

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner};
use stepwatch::model::Model;
use stepwatch::run::{Now, Timestamp};
use stepwatch::tail::{Batch, RunReader, RunTail};

use ledger::Ledger;
use operation::{Happenings, Operation, happenings};
use world::World;

/// How many looks a run that rests may take to be read.
const LOOKS_TO_REST: usize = 60;
/// How long a gap must be seen to be one.
const SETTLES: Duration = Duration::from_secs(1);

/// A run, who reads it, and what was learnt.
struct Case {
    world: World,
    model: Model,
    ledger: Ledger,
    clock: Duration,
}

impl Case {
    fn new(alone: bool) -> Self {
        let world = World::new();
        let model = Model::new(world.directory());
        Self { world, model, ledger: Ledger::new(alone), clock: Duration::ZERO }
    }

    fn now(&self) -> Now {
        Now { wall: Timestamp::from_milliseconds(0), monotonic: self.clock }
    }

    fn take(&mut self, batch: Batch) -> Result<(), String> {
        self.ledger.observe(&batch)?;
        self.clock += Duration::from_millis(10);
        self.model.apply(batch, self.now());
        Ok(())
    }

    /// Looks until everything was read twice, and compares.
    fn rest(&mut self, tail: &mut RunTail) -> Result<(), String> {
        let mut quiet = 0;
        for _ in 0..LOOKS_TO_REST {
            let batch = tail.poll();
            quiet = if batch.caught_up { quiet + 1 } else { 0 };
            self.take(batch)?;
            if quiet == 2 {
                break;
            }
        }
        if quiet < 2 {
            return Err(format!("{LOOKS_TO_REST} looks did not read everything"));
        }
        let batch = tail.poll();
        if !batch.changes.is_empty() {
            return Err(format!("everything rests, and a look finds {:?}", batch.changes));
        }
        self.compare()
    }

    fn compare(&mut self) -> Result<(), String> {
        self.clock += SETTLES;
        self.model.settle(self.now());
        check::everything(&self.world, &self.model, &self.ledger)
    }
}

/// Makes it all happen with looks where the case says so.
fn run_by_hand(happenings: &Happenings) -> Result<(), String> {
    let mut case = Case::new(true);
    let mut tail = RunTail::new(case.world.directory());
    for operation in &happenings.0 {
        case.world.apply(operation);
        match operation {
            Operation::Poll => {
                case.take(tail.poll())?;
                // What is kept of a block must not be shown when the block changed.
                case.model.view(&stepwatch::model::Selection::all()).from(0).for_each(drop);
            }
            Operation::PollLogs => case.take(tail.poll_logs())?,
            Operation::Rest if !case.world.is_blocked() => case.rest(&mut tail)?,
            _ => {}
        }
    }
    case.world.unblock_all();
    case.rest(&mut tail)
}

fn cases() -> u32 {
    std::env::var("STEPWATCH_ORACLE_CASES").map_or(5_000, |cases| cases.parse().unwrap())
}

fn config(cases: u32) -> Config {
    let kept = FileFailurePersistence::Direct("tests/oracle/regressions.txt");
    Config { cases, failure_persistence: Some(Box::new(kept)), max_shrink_iters: 20_000, ..Config::default() }
}

#[test]
fn whatever_happens_to_the_files_the_live_model_is_what_can_be_read() {
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u32);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(move || {
                    let mut runner = TestRunner::new(config(cases().div_ceil(threads)));
                    let count = std::cell::Cell::new((0_u32, false));
                    let run = runner.run(&happenings(), |happenings| {
                        let answer = run_by_hand(&happenings);
                        let (tried, failed) = count.get();
                        count.set((tried + u32::from(!failed), failed || answer.is_err()));
                        answer.map_err(TestCaseError::fail)
                    });
                    run.map_err(|failure| format!("after {} cases a thread: {failure}", count.get().0))
                })
            })
            .collect();
        for run in runs {
            if let Err(failure) = run.join().unwrap() {
                panic!("{failure}");
            }
        }
    });
}

/// How many cases are run with the thread that follows a run, and how many at once: they mostly
/// wait.
const WATCHED: usize = 50;
const WATCHED_AT_ONCE: usize = 10;
const DEADLINE: Duration = Duration::from_secs(20);
/// What is compared in vain is compared again when something came, or after this.
const COMPARED_AGAIN: Duration = Duration::from_millis(50);

/// Makes it all happen while the thread reads, and waits until all is as it should be.
fn run_watched(happenings: &Happenings) -> Result<(), String> {
    let mut case = Case::new(false);
    let (send, received) = channel();
    let reader = RunReader::spawn(case.world.directory(), move |batch| send.send(batch).is_ok()).unwrap();
    for operation in &happenings.0 {
        case.world.apply(operation);
        if matches!(operation, Operation::Poll | Operation::PollLogs | Operation::Rest) {
            reader.look_now();
            // The reader may see this state or not; both must end well.
            while let Ok(batch) = received.recv_timeout(Duration::from_millis(5)) {
                case.take(batch)?;
            }
        }
    }
    case.world.unblock_all();
    wait_until_equal(&mut case, &received)
}

fn wait_until_equal(case: &mut Case, received: &Receiver<Batch>) -> Result<(), String> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        match received.recv_timeout(COMPARED_AGAIN) {
            Ok(batch) => {
                case.take(batch)?;
                continue;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err("the reader ended".to_owned()),
        }
        match case.compare() {
            Err(difference) if Instant::now() > deadline => return Err(difference),
            Err(_) => {}
            Ok(()) => return Ok(()),
        }
    }
}

#[test]
fn the_thread_that_follows_a_run_comes_to_the_same_by_itself() {
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..WATCHED_AT_ONCE)
            .map(|_| {
                scope.spawn(|| {
                    let mut runner = TestRunner::new(Config::default());
                    for _ in 0..WATCHED / WATCHED_AT_ONCE {
                        let happened = happenings().new_tree(&mut runner).unwrap().current();
                        if let Err(difference) = run_watched(&happened) {
                            panic!("{difference}\nafter {happened:?}");
                        }
                    }
                })
            })
            .collect();
        runs.into_iter().for_each(|run| run.join().unwrap());
    });
}
