//! Pixels at rest, pixels to tensors and back, and resize. No model, no files.
//!
//! Two forms of a picture: [`Rgba8`], bytes as cameras and codecs give them, and [`Planes`], the
//! floats a network sees. The two resizing steps are written so that a GPU kernel can repeat them
//! exactly: [`shrink`] averages areas on the way in, [`grow`] interpolates on the way out.

use burn::tensor::{Device, Tensor, TensorData};

/// What R, G and B count for in a grey (luma of ITU-R BT.601); together 1.
pub const LUMA: [f64; 3] = [0.299, 0.587, 0.114];

/// A picture as bytes: sRGB with alpha, row by row, four bytes a pixel.
#[derive(Clone, PartialEq, Eq)]
pub struct Rgba8 {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

/// Why bytes are no picture.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The number of bytes does not follow from width and height.
    #[error("a {width}x{height} RGBA picture has {expected} bytes, found {found}; is the clip cut off?")]
    WrongLength {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
        /// Bytes such a picture has.
        expected: usize,
        /// Bytes that were given.
        found: usize,
    },
    /// A side is zero.
    #[error("a picture of {width}x{height} has no pixels")]
    Empty {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
    },
}

impl Rgba8 {
    /// A picture from its bytes, `4 * width * height` of them.
    ///
    /// # Errors
    /// [`FrameError`] if a side is zero or the number of bytes is another.
    pub fn new(width: usize, height: usize, bytes: Vec<u8>) -> Result<Self, FrameError> {
        if width == 0 || height == 0 {
            return Err(FrameError::Empty { width, height });
        }
        let expected = width.saturating_mul(height).saturating_mul(4);
        if bytes.len() != expected {
            let found = bytes.len();
            return Err(FrameError::WrongLength { width, height, expected, found });
        }
        Ok(Self { width, height, bytes })
    }

