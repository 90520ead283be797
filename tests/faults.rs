//! What files, file systems and writers do to a reader, each row of the fault matrix a test under its
//! number: through real files and the real reader.
//!
//! The words of the matrix: HEAL, the model equals that of the directory read from zero, without
//! anybody's help; SAY, a notice names the file and the cause; NEVER, no panic, no idle spinning, no
//! wrong line shown as right. Each test drives the looks by hand, or lets the real reader do it where
//! its watching is the point.
//!
//! F29 and F46 are a matter of checkpoints (`tests/checkpoint_crash.rs`), F44 of these and of the
//! terminal (`tests/terminal.rs`). For each group `faults/mutations` holds changes that switch a safety off and
//! name the tests that must fail then; `faults/mutations.sh` tries them.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "these are tests; a helper that fails fails its test"
)]

#[path = "faults/scene.rs"]
mod scene;
#[path = "terminal/session.rs"]
mod session;

#[path = "faults/errors.rs"]
mod errors;
#[path = "faults/order.rs"]
mod order;
#[path = "faults/rotation.rs"]
mod rotation;
#[path = "faults/screen.rs"]
mod screen;
#[path = "faults/torn.rs"]
mod torn;
#[path = "faults/truncation.rs"]
mod truncation;
#[path = "faults/watching.rs"]
mod watching;
