//! What a filter keeps of a run, against a plain walk over its entries: found in ranges, in any
//! order, while the files grow.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "merged_order/arrivals.rs"]
mod arrivals;

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use arrivals::{NAMES, append, arrivals, feed, sizes};
use proptest::prelude::*;
use stepwatch::drive::{Answer, Search};
use stepwatch::model::{
    Filter, Filtered, Level, LevelRule, Model, Pattern, Placed, ScanJob, Scanned, Selection,
};
use stepwatch::run::{Channel, RunDirectory};
use stepwatch::tail::RunTail;

fn filter(wanted: &str, unwanted: &str) -> Filter {
    Filter::new().keep(Pattern::new(wanted).unwrap()).drop(Pattern::new(unwanted).unwrap())
}

/// The entries whose text matches one pattern, and not the other.
fn kept(model: &Model, selection: &Selection, wanted: &str, unwanted: &str) -> Vec<Placed> {
    let [wanted, unwanted] = [wanted, unwanted].map(|pattern| regex::bytes::Regex::new(pattern).unwrap());
    let view = model.view(selection);
    let is_kept = |placed: &Placed| {
        let text = placed.entry.text();
        wanted.is_match(text) && !unwanted.is_match(text)
    };
    view.from(0).filter(is_kept).collect()
}

/// Searches all that is to be searched; which job ends first is chosen by `turns`.
fn search(filtered: &mut Filtered, model: &Model, turns: &[usize]) {
    let running = AtomicBool::new(false);
    let mut turns = turns.iter().cycle();
    let mut given_up = 0;
    let mut done: Vec<Scanned> = Vec::new();
    loop {
        let mut jobs: Vec<ScanJob> = filtered.jobs(model);
        if jobs.is_empty() && done.is_empty() {
            return;
        }
        while !jobs.is_empty() {
            let job = jobs.swap_remove(turns.next().unwrap() % jobs.len());
            // Now and then one is not carried out.
            if turns.next().unwrap().is_multiple_of(5) && given_up < 10 {
                filtered.give_up(&job);
                given_up += 1;
            } else {
                done.extend(job.run(&running));
            }
        }
        while !done.is_empty() {
            filtered.take(done.swap_remove(turns.next().unwrap() % done.len()));
        }
    }
}

fn assert_same(filtered: &Filtered, model: &Model, selection: &Selection, expected: &[Placed]) {
    let view = filtered.view(model, selection);
    let found: Vec<Placed> = view.from(0).collect();
    let lines = |placed: &[Placed]| -> Vec<String> {
        placed.iter().map(|placed| String::from_utf8_lossy(&placed.line).into_owned()).collect()
    };
    assert_eq!(lines(&found), lines(expected));
    assert_eq!(found, expected);
    assert_eq!(view.len(), expected.len() as u64);
    for (position, placed) in expected.iter().enumerate() {
        assert_eq!(view.position_of(&placed.place), position as u64);
        assert_eq!(view.at(position as u64).as_ref(), Some(placed));
    }
    // The place of an entry that is not kept is among those that are.
    for placed in model.view(selection).from(0).step_by(7) {
        let before = expected.iter().filter(|kept| kept.place < placed.place).count();
        assert_eq!(view.position_of(&placed.place), before as u64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, ..ProptestConfig::default() })]

    #[test]
    fn what_a_filter_keeps_is_what_a_walk_over_all_entries_keeps(
        arrived in arrivals(),
        looks in proptest::collection::vec(0..700_usize, 0..4),
        wanted in prop_oneof![Just("x"), Just("ordered"), Just("panicked|no"), Just("^x+$"), Just("")],
        unwanted in prop_oneof![Just("unobtainable"), Just("xxxxxxxxxxxx"), Just("seq")],
        sizes in sizes(),
        ranges in (1..3000_u64, 1..30_000_u64),
        turns in proptest::collection::vec(0..1000_usize, 1..30),
        hidden in 0..NAMES.len(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::alone(folder.path());
        let (mut tail, mut model) = (RunTail::with_sizes(directory.clone(), sizes), Model::new(directory));
        let mut filtered = Filtered::with_ranges(filter(wanted, unwanted), ranges.0, ranges.1);
        for (number, (channel, line)) in arrived.iter().enumerate() {
            append(folder.path(), *channel, line);
            if looks.contains(&number) {
                // One look, so that it is also searched while only the end is in view.
                model.apply(tail.poll(), arrivals::now());
                search(&mut filtered, &model, &turns);
            }
        }
        feed(&mut tail, &mut model);
        search(&mut filtered, &model, &turns);
        let all = Selection::all();
        assert_same(&filtered, &model, &all, &kept(&model, &all, wanted, unwanted));
        let (searched, total) = filtered.progress(&model);
        prop_assert_eq!(searched, total);
        let mut selection = Selection::all();
        selection.toggle(&Channel::from_name(NAMES[hidden]));
        assert_same(&filtered, &model, &selection, &kept(&model, &selection, wanted, unwanted));
    }
}

