//! What attackers are made of, and how they learn.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{GroupNorm, GroupNormConfig, Initializer, LinearConfig, PaddingConfig2d};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::module::adaptive_avg_pool2d;
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom as _;

use super::{AT_ONCE, Effort, Family};

/// Cells along each side of a picture that the linear probe sees.
const CELLS: usize = 12;
/// The stages of the small CNN: channels, side of the kernel, stride. About 40,000 weights.
const STAGES: [(usize, usize, usize); 3] = [(24, 4, 4), (48, 3, 2), (64, 3, 2)];
/// Parts along each side of a picture in which the CNN's features are averaged. Faces are told better with more
/// parts (they are cut out alike), bodies with fewer (they move): of 1, 2 and 3, two serve both.
const PARTS: usize = 2;
/// Keeps a picture that never changes from being divided by nothing: a quarter of a step of 8 bits.
const LEAST_SPREAD: f32 = 1e-3;

/// How one attacker learns.
pub(super) struct Lessons {
    family: Family,
    steps: usize,
    batch: usize,
    /// Rate of the first step; it falls to nothing in a straight line.
    rate: f64,
    /// What a step takes off each weight, as a multiple of the rate.
    decay: f32,
}

impl Lessons {
    pub(super) fn new(family: Family, effort: &Effort) -> Self {
        let (steps, rate, decay) = match family {
            Family::Linear => (effort.linear_steps, 3e-3, 1.0),
            Family::Cnn => (effort.cnn_steps, 4e-3, 0.5),
        };
        Self { family, steps, batch: effort.batch, rate, decay }
    }
}

#[derive(Module, Debug)]
enum Network {
    Linear(burn::nn::Linear),
    Cnn(Cnn),
}

#[derive(Module, Debug)]
struct Cnn {
    convolutions: Vec<Conv2d>,
    norms: Vec<GroupNorm>,
    head: burn::nn::Linear,
}

impl Network {
    /// Weights drawn from `rng`, never from the backend's generator.
    fn new(family: Family, classes: usize, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        // Heads start at nothing: every class is as likely as another.
        let head =
            |from: usize| LinearConfig::new(from, classes).with_initializer(Initializer::Zeros).init(device);
        match family {
            Family::Linear => Self::Linear(head(3 * CELLS * CELLS)),
            Family::Cnn => {
                let (mut convolutions, mut norms, mut from) = (vec![], vec![], 3);
                for (to, kernel, stride) in STAGES {
                    convolutions.push(convolution([from, to], kernel, stride, rng, device));
                    norms.push(GroupNormConfig::new(4, to).init(device));
                    from = to;
                }
                Self::Cnn(Cnn { convolutions, norms, head: head(from * PARTS * PARTS) })
            }
        }
    }

    /// Scores of each class, before softmax.
    ///
    /// # Shapes
    /// - `pictures`: `[n, 3, h, w]`, centred and scaled; 12 by 12 for the linear probe
    /// - returns `[n, classes]`
    fn forward(&self, pictures: Tensor<4>) -> Tensor<2> {
        match self {
            Self::Linear(linear) => linear.forward(pictures.flatten(1, 3)),
            Self::Cnn(cnn) => {
                let stages = cnn.convolutions.iter().zip(&cnn.norms);
                let features = stages
                    .fold(pictures, |x, (convolution, norm)| relu(norm.forward(convolution.forward(x))));
                cnn.head.forward(adaptive_avg_pool2d(features, [PARTS; 2]).flatten(1, 3))
            }
        }
    }
}

/// A convolution with the spread of weights of He et al., arXiv:1502.01852, evenly distributed.
fn convolution(
    [from, to]: [usize; 2],
    kernel: usize,
    stride: usize,
    rng: &mut ChaCha8Rng,
    device: &Device,
) -> Conv2d {
    let edge = (kernel - 1) / 2;
    let config = Conv2dConfig::new([from, to], [kernel; 2])
        .with_stride([stride; 2])
        .with_padding(PaddingConfig2d::Explicit(edge, edge, edge, edge))
        .with_bias(false)
        .with_initializer(Initializer::Zeros);
    let inputs = from * kernel * kernel;
    let reach = (6.0 / inputs as f32).sqrt();
    let values: Vec<f32> = (0..inputs * to).map(|_| rng.random_range(-reach..reach)).collect();
    let values = TensorData::new(values, [to, from, kernel, kernel]);
    Conv2d { weight: Param::from_tensor(Tensor::from_data(values, device)), ..config.init(device) }
}

