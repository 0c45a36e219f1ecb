//! Ternary motion: where a blurred grey picture grew brighter, darker, or neither, since the frame before.

use super::blur::blurred;
use super::grey::luma;
use super::{Clip, Transform};

/// A change below this share of full scale counts as none.
const THRESHOLD: f32 = 0.03;
/// Standard deviation of the blur, in 64ths of a frame's side.
const SIGMA_OF_64: f32 = 1.0;
/// What is shown of a pixel that grew darker, stayed, grew brighter.
const LEVELS: [u8; 3] = [0, 128, 255];

/// Shows the sign of the difference of neighbouring frames in three greys. The first frame shows the
/// difference to the second, so a clip of one frame is flat.
pub(super) struct Ternary;

impl Transform for Ternary {
    fn name(&self) -> String {
        "ternary".into()
    }

    fn key(&self) -> String {
        format!("ternary threshold {THRESHOLD} sigma {SIGMA_OF_64} of 64")
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        let sigma = SIGMA_OF_64 * clip.size as f32 / 64.0;
        let soft: Vec<Vec<f32>> = clip
            .frames()
            .map(|frame| {
                let greys: Vec<f32> = frame.as_chunks().0.iter().map(luma).collect();
                blurred::<1>(&greys, clip.size, sigma)
            })
            .collect();
        let second = 1.min(soft.len().saturating_sub(1));
        let signs = (0..soft.len()).flat_map(|frame| {
            let after = frame.max(second);
            soft[after.saturating_sub(1)].iter().zip(&soft[after]).flat_map(|(a, b)| [level(b - a); 3])
        });
        signs.collect()
    }
}

/// The grey for a difference in `[-255, 255]`.
fn level(difference: f32) -> u8 {
    let threshold = 255.0 * THRESHOLD;
    LEVELS[1 + usize::from(difference > threshold) - usize::from(difference < -threshold)]
}
