//! The layers the anonymizer is made of.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
use burn::tensor::{Device, Tensor};

/// A 4x4 convolution that halves both sides.
pub(super) fn halving(from: usize, to: usize, device: &Device) -> Conv2d {
    let padding = PaddingConfig2d::Explicit(1, 1, 1, 1);
    Conv2dConfig::new([from, to], [4, 4]).with_stride([2, 2]).with_padding(padding).init(device)
}

/// A 3x3 convolution that keeps both sides.
pub(super) fn same(from: usize, to: usize, device: &Device) -> Conv2d {
    Conv2dConfig::new([from, to], [3, 3]).with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1)).init(device)
}

/// A transposed convolution that doubles both sides; `kernel` is 2 or 4 (the latter overlaps, so no
/// 2x2 grid shows in the picture).
pub(super) fn doubling(from: usize, to: usize, kernel: usize, device: &Device) -> ConvTranspose2d {
    let edge = (kernel - 2) / 2;
    ConvTranspose2dConfig::new([from, to], [kernel, kernel])
        .with_stride([2, 2])
        .with_padding([edge, edge])
        .init(device)
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
///
/// Burn's own `GroupNorm` takes nine GPU dispatches; this one keeps gain and offset in the shape in which
/// they are used and takes seven.
#[derive(Module, Debug)]
pub(super) struct Norm {
    gain: Param<Tensor<4>>,
    offset: Param<Tensor<4>>,
    groups: usize,
}

impl Norm {
    /// Keeps the division finite where a group is constant.
    const EPSILON: f32 = 1e-5;

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
    use burn::tensor::{Distribution, Tolerance};

    use super::*;

    #[test]
    fn the_norm_equals_the_frameworks_own() {
        let device = Device::flex();
        let x = Tensor::<4>::random([3, 8, 5, 7], Distribution::Normal(0.4, 2.0), &device);
        let ours = NormConfig::new(4, 8).init(&device).forward(x.clone());
        let theirs = GroupNormConfig::new(4, 8).init(&device).forward(x);
        ours.into_data().assert_approx_eq::<f32>(&theirs.into_data(), Tolerance::absolute(1e-5));
    }
}
