//! What the figures were measured on.

use std::fs;

/// One sentence on the machine and how busy it was.
pub(crate) fn description() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let virtual_machine = if processors.contains(" hypervisor") { ", a virtual machine" } else { "" };
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "The machine: {cores} cores, {}{virtual_machine}, {} of memory, {} {}; load when the measuring began: {}.",
        value_of(&processors, "model name"),
        value_of(&fs::read_to_string("/proc/meminfo").unwrap_or_default(), "MemTotal"),
        std::env::consts::OS,
        fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
        load.split(' ').take(3).collect::<Vec<_>>().join(" "),
    )
}

fn value_of(text: &str, key: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(key));
    let value = line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()));
    value.unwrap_or_else(|| "unknown".to_owned())
}
