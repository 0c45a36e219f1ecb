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
    /// Classes of each supervised head; none in the paper.
    #[config(default = "vec![]")]
    pub heads: Vec<usize>,
}

impl PrivacyConfig {
    /// Fresh weights on `device`.
    pub fn init(&self, device: &Device) -> Privacy {
        let width = self.width;
        let stages =
            [(3, width, 2), (width, 2 * width, 2), (2 * width, 4 * width, 2), (4 * width, 4 * width, 1)];
        let features = 4 * width * CELLS * CELLS;
        Privacy {
            stages: stages.map(|(from, to, stride)| Stage::new(from, to, stride, device)).into(),
            hidden: LinearConfig::new(features, 4 * width).init(device),
            projection: LinearConfig::new(4 * width, self.embedding).init(device),
            heads: self
                .heads
                .iter()
                .map(|classes| LinearConfig::new(features, *classes).init(device))
                .collect(),
        }
    }
}

/// Cells along each side of a picture in which features are averaged: a face has its parts in places.
const CELLS: usize = 2;

/// Embeds pictures so that two views of one subject lie together.
#[derive(Module, Debug)]
pub struct Privacy {
    stages: Vec<Stage>,
    hidden: Linear,
    projection: Linear,
    heads: Vec<Linear>,
}

/// A residual stage; a stride of 2 halves both sides.
#[derive(Module, Debug)]
struct Stage {
    down: Conv2d,
    norm: GroupNorm,
    refine: Conv2d,
}

impl Stage {
    fn new(from: usize, to: usize, stride: usize, device: &Device) -> Self {
        let convolution = |from: usize, stride: usize| {
            let padding = PaddingConfig2d::Explicit(1, 1, 1, 1);
            Conv2dConfig::new([from, to], [3, 3]).with_stride([stride; 2]).with_padding(padding).init(device)
        };
        let norm = GroupNormConfig::new(4, to).init(device);
        Self { down: convolution(from, stride), norm, refine: convolution(to, 1) }
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
    /// - `images`: `[n, 3, h, w]`, sRGB in `[0, 1]`; `h` and `w` multiples of 16
    /// - returns `[n, 16 * width]`
    pub fn features(&self, images: Tensor<4>) -> Tensor<2> {
        let mut x = (images - 0.5) * 4.0; // about the spread that fresh layers expect
        for stage in &self.stages {
            x = stage.forward(x);
        }
        let [n, c, h, w] = x.dims();
        let cells = x.reshape([n, c, CELLS, h / CELLS, CELLS, w / CELLS]).mean_dims(&[3, 5]);
        cells.reshape([n, c * CELLS * CELLS])
    }

    /// Embeds each picture on the unit sphere.
    ///
    /// # Shapes
    /// - `images`: `[n, 3, h, w]`, sRGB in `[0, 1]`
    /// - returns `[n, embedding]`, rows of length 1
    pub fn embed(&self, images: Tensor<4>) -> Tensor<2> {
        self.project(self.features(images))
    }

    /// Embeds [`features`](Self::features) on the unit sphere.
    ///
    /// # Shapes
    /// - `features`: `[n, 16 * width]`
    /// - returns `[n, embedding]`, rows of length 1
    pub fn project(&self, features: Tensor<2>) -> Tensor<2> {
        let x = self.projection.forward(relu(self.hidden.forward(features)));
        let length = (x.clone().square().sum_dim(1) + 1e-12).sqrt();
        x / length
    }

    /// Scores of the classes of each supervised head, before softmax, from [`features`](Self::features).
    ///
    /// # Shapes
    /// - `features`: `[n, 16 * width]`
    /// - returns for each head `[n, classes]`
    pub fn name(&self, features: &Tensor<2>) -> Vec<Tensor<2>> {
        self.heads.iter().map(|head| head.forward(features.clone())).collect()
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
    let oneself = Tensor::eye(2 * n, &left.device()); // nobody is their own stranger
    nt_xent_among(left, right, temperature, oneself)
}

/// [`nt_xent`] where rows say who is not their stranger: themselves, and others that show the same subject.
///
/// # Shapes
/// - `left`, `right`: `[n, d]`, rows of length 1
/// - `kin`: `[2n, 2n]`, 1 where the two rows are no strangers and no twins, else 0; 1 on the diagonal
pub fn nt_xent_among(left: Tensor<2>, right: Tensor<2>, temperature: f32, kin: Tensor<2>) -> Tensor<1> {
    let [n, _] = left.dims();
    let device = left.device();
    let all = Tensor::cat(vec![left, right], 0); // [2n, d]
    let similarity = all.clone().matmul(all.transpose()) / temperature;
    let twins = Tensor::<1, Int>::arange(0..n as i64, &device);
    let twins = Tensor::cat(vec![twins.clone() + n as i64, twins], 0).reshape([2 * n, 1]);
    -log_softmax(similarity - kin * 1e9, 1).gather(1, twins).mean()
}

/// Cross-entropy of a supervised head over the pictures that have a label, nats a picture; `0` where none has.
///
/// # Shapes
/// - `scores`: `[n, classes]`, before softmax
/// - `labels`: `[n]`; any class where the label is not known
/// - `known`: `[n]`, 1 where it is, else 0
pub fn naming_loss(scores: Tensor<2>, labels: Tensor<1, Int>, known: Tensor<1>) -> Tensor<1> {
    let [n, _] = scores.dims();
    let found = log_softmax(scores, 1).gather(1, labels.reshape([n, 1])).reshape([n]);
    -(found * known.clone()).sum() / known.sum().clamp_min(1.0)
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

    #[test]
    fn kin_are_neither_twins_nor_strangers() {
        // Two pictures of one subject: with kin masked away each row has nobody but its twin to choose from.
        let same = Tensor::<2>::ones([2, 4], &Device::flex()) / 2.0;
        let kin = Tensor::from_data(
            [[1.0, 1.0, 0.0, 1.0], [1.0, 1.0, 1.0, 0.0], [0.0, 1.0, 1.0, 1.0], [1.0, 0.0, 1.0, 1.0]],
            &Device::flex(),
        );
        let loss: f32 = nt_xent_among(same.clone(), same, 0.1, kin).into_scalar();
        assert!(loss.abs() < 1e-6, "{loss}: somebody else was taken for a stranger");
    }

    #[test]
    fn pictures_without_a_label_cost_nothing() {
        let device = Device::flex();
        let scores = Tensor::<2>::from_data([[0.0, 0.0], [9.0, -9.0], [9.0, -9.0]], &device);
        let labels = Tensor::<1, Int>::from_data([0, 1, 0], &device);
        let known = Tensor::<1>::from_data([1.0, 0.0, 1.0], &device);
        let loss: f32 = naming_loss(scores.clone(), labels.clone(), known).into_scalar();
        assert!((loss - 2.0_f32.ln() / 2.0).abs() < 1e-4, "{loss}: the mean of ln 2 and 0 was wanted");
        let none: f32 = naming_loss(scores, labels, Tensor::zeros([3], &device)).into_scalar();
        assert_eq!(none, 0.0, "nobody has a label");
    }
}
