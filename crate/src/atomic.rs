//! Files that are written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

/// A place beside `path` for work in progress, with the same ending; what is left there is removed when
/// the value is dropped, and [`TempPath::persist`] gives it its name. Makes the folder.
///
/// # Errors
/// If the folder cannot be made.
pub fn unfinished(path: &Path) -> io::Result<TempPath> {
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    if !folder.as_os_str().is_empty() {
        fs::create_dir_all(&folder)?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let process = std::process::id();
    // A process writes a given file from one thread at a time, so its number tells writers apart.
    TempPath::try_from_path(folder.join(format!(".unfinished-{process}-{name}")))
}

/// Writes a file: to a temporary one beside it, which then takes its name.
///
/// # Errors
/// What the system says; the old file, if any, is untouched then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = unfinished(path)?;
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    unfinished.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_replaces_its_forerunner() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("new/card.json");
        replace(&path, b"old").expect("written");
        replace(&path, b"new").expect("written again");
        assert_eq!(fs::read(&path).expect("readable"), b"new", "the old bytes are there");
        assert_eq!(names(path.parent().expect("a parent")), ["card.json"], "something is left over");
    }

    #[test]
    fn unfinished_work_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let unfinished = unfinished(&folder.path().join("clip.mp4")).expect("a place");
        fs::write(&unfinished, b"half").expect("written");
        assert!(unfinished.to_string_lossy().ends_with(".mp4"), "encoders need the ending");
        drop(unfinished);
        assert!(names(folder.path()).is_empty(), "half a file is left");
    }
}