/// What is kept between two places of a partly searched run is all there is, wherever it is said that
/// all between them was searched.
fn assert_searched_parts_are_whole(
    filtered: &Filtered,
    model: &Model,
    expected: &[Placed],
) -> Result<usize, TestCaseError> {
    let all = Selection::all();
    let found: Vec<Placed> = filtered.view(model, &all).from(0).collect();
    let places: Vec<_> = model.view(&all).from(0).step_by(5).map(|placed| placed.place).collect();
    let ends = || std::iter::once(None).chain(places.iter().map(Some));
    let mut searched = 0;
    for (from, to) in ends().flat_map(|from| ends().map(move |to| (from, to))) {
        if !filtered.is_searched(model, &all, from, to) {
            continue;
        }
        searched += 1;
        let between = |placed: &&Placed| {
            from.is_none_or(|from| placed.place >= *from) && to.is_none_or(|to| placed.place <= *to)
        };
        let lines = |placed: &[Placed]| -> Vec<Vec<u8>> {
            placed.iter().filter(between).map(|placed| placed.line.clone()).collect()
        };
        prop_assert_eq!(lines(&found), lines(expected), "from {:?} to {:?}", from, to);
    }
    Ok(searched)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_said_to_be_searched_is(
        arrived in arrivals(),
        sizes in sizes(),
        ranges in (1..3000_u64, 1..3000_u64),
        turns in proptest::collection::vec(0..1000_usize, 1..30),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::alone(folder.path());
        let (mut tail, mut model) = (RunTail::with_sizes(directory.clone(), sizes), Model::new(directory));
        for (channel, line) in &arrived {
            append(folder.path(), *channel, line);
        }
        feed(&mut tail, &mut model);
        let expected = kept(&model, &Selection::all(), "x", "seq");
        let mut filtered = Filtered::with_ranges(filter("x", "seq"), ranges.0, ranges.1);
        let mut turns = turns.iter().cycle();
        let mut jobs = filtered.jobs(&model);
        while !jobs.is_empty() {
            let job = jobs.swap_remove(turns.next().unwrap() % jobs.len());
            filtered.take(job.run(&AtomicBool::new(false)).unwrap());
            jobs.extend(filtered.jobs(&model));
            assert_searched_parts_are_whole(&filtered, &model, &expected)?;
        }
        prop_assert!(filtered.is_complete(&model));
        let pairs = (model.view(&Selection::all()).len().div_ceil(5) + 1).pow(2);
        prop_assert_eq!(assert_searched_parts_are_whole(&filtered, &model, &expected)? as u64, pairs);
    }
}

