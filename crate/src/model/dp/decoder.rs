//! The decoder: pictures of released codes.

use std::f64::consts::PI;

use burn::module::Module;
use burn::nn::Linear;
use burn::nn::conv::ConvTranspose2d;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};

use super::super::blocks::{self, Norm, NormConfig, Start};
use super::{DpConfig, MULTIPLE};

/// How many waves tell the decoder the phase.
const WAVES: usize = 4;
/// The hidden layer of a decoder that sees the phase is so many times as wide as the network.
const HIDDEN: usize = 8;

/// Draws pictures of codes.
///
/// It has normalisation layers of each picture's own statistics, and no state: what it draws follows from the code and
/// the place in the window alone.
#[derive(Module, Debug)]
pub(super) struct Decoder {
    /// Sees the code and the phase, where a window has several frames.
    unfold: Option<Linear>,
    from_code: Linear,
    up_quarter: ConvTranspose2d,
    norm_up_quarter: Norm,
    up_half: ConvTranspose2d,
    norm_up_half: Norm,
    head: ConvTranspose2d,
    channels: usize,
    cells: usize,
}

impl Decoder {
    pub(super) fn new(config: &DpConfig, at: (Start, &Device)) -> Self {
        let DpConfig { width, groups, side, code, window, .. } = config;
        let (channels, cells) = (4 * width, side / MULTIPLE);
        let norm = |channels| NormConfig::new(*groups, channels).init(at.1);
        let hidden = HIDDEN * width;
        let unfold = (*window > 1).then(|| blocks::dense(code + WAVES, hidden, at));
        let unfolded = if unfold.is_some() { hidden } else { *code };
        Self {
            unfold,
            from_code: blocks::dense(unfolded, channels * cells * cells, at),
            up_quarter: blocks::doubling(channels, 2 * width, 4, at),
            norm_up_quarter: norm(2 * width),
            up_half: blocks::doubling(2 * width, *width, 4, at),
            norm_up_half: norm(*width),
            head: blocks::doubling(*width, 3, 4, at),
            channels,
            cells,
        }
    }

    /// Pictures before the sigmoid that makes colours of them.
    ///
    /// # Shapes
    /// - `codes`: `[n, d]`, as released, on the scale of the clip
    /// - `phases`: `n` of them, in `[0, 1]`
    /// - returns `[n, 3, side, side]`
    pub(super) fn logits(&self, codes: Tensor<2>, phases: &[f64]) -> Tensor<4> {
        let [n, _] = codes.dims();
        assert_eq!(n, phases.len(), "each code has its phase");
        let codes = match &self.unfold {
            Some(unfold) => {
                let waves = waves(phases, &codes.device());
                relu(unfold.forward(Tensor::cat(vec![codes, waves], 1)))
            }
            None => codes,
        };
        let drawn = relu(self.from_code.forward(codes));
        let eighth = drawn.reshape([n, self.channels, self.cells, self.cells]);
        let quarter = relu(self.norm_up_quarter.forward(self.up_quarter.forward(eighth)));
        let half = relu(self.norm_up_half.forward(self.up_half.forward(quarter)));
        self.head.forward(half)
    }

    /// The steepest slope of the weights of each layer that a test asks for.
    #[cfg(all(test, feature = "native"))]
    pub(super) fn slopes_for_tests(
        &self,
        slopes: &burn::tensor::Gradients,
    ) -> Vec<(&'static str, Option<f32>)> {
        let unfold = self
            .unfold
            .iter()
            .map(|unfold| ("the layer of the phase", super::steepest(&unfold.weight, slopes)));
        let last = ("the last layer", super::steepest(&self.head.weight, slopes));
        std::iter::once(last).chain(unfold).collect()
    }
}

/// Phases as the decoder sees them: half waves, of which no two phases have the same.
///
/// # Shapes
/// - returns `[phases, WAVES]`, in `[-1, 1]`
fn waves(phases: &[f64], device: &Device) -> Tensor<2> {
    let wave = |phase: f64| (1..=WAVES).map(move |times| libm::cos(PI * times as f64 * phase) as f32);
    let waves: Vec<f32> = phases.iter().copied().flat_map(wave).collect();
    Tensor::from_data(TensorData::new(waves, [phases.len(), WAVES]), device)
}
