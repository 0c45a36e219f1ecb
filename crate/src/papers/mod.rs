//! Papers for those who answer for a model: its card with a judge's figures on it, and what an office needs of it
//! for a data protection impact assessment.
//!
//! ```text
//! Card ─┬──────────────────────── sheet ─> Markdown for the office
//! Report ─ read ─ judged ─> Card ─┘
//! ```
//!
//! Nothing here measures, and nothing here concludes: a figure stands with its interval, and what nobody has
//! measured is called that.

mod claim;
mod figures;
mod judged;
mod sheet;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use claim::{claim, limits};
pub use figures::figures;
pub use judged::{judged, read};
pub use sheet::sheet;

use crate::eval::FORMAT;

/// Why a report does not go on a card.
#[derive(Debug, thiserror::Error)]
pub enum PapersError {
    /// The file could not be read.
    #[error("cannot read the report {}; `bauta judge` writes report.json", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no report.
    #[error("{} is no report of `bauta judge`; name its report.json", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// Line, column and field.
        source: serde_json::Error,
    },
    /// The report is of another version.
    #[error(
        "the report {} has format {found}, this Bauta reads {FORMAT}; judge again, or use the Bauta that wrote it", path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// Several transforms were judged side by side.
    #[error("the report is about no single subject; judge {model} alone")]
    NoSubject {
        /// The model of the card.
        model: String,
    },
    /// The report is about something else.
    #[error(
        "the report is about {subject} ({found}), not about the weights of {model} (SHA-256 {expected}); judge {model}"
    )]
    OtherModel {
        /// The model of the card.
        model: String,
        /// SHA-256 of its weights.
        expected: String,
        /// What was judged.
        subject: String,
        /// What decides the output of that.
        found: String,
    },
    /// A control failed.
    #[error("the judgement is void: {}; mend that and judge again", failed.join("; "))]
    Void {
        /// The controls that failed.
        failed: Vec<String>,
    },
    /// There is nothing to put on the card.
    #[error("the report holds no figure of {model}; judge it again")]
    Empty {
        /// The model of the card.
        model: String,
    },
}