#[test]
fn a_filter_can_look_at_the_level_and_the_raw_line_beside_the_text() {
    let line = |level: &str, text: &str| {
        format!(r#"{{"seq":1,"event":"e","level":"{level}","renderedLine":"{text}"}}"#)
    };
    let raw = |pattern: &str| regex::bytes::Regex::new(pattern).unwrap();
    let rule = std::sync::Arc::new(LevelRule::usual().unwrap());
    let filter = Filter::new().keep_level(rule, Level::Error).drop_lines(raw(r#""event":"heartbeat""#));
    let mut scratch = stepwatch::model::Scratch::default();
    let mut keeps = |line: String| filter.keeps(line.as_bytes(), &mut scratch);
    assert!(keeps(line("error", "one")) && keeps(line("", "it panicked at 1")));
    assert!(!keeps(line("info", "error: x")) && !keeps(line("warn", "error: x")));
    assert!(!keeps(line("error", "one").replace(r#""event":"e""#, r#""event":"heartbeat""#)));
}

#[test]
fn a_job_that_is_cancelled_finds_nothing_and_the_answer_to_another_question_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    append(folder.path(), 1, r#"{"seq":1,"text":"one"}"#);
    let model = Model::load(RunDirectory::alone(folder.path())).unwrap();
    let mut old = Filtered::new(Filter::new().keep(Pattern::new("one").unwrap()));
    let jobs = old.jobs(&model);
    assert_eq!(jobs.len(), 1);
    assert!(jobs[0].run(&AtomicBool::new(true)).is_none());
    let answer = jobs[0].run(&AtomicBool::new(false)).unwrap();
    let mut new = Filtered::new(Filter::new().keep(Pattern::new("two").unwrap()));
    assert_eq!(new.jobs(&model).len(), 1);
    new.take(answer);
    assert!(new.is_empty());
    assert_eq!(new.progress(&model).0, 0);
    old.take(jobs[0].run(&AtomicBool::new(false)).unwrap());
    assert_eq!(old.len(), 1);
}

/// Searches with threads until nothing is left to search.
fn search_with_threads(filtered: &mut Filtered, model: &Model) {
    let (send, answers) = std::sync::mpsc::channel();
    let search = Search::start(move |_, answer| drop(send.send(answer))).unwrap();
    let mut running = 0;
    loop {
        let jobs = filtered.jobs(model);
        running += jobs.len();
        search.ask(0, jobs);
        if running == 0 {
            return;
        }
        match answers.recv_timeout(Duration::from_secs(20)).expect("an answer comes") {
            Answer::Found(found) => filtered.take(*found),
            Answer::GaveUp(job) => filtered.give_up(&job),
        }
        running -= 1;
    }
}

#[test]
fn threads_find_the_end_first_and_count_with_progress_while_the_run_grows() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::alone(folder.path());
    let (mut tail, mut model) = (RunTail::new(directory.clone()), Model::new(directory));
    for seq in 0..3000 {
        let text = if seq % 100 == 99 { "hit" } else { "nothing" };
        append(folder.path(), seq % 3, &format!(r#"{{"seq":{seq},"text":"{text}"}}"#));
    }
    feed(&mut tail, &mut model);
    let filter = || Filter::new().keep(Pattern::new("^hit$").unwrap());
    let mut filtered = Filtered::with_ranges(filter(), 2000, 10_000);

    // One range at a time: what is found first stands last.
    let first = filtered.jobs(&model);
    let (total, jobs) = (filtered.progress(&model).1, first.len());
    assert!(jobs > 3);
    for job in first.into_iter().take(3) {
        filtered.take(job.run(&AtomicBool::new(false)).unwrap());
    }
    let all = Selection::all();
    assert_eq!(filtered.view(&model, &all).from(0).last().unwrap().seq, Some(2999));
    let (searched, _) = filtered.progress(&model);
    assert!(searched > 0 && searched < total);

    let mut filtered = Filtered::with_ranges(filter(), 2000, 10_000);
    search_with_threads(&mut filtered, &model);
    assert_eq!((filtered.len(), filtered.progress(&model)), (30, (total, total)));
    append(folder.path(), 0, r#"{"seq":3000,"text":"hit"}"#);
    append(folder.path(), 0, r#"{"seq":150,"text":"hit"}"#);
    feed(&mut tail, &mut model);
    search_with_threads(&mut filtered, &model);
    let seqs: Vec<_> = filtered.view(&model, &all).from(0).filter_map(|placed| placed.seq).collect();
    assert_eq!((seqs.len(), seqs[1], seqs[2], seqs[31]), (32, 150, 199, 3000));
}

#[test]
fn a_search_that_is_dropped_ends_its_threads_and_delivers_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    for seq in 0..2000 {
        append(folder.path(), 1, &format!(r#"{{"seq":{seq},"text":"one"}}"#));
    }
    let model = Model::load(RunDirectory::alone(folder.path())).unwrap();
    let mut filtered = Filtered::with_ranges(Filter::new().keep(Pattern::new("one").unwrap()), 100, 100);
    let (send, answers) = std::sync::mpsc::sync_channel(0);
    let search = Search::start(move |_, answer| drop(send.send(answer))).unwrap();
    search.ask(0, filtered.jobs(&model));
    drop(answers.recv_timeout(Duration::from_secs(20)).expect("an answer comes"));
    drop(search);
    // At most one answer a thread was on its way; then the threads end, and the channel closes.
    let threads = std::thread::available_parallelism().unwrap().get();
    let mut more = 0;
    while let Ok(answer) = answers.recv_timeout(Duration::from_secs(20)) {
        drop(answer);
        more += 1;
    }
    assert!(more <= threads, "{more} answers came");
    let closed = answers.recv_timeout(Duration::from_secs(20));
    assert!(matches!(closed, Err(std::sync::mpsc::RecvTimeoutError::Disconnected)));
}

#[test]
fn a_question_that_is_forgotten_gets_no_more_answers_and_others_do() {
    let folder = tempfile::tempdir().unwrap();
    for seq in 0..2000 {
        append(folder.path(), 1, &format!(r#"{{"seq":{seq},"text":"one"}}"#));
    }
    let model = Model::load(RunDirectory::alone(folder.path())).unwrap();
    let new = || Filtered::with_ranges(Filter::new().keep(Pattern::new("one").unwrap()), 100, 100);
    let (mut kept, mut forgotten) = (new(), new());
    let (send, answers) = std::sync::mpsc::sync_channel(0);
    // One thread, which waits for its first answer to be taken.
    let search = Search::start_unhurried(move |question, _| _ = send.send(question)).unwrap();
    let jobs = kept.jobs(&model);
    let count = jobs.len();
    assert!(count > 2, "{count} jobs");
    search.ask(1, jobs);
    search.ask(2, forgotten.jobs(&model));
    search.forget(2);
    for _ in 0..count {
        assert_eq!(answers.recv_timeout(Duration::from_secs(20)), Ok(1));
    }
    search.ask(3, new().jobs(&model));
    assert_eq!(answers.recv_timeout(Duration::from_secs(20)), Ok(3), "of the forgotten one nothing came");
}
