//! Each family of attackers: what it learns, and that it learns the same again.

use super::*;

/// Whole clips: those that teach who wears which coat, and those of the last action.
fn examples(store: &ClipStore) -> (Vec<Example>, Vec<Example>) {
    let of_clip = |clip: &crate::data::ClipInfo| {
        let frames = (clip.first..clip.first + clip.frames).collect();
        let label = clip.subject.as_ref().expect("a name")[1..].parse().expect("a number");
        (clip.action.as_deref() == Some("wave2"), Example { frames, label })
    };
    let (asked, known): (Vec<_>, Vec<_>) = store.clips().iter().map(of_clip).partition(|(asked, _)| *asked);
    let plain = |pairs: Vec<(bool, Example)>| pairs.into_iter().map(|(_, example)| example).collect();
    (plain(known), plain(asked))
}

#[test]
fn every_family_learns_and_answers_the_same_after_a_night_on_disk() {
    let store = as_painted();
    let (known, asked) = examples(&store);
    for family in Family::ALL {
        let learn = |seed: u64| {
            let mut rng = Seed(seed).rng("attack");
            Attacker::learn(family, &store, (&known, PEOPLE), &EFFORT, &mut rng)
        };
        let attacker = learn(5);
        let answers = attacker.answers(&store, &asked, 4);
        assert_eq!(answers.len(), asked.len(), "{family:?}: an answer for each clip");
        let looks = if family == Family::Temporal { 3 } else { 4 };
        assert!(answers.iter().all(|looks_at| looks_at.len() == looks), "{family:?}");
        let taught = attacker.answers(&store, &known, 1).concat();
        let labels: Vec<usize> = known.iter().map(|example| example.label).collect();
        let right = top1(&taught, &labels).expect("clips");
        assert!(right > 0.8, "{family:?} does not know what it was taught: {right}");
        let bits = |answers: Vec<Vec<Vec<f32>>>| -> Vec<u32> {
            answers.concat().concat().into_iter().map(f32::to_bits).collect()
        };
        let first = bits(answers);
        assert!(first == bits(learn(5).answers(&store, &asked, 4)), "{family:?}: one seed, two attackers");
        assert!(first != bits(learn(6).answers(&store, &asked, 4)), "{family:?}: two seeds, one attacker");
        let bytes = attacker.into_bytes().expect("a record");
        let woken =
            Attacker::from_bytes(family, (PEOPLE, SIZE), bytes, &Device::flex()).expect("the record fits");
        assert!(first == bits(woken.answers(&store, &asked, 4)), "{family:?} forgot something");
    }
}

#[test]
fn attackers_that_learn_side_by_side_learn_what_they_would_alone() {
    use rayon::prelude::*;
    let store = as_painted();
    let (known, asked) = examples(&store);
    let effort = Effort { linear_steps: 40, cnn_steps: 40, wide_steps: 20, temporal_steps: 20, ..EFFORT };
    let learn = |family: Family| -> Vec<u32> {
        let mut rng = Seed(5).rng("attack");
        let attacker = Attacker::learn(family, &store, (&known, PEOPLE), &effort, &mut rng);
        attacker.answers(&store, &asked, 2).concat().concat().into_iter().map(f32::to_bits).collect()
    };
    for family in Family::ALL {
        let alone = learn(family);
        let beside: Vec<Vec<u32>> = (0..8).into_par_iter().map(|_| learn(family)).collect();
        let others = beside.iter().filter(|found| **found != alone).count();
        assert_eq!(others, 0, "{family:?}: {others} of 8 learnt something else beside others");
    }
}

#[test]
fn an_attack_leaves_the_generator_of_the_backend_alone() {
    let (store, device) = (as_painted(), Device::flex());
    let draw = |attacked: bool| -> Vec<f32> {
        device.seed(4);
        if attacked {
            let effort = Effort { linear_steps: 2, cnn_steps: 2, batch: 4, ..EFFORT };
            let found =
                readings(&questions(&store, &[]), &store, &|frames| frames, (Seed(1), &effort), &device);
            assert_eq!(found.len(), 2, "a reading for each quick family");
            let (known, _) = examples(&store);
            let mut rng = Seed(1).rng("attack");
            Attacker::learn(Family::Temporal, &store, (&known, PEOPLE), &effort, &mut rng);
        }
        let drawn = Tensor::<1>::random([8], Distribution::Uniform(0.0, 1.0), &device);
        drawn.into_data().try_into_vec().expect("floats")
    };
    assert_eq!(draw(true), draw(false), "a run would go on otherwise after an attack");
}

#[test]
fn pictures_are_looked_at_once_for_all_families_and_for_neighbouring_questions() {
    use std::cell::Cell;
    let store = coats(|person, _, row| {
        let attributes = ["warm", "tall"].map(|name| (name.to_owned(), (person % 2).to_string()));
        let split = if person < 3 { Split::Train } else { Split::Validation };
        Some(Row { subject: None, attributes: attributes.into(), split: Some(split), ..row })
    });
    let questions = questions(&store, &["warm".into(), "tall".into()]);
    let looked_at = Cell::new(0);
    let look = |frames: Tensor<4>| {
        looked_at.set(looked_at.get() + frames.dims()[0]);
        frames
    };
    let effort = Effort { linear_steps: 1, cnn_steps: 1, batch: 4, ..EFFORT };
    let found = readings(&questions, &store, &look, (Seed(1), &effort), &Device::flex());
    let asked: Vec<(&str, &str)> = found.iter().map(|r| (r.asked.as_str(), r.by.as_str())).collect();
    let wanted =
        [("warm", 0), ("warm", 1), ("tall", 0), ("tall", 1)].map(|(what, k)| (what, Family::QUICK[k].name()));
    assert_eq!(asked, wanted, "readings");
    assert_eq!(looked_at.get(), 12 * 10 + 8 * 8, "pictures looked at");
    let alone = readings(&questions[1..], &store, &look, (Seed(1), &effort), &Device::flex());
    assert_eq!(found[2..], alone, "a reading depends on the questions before it");
}

#[test]
fn a_clip_is_guessed_by_the_mean_over_its_pictures() {
    let picture = |clip: usize, label: usize| Picture { frame: 0, clip, label };
    let rows = [vec![-0.6, -0.8], vec![-0.6, -0.8], vec![-3.0, -0.1], vec![-1.0, -2.0]];
    let pictures = [picture(4, 1), picture(4, 1), picture(4, 1), picture(7, 0)];
    let (scores, labels) = by_clip(&rows, &pictures);
    assert_eq!(labels, [1, 0], "a label for each clip");
    assert_eq!(top1(&scores, &labels), Some(1.0), "two mild errors outvoted one sure guess: {scores:?}");
}
