//! Networks that turn the picture of a person into a vector.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use tract_onnx::prelude::*;

use super::OutsideError;
use crate::frame::{Rgba8, grow, shrink};

/// Numbers of a vector.
pub const NUMBERS: usize = 256;
/// Pixels across and down that the network wants: the shape of somebody who stands.
const INPUT: [usize; 2] = [128, 256];
/// The means of the three colours over `ImageNet`, of sRGB in `[0, 1]`: what the network takes for 0.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
/// Their spreads, which it takes for 1.
const SPREAD: [f32; 3] = [0.229, 0.224, 0.225];
/// Where it lies in the data folder.
pub(super) const FILE: &str = "attackers/openvino/person-reidentification-retail-0267/person-reidentification-retail-0267-instnorm.onnx";

/// What of a square picture the network is shown, as it wants one twice as high as wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// All of it, half as wide as it was: for pictures that were cut out around a person and squeezed square.
    Whole,
    /// The middle half of its columns, in their own shape: for scenes in which somebody stands in the middle.
    Middle,
}

/// A network by others that turns the picture of a person into a vector; the same person's lie close (cosine).
///
/// It is `person-reidentification-retail-0267` of the Open Model Zoo (Apache-2.0), made for telling pedestrians
/// apart across cameras, and knows nothing of the people or the clips it is shown here.
pub struct ReIdentifier {
    plan: Arc<TypedRunnableModel>,
}

impl ReIdentifier {
    /// What its makers call the network.
    pub const NAME: &str = "person-reidentification-retail-0267";

    /// Opens the file of the data folder `data`.
    ///
    /// # Errors
    /// [`OutsideError`] if the file is not there, or is another than expected.
    pub fn open(data: &Path) -> Result<Self, OutsideError> {
        let path = data.join(FILE);
        if !path.is_file() {
            return Err(OutsideError::Missing { name: Self::NAME, path });
        }
        let plan = plan(&path).map_err(|error| OutsideError::Unfit { path, source: error.into() })?;
        Ok(Self { plan })
    }

    /// One vector of unit length for each picture; all zeros where the network's numbers are not finite.
    /// Takes every core.
    ///
    /// # Shapes
    /// - `pictures`: `[n, size, size, 3]`, bytes of sRGB, as in [`ClipStore::frame`](crate::data::ClipStore::frame)
    /// - returns `n` vectors
    ///
    /// # Errors
    /// [`OutsideError`] if the bytes are not whole pictures or the runtime gives up.
    pub fn embed(&self, pictures: &[u8], size: usize, fit: Fit) -> Result<Vec<[f32; NUMBERS]>, OutsideError> {
        let bytes = 3 * size * size;
        if bytes == 0 || !pictures.len().is_multiple_of(bytes) {
            return Err(OutsideError::Pictures { found: pictures.len(), size });
        }
        pictures.par_chunks_exact(bytes).map(|picture| self.vector(picture, size, fit)).collect()
    }

    fn vector(&self, picture: &[u8], size: usize, fit: Fit) -> Result<[f32; NUMBERS], OutsideError> {
        let answer = run(&self.plan, &input(picture, size, fit));
        answer.map(unit).map_err(|error| OutsideError::Run { source: error.into() })
    }
}

/// The mean of unit vectors, brought to unit length; zeros without vectors.
pub fn mean(vectors: &[[f32; NUMBERS]]) -> [f32; NUMBERS] {
    unit(std::array::from_fn(|place| vectors.iter().map(|vector| vector[place]).sum()))
}

/// How close two unit vectors lie, in `[-1, 1]`: 1 where they are the same, 0 if one is all zeros or holds
/// what is no finite number.
pub fn cosine(a: &[f32; NUMBERS], b: &[f32; NUMBERS]) -> f32 {
    let sum: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    if sum.is_finite() { sum } else { 0.0 }
}

/// A vector at unit length; zeros, if it has no length or none that is finite.
fn unit(vector: [f32; NUMBERS]) -> [f32; NUMBERS] {
    let length = vector.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    let sound = length.is_finite() && length > 0.0;
    vector.map(|value| if sound { (f64::from(value) / length) as f32 } else { 0.0 })
}

/// The network of a file, made ready for one picture at a time.
fn plan(path: &Path) -> TractResult<Arc<TypedRunnableModel>> {
    let [width, height] = INPUT;
    let shape = f32::fact([1, 3, height, width]);
    tract_onnx::onnx()
        .model_for_path(path)?
        .with_input_fact(0, shape.into())?
        .into_optimized()?
        .into_runnable()
}

/// The network's answer to one input.
///
/// # Shapes
/// - `input`: `[3, 256, 128]`, centred and scaled
fn run(plan: &Arc<TypedRunnableModel>, input: &[f32]) -> TractResult<[f32; NUMBERS]> {
    let [width, height] = INPUT;
    let input = Tensor::from_shape(&[1, 3, height, width], input)?;
    let answers = plan.run(tvec!(input.into()))?;
    let numbers: Vec<f32> = answers[0].to_plain_array_view::<f32>()?.iter().copied().collect();
    Ok(numbers.as_slice().try_into()?)
}

/// A square picture as the network wants it: detail too fine is averaged away, the rest is stretched between
/// pixel centres.
///
/// # Shapes
/// - `picture`: `[size, size, 3]`, bytes of sRGB
/// - returns `[3, 256, 128]`, centred and scaled
fn input(picture: &[u8], size: usize, fit: Fit) -> Vec<f32> {
    let [width, height] = INPUT;
    let seen = cut(picture, size, fit);
    let small = shrink(&seen, seen.width().min(width), size.min(height));
    let stretched = grow(&small, width, height);
    let plane = |channel: usize| {
        let values = stretched.bytes().chunks_exact(4).map(move |pixel| f32::from(pixel[channel]) / 255.0);
        values.map(move |value| (value - MEAN[channel]) / SPREAD[channel])
    };
    (0..3).flat_map(plane).collect()
}

/// The columns of a square picture that the network is shown.
fn cut(picture: &[u8], size: usize, fit: Fit) -> Rgba8 {
    let across = match fit {
        Fit::Whole => size,
        Fit::Middle => size.div_ceil(2),
    };
    let from = (size - across) / 2;
    let rows = picture.chunks_exact(3 * size).map(|row| &row[3 * from..3 * (from + across)]);
    let pixels = rows.flat_map(|row| row.chunks_exact(3));
    let bytes = pixels.flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect();
    Rgba8::new(across, size, bytes).expect("embed cuts whole pictures")
}
