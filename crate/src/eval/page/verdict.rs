//! What the figures say, in plain sentences: no more than they carry.

use super::super::report::{Protocol, Report, Row};
use super::plots::{Place, fields};
use crate::chart::pareto;

/// The summary of the subject, then a reading of each set.
pub(super) fn sentences(report: &Report) -> Vec<String> {
    let mut said: Vec<String> = [drop(report), leak(report)].into_iter().flatten().collect();
    said.extend(fields(report).iter().flat_map(|field| reading(&field.name, &field.places)));
    if said.is_empty() {
        said.push("Nothing could be compared: no transform was asked about both action and person.".into());
    }
    said
}

fn subject(report: &Report) -> Option<&str> {
    report.subject.name.as_deref()
}

fn drop(report: &Report) -> Option<String> {
    let (name, summary) = (subject(report)?, &report.summary);
    let (value, high) = (summary.action_drop_points?, summary.action_drop_high?);
    Some(format!(
        "Behind {name} the action is named {value:.1} points of a hundred less often than on raw clips, at most {high:.1} by the \
         95 % interval (worst set)."
    ))
}

fn leak(report: &Report) -> Option<String> {
    let name = subject(report)?;
    let leaks = report.rows.iter().filter(|row| row.method == name && row.measure.ends_with(", NL"));
    let worst = leaks.max_by(|a, b| a.value.total_cmp(&b.value))?;
    let Row { measure, dataset, attacker, value, low, high, .. } = worst;
    let asked = measure.strip_suffix(", NL").unwrap_or(measure);
    let verdict = if *low > 0.0 { "that is above chance: it leaks" } else { "its interval holds chance" };
    Some(format!(
        "Its worst leakage is {asked} on {dataset}, by a {attacker}: NL {value:.2} (95 % interval {low:.2} to {high:.2}; 0 is \
         chance, 1 is raw); {verdict}."
    ))
}

/// Who keeps most, who leaks least, and what the intervals do not tell apart.
fn reading(name: &str, places: &[Place<'_>]) -> Vec<String> {
    let told: Vec<&Place<'_>> = places.iter().filter(|place| place.method != "raw").collect();
    let most = told.iter().max_by(|a, b| a.action.value.total_cmp(&b.action.value));
    let least = told.iter().min_by(|a, b| a.leak.value.total_cmp(&b.leak.value));
    let (Some(most), Some(least)) = (most, least) else { return vec![] };
    let points: Vec<(f64, f64)> = told.iter().map(|place| (place.leak.value, place.action.value)).collect();
    let front: Vec<&str> = pareto(&points).into_iter().map(|place| told[place].method).collect();
    let alike = told.iter().filter(|place| place.leak.low <= least.leak.high).count() - 1;
    let mut said = vec![format!(
        "{name}: {} keeps most of the action ({:.2}, {:.2} to {:.2}), {} leaks least (NL {:.2}, {:.2} to {:.2}); nothing else hides and \
         keeps more than {}.",
        most.method,
        most.action.value,
        most.action.low,
        most.action.high,
        least.method,
        least.leak.value,
        least.leak.low,
        least.leak.high,
        front.join(", ")
    )];
    if alike > 0 {
        said.push(format!(
            "The leakage of {alike} other(s) on {name} has an interval that overlaps with that of {}: these clips cannot tell them \
             apart.",
            least.method
        ));
    }
    said
}

/// Whether a row is the figure of retrained attackers.
pub(super) fn retrained(row: &Row) -> bool {
    row.protocol == Protocol::Retrained
}
