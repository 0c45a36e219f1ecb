//! What may be done to clips before anybody looks at them, behind one door: the dull filters that every
//! anonymizer has to beat, a model of ours, or what somebody else has made of the same clips.
//!
//! ```text
//! ClipStore ── apply(Transform) ── ClipStore of the same clips with other pixels
//! ```
//!
//! A judge asks all of them the same questions. Sizes are in pixels of the frames at hand, or in shares of
//! their side where the text says so.

mod black;
mod blacken;
mod blur;
mod coarse;
mod downsample;
mod dp;
mod dp_pix;
mod filter;
mod folder;
mod grey;
mod model;
mod motion;
mod pixelate;
mod raw;
#[cfg(test)]
mod tests;

use std::path::Path;

use self::black::Black;
use self::blacken::Blacken;
use self::blur::Blur;
use self::coarse::Coarse;
use self::downsample::Downsample;
pub use self::dp::Coded;
use self::dp_pix::DpPix;
pub use self::filter::Filter;
pub use self::folder::Folder;
use self::grey::Grey;
pub use self::model::Model;
use self::motion::Motion;
use self::pixelate::Pixelate;
pub use self::raw::RAW;
use self::raw::Raw;
use crate::artifact::{Artifact, ArtifactError, ArtifactOf};
use crate::data::{ClipStore, StoreError};
use crate::dp::accountant::Mu;
use crate::engine::EngineError;
use crate::frame::Rgba8;
use crate::model::{BdqConfig, ClipShape, DpConfig, MotionConfig, Shape as _};

/// Raised when any transform begins to paint other pixels under the same key.
const VERSION: u32 = 2;

/// Something that rewrites clips before anybody looks at them.
pub trait Transform: Sync {
    /// As tables call it, e.g. `pixelate 16`.
    fn name(&self) -> String;

    /// What decides its output beside a clip's name and pixels: kind, parameters, weights by their SHA-256.
    /// Results are kept by it.
    fn key(&self) -> String;

    /// Rewrites a whole clip into as many bytes, laid out like [`Clip::bytes`]. The same clip under the
    /// same key becomes the same bytes.
    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8>;

    /// What is proved of all that it shows of a clip of `frames` frames together; `None` where leakage can only be
    /// measured.
    fn promise(&self, frames: usize) -> Option<Mu> {
        let _ = frames;
        None
    }

    /// The sets it has learnt from; none for what does not learn, or does not say.
    fn trained_on(&self) -> Vec<String> {
        vec![]
    }
}

/// A clip as bytes.
#[derive(Clone, Copy)]
pub struct Clip<'a> {
    /// Its name in the manifest.
    pub name: &'a str,
    /// Pixels along each side of a frame.
    pub size: usize,
    /// `frames * size * size * 3` bytes: R, G, B, row by row, frames in order of time.
    pub bytes: &'a [u8],
}

impl<'a> Clip<'a> {
    /// The frames in order of time, `size * size * 3` bytes each.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = &'a [u8]> {
        self.bytes.chunks_exact(3 * self.size * self.size)
    }

    /// The clip with every frame painted over in place.
    fn painted(&self, mut paint: impl FnMut(&mut [u8])) -> Vec<u8> {
        let mut bytes = self.bytes.to_vec();
        bytes.chunks_exact_mut(3 * self.size * self.size).for_each(&mut paint);
        bytes
    }

    /// The frames as opaque pictures.
    fn pictures(&self) -> impl Iterator<Item = Rgba8> {
        self.frames().map(|frame| {
            let opaque = frame.as_chunks().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]);
            Rgba8::new(self.size, self.size, opaque.collect()).expect("a whole frame")
        })
    }

    /// The clip with every frame made anew, as a picture of the same size.
    fn redrawn(&self, mut draw: impl FnMut(Rgba8) -> Rgba8) -> Vec<u8> {
        self.pictures().flat_map(|picture| bytes_of(&draw(picture))).collect()
    }
}

/// R, G, B of a picture, row by row.
fn bytes_of(picture: &Rgba8) -> Vec<u8> {
    picture.bytes().as_chunks().0.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect()
}

/// Why there is no such transform.
#[derive(Debug, thiserror::Error)]
pub enum TransformError {
    /// No baseline has this name.
    #[error("there is no transform \"{name}\"; known are {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A model's file is not what it should be.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// A model cannot be put to work.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Anonymized clips have another size than the originals.
    #[error(
        "the clips of \"{folder}\" are kept at {found} pixels, the originals at {expected}; open both at one size"
    )]
    Size {
        /// What tables call the anonymized clips.
        folder: String,
        /// Pixels along a side of the originals.
        expected: usize,
        /// Pixels along a side of the anonymized.
        found: usize,
    },
    /// An original has no anonymized counterpart.
    #[error(
        "\"{folder}\" holds no clip \"{clip}\"; every original needs an anonymized clip of the same name"
    )]
    Missing {
        /// What tables call the anonymized clips.
        folder: String,
        /// The clip.
        clip: String,
    },
    /// An anonymized clip is longer or shorter than its original.
    #[error(
        "clip \"{clip}\" has {found} frames in \"{folder}\" and {expected} in the original; \
         anonymize every frame, and none twice"
    )]
    Frames {
        /// What tables call the anonymized clips.
        folder: String,
        /// The clip.
        clip: String,
        /// Frames of the original.
        expected: usize,
        /// Frames found.
        found: usize,
    },
}

