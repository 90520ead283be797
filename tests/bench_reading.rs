//! What reading costs: whole processes on the same machine, in turn, beside the programs that do a part of
//! the work: `wc`, `sort -m`, `tail`, less, lnav, ripgrep, jq.
//!
//! ```sh
//! cargo bench --bench reading                 # the reference run: 8 000 000 entries, 1.1 GB
//! cargo bench --bench reading -- 1000000      # a smaller run
//! cargo bench --bench reading -- --tenfold    # memory for a run ten times as long, too
//! ```
//!
//! Runs are generated in a temporary folder, and Markdown tables are what it prints. Files are read from
//! the page cache. Pairs are run in changing order; every ratio is the median of those of the pairs. What
//! both write is counted, so that a fast run that finds less is seen; what a screen shows is read, so
//! that it counts as open when it is complete and right. A peer that is not installed is left out with a
//! word.

#![cfg_attr(
    unix,
    expect(
        clippy::unwrap_used,
        clippy::print_stdout,
        clippy::print_stderr,
        reason = "a bench that fails shows where"
    )
)]

#[cfg(unix)]
mod generated_run;
#[cfg(unix)]
#[path = "bench_reading/unix.rs"]
mod unix;

fn main() {
    #[cfg(unix)]
    unix::main();
}
