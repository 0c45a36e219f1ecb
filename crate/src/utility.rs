//! The utility branch `f_T`: what must survive. A network that names the action of a clip, and its loss.

use burn::config::Config;
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{GroupNorm, GroupNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Int, Tensor};

/// Shape of a [`Utility`] branch.
#[derive(Config, Debug, PartialEq)]
pub struct UtilityConfig {
    /// Number of actions it tells apart.
    pub actions: usize,
    /// Channels after the first convolution; a multiple of 4.
    #[config(default = 16)]
    pub width: usize,
}

impl UtilityConfig {
    /// Fresh weights on `device`.
    pub fn init(&self, device: &Device) -> Utility {
        let [first, second, third] = [self.width, 2 * self.width, 4 * self.width];
        Utility {
            stem: Stage::new(6, first, 2, device),
            stages: vec![
                Stage::new(first, second, 2, device),
                Stage::new(second, third, 2, device),
                Stage::new(third, third, 1, device),
            ],
            head: LinearConfig::new(third * CELLS * CELLS, self.actions).init(device),
        }
    }
}

/// Cells along each side of a frame in which features are averaged: where something moves tells an action.
const CELLS: usize = 2;

/// Names the action of a clip: a 2D network that is shown frames and what changed in them, and whose stages
/// see one frame before and one after.
///
/// Lin et al., "TSM: Temporal Shift Module for Efficient Video Understanding", arXiv:1811.08383.
#[derive(Module, Debug)]
pub struct Utility {
    stem: Stage,
    stages: Vec<Stage>,
    head: Linear,
}

#[derive(Module, Debug)]
struct Stage {
    convolution: Conv2d,
    norm: GroupNorm,
}

impl Stage {
    fn new(from: usize, to: usize, stride: usize, device: &Device) -> Self {
        let padding = PaddingConfig2d::Explicit(1, 1, 1, 1);
        let convolution =
            Conv2dConfig::new([from, to], [3, 3]).with_stride([stride; 2]).with_padding(padding);
        Self { convolution: convolution.init(device), norm: GroupNormConfig::new(4, to).init(device) }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        relu(self.norm.forward(self.convolution.forward(x)))
    }
}

impl Utility {
    /// Scores of each action, before softmax.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, h, w]`, clip by clip, sRGB in `[0, 1]`; `h` and `w` multiples of 16
    /// - `t`: frames of a clip
    /// - returns `[n, actions]`
    ///
    /// # Panics
    /// If the frames are not whole clips.
    pub fn forward(&self, frames: Tensor<4>, t: usize) -> Tensor<2> {
        self.decide(self.features(frames, t), t)
    }

    /// What the decision rests on: the last maps before they are averaged over time and cells, phi in the
    /// action-feature penalty.
    ///
    /// # Shapes
    /// - `frames`: as [`forward`](Self::forward) takes them
    /// - returns `[n * t, 4 * width, h / 8, w / 8]`
    ///
    /// # Panics
    /// If the frames are not whole clips.
    pub fn features(&self, frames: Tensor<4>, t: usize) -> Tensor<4> {
        let [total, _, _, _] = frames.dims();
        assert!(t > 0 && total.is_multiple_of(t), "{total} frames are no clips of {t}");
        let mut x = self.stem.forward(Tensor::cat(vec![frames.clone(), movement(frames, t)], 1));
        for stage in &self.stages {
            x = stage.forward(shift_in_time(x, t));
        }
        x
    }

    /// Scores from [`features`](Self::features).
    ///
    /// # Shapes
    /// - `features`: `[n * t, 4 * width, h / 8, w / 8]`
    /// - returns `[n, actions]`
    pub fn decide(&self, features: Tensor<4>, t: usize) -> Tensor<2> {
        self.head.forward(pooled(features, t))
    }
}

/// [`Utility::features`] averaged over time and over cells: one vector a clip.
///
/// # Shapes
/// - `features`: `[n * t, c, h, w]`
/// - returns `[n, 4 c]`
pub(crate) fn pooled(features: Tensor<4>, t: usize) -> Tensor<2> {
    let [total, channels, h, w] = features.dims();
    let cells = [total / t, t, channels, CELLS, h / CELLS, CELLS, w / CELLS];
    let means = features.reshape(cells).mean_dims(&[1, 4, 6]); // [n, 1, c, cells, 1, cells, 1]
    means.reshape([total / t, channels * CELLS * CELLS])
}

