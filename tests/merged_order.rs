//! The merged model against a naive one: concatenate the files, give every line the seq of the line
//! before it where it has none, sort stably.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "merged_order/arrivals.rs"]
mod arrivals;

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use proptest::prelude::*;
use stepwatch::model::{Cut, Model, Pattern, Placed, Reader, Selection, View, Walk};
use stepwatch::run::{Channel, Now, RunDirectory, Timestamp, decode, line_order};
use stepwatch::tail::RunTail;

use arrivals::{NAMES, append, arrivals, feed, now, sizes};

type NaiveEntry = (u64, Channel, usize, String);

fn naive(arrived: &[(usize, String)]) -> Vec<NaiveEntry> {
    let mut files: BTreeMap<Channel, Vec<&str>> = BTreeMap::new();
    for (channel, line) in arrived {
        files.entry(Channel::from_name(NAMES[*channel])).or_default().push(line);
    }
    let mut entries = Vec::new();
    for (channel, lines) in files {
        let mut key = 0;
        for (place, line) in lines.into_iter().enumerate() {
            key = line_order(line.as_bytes()).seq.map_or(key, |seq| seq + 1);
            entries.push((key, channel.clone(), place, line.to_owned()));
        }
    }
    entries.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
    entries
}

/// What is found by walking, by position and by asking for a place, all against the naive order.
fn assert_same(model: &Model, arrived: &[(usize, String)], selection: &Selection) {
    let expected: Vec<NaiveEntry> =
        naive(arrived).into_iter().filter(|entry| !selection.hides(&entry.1)).collect();
    let view = model.view(selection);
    assert_eq!(view.len(), expected.len() as u64);
    let walked: Vec<_> = view.from(0).collect();
    assert_eq!(walked.len(), expected.len());
    for (position, (found, (_, channel, _, line))) in walked.iter().zip(&expected).enumerate() {
        assert_eq!((&found.channel, String::from_utf8_lossy(&found.line).as_ref()), (channel, line.as_str()));
        assert_eq!(view.position_of(&found.place), position as u64);
        assert_eq!(view.at(position as u64).as_ref(), Some(found));
    }
    assert!(walked.is_sorted_by_key(|placed| placed.place.clone()));
    assert_eq!(view.at(expected.len() as u64), None);
    for start in [1, expected.len() / 2, expected.len().saturating_sub(1)] {
        let from: Vec<_> = view.from(start as u64).take(5).collect();
        assert_eq!(from, walked.iter().skip(start).take(5).cloned().collect::<Vec<_>>());
    }
    for seq in (0..130).step_by(7) {
        let before = expected.iter().filter(|entry| entry.0 < seq + 1).count();
        assert_eq!(view.position_of_seq(seq), before as u64);
    }
}

/// A walk in pieces, of any part, against the one from entry to entry.
fn assert_same_in_pieces(model: &Model) {
    let view = model.view(&Selection::all());
    let walked: Vec<_> = view.from(0).collect();
    let half = walked.len() / 2;
    let middle = walked.get(half).map_or(Cut::end(), |middle| view.cut_before(&middle.place));
    for bytes in [1500, u64::MAX] {
        assert_eq!(in_pieces(&view, Cut::BEGIN, middle, bytes), in_one_go(&walked[..half]));
        assert_eq!(in_pieces(&view, middle, Cut::end(), bytes), in_one_go(&walked[half..]));
    }
}

fn in_one_go(placed: &[Placed]) -> Vec<(Channel, Vec<u8>)> {
    placed.iter().map(|placed| (placed.channel.clone(), placed.line.clone())).collect()
}

/// The same walk, in pieces of so many bytes; and what a search finds of it.
fn in_pieces(view: &View<'_>, from: Cut, to: Cut, bytes: u64) -> Vec<(Channel, Vec<u8>)> {
    let walk = Walk::new(view, from, to);
    let channels: Vec<&Channel> = walk.channels().collect();
    let mut reader = Reader::default();
    let pattern = Pattern::new("order|bro|seq").unwrap();
    let mut all = Vec::new();
    for piece in walk.pieces(bytes) {
        let begin = all.len();
        let was_read = walk.read(piece, &mut reader, None, |entry| {
            all.push((channels[entry.source].clone(), entry.line.to_vec()));
        });
        assert_eq!((was_read.entries, was_read.is_short), ((all.len() - begin) as u64, false));
        let mut hits = Vec::new();
        walk.read(piece, &mut reader, Some(&pattern), |entry| hits.push(entry.line.to_vec()));
        let expected = all[begin..].iter().map(|(_, line)| line.clone());
        let expected = expected.filter(|line| pattern.matches_text(decode(line).text()));
        assert_eq!(hits, expected.collect::<Vec<_>>());
    }
    all
}

