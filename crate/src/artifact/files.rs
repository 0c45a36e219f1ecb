//! A model on the disk, and the one that comes with the program.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Artifact, ArtifactError, ArtifactOf, CardOf};
use crate::atomic::replace;
use crate::model::Shape;

impl Artifact {
    /// The model that comes with the program, `bauta-s`.
    ///
    /// # Errors
    /// [`ArtifactError`] if the program was built with weights and card that do not belong together.
    pub fn built_in() -> Result<Self, ArtifactError> {
        let weights = include_bytes!("../../../models/bauta-s.bpk");
        Self::open("bauta-s.json", weights.to_vec(), include_str!("../../../models/bauta-s.json"))
    }
}

impl<S: Shape> ArtifactOf<S> {
    /// Reads `NAME.bpk` and `NAME.json`; `path` names either, or `NAME` alone.
    ///
    /// # Errors
    /// [`ArtifactError`] names the file and what is wrong with it.
    pub fn load(path: &Path) -> Result<Self, ArtifactError> {
        let (weights, card) = pair(path);
        let name = card.display().to_string();
        let card = fs::read_to_string(&card).map_err(|source| unreadable(&card, source))?;
        let weights = fs::read(&weights).map_err(|source| unreadable(&weights, source))?;
        Self::open(&name, weights, &card)
    }

    /// Writes `NAME.bpk` and `NAME.json`, each whole or not at all, and gives their paths.
    ///
    /// # Errors
    /// [`ArtifactError::Write`] if a file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(PathBuf, PathBuf), ArtifactError> {
        let (weights, _) = pair(path);
        replace(&weights, &self.weights).map_err(|source| unwritable(&weights, source))?;
        Ok((weights, self.card.save(path)?))
    }
}

impl<S: Shape> CardOf<S> {
    /// Writes `NAME.json`, whole or not at all, and gives its path. The weights beside it stay as they are.
    ///
    /// # Errors
    /// [`ArtifactError::Write`] if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<PathBuf, ArtifactError> {
        let (_, card) = pair(path);
        let mut json = serde_json::to_string_pretty(self)
            .map_err(|source| ArtifactError::Card { name: self.name.clone(), source })?;
        json.push('\n');
        replace(&card, json.as_bytes()).map_err(|source| unwritable(&card, source))?;
        Ok(card)
    }
}

fn pair(path: &Path) -> (PathBuf, PathBuf) {
    let is_file_of_pair =
        path.extension().is_some_and(|end| end == OsStr::new("bpk") || end == OsStr::new("json"));
    let stem = if is_file_of_pair { path.with_extension("") } else { path.to_owned() };
    let with = |end: &str| {
        let mut name = stem.clone().into_os_string();
        name.push(end);
        PathBuf::from(name)
    };
    (with(".bpk"), with(".json"))
}

fn unreadable(path: &Path, source: std::io::Error) -> ArtifactError {
    ArtifactError::Read { path: path.display().to_string(), source }
}

fn unwritable(path: &Path, source: std::io::Error) -> ArtifactError {
    ArtifactError::Write { path: path.display().to_string(), source }
}
