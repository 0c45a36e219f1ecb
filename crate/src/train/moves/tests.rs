//! The defects of the paper's reference code, each as a test that its mutant fails.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::AdamConfig;
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};

use super::*;
use crate::model::AnonymizerConfig;
use crate::privacy::PrivacyConfig;
use crate::utility::UtilityConfig;

struct Bench {
    anonymizer: Anonymizer,
    utility: Utility,
    privacy: Privacy,
    clips: ClipBatch,
    pairs: Pairs,
    game: Game,
}

fn noise(n: usize, device: &Device) -> Tensor<4> {
    Tensor::random([n, 3, 16, 16], Distribution::Uniform(0.0, 1.0), device)
}

fn bench() -> Bench {
    let device = Device::flex().autodiff();
    device.seed(1);
    let actions = Tensor::<1, Int>::from_data(TensorData::from([0, 1]), &device);
    let left = noise(4, &device);
    let right = left.clone() * 0.9 + noise(4, &device) * 0.1;
    Bench {
        anonymizer: AnonymizerConfig::new().with_width(4).init(&device).materialize(),
        utility: UtilityConfig::new(2).with_width(4).init(&device).materialize(),
        privacy: PrivacyConfig::new().with_width(4).init(&device).materialize(),
        clips: ClipBatch { frames: noise(6, &device), actions, clips: 2, frames_per_clip: 3 },
        pairs: Pairs { left, right },
        game: Game { clips: 2, frames: 3, pairs: 4, ..Game::default() },
    }
}

/// Every number a module holds.
fn weights<M: Module>(module: &M) -> Vec<f32> {
    struct Collect(Vec<f32>);
    impl ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().into_data().try_to_vec::<f32>().expect("f32 weights"));
        }
    }
    let mut all = Collect(vec![]);
    module.visit(&mut all);
    all.0
}

/// Length of the gradient of `loss` with respect to `at`.
fn slope(loss: &Tensor<1>, at: &Tensor<4>) -> f32 {
    at.grad(&loss.backward()).map_or(0.0, |gradient| gradient.square().sum().sqrt().into_scalar())
}

/// Raw frames, and anonymized ones that differ from them by exactly `offset` everywhere.
fn apart(offset: f32) -> (Tensor<4>, Tensor<4>) {
    let device = Device::flex().autodiff();
    let raw = Tensor::<4>::full([2, 3, 4, 4], 0.5, &device);
    let anonymized = Tensor::<4>::full([2, 3, 4, 4], 0.5 + offset, &device).require_grad();
    (raw, anonymized)
}

#[test]
fn the_penalty_pulls_if_and_only_if_the_budget_is_exceeded() {
    for (offset, pulls) in [(0.0, false), (0.1, false), (0.19, false), (0.21, true), (0.4, true)] {
        let (raw, anonymized) = apart(offset);
        let slope = slope(&hinge(rms(raw, anonymized.clone()), 0.2), &anonymized);
        assert!(slope.is_finite(), "the gradient at RMS {offset} is {slope}");
        assert_eq!(slope > 0.0, pulls, "RMS {offset}, budget 0.2: the gradient is {slope}");
    }
}

#[test]
fn the_penalty_has_a_finite_gradient_where_nothing_differs() {
    let (raw, anonymized) = apart(0.0);
    let slope = slope(&hinge(rms(raw, anonymized.clone()), 0.0), &anonymized);
    assert!(slope.is_finite(), "the gradient at RMS 0 is {slope}");
}

#[test]
fn the_penalty_pulls_as_finite_differences_say() {
    let value = |offset: f32| -> f32 {
        let (raw, anonymized) = apart(offset);
        hinge(rms(raw, anonymized), 0.2).into_scalar()
    };
    let (raw, anonymized) = apart(0.3);
    let gradient = anonymized.grad(&hinge(rms(raw, anonymized.clone()), 0.2).backward()).expect("it pulls");
    let analytic: f32 = gradient.sum().into_scalar();
    let numeric = (value(0.31) - value(0.29)) / 0.02;
    assert!((analytic - numeric).abs() < 1e-3, "analytic {analytic}, numeric {numeric}");
}

