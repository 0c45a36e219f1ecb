//! Whole runs of what is no U-Net: filters of clips, and noisy codes.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

use super::*;
use crate::artifact::ArtifactOf;
use crate::model::{BdqConfig, DpConfig, MotionConfig};
use crate::train::{Architecture, Head, IDENTITY, ModelShape, PenaltyKind, Schedule, Sees};

/// Runs of a filter of clips.
fn filtering() -> TrainConfig {
    let mut config = config();
    config.model.architecture = Architecture::Bdq;
    (config.schedule.warm_up, config.game.skip, config.penalty.kind) = (0, 1, PenaltyKind::None);
    config.adversary.head = vec![Head { of: IDENTITY.into(), weight: 0.5 }];
    config.adversary.contrast_weight = 0.0;
    config.rates.anonymizer = 3e-2;
    config
}

#[test]
fn a_run_of_a_filter_moves_its_blur_and_its_steps_and_writes_it() {
    let (place, config) = (Place::new(), filtering());
    let Outcome::Done { weights, result } = place.run("run", &config, false, u64::MAX).expect("a run") else {
        panic!("nobody stopped it");
    };
    assert!(result.anonymized.iter().all(|reading| reading.asked == "action"), "{:?}", result.anonymized);
    let artifact = ArtifactOf::<BdqConfig>::load(&weights).expect("the filter can be read");
    let device = Device::flex();
    let (sigma, steps) = artifact.restore(&device).expect("its weights").learnt();
    let (first_sigma, first_steps) = config.model.bdq().init(&device).learnt();
    assert!((sigma - first_sigma).abs() > 1e-3, "the blur has learnt nothing: {sigma}");
    let still = steps.iter().zip(&first_steps).filter(|(now, first)| now == first).count();
    // Differences of these clips are far from the ends of the scale, whose steps nothing may reach.
    assert!(still < steps.len() / 2, "{still} of {} steps stand still: {steps:?}", steps.len());
    assert!(place.path("run/samples/step-0000007.png").is_file(), "the sample sheet is missing");
}

#[test]
fn a_resumed_run_of_a_filter_is_the_uninterrupted_one() {
    let (place, config) = (Place::new(), filtering());
    let learnt = |outcome: Outcome| match outcome {
        Outcome::Done { weights, .. } => {
            let artifact = ArtifactOf::<BdqConfig>::load(&weights).expect("a filter");
            artifact.restore(&Device::flex()).expect("its weights").learnt()
        }
        Outcome::Stopped { .. } => panic!("nobody stopped it"),
    };
    let whole = learnt(place.run("whole", &config, false, u64::MAX).expect("a run"));
    drop(place.run("part", &config, false, 5).expect("a run that is stopped"));
    let part = learnt(place.run("part", &config, true, u64::MAX).expect("a run that goes on"));
    assert_eq!(part, whole, "going on has changed the filter");
}

/// Runs of a network that draws from the signs of movement.
fn drawing() -> TrainConfig {
    let mut config = filtering();
    config.model = ModelShape {
        architecture: Architecture::Motion,
        grid: 8,
        cells: 4,
        levels: 4,
        hold: 2,
        lag: 2,
        width: config.model.width,
        groups: config.model.groups,
        ..ModelShape::default()
    };
    config.game.skip = 2;
    config.adversary.frames = 2;
    config.rates.anonymizer = 3e-3;
    config
}

