//! A network that learns to undo a transform, from pairs of pictures before and after it.

use burn::module::{Module, ModuleMapper, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
use burn::nn::{GroupNorm, GroupNormConfig, PaddingConfig2d};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;

use crate::attack::drawn;
use crate::data::{ClipStore, still_images};

/// Pictures of a step.
const BATCH: usize = 16;
/// Rate of the first step; it falls to nothing in a straight line.
const RATE: f64 = 3e-3;
/// Channels at half and at a quarter of the resolution.
const WIDTH: [usize; 2] = [16, 32];
/// The most pictures looked at in one go.
const AT_ONCE: usize = 64;

/// Undoes a transform: what it is shown, the mean change, and what three stages see in it.
#[derive(Module, Debug)]
pub(super) struct Inverse {
    down: Vec<Conv2d>,
    norms: Vec<GroupNorm>,
    up: Vec<ConvTranspose2d>,
    head: Conv2d,
    /// The mean picture before the transform less the mean picture after it, `[1, 3, h, w]`.
    change: Param<Tensor<4>>,
}

impl Inverse {
    fn new(change: Tensor<4>, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let [half, quarter] = WIDTH;
        let padding = || PaddingConfig2d::Explicit(1, 1, 1, 1);
        let convolution = |from, to, stride: usize| {
            Conv2dConfig::new([from, to], [3; 2])
                .with_stride([stride; 2])
                .with_padding(padding())
                .init(device)
        };
        let grown =
            |from, to| ConvTranspose2dConfig::new([from, to], [2; 2]).with_stride([2; 2]).init(device);
        let empty = Self {
            down: vec![
                convolution(3, half, 2),
                convolution(half, quarter, 2),
                convolution(quarter, quarter, 1),
            ],
            norms: [half, quarter, quarter].map(|width| GroupNormConfig::new(4, width).init(device)).to_vec(),
            up: vec![grown(quarter, half), grown(half, half)],
            head: convolution(half, 3, 1),
            change: Param::from_tensor(Tensor::zeros([1; 4], device)),
        };
        let drawn = drawn(empty, rng);
        // It begins as the identity, so that nothing has to be learnt where nothing was done.
        let head = drawn.head.clone().map(&mut Silence);
        Self { head, change: Param::from_tensor(change), ..drawn }
    }

    /// What the pictures may have been before.
    ///
    /// # Shapes
    /// - `pictures`: `[n, 3, h, w]`, sRGB in `[0, 1]`; `h` and `w` multiples of 4
    /// - returns the same, not bounded
    fn forward(&self, pictures: Tensor<4>) -> Tensor<4> {
        let seen = |nth: usize, x: Tensor<4>| relu(self.norms[nth].forward(self.down[nth].forward(x)));
        let half = seen(0, pictures.clone());
        let quarter = seen(2, seen(1, half.clone()));
        let grown = relu(self.up[0].forward(quarter) + half);
        pictures + self.change.val() + self.head.forward(relu(self.up[1].forward(grown)))
    }

    /// Learns from the pictures with these numbers, as they are in `raw` and in `shown`.
    pub(super) fn learn(
        (raw, shown): (&ClipStore, &ClipStore),
        numbers: &[usize],
        steps: usize,
        rng: &mut ChaCha8Rng,
    ) -> Self {
        let device = Device::flex();
        let learning = device.clone().autodiff();
        let change = mean_picture(raw, numbers) - mean_picture(shown, numbers);
        let mut network = Self::new(Tensor::from_inner(change), rng, &learning);
        let mut optimizer = AdamWConfig::new().with_epsilon(1e-8).init();
        for step in 0..steps {
            let batch: Vec<usize> = (0..BATCH).map(|_| numbers[rng.random_range(0..numbers.len())]).collect();
            let [wanted, given] =
                [raw, shown].map(|store| Tensor::from_inner(still_images(store, &batch, &device)));
            let loss = (network.forward(given) - wanted).square().mean();
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            network = optimizer.step(RATE * (1.0 - step as f64 / steps as f64), network, gradients);
        }
        network.valid()
    }

    /// The clip at `place` as it may have been: bytes as in [`ClipStore::clip_bytes`].
    pub(super) fn undone(&self, shown: &ClipStore, place: usize) -> Vec<u8> {
        let info = &shown.clips()[place];
        let numbers: Vec<usize> = (info.first..info.first + info.frames).collect();
        let of_some = |some: &[usize]| bytes(self.forward(still_images(shown, some, &Device::flex())));
        numbers.chunks(AT_ONCE).flat_map(of_some).collect()
    }
}

/// The mean of some pictures.
///
/// # Shapes
/// - returns `[1, 3, h, w]`
fn mean_picture(store: &ClipStore, numbers: &[usize]) -> Tensor<4> {
    let sums = numbers
        .chunks(AT_ONCE)
        .map(|some| still_images(store, some, &Device::flex()).sum_dim(0))
        .collect::<Vec<_>>();
    Tensor::cat(sums, 0).sum_dim(0) / numbers.len().max(1) as f32
}

/// The mean of some pictures as bytes: the best that can be said without seeing anything.
pub(super) fn mean_bytes(store: &ClipStore, numbers: &[usize]) -> Vec<u8> {
    bytes(mean_picture(store, numbers))
}

/// # Shapes
/// - `pictures`: `[n, 3, h, w]`
/// - returns `n * h * w * 3` bytes
fn bytes(pictures: Tensor<4>) -> Vec<u8> {
    let values: Vec<f32> = (pictures.clamp(0.0, 1.0) * 255.0)
        .round()
        .permute([0, 2, 3, 1])
        .into_data()
        .convert::<f32>()
        .try_into_vec()
        .expect("values were converted to f32");
    values.into_iter().map(|value| value as u8).collect()
}

/// Sets everything to nothing.
struct Silence;

impl ModuleMapper for Silence {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        Param::from_tensor(param.val().zeros_like().detach().require_grad())
    }
}
