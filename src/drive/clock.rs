//! The only place at which the screens' time is read.

use std::time::{Duration, Instant, SystemTime};

use crate::run::{Now, Timestamp};

/// The program's clocks.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
}

impl Clock {
    /// Starts the monotonic clock.
    #[must_use]
    pub fn start() -> Self {
        Self { began: Instant::now() }
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> Now {
        Now { wall: Timestamp::from(SystemTime::now()), monotonic: self.began.elapsed() }
    }

    /// How long it is from now until that point of the monotonic clock.
    #[must_use]
    pub fn until(&self, point: Duration) -> Duration {
        point.saturating_sub(self.began.elapsed())
    }
}
