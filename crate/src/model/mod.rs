//! The anonymizer: a network that rewrites a picture; one that draws pictures from short noisy codes, with a formal
//! promise; one that draws clips from the signs of their movement; and, for the judge, a learnt filter of clips to hold
//! them against.
//! Tensors in, tensors out; no files, no pixels.

#[cfg(feature = "native")]
mod bdq;
mod blocks;
mod dp;
#[cfg(all(feature = "web", feature = "wgpu", target_family = "wasm"))]
mod fused;
mod motion;

use burn::config::Config;
use burn::module::Module;
use burn::nn::conv::{Conv2d, ConvTranspose2d};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};

#[cfg(feature = "native")]
pub use bdq::{Bdq, BdqConfig, STEPS};
use blocks::{Norm, NormConfig, Start};
pub use dp::{Coder, DpConfig, Place};
pub use motion::{MotionConfig, Mover, Signs};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::dp::mechanism::MechanismError;
use crate::dp::promise::Promise;

/// What a model card says of its network, and how to make one of it.
pub trait Shape: Clone + Serialize + DeserializeOwned {
    /// The network.
    type Network: Module;
    /// What the card calls the architecture; nothing for the anonymizer of single pictures.
    const ARCHITECTURE: Option<&'static str>;
    /// Whether its picture is enlarged by blending; else each pixel is as the one that it falls on.
    const BLENDS: bool = true;

    /// Checks that the numbers describe a network.
    ///
    /// # Errors
    /// [`ModelError`] names the number that does not fit.
    fn validate(&self) -> Result<(), ModelError>;

    /// A network on `device`, for weights that are loaded next.
    fn blank(&self, device: &Device) -> Self::Network;

    /// Width and height at which a picture of this size is worked on.
    fn working_size(&self, width: usize, height: usize) -> (usize, usize);

    /// What the network makes of a self-test's picture.
    ///
    /// # Shapes
    /// - `image`: `[1, 3, h, w]` of a working size, sRGB in `[0, 1]`
    /// - returns the same
    fn answer(network: &Self::Network, image: Tensor<4>) -> Tensor<4>;

    /// What each release is proved to keep; nothing where leakage can only be measured.
    fn promise(&self) -> Option<Promise> {
        None
    }

    /// How little is shown, as a part of a sentence; nothing where pictures are shown.
    fn bound(&self) -> Option<String> {
        None
    }
}

/// A shape of networks of clips: what a frame becomes rests on one before it.
#[cfg(feature = "native")]
pub trait ClipShape: Shape {
    /// Rewrites clips of `t` frames, all that were taken.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, h, w]`, sRGB in `[0, 1]`; the frames of a clip lie one after the other
    /// - returns the same
    fn rewrite(network: &Self::Network, frames: Tensor<4>, t: usize) -> Tensor<4>;
}

impl Shape for AnonymizerConfig {
    type Network = Anonymizer;
    const ARCHITECTURE: Option<&'static str> = None;

    fn validate(&self) -> Result<(), ModelError> {
        Self::validate(self)
    }

    fn blank(&self, device: &Device) -> Anonymizer {
        Self::blank(self, device)
    }

    fn working_size(&self, width: usize, height: usize) -> (usize, usize) {
        Self::working_size(self, width, height)
    }

    fn answer(network: &Anonymizer, image: Tensor<4>) -> Tensor<4> {
        network.forward(image)
    }
}

/// Shape of an [`Anonymizer`]. Plain data, stored beside the weights; holds no tensor.
///
/// The network is a small U-Net that halves its input three times. Its first convolution already
/// works at half the working resolution; with the defaults it costs 0.083 GFLOP at 128 x 96.
#[derive(Config, Debug, PartialEq)]
pub struct AnonymizerConfig {
    /// Channels at half resolution; doubled at a quarter, and again at an eighth.
    #[config(default = 16)]
    pub width: usize,
    /// Groups of the normalisation layers; divides `width`.
    #[config(default = 4)]
    pub groups: usize,
    /// Longest side of the working resolution, in pixels; a multiple of [`MULTIPLE`].
    #[config(default = 128)]
    pub long_side: usize,
}

/// Both sides of a picture that an [`Anonymizer`] is given are multiples of this.
pub const MULTIPLE: usize = 8;

