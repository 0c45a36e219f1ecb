//! Drawn people: any number of clips whose truth is known exactly, for tests, for statistical power, and for a
//! first run without data. Every number that comes from them is a number about drawn people.
//!
//! What a figure does and who it is are drawn from separate streams of the seed: a movement knows nothing
//! of the person, the room knows neither, and every person does every action equally often.

mod body;
mod canvas;
mod motion;
mod paint;
mod person;
mod scene;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use image::ExtendedColorType;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use rayon::prelude::*;

use self::body::Skeleton;
use self::motion::{ACTIONS, Motion};
use self::person::Person;
use self::scene::Scene;
use super::manifest::{Manifest, ManifestError};
use super::row::{Row, Source};
use crate::frame::Rgba8;
use crate::rng::Seed;

/// Frames drawn for one second of movement.
pub const FRAMES_PER_SECOND: f32 = 10.0;
/// The least pixels along a side that still show a figure.
const LEAST_SIZE: usize = 16;

/// Why nothing was drawn.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// A number is too small.
    #[error("{found} {what} were asked for; the least is {least}")]
    TooFew {
        /// Of what.
        what: &'static str,
        /// The number that was asked for.
        found: usize,
        /// The least.
        least: usize,
    },
    /// The folder holds something already.
    #[error("{} is not empty; name a new folder, or empty this one", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The manifest cannot be written.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// A plan for clips of drawn people. The same plan draws the same pixels, clip by clip, in any order.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    clips: usize,
    people: usize,
    frames: usize,
    size: usize,
    seed: Seed,
}

impl Stage {
    /// A plan for `clips` clips, with `people` people, of `frames` frames of `size` by `size` pixels.
    ///
    /// # Errors
    /// [`StageError::TooFew`] if a number is zero, or a side is too short to show a figure.
    pub fn new(
        clips: usize,
        people: usize,
        frames: usize,
        size: usize,
        seed: Seed,
    ) -> Result<Self, StageError> {
        let least =
            [("clips", clips, 1), ("people", people, 1), ("frames", frames, 1), ("pixels", size, LEAST_SIZE)];
        match least.into_iter().find(|(_, found, least)| found < least) {
            Some((what, found, least)) => Err(StageError::TooFew { what, found, least }),
            None => Ok(Self { clips, people, frames, size, seed }),
        }
    }

    /// The actions that are drawn.
    pub fn actions() -> impl Iterator<Item = &'static str> {
        ACTIONS.iter().map(|action| action.name())
    }

    /// Who is seen in a clip, and the place of the action in [`Stage::actions`]: a Latin square, so that
    /// every person does every action equally often, up to one.
    fn cast(&self, clip: usize) -> (usize, usize) {
        let person = clip % self.people;
        (person, (person + clip / self.people) % ACTIONS.len())
    }

    /// The row of a clip in the manifest: its exact truth.
    ///
    /// # Panics
    /// If there is no such clip.
    pub fn row(&self, clip: usize) -> Row {
        assert!(clip < self.clips, "clip {clip} of {}", self.clips);
        let (person, action) = self.cast(clip);
        let source = Source::Strip { path: format!("clips/{clip:06}.png").into(), frame_width: self.size };
        Row {
            clip: format!("{clip:06}"),
            source,
            subject: Some(format!("p{person:03}")),
            action: Some(ACTIONS[action].name().into()),
            attributes: self.person(person).attributes(),
            split: None,
        }
    }

    fn person(&self, number: usize) -> Person {
        Person::draw(&mut self.seed.rng_at("stage person", number as u64))
    }

    /// Draws the frames of a clip.
    ///
    /// # Panics
    /// If there is no such clip.
    pub fn draw(&self, clip: usize) -> Vec<Rgba8> {
        assert!(clip < self.clips, "clip {clip} of {}", self.clips);
        let (person, action) = self.cast(clip);
        let person = self.person(person);
        let seconds = self.frames as f32 / FRAMES_PER_SECOND;
        let mut motions = self.seed.rng_at("stage motion", clip as u64);
        let motion = Motion::draw(ACTIONS[action], seconds, &mut motions);
        let mut scenes = self.seed.rng_at("stage scene", clip as u64);
        let scene = Scene::draw(&mut scenes);
        let frame = |index: usize| {
            let time = index as f32 / FRAMES_PER_SECOND;
            let skeleton = Skeleton::new(&person, &motion.pose(time, &person.gait));
            paint::frame(&person, &skeleton, &scene, time, self.size)
        };
        let mut noise = self.seed.rng_at("stage noise", clip as u64);
        (0..self.frames).map(|index| scene.develop(frame(index), self.size, &mut noise)).collect()
    }

    /// Draws every clip into `folder` as PNG strips, with a `manifest.csv`. The folder appears whole or not at
    /// all. `progress` hears (clips done, clips in all) from the calling thread.
    ///
    /// # Errors
    /// [`StageError`] if the folder holds something already or cannot be written.
    pub fn write(&self, folder: &Path, progress: &dyn Fn(usize, usize)) -> Result<Manifest, StageError> {
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
        self.write_clips(&inner, progress)?;
        let rows: Vec<Row> = (0..self.clips).map(|clip| self.row(clip)).collect();
        Manifest::new(&inner, rows.clone())?.write(&inner.join("manifest.csv"))?;
        if folder.exists() {
            fs::remove_dir(folder).map_err(at(folder))?;
        }
        fs::rename(&inner, folder).map_err(at(folder))?;
        Ok(Manifest::new(folder, rows)?)
    }

    fn write_clips(&self, folder: &Path, progress: &dyn Fn(usize, usize)) -> Result<(), StageError> {
        let (sender, done) = mpsc::channel();
        std::thread::scope(|scope| {
            let drawing = scope.spawn(move || {
                (0..self.clips).into_par_iter().try_for_each_with(sender, |sender, clip| {
                    let path = folder.join(format!("clips/{clip:06}.png"));
                    let written = fs::write(&path, self.strip(clip));
                    written.map_err(|source| StageError::Write { path, source })?;
                    // Nobody listens once another clip has failed; the failure itself is returned below.
                    sender.send(()).ok();
                    Ok(())
                })
            });
            for (index, ()) in done.iter().enumerate() {
                progress(index + 1, self.clips);
            }
            drawing.join().expect("drawing does not panic")
        })
    }

    /// A clip as the bytes of a PNG file: frames side by side.
    fn strip(&self, clip: usize) -> Vec<u8> {
        let frames = self.draw(clip);
        let mut pixels = Vec::with_capacity(3 * self.size * self.size * self.frames);
        for row in 0..self.size {
            for frame in &frames {
                let line = &frame.bytes()[4 * row * self.size..4 * (row + 1) * self.size];
                pixels.extend(line.chunks_exact(4).flat_map(|pixel| &pixel[..3]));
            }
        }
        let mut bytes = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Sub);
        let (width, height) = ((self.size * self.frames) as u32, self.size as u32);
        image::ImageEncoder::write_image(encoder, &pixels, width, height, ExtendedColorType::Rgb8)
            .expect("memory takes every picture");
        bytes
    }
}

#[cfg(test)]
mod tests;
