//! The pieces of one line, joined to one row.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const CHANNELS: [&str; 3] = ["abc", "stdout", "stderr"];

/// What is shown of every line in sight: the seqs of its first and last piece, and its text.
fn lines(finder: &Finder) -> Vec<(u64, u64, String)> {
    let rows = finder.fixture.window().rows;
    rows.iter()
        .filter_map(|row| match row {
            Row::Entry { entry, line: 0 } => {
                let seq = |place: &crate::model::Place| place.key().seq().unwrap();
                Some((seq(&entry.place), seq(&entry.last), entry.lines[0].text()))
            }
            _ => None,
        })
        .collect()
}

fn with_pieces(rows: u16, pieces: &[(usize, u64, &str)]) -> Finder {
    let fixture = Fixture::new(with_log_rows(rows));
    for (channel, seq, text) in pieces {
        fixture.append_exactly(CHANNELS[*channel], *seq, text);
    }
    let mut finder = Finder::new(fixture);
    finder.look();
    finder
}

#[test]
fn the_pieces_of_a_line_stand_on_one_row_unless_something_came_between() {
    let finder = with_pieces(
        8,
        &[
            (1, 1, "a "),
            (1, 2, "b "),
            (1, 3, "c\n"),
            (1, 4, "d "),
            (2, 5, "e\n"),
            (1, 6, "f "),
            (1, 8, "g\n"),
        ],
    );
    let expected = [(1, 3, "a b c"), (4, 4, "d "), (5, 5, "e"), (6, 6, "f "), (8, 8, "g")];
    assert_eq!(lines(&finder), expected.map(|(first, last, text)| (first, last, text.to_owned())));
}

#[test]
fn a_row_of_pieces_is_reached_by_each_seq_shown_with_all_of_them_and_copied_as_one_line() {
    let mut finder =
        with_pieces(5, &[(1, 1, "x\n"), (1, 2, "a "), (1, 3, "b "), (1, 4, "c\n"), (1, 5, "y\n")]);
    for seq in 2..=4 {
        finder.press(&format!(":{seq}⏎"));
        assert_eq!(finder.at().as_deref(), Some("2"), "{seq}");
        finder.press("⏎");
        let entry = finder.fixture.run().entry().unwrap();
        assert_eq!(entry.title(), "entry 2–4 · stdout");
        let told: Vec<&str> = entry.lines().iter().map(|line| &*line.text).collect();
        for expected in ["a b c", "piece 1 of 3", "seq      2", "piece 3 of 3", "seq      4", "  \"seq\": 3,"]
        {
            assert!(told.contains(&expected), "{expected:?} is not in {told:#?}");
        }
        assert_eq!(finder.press("y⎋"), [Effect::Copy("a b c".to_owned())]);
        assert_eq!(finder.said(), "copied: the text of entry 2–4");
    }
    assert_eq!(finder.press("vjY"), [Effect::Copy("a b c\ny".to_owned())]);
    assert_eq!(finder.said(), "copied: 4 entries, all that are selected");
}

#[test]
fn every_hit_in_the_pieces_of_one_row_is_gone_to_and_the_next_row_after_them() {
    let mut finder = with_pieces(5, &[(1, 1, "hit "), (1, 2, "hit "), (1, 3, "hit\n"), (1, 4, "hit\n")]);
    finder.press("g/hit⏎");
    finder.answer();
    let mut been = Vec::new();
    for _ in 0..3 {
        finder.press("n");
        finder.answer();
        been.push((finder.at().unwrap(), finder.hits().unwrap().at));
    }
    let expected = [("1", 2), ("1", 3), ("4", 4)].map(|(row, hit)| (row.to_owned(), Some(hit)));
    assert_eq!(been, expected);
}

#[test]
fn a_line_of_too_many_pieces_is_shown_in_its_pieces() {
    for (pieces, rows) in [(64, 1), (65, 65)] {
        let all: Vec<(usize, u64, &str)> = (1..=pieces).map(|seq| (1, seq, "p")).collect();
        let finder = with_pieces(70, &all);
        assert_eq!(lines(&finder).len(), rows, "{pieces} pieces");
    }
    let long = "x".repeat(40 << 10);
    let finder = with_pieces(5, &[(1, 1, &long), (1, 2, &long)]);
    assert_eq!(lines(&finder).len(), 2, "more than 64 KiB");
}

