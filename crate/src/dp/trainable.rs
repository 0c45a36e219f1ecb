//! The mechanism as a layer: the same clip and noise on tensors, for gradients to pass through.
//!
//! Nothing here may release anything: it is in single precision, and its noise is the trainer's generator.

use burn::tensor::{Distribution, Tensor};

use super::mechanism::MechanismConfig;

/// Keeps the length of a zero code differentiable.
const EPSILON: f32 = 1e-12;

/// Codes as the mechanism would release them, with `share` of its noise: reparametrised, so gradients reach the codes
/// and the scale, and pass levels as if there were none (straight through; Bengio, Leonard, Courville 2013). Each call
/// draws fresh noise from the device's generator.
///
/// # Shapes
/// - `codes`: `[n, d]`, as the encoder gives them
/// - `scale`: `[d]`, positive
/// - `share`: of the noise, in `[0, 1]`; below 1 only while training warms up
/// - returns `[n, d]`, on the scale of the clip
pub fn perturbed(codes: Tensor<2>, scale: Tensor<1>, config: &MechanismConfig, share: f32) -> Tensor<2> {
    let clipped = clipped(codes, scale, config.clip);
    let sigma = config.sigma * f64::from(share);
    let noisy = if sigma == 0.0 {
        clipped
    } else {
        let noise = Tensor::random(clipped.dims(), Distribution::Normal(0.0, sigma), &clipped.device());
        clipped + noise
    };
    match config.levels {
        Some(levels) => noisy.clone() + (on_levels(noisy.clone(), levels, config.clip) - noisy).detach(),
        None => noisy,
    }
}

/// The nearest of `levels` values from `-clip` to `clip`.
fn on_levels(values: Tensor<2>, levels: usize, clip: f64) -> Tensor<2> {
    let most = (levels - 1) as f64;
    // Halves go up, as where the mechanism rounds.
    let level = ((values / clip + 1.0) * (most / 2.0) + 0.5).floor().clamp(0.0, most);
    (level * (2.0 / most) - 1.0) * clip
}

/// Scaled codes, none longer than `clip`.
///
/// # Shapes
/// - `codes`: `[n, d]`
/// - `scale`: `[d]`, positive
/// - returns `[n, d]`
pub fn clipped(codes: Tensor<2>, scale: Tensor<1>, clip: f64) -> Tensor<2> {
    let scaled = codes / scale.unsqueeze();
    let length = (scaled.clone().square().sum_dim(1) + EPSILON).sqrt(); // [n, 1]
    let factor = (length.recip() * clip).clamp_max(1.0);
    scaled * factor
}

