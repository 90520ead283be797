//! What becomes of records after they were published. A runner that numbers its checkpoints by
//! listing the folder and then renames its own file into place can destroy one of ours that came
//! in between. So the spool keeps each record until the runner must have seen it.

use std::collections::HashSet;
use std::io;

use super::error::CheckpointError;
use super::folder::FileFacts;
use super::name;
use super::publish::{Published, Publisher, random};
use super::spool::SpoolEntry;
use crate::run::{MAX_SEQ, Timestamp};

/// At most so many entries are looked at before a new record is published (more only where several
/// are of one record), so that it costs about the same however many lie in the spool.
pub(super) const AT_ONCE: usize = 32;

/// What has become of a record since it was spooled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It stands under its name.
    Stands,
    /// Another file took its name, and no name is left but that in the spool.
    Destroyed,
    /// It was never published, or a person moved or removed it.
    GivenUp,
}

/// How long a record is kept in the spool of a run that has ended, in seconds since its file was
/// written. A script that knows nothing of us may still write records there; between its listing of
/// the folder and its renaming lie moments, so that an hour is a choice on the safe side, not a
/// measured figure.
pub(super) const AT_RISK_SECONDS: i64 = 60 * 60;

impl Publisher<'_> {
    /// Publishes again what was destroyed, and lets go of what is safe, of `at_once` entries. Returns
    /// what was published again, under its new seq.
    pub(super) fn settle(&self, at_once: usize, now: Timestamp) -> Result<Vec<Published>, CheckpointError> {
        let failed = |path| CheckpointError::io("settle the checkpoints in", path);
        let all = self.spool.entries().map_err(failed(self.spool.folder.path()))?;
        let (chosen, others) = choose(all, at_once, random());
        let mut entries = Vec::new();
        for entry in chosen {
            let facts = self.spool.facts_of(&entry).map_err(failed(self.spool.folder.path()))?;
            entries.extend(facts.map(|facts| (entry, facts)));
        }
        let spooled: HashSet<(u64, u64)> = entries.iter().map(|(_, facts)| facts.identity).collect();
        // In this order: a record is safe that still stands after the runner has seen it. The other
        // way round, the runner could rename over it and then publish its next one in between.
        let seen = self.runner_has_seen(&spooled, &others)?;
        let old = self.out_of_danger(&entries, now);
        let mut judged = Vec::new();
        for (entry, facts) in entries {
            let fate = self.fate(&entry, facts.identity).map_err(failed(self.checkpoints.path()))?;
            judged.push((entry, fate));
        }
        // First, because publishing again may need the name of one that was never published.
        for (entry, _) in judged.iter().filter(|(_, fate)| *fate == Fate::GivenUp) {
            self.spool.forget(entry);
        }
        // Then the destroyed records, before any that stands is let go of: an id that stands already
        // is how a record is known that was published again just before its writer ended.
        let mut standing_ids: HashSet<String> = judged
            .iter()
            .filter(|(_, fate)| *fate == Fate::Stands)
            .map(|(entry, _)| entry.id.clone())
            .collect();
        let mut published = Vec::new();
        for (entry, _) in judged.iter().filter(|(_, fate)| *fate == Fate::Destroyed).rev() {
            // Only what was published counts. A newer entry of the same record may be torn, by a writer
            // that was killed while it published again; an older one is whole then.
            if !standing_ids.contains(&entry.id)
                && let Some(new) = self.publish_again(entry)?
            {
                standing_ids.insert(entry.id.clone());
                published.push(new);
            }
            self.spool.forget(entry);
        }
        for (entry, _) in judged.iter().filter(|(_, fate)| *fate == Fate::Stands) {
            if seen.is_some_and(|seq| seq > entry.seq()) || old.contains(&entry.name()) {
                self.spool.forget(entry);
            }
        }
        Ok(published)
    }

    /// A torn record is gone for good; it was never said to be saved.
    fn publish_again(&self, entry: &SpoolEntry) -> Result<Option<Published>, CheckpointError> {
        let path = self.spool.folder.path().join(entry.name());
        match self.spool.read(entry).map_err(CheckpointError::io("read", &path))? {
            Some(record) => self.publish(record).map(Some),
            None => Ok(None),
        }
    }

    /// The names of the entries that nobody renames over any more: the run has ended, and they are
    /// old. That it has ended is not enough, since it is only what `state.json` says: whatever else
    /// numbers its records by listing the folder can come after that.
    fn out_of_danger(&self, entries: &[(SpoolEntry, FileFacts)], now: Timestamp) -> HashSet<String> {
        if !self.run_has_ended() {
            return HashSet::new();
        }
        let written_before = now.milliseconds() / 1000 - AT_RISK_SECONDS;
        let old = entries.iter().filter(|(_, facts)| facts.modified < written_before);
        old.map(|(entry, _)| entry.name()).collect()
    }

    /// Records with a seq below this one are safe from the runner: it has listed the folder since,
    /// because it published this one. A record of ours that is not yet safe is
    /// known by its second name, in a spool. What stands under a name of `others`, which are not
    /// looked at now, is taken for ours: so a record is kept too long rather than not long enough.
    fn runner_has_seen(
        &self,
        spooled: &HashSet<(u64, u64)>,
        others: &[SpoolEntry],
    ) -> Result<Option<u64>, CheckpointError> {
        let failed = |path| CheckpointError::io("list", path);
        let names = self.checkpoints.names().map_err(failed(self.checkpoints.path()))?;
        let others: HashSet<&[u8]> = others.iter().map(|entry| entry.target.as_bytes()).collect();
        let mut numbered: Vec<(u64, Vec<u8>)> = names
            .into_iter()
            .filter_map(|name| Some((name::parse(&name)?.0, name)))
            .filter(|(seq, name)| *seq <= MAX_SEQ && !others.contains(name.as_slice()))
            .collect();
        numbered.sort();
        for (seq, name) in numbered.into_iter().rev() {
            let facts = self.checkpoints.facts_of(&name).map_err(failed(self.checkpoints.path()))?;
            if facts
                .is_some_and(|facts| facts.regular && facts.links == 1 && !spooled.contains(&facts.identity))
            {
                return Ok(Some(seq));
            }
        }
        Ok(None)
    }

    fn fate(&self, entry: &SpoolEntry, identity: (u64, u64)) -> io::Result<Fate> {
        let standing = self.checkpoints.facts_of(entry.target.as_bytes())?;
        if standing.is_some_and(|facts| facts.identity == identity) {
            return Ok(Fate::Stands);
        }
        // Counted after the look at what stands there, so that a runner that takes the name in
        // between is not mistaken for a person who moved the record elsewhere.
        let spooled = self.spool.facts_of(entry)?;
        let no_name_left = spooled.is_some_and(|facts| facts.links == 1);
        Ok(if standing.is_some() && no_name_left { Fate::Destroyed } else { Fate::GivenUp })
    }
}

