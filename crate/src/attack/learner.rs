//! How attackers learn and answer.

use burn::module::{Module, Param};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::activation::log_softmax;
use burn::tensor::module::adaptive_avg_pool2d;
use burn::tensor::{Bytes, Device, Int, Tensor, TensorData};
use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom as _;

use super::network::{CELLS, Network};
use super::{AT_ONCE, Effort, Family};
use crate::data::spread;
use crate::rng::Seed;

/// Keeps a picture that never changes from being divided by nothing: a quarter of a step of 8 bits.
const LEAST_SPREAD: f32 = 1e-3;
/// The most pictures from which mean and spread are found.
const MOST_SCALED: usize = 1_500;
/// What [`Family::Temporal`] sees at once: frames, and how many frames of the clip they are apart.
const WINDOW: (usize, usize) = (8, 2);
/// Windows that are asked about in a clip.
const WINDOWS: usize = 3;

/// Pictures that are known by number.
pub trait Album {
    /// The pictures with these numbers.
    ///
    /// # Shapes
    /// - returns `[numbers, 3, h, w]`, sRGB in `[0, 1]` in steps of 1/255, on a device without autodiff
    fn show(&self, numbers: &[usize]) -> Tensor<4>;
}

/// A clip or a part of it, and what there is to guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Its frames in order of time, by their numbers in the album.
    pub frames: Vec<usize>,
    /// The right answer.
    pub label: usize,
}

/// An attacker that has learnt.
#[derive(Debug)]
pub struct Attacker {
    family: Family,
    trained: Trained,
}

#[derive(Module, Debug)]
struct Trained {
    network: Network,
    mean: Param<Tensor<4>>,
    spread: Param<Tensor<4>>,
}

impl Attacker {
    /// Lets a fresh attacker learn from the examples. Which frame (or window) of an example a step shows is
    /// drawn anew each time. Everything is drawn from `rng`, nothing from the backend's generator.
    pub fn learn(
        family: Family,
        album: &dyn Album,
        (examples, classes): (&[Example], usize),
        effort: &Effort,
        rng: &mut ChaCha8Rng,
    ) -> Self {
        let (mean, spread) = scale(family, album, examples);
        let device = mean.device();
        let learning = device.clone().autodiff();
        let lessons = Lessons::new(family, effort);
        let mut network = Network::new(family, classes, rng, &learning);
        let mut optimizer = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(lessons.decay).init();
        let mut order: Vec<usize> = vec![];
        for step in 0..lessons.steps {
            let batch = next(&mut order, lessons.batch, examples.len(), rng);
            let numbers: Vec<usize> =
                batch.iter().flat_map(|place| family.drawn(&examples[*place].frames, rng)).collect();
            let mut pictures = sized(family, album.show(&numbers));
            if effort.mirrored {
                pictures = half_mirrored(pictures, family.at_once());
            }
            let pictures = Tensor::from_inner((pictures - mean.clone()) / spread.clone());
            let labels: Vec<i64> = batch.iter().map(|place| examples[*place].label as i64).collect();
            let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [batch.len()]), &learning);
            let scores = network.forward(pictures, family.at_once());
            let loss = -log_softmax(scores, 1).gather(1, labels.reshape([batch.len(), 1])).mean();
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            let rate = lessons.rate * (1.0 - step as f64 / lessons.steps as f64);
            network = optimizer.step(rate, network, gradients);
        }
        let (mean, spread) = (Param::from_tensor(mean), Param::from_tensor(spread));
        Self { family, trained: Trained { network: network.valid(), mean, spread } }
    }

    /// The log-probability of each class, for each of at most `most` looks at each example: at single frames,
    /// evenly spread over it, or at windows.
    pub fn answers(&self, album: &dyn Album, examples: &[Example], most: usize) -> Vec<Vec<Vec<f32>>> {
        let forward = |network: &Network, pictures, t| log_softmax(network.forward(pictures, t), 1);
        self.looks(album, examples, most, &forward)
    }

    /// What the decision rests on, for the same looks as [`answers`](Self::answers): a vector each, of as many
    /// numbers as the family has features.
    pub fn features(&self, album: &dyn Album, examples: &[Example], most: usize) -> Vec<Vec<Vec<f32>>> {
        self.looks(album, examples, most, &Network::features)
    }

    fn looks(
        &self,
        album: &dyn Album,
        examples: &[Example],
        most: usize,
        forward: &dyn Fn(&Network, Tensor<4>, usize) -> Tensor<2>,
    ) -> Vec<Vec<Vec<f32>>> {
        let (family, at_once) = (self.family, self.family.at_once());
        if examples.is_empty() {
            return vec![];
        }
        let looks: Vec<Vec<Vec<usize>>> =
            examples.iter().map(|example| family.looks(&example.frames, most)).collect();
        let numbers: Vec<usize> = looks.iter().flatten().flatten().copied().collect();
        let parts = numbers.chunks(AT_ONCE / at_once * at_once).map(|some| {
            let pictures = sized(family, album.show(some));
            let pictures = (pictures - self.trained.mean.val()) / self.trained.spread.val();
            forward(&self.trained.network, pictures, at_once)
        });
        let mut rows = rows(Tensor::cat(parts.collect(), 0)).into_iter();
        looks.iter().map(|looks| rows.by_ref().take(looks.len()).collect()).collect()
    }

    /// What it has learnt, for [`from_bytes`](Self::from_bytes).
    ///
    /// # Errors
    /// [`RecordError`] if the framework cannot write it.
    pub fn into_bytes(&self) -> Result<Bytes, RecordError> {
        self.trained.clone().into_record().into_bytes()
    }

    /// An attacker that has learnt earlier: of this family, to tell so many classes, on pictures of so many pixels
    /// along each side.
    ///
    /// # Errors
    /// [`RecordError`] if the bytes are not those of such an attacker.
    pub fn from_bytes(
        family: Family,
        (classes, side): (usize, usize),
        bytes: Bytes,
        device: &Device,
    ) -> Result<Self, RecordError> {
        let (mean, spread) = match family {
            Family::Linear => ([1, 3, CELLS, CELLS], [1, 3, CELLS, CELLS]),
            Family::Cnn | Family::Wide => ([1, 3, side, side], [1; 4]),
            Family::Temporal => ([1; 4], [1; 4]),
        };
        // Every number here is replaced.
        let network = Network::new(family, classes, &mut Seed(0).rng("replaced"), device);
        let [mean, spread] = [mean, spread].map(|shape| Param::from_tensor(Tensor::zeros(shape, device)));
        let trained = Trained { network, mean, spread };
        Ok(Self { family, trained: trained.try_load_record(ModuleRecord::from_bytes(bytes)?)? })
    }
}

