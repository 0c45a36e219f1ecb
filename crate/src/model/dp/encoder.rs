//! The encoder: features of frames, and codes of the features of a window.

use burn::module::Module;
use burn::nn::Linear;
use burn::nn::conv::Conv2d;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::super::Signs;
use super::super::blocks::{self, Norm, NormConfig, Start};
use super::{DpConfig, MULTIPLE};

/// Channels of the features of a frame, where a window has several.
const SLIM: usize = 8;
/// Channels of the signs of a change: darker, neither, brighter.
const SIGNS: usize = 3;
/// Cells of signs along one of what [`Trunk`] makes of them.
const SIGNS_PER_CELL: usize = 4;

/// Says of a window as many numbers as a code has.
#[derive(Module, Debug)]
pub(super) struct Encoder {
    trunk: Trunk,
    /// Joins the pictures of a window of several.
    join: Option<Join>,
    to_code: Linear,
    /// What is seen of a window, where that is not its pictures.
    #[module(skip)]
    signs: Option<Signs>,
    side: usize,
    window: usize,
}

/// Makes a picture, or the signs of a window, small.
#[derive(Module, Debug)]
struct Trunk {
    stem: Conv2d,
    down_quarter: Conv2d,
    norm_down_quarter: Norm,
    down_eighth: Conv2d,
    norm_down_eighth: Norm,
}

/// The layers that join the frames of a window.
#[derive(Module, Debug)]
struct Join {
    /// Makes the features of a frame few, as they are kept until the window is whole.
    slim: Conv2d,
    /// Sees where the frames of a window differ.
    over_time: Conv2d,
    norm: Norm,
}

impl Encoder {
    pub(super) fn new(config: &DpConfig, at: (Start, &Device)) -> Self {
        let DpConfig { width, groups, side, window, signs, .. } = config;
        let eighth = 4 * width;
        let (stem, cells) = match signs {
            Some(signs) => (blocks::same(SIGNS * window, *width, at), signs.grid / SIGNS_PER_CELL),
            None => (blocks::halving(3, *width, at), side / MULTIPLE),
        };
        let norm = |channels| NormConfig::new(*groups, channels).init(at.1);
        let joins = *window > 1 && signs.is_none();
        Self {
            trunk: Trunk {
                stem,
                down_quarter: blocks::halving(*width, 2 * width, at),
                norm_down_quarter: norm(2 * width),
                down_eighth: blocks::halving(2 * width, eighth, at),
                norm_down_eighth: norm(eighth),
            },
            join: joins.then(|| Join {
                slim: blocks::same(eighth, SLIM, at),
                over_time: blocks::same(2 * window * SLIM, eighth, at),
                norm: norm(eighth),
            }),
            to_code: blocks::dense(eighth * cells * cells, config.code, at),
            signs: *signs,
            side: *side,
            window: *window,
        }
    }

    /// See [`Coder::features`](super::Coder::features).
    pub(super) fn features(&self, images: Tensor<4>) -> Tensor<4> {
        let [_, channels, height, width] = images.dims();
        let side = self.side;
        assert!(
            channels == 3 && height == side && width == side,
            "pictures of [n, 3, {side}, {side}] wanted, found [.., {channels}, {height}, {width}]"
        );
        if let Some(signs) = &self.signs {
            return signs.seen(images);
        }
        let eighth = self.trunk.forward(images);
        match &self.join {
            Some(join) => join.slim.forward(eighth),
            None => eighth,
        }
    }

    /// See [`Coder::code`](super::Coder::code).
    pub(super) fn code(&self, features: Tensor<4>) -> Tensor<2> {
        let [total, ..] = features.dims();
        let window = self.window;
        assert!(total.is_multiple_of(window), "{total} frames are no windows of {window}");
        let joined = match (&self.signs, &self.join) {
            (Some(signs), _) => {
                let changes = signs.changes(features, (window, 1)); // [n window, 3, grid, grid]
                let [_, _, height, width] = changes.dims();
                self.trunk.forward(changes.reshape([total / window, SIGNS * window, height, width]))
            }
            (None, Some(join)) => {
                relu(join.norm.forward(join.over_time.forward(over_time(features, window))))
            }
            (None, None) => features,
        };
        self.to_code.forward(joined.flatten(1, 3))
    }

    /// The same, with so much less in every code.
    ///
    /// # Shapes
    /// - `middle`: `[d]`
    pub(super) fn centred(mut self, middle: Tensor<1>) -> Self {
        self.to_code.bias = self.to_code.bias.map(|bias| bias.map(|bias| super::leaf(bias - middle)));
        self
    }

    /// The steepest slope of the weights of each layer that a test asks for.
    #[cfg(all(test, feature = "native"))]
    pub(super) fn slopes_for_tests(
        &self,
        slopes: &burn::tensor::Gradients,
    ) -> Vec<(&'static str, Option<f32>)> {
        let join = self.join.iter().flat_map(|join| {
            [
                ("the layer that slims features", super::steepest(&join.slim.weight, slopes)),
                ("the layer that joins frames", super::steepest(&join.over_time.weight, slopes)),
            ]
        });
        let middle = self.to_code.bias.as_ref().and_then(|bias| super::steepest(bias, slopes));
        let first = ("the first layer", super::steepest(&self.trunk.stem.weight, slopes));
        [first, ("the middle of the codes", middle)].into_iter().chain(join).collect()
    }
}

impl Trunk {
    /// # Shapes
    /// - `seen`: pictures `[n, 3, side, side]`, or signs `[n, 3 * window, grid, grid]`
    /// - returns `[n, 4 * width, side / 8, side / 8]`, or `[.., grid / 4, grid / 4]`
    fn forward(&self, seen: Tensor<4>) -> Tensor<4> {
        let half = relu(self.stem.forward(seen));
        let quarter = relu(self.norm_down_quarter.forward(self.down_quarter.forward(half)));
        relu(self.norm_down_eighth.forward(self.down_eighth.forward(quarter)))
    }
}

/// What the frames of a window have in common, how each differs from that, and how much changes from each to the next.
///
/// # Shapes
/// - `features`: `[n * window, f, h, w]`
/// - returns `[n, 2 * window * f, h, w]`
fn over_time(features: Tensor<4>, window: usize) -> Tensor<4> {
    let [total, f, h, w] = features.dims();
    let n = total / window;
    let clips: Tensor<4> = features.reshape([n, window, f, h * w]);
    let mean = clips.clone().mean_dim(1); // [n, 1, f, h w]
    let changes = (clips.clone().narrow(1, 1, window - 1) - clips.clone().narrow(1, 0, window - 1)).abs();
    Tensor::cat(vec![mean.clone(), clips - mean, changes], 1).reshape([n, 2 * window * f, h, w])
}
