//! Control groups that hold their processes frozen, as a paused container is.
//!
//! A frozen process sleeps as any other does, by what `/proc` says of it; only its control group tells.
//! See cgroups(7), "The freezer": `cgroup.events` of version 2, `freezer.state` of version 1.

use std::fs;
use std::path::{Path, PathBuf};

/// Where version 2 is mounted: alone, or beside version 1.
const UNIFIED: [&str; 2] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
/// Where the freezer of version 1 is mounted.
const FREEZER: &str = "/sys/fs/cgroup/freezer";

/// The folder of the control group that holds a process frozen.
pub(super) fn frozen_by(pid: u32) -> Option<PathBuf> {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    groups.lines().find_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let path = path.trim_start_matches('/');
        if controllers.is_empty() {
            return UNIFIED.iter().map(|mount| Path::new(mount).join(path)).find(|group| holds(group));
        }
        let is_freezer = controllers.split(',').any(|controller| controller == "freezer");
        Some(Path::new(FREEZER).join(path)).filter(|group| is_freezer && holds(group))
    })
}

/// Whether a group says that its processes are frozen.
fn holds(group: &Path) -> bool {
    let says = |file: &str, word: &str| {
        fs::read_to_string(group.join(file)).is_ok_and(|text| text.lines().any(|line| line == word))
    };
    says("cgroup.events", "frozen 1") || says("freezer.state", "FROZEN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_frozen_only_when_it_says_so_itself() {
        let group = tempfile::tempdir().unwrap();
        assert!(!holds(group.path()), "a group without a freezer");
        let write = |file: &str, text: &str| fs::write(group.path().join(file), text).unwrap();
        write("cgroup.events", "populated 1\nfrozen 0\n");
        write("freezer.state", "THAWED\n");
        assert!(!holds(group.path()));
        write("cgroup.events", "populated 1\nfrozen 1\n");
        assert!(holds(group.path()), "version 2");
        write("cgroup.events", "populated 1\nfrozen 0\n");
        write("freezer.state", "FROZEN\n");
        assert!(holds(group.path()), "version 1");
    }
}
