//! Blur, difference, quantisation: a filter of clips with a handful of learnt numbers.

use burn::module::{Module, Param};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::{ClipShape, ModelError, Shape};

/// Shape of a [`Bdq`]: all that is not learnt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BdqConfig {
    /// What the card calls it, [`ARCHITECTURE`](Shape::ARCHITECTURE).
    pub architecture: String,
    /// Steps of the quantisation: one fewer than there are levels.
    pub steps: usize,
}

/// Steps as in the paper: 4 bits.
pub const STEPS: usize = 15;
/// Standard deviation of the blur at first, in 64ths of a picture's longer side.
const SIGMA_OF_64: f32 = 1.0;
/// How steep a step is (the paper's code has the same).
const STEEPNESS: f32 = 5.0;

/// Shows what has changed since the frame before: blurred, subtracted, and in few levels, whose steps are soft
/// (Kumawat & Nagahara, "Privacy-Preserving Action Recognition via Motion Difference Quantization", ECCV 2022,
/// arXiv:2208.02459). The width of the blur and the places of the steps are learnt.
///
/// Other than there, differences are measured on a fixed scale and not between the extremes of a batch: what a frame
/// shows would rest on other people's frames.
#[derive(Module, Debug)]
pub struct Bdq {
    /// Natural logarithm of the blur's standard deviation, in 64ths of the longer side, `[1]`.
    log_sigma: Param<Tensor<1>>,
    /// Where each step is, on a scale from 0 (a change by -1) to their number (a change by 1), `[steps]`.
    steps: Param<Tensor<1>>,
}

impl Shape for BdqConfig {
    type Network = Bdq;
    const ARCHITECTURE: Option<&'static str> = Some("bdq");

    fn validate(&self) -> Result<(), ModelError> {
        if (1..=255).contains(&self.steps) { Ok(()) } else { Err(ModelError::Steps(self.steps)) }
    }

    fn blank(&self, device: &Device) -> Bdq {
        self.init(device)
    }

    /// Pictures are filtered as they are.
    fn working_size(&self, width: usize, height: usize) -> (usize, usize) {
        (width, height)
    }

    /// Of a clip in which the picture follows upon grey.
    fn answer(network: &Bdq, image: Tensor<4>) -> Tensor<4> {
        let grey = image.ones_like() * 0.5;
        let shown = network.forward(Tensor::cat(vec![grey, image], 0), 2);
        let [_, second] = shown.chunk(2, 0).try_into().expect("two frames");
        second
    }
}

impl ClipShape for BdqConfig {
    fn rewrite(network: &Bdq, frames: Tensor<4>, t: usize) -> Tensor<4> {
        network.forward(frames, t)
    }
}

impl BdqConfig {
    /// With this many steps.
    pub fn new(steps: usize) -> Self {
        Self { architecture: Self::ARCHITECTURE.unwrap_or_default().into(), steps }
    }

    /// The filter before it has learnt anything: steps at equal distances. Nothing is drawn.
    pub fn init(&self, device: &Device) -> Bdq {
        let places: Vec<f32> = (0..self.steps).map(|step| step as f32 + 0.5).collect();
        let places = Tensor::from_data(TensorData::new(places, [self.steps]), device);
        let log_sigma = Tensor::full([1], SIGMA_OF_64.ln(), device);
        Bdq { log_sigma: Param::from_tensor(log_sigma), steps: Param::from_tensor(places) }
    }
}

impl Bdq {
    /// Filters clips of `t` frames. The first frame of each shows the change to the second; a clip of one frame shows
    /// none.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, h, w]`, sRGB in `[0, 1]`; the frames of a clip lie one after the other
    /// - returns the same, in `[0, 1]`
    ///
    /// # Panics
    /// If the frames do not make whole clips.
    pub fn forward(&self, frames: Tensor<4>, t: usize) -> Tensor<4> {
        let [total, channels, height, width] = frames.dims();
        assert!(t > 0 && total.is_multiple_of(t), "{total} frames do not make clips of {t}");
        let (n, pixels) = (total / t, channels * height * width);
        let soft = self.blurred(frames).reshape([n, t, pixels]);
        let change = if t == 1 {
            soft.zeros_like()
        } else {
            let after = soft.clone().slice([0..n, 1..t, 0..pixels]);
            let change = after - soft.slice([0..n, 0..t - 1, 0..pixels]);
            Tensor::cat(vec![change.clone().slice([0..n, 0..1, 0..pixels]), change], 1)
        };
        self.quantised(change.reshape([total, channels, height, width]))
    }

