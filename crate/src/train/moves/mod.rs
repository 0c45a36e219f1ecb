//! The moves of the game. What comes back by value changed; what went in by reference did not.

mod anonymizer;
mod pictures;
mod spread;

use burn::module::Module as _;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

pub(super) use anonymizer::teach_anonymizer;
pub(super) use pictures::{HeadLabels, Leak, Pictures, kin_of};

use super::checkpoint::Player;
use super::config::Adversary;
use super::rewriter::{Rewriter, last_of_each};
use crate::data::ClipBatch;
use crate::privacy::Privacy;
use crate::utility::{self, Utility};

/// Teaches the anonymizer to copy clips of `t` frames, by mean absolute difference (the paper's warm-up).
///
/// # Shapes
/// - `frames`: `[n * t, 3, h, w]`
pub(super) fn warm_up(
    player: Player<Rewriter>,
    (frames, t): (&Tensor<4>, usize),
    rate: f64,
) -> (Player<Rewriter>, Tensor<1>) {
    let loss = (player.module.forward(frames.clone(), t) - frames.clone()).abs().mean();
    let gradients = GradientsParams::from_grads(loss.backward(), &player.module);
    (player.step(rate, gradients), loss.inner())
}

/// What codes cost that see no pictures, while they learn to tell actions.
pub(super) struct CodeTerms {
    /// Cross-entropy of the action by the codes alone, nats a clip.
    pub told: f32,
    /// `L_S`, where it counts and two clips of the batch are of one action.
    pub spread: Option<f32>,
}

/// Teaches an anonymizer whose codes see no pictures to tell actions by them, by cross-entropy and `spread_weight` of `L_S`;
/// `None` for one that can copy. Waits for the device.
pub(super) fn warm_up_codes(
    player: Player<Rewriter>,
    clips: &ClipBatch,
    (rate, spread_weight): (f64, f32),
) -> (Player<Rewriter>, Option<CodeTerms>) {
    let released = player.module.released(clips.frames.clone(), clips.frames_per_clip);
    let scores = released.clone().and_then(|released| player.module.read(released));
    let (Some(released), Some(scores)) = (released, scores) else { return (player, None) };
    let told = utility::loss(scores, clips.actions.clone());
    let spread = (spread_weight > 0.0).then(|| spread::within_actions(released, &clips.actions)).flatten();
    let terms = CodeTerms {
        told: told.clone().into_scalar(),
        spread: spread.clone().map(|spread| spread.into_scalar()),
    };
    let loss = spread.map_or(told.clone(), |spread| told + spread * spread_weight);
    let gradients = GradientsParams::from_grads(loss.backward(), &player.module);
    (player.step(rate, gradients), Some(terms))
}

/// Step 2, the utility branch: learns to name the action of clips it sees through the anonymizer, or of raw
/// ones (`None`, pre-training). The tape is cut at [`seen`].
pub(super) fn teach_utility(
    player: Player<Utility>,
    anonymizer: Option<&Rewriter>,
    clips: &ClipBatch,
    rate: f64,
) -> (Player<Utility>, Tensor<1>) {
    let scores = player
        .module
        .forward(seen(anonymizer, clips.frames.clone(), clips.frames_per_clip), clips.frames_per_clip);
    let loss = utility::loss(scores, clips.actions.clone());
    let gradients = GradientsParams::from_grads(loss.backward(), &player.module);
    (player.step(rate, gradients), loss.inner())
}

/// Step 2, a privacy branch: learns to recognise a subject in two views it sees through the anonymizer, or in
/// raw ones (`None`, pre-training), and to name what its heads are for. The tape is cut as at [`seen`].
pub(super) fn teach_privacy(
    player: Player<Privacy>,
    anonymizer: Option<&Rewriter>,
    pictures: &Pictures,
    (adversary, rate): (&Adversary, f64),
) -> (Player<Privacy>, Leak) {
    let leak = pictures.leak(
        &player.module,
        match anonymizer {
            Some(anonymizer) => {
                Tensor::from_inner(anonymizer.valid().told(pictures.both().inner(), pictures.run))
            }
            None => last_of_each(pictures.both(), pictures.run),
        },
        adversary,
    );
    let gradients = GradientsParams::from_grads(leak.learnt(adversary).backward(), &player.module);
    (player.step(rate, gradients), leak)
}

/// Clips of `t` frames as a branch sees them: through the anonymizer, off its tape, so that nothing a branch learns can
/// reach it and its backward pass is not paid for.
///
/// # Shapes
/// - `frames`: `[n * t, 3, h, w]`
/// - returns `[n * t, 3, h, w]`
pub(super) fn seen(anonymizer: Option<&Rewriter>, frames: Tensor<4>, t: usize) -> Tensor<4> {
    match anonymizer {
        Some(anonymizer) => Tensor::from_inner(anonymizer.valid().forward(frames.inner(), t)),
        None => frames,
    }
}

#[cfg(test)]
mod tests;