    /// An opaque picture of one colour.
    ///
    /// # Panics
    /// If a side is zero.
    pub fn filled(width: usize, height: usize, rgb: [u8; 3]) -> Self {
        assert!(width > 0 && height > 0, "a picture of {width}x{height} has no pixels");
        let pixel = [rgb[0], rgb[1], rgb[2], 255];
        Self { width, height, bytes: pixel.repeat(width * height) }
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The bytes: R, G, B, A, row by row.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// A picture as floats: three planes R, G, B, each row by row; sRGB in `[0, 1]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Planes {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Planes {
    /// Planes from their values, `3 * height * width` of them.
    ///
    /// # Panics
    /// If the number of values is another.
    pub fn new(width: usize, height: usize, values: Vec<f32>) -> Self {
        assert_eq!(values.len(), 3 * width * height, "not three planes of {width}x{height}");
        Self { width, height, values }
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The values, plane by plane.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The same without a copy.
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }

    /// The picture as a batch of one.
    ///
    /// # Shapes
    /// - returns `[1, 3, h, w]`, sRGB in `[0, 1]`
    pub fn into_tensor(self, device: &Device) -> Tensor<4> {
        let shape = [1, 3, self.height, self.width];
        Tensor::from_data(TensorData::new(self.values, shape), device)
    }

    /// Reads a batch of one back. Waits for the device.
    ///
    /// # Shapes
    /// - `image`: `[1, 3, h, w]`
    ///
    /// # Panics
    /// If `image` is not one picture of three channels.
    pub fn from_tensor(image: Tensor<4>) -> Self {
        let [n, c, height, width] = image.dims();
        assert!(n == 1 && c == 3, "one picture of three channels wanted, found [{n}, {c}, ..]");
        let values =
            image.into_data().convert::<f32>().try_into_vec::<f32>().expect("values were converted to f32");
        Self { width, height, values }
    }
}

/// The source texels that make one target texel along one axis: first index, and a weight for each.
struct Span {
    first: usize,
    weights: Vec<f32>,
}

/// Area averaging along one axis: target texel `i` covers `[i, i + 1) * from / to` of the source.
fn spans(from: usize, to: usize) -> Vec<Span> {
    let scale = from as f32 / to as f32;
    (0..to)
        .map(|target| {
            let start = target as f32 * scale;
            let end = ((target + 1) as f32 * scale).min(from as f32);
            let first = (start.floor() as usize).min(from - 1);
            let last = (end.ceil() as usize).clamp(first + 1, from);
            let weights = (first..last)
                .map(|texel| (end.min((texel + 1) as f32) - start.max(texel as f32)) / (end - start))
                .collect();
            Span { first, weights }
        })
        .collect()
}

/// Resizes a picture to the size a network works at, by area averaging in sRGB.
///
/// Every source pixel counts by the area it covers, so detail finer than a target pixel is averaged
/// away; a target larger than the source repeats pixels.
///
/// # Panics
/// If `width` or `height` is zero.
pub fn shrink(picture: &Rgba8, width: usize, height: usize) -> Planes {
    assert!(width > 0 && height > 0, "cannot shrink to {width}x{height}");
    let columns = spans(picture.width, width);
    let rows = spans(picture.height, height);
    let mut values = vec![0.0; 3 * width * height];
    let mut line = vec![[0.0_f32; 3]; picture.width];
    for (y, row) in rows.iter().enumerate() {
        line.fill([0.0; 3]);
        for (offset, weight) in row.weights.iter().enumerate() {
            let start = 4 * (row.first + offset) * picture.width;
            let pixels = picture.bytes[start..start + 4 * picture.width].chunks_exact(4);
            for (sum, pixel) in line.iter_mut().zip(pixels) {
                for channel in 0..3 {
                    sum[channel] += weight * f32::from(pixel[channel]);
                }
            }
        }
        for (x, column) in columns.iter().enumerate() {
            let covered = &line[column.first..column.first + column.weights.len()];
            for channel in 0..3 {
                let sum: f32 = covered.iter().zip(&column.weights).map(|(texel, w)| w * texel[channel]).sum();
                values[(channel * height + y) * width + x] = sum / 255.0;
            }
        }
    }
    Planes { width, height, values }
}

/// The two texels a target texel lies between along one axis, and how far it is towards the second.
fn taps(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let scale = from as f32 / to as f32;
    (0..to)
        .map(|target| {
            let centre = ((target as f32 + 0.5) * scale - 0.5).clamp(0.0, (from - 1) as f32);
            let low = centre.floor() as usize;
            (low, (low + 1).min(from - 1), centre - low as f32)
        })
        .collect()
}

/// Resizes planes to a picture for people to see: bilinear between pixel centres, opaque.
///
/// Values outside `[0, 1]` are clamped, and a value that is not a number becomes black.
///
/// # Panics
/// If `width` or `height` is zero.
pub fn grow(planes: &Planes, width: usize, height: usize) -> Rgba8 {
    assert!(width > 0 && height > 0, "cannot grow to {width}x{height}");
    let columns = taps(planes.width, width);
    let rows = taps(planes.height, height);
    let mut bytes = vec![255; 4 * width * height];
    let mut line = vec![0.0_f32; planes.width];
    for channel in 0..3 {
        let plane = &planes.values[channel * planes.width * planes.height..][..planes.width * planes.height];
        for (y, &(top, bottom, down)) in rows.iter().enumerate() {
            let upper = &plane[top * planes.width..][..planes.width];
            let lower = &plane[bottom * planes.width..][..planes.width];
            for (blend, (a, b)) in line.iter_mut().zip(upper.iter().zip(lower)) {
                *blend = a + (b - a) * down;
            }
            let target = &mut bytes[4 * y * width..][..4 * width];
            for (pixel, &(left, right, across)) in target.chunks_exact_mut(4).zip(&columns) {
                let value = line[left] + (line[right] - line[left]) * across;
                pixel[channel] = byte(value);
            }
        }
    }
    Rgba8 { width, height, bytes }
}

/// The same without blending: each pixel is as the one that it falls on, so that nothing is shown that lies between two.
///
/// # Panics
/// If `width` or `height` is zero.
pub fn repeat(planes: &Planes, width: usize, height: usize) -> Rgba8 {
    assert!(width > 0 && height > 0, "cannot grow to {width}x{height}");
    let area = planes.width * planes.height;
    let lines: Vec<Vec<u8>> = (0..planes.height)
        .map(|row| {
            let colours = |x: usize| {
                let texel = row * planes.width + x * planes.width / width;
                [0, 1, 2].map(|channel| byte(planes.values[channel * area + texel]))
            };
            (0..width).flat_map(|x| colours(x).into_iter().chain([255])).collect()
        })
        .collect();
    let bytes = (0..height).flat_map(|y| lines[y * planes.height / height].iter().copied()).collect();
    Rgba8 { width, height, bytes }
}

fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every channel different at every pixel, so a swapped axis cannot hide.
    fn gradient(width: usize, height: usize) -> Rgba8 {
        let pixels = (0..width * height).flat_map(|i| {
            let (x, y) = (i % width, i / width);
            [(x * 13 % 256) as u8, (y * 29 % 256) as u8, ((x + 3 * y) * 7 % 256) as u8, 255]
        });
        Rgba8::new(width, height, pixels.collect()).expect("sizes agree")
    }

