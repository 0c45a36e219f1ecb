//! A run folder as it is read: whatever is there.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ReportError;
use crate::metrics::Reading;
use crate::train::{Line, RunResult, Validation};

/// Sample sheets that are shown at most, the last among them.
const SHEETS: usize = 7;

/// A sample sheet.
pub(super) struct Sheet {
    /// Its name without the ending, such as `step-0000100`.
    pub name: String,
    /// The file, a PNG.
    pub png: Vec<u8>,
}

/// What `run.json` says, each part if it is there.
#[derive(Default)]
pub(super) struct About {
    pub commit: Option<String>,
    pub manifest: Option<String>,
    pub device: Option<String>,
    pub minutes: Option<f64>,
    /// `L_T` of ignorance, nats.
    pub utility_chance: Option<f64>,
    /// `L_B` of ignorance, nats.
    pub privacy_chance: Option<f64>,
    pub raw: Vec<Reading>,
}

/// What is in a run folder.
pub(super) struct Folder {
    pub name: String,
    /// `config.toml`, as it is.
    pub config: Option<String>,
    table: toml::Table,
    pub about: About,
    /// By rising step.
    pub lines: Vec<Line>,
    /// By rising step.
    pub validations: Vec<Validation>,
    /// By rising step.
    pub sheets: Vec<Sheet>,
    pub result: Option<RunResult>,
    /// Files that are there but could not be understood.
    pub puzzles: Vec<String>,
}

impl Folder {
    /// Reads the folder `run`.
    pub(super) fn read(run: &Path) -> Result<Self, ReportError> {
        let config = text(&run.join("config.toml"))?;
        let metrics = text(&run.join("metrics.jsonl"))?;
        if config.is_none() && metrics.is_none() {
            return Err(ReportError::NoRun { path: run.into() });
        }
        let mut puzzles = vec![];
        let table: Option<toml::Table> = config.as_deref().and_then(|config| toml::from_str(config).ok());
        if config.is_some() && table.is_none() {
            puzzles.push("config.toml".into());
        }
        let table = table.unwrap_or_default();
        let name = table.get("name").and_then(toml::Value::as_str).map(str::to_owned);
        let folder_name = || run.file_name().unwrap_or(OsStr::new("run")).to_string_lossy().into_owned();
        let mut parsed = |name: &str| -> Result<Option<Value>, ReportError> {
            let text = text(&run.join(name))?;
            let value = text.as_deref().map(serde_json::from_str);
            if matches!(value, Some(Err(_))) {
                puzzles.push(name.into());
            }
            Ok(value.and_then(Result::ok))
        };
        let about = parsed("run.json")?.map(|value| about(&value)).unwrap_or_default();
        let result = parsed("result.json")?.map(serde_json::from_value::<RunResult>);
        if matches!(result, Some(Err(_))) {
            puzzles.push("result.json".into());
        }
        let mut lines: Vec<Line> = rows("metrics.jsonl", metrics, &mut puzzles);
        lines.sort_by_key(|line| line.step);
        let readings = text(&run.join("readings.jsonl"))?;
        let mut validations: Vec<Validation> = rows("readings.jsonl", readings, &mut puzzles);
        validations.sort_by_key(|validation| validation.step);
        Ok(Self {
            name: name.unwrap_or_else(folder_name),
            config,
            table,
            about,
            lines,
            validations,
            sheets: sheets(&run.join("samples"))?,
            result: result.and_then(Result::ok),
            puzzles,
        })
    }

    /// A number of the configuration, by section and name.
    pub(super) fn option(&self, section: &str, name: &str) -> Option<f64> {
        let value = self.table.get(section)?.get(name)?;
        value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
    }

    /// Steps before the game.
    pub(super) fn preparation(&self) -> Option<u64> {
        let (warm_up, pretrain) = (self.option("schedule", "warm_up")?, self.option("schedule", "pretrain")?);
        Some(warm_up.max(pretrain) as u64)
    }

    /// Steps of the whole run.
    pub(super) fn total(&self) -> Option<u64> {
        Some(self.preparation()? + self.option("schedule", "steps")? as u64)
    }

    /// Steps that are known to be done.
    pub(super) fn done(&self) -> u64 {
        let logged = self.lines.last().map_or(0, |line| line.step + 1);
        let validated = self.validations.last().map_or(0, |validation| validation.step);
        self.result.as_ref().map_or(logged.max(validated), |result| result.steps)
    }

    /// What was recognised, at the end or in the last validation; nothing before that.
    pub(super) fn evidence(&self) -> Option<RunResult> {
        if self.result.is_some() {
            return self.result.clone();
        }
        let last = self.validations.last()?;
        Some(RunResult {
            name: self.name.clone(),
            seed: 0,
            steps: self.done(),
            chosen_step: last.step,
            stopped_early: false,
            minutes: self.about.minutes.unwrap_or(0.0),
            penalty_active: None,
            raw: self.about.raw.clone(),
            anonymized: last.readings.clone(),
        })
    }

    /// Lines of the game.
    pub(super) fn game(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.anonymizer.is_some())
    }

    /// Mean of a term over the last quarter of the game's lines.
    pub(super) fn lately(&self, term: impl Fn(&Line) -> Option<f32>) -> Option<f64> {
        let game: Vec<&Line> = self.game().collect();
        let late = &game[game.len() - game.len().div_ceil(4)..];
        let values: Vec<f64> = late
            .iter()
            .filter_map(|line| term(line))
            .filter(|value| value.is_finite())
            .map(f64::from)
            .collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}

/// A file's text; nothing where there is no file.
fn text(path: &Path) -> Result<Option<String>, ReportError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ReportError::Read { path: path.into(), source }),
    }
}

/// The lines that can be understood. The last may be half written while the run is going.
fn rows<T: DeserializeOwned>(name: &str, text: Option<String>, puzzles: &mut Vec<String>) -> Vec<T> {
    let text = text.unwrap_or_default();
    let count = text.lines().count();
    let (mut rows, mut lost) = (vec![], 0);
    for (number, line) in text.lines().enumerate() {
        match serde_json::from_str(line) {
            Ok(row) => rows.push(row),
            Err(_) if number + 1 == count && !text.ends_with('\n') => {}
            Err(_) => lost += 1,
        }
    }
    if lost > 0 {
        puzzles.push(format!("{lost} of {count} lines of {name}"));
    }
    rows
}

fn about(value: &Value) -> About {
    let word = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| value.get(name).and_then(Value::as_f64);
    let raw = value.get("raw").cloned().and_then(|raw| serde_json::from_value(raw).ok());
    About {
        commit: word("commit"),
        manifest: word("manifest"),
        device: word("device"),
        minutes: number("minutes"),
        utility_chance: number("utility_chance"),
        privacy_chance: number("privacy_chance"),
        raw: raw.unwrap_or_default(),
    }
}

/// The last sheet, and some of those before it, evenly spread.
fn sheets(folder: &Path) -> Result<Vec<Sheet>, ReportError> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(vec![]) };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension() == Some(OsStr::new("png")) && !hidden(path));
    paths.sort();
    let every = paths.len().div_ceil(SHEETS).max(1);
    let last = paths.len().saturating_sub(1);
    let kept = paths.into_iter().enumerate().filter(|(place, _)| (last - place).is_multiple_of(every));
    kept.map(|(_, path)| {
        let png = fs::read(&path).map_err(|source| ReportError::Read { path: path.clone(), source })?;
        Ok(Sheet { name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), png })
    })
    .collect()
}

/// Whether a file is one being written.
fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}
