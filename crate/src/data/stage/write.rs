//! From a plan to files.

use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::time::Instant;

use image::ExtendedColorType;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use rayon::prelude::*;

use super::{Stage, StageError};
use crate::atomic;
use crate::data::manifest::Manifest;
use crate::data::row::Row;
use crate::frame::Rgba8;

/// The most clips and frames on a contact sheet.
const SHEET: (usize, usize) = (12, 8);

/// What was drawn.
#[derive(Debug)]
pub struct Drawn {
    /// The truth about it.
    pub manifest: Manifest,
    /// Clips drawn and written in a second.
    pub pace: f64,
}

impl Stage {
    /// Draws every clip into `folder` as PNG strips, with a `manifest.csv`. The folder appears whole or not at
    /// all. `progress` hears (clips done, clips in all) from the calling thread.
    ///
    /// # Errors
    /// [`StageError`] if the folder holds something already or cannot be written.
    pub fn write(&self, folder: &Path, progress: &dyn Fn(usize, usize)) -> Result<Drawn, StageError> {
        let at = |path: &Path| {
            let path = path.to_path_buf();
            move |source| StageError::Write { path, source }
        };
        if folder.exists() && fs::read_dir(folder).map_err(at(folder))?.next().is_some() {
            return Err(StageError::NotEmpty { path: folder.into() });
        }
        let parent =
            folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(at(parent))?;
        let unfinished =
            tempfile::Builder::new().prefix(".unfinished-").tempdir_in(parent).map_err(at(parent))?;
        let inner = unfinished.path().join("stage"); // a temporary folder is private, its child is not
        fs::create_dir_all(inner.join("clips")).map_err(at(&inner))?;
        let start = Instant::now();
        self.write_clips(&inner, progress)?;
        let pace = self.clips() as f64 / start.elapsed().as_secs_f64();
        let rows = self.rows();
        Manifest::new(&inner, rows.clone())?.write(&inner.join("manifest.csv"))?;
        if folder.exists() {
            fs::remove_dir(folder).map_err(at(folder))?;
        }
        fs::rename(&inner, folder).map_err(at(folder))?;
        Ok(Drawn { manifest: Manifest::new(folder, rows)?, pace })
    }

    /// The truth about every clip.
    pub fn rows(&self) -> Vec<Row> {
        (0..self.clips()).into_par_iter().map(|clip| self.row(clip)).collect()
    }

    fn write_clips(&self, folder: &Path, progress: &dyn Fn(usize, usize)) -> Result<(), StageError> {
        let (sender, done) = mpsc::channel();
        std::thread::scope(|scope| {
            let drawing = scope.spawn(move || {
                (0..self.clips()).into_par_iter().try_for_each_with(sender, |sender, clip| {
                    let path = folder.join(format!("clips/{clip:06}.png"));
                    let written = fs::write(&path, png(&[self.draw(clip)], self.plan.size));
                    written.map_err(|source| StageError::Write { path, source })?;
                    // Nobody listens once another clip has failed; the failure itself is returned below.
                    sender.send(()).ok();
                    Ok(())
                })
            });
            for (index, ()) in done.iter().enumerate() {
                progress(index + 1, self.clips());
            }
            drawing.join().expect("drawing does not panic")
        })
    }

    /// Writes a PNG picture of some clips, one a row: different people, each doing another action, some frames of
    /// each from its beginning to its end. Gives the clips, from top to bottom.
    ///
    /// # Errors
    /// [`StageError`] if the file is there already or cannot be written.
    pub fn contact_sheet(&self, path: &Path) -> Result<Vec<usize>, StageError> {
        if path.exists() {
            return Err(StageError::Exists { path: path.into() });
        }
        let clips = self.spread();
        let columns = SHEET.1.min(self.plan.frames);
        let row = |clip: &usize| {
            let frames = self.draw(*clip);
            let at = |column: usize| column * (frames.len() - 1) / (columns - 1).max(1);
            (0..columns).map(|column| frames[at(column)].clone()).collect()
        };
        let rows: Vec<Vec<Rgba8>> = clips.par_iter().map(row).collect();
        atomic::replace(path, &png(&rows, self.plan.size))
            .map_err(|source| StageError::Write { path: path.into(), source })?;
        Ok(clips)
    }

    /// Some clips of different actions, framings and people.
    fn spread(&self) -> Vec<usize> {
        let (count, clips) = (SHEET.0.min(self.clips()), self.clips());
        let mut chosen: Vec<usize> = vec![];
        for nth in 0..count {
            // From an even spread on, the first clip whose action is not on the sheet yet.
            let from = nth * clips / count;
            let seen = |clip: usize| chosen.iter().any(|other| self.cast(*other).1 == self.cast(clip).1);
            let next = (from..clips).chain(0..from).find(|clip| !seen(*clip));
            chosen.push(next.unwrap_or(from));
        }
        chosen.dedup();
        chosen
    }
}

/// A PNG file of clips: one a row, frames side by side, each of `size` by `size` pixels.
fn png(rows: &[Vec<Rgba8>], size: usize) -> Vec<u8> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut pixels = Vec::with_capacity(3 * size * size * columns * rows.len());
    for frames in rows {
        for line in 0..size {
            for frame in frames {
                let line = &frame.bytes()[4 * line * size..4 * (line + 1) * size];
                pixels.extend(line.chunks_exact(4).flat_map(|pixel| &pixel[..3]));
            }
        }
    }
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Sub);
    let (width, height) = ((size * columns) as u32, (size * rows.len()) as u32);
    image::ImageEncoder::write_image(encoder, &pixels, width, height, ExtendedColorType::Rgb8)
        .expect("memory takes every picture");
    bytes
}
