//! `bauta train CONFIG`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use burn::tensor::Device;
use indicatif::{ProgressBar, ProgressStyle};

use crate::train::{Corpus, Outcome, Progress, RunFolder, TrainConfig, run};

/// Train an anonymizer by the penalty-driven minimax game.
///
/// CONFIG is a TOML file; models/bauta-s.toml is the one that made the built-in model. The run folder gets
/// the whole configuration before the first step, then metrics.jsonl, checkpoints, sample sheets (of sets
/// that may be shown), and at the end NAME.bpk with its card NAME.json. Ctrl-C writes a checkpoint and ends;
/// --resume goes on exactly where the newest checkpoint stands.
#[derive(clap::Args)]
pub(super) struct Train {
    /// Configuration file.
    config: PathBuf,
    /// Folder of the data sets [default: the variable `BAUTA_DATA`].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder to write to [default: runs/NAME].
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// Go on from the newest checkpoint of the run folder.
    #[arg(long)]
    resume: bool,
    /// Folder that keeps decoded frames from run to run.
    #[arg(long, value_name = "DIR", default_value = "runs/cache")]
    cache: PathBuf,
}

impl Train {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config = TrainConfig::read(&self.config)?;
        let beside = self.config.parent().unwrap_or(Path::new(""));
        let bar = bar("decoding {wide_bar} {pos}/{len} clips")?;
        let decoded = |done: usize, total: usize| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        };
        let corpus = Corpus::open(&config, (beside, self.data.as_deref(), &self.cache), &decoded)?;
        bar.finish_and_clear();
        let path = self.run.clone().unwrap_or_else(|| Path::new("runs").join(&config.name));
        println!(
            "{} actions in {} clips; {} clips and pictures of people",
            corpus.action.actions().len(),
            corpus.action.clips().len(),
            corpus.privacy.clips().len()
        );
        println!("licences: {}", corpus.licence);
        let about = (commit(), "CPU (Burn Flex)".to_owned(), self.resume);
        let folder = RunFolder::prepare(&path, &config, &corpus, about)?;
        match play(&config, &corpus, folder)? {
            Outcome::Stopped { checkpoint } => {
                println!("stopped; go on with --resume from {}", checkpoint.display());
            }
            Outcome::Done { artifact, weights } => {
                println!("trained {} in {:.0} minutes", config.name, artifact.card().trained.minutes);
                for figure in &artifact.card().measured {
                    let chance =
                        figure.chance.map(|chance| format!(" (chance {chance:.3})")).unwrap_or_default();
                    println!("  {}: {:.3}{chance}, n {}", figure.name, figure.value, figure.n);
                }
                println!(
                    "wrote {} and its card; samples and metrics are in {}",
                    weights.display(),
                    path.display()
                );
            }
        }
        Ok(())
    }
}

fn play(config: &TrainConfig, corpus: &Corpus, folder: RunFolder) -> anyhow::Result<Outcome> {
    let asked_to_stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&asked_to_stop);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed)).context("cannot listen for Ctrl-C")?;
    let bar = bar("{wide_bar} {pos}/{len} {elapsed} +{eta}\n{msg}")?;
    let outcome = run(config, corpus, folder, &Device::flex(), &mut |progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
        bar.set_message(describe(progress));
        if asked_to_stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    Ok(outcome?)
}

/// The losses against their chance levels.
fn describe(progress: &Progress<'_>) -> String {
    let line = progress.line;
    let terms = [
        ("copy", line.copy, 0.0),
        ("L_T", line.utility.or(line.utility_branch), progress.utility_chance),
        ("L_B", line.privacy_branch, progress.privacy_chance),
        ("penalty", line.penalty, 0.0),
        ("RMS", line.distance, 0.0),
    ];
    let shown = terms.into_iter().filter_map(|(name, value, chance)| {
        let chance = if chance > 0.0 { format!(" (chance {chance:.2})") } else { String::new() };
        value.map(|value| format!("{name} {value:.3}{chance}"))
    });
    shown.collect::<Vec<_>>().join("  ")
}

fn bar(template: &str) -> anyhow::Result<ProgressBar> {
    Ok(ProgressBar::new(0).with_style(ProgressStyle::with_template(template)?))
}

/// The commit of the working tree this program was built in, with `+` where it has changes now; `unknown`
/// where there is none any more.
fn commit() -> String {
    let git = |words: &[&str]| {
        let output = Command::new("git")
            .args(["-C", env!("CARGO_MANIFEST_DIR")])
            .args(words)
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    match (git(&["rev-parse", "--short=12", "HEAD"]), git(&["status", "--porcelain"])) {
        (Some(commit), Some(changes)) if changes.is_empty() => commit,
        (Some(commit), _) => commit + "+",
        (None, _) => "unknown".into(),
    }
}
