//! What a training run is told: one TOML file.

mod contest;
mod game;
mod set;
mod settings;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use contest::{Adversary, Balance, BalanceKind, Head, Penalty, PenaltyKind, Twins};
pub use game::Game;
pub use set::set_option;
pub use settings::{Architecture, ModelShape, Rates, Schedule, Sees, Validate};

use super::TrainError;
use super::rewriter::MOST_SEEN;
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
    #[serde(default)]
    pub model: ModelShape,
    /// How long the run is and how often it writes.
    #[serde(default)]
    pub schedule: Schedule,
    /// The minimax game.
    #[serde(default)]
    pub game: Game,
    /// The privacy branches.
    #[serde(default)]
    pub adversary: Adversary,
    /// What holds the anonymizer to the action.
    #[serde(default)]
    pub penalty: Penalty,
    /// How the terms are balanced.
    #[serde(default)]
    pub balance: Balance,
    /// Learning rates and what is done with gradients.
    #[serde(default)]
    pub rates: Rates,
    /// When the run is looked at from outside.
    #[serde(default)]
    pub validate: Validate,
    /// Where clips with actions come from.
    pub action: Vec<SetChoice>,
    /// Where pictures of people come from.
    pub privacy: Vec<SetChoice>,
}

/// A set to train on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
    /// Or a share of the training clips that is kept for validation, in `[0, 1)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<f64>,
    /// Attribute whose bearers stay on one side when a share is kept, such as the video they were cut from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together: Option<String>,
}

fn default_seed() -> Seed {
    Seed(42)
}

fn default_size() -> usize {
    64
}

