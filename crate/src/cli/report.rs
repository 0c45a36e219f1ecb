//! `bauta report RUN`, and `bauta report REPORT.json...`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::atomic;
use crate::eval::{Report, Set, distinct, markdown, matrix, page, sheets};
use crate::papers::{PapersError, read};
use crate::report;
use crate::transform::{Transform, named, trained};

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
        if judged == html {
            bail!("--html {} is the report itself; name another file", html.display());
        }
        let report = read(judged)?;
        let transforms = self.pictured(&report, judged)?;
        let pictured: Vec<&dyn Transform> = transforms.iter().map(AsRef::as_ref).collect();
        let sheets = sheets(&self.shown(&report)?, &pictured, &self.cache.join("judge"))?;
        atomic::replace(html, page(&report, &sheets).as_bytes())
            .with_context(|| format!("cannot write {}", html.display()))?;
        println!("wrote {}", html.display());
        let names: Vec<String> = pictured.iter().map(|transform| transform.name()).collect();
        let without = report.methods.iter().map(|method| method.name.as_str());
        let without: Vec<&str> = without.filter(|name| !names.iter().any(|other| other == name)).collect();
        if !sheets.is_empty() && !without.is_empty() {
            println!("without pictures: {}; --picture MODEL adds those of a model", without.join(", "));
        }
        Ok(())
    }

    /// The sets of the report that may be shown.
    fn shown(&self, report: &Report) -> anyhow::Result<Vec<Set>> {
        let place = (self.data.as_deref(), self.cache.as_path(), report.subject.size);
        let mut sets = vec![];
        for name in distinct(report.rows.iter().map(|row| row.dataset.as_str())) {
            let set = Set::shown(name, place)
                .with_context(|| format!("no pictures of {name}, a set of the report, can be drawn"))?;
            sets.extend(set);
        }
        Ok(sets)
    }

    /// What the report has judged and is at hand, in its order: filters by their names, models by their weights.
    fn pictured(&self, report: &Report, judged: &Path) -> anyhow::Result<Vec<Box<dyn Transform>>> {
        let mut models: Vec<(&PathBuf, String)> = vec![];
        for path in &self.pictures {
            let key = trained(path, None)?.key();
            if !report.methods.iter().any(|method| method.key == key) {
                bail!(
                    "{} has not judged {} with these weights; leave out its --picture, or judge it again",
                    judged.display(),
                    path.display()
                );
            }
            models.push((path, key));
        }
        let mut found = vec![];
        for method in &report.methods {
            if let Some((path, _)) = models.iter().find(|(_, key)| *key == method.key) {
                found.push(trained(path, Some(&method.name))?);
            } else if let Ok(filter) = named(&method.name.replace(' ', "-"))
                && filter.key() == method.key
            {
                found.push(filter);
            }
        }
        Ok(found)
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
