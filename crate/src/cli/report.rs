//! `bauta report RUN`.

use std::path::PathBuf;

use crate::report;

/// Write report.html into a run folder: what the run kept and what it leaks, its curves and samples, and what
/// to change next.
///
/// Works while the run is going, too. The file needs no other file and no network.
#[derive(clap::Args)]
pub(super) struct MakeReport {
    /// Run folder, as `bauta train` writes it.
    run: PathBuf,
}

impl MakeReport {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let report = report::write(&self.run)?;
        println!("wrote {}\n\n{}", report.path.display(), report.verdict);
        Ok(())
    }
}
