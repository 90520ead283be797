//! Whether bytes that were read still stand in a file: the first and the last of them tell.

use std::fs::File;
use std::io;

use super::identity::read_at;

/// How many bytes are kept of each end.
const KEPT: usize = 64;

/// The two ends of a piece of a file. The first bytes hold a seq or a time, which change when a log
/// begins again; the last ones tell where lines end. Both are needed: lines of one length that end
/// alike are common.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    begins: u64,
    ends: u64,
    first: Vec<u8>,
    last: Vec<u8>,
}

impl Sample {
    /// An empty piece that begins there.
    pub(super) fn at(begins: u64) -> Self {
        Self { begins, ends: begins, ..Self::default() }
    }

    /// Where the piece ends.
    pub(super) fn ends(&self) -> u64 {
        self.ends
    }

    /// The piece goes on with these bytes.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.ends += bytes.len() as u64;
        let missing = KEPT.saturating_sub(self.first.len()).min(bytes.len());
        self.first.extend_from_slice(&bytes[..missing]);
        self.last.extend_from_slice(&bytes[bytes.len().saturating_sub(KEPT)..]);
        let surplus = self.last.len().saturating_sub(KEPT);
        self.last.drain(..surplus);
    }

    /// Whether the piece stands in the file, as far as its ends tell.
    pub(super) fn is_in(&self, file: &File) -> io::Result<bool> {
        Ok(stands_at(file, &self.first, self.begins)?
            && stands_at(file, &self.last, self.ends - self.last.len() as u64)?)
    }
}

fn stands_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<bool> {
    let mut found = [0; KEPT];
    let found = &mut found[..bytes.len()];
    Ok(read_at(file, found, offset)? == bytes.len() && found == bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn a_piece_is_known_by_its_ends_however_it_was_read() {
        let bytes: Vec<u8> = (0..=255).collect();
        for step in [1, 63, 64, 65, 200] {
            let mut sample = Sample::at(10);
            bytes[10..].chunks(step).for_each(|piece| sample.add(piece));
            assert_eq!(sample.ends(), 256);
            assert!(sample.is_in(&file(&bytes)).unwrap());
            assert!(sample.is_in(&file(&[bytes.as_slice(), b"more"].concat())).unwrap());
            assert!(!sample.is_in(&file(&bytes[..255])).unwrap());
            for changed in [10, 73, 192, 255] {
                let mut other = bytes.clone();
                other[changed] ^= 1;
                assert!(!sample.is_in(&file(&other)).unwrap(), "byte {changed} changed");
            }
        }
        assert!(Sample::at(0).is_in(&file(b"")).unwrap());
    }
}
