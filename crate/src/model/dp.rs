//! A short noisy code and a picture drawn from it: the network whose releases have a formal promise.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::nn::conv::{Conv2d, ConvTranspose2d};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::blocks::{self, Norm, NormConfig, Start};
use super::{MULTIPLE, ModelError, Shape};
use crate::dp::mechanism::MechanismConfig;
use crate::dp::promise::Promise;
use crate::dp::trainable::{clipped, perturbed};

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
    /// `k`: of so many frames one is released; at least 1.
    pub every: usize,
    /// Clip and noise of a release.
    pub mechanism: MechanismConfig,
}

/// What a frame of a clip shows: a code on the way from one release to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The release behind, counted from the clip's first.
    pub from: usize,
    /// The newest release.
    pub to: usize,
    /// How far it has come, in `(0, 1]`.
    pub share: f64,
}

impl Place {
    fn of(frame: usize, every: usize) -> Self {
        let to = frame / every;
        let share = if to == 0 { 1.0 } else { (frame % every + 1) as f64 / every as f64 };
        Self { from: to.saturating_sub(1), to, share }
    }
}

impl Shape for DpConfig {
    type Network = Coder;
    const ARCHITECTURE: Option<&'static str> = Some("dp");

    fn validate(&self) -> Result<(), ModelError> {
        let Self { width, groups, side, code, every, mechanism, .. } = self;
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
        mechanism.validate().map_err(ModelError::Mechanism)
    }

    fn blank(&self, device: &Device) -> Coder {
        self.layers(Start::Blank, device)
    }

    /// Pictures are squeezed into a square.
    fn working_size(&self, _width: usize, _height: usize) -> (usize, usize) {
        (self.side, self.side)
    }

    /// Without noise: a self-test's picture is known to everybody.
    fn answer(network: &Coder, image: Tensor<4>) -> Tensor<4> {
        sigmoid(Self::answer_logits(network, image))
    }

    fn promise(&self) -> Option<Promise> {
        Some(Promise::of(&self.mechanism))
    }
}

impl DpConfig {
    /// Codes of `code` numbers, one for each `every` frames, of pictures of `side` pixels, with the default network.
    pub fn new((side, code, every): (usize, usize, usize), mechanism: MechanismConfig) -> Self {
        let architecture = Self::ARCHITECTURE.unwrap_or_default().into();
        Self { architecture, width: 16, groups: 4, side, code, every, mechanism }
    }

    /// The answer to a self-test before the sigmoid: without noise, since its picture is known to everybody.
    ///
    /// # Shapes
    /// - `image`: `[1, 3, side, side]`, sRGB in `[0, 1]`; returns the same
    pub fn answer_logits(network: &Coder, image: Tensor<4>) -> Tensor<4> {
        network.logits(clipped(network.code(image), network.scale(), network.clip))
    }

    /// Fresh weights on `device`, drawn from its generator.
    ///
    /// # Panics
    /// If [`validate`](Shape::validate) refuses the configuration.
    pub fn init(&self, device: &Device) -> Coder {
        self.layers(Start::Drawn, device)
    }

    /// Releases in a clip of `frames` frames.
    pub fn releases(&self, frames: usize) -> usize {
        frames.div_ceil(self.every)
    }

    /// What frame number `frame` of a clip shows. Each release is approached over the frames until the next one, so
    /// nothing waits for frames that are yet to come; the first is shown as it is.
    pub fn place(&self, frame: usize) -> Place {
        Place::of(frame, self.every)
    }

    fn layers(&self, start: Start, device: &Device) -> Coder {
        self.validate().expect("the configuration was validated");
        let at = (start, device);
        let [half, quarter, eighth] = [self.width, 2 * self.width, 4 * self.width];
        let cells = self.side / MULTIPLE;
        let norm = |channels| NormConfig::new(self.groups, channels).init(device);
        Coder {
            stem: blocks::halving(3, half, at),
            down_quarter: blocks::halving(half, quarter, at),
            norm_down_quarter: norm(quarter),
            down_eighth: blocks::halving(quarter, eighth, at),
            norm_down_eighth: norm(eighth),
            to_code: blocks::dense(eighth * cells * cells, self.code, at),
            log_scale: Param::from_tensor(Tensor::zeros([self.code], device)),
            from_code: blocks::dense(self.code, eighth * cells * cells, at),
            up_quarter: blocks::doubling(eighth, quarter, 4, at),
            norm_up_quarter: norm(quarter),
            up_half: blocks::doubling(quarter, half, 4, at),
            norm_up_half: norm(half),
            head: blocks::doubling(half, 3, 4, at),
            channels: eighth,
            cells,
            every: self.every,
            clip: self.mechanism.clip,
            sigma: self.mechanism.sigma,
            noise_share: 1.0,
            skip: 1,
        }
    }
}

/// Encoder and decoder, with nothing between them but a code. See [`DpConfig`].
///
/// The decoder has normalisation layers of each picture's own statistics, and no state: what it draws follows from the
/// code alone.
#[derive(Module, Debug)]
pub struct Coder {
    stem: Conv2d,
    down_quarter: Conv2d,
    norm_down_quarter: Norm,
    down_eighth: Conv2d,
    norm_down_eighth: Norm,
    to_code: Linear,
    /// Natural logarithm of what each number of a code is divided by, `[d]`.
    log_scale: Param<Tensor<1>>,
    from_code: Linear,
    up_quarter: ConvTranspose2d,
    norm_up_quarter: Norm,
    up_half: ConvTranspose2d,
    norm_up_half: Norm,
    head: ConvTranspose2d,
    channels: usize,
    cells: usize,
    every: usize,
    clip: f64,
    sigma: f64,
    noise_share: f64,
    skip: usize,
}

