//! Torn lines, odd bytes and odd JSON: F01 to F03, F31, F34 to F36.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use stepwatch::model::{Cut, LongLine, Model, PIECE_BYTES, Reader, Selection, Walk};
use stepwatch::run::{Body, MAX_SEQ};
use stepwatch::tail::order::LONGEST_PARSED;

use crate::scene::{Followed, Place, entry, lines, status_of, texts};

#[test]
fn f01_a_torn_line_is_an_entry_once_its_end_came_and_never_twice() {
    let mut run = Followed::new();
    let line = entry(1, "whole 🚀");
    for end in 1..line.len() - 2 {
        fs::write(run.path("stdout.jsonl"), &line.as_bytes()[..end]).unwrap();
        assert_eq!(run.look(), Vec::<String>::new(), "after {end} bytes");
        assert_eq!(run.model.channels()[0].torn_bytes, end as u64);
    }
    fs::write(run.path("stdout.jsonl"), &line).unwrap();
    assert_eq!(run.look_and_compare(), ["whole 🚀"]);
    assert_eq!(run.model.channels()[0].torn_bytes, 0);
}

#[test]
fn f01_a_last_line_without_its_end_is_an_entry_when_it_is_a_whole_object() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entry(1, "one").trim_end());
    assert_eq!(run.look_and_compare(), ["one"]);
    run.append("stdout.jsonl", "\n");
    assert_eq!(run.look_and_compare(), ["one"]);
    run.append("stdout.jsonl", entry(2, "two"));
    assert_eq!(run.look_and_compare(), ["one", "two"]);
    assert_eq!(run.model.counts().ties, 0);
}

