//! What the supervised privacy heads are taught: the identity or an attribute of each clip.

use std::collections::BTreeMap;

use super::TrainError;
use crate::data::{ClipInfo, ClipStore, Split};

/// The name of the head that tells who is seen.
pub const IDENTITY: &str = "identity";

/// The classes of one head, and the class of each clip.
pub(super) struct HeadTable {
    classes: Vec<String>,
    of_clip: Vec<Option<usize>>,
    chance: f32,
}

impl HeadTable {
    /// The labels `of` (`identity`, or a column of attributes) of the clips in `store`.
    ///
    /// # Errors
    /// [`TrainError::Head`] if training clips show fewer than two classes.
    pub(super) fn new(of: &str, store: &ClipStore) -> Result<Self, TrainError> {
        let value = |clip: &ClipInfo| {
            if of == IDENTITY { clip.subject.clone() } else { clip.attributes.get(of).cloned() }
        };
        // Batches draw frames, so a clip counts as often as it has frames.
        let mut frames: BTreeMap<String, usize> = BTreeMap::new();
        for clip in store.clips().iter().filter(|clip| clip.split == Split::Train) {
            if let Some(value) = value(clip) {
                *frames.entry(value).or_default() += clip.frames;
            }
        }
        let total = frames.values().sum::<usize>() as f32;
        let share = |count: &usize| *count as f32 / total;
        let chance = frames.values().map(|count| -share(count) * share(count).ln()).sum();
        let seen: Vec<String> = frames.into_keys().collect();
        if seen.len() < 2 {
            return Err(TrainError::Head { of: of.into(), found: seen.join(", ") });
        }
        let of_clip = store.clips().iter().map(|clip| seen.binary_search(&value(clip)?).ok()).collect();
        Ok(Self { classes: seen, of_clip, chance })
    }

    /// Number of classes.
    pub(super) fn classes(&self) -> usize {
        self.classes.len()
    }

    /// The class of a clip; `None` where it has no label, or one that no training clip has.
    pub(super) fn label(&self, clip: usize) -> Option<usize> {
        self.of_clip[clip]
    }

    /// Cross-entropy of the best constant guess on training frames, nats: the entropy of their labels.
    pub(super) fn chance(&self) -> f32 {
        self.chance
    }
}
