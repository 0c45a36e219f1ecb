//! Pictures of what transforms make of a few clips, from sets that may be shown.

use std::io::Cursor;
use std::path::Path;

use image::{ImageFormat, RgbImage};

use super::super::EvalError;
use super::super::set::Set;
use crate::data::ClipStore;
use crate::transform::{Transform, apply, named};

/// Clips on a sheet, evenly spread over the set.
const CLIPS: usize = 3;
/// Frames of each, evenly spread over the clip.
const FRAMES: usize = 4;

/// A picture of what one transform makes of some clips.
pub struct Sheet {
    /// The set.
    pub set: String,
    /// The transform.
    pub method: String,
    /// A PNG file: frames side by side, clip after clip.
    pub png: Vec<u8>,
}

/// Raw clips and what each transform makes of them, of every set that may be shown.
///
/// # Errors
/// [`EvalError`] if clips cannot be rewritten.
pub fn sheets(sets: &[Set], transforms: &[&dyn Transform], cache: &Path) -> Result<Vec<Sheet>, EvalError> {
    let mut sheets = vec![];
    for set in sets.iter().filter(|set| set.redistributable) {
        let raw = named("raw").expect("a baseline");
        let others = transforms.iter().copied().filter(|transform| transform.name() != "raw");
        for transform in std::iter::once(raw.as_ref() as &dyn Transform).chain(others) {
            let shown = apply(transform, &set.raw, cache, &|_, _| ())?;
            sheets.push(Sheet { set: set.name.clone(), method: transform.name(), png: drawn(&shown) });
        }
    }
    Ok(sheets)
}

/// The places of at most `most` of `count` things, from the middles of equal parts.
fn spread(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let most = most.min(count);
    (0..most).map(move |part| (2 * part + 1) * count / (2 * most))
}

fn drawn(store: &ClipStore) -> Vec<u8> {
    let of_clip = |clip: usize| spread(store.clips()[clip].frames, FRAMES).map(move |frame| (clip, frame));
    let cells: Vec<(usize, usize)> = spread(store.clips().len(), CLIPS).flat_map(of_clip).collect();
    let side = store.size() as u32;
    let pixel = |x: u32, y: u32| {
        let (clip, frame) = cells[(x / side) as usize];
        let place = 3 * (y * side + x % side) as usize;
        let bytes = &store.frame(clip, frame)[place..place + 3];
        image::Rgb([bytes[0], bytes[1], bytes[2]])
    };
    let sheet = RgbImage::from_fn(side * cells.len() as u32, side, pixel);
    let mut png = Cursor::new(vec![]);
    sheet.write_to(&mut png, ImageFormat::Png).expect("memory takes a whole picture");
    png.into_inner()
}
