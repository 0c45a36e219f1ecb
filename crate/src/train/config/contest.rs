//! The sections of a configuration that say who pulls at the anonymizer, and how the pulls are weighed.

use serde::{Deserialize, Serialize};

use super::super::TrainError;
use super::settings::{at_least_one, not_negative, unfit};

/// The privacy branches: how strong an adversary the anonymizer meets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Adversary {
    /// N: pictures in a batch of the privacy stream, two views of each.
    pub pairs: usize,
    /// Temperature of NT-Xent.
    pub temperature: f32,
    /// Frames of a clip that the branch sees at once in the game: those that a model of movement shows last.
    pub frames: usize,
    /// What two views of one subject are.
    pub twins: Twins,
    /// k: moves of each branch for a move of the anonymizer, the utility branch's too.
    pub moves: u64,
    /// Privacy branches that play side by side; their losses are averaged.
    pub branches: usize,
    /// Steps of the game after which one branch (in turn) begins anew; 0: never.
    pub restart_every: u64,
    /// Moves that a new branch makes before the anonymizer moves on.
    pub catch_up: u64,
    /// Weight of NT-Xent; 0 leaves only the supervised heads (the setting of VITA, arXiv:1907.11910).
    pub contrast_weight: f32,
    /// Supervised heads.
    pub head: Vec<Head>,
}

/// What two views of one subject are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Twins {
    /// Two views of one picture, as in the paper; other frames of its clip are strangers.
    #[default]
    Picture,
    /// Views of two frames of one clip; frames of one clip are never strangers to each other.
    Clip,
}

/// A supervised head of the privacy branches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// What it names: `identity` (the column `subject`), or an attribute's column.
    pub of: String,
    /// Its weight beside NT-Xent.
    #[serde(default = "one")]
    pub weight: f32,
}

fn one() -> f32 {
    1.0
}

impl Default for Adversary {
    fn default() -> Self {
        Self {
            pairs: 64,
            temperature: 0.1,
            frames: 1,
            twins: Twins::Picture,
            moves: 1,
            branches: 1,
            restart_every: 0,
            catch_up: 0,
            contrast_weight: 1.0,
            head: vec![],
        }
    }
}

impl Adversary {
    pub(super) fn check(&self) -> Result<(), TrainError> {
        if self.pairs < 2 {
            return unfit("adversary.pairs", &self.pairs, "at least 2, as one picture has no stranger");
        }
        if !(self.temperature.is_finite() && self.temperature > 0.0) {
            return unfit("adversary.temperature", &self.temperature, "a number above 0");
        }
        if self.restart_every == 0 && self.catch_up > 0 {
            return unfit("adversary.catch_up", &self.catch_up, "0 without adversary.restart_every");
        }
        if self.contrast_weight == 0.0 && self.head.is_empty() {
            return unfit(
                "adversary.contrast_weight",
                &0,
                "a number above 0 where there is no [[adversary.head]]",
            );
        }
        at_least_one(&[("adversary.moves", self.moves), ("adversary.branches", self.branches as u64)])?;
        not_negative(&[("adversary.contrast_weight", self.contrast_weight.into())])?;
        self.head.iter().try_for_each(|head| not_negative(&[("adversary.head.weight", head.weight.into())]))
    }
}

/// What holds the anonymizer to the frames of the action stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Penalty {
    /// What is measured between a frame and its anonymized self.
    pub kind: PenaltyKind,
    /// lambda; where it is to start with dual ascent.
    pub weight: f32,
    /// B: the distance that costs nothing. Pixels: RMS in `[0, 1]`, 0.2 if left out. Features: calibrated if
    /// left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<f32>,
    /// Features without a budget: B is this quantile of the distances between two augmentations of a clip.
    pub quantile: f32,
    /// Steps of the game between calibrations of B.
    pub calibrate_every: u64,
    /// Weighted features: share of the old channel weights kept at each step.
    pub keep: f32,
    /// Rate of dual ascent `lambda <- clip(lambda + rate (distance - B), 0, dual_most)`; 0: lambda is fixed.
    pub dual_rate: f32,
    /// Bound on lambda.
    pub dual_most: f32,
}

/// What the penalty measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PenaltyKind {
    /// Nothing: the game of `SPAct` (arXiv:2203.15205).
    None,
    /// RMS of the pixels, each frame on its own (arXiv:2504.14301, repaired).
    #[default]
    Pixel,
    /// Distance of the utility branch's features.
    Feature,
    /// Distance of those features, channels weighted by how much the action rests on them.
    WeightedFeature,
}

impl PenaltyKind {
    /// Whether distances are between features.
    pub fn of_features(self) -> bool {
        matches!(self, Self::Feature | Self::WeightedFeature)
    }
}

impl Default for Penalty {
    fn default() -> Self {
        Self {
            kind: PenaltyKind::Pixel,
            weight: 1.0,
            budget: None,
            quantile: 0.9,
            calibrate_every: 50,
            keep: 0.9,
            dual_rate: 0.0,
            dual_most: 100.0,
        }
    }
}

impl Penalty {
    pub(super) fn check(&self) -> Result<(), TrainError> {
        let most = if self.kind.of_features() { f32::MAX } else { 1.0 };
        if let Some(budget) = self.budget.filter(|budget| !(0.0..=most).contains(budget)) {
            return unfit(
                "penalty.budget",
                &budget,
                "a number in [0, 1] for pixels, 0 or above for features",
            );
        }
        for (what, share) in [("penalty.quantile", self.quantile), ("penalty.keep", self.keep)] {
            if !(0.0..=1.0).contains(&share) {
                return unfit(what, &share, "a share in [0, 1]");
            }
        }
        if self.kind == PenaltyKind::None && self.dual_rate > 0.0 {
            return unfit("penalty.dual_rate", &self.dual_rate, "0 where penalty.kind is \"none\"");
        }
        at_least_one(&[("penalty.calibrate_every", self.calibrate_every)])?;
        not_negative(&[
            ("penalty.weight", self.weight.into()),
            ("penalty.dual_rate", self.dual_rate.into()),
            ("penalty.dual_most", self.dual_most.into()),
        ])
    }
}

/// How the terms of `L_A` are balanced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Balance {
    /// The method.
    pub kind: BalanceKind,
    /// `ratio`: bound on what the penalty is multiplied by.
    pub most: f32,
    /// `grad-norm`: how strongly terms that lag behind are helped (alpha in the paper).
    pub alpha: f32,
    /// `grad-norm`: rate of its weights.
    pub rate: f32,
}

/// How the terms of `L_A` are balanced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BalanceKind {
    /// By their weights alone.
    #[default]
    Plain,
    /// The penalty pulls as hard as the action does.
    Ratio,
    /// Weights learnt so that all terms learn at one pace (Chen et al. 2018, arXiv:1711.02257).
    GradNorm,
    /// The privacy term may not pull against an active penalty (after Yu et al. 2020, arXiv:2001.06782; one
    /// way only).
    Pcgrad,
}

impl Default for Balance {
    fn default() -> Self {
        Self { kind: BalanceKind::Plain, most: 100.0, alpha: 1.5, rate: 0.025 }
    }
}

impl Balance {
    pub(super) fn check(&self) -> Result<(), TrainError> {
        not_negative(&[
            ("balance.most", self.most.into()),
            ("balance.alpha", self.alpha.into()),
            ("balance.rate", self.rate.into()),
        ])
    }
}
