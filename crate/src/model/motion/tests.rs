use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::Distribution;

use super::*;

fn config() -> MotionConfig {
    MotionConfig {
        architecture: "motion".into(),
        signs: Signs { grid: 16, threshold: 0.03, span: 1 },
        lag: 1,
        width: 4,
        groups: 2,
        cells: 8,
        levels: 8,
        hold: 0,
    }
}

fn noise(shape: [usize; 4], device: &Device) -> Tensor<4> {
    Tensor::random(shape, Distribution::Uniform(0.0, 1.0), device)
}

fn values(tensor: Tensor<4>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_into_vec().expect("numbers")
}

/// Each level of the signs in turn, frame by frame: -1, 0, 1.
fn signs_of(signs: &Signs, frames: Tensor<4>, at: (usize, usize)) -> Vec<f32> {
    let [darker, _, brighter] = signs.of(frames, at).chunk(3, 1).try_into().expect("three levels");
    values(brighter - darker)
}

#[test]
fn a_clip_that_stands_still_shows_the_same_whatever_it_shows() {
    let device = Device::flex();
    let network = config().init(&device);
    let shown = |still: Tensor<4>| values(network.forward(still.repeat_dim(0, 3), (3, 1)));
    let [one, other] = [(); 2].map(|()| shown(noise([1, 3, 24, 32], &device)));
    assert!(one == other, "stillness tells what stands still");
    let alone = values(network.forward(noise([1, 3, 24, 32], &device), (1, 1)));
    assert_eq!(alone[..], one[..alone.len()], "a clip of one frame shows no movement");
}

#[test]
fn what_lies_below_the_threshold_changes_nothing_to_the_bit() {
    let device = Device::flex();
    device.seed(3);
    let network = MotionConfig { levels: 256, ..config() }.init(&device); // the smallest difference shows
    let clip =
        Tensor::cat(vec![noise([1, 3, 32, 32], &device) * 0.4, noise([1, 3, 32, 32], &device) * 0.4], 0);
    // The same movement, over brighter ground and with a flicker too small to count.
    let ground = noise([1, 3, 32, 32], &device) * 0.4 + 0.1;
    let beside = clip.clone() + ground.repeat_dim(0, 2);
    let still = Tensor::cat(vec![noise([1, 3, 32, 32], &device) * 0.5; 2], 0);
    let flicker =
        Tensor::cat(vec![Tensor::zeros([1, 3, 32, 32], &device), noise([1, 3, 32, 32], &device) * 0.029], 0);
    let shown = |frames: Tensor<4>| values(network.forward(frames, (2, 1)));
    assert!(shown(clip.clone()) == shown(beside), "what does not move is told");
    assert!(
        shown(still.clone()) == shown(still.clone() + flicker.clone()),
        "a change below the threshold is told"
    );
    let half = |value: f32| Tensor::<4>::full([1, 3, 32, 16], value, &device);
    let moved = Tensor::cat(vec![half(0.0), half(0.5)], 3);
    let change = Tensor::cat(vec![moved.zeros_like(), moved], 0);
    assert!(shown(still.clone()) != shown(still + change), "no change is told at all");
    assert!(shown(clip.clone()) != shown(clip.flip([0])), "forwards is as backwards");
}

/// The shown frames of a clip of one dark frame, one with a bright left half, and others like it, each as one list.
fn of_a_step(config: &MotionConfig, still: usize) -> Vec<Vec<f32>> {
    let device = Device::flex();
    device.seed(3);
    let half = |value: f32| Tensor::<4>::full([1, 3, 32, 16], value, &device);
    let dark = Tensor::cat(vec![half(0.2), half(0.2)], 3);
    let lit = Tensor::cat(vec![half(0.8), half(0.2)], 3);
    let clip = [dark.clone(), dark].into_iter().chain(std::iter::repeat_n(lit, 1 + still)).collect();
    let shown = config.init(&device).forward(Tensor::cat(clip, 0), (3 + still, 1));
    values(shown).chunks(3 * 32 * 32).map(<[f32]>::to_vec).collect()
}

