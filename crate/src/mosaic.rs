//! The mosaic: cells of one colour each, with noise that hides what a few pixels show. No network, no
//! weights.
//!
//! DP-Pix of Liyue Fan, "Image Pixelization with Differential Privacy", DBSEC 2018: each cell's mean is
//! released through the Laplace mechanism.
//!
//! # What is promised
//! Two pictures that differ in at most `m` pixels, in whatever way, are told apart no better than epsilon
//! allows: any picture that comes out is at most `e^epsilon` times as likely for the one as for the other.
//! Epsilons of frames add up: 25 frames at epsilon 1 cost 25. A person who covers more than `m` pixels is
//! not hidden by this promise alone (by `k * m` pixels: `k * epsilon`). It needs noise that nobody else can
//! draw again, so a generator with a secret seed, and holds for exact arithmetic: what the rounding of
//! floats gives away is not counted.

use std::ops::Range;

use rand::{Rng, RngExt as _, distr::Open01};
use serde::{Deserialize, Serialize};

use crate::frame::LUMA;

/// What a mosaic shows of a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// Its luma, in R, G and B alike.
    Grey,
    /// All three channels, which costs three times the noise.
    Rgb,
}

/// Shape and promise of a [`Mosaic`]. The defaults are Fan's: cells of 16 pixels, 16 pixels, epsilon 0.5, in grey.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MosaicConfig {
    /// Side of a cell (Fan's `b`), in pixels.
    pub cell: usize,
    /// How many pixels the promise is about (Fan's `m`).
    pub neighbourhood: usize,
    /// What one frame costs: 0 would show nothing, some 10 hide little.
    pub epsilon: f64,
    /// What is shown of colours.
    pub colour: Colour,
}

impl Default for MosaicConfig {
    fn default() -> Self {
        Self { cell: 16, neighbourhood: 16, epsilon: 0.5, colour: Colour::Grey }
    }
}

/// Why a configuration describes no mosaic.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum MosaicError {
    /// A cell has no pixels.
    #[error("cell 0 holds no pixels; choose a side of at least 1 pixel")]
    Cell,
    /// The promise is about nothing.
    #[error("neighbourhood 0 hides no pixel; choose at least 1")]
    Neighbourhood,
    /// There is no such noise.
    #[error("epsilon {0} is no positive number; choose one such as 0.5")]
    Epsilon(f64),
}

impl MosaicConfig {
    /// Checks that the numbers describe a mosaic.
    ///
    /// # Errors
    /// [`MosaicError`] names the number that does not fit.
    pub fn validate(&self) -> Result<(), MosaicError> {
        if self.cell == 0 {
            return Err(MosaicError::Cell);
        }
        if self.neighbourhood == 0 {
            return Err(MosaicError::Neighbourhood);
        }
        if !(self.epsilon.is_finite() && self.epsilon > 0.0) {
            return Err(MosaicError::Epsilon(self.epsilon));
        }
        Ok(())
    }
}

/// A mosaic that can be painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mosaic(MosaicConfig);

impl Mosaic {
    /// A mosaic of this shape.
    ///
    /// # Errors
    /// [`MosaicError`] names the number that does not fit.
    pub fn new(config: MosaicConfig) -> Result<Self, MosaicError> {
        config.validate()?;
        Ok(Self(config))
    }

    /// Its shape and promise.
    pub fn config(&self) -> &MosaicConfig {
        &self.0
    }

    /// Scale of the Laplace noise on each number of a cell of `pixels` pixels, in steps of 255: how far it is
    /// off on average.
    ///
    /// `m` pixels move the mean of `n` by at most `255 m / n`, so that divided by epsilon (Fan 2018, where
    /// `n = b^2`); RGB releases three such means. A cell at the edge has fewer pixels, so each counts for
    /// more. Pixels may fall into several cells: `m_i` of them in cell `i` cost `epsilon m_i / m`,
    /// altogether epsilon.
    pub fn scale(&self, pixels: usize) -> f64 {
        let MosaicConfig { neighbourhood, epsilon, .. } = self.0;
        self.channels() as f64 * 255.0 * neighbourhood as f64 / (pixels as f64 * epsilon)
    }

    /// Numbers of noise for each cell: one, or one for each of R, G and B.
    pub fn channels(&self) -> usize {
        match self.0.colour {
            Colour::Grey => 1,
            Colour::Rgb => 3,
        }
    }

