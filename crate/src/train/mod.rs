//! The penalty-driven minimax game (Aslam & Nasrollahi, "Balancing Privacy and Action Performance",
//! arXiv:2504.14301): an anonymizer against a privacy branch, with a utility branch and a penalty to keep
//! the action.
//!
//! ```text
//! TrainConfig -> Corpus -> run -> Artifact, RunResult
//!                           ├ table       the batches, each by its number
//!                           ├ play        a step: preparation, or a round of the game
//!                           │  └ moves    what each player does
//!                           │     └ penalty, balance, gradients
//!                           ├ rewriter    the anonymizer, of either architecture
//!                           ├ validate    what is still recognised, by the branch and by fresh attackers
//!                           ├ checkpoint  where it can go on from
//!                           └ log, samples, card   what people look at
//! ```

mod balance;
mod card;
mod checkpoint;
mod config;
mod corpus;
mod folder;
mod gradients;
mod labels;
mod log;
mod moves;
mod penalty;
mod play;
mod result;
mod rewriter;
mod run;
mod samples;
mod table;
mod validate;

use std::path::PathBuf;

pub use config::{
    Adversary, Architecture, Balance, BalanceKind, Game, Head, ModelShape, Penalty, PenaltyKind, Rates,
    Schedule, Sees, SetChoice, TrainConfig, Twins, Validate, set_option,
};
pub use corpus::{ClipOrder, Corpus};
pub use folder::RunFolder;
pub use labels::IDENTITY;
pub use log::{Line, Pulls, Validation};
pub use result::{ACTION, Leak, RunResult};
pub use run::{Outcome, Progress, run};

use crate::artifact::ArtifactError;
use crate::data::sets::SetError;
use crate::data::split::SplitError;
use crate::data::{ManifestError, OrderError, StoreError};
use crate::model::ModelError;

/// Why a run cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}; is the disk full?", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The configuration is no configuration.
    #[error("cannot understand the configuration {}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// Line and field.
        source: Box<toml::de::Error>,
    },
    /// An option set on the way leads nowhere.
    #[error("cannot set {key}: {reason}")]
    Key {
        /// The dotted path.
        key: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A number of the configuration makes no sense.
    #[error("{what} = {found}: expected {wanted}")]
    Unfit {
        /// Name of the option.
        what: String,
        /// Its value.
        found: String,
        /// What would do.
        wanted: &'static str,
    },
    /// The network's shape makes no sense.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A set could not be found.
    #[error(transparent)]
    Set(#[from] SetError),
    /// A manifest could not be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A set could not be split as asked.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// Clips could not be decoded.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are too few clips for a batch.
    #[error("the {stream} stream")]
    Order {
        /// `action` or `privacy`.
        stream: &'static str,
        /// Batch and number of clips.
        source: OrderError,
    },
    /// Rows without an action in the action stream.
    #[error("the clip {clip} in the action stream has no action; fill in the column `action`")]
    NoAction {
        /// The clip.
        clip: String,
    },
    /// Two choices of one stream have one name.
    #[error("the {stream} stream names {name} twice; give each manifest a folder of its own")]
    Twice {
        /// Name of the set, or of the manifest's folder.
        name: String,
        /// `action` or `privacy`.
        stream: String,
    },
    /// One name for two clips.
    #[error(
        "{clip} is one clip in the action stream and another in the privacy stream; rename the folder of one manifest"
    )]
    Namesakes {
        /// Its name, with the set's.
        clip: String,
    },
    /// A clip teaches in one stream and judges in the other.
    #[error(
        "{clip} is trained on in one stream and kept for validation in the other; give its set the same `held_out` or \
         `validation` in [[action]] and [[privacy]]"
    )]
    BothSides {
        /// Its name, with the set's.
        clip: String,
    },
    /// The run folder has been used.
    #[error("{} holds a run already; add --resume to go on, or name another folder with --run", path.display())]
    RunExists {
        /// The folder.
        path: PathBuf,
    },
    /// The run cannot be resumed.
    #[error("cannot resume {}: {reason}", path.display())]
    Resume {
        /// The folder.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// A loss is no number.
    #[error(
        "step {step}: {term} is {value}; the run stopped and its last checkpoint is {checkpoint}. The same step \
         would fail again: start a new run with lower rates"
    )]
    NotFinite {
        /// The step.
        step: u64,
        /// The loss.
        term: &'static str,
        /// Its value.
        value: f32,
        /// Where to go on from.
        checkpoint: String,
    },
    /// The device failed in the middle of a step.
    #[error(
        "step {step}: the device failed ({reason}); the last checkpoint is {checkpoint}, --resume goes on from it"
    )]
    Device {
        /// The step.
        step: u64,
        /// What the backend said.
        reason: String,
        /// Where to go on from.
        checkpoint: String,
    },
    /// A supervised head has nothing to tell apart.
    #[error(
        "the training clips of the privacy stream show fewer than two values of {of} (found: \"{found}\"); name a \
         column that they have in [[adversary.head]], or leave the head out"
    )]
    Head {
        /// What the head was to name.
        of: String,
        /// The values there are.
        found: String,
    },
    /// The model could not be recorded.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// Weights or optimizer state could not be recorded or restored.
    #[error("cannot record or restore the state of {who}")]
    State {
        /// Which player.
        who: String,
        /// What the framework says.
        source: burn::store::RecordError,
    },
    /// The samples could not be drawn.
    #[error("cannot draw the samples {}", path.display())]
    Samples {
        /// The file.
        path: PathBuf,
        /// What the encoder says.
        source: image::ImageError,
    },
}
