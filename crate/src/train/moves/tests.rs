//! The defects of the paper's reference code, each as a test that its mutant fails.

mod penalty_alone;
mod spread_alone;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::AdamConfig;
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};

use super::anonymizer::AnonymizerTerms;
use super::*;
use crate::data::Pairs;
use crate::model::AnonymizerConfig;
use crate::privacy::{self, PrivacyConfig};
use crate::train::balance::GradNorm;
use crate::train::config::{BalanceKind, PenaltyKind, TrainConfig};
use crate::train::penalty::{PenaltyState, hinge, rms};
use crate::utility::UtilityConfig;

/// Everything on the table, small. One privacy branch with one head.
struct Bench {
    anonymizer: Rewriter,
    utility: Utility,
    privacy: Privacy,
    clips: ClipBatch,
    pictures: Pictures,
    config: TrainConfig,
}

fn noise(n: usize, device: &Device) -> Tensor<4> {
    Tensor::random([n, 3, 16, 16], Distribution::Uniform(0.0, 1.0), device)
}

fn pictures(left: Tensor<4>, right: Tensor<4>) -> Pictures {
    let device = left.device();
    let labels = vec![HeadLabels::of(&[Some(0), Some(1), None, Some(1)], 0.6, &device)];
    Pictures { pairs: Pairs { left, right }, run: 1, kin: None, chance: privacy::chance(4), labels }
}

fn bench() -> Bench {
    let device = Device::flex().autodiff();
    device.seed(1);
    let actions = Tensor::<1, Int>::from_data(TensorData::from([0, 1]), &device);
    let left = noise(4, &device);
    let right = left.clone() * 0.9 + noise(4, &device) * 0.1;
    let mut config: TrainConfig =
        toml::from_str("name = \"bench\"\naction = []\nprivacy = []").expect("TOML");
    (config.game.clips, config.game.frames, config.adversary.pairs) = (2, 3, 4);
    config.adversary.head = vec![crate::train::Head { of: "identity".into(), weight: 0.5 }];
    Bench {
        anonymizer: Rewriter::Picture(AnonymizerConfig::new().with_width(4).init(&device)),
        utility: UtilityConfig::new(2).with_width(4).init(&device),
        privacy: PrivacyConfig::new().with_width(4).with_heads(vec![2]).init(&device),
        clips: ClipBatch { frames: noise(6, &device), actions, clips: 2, frames_per_clip: 3 },
        pictures: pictures(left, right),
        config,
    }
}

fn player<M>(module: M) -> Player<M> {
    Player { module, optimizer: AdamConfig::new().init() }
}

/// Where the penalty and the balance begin.
fn state(config: &TrainConfig) -> (PenaltyState, Option<GradNorm>) {
    (PenaltyState::new(&config.penalty), None)
}

impl Bench {
    /// A move of `anonymizer` by the rules of `config`.
    fn moved(
        &self,
        anonymizer: Player<Rewriter>,
        config: &TrainConfig,
        rate: f64,
    ) -> (Player<Rewriter>, AnonymizerTerms) {
        let clips = self.clips.clone();
        let pictures = pictures(self.pictures.pairs.left.clone(), self.pictures.pairs.right.clone());
        let branches = [&self.privacy];
        let judges = (&self.utility, branches.as_slice());
        teach_anonymizer(anonymizer, judges, &[(clips, pictures)], config, &mut state(config), rate)
    }

