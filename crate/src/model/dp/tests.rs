//! What a coder shows comes through its release alone, and training reaches every part of it.

use burn::tensor::Distribution;

use super::*;

const QUIET: MechanismConfig = MechanismConfig { clip: 1.0, sigma: 0.0 };
const NOISY: MechanismConfig = MechanismConfig { clip: 1.0, sigma: 0.5 };

fn config(every: usize, mechanism: MechanismConfig) -> DpConfig {
    DpConfig { width: 4, ..DpConfig::new((16, 5, every), mechanism) }
}

fn noise(n: usize, device: &Device) -> Tensor<4> {
    Tensor::random([n, 3, 16, 16], Distribution::Uniform(0.0, 1.0), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_into_vec().expect("values were converted")
}

fn furthest(a: Tensor<4>, b: Tensor<4>) -> f32 {
    (a - b).abs().max().into_scalar()
}

/// Whether anything of the frames reaches the pictures when the tape is cut at the released codes: then there is a
/// way around the noise.
fn goes_around(rewrite: impl Fn(&Coder, Tensor<4>, Tensor<2>) -> Tensor<4>) -> bool {
    let device = Device::flex().autodiff();
    device.seed(3);
    let network = config(1, NOISY).init(&device);
    let frames = noise(2, &device).require_grad();
    let codes = perturbed(network.code(frames.clone()), network.scale(), &NOISY, 1.0);
    let codes = Tensor::from_inner(codes.inner()).require_grad();
    let slopes = rewrite(&network, frames.clone(), codes.clone()).sum().backward();
    assert!(codes.grad(&slopes).is_some(), "the pictures do not follow from the codes");
    frames.grad(&slopes).is_some()
}

#[test]
fn no_path_of_the_graph_goes_around_the_noise() {
    assert!(!goes_around(|network, _, codes| network.picture(codes)), "the network has a skip connection");
    let skip = |network: &Coder, frames: Tensor<4>, codes| network.picture(codes) + frames * 1e-3;
    assert!(goes_around(skip), "a skip connection is not noticed");
    let statistic = |network: &Coder, frames: Tensor<4>, codes: Tensor<2>| {
        network.picture(codes) * frames.mean().reshape([1, 1, 1, 1])
    };
    assert!(goes_around(statistic), "a statistic of the frames is not noticed");
}

#[test]
fn what_is_drawn_is_the_same_to_the_bit_whatever_was_seen_and_whoever_is_in_the_batch() {
    let device = Device::flex();
    let network = config(1, NOISY).init(&device);
    let code = Tensor::<2>::random([1, 5], Distribution::Normal(0.0, 1.0), &device);
    let mut drawn = vec![];
    for _ in 0..3 {
        let seen = network.code(noise(4, &device)); // whatever is seen before
        let other = clipped(seen, network.scale(), 1.0);
        let batch = network.picture(Tensor::cat(vec![code.clone(), other], 0));
        drawn.push((values(network.picture(code.clone())), values(batch.narrow(0, 0, 1))));
    }
    assert!(drawn.iter().all(|pictures| pictures.0 == drawn[0].0), "what was seen before is in the picture");
    // A batch of another size may be computed in another order.
    let worst = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(drawn.iter().all(|(alone, batch)| worst(alone, batch) < 1e-6), "the batch is in the picture");
}

#[test]
fn frames_between_releases_are_not_read() {
    let device = Device::flex();
    let network = config(3, QUIET).init(&device);
    let clip = noise(7, &device);
    let other = noise(7, &device);
    let with = |place: usize| {
        let pick =
            |frame: usize| if frame == place { other.clone() } else { clip.clone() }.narrow(0, frame, 1);
        network.forward(Tensor::cat((0..7).map(pick).collect(), 0), 7)
    };
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
        let Place { from, to, share } = config.place(frame);
        (from, to, share)
    };
    assert_eq!([0, 3].map(place), [(0, 0, 1.0); 2], "the first is shown at once");
    assert_eq!([4, 5, 7, 8].map(place), [(0, 1, 0.25), (0, 1, 0.5), (0, 1, 1.0), (1, 2, 0.25)]);
    assert_eq!([1, 4, 5, 28].map(|frames| config.releases(frames)), [1, 1, 2, 7]);
    let device = Device::flex();
    let network = config.init(&device);
    let clip = noise(6, &device);
    let codes = clipped(network.code(clip.clone()), network.scale(), 1.0);
    let [first, second] = [0, 4].map(|frame| codes.clone().narrow(0, frame, 1));
    let wanted = network.picture(first * 0.5 + second * 0.5);
    let found = network.forward(clip, 6).narrow(0, 5, 1);
    assert!(furthest(found.clone(), wanted.clone()) < 1e-5, "{}", furthest(found, wanted));
}

#[test]
fn clips_that_skip_frames_are_those_frames_of_the_whole_clip() {
    let device = Device::flex();
    let network = config(6, QUIET).init(&device);
    let clip = noise(16, &device);
    let some =
        Tensor::<1, Int>::from_data(TensorData::new((0..8_i64).map(|i| 2 * i).collect(), [8]), &device);
    let wanted = network.forward(clip.clone(), 16).select(0, some.clone());
    let found = network.with_skip(2).forward(clip.select(0, some), 8);
    assert!(furthest(found.clone(), wanted.clone()) < 1e-5, "{}", furthest(found, wanted));
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
    let network = config(2, NOISY).init(&device);
    let (frames, wanted) = (noise(4, &device), noise(4, &device));
    let slopes = (network.forward(frames, 4) - wanted).square().mean().backward();
    let largest = |name: &str, slope: Option<f32>| {
        let slope = slope.unwrap_or_else(|| panic!("no gradient reaches {name}"));
        assert!(slope.is_finite() && slope > 1e-8, "the gradient of {name} is {slope}");
    };
    let of = |tensor: Option<Tensor<4>>| tensor.map(|slope| slope.abs().max().into_scalar::<f32>());
    largest("the first layer", of(network.stem.weight.val().grad(&slopes)));
    largest("the last layer", of(network.head.weight.val().grad(&slopes)));
    let scale = network.log_scale.val().grad(&slopes);
    largest("the scale", scale.map(|slope| slope.abs().min().into_scalar::<f32>()));
}

#[test]
fn numbers_that_describe_nothing_are_named() {
    let sentence = |config: DpConfig| config.validate().expect_err("refused").to_string();
    assert!(sentence(DpConfig { code: 0, ..config(1, NOISY) }).contains("code 0"), "code");
    assert!(sentence(DpConfig { code: 257, ..config(1, NOISY) }).contains("code 257"), "code");
    assert!(sentence(DpConfig { side: 20, ..config(1, NOISY) }).contains("side 20"), "side");
    assert!(sentence(config(0, NOISY)).contains("every 0"), "every");
    let loud = MechanismConfig { clip: -1.0, ..NOISY };
    assert!(sentence(config(1, loud)).contains("clip -1"), "clip");
}
