//! Quick readings at the end of a run: what the run's own branches still see. They are no attack and no
//! claim: a fresh attacker may see more.

use std::collections::BTreeSet;

use burn::module::{Module as _, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::checkpoint::Players;
use super::config::Game;
use super::moves::seen;
use crate::artifact::Figure;
use crate::data::{Augmentation, ClipRecipe, ClipStore, Split, still_clip_batch, still_images};
use crate::metrics;
use crate::model::Anonymizer;
use crate::privacy::Privacy;
use crate::utility::{self, Utility};

/// Rows judged at once.
const BATCH: usize = 16;

/// How windows are cut for judging: from the middle, unvaried.
fn recipe(game: &Game) -> ClipRecipe {
    ClipRecipe { frames: game.frames, skip: game.skip, augmentation: Augmentation::NONE }
}

/// The sets of a store: a clip's name begins with its set's.
fn sets(store: &ClipStore) -> BTreeSet<&str> {
    store.clips().iter().map(|clip| set_of(&clip.name)).collect()
}

fn set_of(name: &str) -> &str {
    name.split_once('/').map_or(name, |(set, _)| set)
}

/// Action top-1 of `branch` on the validation clips of one set, raw (`None`) or anonymized.
fn action_top1(
    (set, kind): (&str, &str),
    branch: &Utility,
    anonymizer: Option<&Anonymizer>,
    (store, game): (&ClipStore, &Game),
    device: &Device,
) -> Option<Figure> {
    let mut clips = store.clips_in(Split::Validation);
    clips.retain(|clip| set_of(&store.clips()[*clip].name) == set);
    let (branch, recipe) = (branch.valid(), recipe(game));
    let mut scores = Vec::with_capacity(clips.len());
    for clips in clips.chunks(BATCH) {
        let batch = still_clip_batch(store, clips, &recipe, device);
        let frames = seen(anonymizer, batch.frames).inner();
        scores.extend(rows(branch.forward(frames, recipe.frames)));
    }
    let labels: Vec<usize> = clips.iter().filter_map(|clip| store.label(*clip)).collect();
    let value = metrics::top1(&scores, &labels)?;
    let name = format!("action top-1 on {set}, {kind}");
    Some(Figure { name, value, chance: Some(metrics::commonest(&labels)), n: labels.len() })
}

/// How well a linear probe on the privacy branch's features names the subject of a frame, across actions:
/// it is fitted on frames of every action of a set but one and asked about that one (the last by name). The
/// branch itself may have learnt from the same pictures. Gives top-1, cMAP and F1; nothing where there are
/// fewer than two subjects or two actions.
fn identity(
    (set, kind): (&str, &str),
    branch: &Privacy,
    anonymizer: Option<&Anonymizer>,
    store: &ClipStore,
    device: &Device,
) -> Vec<Figure> {
    let Some((subjects, known, asked)) = across_actions(store, set) else { return vec![] };
    let plain = device.clone().inner();
    let features = |clips: &[Labelled]| -> Tensor<2> {
        let numbers: Vec<usize> = clips.iter().map(|(frame, _)| *frame).collect();
        let branch = branch.valid();
        let parts = numbers.chunks(4 * BATCH).map(|numbers| {
            let images = still_images(store, numbers, device);
            branch.features(seen(anonymizer, images).inner())
        });
        Tensor::cat(parts.collect(), 0)
    };
    let (known_features, asked_features) = (features(&known), features(&asked));
    let centre = known_features.clone().mean_dim(0);
    let spread = ((known_features.clone() - centre.clone()).square().mean_dim(0) + 1e-8).sqrt();
    let standard = |x: Tensor<2>| (x - centre.clone()) / spread.clone();
    let labels = |frames: &[Labelled]| frames.iter().map(|(_, label)| *label).collect::<Vec<_>>();
    let (known_labels, asked_labels) = (labels(&known), labels(&asked));
    let scores =
        fit_and_score(standard(known_features), &known_labels, standard(asked_features), subjects, &plain);
    judge(&format!("{set}, linear probe, {kind}"), &scores, &asked_labels, subjects)
}

/// A frame's number and the label of its subject.
type Labelled = (usize, usize);

/// Of one set: number of subjects; frames of all actions but the last; frames of that one. Clips of nobody in particular
/// are left out.
fn across_actions(store: &ClipStore, set: &str) -> Option<(usize, Vec<Labelled>, Vec<Labelled>)> {
    let clips = || store.clips().iter().filter(|clip| set_of(&clip.name) == set);
    let known_people = || clips().filter_map(|clip| Some((clip, clip.subject.as_deref()?)));
    let subjects: BTreeSet<&str> = known_people().map(|(_, subject)| subject).collect();
    let asked_action = known_people().filter_map(|(clip, _)| clip.action.as_ref()).max()?;
    let (mut known, mut asked) = (vec![], vec![]);
    for (clip, subject) in known_people() {
        let label = subjects.range(..subject).count();
        let middle = clip.first + clip.frames / 2; // frames of a clip are near-duplicates: one is enough
        let side = if clip.action.as_ref() == Some(asked_action) { &mut asked } else { &mut known };
        side.push((middle, label));
    }
    (subjects.len() > 1 && !known.is_empty() && !asked.is_empty()).then_some((subjects.len(), known, asked))
}

/// Multinomial logistic regression by Adam, full batch; scores of the asked rows.
fn fit_and_score(
    known: Tensor<2>,
    labels: &[usize],
    asked: Tensor<2>,
    classes: usize,
    device: &Device,
) -> Vec<Vec<f32>> {
    const STEPS: usize = 200;
    let learning = device.clone().autodiff();
    let [_, d] = known.dims();
    let labels: Vec<i64> = labels.iter().map(|label| *label as i64).collect();
    let targets = Tensor::<1, Int>::from_data(TensorData::new(labels.clone(), [labels.len()]), &learning);
    let mut probe = Probe { weight: Param::from_tensor(Tensor::zeros([d, classes], &learning)) };
    let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
    let known = Tensor::from_inner(known);
    for _ in 0..STEPS {
        let decay = probe.weight.val().square().mean() * 0.1;
        let loss = utility::loss(known.clone().matmul(probe.weight.val()), targets.clone()) + decay;
        let gradients = GradientsParams::from_grads(loss.backward(), &probe);
        probe = optimizer.step(0.02, probe, gradients);
    }
    rows(asked.matmul(probe.weight.val().inner()))
}

#[derive(burn::module::Module, Debug)]
struct Probe {
    weight: Param<Tensor<2>>,
}

fn judge(kind: &str, scores: &[Vec<f32>], labels: &[usize], subjects: usize) -> Vec<Figure> {
    let n = labels.len();
    let figure = |what: &str, value: Option<f64>, chance: Option<f64>| {
        value.map(|value| Figure { name: format!("identity {what} on {kind}"), value, chance, n })
    };
    let (mut precisions, mut f1s, mut shares) = (vec![], vec![], vec![]);
    for subject in 0..subjects {
        let positive: Vec<bool> = labels.iter().map(|label| *label == subject).collect();
        if !positive.contains(&true) {
            continue; // nobody to find
        }
        // One against the rest: the log-odds of the subject under softmax.
        let odds: Vec<f32> = scores.iter().map(|row| log_odds(row, subject)).collect();
        precisions.extend(metrics::average_precision(&odds, &positive));
        f1s.extend(metrics::f1_of_logits(&odds, &positive));
        shares.push(positive.iter().filter(|is| **is).count() as f64 / n.max(1) as f64);
    }
    let mean =
        |values: &[f64]| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
    let figures = [
        figure("top-1", metrics::top1(scores, labels), Some(metrics::commonest(labels))),
        figure("cMAP", mean(&precisions), mean(&shares)),
        figure("F1", mean(&f1s), None),
    ];
    figures.into_iter().flatten().collect()
}

fn log_odds(scores: &[f32], subject: usize) -> f32 {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let rest = scores.iter().enumerate().filter(|(other, _)| *other != subject);
    let rest: f32 = rest.map(|(_, score)| (score - highest).exp()).sum();
    scores[subject] - highest - rest.max(f32::MIN_POSITIVE).ln()
}

fn rows(scores: Tensor<2>) -> Vec<Vec<f32>> {
    let [_, columns] = scores.dims();
    let values: Vec<f32> =
        scores.into_data().convert::<f32>().try_into_vec().expect("values were converted to f32");
    values.chunks(columns).map(<[f32]>::to_vec).collect()
}

/// Every reading of the clips as they are shown, set by set; `kind` says how, an anonymizer or none does it.
pub(super) fn readings(
    kind: &str,
    players: &Players,
    anonymizer: Option<&Anonymizer>,
    (store, game): (&ClipStore, &Game),
    device: &Device,
) -> Vec<Figure> {
    let (utility, privacy) = (&players.utility.module, &players.privacy.module);
    let mut figures = vec![];
    for set in sets(store) {
        figures.extend(action_top1((set, kind), utility, anonymizer, (store, game), device));
        figures.extend(identity((set, kind), privacy, anonymizer, store, device));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_nobody_is_asked_about_changes_neither_chance_nor_precision() {
        let scores =
            vec![vec![2.0, 0.0, -9.0], vec![0.0, 2.0, -9.0], vec![3.0, 0.0, -9.0], vec![0.0, 1.0, -9.0]];
        let figures = judge("test", &scores, &[0, 1, 0, 1], 3);
        let found: Vec<_> = figures.iter().map(|figure| (figure.value, figure.chance)).collect();
        assert_eq!(found, [(1.0, Some(0.5)), (1.0, Some(0.5)), (1.0, None)], "top-1, cMAP, F1");
    }
}
