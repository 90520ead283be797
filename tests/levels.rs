//! How many errors and warnings there are, against a plain walk over all entries with a table of what
//! was written: in any order of jobs, while the files grow and are cut.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use proptest::prelude::*;
use stepwatch::model::{Filter, Filtered, Level, LevelRule, Model, Selection};
use stepwatch::run::{Now, RunDirectory, Timestamp};
use stepwatch::tail::RunTail;

const CHANNELS: [&str; 3] = ["worker", "stdout", "stderr"];

/// What is written, and what it is.
const TEXTS: [(&str, Option<Level>); 10] = [
    ("Compiling serde v1.0.228", None),
    ("0 errors", None),
    ("thiserror: v2", None),
    ("a longer line that says nothing at all of what it does", None),
    ("", None),
    ("error: it broke", Some(Level::Error)),
    ("\u{1b}[31merror\u{1b}[0m: it broke", Some(Level::Error)),
    ("test a ... FAILED", Some(Level::Error)),
    ("warning: careful", Some(Level::Warning)),
    ("2026-03-21 WARN slow", Some(Level::Warning)),
];

#[derive(Clone, Debug)]
enum Step {
    Append(usize, u64, usize),
    Truncate(usize),
    Look,
    Count(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..3_usize, 0..300_u64, 0..TEXTS.len()).prop_map(|(channel, seq, text)| Step::Append(channel, seq, text)),
        1 => (0..3_usize).prop_map(Step::Truncate),
        3 => Just(Step::Look),
        3 => (0..9_usize).prop_map(Step::Count),
    ]
}

fn append(folder: &Path, channel: usize, seq: u64, text: &str) {
    let path = folder.join(format!("{}.jsonl", CHANNELS[channel]));
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    let line = serde_json::json!({"seq": seq, "text": format!("{text}\n")});
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn now() -> Now {
    Now { wall: Timestamp::from_milliseconds(1_774_080_000_000), monotonic: Duration::ZERO }
}

fn look(tail: &mut RunTail, model: &mut Model) {
    loop {
        let batch = tail.poll();
        let caught_up = batch.caught_up;
        model.apply(batch, now());
        if caught_up {
            return;
        }
    }
}

fn count(filtered: &mut Filtered, model: &Model, turn: usize) {
    loop {
        let mut jobs = filtered.jobs(model);
        if jobs.is_empty() {
            return;
        }
        while !jobs.is_empty() {
            let job = jobs.swap_remove(turn % jobs.len());
            match job.run(&AtomicBool::new(false)) {
                Some(found) => filtered.take(found),
                // The file was cut: there is more to know before more can be counted.
                None => {
                    filtered.give_up(&job);
                    for job in &jobs {
                        filtered.give_up(job);
                    }
                    return;
                }
            }
        }
    }
}

/// The places of all entries that the table says are so bad.
fn walked(model: &Model, level: Level) -> Vec<stepwatch::model::Place> {
    let is_so_bad = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        let known = TEXTS.iter().find(|(known, _)| *known == text.trim_end_matches('\n'));
        known.unwrap().1 == Some(level)
    };
    let all = Selection::all();
    let entries = model.view(&all);
    entries.from(0).filter(|placed| is_so_bad(placed.entry.text())).map(|placed| placed.place).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_counts_are_those_of_a_walk_over_all_entries(
        steps in proptest::collection::vec(step(), 1..400),
        ranges in (1..3000_u64, 1..9000_u64),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::alone(folder.path());
        let (mut tail, mut model) = (RunTail::new(directory.clone()), Model::new(directory));
        let rule = Arc::new(LevelRule::usual().unwrap());
        let mut counted = [Level::Error, Level::Warning].map(|level| {
            let filter = Filter::new().keep_level(Arc::clone(&rule), level);
            (level, Filtered::with_ranges(filter, ranges.0, ranges.1))
        });
        for step in steps {
            match step {
                Step::Append(channel, seq, text) => append(folder.path(), channel, seq, TEXTS[text].0),
                Step::Truncate(channel) => {
                    fs::write(folder.path().join(format!("{}.jsonl", CHANNELS[channel])), "").unwrap();
                    look(&mut tail, &mut model);
                }
                Step::Look => look(&mut tail, &mut model),
                Step::Count(turn) => counted.iter_mut().for_each(|(_, filtered)| count(filtered, &model, turn)),
            }
        }
        look(&mut tail, &mut model);
        let all = Selection::all();
        for (level, filtered) in &mut counted {
            count(filtered, &model, 0);
            prop_assert!(filtered.is_complete(&model));
            let expected = walked(&model, *level);
            prop_assert_eq!(filtered.len(), expected.len() as u64);
            let found = filtered.view(&model, &all);
            // Between any two places there are as many as in the walk: about, where nothing is read.
            for placed in model.view(&all).from(0).step_by(9) {
                let before = expected.iter().filter(|place| **place < placed.place).count() as u64;
                prop_assert_eq!(found.position_of(&placed.place), before);
                let about = found.about_position_of(&placed.place);
                prop_assert!(about <= before && before - about <= 3 * 128, "{} of {}", about, before);
            }
        }
    }
}
