//! A short code and pictures drawn from it: the network whose releases have a formal promise, where there is noise.
//!
//! ```text
//! frames of a window ─ features, each alone ─ code ─┤ clip, noise ├─ picture of (code, phase)
//! ```
//!
//! A window is one frame, or some evenly spaced ones; no frame is in two of them. A code is of the pictures of its
//! window, or of the signs of movement between them.

mod coder;
mod decoder;
mod encoder;
mod place;
#[cfg(all(test, feature = "native"))]
mod tests;

use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

pub use coder::Coder;
pub use place::Place;

use super::blocks::Start;
use super::{MULTIPLE, ModelError, Shape, Signs, grey_like};
use crate::dp::mechanism::MechanismConfig;
use crate::dp::promise::{Promise, Unit};
use crate::dp::trainable::clipped;

/// The most numbers of a code: what is longer drowns in its noise, or promises nothing worth stating.
const LONGEST: usize = 256;

/// Shape of a [`Coder`], and what its releases cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DpConfig {
    /// What the card calls it, [`ARCHITECTURE`](Shape::ARCHITECTURE).
    pub architecture: String,
    /// Channels at half resolution.
    pub width: usize,
    /// Groups of the normalisation layers; divides `width`.
    pub groups: usize,
    /// Side of the square that pictures are squeezed into, in pixels; a multiple of [`MULTIPLE`].
    pub side: usize,
    /// `d`: numbers of a code, in `1..=256`.
    pub code: usize,
    /// `k`: for so many frames one code is released; at least 1.
    pub every: usize,
    /// Of how many of these frames, evenly spaced, the code is; a divisor of `every`. 1: of the first alone, and the
    /// frames until the next release lead from code to code. More: of a short clip, which is drawn frame by frame.
    #[serde(default = "one")]
    pub window: usize,
    /// What the code is of, where it is of the signs of movement between the frames of a window; else of their pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signs: Option<Signs>,
    /// Clip and noise of a release.
    pub mechanism: MechanismConfig,
}

fn one() -> usize {
    1
}

impl Shape for DpConfig {
    type Network = Coder;
    const ARCHITECTURE: Option<&'static str> = Some("dp");

    fn validate(&self) -> Result<(), ModelError> {
        let Self { width, groups, side, code, every, window, signs, mechanism, .. } = self;
        if *width == 0 || *groups == 0 || !width.is_multiple_of(*groups) {
            return Err(ModelError::Groups { width: *width, groups: *groups });
        }
        if *side == 0 || !side.is_multiple_of(MULTIPLE) {
            return Err(ModelError::Side(*side));
        }
        if !(1..=LONGEST).contains(code) {
            return Err(ModelError::Code(*code));
        }
        if *every == 0 {
            return Err(ModelError::Every);
        }
        if *window == 0 || !every.is_multiple_of(*window) {
            return Err(ModelError::Window { window: *window, every: *every });
        }
        if let Some(signs) = signs {
            signs.validate()?;
            if *window == 1 {
                return Err(ModelError::Still);
            }
        }
        mechanism.validate().map_err(ModelError::Mechanism)
    }

    fn blank(&self, device: &Device) -> Coder {
        Coder::new(self, (Start::Blank, device))
    }

    /// Pictures are squeezed into a square.
    fn working_size(&self, _width: usize, _height: usize) -> (usize, usize) {
        (self.side, self.side)
    }

    /// The first frame of a window in which the picture and grey take turns. Without noise: a self-test's picture is known
    /// to everybody. And without levels: where a code lies between two, devices round differently.
    fn answer(network: &Coder, image: Tensor<4>) -> Tensor<4> {
        sigmoid(Self::answer_logits(network, image))
    }

    fn promise(&self) -> Option<Promise> {
        Promise::of(&self.mechanism, self.unit())
    }

    fn bound(&self) -> Option<String> {
        let bits = self.code as f64 * (self.mechanism.levels? as f64).log2();
        let bits = (bits * 10.0).ceil() / 10.0; // it is a bound
        let frames = if self.every == 1 { "frame".into() } else { format!("{} frames", self.every) };
        Some(format!("no more than {bits} bits are shown of each {frames}"))
    }
}

impl DpConfig {
    /// Codes of `code` numbers, each of the first of `every` frames, of pictures of `side` pixels, with the default
    /// network.
    pub fn new((side, code, every): (usize, usize, usize), mechanism: MechanismConfig) -> Self {
        let architecture = Self::ARCHITECTURE.unwrap_or_default().into();
        Self { architecture, width: 16, groups: 4, side, code, every, window: 1, signs: None, mechanism }
    }

    /// The answer to a self-test before the sigmoid.
    ///
    /// # Shapes
    /// - `image`: `[1, 3, side, side]`, sRGB in `[0, 1]`; returns the same
    pub fn answer_logits(network: &Coder, image: Tensor<4>) -> Tensor<4> {
        let grey = grey_like(&image);
        let turns = [image, grey].map(|picture| network.features(picture));
        let window = (0..network.window()).map(|frame| turns[frame % 2].clone()).collect();
        let features = Tensor::cat(window, 0);
        network.logits(clipped(network.code(features), network.scale(), network.clip()), &[0.0])
    }

    /// Fresh weights on `device`, drawn from its generator.
    ///
    /// # Panics
    /// If [`validate`](Shape::validate) refuses the configuration.
    pub fn init(&self, device: &Device) -> Coder {
        Coder::new(self, (Start::Drawn, device))
    }

    /// What a release is about.
    pub fn unit(&self) -> Unit {
        Unit { frames: self.window }
    }
}

/// A parameter of what was computed from others: training goes on from here.
fn leaf<const D: usize>(values: Tensor<D>) -> Tensor<D> {
    values.detach().require_grad()
}

/// The steepest slope of a layer's weights, if any reaches it.
#[cfg(all(test, feature = "native"))]
fn steepest<const D: usize>(
    weight: &burn::module::Param<Tensor<D>>,
    slopes: &burn::tensor::Gradients,
) -> Option<f32> {
    weight.val().grad(slopes).map(|slope| slope.abs().max().into_scalar())
}