#[test]
fn one_bad_frame_cannot_hide_among_good_ones() {
    let device = Device::flex();
    let raw = Tensor::<4>::zeros([8, 3, 4, 4], &device);
    let bad = Tensor::<4>::full([1, 3, 4, 4], 0.4, &device);
    let anonymized = raw.clone().slice_assign([3..4, 0..3, 0..4, 0..4], bad);
    let penalty: f32 = hinge(rms(raw, anonymized), 0.2).into_scalar();
    // RMS over the whole batch is 0.4 / sqrt(8) = 0.14: within the budget.
    assert!((penalty - 0.2 / 8.0).abs() < 1e-4, "{penalty} is not 0.025");
}

#[test]
fn the_penalty_moves_the_anonymizer_and_only_on_the_action_stream() {
    let bench = bench();
    let game = Game { utility_weight: 0.0, privacy_weight: 0.0, budget: 0.0, ..bench.game.clone() };
    let step = |pairs: &Pairs| {
        let mut optimizer = AdamConfig::new().init();
        let branches = (&bench.utility, &bench.privacy);
        let streams = (&bench.clips, pairs);
        weights(&teach_anonymizer(bench.anonymizer.clone(), &mut optimizer, branches, streams, &game, 1e-3).0)
    };
    let after = step(&bench.pairs);
    assert!(after != weights(&bench.anonymizer), "an exceeded budget moves nothing");
    let device = bench.pairs.left.device();
    let others = Pairs { left: noise(4, &device), right: noise(4, &device) };
    assert!(after == step(&others), "the privacy stream changes what the penalty does");
}

#[test]
fn a_move_of_the_anonymizer_teaches_neither_branch() {
    let bench = bench();
    let before = (weights(&bench.utility), weights(&bench.privacy));
    let mut optimizer = AdamConfig::new().init();
    let branches = (&bench.utility, &bench.privacy);
    let streams = (&bench.clips, &bench.pairs);
    drop(teach_anonymizer(bench.anonymizer.clone(), &mut optimizer, branches, streams, &bench.game, 1e-2));
    assert!(before == (weights(&bench.utility), weights(&bench.privacy)), "a branch changed");
    // Frozen copies must not have frozen the branches themselves.
    let mut optimizer = AdamConfig::new().init();
    let (utility, _) = teach_utility(bench.utility.clone(), &mut optimizer, None, &bench.clips, 1e-2);
    let moved = weights(&utility).iter().zip(&before.0).filter(|(after, before)| after != before).count();
    let all = before.0.len();
    assert!(moved > all * 3 / 4, "only {moved} of {all} weights of the utility branch learn");
}

#[test]
fn a_move_of_the_anonymizer_lowers_its_loss() {
    let mut bench = bench();
    let mut optimizer = AdamConfig::new().init();
    let mut totals = vec![];
    for _ in 0..30 {
        let branches = (&bench.utility, &bench.privacy);
        let streams = (&bench.clips, &bench.pairs);
        let (anonymizer, terms) =
            teach_anonymizer(bench.anonymizer, &mut optimizer, branches, streams, &bench.game, 3e-3);
        bench.anonymizer = anonymizer;
        totals.push(terms.total.into_scalar::<f32>());
    }
    assert!(totals[29] < totals[0] - 0.02, "L_A went from {} to {}", totals[0], totals[29]);
}

