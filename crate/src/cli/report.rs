//! `bauta report RUN`, and `bauta report REPORT.json`.

use std::path::PathBuf;

use crate::eval::markdown;
use crate::papers::read;
use crate::report;

/// Write report.html into a run folder: what the run kept and what it leaks, its curves and samples, and what
/// to change next.
///
/// Works while the run is going, too. The file needs no other file and no network. Given a report.json of `bauta judge`
/// instead, its tables are printed (Markdown) as this version words them; nothing is judged again.
#[derive(clap::Args)]
pub(super) struct MakeReport {
    /// Run folder, as `bauta train` writes it; or a report (.json) of `bauta judge`.
    run: PathBuf,
}

impl MakeReport {
    pub(super) fn run(self) -> anyhow::Result<()> {
        if self.run.extension().is_some_and(|end| end == "json") {
            print!("{}", markdown(&read(&self.run)?));
            return Ok(());
        }
        let report = report::write(&self.run)?;
        println!("wrote {}\n\n{}", report.path.display(), report.verdict);
        Ok(())
    }
}
