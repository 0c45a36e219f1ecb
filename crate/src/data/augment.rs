//! Chance variation of a picture: where it is cropped, whether it is mirrored, how it is lit and focused.
//!
//! One [`Draw`] serves every frame of a clip, so that the variation does not flicker. The work is done on
//! the CPU, from bytes to planes of floats, in one pass over the pixels (two with blur).

use rand::{Rng, RngExt as _};

/// How much a picture may vary. Ranges are drawn from evenly.
#[derive(Clone, Debug, PartialEq)]
pub struct Augmentation {
    /// The smallest part of the area that a crop keeps, in `(0, 1]`; the largest is the whole.
    pub least_area: f32,
    /// How far a crop's aspect may leave that of the frame: a factor of at least 1.
    pub aspect: f32,
    /// Chance of a mirror image (left and right swapped).
    pub mirror: f32,
    /// How far brightness, contrast and saturation may leave 1, each.
    pub light: f32,
    /// How far red, green and blue may leave each other, as a factor: 0 keeps the hue.
    pub tint: f32,
    /// Chance of a grey picture.
    pub grey: f32,
    /// Chance of a blurred picture.
    pub blur: f32,
}

impl Augmentation {
    /// No variation at all.
    pub const NONE: Self =
        Self { least_area: 1.0, aspect: 1.0, mirror: 0.0, light: 0.0, tint: 0.0, grey: 0.0, blur: 0.0 };

    /// Mild variation for clips: the action stays in sight.
    pub const CLIP: Self =
        Self { least_area: 0.7, aspect: 1.1, mirror: 0.5, light: 0.2, tint: 0.0, grey: 0.0, blur: 0.0 };

    /// Strong variation for the two views of NT-Xent (Chen et al., arXiv:2002.05709, appendix A), with a
    /// larger least area, as the private attributes of small pictures do not survive tiny crops.
    pub const VIEW: Self =
        Self { least_area: 0.4, aspect: 1.33, mirror: 0.5, light: 0.4, tint: 0.2, grey: 0.2, blur: 0.2 };

    /// The same without mirror images where one of `actions` names a side: the mirror image of `left` is
    /// `right`.
    #[must_use]
    pub fn keeping_sides(self, actions: &[String]) -> Self {
        let names_a_side = |action: &String| {
            let mut words = action.split(|letter: char| !letter.is_alphanumeric());
            words.any(|word| ["left", "right"].contains(&word.to_lowercase().as_str()))
        };
        if actions.iter().any(names_a_side) { Self { mirror: 0.0, ..self } } else { self }
    }

    /// One variation, to be applied to one picture or to every frame of one clip.
    ///
    /// The number of values taken from `rng` is always the same, so no option shifts the draws after it.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> Draw {
        let mut even = |low: f32, high: f32| low + (high - low) * rng.random::<f32>();
        let area = even(self.least_area, 1.0);
        let aspect = even(-1.0, 1.0) * self.aspect.ln();
        let width = (area.sqrt() * (aspect / 2.0).exp()).min(1.0);
        let height = (area.sqrt() * (-aspect / 2.0).exp()).min(1.0);
        let left = even(0.0, 1.0 - width);
        let top = even(0.0, 1.0 - height);
        let mirror = even(0.0, 1.0) < self.mirror;
        let mut around_one = |most: f32| even(1.0 - most, 1.0 + most);
        let [brightness, contrast, saturation] = [self.light; 3].map(&mut around_one);
        let tint = [self.tint; 3].map(&mut around_one);
        let grey = even(0.0, 1.0) < self.grey;
        let blur = even(0.0, 1.0) < self.blur;
        let saturation = if grey { 0.0 } else { saturation };
        let gain = if grey { [brightness; 3] } else { tint.map(|factor| factor * brightness) };
        Draw { left, top, width, height, mirror, gain, contrast, saturation, blur }
    }
}

/// One variation. Places are shares of the frame, in `[0, 1]`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draw {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
    mirror: bool,
    gain: [f32; 3],
    contrast: f32,
    saturation: f32,
    blur: bool,
}

/// The two source pixels a target pixel lies between along one axis, and how far it is towards the second.
type Tap = (usize, usize, f32);

