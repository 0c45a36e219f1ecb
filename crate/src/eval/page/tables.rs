//! Every measure in a table under its heading.

use maud::{Markup, html};

use super::super::heading::{Heading, readings};
use super::super::reading::{distinct, worst_leak};
use super::super::report::{Protocol, Report, Row};
use super::columns::{Column, columns};
use super::figure;
use crate::html::scroll;

/// All tables.
pub(super) fn all(report: &Report) -> Markup {
    html! {
        @for heading in Heading::ALL {
            @let rows: Vec<&Row> = report.rows.iter().filter(|row| stands_below(row, heading)).collect();
            @if !rows.is_empty() {
                h2 { (heading.title()) }
                @if heading == Heading::Utility { @for reading in readings(&report.rows) { p.note { (reading) } } }
                @if heading == Heading::Inference { p.note { (worst_attribute(report, &rows)) } }
                @for set in distinct(rows.iter().map(|row| row.dataset.as_str())) {
                    @let of_set: Vec<&Row> = rows.iter().copied().filter(|row| row.dataset == set).collect();
                    h3 { (set) }
                    (scroll(&format!("{} on {set}", heading.title()), &table(&of_set)))
                }
            }
        }
    }
}

/// Single points of the curves over frames have a plot of their own.
fn stands_below(row: &Row, heading: Heading) -> bool {
    Heading::of(&row.measure) == heading && !row.measure.contains("top-1 from ")
}

/// The attribute that leaks most: of the subject, or of everything that was judged.
fn worst_attribute(report: &Report, rows: &[&Row]) -> String {
    let subject = report.subject.name.as_deref();
    let of_subject = rows.iter().copied().filter(|row| subject.is_none_or(|name| row.method == name));
    let Some((asked, worst)) = worst_leak(of_subject) else {
        return "No leakage of an attribute could be measured.".into();
    };
    let Row { dataset, method, value, low, high, .. } = worst;
    format!("Worst: {asked} on {dataset} under {method}, NL {value:.2} ({low:.2} to {high:.2}).")
}

fn table(rows: &[&Row]) -> Markup {
    let columns = columns(rows);
    html! {
        table {
            thead { tr { th scope="col" { "transform" } @for column in &columns { (head(rows, column)) } } }
            tbody {
                @for method in distinct(rows.iter().map(|row| row.method.as_str())) {
                    tr { th scope="row" { (method) } @for column in &columns { (cell(rows, method, column)) } }
                }
            }
        }
    }
}

/// The measure, what attackers learnt from, and what the figures are to be held against.
fn head(rows: &[&Row], column: &Column) -> Markup {
    let first = rows.iter().find(|row| column.holds(row));
    html! {
        th scope="col" {
            (column.measure)
            @if column.protocol != Protocol::None { small { (column.protocol.word()) } }
            @if let Some(by) = column.only_by(rows) { small { (by) } }
            @if let Some(row) = first {
                small { @if let Some(chance) = row.chance { (constant(row)) (format!("{chance:.2}")) ", " } "n " (row.n) }
            }
        }
    }
}

/// What stands before the figure of somebody who sees nothing.
fn constant(row: &Row) -> &'static str {
    if row.measure.starts_with("reconstruction, ") { "mean picture " } else { "chance " }
}

/// Every figure of a transform in this column: one, unless somebody else has measured the same.
fn cell(rows: &[&Row], method: &str, column: &Column) -> Markup {
    let found: Vec<&Row> =
        rows.iter().copied().filter(|row| row.method == method && column.holds(row)).collect();
    html! {
        td.number {
            @for row in &found {
                (figure(row))
                @if column.only_by(rows).is_none() { small.by { (row.attacker) } }
            }
            @if found.is_empty() {
                @if column.is_void(rows, method) { "void" small.by { "not told of raw clips" } } @else { "\u{2013}" }
            }
        }
    }
}
