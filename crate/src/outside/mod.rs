//! Attackers by others: networks that somebody else trained on other people, and that this crate only asks.
//! No anonymizer ever learnt against them, and they never learnt an anonymizer: what they still recognise is
//! what a stranger's program would.
//!
//! ```text
//! ClipStore ─ represent ─ ReIdentifier -> vectors ─ compare -> Probed
//! ```
//!
//! The networks are files of the data folder, not part of this crate.

mod identify;
mod reidentifier;

use std::error::Error;
use std::path::PathBuf;

pub use self::identify::{Probed, View, compare, identify, represent};
pub use self::reidentifier::{Fit, NUMBERS, ReIdentifier, cosine, mean};
use crate::data::sets::DATA_VARIABLE;

/// Why an attacker by others could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// The network is not in the data folder.
    #[error("the network {name} is not there ({} is missing); put it there, or name another data folder with --data DIR or the variable {DATA_VARIABLE}", path.display())]
    Missing {
        /// What its makers call it.
        name: &'static str,
        /// The file that was looked for.
        path: PathBuf,
    },
    /// The file is no network that can be run here.
    #[error("{} is not the network it should be; fetch it again", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What the runtime said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The runtime gave up on a picture.
    #[error("the network gives no answer to a picture")]
    Run {
        /// What the runtime said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The bytes are not whole pictures.
    #[error("{found} bytes are no whole number of {size}x{size} pictures in three colours")]
    Pictures {
        /// Bytes that were given.
        found: usize,
        /// Pixels along each side.
        size: usize,
    },
    /// The two stores do not show the same clips.
    #[error(
        "clip {place} is {probe} among the probes and {gallery} in the gallery; both want the same clips in the same order"
    )]
    OtherClips {
        /// The first place where they differ.
        place: usize,
        /// The clip of the probes there.
        probe: String,
        /// The clip of the gallery there.
        gallery: String,
    },
}

#[cfg(test)]
mod tests;
