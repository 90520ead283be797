//! What is said of many samples.

use std::time::Duration;

/// The quantiles of some samples, by the nearest rank.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quantiles {
    /// Half of the samples are not above it.
    pub(crate) median: Duration,
    /// Nine in ten.
    pub(crate) p90: Duration,
    /// 99 in a hundred.
    pub(crate) p99: Duration,
    /// The highest.
    pub(crate) max: Duration,
}

impl Quantiles {
    /// Of the samples, in any order.
    pub(crate) fn of(samples: impl IntoIterator<Item = Duration>) -> Self {
        let mut samples: Vec<Duration> = samples.into_iter().collect();
        samples.sort_unstable();
        let rank = |percent: usize| {
            let rank = (samples.len() * percent).div_ceil(100).max(1);
            samples.get(rank - 1).copied().unwrap_or_default()
        };
        Self { median: rank(50), p90: rank(90), p99: rank(99), max: rank(100) }
    }
}

/// A duration as milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
