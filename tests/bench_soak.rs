//! Whether the screen keeps up with a fast writer for a long time: nothing lost, following, keys
//! answered, memory flat.
//!
//! ```sh
//! cargo bench --bench soak                        # 500 000 entries/s for 30 s, 1 000/s for 10 min
//! cargo bench --bench soak -- 200000:60 50:3600   # entries a second, for so many seconds
//! cargo bench --bench soak -- --short             # about ten seconds, to see that it works
//! ```
//!
//! Lines of 130 bytes in three channels with one seq are written in batches every 10 ms. Meanwhile
//! the shipped binary shows the run in a pseudoterminal, and a key is pressed every 250 ms: a line up,
//! which leaves the end, and back to the end, in turn. Its time counts until the terminal has read the whole
//! frame that shows the answer. At the end the screen must show as many entries as were written, and so must
//! `check`.
//!
//! Making screens of what the program writes takes processor time too, here in the same machine.

#![cfg_attr(
    unix,
    expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench that fails shows where")
)]

#[cfg(unix)]
#[path = "bench_soak/unix.rs"]
mod unix;

fn main() {
    #[cfg(unix)]
    unix::main();
}
