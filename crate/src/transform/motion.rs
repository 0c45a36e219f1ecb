//! Motion alone: what changed since the frame before, in few levels.

use super::blur::blurred;
use super::grey::luma;
use super::{Clip, Transform};

/// Standard deviation of the blur before frames are compared, in 64ths of a frame's side.
const SIGMA_OF_64: f32 = 1.0;
/// A change of grey below this share of full scale counts as none for [`Motion::Ternary`].
const THRESHOLD: f32 = 0.03;
/// What [`Motion::Ternary`] shows of a pixel that grew darker, stayed, grew brighter.
const SIGNS: [u8; 3] = [0, 128, 255];
/// Levels of [`Motion::BdqLike`], as many as in the paper.
const LEVELS: f32 = 15.0;

/// Shows the difference of neighbouring blurred frames. The first frame shows the difference to the second, so a
/// clip of one frame is flat.
pub(super) enum Motion {
    /// Its sign on grey: brighter, darker, or neither.
    Ternary,
    /// Its colours in 15 levels: blur, difference and quantisation as in BDQ (Kumawat & Nagahara, ECCV 2022,
    /// arXiv:2208.02459), but with steps of one size that nobody has trained.
    BdqLike,
}

impl Transform for Motion {
    fn name(&self) -> String {
        match self {
            Self::Ternary => "ternary".into(),
            Self::BdqLike => "bdq-like".into(),
        }
    }

    fn key(&self) -> String {
        match self {
            Self::Ternary => format!("ternary threshold {THRESHOLD} sigma {SIGMA_OF_64} of 64"),
            Self::BdqLike => format!("bdq-like levels {LEVELS} sigma {SIGMA_OF_64} of 64"),
        }
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        let sigma = SIGMA_OF_64 * clip.size as f32 / 64.0;
        match self {
            Self::Ternary => {
                let soft = clip.frames().map(|frame| {
                    let greys: Vec<f32> = frame.as_chunks().0.iter().map(luma).collect();
                    blurred::<1>(&greys, clip.size, sigma)
                });
                differences(&soft.collect::<Vec<_>>()).flat_map(|difference| [sign(difference); 3]).collect()
            }
            Self::BdqLike => {
                let soft = clip.frames().map(|frame| {
                    let values: Vec<f32> = frame.iter().map(|byte| f32::from(*byte)).collect();
                    blurred::<3>(&values, clip.size, sigma)
                });
                differences(&soft.collect::<Vec<_>>()).map(step).collect()
            }
        }
    }
}

/// What was added to each value since the frame before, frame by frame; in `[-255, 255]`.
fn differences(frames: &[Vec<f32>]) -> impl Iterator<Item = f32> {
    let second = 1.min(frames.len().saturating_sub(1));
    (0..frames.len()).flat_map(move |frame| {
        let after = frame.max(second);
        frames[after.saturating_sub(1)].iter().zip(&frames[after]).map(|(before, after)| after - before)
    })
}

fn sign(difference: f32) -> u8 {
    let threshold = 255.0 * THRESHOLD;
    SIGNS[1 + usize::from(difference > threshold) - usize::from(difference < -threshold)]
}

/// The nearest of the levels; the middle one is no difference at all.
fn step(difference: f32) -> u8 {
    let steps = LEVELS - 1.0;
    let level = ((difference / 255.0 + 1.0) / 2.0 * steps).round();
    (level / steps * 255.0).round() as u8
}
