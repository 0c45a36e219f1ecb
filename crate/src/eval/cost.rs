//! How long a judgement will take, said before it begins.

use super::Thoroughness;
use super::guessers::Guessers;
use super::protocol::Question;
use super::set::Set;
use crate::attack::Family;

/// Seconds of one core for a step at [`SIDE`] pixels: a rough share-out of what a whole judgement took on a server.
const SECONDS: [(Family, f64); 4] =
    [(Family::Linear, 0.001), (Family::Cnn, 0.012), (Family::Wide, 0.030), (Family::Temporal, 0.045)];
/// The same for a step of the inverse, measured alone.
const INVERSE: f64 = 0.037;
/// And for a frame that it undoes.
const UNDONE: f64 = 0.0009;
/// Pixels along a side of the frames of that judgement.
const SIDE: f64 = 48.0;

/// Minutes of one core for something that takes so many seconds at [`SIDE`] pixels.
fn minutes(set: &Set, seconds: f64) -> f64 {
    seconds * (set.raw.size() as f64 / SIDE).powi(2) / 60.0
}

/// Minutes of one core for the attackers of one seed, of one transform on a set, if nothing is known yet.
fn minutes_of_seed(set: &Set, thoroughness: &Thoroughness) -> f64 {
    let of_question = |question: &Question| {
        let Guessers { families, effort, .. } = Guessers::of(question, thoroughness, set.moves(), 1);
        let lessons = question.folds.chunk_by(|a, b| a.learn == b.learn).count() as f64;
        let step =
            |family: &Family| SECONDS.iter().find(|(known, _)| known == family).map_or(0.0, |(_, s)| *s);
        families.iter().map(|family| lessons * effort.steps(*family) as f64 * step(family)).sum::<f64>()
    };
    minutes(set, set.questions.iter().map(of_question).sum::<f64>())
}

/// Minutes of one core for the two turns of the inverse of one transform, and for what they undo.
fn minutes_of_inverse(set: &Set, thoroughness: &Thoroughness) -> f64 {
    if thoroughness.inverse_steps == 0 {
        return 0.0;
    }
    let frames: usize = set.raw.clips().iter().map(|clip| clip.frames).sum();
    minutes(set, 2.0 * thoroughness.inverse_steps as f64 * INVERSE + frames as f64 * UNDONE)
}

/// About how many minutes so many transforms take on these sets with `threads` threads, if nothing of it has been
/// judged before: beside them raw clips, and black ones by one seed. The inverse is learnt once for each of all these.
pub fn expected_minutes(sets: &[Set], thoroughness: &Thoroughness, transforms: usize, threads: usize) -> f64 {
    let seeds = ((transforms + 1) as u64 * thoroughness.seeds + 1) as f64;
    let of_set = |set: &Set| {
        seeds * minutes_of_seed(set, thoroughness)
            + (transforms + 2) as f64 * minutes_of_inverse(set, thoroughness)
    };
    sets.iter().map(of_set).sum::<f64>() / threads.max(1) as f64
}

#[cfg(test)]
mod tests {
    use image::RgbImage;

    use super::*;
    use crate::data::{ClipStore, Manifest, Row, Source};

    #[test]
    fn the_inverse_is_learnt_once_for_each_transform_and_both_controls_however_many_seeds() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        RgbImage::new(64, 16).save(folder.path().join("x.png")).expect("written");
        let source = Source::Strip { path: "x.png".into(), frame_width: 16 };
        let (subject, action, attributes, split) = (None, None, [].into(), None);
        let row = Row { clip: "x".into(), source, subject, action, attributes, split };
        let manifest = Manifest::new(folder.path(), vec![row]).expect("a sound row");
        let raw = ClipStore::open(&manifest, 16, folder.path(), &|_, _| ()).expect("a whole strip");
        let sets = [Set { name: "x".into(), raw, questions: vec![], redistributable: false }];
        let of = |seeds, transforms, inverse_steps| {
            let thoroughness = Thoroughness { seeds, inverse_steps, ..Thoroughness::STANDARD };
            expected_minutes(&sets, &thoroughness, transforms, 1)
        };
        let one = (600.0 * INVERSE + 4.0 * UNDONE) / 9.0 / 60.0; // a ninth of the pixels
        for (seeds, transforms) in [(1, 1), (3, 1), (3, 4)] {
            let (found, wanted) = (of(seeds, transforms, 300), (transforms + 2) as f64 * one);
            assert!((found - wanted).abs() < 1e-9, "{transforms} transforms: {found}, not {wanted} minutes");
        }
        assert_eq!(of(3, 1, 0), 0.0, "nobody tries to undo anything");
    }
}
