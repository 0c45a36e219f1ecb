//! What a training run is told: one TOML file.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::TrainError;
use crate::model::AnonymizerConfig;
use crate::rng::Seed;

/// A training run, whole. Every number has a default but the name and the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// Name of the model.
    pub name: String,
    /// Root of every random draw.
    #[serde(default = "default_seed")]
    pub seed: Seed,
    /// Side of the square frames trained on, in pixels; a multiple of 16.
    #[serde(default = "default_size")]
    pub size: usize,
    /// Shape of the anonymizer `f_A`.
    #[serde(default = "AnonymizerConfig::new")]
    pub model: AnonymizerConfig,
    /// How long the run is and how often it writes.
    #[serde(default)]
    pub schedule: Schedule,
    /// The minimax game.
    #[serde(default)]
    pub game: Game,
    /// Learning rates of the three optimizers.
    #[serde(default)]
    pub rates: Rates,
    /// Where clips with actions come from.
    pub action: Vec<SetChoice>,
    /// Where pictures of people come from.
    pub privacy: Vec<SetChoice>,
}

/// A set to train on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetChoice {
    /// Name of a set of the data folder, as `bauta data list` shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// Or a manifest file, relative to the configuration's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<PathBuf>,
    /// Subjects whose clips are kept for validation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_out: Vec<String>,
}

/// How long a run is, in anonymizer steps, and how often it writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// Steps in which the anonymizer learns to copy (L1).
    pub warm_up: u64,
    /// Steps in which the two branches learn from raw frames; they run beside the warm-up.
    pub pretrain: u64,
    /// Steps of the game, after warm-up and pre-training.
    pub steps: u64,
    /// Steps between lines of `metrics.jsonl`.
    pub log_every: u64,
    /// Steps between checkpoints.
    pub checkpoint_every: u64,
    /// Steps between sample sheets; 0: only at the end.
    pub sample_every: u64,
}

impl Default for Schedule {
    fn default() -> Self {
        let (log_every, checkpoint_every, sample_every) = (10, 100, 0);
        Self { warm_up: 200, pretrain: 300, steps: 1000, log_every, checkpoint_every, sample_every }
    }
}

impl Schedule {
    /// Steps before the game.
    pub fn preparation(&self) -> u64 {
        self.warm_up.max(self.pretrain)
    }

    /// All steps of a run.
    pub fn total(&self) -> u64 {
        self.preparation() + self.steps
    }
}

/// The minimax game: `L_A = w_T L_T - w_B L_B + lambda L_penalty` (arXiv:2504.14301).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Game {
    /// Clips in a batch.
    pub clips: usize,
    /// Frames of a clip.
    pub frames: usize,
    /// Distance of neighbouring frames in the clip.
    pub skip: usize,
    /// Pictures in a batch of the privacy stream, two views of each.
    pub pairs: usize,
    /// Moves of each branch for a move of the anonymizer.
    pub branch_moves: u64,
    /// `w_T`.
    pub utility_weight: f32,
    /// `w_B`.
    pub privacy_weight: f32,
    /// lambda.
    pub penalty_weight: f32,
    /// B: the RMS difference between a frame and its anonymized self that costs nothing, in `[0, 1]`.
    pub budget: f32,
    /// Temperature of NT-Xent.
    pub temperature: f32,
    /// Whether nothing is won by raising `L_B` past chance, `ln(2N - 1)`.
    pub stop_at_chance: bool,
}

impl Default for Game {
    fn default() -> Self {
        Self {
            clips: 8,
            frames: 8,
            skip: 2,
            pairs: 32,
            branch_moves: 1,
            utility_weight: 1.0,
            privacy_weight: 1.0,
            penalty_weight: 1.0,
            budget: 0.2,
            temperature: 0.1,
            stop_at_chance: true,
        }
    }
}

/// Learning rates of Adam.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// Of the anonymizer while it learns to copy.
    pub warm_up: f64,
    /// Of the anonymizer in the game.
    pub anonymizer: f64,
    /// Of the utility branch.
    pub utility: f64,
    /// Of the privacy branch.
    pub privacy: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Self { warm_up: 1e-3, anonymizer: 4e-4, utility: 1e-3, privacy: 1e-3 }
    }
}

