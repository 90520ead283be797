//! One channel of the merged run: its segments, and how it is.

use std::time::Duration;

use super::merged::Place;
use super::segment::Segment;
use crate::run::{Channel, Timestamp, decode};

/// How much of a channel's last line is read for its time.
const LAST_LINE_READ: u64 = 64 << 10;

/// A channel and its segments, oldest first.
#[derive(Debug)]
pub(crate) struct ChannelModel {
    pub(crate) channel: Channel,
    pub(crate) segments: Vec<Segment>,
    pub(crate) last_time: Option<Timestamp>,
    pub(crate) last_arrival: Option<Duration>,
}

/// How a channel is.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelState {
    /// The channel.
    pub channel: Channel,
    /// How many entries it has.
    pub entries: u64,
    /// How many of them are no JSON object.
    pub raw_lines: u64,
    /// How many of these are malformed: all of them where the channel has objects at all.
    pub malformed: u64,
    /// How many stand before an entry that comes before them in the file.
    pub disorder: u64,
    /// The time that its last entry tells.
    pub last_time: Option<Timestamp>,
    /// When its last entry was read, if that was after the run had been read whole: monotonic.
    pub last_arrival: Option<Duration>,
    /// How many bytes stand behind its last complete line.
    pub torn_bytes: u64,
    /// The entry that stands last in its file: the only one that more may still be added to.
    pub end: Option<Place>,
}

impl ChannelModel {
    pub(crate) fn new(channel: Channel) -> Self {
        Self { channel, segments: Vec::new(), last_time: None, last_arrival: None }
    }

    /// Whether any line is a JSON object, so that a line which is none is malformed.
    pub(crate) fn has_objects(&self) -> bool {
        self.segments.iter().any(|segment| segment.index.counts().objects > 0)
    }

    /// Notes the time that the last line of a segment tells, which begins at that offset.
    pub(crate) fn note_time_of_line(&mut self, place: usize, offset: u64) {
        let segment = &self.segments[place];
        let line = segment.read(offset, segment.index.end().min(offset + LAST_LINE_READ));
        let time = decode(line.strip_suffix(b"\n").unwrap_or(&line)).time;
        self.last_time = self.last_time.max(time);
    }

    fn end(&self) -> Option<Place> {
        let ends = |segment: &Segment| {
            let (key, offset) = segment.index.last_line()?;
            Some(Place { key, channel: self.channel.clone(), segment: segment.id, offset })
        };
        self.current_last().find_map(ends)
    }

    /// The segments from the one that stands at the path back to the oldest.
    fn current_last(&self) -> impl Iterator<Item = &Segment> {
        let of = |detached| self.segments.iter().rev().filter(move |segment| segment.detached == detached);
        of(false).chain(of(true))
    }

    pub(crate) fn state(&self) -> ChannelState {
        let counts = || self.segments.iter().map(|segment| segment.index.counts());
        let entries = counts().map(|counts| counts.entries).sum();
        let raw_lines = entries - counts().map(|counts| counts.objects).sum::<u64>();
        ChannelState {
            channel: self.channel.clone(),
            entries,
            raw_lines,
            malformed: if self.has_objects() { raw_lines } else { 0 },
            disorder: counts().map(|counts| counts.disorder).sum(),
            last_time: self.last_time,
            last_arrival: self.last_arrival,
            end: self.end(),
            torn_bytes: self.current_last().next().map_or(0, |segment| segment.torn),
        }
    }
}
