//! The section of a configuration that says what the game is about.

use serde::{Deserialize, Serialize};

use super::super::TrainError;
use super::settings::{at_least_one, not_negative, unfit};

/// The minimax game: `L_A = w_T L_T - w_B L_B + lambda L_penalty + w_F L_F + w_S L_S` (arXiv:2504.14301, but for the
/// last two terms).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Game {
    /// Clips in a batch.
    pub clips: usize,
    /// Frames of a clip.
    pub frames: usize,
    /// Distance of neighbouring frames in the clip.
    pub skip: usize,
    /// `w_T`.
    pub utility_weight: f32,
    /// `w_B`.
    pub privacy_weight: f32,
    /// `w_F`: what flicker costs that the raw clip does not have.
    pub flicker_weight: f32,
    /// `w_S`, in the warm-up too, of `dp` of signs: what it costs that codes of one action differ, by how much any do. A clip
    /// counts by the mean of the codes that it shows.
    pub spread_weight: f32,
    /// Whether nothing is won by raising `L_B` past chance, `ln(2N - 1)`.
    pub stop_at_chance: bool,
}

impl Default for Game {
    fn default() -> Self {
        Self {
            clips: 8,
            frames: 8,
            skip: 2,
            utility_weight: 1.0,
            privacy_weight: 1.0,
            flicker_weight: 0.0,
            spread_weight: 0.0,
            stop_at_chance: true,
        }
    }
}

impl Game {
    pub(super) fn check(&self) -> Result<(), TrainError> {
        at_least_one(&[("game.clips", self.clips as u64), ("game.skip", self.skip as u64)])?;
        if self.frames < 2 {
            return unfit("game.frames", &self.frames, "at least 2, as one frame shows no movement");
        }
        not_negative(&[
            ("game.utility_weight", self.utility_weight.into()),
            ("game.privacy_weight", self.privacy_weight.into()),
            ("game.flicker_weight", self.flicker_weight.into()),
            ("game.spread_weight", self.spread_weight.into()),
        ])
    }
}
