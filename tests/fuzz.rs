//! Random mutations of interesting inputs, for everything that reads what others wrote: nothing
//! panics, and what is read two ways is read the same.
//!
//! This is no coverage-guided fuzzing (that takes a nightly toolchain and a crate of its own): inputs of a corpus are cut,
//! spliced, flipped and mixed with tokens, in an order that a seed decides. Each target takes
//! `FUZZ_MILLISECONDS` (200 where it is not set); ten minutes each are
//! `FUZZ_MILLISECONDS=600000 cargo test --release --test fuzz -- --test-threads=1`. A failure names the
//! seed and the input; `FUZZ_SEED` begins there again.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "fuzz/mutator.rs"]
mod mutator;

use std::sync::OnceLock;

use mutator::{Mutator, run};
use regex::Regex;
use stepwatch::app::Key;
use stepwatch::checkpoint::Record;
use stepwatch::display::{self, Limits};
use stepwatch::model::{Filter, Pattern, Scratch};
use stepwatch::run::seq::canonical_seq;
use stepwatch::run::{MAX_SEQ, decode, line_order};
use stepwatch::settings::Settings;
use stepwatch::tail::Order;
use stepwatch::tail::scan::scan_lines;

const LINES: &[&[u8]] = &[
    br#"{"seq":1,"ts":"2026-03-21T08:00:00.036Z","text":"line \u001b[1mof\u001b[0m text\n"}"#,
    br#"{"seq":9007199254740991,"bytes":"/wBh"}"#,
    br#"{"seq":12,"ts":"2026-03-21T08:00:00.036Z","event":"step_started","level":"info","renderedLine":"r","data":{"a":[1,2.5e3,null]}}"#,
    br#"{"ts":1774080000036,"seq":7,"text":"later"}"#,
    br#"{"seq":007}"#,
    br#"{"seq":1,"seq":2}"#,
    b"plain 2026-03-21T08:00:00Z text \xff\xfe",
    br#"{"seq":"7","text":"\ud800\udc00\udfff"}"#,
];
const TOKENS: &[&[u8]] = &[
    b"{\"seq\":",
    b"9007199254740992",
    b"\"text\":",
    b"\"bytes\":",
    b"\\u0000",
    b"\\ud83d",
    b"\x1b[",
    b"\x1b]0;",
    b"\n",
    b"\r",
    b"\0",
    b"}",
    b",",
    b"[[[[[[[[",
    b"1e999",
    b"\xe2\x80\xae",
    b"\xcc\x81",
    b"\xf0\x9f\x91\xa9",
    b"\xe2\x80\x8d",
    b"38;2;1;2;3m",
    b"-1",
    b"\"seq\":5",
];

#[test]
fn decoding_a_line_never_panics_and_its_place_is_the_same_however_it_is_asked_for() {
    run("decode", LINES, TOKENS, |line| {
        let line = line.split(|byte| *byte == b'\n').next().unwrap();
        let order = line_order(line);
        let entry = decode(line);
        _ = (entry.text_lossy(), entry.event(), entry.is_open_line());
        assert_eq!(Order::Seq.key_of(line).key.and_then(stepwatch::tail::OrderKey::seq), order.seq);
    });
}

