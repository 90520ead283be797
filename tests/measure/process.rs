//! What the kernel counts of another process.

use std::fs;
use std::time::Duration;

/// What a process used up to now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Processor time of all its threads, those that have ended included.
    pub(crate) processor: Duration,
    /// How often the threads that it has now went to sleep of their own will, and so were woken.
    pub(crate) wakes: u64,
    /// Resident memory now, in bytes.
    pub(crate) resident: u64,
    /// The most resident memory it ever had, in bytes.
    pub(crate) peak: u64,
}

impl Usage {
    /// Of the process of that pid; nothing where it is gone.
    pub(crate) fn of(pid: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let mut usage = Self {
            resident: field(&status, "VmRSS:") << 10,
            peak: field(&status, "VmHWM:") << 10,
            ..Self::default()
        };
        for thread in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let read = |name| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
            usage.wakes += field(&read("status"), "voluntary_ctxt_switches:");
            // In nanoseconds, where `stat` counts in ticks of 10 ms.
            let on_processor = read("schedstat").split(' ').next().and_then(|text| text.parse().ok());
            usage.processor += Duration::from_nanos(on_processor.unwrap_or(0));
        }
        usage.processor = usage.processor.max(in_ticks(pid));
        usage
    }

    /// What was used since an earlier look.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            processor: self.processor.saturating_sub(earlier.processor),
            wakes: self.wakes.saturating_sub(earlier.wakes),
            ..self
        }
    }
}

/// Processor time as the process's own count has it: with that of ended threads, but in ticks.
fn in_ticks(pid: u32) -> Duration {
    /// The unit in which the kernel tells it.
    const TICK: Duration = Duration::from_millis(10);
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name, in brackets, may hold anything.
    let after_name = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let times = after_name.split_whitespace().skip(11).take(2).filter_map(|text| text.parse::<u32>().ok());
    times.map(|ticks| TICK * ticks).sum()
}

fn field(status: &str, key: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Bytes as mebibytes.
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