#[test]
fn the_anonymizer_lowers_the_utility_loss_and_raises_the_privacy_loss() {
    let mut bench = bench();
    let (mut for_utility, mut for_privacy) = (AdamConfig::new().init(), AdamConfig::new().init());
    for _ in 0..40 {
        let judge = Some(&bench.anonymizer);
        bench.utility = teach_utility(bench.utility, &mut for_utility, judge, &bench.clips, 3e-3).0;
        let rate = (&bench.game, 1e-2);
        bench.privacy = teach_privacy(bench.privacy, &mut for_privacy, judge, &bench.pairs, rate).0;
    }
    let play = |utility_weight: f32, privacy_weight: f32| {
        let game = Game { utility_weight, privacy_weight, penalty_weight: 0.0, ..bench.game.clone() };
        let mut optimizer = AdamConfig::new().init();
        let mut anonymizer = bench.anonymizer.clone();
        let mut losses = vec![];
        for _ in 0..20 {
            let branches = (&bench.utility, &bench.privacy);
            let streams = (&bench.clips, &bench.pairs);
            let terms;
            (anonymizer, terms) =
                teach_anonymizer(anonymizer, &mut optimizer, branches, streams, &game, 3e-3);
            losses.push((terms.utility.into_scalar::<f32>(), terms.privacy.into_scalar::<f32>()));
        }
        (losses[0], losses[19])
    };
    let (before, after) = play(1.0, 0.0);
    assert!(after.0 < 0.9 * before.0, "L_T alone went from {} to {}", before.0, after.0);
    let (before, after) = play(0.0, 1.0);
    assert!(after.1 > before.1 + 0.01, "L_B alone went from {} to {}", before.1, after.1);
}

#[test]
fn branches_learn_from_what_they_see_and_leave_the_anonymizer_alone() {
    let mut bench = bench();
    let before = weights(&bench.anonymizer);
    let (mut for_utility, mut for_privacy) = (AdamConfig::new().init(), AdamConfig::new().init());
    let mut losses = vec![];
    for _ in 0..60 {
        let judge = Some(&bench.anonymizer);
        let (utility, l_t) = teach_utility(bench.utility, &mut for_utility, judge, &bench.clips, 1e-2);
        let rate = (&bench.game, 1e-2);
        let (privacy, l_b) = teach_privacy(bench.privacy, &mut for_privacy, judge, &bench.pairs, rate);
        (bench.utility, bench.privacy) = (utility, privacy);
        losses.push((l_t.into_scalar::<f32>(), l_b.into_scalar::<f32>()));
    }
    let (first, last) = (losses[0], losses[59]);
    assert!(last.0 < 0.5 * first.0, "L_T went from {} to {}", first.0, last.0);
    assert!(last.1 < first.1 - 0.3, "L_B went from {} to {}", first.1, last.1);
    assert!(before == weights(&bench.anonymizer), "the anonymizer changed under its judges");
}

#[test]
fn nothing_is_won_past_chance() {
    let mut bench = bench();
    let mut optimizer = AdamConfig::new().init();
    for _ in 0..60 {
        let rate = (&bench.game, 1e-2);
        bench.privacy =
            teach_privacy(bench.privacy, &mut optimizer, Some(&bench.anonymizer), &bench.pairs, rate).0;
    }
    // A branch that knows the pictures, and strangers for twins: L_B is above chance.
    let game = Game { utility_weight: 0.0, penalty_weight: 0.0, pairs: 4, ..bench.game.clone() };
    let pairs = Pairs { left: bench.pairs.left.clone(), right: bench.pairs.left.clone().flip([0]) };
    let mut optimizer = AdamConfig::new().init();
    let branches = (&bench.utility, &bench.privacy);
    let (after, terms) = teach_anonymizer(
        bench.anonymizer.clone(),
        &mut optimizer,
        branches,
        (&bench.clips, &pairs),
        &game,
        1e-2,
    );
    let l_b: f32 = terms.privacy.into_scalar();
    assert!(l_b > privacy::chance(4), "L_B {l_b} is not above chance {}", privacy::chance(4));
    assert!(weights(&after) == weights(&bench.anonymizer), "the anonymizer moved to raise L_B past chance");
}