impl TrainConfig {
    /// Reads and checks a configuration file, with some options set otherwise: dotted paths and their values.
    ///
    /// # Errors
    /// [`TrainError`] names the file, the line or option and what was expected.
    pub fn read(path: &Path, set: &[(String, toml::Value)]) -> Result<Self, TrainError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| TrainError::Read { path: path.into(), source })?;
        let wrong = |source| TrainError::Config { path: path.into(), source: Box::new(source) };
        let config: Self = if set.is_empty() {
            toml::from_str(&text).map_err(wrong)?
        } else {
            let mut table: toml::Table = toml::from_str(&text).map_err(wrong)?;
            for (key, value) in set {
                set_option(&mut table, key, value.clone())
                    .map_err(|reason| TrainError::Key { key: key.clone(), reason })?;
            }
            table.try_into().map_err(wrong)?
        };
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
        if self.size == 0 || !self.size.is_multiple_of(16) {
            return unfit("size", self.size.to_string(), "a multiple of 16");
        }
        self.schedule.check()?;
        self.game.check()?;
        self.adversary.check()?;
        self.penalty.check()?;
        self.balance.check()?;
        self.rates.check()?;
        self.validate.check()?;
        for (what, sets) in [("action", &self.action), ("privacy", &self.privacy)] {
            if sets.is_empty() || sets.iter().any(|choice| choice.set.is_some() == choice.manifest.is_some())
            {
                return unfit(what, format!("{} set(s)", sets.len()), "sets, each with `set` or `manifest`");
            }
            let share = |choice: &SetChoice| choice.validation.filter(|share| !(0.0..1.0).contains(share));
            if let Some(share) = sets.iter().find_map(share) {
                return unfit(&format!("{what}.validation"), share.to_string(), "a share in [0, 1)");
            }
            if sets.iter().any(|choice| choice.together.is_some() && choice.validation.is_none()) {
                return unfit(
                    &format!("{what}.together"),
                    "a column".into(),
                    "a share in `validation` beside it",
                );
            }
            if sets.iter().any(|choice| choice.validation.is_some() && !choice.held_out.is_empty()) {
                return unfit(what, "validation and held_out".into(), "one of the two for each set");
            }
        }
        self.fits_what_opponents_see()?;
        self.fits_the_architecture()?;
        self.model.check(self.size)
    }

    /// In how many frames a single picture is shown to the anonymizer, itself the last, and how far apart these are.
    pub(super) fn run(&self) -> (usize, usize) {
        match self.model.architecture {
            Architecture::UNet => (1, 1),
            Architecture::Bdq => (2, 1),
            Architecture::Motion => (self.model.span + self.adversary.frames, self.model.lag),
            Architecture::Dp => (self.model.dp(self.size).lag() / self.game.skip + 1, self.game.skip),
        }
    }

    /// Refuses more frames at once than a privacy branch can be shown.
    fn fits_what_opponents_see(&self) -> Result<(), TrainError> {
        let seen = self.adversary.frames;
        let is_motion = self.model.architecture == Architecture::Motion;
        let wants = [
            (
                "adversary.frames",
                (!(1..=MOST_SEEN).contains(&seen)).then(|| seen.to_string()),
                "in 1..=12: one picture, or frames side by side",
            ),
            (
                "adversary.frames",
                (seen > 1 && !is_motion).then(|| seen.to_string()),
                "1 unless model.architecture is \"motion\": only grey pictures of few cells lie side by side in one",
            ),
        ];
        refuse(wants)
    }

    /// Refuses what the architecture cannot do.
    fn fits_the_architecture(&self) -> Result<(), TrainError> {
        let reads = self.model.architecture == Architecture::Dp && self.model.sees == Sees::Signs;
        refuse([(
            "game.spread_weight",
            (self.game.spread_weight > 0.0 && !reads).then(|| self.game.spread_weight.to_string()),
            "0 but for model.architecture = \"dp\" with model.sees = \"signs\": no others have codes that tell actions",
        )])?;
        match self.model.architecture {
            Architecture::UNet => Ok(()),
            Architecture::Bdq | Architecture::Motion => self.fits_a_filter(),
            Architecture::Dp => self.fits_codes(),
        }
    }

    /// Refuses for noisy codes what would not be what the product does.
    fn fits_codes(&self) -> Result<(), TrainError> {
        let wants = [
            (
                "game.skip",
                (!self.model.dp(self.size).stride().is_multiple_of(self.game.skip))
                    .then(|| self.game.skip.to_string()),
                "a divisor of model.every / model.window with model.architecture = \"dp\": else frames that are read fall \
                 between those of the clips",
            ),
            (
                "balance.kind",
                (self.balance.kind == BalanceKind::Pcgrad).then(|| "pcgrad".into()),
                "another with model.architecture = \"dp\": it passes clips twice, and noise is never the same twice",
            ),
            (
                "model.anneal",
                (self.model.sees == Sees::Pictures
                    && self.model.quiet + self.model.anneal > self.schedule.steps)
                    .then(|| self.model.anneal.to_string()),
                "no more, with model.quiet, than the steps of the game: what is trained must meet all of its noise",
            ),
        ];
        refuse(wants)
    }

    /// Refuses for a filter of clips what only a network of single frames can do.
    fn fits_a_filter(&self) -> Result<(), TrainError> {
        let kind = self.penalty.kind;
        let wants = [
            (
                "schedule.warm_up",
                (self.schedule.warm_up > 0).then(|| self.schedule.warm_up.to_string()),
                "0 with model.architecture = \"bdq\" or \"motion\": what shows change cannot copy",
            ),
            (
                "game.skip",
                (self.game.skip != self.model.compares()).then(|| self.game.skip.to_string()),
                "1 with model.architecture = \"bdq\", model.lag with \"motion\": the frames of a clip are those that are compared",
            ),
            (
                "game.flicker_weight",
                (self.game.flicker_weight > 0.0).then(|| self.game.flicker_weight.to_string()),
                "0 with model.architecture = \"bdq\" or \"motion\": what they show flickers as the movement does",
            ),
            (
                "penalty.kind",
                (kind != PenaltyKind::None).then(|| format!("{kind:?}").to_lowercase()),
                "\"none\" with model.architecture = \"bdq\" or \"motion\": nothing they show is near the raw frame",
            ),
        ];
        refuse(wants)
    }
}

/// Refuses the first option that has an unfit value.
fn refuse<const N: usize>(
    wants: [(&'static str, Option<String>, &'static str); N],
) -> Result<(), TrainError> {
    for (what, unfit, wanted) in wants {
        if let Some(found) = unfit {
            return Err(TrainError::Unfit { what: what.into(), found, wanted });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
