//! What a coder shows comes through its release alone, and training reaches every part of it.

use burn::tensor::{Distribution, Int, TensorData};

use super::*;
use crate::dp::trainable::perturbed;

const QUIET: MechanismConfig = MechanismConfig { clip: 1.0, sigma: 0.0, levels: None };
const NOISY: MechanismConfig = MechanismConfig { clip: 1.0, sigma: 0.5, levels: None };

fn config(every: usize, mechanism: MechanismConfig) -> DpConfig {
    DpConfig { width: 4, ..DpConfig::new((16, 5, every), mechanism) }
}

/// Codes of three frames, each two after the one before.
fn windows(mechanism: MechanismConfig) -> DpConfig {
    DpConfig { window: 3, ..config(6, mechanism) }
}

/// Codes of movement over three frames.
fn movement(mechanism: MechanismConfig) -> DpConfig {
    DpConfig { signs: Some(Signs { grid: 8, threshold: 0.03, span: 1 }), ..windows(mechanism) }
}

fn noise(n: usize, device: &Device) -> Tensor<4> {
    Tensor::random([n, 3, 16, 16], Distribution::Uniform(0.0, 1.0), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_into_vec().expect("values were converted")
}

/// Codes as they are released without noise.
fn codes(network: &Coder, frames: Tensor<4>) -> Tensor<2> {
    clipped(network.code(network.features(frames)), network.scale(), 1.0)
}

fn furthest(a: Tensor<4>, b: Tensor<4>) -> f32 {
    (a - b).abs().max().into_scalar()
}

/// Whether anything of the frames reaches the pictures when the tape is cut at the released codes: then there is a
/// way around the noise.
fn goes_around(config: &DpConfig, rewrite: impl Fn(&Coder, Tensor<4>, Tensor<2>) -> Tensor<4>) -> bool {
    let device = Device::flex().autodiff();
    device.seed(3);
    let network = config.init(&device);
    let frames = noise(2 * config.window, &device).require_grad();
    let codes = network.code(network.features(frames.clone()));
    let codes = perturbed(codes, network.scale(), &NOISY, 1.0);
    let codes = Tensor::from_inner(codes.inner()).require_grad();
    let slopes = rewrite(&network, frames.clone(), codes.clone()).sum().backward();
    assert!(codes.grad(&slopes).is_some(), "the pictures do not follow from the codes");
    frames.grad(&slopes).is_some()
}

#[test]
fn no_path_of_the_graph_goes_around_the_noise() {
    for config in [config(1, NOISY), windows(NOISY), movement(NOISY)] {
        let draw = |network: &Coder, codes| network.picture(codes, &[0.0, 0.5]);
        assert!(
            !goes_around(&config, |network, _, codes| draw(network, codes)),
            "a skip connection: {config:?}"
        );
        let skip =
            |network: &Coder, frames: Tensor<4>, codes| draw(network, codes) + frames.narrow(0, 0, 2) * 1e-3;
        assert!(goes_around(&config, skip), "a skip connection is not noticed: {config:?}");
        let statistic = |network: &Coder, frames: Tensor<4>, codes| {
            draw(network, codes) * frames.mean().reshape([1, 1, 1, 1])
        };
        assert!(goes_around(&config, statistic), "a statistic of the frames is not noticed: {config:?}");
    }
}

#[test]
fn what_is_drawn_is_the_same_to_the_bit_whatever_was_seen_and_whoever_is_in_the_batch() {
    let device = Device::flex();
    for config in [config(1, NOISY), windows(NOISY), movement(NOISY)] {
        let network = config.init(&device);
        let code = Tensor::<2>::random([1, 5], Distribution::Normal(0.0, 1.0), &device);
        let mut drawn = vec![];
        for _ in 0..3 {
            let other = codes(&network, noise(4 * config.window, &device)); // whatever is seen before
            let batch =
                network.picture(Tensor::cat(vec![code.clone(), other], 0), &[0.3, 0.1, 0.3, 0.5, 0.7]);
            drawn.push((values(network.picture(code.clone(), &[0.3])), values(batch.narrow(0, 0, 1))));
        }
        assert!(
            drawn.iter().all(|pictures| pictures.0 == drawn[0].0),
            "what was seen before is in the picture"
        );
        // A batch of another size may be computed in another order.
        let worst = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(drawn.iter().all(|(alone, batch)| worst(alone, batch) < 1e-6), "the batch is in the picture");
    }
}

/// The clip with one frame of another in its place.
fn with(clip: &Tensor<4>, other: &Tensor<4>, place: usize) -> Tensor<4> {
    let pick = |frame: usize| if frame == place { other } else { clip }.clone().narrow(0, frame, 1);
    Tensor::cat((0..clip.dims()[0]).map(pick).collect(), 0)
}

#[test]
fn each_window_shows_its_own_frames_and_only_those_that_are_read() {
    let device = Device::flex();
    for config in [windows(QUIET), movement(QUIET)] {
        let network = config.init(&device);
        let (clip, other) = (noise(15, &device), noise(15, &device));
        let before = network.forward(clip.clone(), 15);
        for frame in 0..15 {
            let after = network.forward(with(&clip, &other, frame), 15);
            assert_eq!(config.reads(frame), frame % 2 == 0);
            for window in 0..3 {
                let (from, many) = (6 * window, 6.min(15 - 6 * window));
                let of = |pictures: &Tensor<4>| pictures.clone().narrow(0, from, many);
                let moved = furthest(of(&before), of(&after));
                let wanted = frame / 6 == window && frame % 2 == 0;
                assert_eq!(moved > 0.0, wanted, "frame {frame} moves window {window} by {moved}");
            }
        }
    }
}

#[test]
fn a_window_is_drawn_from_one_code_at_so_many_phases() {
    let config = windows(QUIET);
    assert_eq!((config.stride(), config.lag()), (2, 4));
    let place = |frame| {
        let Place { from, to, share, phase } = config.place(frame);
        assert_eq!((from, share), (to, 1.0), "codes of windows do not mix");
        (to, phase)
    };
    assert_eq!([0, 3, 5, 6].map(place), [(0, 0.0), (0, 0.5), (0, 5.0 / 6.0), (1, 0.0)]);
    assert_eq!((0..12).filter(|frame| config.releases_after(*frame)).collect::<Vec<_>>(), [4, 10]);
    let device = Device::flex();
    let network = config.init(&device);
    let clip = noise(9, &device);
    let found = network.forward(clip.clone(), 9);
    // The second window ends in the clip: 6, 8, and 8 again.
    let read = [0, 2, 4, 6, 8, 8].map(|frame| clip.clone().narrow(0, frame, 1));
    let [first, second] = codes(&network, Tensor::cat(read.to_vec(), 0)).chunk(2, 0).try_into().expect("two");
    for (frame, code, phase) in [(0, &first, 0.0), (5, &first, 5.0 / 6.0), (7, &second, 1.0 / 6.0)] {
        let wanted = network.picture(code.clone(), &[phase]);
        let found = found.clone().narrow(0, frame, 1);
        assert!(furthest(found.clone(), wanted.clone()) < 1e-5, "{frame}: {}", furthest(found, wanted));
    }
    let last = network.last(clip.clone(), 9);
    assert!(furthest(last, found.narrow(0, 8, 1)) < 1e-5, "the last frame is another when it is drawn alone");
    let apart = furthest(network.picture(first.clone(), &[0.0]), network.picture(first, &[0.5]));
    assert!(apart > 1e-4, "the phase does not count: {apart}");
}

#[test]
fn a_code_tells_the_order_of_the_frames_and_a_picture_is_a_window_that_stands_still() {
    let device = Device::flex();
    let network = windows(QUIET).init(&device);
    let clip = noise(3, &device);
    let (there, back) = (codes(&network, clip.clone()), codes(&network, clip.clone().flip([0])));
    let apart: f32 = (there - back).abs().max().into_scalar();
    assert!(apart > 1e-4, "there and back are one code");
    let still = network.forward(clip.clone().narrow(0, 1, 1), 1);
    let code = codes(&network, clip.narrow(0, 1, 1).repeat(&[3, 1, 1, 1]));
    assert!(furthest(still, network.picture(code, &[0.0])) < 1e-5, "a single frame fills its window");
}

/// A square of light that walks over a room: three frames. Light adds: what is seen of somebody before a wall depends on
/// the contrast as well.
fn walking(room: &Tensor<4>) -> Tensor<4> {
    let device = room.device();
    let frame = |at: usize| {
        let light = Tensor::<4>::ones([1, 3, 6, 4], &device) * 0.5;
        room.clone() * 0.4
            + Tensor::zeros([1, 3, 16, 16], &device).slice_assign([0..1, 0..3, 5..11, at..at + 4], light)
    };
    Tensor::cat([1, 5, 9].map(frame).to_vec(), 0)
}

#[test]
fn no_still_room_is_in_a_code_of_movement() {
    let device = Device::flex();
    let rooms = [noise(1, &device), noise(1, &device)];
    let apart = |config: &DpConfig, clips: [Tensor<4>; 2]| -> f32 {
        let network = config.init(&device);
        let [one, other] = clips.map(|clip| codes(&network, clip));
        (one - other).abs().max().into_scalar()
    };
    let [here, there] = rooms.each_ref().map(walking);
    assert_eq!(apart(&movement(QUIET), [here.clone(), there.clone()]), 0.0, "the room is in the code");
    assert!(apart(&windows(QUIET), [here.clone(), there]) > 1e-4, "not even pictures tell these rooms apart");
    let still = rooms[0].clone().repeat(&[3, 1, 1, 1]) * 0.4;
    assert!(apart(&movement(QUIET), [here, still]) > 1e-4, "the movement is not in the code");
}

#[test]
fn a_self_test_reaches_what_sees() {
    let device = Device::flex();
    for config in [config(1, QUIET), windows(QUIET), movement(QUIET)] {
        let network = config.init(&device);
        let [one, other] = [1.0, 0.0].map(|grey| {
            let half = Tensor::<4>::ones([1, 3, 16, 8], &device);
            DpConfig::answer_logits(&network, Tensor::cat(vec![half.clone() * grey, half * 0.5], 3))
        });
        assert!(furthest(one, other) > 1e-4, "whatever is seen, the answer is one: {config:?}");
    }
}

#[test]
fn whitened_codes_differ_by_about_the_clip_and_go_on_learning() {
    let device = Device::flex().autodiff();
    device.seed(5);
    let clips = Tensor::cat((0..6).map(|_| walking(&noise(1, &device))).collect(), 0) * noise(18, &device);
    for config in [windows(NOISY), movement(NOISY)] {
        let network = config.init(&device);
        let spread = |network: &Coder| -> (f32, f32) {
            let codes = network.code(network.features(clips.clone())) / network.scale().unsqueeze();
            let middle = codes.clone().mean_dim(0);
            let length = (codes - middle.clone()).square().sum_dim(1).mean().sqrt().into_scalar();
            (middle.abs().max().into_scalar(), length)
        };
        let (_, before) = spread(&network);
        let network = network.with_skip(2).whitened(clips.clone(), 3);
        let (middle, length) = spread(&network);
        assert!(
            middle < 1e-3 && (length - 1.0).abs() < 1e-3,
            "about {middle}, as long as {length}: {config:?}"
        );
        assert!(before < 0.5, "they were as long as {before} before: there is nothing to whiten");
        let slopes = network.forward(clips.clone(), 3).mean().backward();
        assert!(network.scale_param().grad(&slopes).is_some(), "the scale learns no more");
        for (name, slope) in network.slopes_for_tests(&slopes) {
            assert!(slope.is_some_and(|slope| slope > 0.0), "{name} learns no more");
        }
        let still = clips.clone().narrow(0, 0, 1).repeat(&[18, 1, 1, 1]);
        let scale = values(network.scale());
        assert_eq!(
            values(network.whitened(still, 3).scale()),
            scale,
            "what is all the same has scaled the codes"
        );
    }
}

#[test]
fn cards_from_before_there_were_windows_are_of_one_frame() {
    let mut card = serde_json::to_value(config(4, NOISY)).expect("JSON");
    assert!(card.get("signs").is_none(), "codes of pictures say nothing of signs: {card}");
    card.as_object_mut().expect("fields").remove("window").expect("the new field");
    let read: DpConfig = serde_json::from_value(card).expect("an old card");
    assert_eq!((&read, read.window, read.lag()), (&config(4, NOISY), 1, 0));
}

#[test]
fn frames_between_releases_are_not_read() {
    let device = Device::flex();
    let network = config(3, QUIET).init(&device);
    let clip = noise(7, &device);
    let other = noise(7, &device);
    let with = |place: usize| network.forward(with(&clip, &other, place), 7);
    let before = network.forward(clip.clone(), 7);
    for frame in 0..7 {
        let moved = furthest(before.clone(), with(frame));
        assert_eq!(moved > 0.0, frame % 3 == 0, "frame {frame} moves the pictures by {moved}");
    }
    // And a release is not seen before it is made.
    let early = |pictures: Tensor<4>| pictures.narrow(0, 0, 6);
    assert_eq!(furthest(early(before), early(with(6))), 0.0, "the last frame is seen before it is there");
}

#[test]
fn codes_are_approached_over_the_frames_until_the_next() {
    let config = config(4, QUIET);
    let place = |frame| {
        let Place { from, to, share, phase } = config.place(frame);
        assert_eq!(phase, 0.0);
        (from, to, share)
    };
    assert_eq!([0, 3].map(place), [(0, 0, 1.0); 2], "the first is shown at once");
    assert_eq!([4, 5, 7, 8].map(place), [(0, 1, 0.25), (0, 1, 0.5), (0, 1, 1.0), (1, 2, 0.25)]);
    assert_eq!([1, 4, 5, 28].map(|frames| config.releases(frames)), [1, 1, 2, 7]);
    let device = Device::flex();
    let network = config.init(&device);
    let clip = noise(6, &device);
    let codes = codes(&network, clip.clone());
    let [first, second] = [0, 4].map(|frame| codes.clone().narrow(0, frame, 1));
    let wanted = network.picture(first * 0.5 + second * 0.5, &[0.0]);
    let found = network.forward(clip, 6).narrow(0, 5, 1);
    assert!(furthest(found.clone(), wanted.clone()) < 1e-5, "{}", furthest(found, wanted));
}

#[test]
fn clips_that_skip_frames_are_those_frames_of_the_whole_clip() {
    let device = Device::flex();
    for config in [config(6, QUIET), windows(QUIET), movement(QUIET)] {
        let network = config.init(&device);
        let clip = noise(16, &device);
        let some =
            Tensor::<1, Int>::from_data(TensorData::new((0..8_i64).map(|i| 2 * i).collect(), [8]), &device);
        let wanted = network.forward(clip.clone(), 16).select(0, some.clone());
        let found = network.with_skip(2).forward(clip.select(0, some), 8);
        assert!(furthest(found.clone(), wanted.clone()) < 1e-5, "{}", furthest(found, wanted));
    }
}

#[test]
fn noise_is_fresh_for_each_release_and_none_where_training_begins() {
    let device = Device::flex();
    device.seed(1);
    let network = config(1, NOISY).init(&device);
    let twice = || {
        let one = noise(1, &Device::flex());
        Tensor::cat(vec![one.clone(), one], 0)
    };
    let frames = twice();
    let [first, second] = network.forward(frames.clone(), 2).chunk(2, 0).try_into().expect("two frames");
    assert!(furthest(first, second) > 1e-4, "two releases of one clip have one noise");
    let differ =
        |network: &Coder| furthest(network.forward(frames.clone(), 1), network.forward(frames.clone(), 1));
    assert!(differ(&network) > 1e-4, "two moves have one noise");
    assert_eq!(differ(&network.with_noise_share(0.0)), 0.0, "there is noise where none was asked for");
}

#[test]
fn gradients_reach_encoder_scale_and_decoder() {
    let device = Device::flex().autodiff();
    device.seed(2);
    for config in [config(2, NOISY), windows(NOISY), movement(NOISY)] {
        let network = config.init(&device);
        let (frames, wanted) = (noise(12, &device), noise(12, &device));
        let slopes = (network.forward(frames, 12) - wanted).square().mean().backward();
        let largest = |name: &str, slope: Option<f32>| {
            let slope = slope.unwrap_or_else(|| panic!("no gradient reaches {name}"));
            assert!(slope.is_finite() && slope > 1e-8, "the gradient of {name} is {slope}: {config:?}");
        };
        for (name, slope) in network.slopes_for_tests(&slopes) {
            largest(name, slope);
        }
        let scale = network.scale_param().grad(&slopes);
        largest("the scale", scale.map(|slope| slope.abs().min().into_scalar::<f32>()));
    }
}

#[test]
fn numbers_that_describe_nothing_are_named() {
    let sentence = |config: DpConfig| config.validate().expect_err("refused").to_string();
    assert!(sentence(DpConfig { code: 0, ..config(1, NOISY) }).contains("code 0"), "code");
    assert!(sentence(DpConfig { code: 257, ..config(1, NOISY) }).contains("code 257"), "code");
    assert!(sentence(DpConfig { side: 20, ..config(1, NOISY) }).contains("side 20"), "side");
    assert!(sentence(config(0, NOISY)).contains("every 0"), "every");
    for window in [0, 4, 12] {
        let refused = sentence(DpConfig { window, ..windows(NOISY) });
        assert!(refused.contains(&format!("window {window} is no divisor of every 6")), "{refused}");
    }
    let odd = Signs { grid: 12, threshold: 0.03, span: 1 };
    let of = |signs| DpConfig { signs: Some(signs), ..windows(NOISY) };
    assert!(sentence(of(odd)).contains("grid 12"), "grid");
    assert!(sentence(of(Signs { threshold: 1.0, grid: 8, ..odd })).contains("threshold 1"), "threshold");
    assert!(sentence(of(Signs { span: 0, grid: 8, ..odd })).contains("span 0"), "span");
    assert!(sentence(DpConfig { window: 1, ..movement(NOISY) }).contains("window 1"), "window");
    let loud = MechanismConfig { clip: -1.0, ..NOISY };
    assert!(sentence(config(1, loud)).contains("clip -1"), "clip");
}
