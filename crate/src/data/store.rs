//! Pixels of a whole manifest in one flat file: decoded once, at one size, then mapped into memory.

mod drawn;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use memmap2::Mmap;
use sha2::{Digest, Sha256};

use super::decode::{decode, files};
use super::flat::{FORMAT, FlatFile};
use super::manifest::{Manifest, hex};
use super::row::Split;

/// Why clips could not be read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file is missing or unreadable.
    #[error("clip \"{clip}\": cannot read {}", path.display())]
    Read {
        /// The clip.
        clip: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A picture is broken, cut off, or of a kind other than PNG and JPEG.
    #[error("clip \"{clip}\": {} is no whole PNG or JPEG picture", path.display())]
    Picture {
        /// The clip.
        clip: String,
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        source: image::ImageError,
    },
    /// A strip does not hold whole frames.
    #[error("clip \"{clip}\": {} is {width} pixels wide, no multiple of the frame width {frame_width}; is the file cut off or the width in the manifest wrong?", path.display())]
    Strip {
        /// The clip.
        clip: String,
        /// The file.
        path: PathBuf,
        /// Pixels across the whole picture.
        width: usize,
        /// Pixels across one frame, by the manifest.
        frame_width: usize,
    },
    /// A source holds no frame at all.
    #[error("clip \"{clip}\": {} holds no frames", path.display())]
    NoFrames {
        /// The clip.
        clip: String,
        /// The folder or file.
        path: PathBuf,
    },
    /// The video decoder gave up.
    #[error("clip \"{clip}\": cannot decode the video {}", path.display())]
    Video {
        /// The clip.
        clip: String,
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        source: crate::video::VideoError,
    },
    /// The cache cannot be written or mapped.
    #[error("cannot keep decoded frames in {}; is the disk full or the folder read-only?", path.display())]
    Cache {
        /// The cache file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A clip came back from a rewriting with other than its own number of bytes.
    #[error(
        "clip \"{clip}\": its rewriting has {found} bytes, expected {expected}; it has to keep every frame and its size"
    )]
    Rewritten {
        /// The clip.
        clip: String,
        /// Bytes the clip has.
        expected: usize,
        /// Bytes that came back.
        found: usize,
    },
    /// The side of a frame is zero.
    #[error("frames of 0 pixels were asked for; name a size of at least 1")]
    NoSize,
}

/// One clip in a [`ClipStore`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipInfo {
    /// Its name in the manifest.
    pub name: String,
    /// Who is seen.
    pub subject: Option<String>,
    /// What they do.
    pub action: Option<String>,
    /// What else is known.
    pub attributes: BTreeMap<String, String>,
    /// The part of the experiment.
    pub split: Split,
    /// How many frames it has, at least one.
    pub frames: usize,
    /// The number of its first frame, counted over the whole store.
    pub first: usize,
}

/// Every frame of a manifest as `[size, size, 3]` bytes of sRGB, in memory-mapped form.
pub struct ClipStore {
    size: usize,
    /// What decides the pixels, as hexadecimal digits; the flat file's name.
    key: String,
    clips: Vec<ClipInfo>,
    actions: Vec<String>,
    pixels: Mmap,
    /// Found out when it is first asked for.
    content: OnceLock<String>,
}

