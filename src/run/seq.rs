//! Where a line stands: its `seq`, found without parsing when the line begins canonically.

use super::object::Object;
use super::time::{Timestamp, at_head_of_line};

/// The highest `seq`: 2^53 − 1, the highest integer that every JSON reader keeps exactly.
pub const MAX_SEQ: u64 = (1 << 53) - 1;

const PREFIX: &[u8] = b"{\"seq\":";

/// What a line says of its place, before anything else of it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineOrder {
    /// The line's own `seq`. Without one it takes the seq of the line before it in its file.
    pub seq: Option<u64>,
    /// Whether the line is a JSON object (or begins with a canonical seq, which is taken as one).
    /// A line that is not, in a file that has objects, is malformed.
    pub object: bool,
}

/// Reads the place of one line (without its line end), by the contract's rule: a line that begins
/// `{"seq":`, 1 to 16 digits without a leading zero, at most [`MAX_SEQ`], then `,` or `}` has that
/// seq whatever follows; any other line is parsed whole, and the first `seq` of its object counts.
#[must_use]
pub fn line_order(line: &[u8]) -> LineOrder {
    if let Some(seq) = canonical_seq(line) {
        return LineOrder { seq: Some(seq), object: true };
    }
    match Object::parse(line) {
        None => LineOrder { seq: None, object: false },
        Some(object) => match object.seq() {
            Ok(seq) => LineOrder { seq, object: true },
            Err(_) => LineOrder { seq: None, object: false },
        },
    }
}

/// The time of a line, for runs in which no line has a seq: of its object, or at its head.
#[must_use]
pub fn line_time(line: &[u8]) -> Option<Timestamp> {
    match Object::parse(line) {
        Some(object) => object.time(),
        None => at_head_of_line(line),
    }
}

/// The seq of a line that begins canonically; see [`line_order`].
#[must_use]
#[inline]
pub fn canonical_seq(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(PREFIX)?;
    let mut seq = 0_u64;
    for (place, byte) in rest.iter().take(17).enumerate() {
        match byte {
            b'0'..=b'9' if place < 16 && !(place > 0 && rest[0] == b'0') => {
                seq = seq * 10 + u64::from(byte - b'0');
            }
            b',' | b'}' if place > 0 => return (seq <= MAX_SEQ).then_some(seq),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seq(line: &str) -> Option<u64> {
        line_order(line.as_bytes()).seq
    }

    #[test]
    fn a_canonical_beginning_decides_even_when_the_rest_is_broken() {
        assert_eq!(seq(r#"{"seq":12,"text":"#), Some(12));
        assert_eq!(seq(r#"{"seq":0}garbage"#), Some(0));
        assert_eq!(seq(r#"{"seq":9007199254740991,"#), Some(MAX_SEQ));
        assert_eq!(seq(r#"{"seq":1,"seq":2}"#), Some(1));
    }

    #[test]
    fn any_other_line_is_parsed_whole() {
        assert_eq!(seq(r#"{"ts":"x","seq":7}"#), Some(7));
        assert_eq!(seq(r#" { "seq" : 7 } "#), Some(7));
        assert_eq!(seq(r#"{ "seq":3,"seq":4}"#), Some(3));
    }

    #[test]
    fn what_is_not_an_integer_in_range_is_no_seq_and_the_line_malformed() {
        for line in [
            r#"{"seq":-1}"#,
            r#"{"seq":1e3}"#,
            r#"{"seq":1.0}"#,
            r#"{"seq":"7"}"#,
            r#"{"seq":007}"#,
            r#"{"seq":9007199254740992}"#,
            r#"{"seq":18446744073709551616}"#,
            r#"{"seq":}"#,
            r#"{ "seq":1"#,
            "\u{feff}{\"seq\":1}",
            "",
            "[1]",
            "plain",
        ] {
            assert_eq!(line_order(line.as_bytes()), LineOrder { seq: None, object: false }, "{line}");
        }
        assert_eq!(line_order(b"{}"), LineOrder { seq: None, object: true });
    }

    #[test]
    fn deep_nesting_is_a_malformed_line_and_not_a_crash() {
        let line = "[".repeat(200_000);
        assert_eq!(line_order(line.as_bytes()), LineOrder { seq: None, object: false });
    }

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_the_whole_parse_on_valid_lines(number in 0..=MAX_SEQ, text in ".*") {
            let line = serde_json::json!({"seq": number, "text": text}).to_string();
            prop_assert_eq!(canonical_seq(line.as_bytes()), Some(number));
            let object = Object::parse(line.as_bytes()).expect("valid JSON");
            prop_assert_eq!(object.seq(), Ok(Some(number)));
        }

        #[test]
        fn any_bytes_have_a_place_without_a_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let order = line_order(&line);
            prop_assert!(order.object || order.seq.is_none());
        }
    }
}
