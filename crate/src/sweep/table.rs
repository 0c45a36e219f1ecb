//! What came out of a sweep: a row a run, and what the rows of a variant have in common.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{NOTE, Run, State, Sweep, SweepError, expand, markdown, plot};
use crate::atomic;
use crate::train::{Leak, RunResult};

/// Every result of a sweep, as it stands in `NAME.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Name of the sweep.
    pub name: String,
    /// What the figures are worth.
    pub note: String,
    /// Commits of the program that made the runs; one, if the sweep was made in one go.
    pub commits: Vec<String>,
    /// What the runs were computed on.
    pub devices: Vec<String>,
    /// The configuration the variants begin from, as TOML.
    pub base: String,
    /// Root seeds.
    pub seeds: Vec<u64>,
    /// The variants in the order of the sweep file, each with what it sets.
    pub variants: Vec<(String, toml::Table)>,
    /// A row a finished run, variant by variant.
    pub rows: Vec<Row>,
    /// Runs without a row, and why.
    pub missing: Vec<String>,
    /// Sentences that whoever made the figures adds to the reading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// What came out of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Name of the variant.
    pub variant: String,
    /// Root seed.
    pub seed: u64,
    /// Action top-1 on anonymized clips, in `[0, 1]`.
    pub action: Option<f64>,
    /// Action top-1 on raw clips, in `[0, 1]`.
    pub action_raw: Option<f64>,
    /// The attack that leaks most.
    pub attack: Option<Attack>,
    /// Chance-normalised leakage of that attack: 0 at chance, 1 where nothing is hidden; absent where raw frames
    /// cannot be attacked either.
    pub nl: Option<f64>,
    /// Share of the game's last steps in which the penalty was active, in `[0, 1]`.
    pub penalty_active: Option<f64>,
    /// The step whose anonymizer was kept.
    pub chosen_step: u64,
    /// Steps done.
    pub steps: u64,
    /// Minutes it took.
    pub minutes: f64,
}

/// The strongest attacker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attack {
    /// What it was asked.
    pub asked: String,
    /// Of which set.
    pub set: String,
    /// Who it was.
    pub by: String,
    /// How often it was right on anonymized frames, in `[0, 1]`.
    pub top1: f64,
    /// What the best constant guess reaches, in `[0, 1]`.
    pub chance: f64,
    /// How often the strongest attacker was right on raw frames, in `[0, 1]`.
    pub raw: f64,
}

impl Table {
    /// Reads what is there of a sweep in its folder.
    pub fn gather(sweep: &Sweep, folder: &Path) -> Self {
        let variants = sweep.variants.iter().map(|variant| (variant.name.clone(), variant.set.clone()));
        let mut table = Self {
            name: sweep.name.clone(),
            note: NOTE.into(),
            commits: vec![],
            devices: vec![],
            base: sweep.base.clone(),
            seeds: sweep.seeds.clone(),
            variants: variants.collect(),
            rows: vec![],
            missing: vec![],
            remarks: vec![],
        };
        let mut runs: Vec<&Run> = sweep.runs.iter().collect();
        runs.sort_by_key(|run| run.variant);
        for run in runs {
            match row(run, folder) {
                Ok(row) => {
                    table.rows.push(row);
                    table.note_origin(&folder.join(&run.folder).join("run.json"));
                }
                Err(why) => table.missing.push(format!("{}, seed {}: {why}", run.name, run.seed)),
            }
        }
        table
    }

    /// Reads the table that lies in the folder of a sweep.
    ///
    /// # Errors
    /// [`SweepError`] if there is none, or several, or it cannot be understood.
    pub fn read(folder: &Path) -> Result<Self, SweepError> {
        let of_folder = |source| SweepError::Read { path: folder.to_owned(), source };
        let entries = fs::read_dir(folder).map_err(of_folder)?.flatten().map(|entry| entry.path());
        let tables: Vec<PathBuf> =
            entries.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
        let [path] = tables.as_slice() else {
            return Err(SweepError::NoTable { folder: folder.to_owned(), found: tables.len() });
        };
        let text = fs::read(path).map_err(|source| SweepError::Read { path: path.clone(), source })?;
        serde_json::from_slice(&text).map_err(|source| SweepError::Json { path: path.clone(), source })
    }

    /// The model of a row, without ending, relative to the folder of the sweep.
    pub fn model(row: &Row) -> PathBuf {
        let slug = expand::slug(&row.variant);
        let name = format!("{slug}-seed-{}", row.seed);
        Path::new(&slug).join(format!("seed-{}", row.seed)).join(name)
    }

    /// The budget that a variant sets for the pixels; `None` where it sets another thing.
    pub fn budget(&self, variant: &str) -> Option<f64> {
        let (_, set) = self.variants.iter().find(|(name, _)| name == variant)?;
        let other = set.get("penalty.kind").is_some_and(|kind| kind.as_str() != Some("pixel"));
        set.get("penalty.budget").and_then(toml::Value::as_float).filter(|_| !other)
    }

    fn note_origin(&mut self, path: &Path) {
        let about: serde_json::Value =
            fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        for (key, known) in [("commit", &mut self.commits), ("device", &mut self.devices)] {
            if let Some(found) = about[key].as_str()
                && !known.iter().any(|known| known == found)
            {
                known.push(found.to_owned());
            }
        }
    }

    /// The tables and their reading as Markdown.
    pub fn markdown(&self) -> String {
        markdown::page(self)
    }

    /// The Pareto plot as SVG: a point a variant, with its spread over the seeds.
    pub fn svg(&self) -> String {
        plot::draw(self)
    }

