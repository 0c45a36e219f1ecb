//! Smaller and back: areas are averaged, then grown bilinearly to the old size.

use super::{Clip, Transform};
use crate::frame::{Planes, grow, shrink};

/// How many pixels along a side become one.
pub(super) struct Downsample(usize);

impl Downsample {
    pub(super) const HALF: Self = Self(2);
    pub(super) const QUARTER: Self = Self(4);
}

impl Transform for Downsample {
    fn name(&self) -> String {
        format!("downsample {}", self.0)
    }

    fn key(&self) -> String {
        self.name()
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        let small = (clip.size / self.0).max(1);
        clip.redrawn(|picture| {
            let planes: Planes = shrink(&picture, small, small);
            grow(&planes, clip.size, clip.size)
        })
    }
}
