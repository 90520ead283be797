//! When lines are to be written, and writing them then.

use std::fs::File;
use std::io::Write as _;
use std::time::{Duration, Instant};

use super::marker::Marker;
use super::random::Random;

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writing {
    /// With one write.
    Whole,
    /// With four on average, right after each other.
    Torn,
}

/// When the lines are due, from the beginning: a Poisson process, the same for the same seed.
pub(crate) fn poisson(a_second: f64, duration: Duration, seed: u64) -> Vec<Duration> {
    let mut random = Random::new(seed);
    let mut due = Vec::new();
    let mut at = 0.0;
    loop {
        // A number in (0, 1], by the 53 high bits.
        let uniform = ((random.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        at -= uniform.ln() / a_second;
        if at >= duration.as_secs_f64() {
            return due;
        }
        due.push(Duration::from_secs_f64(at));
    }
}

/// One line, of about 130 bytes.
pub(crate) fn line(seq: u64) -> String {
    let text = Marker(seq);
    let filler = "checksum of the cache matches, unpacking files";
    format!("{{\"seq\":{seq},\"ts\":\"2026-03-21T08:00:00.036Z\",\"text\":\"{text} {filler}\\n\"}}\n")
}

/// Writes the lines when they are due, never waiting for anything else; a line that is late is
/// written at once. Returns when each was really written.
pub(crate) fn write(
    file: &mut File,
    first_seq: u64,
    begin: Instant,
    due: &[Duration],
    writing: Writing,
) -> Vec<Instant> {
    // Else the kernel may wake this thread 50 µs later than it asked for.
    #[cfg(target_os = "linux")]
    rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1)).unwrap();
    let mut random = Random::new(first_seq);
    let mut written = Vec::with_capacity(due.len());
    for (seq, due) in (first_seq..).zip(due) {
        let line = line(seq);
        let wait = (begin + *due).saturating_duration_since(Instant::now());
        if !wait.is_zero() {
            std::thread::sleep(wait);
        }
        let mut rest = line.as_bytes();
        while writing == Writing::Torn && rest.len() > 1 && random.chance(75.0) {
            let (piece, behind) = rest.split_at(1 + random.below(rest.len() as u64 - 1) as usize);
            file.write_all(piece).unwrap();
            rest = behind;
        }
        file.write_all(rest).unwrap();
        written.push(Instant::now());
    }
    written
}
