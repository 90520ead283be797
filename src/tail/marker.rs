//! Bytes of a file that are remembered, to notice that it was written anew.

use std::fs::File;
use std::io;

use super::identity::read_at;

/// How many bytes before an offset are remembered.
pub(super) const MARKER: usize = 64;

/// The bytes before `offset`, at most [`MARKER`].
pub(super) fn marker_before(file: &File, offset: u64) -> io::Result<Vec<u8>> {
    let size = usize::try_from(offset).unwrap_or(MARKER).min(MARKER);
    let mut marker = vec![0; size];
    let count = read_at(file, &mut marker, offset - size as u64)?;
    marker.truncate(count);
    Ok(marker)
}

/// Whether exactly `bytes` stand in `file` at `offset`.
pub(super) fn is_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<bool> {
    let mut found = [0; MARKER];
    let found = &mut found[..bytes.len()];
    Ok(read_at(file, found, offset)? == bytes.len() && found == bytes)
}

/// Whether `file` has NULs from `from` on, as far as [`MARKER`] bytes before `to` tell.
pub(super) fn has_nuls(file: &File, from: u64, to: u64) -> io::Result<bool> {
    let size = usize::try_from(to - from).unwrap_or(MARKER).min(MARKER);
    is_at(file, &[0; MARKER][..size], from)
}

/// Keeps the last bytes, at most [`MARKER`], of what was kept and `bytes` behind it.
pub(super) fn remember_end(marker: &mut Vec<u8>, bytes: &[u8]) {
    marker.extend_from_slice(&bytes[bytes.len().saturating_sub(MARKER)..]);
    let surplus = marker.len().saturating_sub(MARKER);
    marker.drain(..surplus);
}
