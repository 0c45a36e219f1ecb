//! `bauta judge`: what a model, or any other transform of clips, hides and keeps.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::{judge_check, judge_outside, judge_sweep};
use crate::atomic;
use crate::data::sets::data_folder;
use crate::data::{ClipStore, Manifest};
use crate::eval::{
    EvalError, Judge, Progress, Report, Set, Sheet, Task, Thoroughness, add_rows, expected_minutes, markdown,
    page, set_beside, sheets,
};
use crate::outside::ReIdentifier;
use crate::papers;
use crate::sweep::Table;
use crate::transform::{Folder, Transform, baselines, named, trained};

/// Measures what an anonymizer hides and what it keeps.
///
/// Fresh attackers of several kinds learn from clips that were anonymized (or from raw ones), and are asked about
/// others; the strongest counts. What is kept is told by a fresh network that learns to name the action. Raw and
/// black clips are always judged beside: where raw ones tell nothing or black ones something, the judgement is void.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct JudgeCommand {
    /// What to judge: model files (without ending), names of baselines such as `blur-weak`, or a manifest (.csv) of
    /// clips that somebody else has anonymized, named and cut like those of the one --set.
    subjects: Vec<String>,
    /// A set of the data folder (`bauta data list` names them), drawn people (`stage`, `stage:20000:upper`: clips,
    /// framing, motion as for `bauta data stage`), or a manifest (.csv); several times for several.
    #[arg(long = "set", value_name = "SET", default_values = ["weizmann64", "utkface6k"])]
    sets: Vec<String>,
    /// Judge every baseline beside: grey, smaller, blurred, pixelated, blackened, noisy, motion alone.
    #[arg(long)]
    baselines: bool,
    /// Judge every model in the folder of a `bauta sweep`, and print the sweep's table by the judge's figures.
    #[arg(long, value_name = "RUNS")]
    sweep: Option<PathBuf>,
    /// Compare the subjects with each other, clip by clip: which differences are real.
    #[arg(long)]
    compare: bool,
    /// People of the sets that the one model judged was trained on, such as s1,s2: can that be told?
    #[arg(long, value_delimiter = ',', value_name = "SUBJECTS")]
    members: Vec<String>,
    /// Attributes that are private; where a set has them.
    #[arg(long, value_delimiter = ',', default_values = ["gender", "race", "age"])]
    attributes: Vec<String>,
    /// Side of the frames that are judged, in pixels; a multiple of 16.
    #[arg(long, default_value_t = 64)]
    size: usize,
    /// One seed and short lessons: to look while working, not to publish.
    #[arg(long)]
    quick: bool,
    /// Folder of the data sets [default: the variable `BAUTA_DATA`].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where rewritten clips, attackers and their answers are kept: a second run does only what has changed.
    #[arg(long, value_name = "DIR", default_value = "runs/cache")]
    cache: PathBuf,
    /// Write the clips that are judged, raw and rewritten, to DIR/SET/METHOD/, for attackers that are other programs:
    /// PNG strips, each folder with its manifest.csv.
    #[arg(long, value_name = "DIR")]
    write_clips: Option<PathBuf>,
    /// Add rows that another program has measured (a JSON list, laid out as the rows of report.json, protocol outside)
    /// to the report; several times for several files.
    #[arg(long, value_name = "ROWS.json")]
    merge: Vec<PathBuf>,
    /// Put the transforms of an earlier report.json beside those that are judged, in one report: judged on the same sets,
    /// at the same size and effort, with the same figures of raw clips.
    #[arg(long, value_name = "REPORT.json")]
    beside: Option<PathBuf>,
    /// Folder for report.json, report.md and report.html [default: runs/judge-SUBJECT].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  $ bauta judge models/bauta-s --set weizmann64 --set utkface6k --data ~/sets
  $ bauta judge blur-strong pixelate-16 --set clips/manifest.csv --quick
  $ bauta judge blur-strong --set stage:20000 --attributes skin,glasses,beard
  $ bauta judge --baselines --set weizmann64 --out models/results/baselines
  $ bauta judge theirs/manifest.csv --set ours/manifest.csv
  $ bauta judge --sweep runs/ablation --set weizmann64 --quick
  $ bauta judge blur-strong --write-clips runs/clips    # then: scripts/judge-openvino runs/clips --out rows.json
  $ bauta judge blur-strong --merge rows.json
  $ bauta judge runs/bdq/bdq --beside models/results/baselines.report.json --set weizmann64 --size 48
  $ bauta judge --compare runs/a/a runs/b/b blur-strong --set weizmann64

With one subject the report has a summary of it. Exit code 3: a control failed, the judgement is void.";

/// The network by others that comes with the data folder; without it nobody else is asked, and why is said.
fn reidentifier(data: Option<&Path>) -> Option<ReIdentifier> {
    let found = data_folder(data).map_err(anyhow::Error::from);
    let network = found.and_then(|data| Ok(ReIdentifier::open(&data)?));
    network.inspect_err(|why| eprintln!("no re-identification by others: {why:#}")).ok()
}

/// The exit code of a judgement that cannot be believed.
const VOID: i32 = 3;