#[test]
fn a_run_of_a_network_that_draws_from_signs_teaches_it_and_goes_on_to_the_same_bits() {
    let (place, config) = (Place::new(), drawing());
    let device = Device::flex();
    let written = |outcome: Outcome| -> Vec<f32> {
        let Outcome::Done { weights, .. } = outcome else { panic!("nobody stopped it") };
        let artifact = ArtifactOf::<MotionConfig>::load(&weights).expect("the network can be read");
        let card = artifact.card();
        assert_eq!(card.config, config.model.motion(), "the card says something else");
        assert!(card.privacy_claim.starts_with("no privacy claim"), "{}", card.privacy_claim);
        assert!(card.limits.iter().any(|limit| limit.contains("in sight for 2 frames")), "{:?}", card.limits);
        numbers(&artifact.restore(&device).expect("its weights"))
    };
    let whole = written(place.run("whole", &config, false, u64::MAX).expect("a run"));
    let none = TrainConfig { schedule: Schedule { steps: 0, ..config.schedule.clone() }, ..config.clone() };
    let fresh = written(place.run("none", &none, false, u64::MAX).expect("a run without a game"));
    let learnt = whole.iter().zip(&fresh).filter(|(now, first)| now != first).count();
    assert!(learnt > whole.len() / 4, "{learnt} of {} weights have learnt anything", whole.len());
    drop(place.run("part", &config, false, 5).expect("a run that is stopped"));
    let part = written(place.run("part", &config, true, u64::MAX).expect("a run that goes on"));
    assert!(part == whole, "going on has changed the network");
}

/// All weights of a module.
fn numbers<M: Module>(module: &M) -> Vec<f32> {
    struct Collect(Vec<f32>);
    impl ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let values = param.val().into_data().convert::<f32>();
            self.0.extend(values.try_into_vec::<f32>().expect("numbers"));
        }
    }
    let mut all = Collect(vec![]);
    module.visit(&mut all);
    all.0
}

/// Runs of noisy codes, each of so many frames: one release in two frames.
fn coding(window: usize) -> TrainConfig {
    let mut config = config();
    config.model = ModelShape {
        architecture: Architecture::Dp,
        width: config.model.width,
        groups: config.model.groups,
        code: 3,
        every: 2,
        window,
        mu: 4.0,
        anneal: 4,
        ..ModelShape::default()
    };
    config.game.skip = 1;
    config
}

#[test]
fn a_run_of_noisy_codes_writes_a_model_with_its_promise() {
    let (place, config) = (Place::new(), coding(1));
    let Outcome::Done { weights, result } = place.run("run", &config, false, u64::MAX).expect("a run") else {
        panic!("nobody stopped it");
    };
    assert!(result.anonymized.iter().any(|reading| reading.asked == IDENTITY), "{:?}", result.anonymized);
    let artifact = ArtifactOf::<DpConfig>::load(&weights).expect("the model can be read");
    let card = artifact.card();
    let promise = card.promise.as_ref().expect("a promise");
    assert_eq!((card.mode, promise.mu_per_release), (crate::artifact::Mode::Dp, 4.0));
    assert!(card.privacy_claim.contains("4.0000-GDP"), "{}", card.privacy_claim);
    let scale = |weights: &Path| -> Vec<f32> {
        let artifact = ArtifactOf::<DpConfig>::load(weights).expect("the model can be read");
        let network = artifact.restore(&Device::flex()).expect("its weights");
        network.scale().into_data().try_to_vec().expect("f32 values")
    };
    let schedule = Schedule { steps: 0, ..config.schedule.clone() };
    let none = TrainConfig { schedule, model: ModelShape { anneal: 0, ..config.model.clone() }, ..config };
    let Outcome::Done { weights: fresh, .. } = place.run("none", &none, false, u64::MAX).expect("a run")
    else {
        panic!("nobody stopped it");
    };
    let (scale, fresh) = (scale(&weights), scale(&fresh));
    assert_eq!(scale.len(), 3, "numbers of a code");
    assert!(
        scale.iter().zip(&fresh).all(|(now, then)| now != then),
        "the scale has learnt nothing: {scale:?}"
    );
}

