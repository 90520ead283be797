//! `stepwatch exec` as its users meet it: the real binary records real commands in fresh folders,
//! and what it leaves is read by other means than ours.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "these are tests; a helper that fails fails its test"
)]

#[path = "exec/disk.rs"]
mod disk;
#[path = "exec/ending.rs"]
mod ending;
#[path = "exec/merge.rs"]
mod merge;
#[path = "exec/output.rs"]
mod output;
#[path = "exec/scene.rs"]
mod scene;
#[path = "exec/setting.rs"]
mod setting;
#[path = "exec/terminal.rs"]
mod terminal;