/// What `bauta train` has made: a model, of pictures, movement or codes, or a filter of clips. `path` names `NAME.bpk`, `NAME.json`, or `NAME` alone;
/// `name` is what tables call it, or the name on its card.
///
/// # Errors
/// [`TransformError`] names the file and what is wrong with it.
pub fn trained(path: &Path, name: Option<&str>) -> Result<Box<dyn Transform>, TransformError> {
    match Artifact::load(path) {
        Ok(artifact) => {
            let model = Model::open(&artifact)?;
            Ok(Box::new(match name {
                Some(name) => model.called(name),
                None => model,
            }))
        }
        Err(ArtifactError::Architecture { found, .. }) if found.as_deref() == DpConfig::ARCHITECTURE => {
            let model = Coded::open(&ArtifactOf::<DpConfig>::load(path)?)?;
            Ok(Box::new(match name {
                Some(name) => model.called(name),
                None => model,
            }))
        }
        Err(ArtifactError::Architecture { found, .. }) if found.as_deref() == MotionConfig::ARCHITECTURE => {
            filter::<MotionConfig>(path, name)
        }
        Err(ArtifactError::Architecture { .. }) => filter::<BdqConfig>(path, name),
        Err(error) => Err(error.into()),
    }
}

fn filter<S>(path: &Path, name: Option<&str>) -> Result<Box<dyn Transform>, TransformError>
where
    S: ClipShape + Sync + 'static,
    S::Network: Sync,
{
    let filter = Filter::open(&ArtifactOf::<S>::load(path)?)?;
    Ok(Box::new(match name {
        Some(name) => filter.called(name),
        None => filter,
    }))
}

/// Every baseline, in the order of tables: `raw`, which hides nothing, first; `black`, which shows nothing,
/// last.
pub fn baselines() -> Vec<Box<dyn Transform>> {
    vec![
        Box::new(Raw),
        Box::new(Grey),
        Box::new(Downsample::HALF),
        Box::new(Downsample::QUARTER),
        Box::new(Blur::WEAK),
        Box::new(Blur::STRONG),
        Box::new(Pixelate::FINE),
        Box::new(Pixelate::COARSE),
        Box::new(Blacken),
        Box::new(DpPix::baseline()),
        Box::new(Motion::BdqLike),
        Box::new(Motion::Ternary),
        Box::new(Black),
    ]
}

/// The baseline of this name, as a command line writes it: with hyphens for blanks, such as `blur-weak`; or a grey mosaic,
/// `mosaic-CELLS-EPSILON`: so many cells along each side, at that price a frame; or coarser signs of motion,
/// `ternary-CELLS`.
///
/// # Errors
/// [`TransformError::Unknown`] lists the names there are.
pub fn named(name: &str) -> Result<Box<dyn Transform>, TransformError> {
    let hyphened = |transform: &dyn Transform| transform.name().replace(' ', "-");
    if let Some(found) = baselines().into_iter().find(|each| hyphened(each.as_ref()) == name) {
        return Ok(found);
    }
    if let Some(mosaic) = DpPix::named(name) {
        return Ok(Box::new(mosaic));
    }
    if let Some(motion) = Coarse::named(name) {
        return Ok(Box::new(motion));
    }
    let known: Vec<String> = baselines().iter().map(|each| hyphened(each.as_ref())).collect();
    Err(TransformError::Unknown {
        name: name.to_owned(),
        known: known.join(", ") + ", mosaic-CELLS-EPSILON, ternary-CELLS",
    })
}

/// The clips of `store` as `transform` rewrites them, kept in `cache` for the next time. `progress` hears
/// (clips done, clips in all) now and then.
///
/// # Errors
/// [`StoreError`] if the result cannot be kept, or has other than the clip's number of bytes.
pub fn apply(
    transform: &dyn Transform,
    store: &ClipStore,
    cache: &Path,
    progress: &dyn Fn(usize, usize),
) -> Result<ClipStore, StoreError> {
    let rewrite = |clip: usize| {
        let name = &store.clips()[clip].name;
        transform.rewrite(&Clip { name, size: store.size(), bytes: store.clip_bytes(clip) })
    };
    store.rewritten(&format!("{VERSION} {}", transform.key()), cache, &rewrite, progress)
}
