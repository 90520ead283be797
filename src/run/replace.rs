//! Replacing a small file atomically: a reader sees the old one or the new one, never a part.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Whether the new content must be on the disk before it is visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Survives a power cut: the file is synchronised before the rename.
    Synced,
    /// May be lost with the power, never half-written to a reader.
    Visible,
}

/// Writes `bytes` to a temporary file beside `path` and renames it over `path`.
///
/// # Errors
/// Whatever the file system answers; the temporary file is removed then.
pub fn replace_file(path: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
    replace(path, bytes, durability, OpenOptions::new().write(true).create(true).truncate(true))
}

/// The same for a file that nobody else may read. It may be lost with the power.
///
/// # Errors
/// Whatever the file system answers; the temporary file is removed then.
pub fn replace_private_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    replace(path, bytes, Durability::Visible, &options)
}

fn replace(path: &Path, bytes: &[u8], durability: Durability, options: &OpenOptions) -> io::Result<()> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("file");
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written =
        write_new(&temporary, bytes, durability, options).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The cause is already on its way to the caller; a leftover that cannot go changes nothing.
        let _ = fs::remove_file(&temporary);
        return written;
    }
    if durability == Durability::Synced
        && let Some(folder) = path.parent()
    {
        sync_folder(folder)?;
    }
    Ok(())
}

/// Makes the names in `folder` survive a power cut.
///
/// # Errors
/// Whatever the file system answers.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn write_new(path: &Path, bytes: &[u8], durability: Durability, options: &OpenOptions) -> io::Result<()> {
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    if durability == Durability::Synced {
        file.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_content_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        for (text, durability) in [("one", Durability::Visible), ("two", Durability::Synced)] {
            replace_file(&path, text.as_bytes(), durability).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_missing_is_an_error_and_makes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone/state.json");
        assert!(replace_file(&path, b"x", Durability::Visible).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
