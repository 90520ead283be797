//! What must hold when nothing happens, and after the terminal was not read for a while.

use std::time::{Duration, Instant};

use super::process::Usage;
use super::pty::Size;
use super::schedule::{self, Writing};
use super::trial::{Scene, Subject};

/// What happened on an open run while nothing was written.
pub(crate) struct Idle {
    /// How long that was.
    pub(crate) duration: Duration,
    /// Frames of any kind.
    pub(crate) frames: u64,
    /// Frames that changed another row than the header and the clocks.
    pub(crate) other_frames: u64,
    /// What the program used.
    pub(crate) usage: Usage,
}

/// Opens a run, lets it come to rest, and looks at it while nothing is written.
pub(crate) fn idle(size: Size, rest: Duration, duration: Duration) -> Idle {
    let mut scene = Scene::new(Subject::Stepwatch, size);
    std::thread::sleep(rest);
    while let Ok(chunk) = scene.pty.output.try_recv() {
        scene.display.feed(&chunk.bytes, |_| {});
    }
    let (before, frames_before) = (Usage::of(scene.pty.pid()), scene.display.frames);
    let mut shown = without_clocks(scene.display.screen());
    let mut other_frames = 0;
    std::thread::sleep(duration);
    let usage = Usage::of(scene.pty.pid()).since(before);
    while let Ok(chunk) = scene.pty.output.try_recv() {
        scene.display.feed(&chunk.bytes, |screen| {
            let now = without_clocks(screen);
            other_frames += u64::from(now != shown);
            shown = now;
        });
    }
    Idle { duration, frames: scene.display.frames - frames_before, other_frames, usage }
}

/// All rows but the header, which says how long the run has run, and that of the clocks.
fn without_clocks(screen: &vt100::Screen) -> Vec<String> {
    let (rows, columns) = screen.size();
    let clocks = usize::from(rows) - 2;
    let rows = screen.rows(0, columns).enumerate();
    rows.filter(|(row, _)| *row != 0 && *row != clocks).map(|(_, text)| text).collect()
}

/// Writes on while the terminal is not read for `stall`; returns how long after that it took until
/// a line was on the screen that was due when reading went on.
pub(crate) fn stall(subject: Subject, size: Size, rate: u32, stall: Duration) -> Duration {
    let around = Duration::from_secs(1);
    let due = schedule::poisson(f64::from(rate), around + stall + around, 7);
    let mut scene = Scene::new(subject, size);
    let mut file = scene.file.try_clone().unwrap();
    let begin = Instant::now() + Duration::from_millis(100);
    let times = due.clone();
    let writer =
        std::thread::spawn(move || schedule::write(&mut file, 1_000_000, begin, &times, Writing::Whole));
    let sleep_until = |at: Instant| std::thread::sleep(at.saturating_duration_since(Instant::now()));
    sleep_until(begin + around);
    scene.pty.gate.set_open(false);
    sleep_until(begin + around + stall);
    scene.pty.gate.set_open(true);
    let went_on = Instant::now();
    writer.join().unwrap();
    let due_by_then = due.iter().take_while(|due| begin + **due <= went_on).count() as u64;
    let mut converged = None;
    scene.watch_for(1_000_000 + due.len() as u64 - 1, |at, highest| {
        if highest + 1 >= 1_000_000 + due_by_then {
            converged.get_or_insert(at);
        }
    });
    converged.unwrap_or(went_on).saturating_duration_since(went_on)
}