    /// Writes `NAME.json`, `NAME.md` and `NAME.svg` to a folder, each whole or not at all.
    ///
    /// # Errors
    /// [`SweepError::Write`] names the file.
    pub fn write(&self, folder: &Path) -> Result<(), SweepError> {
        let json = serde_json::to_string_pretty(self).expect("strings and numbers are JSON") + "\n";
        for (ending, text) in [("json", json), ("md", self.markdown()), ("svg", self.svg())] {
            let path = folder.join(format!("{}.{ending}", self.name));
            atomic::replace(&path, text.as_bytes()).map_err(|source| SweepError::Write { path, source })?;
        }
        Ok(())
    }

    /// The row of a run, if it is done.
    pub fn row(&self, run: &Run) -> Option<&Row> {
        self.rows.iter().find(|row| row.variant == run.name && row.seed == run.seed)
    }

    /// What the rows of each variant have in common; variants without a row are left out.
    pub(super) fn summaries(&self) -> Vec<Summary> {
        let of = |name: &str| {
            let rows: Vec<&Row> = self.rows.iter().filter(|row| row.variant == name).collect();
            Summary::of(name, &rows)
        };
        let mut all: Vec<Summary> = self.variants.iter().filter_map(|(name, _)| of(name)).collect();
        let (_, places) = plot::places(&all);
        for place in crate::chart::pareto(&places) {
            all[place].front = true;
        }
        all
    }
}

impl Row {
    /// The row in a line, for a log.
    pub fn line(&self) -> String {
        markdown::line_of(self)
    }
}

fn row(run: &Run, folder: &Path) -> Result<Row, String> {
    match run.state(folder) {
        State::New => return Err("not run yet".into()),
        State::Begun => return Err("not finished".into()),
        State::Another => return Err("its folder holds the result of another configuration".into()),
        State::Done => {}
    }
    let damaged = |error: &dyn std::fmt::Display| format!("its result.json cannot be understood: {error}");
    let text = fs::read(folder.join(&run.folder).join("result.json")).map_err(|error| error.to_string())?;
    let result: RunResult = serde_json::from_slice(&text).map_err(|error| damaged(&error))?;
    let (action_raw, action) = result.action();
    // Where raw frames cannot be attacked either, the attack is still shown against its chance.
    let above_chance = |leak: &Leak| leak.attack.top1 - leak.attack.chance;
    let any = || result.leaks().into_iter().max_by(|a, b| above_chance(a).total_cmp(&above_chance(b)));
    let leak = result.worst_leak().or_else(any);
    Ok(Row {
        variant: run.name.clone(),
        seed: run.seed,
        action,
        action_raw,
        nl: leak.as_ref().and_then(|leak| leak.nl),
        attack: leak.map(|Leak { attack, raw, .. }| Attack {
            asked: attack.asked,
            set: attack.set,
            by: attack.by,
            top1: attack.top1,
            chance: attack.chance,
            raw: raw.top1,
        }),
        penalty_active: result.penalty_active,
        chosen_step: result.chosen_step,
        steps: result.steps,
        minutes: result.minutes,
    })
}

/// What the seeds of a variant have in common.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) name: String,
    pub(super) seeds: usize,
    pub(super) action: Option<Spread>,
    pub(super) action_raw: Option<Spread>,
    /// Whether anything was attacked.
    pub(super) attacked: bool,
    /// What was asked of which set, if that is one question for all seeds.
    pub(super) question: Option<String>,
    /// Top-1, chance and raw top-1 of that question's strongest attackers.
    pub(super) attack: Option<[Spread; 3]>,
    pub(super) nl: Option<Spread>,
    pub(super) minutes: Option<Spread>,
    /// Whether no other variant hides and keeps more, in the mean.
    pub(super) front: bool,
}

impl Summary {
    fn of(name: &str, rows: &[&Row]) -> Option<Self> {
        let spread = |value: &dyn Fn(&Row) -> Option<f64>| {
            Spread::of(&rows.iter().filter_map(|row| value(row)).collect::<Vec<_>>())
        };
        let question = |row: &Row| row.attack.as_ref().map(|a| format!("{} on {}", a.asked, a.set));
        let first = question(rows.first()?);
        let question = first.filter(|first| rows.iter().all(|row| question(row).as_ref() == Some(first)));
        let of_attack = |value: &dyn Fn(&Attack) -> f64| spread(&|row| row.attack.as_ref().map(value));
        let attack = question
            .as_ref()
            .and_then(|_| Some([of_attack(&|a| a.top1)?, of_attack(&|a| a.chance)?, of_attack(&|a| a.raw)?]));
        Some(Self {
            name: name.to_owned(),
            seeds: rows.len(),
            action: spread(&|row| row.action),
            action_raw: spread(&|row| row.action_raw),
            attacked: rows.iter().any(|row| row.attack.is_some()),
            question,
            attack,
            nl: spread(&|row| row.nl),
            minutes: spread(&|row| Some(row.minutes)),
            front: false,
        })
    }
}

/// Mean and spread of some numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) mean: f64,
    /// Sample standard deviation; absent for one number.
    pub(super) sd: Option<f64>,
    pub(super) n: usize,
}

impl Spread {
    /// `None` without numbers.
    pub(super) fn of(numbers: &[f64]) -> Option<Self> {
        let n = numbers.len();
        let mean = (n > 0).then(|| numbers.iter().sum::<f64>() / n as f64)?;
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        Some(Self { mean, sd: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()), n })
    }
}
