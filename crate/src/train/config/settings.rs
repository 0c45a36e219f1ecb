//! The sections of a configuration that say how a run goes, each with its defaults and what it refuses.

use serde::{Deserialize, Serialize};

use super::super::TrainError;
use crate::dp::accountant::Mu;
use crate::dp::mechanism::MechanismConfig;
use crate::model::{AnonymizerConfig, BdqConfig, DpConfig, MotionConfig, STEPS, Shape, Signs};

/// A number that makes no sense.
pub(super) fn unfit(what: &str, found: &dyn ToString, wanted: &'static str) -> Result<(), TrainError> {
    Err(TrainError::Unfit { what: what.into(), found: found.to_string(), wanted })
}

pub(super) fn at_least_one(numbers: &[(&str, u64)]) -> Result<(), TrainError> {
    match numbers.iter().find(|(_, number)| *number == 0) {
        Some((what, _)) => unfit(what, &0, "at least 1"),
        None => Ok(()),
    }
}

pub(super) fn not_negative(numbers: &[(&str, f64)]) -> Result<(), TrainError> {
    match numbers.iter().find(|(_, number)| !(number.is_finite() && *number >= 0.0)) {
        Some((what, number)) => unfit(what, number, "a finite number, 0 or above"),
        None => Ok(()),
    }
}

/// What the anonymizer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    /// A network that rewrites each frame alone: what the product runs.
    #[default]
    UNet,
    /// Blur, difference, quantisation (arXiv:2208.02459): a filter to hold models against, for the judge alone.
    Bdq,
    /// Short noisy codes and pictures drawn from them: each release has a formal promise.
    Dp,
    /// Clips drawn anew from the signs of their movement, in few cells and levels.
    Motion,
}

/// What a noisy code is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sees {
    /// The pictures of its window, and with them the room.
    #[default]
    Pictures,
    /// The signs of movement between these.
    Signs,
}

/// Shape of the anonymizer `f_A`: [`AnonymizerConfig`], [`BdqConfig`], [`DpConfig`] or [`MotionConfig`] as a
/// section of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelShape {
    /// What it is.
    pub architecture: Architecture,
    /// Channels at half resolution.
    pub width: usize,
    /// Groups of the normalisation layers; divides `width`.
    pub groups: usize,
    /// Longest side of the working resolution, in pixels.
    pub long_side: usize,
    /// `bdq`: steps of the quantisation, one fewer than there are levels.
    pub steps: usize,
    /// `motion`, `dp` of signs: cells along each side in which change is looked at.
    pub grid: usize,
    /// `motion`, `dp` of signs: the least change of a cell's grey that counts, as a share of full scale.
    pub threshold: f64,
    /// `motion`: frames between the two that are compared.
    pub lag: usize,
    /// `motion`, `dp` of signs: changes, so many frames apart, that are remembered.
    pub span: usize,
    /// `motion`: cells along each side of what is shown.
    pub cells: usize,
    /// `motion`: greys that a cell can have.
    pub levels: usize,
    /// `motion`: frames for which a cell stays in sight after something has moved in it.
    pub hold: usize,
    /// `dp`: what a code is of.
    pub sees: Sees,
    /// `dp`: numbers of a code.
    pub code: usize,
    /// `dp`: values that each number of a release can have, 2 to 256; 0: any.
    pub code_levels: usize,
    /// `dp`: for so many frames one code is released.
    pub every: usize,
    /// `dp`: of how many of these frames, evenly spaced, the code is; the others are not read.
    pub window: usize,
    /// `dp`: longest code, on the scale of the noise.
    pub clip: f64,
    /// `dp`: what a release costs, as mu; infinite: no noise, no promise, and a model of the mode learned.
    pub mu: f64,
    /// `dp` of pictures: steps of the game without noise. Before the game there is none either. That of codes of signs
    /// rises over their warm-up.
    pub quiet: u64,
    /// `dp` of pictures: steps after these over which the noise rises to what `mu` asks for.
    pub anneal: u64,
}