#[cfg(all(test, feature = "native"))]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::super::mechanism::{Mechanism, Noise};
    use super::*;

    const CONFIG: MechanismConfig = MechanismConfig { clip: 1.0, sigma: 0.5, levels: None };

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().convert::<f32>().try_into_vec().expect("values were converted")
    }

    /// Codes of four numbers: long, short, zero.
    fn codes(device: &Device) -> Tensor<2> {
        let codes = vec![9.0_f32, -2.0, 0.5, 4.0, 0.1, 0.2, -0.1, 0.05, 0.0, 0.0, 0.0, 0.0];
        Tensor::from_data(TensorData::new(codes, [3, 4]), device)
    }

    fn scale(device: &Device) -> Tensor<1> {
        Tensor::from_data(TensorData::new(vec![0.5_f32, 1.0, 2.0, 3.0], [4]), device)
    }

    #[test]
    fn it_cuts_and_scales_as_the_mechanism_does() {
        let device = Device::flex();
        for levels in [None, Some(2), Some(5)] {
            let noisy = MechanismConfig { levels, ..CONFIG };
            let found = values(perturbed(codes(&device), scale(&device), &noisy, 0.0));
            let quiet = MechanismConfig { sigma: 0.0, ..noisy };
            let noise = Noise::seeded_for_tests(1);
            let mut mechanism =
                Mechanism::new(quiet, values(scale(&device)).into_iter().map(f64::from).collect(), noise)
                    .expect("sound");
            let wanted: Vec<f64> = values(codes(&device))
                .chunks(4)
                .flat_map(|code| mechanism.release(code).values().to_vec())
                .collect();
            for (found, wanted) in found.iter().zip(&wanted) {
                assert!((f64::from(*found) - wanted).abs() < 2e-6, "{found} and {wanted}, levels {levels:?}");
            }
        }
    }

    #[test]
    fn the_noise_is_fresh_and_has_the_share_of_the_deviation_that_is_asked_for() {
        let device = Device::flex();
        device.seed(5);
        let nothing = || Tensor::<2>::zeros([5000, 4], &device);
        let draw = |share: f32| values(perturbed(nothing(), scale(&device), &CONFIG, share));
        for (share, wanted) in [(1.0, 0.5), (0.5, 0.25)] {
            let draws = draw(share);
            let deviation = (draws.iter().map(|x| x * x).sum::<f32>() / draws.len() as f32).sqrt();
            assert!((deviation - wanted).abs() < 0.01, "share {share}: {deviation}, not {wanted}");
        }
        assert!(draw(1.0) != draw(1.0), "the same noise twice");
    }

    #[test]
    fn gradients_reach_codes_and_scale_and_are_numbers_for_the_zero_code_too() {
        let device = Device::flex().autodiff();
        device.seed(5);
        let (codes, scale) = (codes(&device).require_grad(), scale(&device).require_grad());
        let weights = Tensor::from_data(TensorData::new(vec![1.0_f32, -2.0, 3.0, 0.5], [1, 4]), &device);
        let loss = (perturbed(codes.clone(), scale.clone(), &CONFIG, 1.0) * weights).sum();
        let slopes = loss.backward();
        let of_codes = values(codes.grad(&slopes).expect("a gradient"));
        let of_scale = values(scale.grad(&slopes).expect("a gradient"));
        assert!(of_codes.iter().chain(&of_scale).all(|slope| slope.is_finite()), "{of_codes:?} {of_scale:?}");
        for (code, slopes) in of_codes.chunks(4).enumerate() {
            assert!(slopes.iter().any(|slope| slope.abs() > 1e-3), "nothing reaches code {code}: {slopes:?}");
        }
        assert!(of_scale.iter().all(|slope| *slope != 0.0), "nothing reaches the scale: {of_scale:?}");
    }

    #[test]
    fn gradients_pass_levels_as_if_there_were_none() {
        let device = Device::flex().autodiff();
        let weights = Tensor::from_data(TensorData::new(vec![1.0_f32, -2.0, 3.0, 0.5], [1, 4]), &device);
        let slopes = |levels| {
            let (leaf, config) = (codes(&device).require_grad(), MechanismConfig { levels, ..CONFIG });
            let loss = (perturbed(leaf.clone(), scale(&device), &config, 0.0) * weights.clone()).sum();
            values(leaf.grad(&loss.backward()).expect("a gradient"))
        };
        assert_eq!(slopes(Some(2)), slopes(None));
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let device = Device::flex().autodiff();
        let weights = Tensor::from_data(TensorData::new(vec![1.0_f32, -2.0, 3.0, 0.5], [1, 4]), &device);
        let loss =
            |codes: Tensor<2>| (perturbed(codes, scale(&device), &CONFIG, 0.0) * weights.clone()).sum();
        let leaf = codes(&device).require_grad();
        let slopes = values(leaf.grad(&loss(leaf.clone()).backward()).expect("a gradient"));
        for place in 0..8 {
            let moved = |by: f32| -> f32 {
                let mut push = vec![0.0_f32; 12];
                push[place] = by;
                loss(codes(&device) + Tensor::from_data(TensorData::new(push, [3, 4]), &device)).into_scalar()
            };
            let wanted = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((slopes[place] - wanted).abs() < 2e-3, "{place}: {} and {wanted}", slopes[place]);
        }
    }
}
