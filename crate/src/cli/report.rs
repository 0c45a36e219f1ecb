//! `bauta report RUN`, and `bauta report REPORT.json...`.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::eval::{markdown, matrix};
use crate::papers::{PapersError, read};
use crate::report;

/// Write report.html into a run folder: what the run kept and what it leaks, its curves and samples, and what
/// to change next.
///
/// Works while the run is going, too. The file needs no other file and no network. Given a report.json of `bauta judge`
/// instead, its tables are printed (Markdown) as this version words them; nothing is judged again. Given several of these, they
/// are put together: a line a transform, a column a set.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct MakeReport {
    /// Run folder, as `bauta train` writes it; or one or several reports (.json) of `bauta judge`.
    #[arg(required = true)]
    runs: Vec<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  $ bauta report runs/stage-s
  $ bauta report runs/judge-bauta-s/report.json
  $ bauta report models/results/bauta-m6.report.json models/results/bauta-h6.report.json    # which does what on which set";

impl MakeReport {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let is_judged = |path: &Path| path.extension().is_some_and(|end| end == "json");
        let run = match &self.runs[..] {
            [judged] if is_judged(judged) => {
                print!("{}", markdown(&read(judged)?));
                return Ok(());
            }
            [run] => run,
            several => {
                if let Some(run) = several.iter().find(|path| !is_judged(path)) {
                    bail!(
                        "{} is no report.json of `bauta judge`; run folders are reported one by one",
                        run.display()
                    );
                }
                let named = |path: &PathBuf| Ok((path.display().to_string(), read(path)?));
                let reports = several.iter().map(named).collect::<Result<Vec<_>, PapersError>>()?;
                print!("{}", matrix(&reports)?);
                return Ok(());
            }
        };
        let report = report::write(run)?;
        println!("wrote {}\n\n{}", report.path.display(), report.verdict);
        Ok(())
    }
}