#[test]
fn f01_what_follows_a_whole_object_on_its_line_belongs_to_it() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", r#"{"text":"one","seq":1}"#);
    assert_eq!(run.look(), ["one"]);
    // Now it is no whole object, and without a line end no entry: read from zero it is none either.
    run.append("stdout.jsonl", "garbage");
    run.look();
    assert_eq!(run.look_and_compare(), Vec::<String>::new());
    run.append("stdout.jsonl", format!("\n{}", entry(2, "two")));
    assert_eq!(run.look_and_compare(), [r#"{"text":"one","seq":1}garbage"#, "two"]);
}

#[test]
fn f01_a_torn_end_that_is_written_anew_is_looked_at_anew() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entry(1, "one") + r#"{"seq":2,"text":"the runner was killed whi"#);
    assert_eq!(run.look(), ["one"]);
    // Another runner cuts the torn line off and goes on; what it writes is longer than that was, so
    // that the line end is in bytes that had been looked at.
    let whole = entry(1, "one").len() as u64;
    File::options().write(true).open(run.path("stdout.jsonl")).unwrap().set_len(whole).unwrap();
    run.append("stdout.jsonl", entry(2, "two") + r#"{"seq":3,"text":"begun, and not yet ended"#);
    assert_eq!(run.look_and_compare(), ["one", "two"]);
    run.append("stdout.jsonl", "\"}\n");
    assert_eq!(run.look_and_compare(), ["one", "two", "begun, and not yet ended"]);
}

#[test]
fn f02_a_character_cut_at_any_byte_by_a_look_or_by_a_read_stays_whole() {
    const READ: usize = 256 << 10;
    for before in 0..6 {
        for split in 1..4 {
            let mut run = Followed::new();
            // The character begins up to five bytes before the end of the first read.
            let filled = READ - before - r#"{"seq":1,"text":""#.len();
            let line = entry(1, &format!("{}🚀 end", "x".repeat(filled)));
            let cut = READ - before + split;
            run.append("stdout.jsonl", &line.as_bytes()[..cut]);
            assert_eq!(run.look(), Vec::<String>::new());
            run.append("stdout.jsonl", &line.as_bytes()[cut..]);
            let found = run.look();
            assert!(found.len() == 1 && found[0].ends_with("x🚀 end"), "{before} before, split at {split}");
        }
    }
}

#[test]
fn f03_bytes_that_are_not_utf8_are_kept_and_the_place_does_not_depend_on_which_keys_are_read() {
    let mut run = Followed::new();
    let odd: [&[u8]; 7] = [
        b"\xff\xfe plain",
        b"caf\xe9 in Latin-1",
        b"overlong \xc0\xaf",
        b"lone surrogate \xed\xa0\x80",
        b"{\"seq\":5,\"text\":\"\xff\"}",
        b"{\"seq\":6,\"ignored\":\"\xff\",\"text\":\"good\"}",
        b"{\"ignored\":\"\xff\",\"seq\":3,\"text\":\"good\"}",
    ];
    run.append("stdout.jsonl", entry(4, "four"));
    for line in odd {
        run.append("stdout.jsonl", [line, b"\n"].concat());
    }
    run.append("stdout.jsonl", entry(7, "seven"));
    let found = run.look_and_compare();
    assert_eq!(found.len(), 9);
    assert_eq!(found[1], "\u{fffd}\u{fffd} plain");
    let kept: Vec<Vec<u8>> = lines(&run.model)[1..8].iter().map(|(_, _, line)| line.clone()).collect();
    assert_eq!(kept, odd, "the bytes stay reachable, in the order of the file");
    let seqs: Vec<Option<u64>> = lines(&run.model).iter().map(|(_, seq, _)| *seq).collect();
    assert_eq!(seqs, [Some(4), None, None, None, None, Some(5), Some(6), None, Some(7)]);
}

/// A line of a GiB, then an ordinary one.
fn write_gibibyte(path: &std::path::Path) -> u64 {
    let file = File::create(path).unwrap();
    let piece = [b"0123456789abcdef".repeat(1 << 16), Vec::new()].concat();
    (&file).write_all(b"{\"seq\":1,\"text\":\"").unwrap();
    for _ in 0..1024 {
        (&file).write_all(&piece).unwrap();
    }
    (&file).write_all(b"\"}\n{\"seq\":2,\"text\":\"after\"}\n").unwrap();
    file.metadata().unwrap().len() - "\n{\"seq\":2,\"text\":\"after\"}\n".len() as u64
}

#[test]
fn f31_a_line_of_a_gibibyte_is_shown_cut_in_bounded_memory_and_can_be_written_whole() {
    let Some(folder) = Place::own_process()
        .enter("torn::f31_a_line_of_a_gibibyte_is_shown_cut_in_bounded_memory_and_can_be_written_whole")
    else {
        return;
    };
    let mut run = Followed::below(&folder);
    let length = write_gibibyte(&run.path("stdout.jsonl"));
    let memory = || status_of("self", "VmHWM:");
    let before = memory();
    let found = run.look();
    assert_eq!(found.len(), 2);
    assert!(found[0].starts_with("{\"seq\":1,\"text\":\"0123") && found[0].len() < 100_000);
    assert!(found[0].contains(&format!("[cut: this line has {length} bytes")), "it says so");
    assert_eq!(found[1], "after");
    let view = run.model.view(&Selection::all());
    let placed = view.at(0).unwrap();
    assert_eq!((placed.seq, placed.cut, placed.malformed), (Some(1), Some(length), true));
    let risen = memory() - before;
    assert!(risen < 64 << 10, "the memory rose by {risen} kB");

    // The program, asked for the whole line: it streams, and its memory stays as small.
    let mut log = Command::new(env!("CARGO_BIN_EXE_stepwatch"))
        .args(["log", "--raw", "--to", "1"])
        .arg(run.path(""))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = log.stdout.take().unwrap();
    let (mut count, mut buffer, mut head, mut tail) = (0, vec![0; 1 << 20], Vec::new(), Vec::new());
    let mut most = 0;
    loop {
        let read = out.read(&mut buffer).unwrap();
        if read == 0 {
            break;
        }
        if count == 0 {
            head = buffer[..read.min(20)].to_vec();
            most = status_of(&log.id().to_string(), "VmHWM:");
        }
        count += read as u64;
        tail = buffer[read.saturating_sub(8)..read].to_vec();
    }
    assert!(log.wait().unwrap().success());
    assert_eq!(count, length + 1, "the line and its end");
    assert!(head.starts_with(b"{\"seq\":1,\"text\":\"") && tail.ends_with(b"f\"}\n"));
    assert!(most < 128 << 10, "the program used {most} kB before it wrote");
}

#[test]
fn f31_the_longest_line_that_is_held_is_exact_and_one_byte_more_is_cut() {
    for (more, is_cut) in [(0, false), (1, true)] {
        let mut run = Followed::new();
        let frame = r#"{"seq":1,"text":""}"#.len();
        run.append("stdout.jsonl", entry(0, "before"));
        run.append("stdout.jsonl", entry(1, &"x".repeat(LONGEST_PARSED - frame + more)));
        run.append("stdout.jsonl", entry(2, "after"));
        let found = run.look_and_compare();
        assert_eq!((found.len(), &*found[0], &*found[2]), (3, "before", "after"));
        assert_eq!(found[1].contains("[cut: "), is_cut);
        assert!(is_cut || found[1].len() == LONGEST_PARSED - frame);
        let mut whole = Vec::new();
        let all = Selection::all();
        let walk = Walk::new(&run.model.view(&all), Cut::BEGIN, Cut::end());
        for piece in walk.pieces(PIECE_BYTES) {
            walk.read(piece, &mut Reader::default(), None, |entry| match LongLine::of(&entry) {
                Some(line) => walk.write_line(line, &mut whole).unwrap(),
                None if entry.line.len() > 100 => whole.extend_from_slice(entry.line),
                None => {}
            });
        }
        assert_eq!(whole.len(), LONGEST_PARSED + more);
    }
}

#[test]
fn f31_a_long_line_whose_head_has_no_seq_stands_with_the_line_before_it() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entry(5, "five"));
    let file = File::options().append(true).open(run.path("stdout.jsonl")).unwrap();
    let length = file.metadata().unwrap().len();
    // A hole in the middle of a line: all of it belongs to the line.
    (&file).write_all(b"no JSON").unwrap();
    file.set_len(length + LONGEST_PARSED as u64 + (1 << 20)).unwrap();
    (&file).write_all(b"\n").unwrap();
    run.append("stdout.jsonl", entry(6, "six"));
    let found = run.look_and_compare();
    assert_eq!(found.len(), 3);
    assert!(found[1].starts_with("no JSON"));
    assert_eq!(run.model.view(&Selection::all()).at(1).unwrap().seq, None);
}

