//! What the numbers say, in plain sentences: no more than they carry.

use super::folder::Folder;
use super::readings::{Question, Share, actions, kept, percent, questions};
use crate::train::{ACTION, RunResult};

/// What every verdict ends with.
pub(super) const CAVEAT: &str =
    "These are quick readings of the run's own attackers, not the judge's verdict.";
/// Share of what raw frames tell, above chance, from which on the action counts as kept, or as half kept.
pub(super) const KEPT: f64 = 0.9;
const HALF_KEPT: f64 = 0.5;

/// The sentences.
pub(super) fn verdict(folder: &Folder) -> Vec<String> {
    let mut sentences = vec![];
    if folder.result.is_none() {
        let of = folder.total().map(|total| format!(" of {total}")).unwrap_or_default();
        sentences.push(format!("The run is not finished: {}{of} steps are done.", folder.done()));
    }
    let Some(evidence) = folder.evidence() else {
        sentences.push("Nothing has been validated yet, so there is nothing to conclude.".into());
        return sentences;
    };
    if folder.result.is_none() {
        sentences.push(format!("The numbers are those of the validation at step {}.", evidence.chosen_step));
    }
    sentences.push(action(&evidence));
    sentences.extend(attacks(&evidence));
    sentences.push(CAVEAT.into());
    sentences
}

/// What is left of the action.
fn action(result: &RunResult) -> String {
    let (raw, now) = (actions(&result.raw), actions(&result.anonymized));
    let (Some(raw), Some(now)) = (raw, now) else {
        return "Nobody was asked for the action on both raw and anonymized clips, so nothing is known about it."
            .into();
    };
    let numbers = format!(
        "{} of anonymized clips are named rightly, {} of raw ones, chance is {} (n\u{a0}=\u{a0}{})",
        percent(now.top1),
        percent(raw.top1),
        percent(now.chance),
        now.n
    );
    match kept(result) {
        None => format!(
            "Nothing can be concluded about the action, as raw clips do not reach above chance either: {numbers}."
        ),
        Some(_) if !now.above_chance() => {
            format!("The action is lost, or too few clips were asked to tell it from chance: {numbers}.")
        }
        Some(share) if share >= KEPT => format!("The action is kept: {numbers}."),
        Some(share) if share >= HALF_KEPT => format!("The action is partly kept: {numbers}."),
        Some(_) => format!("The action is mostly lost: {numbers}."),
    }
}

/// Names of questions, for a sentence.
fn listed<'a>(questions: impl Iterator<Item = &'a Question>) -> String {
    questions.map(|question| format!("{} on {}", question.asked, question.set)).collect::<Vec<_>>().join(", ")
}

/// What the strongest attack recognises, and which attacks prove nothing.
fn attacks(result: &RunResult) -> Vec<String> {
    let asked = questions(&result.raw, &result.anonymized);
    let asked: Vec<Question> = asked
        .into_iter()
        .filter(|question| question.asked != ACTION && question.anonymized.is_some())
        .collect();
    if asked.is_empty() {
        return vec!["No attack was tried, so nothing is known about privacy.".into()];
    }
    let mut sentences = vec![];
    match result.worst_leak() {
        None => sentences.push(
            "Nothing can be concluded about privacy: no attack that was tried succeeds on raw frames either, so \
             leakage (NL) is void."
                .into(),
        ),
        Some(leak) => {
            let share = Share::from(&leak.attack);
            let (low, high) = share.interval();
            let found = if share.above_chance() {
                "That is above chance: it still leaks."
            } else {
                "That cannot be told from chance with so few answers; a stronger attacker may do better."
            };
            sentences.push(format!(
                "The strongest attack asks for {} on {}: {} is right in {} of n\u{a0}=\u{a0}{} (95\u{a0}% interval {} to {}) against \
                 chance {} and {} on raw frames, a leakage NL of {:.2}. {found}",
                leak.attack.asked,
                leak.attack.set,
                leak.attack.by,
                percent(share.top1),
                share.n,
                percent(low),
                percent(high),
                percent(share.chance),
                percent(leak.raw.top1),
                leak.nl.unwrap_or(f64::NAN),
            ));
            let others = asked.iter().filter(|question| {
                let is_worst = question.asked == leak.attack.asked && question.set == leak.attack.set;
                !is_worst && question.anonymized.as_ref().is_some_and(|now| Share::from(now).above_chance())
            });
            let others = listed(others);
            if !others.is_empty() {
                sentences.push(format!("Also recognised above chance: {others}."));
            }
            let void = listed(asked.iter().filter(|question| question.void()));
            if !void.is_empty() {
                sentences.push(format!("NL is void for {void}: raw frames are not recognised there either."));
            }
        }
    }
    sentences
}
