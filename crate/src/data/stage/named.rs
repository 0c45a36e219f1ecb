//! Plans by name: drawn people as a set among others.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Faces, Framing, Moves, Plan, Recordings, Stage, StageError};
use crate::rng::Seed;

/// The name that such a set begins with.
const STAGE: &str = "stage";
/// The part of a name that asks for real faces.
const FACES: &str = "faces";
/// Clips where none are asked for. Half of them test: differences that are paired clip by clip are known to about 2
/// points then, shares by themselves with 20,000 clips.
const CLIPS: usize = 2_400;
/// Clips of one person, and the fewest and most people.
const OF_A_PERSON: usize = 30;
const PEOPLE: (usize, usize) = (10, 80);
/// Frames of a clip.
const FRAMES: usize = 16;
/// The share of the people who test.
const TEST: f64 = 0.5;
/// A constant: the same people every time.
const SEED: Seed = Seed(1);

impl Stage {
    /// Whether a set of this name is drawn.
    pub fn is_named(name: &str) -> bool {
        name == STAGE || name.starts_with("stage:")
    }

    /// The plan called `stage`, or `stage:` with, in any order and with `:` between, a number of clips, a framing,
    /// `procedural`, `real` or a set of recorded motion, and `faces` for real faces: `stage:20000:upper`. Half of the people test. Frames have
    /// `size` by `size` pixels; `data` says where the data folder is, if it is needed.
    ///
    /// # Errors
    /// [`StageError`] names what is not understood; `E` is what `data` says.
    pub fn named<E: From<StageError>>(
        name: &str,
        size: usize,
        data: impl Fn() -> Result<PathBuf, E>,
    ) -> Result<Self, E> {
        let mut clips = CLIPS;
        let (mut framing, mut motion, mut real_faces) = (Framing::Whole, "procedural", false);
        for part in name.split(':').skip(1) {
            let framed = Framing::ALL.iter().find(|(word, _)| *word == part);
            match (part.parse(), framed) {
                (Ok(number), _) => clips = number,
                (_, Some((_, found))) => framing = *found,
                _ if part == FACES => real_faces = true,
                _ if Moves::is_known(part) => motion = part,
                _ => return Err(StageError::Name { name: name.into(), part: part.into() }.into()),
            }
        }
        let people = (clips / OF_A_PERSON).clamp(PEOPLE.0, PEOPLE.1);
        let moves = match motion {
            "procedural" => Moves::Procedural,
            set => Moves::recorded(set, &data()?).map_err(E::from)?,
        };
        let faces = match real_faces {
            true => Some(Arc::new(Faces::open(people, SEED, &data()?).map_err(StageError::from)?)),
            false => None,
        };
        let test = Some(TEST);
        let plan = Plan { clips, people, frames: FRAMES, size, seed: SEED, framing, test, moves, faces };
        Ok(Self::new(plan)?)
    }
}

impl Moves {
    /// Whether [`Moves::recorded`] knows the name, or it is `procedural`.
    pub fn is_known(name: &str) -> bool {
        name == "procedural" || Recordings::is_known(name)
    }

    /// The movements of the set called `name`, or of all sets of recorded motion (`real`), in the data folder `data`.
    ///
    /// # Errors
    /// [`StageError::Recorded`] names the set or the file.
    pub fn recorded(name: &str, data: &Path) -> Result<Self, StageError> {
        Ok(Self::Recorded(Arc::new(Recordings::open(name, data)?)))
    }
}