#[test]
fn what_has_moved_stays_in_sight_for_so_many_frames_and_its_background_is_black() {
    let config = MotionConfig { hold: 3, ..config() };
    let shown = of_a_step(&config, 4);
    let is_lit = |frame: &[f32], x: usize| frame[16 * 32 + x] > 0.0;
    let left: Vec<bool> = shown.iter().map(|frame| is_lit(frame, 4)).collect();
    assert_eq!(left, [false, false, true, true, true, false, false], "the half that has grown brighter");
    assert!(shown.iter().all(|frame| !is_lit(frame, 28)), "what has never moved is in sight");
    // Every second frame of a clip, as training takes them: the first and the third of the frames in which it is held.
    let config = MotionConfig { lag: 2, hold: 3, ..config };
    let skipped = of_a_step(&config, 4).iter().map(|frame| is_lit(frame, 4)).collect::<Vec<_>>();
    assert_eq!(skipped, [false, false, true, true, false, false, false], "where frames are left out");
    let longer = of_a_step(&MotionConfig { hold: 99, ..config }, 4);
    assert!(longer.iter().skip(2).all(|frame| is_lit(frame, 4)), "longer than the clip");
}

#[test]
fn what_is_in_sight_is_a_level_above_black_whatever_the_network_draws() {
    let config = MotionConfig { hold: 3, levels: 4, ..config() };
    let found = of_a_step(&config, 1).concat();
    let steps =
        |value: &f32| (value * 3.0 - (value * 3.0).round()).abs() < 1e-6 && (0.0..=1.0).contains(value);
    assert!(found.iter().all(steps), "a value that is none of the four levels");
    let lit = |value: &&f32| **value > 0.0;
    assert!(found.iter().filter(lit).all(|value| *value > 0.3), "in sight, and black");
    assert!(found.iter().any(|value| lit(&value)) && found.contains(&0.0), "all alike");
}

#[test]
fn holding_needs_a_level_for_where_nothing_has_moved_and_an_end() {
    for (hold, levels) in [(1, 2), (1501, 8)] {
        let error = MotionConfig { hold, levels, ..config() }.validate().expect_err("held");
        assert!(error.to_string().contains(&format!("hold {hold}")), "{error}");
    }
}

#[test]
fn clips_of_one_batch_do_not_see_each_other() {
    let device = Device::flex();
    let network = config().init(&device);
    let [one, other] = [(); 2].map(|()| noise([3, 3, 32, 32], &device));
    let together = network.forward(Tensor::cat(vec![one.clone(), other], 0), (3, 1));
    let first = together.slice([0..3, 0..3, 0..32, 0..32]);
    assert_eq!(values(first), values(network.forward(one, (3, 1))), "a neighbour changes a clip");
}

#[test]
fn what_is_shown_is_grey_in_few_cells_of_few_levels() {
    let device = Device::flex();
    let network = config().init(&device);
    let shown = network.forward(noise([4, 3, 16, 40], &device), (2, 1));
    assert_eq!(shown.dims(), [4, 3, 16, 40], "shape changed");
    let found = values(shown);
    let picture = &found[3 * 16 * 40..6 * 16 * 40];
    for (place, value) in picture.iter().enumerate() {
        let (y, x) = (place % 640 / 40, place % 40);
        assert!((0.0..=1.0).contains(value), "{value} is no colour");
        assert_eq!(value * 7.0, (value * 7.0).round(), "a value between two of eight levels");
        assert_eq!(
            *value,
            picture[y / 2 * 2 * 40 + x / 5 * 5],
            "({x}, {y}) is another than its cell, or has a colour"
        );
    }
}

#[test]
fn signs_say_what_grew_brighter_and_darker_since_the_frame_so_far_before() {
    let device = Device::flex();
    let signs = Signs { grid: 8, threshold: 0.1, span: 1 };
    let frame = |value: f32| Tensor::<4>::full([1, 3, 16, 16], value, &device);
    let clip = Tensor::cat(vec![frame(0.2), frame(0.25), frame(0.5), frame(0.33)], 0);
    let first_of_each =
        |apart| -> Vec<f32> { signs_of(&signs, clip.clone(), (4, apart)).into_iter().step_by(64).collect() };
    assert_eq!(first_of_each(1), [0.0, 0.0, 1.0, -1.0], "since the frame before");
    assert_eq!(first_of_each(2), [1.0, 1.0, 1.0, 0.0], "since two frames before");
    assert_eq!(first_of_each(9), [1.0; 4], "no frame is so far before: the first is taken");
}

