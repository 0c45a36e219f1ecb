//! Drawn people: any number of clips whose truth is known exactly, for tests, for statistical power, and for a
//! first run without data. Every number that comes from them is a number about drawn people: synthetic.
//!
//! ```text
//! actions ─┬─ motion, desk ─┬─> Bearing ─┐
//! recorded ┘  (procedural)  │  (no lengths)├─ Skeleton ─ paint, head ─ sensor ─> frames
//! person (build, looks, clothes) ─────────┘      scene, camera ─┘
//! ```
//!
//! What a figure does, who it is and where are drawn from separate streams of the seed: a movement knows nothing
//! of the person, the room knows neither, and every person does every action equally often.

mod actions;
mod body;
mod camera;
mod canvas;
mod desk;
mod faces;
mod head;
mod motion;
mod named;
mod paint;
mod person;
mod plan;
mod recorded;
mod scene;
mod sensor;
mod wardrobe;
mod write;

use std::path::PathBuf;

pub use faces::{Faces, FacesError};
pub use plan::{Framing, Moves, Plan, Stage};
pub use recorded::{RecordedError, Recordings};
pub use write::Drawn;

use super::manifest::ManifestError;

/// Frames drawn for one second of movement.
pub const FRAMES_PER_SECOND: f32 = 10.0;
/// Of everything that decides the pixels of a plan; a higher one draws other pixels.
const VERSION: u32 = 2;
/// The least pixels along a side that still show a figure.
const LEAST_SIZE: usize = 16;

/// Why nothing was drawn.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// A number is too small.
    #[error("{found} {what} were asked for; the least is {least}")]
    TooFew {
        /// Of what.
        what: &'static str,
        /// The number that was asked for.
        found: usize,
        /// The least.
        least: usize,
    },
    /// Nobody is left to learn from, or to be asked about.
    #[error(
        "of {people} people a share of {share} for testing leaves one side empty; name another share or more people"
    )]
    OneSided {
        /// How many people there are.
        people: usize,
        /// The share that was asked for.
        share: f64,
    },
    /// The name of a plan is not understood.
    #[error(
        "{name}: \"{part}\" is no number of clips, no framing (whole, upper, close, mixed), no motion (procedural, real, msr_action3d, nw_ucla), and not faces"
    )]
    Name {
        /// The name.
        name: String,
        /// The part of it.
        part: String,
    },
    /// The folder holds something already.
    #[error("{} is not empty; name a new folder, or empty this one", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The file is there already.
    #[error("{} is there already; name another file", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file or folder cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Real faces cannot be had.
    #[error(transparent)]
    Faces(#[from] FacesError),
    /// Real motion cannot be had.
    #[error(transparent)]
    Recorded(#[from] RecordedError),
    /// The manifest cannot be written.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

#[cfg(test)]
mod tests;