impl Coder {
    /// Codes of pictures, as they are before the mechanism: nothing may leave with them.
    ///
    /// # Shapes
    /// - `images`: `[n, 3, side, side]`, sRGB in `[0, 1]`
    /// - returns `[n, d]`
    ///
    /// # Panics
    /// If the shape is another.
    pub fn code(&self, images: Tensor<4>) -> Tensor<2> {
        let [n, channels, height, width] = images.dims();
        let side = self.cells * MULTIPLE;
        assert!(
            channels == 3 && height == side && width == side,
            "pictures of [n, 3, {side}, {side}] wanted, found [.., {channels}, {height}, {width}]"
        );
        let half = relu(self.stem.forward(images)); // [n, width, side/2, side/2]
        let quarter = relu(self.norm_down_quarter.forward(self.down_quarter.forward(half)));
        let eighth = relu(self.norm_down_eighth.forward(self.down_eighth.forward(quarter)));
        self.to_code.forward(eighth.reshape([n, self.channels * self.cells * self.cells]))
    }

    /// What each number of a code is divided by.
    ///
    /// # Shapes
    /// - returns `[d]`, positive
    pub fn scale(&self) -> Tensor<1> {
        self.log_scale.val().exp()
    }

    /// Pictures drawn from released codes, and from nothing else.
    ///
    /// # Shapes
    /// - `codes`: `[n, d]`, on the scale of the clip
    /// - returns `[n, 3, side, side]`, in `[0, 1]`
    pub fn picture(&self, codes: Tensor<2>) -> Tensor<4> {
        sigmoid(self.logits(codes))
    }

    /// The same before the sigmoid that makes colours of it.
    pub fn logits(&self, codes: Tensor<2>) -> Tensor<4> {
        let [n, _] = codes.dims();
        let drawn = relu(self.from_code.forward(codes * self.scale().unsqueeze()));
        let eighth = drawn.reshape([n, self.channels, self.cells, self.cells]);
        let quarter = relu(self.norm_up_quarter.forward(self.up_quarter.forward(eighth)));
        let half = relu(self.norm_up_half.forward(self.up_half.forward(quarter)));
        self.head.forward(half)
    }

    /// Rewrites clips of `t` frames for training, of which each is [`skip`](Self::with_skip) frames after the one before:
    /// fresh noise on each release from the device's generator.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, side, side]`, sRGB in `[0, 1]`; the frames of a clip lie one after the other
    /// - returns the same, in `[0, 1]`
    ///
    /// # Panics
    /// If the frames do not make whole clips, or releases fall between them.
    pub fn forward(&self, frames: Tensor<4>, t: usize) -> Tensor<4> {
        let total = frames.dims()[0];
        assert!(t > 0 && total.is_multiple_of(t), "{total} frames do not make clips of {t}");
        let n = total / t;
        assert!(t == 1 || self.every.is_multiple_of(self.skip), "releases fall between the frames");
        let device = frames.device();
        let every = (self.every / self.skip).max(1);
        let releases = t.div_ceil(every);
        let released = if releases == t {
            frames
        } else {
            let numbers: Vec<i64> =
                (0..n * releases).map(|i| (i / releases * t + i % releases * every) as i64).collect();
            let numbers = Tensor::<1, Int>::from_data(TensorData::new(numbers, [n * releases]), &device);
            frames.select(0, numbers)
        };
        let config = MechanismConfig { clip: self.clip, sigma: self.sigma };
        let codes = perturbed(self.code(released), self.scale(), &config, self.noise_share as f32);
        let [_, d] = codes.dims();
        let shown = self.shares(t, releases, &device).matmul(codes.reshape([n, releases, d])); // [n, t, d]
        self.picture(shown.reshape([total, d]))
    }

    /// The same network with this share of its noise, in `[0, 1]`: below 1 only while training warms up.
    #[must_use]
    pub fn with_noise_share(self, noise_share: f64) -> Self {
        Self { noise_share, ..self }
    }

    /// The same network for training clips that take one in `skip` frames; at least 1.
    #[must_use]
    pub fn with_skip(self, skip: usize) -> Self {
        Self { skip: skip.max(1), ..self }
    }

    /// How much of each release each frame shows.
    ///
    /// # Shapes
    /// - returns `[1, t, releases]`, rows that sum to one
    fn shares(&self, t: usize, releases: usize, device: &Device) -> Tensor<3> {
        let mut shares = vec![0.0_f32; t * releases];
        for frame in 0..t {
            let Place { from, to, share } = Place::of(frame * self.skip, self.every);
            shares[frame * releases + to] += share as f32;
            shares[frame * releases + from] += 1.0 - share as f32;
        }
        Tensor::from_data(TensorData::new(shares, [1, t, releases]), device)
    }
}

#[cfg(all(test, feature = "native"))]
mod tests;
