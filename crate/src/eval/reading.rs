//! How rows are looked through by whatever prints a report.

use super::report::{Protocol, Report, Row};
use crate::transform::RAW;

/// The names in the order in which they first appear, each once.
pub fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen: Vec<&str> = vec![];
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

/// What a measure asks: the part before the comma, such as `gender` of `gender, top-1`.
pub fn question(measure: &str) -> &str {
    measure.split_once(", ").map_or(measure, |(asked, _)| asked)
}

/// The question that leaks most among `rows`, and its row of NL.
pub fn worst_leak<'a>(rows: impl Iterator<Item = &'a Row>) -> Option<(&'a str, &'a Row)> {
    let leaks = rows.filter_map(|row| Some((row.measure.strip_suffix(", NL")?, row)));
    leaks.max_by(|(_, a), (_, b)| a.value.total_cmp(&b.value))
}

/// What fresh networks make of the action in raw clips of `set`, where its lower end is not above chance: there no figure
/// of the action says what a transform keeps.
pub(super) fn untold_action<'a>(report: &'a Report, set: &str) -> Option<&'a Row> {
    let of_raw = |row: &&Row| row.dataset == set && row.method == RAW && row.protocol == Protocol::Retrained;
    let row = report.rows.iter().filter(of_raw).find(|row| row.measure == "action, top-1")?;
    row.chance.is_some_and(|chance| row.low <= chance).then_some(row)
}

/// The same in a sentence; `set` as it is to be printed.
pub(super) fn untold_sentence(set: &str, raw: &Row) -> String {
    let chance = raw.chance.map_or_else(String::new, |chance| format!("; chance {chance:.2}"));
    format!(
        "Raw clips of {set} tell no action above chance (top-1 {:.2} [{:.2}, {:.2}]{chance}): what a transform keeps of it \
         cannot be told there.",
        raw.value, raw.low, raw.high
    )
}
