//! Verification: do two clips show the same person? Asked about pairs of clips of different actions, none of
//! which the attacker has learnt from; the people are known to him by other clips.

use super::interval::{Estimate, bootstrap};
use super::protocol::{Piece, Question};
use super::tally::Tally;

/// The false accept rate at which the true accept rate is read: with some dozens of pairs of strangers a lower
/// one would be decided by one or two of them.
pub(super) const FAR: f64 = 0.1;

/// A figure of verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Figure {
    /// Share of (same, different) pairs of pairs in the right order: 0.5 at chance, 1 at best.
    Auc,
    /// True accept rate where the false accept rate is [`FAR`]: as much at chance, 1 at best.
    Tar,
}

impl Figure {
    const ALL: [Self; 2] = [Self::Auc, Self::Tar];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Auc => "AUC",
            Self::Tar => "TAR at FAR 0.1",
        }
    }
}

/// Two clips, how alike somebody finds the people in them, and whether they are the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pair {
    /// Place of one clip, and of the other, in any numbering of the clips.
    pub(super) clips: [usize; 2],
    /// Higher: more alike.
    pub(super) score: f32,
    /// Whether one person is in both.
    pub(super) same: bool,
}

/// What an attacker says of pairs of a clip that is asked about (as `seen` answers) and one of those by which the
/// strongest was chosen (as `gallery` answers): the probability that both are one person, summed over the people.
/// Each turn and each seed is a network of its own, whose scores are compared only with each other. Intervals are
/// over the clips: a clip is drawn with all its pairs (the pigeonhole bootstrap; Owen, arXiv:0712.1111).
pub(super) fn verification(
    question: &Question,
    (seen, gallery): (&Tally, &Tally),
) -> Vec<(Figure, Estimate)> {
    let networks: Vec<Vec<Pair>> = seen
        .answers
        .iter()
        .zip(&gallery.answers)
        .flat_map(|(seen, gallery)| seen.iter().zip(gallery).zip(&question.folds))
        .map(|((seen, gallery), fold)| {
            pairs((&fold.ask, &seen.ask_rows()), (&fold.choose, &gallery.choose_rows()))
        })
        .collect();
    figures(networks)
}

/// Both figures, each a mean over the networks, from the pairs that each network scored.
pub(super) fn figures(networks: Vec<Vec<Pair>>) -> Vec<(Figure, Estimate)> {
    let (networks, clips) = numbered(networks);
    let mean = |figure: Figure, drawn: &[usize]| {
        let mut times = vec![0.0; clips];
        drawn.iter().for_each(|clip| times[*clip] += 1.0);
        let found = networks.iter().filter_map(|pairs| read(pairs, &times, figure));
        let found: Vec<f64> = found.collect();
        (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
    };
    let estimate = |figure| Some((figure, bootstrap(clips, 0.95, |drawn| mean(figure, drawn))?));
    Figure::ALL.into_iter().filter_map(estimate).collect()
}

fn pairs((probes, seen): (&[Piece], &[Vec<f32>]), (gallery, known): (&[Piece], &[Vec<f32>])) -> Vec<Pair> {
    let alike = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a + b).exp()).sum::<f32>().ln();
    let of_probe = |(probe, row): (&Piece, &Vec<f32>)| {
        let (clip, label, row) = (probe.clip, probe.example.label, row.clone());
        gallery.iter().zip(known).map(move |(other, known)| Pair {
            clips: [clip, other.clip],
            score: alike(&row, known),
            same: label == other.example.label,
        })
    };
    probes.iter().zip(seen).flat_map(of_probe).collect()
}

/// The pairs of each network from the most alike down, their clips numbered without gaps; and how many clips
/// there are.
fn numbered(mut networks: Vec<Vec<Pair>>) -> (Vec<Vec<Pair>>, usize) {
    let mut clips: Vec<usize> = networks.iter().flatten().flat_map(|pair| pair.clips).collect();
    clips.sort_unstable();
    clips.dedup();
    let place = |clip: usize| clips.binary_search(&clip).expect("collected above");
    for pairs in &mut networks {
        pairs.iter_mut().for_each(|pair| pair.clips = pair.clips.map(place));
        pairs.sort_by(|a, b| b.score.total_cmp(&a.score));
    }
    (networks, clips.len())
}

