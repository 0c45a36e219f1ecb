//! What to look at next: rules that fire on the numbers, each naming the options that bear on it.

use super::folder::Folder;
use super::readings::{Share, actions, kept, percent, questions};
use super::verdict::KEPT;
use crate::chart;
use crate::train::{ACTION, RunResult};

/// Where the distance counts as far over the budget, as a multiple of it.
const FAR_OVER: f64 = 1.5;
/// Where `L_B` counts as at chance, as a share of it.
const NEAR_CHANCE: f64 = 0.97;
/// Leakage from which on little is hidden.
const LITTLE_HIDDEN: f64 = 0.7;
/// Fewer answers than this leave wide intervals.
const FEW: usize = 50;

/// The sentences; never none.
pub(super) fn advice(folder: &Folder) -> Vec<String> {
    let mut advice = vec![];
    advice.extend(unfinished(folder));
    let evidence = folder.evidence();
    if let Some(evidence) = &evidence {
        advice.extend(nothing_learnt(evidence));
        advice.extend(void_attacks(evidence));
        advice.extend(weak_branch(folder, evidence));
        advice.extend(lost_action(folder, evidence));
        advice.extend(little_hidden(evidence));
    }
    advice.extend(penalty(folder));
    advice.extend(weak_penalty(folder));
    advice.extend(still_rising(folder));
    advice.extend(evidence.as_ref().and_then(few_answers));
    if advice.is_empty() {
        advice.push(
            "No rule fired. Have the judge attack the model with fresh networks, and repeat the run with another \
             `seed` before believing a difference."
                .into(),
        );
    }
    advice
}

fn unfinished(folder: &Folder) -> Option<String> {
    folder.result.is_none().then(|| {
        "The run is not finished: `bauta train CONFIG --resume` goes on from its last checkpoint if it was \
         stopped, and everything below may still change."
            .into()
    })
}

fn nothing_learnt(result: &RunResult) -> Option<String> {
    let raw = actions(&result.raw).filter(|raw| !raw.above_chance())?;
    Some(format!(
        "The action is read at chance on raw clips ({} against {}, n = {}), so nothing can be concluded from this \
         run: raise `schedule.pretrain`, give more clips, or keep more clips for validation.",
        percent(raw.top1),
        percent(raw.chance),
        raw.n
    ))
}

fn void_attacks(result: &RunResult) -> Vec<String> {
    let asked = questions(&result.raw, &result.anonymized);
    let void = asked.iter().filter(|question| question.asked != ACTION && question.void());
    void.map(|question| {
        format!(
            "The attack on {} of {} does not succeed on raw frames, so it proves nothing about anonymized ones: \
             keep more of this set for validation (`validation` or `held_out` of the set).",
            question.asked, question.set
        )
    })
    .collect()
}

fn weak_branch(folder: &Folder, result: &RunResult) -> Option<String> {
    let chance = folder.about.privacy_chance?;
    let loss = folder.lately(|line| line.privacy_branch).filter(|loss| *loss >= NEAR_CHANCE * chance)?;
    let leak = result.worst_leak().filter(|leak| Share::from(&leak.attack).above_chance())?;
    Some(format!(
        "The run's own privacy branch is blind (L_B {loss:.2}, chance {chance:.2}), yet {} names {} in {} of cases \
         (chance {}): the branch was too weak an adversary. Raise `adversary.moves` or `adversary.branches`, or let \
         it begin anew with `adversary.restart_every` and `adversary.catch_up`.",
        leak.attack.by,
        leak.attack.asked,
        percent(leak.attack.top1),
        percent(leak.attack.chance)
    ))
}

fn lost_action(folder: &Folder, result: &RunResult) -> Option<String> {
    let share = kept(result).filter(|share| *share < KEPT)?;
    let budget = folder.lately(|line| line.budget).or_else(|| folder.option("penalty", "budget"));
    let budget = budget.map(|budget| format!(" (now {})", chart::short(budget))).unwrap_or_default();
    Some(format!(
        "Only {} of what raw clips tell about the action, above chance, is left: lower `game.privacy_weight` or the \
         budget `penalty.budget`{budget}.",
        percent(share.max(0.0))
    ))
}

fn little_hidden(result: &RunResult) -> Option<String> {
    let leak = result.worst_leak()?;
    let nl = leak.nl.filter(|nl| *nl > LITTLE_HIDDEN)?;
    Some(format!(
        "Little is hidden: NL is {nl:.2} for {} on {}. If the action allows it, raise `game.privacy_weight` or \
         `penalty.budget`; an attribute can be attacked by name with an `[[adversary.head]]`.",
        leak.attack.asked, leak.attack.set
    ))
}

fn penalty(folder: &Folder) -> Option<String> {
    let (distance, budget) = (folder.lately(|line| line.distance)?, folder.lately(|line| line.budget));
    let budget = budget.or_else(|| folder.option("penalty", "budget"))?;
    let numbers = format!("distance {}, budget {}", chart::short(distance), chart::short(budget));
    let late = folder.lately(|line| line.penalty);
    if late == Some(0.0) && folder.result.as_ref().is_none_or(|result| result.penalty_active == Some(0.0)) {
        return Some(format!(
            "The penalty was not active late in the game ({numbers}): lower `penalty.budget`, or nothing holds the \
             pictures to the action but L_T."
        ));
    }
    if distance <= FAR_OVER * budget {
        return None;
    }
    let dual = folder.option("penalty", "dual_rate").is_some_and(|rate| rate > 0.0);
    Some(if dual {
        format!(
            "The distance stays far over the budget ({numbers}): raise `penalty.dual_rate` or `penalty.dual_most`."
        )
    } else {
        format!(
            "The distance stays far over the budget ({numbers}), so the budget decides nothing: raise \
             `penalty.weight`, or set `penalty.dual_rate` above 0 so that lambda rises until it does."
        )
    })
}

fn weak_penalty(folder: &Folder) -> Option<String> {
    let active = folder.lately(|line| line.penalty).is_some_and(|penalty| penalty > 0.0);
    let pull =
        folder.lately(|line| line.pulls.map(|pulls| pulls.penalty)).filter(|pull| active && *pull > 0.0)?;
    let utility = folder
        .lately(|line| line.pulls.map(|pulls| pulls.utility))
        .filter(|utility| *utility > 10.0 * pull)?;
    Some(format!(
        "The active penalty pulls at the frames with less than a tenth of the action's strength ({} against {}): \
         `balance.kind = \"ratio\"` makes them equal.",
        chart::short(pull),
        chart::short(utility)
    ))
}

fn still_rising(folder: &Folder) -> Option<String> {
    let result = folder.result.as_ref().filter(|result| !result.stopped_early)?;
    let [.., before, last] = folder.validations.as_slice() else { return None };
    let (now, earlier) = (last.score?, before.score?);
    let highest = folder.validations.iter().all(|validation| validation.score <= last.score);
    (highest && now > earlier && result.chosen_step >= last.step).then(|| {
        format!(
            "The score was still rising at the last validation ({now:.3}, {earlier:.3} before): raise \
             `schedule.steps`."
        )
    })
}

fn few_answers(result: &RunResult) -> Option<String> {
    let fewest =
        result.anonymized.iter().min_by_key(|reading| reading.n).filter(|reading| reading.n < FEW)?;
    let (low, high) = Share::from(fewest).interval();
    Some(format!(
        "Only {} answers stand behind {} on {}: its interval goes from {} to {}, and smaller differences between \
         runs mean nothing. Keep more for validation.",
        fewest.n,
        fewest.asked,
        fewest.set,
        percent(low),
        percent(high)
    ))
}
