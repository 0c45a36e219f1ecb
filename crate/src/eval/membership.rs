//! Was the anonymizer trained on these people? An attacker who has it compares clips before and after.
//!
//! What it can show is little where people are few, and a difference between the two groups of people counts as well
//! as one that training made. So the same is asked of a filter that never learnt anything: what that tells about
//! membership is how much the two groups differ by themselves.

use std::collections::BTreeSet;

use super::interval::{Estimate, bootstrap};
use super::report::{Protocol, Row};
use super::set::Set;
use super::similarity::mean_square;
use crate::data::{ClipInfo, ClipStore, spread};

/// The most frames of a clip that are looked at, evenly spread.
const FRAMES: usize = 8;
/// What is known of a clip: see [`features`].
const FEATURES: usize = 8;
/// Steps of the logistic regression, its rate, and what holds its weights down.
const LESSONS: (usize, f64, f64) = (300, 0.5, 1e-2);

/// A clip as the attacker sees it.
#[derive(Clone, Debug)]
struct Seen {
    person: usize,
    features: [f64; FEATURES],
}

/// How many people of a set are `members`, and how many are not.
pub fn membership_sides(set: &Set, members: &[String]) -> (usize, usize) {
    let subjects = set.raw.clips().iter().filter_map(|clip| clip.subject.as_deref());
    let people: BTreeSet<&str> = subjects.collect();
    let inside = people.iter().filter(|person| members.iter().any(|member| member == **person)).count();
    (inside, people.len() - inside)
}

/// How well it can be told whether a clip's person is one of `members`, from the raw clip and what became of it, by a
/// logistic regression that has learnt from everybody but the member and the stranger it is asked about
/// (leave-pair-out; Airola et al. 2011): AUC, 0.5 at chance, its interval over people. `untrained` are the
/// clips as a filter shows them that never learnt. Nothing where fewer than two people are on either side.
pub(super) fn rows(
    set: &Set,
    method: &str,
    members: &[String],
    (shown, untrained): (&ClipStore, &ClipStore),
) -> Vec<Row> {
    let people: BTreeSet<&str> = set.raw.clips().iter().filter_map(|clip| clip.subject.as_deref()).collect();
    let people: Vec<&str> = people.into_iter().collect();
    let is_member: Vec<bool> =
        people.iter().map(|person| members.iter().any(|member| member == person)).collect();
    let row = |(store, measure): (&ClipStore, &str)| {
        let clips = seen(&set.raw, store, &people);
        let Estimate { value, low, high } = auc(&clips, &is_member)?;
        Some(Row {
            dataset: set.name.clone(),
            measure: measure.to_owned(),
            method: method.to_owned(),
            protocol: Protocol::Retrained,
            attacker: "fresh linear probe of clips before and after".into(),
            value,
            low,
            high,
            chance: Some(0.5),
            n: people.len(),
            seeds: 1,
        })
    };
    let asked = [(shown, "membership, AUC"), (untrained, "membership, AUC by an untrained filter")];
    asked.into_iter().filter_map(row).collect()
}

fn seen(raw: &ClipStore, shown: &ClipStore, people: &[&str]) -> Vec<Seen> {
    let of_clip = |(place, clip): (usize, &ClipInfo)| {
        let person = people.iter().position(|person| Some(*person) == clip.subject.as_deref())?;
        let of_frame = |frame| features(raw.frame(place, frame), shown.frame(place, frame));
        let all: Vec<[f64; FEATURES]> = spread(clip.frames, FRAMES).map(of_frame).collect();
        let mean = |nth: usize| all.iter().map(|features| features[nth]).sum::<f64>() / all.len() as f64;
        Some(Seen { person, features: std::array::from_fn(mean) })
    };
    let mut clips: Vec<Seen> = raw.clips().iter().enumerate().filter_map(of_clip).collect();
    level(&mut clips);
    clips
}

