//! What arrives in the files of a run, in any order.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use stepwatch::model::Model;
use stepwatch::run::{Now, Timestamp};
use stepwatch::tail::{RunTail, Sizes};

pub(crate) const NAMES: [&str; 4] = ["worker", "stdout", "stderr", "audit"];

/// A line of a log file as somebody might write it.
pub(crate) fn line() -> impl Strategy<Value = String> {
    let text = prop_oneof![8 => 0..40_usize, 1 => 2000..9000_usize].prop_map(|length| "x".repeat(length));
    prop_oneof![
        12 => (0..120_u64, text.clone()).prop_map(|(seq, text)| format!(r#"{{"seq":{seq},"text":"{text}"}}"#)),
        2 => (0..120_u64, text).prop_map(|(seq, text)| format!(r#"{{"text":"{text}","seq":{seq}}}"#)),
        1 => (0..120_u64).prop_map(|seq| format!(r#"{{"seq":{seq},"text":"bro"#)),
        1 => Just("thread 'main' panicked".to_owned()),
        1 => Just(String::new()),
        1 => Just(r#"{"text":"no seq"}"#.to_owned()),
    ]
}

/// Which file gets which lines, in the order of arrival; a line that rises with the arrival is as
/// likely as one anywhere.
pub(crate) fn arrivals() -> impl Strategy<Value = Vec<(usize, String)>> {
    let rising = proptest::collection::vec((0..NAMES.len(), any::<bool>()), 0..400).prop_map(|channels| {
        let numbered = channels.into_iter().enumerate();
        numbered
            .map(|(seq, (channel, _))| (channel, format!(r#"{{"seq":{seq},"text":"ordered\n"}}"#)))
            .collect()
    });
    let any = proptest::collection::vec((0..NAMES.len(), line()), 0..300);
    let mixed =
        (rising, any).prop_map(|(rising, any): (Vec<_>, Vec<_>)| rising.into_iter().chain(any).collect());
    prop_oneof![1 => Just(Vec::new()), 12 => mixed]
}

/// Sizes so small that a small run is read in every way.
pub(crate) fn sizes() -> impl Strategy<Value = Sizes> {
    (1..4000_u64, 1..20_000_u64, 1..3000_u64, 16..900_u64, 64..6000_usize).prop_map(
        |(piece, at_once, worth_it, window, chunk)| Sizes { piece, at_once, worth_it, window, chunk },
    )
}

pub(crate) fn append(folder: &Path, channel: usize, line: &str) {
    let path = folder.join(format!("{}.jsonl", NAMES[channel]));
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

pub(crate) fn now() -> Now {
    Now { wall: Timestamp::from_milliseconds(0), monotonic: Duration::from_secs(60) }
}

pub(crate) fn feed(tail: &mut RunTail, model: &mut Model) {
    loop {
        let batch = tail.poll();
        let caught_up = batch.caught_up;
        model.apply(batch, now());
        if caught_up {
            return;
        }
    }
}
