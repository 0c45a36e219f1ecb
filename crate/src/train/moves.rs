//! The moves of the game. What comes back by value changed; what went in by reference did not.

use burn::module::Module as _;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;

use super::config::Game;
use crate::data::{ClipBatch, Pairs};
use crate::model::Anonymizer;
use crate::privacy::{self, Privacy};
use crate::utility::{self, Utility};

/// What a move of the anonymizer cost, term by term. Still on the device.
pub(super) struct AnonymizerTerms {
    /// `L_T`, nats a clip.
    pub utility: Tensor<1>,
    /// `L_B`, nats a row.
    pub privacy: Tensor<1>,
    /// `L_penalty`, on the scale of RMS in `[0, 1]`.
    pub penalty: Tensor<1>,
    /// Mean RMS difference between frames and their anonymized selves, in `[0, 1]`.
    pub distance: Tensor<1>,
    /// `L_A`.
    pub total: Tensor<1>,
}

/// Teaches the anonymizer to copy, by mean absolute difference (the paper's warm-up).
pub(super) fn warm_up(
    anonymizer: Anonymizer,
    optimizer: &mut ModuleOptimizer,
    images: &Tensor<4>,
    rate: f64,
) -> (Anonymizer, Tensor<1>) {
    let loss = (anonymizer.forward(images.clone()) - images.clone()).abs().mean();
    let gradients = GradientsParams::from_grads(loss.backward(), &anonymizer);
    (optimizer.step(rate, anonymizer, gradients), loss.inner())
}

/// Step 1: moves the anonymizer down `L_A = w_T L_T - w_B L_B + lambda L_penalty` (arXiv:2504.14301). Both
/// branches judge and neither learns. The penalty is on the action stream only.
pub(super) fn teach_anonymizer(
    anonymizer: Anonymizer,
    optimizer: &mut ModuleOptimizer,
    branches: (&Utility, &Privacy),
    (clips, pairs): (&ClipBatch, &Pairs),
    game: &Game,
    rate: f64,
) -> (Anonymizer, AnonymizerTerms) {
    let (utility, privacy) = (branches.0.clone().freeze(), branches.1.clone().freeze());
    let anonymized = anonymizer.forward(clips.frames.clone());
    let l_t =
        utility::loss(utility.forward(anonymized.clone(), clips.frames_per_clip), clips.actions.clone());
    let l_b = views_told_apart(&privacy, pairs, game, |views| anonymizer.forward(views));
    let distance = rms(clips.frames.clone(), anonymized);
    let penalty = hinge(distance.clone(), game.budget);
    let won =
        if game.stop_at_chance { l_b.clone().clamp_max(privacy::chance(game.pairs)) } else { l_b.clone() };
    let total =
        l_t.clone() * game.utility_weight - won * game.privacy_weight + penalty.clone() * game.penalty_weight;
    let gradients = GradientsParams::from_grads(total.backward(), &anonymizer);
    let terms = AnonymizerTerms {
        utility: l_t.inner(),
        privacy: l_b.inner(),
        penalty: penalty.inner(),
        distance: distance.mean().inner(),
        total: total.inner(),
    };
    (optimizer.step(rate, anonymizer, gradients), terms)
}

/// Step 2, the utility branch: learns to name the action of clips it sees through the anonymizer, or of raw
/// ones (`None`, pre-training). The tape is cut at [`seen`].
pub(super) fn teach_utility(
    branch: Utility,
    optimizer: &mut ModuleOptimizer,
    anonymizer: Option<&Anonymizer>,
    clips: &ClipBatch,
    rate: f64,
) -> (Utility, Tensor<1>) {
    let scores = branch.forward(seen(anonymizer, clips.frames.clone()), clips.frames_per_clip);
    let loss = utility::loss(scores, clips.actions.clone());
    let gradients = GradientsParams::from_grads(loss.backward(), &branch);
    (optimizer.step(rate, branch, gradients), loss.inner())
}

/// Step 2, the privacy branch: learns to recognise a subject in two views it sees through the anonymizer,
/// or in raw ones (`None`, pre-training). The tape is cut at [`seen`].
pub(super) fn teach_privacy(
    branch: Privacy,
    optimizer: &mut ModuleOptimizer,
    anonymizer: Option<&Anonymizer>,
    pairs: &Pairs,
    (game, rate): (&Game, f64),
) -> (Privacy, Tensor<1>) {
    let loss = views_told_apart(&branch, pairs, game, |views| seen(anonymizer, views));
    let gradients = GradientsParams::from_grads(loss.backward(), &branch);
    (optimizer.step(rate, branch, gradients), loss.inner())
}

/// `L_B` of two views of each picture, looked at through `look`.
fn views_told_apart(
    branch: &Privacy,
    pairs: &Pairs,
    game: &Game,
    look: impl Fn(Tensor<4>) -> Tensor<4>,
) -> Tensor<1> {
    let both = look(Tensor::cat(vec![pairs.left.clone(), pairs.right.clone()], 0)); // [2n, 3, h, w]
    let [left, right] = branch.embed(both).chunk(2, 0).try_into().expect("two halves");
    privacy::nt_xent(left, right, game.temperature)
}

/// Frames as a branch sees them: through the anonymizer, off its tape, so that nothing a branch learns can
/// reach it and its backward pass is not paid for.
///
/// # Shapes
/// - `frames`: `[n, 3, h, w]`
/// - returns `[n, 3, h, w]`
pub(super) fn seen(anonymizer: Option<&Anonymizer>, frames: Tensor<4>) -> Tensor<4> {
    match anonymizer {
        Some(anonymizer) => Tensor::from_inner(anonymizer.valid().forward(frames.inner())),
        None => frames,
    }
}

/// Root mean square difference of each frame from its anonymized self.
///
/// # Shapes
/// - `raw`, `anonymized`: `[n, 3, h, w]`
/// - returns `[n, 1]`, in `[0, 1]`; its gradient is finite at 0
fn rms(raw: Tensor<4>, anonymized: Tensor<4>) -> Tensor<2> {
    let [n, c, h, w] = raw.dims();
    ((raw - anonymized).square().reshape([n, c * h * w]).mean_dim(1) + 1e-12).sqrt()
}

/// `L_penalty`: what the frames differ by beyond the budget, each on its own, then the mean: one bad frame
/// cannot hide among good ones.
fn hinge(distance: Tensor<2>, budget: f32) -> Tensor<1> {
    (distance - budget).clamp_min(0.0).mean()
}

#[cfg(test)]
mod tests;