/// Appends signs of life of a worker.
fn beat(finder: &Finder, seqs: impl IntoIterator<Item = u64>) {
    let mut text = String::new();
    for seq in seqs {
        let beat =
            serde_json::json!({"seq": seq, "event": "heartbeat", "renderedLine": format!("beat {seq}")});
        text += &format!("{beat}\n");
    }
    let mut file = OpenOptions::new().create(true).append(true).open(finder.fixture.path("worker")).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn shown(expected: &[(u64, u64, &str)]) -> Vec<(u64, u64, String)> {
    expected.iter().map(|(first, last, text)| (*first, *last, (*text).to_owned())).collect()
}

#[test]
fn signs_of_life_are_folded_to_the_last_unless_something_came_between_or_is_missing() {
    let mut finder = with_pieces(9, &[(1, 4, "x\n"), (1, 9, "y\n")]);
    beat(&finder, [1, 2, 3, 5, 6, 8, 10]);
    finder.look();
    let folded = [
        (1, 3, "×3 beat 3"),
        (4, 4, "x"),
        (5, 6, "×2 beat 6"),
        (8, 8, "beat 8"),
        (9, 9, "y"),
        (10, 10, "beat 10"),
    ];
    assert_eq!(lines(&finder), shown(&folded));
    beat(&finder, [11, 12]);
    finder.look();
    assert_eq!(lines(&finder).last(), shown(&[(10, 12, "×3 beat 12")]).last(), "it counts on");
    // Without what stood between, those on both sides of it are neighbours.
    finder.press("2");
    assert_eq!(lines(&finder), shown(&[(1, 6, "×5 beat 6"), (8, 12, "×4 beat 12")]));
    finder.press("g⏎");
    let entry = finder.fixture.run().entry().unwrap();
    let told: Vec<&str> = entry.lines().iter().map(|line| &*line.text).collect();
    for expected in ["5 signs of life, and nothing else between them", "beat 1", "sign of life 5 of 5"] {
        assert!(told.contains(&expected), "{expected:?} is not in {told:#?}");
    }
    assert_eq!(finder.press("⎋y"), [Effect::Copy("beat 1\nbeat 2\nbeat 3\nbeat 5\nbeat 6".to_owned())]);
}

#[test]
fn signs_of_life_for_hours_stand_in_the_same_folds_from_wherever_one_comes() {
    let mut finder = with_pieces(9, &[]);
    beat(&finder, 1..=300);
    finder.look();
    let folds = [
        (1, 63, "×63 beat 63"),
        (64, 127, "×64 beat 127"),
        (128, 191, "×64 beat 191"),
        (192, 255, "×64 beat 255"),
        (256, 300, "×45 beat 300"),
    ];
    assert_eq!(lines(&finder), shown(&folds));
    for seq in [1, 63, 64, 190, 300] {
        finder.press(&format!(":{seq}⏎"));
        assert_eq!(lines(&finder), shown(&folds), "at {seq}");
    }
}

/// What is to be shown: neighbours put together one by one.
fn naive(entries: &BTreeMap<u64, (usize, String)>) -> Vec<(u64, u64, String)> {
    let mut rows: Vec<(u64, u64, String, usize)> = Vec::new();
    for (seq, (channel, text)) in entries {
        match rows.last_mut() {
            Some((_, last, line, of)) if of == channel && *last + 1 == *seq && !line.ends_with('\n') => {
                *last = *seq;
                line.push_str(text);
            }
            _ => rows.push((*seq, *seq, text.clone(), *channel)),
        }
    }
    rows.into_iter()
        .map(|(first, last, line, _)| (first, last, line.trim_end_matches('\n').to_owned()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn rows_are_neighbours_put_together_whichever_way_they_are_come_to(
        // Of which channel each entry is, how far its seq is from the one before, whether it ends
        // a line, and whether what there is by then is looked at.
        written in proptest::collection::vec((0_usize..3, 0_u64..5, any::<bool>(), any::<bool>()), 1..40),
        hidden in proptest::option::of(1_usize..4),
    ) {
        let mut finder = Finder::new(Fixture::new(with_log_rows(60)));
        let (mut seq, mut entries) = (0, BTreeMap::new());
        for (channel, further, ends, looks) in written {
            // Most follow directly.
            seq += if further == 4 { 2 } else { 1 };
            // Most are of one channel.
            let channel = if further > 1 { 1 } else { channel };
            let text = format!("{seq} {}", if ends { "\n" } else { "" });
            finder.fixture.append_exactly(CHANNELS[channel], seq, &text);
            entries.insert(seq, (channel, text));
            if looks {
                finder.look();
                prop_assert_eq!(lines(&finder), naive(&entries));
            }
        }
        finder.look();
        if let Some(hidden) = hidden {
            finder.press(&hidden.to_string());
            let channels = finder.fixture.run().model().channels();
            if let Some(hidden) = channels.get(hidden - 1).map(|channel| channel.channel.name().to_owned()) {
                entries.retain(|_, (channel, _)| CHANNELS[*channel] != hidden);
            }
        }
        let expected = naive(&entries);
        prop_assert_eq!(lines(&finder), expected.clone());
        // Each seq is on its row, and nothing else is.
        for seq in entries.keys() {
            finder.press(&format!(":{seq}⏎"));
            let row = expected.iter().find(|(first, last, _)| (first..=last).contains(&seq)).unwrap();
            prop_assert_eq!(finder.at(), Some(row.0.to_string()));
            let run = finder.fixture.run();
            let place = run.pane().place(run.model()).unwrap();
            prop_assert_eq!(place.key().seq(), Some(*seq));
        }
        // Up and down, every line is come to once.
        finder.press("g");
        let mut down = Vec::new();
        for _ in 0..200 {
            down.extend(finder.at().filter(|seq| seq.parse::<u64>().is_ok() && down.last() != Some(seq)));
            finder.press("j");
        }
        let firsts: Vec<String> = expected.iter().map(|(first, ..)| first.to_string()).collect();
        prop_assert_eq!(down, firsts);
    }
}
