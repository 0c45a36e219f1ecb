//! Step 1: the anonymizer's move. Each term of `L_A` but `L_S` pulls at the anonymized pictures, where the pulls can be
//! compared and balanced; their sum then goes back through the anonymizer. `L_S` pulls at the codes and keeps its weight.

use burn::module::Module as _;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::Tensor;

use super::super::balance::{self, GradNorm};
use super::super::checkpoint::Player;
use super::super::config::{BalanceKind, PenaltyKind, TrainConfig};
use super::super::gradients;
use super::super::log::Pulls;
use super::super::penalty::{self, PenaltyState};
use super::super::rewriter::Rewriter;
use super::pictures::Pictures;
use super::spread::within_actions;
use crate::data::ClipBatch;
use crate::privacy::Privacy;
use crate::utility::{self, Utility};

/// What a move of the anonymizer cost, term by term; over the batches of the move, their mean.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct AnonymizerTerms {
    /// `L_T`, nats a clip.
    pub utility: f32,
    /// NT-Xent, nats a row, the mean over the branches.
    pub privacy: f32,
    /// Cross-entropy of the supervised heads as a share of chance, the mean over the branches.
    pub heads: Option<f32>,
    /// `L_penalty`.
    pub penalty: f32,
    /// Mean distance of frames from their anonymized selves, as the penalty measures it.
    pub distance: f32,
    /// Flicker that the raw clips do not have.
    pub flicker: Option<f32>,
    /// `L_S`, where it counts; the mean over the batches in which two clips are of one action, as there are in all that hold
    /// more clips than there are actions.
    pub spread: Option<f32>,
    /// `L_A`.
    pub total: f32,
    /// How hard each weighted term pulled, before balancing.
    pub pulls: Pulls,
}

/// A term of `L_A`: what it is, and its gradient at the anonymized pictures.
struct Pull {
    value: f32,
    /// `[n, 3, h, w]`, off the tape.
    gradient: Tensor<4>,
}

impl Pull {
    /// Of `loss` at `pictures`, which stay on their own tape. Waits for the device.
    fn of(pictures: &Tensor<4>, loss: impl FnOnce(Tensor<4>) -> Tensor<1>) -> Self {
        let leaf = Tensor::from_inner(pictures.clone().inner()).require_grad();
        let loss = loss(leaf.clone());
        let gradient = leaf.grad(&loss.backward());
        let gradient = gradient.unwrap_or_else(|| pictures.clone().inner().zeros_like());
        Self { value: loss.inner().into_scalar(), gradient }
    }

    /// RMS of the gradient, an element. Waits for the device.
    fn strength(&self) -> f32 {
        self.gradient.clone().square().mean().sqrt().into_scalar()
    }
}

/// Who judges the anonymizer's move; none of them learns from it.
struct Judges {
    utility: Utility,
    privacy: Vec<Privacy>,
}

/// One batch of the move: its pictures behind the anonymizer, on the tape, and what pulls at them.
struct Batch<'a> {
    clips: &'a ClipBatch,
    anonymized: Tensor<4>,
    views: Tensor<4>,
    utility: Pull,
    privacy: Pull,
    penalty: Pull,
    flicker: Option<Pull>,
    /// Weighted `L_S`, on the tape: it pulls at the codes, not at the pictures.
    spread: Option<Tensor<1>>,
    /// What the privacy branches still tell: chance less `L_B`. Falls as the anonymizer learns.
    leaking: f32,
    terms: AnonymizerTerms,
}

/// Step 1: moves the anonymizer down `L_A = w_T L_T - w_B L_B + lambda L_penalty` (arXiv:2504.14301), `w_F L_F` and `w_S L_S`
/// added, with gradients of one or more batches. Both branches judge and neither learns. The penalty is on the action stream
/// only. What the penalty and the balance learn goes into `state`. Waits for the device.
pub(in super::super) fn teach_anonymizer(
    player: Player<Rewriter>,
    (utility, privacy): (&Utility, &[&Privacy]),
    batches: &[(ClipBatch, Pictures)],
    config: &TrainConfig,
    state: &mut (PenaltyState, Option<GradNorm>),
    rate: f64,
) -> (Player<Rewriter>, AnonymizerTerms) {
    let judges = Judges {
        utility: gradients::frozen(utility),
        privacy: privacy.iter().map(|branch| gradients::frozen(*branch)).collect(),
    };
    let mut sum = GradientsAccumulator::new();
    let mut terms = vec![];
    for (clips, pictures) in batches {
        let batch = Batch::pulled(&player.module, &judges, (clips, pictures), config, &mut state.0);
        let shares = balanced(&batch, config, state);
        terms.push(batch.terms);
        sum.accumulate(&player.module, batch.gradient(&player.module, shares, config));
    }
    let terms = mean(&terms);
    let average = gradients::scale(&player.module, &sum.grads(), 1.0 / batches.len() as f32);
    let gradient = gradients::clip(&player.module, average, config.rates.clip_norm);
    state.0.ascend(&config.penalty, terms.distance);
    (player.step(rate, gradient), terms)
}

