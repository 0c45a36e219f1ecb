//! `report.html`: a judgement for people, in one file.
//!
//! ```text
//! Report, Sheets ─┬ verdict    what the figures say, in sentences
//!                 ├ plots      what is hidden against what is kept
//!                 ├ tables     every measure under its heading, in columns
//!                 ├ frames     what more frames tell
//!                 └ untested   what nobody has looked at
//! ```

mod columns;
mod frames;
mod plots;
mod sheet;
mod tables;
#[cfg(test)]
mod tests;
mod untested;
mod verdict;

use maud::{Markup, html};

pub use sheet::{Sheet, sheets};

use super::reading::distinct;
use super::report::{Report, Row};
use crate::html::{document, png, scroll};

/// The page: it needs no other file, no script and no network.
pub fn page(report: &Report, sheets: &[Sheet]) -> String {
    let title = report.subject.name.clone().unwrap_or_else(|| "Side by side".into());
    let body = html! {
        h1 { (title) }
        p.facts { (facts(report)) }
        @if report.subject.void {
            div.warning { p { b { "Void." } " A control failed: nothing below can be believed." } }
        }
        div.verdict { @for sentence in verdict::sentences(report) { p { (sentence) } } }
        (plots::trade_offs(report))
        (tables::all(report))
        (compared(report))
        (frames::aggregation(report))
        (pictures(report, sheets))
        (controls(report))
        h2 { "What was not tested" }
        ul { @for sentence in untested::sentences(report) { li { (sentence) } } }
        (guide())
        (every_row(&report.rows))
    };
    document(&format!("{title}: what it hides and keeps"), &body)
}

/// What stands below the title.
fn facts(report: &Report) -> String {
    let subject = &report.subject;
    let key = subject.key.as_deref().map(|key| key.chars().take(40).collect::<String>());
    let seeds = format!("{} seed{} an attacker", subject.seeds, if subject.seeds == 1 { "" } else { "s" });
    let parts =
        ["A judgement by fresh attackers".to_owned(), format!("frames of {0} x {0} pixels", subject.size)];
    parts
        .into_iter()
        .chain([format!("effort {}", subject.effort), seeds])
        .chain(key)
        .collect::<Vec<_>>()
        .join(" · ")
}

/// A figure with what it is worth: its interval.
fn figure(row: &Row) -> Markup {
    let digits = if row.measure.ends_with("points") || row.measure.ends_with("dB") { 1 } else { 2 };
    within(row.value, (row.low, row.high), digits)
}

fn within(value: f64, (low, high): (f64, f64), digits: usize) -> Markup {
    html! { (format!("{value:.digits$}")) small { (format!("{low:.digits$} to {high:.digits$}")) } }
}

/// A table with these names above its columns.
fn listed(label: &str, names: &[&str], body: &Markup) -> Markup {
    let table = html! {
        table {
            thead { tr { @for name in names { th scope="col" { (name) } } } }
            tbody { (body) }
        }
    };
    scroll(label, &table)
}

fn compared(report: &Report) -> Markup {
    let rows = html! {
        @for found in &report.differences {
            tr {
                td { (found.dataset) } td { (found.measure) }
                @for name in &found.methods { td { (name) } }
                td.number { (within(found.value, (found.low, found.high), 3)) }
                td { (if found.real { "yes" } else { "no" }) } td { (found.n) }
            }
        }
    };
    html! {
        @if !report.differences.is_empty() {
            h2 { "Which differences are real" }
            p.note {
                "Top-1 of the first less that of the second, by retrained attackers, each clip drawn for both at once. Real: the interval, "
                "corrected for all comparisons, leaves out 0."
            }
            (listed("Differences", &["set", "measure", "first", "second", "difference", "real", "n"], &rows))
        }
    }
}

fn pictures(report: &Report, sheets: &[Sheet]) -> Markup {
    let sets = distinct(report.rows.iter().map(|row| row.dataset.as_str()));
    let of_set = |set: &str| sheets.iter().filter(|sheet| sheet.set == set).collect::<Vec<_>>();
    let hidden: Vec<&str> = sets.iter().copied().filter(|set| of_set(set).is_empty()).collect();
    html! {
        h2 { "Pictures" }
        @if !hidden.is_empty() {
            p.note { "None of " (hidden.join(", ")) ": people in sets for research alone are not shown, not even rewritten." }
        }
        @for set in distinct(sheets.iter().map(|sheet| sheet.set.as_str())) { (figure_of(set, &of_set(set))) }
    }
}

/// The same frames under one transform after another.
fn figure_of(set: &str, sheets: &[&Sheet]) -> Markup {
    let strips = html! {
        @for sheet in sheets {
            p { (sheet.method) }
            (png(&sheet.png, &format!("frames of {set} under {}", sheet.method)))
        }
    };
    html! {
        figure.wide.strips {
            (scroll(&format!("Pictures of {set}"), &strips))
            figcaption { "A few clips of " (set) ", a few frames of each: the same in every row." }
        }
    }
}

fn controls(report: &Report) -> Markup {
    let rows = html! {
        @for control in &report.controls {
            tr {
                td { (control.name) }
                td { @if control.passed { "yes" } @else { b { "no" } } }
                td.number { (format!("{:.3}", control.value)) }
            }
        }
    };
    html! {
        h2 { "Controls" }
        p.note { "Without these a judgement means nothing. The intervals of black clips are corrected for the number of questions." }
        (listed("Controls", &["what must hold", "holds", "by"], &rows))
    }
}

fn guide() -> Markup {
    html! {
        h2 { "How to read it" }
        dl {
            dt { "chance" } dd { "What the best constant guess reaches: an attacker who sees nothing." }
            dt { "NL" } dd {
                "Leakage between chance and raw: (attack \u{2212} chance) / (attack on raw \u{2212} chance). 0: as good as black. 1: nothing is "
                "hidden. Above 1 an attacker learns even better from rewritten clips. Void where the lower end of the attack on raw clips is "
                "not above chance: what cannot be told of raw clips cannot be hidden."
            }
            dt { "retrained" } dd { "Attackers learnt from clips that were rewritten alike. They have the model; this is the column that counts." }
            dt { "raw-trained" } dd { "Attackers learnt from raw clips and meet rewritten ones for the first time. It flatters: never compare across the columns." }
            dt { "outside" } dd { "Networks that others trained on other people, asked as they come." }
            dt { "interval" } dd { "95 %, by drawing clips anew. Where intervals overlap widely, these clips cannot tell which is better." }
            dt { "n" } dd { "Clips asked about. Frames of one clip are no evidence of their own." }
        }
    }
}

fn every_row(rows: &[Row]) -> Markup {
    let names = ["set", "measure", "transform", "protocol", "attacker", "figure", "chance", "n", "seeds"];
    let body = html! {
        @for row in rows {
            tr {
                td { (row.dataset) } td { (row.measure) } td { (row.method) } td { (row.protocol.word()) }
                td { (row.attacker) } td.number { (within(row.value, (row.low, row.high), 3)) }
                td.number { @if let Some(chance) = row.chance { (format!("{chance:.3}")) } }
                td { (row.n) } td { (row.seeds) }
            }
        }
    };
    html! { details { summary { "Every figure" } (listed("Every figure", &names, &body)) } }
}
