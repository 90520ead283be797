//! What the threads have for the main loop: two bounded queues and one place to wait. What a person
//! does is taken before what files do, so that a key never waits behind a flood of entries.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How soon an item is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// A person waits for it.
    Now,
    /// It comes from files: they are the buffer, its sender can wait.
    InTurn,
}

impl Urgency {
    /// How many items are kept before their sender waits.
    fn room(self) -> usize {
        match self {
            Self::Now => 1024,
            Self::InTurn => 2,
        }
    }
}

/// The receiving end. Dropping it turns all senders away.
#[derive(Debug)]
pub struct Mailbox<T> {
    shared: Arc<Shared<T>>,
}

/// A sending end.
#[derive(Debug)]
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

#[derive(Debug)]
struct Shared<T> {
    queues: Mutex<Queues<T>>,
    arrived: Condvar,
    taken: Condvar,
}

#[derive(Debug)]
struct Queues<T> {
    now: VecDeque<T>,
    in_turn: VecDeque<T>,
    closed: bool,
}

impl<T> Queues<T> {
    fn of(&mut self, urgency: Urgency) -> &mut VecDeque<T> {
        match urgency {
            Urgency::Now => &mut self.now,
            Urgency::InTurn => &mut self.in_turn,
        }
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Queues<T>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A mailbox and its first sender.
#[must_use]
pub fn mailbox<T>() -> (Sender<T>, Mailbox<T>) {
    let queues = Queues { now: VecDeque::new(), in_turn: VecDeque::new(), closed: false };
    let shared =
        Arc::new(Shared { queues: Mutex::new(queues), arrived: Condvar::new(), taken: Condvar::new() });
    (Sender { shared: Arc::clone(&shared) }, Mailbox { shared })
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Sender<T> {
    /// Sends an item, waiting for room; `false` when nobody receives any more.
    pub fn send(&self, item: T, urgency: Urgency) -> bool {
        let queues = self.shared.lock();
        let mut queues = self
            .shared
            .taken
            .wait_while(queues, |queues| !queues.closed && queues.of(urgency).len() >= urgency.room())
            .unwrap_or_else(PoisonError::into_inner);
        if queues.closed {
            return false;
        }
        queues.of(urgency).push_back(item);
        self.shared.arrived.notify_one();
        true
    }
}

impl<T> Mailbox<T> {
    /// Takes the next item, the urgent ones first; waits for one at most so long, or for ever.
    #[must_use]
    pub fn receive(&self, timeout: Option<Duration>) -> Option<T> {
        let queues = self.shared.lock();
        let is_empty = |queues: &mut Queues<T>| queues.now.is_empty() && queues.in_turn.is_empty();
        let arrived = &self.shared.arrived;
        let mut queues = match timeout {
            None => arrived.wait_while(queues, is_empty).unwrap_or_else(PoisonError::into_inner),
            Some(timeout) => {
                arrived
                    .wait_timeout_while(queues, timeout, is_empty)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        let item = queues.now.pop_front().or_else(|| queues.in_turn.pop_front());
        if item.is_some() {
            self.shared.taken.notify_all();
        }
        item
    }
}

impl<T> Drop for Mailbox<T> {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.taken.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const LONG: Option<Duration> = Some(Duration::from_secs(20));
    const NOT_AT_ALL: Option<Duration> = Some(Duration::ZERO);

    #[test]
    fn what_is_urgent_overtakes_what_is_not() {
        let (sender, mailbox) = mailbox();
        assert!(sender.send("batch", Urgency::InTurn));
        assert!(sender.send("key", Urgency::Now));
        assert_eq!(mailbox.receive(LONG), Some("key"));
        assert_eq!(mailbox.receive(LONG), Some("batch"));
        assert_eq!(mailbox.receive(NOT_AT_ALL), None);
    }

    #[test]
    fn a_sender_waits_for_room_and_is_turned_away_at_the_end() {
        let (sender, mailbox) = mailbox();
        let thread = thread::spawn(move || (0..).take_while(|n| sender.send(*n, Urgency::InTurn)).count());
        for expected in 0..5 {
            assert_eq!(mailbox.receive(LONG), Some(expected));
        }
        drop(mailbox);
        let sent = thread.join().unwrap();
        assert!((5..=5 + Urgency::InTurn.room()).contains(&sent), "{sent}");
    }
}
