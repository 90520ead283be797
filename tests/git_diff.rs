//! The diff of a run's working directory, through real repositories and the real git: what it says,
//! that nothing of the repository is ever run or locked, and its limits and errors.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "these are tests; a helper that fails fails its test")]

#[path = "git_diff/bait.rs"]
mod bait;
#[path = "git_diff/changes.rs"]
mod changes;
#[path = "git_diff/limits.rs"]
mod limits;
#[path = "git_diff/scene.rs"]
mod scene;
