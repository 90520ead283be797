//! The blocks of an index, packed: neighbours differ by little, so of most of them only the
//! differences are kept, 10 bytes a block instead of 32.

use super::Block;
use crate::tail::order::OrderKey;

/// So many blocks are packed together.
const TOGETHER: usize = 64;

/// Blocks in their order. The last ones, of which the last may still grow, stand as they are.
#[derive(Debug, Default)]
pub struct Blocks {
    packed: Vec<Packed>,
    rest: Vec<Block>,
}

/// [`TOGETHER`] blocks.
#[derive(Debug)]
enum Packed {
    Near(Box<Near>),
    /// As they are: a line of gigabytes among them, or keys that are far from each other.
    Far(Box<[Block]>),
}

/// Blocks by their distance from the first, which begins at the end of the one before.
#[derive(Debug)]
struct Near {
    first: Block,
    offsets: [u32; TOGETHER],
    spines: [u16; TOGETHER],
    highest: [u32; TOGETHER],
}

impl Near {
    /// `None` where the distances are too great.
    fn pack(blocks: &[Block]) -> Option<Self> {
        let first = *blocks.first()?;
        let mut near = Self { first, offsets: [0; TOGETHER], spines: [0; TOGETHER], highest: [0; TOGETHER] };
        let mut before = first.lowest;
        for (number, block) in blocks.iter().enumerate() {
            if block.lowest != before {
                return None;
            }
            before = block.highest;
            let key = block.highest.number().checked_sub(first.lowest.number())?;
            near.highest[number] = u32::try_from(key).ok()?;
            near.offsets[number] = u32::try_from(block.offset.checked_sub(first.offset)?).ok()?;
            near.spines[number] = u16::try_from(block.spine_before.checked_sub(first.spine_before)?).ok()?;
        }
        Some(near)
    }

    fn get(&self, number: usize) -> Block {
        let key = |distance: u32| OrderKey::from_number(self.first.lowest.number() + u64::from(distance));
        Block {
            offset: self.first.offset + u64::from(self.offsets[number]),
            spine_before: self.first.spine_before + u64::from(self.spines[number]),
            lowest: number.checked_sub(1).map_or(self.first.lowest, |before| key(self.highest[before])),
            highest: key(self.highest[number]),
        }
    }
}

impl Packed {
    fn get(&self, number: usize) -> Block {
        match self {
            Self::Near(near) => near.get(number),
            Self::Far(blocks) => blocks[number],
        }
    }
}

impl Blocks {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.packed.len() * TOGETHER + self.rest.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty() && self.rest.is_empty()
    }

    /// The block of that number.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<Block> {
        match self.packed.get(number / TOGETHER) {
            Some(packed) => Some(packed.get(number % TOGETHER)),
            None => self.rest.get(number - self.packed.len() * TOGETHER).copied(),
        }
    }

    /// The last block.
    #[must_use]
    pub fn last(&self) -> Option<Block> {
        // Blocks are packed when the next one comes: the last one never is.
        self.rest.last().copied()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Block> {
        (0..self.len()).filter_map(|number| self.get(number))
    }

    /// How many blocks come before the first of which `is_before` does not hold; it holds of none
    /// behind that one.
    #[must_use]
    pub fn partition_point(&self, is_before: impl Fn(&Block) -> bool) -> usize {
        let rest = self.rest.partition_point(&is_before);
        if rest > 0 {
            return self.packed.len() * TOGETHER + rest;
        }
        let Some(group) = self.packed.partition_point(|packed| is_before(&packed.get(0))).checked_sub(1)
        else {
            return 0;
        };
        let (mut low, mut high) = (1, TOGETHER);
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(&self.packed[group].get(middle)) { low = middle + 1 } else { high = middle }
        }
        group * TOGETHER + low
    }

    /// Adds a block behind the others.
    pub(super) fn push(&mut self, block: Block) {
        if self.rest.len() == TOGETHER {
            self.packed.push(match Near::pack(&self.rest) {
                Some(near) => Packed::Near(Box::new(near)),
                None => Packed::Far(self.rest.as_slice().into()),
            });
            self.rest.clear();
        }
        self.rest.push(block);
    }

    /// The highest key up to the end of the last block.
    pub(super) fn set_highest(&mut self, highest: OrderKey) {
        if let Some(block) = self.rest.last_mut() {
            block.highest = highest;
        }
    }

    /// How many bytes of memory they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let of_packed = |packed: &Packed| match packed {
            Packed::Near(_) => size_of::<Near>(),
            Packed::Far(blocks) => size_of_val(&**blocks),
        };
        self.packed.iter().map(of_packed).sum::<usize>()
            + self.packed.capacity() * size_of::<Packed>()
            + self.rest.capacity() * size_of::<Block>()
    }

    /// Gives back the memory that was taken for more, where that is much.
    pub(super) fn shrink(&mut self) {
        if self.packed.capacity() > self.packed.len() + self.packed.len() / 4 {
            self.packed.shrink_to_fit();
        }
    }
}