impl Default for ModelShape {
    fn default() -> Self {
        let AnonymizerConfig { width, groups, long_side } = AnonymizerConfig::new();
        Self {
            architecture: Architecture::UNet,
            width,
            groups,
            long_side,
            steps: STEPS,
            grid: 24,
            threshold: 0.03,
            lag: 2,
            span: 1,
            cells: 12,
            levels: 16,
            hold: 0,
            sees: Sees::Pictures,
            code: 8,
            code_levels: 0,
            every: 8,
            window: 1,
            clip: 1.0,
            mu: 1.0,
            quiet: 0,
            anneal: 200,
        }
    }
}

impl ModelShape {
    /// The network's own configuration.
    pub fn config(&self) -> AnonymizerConfig {
        let Self { width, groups, long_side, .. } = *self;
        AnonymizerConfig { width, groups, long_side }
    }

    /// The filter's own configuration.
    pub fn bdq(&self) -> BdqConfig {
        BdqConfig::new(self.steps)
    }

    /// The configuration of a network that draws from the signs of movement.
    pub fn motion(&self) -> MotionConfig {
        let Self { width, groups, lag, cells, levels, hold, .. } = *self;
        let architecture = MotionConfig::ARCHITECTURE.unwrap_or_default().into();
        MotionConfig { architecture, signs: self.signs(), lag, width, groups, cells, levels, hold }
    }

    fn signs(&self) -> Signs {
        Signs { grid: self.grid, threshold: self.threshold, span: self.span }
    }

    /// Frames between the two that a filter of clips compares.
    pub fn compares(&self) -> usize {
        if self.architecture == Architecture::Motion { self.lag } else { 1 }
    }

    /// The configuration of noisy codes, for frames of `size` pixels.
    pub fn dp(&self, size: usize) -> DpConfig {
        let Self { width, groups, code, code_levels, every, window, clip, mu, .. } = *self;
        let levels = (code_levels > 0).then_some(code_levels);
        let mechanism =
            MechanismConfig { levels, ..MechanismConfig::of(Mu::new(mu).unwrap_or(Mu::NONE), clip) };
        let signs = (self.sees == Sees::Signs).then(|| self.signs());
        DpConfig { width, groups, window, signs, ..DpConfig::new((size, code, every), mechanism) }
    }

    /// The share of the noise that is due in a step of the game, or in one before it: codes of signs meet it while they
    /// warm up, those of pictures in the game.
    pub fn noise_share(&self, step: u64, schedule: &Schedule) -> f64 {
        let rising = |done: u64, over: u64| if done >= over { 1.0 } else { done as f64 / over as f64 };
        if self.sees == Sees::Signs {
            return rising(step, schedule.warm_up);
        }
        let loud = step.checked_sub(schedule.preparation() + self.quiet);
        loud.map_or(0.0, |loud| rising(loud, self.anneal))
    }

    pub(super) fn check(&self, size: usize) -> Result<(), TrainError> {
        if self.mu.is_nan() || self.mu <= 0.0 {
            return unfit("model.mu", &self.mu, "a number above 0, or inf for no noise and no promise");
        }
        self.config().validate().map_err(TrainError::Model)?;
        self.bdq().validate().map_err(TrainError::Model)?;
        if self.architecture != Architecture::Dp {
            if self.sees == Sees::Signs {
                return unfit("model.sees", &"signs", "\"pictures\", or model.architecture = \"dp\"");
            }
            self.motion().validate().map_err(TrainError::Model)?;
        }
        self.dp(size).validate().map_err(TrainError::Model)
    }
}

