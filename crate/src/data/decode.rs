//! From the files of one manifest row to frames of one size.

use std::fs;
use std::path::{Path, PathBuf};

use image::{ImageReader, RgbaImage};

use super::row::{Row, Source};
use super::store::StoreError;
use crate::frame::{Rgba8, shrink};

/// Decodes one clip to frames of `[size, size, 3]` bytes, one after the other.
///
/// # Errors
/// [`StoreError`], naming the clip and the file.
pub(super) fn decode(row: &Row, root: &Path, size: usize) -> Result<Vec<u8>, StoreError> {
    let pictures = match &row.source {
        Source::Frames(_) => {
            let files = files(row, root)?;
            files.iter().map(|file| Ok(whole(&picture(file, row)?))).collect::<Result<_, _>>()?
        }
        Source::Image(path) => vec![whole(&picture(&root.join(path), row)?)],
        Source::Strip { path, frame_width } => cut(&root.join(path), *frame_width, row)?,
        Source::Video(path) => video(&root.join(path), row)?,
    };
    let mut bytes = Vec::with_capacity(pictures.len() * 3 * size * size);
    for picture in &pictures {
        append(&mut bytes, picture, size);
    }
    Ok(bytes)
}

/// The files a clip is read from, in order; a folder is looked through.
///
/// # Errors
/// [`StoreError`] if a folder cannot be read or holds no pictures.
pub(super) fn files(row: &Row, root: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let files: Vec<PathBuf> = row.source.paths().into_iter().map(|path| root.join(path)).collect();
    match (&row.source, files.as_slice()) {
        (Source::Frames(_), [folder]) if folder.is_dir() => pictures_in(folder, row),
        _ => Ok(files),
    }
}

/// The pictures of a folder, in order of name.
fn pictures_in(folder: &Path, row: &Row) -> Result<Vec<PathBuf>, StoreError> {
    let read = |source| StoreError::Read { clip: row.clip.clone(), path: folder.into(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if ["png", "jpg", "jpeg"].contains(&ending.as_str()) {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(StoreError::NoFrames { clip: row.clip.clone(), path: folder.into() });
    }
    Ok(files)
}

/// One picture file, by what it holds and not by its ending.
fn picture(path: &Path, row: &Row) -> Result<RgbaImage, StoreError> {
    let read = |source| StoreError::Read { clip: row.clip.clone(), path: path.into(), source };
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format).map_err(read)?;
    let picture = reader.decode().map_err(|source| StoreError::Picture {
        clip: row.clip.clone(),
        path: path.into(),
        source,
    })?;
    Ok(picture.into_rgba8())
}

fn whole(picture: &RgbaImage) -> Rgba8 {
    part(picture, 0, picture.width() as usize)
}

/// The columns `from .. from + width` of a picture.
fn part(picture: &RgbaImage, from: usize, width: usize) -> Rgba8 {
    let across = 4 * picture.width() as usize;
    let rows = picture.as_raw().chunks_exact(across);
    let bytes = rows.flat_map(|row| &row[4 * from..4 * (from + width)]).copied().collect();
    Rgba8::new(width, picture.height() as usize, bytes)
        .expect("a decoded picture has pixels, and its rows are whole")
}

/// The frames of a strip.
fn cut(path: &Path, frame_width: usize, row: &Row) -> Result<Vec<Rgba8>, StoreError> {
    let strip = picture(path, row)?;
    let width = strip.width() as usize;
    if !width.is_multiple_of(frame_width) {
        return Err(StoreError::Strip { clip: row.clip.clone(), path: path.into(), width, frame_width });
    }
    Ok((0..width / frame_width).map(|index| part(&strip, index * frame_width, frame_width)).collect())
}

/// The frames of a video file.
fn video(path: &Path, row: &Row) -> Result<Vec<Rgba8>, StoreError> {
    let (clip, path) = (row.clip.clone(), path.to_path_buf());
    match crate::video::read_frames(&path) {
        Ok(frames) if frames.is_empty() => Err(StoreError::NoFrames { clip, path }),
        Ok(frames) => Ok(frames),
        Err(source) => Err(StoreError::Video { clip, path, source }),
    }
}

/// Adds a picture, resized to `size` by `size`, as R, G, B bytes.
fn append(bytes: &mut Vec<u8>, picture: &Rgba8, size: usize) {
    if picture.width() == size && picture.height() == size {
        bytes.extend(picture.bytes().chunks_exact(4).flat_map(|pixel| &pixel[..3]));
        return;
    }
    let planes = shrink(picture, size, size);
    let value = |channel: usize, pixel: usize| planes.values()[channel * size * size + pixel];
    for pixel in 0..size * size {
        bytes.extend([0, 1, 2].map(|channel| (value(channel, pixel) * 255.0 + 0.5) as u8));
    }
}
