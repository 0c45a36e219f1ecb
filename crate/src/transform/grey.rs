//! Colours become greys of their luma.

use super::{Clip, Transform};
use crate::frame::LUMA;

pub(super) struct Grey;

impl Transform for Grey {
    fn name(&self) -> String {
        "grey".into()
    }

    fn key(&self) -> String {
        self.name()
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        let (pixels, _) = clip.bytes.as_chunks::<3>();
        pixels.iter().flat_map(|pixel| [luma(pixel).round() as u8; 3]).collect()
    }
}

/// The luma of R, G, B, in `[0, 255]`.
pub(super) fn luma(pixel: &[u8; 3]) -> f32 {
    pixel.iter().zip(LUMA).map(|(channel, share)| f64::from(*channel) * share).sum::<f64>() as f32
}