/// What changed since the frame before, a few times enlarged (most of a frame stands still); nothing in the
/// first frame of a clip.
///
/// # Shapes
/// - `frames`: `[n * t, 3, h, w]`
/// - returns `[n * t, 3, h, w]`, in `[-GAIN, GAIN]`
fn movement(frames: Tensor<4>, t: usize) -> Tensor<4> {
    const GAIN: f32 = 4.0;
    let shape @ [total, c, h, w] = frames.dims();
    let (n, pixels) = (total / t, c * h * w);
    let clips = frames.reshape([n, t, pixels]);
    let still = Tensor::zeros([n, 1, pixels], &clips.device());
    let change = clips.clone().slice([0..n, 1..t, 0..pixels]) - clips.slice([0..n, 0..t - 1, 0..pixels]);
    (Tensor::cat(vec![still, change], 1) * GAIN).reshape(shape)
}

/// Shows each frame a quarter of its forerunner's channels and a quarter of its successor's; clips stay
/// apart, and beyond their ends is zero.
fn shift_in_time(x: Tensor<4>, t: usize) -> Tensor<4> {
    let shape @ [total, c, h, w] = x.dims();
    let (n, quarter, area) = (total / t, c / 4, h * w);
    let x = x.reshape([n, t, c, area]);
    let nothing = Tensor::zeros([n, 1, quarter, area], &x.device());
    let before = x.clone().slice([0..n, 0..t - 1, 0..quarter, 0..area]);
    let after = x.clone().slice([0..n, 1..t, quarter..2 * quarter, 0..area]);
    let before = Tensor::cat(vec![nothing.clone(), before], 1);
    let after = Tensor::cat(vec![after, nothing], 1);
    let own = x.slice([0..n, 0..t, 2 * quarter..c, 0..area]);
    Tensor::cat(vec![before, after, own], 2).reshape(shape)
}

/// `L_T`: cross-entropy of the action, in nats a clip. `0` is certainty; [`chance`] is ignorance.
///
/// # Shapes
/// - `scores`: `[n, actions]`, before softmax
/// - `actions`: `[n]`
pub fn loss(scores: Tensor<2>, actions: Tensor<1, Int>) -> Tensor<1> {
    let device = scores.device();
    CrossEntropyLossConfig::new().init(&device).forward(scores, actions)
}

/// The value of [`loss`] for a branch that knows nothing: `ln(actions)` nats.
pub fn chance(actions: usize) -> f32 {
    (actions as f32).ln()
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Distribution, TensorData, Tolerance};

    use super::*;

    #[test]
    fn equal_scores_cost_exactly_chance() {
        let device = Device::flex();
        let actions = Tensor::<1, Int>::from_data(TensorData::from([0, 4, 2]), &device);
        let value: f32 = loss(Tensor::zeros([3, 5], &device), actions).into_scalar();
        assert!((value - chance(5)).abs() < 1e-6, "{value} is not {}", chance(5));
    }

    #[test]
    fn clips_do_not_see_each_other() {
        let device = Device::flex();
        let branch = UtilityConfig::new(3).init(&device);
        let clips = Tensor::<4>::random([8, 3, 16, 16], Distribution::Uniform(0.0, 1.0), &device);
        let together = branch.forward(clips.clone(), 4).slice([1..2, 0..3]);
        let alone = branch.forward(clips.slice([4..8, 0..3, 0..16, 0..16]), 4);
        together.into_data().assert_approx_eq::<f32>(&alone.into_data(), Tolerance::absolute(1e-5));
    }

    #[test]
    fn the_order_of_frames_counts() {
        let device = Device::flex();
        let branch = UtilityConfig::new(3).init(&device);
        let clip = Tensor::<4>::random([4, 3, 16, 16], Distribution::Uniform(0.0, 1.0), &device);
        let forwards = branch.forward(clip.clone(), 4);
        let backwards = branch.forward(clip.flip([0]), 4);
        let difference: f32 = (forwards - backwards).abs().max().into_scalar();
        assert!(difference > 1e-6, "a clip played backwards is told from the clip by only {difference}");
    }
}
