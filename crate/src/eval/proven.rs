//! What a formal promise proves of a question, beside what attackers reach: no attacker can be above it.

use std::collections::BTreeMap;

use super::protocol::{Asked, Question};
use super::reading::question as asked_of;
use super::report::{Control, Protocol, Row};
use super::set::Set;
use super::tally::right_answers;
use crate::dp::accountant::Mu;
use crate::metrics::commonest;
use crate::transform::Transform;

/// How the measure ends.
pub(super) const CEILING: &str = "proven ceiling";

/// For each question about a set how often anybody at all can be right about it; nothing where nothing is promised. All
/// releases of the longest clip that is asked about count, whoever sees them, and the ceiling is that of the shares in
/// which the answers are right.
///
/// Nothing is proved of who it is within a session: there the attacker is told who the first half of the same clip shows, and
/// a release that is shown in both halves joins them, whatever it tells of the person.
pub(super) fn rows(set: &Set, transform: &dyn Transform) -> Vec<Row> {
    let of_question = |question: &Question| {
        let mu = transform.promise(longest(set, question))?;
        let labels = right_answers(question);
        let ceiling = mu.ceiling_of(&shares(&labels));
        Some(Row {
            dataset: set.name.clone(),
            measure: format!("{}, {CEILING}", question.asked.name()),
            method: transform.name(),
            protocol: Protocol::None,
            attacker: anybody(mu),
            value: ceiling,
            low: ceiling,
            high: ceiling,
            chance: Some(commonest(&labels)),
            n: labels.len(),
            seeds: 0,
        })
    };
    set.questions
        .iter()
        .filter(|question| question.asked != Asked::IdentityWithin)
        .filter_map(of_question)
        .collect()
}

/// As the column of attackers calls it, with what all releases of a clip cost together.
fn anybody(mu: Mu) -> String {
    format!("anybody, at mu {:.2} a clip", mu.value())
}

/// Frames of the longest clip that a question asks about.
fn longest(set: &Set, question: &Question) -> usize {
    let asked = question.folds.iter().flat_map(|fold| &fold.ask);
    asked.map(|piece| set.raw.clips()[piece.clip].frames).max().unwrap_or(0)
}

/// How often each answer is right.
fn shares(labels: &[usize]) -> Vec<f64> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    labels.iter().for_each(|label| *counts.entry(*label).or_default() += 1);
    counts.into_values().map(|count| count as f64 / labels.len() as f64).collect()
}

/// Whether any attacker among `rows` is above what is proved there, beyond its interval: then the promise is broken.
pub(super) fn controls(rows: &[Row]) -> Vec<Control> {
    let ceilings = rows.iter().filter(|row| row.measure.ends_with(CEILING));
    let of_ceiling = |ceiling: &Row| {
        let asked = asked_of(&ceiling.measure);
        let attacks = rows.iter().filter(|row| {
            row.measure == format!("{asked}, top-1")
                && (&row.dataset, &row.method) == (&ceiling.dataset, &ceiling.method)
        });
        let nearest = attacks.map(|row| row.low - ceiling.value).fold(f64::NEG_INFINITY, f64::max);
        nearest.is_finite().then(|| Control {
            name: format!(
                "nobody tells {asked} on {} behind {} beyond what is proven: lower end of top-1 not above {:.3}",
                ceiling.dataset, ceiling.method, ceiling.value
            ),
            passed: nearest <= 0.0,
            value: nearest,
        })
    };
    ceilings.filter_map(of_ceiling).collect()
}

/// The attackers beside what is proved, question by question, as Markdown; nothing where nothing is proved.
pub(super) fn table(rows: &[Row]) -> String {
    let ceilings: Vec<&Row> = rows.iter().filter(|row| row.measure.ends_with(CEILING)).collect();
    if ceilings.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "## Proven\n\n| set | transform | question | chance | strongest attacker | whoever | proven of | n |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for ceiling in ceilings {
        let Row { dataset, method, value, attacker, n, .. } = ceiling;
        let asked = asked_of(&ceiling.measure);
        let strongest = rows.iter().find(|row| {
            row.measure == format!("{asked}, top-1")
                && row.protocol == Protocol::Retrained
                && (&row.dataset, &row.method) == (dataset, method)
        });
        let reached =
            strongest.map_or("-".into(), |row| format!("{:.3} [{:.3}, {:.3}]", row.value, row.low, row.high));
        let chance = ceiling.chance.map_or("-".into(), |chance| format!("{chance:.3}"));
        text += &format!(
            "| {dataset} | {method} | {asked} | {chance} | {reached} | at most {value:.3} | {attacker} | {n} |\n"
        );
    }
    text + "\nTop-1. What is proven holds for whoever guesses, with any means, from all releases of a clip and any knowledge of \
            other clips; it binds who names the action as much as who names the person. Nothing is proven within a session: whoever \
            knows whom the first half of a clip shows can know the second half by the releases that both halves show.\n\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(measure: &str, protocol: Protocol, [value, low, high]: [f64; 3]) -> Row {
        Row {
            dataset: "walks".into(),
            measure: measure.into(),
            method: "noisy".into(),
            protocol,
            attacker: "anybody, at mu 1.00 a clip".into(),
            value,
            low,
            high,
            chance: Some(0.25),
            n: 8,
            seeds: 1,
        }
    }

    #[test]
    fn an_attacker_above_what_is_proven_makes_the_judgement_void_and_one_below_does_not() {
        let ceiling = row("action, proven ceiling", Protocol::None, [0.43; 3]);
        let attack = |low: f64, protocol| row("action, top-1", protocol, [low + 0.1, low, low + 0.2]);
        let control = |rows: &[Row]| {
            let [control] = &controls(rows)[..] else { panic!("one control wanted") };
            control.passed
        };
        assert!(
            control(&[ceiling.clone(), attack(0.40, Protocol::Retrained)]),
            "its interval holds the ceiling"
        );
        assert!(!control(&[ceiling.clone(), attack(0.44, Protocol::Retrained)]), "above by its lower end");
        let two = [ceiling.clone(), attack(0.1, Protocol::Retrained), attack(0.44, Protocol::RawTrained)];
        assert!(!control(&two), "whoever it is");
        let other = Row { method: "other".into(), ..attack(0.9, Protocol::Retrained) };
        assert!(control(&[ceiling, attack(0.1, Protocol::Retrained), other]), "another transform counted");
    }

    #[test]
    fn the_strongest_attacker_stands_beside_what_is_proven() {
        let rows = [
            row("action, top-1", Protocol::Retrained, [0.3, 0.2, 0.4]),
            row("action, top-1", Protocol::RawTrained, [0.1, 0.0, 0.2]),
            row("action, proven ceiling", Protocol::None, [0.43; 3]),
        ];
        let wanted = "| walks | noisy | action | 0.250 | 0.300 [0.200, 0.400] | at most 0.430 | anybody, at mu 1.00 a clip | 8 |";
        assert!(table(&rows).contains(wanted), "{}", table(&rows));
        assert_eq!(table(&rows[..2]), "", "nothing is proven");
    }

    #[test]
    fn shares_count_right_answers() {
        assert_eq!(shares(&[2, 0, 2, 2]), [0.25, 0.75]);
    }
}