#[test]
fn a_run_of_codes_of_windows_says_what_a_release_is_of() {
    let (place, config) = (Place::new(), coding(2));
    let Outcome::Done { weights, result } = place.run("run", &config, false, u64::MAX).expect("a run") else {
        panic!("nobody stopped it");
    };
    assert!(result.anonymized.iter().all(|reading| reading.asked == "action"), "{:?}", result.anonymized);
    let artifact = ArtifactOf::<DpConfig>::load(&weights).expect("the model can be read");
    let (card, promise) = (artifact.card(), artifact.card().promise.as_ref().expect("a promise"));
    assert_eq!((card.config.window, promise.mu_per_release), (2, 4.0));
    assert!(promise.unit.contains("one released window of 2 frames"), "{}", promise.unit);
    assert!(place.path("run/samples/step-0000007.png").is_file(), "the sample sheet is missing");
}

#[test]
fn a_run_of_codes_without_noise_promises_nothing_and_says_what_they_show() {
    let (place, mut config) = (Place::new(), coding(2));
    config.model = ModelShape { mu: f64::INFINITY, sees: Sees::Signs, grid: 8, ..config.model };
    let Outcome::Done { weights, .. } = place.run("run", &config, false, u64::MAX).expect("a run") else {
        panic!("nobody stopped it");
    };
    let artifact = ArtifactOf::<DpConfig>::load(&weights).expect("the model can be read");
    let card = artifact.card();
    assert_eq!((card.mode, &card.promise), (crate::artifact::Mode::Learned, &None));
    assert!(card.privacy_claim.contains("no privacy claim"), "{}", card.privacy_claim);
    let says = |part: &str| card.limits.iter().any(|limit| limit.contains(part));
    assert!(says("nobody who stands still") && !says("promised"), "{:?}", card.limits);
}

#[test]
fn codes_of_movement_are_rehearsed_before_the_game_and_not_in_it() {
    let (place, mut config) = (Place::new(), coding(2));
    config.model = ModelShape { sees: Sees::Signs, grid: 8, ..config.model };
    let Outcome::Done { weights, .. } = place.run("run", &config, false, u64::MAX).expect("a run") else {
        panic!("nobody stopped it");
    };
    let artifact = ArtifactOf::<DpConfig>::load(&weights).expect("the model can be read");
    assert_eq!(artifact.card().config.signs.map(|signs| signs.grid), Some(8));
    let lines = place.lines("run");
    let (warm_up, rest): (Vec<_>, Vec<_>) =
        lines.iter().partition(|line| line.step < config.schedule.warm_up);
    assert!(!warm_up.is_empty() && warm_up.iter().all(|line| line.code.is_some() && line.copy.is_none()));
    assert!(rest.iter().all(|line| line.code.is_none()), "codes are still rehearsed in the game");
}

#[test]
fn a_resumed_run_of_noisy_codes_draws_the_noise_of_the_uninterrupted_one() {
    let device = Device::flex();
    let signs = ModelShape { sees: Sees::Signs, grid: 8, ..coding(2).model };
    for config in [coding(1), TrainConfig { model: signs, ..coding(2) }] {
        let place = Place::new();
        let written = |outcome: Outcome| -> Vec<f32> {
            let Outcome::Done { weights, .. } = outcome else { panic!("nobody stopped it") };
            let network = ArtifactOf::<DpConfig>::load(&weights)
                .expect("a model")
                .restore(&device)
                .expect("its weights");
            let frame =
                |number: usize| Tensor::full([1, 3, 16, 16], 0.3 + 0.2 * (number % 2) as f32, &device);
            let frames = Tensor::cat((0..network.window()).map(frame).collect(), 0);
            let drawn =
                network.picture(network.code(network.features(frames)) + network.scale().unsqueeze(), &[0.0]);
            drawn.into_data().try_into_vec().expect("f32 values")
        };
        let whole = written(place.run("whole", &config, false, u64::MAX).expect("a run"));
        for stop in [1, 5] {
            let name = format!("part-{stop}");
            drop(place.run(&name, &config, false, stop).expect("a run that is stopped"));
            let part = written(place.run(&name, &config, true, u64::MAX).expect("a run that goes on"));
            assert_eq!(part, whole, "going on after {stop} has changed the weights");
        }
    }
}
