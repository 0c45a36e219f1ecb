//! The network: features of frames, codes of features, pictures of codes.

use std::f64::consts::PI;

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::nn::conv::{Conv2d, ConvTranspose2d};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::super::blocks::{self, Norm, NormConfig, Start};
use super::{DpConfig, MULTIPLE, Place, Shape as _};
use crate::dp::mechanism::MechanismConfig;
use crate::dp::trainable::perturbed;

/// Channels of the features of a frame, where a window has several.
const SLIM: usize = 8;
/// How many waves tell the decoder the phase.
const WAVES: usize = 4;
/// The hidden layer of a decoder that sees the phase is so many times as wide as the network.
const HIDDEN: usize = 8;

/// Encoder and decoder, with nothing between them but a code. See [`DpConfig`].
///
/// The decoder has normalisation layers of each picture's own statistics, and no state: what it draws follows from the
/// code and the place in the window alone.
#[derive(Module, Debug)]
pub struct Coder {
    stem: Conv2d,
    down_quarter: Conv2d,
    norm_down_quarter: Norm,
    down_eighth: Conv2d,
    norm_down_eighth: Norm,
    /// What a window of several frames needs beside.
    clip_layers: Option<ClipLayers>,
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
    window: usize,
    clip: f64,
    sigma: f64,
    noise_share: f64,
    skip: usize,
}

/// The layers that join the frames of a window, and the one that takes them apart again.
#[derive(Module, Debug)]
struct ClipLayers {
    /// Makes the features of a frame few, as they are kept until the window is whole.
    slim: Conv2d,
    /// Sees where the frames of a window differ.
    join: Conv2d,
    norm_join: Norm,
    /// Sees the code and the phase.
    unfold: Linear,
}

impl Coder {
    /// Layers for `config`.
    ///
    /// # Panics
    /// If [`validate`](super::Shape::validate) refuses the configuration.
    pub(super) fn new(config: &DpConfig, at: (Start, &Device)) -> Self {
        config.validate().expect("the configuration was validated");
        let (_, device) = at;
        let [half, quarter, eighth] = [config.width, 2 * config.width, 4 * config.width];
        let cells = config.side / MULTIPLE;
        let norm = |channels| NormConfig::new(config.groups, channels).init(device);
        let hidden = HIDDEN * config.width;
        let clip_layers = (config.window > 1).then(|| ClipLayers {
            slim: blocks::same(eighth, SLIM, at),
            join: blocks::same(2 * config.window * SLIM, eighth, at),
            norm_join: norm(eighth),
            unfold: blocks::dense(config.code + WAVES, hidden, at),
        });
        let unfolded = if clip_layers.is_some() { hidden } else { config.code };
        Self {
            stem: blocks::halving(3, half, at),
            down_quarter: blocks::halving(half, quarter, at),
            norm_down_quarter: norm(quarter),
            down_eighth: blocks::halving(quarter, eighth, at),
            norm_down_eighth: norm(eighth),
            clip_layers,
            to_code: blocks::dense(eighth * cells * cells, config.code, at),
            log_scale: Param::from_tensor(Tensor::zeros([config.code], device)),
            from_code: blocks::dense(unfolded, eighth * cells * cells, at),
            up_quarter: blocks::doubling(eighth, quarter, 4, at),
            norm_up_quarter: norm(quarter),
            up_half: blocks::doubling(quarter, half, 4, at),
            norm_up_half: norm(half),
            head: blocks::doubling(half, 3, 4, at),
            channels: eighth,
            cells,
            every: config.every,
            window: config.window,
            clip: config.mechanism.clip,
            sigma: config.mechanism.sigma,
            noise_share: 1.0,
            skip: 1,
        }
    }

    /// Frames that a code is of.
    pub fn window(&self) -> usize {
        self.window
    }

    /// Longest code, on the scale of the noise.
    pub(super) fn clip(&self) -> f64 {
        self.clip
    }

