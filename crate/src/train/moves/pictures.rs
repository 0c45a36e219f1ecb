//! The privacy stream as the moves see it: pairs of views with labels, and what a privacy branch makes of them.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::super::config::{Adversary, Game};
use crate::data::Pairs;
use crate::privacy::{self, Privacy};

/// A batch of the privacy stream.
pub(in super::super) struct Pictures {
    /// Two views of each of N subjects.
    pub pairs: Pairs,
    /// Frames of a view: the picture, behind the frame before it where the anonymizer looks at that.
    pub run: usize,
    /// Rows that are no strangers to each other though no twins, `[2N, 2N]`; `None`: only oneself.
    pub kin: Option<Tensor<2>>,
    /// `L_B` of a branch that knows nothing, nats a row: `ln(2N - 1)`, or less where kin is left out.
    pub chance: f32,
    /// Labels for each supervised head.
    pub labels: Vec<HeadLabels>,
}

/// The labels of a batch for one head.
pub(in super::super) struct HeadLabels {
    /// Class of each row, `[2N]`; any where it is not known.
    pub classes: Tensor<1, Int>,
    /// 1 where it is known, else 0, `[2N]`.
    pub known: Tensor<1>,
    /// Cross-entropy of the best constant guess, nats.
    pub chance: f32,
}

impl HeadLabels {
    /// Labels of N pictures, the same for both views.
    pub(in super::super) fn of(labels: &[Option<usize>], chance: f32, device: &Device) -> Self {
        let twice = || labels.iter().chain(labels);
        let rows = [2 * labels.len()];
        let classes: Vec<i64> = twice().map(|label| label.unwrap_or(0) as i64).collect();
        let known: Vec<f32> = twice().map(|label| f32::from(u8::from(label.is_some()))).collect();
        Self {
            classes: Tensor::from_data(TensorData::new(classes, rows), device),
            known: Tensor::from_data(TensorData::new(known, rows), device),
            chance,
        }
    }
}

/// Kin of N pictures by the clip each comes from, and the chance level that is left: see [`Pictures`].
pub(in super::super) fn kin_of(clips: &[usize], device: &Device) -> (Tensor<2>, f32) {
    let n = clips.len();
    let rows = 2 * n;
    let mut kin = vec![0.0_f32; rows * rows];
    let mut chance = 0.0;
    for row in 0..rows {
        for other in 0..rows {
            let twins = row != other && row % n == other % n;
            if !twins && clips[row % n] == clips[other % n] {
                kin[row * rows + other] = 1.0;
            }
        }
        let left = rows as f32 - kin[row * rows..(row + 1) * rows].iter().sum::<f32>();
        chance += left.ln() / rows as f32;
    }
    (Tensor::from_data(TensorData::new(kin, [rows, rows]), device), chance)
}

/// What a privacy branch made of a batch. Still on the device.
pub(in super::super) struct Leak {
    /// NT-Xent, nats a row.
    pub contrast: Tensor<1>,
    /// Cross-entropy of each head, nats a picture, with its chance level.
    pub heads: Vec<(Tensor<1>, f32)>,
    /// The chance level of `contrast`.
    chance: f32,
}

impl Leak {
    /// `L_B` as the branch lowers it.
    pub(in super::super) fn learnt(&self, adversary: &Adversary) -> Tensor<1> {
        let contrast = self.contrast.clone() * adversary.contrast_weight;
        let weights = adversary.head.iter().map(|head| head.weight);
        self.heads.iter().zip(weights).fold(contrast, |sum, ((loss, _), weight)| sum + loss.clone() * weight)
    }

    /// `L_B` as the anonymizer raises it: no further than chance, if the game says so.
    pub(in super::super) fn won(&self, game: &Game, adversary: &Adversary) -> Tensor<1> {
        let most = |loss: &Tensor<1>, chance: f32| {
            if game.stop_at_chance { loss.clone().clamp_max(chance) } else { loss.clone() }
        };
        let contrast = most(&self.contrast, self.chance) * adversary.contrast_weight;
        let weights = adversary.head.iter().map(|head| head.weight);
        let heads = self.heads.iter().zip(weights);
        heads.fold(contrast, |sum, ((loss, chance), weight)| sum + most(loss, *chance) * weight)
    }

    /// Mean cross-entropy of the heads as a share of chance, 1 being ignorance; `None` without heads. Waits for
    /// the device.
    pub(in super::super) fn heads_share(&self) -> Option<f32> {
        let shares = self.heads.iter().map(|(loss, chance)| loss.clone().into_scalar::<f32>() / chance);
        (!self.heads.is_empty()).then(|| shares.sum::<f32>() / self.heads.len() as f32)
    }
}

impl Pictures {
    /// Left views, then right ones, `[2N * run, 3, h, w]`.
    pub(in super::super) fn both(&self) -> Tensor<4> {
        Tensor::cat(vec![self.pairs.left.clone(), self.pairs.right.clone()], 0)
    }

    /// `L_B` of a branch that knows nothing, heads included: what the anonymizer can win at most.
    pub(in super::super) fn ceiling(&self, adversary: &Adversary) -> f32 {
        let heads = self.labels.iter().zip(&adversary.head).map(|(labels, head)| labels.chance * head.weight);
        self.chance * adversary.contrast_weight + heads.sum::<f32>()
    }

    /// What `branch` makes of the views `shown`, which are the last frames of [`both`](Self::both), raw or
    /// anonymized.
    pub(in super::super) fn leak(&self, branch: &Privacy, shown: Tensor<4>, adversary: &Adversary) -> Leak {
        let features = branch.features(shown);
        let [left, right] = branch.project(features.clone()).chunk(2, 0).try_into().expect("two halves");
        let contrast = match &self.kin {
            Some(kin) => privacy::nt_xent_among(left, right, adversary.temperature, kin.clone()),
            None => privacy::nt_xent(left, right, adversary.temperature),
        };
        let named = branch.name(&features).into_iter().zip(&self.labels);
        let heads = named.map(|(scores, labels)| {
            let loss = privacy::naming_loss(scores, labels.classes.clone(), labels.known.clone());
            (loss, labels.chance)
        });
        Leak { contrast, heads: heads.collect(), chance: self.chance }
    }
}