/// Why a configuration describes no network.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// The channels do not fall into equal groups.
    #[error("width {width} cannot be divided into {groups} groups; choose groups that divide width")]
    Groups {
        /// Channels.
        width: usize,
        /// Groups.
        groups: usize,
    },
    /// The working resolution does not fit the network's three halvings.
    #[error("long_side {0} is not a positive multiple of {MULTIPLE}")]
    LongSide(usize),
    /// A quantisation without steps, or with more than bytes can show.
    #[error("steps {0} is not in 1..=255")]
    Steps(usize),
    /// The square of a code's pictures does not fit the network's three halvings.
    #[error("side {0} is not a positive multiple of {MULTIPLE}")]
    Side(usize),
    /// A code without numbers, or with more than noise leaves anything of.
    #[error("code {0} is not in 1..=256; a release carries few numbers or no promise: choose some 8")]
    Code(usize),
    /// Never is anything released.
    #[error("every 0 releases nothing; choose at least 1, which releases each frame")]
    Every,
    /// Signs in cells that do not fit the halvings of the network that sees them.
    #[error("grid {0} is not a positive multiple of {MULTIPLE}")]
    Grid(usize),
    /// Signs of movement of a single frame.
    #[error("window 1 has no movement; choose at least 2 frames, or a code of pictures")]
    Still,
    /// A change that always counts, or never.
    #[error("threshold {0} is not between 0 and 1, shares of full scale; choose some 0.03")]
    Threshold(f64),
    /// A frame compared with itself.
    #[error("lag 0 compares a frame with itself; choose at least 1")]
    Lag,
    /// Not even the change at hand is looked at.
    #[error("span 0 looks at no change; choose at least 1, which looks at the last")]
    Span,
    /// Nothing shown, more than was seen, or cells of uneven size.
    #[error(
        "cells {cells} is not in 1..={grid}, or does not divide {pixels}; choose a divisor no more than the grid"
    )]
    Cells {
        /// Along each side of what is shown.
        cells: usize,
        /// Along each side of what is seen.
        grid: usize,
        /// Pixels along each side of the picture that is looked at.
        pixels: usize,
    },
    /// What is in sight would have one grey, or would hardly ever leave it.
    #[error("hold {0} is over 1500 frames, or goes with two levels: one is left to where nothing has moved")]
    Hold(usize),
    /// Greys that show nothing, or more than bytes can.
    #[error("levels {0} is not in 2..=256")]
    Levels(usize),
    /// The frames of a window cannot be evenly spaced.
    #[error("window {window} is no divisor of every {every}; choose 1, which takes one frame, or a divisor")]
    Window {
        /// Frames of a window.
        window: usize,
        /// Frames that a release stands for.
        every: usize,
    },
    /// Clip or noise make no mechanism.
    #[error(transparent)]
    Mechanism(MechanismError),
}

/// The grey picture that a self-test sets beside another, where a network sees movement.
///
/// # Shapes
/// - `image`: `[n, 3, h, w]`; returns the same
fn grey_like(image: &Tensor<4>) -> Tensor<4> {
    image.ones_like() * (128.0 / 255.0)
}

impl AnonymizerConfig {
    /// Checks that the numbers describe a network.
    ///
    /// # Errors
    /// [`ModelError`] names the number that does not fit.
    pub fn validate(&self) -> Result<(), ModelError> {
        let Self { width, groups, long_side } = *self;
        if width == 0 || groups == 0 || !width.is_multiple_of(groups) {
            return Err(ModelError::Groups { width, groups });
        }
        if long_side == 0 || !long_side.is_multiple_of(MULTIPLE) {
            return Err(ModelError::LongSide(long_side));
        }
        Ok(())
    }

    /// Fresh weights on `device`, drawn from its generator.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the configuration.
    pub fn init(&self, device: &Device) -> Anonymizer {
        self.layers(Start::Drawn, device)
    }

    /// A network of zeros on `device`, for weights that are loaded next.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the configuration.
    pub fn blank(&self, device: &Device) -> Anonymizer {
        self.layers(Start::Blank, device)
    }

    fn layers(&self, start: Start, device: &Device) -> Anonymizer {
        self.validate().expect("the configuration was validated");
        let at = (start, device);
        let [half, quarter, eighth] = [self.width, 2 * self.width, 4 * self.width];
        let norm = |channels| NormConfig::new(self.groups, channels).init(device);
        Anonymizer {
            stem: blocks::halving(3, half, at),
            down_quarter: blocks::halving(half, quarter, at),
            norm_quarter: norm(quarter),
            down_eighth: blocks::halving(quarter, eighth, at),
            norm_eighth: norm(eighth),
            middle: blocks::same(eighth, eighth, at),
            up_quarter: blocks::doubling(eighth, quarter, 2, at),
            merge_quarter: blocks::same(quarter, quarter, at),
            up_half: blocks::doubling(quarter, half, 2, at),
            merge_half: blocks::same(half, half, at),
            head: blocks::doubling(half, 3, 4, at),
        }
    }

