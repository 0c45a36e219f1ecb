//! The privacy branch `f_B`: the trained adversary. A network that recognises the same subject in two views
//! of a picture, without any privacy label, and its loss.

use burn::config::Config;
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{GroupNorm, GroupNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::{Device, Int, Tensor};

/// Shape of a [`Privacy`] branch.
#[derive(Config, Debug, PartialEq)]
pub struct PrivacyConfig {
    /// Channels after the first convolution; a multiple of 4.
    #[config(default = 16)]
    pub width: usize,
    /// Numbers in an embedding.
    #[config(default = 64)]
    pub embedding: usize,
}

impl PrivacyConfig {
    /// Fresh weights on `device`.
    pub fn init(&self, device: &Device) -> Privacy {
        let width = self.width;
        let stages = [(3, width), (width, 2 * width), (2 * width, 4 * width), (4 * width, 4 * width)];
        Privacy {
            stages: stages.map(|(from, to)| Stage::new(from, to, device)).into(),
            hidden: LinearConfig::new(4 * width, 4 * width).init(device),
            projection: LinearConfig::new(4 * width, self.embedding).init(device),
        }
    }
}

/// Embeds pictures so that two views of one subject lie together.
#[derive(Module, Debug)]
pub struct Privacy {
    stages: Vec<Stage>,
    hidden: Linear,
    projection: Linear,
}

/// A residual stage that halves both sides.
#[derive(Module, Debug)]
struct Stage {
    down: Conv2d,
    norm: GroupNorm,
    refine: Conv2d,
}

impl Stage {
    fn new(from: usize, to: usize, device: &Device) -> Self {
        let convolution = |from: usize, stride: usize| {
            let padding = PaddingConfig2d::Explicit(1, 1, 1, 1);
            Conv2dConfig::new([from, to], [3, 3]).with_stride([stride; 2]).with_padding(padding).init(device)
        };
        let norm = GroupNormConfig::new(4, to).init(device);
        Self { down: convolution(from, 2), norm, refine: convolution(to, 1) }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = relu(self.norm.forward(self.down.forward(x)));
        relu(self.refine.forward(x.clone())) + x
    }
}

impl Privacy {
    /// What the branch knows of each picture, before the projection: what probes are fitted on.
    ///
    /// # Shapes
    /// - `images`: `[n, 3, h, w]`, sRGB in `[0, 1]`
    /// - returns `[n, 4 * width]`
    pub fn features(&self, images: Tensor<4>) -> Tensor<2> {
        let mut x = images;
        for stage in &self.stages {
            x = stage.forward(x);
        }
        let [n, c, h, w] = x.dims();
        x.reshape([n, c, h * w]).mean_dim(2).reshape([n, c])
    }

    /// Embeds each picture on the unit sphere.
    ///
    /// # Shapes
    /// - `images`: `[n, 3, h, w]`, sRGB in `[0, 1]`
    /// - returns `[n, embedding]`, rows of length 1
    pub fn embed(&self, images: Tensor<4>) -> Tensor<2> {
        let x = self.projection.forward(relu(self.hidden.forward(self.features(images))));
        let length = (x.clone().square().sum_dim(1) + 1e-12).sqrt();
        x / length
    }
}

/// `L_B`, NT-Xent: how badly twins are told apart from strangers, in nats a row.
///
/// `0` means that every subject is re-identified from its twin; [`chance`] means that the embedding
/// says nothing. The adversary lowers it, the anonymizer raises it.
///
/// Chen et al., "A Simple Framework for Contrastive Learning of Visual Representations",
/// arXiv:2002.05709, eq. 1; used as the privacy term by `SPAct`, arXiv:2203.15205.
///
/// # Shapes
/// - `left`, `right`: `[n, d]`, rows of length 1; row `i` of each is a view of subject `i`
pub fn nt_xent(left: Tensor<2>, right: Tensor<2>, temperature: f32) -> Tensor<1> {
    let [n, _] = left.dims();
    let device = left.device();
    let all = Tensor::cat(vec![left, right], 0); // [2n, d]
    let similarity = all.clone().matmul(all.transpose()) / temperature;
    let oneself = Tensor::<2>::eye(2 * n, &device) * 1e9; // nobody is their own stranger
    let twins = Tensor::<1, Int>::arange(0..n as i64, &device);
    let twins = Tensor::cat(vec![twins.clone() + n as i64, twins], 0).reshape([2 * n, 1]);
    -log_softmax(similarity - oneself, 1).gather(1, twins).mean()
}

/// The value of [`nt_xent`] for embeddings that carry no identity at all: `ln(2n - 1)` nats.
pub fn chance(n: usize) -> f32 {
    ((2 * n - 1) as f32).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identical_embeddings_score_exactly_chance() {
        let same = Tensor::<2>::ones([4, 8], &Device::flex()) / 8.0_f32.sqrt();
        let loss: f32 = nt_xent(same.clone(), same, 0.1).into_scalar();
        assert!((loss - chance(4)).abs() < 1e-5, "{loss} vs {}", chance(4));
    }

    #[test]
    fn twins_that_stand_apart_from_strangers_cost_nothing() {
        let apart = Tensor::<2>::eye(6, &Device::flex());
        let loss: f32 = nt_xent(apart.clone(), apart, 0.05).into_scalar();
        assert!(loss < 1e-6, "{loss} is not 0");
    }

    #[test]
    fn strangers_for_twins_cost_more_than_chance() {
        let apart = Tensor::<2>::eye(6, &Device::flex());
        let loss: f32 = nt_xent(apart.clone(), apart.flip([0]), 0.1).into_scalar();
        assert!(loss > chance(6), "{loss} is below chance {}", chance(6));
    }
}
