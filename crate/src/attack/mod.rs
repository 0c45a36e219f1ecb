//! Fresh attackers: networks that are built here from a seed, learn from labelled pictures as somebody looks
//! at them (raw, or through an anonymizer), and are asked about clips they have not learnt from. Nobody
//! passes them in, so no branch that trained along with an anonymizer can stand in for one.
//!
//! ```text
//! Album, Examples ─ Family, Effort ─> Attacker ─> answers        (the judge asks for these)
//! ClipStore -> Question ─ look, Effort::QUICK ─> Reading         (a trainer's glance on the way)
//! ```
//!
//! Nothing here draws from the backend's generator, which is process-wide: a run that is asked for a reading
//! midway goes on as if it had not been.

mod learner;
mod network;
mod question;

use burn::tensor::{Device, Int, Tensor, TensorData};

pub use self::learner::{Album, Attacker, Example};
pub use self::network::drawn;
pub use self::question::{Picture, Question, TURNS, questions};
use crate::data::{ClipStore, still_images};
use crate::metrics::{Reading, commonest, top1};
use crate::rng::Seed;

/// What looks at pictures before an attacker sees them: `[n, 3, h, w]` to `[n, 3, h, w]`, sRGB in `[0, 1]`, on
/// the same device, without autodiff. It is handed at most [`AT_ONCE`] pictures at a time, and what it shows is
/// rounded to 8 bits, as in a picture that leaves the house: an attacker sees nothing finer.
pub type Look<'a> = dyn Fn(Tensor<4>) -> Tensor<4> + 'a;

/// The most pictures looked at in one go.
pub const AT_ONCE: usize = 64;

/// A kind of attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Multinomial logistic regression on coarse colours: what can be told at a squint.
    Linear,
    /// A small convolutional network: shapes and textures, and roughly where they are.
    Cnn,
    /// The same with twice the channels.
    Wide,
    /// A utility branch that is asked another question: windows of a clip, and what moves in them.
    Temporal,
}

impl Family {
    /// Every kind there is.
    pub const ALL: [Self; 4] = [Self::Linear, Self::Cnn, Self::Wide, Self::Temporal];
    /// Those that take a glance: at single pictures, within seconds.
    pub const QUICK: [Self; 2] = [Self::Linear, Self::Cnn];

    /// What readings call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "fresh linear probe",
            Self::Cnn => "fresh small CNN",
            Self::Wide => "fresh wider CNN",
            Self::Temporal => "fresh temporal network",
        }
    }
}

/// How long an attacker may learn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Steps of [`Family::Linear`].
    pub linear_steps: usize,
    /// Steps of [`Family::Cnn`], each far dearer.
    pub cnn_steps: usize,
    /// Steps of [`Family::Wide`], each dearer again.
    pub wide_steps: usize,
    /// Steps of [`Family::Temporal`], each dearer still.
    pub temporal_steps: usize,
    /// Pictures of a step; a quarter as many windows.
    pub batch: usize,
    /// Whether half of what is shown is mirrored: nothing private is on one side only, but an action may be.
    pub mirrored: bool,
}

impl Effort {
    /// For a look in between: some four seconds of one core for a question at 48 pixels.
    pub const QUICK: Self = Self {
        linear_steps: 600,
        cnn_steps: 300,
        wide_steps: 0,
        temporal_steps: 0,
        batch: 32,
        mirrored: true,
    };

    /// Steps of a family.
    pub fn steps(&self, family: Family) -> usize {
        match family {
            Family::Linear => self.linear_steps,
            Family::Cnn => self.cnn_steps,
            Family::Wide => self.wide_steps,
            Family::Temporal => self.temporal_steps,
        }
    }
}

/// The pictures of a question, as they were looked at: the known ones, then those asked about.
struct Shown {
    pictures: Tensor<4>,
    known: usize,
}

impl Shown {
    fn new(question: &Question, store: &ClipStore, look: &Look, device: &Device) -> Self {
        let pictures = question.known.iter().chain(&question.asked);
        let numbers: Vec<usize> = pictures.map(|picture| picture.frame).collect();
        let parts = numbers.chunks(AT_ONCE).map(|some| look(still_images(store, some, device)));
        let pictures = (Tensor::cat(parts.collect(), 0).clamp(0.0, 1.0) * 255.0).round() / 255.0;
        Self { pictures, known: question.known.len() }
    }

    /// Each picture alone is an example; the first of them is number `first`.
    fn examples(pictures: &[Picture], first: usize) -> Vec<Example> {
        let of_one = |(place, picture): (usize, &Picture)| Example {
            frames: vec![first + place],
            label: picture.label,
        };
        pictures.iter().enumerate().map(of_one).collect()
    }
}

