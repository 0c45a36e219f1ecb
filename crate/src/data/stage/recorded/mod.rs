//! Real motion: skeletons of people who were recorded, put on the skeleton that all drawn people share.
//!
//! What is kept of a recording is where bones point, not how long they are, and how the body moves about, in shares
//! of its own leg: bone lengths alone would name whoever was recorded. The files are read where they lie.

mod file;
mod retarget;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rand::{Rng, RngExt as _};

use self::file::Take;
use super::body::Bearing;
use super::camera::View;
use crate::data::row::Split;

/// The sets of recordings: folders below `motion` in the data folder.
const SETS: [&str; 2] = ["msr_action3d", "nw_ucla"];
/// The fewest frames that show an action.
const LEAST_FRAMES: usize = 10;
/// Actions that a webcam sees.
const SEATED: [&str; 17] = [
    "donning",
    "doffing",
    "draw_circle",
    "draw_tick",
    "draw_x",
    "forward_punch",
    "hammer",
    "hand_catch",
    "hand_clap",
    "high_arm_wave",
    "high_throw",
    "horizontal_arm_wave",
    "side_boxing",
    "tennis_serve",
    "tennis_swing",
    "throw",
    "two_hand_wave",
];

/// Why there is no real motion.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    /// There is no such set.
    #[error("there is no set of recorded motion \"{name}\"; known are: {known}, and real for all of them")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A file cannot be read.
    #[error("cannot read the recorded motion {}; is it in the data folder (--data DIR, or the variable BAUTA_DATA)?", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A table has a row or a column that does not fit.
    #[error("{} is not the table this reader knows", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What the reader said, with the line.
        source: csv::Error,
    },
    /// A joint is not named.
    #[error("{} names no joint \"{joint}\"", path.display())]
    Joint {
        /// The file.
        path: PathBuf,
        /// The joint that was looked for.
        joint: &'static str,
    },
    /// The array is shorter than a table says.
    #[error("{} has {found} bytes, expected at least {expected}; is it cut off?", path.display())]
    CutOff {
        /// The file.
        path: PathBuf,
        /// The bytes that the sequences need.
        expected: usize,
        /// The bytes there are.
        found: usize,
    },
}

/// Recorded movements on the shared skeleton.
#[derive(Clone, Debug, PartialEq)]
pub struct Recordings {
    takes: Vec<Take>,
    digest: String,
}

/// Which part of which recording moves a figure.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Performance {
    /// The set.
    pub(super) set: &'static str,
    /// Who was recorded.
    pub(super) performer: String,
    take: usize,
    /// First and last moment, as shares of the recording.
    span: [f32; 2],
}

impl Recordings {
    /// Whether a set, or all of them together, is called so.
    pub fn is_known(name: &str) -> bool {
        name == "real" || SETS.contains(&name)
    }

    /// Reads the set called `name`, or all of them (`real`), in the data folder `data`.
    ///
    /// # Errors
    /// [`RecordedError`] names the set or the file.
    pub fn open(name: &str, data: &Path) -> Result<Self, RecordedError> {
        let wanted: Vec<&'static str> =
            SETS.into_iter().filter(|set| name == "real" || *set == name).collect();
        if wanted.is_empty() {
            return Err(RecordedError::Unknown { name: name.to_owned(), known: SETS.join(", ") });
        }
        let (mut takes, mut digests) = (vec![], vec![]);
        for set in wanted {
            let (of_set, digest) = file::read(set, &data.join("motion").join(set))?;
            takes.extend(of_set);
            digests.push(digest);
        }
        Ok(Self { takes, digest: digests.join("+") })
    }

    /// The actions there are, sorted: all, or those that a webcam sees.
    pub(super) fn actions(&self, seated: bool) -> Vec<String> {
        let actions: BTreeSet<&str> = self.takes.iter().map(|take| take.action.as_str()).collect();
        let seen = actions.into_iter().filter(|action| !seated || SEATED.contains(action));
        seen.map(String::from).collect()
    }

    /// What the movements are, as hexadecimal digits.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// Some recording of an action: for testing, of the people who are recorded for that (those of even number),
    /// else of the others; of anybody, where nothing is split.
    ///
    /// # Panics
    /// If nobody was recorded doing that.
    pub(super) fn performance(&self, action: &str, side: Option<Split>, rng: &mut impl Rng) -> Performance {
        let fits = |take: &Take| {
            let side = side.is_none_or(|side| (side == Split::Test) == take.tests());
            take.action == action && side
        };
        let takes: Vec<usize> = (0..self.takes.len()).filter(|take| fits(&self.takes[*take])).collect();
        assert!(!takes.is_empty(), "nobody was recorded doing {action}");
        let take = takes[rng.random_range(0..takes.len())];
        let span = [rng.random_range(0.0..0.08), rng.random_range(0.92..1.0)];
        let Take { set, subject, .. } = &self.takes[take];
        Performance { set, performer: format!("{set}-{subject}"), take, span }
    }

    /// How the body is held at a `share` of a performance: a clip shows all of it, at the pace that fits. A figure that
    /// walks about stays in the picture.
    pub(super) fn bearing(&self, performance: &Performance, share: f32, view: View) -> Bearing {
        let frames = &self.takes[performance.take].frames;
        let [from, to] = performance.span;
        let at = (from + share * (to - from)).clamp(0.0, 1.0) * (frames.len() - 1) as f32;
        let before = (at as usize).min(frames.len() - 2);
        let mut bearing = retarget::between(&frames[before], &frames[before + 1], at - before as f32);
        let room = if view.is_webcam() { 0.04 } else { 0.22 };
        let [aside, _, ahead] = bearing.place;
        bearing.place = [room * (aside / room).tanh(), 0.0, 2.0 * room * (ahead / (2.0 * room)).tanh()];
        bearing
    }
}

#[cfg(test)]
pub(super) mod tests;
