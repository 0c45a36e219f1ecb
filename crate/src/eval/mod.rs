//! The judge: what any transform of clips hides and what it keeps, by attackers that begin anew each time.
//!
//! ```text
//! Set ─ protocol ─> Questions, guessers ─ trial ─> answers ─ tally, interval ─┬ rows ─────┬─> Report
//!      raw clips, and as a Transform rewrites them                             ├ verify     │
//!                                                reconstruct (inverse, similarity) ────────┤
//!                                                reidentify, membership, controls, proven ─┤
//!                                                compare, budgets, merge, beside ──────────┘
//!
//! Report ─ reading ─> overview, matrix, markdown, page    clips: for other programs    cost: said beforehand
//! ```
//!
//! The attacker has the model, can anonymize data of his own to learn from, and sees whole clips. Of several
//! families, each from several seeds, the one that is strongest on clips set aside for that choice is reported,
//! by its answers on other clips. Nothing here uses the trainer.

mod beside;
mod budgets;
mod clips;
mod compare;
mod controls;
mod cost;
mod flicker;
mod guessers;
mod heading;
mod interval;
mod inverse;
mod judge;
mod markdown;
mod matrix;
mod membership;
mod merge;
mod overview;
mod page;
mod protocol;
mod proven;
mod reading;
mod reconstruct;
mod reidentify;
mod report;
mod rows;
mod set;
mod similarity;
mod tally;
#[cfg(test)]
mod tests;
mod trial;
mod verify;

use std::path::PathBuf;

pub use crate::transform::RAW;
pub use beside::{BesideError, check_beside, set_beside};
pub use budgets::{Budget, budgets_reading};
pub use clips::{Shown, write_clips};
pub use cost::expected_minutes;
pub use flicker::MEASURE as FLICKER;
pub use heading::Heading;
pub use interval::Estimate;
pub use judge::{Judge, Progress, Task};
pub use markdown::markdown;
pub use matrix::matrix;
pub use membership::membership_sides;
pub use merge::{MergeError, add_rows, read_rows};
pub use overview::overview;
pub use page::{Sheet, page, sheets};
pub use protocol::{Asked, Fold, Piece, Question, Rules, questions};
pub use reading::{distinct, question, worst_leak};
pub use report::{Control, Difference, FORMAT, Method, Protocol, Report, Row, Subject, Summary};
pub use set::{Place, Set};

use crate::attack::Effort;
use crate::data::sets::SetError;
use crate::data::stage::StageError;
use crate::data::{ManifestError, StoreError, StripError};
use crate::outside::OutsideError;

/// How thorough a judgement is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thoroughness {
    /// As reports call it.
    pub name: &'static str,
    /// How long attackers learn.
    pub effort: Effort,
    /// Steps of the utility networks that tell what is left of the action.
    pub action_steps: usize,
    /// Steps of the networks that learn to undo a transform; 0: nobody tries.
    pub inverse_steps: usize,
    /// How many attackers of each family, each from a seed of its own.
    pub seeds: u64,
}

impl Thoroughness {
    /// For figures that are published: some minutes for one transform on one set.
    pub const STANDARD: Self = Self {
        name: "standard",
        effort: Effort {
            linear_steps: 400,
            cnn_steps: 200,
            wide_steps: 120,
            temporal_steps: 80,
            batch: 32,
            mirrored: true,
        },
        action_steps: 120,
        inverse_steps: 300,
        seeds: 3,
    };
    /// For a look while working: an attacker with more time does better.
    pub const QUICK: Self = Self {
        name: "quick",
        effort: Effort {
            linear_steps: 400,
            cnn_steps: 150,
            wide_steps: 0,
            temporal_steps: 60,
            batch: 32,
            mirrored: true,
        },
        action_steps: 80,
        inverse_steps: 120,
        seeds: 1,
    };
}

/// Why there is no judgement.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A set could not be found.
    #[error(transparent)]
    Set(#[from] SetError),
    /// People could not be drawn.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// A manifest could not be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Clips could not be decoded, or rewritten.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A set asks nothing.
    #[error(
        "nothing can be asked about {set}: no action of several people, no people in several actions, and none of \
         the attributes {attributes} with clips to train on and clips to test; `bauta data check` shows what it has"
    )]
    NoQuestion {
        /// The set.
        set: String,
        /// The attributes that were looked for.
        attributes: String,
    },
    /// A file could not be written.
    #[error("cannot write {}; is the disk full?", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Clips could not be written for others.
    #[error(transparent)]
    Strips(#[from] StripError),
    /// The clips of two transforms or sets would lie in one folder.
    #[error("the folder {} would hold both {first} and {second}; judge one of them at a time", folder.display())]
    OneFolder {
        /// The folder.
        folder: PathBuf,
        /// Whose clips are there.
        first: String,
        /// Whose clips would be written over them.
        second: String,
    },
    /// A network by others could not be asked.
    #[error(transparent)]
    Outside(#[from] OutsideError),
    /// An attacker could not be recorded.
    #[error("cannot record an attacker")]
    Record(#[source] burn::store::RecordError),
}