    /// Both passes of the Gaussian as products with matrices, whose rows sum to one at the edges too.
    fn blurred(&self, frames: Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = frames.dims();
        let sigma = self.log_sigma.val().exp() * (height.max(width) as f32 / 64.0); // pixels
        let bell = |side: usize| {
            let square = |i: usize| (((i / side) as f32) - ((i % side) as f32)).powi(2);
            let squares: Vec<f32> = (0..side * side).map(square).collect();
            let squares = Tensor::<2>::from_data(TensorData::new(squares, [side, side]), &frames.device());
            let scale = sigma.clone().square().recip() * -0.5;
            let weights = (squares * scale.reshape([1, 1])).exp();
            (weights.clone() / weights.sum_dim(1)).reshape([1, 1, side, side])
        };
        let (down, across) = (bell(height), bell(width).transpose());
        down.matmul(frames).matmul(across)
    }

    /// Changes in `[-1, 1]` as levels in `[0, 1]`.
    fn quantised(&self, change: Tensor<4>) -> Tensor<4> {
        let count = self.steps.dims()[0];
        let places = (change + 1.0) * (count as f32 / 2.0);
        let step = |step: usize| {
            let edge = self.steps.val().narrow(0, step, 1).reshape([1, 1, 1, 1]);
            sigmoid((places.clone() - edge) * STEEPNESS)
        };
        (0..count).map(step).reduce(|sum, step| sum + step).expect("at least one step") / count as f32
    }

