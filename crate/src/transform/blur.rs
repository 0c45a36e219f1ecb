//! A Gaussian blur, and the filter itself for others of the room.

use super::{Clip, Transform};

/// A blur by its standard deviation in 64ths of a frame's side: pixels of a 64-pixel frame.
pub(super) struct Blur {
    strength: &'static str,
    sigma_of_64: f32,
}

impl Blur {
    /// A bell about as wide as the face of somebody seen from head to foot.
    pub(super) const WEAK: Self = Self { strength: "weak", sigma_of_64: 1.5 };
    /// A bell about as wide as a trunk: arms melt into it.
    pub(super) const STRONG: Self = Self { strength: "strong", sigma_of_64: 4.0 };
}

impl Transform for Blur {
    fn name(&self) -> String {
        format!("blur {}", self.strength)
    }

    fn key(&self) -> String {
        format!("blur sigma {} of 64", self.sigma_of_64)
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        let sigma = self.sigma_of_64 * clip.size as f32 / 64.0;
        clip.painted(|frame| {
            let values: Vec<f32> = frame.iter().map(|byte| f32::from(*byte)).collect();
            let soft = blurred::<3>(&values, clip.size, sigma);
            frame.iter_mut().zip(soft).for_each(|(byte, value)| *byte = value.round() as u8);
        })
    }
}

/// Blurs a square picture of interleaved channels with a Gaussian of `sigma` pixels, cut off at three sigma.
/// Beyond its edges the picture goes on as in a mirror, so the mean stays what it was.
///
/// # Shapes
/// - `values`: `[size, size, CHANNELS]`
/// - returns the same
pub(super) fn blurred<const CHANNELS: usize>(values: &[f32], size: usize, sigma: f32) -> Vec<f32> {
    let kernel = kernel(sigma);
    let across = pass::<CHANNELS>(values, size, &kernel, [CHANNELS * size, CHANNELS]);
    pass::<CHANNELS>(&across, size, &kernel, [CHANNELS, CHANNELS * size])
}

/// Weights of the bell from minus to plus three sigma; together 1.
fn kernel(sigma: f32) -> Vec<f32> {
    let radius = (3.0 * sigma).ceil() as i32;
    let bell: Vec<f32> = (-radius..=radius).map(|x| (-0.5 * (x as f32 / sigma).powi(2)).exp()).collect();
    let total: f32 = bell.iter().sum();
    bell.into_iter().map(|weight| weight / total).collect()
}

/// One pass along lines: `line` values lie between the starts of two lines, `step` between two pixels of a
/// line.
fn pass<const CHANNELS: usize>(
    values: &[f32],
    size: usize,
    kernel: &[f32],
    [line, step]: [usize; 2],
) -> Vec<f32> {
    let radius = (kernel.len() / 2) as isize;
    let mirrored: Vec<usize> =
        (-radius..size as isize + radius).map(|place| mirror(place, size) * step).collect();
    let mut soft = vec![0.0; values.len()];
    for start in (0..size).map(|number| number * line) {
        for place in 0..size {
            let mut sum = [0.0; CHANNELS];
            for (weight, from) in kernel.iter().zip(&mirrored[place..]) {
                let pixel = &values[start + from..][..CHANNELS];
                sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += weight * value);
            }
            soft[start + place * step..][..CHANNELS].copy_from_slice(&sum);
        }
    }
    soft
}

/// The place inside a line of `size` at which a mirror beyond its ends shows `place`.
fn mirror(place: isize, size: usize) -> usize {
    let folded = place.rem_euclid(2 * size as isize) as usize;
    folded.min(2 * size - 1 - folded)
}
