//! The anonymizer `f_A` of a run, of any architecture.

use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::config::{Architecture, ModelShape, TrainConfig};
use crate::artifact::{ArtifactError, ArtifactOf, CardOf};
use crate::data::{ClipStore, run_up, still_images};
use crate::model::{Anonymizer, Bdq, Coder, Mover};

/// What rewrites frames: a network that takes each alone, a filter that looks at the frame before, one that draws from the
/// signs of movement, or one that releases noisy codes.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "a run has one of them")]
pub(super) enum Rewriter {
    /// Frame by frame.
    Picture(Anonymizer),
    /// What has changed since the frame before.
    Motion(Bdq),
    /// From the signs of what has changed since a frame before; frames that are handed in lie as far apart as it compares.
    Signs(Mover),
    /// By codes of windows.
    Code(Coder),
}

impl Rewriter {
    /// Fresh weights on `device`, drawn from its generator.
    pub(super) fn fresh(TrainConfig { model: shape, size, game, .. }: &TrainConfig, device: &Device) -> Self {
        match shape.architecture {
            Architecture::UNet => Self::Picture(shape.config().init(device)),
            Architecture::Bdq => Self::Motion(shape.bdq().init(device)),
            Architecture::Motion => Self::Signs(shape.motion().init(device)),
            Architecture::Dp => Self::Code(shape.dp(*size).init(device).with_skip(game.skip)),
        }
    }

    /// Rewrites clips of `t` frames.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, h, w]`, sRGB in `[0, 1]`; the frames of a clip lie one after the other
    /// - returns the same
    pub(super) fn forward(&self, frames: Tensor<4>, t: usize) -> Tensor<4> {
        match self {
            Self::Picture(network) => network.forward(frames),
            Self::Motion(filter) => filter.forward(frames, t),
            Self::Signs(network) => network.forward(frames, (t, 1)),
            Self::Code(network) => network.forward(frames, t),
        }
    }

    /// Of clips of `t` frames the last frame, rewritten.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, h, w]`
    /// - returns `[n, 3, h, w]`
    pub(super) fn last(&self, frames: Tensor<4>, t: usize) -> Tensor<4> {
        match self {
            Self::Code(network) => network.last(frames, t),
            Self::Picture(_) | Self::Motion(_) | Self::Signs(_) => last_of_each(self.forward(frames, t), t),
        }
    }

    /// The same with this share of its noise, in `[0, 1]`, where it has noise.
    pub(super) fn with_noise_share(self, share: f64) -> Self {
        match self {
            Self::Code(network) => Self::Code(network.with_noise_share(share)),
            quiet => quiet,
        }
    }

    /// Some pictures of a store, by their numbers, as they are rewritten off the tape: each at the end of a run of so many
    /// frames, so far apart.
    ///
    /// # Shapes
    /// - returns `[pictures, 3, h, w]`
    pub(super) fn still(
        &self,
        store: &ClipStore,
        pictures: &[usize],
        run @ (t, _): (usize, usize),
        device: &Device,
    ) -> Tensor<4> {
        let numbers: Vec<usize> = pictures.iter().flat_map(|picture| run_up(store, *picture, run)).collect();
        let frames = still_images(store, &numbers, device).inner();
        Tensor::from_inner(self.valid().last(frames, t))
    }

    /// Writes weights and card, and gives the path of the weights. Waits for the device.
    ///
    /// # Errors
    /// [`ArtifactError`] if they cannot be recorded or written.
    pub(super) fn save(
        &self,
        (shape, size): (&ModelShape, usize),
        card: CardOf<()>,
        path: &Path,
        device: &Device,
    ) -> Result<PathBuf, ArtifactError> {
        let (weights, _) = match self {
            Self::Picture(network) => {
                ArtifactOf::of(network, card.with_config(shape.config()), device)?.save(path)?
            }
            Self::Motion(filter) => {
                ArtifactOf::of(filter, card.with_config(shape.bdq()), device)?.save(path)?
            }
            Self::Signs(network) => {
                ArtifactOf::of(network, card.with_config(shape.motion()), device)?.save(path)?
            }
            Self::Code(network) => {
                ArtifactOf::of(network, card.with_config(shape.dp(size)), device)?.save(path)?
            }
        };
        Ok(weights)
    }
}

/// Of runs of `t` frames the last frame.
///
/// # Shapes
/// - `frames`: `[n * t, 3, h, w]`
/// - returns `[n, 3, h, w]`
pub(super) fn last_of_each(frames: Tensor<4>, t: usize) -> Tensor<4> {
    if t == 1 {
        return frames;
    }
    let [total, channels, height, width] = frames.dims();
    let runs: Tensor<5> = frames.reshape([total / t, t, channels, height, width]);
    let last = runs.slice([0..total / t, t - 1..t, 0..channels, 0..height, 0..width]);
    last.reshape([total / t, channels, height, width])
}
