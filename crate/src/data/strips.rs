//! Clips as files that other programs read: one strip a clip, and the manifest that names them.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{ImageFormat, RgbImage};
use rayon::prelude::*;

use super::manifest::{Manifest, ManifestError};
use super::row::{Row, Source};
use super::store::{ClipInfo, ClipStore};
use crate::atomic;

/// What the manifest is called.
const MANIFEST: &str = "manifest.csv";

/// Why clips could not be written.
#[derive(Debug, thiserror::Error)]
pub enum StripError {
    /// A strip could not be written.
    #[error("cannot write {}; is the disk full or the folder read-only?", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A clip is no picture: it has too many frames to stand side by side.
    #[error("clip \"{clip}\" has too many frames for one picture; cut it shorter")]
    Long {
        /// The clip.
        clip: String,
        /// What the encoder says.
        source: image::ImageError,
    },
    /// The manifest could not be written.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// Writes each clip as a PNG strip into `folder`, then a manifest with its names and labels, and gives the path of
/// that. Read at the size of `store` the strips are the same pixels. Each file is written whole or not at all; files
/// of other names that lie in the folder stay.
///
/// # Errors
/// [`StripError`] names the file or the clip.
pub fn write_strips(store: &ClipStore, folder: &Path) -> Result<PathBuf, StripError> {
    let places = (0..store.clips().len()).into_par_iter();
    places.try_for_each(|place| {
        let path = folder.join(file(place, &store.clips()[place]));
        atomic::replace(&path, &png(store, place)?).map_err(|source| StripError::Write { path, source })
    })?;
    let clips = store.clips().iter().enumerate();
    let rows = clips.map(|(place, clip)| row(clip, file(place, clip), store.size())).collect();
    let path = folder.join(MANIFEST);
    Manifest::new(folder, rows)?.write(&path)?;
    Ok(path)
}

/// The name of a strip: its clip's place, which no other has, and what of its name any system takes.
fn file(place: usize, clip: &ClipInfo) -> PathBuf {
    format!("{place:05}-{}.png", plain(&clip.name)).into()
}

/// A name with a hyphen in the place of whatever is no ASCII letter, digit, `_` or `-`.
pub fn plain(name: &str) -> String {
    let fit = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().map(|c| if fit(c) { c } else { '-' }).collect()
}

fn row(clip: &ClipInfo, path: PathBuf, frame_width: usize) -> Row {
    let ClipInfo { name, subject, action, attributes, split, .. } = clip.clone();
    let source = Source::Strip { path, frame_width };
    Row { clip: name, source, subject, action, attributes, split: Some(split) }
}

/// The frames of a clip side by side, as PNG.
fn png(store: &ClipStore, place: usize) -> Result<Vec<u8>, StripError> {
    let (size, frames) = (store.size(), store.clips()[place].frames);
    let bytes = store.clip_bytes(place);
    let line = 3 * size;
    let lines = (0..size).flat_map(|y| (0..frames).map(move |frame| (frame * size + y) * line));
    let strip: Vec<u8> = lines.flat_map(|start| &bytes[start..start + line]).copied().collect();
    let strip = RgbImage::from_raw((frames * size) as u32, size as u32, strip).expect("whole frames");
    let mut png = vec![];
    let long = |source| StripError::Long { clip: store.clips()[place].name.clone(), source };
    strip.write_to(&mut Cursor::new(&mut png), ImageFormat::Png).map_err(long)?;
    Ok(png)
}

#[cfg(test)]
mod tests {
    use super::super::row::Split;
    use super::*;

    /// Two clips of different lengths, every pixel another, whose names no file could have.
    fn store(folder: &Path) -> ClipStore {
        let rows = [("a/1 wave", 3), ("a|ü", 1)].map(|(clip, frames): (&str, u32)| {
            let path = PathBuf::from(format!("{frames}.png"));
            let pixel = |x: u32, y: u32| image::Rgb([x as u8 * 5, y as u8 * 7, (x * y) as u8]);
            RgbImage::from_fn(frames * 8, 8, pixel).save(folder.join(&path)).expect("written");
            Row {
                clip: clip.into(),
                source: Source::Strip { path, frame_width: 8 },
                subject: Some("anna, the first".into()),
                action: (frames == 3).then(|| "wave".into()),
                attributes: [("age".to_owned(), "20-29".to_owned())].into(),
                split: Some(Split::Test),
            }
        });
        let manifest = Manifest::new(folder, rows.to_vec()).expect("sound rows");
        ClipStore::open(&manifest, 8, folder, &|_, _| ()).expect("whole strips")
    }

    #[test]
    fn clips_that_are_written_are_read_back_to_the_bit() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let before = store(folder.path());
        let path = write_strips(&before, &folder.path().join("out/deeper")).expect("written");
        let manifest = Manifest::read(&path).expect("a sound manifest");
        let after = ClipStore::open(&manifest, 8, folder.path(), &|_, _| ()).expect("whole strips");
        assert_eq!(after.clips(), before.clips(), "names and labels");
        for clip in 0..2 {
            assert!(after.clip_bytes(clip) == before.clip_bytes(clip), "the pixels of clip {clip}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("file");
        std::fs::write(&file, "").expect("written");
        let error = write_strips(&store(folder.path()), &file).expect_err("a file is no folder");
        assert!(error.to_string().contains("file/0000"), "{error}");
    }
}