    /// Numbers of noise for a frame of that size.
    pub fn numbers(&self, [height, width]: [usize; 2]) -> usize {
        height.div_ceil(self.0.cell) * width.div_ceil(self.0.cell) * self.channels()
    }

    /// Fresh noise for a frame, cell by cell from the upper left; cells at the right and lower edge may be cut off.
    ///
    /// # Shapes
    /// - returns `[cells down, cells across, channels]`, in steps of 255
    pub fn noise(&self, [height, width]: [usize; 2], rng: &mut impl Rng) -> Vec<f64> {
        let cells = Cells { height, width, side: self.0.cell };
        let scales = cells.iter().map(|cell| self.scale(cell.pixels()));
        let drawn = scales.flat_map(|scale| (0..self.channels()).map(move |_| scale));
        drawn.map(|scale| laplace(scale, rng)).collect()
    }

    /// Paints a frame over with noise that [`noise`](Self::noise) has drawn for its size: each cell in its mean colour,
    /// or its luma, and its noise.
    ///
    /// # Shapes
    /// - `bytes`: `[height, width, CHANNELS]`, R, G, B first; what follows them is left as it is
    ///
    /// # Panics
    /// If the number of bytes or of numbers is another.
    pub fn paint_with<const CHANNELS: usize>(
        &self,
        bytes: &mut [u8],
        [height, width]: [usize; 2],
        noise: &[f64],
    ) {
        let cells = Cells { height, width, side: self.0.cell };
        assert_eq!(noise.len(), self.numbers([height, width]), "noise of another frame");
        let mut noise = noise.chunks_exact(self.channels());
        repaint::<CHANNELS>(bytes, cells, |mean| match noise.next() {
            Some([off]) => [luma(mean) + off; 3],
            Some([red, green, blue]) => [mean[0] + red, mean[1] + green, mean[2] + blue],
            _ => unreachable!("the noise was counted"),
        });
    }

    /// Paints a frame over with fresh noise.
    ///
    /// # Shapes
    /// - `bytes`: `[height, width, 3]`, R, G, B
    ///
    /// # Panics
    /// If the number of bytes is another.
    pub fn paint(&self, bytes: &mut [u8], size: [usize; 2], rng: &mut impl Rng) {
        let noise = self.noise(size, rng);
        self.paint_with::<3>(bytes, size, &noise);
    }
}

fn luma(colour: [f64; 3]) -> f64 {
    LUMA.iter().zip(colour).map(|(share, channel)| share * channel).sum()
}

/// Paints each cell of `cell` by `cell` pixels in its mean colour, without noise: nothing is promised.
///
/// # Shapes
/// - `bytes`: `[height, width, 3]`, R, G, B
///
/// # Panics
/// If the number of bytes is another, or `cell` is 0.
pub fn pixelate(bytes: &mut [u8], [height, width]: [usize; 2], cell: usize) {
    repaint::<3>(bytes, Cells { height, width, side: cell }, |mean| mean);
}

/// A frame cut into squares.
#[derive(Clone, Copy)]
struct Cells {
    height: usize,
    width: usize,
    side: usize,
}