impl<'a> Batch<'a> {
    fn pulled(
        anonymizer: &Rewriter,
        judges: &Judges,
        (clips, pictures): (&'a ClipBatch, &Pictures),
        config: &TrainConfig,
        state: &mut PenaltyState,
    ) -> Self {
        let game = &config.game;
        let anonymized = anonymizer.forward(clips.frames.clone(), clips.frames_per_clip);
        let views = anonymizer.told(pictures.both(), pictures.run);
        let utility = utility_pull(&judges.utility, clips, &anonymized, config, state);
        let (privacy, contrast, heads) = privacy_pull(&judges.privacy, pictures, &views, config);
        let (penalty, distance) = penalty_pull(&judges.utility, clips, &anonymized, config, state);
        let flicker = (game.flicker_weight > 0.0)
            .then(|| Pull::of(&anonymized, |leaf| flicker(&clips.frames, leaf, clips.frames_per_clip)));
        let spread = spread_of(anonymizer, clips, game.spread_weight);
        let mut terms = AnonymizerTerms {
            utility: utility.value,
            privacy: contrast,
            heads,
            penalty: penalty.value,
            distance,
            flicker: flicker.as_ref().map(|pull| pull.value),
            spread: spread.clone().map(|spread| spread.into_scalar()),
            total: game.utility_weight * utility.value - game.privacy_weight * privacy.value
                + state.weight * penalty.value,
            pulls: Pulls {
                utility: game.utility_weight * utility.strength(),
                privacy: game.privacy_weight * privacy.strength(),
                penalty: state.weight * penalty.strength(),
            },
        };
        let leaking = (pictures.ceiling(&config.adversary) - privacy.value).max(1e-3);
        terms.total += game.flicker_weight * terms.flicker.unwrap_or(0.0);
        terms.total += game.spread_weight * terms.spread.unwrap_or(0.0);
        let weigh = |pull: Pull, weight: f32| Pull { gradient: pull.gradient * weight, ..pull };
        Self {
            clips,
            anonymized,
            views,
            utility: weigh(utility, game.utility_weight),
            privacy: weigh(privacy, -game.privacy_weight),
            penalty: weigh(penalty, state.weight),
            flicker: flicker.map(|pull| weigh(pull, game.flicker_weight)),
            spread: spread.map(|spread| spread * game.spread_weight),
            leaking,
            terms,
        }
    }

    /// The gradient of `L_A` in the anonymizer's weights, its terms multiplied by `shares`.
    fn gradient(
        self,
        anonymizer: &Rewriter,
        [utility, privacy, penalty]: balance::Three,
        config: &TrainConfig,
    ) -> GradientsParams {
        let held = self.penalty.gradient * penalty;
        let mut at_clips = self.utility.gradient * utility + held.clone();
        if let Some(flicker) = self.flicker {
            at_clips = at_clips + flicker.gradient;
        }
        let at_views = self.privacy.gradient * privacy;
        let through = |pictures: Tensor<4>, pull: Tensor<4>| pictures * Tensor::from_inner(pull);
        let active = self.terms.penalty > 0.0;
        if config.balance.kind != BalanceKind::Pcgrad || !active {
            let both = through(self.anonymized, at_clips).sum() + through(self.views, at_views).sum();
            let all = self.spread.map_or(both.clone(), |spread| both + spread);
            return GradientsParams::from_grads(all.backward(), anonymizer);
        }
        debug_assert!(self.spread.is_none(), "codes refuse this balance: noise would be drawn anew below");
        let back = |pictures: Tensor<4>, pull: Tensor<4>| {
            GradientsParams::from_grads(through(pictures, pull).sum().backward(), anonymizer)
        };
        let of_penalty =
            back(anonymizer.forward(self.clips.frames.clone(), self.clips.frames_per_clip), held);
        let of_clips = back(self.anonymized, at_clips);
        let of_privacy = balance::yield_to_penalty(anonymizer, back(self.views, at_views), &of_penalty);
        gradients::sum(anonymizer, (&of_clips, 1.0), (&of_privacy, 1.0))
    }
}

/// `L_S` of what the clips of a batch release, on the tape, where it counts: noise, where there is any, is drawn for it anew
/// and is part of it. Waits for the device.
fn spread_of(anonymizer: &Rewriter, clips: &ClipBatch, weight: f32) -> Option<Tensor<1>> {
    let released =
        (weight > 0.0).then(|| anonymizer.released(clips.frames.clone(), clips.frames_per_clip)).flatten()?;
    within_actions(released, &clips.actions)
}

/// What each term is multiplied by: utility, privacy, penalty.
fn balanced(
    batch: &Batch<'_>,
    config: &TrainConfig,
    (held, learnt): &mut (PenaltyState, Option<GradNorm>),
) -> balance::Three {
    let pulls = batch.terms.pulls;
    match config.balance.kind {
        BalanceKind::Plain | BalanceKind::Pcgrad => [1.0; 3],
        BalanceKind::Ratio => {
            // Against the pull without lambda, so that lambda still counts.
            let penalty = if held.weight > 0.0 { pulls.penalty / held.weight } else { 0.0 };
            [1.0, 1.0, balance::ratio(pulls.utility, penalty, &config.balance)]
        }
        BalanceKind::GradNorm => {
            let state = learnt.get_or_insert_with(GradNorm::new);
            let losses = [batch.terms.utility, batch.leaking, batch.terms.penalty];
            state.step(losses, [pulls.utility, pulls.privacy, pulls.penalty], &config.balance);
            state.weights
        }
    }
}

/// `L_T` at the anonymized clips; for weighted features also what each channel counts for the decision.
fn utility_pull(
    branch: &Utility,
    clips: &ClipBatch,
    anonymized: &Tensor<4>,
    config: &TrainConfig,
    state: &mut PenaltyState,
) -> Pull {
    let t = clips.frames_per_clip;
    if !config.penalty.weighs_channels() {
        return Pull::of(anonymized, |leaf| utility::loss(branch.forward(leaf, t), clips.actions.clone()));
    }
    let leaf = Tensor::from_inner(anonymized.clone().inner()).require_grad();
    let features = branch.features(leaf.clone(), t);
    // A tensor of zeros beside the features has their gradient.
    let beside = Tensor::zeros(features.dims(), &features.device()).require_grad();
    let loss = utility::loss(branch.decide(features + beside.clone(), t), clips.actions.clone());
    let slopes = loss.backward();
    if let Some(slope) = beside.grad(&slopes) {
        state.learn_channels(&config.penalty, slope);
    }
    let gradient = leaf.grad(&slopes).unwrap_or_else(|| anonymized.clone().inner().zeros_like());
    Pull { value: loss.inner().into_scalar(), gradient }
}

/// `L_B`, the mean over the branches, at the anonymized views; with it the mean NT-Xent and share of the heads,
/// both as they are, even past chance.
fn privacy_pull(
    branches: &[Privacy],
    pictures: &Pictures,
    views: &Tensor<4>,
    config: &TrainConfig,
) -> (Pull, f32, Option<f32>) {
    let (game, adversary) = (&config.game, &config.adversary);
    let count = branches.len() as f32;
    let (mut contrast, mut heads) = (0.0, None);
    let mut all: Option<Pull> = None;
    for branch in branches {
        // One branch after the other: only one tape is held at a time.
        let pull = Pull::of(views, |leaf| {
            let leak = pictures.leak(branch, leaf, adversary);
            contrast += leak.contrast.clone().into_scalar::<f32>() / count;
            heads = leak.heads_share().map(|share| heads.unwrap_or(0.0) + share / count);
            leak.won(game, adversary) / count
        });
        all = Some(match all {
            None => pull,
            Some(sum) => Pull { value: sum.value + pull.value, gradient: sum.gradient + pull.gradient },
        });
    }
    (all.expect("there is at least one privacy branch"), contrast, heads)
}

/// `L_penalty` at the anonymized clips, and the mean distance.
fn penalty_pull(
    branch: &Utility,
    clips: &ClipBatch,
    anonymized: &Tensor<4>,
    config: &TrainConfig,
    state: &PenaltyState,
) -> (Pull, f32) {
    let kind = config.penalty.kind;
    let mut mean = 0.0;
    let t = clips.frames_per_clip;
    let raw = clips.frames.clone().inner();
    let pull = Pull::of(anonymized, |leaf| {
        let distance = match kind {
            PenaltyKind::None | PenaltyKind::Pixel => penalty::rms(Tensor::from_inner(raw), leaf),
            PenaltyKind::Feature | PenaltyKind::WeightedFeature => {
                let wanted = Tensor::from_inner(branch.valid().features(raw, t));
                let channels = state.channels_on(&wanted.device());
                penalty::feature_distance(wanted, branch.features(leaf, t), channels)
            }
        };
        mean = distance.clone().mean().into_scalar();
        let counts = if kind == PenaltyKind::None { 0.0 } else { 1.0 };
        penalty::hinge(distance, state.budget) * counts
    });
    (pull, mean)
}

/// `L_F`: how much more neighbouring anonymized frames differ than the raw ones do, mean over pixels.
///
/// # Shapes
/// - `raw`, `anonymized`: `[n * t, 3, h, w]`, clip by clip
/// - returns a value in `[0, 1]`; 0 where the raw clip changes at least as much
fn flicker(raw: &Tensor<4>, anonymized: Tensor<4>, t: usize) -> Tensor<1> {
    let change = |frames: Tensor<4>| {
        let [total, c, h, w] = frames.dims();
        let (n, pixels) = (total / t, c * h * w);
        let clips = frames.reshape([n, t, pixels]);
        (clips.clone().slice([0..n, 1..t, 0..pixels]) - clips.slice([0..n, 0..t - 1, 0..pixels])).abs()
    };
    (change(anonymized) - change(raw.clone())).clamp_min(0.0).mean()
}

fn mean(terms: &[AnonymizerTerms]) -> AnonymizerTerms {
    let of = |value: &dyn Fn(&AnonymizerTerms) -> f32| {
        terms.iter().map(value).sum::<f32>() / terms.len().max(1) as f32
    };
    let last = terms.last().copied().unwrap_or_default();
    let spreads: Vec<f32> = terms.iter().filter_map(|term| term.spread).collect();
    AnonymizerTerms {
        utility: of(&|term| term.utility),
        privacy: of(&|term| term.privacy),
        heads: last.heads.map(|_| of(&|term| term.heads.unwrap_or(0.0))),
        penalty: of(&|term| term.penalty),
        distance: of(&|term| term.distance),
        flicker: last.flicker.map(|_| of(&|term| term.flicker.unwrap_or(0.0))),
        spread: (!spreads.is_empty()).then(|| spreads.iter().sum::<f32>() / spreads.len() as f32),
        total: of(&|term| term.total),
        pulls: Pulls {
            utility: of(&|term| term.pulls.utility),
            privacy: of(&|term| term.pulls.privacy),
            penalty: of(&|term| term.pulls.penalty),
        },
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn only_flicker_that_the_raw_clip_does_not_have_costs() {
        let device = Device::flex();
        let frame = |value: f32| Tensor::<4>::full([1, 3, 4, 4], value, &device);
        let clip = |values: [f32; 4]| Tensor::cat(values.map(frame).to_vec(), 0);
        let still = clip([0.5; 4]);
        let moving = clip([0.1, 0.5, 0.3, 0.3]);
        let cost = |raw: &Tensor<4>, anonymized: &Tensor<4>| -> f32 {
            flicker(raw, anonymized.clone(), 2).into_scalar()
        };
        assert_eq!(cost(&moving, &still), 0.0, "standing still costs nothing");
        assert_eq!(cost(&moving, &moving), 0.0, "the raw clip's own movement costs nothing");
        // Two clips of two frames: changes of 0.4 and 0, none of them between the clips.
        assert!((cost(&still, &moving) - 0.2).abs() < 1e-6, "{}", cost(&still, &moving));
    }
}
