//! Clips that are drawn, not decoded.

use std::path::Path;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::super::flat::{FORMAT, FlatFile};
use super::super::manifest::Manifest;
use super::super::stage::Stage;
use super::{ClipStore, StoreError, actions, infos, short};

impl ClipStore {
    /// The clips of a plan, drawn straight to where decoded ones would lie, or found in `cache` from an earlier time.
    /// `progress` hears (clips done, clips in all) now and then.
    ///
    /// # Errors
    /// [`StoreError::Cache`] if they cannot be kept.
    ///
    /// # Panics
    /// Never: a plan makes a sound manifest.
    pub fn drawn(stage: &Stage, cache: &Path, progress: &dyn Fn(usize, usize)) -> Result<Self, StoreError> {
        let manifest = Manifest::new("", stage.rows()).expect("a plan has sound rows");
        let mut hash = Sha256::new();
        hash.update(format!("{FORMAT} drawn {}\n", stage.key()));
        let key = short(hash);
        let make = |clip: usize| {
            let frames = stage.draw(clip);
            let pixels = frames.iter().flat_map(|frame| frame.bytes().chunks_exact(4));
            Ok(pixels.flat_map(|pixel| &pixel[..3]).copied().collect())
        };
        let size = stage.size();
        let (frames, pixels) = FlatFile::new(cache, &key, size)?.open(stage.clips(), &make, progress)?;
        let clips = infos(&manifest, &frames);
        let actions = actions(&clips);
        Ok(Self { size, key, clips, actions, pixels, content: OnceLock::new() })
    }
}
