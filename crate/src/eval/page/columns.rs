//! What stands beside each other in a table, and in which order.

use super::super::heading::Heading;
use super::super::reading::{distinct, question};
use super::super::report::{Protocol, Row};
use crate::transform::RAW;

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// What was measured.
    pub(super) measure: String,
    /// What attackers had learnt from.
    pub(super) protocol: Protocol,
    /// Networks by others are asked side by side: each has a column of its own.
    by: Option<String>,
}

impl Column {
    fn of(row: &Row) -> Self {
        let by = (row.protocol == Protocol::Outside).then(|| row.attacker.clone());
        Self { measure: row.measure.clone(), protocol: row.protocol, by }
    }

    /// Whether the figure stands in this column.
    pub(super) fn holds(&self, row: &Row) -> bool {
        Self::of(row) == *self
    }

    /// Whose figures all of the column are; `None` where the strongest attacker is not the same everywhere.
    pub(super) fn only_by<'a>(&self, rows: &[&'a Row]) -> Option<&'a str> {
        let mut names = rows.iter().filter(|row| self.holds(row)).map(|row| row.attacker.as_str());
        let first = names.next()?;
        names.all(|name| name == first).then_some(first)
    }

    /// Whether it is void for `method`: there are answers, but no figure relative to those about raw clips.
    pub(super) fn is_void(&self, rows: &[&Row], method: &str) -> bool {
        let asked = |row: &&&Row| row.method == method && relative(row).as_ref() == Some(self);
        rows.iter().any(|row| asked(&row)) && !rows.iter().any(|row| row.method == method && self.holds(row))
    }
}

/// Where the figure stands that compares a rewritten clip's top-1 with that of raw ones.
fn relative(row: &Row) -> Option<Column> {
    let asked = row.measure.strip_suffix(", top-1")?;
    let compared = row.method != RAW && asked != "identity on reconstructions";
    let figure = if asked == "action" { "drop in points" } else { "NL" };
    (row.protocol == Protocol::Retrained && compared).then(|| Column {
        measure: format!("{asked}, {figure}"),
        protocol: Protocol::Retrained,
        by: None,
    })
}

/// The columns of a table, those of one question side by side; of attributes the one that leaks most first.
pub(super) fn columns(rows: &[&Row]) -> Vec<Column> {
    let mut columns: Vec<Column> = vec![];
    let found = rows.iter().map(|row| Column::of(row));
    for column in found.chain(rows.iter().filter_map(|row| relative(row))) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let mut questions = distinct(rows.iter().map(|row| question(&row.measure)));
    questions.sort_by(|a, b| worst(rows, b).total_cmp(&worst(rows, a)));
    columns.sort_by_key(|column| questions.iter().position(|asked| *asked == question(&column.measure)));
    columns
}

/// The worst leakage of an attribute; all else stands behind, in its own order.
fn worst(rows: &[&Row], asked: &str) -> f64 {
    let leaks = rows.iter().filter(|row| row.measure.strip_suffix(", NL") == Some(asked));
    let leaks = leaks.filter(|row| Heading::of(&row.measure) == Heading::Inference);
    leaks.map(|row| row.value).fold(f64::NEG_INFINITY, f64::max)
}
