//! What is fuzzed: everything that reads what others wrote. Nothing panics, and what is read two ways
//! is read the same.

use std::sync::OnceLock;

use jiff::tz::TimeZone;
use regex::Regex;
use stepwatch::app::Key;
use stepwatch::checkpoint::Record;
use stepwatch::display::{self, Limits};
use stepwatch::model::{Filter, Goal, Pattern, Scratch};
use stepwatch::run::seq::canonical_seq;
use stepwatch::run::{MAX_SEQ, Timestamp, decode, line_order};
use stepwatch::settings::Settings;
use stepwatch::tail::Order;
use stepwatch::tail::scan::scan_lines;

/// Something that reads what others wrote. Its corpus is the folder of its name.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Pieces of which inputs are made where nothing tells what they cover.
    pub(crate) tokens: &'static [&'static [u8]],
    /// Panics where it does not hold.
    pub(crate) check: fn(&[u8]),
}

/// All of them.
pub(crate) const TARGETS: &[Target] = &[
    Target { name: "decode", tokens: OF_LINES, check: decoding },
    Target { name: "seq", tokens: OF_LINES, check: finding_the_seq },
    Target { name: "chunks", tokens: OF_LINES, check: chunks },
    Target { name: "display", tokens: OF_LINES, check: showing },
    Target { name: "record", tokens: OF_LINES, check: reading_a_record },
    Target { name: "settings", tokens: OF_SETTINGS, check: reading_settings },
    Target { name: "key", tokens: OF_KEYS, check: reading_a_key },
    Target { name: "filter", tokens: OF_PATTERNS, check: filtering },
    Target { name: "goal", tokens: OF_GOALS, check: naming_a_place },
];

