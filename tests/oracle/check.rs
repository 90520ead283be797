//! The comparison at rest: the live model against the naive one, and both against the model of the
//! directory read from zero.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;

use stepwatch::model::{Counts, Gap, Model, Placed, Selection};
use stepwatch::run::Channel;
use stepwatch::tail::Order;

use super::ledger::{Ledger, ensure};
use super::naive::{NaiveEntry, Source, UNNUMBERED, any_seq, lines, merge, torn};
use super::operation::FILES;
use super::world::World;

type Answer = Result<(), String>;

/// Compares everything. The reader has caught up, nobody writes, and gaps had time to settle.
pub(crate) fn everything(world: &World, model: &Model, ledger: &Ledger) -> Answer {
    segments(world, ledger)?;
    ledger.nothing_is_forgotten()?;
    let sources = live_sources(ledger);
    same_as_naive("live", model, &sources, &merge(&sources, model.order()))?;
    torn_bytes(model, ledger)?;
    order(model, &sources)?;
    walks(model)?;
    notices(world, model, ledger)?;
    from_zero(world, model, ledger)
}

/// One file a channel is read at its path, and it is the one that stands there. No file is read
/// twice, whatever its names were.
fn segments(world: &World, ledger: &Ledger) -> Answer {
    for (file, name) in FILES.iter().enumerate() {
        let channel = Channel::from_name(name);
        let of_channel = || ledger.segments.values().filter(|known| known.channel == channel);
        let current: Vec<_> = of_channel().filter(|known| !known.detached).collect();
        ensure!(current.len() <= 1, "{name}: {} files are read at one path", current.len());
        let at_path = fs::metadata(world.path(file)).ok().map(|metadata| {
            use std::os::unix::fs::MetadataExt as _;
            (metadata.dev(), metadata.ino())
        });
        let read = current.first().map(|known| known.file_number());
        same("the file at the path of", name, &read, &at_path)?;
        let held = of_channel().filter(|known| known.detached).count();
        ensure!(held <= stepwatch::tail::file::HELD_SEGMENTS, "{name}: {held} files are held");
    }
    let files: BTreeSet<_> = ledger.segments.values().map(|known| known.file_number()).collect();
    ensure!(files.len() == ledger.segments.len(), "a file is read twice: {:?}", ledger.segments);
    Ok(())
}

/// What stands in the segments now, in the order of channels and segments.
fn live_sources(ledger: &Ledger) -> Vec<Source> {
    let mut sources: Vec<Source> = ledger
        .segments
        .iter()
        .map(|(id, known)| Source { channel: known.channel.clone(), number: id.0, bytes: known.content() })
        .collect();
    sources.sort_by(|one, other| (&one.channel, one.number).cmp(&(&other.channel, other.number)));
    sources
}

fn same_as_naive(which: &str, model: &Model, sources: &[Source], naive: &super::naive::Naive) -> Answer {
    let mut found: Vec<NaiveEntry> = model.view(&Selection::all()).from(0).map(as_naive).collect();
    if sources.iter().all(|source| source.number == UNNUMBERED) {
        found.iter_mut().for_each(|entry| entry.number = UNNUMBERED);
    }
    same(which, "entries", &found, &naive.entries)?;
    same(which, "counts", &Counts { late: 0, ..model.counts() }, &naive.counts)?;
    let gaps: Vec<(u64, u64)> = model.gaps().into_iter().map(|Gap { from, to }| (from, to)).collect();
    same(which, "gaps", &gaps, &naive.gaps)?;
    Ok(())
}

/// The bytes behind the last line of the file at the path, or else of the one that left it last.
fn torn_bytes(model: &Model, ledger: &Ledger) -> Answer {
    for state in model.channels() {
        let of_channel = || ledger.segments.values().rev().filter(|known| known.channel == state.channel);
        let last = of_channel().find(|known| !known.detached).or_else(|| of_channel().next());
        let torn = last.map_or(0, |known| torn(&known.content()));
        same("torn bytes of", state.channel.name(), &state.torn_bytes, &torn)?;
    }
    Ok(())
}

fn as_naive(placed: Placed) -> NaiveEntry {
    NaiveEntry {
        number: placed.place.segment().0,
        offset: placed.place.offset(),
        channel: placed.channel,
        line: placed.line,
        seq: placed.seq,
        malformed: placed.malformed,
    }
}

/// A run is ordered by seq exactly where any line has one.
fn order(model: &Model, sources: &[Source]) -> Answer {
    let any_seq = sources.iter().any(|source| any_seq(&source.bytes));
    let any_line = sources.iter().any(|source| !lines(&source.bytes).is_empty());
    let by_seq = model.order() == Order::Seq;
    ensure!(!any_line || by_seq == any_seq, "ordered by {}, with a seq: {any_seq}", model.order());
    Ok(())
}

