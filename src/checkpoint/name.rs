//! Names of checkpoint files (`NNNN-TYPE.json`), and the next seq by the names that are there.

use super::kind::Kind;
use crate::run::MAX_SEQ;
use crate::run::record_name;
pub(super) use crate::run::record_name::seq_of;

/// The seq and the type of a record's file, if this is the name of one.
pub(super) fn parse(name: &[u8]) -> Option<(u64, Kind)> {
    let (seq, kind) = record_name::parse(name)?;
    Some((seq, Kind::from(String::from_utf8_lossy(kind).into_owned())))
}

/// The name of the file of a record: the seq padded to four digits, more when it needs more.
pub(super) fn file_name(seq: u64, kind: &Kind) -> String {
    format!("{seq:04}-{kind}.json")
}

/// Why there is no next seq.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoNextSeq {
    /// The highest number stands in this name and leaves none after it.
    Name(String),
    /// `resumeFromSeq` leaves none after it.
    Resume(u64),
}

/// The highest of `resume_from_seq` and the seq of every name, and the name that it stands in. Any
/// name that begins like a record counts, also one of an unknown type or of a record that is still
/// being written by somebody.
pub(super) fn highest<'a>(
    resume_from_seq: Option<u64>,
    names: impl Iterator<Item = &'a [u8]>,
) -> (u64, Option<&'a [u8]>) {
    names.filter_map(|name| Some((seq_of(name)?, Some(name)))).fold(
        (resume_from_seq.unwrap_or(0), None),
        |highest, found| {
            if found.0 > highest.0 { found } else { highest }
        },
    )
}

/// One more than [`highest`].
pub(super) fn next_seq<'a>(
    resume_from_seq: Option<u64>,
    names: impl Iterator<Item = &'a [u8]>,
) -> Result<u64, NoNextSeq> {
    match highest(resume_from_seq, names) {
        (seq, _) if seq < MAX_SEQ => Ok(seq + 1),
        (_, Some(name)) => Err(NoNextSeq::Name(String::from_utf8_lossy(name).into_owned())),
        (seq, None) => Err(NoNextSeq::Resume(seq)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn next(resume: Option<u64>, names: &[&str]) -> Result<u64, NoNextSeq> {
        next_seq(resume, names.iter().map(|name| name.as_bytes()))
    }

    #[test]
    fn the_first_seq_is_one_and_each_next_one_follows_the_highest() {
        assert_eq!(next(None, &[]), Ok(1));
        assert_eq!(next(Some(7), &[]), Ok(8));
        assert_eq!(next(Some(7), &["0003-summary.json"]), Ok(8));
        assert_eq!(next(Some(2), &["0003-summary.json", "0001-log_tail.json"]), Ok(4));
        assert_eq!(next(None, &["12-x.json.tmp", ".0099-summary.json", "notes.md"]), Ok(13));
        assert_eq!(next(None, &["0000000000000000000000012-x.json", "12345-y.json"]), Ok(12_346));
    }

    #[test]
    fn an_absurd_seq_is_told_with_the_name_it_stands_in() {
        let name = "99999999999999999999999-summary.json";
        assert_eq!(next(None, &["0001-summary.json", name]), Err(NoNextSeq::Name(name.into())));
        assert_eq!(
            next(None, &["9007199254740991-x.json"]),
            Err(NoNextSeq::Name("9007199254740991-x.json".into()))
        );
        assert_eq!(next(Some(MAX_SEQ), &[]), Err(NoNextSeq::Resume(MAX_SEQ)));
    }

    #[test]
    fn names_are_read_in_any_width_and_written_in_four_digits_or_more() {
        assert_eq!(parse(b"0002-log_tail.json"), Some((2, Kind::LogTail)));
        assert_eq!(parse(b"2-my-own.json"), Some((2, Kind::Other("my-own".into()))));
        for name in ["0002-.json", "0002.json", "-summary.json", "x-summary.json", "0002-summary.txt", ""] {
            assert_eq!(parse(name.as_bytes()), None, "{name}");
        }
        assert_eq!(file_name(3, &Kind::GitDiff), "0003-git_diff.json");
        assert_eq!(file_name(123_456, &Kind::Summary), "123456-summary.json");
    }

    /// The same rule, written the slow way: by text.
    fn naive_next(resume: Option<u64>, names: &[String]) -> Option<u64> {
        let mut highest = u128::from(resume.unwrap_or(0));
        for name in names {
            let Some((digits, _)) = name.split_once('-') else { continue };
            if !digits.is_empty() && digits.chars().all(|character| character.is_ascii_digit()) {
                highest = highest.max(digits.parse().unwrap_or(u128::MAX));
            }
        }
        (highest < u128::from(MAX_SEQ)).then(|| u64::try_from(highest).unwrap() + 1)
    }

    proptest! {
        #[test]
        fn the_next_seq_agrees_with_a_naive_model(
            resume in proptest::option::of(prop_oneof![0..200_u64, MAX_SEQ - 2..=u64::MAX]),
            names in proptest::collection::vec(prop_oneof![
                6 => "[0-9]{1,5}-(summary|log_tail|x-y)\\.json",
                2 => "[0-9]{0,4}[-.a]{0,2}[a-z]{0,3}(\\.json|\\.tmp)?",
                1 => "0{0,30}[0-9]{1,3}-z\\.json",
                1 => "(900719925474099[0-3]|[0-9]{17,45})-z\\.json",
            ], 0..8),
        ) {
            let ours = next_seq(resume, names.iter().map(String::as_bytes));
            prop_assert_eq!(ours.ok(), naive_next(resume, &names));
        }

        #[test]
        fn a_written_name_is_read_back(seq in 0..=MAX_SEQ, which in 0..3_usize) {
            let kind = Kind::SUPPORTED[which].clone();
            prop_assert_eq!(parse(file_name(seq, &kind).as_bytes()), Some((seq, kind)));
        }
    }
}
