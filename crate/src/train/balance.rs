//! How the terms of `L_A` are weighed against each other, by how hard they pull at the anonymized pictures:
//! there `L_T` and the penalty meet (frames of clips), and `L_B` pulls (pictures of the privacy stream). `L_F` and `L_S` keep
//! the weights that they are given.

use burn::module::Module;
use burn::optim::GradientsParams;
use serde::{Deserialize, Serialize};

use super::config::Balance;
use super::gradients;

/// One number for each term: utility, privacy, penalty.
pub(super) type Three = [f32; 3];

/// `clip(|g_T| / |g_P|, 0, most)`: what makes the penalty pull as hard as the action; 1 where it does not pull.
pub(super) fn ratio(utility: f32, penalty: f32, config: &Balance) -> f32 {
    if penalty > 0.0 { (utility / penalty).clamp(0.0, config.most) } else { 1.0 }
}

/// The learnt weights of `GradNorm`; part of a checkpoint.
///
/// Chen et al., "`GradNorm`", arXiv:1711.02257, Algorithm 1: each weighted pull is drawn towards the mean pull
/// times the term's relative inverse training rate to the power alpha. Two changes: pulls are measured at the
/// pictures, and relative to their mean, as gradients there are tiny; a term that does not pull (a penalty
/// within its budget) is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct GradNorm {
    /// Weights, sum 3.
    pub weights: Three,
    /// The most each term has been.
    first: [Option<f32>; 3],
}

/// No weight falls below this: a term that fell silent could not come back.
const LEAST: f32 = 0.01;

impl GradNorm {
    /// All terms alike.
    pub(super) fn new() -> Self {
        Self { weights: [1.0; 3], first: [None; 3] }
    }

    /// Moves the weights by one step. `losses` fall as their term learns; `pulls` come without the weights.
    pub(super) fn step(&mut self, losses: Three, pulls: Three, config: &Balance) {
        let pulling: Vec<usize> = (0..3).filter(|term| pulls[*term] > 0.0 && losses[*term] > 0.0).collect();
        if pulling.len() < 2 {
            return;
        }
        let mean = |value: &dyn Fn(usize) -> f32| {
            pulling.iter().map(|term| value(*term)).sum::<f32>() / pulling.len() as f32
        };
        for &term in &pulling {
            // A hinge begins anywhere above 0: the most a term has been stands for where it began.
            let first = self.first[term].get_or_insert(losses[term]);
            *first = first.max(losses[term]);
        }
        let left = |term: usize| losses[term] / self.first[term].unwrap_or(losses[term]);
        let (mean_pull, mean_left) = (mean(&|term| self.weights[term] * pulls[term]), mean(&left));
        let steps: Vec<f32> = pulling
            .iter()
            .map(|&term| {
                let target = mean_pull * (left(term) / mean_left).powf(config.alpha);
                let off = self.weights[term] * pulls[term] - target;
                config.rate * off.signum() * pulls[term] / mean_pull
            })
            .collect();
        for (&term, step) in pulling.iter().zip(steps) {
            self.weights[term] = (self.weights[term] - step).clamp(LEAST, 3.0);
        }
        let sum: f32 = self.weights.iter().sum();
        self.weights = self.weights.map(|weight| weight * 3.0 / sum);
    }
}

/// Asymmetric `PCGrad`, in the weights of `module`: where the privacy gradient conflicts with that of the
/// penalty, the part that does is taken out; the penalty's own gradient is never touched.
///
/// After Yu et al., "Gradient Surgery for Multi-Task Learning", arXiv:2001.06782.
pub(super) fn yield_to_penalty<M: Module>(
    module: &M,
    privacy: GradientsParams,
    penalty: &GradientsParams,
) -> GradientsParams {
    let (conflict, length) =
        (gradients::dot(module, &privacy, penalty), gradients::dot(module, penalty, penalty));
    if conflict >= 0.0 || length == 0.0 {
        return privacy;
    }
    gradients::sum(module, (&privacy, 1.0), (penalty, -conflict / length))
}

#[cfg(test)]
mod tests {
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::{Device, Tensor};

