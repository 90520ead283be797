//! What a whole run takes in memory: of the engine alone, and of programs that show it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use stepwatch::model::Model;
use stepwatch::run::RunDirectory;

use super::compared::{Call, duration};
use super::process::{Usage, mebibytes};
use super::screens::{Finished, Screen};

/// Indexes a run in this process, which is there for nothing else, and tells the time and the memory.
pub(crate) fn index(run: &Path) {
    let own = || mebibytes(Usage::of(std::process::id()).peak);
    let before = own();
    let start = Instant::now();
    let model = Model::load(RunDirectory::alone(run)).unwrap();
    let took = start.elapsed().as_secs_f64();
    let entries = model.counts().entries;
    println!("| {entries} | {} | {:.1} | {before:.1} |", duration(took), own());
}

/// The table of what the engine takes, by the size of the run.
pub(crate) fn of_engine(calls: &[Call]) -> String {
    let mut table =
        "| entries | `Model::load` | peak MiB | of it before loading |\n| ---: | ---: | ---: | ---: |\n"
            .to_owned();
    for call in calls {
        let output = Command::new(&call.program).args(&call.arguments).output().unwrap();
        assert!(output.status.success(), "{call:?}: {}", String::from_utf8_lossy(&output.stderr));
        table.push_str(&String::from_utf8(output.stdout).unwrap());
    }
    table
}

/// The head of the table of screens.
pub(crate) const SCREENS_HEAD: &str = "\
| screen | entries | last screen right | counts complete | peak MiB | errors counted | peak MiB | with a filter | at rest: of a core | wake-ups/s |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |";

/// Opens the run with stepwatch and waits until the screen tells how many entries there are, and how
/// many errors and warnings; then applies a filter to all of it, and then does nothing.
pub(crate) fn of_our_screen(call: &Call, typed: &str, entries: u64, rest: Duration) -> String {
    eprintln!("{typed} …");
    let mut screen = Screen::open(call);
    let last = Finished::Entries(entries);
    let right = screen.wait_for("the last screen", |screen| last.holds(screen));
    let counted = format!("{} entries", grouped(entries));
    let holds = move |screen: &vt100::Screen| screen.contents().contains(&counted);
    let complete = if screen.shows(&holds) { right } else { screen.wait_for("all counts", &holds) };
    let peak = mebibytes(screen.usage().peak);
    let has = |screen: &vt100::Screen, text: &str, unfinished: char| {
        let mut rows = screen.rows(0, screen.size().1);
        rows.any(|row| row.contains(text) && !row.contains(unfinished))
    };
    let levels = screen.wait_for("the errors and warnings", |screen| has(screen, "   warnings ", '…'));
    let with_levels = mebibytes(screen.usage().peak);
    screen.press("&compiling\r");
    screen.wait_for("all that the filter keeps", |screen| has(screen, "1 filter, ", '%'));
    let filtered = mebibytes(screen.usage().peak);
    // What the filter keeps has errors and warnings of its own to be counted first.
    screen.rest(rest);
    let quiet = screen.rest(rest);
    format!(
        "| `{typed}` | {entries} | {} | {} | {peak:.1} | {} | {with_levels:.1} | {filtered:.1} | {:.3} % | {:.1} |",
        duration(right.as_secs_f64()),
        duration(complete.as_secs_f64()),
        duration(levels.as_secs_f64()),
        quiet.processor.as_secs_f64() / rest.as_secs_f64() * 100.0,
        quiet.wakes as f64 / rest.as_secs_f64(),
    )
}

/// The same of another program, which tells no counts.
pub(crate) fn of_their_screen(call: &Call, typed: &str, entries: u64, finished: &Finished) -> String {
    eprintln!("{typed} …");
    let mut screen = Screen::open(call);
    let right = screen.wait_for("the last screen", |screen| finished.holds(screen));
    let peak = mebibytes(screen.usage().peak);
    format!(
        "| `{typed}` | {entries} | {} | – | {peak:.1} | – | – | – | – | – |",
        duration(right.as_secs_f64())
    )
}

/// A number as the screens write it.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}
