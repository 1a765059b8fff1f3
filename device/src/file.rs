//! Files that are whole or not there, also after a power cut.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The same path with something behind it.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Writes a file that is whole or as it was before; durable when this returns.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_by(path, bytes, |temporary| File::create_new(temporary))
}

/// As [`write_whole`], for what only this user may read.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_by(path, bytes, create_private)
}

/// The file is made anew: a link that somebody laid under the name of the temporary one (on a stick, say) would have
/// this user's rights overwrite what it points to.
fn write_by(path: &Path, bytes: &[u8], create: fn(&Path) -> io::Result<File>) -> io::Result<()> {
    let temporary = beside(path, ".tmp");
    let _ = std::fs::remove_file(&temporary);
    let written = create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        put_in_place(&temporary, path)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// Opens a file that a person named, for reading. Only an ordinary file: a device never ends, and a pipe without a writer
/// would keep whoever opens it waiting.
///
/// # Errors
/// [`io::ErrorKind::IsADirectory`], and [`io::ErrorKind::Unsupported`] for what is no file of bytes.
pub fn open_ordinary(path: &Path) -> io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.open(path)?;
    // Asked of what was opened: the name may stand for something else by now.
    let kind = file.metadata()?.file_type();
    match (kind.is_file(), kind.is_dir()) {
        (true, _) => Ok(file),
        (_, true) => Err(io::ErrorKind::IsADirectory.into()),
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Reads a file that a person named, if it is an ordinary one of at most so many bytes.
///
/// # Errors
/// As [`open_ordinary`], and [`io::ErrorKind::FileTooLarge`].
pub fn read_up_to(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than the limit is enough to know that it is too large; what the file says of its length may change.
    open_ordinary(path)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(io::ErrorKind::FileTooLarge.into()),
        false => Ok(bytes),
    }
}

/// Makes a file that only this user may read; fails if it is there.
pub fn create_private(path: &Path) -> io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Gives a file that is on disk its name, over one that has it; durable when this returns.
pub fn put_in_place(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    sync_folder(to)
}

/// Brings the names in a file's folder to disk; where folders cannot be synced, the system does it.
pub fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Moves a file that is to be replaced out of the way, with those that have its name and one of these endings: it
/// may hold what nobody else has. `None`: there was none.
pub fn set_aside(path: &Path, endings: &[&str]) -> io::Result<Option<PathBuf>> {
    if !path.exists() {
        return Ok(None);
    }
    let Some(aside) = (1..=9_999)
        .map(|n| format!(".old-{n}"))
        .find(|aside| !beside(path, aside).exists())
    else {
        return Err(io::ErrorKind::AlreadyExists.into());
    };
    for ending in endings {
        if beside(path, ending).exists() {
            std::fs::rename(
                beside(path, ending),
                beside(path, &format!("{aside}{ending}")),
            )?;
        }
    }
    std::fs::rename(path, beside(path, &aside))?;
    Ok(Some(beside(path, &aside)))
}

/// Removes a store's file and what SQLite keeps beside it.
pub fn remove_store(path: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(beside(path, ending));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_under_the_name_of_the_temporary_file_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a"), folder.path().join("other"));
        for write in [write_whole, write_private] {
            std::fs::write(&other, b"kept").unwrap();
            std::os::unix::fs::symlink(&other, beside(&path, ".tmp")).unwrap();
            write(&path, b"one").unwrap();
            assert_eq!(std::fs::read(&other).unwrap(), b"kept");
            assert_eq!(std::fs::read(&path).unwrap(), b"one");
            assert!(!std::fs::symlink_metadata(&path).unwrap().is_symlink());
        }
    }

    #[test]
    fn only_an_ordinary_file_is_read_and_no_byte_more_than_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"12345").unwrap();
        assert_eq!(read_up_to(&path, 5).unwrap(), b"12345");
        let kind = |path: &Path, limit| read_up_to(path, limit).unwrap_err().kind();
        assert_eq!(kind(&path, 4), io::ErrorKind::FileTooLarge);
        assert_eq!(
            kind(&folder.path().join("none"), 4),
            io::ErrorKind::NotFound
        );
        if cfg!(unix) {
            assert_eq!(kind(folder.path(), 4), io::ErrorKind::IsADirectory);
            assert_eq!(kind(Path::new("/dev/zero"), 4), io::ErrorKind::Unsupported);
        }
    }

    #[test]
    fn what_cannot_be_written_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::create_dir_all(path.join("full")).unwrap();
        assert!(write_whole(&path, b"one").is_err());
        assert!(path.join("full").exists());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write_whole(&folder.path().join("none/a"), b"one").is_err());
    }
}
