//! What the spread of codes pulls at.

use super::*;
use crate::train::{Architecture, ModelShape, Sees};

/// The bench with an anonymizer that releases codes of signs: eight clips of three frames, in two actions.
fn coding() -> Bench {
    let mut bench = bench();
    let device = bench.clips.frames.device();
    bench.config.model = ModelShape {
        architecture: Architecture::Dp,
        sees: Sees::Signs,
        width: 4,
        code: 3,
        grid: 8,
        every: 6,
        window: 3,
        mu: f64::INFINITY,
        ..ModelShape::default()
    };
    (bench.config.size, bench.config.game.clips) = (16, 8);
    let actions = Tensor::from_data(TensorData::from([0, 0, 0, 0, 1, 1, 1, 1]), &device);
    bench.clips = ClipBatch { frames: noise(24, &device), actions, clips: 8, frames_per_clip: 3 };
    bench.anonymizer = Rewriter::fresh(&bench.config, 2, &device).whitened(bench.clips.frames.clone(), 3);
    bench
}

/// The bench's rules with `w_S` and nothing else.
fn spread_weighted(bench: &Bench, weight: f32) -> TrainConfig {
    let mut config = weighted(bench, [0.0, 0.0, 0.0]);
    config.penalty.kind = PenaltyKind::None;
    config.game.spread_weight = weight;
    config
}

#[test]
fn the_spread_of_codes_pulls_them_together_action_by_action_and_only_where_it_counts() {
    let bench = coding();
    let mut anonymizer = player(bench.anonymizer.clone());
    let config = spread_weighted(&bench, 1.0);
    let mut costs = vec![];
    for _ in 0..60 {
        let terms;
        (anonymizer, terms) = bench.moved(anonymizer, &config, 3e-3);
        let spread = terms.spread.expect("clips of one action");
        assert!((terms.total - spread).abs() < 1e-5, "L_A is more than its one term: {terms:?}");
        costs.push(spread);
    }
    let (first, last) = (costs[0], costs[59]);
    assert!(last < 0.7 * first, "L_S went from {first} to {last}");
    let (still, terms) = bench.moved(player(bench.anonymizer.clone()), &spread_weighted(&bench, 0.0), 1e-2);
    assert!(weights(&still.module) == weights(&bench.anonymizer), "a term without a weight moved something");
    assert_eq!(terms.spread, None, "what does not count is not worked out");
}

#[test]
fn the_spread_goes_into_the_gradient_of_the_whole_loss_by_its_weight() {
    let bench = coding();
    let mut config = weighted(&bench, [0.7, 1.3, 0.0]);
    (config.penalty.kind, config.game.spread_weight) = (PenaltyKind::None, 2.5);
    let sgd = || burn::optim::SgdConfig::new().init();
    let of = |module: &Rewriter| Player { module: module.clone(), optimizer: sgd() };
    let (moved, terms) = bench.moved(of(&bench.anonymizer), &config, 1.0);
    // The same on one tape.
    let frames = bench.clips.frames.clone();
    let l_t = utility::loss(
        bench.utility.forward(bench.anonymizer.forward(frames.clone(), 3), 3),
        bench.clips.actions.clone(),
    );
    let leak = bench.pictures.leak(
        &bench.privacy,
        bench.anonymizer.told(bench.pictures.both(), 1),
        &config.adversary,
    );
    let released = bench.anonymizer.released(frames, 3).expect("codes");
    let l_s = spread::within_actions(released, &bench.clips.actions).expect("pairs");
    let total = l_t * 0.7 - leak.won(&config.game, &config.adversary) * 1.3 + l_s * 2.5;
    let sum: f32 = total.clone().into_scalar();
    assert!((terms.total - sum).abs() < 1e-4, "L_A is {} and its terms make {sum}", terms.total);
    let gradients = GradientsParams::from_grads(total.backward(), &bench.anonymizer);
    let whole = of(&bench.anonymizer).step(1.0, gradients);
    let (moved, whole, first) = (weights(&moved.module), weights(&whole.module), weights(&bench.anonymizer));
    let longest = whole.iter().zip(&first).map(|(a, b)| (a - b).abs()).fold(0.0_f32, f32::max);
    let off = moved.iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0_f32, f32::max);
    assert!(longest > 1e-3 && off < 1e-3 * longest, "steps of {longest} differ by {off}");
}

#[test]
fn codes_that_warm_up_are_pulled_together_too() {
    let bench = coding();
    let warmed = |weight: f32| {
        let mut anonymizer = player(bench.anonymizer.clone());
        let mut last = None;
        for _ in 0..60 {
            (anonymizer, last) = warm_up_codes(anonymizer, &bench.clips, (3e-3, weight));
        }
        let released = anonymizer.module.released(bench.clips.frames.clone(), 3).expect("codes");
        let spread: f32 =
            spread::within_actions(released, &bench.clips.actions).expect("pairs").into_scalar();
        (last.expect("codes"), spread)
    };
    let ((plain, apart), (pulled, together)) = (warmed(0.0), warmed(1.0));
    assert_eq!(plain.spread, None, "what does not count is not worked out");
    assert!(
        pulled.spread.is_some() && together < 0.8 * apart,
        "L_S is {together} with it and {apart} without"
    );
    let ignorance = 2.0_f32.ln();
    assert!(plain.told < ignorance && pulled.told < ignorance, "{} and {}", plain.told, pulled.told);
}
