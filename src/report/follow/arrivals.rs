//! Which entries came with a batch, so that each is reported once.

use std::collections::HashMap;

use crate::model::Place;
use crate::run::Channel;
use crate::tail::index::Placing;
use crate::tail::{Batch, Change, SegmentId};

/// Follows the batches of a run and tells the places of the entries that are new.
///
/// When the run is read anew, because a file was truncated or the order turned out to be another,
/// what was told before is passed over: a channel's lines are announced again in the order of its
/// file, without those that are gone.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    segments: HashMap<SegmentId, Segment>,
    /// How many lines of a channel were told before it was read anew.
    known: HashMap<Channel, u64>,
}

#[derive(Debug)]
struct Segment {
    channel: Channel,
    placing: Placing,
    lines: u64,
}

impl Arrivals {
    /// The new entries of a batch, in the order of their files. Whether the run was read anew is
    /// told too: then the places of before mean nothing any more.
    pub(super) fn take(&mut self, batch: &Batch) -> (Vec<Place>, bool) {
        let mut places = Vec::new();
        let mut anew = false;
        for change in &batch.changes {
            match change {
                Change::Restart { .. } => {
                    self.read_anew();
                    places.clear();
                    anew = true;
                }
                Change::Removed(removed) => _ = self.segments.remove(&removed.id),
                Change::Opened(opened) => {
                    let segment =
                        Segment { channel: opened.channel.clone(), placing: Placing::start(), lines: 0 };
                    self.segments.insert(opened.id, segment);
                }
                Change::Lines { segment: id, marks, .. } => {
                    let Some(segment) = self.segments.get_mut(id) else { continue };
                    for mark in marks {
                        let key = segment.placing.place(mark.key()).key;
                        segment.lines += 1;
                        match self.known.get_mut(&segment.channel) {
                            Some(known) if *known > 0 => *known -= 1,
                            _ => places.push(Place {
                                key,
                                channel: segment.channel.clone(),
                                segment: *id,
                                offset: mark.offset(),
                            }),
                        }
                    }
                }
                _ => {}
            }
        }
        (places, anew)
    }

    fn read_anew(&mut self) {
        for (_, segment) in self.segments.drain() {
            *self.known.entry(segment.channel).or_default() += segment.lines;
        }
    }
}