#[test]
fn signs_are_remembered_for_as_many_changes_as_asked_for_and_no_more() {
    let device = Device::flex();
    let frame = |value: f32| Tensor::<4>::full([1, 3, 16, 16], value, &device);
    let clip = [0.2, 0.2, 0.6, 0.6, 0.6, 0.3, 0.3, 0.3].map(frame).to_vec();
    let seen = |span, apart, channel: usize| -> Vec<f32> {
        let signs = Signs { grid: 8, threshold: 0.1, span };
        let found = values(signs.of(Tensor::cat(clip.clone(), 0), (8, apart)));
        found.into_iter().skip(64 * channel).step_by(3 * 64).collect()
    };
    assert_eq!(seen(1, 1, 2), [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], "brighter, forgotten at once");
    assert_eq!(seen(3, 1, 2), [0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0], "brighter, two changes remembered");
    assert_eq!(seen(4, 1, 0), [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0], "darker");
    assert_eq!(seen(4, 1, 1), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], "neither");
    assert_eq!(
        seen(2, 2, 2),
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0],
        "of two frames before, and that of two before these"
    );
    assert_eq!(seen(99, 1, 2), [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], "longer than the clip");
}

#[test]
fn a_cell_sees_what_is_about_its_middle() {
    let device = Device::flex();
    let signs = Signs { grid: 8, threshold: 0.03, span: 1 };
    let mut dot = vec![0.0_f32; 2 * 3 * 32 * 32];
    for channel in 0..3 {
        // Cell (5, 2) has its middle between the pixels 21 and 22, and 9 and 10.
        for pixel in [9 * 32 + 21, 9 * 32 + 22, 10 * 32 + 21, 10 * 32 + 22] {
            dot[(3 + channel) * 1024 + pixel] = 1.0;
        }
    }
    let clip = Tensor::from_data(TensorData::new(dot, [2, 3, 32, 32]), &device);
    let found = values(signs.seen(clip))[64..].to_vec();
    let brightest = found.iter().copied().fold(0.0, f32::max);
    assert_eq!(found[2 * 8 + 5], brightest, "seen elsewhere: {found:?}");
    let bell = |away: f32| (-0.5 * (away / SIGMA).powi(2)).exp();
    assert!(
        (found[2 * 8 + 6] / brightest - bell(1.0)).abs() < 0.05,
        "{} of it beside",
        found[2 * 8 + 6] / brightest
    );
    let flat = values(signs.seen(Tensor::ones([1, 3, 24, 40], &device)));
    assert!(flat.iter().all(|value| (value - 1.0).abs() < 1e-5), "edges grow dark");
}

#[test]
fn gradients_reach_the_network_through_the_levels_and_teach_it() {
    let device = Device::flex().autodiff();
    device.seed(3);
    let mut network = MotionConfig { levels: 4, ..config() }.init(&device);
    let mut optimizer = AdamWConfig::new().init();
    let clip = noise([4, 3, 16, 16], &device);
    let loss = |network: &Mover| (network.forward(clip.clone(), (2, 1)) - 1.0).square().mean();
    let first: f32 = loss(&network).into_scalar();
    for _ in 0..30 {
        let gradients = GradientsParams::from_grads(loss(&network).backward(), &network);
        assert_eq!(gradients.len(), 22, "weights and biases of eleven layers");
        network = optimizer.step(1e-2, network, gradients);
    }
    let last: f32 = loss(&network).into_scalar();
    assert!(last < 0.5 * first, "nothing was learnt: {first}, then {last}");
}

#[test]
fn a_configuration_that_describes_nothing_is_refused() {
    let with = |change: &dyn Fn(&mut MotionConfig)| {
        let mut config = config();
        change(&mut config);
        config.validate().map_err(|error| error.to_string())
    };
    assert_eq!(with(&|_| ()), Ok(()), "as it is");
    for (change, named) in [
        (&(|config: &mut MotionConfig| config.signs.grid = 12) as &dyn Fn(&mut MotionConfig), "12"),
        (&|config| config.signs.threshold = 0.0, "threshold 0"),
        (&|config| config.signs.threshold = f64::NAN, "threshold NaN"),
        (&|config| config.lag = 0, "lag 0"),
        (&|config| config.signs.span = 0, "span 0"),
        (&|config| config.cells = 17, "cells 17"),
        (&|config| config.cells = 0, "cells 0"),
        (&|config| config.levels = 1, "levels 1"),
        (&|config| config.groups = 3, "groups"),
    ] {
        let error = with(change).expect_err(named);
        assert!(error.contains(named), "{named}: {error}");
    }
}
