//! What the kernel counts of another process.

use std::fs;
use std::time::Duration;

/// What a process used up to now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Processor time of all its threads.
    pub(crate) processor: Duration,
    /// How often its threads went to sleep of their own will, and so were woken.
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

fn field(status: &str, key: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Bytes as mebibytes.
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