    use super::*;

    fn module() -> Linear {
        LinearConfig::new(1, 3).with_bias(false).init(&Device::flex().autodiff())
    }

    /// A gradient of `module` that points along `direction`.
    fn along(module: &Linear, direction: [f32; 3]) -> GradientsParams {
        let device = Device::flex().autodiff();
        let one = Tensor::<2>::ones([1, 1], &device);
        let loss = (module.forward(one) * Tensor::<2>::from_data([direction], &device)).sum();
        GradientsParams::from_grads(loss.backward(), module)
    }

    #[test]
    fn a_conflicting_privacy_gradient_yields_and_any_other_stays() {
        let module = module();
        let penalty = along(&module, [2.0, 0.0, 0.0]);
        let yielded = yield_to_penalty(&module, along(&module, [-3.0, 1.0, 0.0]), &penalty);
        assert!(
            gradients::dot(&module, &yielded, &penalty).abs() < 1e-5,
            "it still pulls against the penalty"
        );
        let second = along(&module, [0.0, 1.0, 0.0]);
        assert!(
            (gradients::dot(&module, &yielded, &second) - 1.0).abs() < 1e-5,
            "what does not conflict was lost"
        );
        let allied = yield_to_penalty(&module, along(&module, [3.0, 1.0, 0.0]), &penalty);
        assert_eq!(gradients::dot(&module, &allied, &penalty), 6.0, "an allied gradient was changed");
    }

    #[test]
    fn the_ratio_makes_both_pull_alike_within_its_bound() {
        let config = Balance { most: 10.0, ..Balance::default() };
        assert_eq!(ratio(3.0, 1.5, &config), 2.0, "twice 1.5 is 3");
        assert_eq!(ratio(3.0, 0.001, &config), 10.0, "bounded");
        assert_eq!(ratio(3.0, 0.0, &config), 1.0, "nothing to scale");
    }

    #[test]
    fn grad_norm_evens_out_pulls_of_terms_that_learn_alike() {
        let config = Balance { rate: 0.05, ..Balance::default() };
        let mut state = GradNorm::new();
        for _ in 0..400 {
            state.step([1.0; 3], [4.0, 1.0, 2.0], &config);
        }
        let pulls = [4.0 * state.weights[0], state.weights[1], 2.0 * state.weights[2]];
        let mean = pulls.iter().sum::<f32>() / 3.0;
        assert!(
            pulls.iter().all(|pull| (pull / mean - 1.0).abs() < 0.2),
            "pulls {pulls:?} of weights {:?}",
            state.weights
        );
        assert!((state.weights.iter().sum::<f32>() - 3.0).abs() < 1e-4, "weights {:?}", state.weights);
    }

    #[test]
    fn grad_norm_helps_the_term_that_lags_behind() {
        let config = Balance::default();
        let mut state = GradNorm::new();
        state.step([1.0; 3], [1.0; 3], &config);
        for _ in 0..20 {
            state.step([1.0, 0.2, 0.2], [1.0; 3], &config);
        }
        assert!(
            state.weights[0] > state.weights[1] + 0.1,
            "the first has learnt nothing: {:?}",
            state.weights
        );
    }

    #[test]
    fn a_hinge_that_began_near_zero_does_not_silence_the_others() {
        let mut state = GradNorm::new();
        state.step([1.0, 1.0, 1e-5], [1.0; 3], &Balance::default());
        for _ in 0..200 {
            state.step([1.0, 1.0, 0.02], [1.0; 3], &Balance::default());
        }
        assert!(state.weights.iter().all(|weight| *weight > 0.5), "{:?}", state.weights);
    }

    #[test]
    fn a_term_that_does_not_pull_keeps_its_weight_in_proportion() {
        let mut state = GradNorm::new();
        for _ in 0..50 {
            state.step([1.0, 1.0, 0.0], [3.0, 1.0, 0.0], &Balance::default());
        }
        assert!(
            state.weights[2] > 0.5 && state.weights.iter().all(|weight| weight.is_finite()),
            "{:?}",
            state.weights
        );
    }
}
