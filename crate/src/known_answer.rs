//! A picture anyone can draw and the answer a model must give for it.
//!
//! The answer travels on the model's card. An engine whose answer differs is broken (a kernel that
//! computes something else, a buffer that was never written, the wrong weights) and is not used.

use serde::{Deserialize, Serialize};

use crate::frame::Rgba8;

/// Cells of the answer along each axis.
const CELLS: usize = 8;

/// What a model makes of the [`pattern`] of a given size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnownAnswer {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Mean of R, G, B in each of 8 x 8 cells, row by row, in `[0, 255]`: 192 numbers.
    pub grid: Vec<f32>,
    /// How far any of the numbers may be off.
    pub tolerance: f32,
}

impl KnownAnswer {
    /// Size of the picture that new cards carry: odd, so that no stride is a power of two by chance.
    pub const SIZE: (usize, usize) = (141, 107);
    /// How far engines may differ: float order, and rounding to bytes.
    pub const TOLERANCE: f32 = 1.0;

    /// The card's entry for a model that made `answer` of the [`pattern`].
    pub fn of(answer: &Rgba8) -> Self {
        let (width, height) = (answer.width(), answer.height());
        Self { width, height, grid: grid(answer), tolerance: Self::TOLERANCE }
    }

    /// The largest difference between `answer` and what is expected, in `[0, 255]`; infinite where the
    /// sizes differ or a number is missing.
    pub fn distance(&self, answer: &Rgba8) -> f32 {
        let found = grid(answer);
        if (answer.width(), answer.height()) != (self.width, self.height) || found.len() != self.grid.len() {
            return f32::INFINITY;
        }
        found.iter().zip(&self.grid).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }
}

/// Blocks of 8 x 8 pixels in colours that follow from the block's place.
pub fn pattern(width: usize, height: usize) -> Rgba8 {
    let bytes = (0..width * height).flat_map(|i| {
        let (x, y) = ((i % width) as u32, (i / width) as u32);
        let mixed = (x >> 3).wrapping_mul(73_856_093) ^ (y >> 3).wrapping_mul(19_349_663);
        let [r, g, b, _] = (mixed ^ (mixed >> 13)).wrapping_mul(1_274_126_177).to_le_bytes();
        [r, g, b, 255]
    });
    Rgba8::new(width, height, bytes.collect()).expect("four bytes for each pixel")
}

/// Mean colours of the cells; cell `i` of an axis covers `[i * side / 8, (i + 1) * side / 8)`.
fn grid(picture: &Rgba8) -> Vec<f32> {
    let (width, height) = (picture.width(), picture.height());
    let mut means = Vec::with_capacity(CELLS * CELLS * 3);
    for cell in 0..CELLS * CELLS {
        let (column, row) = (cell % CELLS, cell / CELLS);
        let across = column * width / CELLS..(column + 1) * width / CELLS;
        let mut sums = [0.0_f64; 3];
        for y in row * height / CELLS..(row + 1) * height / CELLS {
            for pixel in
                picture.bytes()[4 * (y * width + across.start)..4 * (y * width + across.end)].chunks(4)
            {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += f64::from(*value);
                }
            }
        }
        let pixels = across.len() * ((row + 1) * height / CELLS - row * height / CELLS);
        means.extend(sums.map(|sum| (sum / pixels.max(1) as f64) as f32));
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_is_its_own_answer() {
        let picture = pattern(141, 107);
        assert_eq!(KnownAnswer::of(&picture).distance(&picture), 0.0, "same picture, another answer");
    }

    #[test]
    fn one_wrong_cell_is_noticed() {
        let picture = pattern(64, 64);
        let answer = KnownAnswer::of(&picture);
        let mut bytes = picture.into_bytes();
        for pixel in bytes.chunks_mut(4).take(8) {
            pixel[1] = pixel[1].wrapping_add(128);
        }
        let altered = Rgba8::new(64, 64, bytes).expect("same size");
        let distance = answer.distance(&altered);
        assert!(distance > KnownAnswer::TOLERANCE, "8 wrong pixels of 64 move a cell by only {distance}");
    }

    #[test]
    fn another_size_is_no_answer() {
        let answer = KnownAnswer::of(&pattern(64, 64));
        assert_eq!(answer.distance(&pattern(65, 64)), f32::INFINITY, "65 is not 64");
    }
}