/// Walking, asking for a position and asking for a place find the same.
fn walks(model: &Model) -> Answer {
    let view = model.view(&Selection::all());
    let walked: Vec<Placed> = view.from(0).collect();
    same("the length of the view", "", &view.len(), &(walked.len() as u64))?;
    for position in (0..walked.len()).step_by(walked.len() / 8 + 1) {
        let placed = &walked[position];
        same("the position", "of a place", &view.position_of(&placed.place), &(position as u64))?;
        same("the entry", "at a position", &view.at(position as u64).as_ref(), &Some(placed))?;
    }
    Ok(())
}

/// Every removal is told with its count, and nothing is complained of that is over.
fn notices(world: &World, model: &Model, ledger: &Ledger) -> Answer {
    let mut expected: Vec<(String, String)> = Vec::new();
    if !world.directory().path().exists() {
        expected.push((String::new(), "the run directory is not there (yet); waiting for it".to_owned()));
    }
    expected.extend(ledger.removed.iter().map(|(channel, cause, count)| {
        let entries = if *count == 1 { "entry" } else { "entries" };
        (channel.to_string(), format!("was {cause}: {count} {entries} can no longer be read"))
    }));
    let mut found = model.notices();
    found.retain(|notice| !notice.text.contains("NUL byte"));
    let found = found.into_iter().map(|notice| (notice.about, without_seqs(&notice.text)));
    same("the notices", "", &found.collect(), &expected)
}

fn without_seqs(text: &str) -> String {
    match (text.find(" (seq "), text.find(" can no longer")) {
        (Some(from), Some(to)) => format!("{}{}", &text[..from], &text[to..]),
        _ => text.to_owned(),
    }
}

/// The live model less what is held is the model of the directory read from zero, and that is the
/// naive one of the files.
fn from_zero(world: &World, live: &Model, ledger: &Ledger) -> Answer {
    let directory = world.directory();
    if !directory.path().exists() {
        let current = ledger.segments.values().filter(|known| !known.detached).count();
        return same("files read without a directory", "", &current, &0);
    }
    let loaded = Model::load(directory).map_err(|error| error.to_string())?;
    let mut sources = Vec::new();
    for (file, name) in FILES.iter().enumerate() {
        if let Ok(bytes) = fs::read(world.path(file)) {
            sources.push(Source { channel: Channel::from_name(name), number: UNNUMBERED, bytes });
        }
    }
    same_as_naive("read from zero", &loaded, &sources, &merge(&sources, loaded.order()))?;
    let holds_nothing = ledger.segments.values().all(|known| !known.detached || known.offsets.is_empty());
    if holds_nothing && !sources.iter().all(|source| lines(&source.bytes).is_empty()) {
        same("live", "order", &live.order(), &loaded.order())?;
        same("live", "counts", &Counts { late: 0, ..live.counts() }, &loaded.counts())?;
        same("live", "gaps", &live.gaps(), &loaded.gaps())?;
    }
    let is_current =
        |placed: &Placed| ledger.segments.get(&placed.place.segment()).is_some_and(|known| !known.detached);
    let comparable = |placed: Placed| {
        // Whether noise is malformed depends on the other lines of its channel, held ones too.
        let malformed = holds_nothing && placed.malformed;
        (placed.channel, placed.place.offset(), placed.seq, malformed, placed.line, placed.entry)
    };
    let mut current: Vec<_> =
        live.view(&Selection::all()).from(0).filter(is_current).map(comparable).collect();
    let mut again: Vec<_> = loaded.view(&Selection::all()).from(0).map(comparable).collect();
    if live.order() != loaded.order() {
        // What is held may have seqs where nothing else has one; then only the files compare.
        current.sort_by_key(|entry| (entry.0.clone(), entry.1));
        again.sort_by_key(|entry| (entry.0.clone(), entry.1));
    }
    same("live less what is held", "and read from zero", &current, &again)
}

/// Fails with the first difference of the two, or with both.
fn same<T: PartialEq + Debug>(which: &str, what: &str, found: &T, expected: &T) -> Answer {
    if found == expected {
        return Ok(());
    }
    let (found, expected) = (format!("{found:#?}"), format!("{expected:#?}"));
    let mut pairs = found.lines().zip(expected.lines());
    let shorter = found.lines().count().min(expected.lines().count());
    let differs = pairs.position(|(one, other)| one != other).unwrap_or(shorter);
    let part = |text: &str| -> String {
        let shown = text.lines().skip(differs.saturating_sub(3)).take(8);
        shown.map(|line| format!("  {}\n", line.chars().take(200).collect::<String>())).collect()
    };
    Err(format!("{which} {what}: found\n{}expected\n{}", part(&found), part(&expected)))
}