/// How one attacker learns.
struct Lessons {
    steps: usize,
    batch: usize,
    /// Rate of the first step; it falls to nothing in a straight line.
    rate: f64,
    /// What a step takes off each weight, as a multiple of the rate.
    decay: f32,
}

impl Lessons {
    fn new(family: Family, effort: &Effort) -> Self {
        let (rate, decay) = match family {
            Family::Linear => (3e-3, 1.0),
            Family::Cnn => (4e-3, 0.5),
            Family::Wide => (3e-3, 0.5),
            Family::Temporal => (3e-3, 0.1),
        };
        // A step of windows shows as many pictures as two of single ones.
        let batch = if family == Family::Temporal { effort.batch / 4 } else { effort.batch };
        Self { steps: effort.steps(family), batch: batch.max(1), rate, decay }
    }
}

impl Family {
    /// Pictures shown at once.
    fn at_once(self) -> usize {
        if self == Self::Temporal { WINDOW.0 } else { 1 }
    }

    /// A frame, or the frames of a window, drawn from an example.
    fn drawn(self, frames: &[usize], rng: &mut ChaCha8Rng) -> Vec<usize> {
        if self == Self::Temporal {
            window(frames, rng.random_range(0.0..1.0))
        } else {
            vec![frames[rng.random_range(0..frames.len())]]
        }
    }

    /// What is looked at when an example is asked about.
    fn looks(self, frames: &[usize], most: usize) -> Vec<Vec<usize>> {
        if self == Self::Temporal {
            let count = WINDOWS.min(most);
            (0..count).map(|nth| window(frames, (nth as f32 + 0.5) / count as f32)).collect()
        } else {
            spread(frames.len(), most).map(|place| vec![frames[place]]).collect()
        }
    }
}

/// The frames of the window that begins at `start`, a share in `[0, 1)` of the possible starts. In an example
/// that is too short frames lie closer, and its last is repeated.
fn window(frames: &[usize], start: f32) -> Vec<usize> {
    let (count, skip) = WINDOW;
    let skip = skip.min((frames.len() - 1) / (count - 1)).max(1);
    let starts = frames.len().saturating_sub((count - 1) * skip).max(1);
    let first = ((start * starts as f32) as usize).min(starts - 1);
    (0..count).map(|nth| frames[(first + nth * skip).min(frames.len() - 1)]).collect()
}

/// How pictures are brought to a network: the mean picture of those it learns from becomes 0, their spread 1.
/// A utility branch takes them as they are.
fn scale(family: Family, album: &dyn Album, examples: &[Example]) -> (Tensor<4>, Tensor<4>) {
    let each = (MOST_SCALED / examples.len().max(1)).max(1);
    let numbers: Vec<usize> =
        examples.iter().flat_map(|example| Family::Linear.looks(&example.frames, each)).flatten().collect();
    let parts = numbers.chunks(AT_ONCE).map(|some| sized(family, album.show(some)));
    let known = Tensor::cat(parts.collect(), 0);
    let mean = known.clone().mean_dim(0);
    let variance = (known - mean.clone()).square().mean_dim(0);
    let spread = match family {
        Family::Linear => variance.sqrt() + LEAST_SPREAD,
        // One for all pixels: dead ones shall not become noise between live ones.
        Family::Cnn | Family::Wide => variance.mean_dims(&[1, 2, 3]).sqrt() + LEAST_SPREAD,
        Family::Temporal => {
            return ([0.0, 1.0].map(|value| Tensor::full([1; 4], value, &mean.device()))).into();
        }
    };
    (mean, spread)
}

fn sized(family: Family, pictures: Tensor<4>) -> Tensor<4> {
    match family {
        Family::Linear => adaptive_avg_pool2d(pictures, [CELLS; 2]),
        Family::Cnn | Family::Wide | Family::Temporal => pictures,
    }
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

/// The pictures, those of the first half of the looks (each `t` pictures) as in a mirror.
fn half_mirrored(pictures: Tensor<4>, t: usize) -> Tensor<4> {
    let half = (pictures.dims()[0] / t).div_ceil(2) * t;
    let halves = pictures.split(half, 0).into_iter().enumerate();
    Tensor::cat(halves.map(|(half, some)| if half == 0 { some.flip([3]) } else { some }).collect(), 0)
}

fn rows(scores: Tensor<2>) -> Vec<Vec<f32>> {
    let [_, columns] = scores.dims();
    let values: Vec<f32> =
        scores.into_data().convert::<f32>().try_into_vec().expect("values were converted to f32");
    values.chunks(columns).map(<[f32]>::to_vec).collect()
}
