//! Clips that somebody else has anonymized: found by their names.

use std::collections::HashMap;

use super::{Clip, Transform, TransformError};
use crate::data::ClipStore;

/// Anonymized clips of the same names as the originals, from any program.
pub struct Folder {
    name: String,
    store: ClipStore,
    places: HashMap<String, usize>,
}

impl Folder {
    /// Takes the clips of `anonymized` for what `name` makes of `originals`. It may hold more clips than
    /// there are originals.
    ///
    /// # Errors
    /// [`TransformError`] if the sizes differ, or names the first original whose clip is missing or has
    /// another number of frames.
    pub fn open(name: &str, anonymized: ClipStore, originals: &ClipStore) -> Result<Self, TransformError> {
        let folder = || name.to_owned();
        let (expected, found) = (originals.size(), anonymized.size());
        if expected != found {
            return Err(TransformError::Size { folder: folder(), expected, found });
        }
        let clips = anonymized.clips().iter().enumerate();
        let places: HashMap<String, usize> = clips.map(|(place, clip)| (clip.name.clone(), place)).collect();
        for original in originals.clips() {
            let clip = original.name.clone();
            let Some(&place) = places.get(&clip) else {
                return Err(TransformError::Missing { folder: folder(), clip });
            };
            let (expected, found) = (original.frames, anonymized.clips()[place].frames);
            if expected != found {
                return Err(TransformError::Frames { folder: folder(), clip, expected, found });
            }
        }
        Ok(Self { name: folder(), store: anonymized, places })
    }
}

impl Transform for Folder {
    fn name(&self) -> String {
        self.name.clone()
    }

    /// The names are part of it: they decide which clip stands for which.
    fn key(&self) -> String {
        let names: Vec<&str> = self.store.clips().iter().map(|clip| clip.name.as_str()).collect();
        format!("folder {} {names:?}", self.store.key())
    }

    /// What the folder holds for the clip of that name; no bytes at all for a clip it was not opened for,
    /// which [`super::apply`] refuses by name.
    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        self.places.get(clip.name).map_or(vec![], |place| self.store.clip_bytes(*place).to_vec())
    }
}
