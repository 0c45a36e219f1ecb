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
        network.picture(clipped(network.code(image), network.scale(), network.clip))
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
        let [n, _] = codes.dims();
        let drawn = relu(self.from_code.forward(codes * self.scale().unsqueeze()));
        let eighth = drawn.reshape([n, self.channels, self.cells, self.cells]);
        let quarter = relu(self.norm_up_quarter.forward(self.up_quarter.forward(eighth)));
        let half = relu(self.norm_up_half.forward(self.up_half.forward(quarter)));
        sigmoid(self.head.forward(half))
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
mod tests {
    use burn::tensor::Distribution;

    use super::*;

    const QUIET: MechanismConfig = MechanismConfig { clip: 1.0, sigma: 0.0 };
    const NOISY: MechanismConfig = MechanismConfig { clip: 1.0, sigma: 0.5 };

    fn config(every: usize, mechanism: MechanismConfig) -> DpConfig {
        DpConfig { width: 4, ..DpConfig::new((16, 5, every), mechanism) }
    }

    fn noise(n: usize, device: &Device) -> Tensor<4> {
        Tensor::random([n, 3, 16, 16], Distribution::Uniform(0.0, 1.0), device)
    }

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().convert::<f32>().try_into_vec().expect("values were converted")
    }

    fn furthest(a: Tensor<4>, b: Tensor<4>) -> f32 {
        (a - b).abs().max().into_scalar()
    }

    /// Whether anything of the frames reaches the pictures when the tape is cut at the released codes: then there is a
    /// way around the noise.
    fn goes_around(rewrite: impl Fn(&Coder, Tensor<4>, Tensor<2>) -> Tensor<4>) -> bool {
        let device = Device::flex().autodiff();
        device.seed(3);
        let network = config(1, NOISY).init(&device);
        let frames = noise(2, &device).require_grad();
        let codes = perturbed(network.code(frames.clone()), network.scale(), &NOISY, 1.0);
        let codes = Tensor::from_inner(codes.inner()).require_grad();
        let slopes = rewrite(&network, frames.clone(), codes.clone()).sum().backward();
        assert!(codes.grad(&slopes).is_some(), "the pictures do not follow from the codes");
        frames.grad(&slopes).is_some()
    }

    #[test]
    fn no_path_of_the_graph_goes_around_the_noise() {
        assert!(
            !goes_around(|network, _, codes| network.picture(codes)),
            "the network has a skip connection"
        );
        let skip = |network: &Coder, frames: Tensor<4>, codes| network.picture(codes) + frames * 1e-3;
        assert!(goes_around(skip), "a skip connection is not noticed");
        let statistic = |network: &Coder, frames: Tensor<4>, codes: Tensor<2>| {
            network.picture(codes) * frames.mean().reshape([1, 1, 1, 1])
        };
        assert!(goes_around(statistic), "a statistic of the frames is not noticed");
    }

    #[test]
    fn what_is_drawn_is_the_same_to_the_bit_whatever_was_seen_and_whoever_is_in_the_batch() {
        let device = Device::flex();
        let network = config(1, NOISY).init(&device);
        let code = Tensor::<2>::random([1, 5], Distribution::Normal(0.0, 1.0), &device);
        let mut drawn = vec![];
        for _ in 0..3 {
            let seen = network.code(noise(4, &device)); // whatever is seen before
            let other = clipped(seen, network.scale(), 1.0);
            let batch = network.picture(Tensor::cat(vec![code.clone(), other], 0));
            drawn.push((values(network.picture(code.clone())), values(batch.narrow(0, 0, 1))));
        }
        assert!(
            drawn.iter().all(|pictures| pictures.0 == drawn[0].0),
            "what was seen before is in the picture"
        );
        // A batch of another size may be computed in another order.
        let worst = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(drawn.iter().all(|(alone, batch)| worst(alone, batch) < 1e-6), "the batch is in the picture");
    }

    #[test]
    fn frames_between_releases_are_not_read() {
        let device = Device::flex();
        let network = config(3, QUIET).init(&device);
        let clip = noise(7, &device);
        let other = noise(7, &device);
        let with = |place: usize| {
            let pick =
                |frame: usize| if frame == place { other.clone() } else { clip.clone() }.narrow(0, frame, 1);
            network.forward(Tensor::cat((0..7).map(pick).collect(), 0), 7)
        };
        let before = network.forward(clip.clone(), 7);
        for frame in 0..7 {
            let moved = furthest(before.clone(), with(frame));
            assert_eq!(moved > 0.0, frame % 3 == 0, "frame {frame} moves the pictures by {moved}");
        }
        // And a release is not seen before it is made.
        let early = |pictures: Tensor<4>| pictures.narrow(0, 0, 6);
        assert_eq!(furthest(early(before), early(with(6))), 0.0, "the last frame is seen before it is there");
    }

    #[test]
    fn codes_are_approached_over_the_frames_until_the_next() {
        let config = config(4, QUIET);
        let place = |frame| {
            let Place { from, to, share } = config.place(frame);
            (from, to, share)
        };
        assert_eq!([0, 3].map(place), [(0, 0, 1.0); 2], "the first is shown at once");
        assert_eq!([4, 5, 7, 8].map(place), [(0, 1, 0.25), (0, 1, 0.5), (0, 1, 1.0), (1, 2, 0.25)]);
        assert_eq!([1, 4, 5, 28].map(|frames| config.releases(frames)), [1, 1, 2, 7]);
        let device = Device::flex();
        let network = config.init(&device);
        let clip = noise(6, &device);
        let codes = clipped(network.code(clip.clone()), network.scale(), 1.0);
        let [first, second] = [0, 4].map(|frame| codes.clone().narrow(0, frame, 1));
        let wanted = network.picture(first * 0.5 + second * 0.5);
        let found = network.forward(clip, 6).narrow(0, 5, 1);
        assert!(furthest(found.clone(), wanted.clone()) < 1e-5, "{}", furthest(found, wanted));
    }

    #[test]
    fn clips_that_skip_frames_are_those_frames_of_the_whole_clip() {
        let device = Device::flex();
        let network = config(6, QUIET).init(&device);
        let clip = noise(16, &device);
        let some =
            Tensor::<1, Int>::from_data(TensorData::new((0..8_i64).map(|i| 2 * i).collect(), [8]), &device);
        let wanted = network.forward(clip.clone(), 16).select(0, some.clone());
        let found = network.with_skip(2).forward(clip.select(0, some), 8);
        assert!(furthest(found.clone(), wanted.clone()) < 1e-5, "{}", furthest(found, wanted));
    }

    #[test]
    fn noise_is_fresh_for_each_release_and_none_where_training_begins() {
        let device = Device::flex();
        device.seed(1);
        let network = config(1, NOISY).init(&device);
        let twice = || {
            let one = noise(1, &Device::flex());
            Tensor::cat(vec![one.clone(), one], 0)
        };
        let frames = twice();
        let [first, second] = network.forward(frames.clone(), 2).chunk(2, 0).try_into().expect("two frames");
        assert!(furthest(first, second) > 1e-4, "two releases of one clip have one noise");
        let differ = |network: &Coder| {
            furthest(network.forward(frames.clone(), 1), network.forward(frames.clone(), 1))
        };
        assert!(differ(&network) > 1e-4, "two moves have one noise");
        assert_eq!(differ(&network.with_noise_share(0.0)), 0.0, "there is noise where none was asked for");
    }

    #[test]
    fn gradients_reach_encoder_scale_and_decoder() {
        let device = Device::flex().autodiff();
        device.seed(2);
        let network = config(2, NOISY).init(&device);
        let (frames, wanted) = (noise(4, &device), noise(4, &device));
        let slopes = (network.forward(frames, 4) - wanted).square().mean().backward();
        let largest = |name: &str, slope: Option<f32>| {
            let slope = slope.unwrap_or_else(|| panic!("no gradient reaches {name}"));
            assert!(slope.is_finite() && slope > 1e-8, "the gradient of {name} is {slope}");
        };
        let of = |tensor: Option<Tensor<4>>| tensor.map(|slope| slope.abs().max().into_scalar::<f32>());
        largest("the first layer", of(network.stem.weight.val().grad(&slopes)));
        largest("the last layer", of(network.head.weight.val().grad(&slopes)));
        let scale = network.log_scale.val().grad(&slopes);
        largest("the scale", scale.map(|slope| slope.abs().min().into_scalar::<f32>()));
    }

    #[test]
    fn numbers_that_describe_nothing_are_named() {
        let sentence = |config: DpConfig| config.validate().expect_err("refused").to_string();
        assert!(sentence(DpConfig { code: 0, ..config(1, NOISY) }).contains("code 0"), "code");
        assert!(sentence(DpConfig { code: 257, ..config(1, NOISY) }).contains("code 257"), "code");
        assert!(sentence(DpConfig { side: 20, ..config(1, NOISY) }).contains("side 20"), "side");
        assert!(sentence(config(0, NOISY)).contains("every 0"), "every");
        let loud = MechanismConfig { clip: -1.0, ..NOISY };
        assert!(sentence(config(1, loud)).contains("clip -1"), "clip");
    }
}
