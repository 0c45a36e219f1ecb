//! What became of a run, for people: one HTML file made from the run folder alone, at its end or on the way.
//!
//! ```text
//! run folder -> folder ─┬ verdict   what the numbers say, in sentences
//!                       ├ advice    what to change next
//!                       ├ curves    the run as plots
//!                       └ page      all of it as HTML -> report.html
//! ```

mod advice;
mod curves;
mod folder;
mod page;
mod readings;
mod verdict;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::atomic;

/// A report that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The HTML file: it needs no other file, no script and no network.
    pub path: PathBuf,
    /// What the numbers say, in a few sentences.
    pub verdict: String,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder holds no run.
    #[error("{} holds no run: there is neither config.toml nor metrics.jsonl; name the folder that `bauta train` \
             writes to", path.display())]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// A file could not be read.
    #[error("cannot read {}; is it yours to read?", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The report could not be written.
    #[error("cannot write {}; is the disk full?", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Writes `report.html` into a run folder. Works while the run is going: what is not there yet is left out, and
/// the report says so.
///
/// # Errors
/// [`ReportError`] names the file or the folder.
pub fn write(run: &Path) -> Result<Report, ReportError> {
    let folder = folder::Folder::read(run)?;
    let verdict = verdict::verdict(&folder);
    let path = run.join("report.html");
    let page = page::page(&folder, &verdict);
    atomic::replace(&path, page.as_bytes())
        .map_err(|source| ReportError::Write { path: path.clone(), source })?;
    Ok(Report { path, verdict: verdict.join(" ") })
}