    /// Width and height at which a camera picture is anonymized: the longest side is
    /// [`long_side`](Self::long_side), the aspect is kept, and both are multiples of [`MULTIPLE`].
    ///
    /// # Panics
    /// If a side is zero.
    pub fn working_size(&self, width: usize, height: usize) -> (usize, usize) {
        assert!(width > 0 && height > 0, "a picture of {width}x{height} has no pixels");
        let scale = self.long_side as f64 / width.max(height) as f64;
        let side = |pixels: usize| {
            let steps = (pixels as f64 * scale / MULTIPLE as f64).round() as usize;
            steps.max(1) * MULTIPLE
        };
        (side(width), side(height))
    }
}

/// Rewrites pictures, each on its own. See [`AnonymizerConfig`].
#[derive(Module, Debug)]
pub struct Anonymizer {
    stem: Conv2d,
    down_quarter: Conv2d,
    norm_quarter: Norm,
    down_eighth: Conv2d,
    norm_eighth: Norm,
    middle: Conv2d,
    up_quarter: ConvTranspose2d,
    merge_quarter: Conv2d,
    up_half: ConvTranspose2d,
    merge_half: Conv2d,
    head: ConvTranspose2d,
}

impl Anonymizer {
    /// Anonymizes a batch of pictures, each on its own.
    ///
    /// # Shapes
    /// - `images`: `[n, 3, h, w]`, sRGB in `[0, 1]`; `h` and `w` multiples of [`MULTIPLE`]
    /// - returns `[n, 3, h, w]`, in `[0, 1]`
    ///
    /// # Panics
    /// If the shape is another.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        sigmoid(self.scores(images))
    }

    /// The same before the sigmoid.
    fn scores(&self, images: Tensor<4>) -> Tensor<4> {
        let [_, channels, height, width] = images.dims();
        assert!(
            channels == 3 && height.is_multiple_of(MULTIPLE) && width.is_multiple_of(MULTIPLE),
            "pictures of [n, 3, {MULTIPLE}k, {MULTIPLE}k] wanted, found [.., {channels}, {height}, {width}]"
        );
        let half = relu(self.stem.forward(images)); // [n, width, h/2, w/2]
        let quarter = relu(self.norm_quarter.forward(self.down_quarter.forward(half.clone())));
        let eighth = relu(self.norm_eighth.forward(self.down_eighth.forward(quarter.clone())));
        let deep = relu(self.middle.forward(eighth.clone())) + eighth; // [n, 4 width, h/8, w/8]
        let quarter = relu(self.merge_quarter.forward(self.up_quarter.forward(deep) + quarter));
        let half = relu(self.merge_half.forward(self.up_half.forward(quarter) + half));
        self.head.forward(half)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;

    fn noise(shape: [usize; 4]) -> Tensor<4> {
        Tensor::random(shape, Distribution::Uniform(0.0, 1.0), &Device::flex())
    }

    fn values(tensor: Tensor<4>) -> Vec<f32> {
        tensor.into_data().try_to_vec().expect("f32 values")
    }

    #[test]
    fn output_is_a_picture_of_the_same_shape() {
        let model = AnonymizerConfig::new().init(&Device::flex());
        let output = model.forward(noise([2, 3, 24, 40]) * 50.0 - 25.0);
        assert_eq!(output.dims(), [2, 3, 24, 40], "shape changed");
        let outside = values(output).into_iter().find(|value| !(0.0..=1.0).contains(value));
        assert_eq!(outside, None, "a value is no colour");
    }

    #[test]
    fn a_frame_inside_a_clip_comes_out_as_the_frame_alone() {
        let model = AnonymizerConfig::new().init(&Device::flex());
        let clip = noise([5, 3, 16, 24]);
        let together = values(model.forward(clip.clone()).slice([3..4, 0..3, 0..16, 0..24]));
        let alone = values(model.forward(clip.slice([3..4, 0..3, 0..16, 0..24])));
        let worst = together.iter().zip(&alone).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-6, "neighbouring frames change a frame by {worst}");
    }

    #[test]
    fn working_sizes_are_multiples_that_keep_the_aspect() {
        let config = AnonymizerConfig::new();
        let sizes = [(640, 480), (1280, 720), (480, 640), (641, 479), (97, 61), (4000, 10), (1, 1)];
        let found = sizes.map(|(width, height)| config.working_size(width, height));
        let wanted = [(128, 96), (128, 72), (96, 128), (128, 96), (128, 80), (128, 8), (128, 128)];
        assert_eq!(found, wanted, "working sizes of {sizes:?}");
    }

    #[test]
    fn groups_that_do_not_divide_the_width_are_refused() {
        let config = AnonymizerConfig::new().with_width(10);
        assert_eq!(config.validate(), Err(ModelError::Groups { width: 10, groups: 4 }), "10 / 4");
    }
}
