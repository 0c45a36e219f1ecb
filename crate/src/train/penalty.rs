//! The penalty: what frames of the action stream may differ by from their anonymized selves, in pixels or in
//! the features of the utility branch; its budget B and its weight lambda.

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::config::{Penalty, PenaltyKind};

/// B of the pixel penalty where the configuration names none: an unrelated frame is about 0.32 away.
const PIXEL_BUDGET: f32 = 0.2;

/// What a run has learnt about its penalty; part of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PenaltyState {
    /// lambda in force.
    pub weight: f32,
    /// B in force.
    pub budget: f32,
    /// `w_c`, mean 1; `None` until the first gradient was seen, then all channels count alike.
    pub channels: Option<Vec<f32>>,
}

impl PenaltyState {
    /// Where a run begins.
    pub(super) fn new(config: &Penalty) -> Self {
        let unknown = if config.kind.of_features() { 0.0 } else { PIXEL_BUDGET };
        Self { weight: config.weight, budget: config.budget.unwrap_or(unknown), channels: None }
    }

    /// Whether B has to be calibrated in this step of the game.
    pub(super) fn calibrates(config: &Penalty, step: u64) -> bool {
        config.kind.of_features() && config.budget.is_none() && step.is_multiple_of(config.calibrate_every)
    }

    /// Sets B to the quantile of the distances between two augmentations of clips: what the utility branch's
    /// features change by anyway.
    pub(super) fn calibrate(&mut self, config: &Penalty, mut distances: Vec<f32>) {
        distances.sort_by(f32::total_cmp);
        let place = (config.quantile * (distances.len().max(1) - 1) as f32).round() as usize;
        self.budget = distances.get(place).copied().unwrap_or(self.budget);
    }

    /// Moves `w_c` towards `|dL_T/dphi_c|`, mean 1. A gradient of zeros teaches nothing.
    ///
    /// # Shapes
    /// - `gradient`: `[n * t, c, h, w]`
    pub(super) fn learn_channels(&mut self, config: &Penalty, gradient: Tensor<4>) {
        let [_, c, _, _] = gradient.dims();
        let strength = gradient.abs().mean_dims(&[0, 2, 3]).reshape([c]);
        let strength: Vec<f32> =
            strength.into_data().convert::<f32>().try_into_vec().expect("converted to f32");
        let mean = strength.iter().sum::<f32>() / c as f32;
        if !(mean.is_finite() && mean > 0.0) {
            return;
        }
        let fresh = strength.iter().map(|value| value / mean);
        self.channels = Some(match &self.channels {
            None => fresh.collect(),
            Some(old) => old
                .iter()
                .zip(fresh)
                .map(|(old, new)| old * config.keep + new * (1.0 - config.keep))
                .collect(),
        });
    }

    /// `w_c` as [`feature_distance`] wants it.
    pub(super) fn channels_on(&self, device: &Device) -> Option<Tensor<1>> {
        let weights = self.channels.clone()?;
        let shape = [weights.len()];
        Some(Tensor::from_data(TensorData::new(weights, shape), device))
    }

    /// Dual ascent: lambda rises while the mean distance exceeds B and falls while it does not, which makes B
    /// a constraint instead of a preference.
    pub(super) fn ascend(&mut self, config: &Penalty, distance: f32) {
        if config.dual_rate > 0.0 && distance.is_finite() {
            self.weight =
                (self.weight + config.dual_rate * (distance - self.budget)).clamp(0.0, config.dual_most);
        }
    }
}

impl Penalty {
    /// Whether channel weights are learnt.
    pub(super) fn weighs_channels(&self) -> bool {
        self.kind == PenaltyKind::WeightedFeature
    }
}

/// Root mean square difference of each frame from its anonymized self.
///
/// # Shapes
/// - `raw`, `anonymized`: `[n, 3, h, w]`
/// - returns `[n, 1]`, in `[0, 1]`; its gradient is finite at 0
pub(super) fn rms(raw: Tensor<4>, anonymized: Tensor<4>) -> Tensor<2> {
    let [n, c, h, w] = raw.dims();
    ((raw - anonymized).square().reshape([n, c * h * w]).mean_dim(1) + 1e-12).sqrt()
}

/// `d = sqrt(sum_c w_c mean((phi_c(x) - phi_c(a))^2))`, each frame on its own; all `w_c` are 1 where none are
/// given.
///
/// # Shapes
/// - `raw`, `anonymized`: `[n, c, h, w]`, features
/// - `channels`: `[c]`
/// - returns `[n, 1]`, 0 or above; its gradient is finite at 0
pub(super) fn feature_distance(
    raw: Tensor<4>,
    anonymized: Tensor<4>,
    channels: Option<Tensor<1>>,
) -> Tensor<2> {
    let [n, c, h, w] = raw.dims();
    let of_channels = (raw - anonymized).square().reshape([n, c, h * w]).mean_dim(2).reshape([n, c]);
    let weighted = match channels {
        Some(weights) => of_channels * weights.reshape([1, c]),
        None => of_channels,
    };
    (weighted.sum_dim(1) + 1e-12).sqrt()
}

