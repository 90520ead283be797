use proptest::prelude::*;

use super::*;
use crate::run::decode;

/// Patterns of every kind, of few letters, so that they often match.
fn pattern() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "ab",
        "b/a",
        "é",
        "/",
        "a",
        "\\n",
        "\\.",
        ".",
        "[ab]",
        "\\d{3}",
        "(\\d{3,4})",
        "[0-9a-fé]{5}",
        "[é1]{4}",
        "[^0-9a]{3}",
        "[ab/]{3}",
        "[\\x1b12]{3}",
        "\\w+",
        "(ab|ba)",
        "(?:ab)+",
        "(?:ab)*",
        "a?",
        "^",
        "$",
        "\\b",
        "\\\\",
        "\"",
        "u00",
        "ſ",
        "k",
        "\\x1b",
        "(?-u:\\xc3)",
        "x{0}",
    ]);
    let flags = prop::sample::select(vec!["", "", "(?i)", "(?s)", "(?x)"]);
    let pieces = proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat());
    (flags, pieces.clone(), prop::option::of(pieces)).prop_map(|(flags, one, other)| match other {
        None => format!("{flags}{one}"),
        Some(other) => format!("{flags}{one}|{other}"),
    })
}

/// Lines of the letters that the patterns have, escaped in all ways, and lines of every form.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "ab",
        "ba",
        "a",
        "b",
        "é",
        "\\u00e9",
        "\\u0061",
        "\\u0062",
        "\\/",
        "/",
        "\\n",
        "\\r\\n",
        "\\\"",
        "\\\\",
        "\\u001b",
        "\\u001b[1m",
        "\\u001B[0;31m",
        "\x1b[K",
        "12",
        ".",
        "K",
        "\\u212a",
        "ſ",
        "\\\\u00",
        " ",
        "\\ud83d\\ude00",
        "\\ud83d",
    ]);
    let text = proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat());
    let form = prop::sample::select(vec![
        ("{\"seq\":12,\"ts\":\"2026-03-21T08:00:00.000Z\",\"text\":\"", "\"}"),
        ("{\"seq\":1,\"text\":\"", "\"}"),
        ("{\"seq\":1,\"text\":\"", "\"} "),
        ("{\"seq\":1,\"text\":\"", ""),
        ("{\"seq\":1,\"event\":\"ab\",\"renderedLine\":\"", "\"}"),
        ("{\"event\":\"", "\"}"),
        ("{\"seq\":1,\"msg\":\"", "\"}"),
        ("{\"text\":7,\"seq\":1,\"x\":\"", "\"}"),
        ("{\"ab\":\"", "\",\"bytes\":\"YWIxMi9iYQ==\"}"),
        ("{\"byt\\u0065s\":\"YWIxMi9iYQ==\",\"x\":\"", "\"}"),
        ("", ""),
    ]);
    (form, text).prop_map(|((head, end), text)| format!("{head}{text}{end}").into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn a_line_matches_where_its_decoded_text_does_and_no_such_line_is_passed_over(
        pattern in pattern(),
        lines in proptest::collection::vec(line(), 0..12),
    ) {
        let Ok(pattern) = Pattern::new(&pattern) else { return Ok(()) };
        let mut scratch = Scratch::default();
        let chunk: Vec<u8> = lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect();
        let mut candidates = pattern.candidates(&chunk);
        let mut any = false;
        let mut from = 0;
        for line in &lines {
            let mut text = decode(line).text().to_vec();
            without_colours(&mut text);
            let matches = pattern.regex.is_match(&text);
            any |= matches;
            prop_assert_eq!(pattern.matches_line(line, &mut scratch), matches);
            let end = from + line.len();
            let is_candidate = candidates.next_from(from).is_some_and(|place| place <= end);
            prop_assert!(is_candidate || !matches);
            from = end + 1;
        }
        prop_assert!(pattern.may_match(&chunk) || !any);
    }
}

