//! What the screens ask of the engine, measured in one process: going to any place of the run, and
//! finding what a filter keeps.

use std::path::Path;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use stepwatch::drive::{Answer, Search};
use stepwatch::model::{Filter, Filtered, Model, Pattern, Selection, View};
use stepwatch::run::RunDirectory;

use super::compared::duration;
use super::process::{Usage, mebibytes};

/// How many places are gone to.
const PLACES: u64 = 1000;
/// How many entries a screen shows.
const SCREEN: usize = 40;

/// Measures all of it on a run and prints it.
pub(crate) fn measure(run: &Path) {
    let model = Model::load(RunDirectory::alone(run)).unwrap();
    let all = Selection::all();
    let view = model.view(&all);
    let highest = model.counts().highest_seq.unwrap();
    println!("| a screen of {SCREEN} entries, {PLACES} times anywhere | median | p99 | most |");
    println!("| --- | ---: | ---: | ---: |");
    places("by position", &view, |number| number * (view.len() - 1) / PLACES);
    places("by seq", &view, |number| view.position_of_seq(number * highest / PLACES));
    let (first, last) = (time_at(&view, 0), time_at(&view, view.len() - 1));
    places("by time", &view, |number| {
        let between =
            (last.milliseconds() - first.milliseconds()) * number.cast_signed() / PLACES.cast_signed();
        view.position_of_time(stepwatch::run::Timestamp::from_milliseconds(first.milliseconds() + between))
    });
    println!(
        "\n| filter, then go to the middle of what it keeps | kept | first kept known | all known | a screen of them | resident MiB |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for pattern in ["panicked", "error|warning|FAILED", "(?i)timeout", r"\d{6}", "unobtainable"] {
        filter(&model, pattern);
    }
}

fn time_at(view: &View<'_>, position: u64) -> stepwatch::run::Timestamp {
    view.at(position).unwrap().entry.time.unwrap()
}

/// Goes to places all over the run, in an order in which none is near the one before, and reads a
/// screen of entries there.
fn places(name: &str, view: &View<'_>, position: impl Fn(u64) -> u64) {
    let mut took: Vec<Duration> = (0..PLACES)
        .map(|number| {
            let start = Instant::now();
            let position = position(number * 619 % PLACES);
            let count = view.from(position).take(SCREEN).count();
            assert!(count > 0 || position == view.len());
            start.elapsed()
        })
        .collect();
    took.sort_unstable();
    let at = |place: usize| duration(took[place.min(took.len() - 1)].as_secs_f64());
    println!("| {name} | {} | {} | {} |", at(took.len() / 2), at(took.len() * 99 / 100), at(took.len()));
}

/// Searches the whole run with the threads that the screens search with.
fn filter(model: &Model, pattern: &str) {
    let (send, answers) = channel();
    let search = Search::start(move |_, answer| drop(send.send(answer))).unwrap();
    let start = Instant::now();
    let mut filtered = Filtered::new(Filter::new().keep(Pattern::new(pattern).unwrap()));
    let mut first = None;
    let mut running = 0;
    loop {
        let jobs = filtered.jobs(model);
        running += jobs.len();
        search.ask(0, jobs);
        if running == 0 {
            break;
        }
        match answers.recv().unwrap() {
            Answer::Found(found) => filtered.take(*found),
            Answer::GaveUp(job) => panic!("a file could not be read: {job:?}"),
        }
        running -= 1;
        if first.is_none() && !filtered.is_empty() {
            first = Some(start.elapsed());
        }
    }
    let complete = start.elapsed();
    let all = Selection::all();
    let view = filtered.view(model, &all);
    let start = Instant::now();
    let shown = view.from(view.len() / 2).take(SCREEN).count();
    let took = if shown > 0 { duration(start.elapsed().as_secs_f64()) } else { "–".to_owned() };
    println!(
        "| `{}` | {} | {} | {} | {took} | {:.1} |",
        pattern.replace('|', "\\|"),
        view.len(),
        first.map_or_else(|| "–".to_owned(), |first| duration(first.as_secs_f64())),
        duration(complete.as_secs_f64()),
        mebibytes(Usage::of(std::process::id()).peak)
    );
}
