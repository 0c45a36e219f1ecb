//! What the figures say, in plain sentences: no more than they carry.

use super::super::reading::{distinct, untold_action, untold_sentence, worst_leak};
use super::super::report::{Protocol, Report, Row};
use super::plots::{Field, Place, Span, fields};
use crate::chart::pareto;

/// What is true of every judgement.
const CAVEAT: &str = "All this is what these attackers found in these clips. Little leakage here is no proof that nobody can be \
                      recognised: somebody who knows more may find more.";

/// The summary of the subject, a reading of each set, and what none of it proves.
pub(super) fn sentences(report: &Report) -> Vec<String> {
    let mut said: Vec<String> = [drop(report), leak(report)].into_iter().flatten().collect();
    said.extend(untold(report));
    said.extend(fields(report).iter().flat_map(reading));
    if said.is_empty() {
        said.push("Nothing could be compared: no transform was asked about both action and person.".into());
    }
    said.push(CAVEAT.into());
    said
}

/// The rows of the transform that the summary is about.
fn of_subject(report: &Report) -> Option<(&str, Vec<&Row>)> {
    let name = report.subject.name.as_deref()?;
    Some((name, report.rows.iter().filter(|row| row.method == name && retrained(row)).collect()))
}

fn drop(report: &Report) -> Option<String> {
    let (name, rows) = of_subject(report)?;
    let drops = rows.iter().filter(|row| row.measure == "action, drop in points");
    let Some(worst) = drops.max_by(|a, b| a.value.total_cmp(&b.value)) else {
        let asked = rows.iter().any(|row| row.measure == "action, top-1");
        return asked.then(|| {
            format!("Nothing can be said about the action behind {name}: it is not told of raw clips either.")
        });
    };
    let Row { dataset, value, low, high, .. } = worst;
    let (points, than) = (value.abs(), if *value < 0.0 { "more" } else { "less" });
    let all = distinct(rows.iter().map(|row| row.dataset.as_str())).len();
    let which = if all > 1 { format!("{dataset}, the worst set") } else { dataset.clone() };
    Some(format!(
        "Behind {name} the action is named {points:.1} points of a hundred {than} often than on raw clips ({which}; 95 % interval \
         of the drop: {low:.1} to {high:.1})."
    ))
}

fn leak(report: &Report) -> Option<String> {
    let (name, rows) = of_subject(report)?;
    let Some((asked, worst)) = worst_leak(rows.iter().copied()) else {
        return Some(format!(
            "Nothing can be said about what {name} hides: no private question is answered of raw clips, or none was asked."
        ));
    };
    let Row { dataset, attacker, value, low, high, .. } = worst;
    let verdict = if *low > 0.0 { "that is above chance: it leaks" } else { "its interval holds chance" };
    Some(format!(
        "Its worst leakage is {asked} on {dataset}, by a {attacker}: NL {value:.2} (95 % interval {low:.2} to {high:.2}; 0 is \
         chance, 1 is raw); {verdict}."
    ))
}

/// The sets whose raw clips tell no action.
fn untold(report: &Report) -> Vec<String> {
    let sets = distinct(report.rows.iter().map(|row| row.dataset.as_str()));
    sets.into_iter().filter_map(|set| Some(untold_sentence(set, untold_action(report, set)?))).collect()
}

/// Who keeps most, who leaks least, and what the intervals do not tell apart; of several transforms. Nothing of what is
/// kept where raw clips tell no action.
fn reading(field: &Field<'_>) -> Vec<String> {
    let (name, told) = (&field.name, field.rewritten());
    let most = told.iter().max_by(|a, b| a.action.value.total_cmp(&b.action.value));
    let least = told.iter().min_by(|a, b| a.leak.value.total_cmp(&b.leak.value));
    let (Some(most), Some(least), true) = (most, least, told.len() > 1) else { return vec![] };
    let hidden = overlapping(&told, least, |place| place.leak);
    if !field.told {
        let alike = (!hidden.is_empty()).then(|| format!("; {} cannot be told from it", hidden.join(", ")));
        return vec![format!(
            "{name}: {} leaks least (NL {}){}.",
            least.method,
            span(least.leak),
            alike.unwrap_or_default()
        )];
    }
    let first = format!(
        "{name}: {} keeps most of the action ({}), {} leaks least (NL {}). On the Pareto front, where no other both hides and \
         keeps more: {}.",
        most.method,
        span(most.action),
        least.method,
        span(least.leak),
        front(&told).join(", ")
    );
    let kept = overlapping(&told, most, |place| place.action);
    let alike = [(most, "what is kept by", kept), (least, "what leaks from", hidden)];
    let alike = alike.iter().filter(|(.., others)| !others.is_empty()).map(|(best, what, others)| {
        format!("{what} {} cannot be told from that of {}", best.method, others.join(", "))
    });
    let alike: Vec<String> = alike.collect();
    let second = format!("The intervals on {name} overlap: {}.", alike.join("; "));
    std::iter::once(first).chain((!alike.is_empty()).then_some(second)).collect()
}

/// The names of those that no other beats.
pub(super) fn front<'a>(places: &[&Place<'a>]) -> Vec<&'a str> {
    let points: Vec<(f64, f64)> = places.iter().map(|place| (place.leak.value, place.action.value)).collect();
    pareto(&points).into_iter().map(|place| places[place].method).collect()
}

/// Those whose interval overlaps with that of the best.
fn overlapping<'a>(places: &[&Place<'a>], best: &Place<'_>, of: impl Fn(&Place<'_>) -> Span) -> Vec<&'a str> {
    let overlaps = |place: &&&Place<'_>| of(place).low <= of(best).high && of(place).high >= of(best).low;
    let others = places.iter().filter(|place| place.method != best.method);
    others.filter(overlaps).map(|place| place.method).collect()
}

fn span(Span { value, low, high }: Span) -> String {
    format!("{value:.2}, {low:.2} to {high:.2}")
}

/// Whether a row is the figure of retrained attackers.
pub(super) fn retrained(row: &Row) -> bool {
    row.protocol == Protocol::Retrained
}