/// The pictures of a store as they are, on the processor.
impl Album for ClipStore {
    fn show(&self, numbers: &[usize]) -> Tensor<4> {
        still_images(self, numbers, &Device::flex())
    }
}

impl Album for Shown {
    fn show(&self, numbers: &[usize]) -> Tensor<4> {
        let numbers: Vec<i64> = numbers.iter().map(|number| *number as i64).collect();
        let count = numbers.len();
        let numbers = Tensor::<1, Int>::from_data(TensorData::new(numbers, [count]), &self.pictures.device());
        self.pictures.clone().select(0, numbers)
    }
}

/// Lets quick fresh attackers learn the answer to each question and asks them. A reading's `n` counts
/// clips: the guess for a clip is the class with the highest mean log-probability over its pictures, as an
/// attacker sees the whole clip. Turns of one question that lie one after the other make one reading a family,
/// each turn by an attacker of its own. Chance is the best constant guess on the clips asked about.
///
/// What a question's pictures look like is found out once for all families, and for all neighbouring questions
/// about the same pictures. The same arguments give the same readings to the last bit. `device` is one without
/// autodiff.
pub fn readings(
    questions: &[Question],
    store: &ClipStore,
    look: &Look,
    (seed, effort): (Seed, &Effort),
    device: &Device,
) -> Vec<Reading> {
    let mut readings = Vec::with_capacity(Family::QUICK.len() * questions.len());
    let mut last: Option<(&Question, Shown)> = None;
    for turns in questions.chunk_by(Question::asks_what) {
        let mut tallies = Family::QUICK.map(|_| Tally::default());
        for (turn, question) in turns.iter().enumerate() {
            let shown = match last.take() {
                Some((earlier, shown)) if earlier.shows_what(question) => shown,
                _ => Shown::new(question, store, look, device),
            };
            for (family, tally) in Family::QUICK.into_iter().zip(&mut tallies) {
                tally.add(ask((turn, question), family, &shown, (seed, effort)));
            }
            last = Some((question, shown));
        }
        let named = Family::QUICK.into_iter().zip(tallies);
        readings.extend(named.map(|(family, tally)| tally.reading(&turns[0], family)));
    }
    readings
}

/// What one attacker answered: a row of scores and the right answer for each clip.
#[derive(Default)]
struct Tally {
    scores: Vec<Vec<f32>>,
    labels: Vec<usize>,
}

impl Tally {
    fn add(&mut self, (scores, labels): (Vec<Vec<f32>>, Vec<usize>)) {
        self.scores.extend(scores);
        self.labels.extend(labels);
    }

    fn reading(&self, question: &Question, family: Family) -> Reading {
        Reading {
            asked: question.what.clone(),
            set: question.set.clone(),
            by: family.name().to_owned(),
            top1: top1(&self.scores, &self.labels).expect("a question asks about at least one clip"),
            chance: commonest(&self.labels),
            n: self.labels.len(),
        }
    }
}

/// Scores and right answers for the clips of one turn of a question.
fn ask(
    (turn, question): (usize, &Question),
    family: Family,
    shown: &Shown,
    (seed, effort): (Seed, &Effort),
) -> (Vec<Vec<f32>>, Vec<usize>) {
    let Question { what, set, .. } = question;
    // Each attacker has a stream of its own: one question more leaves the other readings as they are.
    let mut rng = seed.rng_at(&format!("attack {what} {set} {}", family.name()), turn as u64);
    let known = Shown::examples(&question.known, 0);
    let attacker = Attacker::learn(family, shown, (&known, question.classes.len()), effort, &mut rng);
    let answers = attacker.answers(shown, &Shown::examples(&question.asked, shown.known), 1);
    by_clip(&answers.concat(), &question.asked)
}

/// The mean row of each clip's pictures, and its label; pictures of a clip lie one after the other.
fn by_clip(rows: &[Vec<f32>], pictures: &[Picture]) -> (Vec<Vec<f32>>, Vec<usize>) {
    let mut rest = rows;
    let clips = pictures.chunk_by(|a, b| a.clip == b.clip).map(|clip| {
        let (own, others) = rest.split_at(clip.len());
        rest = others;
        let mean = |class: usize| own.iter().map(|row| row[class]).sum::<f32>() / own.len() as f32;
        ((0..own[0].len()).map(mean).collect(), clip[0].label)
    });
    clips.unzip()
}

#[cfg(test)]
mod tests;
