//! Who guesses the answer to a question, how long each may learn, and how many of each there are.

use super::Thoroughness;
use super::protocol::{Asked, Question};
use crate::attack::{Effort, Family};

/// The attackers of one question, or the utility networks, where the action is asked.
#[derive(Clone)]
pub(super) struct Guessers {
    pub(super) families: Vec<Family>,
    pub(super) effort: Effort,
    pub(super) seeds: u64,
}

impl Guessers {
    /// Those that fit the question; `moves` says whether there are clips, and not single pictures alone.
    pub(super) fn of(question: &Question, thoroughness: &Thoroughness, moves: bool, seeds: u64) -> Self {
        let Thoroughness { effort, action_steps, .. } = thoroughness;
        if question.asked == Asked::Action {
            let effort = Effort { temporal_steps: *action_steps, mirrored: false, ..effort.clone() };
            return Self { families: vec![Family::Temporal], effort, seeds };
        }
        let fit = |family: &Family| effort.steps(*family) > 0 && (moves || *family != Family::Temporal);
        Self { families: Family::ALL.into_iter().filter(fit).collect(), effort: effort.clone(), seeds }
    }
}
