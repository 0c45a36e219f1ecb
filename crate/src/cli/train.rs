//! `bauta train CONFIG`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use burn::tensor::Device;
use indicatif::{ProgressBar, ProgressStyle};

use super::device::{Choice, open};
use super::train_view::View;
use crate::report;
use crate::train::{Corpus, Outcome, RunFolder, RunResult, TrainConfig, run};

/// Train an anonymizer by the penalty-driven minimax game.
///
/// CONFIG is a TOML file; models/stage-s.toml needs no data but what `bauta data stage` draws, and
/// models/all-options.toml names every option with its default. Shown are the losses beside the value that means
/// ignorance (`L_T`: how well the action branch does, low is good; `L_B`: how well the privacy branch does, it
/// should stay near chance), and, after each validation, what the action branch and fresh attackers get right.
///
/// The run folder gets the whole configuration, the commit and the digest of the data before the first step,
/// then metrics.jsonl, readings.jsonl, checkpoints, sample sheets (of sets that may be shown), and at the end
/// NAME.bpk with its card NAME.json, result.json and report.html. Ctrl-C writes a checkpoint and ends; --resume
/// goes on exactly where the newest checkpoint stands. A kill or a full disk costs at most the steps since then.
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
    /// Set an option of the configuration, such as --set penalty.budget=0.1; may be repeated.
    #[arg(long, value_name = "OPTION=VALUE", value_parser = option)]
    set: Vec<(String, toml::Value)>,
    /// Go on from the newest checkpoint of the run folder.
    #[arg(long)]
    resume: bool,
    /// Folder that keeps decoded frames from run to run.
    #[arg(long, value_name = "DIR", default_value = "runs/cache")]
    cache: PathBuf,
    /// Where the networks run.
    #[arg(long, value_enum, default_value_t = Choice::Cpu)]
    device: Choice,
}

impl Train {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config = TrainConfig::read(&self.config, &self.set)?;
        let (device, device_name) = open(self.device)?;
        let beside = self.config.parent().unwrap_or(Path::new(""));
        let bar = ProgressBar::new(0)
            .with_style(ProgressStyle::with_template("decoding {wide_bar} {pos}/{len} clips")?);
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
        let about = (commit(), device_name, self.resume);
        let folder = RunFolder::prepare(&path, &config, &corpus, about)?;
        match play(&config, &corpus, folder, &device)? {
            Outcome::Stopped { checkpoint } => {
                println!("stopped; go on with --resume from {}", checkpoint.display());
            }
            Outcome::Done { weights, result } => {
                let report = summarize(&result, &weights, &path)?;
                println!("{}\nthe report with curves and samples: {}", report.verdict, report.path.display());
            }
        }
        Ok(())
    }
}

/// The exit code of a program that an interrupt has ended, as shells count.
const INTERRUPTED: i32 = 130;

fn play(
    config: &TrainConfig,
    corpus: &Corpus,
    folder: RunFolder,
    device: &Device,
) -> anyhow::Result<Outcome> {
    let asked_to_stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&asked_to_stop);
    let stop = move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED); // asked twice; whatever is written is written whole or not at all
        }
        eprintln!("stopping after this step; once more to stop at once and go on from the last checkpoint");
    };
    ctrlc::set_handler(stop).context("cannot listen for Ctrl-C")?;
    let mut view = View::open(config)?;
    let outcome = run(config, corpus, folder, device, &mut |progress| {
        view.show(progress);
        if asked_to_stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    view.close();
    Ok(outcome?)
}

/// An option and its value, which is TOML; what is no TOML is taken for text.
fn option(text: &str) -> Result<(String, toml::Value), String> {
    let (key, value) = text.split_once('=').ok_or("expected OPTION=VALUE, such as penalty.budget=0.1")?;
    let parsed = toml::from_str::<toml::Table>(&format!("value = {value}"));
    let value = parsed.ok().and_then(|mut table| table.remove("value"));
    Ok((key.to_owned(), value.unwrap_or_else(|| toml::Value::String(text[key.len() + 1..].to_owned()))))
}

/// What came out, each reading beside the same on raw clips.
fn summarize(result: &RunResult, weights: &Path, run: &Path) -> anyhow::Result<report::Report> {
    let ended = if result.stopped_early { "ended early" } else { "trained" };
    println!("{ended} {} in {:.0} minutes, {} steps", result.name, result.minutes, result.steps);
    println!("{:<34} {:>6} {:>11} {:>7} {:>5}", "top-1", "raw", "anonymized", "chance", "n");
    for reading in &result.anonymized {
        let raw = result.raw.iter().find(|raw| raw.asks_what(reading) && raw.by == reading.by);
        let raw = raw.map_or("-".into(), |raw| format!("{:.3}", raw.top1));
        let what = format!("{} on {}", reading.asked, reading.set);
        println!(
            "{what:<34} {raw:>6} {:>11.3} {:>7.3} {:>5}  {}",
            reading.top1, reading.chance, reading.n, reading.by
        );
    }
    if let Some(worst) = result.worst_leak() {
        let nl = worst.nl.unwrap_or(f64::NAN);
        println!("worst leakage: {} on {}, NL {nl:.2}", worst.attack.asked, worst.attack.set);
    }
    println!("wrote {} and its card; samples and metrics are in {}", weights.display(), run.display());
    Ok(report::write(run)?)
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
