//! How rows are looked through by whatever prints a report.

use super::report::Row;

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
