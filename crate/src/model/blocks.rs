//! The layers the anonymizer is made of.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, ConvTranspose2d};
use burn::nn::{Linear, PaddingConfig2d};
use burn::tensor::{Device, Distribution, Tensor};

/// The values that a layer's parameters start from.
///
/// Layers are put together here instead of by Burn's own configurations: those can draw from a dozen
/// distributions, and with them they bring matrix decompositions and products into the engine of the page,
/// a third of its download.
#[derive(Clone, Copy)]
pub(super) enum Start {
    /// Drawn from the device's generator, for training.
    Drawn,
    /// Zero, for weights that are loaded next.
    Blank,
}

impl Start {
    /// Uniform in `[-b, b]` with `b = 1 / sqrt(fan_in)`, which keeps the size of activations from layer to
    /// layer (He et al., "Delving Deep into Rectifiers", arXiv:1502.01852, with `PyTorch`'s gain).
    fn values<const D: usize>(self, shape: [usize; D], fan_in: usize, device: &Device) -> Param<Tensor<D>> {
        let bound = (fan_in as f64).sqrt().recip();
        Param::from_tensor(match self {
            Self::Drawn => Tensor::random(shape, Distribution::Uniform(-bound, bound), device),
            Self::Blank => Tensor::zeros(shape, device),
        })
    }
}

/// A 4x4 convolution that halves both sides.
pub(super) fn halving(from: usize, to: usize, at: (Start, &Device)) -> Conv2d {
    convolution([from, to], 4, 2, at)
}

/// A 3x3 convolution that keeps both sides.
pub(super) fn same(from: usize, to: usize, at: (Start, &Device)) -> Conv2d {
    convolution([from, to], 3, 1, at)
}

fn convolution(
    [from, to]: [usize; 2],
    kernel: usize,
    stride: usize,
    (start, device): (Start, &Device),
) -> Conv2d {
    let fan_in = from * kernel * kernel;
    Conv2d {
        weight: start.values([to, from, kernel, kernel], fan_in, device),
        bias: Some(start.values([to], fan_in, device)),
        stride: [stride; 2],
        kernel_size: [kernel; 2],
        dilation: [1; 2],
        groups: 1,
        padding: PaddingConfig2d::Explicit(1, 1, 1, 1),
    }
}

/// A transposed convolution that doubles both sides; `kernel` is 2 or 4 (the latter overlaps, so no
/// 2x2 grid shows in the picture).
pub(super) fn doubling(
    from: usize,
    to: usize,
    kernel: usize,
    (start, device): (Start, &Device),
) -> ConvTranspose2d {
    let fan_in = to * kernel * kernel;
    ConvTranspose2d {
        weight: start.values([from, to, kernel, kernel], fan_in, device),
        bias: Some(start.values([to], fan_in, device)),
        stride: [2; 2],
        kernel_size: [kernel; 2],
        dilation: [1; 2],
        groups: 1,
        padding: [(kernel - 2) / 2; 2],
        padding_out: [0; 2],
        channels: [from, to],
    }
}

/// A layer in which each output sees every input.
pub(super) fn dense(from: usize, to: usize, (start, device): (Start, &Device)) -> Linear {
    Linear { weight: start.values([from, to], from, device), bias: Some(start.values([to], from, device)) }
}

/// Shape of a [`Norm`].
#[derive(Config, Debug)]
pub(super) struct NormConfig {
    groups: usize,
    channels: usize,
}

impl NormConfig {
    /// A layer that starts as plain normalisation.
    pub(super) fn init(&self, device: &Device) -> Norm {
        Norm {
            gain: Param::from_tensor(Tensor::ones([1, self.channels, 1, 1], device)),
            offset: Param::from_tensor(Tensor::zeros([1, self.channels, 1, 1], device)),
            groups: self.groups,
        }
    }
}

/// Group normalisation (Wu & He, "Group Normalization", arXiv:1803.08494): each picture is normalised
/// by its own statistics, so nothing depends on the batch.
#[derive(Module, Debug)]
pub(super) struct Norm {
    pub(super) gain: Param<Tensor<4>>,
    pub(super) offset: Param<Tensor<4>>,
    pub(super) groups: usize,
}

impl Norm {
    /// Keeps the division finite where a group is constant.
    pub(super) const EPSILON: f32 = 1e-5;

    /// # Shapes
    /// - `x`: `[n, c, h, w]`
    /// - returns `[n, c, h, w]`
    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let shape @ [n, c, h, w] = x.dims();
        let grouped = x.reshape([n, self.groups, c / self.groups * h * w]); // [n, g, ..]
        let centred = grouped.clone() - grouped.mean_dim(2);
        let variance = centred.clone().square().mean_dim(2);
        let normalised = centred / (variance + Self::EPSILON).sqrt();
        normalised.reshape(shape) * self.gain.val() + self.offset.val()
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::GroupNormConfig;
    use burn::nn::conv::{Conv2dConfig, ConvTranspose2dConfig};
    use burn::tensor::Tolerance;

    use super::*;

    #[test]
    fn the_norm_equals_the_frameworks_own() {
        let device = Device::flex();
        let x = Tensor::<4>::random([3, 8, 5, 7], Distribution::Normal(0.4, 2.0), &device);
        let ours = NormConfig::new(4, 8).init(&device).forward(x.clone());
        let theirs = GroupNormConfig::new(4, 8).init(&device).forward(x);
        ours.into_data().assert_approx_eq::<f32>(&theirs.into_data(), Tolerance::absolute(1e-5));
    }

    /// Of a uniform distribution, the largest of many draws is near its bound.
    fn largest<const D: usize>(values: &Param<Tensor<D>>) -> f32 {
        values.val().abs().max().into_scalar()
    }

    #[test]
    fn fresh_layers_are_drawn_as_the_frameworks_own() {
        let device = Device::flex();
        let at = (Start::Drawn, &device);
        let ours = same(16, 32, at);
        let theirs = Conv2dConfig::new([16, 32], [3, 3]).init(&device);
        let (a, b) = (largest(&ours.weight), largest(&theirs.weight));
        assert!((a - b).abs() < 0.02 * b, "convolution: {a} and {b}");
        let ours = doubling(16, 32, 4, at);
        let theirs = ConvTranspose2dConfig::new([16, 32], [4, 4]).init(&device);
        let (a, b) = (largest(&ours.weight), largest(&theirs.weight));
        assert!((a - b).abs() < 0.02 * b, "transposed convolution: {a} and {b}");
    }

    #[test]
    fn a_blank_layer_makes_nothing_of_anything() {
        let device = Device::flex();
        let x = Tensor::random([1, 3, 8, 8], Distribution::Uniform(0.0, 1.0), &device);
        let largest: f32 = halving(3, 4, (Start::Blank, &device)).forward(x).abs().max().into_scalar();
        assert_eq!(largest, 0.0, "a blank layer has values");
    }
}
