//! Cells of their mean colour, from the upper left; cells at the right and lower edge may be cut off.

use super::{Clip, Transform};
use crate::mosaic;

/// The side of a cell in pixels.
pub(super) struct Pixelate(usize);

impl Pixelate {
    pub(super) const FINE: Self = Self(4);
    pub(super) const COARSE: Self = Self(16);
}

impl Transform for Pixelate {
    fn name(&self) -> String {
        format!("pixelate {}", self.0)
    }

    fn key(&self) -> String {
        self.name()
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        clip.painted(|frame| mosaic::pixelate(frame, [clip.size; 2], self.0))
    }
}
