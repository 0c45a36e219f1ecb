//! The network as a GPU runs it best: the same numbers in a third of the dispatches, which are what a
//! small network costs there. For inference only: no gradient flows through these kernels.

use burn::backend::Wgpu;
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::Tensor;
use burn_cubecl::cubecl::prelude::{CubeCount, CubeDim};
use burn_cubecl::tensor::CubeTensor;

use super::Anonymizer;
use super::blocks::Norm;

/// Threads that share one group of channels; every WebGPU device has as many.
const UNITS: usize = 256;

impl Anonymizer {
    /// Lays the weights of convolutions out with channels innermost, as the GPU's kernels read them;
    /// otherwise each of them is copied into that order again for every frame. Shapes and values stay.
    pub(crate) fn channels_last(self) -> Self {
        self.map(&mut ChannelsLast)
    }

    /// What [`forward`](Self::forward) computes before its last step, a sigmoid, which the kernel that draws
    /// the picture takes on its way.
    ///
    /// # Shapes
    /// - `images`: as for [`forward`](Self::forward), on the GPU
    /// - returns `[n, 3, h, w]`, unbounded
    ///
    /// # Panics
    /// If the shape is another, or the tensor is not on the GPU.
    pub(crate) fn logits(&self, images: Tensor<4>) -> Tensor<4> {
        let half = rectified(self.stem.forward(images)); // [n, width, h/2, w/2]
        let quarter = normalised(self.down_quarter.forward(half.clone()), &self.norm_quarter);
        let eighth = normalised(self.down_eighth.forward(quarter.clone()), &self.norm_eighth);
        let deep = rectified(self.middle.forward(eighth.clone())) + eighth; // [n, 4 width, h/8, w/8]
        let quarter = rectified(self.merge_quarter.forward(self.up_quarter.forward(deep) + quarter));
        let half = rectified(self.merge_half.forward(self.up_half.forward(quarter) + half));
        self.head.forward(half)
    }
}

struct ChannelsLast;

impl ModuleMapper for ChannelsLast {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if D != 4 {
            return parameter;
        }
        let inward: [usize; D] = std::array::from_fn(|axis| [0, 2, 3, 1][axis]);
        let outward: [usize; D] = std::array::from_fn(|axis| [0, 3, 1, 2][axis]);
        parameter.map(|tensor| {
            let turned = tensor.permute(inward);
            let shape = turned.dims();
            let length = shape.iter().product::<usize>();
            // A permutation alone moves nothing; reshaping to one dimension and back does.
            turned.reshape([length]).reshape(shape).permute(outward)
        })
    }
}

/// The rectifier, `max(x, 0)`: one dispatch, where the framework's `relu` takes two.
fn rectified(x: Tensor<4>) -> Tensor<4> {
    x.clamp(0.0, f32::MAX)
}

/// [`Norm::forward`] and the rectifier in one dispatch, where Burn takes a dozen.
///
/// # Shapes
/// - `x`: `[n, c, h, w]`
/// - returns `[n, c, h, w]`
fn normalised(x: Tensor<4>, norm: &Norm) -> Tensor<4> {
    let x = x.permute([0, 2, 3, 1]); // [n, h, w, c], as convolutions leave it in memory
    let shape @ [pictures, _, _, channels] = x.dims();
    let output = on_gpu(Tensor::empty(shape, &x.device()));
    let input = burn_cubecl::kernel::into_contiguous(on_gpu(x));
    kernel::normalise::launch(
        &input.client.clone(),
        CubeCount::Static((pictures * norm.groups) as u32, 1, 1),
        CubeDim::new_1d(UNITS as u32),
        input.into_tensor_arg(),
        on_gpu(norm.gain.val()).into_tensor_arg(),
        on_gpu(norm.offset.val()).into_tensor_arg(),
        output.clone().into_tensor_arg(),
        Norm::EPSILON,
        channels / norm.groups,
        UNITS,
    );
    Tensor::from_primitive::<Wgpu>(output).permute([0, 3, 1, 2])
}

fn on_gpu(tensor: Tensor<4>) -> CubeTensor {
    tensor.try_into_primitive::<Wgpu>().expect("the GPU engine's tensors are on the GPU")
}

mod kernel {
    use burn_cubecl::cubecl;
    use cubecl::prelude::*;

    /// Group normalisation, gain, offset and rectifier. Each cube takes one group of one picture.
    ///
    /// Memory of `input` and `output`: `[n, h, w, c]`; `gain` and `offset`: `[c]`.
    #[cube(launch)]
    pub(super) fn normalise(
        input: &Tensor<f32>,
        gain: &Tensor<f32>,
        offset: &Tensor<f32>,
        output: &mut Tensor<f32>,
        epsilon: f32,
        #[comptime] group: usize,
        #[comptime] units: usize,
    ) {
        let channels = input.shape(3);
        let groups = channels / group;
        let cube = CUBE_POS_X as usize;
        let channel = cube % groups * group;
        let first = cube / groups * input.stride(0) + channel;
        let length = input.shape(1) * input.shape(2) * group;
        let unit = UNIT_POS_X as usize;
        let mut partial = Shared::<[f32]>::new_slice(units);

        let mut sum = f32::new(0.0);
        let mut at = unit;
        while at < length {
            sum += input[first + at / group * channels + at % group];
            at += units;
        }
        let mean = total(&mut partial, sum, unit, units) / f32::cast_from(length);

        let mut squares = f32::new(0.0);
        let mut at = unit;
        while at < length {
            let centred = input[first + at / group * channels + at % group] - mean;
            squares += centred * centred;
            at += units;
        }
        let variance = total(&mut partial, squares, unit, units) / f32::cast_from(length);
        let deviation = f32::sqrt(variance + epsilon);

        let mut at = unit;
        while at < length {
            let place = first + at / group * channels + at % group;
            let scaled = (input[place] - mean) / deviation * gain[channel + at % group];
            output[place] = max(scaled + offset[channel + at % group], f32::new(0.0));
            at += units;
        }
    }

    /// The sum of one value from each unit of a cube, given to all of them.
    #[cube]
    fn total(partial: &mut Shared<[f32]>, value: f32, unit: usize, #[comptime] units: usize) -> f32 {
        partial[unit] = value;
        sync_cube();
        let mut half = (units / 2).runtime();
        while half > 0 {
            if unit < half {
                let other = partial[unit + half];
                partial[unit] += other;
            }
            sync_cube();
            half /= 2;
        }
        let sum = partial[0];
        sync_cube();
        sum
    }
}