/// Where the targets of one axis lie in a crop that starts at `from` and is `share` long.
fn taps(size: usize, from: f32, share: f32, mirror: bool) -> Vec<Tap> {
    let tap = |target: usize| {
        let target = if mirror { size - 1 - target } else { target };
        let place = from * size as f32 + (target as f32 + 0.5) * share - 0.5;
        let place = place.clamp(0.0, (size - 1) as f32);
        let low = place.floor() as usize;
        (low, (low + 1).min(size - 1), place - low as f32)
    };
    (0..size).map(tap).collect()
}

impl Draw {
    /// The frame as it is.
    pub(super) const NONE: Self = Self {
        left: 0.0,
        top: 0.0,
        width: 1.0,
        height: 1.0,
        mirror: false,
        gain: [1.0; 3],
        contrast: 1.0,
        saturation: 1.0,
        blur: false,
    };

    /// Applies the variation to one frame after another. All have `size` by `size` pixels.
    pub(super) fn at(&self, size: usize) -> Painter<'_> {
        let columns = taps(size, self.left, self.width, self.mirror);
        let rows = taps(size, self.top, self.height, false);
        Painter { draw: self, size, columns, rows }
    }
}

/// A [`Draw`] made ready for frames of one size.
pub(super) struct Painter<'a> {
    draw: &'a Draw,
    size: usize,
    columns: Vec<Tap>,
    rows: Vec<Tap>,
}

impl Painter<'_> {
    /// Varies one frame.
    ///
    /// # Shapes
    /// - `frame`: `[size, size, 3]` bytes
    /// - `planes`: `[3, size, size]`, receives sRGB in `[0, 1]`
    pub(super) fn paint(&self, frame: &[u8], planes: &mut [f32]) {
        let size = self.size;
        let (red, rest) = planes.split_at_mut(size * size);
        let (green, blue) = rest.split_at_mut(size * size);
        for (y, &(top, bottom, down)) in self.rows.iter().enumerate() {
            let upper = &frame[3 * size * top..3 * size * (top + 1)];
            let lower = &frame[3 * size * bottom..3 * size * (bottom + 1)];
            for (x, &(left, right, across)) in self.columns.iter().enumerate() {
                let mix = |channel: usize| {
                    let at = |line: &[u8], column: usize| f32::from(line[3 * column + channel]);
                    let above = at(upper, left) + (at(upper, right) - at(upper, left)) * across;
                    let below = at(lower, left) + (at(lower, right) - at(lower, left)) * across;
                    (above + (below - above) * down) / 255.0
                };
                let [r, g, b] = self.light([mix(0), mix(1), mix(2)]);
                (red[y * size + x], green[y * size + x], blue[y * size + x]) = (r, g, b);
            }
        }
        if self.draw.blur {
            for plane in planes.chunks_exact_mut(size * size) {
                blur(plane, size);
            }
        }
    }

    /// Colour: saturation about the luma, gain, then contrast about the middle.
    fn light(&self, rgb: [f32; 3]) -> [f32; 3] {
        let Draw { gain, contrast, saturation, .. } = self.draw;
        let luma = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
        let mut lit = [0.0; 3];
        for channel in 0..3 {
            let colour = (luma + (rgb[channel] - luma) * saturation) * gain[channel];
            lit[channel] = (0.5 + (colour - 0.5) * contrast).clamp(0.0, 1.0);
        }
        lit
    }
}

/// Smooths one plane with the binomial weights 1 4 6 4 1 along both axes; edges repeat.
fn blur(plane: &mut [f32], size: usize) {
    let before = plane.to_vec();
    smooth(&before, plane, size, 1, size);
    let across = plane.to_vec();
    smooth(&across, plane, size, size, 1);
}

