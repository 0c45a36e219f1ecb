//! What a card says in words, derived from a report.

use crate::artifact::{CardOf, UNJUDGED};
use crate::dp::promise::Promise;
use crate::eval::{Protocol, RAW, Report, Row, Thoroughness, distinct, question, worst_leak};

/// How limits begin that came from a report: the next report replaces them.
const JUDGED: &str = "judged ";

/// What is claimed about the privacy of `subject`, in a sentence without full stop: the worst leakage, with its
/// interval, where it was found and by whom; before it what is proved, if anything is.
pub fn claim(promise: Option<&Promise>, report: &Report, subject: &str) -> String {
    let proven = promise.map(Promise::sentence);
    let Some((asked, worst)) = worst_leak(rows(report, subject)) else {
        return format!(
            "{}, and no leakage is stated: raw clips of the sets that were judged tell nothing private to compare with",
            proven.unwrap_or("no formal guarantee".into())
        );
    };
    let measured = match proven {
        Some(proven) => format!("{proven}; measured leakage"),
        None => "measured leakage, no formal guarantee".into(),
    };
    let Row { dataset, value, low, high, .. } = worst;
    let short = if quick(report) { " of short lessons" } else { "" };
    format!(
        "{measured}: worst NL {value:.2} [{low:.2}, {high:.2}] ({} on {dataset}; 0 is \
         chance, 1 is raw clips), by the strongest of several fresh attackers{short}, {} seed(s)",
        asked, worst.seeds
    )
}

/// What the model is not good for: the limits on its card, less those that only held before the report and those of
/// an earlier one, and what the report leaves open.
pub fn limits<S>(card: &CardOf<S>, report: &Report, subject: &str) -> Vec<String> {
    let stays = |limit: &&String| !UNJUDGED.contains(&limit.as_str()) && !limit.starts_with(JUDGED);
    card.limits.iter().filter(stays).cloned().chain(open(card, report, subject)).collect()
}

/// What a report leaves open.
fn open<S>(card: &CardOf<S>, report: &Report, subject: &str) -> Vec<String> {
    let sets = distinct(rows(report, subject).map(|row| row.dataset.as_str()));
    let size = report.subject.size;
    let mut open = vec![format!(
        "{JUDGED}on {} at {size} x {size} pixels: nothing is known of other people, cameras and acts",
        sets.join(", ")
    )];
    let learnt = card.trained.data.iter().map(|source| source.name.as_str());
    let learnt = distinct(learnt.filter(|name| sets.contains(name)));
    if !learnt.is_empty() {
        open.push(format!("{JUDGED}on sets that it has learnt from: {}", learnt.join(", ")));
    }
    if quick(report) {
        open.push(format!("{JUDGED}by attackers of short lessons: patient ones do better"));
    }
    open.extend(sets.iter().filter_map(|set| untold(report, set)));
    open
}

/// The private questions about a set that raw clips do not answer: there leakage has no measure.
fn untold(report: &Report, set: &str) -> Option<String> {
    let at_chance = |row: &&Row| row.chance.is_some_and(|chance| row.low <= chance);
    let raw = rows(report, RAW).filter(|row| row.dataset == set && row.protocol == Protocol::Retrained);
    let untold = raw.filter(|row| row.measure.ends_with(", top-1")).filter(at_chance);
    let untold = distinct(untold.map(|row| question(&row.measure)));
    (!untold.is_empty()).then(|| {
        format!(
            "{JUDGED}without result on {set}: raw clips do not tell {}, and how much of it is hidden is not known",
            untold.join(", ")
        )
    })
}

fn rows<'a>(report: &'a Report, method: &'a str) -> impl Iterator<Item = &'a Row> {
    report.rows.iter().filter(move |row| row.method == method)
}

fn quick(report: &Report) -> bool {
    report.subject.effort != Thoroughness::STANDARD.name
}
