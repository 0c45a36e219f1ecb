//! Pictures of what transforms make of a few clips, from sets that may be shown.

use std::io::Cursor;
use std::path::Path;

use image::{ImageFormat, RgbImage};

use super::super::EvalError;
use super::super::set::Set;
use crate::data::{ClipStore, spread};
use crate::transform::{RAW, Transform, apply, named};

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
        let raw = named(RAW).expect("a baseline");
        let others = transforms.iter().copied().filter(|transform| transform.name() != RAW);
        for transform in std::iter::once(raw.as_ref() as &dyn Transform).chain(others) {
            let shown = apply(transform, &set.raw, cache, &|_, _| ())?;
            sheets.push(Sheet { set: set.name.clone(), method: transform.name(), png: drawn(&shown) });
        }
    }
    Ok(sheets)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Manifest, Row, Source};

    const SIZE: usize = 16;

    /// Five clips of eight frames; clip and frame are told by the colours.
    fn set(folder: &Path, redistributable: bool) -> Set {
        let row = |clip: u8| {
            let colour = |x: u32, _| image::Rgb([40 * clip, 10 * (x / SIZE as u32) as u8, 200]);
            let path = format!("{clip}.png");
            let strip = RgbImage::from_fn(8 * SIZE as u32, SIZE as u32, colour);
            strip.save(folder.join(&path)).expect("written");
            let source = Source::Strip { path: path.into(), frame_width: SIZE };
            let (subject, action, attributes, split) = (None, None, [].into(), None);
            Row { clip: clip.to_string(), source, subject, action, attributes, split }
        };
        let manifest = Manifest::new(folder, (0..5).map(row).collect()).expect("sound rows");
        let raw = ClipStore::open(&manifest, SIZE, folder, &|_, _| ()).expect("whole strips");
        Set { name: "strips".into(), raw, questions: vec![], redistributable }
    }

    fn sheets_of(redistributable: bool) -> Vec<Sheet> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let set = set(folder.path(), redistributable);
        let transforms = ["black", "raw"].map(|name| named(name).expect("a baseline"));
        let judged: Vec<&dyn Transform> = transforms.iter().map(AsRef::as_ref).collect();
        sheets(&[set], &judged, folder.path()).expect("sheets")
    }

    #[test]
    fn raw_clips_stand_first_and_once_and_their_frames_are_spread() {
        let sheets = sheets_of(true);
        let names: Vec<&str> = sheets.iter().map(|sheet| sheet.method.as_str()).collect();
        assert_eq!(names, ["raw", "black"], "the order of rows");
        let [raw, black] =
            [0, 1].map(|nth| image::load_from_memory(&sheets[nth].png).expect("a PNG file").to_rgb8());
        let cells = (CLIPS * FRAMES) as u32;
        assert_eq!(raw.dimensions(), (cells * SIZE as u32, SIZE as u32), "one row of frames");
        let seen: Vec<[u8; 2]> = (0..cells)
            .map(|cell| raw.get_pixel(cell * SIZE as u32 + 8, 8).0)
            .map(|[clip, frame, _]| [clip / 40, frame / 10])
            .collect();
        let of_clip = |clip: u8| [1, 3, 5, 7].map(|frame| [clip, frame]);
        assert_eq!(seen, [of_clip(0), of_clip(2), of_clip(4)].concat(), "clips and frames, spread");
        assert!(black.pixels().all(|pixel| pixel.0 == [0; 3]), "the second row shows raw clips");
    }

    #[test]
    fn people_in_sets_for_research_alone_are_never_drawn() {
        assert!(sheets_of(false).is_empty(), "a picture of somebody who may not be shown");
    }
}
