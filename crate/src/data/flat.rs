//! Frames at rest: one flat file of pixels and a small index beside it, which appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::store::StoreError;
use crate::atomic;

/// The version of the file layout; part of a file's name.
pub(super) const FORMAT: u32 = 1;
/// Clips made between two reports of progress.
const AT_ONCE: usize = 32;

/// A flat file of frames of `[size, size, 3]` bytes, clip after clip, with a name that says what they are.
pub(super) struct FlatFile {
    size: usize,
    pixels: PathBuf,
    index: PathBuf,
}

/// What lies beside the flat file.
#[derive(Serialize, Deserialize)]
struct Index {
    format: u32,
    size: usize,
    /// Frames of each clip, in the order of the manifest.
    frames: Vec<usize>,
}

impl FlatFile {
    /// The file `name` in `cache`, which may not be there yet. Makes the folder.
    pub(super) fn new(cache: &Path, name: &str, size: usize) -> Result<Self, StoreError> {
        fs::create_dir_all(cache).map_err(|source| StoreError::Cache { path: cache.into(), source })?;
        let beside = |end: &str| cache.join(format!("{name}.{end}"));
        Ok(Self { size, pixels: beside("rgb"), index: beside("json") })
    }

    /// Finds the frames of `clips` clips as they were kept, or has each clip's bytes made, some clips at a
    /// time; gives the number of frames of each clip, and all pixels, mapped into memory. `progress` hears
    /// (clips done, clips in all).
    pub(super) fn open(
        &self,
        clips: usize,
        make: &(dyn Fn(usize) -> Result<Vec<u8>, StoreError> + Sync),
        progress: &dyn Fn(usize, usize),
    ) -> Result<(Vec<usize>, Mmap), StoreError> {
        let frames = match self.kept(clips) {
            Some(frames) => frames,
            None => self.write(clips, make, progress)?,
        };
        progress(clips, clips);
        let file = File::open(&self.pixels).map_err(|source| self.fault(source))?;
        #[expect(
            unsafe_code,
            reason = "mapping a file; it was renamed into place whole and is never written again"
        )]
        let pixels = unsafe { Mmap::map(&file) }.map_err(|source| self.fault(source))?;
        Ok((frames, pixels))
    }

    /// The frames of each clip by an earlier index, if all is there.
    fn kept(&self, clips: usize) -> Option<Vec<usize>> {
        let Index { format, size, frames } = serde_json::from_slice(&fs::read(&self.index).ok()?).ok()?;
        let bytes = frames.iter().sum::<usize>() * 3 * size * size;
        let whole = fs::metadata(&self.pixels).is_ok_and(|state| state.len() == bytes as u64);
        (format == FORMAT && size == self.size && frames.len() == clips && whole).then_some(frames)
    }

    fn write(
        &self,
        clips: usize,
        make: &(dyn Fn(usize) -> Result<Vec<u8>, StoreError> + Sync),
        progress: &dyn Fn(usize, usize),
    ) -> Result<Vec<usize>, StoreError> {
        let fault = |source| self.fault(source);
        let mut frames = Vec::with_capacity(clips);
        let unfinished = atomic::unfinished(&self.pixels).map_err(fault)?;
        let mut file = BufWriter::new(File::create(&unfinished).map_err(fault)?);
        while frames.len() < clips {
            progress(frames.len(), clips);
            let some = frames.len()..(frames.len() + AT_ONCE).min(clips);
            let made: Vec<Vec<u8>> = some.into_par_iter().map(make).collect::<Result<_, _>>()?;
            for bytes in made {
                file.write_all(&bytes).map_err(fault)?;
                frames.push(bytes.len() / (3 * self.size * self.size));
            }
        }
        file.into_inner().map_err(|error| fault(error.into_error()))?.sync_all().map_err(fault)?;
        unfinished.persist(&self.pixels).map_err(|error| fault(error.error))?;
        let index = Index { format: FORMAT, size: self.size, frames };
        let text = serde_json::to_vec(&index).expect("numbers are JSON");
        atomic::replace(&self.index, &text).map_err(fault)?;
        Ok(index.frames)
    }

    fn fault(&self, source: io::Error) -> StoreError {
        StoreError::Cache { path: self.pixels.clone(), source }
    }
}