fn default_seed() -> Seed {
    Seed(42)
}

fn default_size() -> usize {
    64
}

impl TrainConfig {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// [`TrainError`] names the file, the line and what was expected.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| TrainError::Read { path: path.into(), source })?;
        let config: Self = toml::from_str(&text)
            .map_err(|source| TrainError::Config { path: path.into(), source: Box::new(source) })?;
        config.validate()?;
        Ok(config)
    }

    /// Checks what types cannot say.
    ///
    /// # Errors
    /// [`TrainError::Unfit`] names the number.
    pub fn validate(&self) -> Result<(), TrainError> {
        let unfit = |what: &str, found: String, wanted: &'static str| {
            Err(TrainError::Unfit { what: what.into(), found, wanted })
        };
        if self.name.is_empty() || !self.name.chars().all(|c| c.is_alphanumeric() || "-_".contains(c)) {
            return unfit(
                "name",
                format!("{:?}", self.name),
                "letters, digits, - and _: files are called so",
            );
        }
        if self.schedule.total() == 0 {
            return unfit("schedule", "0 steps".into(), "at least one step");
        }
        let Game { clips, frames, pairs, skip, branch_moves, budget, temperature, .. } = self.game;
        for (what, number) in [("game.clips", clips), ("game.skip", skip)] {
            if number == 0 {
                return unfit(what, number.to_string(), "at least 1");
            }
        }
        if frames < 2 {
            return unfit("game.frames", frames.to_string(), "at least 2, as one frame shows no movement");
        }
        if pairs < 2 {
            return unfit("game.pairs", pairs.to_string(), "at least 2, as one picture has no stranger");
        }
        if branch_moves == 0 {
            return unfit("game.branch_moves", "0".into(), "at least 1");
        }
        if !(0.0..=1.0).contains(&budget) {
            return unfit("game.budget", budget.to_string(), "a number in [0, 1]");
        }
        if temperature.is_nan() || temperature <= 0.0 {
            return unfit("game.temperature", temperature.to_string(), "a number above 0");
        }
        if self.size == 0 || !self.size.is_multiple_of(16) {
            return unfit("size", self.size.to_string(), "a multiple of 16");
        }
        for (what, every) in
            [("log_every", self.schedule.log_every), ("checkpoint_every", self.schedule.checkpoint_every)]
        {
            if every == 0 {
                return unfit(what, "0".into(), "at least 1");
            }
        }
        for (what, sets) in [("action", &self.action), ("privacy", &self.privacy)] {
            if sets.is_empty() || sets.iter().any(|choice| choice.set.is_some() == choice.manifest.is_some())
            {
                return unfit(what, format!("{} set(s)", sets.len()), "sets, each with `set` or `manifest`");
            }
        }
        self.model.validate().map_err(TrainError::Model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = "name = \"x\"\n[[action]]\nset = \"a\"\n[[privacy]]\nset = \"b\"\n";

    fn parse(text: &str) -> Result<TrainConfig, String> {
        let config: TrainConfig = toml::from_str(text).map_err(|error| error.to_string())?;
        config.validate().map_err(|error| error.to_string())?;
        Ok(config)
    }

    #[test]
    fn a_configuration_survives_being_written() {
        let config = parse(SMALLEST).expect("the smallest configuration");
        let text = toml::to_string(&config).expect("a configuration is TOML");
        assert_eq!(parse(&text), Ok(config), "something changed on the way through the file");
    }

    #[test]
    fn an_option_nobody_knows_is_refused() {
        let error = parse(&format!("{SMALLEST}[game]\nbudgets = 0.3\n")).expect_err("a misspelt option");
        assert!(error.contains("budgets"), "{error}");
    }

    #[test]
    fn a_budget_beyond_the_scale_is_refused() {
        let error = parse(&format!("{SMALLEST}[game]\nbudget = 30.0\n")).expect_err("RMS is in [0, 1]");
        assert!(error.contains("game.budget") && error.contains("[0, 1]"), "{error}");
    }
}
