//! Counts over time as a row of bars, the highest of them full.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One bar a count. Whatever is not zero stands out from zero; all zero is a flat line.
#[must_use]
pub fn sparkline(counts: &[u64]) -> String {
    let highest = counts.iter().copied().max().unwrap_or(0).max(1);
    counts
        .iter()
        .map(|count| match count {
            0 => BARS[0],
            count => {
                let step = u128::from(*count) * 7 / u128::from(highest);
                BARS[usize::try_from(step).unwrap_or(7).clamp(1, 7)]
            }
        })
        .collect()
}

/// The counts in fewer slices: neighbours are added up, the last slices being exact.
#[must_use]
pub fn condense(counts: &[u32], slices: usize) -> Vec<u64> {
    let size = counts.len().div_ceil(slices.max(1)).max(1);
    let mut condensed: Vec<u64> =
        counts.rchunks(size).map(|chunk| chunk.iter().map(|count| u64::from(*count)).sum()).collect();
    condensed.reverse();
    condensed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_count_is_full_and_a_little_is_not_nothing() {
        assert_eq!(sparkline(&[0, 1, 500, 1000]), "▁▂▄█");
        assert_eq!(sparkline(&[0, 0]), "▁▁");
        assert_eq!(sparkline(&[u64::MAX, 1]), "█▂");
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn condensing_adds_neighbours_up() {
        assert_eq!(condense(&[1, 2, 3, 4, 5], 3), [1, 5, 9]);
        assert_eq!(condense(&[1, 2], 10), [1, 2]);
        assert_eq!(condense(&[], 10), Vec::<u64>::new());
    }
}