/// How pictures are brought to a network: the mean picture of those it learns from becomes 0, their spread 1.
struct Scale {
    family: Family,
    mean: Tensor<4>,
    spread: Tensor<4>,
}

impl Scale {
    fn new(family: Family, known: &Tensor<4>) -> Self {
        let known = sized(family, known.clone());
        let mean = known.clone().mean_dim(0);
        let variance = (known - mean.clone()).square().mean_dim(0);
        let variance = match family {
            Family::Linear => variance,
            // One for all pixels: dead ones shall not become noise between live ones.
            Family::Cnn => variance.mean_dims(&[1, 2, 3]),
        };
        Self { family, mean, spread: variance.sqrt() + LEAST_SPREAD }
    }

    fn apply(&self, pictures: Tensor<4>) -> Tensor<4> {
        (sized(self.family, pictures) - self.mean.clone()) / self.spread.clone()
    }
}

fn sized(family: Family, pictures: Tensor<4>) -> Tensor<4> {
    match family {
        Family::Linear => adaptive_avg_pool2d(pictures, [CELLS; 2]),
        Family::Cnn => pictures,
    }
}

/// Lets a network learn from `known` pictures with their labels, and returns the log-probability it gives to
/// each class for each of `asked`.
///
/// # Shapes
/// - `known`, `asked`: `[n, 3, h, w]` and `[m, 3, h, w]`, sRGB in `[0, 1]`, on a device without autodiff
/// - returns `m` rows of `classes`
pub(super) fn guesses(
    lessons: &Lessons,
    (known, labels): (&Tensor<4>, &[usize]),
    asked: &Tensor<4>,
    classes: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<Vec<f32>> {
    let scale = Scale::new(lessons.family, known);
    let network = fit(lessons, &scale.apply(known.clone()), labels, classes, rng).valid();
    let parts = asked.clone().split(AT_ONCE, 0).into_iter();
    let scores = parts.map(|some| log_softmax(network.forward(scale.apply(some)), 1));
    rows(Tensor::cat(scores.collect(), 0))
}

fn fit(
    lessons: &Lessons,
    known: &Tensor<4>,
    labels: &[usize],
    classes: usize,
    rng: &mut ChaCha8Rng,
) -> Network {
    let device = known.device();
    let learning = device.clone().autodiff();
    let mut network = Network::new(lessons.family, classes, rng, &learning);
    let mut optimizer = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(lessons.decay).init();
    let mut order: Vec<usize> = vec![];
    for step in 0..lessons.steps {
        let batch = next(&mut order, lessons.batch, labels.len(), rng);
        let targets: Vec<i64> = batch.iter().map(|place| labels[*place] as i64).collect();
        let targets = Tensor::<1, Int>::from_data(TensorData::new(targets, [batch.len()]), &learning);
        let scores = network.forward(Tensor::from_inner(half_mirrored(known, &batch)));
        let loss = -log_softmax(scores, 1).gather(1, targets.reshape([batch.len(), 1])).mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        let rate = lessons.rate * (1.0 - step as f64 / lessons.steps as f64);
        network = optimizer.step(rate, network, gradients);
    }
    network
}

/// The next places of a shuffled order of `total`, which begins anew when it runs out.
fn next(order: &mut Vec<usize>, batch: usize, total: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut places = Vec::with_capacity(batch);
    while places.len() < batch {
        if order.is_empty() {
            order.extend(0..total);
            order.shuffle(rng);
        }
        places.extend(order.pop());
    }
    places
}

/// The pictures at `places`, the first half of them as in a mirror: nothing private is on one side only.
fn half_mirrored(known: &Tensor<4>, places: &[usize]) -> Tensor<4> {
    let places: Vec<i64> = places.iter().map(|place| *place as i64).collect();
    let count = places.len();
    let places = Tensor::<1, Int>::from_data(TensorData::new(places, [count]), &known.device());
    let batch = known.clone().select(0, places);
    let halves = batch.split(count.div_ceil(2), 0).into_iter().enumerate();
    Tensor::cat(halves.map(|(half, some)| if half == 0 { some.flip([3]) } else { some }).collect(), 0)
}

fn rows(scores: Tensor<2>) -> Vec<Vec<f32>> {
    let [_, columns] = scores.dims();
    let values: Vec<f32> =
        scores.into_data().convert::<f32>().try_into_vec().expect("values were converted to f32");
    values.chunks(columns).map(<[f32]>::to_vec).collect()
}