impl ClipStore {
    /// Decodes every row of `manifest` to frames of `size` by `size` pixels, or finds them in `cache` from an
    /// earlier time. Frames that are not square are squeezed: nothing is cut off.
    ///
    /// What is kept is known by the sources, their lengths and dates, and `size`, so a changed file is
    /// decoded anew, and another split is not. `progress` hears (clips done, clips in all) now and then.
    ///
    /// # Errors
    /// [`StoreError`], naming the clip and the file.
    pub fn open(
        manifest: &Manifest,
        size: usize,
        cache: &Path,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Self, StoreError> {
        if size == 0 {
            return Err(StoreError::NoSize);
        }
        let key = fingerprint(manifest, size)?;
        let rows = manifest.rows();
        let make = |clip: usize| decode(&rows[clip], manifest.root(), size);
        let (frames, pixels) = FlatFile::new(cache, &key, size)?.open(rows.len(), &make, progress)?;
        let clips = infos(manifest, &frames);
        let actions = actions(&clips);
        Ok(Self { size, key, clips, actions, pixels, content: OnceLock::new() })
    }

    /// The same clips with other pixels: what `rewrite` makes of each clip, by its place in
    /// [`ClipStore::clips`], or what is found in `cache` from an earlier time.
    ///
    /// What is kept is known by this store's pixels, the names of its clips, and `key`, which therefore has to
    /// say all that decides what `rewrite` paints. Clips are rewritten on several threads; `progress` hears
    /// (clips done, clips in all) now and then.
    ///
    /// # Errors
    /// [`StoreError::Rewritten`], naming the clip, if `rewrite` gives other than as many bytes as
    /// [`ClipStore::clip_bytes`]; [`StoreError::Cache`] if the result cannot be kept.
    pub fn rewritten(
        &self,
        key: &str,
        cache: &Path,
        rewrite: &(dyn Fn(usize) -> Vec<u8> + Sync),
        progress: &dyn Fn(usize, usize),
    ) -> Result<Self, StoreError> {
        let key = self.rewritten_key(key);
        let make = |clip: usize| {
            let (bytes, expected) = (rewrite(clip), self.clip_bytes(clip).len());
            if bytes.len() == expected {
                return Ok(bytes);
            }
            let clip = self.clips[clip].name.clone();
            Err(StoreError::Rewritten { clip, expected, found: bytes.len() })
        };
        let (_, pixels) = FlatFile::new(cache, &key, self.size)?.open(self.clips.len(), &make, progress)?;
        let Self { size, clips, actions, .. } = self;
        let (clips, actions, content) = (clips.clone(), actions.clone(), OnceLock::new());
        Ok(Self { size: *size, key, clips, actions, pixels, content })
    }

    fn rewritten_key(&self, key: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{FORMAT} rewritten {} {key:?}\n", self.key));
        for clip in &self.clips {
            hash.update(format!("{:?} {}\n", clip.name, clip.frames));
        }
        short(hash)
    }

    /// What decides the pixels, as 32 hexadecimal digits: the sources with their lengths and dates, the size,
    /// and how they were rewritten, if they were. Names and labels are not in it.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// SHA-256 of the pixels and of where clips end, as hexadecimal digits: the same wherever the clips lie and
    /// however they came to be.
    pub fn content(&self) -> &str {
        self.content.get_or_init(|| {
            let mut hash = Sha256::new();
            hash.update(format!("{}\n", self.size));
            self.clips.iter().for_each(|clip| hash.update(format!("{}\n", clip.frames)));
            hash.update(&self.pixels[..]);
            hex(&hash.finalize())
        })
    }

    /// Pixels along each side of a frame.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The clips, in the order of the manifest.
    pub fn clips(&self) -> &[ClipInfo] {
        &self.clips
    }

    /// The actions there are, sorted. An action's place here is its label.
    pub fn actions(&self) -> &[String] {
        &self.actions
    }

    /// The label of a clip: the place of its action in [`ClipStore::actions`].
    pub fn label(&self, clip: usize) -> Option<usize> {
        let action = self.clips[clip].action.as_ref()?;
        self.actions.binary_search(action).ok()
    }

    /// The clips of one part of the experiment.
    pub fn clips_in(&self, split: Split) -> Vec<usize> {
        (0..self.clips.len()).filter(|&clip| self.clips[clip].split == split).collect()
    }

    /// Every frame of one part of the experiment, by its number over the whole store.
    pub fn frames_in(&self, split: Split) -> Vec<usize> {
        let clips = self.clips.iter().filter(|clip| clip.split == split);
        clips.flat_map(|clip| clip.first..clip.first + clip.frames).collect()
    }

    /// The clip that a frame belongs to, by the frame's number over the whole store.
    ///
    /// # Panics
    /// If there is no such frame.
    pub fn clip_of(&self, number: usize) -> usize {
        let clip = self.clips.partition_point(|clip| clip.first <= number) - 1;
        assert!(number < self.clips[clip].first + self.clips[clip].frames, "there is no frame {number}");
        clip
    }

    /// One frame of a clip: `size * size * 3` bytes, R, G, B, row by row.
    ///
    /// # Panics
    /// If there is no such clip or frame.
    pub fn frame(&self, clip: usize, index: usize) -> &[u8] {
        let info = &self.clips[clip];
        assert!(index < info.frames, "frame {index} of {} in clip {}", info.frames, info.name);
        self.frame_number(info.first + index)
    }

    /// All frames of a clip in order of time: `frames * size * size * 3` bytes, each frame laid out as by
    /// [`ClipStore::frame`].
    ///
    /// # Panics
    /// If there is no such clip.
    pub fn clip_bytes(&self, clip: usize) -> &[u8] {
        let ClipInfo { first, frames, .. } = self.clips[clip];
        let bytes = 3 * self.size * self.size;
        &self.pixels[first * bytes..(first + frames) * bytes]
    }

    /// One frame by its number over the whole store; laid out as by [`ClipStore::frame`].
    ///
    /// # Panics
    /// If there is no such frame.
    pub fn frame_number(&self, number: usize) -> &[u8] {
        let bytes = 3 * self.size * self.size;
        &self.pixels[number * bytes..(number + 1) * bytes]
    }
}

/// What decides the decoded bytes: the sources with their lengths and dates, and the size.
fn fingerprint(manifest: &Manifest, size: usize) -> Result<String, StoreError> {
    let mut hash = Sha256::new();
    hash.update(format!("{FORMAT} {size} {}\n", manifest.root().display()));
    for row in manifest.rows() {
        hash.update(format!("{:?}\n", row.source));
        for path in files(row, manifest.root())? {
            hash.update(path.to_string_lossy().as_bytes());
            let state = fs::metadata(&path)
                .and_then(|state| Ok((state.len(), state.modified()?)))
                .map_err(|source| StoreError::Read { clip: row.clip.clone(), path, source })?;
            hash.update(format!("{state:?}\n"));
        }
    }
    Ok(short(hash))
}

/// Half of a digest in hexadecimal: enough to tell files apart.
fn short(hash: Sha256) -> String {
    hex(&hash.finalize())[..32].into()
}

/// The actions of clips, sorted.
fn actions(clips: &[ClipInfo]) -> Vec<String> {
    let mut actions: Vec<String> = clips.iter().filter_map(|clip| clip.action.clone()).collect();
    actions.sort();
    actions.dedup();
    actions
}

/// The clips of a manifest, by the number of frames that each turned out to have.
fn infos(manifest: &Manifest, frames: &[usize]) -> Vec<ClipInfo> {
    let mut first = 0;
    let clips = manifest.rows().iter().zip(frames).map(|(row, &frames)| {
        first += frames;
        ClipInfo {
            name: row.clip.clone(),
            subject: row.subject.clone(),
            action: row.action.clone(),
            attributes: row.attributes.clone(),
            split: row.split.unwrap_or(Split::Train),
            frames,
            first: first - frames,
        }
    });
    clips.collect()
}

#[cfg(test)]
mod tests;