#[test]
fn f34_json_a_hundred_thousand_levels_deep_is_a_malformed_line() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entry(1, "one"));
    run.append("stdout.jsonl", "[".repeat(100_000) + "\n");
    run.append("stdout.jsonl", r#"{"a":"#.repeat(100_000) + "\n");
    run.append("stdout.jsonl", format!("{{\"seq\":2,\"data\":{}\n", "[".repeat(100_000)));
    run.append(
        "stdout.jsonl",
        format!("{}{}{}\n", r#"{"seq":3,"a":"#, "[".repeat(200), "]".repeat(200) + "}"),
    );
    run.append("stdout.jsonl", entry(4, "four"));
    assert_eq!(run.look_and_compare().len(), 6);
    let view = run.model.view(&Selection::all());
    let found: Vec<_> = view.from(0).map(|placed| (placed.seq, placed.malformed)).collect();
    assert_eq!(
        found,
        [(Some(1), false), (None, true), (None, true), (Some(2), true), (Some(3), true), (Some(4), false)]
    );
}

#[test]
fn f35_an_odd_seq_counts_by_the_rule_and_both_paths_agree() {
    // A line, the seq that it has, and whether it is malformed.
    let table: [(&str, Option<u64>, bool); 16] = [
        (r#"{"seq":9007199254740991,"text":"highest"}"#, Some(MAX_SEQ), false),
        (r#"{"seq":9007199254740992,"text":"too high"}"#, None, true),
        (r#"{"seq":18446744073709551616,"text":"2^64"}"#, None, true),
        (r#"{"seq":-1,"text":"negative"}"#, None, true),
        (r#"{"seq":1e3,"text":"exponent"}"#, None, true),
        (r#"{"seq":7.0,"text":"fraction"}"#, None, true),
        (r#"{"seq":"7","text":"text"}"#, None, true),
        (r#"{"seq":007,"text":"zeros"}"#, None, true),
        (r#"{"seq":1,"seq":2,"text":"twice"}"#, Some(1), false),
        (r#"{"text":"twice, not first","seq":3,"seq":4}"#, Some(3), false),
        ("\u{feff}{\"seq\":5,\"text\":\"BOM\"}", None, true),
        (r#"{"seq":6,"text":"trailing"} garbage"#, Some(6), true),
        (r#"{"seq":8,"text":"#, Some(8), true),
        (r#"{ "seq" : 9 , "text" : "spaces" }"#, Some(9), false),
        (r#"{"seq":null,"text":"null"}"#, None, true),
        (r#"{"text":"none"}"#, None, false),
    ];
    for (line, seq, malformed) in table {
        let mut run = Followed::new();
        run.append("stdout.jsonl", format!("{}{line}\n", entry(0, "zero")));
        run.look_and_compare();
        let view = run.model.view(&Selection::all());
        let odd = view.from(0).find(|placed| placed.line == line.as_bytes()).unwrap();
        assert_eq!((odd.seq, odd.malformed), (seq, malformed), "{line}");
        // The place was found by the fast path or a search for the seq, the entry by a whole parse.
        assert_eq!(odd.place.key().seq(), Some(seq.unwrap_or(0)), "{line}");
        assert_eq!(matches!(odd.entry.body, Body::Raw(_)), malformed, "{line}");
    }
}

#[test]
fn f36_a_line_that_is_no_json_stands_between_its_neighbours_and_is_never_dropped() {
    let mut run = Followed::new();
    let odd: [&[u8]; 5] =
        [b"thread 'main' panicked at src/x.rs:1:1:", b"\x1b[?2004h", b"\xb3\x5c\xa5\x5c CP-950", b"", b"\r"];
    run.append("stdout.jsonl", entry(1, "one"));
    run.append("stderr.jsonl", entry(2, "of another file"));
    for line in odd {
        run.append("stdout.jsonl", [line, b"\n"].concat());
    }
    run.append("stdout.jsonl", entry(3, "three"));
    run.look_and_compare();
    let found: Vec<Vec<u8>> = lines(&run.model).into_iter().map(|(_, _, line)| line).collect();
    assert_eq!(found[1..6], odd, "between the neighbours of its file");
    assert_eq!(texts(&run.model).last().unwrap(), "three");
    assert_eq!(run.model.counts().malformed, 5);
    let again = Model::load(run.model.directory().clone()).unwrap();
    assert_eq!(again.counts(), run.model.counts());
}
