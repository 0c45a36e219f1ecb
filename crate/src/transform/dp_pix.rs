//! DP-Pix: a mosaic with noise, at epsilon 1 a frame.
//!
//! The noise follows from the clip's name, so that a judgement can be repeated. Whoever has this program can
//! draw it again: what is judged here is the look of the mosaic, and the promise of [`crate::mosaic`] is kept
//! only by a generator with a secret seed. Frames have noise of their own, and their epsilons add up.

use super::{Clip, Transform};
use crate::mosaic::{Colour, Mosaic, MosaicConfig};
use crate::rng::Seed;

/// What a frame costs.
const EPSILON: f64 = 1.0;
/// Cells along each side of a frame.
const CELLS: usize = 4;
/// The promise is about as many pixels as a square of this share of the side has: 16 in a frame of 64.
const HIDDEN: usize = 16;

pub(super) struct DpPix;

/// The mosaic for frames of `size` pixels. Cells and hidden pixels grow with the frame, so that its noise
/// is the same at every size: it is off by 48 of 255 on average.
fn config(size: usize) -> MosaicConfig {
    MosaicConfig {
        cell: size.div_ceil(CELLS),
        neighbourhood: size.div_ceil(HIDDEN).pow(2),
        epsilon: EPSILON,
        colour: Colour::Rgb,
    }
}

impl Transform for DpPix {
    fn name(&self) -> String {
        "dp-pix".into()
    }

    fn key(&self) -> String {
        format!("dp-pix epsilon {EPSILON} cells {CELLS} hidden {HIDDEN}")
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        let mosaic = Mosaic::new(config(clip.size)).expect("cell and hidden pixels of at least 1");
        let mut rng = Seed(0).rng(&format!("dp-pix {}", clip.name));
        clip.painted(|frame| mosaic.paint(frame, [clip.size; 2], &mut rng))
    }
}
