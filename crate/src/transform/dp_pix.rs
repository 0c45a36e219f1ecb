//! DP-Pix: a mosaic with noise, each frame at its own price.
//!
//! The noise follows from the clip's name, so that a judgement can be repeated. Whoever has this program can
//! draw it again: what is judged here is the look of the mosaic, and the promise of [`crate::mosaic`] is kept
//! only by a generator with a secret seed. Frames have noise of their own, and their epsilons add up.

use super::{Clip, Transform};
use crate::mosaic::{Colour, Mosaic, MosaicConfig};
use crate::rng::Seed;

/// The promise is about as many pixels as a square of this share of the side has: 16 in a frame of 64.
const HIDDEN: usize = 16;

/// Cells and hidden pixels that grow with the frame, so that its noise is the same at every size.
pub(super) struct DpPix {
    name: String,
    /// Along each side of a frame.
    cells: usize,
    colour: Colour,
    /// What a frame costs.
    epsilon: f64,
}

impl DpPix {
    /// The one of the baselines: 4 by 4 cells in colours, off by 48 of 255 on average, at epsilon 1 a frame.
    pub(super) fn baseline() -> Self {
        Self { name: "dp-pix".into(), cells: 4, colour: Colour::Rgb, epsilon: 1.0 }
    }

    /// Grey ones by their name, `mosaic-CELLS-EPSILON`; `None` for a name that is none.
    pub(super) fn named(name: &str) -> Option<Self> {
        let (cells, epsilon) = name.strip_prefix("mosaic-")?.split_once('-')?;
        let (cells, epsilon): (usize, f64) = (cells.parse().ok()?, epsilon.parse().ok()?);
        let mosaic = Self { name: format!("mosaic {cells} {epsilon}"), cells, colour: Colour::Grey, epsilon };
        (cells > 0 && mosaic.config(HIDDEN).validate().is_ok()).then_some(mosaic)
    }

    /// The mosaic for frames of `size` pixels.
    fn config(&self, size: usize) -> MosaicConfig {
        MosaicConfig {
            cell: size.div_ceil(self.cells),
            neighbourhood: size.div_ceil(HIDDEN).pow(2),
            epsilon: self.epsilon,
            colour: self.colour,
        }
    }
}

impl Transform for DpPix {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn key(&self) -> String {
        let Self { cells, colour, epsilon, .. } = self;
        let colour = if *colour == Colour::Grey { " grey" } else { "" };
        format!("dp-pix epsilon {epsilon} cells {cells} hidden {HIDDEN}{colour}")
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        let mosaic = Mosaic::new(self.config(clip.size)).expect("cell and hidden pixels of at least 1");
        let mut rng = Seed(0).rng(&format!("dp-pix {}", clip.name));
        clip.painted(|frame| mosaic.paint(frame, [clip.size; 2], &mut rng))
    }
}