    /// The blur's standard deviation in 64ths of a picture's longer side, and the places of the steps as changes in
    /// `[-1, 1]`. Waits for the device.
    pub fn learnt(&self) -> (f32, Vec<f32>) {
        let steps: Vec<f32> =
            self.steps.val().into_data().convert::<f32>().try_into_vec().expect("values were converted");
        let half = steps.len() as f32 / 2.0;
        (
            self.log_sigma.val().into_scalar::<f32>().exp(),
            steps.iter().map(|place| place / half - 1.0).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;

    fn noise(shape: [usize; 4], device: &Device) -> Tensor<4> {
        Tensor::random(shape, Distribution::Uniform(0.0, 1.0), device)
    }

    fn values(tensor: Tensor<4>) -> Vec<f32> {
        tensor.into_data().try_to_vec().expect("f32 values")
    }

    fn furthest(a: Tensor<4>, b: Tensor<4>) -> f32 {
        (a - b).abs().max().into_scalar()
    }

    #[test]
    fn a_clip_that_stands_still_is_flat_whatever_it_shows() {
        let device = Device::flex();
        let filter = BdqConfig::new(STEPS).init(&device);
        let still = noise([1, 3, 12, 20], &device);
        let clip = Tensor::cat(vec![still.clone(), still.clone(), still.clone()], 0);
        assert!(
            furthest(filter.forward(clip, 3), Tensor::full([3, 3, 12, 20], 0.5, &device)) < 1e-5,
            "three"
        );
        assert!(furthest(filter.forward(still, 1), Tensor::full([1, 3, 12, 20], 0.5, &device)) < 1e-5, "one");
    }

    #[test]
    fn brighter_is_above_the_middle_darker_below_and_the_first_frame_is_as_the_second() {
        let device = Device::flex();
        let filter = BdqConfig::new(STEPS).init(&device);
        let frame = |value: f32| Tensor::<4>::full([1, 3, 8, 8], value, &device);
        let clip = Tensor::cat(vec![frame(0.2), frame(0.8), frame(0.4)], 0);
        let shown: Vec<f32> =
            values(filter.forward(clip, 3)).chunks_exact(192).map(|frame| frame[100]).collect();
        // A change by 0.6 lies at 12 of 15 levels, one by -0.4 at 4.5.
        assert!((shown[1] - 12.0 / 15.0).abs() < 0.01 && (shown[2] - 4.5 / 15.0).abs() < 0.01, "{shown:?}");
        assert_eq!(shown[0], shown[1], "the first frame");
    }

    #[test]
    fn clips_of_one_batch_do_not_see_each_other() {
        let device = Device::flex();
        let filter = BdqConfig::new(STEPS).init(&device);
        let [one, other] = [(); 2].map(|()| noise([3, 3, 8, 8], &device));
        let together = filter.forward(Tensor::cat(vec![one.clone(), other], 0), 3);
        let first = together.slice([0..3, 0..3, 0..8, 0..8]);
        assert!(furthest(first, filter.forward(one, 3)) < 1e-6, "a neighbour changes a clip");
    }

    #[test]
    fn the_blur_is_the_gaussian_of_its_sigma() {
        let device = Device::flex();
        let filter = BdqConfig::new(STEPS).init(&device);
        let mut dot = vec![0.0_f32; 3 * 64 * 64];
        dot[32 * 64 + 32] = 1.0;
        let soft = values(filter.blurred(Tensor::from_data(TensorData::new(dot, [1, 3, 64, 64]), &device)));
        let bell = |distance: f32| (-0.5 * distance * distance).exp();
        let peak = 1.0 / (2.0 * std::f32::consts::PI);
        for (x, y) in [(0, 0), (1, 0), (0, 2), (2, 3)] {
            let found = soft[(32 + y) * 64 + 32 + x];
            let wanted = peak * bell(x as f32) * bell(y as f32);
            assert!((found - wanted).abs() < 1e-3 * peak, "at ({x}, {y}): {found}, not {wanted}");
        }
        let flat = filter.blurred(Tensor::ones([1, 3, 24, 40], &device));
        assert!(furthest(flat, Tensor::ones([1, 3, 24, 40], &device)) < 1e-5, "edges grow dark");
    }

    #[test]
    fn gradients_reach_sigma_and_every_step_as_finite_differences_say() {
        let device = Device::flex().autodiff();
        device.seed(3);
        let filter = BdqConfig::new(4).init(&device);
        // Wide, so that the blur reaches over more than a pixel.
        let clip = noise([4, 3, 8, 64], &device);
        let wanted = noise([4, 3, 8, 64], &device);
        let loss = |filter: &Bdq| (filter.forward(clip.clone(), 2) - wanted.clone()).square().mean();
        let slopes = loss(&filter).backward();
        let of = |param: &Param<Tensor<1>>| -> Vec<f32> {
            let slope = param.val().grad(&slopes).expect("a gradient");
            slope.into_data().convert::<f32>().try_into_vec().expect("numbers")
        };
        let step = 1e-2;
        let moved = |sigma: f32, nth: Option<usize>| -> f32 {
            let push: Vec<f32> = (0..4).map(|i| if Some(i) == nth { 1.0 } else { 0.0 }).collect();
            let push = Tensor::<1>::from_data(TensorData::new(push, [4]), &device);
            let at = |way: f32| -> f32 {
                let log_sigma = Param::from_tensor((filter.log_sigma.val() + sigma * way * step).detach());
                let steps = Param::from_tensor((filter.steps.val() + push.clone() * (way * step)).detach());
                loss(&Bdq { log_sigma, steps }).into_scalar()
            };
            (at(1.0) - at(-1.0)) / (2.0 * step)
        };
        let (found, numeric) = (of(&filter.log_sigma)[0], moved(1.0, None));
        assert!(found != 0.0 && (found - numeric).abs() < 0.05 * numeric.abs(), "sigma: {found}, {numeric}");
        for (nth, found) in of(&filter.steps).into_iter().enumerate() {
            let numeric = moved(0.0, Some(nth));
            assert!(found != 0.0, "nothing reaches step {nth}");
            assert!((found - numeric).abs() < 0.05 * numeric.abs() + 1e-6, "step {nth}: {found}, {numeric}");
        }
    }
}