    #[test]
    fn pixels_survive_the_round_trip_exactly() {
        let before = gradient(17, 5);
        let tensor = shrink(&before, 17, 5).into_tensor(&Device::flex());
        assert_eq!(tensor.dims(), [1, 3, 5, 17], "axes are swapped");
        assert!(grow(&Planes::from_tensor(tensor), 17, 5) == before, "a pixel changed");
    }

    #[test]
    fn shrinking_keeps_the_mean_for_odd_sizes() {
        let picture = gradient(101, 67);
        let small = shrink(&picture, 16, 8);
        for channel in 0..3 {
            let before: f32 = picture.bytes.chunks_exact(4).map(|p| f32::from(p[channel])).sum();
            let after: f32 = small.values[channel * 128..][..128].iter().sum();
            let (before, after) = (before / (101.0 * 67.0), after * 255.0 / 128.0);
            assert!((before - after).abs() < 0.01, "channel {channel}: {before} became {after}");
        }
    }

    #[test]
    fn detail_finer_than_a_target_pixel_is_averaged_away() {
        let stripes = (0..64 * 8).flat_map(|i| [[0; 3], [255; 3]][i % 2].into_iter().chain([255]));
        let picture = Rgba8::new(64, 8, stripes.collect()).expect("sizes agree");
        let small = shrink(&picture, 8, 4);
        for value in &small.values {
            assert!((value - 0.5).abs() < 1e-5, "a stripe shows through: {value}");
        }
    }

    #[test]
    fn growing_is_linear_between_centres() {
        let planes = Planes::new(2, 1, [0.0, 1.0].repeat(3));
        let reds: Vec<u8> = grow(&planes, 4, 1).bytes.chunks_exact(4).map(|p| p[0]).collect();
        assert_eq!(reds, [0, 64, 191, 255], "0, 1/4, 3/4, 1 of 255");
    }

    #[test]
    fn values_that_are_no_colours_become_colours() {
        let planes = Planes::new(3, 1, [f32::NAN, -4.0, 9.0].repeat(3));
        let reds: Vec<u8> = grow(&planes, 3, 1).bytes.chunks_exact(4).map(|p| p[0]).collect();
        assert_eq!(reds, [0, 0, 255], "NaN, below, above");
    }

    #[test]
    fn a_cut_off_picture_is_refused() {
        let error = Rgba8::new(4, 4, vec![0; 63]).err();
        let wanted = FrameError::WrongLength { width: 4, height: 4, expected: 64, found: 63 };
        assert_eq!(error, Some(wanted), "63 bytes are no 4x4 picture");
    }
}
