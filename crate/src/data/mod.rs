//! Clips and pictures of people: what they are, where they lie, and how they reach a network.
//!
//! ```text
//! sets, stage -> Manifest -> ClipStore -> EpochOrder -> ClipBatch, Pairs
//! ```
//!
//! A [`Manifest`] is the one door: every set, whether read by [`sets`] or drawn by [`stage`], comes in
//! through it. A [`ClipStore`] decodes it once into one flat file that is mapped into memory.

mod augment;
mod batch;
mod decode;
mod flat;
mod manifest;
mod order;
mod row;
pub mod sets;
pub mod split;
mod spread;
pub mod stage;
mod store;
mod strips;

pub use augment::Augmentation;
pub use batch::{
    ClipBatch, ClipRecipe, Pairs, clip_batch, clip_twice, pairs, run_up, still_clip_batch, still_images,
};
pub use manifest::{Manifest, ManifestError};
pub use order::{EpochOrder, OrderError};
pub use row::{Row, Source, Split};
pub use spread::spread;
pub use store::{ClipInfo, ClipStore, StoreError};
pub use strips::{StripError, plain, write_strips};