    /// What is kept of each frame until its window is whole: nothing may leave with it.
    ///
    /// # Shapes
    /// - `images`: `[n, 3, side, side]`, sRGB in `[0, 1]`
    /// - returns `[n, f, side / 8, side / 8]`
    ///
    /// # Panics
    /// If the shape is another.
    pub fn features(&self, images: Tensor<4>) -> Tensor<4> {
        let [_, channels, height, width] = images.dims();
        let side = self.cells * MULTIPLE;
        assert!(
            channels == 3 && height == side && width == side,
            "pictures of [n, 3, {side}, {side}] wanted, found [.., {channels}, {height}, {width}]"
        );
        let half = relu(self.stem.forward(images)); // [n, width, side/2, side/2]
        let quarter = relu(self.norm_down_quarter.forward(self.down_quarter.forward(half)));
        let eighth = relu(self.norm_down_eighth.forward(self.down_eighth.forward(quarter)));
        match &self.clip_layers {
            Some(layers) => layers.slim.forward(eighth),
            None => eighth,
        }
    }

    /// Codes of windows, as they are before the mechanism: nothing may leave with them.
    ///
    /// # Shapes
    /// - `features`: `[n * window, f, side / 8, side / 8]` by [`features`](Self::features), window by window, in order of
    ///   time
    /// - returns `[n, d]`
    ///
    /// # Panics
    /// If the windows are not whole.
    pub fn code(&self, features: Tensor<4>) -> Tensor<2> {
        let [total, ..] = features.dims();
        assert!(total.is_multiple_of(self.window), "{total} frames are no windows of {}", self.window);
        let joined = match &self.clip_layers {
            Some(layers) => {
                relu(layers.norm_join.forward(layers.join.forward(over_time(features, self.window))))
            }
            None => features,
        };
        self.to_code.forward(joined.reshape([total / self.window, self.channels * self.cells * self.cells]))
    }

    /// What each number of a code is divided by.
    ///
    /// # Shapes
    /// - returns `[d]`, positive
    pub fn scale(&self) -> Tensor<1> {
        self.log_scale.val().exp()
    }

    /// Pictures drawn from released codes and places in their windows, and from nothing else.
    ///
    /// # Shapes
    /// - `codes`: `[n, d]`, on the scale of the clip
    /// - `phases`: `n` of them, in `[0, 1]`; where a window is one frame they count for nothing
    /// - returns `[n, 3, side, side]`, in `[0, 1]`
    ///
    /// # Panics
    /// If there are not as many phases as codes.
    pub fn picture(&self, codes: Tensor<2>, phases: &[f64]) -> Tensor<4> {
        sigmoid(self.logits(codes, phases))
    }

    /// The same before the sigmoid that makes colours of it.
    pub fn logits(&self, codes: Tensor<2>, phases: &[f64]) -> Tensor<4> {
        let [n, _] = codes.dims();
        assert_eq!(n, phases.len(), "each code has its phase");
        let device = codes.device();
        let codes = codes * self.scale().unsqueeze();
        let codes = match &self.clip_layers {
            Some(layers) => relu(layers.unfold.forward(Tensor::cat(vec![codes, waves(phases, &device)], 1))),
            None => codes,
        };
        let drawn = relu(self.from_code.forward(codes));
        let eighth = drawn.reshape([n, self.channels, self.cells, self.cells]);
        let quarter = relu(self.norm_up_quarter.forward(self.up_quarter.forward(eighth)));
        let half = relu(self.norm_up_half.forward(self.up_half.forward(quarter)));
        self.head.forward(half)
    }