fn assert_counts(model: &Model, arrived: &[(usize, String)]) {
    let counts = model.counts();
    let mut seen = BTreeMap::new();
    let (mut ties, mut malformed, mut disorder) = (0, 0, 0);
    for name in NAMES {
        let channel = Channel::from_name(name);
        let lines: Vec<&String> = arrived
            .iter()
            .filter(|(of, _)| Channel::from_name(NAMES[*of]) == channel)
            .map(|(_, line)| line)
            .collect();
        let orders: Vec<_> = lines.iter().map(|line| line_order(line.as_bytes())).collect();
        if orders.iter().any(|order| order.object) {
            malformed += orders.iter().filter(|order| !order.object).count() as u64;
        }
        let mut highest = None;
        for seq in orders.iter().filter_map(|order| order.seq) {
            disorder += u64::from(highest.is_some_and(|highest| seq < highest));
            highest = highest.max(Some(seq));
            let before = seen.insert(seq, ());
            ties += u64::from(before.is_some());
        }
    }
    assert_eq!((counts.entries, counts.ties), (arrived.len() as u64, ties));
    assert_eq!((counts.malformed, counts.disorder), (malformed, disorder));
    assert_eq!(counts.highest_seq, seen.keys().next_back().copied());
    let missing: Vec<u64> = match (seen.keys().next(), seen.keys().next_back()) {
        (Some(first), Some(last)) => (*first..*last).filter(|seq| !seen.contains_key(seq)).collect(),
        _ => Vec::new(),
    };
    let found: Vec<u64> = model.gaps().iter().flat_map(|gap| gap.from..=gap.to).collect();
    assert_eq!(found, missing);
    assert_eq!(counts.missing, missing.len() as u64);
    assert_eq!(counts.gaps, model.gaps().len() as u64);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_order_of_arrival_the_merged_order_is_the_naive_one(
        arrived in arrivals(),
        looks in proptest::collection::vec(0..700_usize, 0..4),
        hidden in 0..NAMES.len(),
        sizes in sizes(),
    ) {
        // Without any seq the run would be ordered by something else.
        prop_assume!(arrived.is_empty() || arrived.iter().any(|(_, line)| line_order(line.as_bytes()).seq.is_some()));
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::alone(folder.path());
        let (mut tail, mut model) = (RunTail::new(directory.clone()), Model::new(directory.clone()));
        for (number, (channel, line)) in arrived.iter().enumerate() {
            append(folder.path(), *channel, line);
            if looks.contains(&number) {
                feed(&mut tail, &mut model);
            }
        }
        feed(&mut tail, &mut model);
        model.settle(Now { monotonic: Duration::from_secs(600), ..now() });
        assert_same(&model, &arrived, &Selection::all());
        assert_counts(&model, &arrived);
        let mut selection = Selection::all();
        selection.toggle(&Channel::from_name(NAMES[hidden]));
        assert_same(&model, &arrived, &selection);

        // Read once from the start, in pieces of any size, the run is the same.
        let mut tail = RunTail::with_sizes(directory.clone(), sizes);
        let mut in_pieces = Model::new(directory.clone());
        feed(&mut tail, &mut in_pieces);
        assert_same(&in_pieces, &arrived, &Selection::all());
        assert_counts(&in_pieces, &arrived);
        let again = Model::load(directory).unwrap();
        assert_same(&again, &arrived, &Selection::all());
        assert_same_in_pieces(&again);
        assert_counts(&again, &arrived);
    }

    #[test]
    fn the_end_of_a_run_in_order_is_in_view_before_the_rest_is_read(
        channels in proptest::collection::vec((0..NAMES.len(), 1..3_u64, 0..60_usize), 1..400),
        sizes in sizes(),
        wanted in 0..60_u64,
    ) {
        let mut seq = 0;
        let mut arrived = Vec::new();
        for (channel, step, length) in channels {
            seq += step;
            arrived.push((channel, format!(r#"{{"seq":{seq},"text":"{}"}}"#, "x".repeat(length))));
        }
        let folder = tempfile::tempdir().unwrap();
        for (channel, line) in &arrived {
            append(folder.path(), *channel, line);
        }
        let directory = RunDirectory::alone(folder.path());
        let naive = naive(&arrived);
        let assert_end = |model: &Model| {
            let all = Selection::all();
            let view = model.view(&all);
            let found: Vec<_> = view.from(0).map(|placed| String::from_utf8(placed.line).unwrap()).collect();
            let expected: Vec<_> = naive[naive.len() - found.len()..].iter().map(|entry| entry.3.clone()).collect();
            assert_eq!(found, expected);
            // What is missing among them is known as well.
            let seqs: Vec<u64> = view.from(0).filter_map(|placed| placed.seq).collect();
            for pair in seqs.windows(2) {
                let missing: u64 = model.missing_between(pair[0], pair[1]).iter().map(|gap| gap.missing()).sum();
                assert_eq!(missing, pair[1] - pair[0] - 1);
            }
            found.len() as u64
        };

        let (mut tail, mut model) = (RunTail::with_sizes(directory.clone(), sizes), Model::new(directory.clone()));
        let batch = tail.poll_ending(wanted).unwrap();
        model.apply(batch, now());
        prop_assert!(!model.ending().unwrap().has_disorder());
        prop_assert!(assert_end(&model) >= wanted.min(naive.len() as u64));
        // And it stays so while the rest is read.
        loop {
            let batch = tail.poll();
            let caught_up = batch.caught_up;
            model.apply(batch, now());
            assert_end(&model);
            if caught_up {
                break;
            }
        }
        prop_assert!(model.ending().is_none());
        assert_same(&model, &arrived, &Selection::all());
    }
}

#[test]
fn a_run_without_any_seq_is_ordered_by_time_or_else_by_channel_and_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("stdout.log"),
        "2026-03-21T08:00:02Z two\n  more of two\n2026-03-21T08:00:04Z four\n",
    )
    .unwrap();
    fs::write(
        folder.path().join("stderr.log"),
        "head\n2026-03-21T08:00:01Z one\n2026-03-21T08:00:03Z three\n",
    )
    .unwrap();
    let texts = |model: &Model| -> Vec<String> {
        let view = model.view(&Selection::all());
        view.from(0).map(|placed| String::from_utf8(placed.line).unwrap()).collect()
    };
    let model = Model::load(RunDirectory::alone(folder.path())).unwrap();
    assert_eq!(model.order().to_string(), "time");
    let last_words: Vec<String> =
        texts(&model).iter().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect();
    assert_eq!(last_words, ["head", "one", "two", "two", "three", "four"]);
    assert_eq!(model.counts().malformed, 0);

    fs::write(folder.path().join("stdout.log"), "b\na\n").unwrap();
    fs::write(folder.path().join("stderr.log"), "c\n").unwrap();
    let model = Model::load(RunDirectory::alone(folder.path())).unwrap();
    assert_eq!(model.order().to_string(), "file");
    assert_eq!(texts(&model), ["b", "a", "c"]);
}

#[test]
fn a_late_entry_is_put_in_its_place_and_counted_and_its_gap_is_healed() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::alone(folder.path());
    let (mut tail, mut model) = (RunTail::new(directory.clone()), Model::new(directory));
    for seq in [1, 2, 5] {
        append(folder.path(), 1, &format!(r#"{{"seq":{seq},"text":"{seq}"}}"#));
    }
    feed(&mut tail, &mut model);
    assert_eq!(model.gaps().iter().map(|gap| (gap.from, gap.to)).collect::<Vec<_>>(), [(3, 4)]);
    let five = model.view(&Selection::all()).at(2).unwrap();
    append(folder.path(), 2, r#"{"seq":3,"text":"3"}"#);
    append(folder.path(), 2, r#"{"seq":4,"text":"4"}"#);
    feed(&mut tail, &mut model);
    assert_eq!((model.counts().late, model.counts().gaps, model.counts().ties), (2, 0, 0));
    let view = model.view(&Selection::all());
    assert_eq!(view.position_of(&five.place), 4);
    assert_eq!(view.at(4), Some(five));
}

#[test]
fn what_is_missing_is_a_gap_only_when_it_had_time_to_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::alone(folder.path());
    let (mut tail, mut model) = (RunTail::new(directory.clone()), Model::new(directory));
    append(folder.path(), 1, r#"{"seq":1,"text":""}"#);
    feed(&mut tail, &mut model);
    append(folder.path(), 1, r#"{"seq":4,"text":""}"#);
    feed(&mut tail, &mut model);
    let at = |milliseconds| Now {
        monotonic: Duration::from_secs(60) + Duration::from_millis(milliseconds),
        ..now()
    };
    model.settle(at(249));
    assert_eq!(model.gaps(), []);
    assert_eq!(model.missing_between(1, 4), []);
    model.settle(at(250));
    assert_eq!(model.gaps().len(), 1);
    assert_eq!(model.missing_between(1, 4).len(), 1);
}

#[test]
fn a_time_is_found_by_bisection_also_among_entries_that_have_none() {
    let folder = tempfile::tempdir().unwrap();
    let time = |second: u64| Timestamp::from_milliseconds(1_774_080_000_000 + 1000 * second.cast_signed());
    for seq in 0..3000_u64 {
        // Of three entries in a row one has a time; two have the same.
        let timed = format!(r#"{{"seq":{seq},"ts":"{}","text":""}}"#, time(seq / 6));
        let untimed = format!(r#"{{"seq":{seq},"text":""}}"#);
        append(folder.path(), seq as usize % 2, if seq % 3 == 0 { &timed } else { &untimed });
    }
    let model = Model::load(RunDirectory::alone(folder.path())).unwrap();
    let view = model.view(&Selection::all());
    for second in 0..500 {
        let found = view.position_of_time(time(second));
        // Entries without a time before it may be passed over with it: none that is timed is.
        let first = 6 * second;
        assert!((first.saturating_sub(2)..=first).contains(&found), "second {second}: {found}");
        assert_eq!(view.from(found).find_map(|placed| placed.entry.time), Some(time(second)));
    }
    assert_eq!(view.position_of_time(Timestamp::from_milliseconds(0)), 0);
    assert!(view.position_of_time(time(1000)) > 2997);
}
