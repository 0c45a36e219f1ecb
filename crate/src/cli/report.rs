//! `bauta report RUN`, and `bauta report REPORT.json...`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::atomic;
use crate::eval::{Report, Set, distinct, markdown, matrix, page, sheets};
use crate::papers::{PapersError, read};
use crate::report;
use crate::transform::{Transform, baselines, trained};

/// Write report.html into a run folder: what the run kept and what it leaks, its curves and samples, and what
/// to change next.
///
/// Works while the run is going, too. The file needs no other file and no network. Given a report.json of `bauta judge`
/// instead, its tables are printed (Markdown) as this version words them, or its page is written; nothing is
/// judged again. Given several of these, they are put together: a line a transform, a column a set.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct MakeReport {
    /// Run folder, as `bauta train` writes it; or one or several reports (.json) of `bauta judge`.
    #[arg(required = true)]
    runs: Vec<PathBuf>,
    /// Write the page of the one report.json here instead of printing its tables: with pictures, drawn anew, of what its filters
    /// and --picture make of those sets that may be shown.
    #[arg(long, value_name = "PAGE.html")]
    html: Option<PathBuf>,
    /// A model that the report has judged (its file without ending), for the page's pictures; several times for several.
    #[arg(long = "picture", value_name = "MODEL", requires = "html")]
    pictures: Vec<PathBuf>,
    /// Folder of the data sets, for the page's pictures [default: the variable `BAUTA_DATA`].
    #[arg(long, value_name = "DIR", requires = "html")]
    data: Option<PathBuf>,
    /// Where clips, raw and rewritten, are kept.
    #[arg(long, value_name = "DIR", default_value = "runs/cache", requires = "html")]
    cache: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  $ bauta report runs/stage-s
  $ bauta report runs/judge-bauta-s/report.json
  $ bauta report models/results/bauta-m6.report.json --html bauta-m6.html --picture models/bauta-m6
  $ bauta report models/results/bauta-m6.report.json models/results/bauta-h6.report.json    # which does what on which set";

fn is_judged(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "json")
}

impl MakeReport {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match (&self.runs[..], &self.html) {
            ([judged], Some(html)) if is_judged(judged) => self.write_page(judged, html),
            (_, Some(_)) => bail!("--html is the page of one report.json of `bauta judge`"),
            ([judged], None) if is_judged(judged) => {
                print!("{}", markdown(&read(judged)?));
                Ok(())
            }
            ([run], None) => {
                let report = report::write(run)?;
                println!("wrote {}\n\n{}", report.path.display(), report.verdict);
                Ok(())
            }
            (several, None) => side_by_side(several),
        }
    }

    fn write_page(&self, judged: &Path, html: &Path) -> anyhow::Result<()> {
        let report = read(judged)?;
        let place = (self.data.as_deref(), self.cache.as_path(), report.subject.size);
        let names = distinct(report.rows.iter().map(|row| row.dataset.as_str()));
        let sets = names.into_iter().map(|name| Set::shown(name, place)).collect::<Result<Vec<_>, _>>()?;
        let transforms = self.pictured(&report, judged)?;
        let pictured: Vec<&dyn Transform> = transforms.iter().map(AsRef::as_ref).collect();
        let page = page(&report, &sheets(&sets, &pictured, &self.cache.join("judge"))?);
        atomic::replace(html, page.as_bytes()).with_context(|| format!("cannot write {}", html.display()))?;
        println!("wrote {}", html.display());
        Ok(())
    }

    /// The filters that the report has judged, and its models that are at hand.
    fn pictured(&self, report: &Report, judged: &Path) -> anyhow::Result<Vec<Box<dyn Transform>>> {
        let is_of_report = |transform: &dyn Transform| {
            let key = transform.key();
            report.methods.iter().any(|method| method.key == key)
        };
        let mut transforms = baselines();
        transforms.retain(|filter| is_of_report(filter.as_ref()));
        for model in &self.pictures {
            let model_of_file = trained(model, None)?;
            if !is_of_report(model_of_file.as_ref()) {
                bail!(
                    "{} has not judged {} with these weights; leave out its --picture, or judge it again",
                    judged.display(),
                    model.display()
                );
            }
            transforms.push(model_of_file);
        }
        Ok(transforms)
    }
}

fn side_by_side(several: &[PathBuf]) -> anyhow::Result<()> {
    if let Some(run) = several.iter().find(|path| !is_judged(path)) {
        bail!("{} is no report.json of `bauta judge`; run folders are reported one by one", run.display());
    }
    let named = |path: &PathBuf| Ok((path.display().to_string(), read(path)?));
    let reports = several.iter().map(named).collect::<Result<Vec<_>, PapersError>>()?;
    print!("{}", matrix(&reports)?);
    Ok(())
}
