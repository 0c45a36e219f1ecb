//! Many training runs from one configuration, compared in one table and one plot.
//!
//! ```text
//! SWEEP.toml -> Sweep (plan) -> play: a child process a run -> result.json -> Table (rows) -> .json .md .svg
//! ```
//!
//! The folder of a sweep: `NAME.json`, `NAME.md`, `NAME.svg`, and a folder a variant with `seed-1.toml` (what the
//! child is told), `seed-1.log` (what it said) and `seed-1/` (its run folder).

mod expand;
mod markdown;
mod plan;
mod play;
mod plot;
mod table;

use std::path::PathBuf;

pub use plan::{Run, State, Sweep, Variant};
pub use play::{Ending, Event, Program, play};
pub use table::{Attack, Row, Table};

use crate::train::TrainError;

/// What every table of a sweep says of its figures.
const NOTE: &str = "provisional: quick attackers of the trainer; the judge's figures replace these";

/// Why a sweep cannot start, or its tables cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
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
    /// The folder is not that of a sweep.
    #[error(
        "{} holds {found} .json files, the folder of a sweep has one: its table; name what `bauta sweep` wrote to",
        folder.display()
    )]
    NoTable {
        /// The folder.
        folder: PathBuf,
        /// How many there are.
        found: usize,
    },
    /// The table of a sweep is not what it should be.
    #[error("cannot understand {}; write it again with `bauta sweep --table`", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Line and field.
        source: serde_json::Error,
    },
    /// The sweep file, or the configuration it begins from, is not what it should be.
    #[error("cannot understand {}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Line and field.
        source: Box<toml::de::Error>,
    },
    /// Something in the sweep file makes no sense.
    #[error("{what} = {found}: expected {wanted}")]
    Unfit {
        /// The field.
        what: &'static str,
        /// Its value.
        found: String,
        /// What would do.
        wanted: &'static str,
    },
    /// Two variants would share a folder.
    #[error("the variants \"{first}\" and \"{second}\" would share the folder {slug}; rename one")]
    Twins {
        /// A variant.
        first: String,
        /// Another.
        second: String,
        /// The folder's name.
        slug: String,
    },
    /// A dotted path leads nowhere.
    #[error("the variant \"{variant}\" sets `{key}`: {reason}")]
    Key {
        /// The variant.
        variant: String,
        /// The dotted path.
        key: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A variant's configuration is none.
    #[error("the variant \"{variant}\" is no configuration; mend its `set`, or the base")]
    Config {
        /// The variant.
        variant: String,
        /// Field and what was expected.
        source: Box<toml::de::Error>,
    },
    /// A variant's configuration makes no sense.
    #[error("the variant \"{variant}\" cannot be trained")]
    Variant {
        /// The variant.
        variant: String,
        /// What the trainer says.
        source: Box<TrainError>,
    },
}

#[cfg(test)]
mod tests;
