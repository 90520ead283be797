//! The naive model: whole files in memory, split at line ends, parsed one by one, sorted stably.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use stepwatch::model::Counts;
use stepwatch::run::{Channel, MAX_SEQ};
use stepwatch::tail::Order;

/// The bytes of one segment.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) channel: Channel,
    pub(crate) number: u32,
    pub(crate) bytes: Vec<u8>,
}

/// The number of segments whose numbers do not matter.
pub(crate) const UNNUMBERED: u32 = u32::MAX;

/// An entry as the naive model finds it.
#[derive(Clone, PartialEq)]
pub(crate) struct NaiveEntry {
    pub(crate) channel: Channel,
    pub(crate) number: u32,
    pub(crate) offset: u64,
    pub(crate) line: Vec<u8>,
    pub(crate) seq: Option<u64>,
    pub(crate) malformed: bool,
}

impl fmt::Debug for NaiveEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channel, number, offset, line, seq, malformed } = self;
        let line = String::from_utf8_lossy(line);
        write!(
            formatter,
            "{channel} segment {number} at {offset}, seq {seq:?}, malformed {malformed}: {line:?}"
        )
    }
}

/// Everything that can be compared.
#[derive(Debug)]
pub(crate) struct Naive {
    pub(crate) entries: Vec<NaiveEntry>,
    pub(crate) counts: Counts,
    pub(crate) gaps: Vec<(u64, u64)>,
}

/// A JSON object whose keys may stand in it more than once.
struct Object(Vec<(String, Value)>);

impl Object {
    /// What a key holds, where it stands first.
    fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Object;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Object(pairs))
    }
}

/// What a line is, read alone.
#[derive(Debug)]
struct Read {
    seq: Option<u64>,
    /// Whether it counts as an object: it begins canonically, or it is one.
    object: bool,
    /// Whether it is one to its end, of the right types.
    whole: bool,
}

fn read(line: &[u8]) -> Read {
    let canonical = canonical(line);
    let Ok(object) = serde_json::from_slice::<Object>(line) else {
        return Read { seq: canonical, object: canonical.is_some(), whole: false };
    };
    let right = |key: &str| matches!(object.get(key), None | Some(Value::Null | Value::String(_)));
    let says = |key: &str| matches!(object.get(key), Some(Value::String(_)));
    // What a worker says of its entry is shown; then a text beside it is whatever its writer means.
    let is_worker = says("renderedLine") || says("event");
    let whole = right("renderedLine") && right("event") && (is_worker || right("text"));
    match object.get("seq") {
        None => Read { seq: None, object: true, whole },
        Some(value) => match value.as_u64().filter(|seq| *seq <= MAX_SEQ) {
            Some(seq) => Read { seq: canonical.or(Some(seq)), object: true, whole },
            None => Read { seq: None, object: false, whole: false },
        },
    }
}

/// The seq of a line that begins as the contract has it, whatever follows.
fn canonical(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(b"{\"seq\":")?;
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = std::str::from_utf8(&rest[..count]).unwrap();
    let ended = matches!(rest.get(count), Some(b',' | b'}'));
    let leading_zero = count > 1 && digits.starts_with('0');
    (ended && (1..=16).contains(&count) && !leading_zero)
        .then(|| digits.parse().unwrap())
        .filter(|seq| *seq <= MAX_SEQ)
}

/// The lines of a file: all that have an end, and a last one that is a whole object without it.
pub(crate) fn lines(bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut lines = Vec::new();
    let mut offset = 0;
    for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
        let nuls = leading_nuls(piece);
        let begins = (offset + nuls) as u64;
        match piece.strip_suffix(b"\n") {
            Some(line) if nuls > 0 && nuls == line.len() => {}
            Some(line) => lines.push((begins, &line[nuls..])),
            None if is_object(without_nuls(piece)) => lines.push((begins, without_nuls(piece))),
            None => {}
        }
        offset += piece.len();
    }
    lines
}

/// How many bytes stand behind the last line.
pub(crate) fn torn(bytes: &[u8]) -> u64 {
    let ends = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let torn = without_nuls(&bytes[ends..]);
    if is_object(torn) { 0 } else { torn.len() as u64 }
}

fn is_object(line: &[u8]) -> bool {
    matches!(serde_json::from_slice(line), Ok(Value::Object(_)))
}

/// NULs before a line are a hole that nobody wrote.
fn leading_nuls(piece: &[u8]) -> usize {
    piece.iter().take_while(|byte| **byte == 0).count()
}

fn without_nuls(piece: &[u8]) -> &[u8] {
    let line = &piece[leading_nuls(piece)..];
    let trailing = line.iter().rev().take_while(|byte| **byte == 0).count();
    &line[..line.len() - trailing]
}

/// Whether any line of the bytes has a seq.
pub(crate) fn any_seq(bytes: &[u8]) -> bool {
    lines(bytes).iter().any(|(_, line)| read(line).seq.is_some())
}

/// Merges the sources, which stand in the order of channels and segments.
pub(crate) fn merge(sources: &[Source], order: Order) -> Naive {
    let by_seq = order == Order::Seq;
    let mut entries = Vec::new();
    let mut counts = Counts::default();
    let mut seen: BTreeMap<u64, u64> = BTreeMap::new();
    for source in sources {
        let of_channel = || sources.iter().filter(|other| other.channel == source.channel);
        let has_objects =
            of_channel().any(|other| lines(&other.bytes).iter().any(|(_, line)| read(line).object));
        let (mut key, mut highest, mut first) = (0, 0, None);
        for (offset, line) in lines(&source.bytes) {
            let found = read(line);
            // By seq the rule is written out here once more; times are read as everybody does.
            let own = if by_seq {
                found.seq.map(|seq| seq + 1)
            } else {
                order.key_of(line).key.map(stepwatch::tail::OrderKey::number)
            };
            if let Some(own) = own {
                counts.disorder += u64::from(own < highest);
                counts.restarts +=
                    u64::from(own < highest && first.is_some_and(|first| own <= first && key > first));
                highest = highest.max(own);
                first = first.or(Some(own));
                key = own;
            }
            if let Some(seq) = found.seq.filter(|_| by_seq) {
                *seen.entry(seq).or_default() += 1;
            }
            counts.entries += 1;
            counts.malformed += u64::from(has_objects && !found.object);
            let malformed = !found.whole && (found.object || has_objects);
            let (channel, number) = (source.channel.clone(), source.number);
            let entry =
                NaiveEntry { channel, number, offset, line: line.to_vec(), seq: found.seq, malformed };
            entries.push((key, entry));
        }
    }
    entries.sort_by_key(|(key, entry)| (*key, entry.channel.clone()));
    counts.ties = seen.values().map(|times| times - 1).sum();
    counts.lowest_seq = seen.keys().next().copied();
    counts.highest_seq = seen.keys().next_back().copied();
    let seqs: Vec<u64> = seen.into_keys().collect();
    let gaps: Vec<(u64, u64)> =
        seqs.windows(2).filter(|pair| pair[0] + 1 < pair[1]).map(|pair| (pair[0] + 1, pair[1] - 1)).collect();
    counts.gaps = gaps.len() as u64;
    counts.missing = gaps.iter().map(|(from, to)| to - from + 1).sum();
    Naive { entries: entries.into_iter().map(|(_, entry)| entry).collect(), counts, gaps }
}
