//! Which file is behind a path: whether two looks at a path met the same file.

use std::fs::Metadata;
use std::time::SystemTime;

/// The identity of a file. The birth time belongs to it because file systems reuse inode numbers
/// at once: ext4 gave a file that was removed and made again the same number 499 times of 499,
/// with another birth time each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
    born: Option<SystemTime>,
}

impl Identity {
    /// The identity that the metadata of an open file or of a path tells.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        let (device, inode) = numbers(metadata);
        Self { device, inode, born: metadata.created().ok() }
    }
}

#[cfg(unix)]
fn numbers(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn numbers(_metadata: &Metadata) -> (u64, u64) {
    // Without inode numbers the birth time has to tell files apart.
    (0, 0)
}

/// Reads from `file` at `offset` until `buffer` is full or the file ends; the count of bytes read.
///
/// # Errors
/// Whatever the file system answers.
pub fn read_at(file: &std::fs::File, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        let count = match read_once(file, &mut buffer[filled..], offset + filled as u64) {
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if count == 0 {
            break;
        }
        filled += count;
    }
    Ok(filled)
}

#[cfg(unix)]
fn read_once(file: &std::fs::File, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_once(file: &std::fs::File, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_was_removed_and_made_again_is_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, "one").unwrap();
        let before = Identity::of(&fs::metadata(&path).unwrap());
        fs::write(&path, "longer").unwrap();
        assert_eq!(Identity::of(&fs::metadata(&path).unwrap()), before);
        fs::remove_file(&path).unwrap();
        fs::write(&path, "two").unwrap();
        assert_ne!(Identity::of(&fs::metadata(&path).unwrap()), before);
    }
}