/// The rule of the contract, as a regular expression says it.
fn seq_by_rule(line: &[u8]) -> Option<u64> {
    static RULE: OnceLock<regex::bytes::Regex> = OnceLock::new();
    let rule =
        RULE.get_or_init(|| regex::bytes::Regex::new(r#"(?-u)\A\{"seq":(0|[1-9][0-9]{0,15})[,}]"#).unwrap());
    let digits = &rule.captures(line)?[1];
    std::str::from_utf8(digits).unwrap().parse().ok().filter(|seq| *seq <= MAX_SEQ)
}

#[test]
fn the_canonical_seq_is_that_of_the_rule_and_that_of_a_whole_parse() {
    run("seq", LINES, TOKENS, |line| {
        let found = canonical_seq(line);
        assert_eq!(found, seq_by_rule(line));
        let named_once = line.windows(5).filter(|window| *window == b"\"seq\"").count() == 1;
        // An escape may spell the name another time.
        if named_once
            && !line.contains(&b'\\')
            && let Ok(serde_json::Value::Object(object)) = serde_json::from_slice(line)
            && let Some(seq) =
                object.get("seq").and_then(serde_json::Value::as_u64).filter(|seq| *seq <= MAX_SEQ)
        {
            assert_eq!(line_order(line).seq, Some(seq));
        }
    });
}

#[test]
fn lines_are_the_same_in_whatever_pieces_they_come() {
    let whole = LINES.join(&b'\n');
    run("chunks", &[&whole, LINES[0]], TOKENS, |bytes| {
        let at_once = scan_lines(bytes, 0, Order::Seq);
        let cut = bytes.len() / 3;
        let (mut marks, mut begins) = (Vec::new(), 0);
        for end in [cut, cut * 2, bytes.len()] {
            let scan = scan_lines(&bytes[begins..end], begins as u64, Order::Seq);
            marks.extend(scan.marks.iter().map(|mark| (mark.offset(), mark.key(), mark.is_object())));
            begins += scan.consumed;
        }
        let expected: Vec<_> =
            at_once.marks.iter().map(|mark| (mark.offset(), mark.key(), mark.is_object())).collect();
        assert_eq!((marks, begins), (expected, at_once.consumed));
    });
}

/// What must never be in display text: controls, separators, and what turns the direction of text.
fn never_shown() -> &'static Regex {
    static NEVER: OnceLock<Regex> = OnceLock::new();
    NEVER.get_or_init(|| {
        Regex::new(r"[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\x{200b}\x{feff}\x{ad}\x{e0000}-\x{e0fff}]|\p{M}{6}")
            .unwrap()
    })
}

#[test]
fn display_text_is_harmless_fits_and_is_as_wide_as_it_says() {
    let texts: &[&[u8]] = &[
        b"plain \x1b[1;31mred\x1b[0m \x1b]0;title\x07 \x1b[2J",
        b"10%\r50%\r100%\r\nnext\tstop",
        "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301} \u{202e}evil \u{1f469}\u{200d}\u{1f4bb} 好".as_bytes(),
        b"\xff\xc0\x80 \xed\xa0\x80 \x9b31m",
    ];
    run("display", texts, TOKENS, |text| {
        for columns in [0, 1, 7, usize::MAX] {
            let limits = Limits { from: text.len() % 5, columns, ..Limits::NONE };
            for line in display::lines(text, limits) {
                let shown = line.text();
                assert!(!never_shown().is_match(&shown), "{shown:?}");
                assert!(line.width <= columns);
                let spans: usize = line.spans.iter().map(|span| display::width(&span.text)).sum();
                assert_eq!(spans, line.width, "{shown:?}");
            }
        }
        let lossy = String::from_utf8_lossy(text);
        for shown in [
            display::one_line(&lossy),
            display::plain_within(&lossy, 20),
            display::plain_end_within(&lossy, 9),
        ] {
            assert!(!never_shown().is_match(&shown), "{shown:?}");
        }
        assert!(display::width(&display::one_line_within(&lossy, 9)) <= 9);
    });
}

#[test]
fn reading_a_checkpoint_never_panics_and_what_was_read_is_written_and_read_the_same() {
    let records: &[&[u8]] = &[
        br#"{"format":1,"taskId":"t","seq":2,"type":"log_tail","id":"0198","createdAt":"2026-03-21T08:00:00.036Z","origin":"operator","logSeq":18204,"summary":"s","payload":{"lines":["[worker] a"],"truncated":true},"further":[1]}"#,
        br#"{"type":"summary","summary":"\ud83d\ude00","payload":{"detail":null}}"#,
    ];
    run("record", records, TOKENS, |bytes| {
        if let Ok(record) = serde_json::from_slice::<Record>(bytes) {
            let written = serde_json::to_vec(&record).unwrap();
            assert_eq!(serde_json::from_slice::<Record>(&written).unwrap(), record);
        }
    });
}

#[test]
fn settings_are_read_whatever_they_are_and_each_mistake_names_a_line_that_is_there() {
    let settings: &[&[u8]] = &[
        b"theme = \"dark\"\n[notify]\nbell = true\n[keys]\nfollow = [\"f\", \"ctrl-f\"]\n",
        b"[thresholds]\nidle = \"10s\"\n[thresholds.shell]\nidle = \"1m\"\n[theme.colours]\nfailed = \"#ff0000\"\n",
    ];
    let tokens: &[&[u8]] = &[
        b"[",
        b"]",
        b"\"",
        b"=",
        b"\n",
        b"[keys]",
        b"ctrl-",
        b"#",
        b"'''",
        b"1e9999",
        b"\\u{0}",
        b"9999999999999999999999d",
        b"..",
        b"\x1b",
    ];
    run("settings", settings, tokens, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let (_, mistakes) = Settings::read(&text);
        let most = text.split('\n').count() + 1;
        assert!(
            mistakes.iter().all(|mistake| mistake.line.is_none_or(|line| (1..=most).contains(&line))),
            "{mistakes:?}"
        );
    });
}

#[test]
fn a_key_that_is_read_is_written_and_read_the_same() {
    let keys: &[&[u8]] =
        &[b"ctrl-c", b"alt-enter", b"shift-tab", b"f12", b"G", b"space", b"pagedown", b"ctrl-alt-x"];
    let tokens: &[&[u8]] =
        &[b"ctrl-", b"alt-", b"shift-", b"-", b"+", b"f1", b"esc", b"\xc3\xa9", b" ", b"\0"];
    run("key", keys, tokens, |bytes| {
        if let Ok(key) = String::from_utf8_lossy(bytes).parse::<Key>() {
            assert_eq!(key.to_string().parse::<Key>().ok(), Some(key), "{key}");
        }
    });
}

#[test]
fn a_filter_finds_in_a_line_what_it_finds_in_its_text() {
    let patterns: &[&[u8]] =
        &[b"line", b"(?i)L.NE", b"^of$", b"[a-z]+\\d{2,4}", b"\\bwarning\\b|text", b"\\x1b\\["];
    let tokens: &[&[u8]] = &[
        b"(", b")", b"[", b"]", b"{9}", b"*", b"+", b"?", b"\\", b"|", b"\\p{L}", b"(?-u)", b"\xff", b"\n",
        b".",
    ];
    run("filter", patterns, tokens, |bytes| {
        let Ok(pattern) = Pattern::with_smart_case(&String::from_utf8_lossy(bytes)) else { return };
        let filter = Filter::new().keep(pattern.clone());
        let mut scratch = Scratch::default();
        for line in LINES {
            let expected = pattern.matches_text(decode(line).text());
            assert_eq!(pattern.matches_line(line, &mut scratch), expected, "{}", line.escape_ascii());
            assert_eq!(filter.keeps(line, &mut scratch), expected);
        }
    });
}

#[test]
fn the_mutator_changes_its_inputs_and_makes_the_same_of_the_same_seed() {
    let made = |seed| {
        let mut mutator = Mutator::new(seed);
        (0..100).map(|_| mutator.next(LINES, TOKENS)).collect::<Vec<_>>()
    };
    assert_eq!(made(7), made(7));
    assert_ne!(made(7), made(8));
    assert!(made(7).iter().filter(|input| !LINES.contains(&&input[..])).count() > 80);
}
