//! How long it takes from a line being written until it is on the screen: of the shipped binary in a
//! pseudoterminal of a fixed size, beside `tail -F` in the same harness, in turn.
//!
//! ```sh
//! cargo bench --bench latency               # about ten minutes
//! cargo bench --bench latency -- --short    # about twenty seconds, to see that it works
//! ```
//!
//! The load is open: lines are due by a seeded Poisson schedule, whatever becomes of those before
//! them, and the time of a line counts from when it was *due*, by CLOCK_MONOTONIC, until a terminal
//! has read the screen that shows it or a later one. Nothing but reading and noting the time goes on
//! meanwhile; the screens are made afterwards, by a parser of terminal output, and synchronized
//! frames count when they are whole. What is measured ends at the terminal's side of the
//! pseudoterminal: what an emulator and a display add is not in it.
//!
//! Two more things are held: that nothing is drawn but clocks when nothing is written, and that the
//! screen is right again soon after the terminal was not read for a while.

#![cfg_attr(
    unix,
    expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench that fails shows where")
)]

#[cfg(unix)]
#[path = "bench_latency/unix.rs"]
mod unix;

fn main() {
    #[cfg(unix)]
    unix::main();
}
