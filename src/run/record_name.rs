//! The names of checkpoint files: `NNNN-TYPE.json`.

/// The seq that a file name begins with: digits of any number, then `-`. `None` for every other
/// name; a number too large for the type is the largest there is.
#[must_use]
pub fn seq_of(name: &[u8]) -> Option<u64> {
    let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || name.get(digits) != Some(&b'-') {
        return None;
    }
    let number = name[..digits]
        .iter()
        .try_fold(0_u64, |number, digit| number.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
    Some(number.unwrap_or(u64::MAX))
}

/// The seq and the type of a record's file, if this is the name of one.
#[must_use]
pub fn parse(name: &[u8]) -> Option<(u64, &[u8])> {
    let seq = seq_of(name)?;
    let kind = name.strip_suffix(b".json")?.splitn(2, |byte| *byte == b'-').nth(1)?;
    (!kind.is_empty()).then_some((seq, kind))
}

/// Whether the seq in a record's name is written as the contract says: in four digits, or in as many as
/// it needs.
#[must_use]
pub fn is_padded(name: &[u8]) -> bool {
    let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits == 4 || (digits > 4 && name[0] != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seq_has_four_digits_or_as_many_as_it_needs() {
        for (name, padded) in [("0001-a", true), ("12345-a", true), ("31-a", false), ("00031-a", false)] {
            assert_eq!(is_padded(name.as_bytes()), padded, "{name}");
        }
    }

    #[test]
    fn a_record_has_digits_a_hyphen_and_a_type_before_its_ending() {
        assert_eq!(parse(b"0001-log_tail.json"), Some((1, &b"log_tail"[..])));
        assert_eq!(parse(b"12345-a-b.json"), Some((12345, &b"a-b"[..])));
        assert_eq!(parse(b"99999999999999999999-x.json").map(|(seq, _)| seq), Some(u64::MAX));
        for name in ["0001.json", "0001-.json", "a-b.json", "-b.json", ".0001-a.json", "0001-a.json.tmp", ""]
        {
            assert_eq!(parse(name.as_bytes()), None, "{name}");
        }
    }
}