/// What the attacker measures of a frame before and after: how far they are apart, and for each colour the mean change
/// and the contrast that is left; and how much of the contrast between neighbours is left.
fn features(raw: &[u8], shown: &[u8]) -> [f64; FEATURES] {
    let moments = |bytes: &[u8], channel: usize| {
        let values = || bytes.iter().skip(channel).step_by(3).map(|byte| f64::from(*byte) / 255.0);
        let n = (bytes.len() / 3).max(1) as f64;
        let mean = values().sum::<f64>() / n;
        (mean, (values().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt())
    };
    let edges =
        |bytes: &[u8]| bytes.windows(4).map(|four| f64::from(four[0].abs_diff(four[3]))).sum::<f64>() + 1.0;
    let mut found = [0.0; FEATURES];
    found[0] = mean_square(raw, shown).sqrt() / 255.0;
    for channel in 0..3 {
        let (before, after) = (moments(raw, channel), moments(shown, channel));
        found[1 + channel] = after.0 - before.0;
        found[4 + channel] = after.1 - before.1;
    }
    found[7] = (edges(shown) / edges(raw)).ln();
    found
}

/// Brings each feature to mean 0 and spread 1.
fn level(clips: &mut [Seen]) {
    let n = clips.len().max(1) as f64;
    for nth in 0..FEATURES {
        let mean = clips.iter().map(|clip| clip.features[nth]).sum::<f64>() / n;
        let spread = (clips.iter().map(|clip| (clip.features[nth] - mean).powi(2)).sum::<f64>() / n).sqrt();
        clips.iter_mut().for_each(|clip| clip.features[nth] = (clip.features[nth] - mean) / (spread + 1e-9));
    }
}

/// The share of pairs of a member's and a stranger's clip that are in the right order, each pair of people scored by
/// somebody who has learnt from neither.
fn auc(clips: &[Seen], is_member: &[bool]) -> Option<Estimate> {
    let side = |wanted: bool| (0..is_member.len()).filter(move |person| is_member[*person] == wanted);
    if side(true).count() < 2 || side(false).count() < 2 {
        return None;
    }
    let pairs: Vec<(usize, usize, f64)> = side(true)
        .flat_map(|a| side(false).map(move |b| (a, b)))
        .map(|(a, b)| (a, b, right(clips, is_member, (a, b))))
        .collect();
    bootstrap(is_member.len(), 0.95, |drawn| {
        let mut times = vec![0.0; is_member.len()];
        drawn.iter().for_each(|person| times[*person] += 1.0);
        let weight: f64 = pairs.iter().map(|(a, b, _)| times[*a] * times[*b]).sum();
        let sum: f64 = pairs.iter().map(|(a, b, right)| times[*a] * times[*b] * right).sum();
        (weight > 0.0).then(|| sum / weight)
    })
}

/// Of a member and a stranger, the share of pairs of their clips in which the member's scores higher.
fn right(clips: &[Seen], is_member: &[bool], (member, stranger): (usize, usize)) -> f64 {
    let others: Vec<&Seen> =
        clips.iter().filter(|clip| clip.person != member && clip.person != stranger).collect();
    let weights = learnt(&others, is_member);
    let scores = |person: usize| {
        let own = clips.iter().filter(move |clip| clip.person == person);
        own.map(|clip| score(&weights, &clip.features)).collect::<Vec<f64>>()
    };
    let (members, strangers) = (scores(member), scores(stranger));
    let order = |a: &f64, b: &f64| {
        if a > b {
            1.0
        } else if a < b {
            0.0
        } else {
            0.5
        }
    };
    let sum: f64 = members.iter().flat_map(|a| strangers.iter().map(move |b| order(a, b))).sum();
    sum / (members.len() * strangers.len()).max(1) as f64
}

fn score(weights: &[f64; FEATURES], features: &[f64; FEATURES]) -> f64 {
    weights.iter().zip(features).map(|(weight, value)| weight * value).sum()
}

/// Logistic regression, each side counted alike.
fn learnt(clips: &[&Seen], is_member: &[bool]) -> [f64; FEATURES] {
    let (steps, rate, decay) = LESSONS;
    let members = clips.iter().filter(|clip| is_member[clip.person]).count().max(1) as f64;
    let strangers = (clips.len() as f64 - members).max(1.0);
    let (mut weights, mut bias) = ([0.0; FEATURES], 0.0);
    for _ in 0..steps {
        let (mut slope, mut lean) = ([0.0; FEATURES], 0.0);
        for clip in clips {
            let (target, share) =
                if is_member[clip.person] { (1.0, 0.5 / members) } else { (0.0, 0.5 / strangers) };
            let guess = 1.0 / (1.0 + (-(score(&weights, &clip.features) + bias)).exp());
            let error = share * (guess - target);
            slope.iter_mut().zip(&clip.features).for_each(|(slope, value)| *slope += error * value);
            lean += error;
        }
        weights.iter_mut().zip(slope).for_each(|(weight, slope)| *weight -= rate * (slope + decay * *weight));
        bias -= rate * lean;
    }
    weights
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::*;
    use crate::rng::Seed;

    /// Ten people with four clips each; the first five are members, whose first feature is `apart` higher.
    fn clips(apart: f64) -> (Vec<Seen>, Vec<bool>) {
        let mut rng = Seed(3).rng("people");
        let mut noise = || rng.random_range(-1.0..1.0);
        let mut clips = vec![];
        for person in 0..10 {
            let own: [f64; FEATURES] = std::array::from_fn(|_| noise());
            for _ in 0..4 {
                let mut features = own.map(|value| value + 0.3 * noise());
                features[0] += if person < 5 { apart } else { 0.0 };
                clips.push(Seen { person, features });
            }
        }
        level(&mut clips);
        (clips, (0..10).map(|person| person < 5).collect())
    }

    #[test]
    fn members_who_are_treated_otherwise_are_told() {
        let (clips, is_member) = clips(6.0);
        let found = auc(&clips, &is_member).expect("five on each side");
        assert!(found.value > 0.9 && found.low > 0.5, "{found:?}");
    }

    #[test]
    fn people_who_are_treated_alike_are_not_told_however_much_they_differ() {
        let (clips, is_member) = clips(0.0);
        let found = auc(&clips, &is_member).expect("five on each side");
        assert!(found.low < 0.5 && found.high > 0.5, "learnt from the people it is asked about? {found:?}");
    }

    #[test]
    fn nobody_is_asked_where_one_side_is_a_single_person() {
        let (clips, _) = clips(6.0);
        let one: Vec<bool> = (0..10).map(|person| person == 0).collect();
        assert_eq!(auc(&clips, &one), None, "one member");
    }

    #[test]
    fn features_are_nothing_where_nothing_was_done() {
        let picture: Vec<u8> = (0..48).collect();
        assert_eq!(features(&picture, &picture), [0.0; FEATURES], "the same picture");
        let brighter: Vec<u8> = (20..68).collect();
        let found = features(&picture, &brighter);
        assert!(
            (found[0] - 20.0 / 255.0).abs() < 1e-9 && (found[2] - 20.0 / 255.0).abs() < 1e-9,
            "{found:?}"
        );
    }
}