/// Those to look at and the others: the oldest, because they are let go of first and a runner that
/// counts comes to them first, and a stretch that begins at `random`, so that none is never looked at.
/// All entries of one record go together, since one tells what became of the other.
fn choose(all: Vec<SpoolEntry>, at_once: usize, random: u64) -> (Vec<SpoolEntry>, Vec<SpoolEntry>) {
    if all.len() <= at_once {
        return (all, Vec::new());
    }
    let (oldest, newer) = all.split_at(at_once / 2);
    let start = usize::try_from(random % newer.len() as u64).unwrap_or(0);
    let stretch = newer.iter().cycle().skip(start).take(at_once - oldest.len());
    let ids: HashSet<String> = oldest.iter().chain(stretch).map(|entry| entry.id.clone()).collect();
    all.into_iter().partition(|entry| ids.contains(&entry.id))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_oldest_are_looked_at_and_every_entry_in_some_round(
            ids in prop::collection::vec(0..200_u8, 1..120),
            at_once in 2..40_usize,
        ) {
            let all: Vec<SpoolEntry> = (1..)
                .zip(&ids)
                .map(|(seq, id)| SpoolEntry::new(&id.to_string(), b"", format!("{seq:04}-summary.json")))
                .collect();
            let mut ever = HashSet::new();
            for random in 0..all.len() as u64 {
                let (chosen, others) = choose(all.clone(), at_once, random);
                let mut both = [chosen.clone(), others.clone()].concat();
                both.sort_by_key(SpoolEntry::seq);
                prop_assert_eq!(&both, &all);
                prop_assert_eq!(chosen.first(), all.first());
                let ids: HashSet<&String> = chosen.iter().map(|entry| &entry.id).collect();
                prop_assert!(ids.len() <= at_once);
                prop_assert!(others.iter().all(|entry| !ids.contains(&entry.id)));
                ever.extend(chosen.iter().map(SpoolEntry::seq));
            }
            prop_assert_eq!(ever.len(), all.len());
        }
    }
}
