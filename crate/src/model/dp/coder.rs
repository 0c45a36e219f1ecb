//! The network: an encoder, clip and noise, and a decoder.

use burn::module::{Module, Param};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::super::blocks::Start;
use super::decoder::Decoder;
use super::encoder::Encoder;
use super::{DpConfig, Place, Shape as _};
use crate::dp::mechanism::MechanismConfig;
use crate::dp::trainable::perturbed;

/// The least spread over clips by which whitening divides a number of codes.
const LEAST_SPREAD: f32 = 1e-6;

/// Encoder and decoder, with nothing between them but a code. See [`DpConfig`].
#[derive(Module, Debug)]
pub struct Coder {
    encoder: Encoder,
    /// Natural logarithm of what each number of a code is divided by, `[d]`.
    log_scale: Param<Tensor<1>>,
    decoder: Decoder,
    every: usize,
    window: usize,
    clip: f64,
    sigma: f64,
    levels: Option<usize>,
    noise_share: f64,
    skip: usize,
}

impl Coder {
    /// Layers for `config`.
    ///
    /// # Panics
    /// If [`validate`](super::Shape::validate) refuses the configuration.
    pub(super) fn new(config: &DpConfig, at: (Start, &Device)) -> Self {
        config.validate().expect("the configuration was validated");
        Self {
            encoder: Encoder::new(config, at),
            log_scale: Param::from_tensor(Tensor::zeros([config.code], at.1)),
            decoder: Decoder::new(config, at),
            every: config.every,
            window: config.window,
            clip: config.mechanism.clip,
            sigma: config.mechanism.sigma,
            levels: config.mechanism.levels,
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
    /// - returns `[n, f, side / 8, side / 8]`, or greys of `[n, 1, grid, grid]` where the code is of signs
    ///
    /// # Panics
    /// If the shape is another.
    pub fn features(&self, images: Tensor<4>) -> Tensor<4> {
        self.encoder.features(images)
    }

    /// Codes of windows, as they are before the mechanism: nothing may leave with them.
    ///
    /// # Shapes
    /// - `features`: of `n * window` frames by [`features`](Self::features), window by window, in order of time
    /// - returns `[n, d]`
    ///
    /// # Panics
    /// If the windows are not whole.
    pub fn code(&self, features: Tensor<4>) -> Tensor<2> {
        self.encoder.code(features)
    }

    /// What each number of a code is divided by.
    ///
    /// # Shapes
    /// - returns `[d]`, positive
    pub fn scale(&self) -> Tensor<1> {
        self.log_scale.val().exp()
    }

    /// The same network, whose codes of these clips, before they are cut, have a mean of zero and a length of the clip on
    /// the average, each number the same share of it: codes that have hardly begun to differ drown in their noise, and
    /// teach nobody anything. A number that is the same for all of them keeps its scale. For the start of training.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, side, side]`, as [`forward`](Self::forward) takes them
    ///
    /// # Panics
    /// As `forward`.
    #[must_use]
    pub fn whitened(self, frames: Tensor<4>, t: usize) -> Self {
        let codes = self.codes(frames, t).detach();
        let middle = codes.clone().mean_dim(0); // [1, d]
        let spread = (codes - middle.clone()).square().mean_dim(0).sqrt();
        let [_, d] = spread.dims();
        let scale = spread.clone() * ((d as f64).sqrt() / self.clip);
        let scale = scale.mask_where(spread.lower_elem(LEAST_SPREAD), self.scale().unsqueeze()).reshape([d]);
        Self {
            encoder: self.encoder.centred(middle.reshape([d])),
            log_scale: self.log_scale.map(|_| super::leaf(scale.log())),
            ..self
        }
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
        self.decoder.logits(codes, phases)
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
        let shown = self.shown(frames, t);
        let [n, _, d] = shown.dims();
        let phases: Vec<f64> = (0..n * t).map(|frame| self.place(frame % t).phase).collect();
        self.picture(shown.reshape([n * t, d]), &phases)
    }

    /// Of each clip the last frame, as [`forward`](Self::forward) draws it; no other is drawn.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, side, side]`
    /// - returns `[n, 3, side, side]`
    ///
    /// # Panics
    /// As `forward`.
    pub fn last(&self, frames: Tensor<4>, t: usize) -> Tensor<4> {
        let shown = self.shown(frames, t);
        let [n, _, d] = shown.dims();
        self.picture(shown.narrow(1, t - 1, 1).reshape([n, d]), &vec![self.place(t - 1).phase; n])
    }

    /// The code that each frame shows, through clip and noise.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, side, side]`
    /// - returns `[n, t, d]`
    ///
    /// # Panics
    /// As `forward`.
    pub fn shown(&self, frames: Tensor<4>, t: usize) -> Tensor<3> {
        let (n, device) = (frames.dims()[0] / t, frames.device());
        let config = MechanismConfig { clip: self.clip, sigma: self.sigma, levels: self.levels };
        let codes = perturbed(self.codes(frames, t), self.scale(), &config, self.noise_share as f32);
        let [total, d] = codes.dims();
        self.shares(t, total / n, &device).matmul(codes.reshape([n, total / n, d]))
    }

    /// The codes of clips, release by release, before the mechanism.
    ///
    /// # Shapes
    /// - returns `[n * releases, d]`
    fn codes(&self, frames: Tensor<4>, t: usize) -> Tensor<2> {
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
        self.code(features)
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
        let mut found = self.encoder.slopes_for_tests(slopes);
        found.extend(self.decoder.slopes_for_tests(slopes));
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

/// The same places of each of `n` runs of `t`.
fn repeated(n: usize, t: usize, places: &[usize], device: &Device) -> Tensor<1, Int> {
    let numbers: Vec<i64> =
        (0..n).flat_map(|run| places.iter().map(move |place| (run * t + place) as i64)).collect();
    let count = numbers.len();
    Tensor::from_data(TensorData::new(numbers, [count]), device)
}
