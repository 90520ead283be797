//! Mutated inputs, and running a target on them for a while.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// The most bytes of an input.
const LONGEST: usize = 4096;

/// Makes inputs out of others.
pub(crate) struct Mutator {
    state: u64,
}

impl Mutator {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// SplitMix64, below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound.max(1) as u64) as usize
    }

    fn chosen<'a, T: AsRef<[u8]>>(&mut self, of: &'a [T]) -> &'a [u8] {
        of[self.below(of.len())].as_ref()
    }

    /// An input of the corpus after one to eight changes.
    pub(crate) fn next(&mut self, corpus: &[Vec<u8>], tokens: &[&[u8]]) -> Vec<u8> {
        let mut input = self.chosen(corpus).to_vec();
        for _ in 0..=self.below(8) {
            let place = self.below(input.len() + 1);
            let end = (place + self.below(16)).min(input.len());
            match self.below(7) {
                0 => input.splice(place..place, self.chosen(tokens).iter().copied()).for_each(drop),
                1 => input.splice(place..end, self.chosen(tokens).iter().copied()).for_each(drop),
                2 => input.drain(place..end).for_each(drop),
                3 => input.truncate(place),
                4 if place < input.len() => input[place] ^= 1 << self.below(8),
                5 => {
                    let other = self.chosen(corpus);
                    let from = self.below(other.len());
                    input.splice(place.., other[from..].iter().copied()).for_each(drop);
                }
                _ => {
                    let again = input[place..end].to_vec();
                    let times = 1 + self.below(20);
                    input.splice(place..place, again.repeat(times)).for_each(drop);
                }
            }
            input.truncate(LONGEST);
        }
        input
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

/// Runs a target on the corpus and then on mutated inputs for as long as it was asked.
pub(crate) fn run(name: &str, corpus: &[Vec<u8>], tokens: &[&[u8]], target: impl Fn(&[u8])) {
    let begin = Instant::now();
    let budget = Duration::from_millis(number("FUZZ_MILLISECONDS", 200));
    let first = number("FUZZ_SEED", 1);
    corpus.iter().for_each(|input| target(input));
    let mut tried = 0;
    while begin.elapsed() < budget || tried < 500 {
        let seed = first + tried;
        let input = Mutator::new(seed).next(corpus, tokens);
        if let Err(failure) = catch_unwind(AssertUnwindSafe(|| target(&input))) {
            _ = writeln!(
                std::io::stderr(),
                "{name}: FUZZ_SEED={seed}, the input \"{}\"",
                input.escape_ascii()
            );
            std::panic::resume_unwind(failure);
        }
        tried += 1;
    }
    _ = writeln!(std::io::stdout(), "{name}: {tried} inputs");
}