/// Smooths along one axis; `step` is the distance of neighbours on it, `line` that of lines.
fn smooth(from: &[f32], to: &mut [f32], size: usize, step: usize, line: usize) {
    for other in 0..size {
        let at = |index: isize| from[other * line + index.clamp(0, size as isize - 1) as usize * step];
        for place in 0..size as isize {
            let near = at(place - 1) + at(place + 1);
            let far = at(place - 2) + at(place + 2);
            to[other * line + place as usize * step] = (6.0 * at(place) + 4.0 * near + far) / 16.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;

    /// Every channel different at every pixel, so a swapped axis cannot hide.
    fn gradient(size: usize) -> Vec<u8> {
        let pixel =
            |i: usize| [(i % size * 13 % 256) as u8, (i / size * 29 % 256) as u8, (i * 7 % 256) as u8];
        (0..size * size).flat_map(pixel).collect()
    }

    fn painted(draw: &Draw, frame: &[u8], size: usize) -> Vec<f32> {
        let mut planes = vec![f32::NAN; 3 * size * size];
        draw.at(size).paint(frame, &mut planes);
        planes
    }

    #[test]
    fn no_augmentation_leaves_every_pixel_as_it_is() {
        let frame = gradient(9);
        let planes = painted(&Augmentation::NONE.draw(&mut Seed(1).rng("test")), &frame, 9);
        for (pixel, rgb) in frame.chunks_exact(3).enumerate() {
            for channel in 0..3 {
                let (found, wanted) = (planes[channel * 81 + pixel], f32::from(rgb[channel]) / 255.0);
                assert!(
                    (found - wanted).abs() < 1e-6,
                    "pixel {pixel} channel {channel}: {found}, not {wanted}"
                );
            }
        }
    }

    #[test]
    fn a_mirror_swaps_left_and_right_and_nothing_else() {
        let frame = gradient(8);
        let plain = Augmentation::NONE.draw(&mut Seed(1).rng("test"));
        let mirrored = Draw { mirror: true, ..plain.clone() };
        let (plain, mirrored) = (painted(&plain, &frame, 8), painted(&mirrored, &frame, 8));
        for (before, after) in plain.chunks_exact(8).zip(mirrored.chunks_exact(8)) {
            assert!(before.iter().eq(after.iter().rev()), "{before:?} became {after:?}");
        }
    }

    #[test]
    fn every_draw_stays_in_the_range_of_colours() {
        let wild = Augmentation { light: 0.9, tint: 0.9, ..Augmentation::VIEW };
        let mut rng = Seed(2).rng("test");
        for _ in 0..50 {
            let planes = painted(&wild.draw(&mut rng), &gradient(12), 12);
            let bad = planes.iter().find(|value| !(0.0..=1.0).contains(*value));
            assert_eq!(bad, None, "a value left [0, 1]");
        }
    }

    #[test]
    fn a_crop_lies_within_the_frame_and_keeps_its_area() {
        let mut rng = Seed(3).rng("test");
        for _ in 0..200 {
            let draw = Augmentation::VIEW.draw(&mut rng);
            assert!(draw.left + draw.width <= 1.0 + 1e-6 && draw.top + draw.height <= 1.0 + 1e-6, "{draw:?}");
            let (area, least) = (draw.width * draw.height, Augmentation::VIEW.least_area);
            assert!(area >= least * 0.85, "a crop of {area}, least is {least}");
        }
    }

    #[test]
    fn grey_pictures_have_equal_planes() {
        let grey = Augmentation { grey: 1.0, ..Augmentation::VIEW };
        let planes = painted(&grey.draw(&mut Seed(4).rng("test")), &gradient(8), 8);
        for pixel in 0..64 {
            let (red, blue) = (planes[pixel], planes[128 + pixel]);
            assert!((red - blue).abs() < 1e-5, "pixel {pixel}: red {red}, blue {blue}");
        }
    }

    #[test]
    fn blur_keeps_the_mean_of_a_plain_and_removes_stripes() {
        let mut plain = vec![0.25; 64];
        blur(&mut plain, 8);
        assert!(plain.iter().all(|value| (value - 0.25).abs() < 1e-6), "a plain changed: {plain:?}");
        let mut stripes: Vec<f32> = (0..64).map(|pixel| (pixel % 2) as f32).collect();
        blur(&mut stripes, 8);
        assert!((stripes[27] - 0.5).abs() < 1e-6, "stripes remain: {}", stripes[27]);
    }

    #[test]
    fn actions_that_name_a_side_are_never_mirrored() {
        let keep = |actions: &[&str]| {
            let actions: Vec<String> = actions.iter().map(|action| (*action).into()).collect();
            Augmentation::CLIP.keeping_sides(&actions).mirror
        };
        assert_eq!(keep(&["up", "left"]), 0.0, "left was mirrored");
        assert_eq!(keep(&["turn_Right"]), 0.0, "turn_Right was mirrored");
        assert_eq!(keep(&["leftovers", "bright"]), 0.5, "no side is named");
    }
}