impl JudgeCommand {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.check()?;
        let thoroughness = if self.quick { Thoroughness::QUICK } else { Thoroughness::STANDARD };
        let bar = ProgressBar::no_length().with_style(
            ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}").context("a template")?,
        );
        let progress = |done: usize, total: usize| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        };
        let sets: Vec<Set> =
            self.sets.iter().map(|name| self.open(name, &progress)).collect::<Result<_, _>>()?;
        let mut swept = self.sweep.as_deref().map(Table::read).transpose()?;
        let transforms = self.transforms(&sets, swept.as_ref())?;
        judge_check::members(&self.members, &sets, &self.subjects)?;
        let judged: Vec<&dyn Transform> = transforms.iter().map(AsRef::as_ref).collect();
        let merged = judge_outside::rows(&self.merge, &sets, &judged)?;
        let earlier = self.beside.as_deref().map(papers::read).transpose()?;
        if let Some(earlier) = &earlier {
            judge_check::beside(earlier, &sets, &judged, &thoroughness)?;
        }
        let cache = self.cache.join("judge");
        if let Some(folder) = &self.write_clips {
            judge_outside::write(&sets, &judged, &cache, folder)?;
        }
        let minutes = expected_minutes(&sets, &thoroughness, judged.len(), rayon::current_num_threads());
        bar.suspend(|| {
            eprintln!("at most about {minutes:.0} minutes; less where the cache has answers already");
        });
        let announce = |set: &str, method: &str| bar.set_message(format!("{method} on {set}"));
        let reidentifier = reidentifier(self.data.as_deref());
        let judge = Judge {
            thoroughness: &thoroughness,
            cache: cache.clone(),
            reidentifier: reidentifier.as_ref(),
            progress: &progress,
            announce: &announce,
        };
        let mut report = judge.report(&sets, self.task(&judged))?;
        bar.finish_and_clear();
        add_rows(&mut report, merged)?;
        if let Some(earlier) = earlier {
            set_beside(&mut report, earlier)?;
        }
        let folder = self.folder(&report);
        if let Some(table) = &mut swept {
            judge_sweep::rejudge(table, &mut report);
            table.write(&folder)?;
            println!("{}", table.markdown());
        }
        write(&report, &sheets(&sets, &judged, &cache)?, &folder)
    }

    /// Refuses what makes no sense before anything is read.
    fn check(&self) -> anyhow::Result<()> {
        if self.subjects.is_empty() && !self.baselines && self.sweep.is_none() {
            bail!("nothing to judge: name a model or a baseline, or add --baselines or --sweep RUNS");
        }
        if self.size == 0 || !self.size.is_multiple_of(16) {
            bail!("--size {}: expected a multiple of 16", self.size);
        }
        if self.compare && self.subjects.len() < 2 {
            bail!("--compare wants at least two models or baselines by name");
        }
        Ok(())
    }

    fn open(&self, name: &str, progress: &Progress<'_>) -> Result<Set, EvalError> {
        Set::open(name, &self.attributes, (self.data.as_deref(), &self.cache, self.size), progress)
    }

    /// Baselines first (without those that are subjects), then the models of a sweep, then the subjects.
    fn transforms(&self, sets: &[Set], swept: Option<&Table>) -> anyhow::Result<Vec<Box<dyn Transform>>> {
        let mut transforms: Vec<Box<dyn Transform>> = if self.baselines { baselines() } else { vec![] };
        if let (Some(table), Some(folder)) = (swept, &self.sweep) {
            transforms.extend(judge_sweep::models(table, folder)?);
        }
        for subject in &self.subjects {
            let subject = self.transform(subject, sets)?;
            if self.baselines {
                transforms.retain(|other| other.key() != subject.key());
            }
            transforms.push(subject);
        }
        judge_check::names(&transforms)?;
        Ok(transforms)
    }

    /// A single subject has a summary; subjects that are compared stand last.
    fn task<'a>(&'a self, transforms: &'a [&'a dyn Transform]) -> Task<'a> {
        let first = transforms.len() - self.subjects.len();
        let subject = (self.subjects.len() == 1).then_some(first);
        let compared_from = self.compare.then_some(first);
        Task { transforms, subject, members: &self.members, compared_from }
    }

    fn transform(&self, subject: &str, sets: &[Set]) -> anyhow::Result<Box<dyn Transform>> {
        if subject.ends_with(".csv") {
            let [set] = sets else { bail!("clips that are anonymized already go with exactly one --set") };
            let manifest = Manifest::read(Path::new(subject))?;
            let clips = ClipStore::open(&manifest, self.size, &self.cache, &|_, _| ())?;
            let name = Path::new(subject).parent().and_then(Path::file_name).unwrap_or("theirs".as_ref());
            return Ok(Box::new(Folder::open(&name.to_string_lossy(), clips, &set.raw)?));
        }
        if Path::new(&format!("{subject}.bpk")).exists() {
            return Ok(trained(Path::new(subject), None)?);
        }
        named(subject).with_context(|| format!("there is no model {subject}.bpk either"))
    }

    /// Where the report goes.
    fn folder(&self, report: &Report) -> PathBuf {
        let swept = || self.sweep.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy());
        let name = report.subject.name.as_deref().map(Into::into).or_else(swept);
        let name = name.unwrap_or("baselines".into()).replace(' ', "-");
        self.out.clone().unwrap_or_else(|| Path::new("runs").join(format!("judge-{name}")))
    }
}

fn write(report: &Report, sheets: &[Sheet], folder: &Path) -> anyhow::Result<()> {
    let text = markdown(report);
    let json = serde_json::to_string_pretty(report)? + "\n";
    let html = page(report, sheets);
    for (file, bytes) in [("report.json", &json), ("report.md", &text), ("report.html", &html)] {
        let path = folder.join(file);
        atomic::replace(&path, bytes.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    println!("{text}\nwrote report.json, report.md and report.html to {}", folder.display());
    if report.subject.void {
        eprintln!("void: a control failed; see the end of the tables");
        std::process::exit(VOID);
    }
    Ok(())
}