/// The pixels of one cell.
struct Cell {
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Cells {
    /// Row by row, from the upper left.
    fn iter(self) -> impl Iterator<Item = Cell> {
        let Self { height, width, side } = self;
        let from = move |start: usize, end: usize| start..(start + side).min(end);
        (0..height).step_by(side).flat_map(move |top| {
            let cell = move |left| Cell { rows: from(top, height), columns: from(left, width) };
            (0..width).step_by(side).map(cell)
        })
    }
}

impl Cell {
    fn pixels(&self) -> usize {
        self.rows.len() * self.columns.len()
    }
}

/// Paints each cell in the colour that `choose` gives for its mean; colours in `[0, 255]`, clamped.
fn repaint<const CHANNELS: usize>(
    bytes: &mut [u8],
    cells: Cells,
    mut choose: impl FnMut([f64; 3]) -> [f64; 3],
) {
    let Cells { height, width, .. } = cells;
    assert_eq!(bytes.len(), CHANNELS * height * width, "not {height} rows of {width} pixels");
    let (pixels, _) = bytes.as_chunks_mut::<CHANNELS>();
    for cell in cells.iter() {
        let mut sum = [0_u64; 3];
        let row = |y: usize| y * width + cell.columns.start..y * width + cell.columns.end;
        for pixel in cell.rows.clone().flat_map(|y| &pixels[row(y)]) {
            (0..3).for_each(|channel| sum[channel] += u64::from(pixel[channel]));
        }
        let mean = sum.map(|channel| channel as f64 / cell.pixels() as f64);
        let colour = choose(mean).map(|channel| channel.round().clamp(0.0, 255.0) as u8);
        for y in cell.rows.clone() {
            pixels[row(y)].iter_mut().for_each(|pixel| pixel[..3].copy_from_slice(&colour));
        }
    }
}

/// A draw from the Laplace distribution about 0: the inverse of its distribution function at a uniform number
/// strictly between 0 and 1, so it is always finite.
fn laplace(scale: f64, rng: &mut impl Rng) -> f64 {
    let uniform: f64 = rng.sample(Open01);
    let centred = uniform - 0.5;
    -scale * centred.signum() * (-2.0 * centred.abs()).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;

    const CONFIG: MosaicConfig =
        MosaicConfig { cell: 8, neighbourhood: 1, epsilon: 1.0, colour: Colour::Grey };

    fn mosaic(config: MosaicConfig) -> Mosaic {
        Mosaic::new(config).expect("a sound configuration")
    }

    /// Every channel different at every pixel, so a swapped axis cannot hide.
    fn gradient(width: usize, height: usize) -> Vec<u8> {
        let pixel = |i: usize| [i % width * 7 % 256, i / width * 11 % 256, (i % width + 2 * i) % 256];
        (0..width * height).flat_map(pixel).map(|value| value as u8).collect()
    }

    /// How far the middle grey of the cell at each of `places` is off on average, over many paintings.
    fn deviations(config: MosaicConfig, places: [[usize; 2]; 3]) -> [f64; 3] {
        const ROUNDS: usize = 6000;
        let [height, width] = [20, 20];
        let mut rng = Seed(5).rng("noise");
        let mut sums = [0.0; 3];
        for _ in 0..ROUNDS {
            let mut bytes = vec![128; 3 * height * width];
            mosaic(config).paint(&mut bytes, [height, width], &mut rng);
            for (sum, [y, x]) in sums.iter_mut().zip(places) {
                *sum += (f64::from(bytes[3 * (y * width + x)]) - 128.0).abs();
            }
        }
        sums.map(|sum| sum / ROUNDS as f64)
    }

    #[test]
    fn noise_has_the_scale_of_the_promise_and_more_at_the_edge() {
        // 20 by 20 pixels in cells of 8: 64 pixels each, 32 at the edges, 16 in the corner.
        let places = [[0, 0], [3, 19], [17, 18]];
        let rgb = MosaicConfig { colour: Colour::Rgb, epsilon: 3.0, ..CONFIG };
        let wider = MosaicConfig { neighbourhood: 2, epsilon: 2.0, ..CONFIG };
        for config in [CONFIG, rgb, wider] {
            let found = deviations(config, places);
            for (found, pixels) in found.into_iter().zip([64.0, 32.0, 16.0]) {
                // Three times the noise at epsilon 3, twice the pixels at epsilon 2: all the same.
                let wanted = 255.0 / pixels;
                // A mean of 6,000 such draws is off by 1.3 % of its value.
                assert!(
                    (found / wanted - 1.0).abs() < 0.06,
                    "{config:?}: {found}, not {wanted}, of {pixels}"
                );
            }
        }
    }

    #[test]
    fn noise_is_of_laplace_and_on_both_sides() {
        const DRAWS: usize = 40_000;
        let mut rng = Seed(6).rng("noise");
        let draws: Vec<f64> = (0..DRAWS).map(|_| laplace(3.0, &mut rng)).collect();
        let share =
            |of: &dyn Fn(f64) -> bool| draws.iter().filter(|draw| of(**draw)).count() as f64 / DRAWS as f64;
        // Of a Gauss bell with the same mean deviation 11.0 % would lie beyond twice the scale, and 1.7 %
        // beyond three times.
        for (times, wanted) in [(1.0, 0.3679), (2.0, 0.1353), (3.0, 0.0498)] {
            let found = share(&|draw| draw.abs() > times * 3.0);
            assert!((found - wanted).abs() < 0.01, "{found}, not {wanted}, beyond {times} times the scale");
        }
        let above = share(&|draw| draw > 0.0);
        assert!((above - 0.5).abs() < 0.01, "{above} of the draws are positive");
    }

    #[test]
    fn a_cell_is_one_colour_and_cells_differ() {
        let mut bytes = gradient(20, 12);
        let config = MosaicConfig { colour: Colour::Rgb, ..CONFIG };
        mosaic(config).paint(&mut bytes, [12, 20], &mut Seed(1).rng("noise"));
        let at = |x: usize, y: usize| bytes[3 * (y * 20 + x)..][..3].to_vec();
        for y in 0..12 {
            for x in 0..20 {
                assert_eq!(at(x, y), at(x / 8 * 8, y / 8 * 8), "pixel {x} {y} is not of its cell");
            }
        }
        assert!(at(0, 0) != at(8, 0) && at(0, 0) != at(0, 8), "all cells are alike");
    }

    #[test]
    fn without_noise_it_is_pixelation() {
        let mut noisy = gradient(20, 12);
        let mut plain = noisy.clone();
        let config = MosaicConfig { colour: Colour::Rgb, epsilon: 1e9, ..CONFIG };
        mosaic(config).paint(&mut noisy, [12, 20], &mut Seed(1).rng("noise"));
        pixelate(&mut plain, [12, 20], 8);
        // Noise of a scale of 1e-8 can still turn a half down where it would be rounded up.
        assert!(noisy.iter().zip(&plain).all(|(a, b)| a.abs_diff(*b) <= 1), "noise without noise");
        let corner =
            gradient(20, 12).chunks(60).skip(8).flat_map(|row| row[48..].to_vec()).collect::<Vec<_>>();
        let mean = corner.iter().step_by(3).map(|red| f64::from(*red)).sum::<f64>() / 16.0;
        assert_eq!(f64::from(plain[3 * (9 * 20 + 17)]), mean.round(), "the red of a cut-off cell");
    }

    #[test]
    fn a_grey_mosaic_has_no_colour_and_keeps_the_luma() {
        let mut bytes = [200, 100, 50].repeat(64);
        mosaic(MosaicConfig { epsilon: 1e9, ..CONFIG }).paint(&mut bytes, [8, 8], &mut Seed(1).rng("noise"));
        assert_eq!(bytes, [124; 192], "0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2");
        let mut bytes = gradient(8, 8);
        mosaic(CONFIG).paint(&mut bytes, [8, 8], &mut Seed(1).rng("noise"));
        assert!(bytes.iter().all(|byte| *byte == bytes[0]), "one draw serves all three channels");
    }

    #[test]
    fn noise_that_was_drawn_before_makes_the_same_picture_and_alpha_stays() {
        for colour in [Colour::Grey, Colour::Rgb] {
            let mosaic = mosaic(MosaicConfig { colour, ..CONFIG });
            let mut at_once = gradient(20, 12);
            mosaic.paint(&mut at_once, [12, 20], &mut Seed(3).rng("noise"));
            let noise = mosaic.noise([12, 20], &mut Seed(3).rng("noise"));
            assert_eq!(noise.len(), 6 * mosaic.channels(), "3 by 2 cells");
            let mut rgba: Vec<u8> =
                gradient(20, 12).as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 77]).collect();
            mosaic.paint_with::<4>(&mut rgba, [12, 20], &noise);
            let (pixels, _) = rgba.as_chunks::<4>();
            assert!(pixels.iter().all(|pixel| pixel[3] == 77), "alpha was painted over");
            assert!(pixels.iter().flat_map(|pixel| &pixel[..3]).eq(&at_once), "{colour:?}");
        }
    }

    #[test]
    fn a_bad_number_is_named() {
        let sentence = |config: MosaicConfig| Mosaic::new(config).expect_err("a bad number").to_string();
        assert!(sentence(MosaicConfig { cell: 0, ..CONFIG }).contains("cell 0"), "cell");
        let none = sentence(MosaicConfig { neighbourhood: 0, ..CONFIG });
        assert!(none.contains("neighbourhood 0"), "neighbourhood: {none}");
        for epsilon in [0.0, -0.5, f64::NAN, f64::INFINITY] {
            let sentence = sentence(MosaicConfig { epsilon, ..CONFIG });
            assert!(sentence.contains(&format!("epsilon {epsilon}")), "{epsilon}: {sentence}");
        }
    }
}
