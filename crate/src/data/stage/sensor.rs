//! From a drawing to what a camera records: exposure, light that falls off, blur and noise.

use rand::{Rng, RngExt as _};
use tiny_skia::Pixmap;

use super::camera::Spot;
use crate::frame::Rgba8;

/// Moments that are drawn for a frame whose shutter stays open.
const MOMENTS: usize = 3;

/// Lens and sensor of one clip.
#[derive(Clone, Debug)]
pub(super) struct Sensor {
    /// Exponent of the tone curve.
    gamma: f32,
    /// How much darker corners are, as a share.
    fall_off: f32,
    /// How light grows to the right and down, as a share.
    slope: Spot,
    /// Blur of the lens, as a share of the picture's side.
    blur: f32,
    /// How long the shutter is open, as a share of the time to the next frame; 0 freezes.
    shutter: f32,
    /// Noise in the dark, and its growth with light, in steps of 1/255.
    noise: (f32, f32),
}

impl Sensor {
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        Self {
            gamma: rng.random_range(0.75..1.15),
            fall_off: rng.random_range(0.0..0.25),
            slope: [rng.random_range(-0.2..0.2), rng.random_range(-0.12..0.12)],
            blur: rng.random_range(0.0_f32..0.01),
            shutter: if rng.random_bool(0.3) { rng.random_range(0.25..0.9) } else { 0.0 },
            noise: (rng.random_range(0.5..4.0), rng.random_range(0.0..3.0)),
        }
    }

    /// The moments that a frame at `time` (in seconds) gathers, the next one `gap` later.
    pub(super) fn moments(&self, time: f32, gap: f32) -> Vec<f32> {
        let open = self.shutter * gap;
        let count = if open > 0.0 { MOMENTS } else { 1 };
        (0..count).map(|nth| time + open * nth as f32 / MOMENTS as f32).collect()
    }

    /// How much light reaches each pixel of a picture of `size` by `size`, in 256ths.
    pub(super) fn shading(&self, size: usize) -> Vec<u16> {
        let place = |index: usize| (index as f32 + 0.5) / size as f32 - 0.5;
        let pixels = (0..size * size).map(|at| {
            let [x, y] = [place(at % size), place(at / size)];
            let light = 1.0 + self.slope[0] * x + self.slope[1] * y - 2.0 * self.fall_off * (x * x + y * y);
            (256.0 * light) as u16
        });
        pixels.collect()
    }

    /// The frame that the `drawings` of its moments make, in the light of [`Sensor::shading`].
    ///
    /// # Panics
    /// If there is no drawing.
    pub(super) fn develop(&self, drawings: Vec<Pixmap>, shading: &[u16], rng: &mut impl Rng) -> Rgba8 {
        let mut picture = mixed(drawings);
        let size = picture.width() as usize;
        softened(&mut picture, self.blur * size as f32);
        let curve: Vec<u8> = (0..=255_u8)
            .map(|value| (255.0 * (f32::from(value) / 255.0).powf(self.gamma)).round() as u8)
            .collect();
        // The sum of two bytes less 255 has a standard deviation of 104.
        let loud = |value: f32| self.noise.0.hypot(self.noise.1 * (value / 255.0).sqrt()) * 256.0 / 104.0;
        let loudness: Vec<i32> = (0..=255_u8).map(|value| loud(f32::from(value)) as i32).collect();
        let mut chance = vec![0_u8; 6 * size * size];
        rng.fill(chance.as_mut_slice());
        let mut bytes = picture.take();
        for ((pixel, light), chance) in bytes.chunks_exact_mut(4).zip(shading).zip(chance.chunks_exact(6)) {
            for (channel, value) in pixel[..3].iter_mut().enumerate() {
                let lit = curve[((u32::from(*value) * u32::from(*light)) >> 8).min(255) as usize];
                let error = i32::from(chance[2 * channel]) + i32::from(chance[2 * channel + 1]) - 255;
                *value = (i32::from(lit) + ((error * loudness[usize::from(lit)]) >> 8)).clamp(0, 255) as u8;
            }
        }
        Rgba8::new(size, size, bytes).expect("a drawing has four bytes a pixel")
    }
}

/// The mean of several drawings.
fn mixed(mut drawings: Vec<Pixmap>) -> Pixmap {
    let mut first = drawings.remove(0);
    if drawings.is_empty() {
        return first;
    }
    let count = drawings.len() as u16 + 1;
    for (at, value) in first.data_mut().iter_mut().enumerate() {
        let sum: u16 = drawings.iter().map(|drawing| u16::from(drawing.data()[at])).sum();
        *value = ((sum + u16::from(*value) + count / 2) / count) as u8;
    }
    first
}