/// `L_penalty`: what the frames differ by beyond the budget, each on its own, then the mean: one bad frame
/// cannot hide among good ones.
pub(super) fn hinge(distance: Tensor<2>, budget: f32) -> Tensor<1> {
    (distance - budget).clamp_min(0.0).mean()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;

    fn maps(n: usize, device: &Device) -> Tensor<4> {
        Tensor::random([n, 4, 3, 3], Distribution::Uniform(0.0, 1.0), device)
    }

    #[test]
    fn only_channels_that_the_action_rests_on_are_held() {
        let device = Device::flex();
        let raw = maps(2, &device);
        let weights = Tensor::<1>::from_data([4.0, 0.0, 0.0, 0.0], &device);
        let shift = |channel: usize| {
            raw.clone().slice_assign(
                [0..2, channel..channel + 1, 0..3, 0..3],
                raw.clone().slice([0..2, channel..channel + 1, 0..3, 0..3]) + 0.5,
            )
        };
        let distance = |channel: usize, weights: Option<Tensor<1>>| -> f32 {
            feature_distance(raw.clone(), shift(channel), weights).mean().into_scalar()
        };
        assert!(
            (distance(0, Some(weights.clone())) - 1.0).abs() < 1e-4,
            "sqrt(4 * 0.25) on the held channel"
        );
        assert!(distance(2, Some(weights)) < 1e-5, "a free channel is held");
        assert!((distance(2, None) - 0.5).abs() < 1e-4, "without weights all channels count alike");
    }

    #[test]
    fn channel_weights_follow_the_gradient_with_mean_one() {
        let config = Penalty { keep: 0.5, ..Penalty::default() };
        let mut state = PenaltyState::new(&config);
        let device = Device::flex();
        let slopes = Tensor::<1>::from_data([3.0, -1.0, 0.0, 0.0], &device).reshape([1, 4, 1, 1]);
        state.learn_channels(&config, slopes.clone().repeat(&[2, 1, 3, 3]));
        assert_eq!(state.channels, Some(vec![3.0, 1.0, 0.0, 0.0]), "the first gradient is taken as it is");
        state.learn_channels(&config, slopes.flip([1]).repeat(&[2, 1, 3, 3]));
        assert_eq!(state.channels, Some(vec![1.5, 0.5, 0.5, 1.5]), "then half and half");
        state.learn_channels(&config, Tensor::zeros([2, 4, 3, 3], &device));
        assert_eq!(state.channels, Some(vec![1.5, 0.5, 0.5, 1.5]), "no gradient, no lesson");
    }

    #[test]
    fn the_budget_is_the_quantile_asked_for() {
        let config = Penalty { kind: PenaltyKind::Feature, quantile: 0.75, ..Penalty::default() };
        let mut state = PenaltyState::new(&config);
        assert_eq!(state.budget, 0.0, "nothing is known yet");
        state.calibrate(&config, vec![5.0, 1.0, 3.0, 2.0, 4.0]);
        assert_eq!(state.budget, 4.0, "three quarters of the way up");
        assert!(
            PenaltyState::calibrates(&config, 100) && !PenaltyState::calibrates(&config, 101),
            "every 50"
        );
        let fixed = Penalty { budget: Some(1.0), ..config };
        assert!(!PenaltyState::calibrates(&fixed, 100), "a budget that was named is kept");
    }

    #[test]
    fn lambda_rises_above_the_budget_falls_below_it_and_stays_in_bounds() {
        let config = Penalty { dual_rate: 10.0, dual_most: 3.0, ..Penalty::default() };
        let mut state = PenaltyState::new(&config);
        let after = |state: &mut PenaltyState, distance: f32| {
            state.ascend(&config, distance);
            state.weight
        };
        assert!((after(&mut state, 0.3) - 2.0).abs() < 1e-5, "0.1 over: one up, {state:?}");
        assert!((after(&mut state, 0.1) - 1.0).abs() < 1e-5, "0.1 under: one down, {state:?}");
        assert_eq!(after(&mut state, 0.9), 3.0, "the bound");
        assert_eq!((0..9).map(|_| after(&mut state, 0.0)).last(), Some(0.0), "never negative");
        let mut fixed = PenaltyState::new(&Penalty::default());
        fixed.ascend(&Penalty::default(), 0.9);
        assert_eq!(fixed.weight, 1.0, "without a rate lambda is fixed");
    }
}