/// How long a run is, in anonymizer steps, and how often it writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// Steps in which the anonymizer learns to copy (L1); where its codes see no pictures, to tell the action by them
    /// (with `game.spread_weight`, and little else).
    pub warm_up: u64,
    /// Steps in which the branches learn from raw frames; they run beside the warm-up.
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

    pub(super) fn check(&self) -> Result<(), TrainError> {
        if self.total() == 0 {
            return unfit("schedule", &"0 steps", "at least one step");
        }
        at_least_one(&[
            ("schedule.log_every", self.log_every),
            ("schedule.checkpoint_every", self.checkpoint_every),
        ])
    }
}

/// Learning rates of `AdamW`, and what is done with gradients and weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// Of the anonymizer in its warm-up.
    pub warm_up: f64,
    /// Of the anonymizer in the game.
    pub anonymizer: f64,
    /// Of the utility branch.
    pub utility: f64,
    /// Of the privacy branches.
    pub privacy: f64,
    /// Steps over which the anonymizer's rate rises to its value when the game begins.
    pub rise: u64,
    /// Share of the anonymizer's rate that is left at the end of the game, after half a cosine; 1: constant.
    pub last_share: f64,
    /// Decoupled weight decay of all players; 0 makes it Adam.
    pub weight_decay: f32,
    /// Longest gradient of the anonymizer over all its weights; 0: any.
    pub clip_norm: f32,
    /// Batches whose gradients make one move of the anonymizer in the game.
    pub accumulate: u64,
    /// Share of the averaged anonymizer kept at each step of the game, such as 0.99; 0: no average is kept.
    pub average: f32,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            warm_up: 1e-3,
            anonymizer: 4e-4,
            utility: 1e-3,
            privacy: 1e-3,
            rise: 0,
            last_share: 1.0,
            weight_decay: 0.0,
            clip_norm: 0.0,
            accumulate: 1,
            average: 0.0,
        }
    }
}

impl Rates {
    /// The anonymizer's rate in step `done` of a game of `steps`.
    pub fn anonymizer_at(&self, done: u64, steps: u64) -> f64 {
        let risen = if self.rise > 0 { ((done + 1) as f64 / self.rise as f64).min(1.0) } else { 1.0 };
        let way = done as f64 / steps.max(1) as f64;
        let fall = (1.0 + (std::f64::consts::PI * way).cos()) / 2.0;
        self.anonymizer * risen * (self.last_share + (1.0 - self.last_share) * fall)
    }

    pub(super) fn check(&self) -> Result<(), TrainError> {
        for (what, share) in
            [("rates.last_share", self.last_share), ("rates.average", f64::from(self.average))]
        {
            if !(0.0..=1.0).contains(&share) {
                return unfit(what, &share, "a share in [0, 1]");
            }
        }
        at_least_one(&[("rates.accumulate", self.accumulate)])?;
        not_negative(&[
            ("rates.warm_up", self.warm_up),
            ("rates.anonymizer", self.anonymizer),
            ("rates.utility", self.utility),
            ("rates.privacy", self.privacy),
            ("rates.weight_decay", self.weight_decay.into()),
            ("rates.clip_norm", self.clip_norm.into()),
        ])
    }
}

/// When the run is looked at from outside, by quick fresh attackers, and when that ends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Validate {
    /// Steps of the game between validations; 0: only at the end. With validations the anonymizer with the
    /// best score is kept, without them the last.
    pub every: u64,
    /// Validations without a better score that end the run; 0: it goes on to its last step.
    pub patience: u64,
    /// Moves in which a fresh utility branch learns at the end, once from raw and once from anonymized clips;
    /// 0: only the run's own branch is asked.
    pub fresh_moves: u64,
    /// Attributes that attackers are asked about, beside identity.
    pub attributes: Vec<String>,
}

impl Default for Validate {
    fn default() -> Self {
        Self { every: 0, patience: 0, fresh_moves: 200, attributes: vec!["gender".into()] }
    }
}

impl Validate {
    pub(super) fn check(&self) -> Result<(), TrainError> {
        if self.every == 0 && self.patience > 0 {
            return unfit("validate.patience", &self.patience, "0 without validate.every");
        }
        Ok(())
    }
}
