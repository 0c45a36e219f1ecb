//! Clips as they are judged, written to files, for attackers that are other programs.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::set::SYNTHETIC;
use super::{EvalError, Set};
use crate::atomic;
use crate::data::{plain, write_strips};
use crate::transform::{RAW, Transform, apply};

/// The file that says which folder holds what.
const INDEX: &str = "clips.json";

/// Where the clips of one set lie, as one transform shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The set, as rows call it.
    pub dataset: String,
    /// The transform, as rows call it.
    pub method: String,
    /// The manifest, below the folder of all.
    pub manifest: PathBuf,
}

/// Writes the clips of each set, raw and as each transform rewrites them, to `folder/SET/METHOD/`, each folder with
/// its `manifest.csv`, and says in `folder/clips.json` which is which: a list of [`Shown`].
///
/// # Errors
/// [`EvalError`] if clips cannot be rewritten or written, or two of them would lie in one folder.
pub fn write_clips(
    sets: &[Set],
    transforms: &[&dyn Transform],
    cache: &Path,
    folder: &Path,
) -> Result<Vec<Shown>, EvalError> {
    let mut index: Vec<Shown> = vec![];
    for set in sets {
        let shown = place(&index, &set.name, RAW)?;
        write_strips(&set.raw, &folder.join(below(&shown)))?;
        index.push(shown);
        for transform in transforms.iter().filter(|transform| transform.name() != RAW) {
            let shown = place(&index, &set.name, &transform.name())?;
            let store = apply(*transform, &set.raw, cache, &|_, _| ())?;
            write_strips(&store, &folder.join(below(&shown)))?;
            index.push(shown);
        }
    }
    let text = serde_json::to_string_pretty(&index).expect("names are JSON") + "\n";
    let path = folder.join(INDEX);
    atomic::replace(&path, text.as_bytes()).map_err(|source| EvalError::Write { path, source })?;
    Ok(index)
}

/// The folder that a manifest lies in.
fn below(shown: &Shown) -> &Path {
    shown.manifest.parent().expect("it lies in SET/METHOD")
}

/// Where clips go, if no others have gone there.
fn place(index: &[Shown], dataset: &str, method: &str) -> Result<Shown, EvalError> {
    let name = plain(dataset.trim_end_matches(SYNTHETIC).trim_end_matches(".csv"));
    let folder = Path::new(name.trim_start_matches('-')).join(plain(method));
    let shown = Shown {
        dataset: dataset.to_owned(),
        method: method.to_owned(),
        manifest: folder.join("manifest.csv"),
    };
    match index.iter().find(|other| other.manifest == shown.manifest) {
        None => Ok(shown),
        Some(other) => Err(EvalError::OneFolder {
            folder,
            first: format!("{} of {}", other.method, other.dataset),
            second: format!("{method} of {dataset}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_by_set_and_method_and_never_shared() {
        let first = place(&[], "../clips/manifest.csv", "blur strong").expect("the first");
        assert_eq!(first.manifest, Path::new("clips-manifest/blur-strong/manifest.csv"), "the folder");
        let other = place(std::slice::from_ref(&first), "clips/manifest.csv", "raw").expect("another method");
        assert_ne!(other.manifest, first.manifest, "two in one");
        let error =
            place(&[first], "clips/manifest", "blur-strong").expect_err("the same folder").to_string();
        for part in ["clips-manifest/blur-strong", "../clips/manifest.csv", "of clips/manifest"] {
            assert!(error.contains(part), "\"{part}\" is missing from: {error}");
        }
    }
}
