//! The anonymizer `f_A` of a run, of either architecture.

use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::config::{Architecture, ModelShape};
use crate::artifact::{ArtifactError, ArtifactOf, CardOf};
use crate::data::{ClipStore, neighbours, still_images};
use crate::model::{Anonymizer, Bdq};

/// What rewrites frames: a network that takes each alone, or a filter that looks at the frame before.
#[derive(Module, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a run holds a handful, and each network is on the heap for the most part"
)]
pub(super) enum Rewriter {
    /// Frame by frame.
    Picture(Anonymizer),
    /// What has changed since the frame before.
    Motion(Bdq),
}

impl Rewriter {
    /// Fresh weights on `device`, drawn from its generator.
    pub(super) fn fresh(shape: &ModelShape, device: &Device) -> Self {
        match shape.architecture {
            Architecture::UNet => Self::Picture(shape.config().init(device)),
            Architecture::Bdq => Self::Motion(shape.bdq().init(device)),
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
        }
    }

    /// Some pictures of a store, by their numbers, as they are rewritten off the tape.
    ///
    /// # Shapes
    /// - returns `[pictures, 3, h, w]`
    pub(super) fn still(&self, store: &ClipStore, pictures: &[usize], device: &Device) -> Tensor<4> {
        let run = |picture: &usize| match self {
            Self::Picture(_) => vec![*picture],
            Self::Motion(_) => neighbours(store, *picture).to_vec(),
        };
        let numbers: Vec<usize> = pictures.iter().flat_map(run).collect();
        let t = numbers.len() / pictures.len().max(1);
        let frames = still_images(store, &numbers, device).inner();
        Tensor::from_inner(last_of_each(self.valid().forward(frames, t), t))
    }

    /// Writes weights and card, and gives the path of the weights. Waits for the device.
    ///
    /// # Errors
    /// [`ArtifactError`] if they cannot be recorded or written.
    pub(super) fn save(
        &self,
        shape: &ModelShape,
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