/// A figure of sorted pairs, each counted as often as its two clips were drawn together. `None` without pairs of
/// both kinds.
fn read(pairs: &[Pair], times: &[f64], figure: Figure) -> Option<f64> {
    let weight = |pair: &Pair| times[pair.clips[0]] * times[pair.clips[1]];
    let total = |same: bool| pairs.iter().filter(|pair| pair.same == same).map(weight).sum::<f64>();
    let (same, different) = (total(true), total(false));
    if same == 0.0 || different == 0.0 {
        return None;
    }
    let (mut tar, mut far, mut area) = (0.0, 0.0, 0.0);
    for equals in pairs.chunk_by(|a, b| a.score == b.score) {
        let step = |same: bool| equals.iter().filter(|pair| pair.same == same).map(weight).sum::<f64>();
        let (up, along) = (step(true) / same, step(false) / different);
        if figure == Figure::Tar && far + along >= FAR {
            // Pairs that are equally alike have no order: a straight line through them.
            return Some(if along > 0.0 { tar + up * (FAR - far) / along } else { tar + up });
        }
        area += along * (tar + up / 2.0);
        (tar, far) = (tar + up, far + along);
    }
    Some(if figure == Figure::Auc { area } else { tar })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(clips: [usize; 2], score: f32, same: bool) -> Pair {
        Pair { clips, score, same }
    }

    /// Probes 0 to 9 against clips 10 to 19 of the same ten people.
    fn grid(score: impl Fn(usize, usize) -> f32) -> Vec<Pair> {
        let all = (0..10).flat_map(|a| (0..10).map(move |b| (a, b)));
        all.map(|(a, b)| pair([a, 10 + b], score(a, b), a == b)).collect()
    }

    fn values(networks: Vec<Vec<Pair>>) -> [f64; 2] {
        let found = figures(networks);
        [found[0].1.value, found[1].1.value]
    }

    #[test]
    fn somebody_who_always_knows_is_right_and_somebody_who_never_does_is_at_chance() {
        let knows = grid(|a, b| if a == b { 1.0 } else { 0.0 });
        assert_eq!(values(vec![knows]), [1.0, 1.0], "all known");
        let [auc, tar] = values(vec![grid(|_, _| 0.3)]);
        assert!((auc - 0.5).abs() < 1e-12 && (tar - FAR).abs() < 1e-12, "a constant: {auc}, {tar}");
        let [auc, tar] = values(vec![grid(|a, b| if a == b { 0.0 } else { 1.0 })]);
        assert_eq!([auc, tar], [0.0, 0.0], "always wrong");
    }

    #[test]
    fn the_area_is_the_share_of_pairs_in_the_right_order() {
        // Same at 3 and 1, different at 2 and 0: three of four comparisons are right.
        let pairs = vec![
            pair([0, 2], 3.0, true),
            pair([0, 3], 2.0, false),
            pair([1, 3], 1.0, true),
            pair([1, 2], 0.0, false),
        ];
        assert_eq!(values(vec![pairs])[0], 0.75, "by hand");
    }

    #[test]
    fn networks_are_not_compared_with_each_other() {
        let sharp = |offset: f32| grid(move |a, b| offset + if a == b { 1.0 } else { 0.0 });
        assert_eq!(values(vec![sharp(0.0), sharp(10.0)]), [1.0, 1.0], "another scale is no mistake");
    }

    #[test]
    fn few_clips_leave_the_figure_open() {
        let noisy = grid(|a, b| ((7 * a + 3 * b) % 11) as f32 + if a == b { 2.0 } else { 0.0 });
        let found = figures(vec![noisy]);
        let auc = found[0].1;
        assert!(auc.low < auc.value && auc.value < auc.high, "{auc:?}");
        assert!(auc.high - auc.low > 0.1, "ten people prove that much: {auc:?}");
        assert!(figures(vec![vec![pair([0, 1], 1.0, true)]]).is_empty(), "no strangers, no figure");
    }
}
