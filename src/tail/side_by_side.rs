//! Numbered work that some threads divide among themselves, for results that are wanted in order.

use std::num::NonZero;
use std::thread;

/// How many threads are at work at most: the memory is soon slower than they are.
const MOST_THREADS: usize = 8;

/// Lets `work` run on as many threads as there are cores, at most `useful` of them. Each call of it
/// does what is left until nothing is, and gives its results with their numbers; what comes back are
/// the results of all in the order of the numbers.
pub fn side_by_side<Done: Send>(useful: usize, work: impl Fn() -> Vec<(usize, Done)> + Sync) -> Vec<Done> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(MOST_THREADS).min(useful);
    let mut done = thread::scope(|scope| {
        // This thread is one of them. Where the system has no more threads it does their work too.
        let others: Vec<_> =
            (1..threads).map_while(|_| thread::Builder::new().spawn_scoped(scope, &work).ok()).collect();
        let mut done = work();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, done)| done).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_result_comes_once_and_in_order_however_many_threads_there_are() {
        for useful in [0, 1, 2, 100] {
            let next = AtomicUsize::new(0);
            let squares = side_by_side(useful, || {
                let mut done = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= 1000 {
                        return done;
                    }
                    done.push((number, number * number));
                }
            });
            assert_eq!(squares, (0..1000).map(|number| number * number).collect::<Vec<_>>());
        }
    }
}
