//! Without these a judgement means nothing: raw clips must be breakable, black ones must not.

use super::protocol::Question;
use super::report::Control;
use super::rows::Judged;
use super::set::Set;
use super::tally::{right_answers, top1};
use crate::metrics::commonest;

/// The controls of one set among `all`. Intervals are corrected for the number of questions of all sets
/// (Bonferroni).
pub(super) fn set_controls(set: &Set, raw: &Judged, dark: &Judged, all: &[Set]) -> Vec<Control> {
    let asked: usize = all.iter().map(|set| set.questions.len()).sum();
    let confidence = 1.0 - 0.05 / asked.max(1) as f64;
    let places = || set.questions.iter().enumerate();
    let private = set.questions.iter().any(|question| question.asked.is_private());
    let best = places()
        .filter(|(_, question)| question.asked.is_private() == private)
        .filter_map(|(place, question)| above(raw, place, question, 0.95))
        .fold(f64::NEG_INFINITY, f64::max);
    let what = if private { "somebody or something private" } else { "the action" };
    let name = format!("raw clips of {} tell {what}: lower end of top-1 above chance", set.name);
    let breakable = Control { name, passed: best > 0.0, value: best };
    let dark = places().filter_map(|(place, question)| {
        let value = above(dark, place, question, confidence)?;
        let (set, asked) = (&set.name, question.asked.name());
        let name =
            format!("black clips of {set} tell nothing of {asked}: lower end of top-1 not above chance");
        Some(Control { name, passed: value <= 0.0, value })
    });
    std::iter::once(breakable).chain(dark).collect()
}

/// How far the lower end of top-1 lies above chance.
fn above(judged: &Judged, place: usize, question: &Question, confidence: f64) -> Option<f64> {
    let found = top1(&judged.hits(place, question)?, confidence)?;
    Some(found.low - commonest(&right_answers(question)))
}
