//! Sample sheets: raw, anonymized and their difference, frame by frame, for people to look at. Only clips
//! whose licence allows showing them are drawn.

use std::path::Path;

use burn::tensor::Device;

use super::TrainError;
use super::corpus::Corpus;
use super::rewriter::Rewriter;
use crate::artifact::digest;
use crate::atomic;
use crate::data::still_images;

/// Clips on a sheet, and frames of each.
const CLIPS: usize = 4;
const FRAMES: usize = 4;

/// Draws `samples/step-N.png` into the run folder: one row a clip, three pictures a frame. Nothing where no
/// clip may be shown. `shown_in` is [`TrainConfig::run`](super::TrainConfig::run).
pub(super) fn draw(
    run: &Path,
    step: u64,
    anonymizer: &Rewriter,
    (corpus, shown_in): (&Corpus, (usize, usize)),
    device: &Device,
) -> Result<(), TrainError> {
    let store = &corpus.action;
    let mut clips = corpus.showable.clone();
    clips.sort_by_cached_key(|clip| digest(store.clips()[*clip].name.as_bytes())); // the same ones every time
    clips.truncate(CLIPS);
    if clips.is_empty() {
        return Ok(());
    }
    let size = store.size();
    let frames: Vec<usize> = clips
        .iter()
        .flat_map(|clip| {
            let clip = &store.clips()[*clip];
            (0..FRAMES).map(|index| clip.first + index * (clip.frames - 1) / (FRAMES - 1))
        })
        .collect();
    let raw = still_images(store, &frames, device); // [clips * FRAMES, 3, size, size]
    let anonymized = anonymizer.still(store, &frames, shown_in, device);
    let difference = ((anonymized.clone() - raw.clone()) * 0.5 + 0.5).clamp(0.0, 1.0);
    let columns = [raw, anonymized, difference].map(|images| {
        images.into_data().convert::<f32>().try_into_vec::<f32>().expect("values were converted to f32")
    });
    let (width, height) = ((FRAMES * 3 * size) as u32, (clips.len() * size) as u32);
    let sheet = image::RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as usize, y as usize);
        let (column, row) = (x / size, y / size);
        let frame = row * FRAMES + column / 3;
        let place = |channel: usize| ((frame * 3 + channel) * size + y % size) * size + x % size;
        image::Rgb([0, 1, 2].map(|channel| (columns[column % 3][place(channel)] * 255.0 + 0.5) as u8))
    });
    let path = run.join("samples").join(format!("step-{step:07}.png"));
    let mut bytes = std::io::Cursor::new(Vec::new());
    sheet
        .write_to(&mut bytes, image::ImageFormat::Png)
        .map_err(|source| TrainError::Samples { path: path.clone(), source })?;
    atomic::replace(&path, bytes.get_ref()).map_err(|source| TrainError::Write { path, source })
}
