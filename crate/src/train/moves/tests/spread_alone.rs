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
    let ((told, alone), (both, together)) = (warmed(0.0), warmed(5.0));
    assert_eq!(told.spread, None, "what does not count is not worked out");
    assert!(both.spread.is_some() && together < 0.8 * alone, "L_S is {together} with it and {alone} without");
    assert!(both.told.is_finite() && told.told < 2.0_f32.ln(), "{} and {}", both.told, told.told);
}