const OF_LINES: &[&[u8]] = &[
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
const OF_SETTINGS: &[&[u8]] = &[
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
const OF_KEYS: &[&[u8]] =
    &[b"ctrl-", b"alt-", b"shift-", b"-", b"+", b"f1", b"esc", b"\xc3\xa9", b" ", b"\0"];
const OF_GOALS: &[&[u8]] = &[
    b"-",
    b":",
    b"%",
    b"c",
    b"d",
    b"h",
    b"m",
    b"s",
    b"T",
    b"Z",
    b" ",
    b".",
    b"08:12",
    b"2026-03-21",
    b"9999",
    b"-9999-01-01",
    b"+25:59",
    b"[Europe/Paris]",
    b"99999999999999999999",
];
const OF_PATTERNS: &[&[u8]] = &[
    b"(", b")", b"[", b"]", b"{9}", b"*", b"+", b"?", b"\\", b"|", b"\\p{L}", b"(?-u)", b"\xff", b"\n", b".",
];

/// A line has the same place however that is asked for.
fn decoding(line: &[u8]) {
    let line = line.split(|byte| *byte == b'\n').next().unwrap();
    let order = line_order(line);
    let entry = decode(line);
    _ = (entry.text_lossy(), entry.event(), entry.is_open_line());
    assert_eq!(Order::Seq.key_of(line).key.and_then(stepwatch::tail::OrderKey::seq), order.seq);
}

/// The rule of the contract, as a regular expression says it.
fn seq_by_rule(line: &[u8]) -> Option<u64> {
    static RULE: OnceLock<regex::bytes::Regex> = OnceLock::new();
    let rule =
        RULE.get_or_init(|| regex::bytes::Regex::new(r#"(?-u)\A\{"seq":(0|[1-9][0-9]{0,15})[,}]"#).unwrap());
    let digits = &rule.captures(line)?[1];
    std::str::from_utf8(digits).unwrap().parse().ok().filter(|seq| *seq <= MAX_SEQ)
}

/// The canonical seq is that of the rule, and that of a whole parse.
fn finding_the_seq(line: &[u8]) {
    assert_eq!(canonical_seq(line), seq_by_rule(line));
    let named_once = line.windows(5).filter(|window| *window == b"\"seq\"").count() == 1;
    // An escape may spell the name another time.
    if named_once
        && !line.contains(&b'\\')
        && let Ok(serde_json::Value::Object(object)) = serde_json::from_slice(line)
        && let Some(seq) = object.get("seq").and_then(serde_json::Value::as_u64).filter(|seq| *seq <= MAX_SEQ)
    {
        assert_eq!(line_order(line).seq, Some(seq));
    }
}

/// Lines are the same in whatever pieces they come.
fn chunks(bytes: &[u8]) {
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
}

/// What must never be in display text: controls, separators, what turns the direction of text, and more
/// than four marks that take no column on one base. Spacing marks take one.
fn never_shown() -> &'static Regex {
    static NEVER: OnceLock<Regex> = OnceLock::new();
    NEVER.get_or_init(|| {
        Regex::new(r"[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\x{200b}\x{feff}\x{ad}\x{e0000}-\x{e0fff}]|[\p{Mn}\p{Me}]{5}")
            .unwrap()
    })
}

/// Display text is harmless, fits, and is as wide as it says.
fn showing(text: &[u8]) {
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
    for shown in
        [display::one_line(&lossy), display::plain_within(&lossy, 20), display::plain_end_within(&lossy, 9)]
    {
        assert!(!never_shown().is_match(&shown), "{shown:?}");
    }
    assert!(display::width(&display::one_line_within(&lossy, 9)) <= 9);
}

/// A checkpoint that was read is written and read the same.
fn reading_a_record(bytes: &[u8]) {
    if let Ok(record) = serde_json::from_slice::<Record>(bytes) {
        let written = serde_json::to_vec(&record).unwrap();
        assert_eq!(serde_json::from_slice::<Record>(&written).unwrap(), record);
    }
}

/// Settings are read whatever they are, and each mistake names a line that is there.
fn reading_settings(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (_, mistakes) = Settings::read(&text);
    let most = text.split('\n').count() + 1;
    assert!(
        mistakes.iter().all(|mistake| mistake.line.is_none_or(|line| (1..=most).contains(&line))),
        "{mistakes:?}"
    );
}

/// A key that is read is written and read the same.
/// Never panics, also for times at the ends of what there is, and what stands before the end of a log
/// is not behind it.
fn naming_a_place(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let read = text.parse::<Goal>();
    assert_eq!(format!("\u{a0} {text} ").parse::<Goal>(), read);
    let Ok(goal) = read else { return };
    for last in [i64::MIN, -1, 0, 1_774_080_724_036, i64::MAX] {
        let last = Timestamp::from_milliseconds(last);
        for zone in
            [TimeZone::UTC, TimeZone::fixed(jiff::tz::offset(-11)), TimeZone::fixed(jiff::tz::offset(14))]
        {
            let found = goal.instant(last, &zone);
            if matches!(goal, Goal::Back(_) | Goal::TimeOfDay(_)) {
                assert!(found.is_none_or(|found| found <= last), "{goal:?}: {found:?}");
            }
        }
    }
}

fn reading_a_key(bytes: &[u8]) {
    if let Ok(key) = String::from_utf8_lossy(bytes).parse::<Key>() {
        assert_eq!(key.to_string().parse::<Key>().ok(), Some(key), "{key}");
    }
}

/// A filter finds in a line what it finds in the line's text.
fn filtering(bytes: &[u8]) {
    const LINES: &[&[u8]] = &[
        include_bytes!("corpus/decode/text_with_escapes"),
        include_bytes!("corpus/decode/bytes_of_the_highest_seq"),
        include_bytes!("corpus/decode/event"),
        include_bytes!("corpus/decode/plain"),
        include_bytes!("corpus/decode/seq_as_text_and_surrogates"),
    ];
    let Ok(pattern) = Pattern::with_smart_case(&String::from_utf8_lossy(bytes)) else { return };
    let filter = Filter::new().keep(pattern.clone());
    let mut scratch = Scratch::default();
    for line in LINES {
        let expected = pattern.matches_text(decode(line).text());
        assert_eq!(pattern.matches_line(line, &mut scratch), expected, "{}", line.escape_ascii());
        assert_eq!(filter.keeps(line, &mut scratch), expected);
    }
}
