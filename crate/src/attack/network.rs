//! What attackers are made of. Weights are drawn from a generator of ours, never from the backend's.

use burn::module::{Module, ModuleMapper, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{GroupNorm, GroupNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::module::adaptive_avg_pool2d;
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;

use super::Family;
use crate::utility::{Utility, UtilityConfig, pooled};

/// Cells along each side of a picture that the linear probe sees.
pub(super) const CELLS: usize = 12;
/// The stages of the CNNs: channels, side of the kernel, stride. About 40,000 and 160,000 weights.
const SMALL: [(usize, usize, usize); 3] = [(24, 4, 4), (48, 3, 2), (64, 3, 2)];
const WIDE: [(usize, usize, usize); 3] = [(48, 4, 4), (96, 3, 2), (128, 3, 2)];
/// Parts along each side of a picture in which the CNN's features are averaged. Faces are told better with more
/// parts (they are cut out alike), bodies with fewer (they move): of 1, 2 and 3, two serve both.
const PARTS: usize = 2;

#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and a module cannot be boxed")]
pub(super) enum Network {
    Linear(Linear),
    Cnn(Cnn),
    Temporal(Utility),
}

#[derive(Module, Debug)]
pub(super) struct Cnn {
    convolutions: Vec<Conv2d>,
    norms: Vec<GroupNorm>,
    head: Linear,
}

impl Network {
    /// A network that knows nothing.
    pub(super) fn new(family: Family, classes: usize, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let empty = match family {
            Family::Linear => Self::Linear(LinearConfig::new(3 * CELLS * CELLS, classes).init(device)),
            Family::Cnn => Self::Cnn(Cnn::new(SMALL, classes, device)),
            Family::Wide => Self::Cnn(Cnn::new(WIDE, classes, device)),
            Family::Temporal => Self::Temporal(UtilityConfig::new(classes).init(device)),
        };
        drawn(empty, rng)
    }

    /// What the decision rests on.
    ///
    /// # Shapes
    /// - `pictures`: `[n * t, 3, h, w]`, scaled as the family wants them; 12 by 12 for the linear probe
    /// - `t`: pictures shown at once; 1 but for [`Family::Temporal`]
    /// - returns `[n, features]`
    pub(super) fn features(&self, pictures: Tensor<4>, t: usize) -> Tensor<2> {
        match self {
            Self::Linear(_) => pictures.flatten(1, 3),
            Self::Cnn(cnn) => {
                let stages = cnn.convolutions.iter().zip(&cnn.norms);
                let features = stages
                    .fold(pictures, |x, (convolution, norm)| relu(norm.forward(convolution.forward(x))));
                adaptive_avg_pool2d(features, [PARTS; 2]).flatten(1, 3)
            }
            Self::Temporal(branch) => pooled(branch.features(pictures, t), t),
        }
    }

    /// Scores of each class, before softmax.
    ///
    /// # Shapes
    /// - `pictures`, `t`: as [`features`](Self::features) takes them
    /// - returns `[n, classes]`
    pub(super) fn forward(&self, pictures: Tensor<4>, t: usize) -> Tensor<2> {
        match self {
            Self::Linear(linear) => linear.forward(self.features(pictures, t)),
            Self::Cnn(cnn) => cnn.head.forward(self.features(pictures, t)),
            Self::Temporal(branch) => branch.forward(pictures, t),
        }
    }
}

impl Cnn {
    fn new(stages: [(usize, usize, usize); 3], classes: usize, device: &Device) -> Self {
        let (mut convolutions, mut norms, mut from) = (vec![], vec![], 3);
        for (to, kernel, stride) in stages {
            let edge = (kernel - 1) / 2;
            let config = Conv2dConfig::new([from, to], [kernel; 2])
                .with_stride([stride; 2])
                .with_padding(PaddingConfig2d::Explicit(edge, edge, edge, edge))
                .with_bias(false);
            convolutions.push(config.init(device));
            norms.push(GroupNormConfig::new(4, to).init(device));
            from = to;
        }
        Self { convolutions, norms, head: LinearConfig::new(from * PARTS * PARTS, classes).init(device) }
    }
}

/// The module with weights drawn anew from `rng`: convolutions with the spread of He et al., arXiv:1502.01852, evenly
/// distributed; heads and biases at nothing, so that every class is as likely as another. Norms keep their ones and
/// zeros.
pub fn drawn<M: Module>(module: M, rng: &mut ChaCha8Rng) -> M {
    module.map(&mut Draw { rng, layer: String::new() })
}

struct Draw<'a> {
    rng: &'a mut ChaCha8Rng,
    /// What the parameter at hand belongs to.
    layer: String,
}

impl ModuleMapper for Draw<'_> {
    fn enter_module(&mut self, _name: &str, container_type: &str) {
        container_type.clone_into(&mut self.layer);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.layer.ends_with("Norm") {
            return param;
        }
        // Looking at the value would draw it from the backend's generator first.
        let (shape, device) = (param.lazy_shape(), param.lazy_device());
        let values: Vec<f32> = if D == 4 {
            let inputs: usize = shape[1..].iter().product();
            let reach = (6.0 / inputs as f32).sqrt();
            (0..shape[0] * inputs).map(|_| self.rng.random_range(-reach..reach)).collect()
        } else {
            vec![0.0; shape.iter().product()]
        };
        Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), &device))
    }
}
