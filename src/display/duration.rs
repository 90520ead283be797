//! Lengths of time for people.

use std::time::Duration;

/// A length of time in at most two units: `0s`, `41s`, `4m12s`, `2h05m`, `3d04h`.
#[must_use]
pub fn short(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{:02}s", seconds % 60),
        (0, _, _) => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{days}d{:02}h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_at_most_two_units() {
        for (seconds, expected) in
            [(0, "0s"), (59, "59s"), (252, "4m12s"), (3600, "1h00m"), (7530, "2h05m"), (273_600, "3d04h")]
        {
            assert_eq!(short(Duration::from_secs(seconds)), expected);
        }
    }
}