    /// Lets both branches learn what they see through the anonymizer; their losses, move by move.
    fn teach(&mut self, moves: usize) -> Vec<(f32, f32)> {
        let (mut utility, mut privacy) = (player(self.utility.clone()), player(self.privacy.clone()));
        let mut losses = vec![];
        for _ in 0..moves {
            let judge = Some(&self.anonymizer);
            let (l_t, leak);
            (utility, l_t) = teach_utility(utility, judge, &self.clips, 3e-3);
            (privacy, leak) = teach_privacy(privacy, judge, &self.pictures, (&self.config.adversary, 1e-2));
            losses.push((l_t.into_scalar(), leak.contrast.inner().into_scalar()));
        }
        (self.utility, self.privacy) = (utility.module, privacy.module);
        losses
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

/// The rules of the bench with other weights of `L_T`, `L_B` and the penalty.
fn weighted(bench: &Bench, [utility, privacy, penalty]: [f32; 3]) -> TrainConfig {
    let mut config = bench.config.clone();
    (config.game.utility_weight, config.game.privacy_weight) = (utility, privacy);
    config.penalty.weight = penalty;
    config
}

#[test]
fn every_penalty_moves_the_anonymizer_and_only_on_the_action_stream() {
    for kind in [PenaltyKind::Pixel, PenaltyKind::Feature, PenaltyKind::WeightedFeature] {
        let mut bench = bench();
        let mut config = weighted(&bench, [0.0, 0.0, 1.0]);
        (config.penalty.kind, config.penalty.budget) = (kind, Some(0.0));
        let step =
            |bench: &Bench| weights(&bench.moved(player(bench.anonymizer.clone()), &config, 1e-3).0.module);
        let after = step(&bench);
        assert!(after != weights(&bench.anonymizer), "{kind:?}: an exceeded budget moves nothing");
        let device = bench.clips.frames.device();
        bench.pictures = pictures(noise(4, &device), noise(4, &device));
        assert!(after == step(&bench), "{kind:?}: the privacy stream changes what the penalty does");
        config.penalty.budget = Some(0.9);
        let wide =
            |bench: &Bench| weights(&bench.moved(player(bench.anonymizer.clone()), &config, 1e-3).0.module);
        if kind == PenaltyKind::Pixel {
            assert!(wide(&bench) == weights(&bench.anonymizer), "a budget that is kept moves something");
        }
    }
}

#[test]
fn without_a_penalty_nothing_holds_the_frames() {
    let bench = bench();
    let mut config = weighted(&bench, [0.0, 0.0, 1.0]);
    (config.penalty.kind, config.penalty.budget) = (PenaltyKind::None, Some(0.0));
    let (after, terms) = bench.moved(player(bench.anonymizer.clone()), &config, 1e-2);
    assert!(weights(&after.module) == weights(&bench.anonymizer), "something moved");
    assert!(terms.penalty == 0.0 && terms.distance > 0.0, "{terms:?}: the distance is still told");
}

#[test]
fn a_move_of_the_anonymizer_teaches_neither_branch() {
    let mut bench = bench();
    let before = (weights(&bench.utility), weights(&bench.privacy));
    drop(bench.moved(player(bench.anonymizer.clone()), &bench.config, 1e-2));
    assert!(before == (weights(&bench.utility), weights(&bench.privacy)), "a branch changed");
    // Frozen copies must not have frozen the branches themselves.
    drop(bench.teach(1));
    for (name, after, before) in
        [("utility", weights(&bench.utility), before.0), ("privacy", weights(&bench.privacy), before.1)]
    {
        let moved = after.iter().zip(&before).filter(|(after, before)| after != before).count();
        let all = before.len();
        // On pictures this small the last stages are one pixel wide: most of their kernels see nothing.
        assert!(moved > all / 3, "only {moved} of {all} weights of the {name} branch learn");
    }
}

#[test]
fn a_move_of_the_anonymizer_lowers_its_loss_whatever_balances_it() {
    for kind in [BalanceKind::Plain, BalanceKind::Ratio, BalanceKind::GradNorm, BalanceKind::Pcgrad] {
        let bench = bench();
        let mut config = bench.config.clone();
        (config.balance.kind, config.penalty.budget) = (kind, Some(0.05));
        let mut anonymizer = player(bench.anonymizer.clone());
        let mut totals = vec![];
        for _ in 0..30 {
            let terms;
            (anonymizer, terms) = bench.moved(anonymizer, &config, 3e-3);
            totals.push(terms.total);
        }
        assert!(totals[29] < totals[0] - 0.02, "{kind:?}: L_A went from {} to {}", totals[0], totals[29]);
    }
}

#[test]
fn pulls_at_the_pictures_make_the_gradient_of_the_whole_loss() {
    let bench = bench();
    let config = weighted(&bench, [0.7, 1.3, 2.0]);
    // The move, by stochastic gradient descent, against one tape over everything.
    let sgd = || burn::optim::SgdConfig::new().init();
    let moved = bench.moved(Player { module: bench.anonymizer.clone(), optimizer: sgd() }, &config, 1.0).0;
    let frames = bench.clips.frames.clone();
    let anonymized = bench.anonymizer.forward(frames.clone(), 3);
    let l_t = utility::loss(bench.utility.forward(anonymized.clone(), 3), bench.clips.actions.clone());
    let shown = bench.anonymizer.forward(bench.pictures.both(), 1);
    let leak = bench.pictures.leak(&bench.privacy, shown, &config.adversary);
    let total = l_t * 0.7 - leak.won(&config.game, &config.adversary) * 1.3
        + hinge(rms(frames, anonymized), 0.2) * 2.0;
    let gradients = GradientsParams::from_grads(total.backward(), &bench.anonymizer);
    let whole = Player { module: bench.anonymizer.clone(), optimizer: sgd() }.step(1.0, gradients);
    let (moved, whole) = (weights(&moved.module), weights(&whole.module));
    let step = |after: &[f32]| -> Vec<f32> {
        after.iter().zip(weights(&bench.anonymizer)).map(|(after, before)| after - before).collect()
    };
    let longest = step(&whole).iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    let off = moved.iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0_f32, f32::max);
    assert!(longest > 1e-4 && off < 1e-4 * longest.max(1e-2), "steps of {longest} differ by {off}");
}

#[test]
fn the_gradient_of_the_move_is_that_of_finite_differences() {
    let bench = bench();
    let config = weighted(&bench, [1.0, 0.5, 3.0]);
    let sgd = Player { module: bench.anonymizer.clone(), optimizer: burn::optim::SgdConfig::new().init() };
    let (after, before_terms) = bench.moved(sgd, &config, 1.0);
    // Along the step, which is minus the gradient g, L_A falls by |g|^2 for every unit.
    let step: Vec<f32> = weights(&after.module)
        .iter()
        .zip(weights(&bench.anonymizer))
        .map(|(after, before)| after - before)
        .collect();
    let length: f32 = step.iter().map(|value| value * value).sum();
    // Short: the units of the networks switch on and off along the way.
    let unit = 0.001 / length.sqrt();
    let way = |share: f32| {
        Player { module: bench.anonymizer.clone(), optimizer: burn::optim::SgdConfig::new().init() }
            .walk(&bench, &config, share)
    };
    let (behind, ahead) = (way(-unit), way(unit));
    let numeric = (ahead - behind) / (2.0 * unit);
    assert!(
        (numeric + length).abs() < 0.05 * length,
        "L_A {} changes by {numeric} a unit, the gradient says {}",
        before_terms.total,
        -length
    );
}

impl Player<Rewriter> {
    /// `L_A` after `share` of the step that the move takes.
    fn walk(self, bench: &Bench, config: &TrainConfig, share: f32) -> f32 {
        let stepped = bench.moved(self, config, f64::from(share)).0;
        bench.moved(stepped, config, 0.0).1.total
    }
}

#[test]
fn batches_that_are_gathered_move_as_their_mean() {
    let bench = bench();
    let mut config = weighted(&bench, [1.0, 1.0, 1.0]);
    config.rates.accumulate = 2;
    let sgd = || Player { module: bench.anonymizer.clone(), optimizer: burn::optim::SgdConfig::new().init() };
    let batch = || {
        (bench.clips.clone(), pictures(bench.pictures.pairs.left.clone(), bench.pictures.pairs.right.clone()))
    };
    let judges = [&bench.privacy];
    let teach = |batches: &[(ClipBatch, Pictures)]| {
        let moved =
            teach_anonymizer(sgd(), (&bench.utility, &judges), batches, &config, &mut state(&config), 1.0);
        (weights(&moved.0.module), moved.1)
    };
    let ((once, one), (twice, two)) = (teach(&[batch()]), teach(&[batch(), batch()]));
    let off = once.iter().zip(&twice).map(|(a, b)| (a - b).abs()).fold(0.0_f32, f32::max);
    assert!(off < 1e-6, "the same batch twice moves {off} further than once");
    assert!((one.total - two.total).abs() < 1e-5, "L_A {} and {}", one.total, two.total);
}

#[test]
fn a_second_branch_that_knows_nothing_halves_what_is_won() {
    let mut bench = bench();
    drop(bench.teach(40));
    let device = bench.clips.frames.device();
    let blank = PrivacyConfig::new().with_width(4).with_heads(vec![2]).init(&device);
    let config = weighted(&bench, [0.0, 1.0, 0.0]);
    let pull = |branches: &[&Privacy]| {
        let batch = (
            bench.clips.clone(),
            pictures(bench.pictures.pairs.left.clone(), bench.pictures.pairs.right.clone()),
        );
        let anonymizer = player(bench.anonymizer.clone());
        teach_anonymizer(anonymizer, (&bench.utility, branches), &[batch], &config, &mut state(&config), 0.0)
            .1
    };
    let (alone, both) = (pull(&[&bench.privacy]), pull(&[&bench.privacy, &blank]));
    let blank_alone = pull(&[&blank]);
    assert!((both.privacy - (alone.privacy + blank_alone.privacy) / 2.0).abs() < 1e-4, "{both:?}");
    assert!(alone.pulls.privacy > 0.0 && both.pulls.privacy > 0.0, "{alone:?}, {both:?}");
}

#[test]
fn under_pcgrad_privacy_yields_to_the_penalty_exactly_where_the_two_conflict() {
    let mut bench = bench();
    let device = bench.clips.frames.device();
    let step = |bench: &Bench, shares: [f32; 3], kind: BalanceKind| -> Vec<f32> {
        let mut config = weighted(bench, shares);
        (config.balance.kind, config.penalty.budget) = (kind, Some(0.0));
        let sgd =
            Player { module: bench.anonymizer.clone(), optimizer: burn::optim::SgdConfig::new().init() };
        let after = weights(&bench.moved(sgd, &config, 1.0).0.module);
        after.iter().zip(weights(&bench.anonymizer)).map(|(after, before)| after - before).collect()
    };
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>() as f32;
    let (mut conflicts, mut alliances) = (0, 0);
    for _ in 0..12 {
        bench.pictures = pictures(noise(4, &device), noise(4, &device));
        let privacy = step(&bench, [0.0, 1.0, 0.0], BalanceKind::Plain);
        let penalty = step(&bench, [0.0, 0.0, 1.0], BalanceKind::Plain);
        let both = step(&bench, [0.0, 1.0, 1.0], BalanceKind::Pcgrad);
        let conflict = dot(&privacy, &penalty).min(0.0) / dot(&penalty, &penalty);
        let wanted =
            privacy.iter().zip(&penalty).map(|(privacy, penalty)| privacy + (1.0 - conflict) * penalty);
        let off = wanted.zip(&both).map(|(wanted, found)| (wanted - found).abs()).fold(0.0_f32, f32::max);
        let longest = both.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        assert!(off < 1e-3 * longest, "a step of {longest} is off by {off}; conflict {conflict}");
        (conflicts, alliances) =
            (conflicts + i32::from(conflict < 0.0), alliances + i32::from(conflict == 0.0));
    }
    assert!(conflicts > 0 && alliances > 0, "{conflicts} conflicts and {alliances} alliances were tested");
}

#[test]
fn the_anonymizer_lowers_the_utility_loss_and_raises_the_privacy_loss() {
    let mut bench = bench();
    drop(bench.teach(40));
    let play = |shares: [f32; 3]| {
        let config = weighted(&bench, shares);
        let mut anonymizer = player(bench.anonymizer.clone());
        let mut losses = vec![];
        for _ in 0..20 {
            let terms;
            (anonymizer, terms) = bench.moved(anonymizer, &config, 3e-3);
            losses.push((terms.utility, terms.privacy, terms.heads.expect("there is a head")));
        }
        (losses[0], losses[19])
    };
    let (before, after) = play([1.0, 0.0, 0.0]);
    assert!(after.0 < 0.9 * before.0, "L_T alone went from {} to {}", before.0, after.0);
    let (before, after) = play([0.0, 1.0, 0.0]);
    assert!(after.1 > before.1 + 0.01, "L_B alone went from {} to {}", before.1, after.1);
    assert!(after.2 > before.2, "the heads went from {} of chance to {}", before.2, after.2);
}

#[test]
fn branches_learn_from_what_they_see_and_leave_the_anonymizer_alone() {
    let mut bench = bench();
    let before = weights(&bench.anonymizer);
    let losses = bench.teach(60);
    let (first, last) = (losses[0], losses[59]);
    assert!(last.0 < 0.6 * first.0, "L_T went from {} to {}", first.0, last.0);
    assert!(last.1 < first.1 - 0.3, "L_B went from {} to {}", first.1, last.1);
    assert!(before == weights(&bench.anonymizer), "the anonymizer changed under its judges");
}

#[test]
fn nothing_is_won_past_chance() {
    let mut bench = bench();
    drop(bench.teach(60));
    // A branch that knows the pictures, and strangers for twins: L_B is above chance.
    let left = bench.pictures.pairs.left.clone();
    bench.pictures = pictures(left.clone(), left.flip([0]));
    let mut config = weighted(&bench, [0.0, 1.0, 0.0]);
    config.adversary.head[0].weight = 0.0;
    let (after, terms) = bench.moved(player(bench.anonymizer.clone()), &config, 1e-2);
    assert!(
        terms.privacy > privacy::chance(4),
        "L_B {} is not above chance {}",
        terms.privacy,
        privacy::chance(4)
    );
    assert!(
        weights(&after.module) == weights(&bench.anonymizer),
        "the anonymizer moved to raise L_B past chance: {terms:?}"
    );
}

#[test]
fn kin_are_found_by_clip_and_lower_chance() {
    let (kin, chance) = kin_of(&[7, 7, 8], &Device::flex());
    let kin: Vec<f32> = kin.into_data().try_to_vec().expect("f32");
    let row = |number: usize| kin[number * 6..(number + 1) * 6].to_vec();
    // Columns: left views of pictures 0, 1, 2, then right views. The twin of row 0 is column 3.
    assert_eq!(row(0), [1.0, 1.0, 0.0, 0.0, 1.0, 0.0], "picture 1 is of the same clip");
    assert_eq!(row(5), [0.0, 0.0, 0.0, 0.0, 0.0, 1.0], "picture 2 has no kin");
    let wanted = (4.0 * 3.0_f32.ln() + 2.0 * 5.0_f32.ln()) / 6.0;
    assert!((chance - wanted).abs() < 1e-6, "{chance} is not {wanted}");
}
