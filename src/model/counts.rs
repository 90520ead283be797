//! What was counted in a run.

/// What was counted in the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All entries.
    pub entries: u64,
    /// Lines that do not parse, in channels whose lines are JSON objects.
    pub malformed: u64,
    /// Entries whose seq another entry had before.
    pub ties: u64,
    /// Entries that stand before an entry that comes before them in their file.
    pub disorder: u64,
    /// Entries that came after entries with a higher seq had been shown.
    pub late: u64,
    /// How often a counter began again in a file.
    pub restarts: u64,
    /// How many gaps there are; see [`super::Model::gaps`].
    pub gaps: u64,
    /// How many seqs are missing in them.
    pub missing: u64,
    /// The lowest seq.
    pub lowest_seq: Option<u64>,
    /// The highest seq.
    pub highest_seq: Option<u64>,
}
