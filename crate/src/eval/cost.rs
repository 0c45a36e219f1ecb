//! How long a judgement will take, said before it begins.

use super::Thoroughness;
use super::guessers::Guessers;
use super::protocol::Question;
use super::set::Set;
use crate::attack::Family;

/// Seconds of one core for a step at [`SIDE`] pixels: a rough share-out of what a whole judgement took on a server.
const SECONDS: [(Family, f64); 4] =
    [(Family::Linear, 0.001), (Family::Cnn, 0.012), (Family::Wide, 0.030), (Family::Temporal, 0.045)];
/// The same for a step of the inverse.
const INVERSE: f64 = 0.025;
/// Pixels along a side of the frames of that judgement.
const SIDE: f64 = 48.0;

/// Minutes of one core to judge one transform on a set if nothing is known yet, attackers of one seed alone.
fn minutes_of_seed(set: &Set, thoroughness: &Thoroughness) -> f64 {
    let scale = (set.raw.size() as f64 / SIDE).powi(2);
    let of_question = |question: &Question| {
        let Guessers { families, effort, .. } = Guessers::of(question, thoroughness, set.moves(), 1);
        let lessons = question.folds.chunk_by(|a, b| a.learn == b.learn).count() as f64;
        let step =
            |family: &Family| SECONDS.iter().find(|(known, _)| known == family).map_or(0.0, |(_, s)| *s);
        families.iter().map(|family| lessons * effort.steps(*family) as f64 * step(family)).sum::<f64>()
    };
    // Two turns of the inverse for each transform, shared out among the seeds.
    let inverse = 2.0 * thoroughness.inverse_steps as f64 * INVERSE / thoroughness.seeds as f64;
    scale * (inverse + set.questions.iter().map(of_question).sum::<f64>()) / 60.0
}

/// About how many minutes so many transforms take on these sets with `threads` threads, if nothing of it has been
/// judged before: beside them raw clips, and black ones by one seed.
pub fn expected_minutes(sets: &[Set], thoroughness: &Thoroughness, transforms: usize, threads: usize) -> f64 {
    let seeds = ((transforms + 1) as u64 * thoroughness.seeds + 1) as f64;
    let of_seed: f64 = sets.iter().map(|set| minutes_of_seed(set, thoroughness)).sum();
    seeds * of_seed / threads.max(1) as f64
}