#[test]
fn what_every_match_has_in_it_is_searched_for_and_lines_without_it_are_passed_over() {
    for (pattern, found) in [
        ("panicked", true),
        ("error|warning|fatal", true),
        ("(?i)timeout", true),
        ("(error|warning): x", true),
        (r"\d{6}", false),
        (r"(\d{6})|x", false),
        (r"\w+ panicked at \d+", true),
        ("^a", false),
        ("/a/b/crates", true),
        ("(?i)connection ran into a timeout", true),
        ("a|", false),
    ] {
        let pattern = Pattern::new(pattern).unwrap();
        assert_eq!(pattern.required.is_some(), found, "{pattern:?}");
        assert_eq!(pattern.may_match(b"{\"seq\":1,\"text\":\"\\u001b[32mok\\u001b[0m\\n\"}\n"), !found);
    }
}

#[test]
fn a_run_that_every_match_has_is_looked_for_before_the_pattern() {
    for (pattern, length) in [
        (r"\d{6}", Some(6)),
        (r"id ([0-9a-f]{8,}) \d{3}", Some(8)),
        (r"\d{2}", None),
        (r"\d{6}|x", None),
        (r".{6}", None),
        (r"(?:ab){6}", None),
    ] {
        let run = Pattern::new(pattern).unwrap().run;
        assert_eq!(run.as_ref().map(|run| run.is_in(&[b'7'; 20])), length.map(|_| true), "{pattern}");
        if let (Some(run), Some(length)) = (run, length) {
            assert!(!run.is_in(&vec![b'7'; length - 1]) && run.is_in(&vec![b'7'; length]));
        }
    }
}

#[test]
fn colours_hide_nothing_and_are_not_found() {
    let mut scratch = Scratch::default();
    let coloured = br#"{"seq":1,"text":"\u001b[1m\u001b[31merror[E0308]\u001b[0m\u001b[1m: mismatched 12\u001b[32m345\u001b[0m"}"#;
    let raw = b"plain \x1b[31mer\x1b[0mror: mismatched";
    for (pattern, line, found) in [
        (r"^error\[E0308\]: mismatched", &coloured[..], true),
        ("E0308]: m", coloured, true),
        (r"\d{5}$", coloured, true),
        ("31m", coloured, false),
        ("(?i)ERROR: MIS", raw, true),
        ("plain error", raw, true),
        ("31", raw, false),
    ] {
        let pattern = Pattern::new(pattern).unwrap();
        assert_eq!(pattern.matches_line(line, &mut scratch), found, "{pattern:?}");
        assert_eq!(pattern.matches_text(decode(line).text()), found, "{pattern:?}");
        assert!(!found || pattern.may_match(line), "{pattern:?}");
    }
    let far = Pattern::new("panicked").unwrap();
    assert!(!far.may_match(br#"{"seq":1,"text":"\u001b[1mok\u001b[0m"}"#), "no colour stands in its midst");
}

#[test]
fn a_run_is_found_where_its_characters_are_escaped_by_their_numbers() {
    let pattern = Pattern::new(r"\d{5}").unwrap();
    let mut scratch = Scratch::default();
    assert!(pattern.matches_line(br#"{"seq":1,"text":"1\u0032\u0033\u0034\u0035"}"#, &mut scratch));
    assert!(!pattern.matches_line(br#"{"seq":12345,"text":"1234\n5"}"#, &mut scratch));
    let blank = Pattern::new("[\u{1b}\n]{3}").unwrap();
    assert!(blank.matches_line(br#"{"seq":1,"text":"\n\u001b\n"}"#, &mut scratch));
}

#[test]
fn capital_letters_count_where_a_pattern_has_some_beside_its_escapes() {
    for (pattern, is_blind) in [
        ("error", true),
        ("Error", false),
        (r"\Serror", true),
        (r"\p{Lu}x", true),
        (r"\x{4A}", true),
        (r"\\E", false),
        ("é", true),
        ("É", false),
        ("", true),
    ] {
        assert_eq!(has_capitals(pattern), !is_blind, "{pattern}");
    }
    assert!(Pattern::with_smart_case("failed").unwrap().matches_text(b"FAILED"));
    assert!(!Pattern::with_smart_case("Failed").unwrap().matches_text(b"FAILED"));
    assert_eq!(Pattern::with_smart_case("(").unwrap_err(), "unclosed group");
    assert!(!Pattern::with_smart_case(r"\w{1000}{1000}").unwrap_err().is_empty());
}

#[test]
fn the_places_of_matches_are_found_and_empty_ones_are_none() {
    let found: Vec<_> = Pattern::new("b*").unwrap().find_in(b"abbcb").collect();
    assert_eq!(found, [1..3, 4..5]);
}