/// Blurs a picture by about `sigma` pixels.
pub(super) fn softened(picture: &mut Pixmap, sigma: f32) {
    // Each pass over [a, 1 - 2a, a] adds a variance of 2a.
    const MOST: f32 = 0.33;
    let passes = (sigma * sigma / (2.0 * MOST)).ceil() as usize;
    if sigma < 0.1 {
        return;
    }
    let side = (256.0 * sigma * sigma / (2.0 * passes as f32)) as u32;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut from = picture.data().to_vec();
    for _ in 0..passes {
        let mix = |a: u8, b: u8, c: u8| {
            ((u32::from(a) * side + u32::from(b) * (256 - 2 * side) + u32::from(c) * side + 128) >> 8) as u8
        };
        let mut to = from.clone();
        for (line, out) in from.chunks_exact(4 * width).zip(to.chunks_exact_mut(4 * width)) {
            for at in 4..4 * (width - 1) {
                out[at] = mix(line[at - 4], line[at], line[at + 4]);
            }
        }
        for y in 1..height - 1 {
            let lines = &to[4 * width * (y - 1)..4 * width * (y + 2)];
            let (above, rest) = lines.split_at(4 * width);
            let (here, below) = rest.split_at(4 * width);
            let out = &mut from[4 * width * y..4 * width * (y + 1)];
            for (at, value) in out.iter_mut().enumerate() {
                *value = mix(above[at], here[at], below[at]);
            }
        }
    }
    picture.data_mut().copy_from_slice(&from);
}

#[cfg(test)]
mod tests {
    use tiny_skia::Color;

    use super::*;
    use crate::rng::Seed;

    const SIZE: usize = 32;

    fn quiet() -> Sensor {
        Sensor { gamma: 1.0, fall_off: 0.0, slope: [0.0; 2], blur: 0.0, shutter: 0.0, noise: (0.0, 0.0) }
    }

    /// Black on the left, grey of `value` on the right.
    fn edge(value: u8) -> Pixmap {
        let mut drawing = Pixmap::new(SIZE as u32, SIZE as u32).expect("pixels");
        drawing.fill(Color::BLACK);
        for (at, pixel) in drawing.data_mut().chunks_exact_mut(4).enumerate() {
            if at % SIZE >= SIZE / 2 {
                pixel[..3].fill(value);
            }
        }
        drawing
    }

    fn developed(sensor: &Sensor, drawings: Vec<Pixmap>) -> Vec<f32> {
        let frame = sensor.develop(drawings, &sensor.shading(SIZE), &mut Seed(1).rng("noise"));
        frame.bytes().chunks_exact(4).map(|pixel| f32::from(pixel[1])).collect()
    }

    #[test]
    fn a_perfect_sensor_changes_nothing() {
        let seen = developed(&quiet(), vec![edge(200)]);
        let wrong =
            seen.iter().enumerate().find(|(at, value)| **value != if at % SIZE < 16 { 0.0 } else { 200.0 });
        assert_eq!(wrong, None, "a pixel changed");
    }

    #[test]
    fn blur_spreads_light_and_keeps_it() {
        let sharp = developed(&quiet(), vec![edge(200)]);
        let soft = developed(&Sensor { blur: 0.05, ..quiet() }, vec![edge(200)]);
        let (row, sum) = (10 * SIZE, |values: &[f32]| values.iter().sum::<f32>());
        assert!(soft[row + 14] > 10.0 && soft[row + 17] < 190.0, "no blur: {:?}", &soft[row..row + SIZE]);
        assert!((sum(&sharp) - sum(&soft)).abs() < 0.01 * sum(&sharp), "light is lost");
    }

    #[test]
    fn noise_has_the_size_it_is_drawn_with_and_no_colour() {
        let noisy = developed(&Sensor { noise: (4.0, 0.0), ..quiet() }, vec![edge(128)]);
        let grey: Vec<f32> = noisy.iter().copied().filter(|value| *value > 60.0).collect();
        let mean = grey.iter().sum::<f32>() / grey.len() as f32;
        let spread =
            (grey.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / grey.len() as f32).sqrt();
        assert!((mean - 128.0).abs() < 1.0 && (3.0..5.0).contains(&spread), "mean {mean}, spread {spread}");
    }

    #[test]
    fn an_open_shutter_gathers_moments() {
        let open = Sensor { shutter: 0.6, ..quiet() };
        let moments = open.moments(1.0, 0.1);
        assert!(moments.len() == MOMENTS && moments[0] == 1.0 && moments[MOMENTS - 1] < 1.06, "{moments:?}");
        assert_eq!(quiet().moments(1.0, 0.1), [1.0], "a shutter that freezes");
        let seen = developed(&open, vec![edge(0), edge(90), edge(210)]);
        assert_eq!(seen[SIZE - 1], 100.0, "their mean");
    }

    #[test]
    fn corners_get_less_light() {
        let seen = developed(&Sensor { fall_off: 0.2, ..quiet() }, vec![edge(200)]);
        let (corner, middle) = (seen[SIZE - 1], seen[SIZE * SIZE / 2 + SIZE / 2]);
        assert!(corner < 0.87 * middle && middle > 195.0, "corner {corner}, middle {middle}");
    }
}
