//! Random numbers that are the same everywhere for the same seed.

/// The SplitMix64 generator. The constants are those of its authors: Steele, Lea and Flood, "Fast
/// splittable pseudorandom number generators", OOPSLA 2014, in Vigna's form of it, splitmix64.c.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// Begins with a seed; every one is as good as any other.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    #[inline]
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, by the high half of a product: near enough to even.
    #[inline]
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// Whether something happens that does so in so many of a hundred cases.
    #[inline]
    pub(super) fn chance(&mut self, percent: f64) -> bool {
        percent > 0.0 && self.below(1 << 32) as f64 * 100.0 < percent * (1_u64 << 32) as f64
    }
}
