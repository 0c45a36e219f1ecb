//! `bauta judge --write-clips` and `--merge`: attackers that are other programs.

use std::path::{Path, PathBuf};

use crate::eval::{Row, Set, read_rows, write_clips};
use crate::transform::{RAW, Transform};

/// Writes the clips that are judged, and says which of them may not be passed on.
pub(super) fn write(
    sets: &[Set],
    transforms: &[&dyn Transform],
    cache: &Path,
    folder: &Path,
) -> anyhow::Result<()> {
    let written = write_clips(sets, transforms, cache, folder)?;
    println!("wrote the clips of {} transforms and sets to {}", written.len(), folder.display());
    for set in sets.iter().filter(|set| !set.redistributable) {
        let name = &set.name;
        eprintln!("{name} is for research only: its clips may not be passed on, neither raw nor rewritten");
    }
    Ok(())
}

/// The rows of all files, for the sets and transforms that are judged, and for raw clips.
pub(super) fn rows(
    files: &[PathBuf],
    sets: &[Set],
    transforms: &[&dyn Transform],
) -> anyhow::Result<Vec<Row>> {
    let sets: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
    let names: Vec<String> = transforms.iter().map(|transform| transform.name()).collect();
    let methods: Vec<&str> = std::iter::once(RAW).chain(names.iter().map(String::as_str)).collect();
    let mut rows = vec![];
    for file in files {
        rows.extend(read_rows(file, &sets, &methods)?);
    }
    Ok(rows)
}
