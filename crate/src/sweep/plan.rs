//! What a sweep will run: read, expanded and checked before anything starts.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use super::SweepError;
use super::expand::{self, Entry, Grid};
use crate::train::TrainConfig;

/// A sweep file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SweepFile {
    name: String,
    base: PathBuf,
    seeds: Vec<u64>,
    #[serde(default)]
    variant: Vec<Entry>,
    #[serde(default)]
    grid: Vec<Grid>,
}

/// A sweep whose every configuration has been checked.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// What it is called; its folder and tables are called so.
    pub name: String,
    /// The configuration it begins from, as it is written.
    pub base: String,
    /// Root seeds, in the order they are run.
    pub seeds: Vec<u64>,
    /// What is compared.
    pub variants: Vec<Variant>,
    /// Every run in the order they start: all variants of the first seed, then of the next, so that a sweep
    /// that is cut short still compares like with like.
    pub runs: Vec<Run>,
}

/// One way to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// As the tables call it.
    pub name: String,
    /// As its folder is called.
    pub slug: String,
    /// What it sets, as dotted paths into the base.
    pub set: Table,
}

/// One training run of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Place in [`Sweep::variants`].
    pub variant: usize,
    /// Name of the variant.
    pub name: String,
    /// Its root seed.
    pub seed: u64,
    /// Everything the child is told.
    pub config: TrainConfig,
    /// Its run folder, relative to the folder of the sweep.
    pub folder: PathBuf,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is there.
    New,
    /// It has begun and can go on.
    Begun,
    /// Its result is there.
    Done,
    /// Its result is there, but of another configuration than the sweep file asks for now.
    Another,
}

impl Sweep {
    /// Reads a sweep file and the base it names, and checks the configuration of every run.
    ///
    /// # Errors
    /// [`SweepError`] names the file, or the variant and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, SweepError> {
        let file: SweepFile = parse(path, &read(path)?)?;
        check(&file)?;
        let base_path = path.parent().unwrap_or(Path::new("")).join(&file.base);
        let text = read(&base_path)?;
        let beside = base_path.parent().unwrap_or(Path::new(""));
        // An empty path has no absolute form.
        let beside = std::path::absolute(Path::new(".").join(beside))
            .map_err(|source| SweepError::Read { path: base_path.clone(), source })?;
        let mut variants = vec![];
        let mut tables = vec![];
        for entry in expand::cross(&file.variant, &file.grid)? {
            let mut whole = Value::Table(expand::lay(&parse(&base_path, &text)?, &entry)?);
            // The run's configuration will lie in another folder than the base.
            expand::change_manifests(&mut whole, &|path| beside.join(path));
            tables.push(whole);
            variants.push(variant(entry, &variants)?);
        }
        let mut runs = vec![];
        for seed in &file.seeds {
            for (place, whole) in tables.iter().enumerate() {
                runs.push(run((place, &variants[place]), *seed, whole.clone())?);
            }
        }
        Ok(Self { name: file.name, base: text, seeds: file.seeds, variants, runs })
    }
}

impl Run {
    /// What of this run is in the folder of the sweep. Where a manifest lies does not make it another run,
    /// as a sweep may be read on another machine than it ran on.
    pub fn state(&self, sweep_folder: &Path) -> State {
        let folder = sweep_folder.join(&self.folder);
        let settings = folder.join("config.toml");
        if !folder.join("result.json").exists() {
            return if settings.exists() { State::Begun } else { State::New };
        }
        let found = fs::read_to_string(settings).ok().and_then(|text| toml::from_str(&text).ok());
        let same = found.is_some_and(|found: TrainConfig| anywhere(&found) == anywhere(&self.config));
        if same { State::Done } else { State::Another }
    }

    /// The configuration file the child is given.
    pub(super) fn settings(&self, sweep_folder: &Path) -> PathBuf {
        sweep_folder.join(&self.folder).with_extension("toml")
    }

    /// What the child said.
    pub(super) fn log(&self, sweep_folder: &Path) -> PathBuf {
        sweep_folder.join(&self.folder).with_extension("log")
    }
}

/// A configuration whose manifests are called by folder and file, as the readings call them, wherever they lie.
fn anywhere(config: &TrainConfig) -> Value {
    let mut whole = Value::try_from(config).expect("a configuration is TOML");
    expand::change_manifests(&mut whole, &|path| {
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
        Path::new(folder).join(path.file_name().unwrap_or_default())
    });
    whole
}

fn read(path: &Path) -> Result<String, SweepError> {
    fs::read_to_string(path).map_err(|source| SweepError::Read { path: path.into(), source })
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path, text: &str) -> Result<T, SweepError> {
    toml::from_str(text).map_err(|source| SweepError::Toml { path: path.into(), source: Box::new(source) })
}

fn check(file: &SweepFile) -> Result<(), SweepError> {
    let plain = |c: char| c.is_alphanumeric() || "-_".contains(c);
    if file.name.is_empty() || !file.name.chars().all(plain) {
        let wanted = "letters, digits, - and _: a folder is called so";
        return Err(SweepError::Unfit { what: "name", found: format!("{:?}", file.name), wanted });
    }
    let mut seeds = file.seeds.clone();
    seeds.sort_unstable();
    seeds.dedup();
    if seeds.is_empty() || seeds.len() < file.seeds.len() {
        let wanted = "one seed or more, each once";
        return Err(SweepError::Unfit { what: "seeds", found: format!("{:?}", file.seeds), wanted });
    }
    Ok(())
}

fn variant(entry: Entry, others: &[Variant]) -> Result<Variant, SweepError> {
    let slug = expand::slug(&entry.name);
    if slug.is_empty() {
        let wanted = "a name with letters or digits: a folder is called so";
        return Err(SweepError::Unfit { what: "variant.name", found: format!("{:?}", entry.name), wanted });
    }
    if let Some(twin) = others.iter().find(|other| other.slug == slug) {
        return Err(SweepError::Twins { first: twin.name.clone(), second: entry.name, slug });
    }
    Ok(Variant { name: entry.name, slug, set: entry.set })
}

fn run((place, variant): (usize, &Variant), seed: u64, mut whole: Value) -> Result<Run, SweepError> {
    let name = variant.name.clone();
    if let Value::Table(table) = &mut whole {
        table.insert("name".into(), Value::String(format!("{}-seed-{seed}", variant.slug)));
        // TOML has signed integers only, so a seed it could spell fits.
        table.insert("seed".into(), Value::Integer(seed as i64));
    }
    let text = toml::to_string(&whole).expect("a table that was read as TOML can be written as TOML");
    let config: TrainConfig = toml::from_str(&text)
        .map_err(|source| SweepError::Config { variant: name.clone(), source: Box::new(source) })?;
    config
        .validate()
        .map_err(|source| SweepError::Variant { variant: name.clone(), source: Box::new(source) })?;
    let folder = Path::new(&variant.slug).join(format!("seed-{seed}"));
    Ok(Run { variant: place, name, seed, config, folder })
}
