//! What a training run is told: one TOML file.

mod contest;
mod set;
mod settings;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use contest::{Adversary, Balance, BalanceKind, Head, Penalty, PenaltyKind, Twins};
pub use set::set_option;
pub use settings::{Architecture, Game, ModelShape, Rates, Schedule, Validate};

use super::TrainError;
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
        self.fits_the_architecture()?;
        self.model.check(self.size)
    }

    /// In how many frames a single picture is shown to the anonymizer, itself the last, and how far apart these are.
    pub(super) fn run(&self) -> (usize, usize) {
        match self.model.architecture {
            Architecture::UNet => (1, 1),
            Architecture::Bdq => (2, 1),
            Architecture::Motion => (self.model.span + 1, self.model.lag),
            Architecture::Dp => (self.model.dp(self.size).lag() / self.game.skip + 1, self.game.skip),
        }
    }

    /// Refuses what the architecture cannot do.
    fn fits_the_architecture(&self) -> Result<(), TrainError> {
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
                (self.model.quiet + self.model.anneal > self.schedule.steps)
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
                "0 with model.architecture = \"bdq\" or \"motion\": all they show is change",
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
mod tests {
    use super::*;
    use crate::dp::mechanism::MechanismConfig;

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
        let error = parse(&format!("{SMALLEST}[penalty]\nbudgets = 0.3\n")).expect_err("a misspelt option");
        assert!(error.contains("budgets"), "{error}");
    }

    #[test]
    fn a_budget_beyond_the_scale_is_refused() {
        let error = parse(&format!("{SMALLEST}[penalty]\nbudget = 30.0\n")).expect_err("RMS is in [0, 1]");
        assert!(error.contains("penalty.budget") && error.contains("[0, 1]"), "{error}");
    }

    #[test]
    fn each_section_refuses_what_makes_no_sense_and_names_it() {
        let wrong = [
            ("[schedule]\nlog_every = 0", "schedule.log_every"),
            ("[game]\nframes = 1", "game.frames"),
            ("[game]\nprivacy_weight = nan", "game.privacy_weight"),
            ("[adversary]\npairs = 1", "adversary.pairs"),
            ("[adversary]\ncatch_up = 3", "adversary.restart_every"),
            ("[adversary]\ncontrast_weight = 0.0", "adversary.head"),
            ("[penalty]\nkind = \"features\"", "weighted-feature"),
            ("[penalty]\nquantile = 1.5", "penalty.quantile"),
            ("[balance]\nalpha = -1.0", "balance.alpha"),
            ("[rates]\nanonymizer = -1.0", "rates.anonymizer"),
            ("[rates]\naccumulate = 0", "rates.accumulate"),
            ("[validate]\npatience = 3", "validate.every"),
            ("[model]\ndepth = 3", "depth"),
            ("[model]\nsteps = 0", "steps"),
            ("[model]\nlag = 0", "lag 0"),
            ("[model]\nspan = 0", "span 0"),
            ("[model]\ncells = 25", "cells 25"),
            ("[model]\nmu = 0.0", "model.mu"),
            ("[model]\nclip = 0.0", "clip 0"),
            ("[model]\ncode = 0", "code 0"),
            ("[model]\nevery = 0", "every 0"),
        ];
        for (section, named) in wrong {
            let error = parse(&format!("{SMALLEST}{section}\n")).expect_err(section);
            assert!(error.contains(named), "{section}: {error}");
        }
    }

    #[test]
    fn a_filter_of_clips_refuses_what_only_a_network_of_frames_can_do() {
        for (architecture, skip) in [("bdq", "skip = 1"), ("motion", "skip = 3")] {
            let fit = [("schedule", "warm_up = 0"), ("game", skip), ("penalty", "kind = \"none\"")];
            let with = |left_out: &str| {
                let kept = fit.iter().filter(|(section, _)| *section != left_out);
                let sections: String =
                    kept.map(|(section, option)| format!("[{section}]\n{option}\n")).collect();
                parse(&format!("{SMALLEST}[model]\narchitecture = \"{architecture}\"\nlag = 3\n{sections}"))
            };
            assert!(with("").is_ok(), "{:?}", with("").err());
            for (section, _) in fit {
                let error = with(section).expect_err(section);
                let found =
                    ["200", "2", "pixel"].iter().any(|found| error.contains(&format!(" = {found}: ")));
                assert!(
                    error.starts_with(section) && error.contains(architecture) && found,
                    "{section}: {error}"
                );
            }
        }
    }

    #[test]
    fn noisy_codes_refuse_what_the_product_would_not_do() {
        let with = |sections: &str| parse(&format!("{SMALLEST}[model]\narchitecture = \"dp\"\n{sections}"));
        let fit = "[game]\nskip = 4\n";
        let config = with(fit).expect("fit");
        let noise = [None, Some(0), Some(50), Some(200)].map(|round| config.model.noise_share(round));
        assert_eq!(noise, [0.0, 0.0, 0.25, 1.0], "the noise rises in the game");
        let later = ModelShape { quiet: 100, ..config.model.clone() };
        let noise = [Some(99), Some(150), Some(300)].map(|round| later.noise_share(round));
        assert_eq!(noise, [0.0, 0.25, 1.0], "later, if it is told to");
        assert_eq!(config.run(), (1, 4), "single frames are released alone");
        let windows = with("every = 12\nwindow = 3\n[game]\nskip = 2\n").expect("windows");
        assert_eq!(windows.run(), (5, 2), "a picture is the last of a whole window: frames 0, 4 and 8");
        assert_eq!(config.model.dp(64).mechanism, MechanismConfig { clip: 1.0, sigma: 2.0 });
        assert_eq!(with(&format!("mu = inf\n{fit}")).expect("no noise").model.dp(64).mechanism.sigma, 0.0);
        for (sections, found) in [
            ("every = 9", "game.skip = 2"),
            ("every = 12\nwindow = 4", "game.skip = 2"),
            ("every = 12\nwindow = 5\n[game]\nskip = 1", "window 5"),
            ("[game]\nskip = 1\n[balance]\nkind = \"pcgrad\"", "balance.kind = pcgrad"),
            ("anneal = 5000\n[game]\nskip = 1", "model.anneal = 5000"),
            ("quiet = 900\n[game]\nskip = 1", "model.anneal = 200"),
        ] {
            let error = with(sections).expect_err(sections);
            assert!(error.starts_with(found), "{sections}: {error}");
        }
    }

    #[test]
    fn the_rate_rises_and_falls_as_told() {
        let rates = Rates { anonymizer: 1.0, rise: 4, last_share: 0.1, ..Rates::default() };
        let at = |step| rates.anonymizer_at(step, 100);
        assert!((at(0) - 0.25).abs() < 1e-3 && (at(3) - 1.0).abs() < 1e-2, "{} then {}", at(0), at(3));
        assert!((at(50) - 0.55).abs() < 1e-9, "half way down is {}", at(50));
        assert!((at(100) - 0.1).abs() < 1e-9, "the last rate is {}", at(100));
        let constant = Rates { anonymizer: 1.0, ..Rates::default() };
        assert_eq!(constant.anonymizer_at(77, 100), 1.0, "nobody asked for a change");
    }

    /// A file of `models/`.
    fn shipped(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../models").join(name)
    }

    #[test]
    fn the_list_of_all_options_names_each_with_its_default() {
        let listed =
            TrainConfig::read(&shipped("all-options.toml"), &[]).expect("the list is a configuration");
        let bare = parse(&SMALLEST.replace("\"x\"", "\"all-options\"")).expect("the smallest configuration");
        let defaults = TrainConfig { action: listed.action.clone(), privacy: listed.privacy.clone(), ..bare };
        assert_eq!(listed, defaults, "a default in models/all-options.toml is another");
        let text = std::fs::read_to_string(shipped("all-options.toml")).expect("readable");
        let whole = toml::Table::try_from(&defaults).expect("a configuration is TOML");
        for (section, options) in whole.iter().filter_map(|(name, value)| Some((name, value.as_table()?))) {
            for option in options.keys() {
                let there = text.lines().any(|line| line.split(" = ").next() == Some(option.as_str()));
                assert!(there, "models/all-options.toml does not name {section}.{option}");
            }
        }
    }

    #[test]
    fn every_configuration_that_is_shipped_can_be_read() {
        let own = ["bauta-s.toml", "stage-s.toml", "results/ablation-base.toml", "results/dp.toml"];
        let rivals = [
            "results/bdq.toml",
            "results/spact.toml",
            "results/vita.toml",
            "results/experiments-base.toml",
            "results/experiments-stage.toml",
        ];
        for name in own.into_iter().chain(rivals) {
            let config = TrainConfig::read(&shipped(name), &[]);
            assert!(
                config.is_ok(),
                "{name}: {}",
                config.err().map_or(String::new(), |error| error.to_string())
            );
        }
    }

    #[test]
    fn options_set_on_the_way_count_and_unknown_ones_are_refused() {
        let set = |key: &str, value: toml::Value| {
            TrainConfig::read(&shipped("stage-s.toml"), &[(key.to_owned(), value)])
        };
        let config = set("penalty.budget", toml::Value::Float(0.3)).expect("an option");
        assert_eq!(config.penalty.budget, Some(0.3), "the budget of the file was kept");
        let error = set("penalty.budgets", toml::Value::Float(0.3)).expect_err("a misspelt option");
        let chain = format!(
            "{error}: {}",
            std::error::Error::source(&error).map_or(String::new(), ToString::to_string)
        );
        assert!(chain.contains("budgets"), "{chain}");
    }
}