    /// Rewrites clips of `t` frames for training, of which each is [`skip`](Self::with_skip) frames after the one before:
    /// fresh noise on each release from the device's generator. Each frame is shown in its own place, as in a file; a
    /// window that the clip ends in is filled up with its last frame.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, side, side]`, sRGB in `[0, 1]`; the frames of a clip lie one after the other
    /// - returns the same, in `[0, 1]`
    ///
    /// # Panics
    /// If the frames do not make whole clips, or some that are read fall between them.
    pub fn forward(&self, frames: Tensor<4>, t: usize) -> Tensor<4> {
        let total = frames.dims()[0];
        assert!(t > 0 && total.is_multiple_of(t), "{total} frames do not make clips of {t}");
        let n = total / t;
        let device = frames.device();
        let (read, windows) = self.windows(t);
        let read_all =
            if read.len() == t { frames } else { frames.select(0, repeated(n, t, &read, &device)) };
        let features = self.features(read_all);
        let whole = windows.iter().enumerate().all(|(place, frame)| place == *frame);
        let features = if whole && windows.len() == read.len() {
            features
        } else {
            features.select(0, repeated(n, read.len(), &windows, &device))
        };
        let config = MechanismConfig { clip: self.clip, sigma: self.sigma };
        let codes = perturbed(self.code(features), self.scale(), &config, self.noise_share as f32);
        let [_, d] = codes.dims();
        let releases = windows.len() / self.window;
        let shown = self.shares(t, releases, &device).matmul(codes.reshape([n, releases, d])); // [n, t, d]
        let phases: Vec<f64> = (0..total).map(|frame| self.place(frame % t).phase).collect();
        self.picture(shown.reshape([total, d]), &phases)
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

    /// What is shown of the frame at `place` of a training clip.
    fn place(&self, place: usize) -> Place {
        Place::of(place * self.skip, self.every, self.window)
    }

    /// The frames of a training clip of `t` that are read, and for each place of each window which of these is there.
    fn windows(&self, t: usize) -> (Vec<usize>, Vec<usize>) {
        let stride = self.every / self.window;
        assert!(t == 1 || stride.is_multiple_of(self.skip), "frames that are read fall between the frames");
        let read: Vec<usize> = (0..t).filter(|frame| (frame * self.skip).is_multiple_of(stride)).collect();
        let last = read.len() - 1;
        let places = read.len().div_ceil(self.window) * self.window;
        (read, (0..places).map(|place| place.min(last)).collect())
    }

    /// The logarithm of the scale, as it is learnt.
    #[cfg(all(test, feature = "native"))]
    pub(super) fn scale_param(&self) -> Tensor<1> {
        self.log_scale.val()
    }

    /// The steepest slope of the weights of each layer that a test asks for.
    #[cfg(all(test, feature = "native"))]
    pub(super) fn slopes_for_tests(
        &self,
        slopes: &burn::tensor::Gradients,
    ) -> Vec<(&'static str, Option<f32>)> {
        let flat = |tensor: Option<Tensor<4>>| tensor.map(|slope| slope.abs().max().into_scalar::<f32>());
        let mut found = vec![
            ("the first layer", flat(self.stem.weight.val().grad(slopes))),
            ("the last layer", flat(self.head.weight.val().grad(slopes))),
        ];
        if let Some(layers) = &self.clip_layers {
            let unfold = layers.unfold.weight.val().grad(slopes);
            found.extend([
                ("the layer that slims features", flat(layers.slim.weight.val().grad(slopes))),
                ("the layer that joins frames", flat(layers.join.weight.val().grad(slopes))),
                ("the layer of the phase", unfold.map(|slope| slope.abs().max().into_scalar::<f32>())),
            ]);
        }
        found
    }

    /// How much of each release each frame shows.
    ///
    /// # Shapes
    /// - returns `[1, t, releases]`, rows that sum to one
    fn shares(&self, t: usize, releases: usize, device: &Device) -> Tensor<3> {
        let mut shares = vec![0.0_f32; t * releases];
        for frame in 0..t {
            let Place { from, to, share, .. } = self.place(frame);
            shares[frame * releases + to] += share as f32;
            shares[frame * releases + from] += 1.0 - share as f32;
        }
        Tensor::from_data(TensorData::new(shares, [1, t, releases]), device)
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

/// Phases as the decoder sees them: half waves, of which no two phases have the same.
///
/// # Shapes
/// - returns `[phases, WAVES]`, in `[-1, 1]`
fn waves(phases: &[f64], device: &Device) -> Tensor<2> {
    let wave = |phase: f64| (1..=WAVES).map(move |times| libm::cos(PI * times as f64 * phase) as f32);
    let waves: Vec<f32> = phases.iter().copied().flat_map(wave).collect();
    Tensor::from_data(TensorData::new(waves, [phases.len(), WAVES]), device)
}

/// The same places of each of `n` runs of `t`.
fn repeated(n: usize, t: usize, places: &[usize], device: &Device) -> Tensor<1, Int> {
    let numbers: Vec<i64> =
        (0..n).flat_map(|run| places.iter().map(move |place| (run * t + place) as i64)).collect();
    let count = numbers.len();
    Tensor::from_data(TensorData::new(numbers, [count]), device)
}
