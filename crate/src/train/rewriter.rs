//! The anonymizer `f_A` of a run, of any architecture.

use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::module::adaptive_avg_pool2d;
use burn::tensor::{Device, Tensor};

use super::config::{Architecture, ModelShape, Sees, TrainConfig};
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
    Signs(Watched),
    /// By codes of windows.
    Code(Coded),
}

/// A network that draws from the signs of movement, and how much of a clip its opponents watch at once.
#[derive(Module, Debug)]
pub(super) struct Watched {
    network: Mover,
    frames: usize,
}

/// A network of noisy codes, and who names actions by them before they make a picture: codes that see no pictures have none
/// to copy.
#[derive(Module, Debug)]
pub(super) struct Coded {
    network: Coder,
    reader: Option<Linear>,
}

/// Frames that one picture can show side by side: four quarters of three colours.
pub(super) const MOST_SEEN: usize = 12;

impl Rewriter {
    /// Fresh weights on `device`, drawn from its generator.
    pub(super) fn fresh(config: &TrainConfig, actions: usize, device: &Device) -> Self {
        let TrainConfig { model: shape, size, game, adversary, .. } = config;
        match shape.architecture {
            Architecture::UNet => Self::Picture(shape.config().init(device)),
            Architecture::Bdq => Self::Motion(shape.bdq().init(device)),
            Architecture::Motion => {
                Self::Signs(Watched { network: shape.motion().init(device), frames: adversary.frames })
            }
            Architecture::Dp => Self::Code(Coded {
                network: shape.dp(*size).init(device).with_skip(game.skip),
                reader: (shape.sees == Sees::Signs)
                    .then(|| LinearConfig::new(shape.code, actions).init(device)),
            }),
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
            Self::Signs(Watched { network, .. }) => network.forward(frames, (t, 1)),
            Self::Code(Coded { network, .. }) => network.forward(frames, t),
        }
    }

    /// Of clips of `t` frames the last frame, rewritten.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, h, w]`
    /// - returns `[n, 3, h, w]`
    pub(super) fn last(&self, frames: Tensor<4>, t: usize) -> Tensor<4> {
        match self {
            Self::Code(Coded { network, .. }) => network.last(frames, t),
            Self::Picture(_) | Self::Motion(_) | Self::Signs(_) => last_of_each(self.forward(frames, t), t),
        }
    }

    /// Of clips of `t` frames what a privacy branch is shown: the last frame, or as many as it sees at once, side by side.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, h, w]`
    /// - returns `[n, 3, h, w]`
    pub(super) fn told(&self, frames: Tensor<4>, t: usize) -> Tensor<4> {
        match self {
            Self::Signs(Watched { network, frames: seen }) if *seen > 1 => {
                side_by_side(network.forward(frames, (t, 1)), t, *seen)
            }
            _ => self.last(frames, t),
        }
    }

    /// What is released of clips of `t` frames, the mean over the frames that show it, where actions are read from that.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, h, w]`
    /// - returns `[n, d]`
    pub(super) fn released(&self, frames: Tensor<4>, t: usize) -> Option<Tensor<2>> {
        let Self::Code(Coded { network, reader: Some(_) }) = self else { return None };
        Some(network.shown(frames, t).mean_dim(1).squeeze_dim(1))
    }

    /// Scores of each action by what is [`released`](Self::released), where somebody reads that.
    ///
    /// # Shapes
    /// - `released`: `[n, d]`
    /// - returns `[n, actions]`
    pub(super) fn read(&self, released: Tensor<2>) -> Option<Tensor<2>> {
        let Self::Code(Coded { reader: Some(reader), .. }) = self else { return None };
        Some(reader.forward(released))
    }

    /// The same, with the codes of these clips whitened, where it has codes.
    pub(super) fn whitened(self, frames: Tensor<4>, t: usize) -> Self {
        match self {
            Self::Code(Coded { network, reader }) => {
                Self::Code(Coded { network: network.whitened(frames, t), reader })
            }
            codeless => codeless,
        }
    }

    /// The same with this share of its noise, in `[0, 1]`, where it has noise.
    pub(super) fn with_noise_share(self, share: f64) -> Self {
        match self {
            Self::Code(Coded { network, reader }) => {
                Self::Code(Coded { network: network.with_noise_share(share), reader })
            }
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
            Self::Signs(Watched { network, .. }) => {
                ArtifactOf::of(network, card.with_config(shape.motion()), device)?.save(path)?
            }
            Self::Code(Coded { network, .. }) => {
                ArtifactOf::of(network, card.with_config(shape.dp(size)), device)?.save(path)?
            }
        };
        Ok(weights)
    }
}

/// Of runs of `t` grey frames the last `seen` in one picture: half as large, in its colours and then in its quarters.
///
/// # Shapes
/// - `frames`: `[n * t, 3, h, w]`, three equal channels
/// - returns `[n, 3, h, w]`; black where there is no frame
fn side_by_side(frames: Tensor<4>, t: usize, seen: usize) -> Tensor<4> {
    let [total, _, height, width] = frames.dims();
    let (n, [h, w]) = (total / t, [height / 2, width / 2]);
    let grey = frames.slice([0..total, 0..1, 0..height, 0..width]);
    let small = adaptive_avg_pool2d(grey, [h, w]).reshape([n, t, h, w]);
    let last = small.slice([0..n, t - seen..t, 0..h, 0..w]);
    let none = Tensor::zeros([n, MOST_SEEN - seen, h, w], &last.device());
    let quarters: Tensor<6> = Tensor::cat(vec![last, none], 1).reshape([n, 2, 2, 3, h, w]);
    quarters.permute([0, 3, 1, 4, 2, 5]).reshape([n, 3, 2 * h, 2 * w])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_side_by_side_are_those_that_were_shown_last_each_in_a_place_of_its_own() {
        let (device, t, seen) = (Device::flex(), 6, 5);
        let shade = |clip: usize, frame: usize| 0.1 * clip as f32 + 0.01 * frame as f32;
        let frames = (0..2).flat_map(|clip| (0..t).map(move |frame| shade(clip, frame)));
        let frames = frames.map(|shade| Tensor::<4>::full([1, 3, 8, 8], shade, &device)).collect();
        let shown = side_by_side(Tensor::cat(frames, 0), t, seen);
        assert_eq!(shown.dims(), [2, 3, 8, 8], "the size of a picture");
        let values: Vec<f32> = shown.into_data().try_to_vec().expect("f32 values");
        for clip in 0..2 {
            for place in 0..MOST_SEEN {
                let (quarter, channel) = (place / 3, place % 3);
                let (y, x) = (4 * (quarter / 2) + 1, 4 * (quarter % 2) + 2);
                let found = values[((3 * clip + channel) * 8 + y) * 8 + x];
                let wanted = if place < seen { shade(clip, place + t - seen) } else { 0.0 };
                assert!((found - wanted).abs() < 1e-6, "clip {clip}, place {place}: {found} for {wanted}");
            }
        }
    }
}
