//! `report.html`: a judgement for people, in one file.
//!
//! ```text
//! Report, Sheets ─┬ verdict    what the figures say, in sentences
//!                 ├ plots      what is hidden against what is kept; what more frames tell
//!                 ├ tables     every measure under its heading
//!                 └ untested   what nobody has looked at
//! ```

mod plots;
mod sheet;
mod tables;
#[cfg(test)]
mod tests;
mod untested;
mod verdict;

use maud::{Markup, html};

pub use sheet::{Sheet, sheets};

use super::report::{Report, Row};
use crate::html::{document, png};

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
        (plots::aggregation(report))
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
    let seeds = format!("{} seed(s) an attacker", subject.seeds);
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
    html! {
        (format!("{:.digits$}", row.value))
        small { (format!("{:.digits$} to {:.digits$}", row.low, row.high)) }
    }
}

fn compared(report: &Report) -> Markup {
    html! {
        @if !report.differences.is_empty() {
            h2 { "Which differences are real" }
            p.note {
                "Top-1 of the first less that of the second, by retrained attackers, each clip drawn for both at once. Real: the interval, "
                "corrected for all comparisons, leaves out 0."
            }
            div.scroll {
                table {
                    tr { th { "set" } th { "measure" } th { "first" } th { "second" } th { "difference" } th { "real" } th { "n" } }
                    @for found in &report.differences {
                        tr {
                            td { (found.dataset) } td { (found.measure) }
                            @for name in &found.methods { td { (name) } }
                            td.number {
                                (format!("{:.3}", found.value))
                                small { (format!("{:.3} to {:.3}", found.low, found.high)) }
                            }
                            td { (if found.real { "yes" } else { "no" }) } td { (found.n) }
                        }
                    }
                }
            }
        }
    }
}

fn pictures(report: &Report, sheets: &[Sheet]) -> Markup {
    let mut hidden: Vec<&str> = report.rows.iter().map(|row| row.dataset.as_str()).collect();
    hidden.sort_unstable();
    hidden.dedup();
    hidden.retain(|set| !sheets.iter().any(|sheet| sheet.set == *set));
    html! {
        h2 { "Pictures" }
        @if !hidden.is_empty() {
            p.note { "None of " (hidden.join(", ")) ": people in sets for research alone are not shown, not even rewritten." }
        }
        div.grid {
            @for sheet in sheets {
                figure {
                    (png(&sheet.png, &format!("frames of {} under {}", sheet.set, sheet.method)))
                    figcaption { (sheet.method) " on " (sheet.set) }
                }
            }
        }
    }
}

fn controls(report: &Report) -> Markup {
    html! {
        h2 { "Controls" }
        p.note { "Without these a judgement means nothing. The intervals of black clips are corrected for the number of questions." }
        div.scroll {
            table {
                tr { th { "what must hold" } th { "holds" } th { "by" } }
                @for control in &report.controls {
                    tr {
                        td { (control.name) }
                        td { @if control.passed { "yes" } @else { b { "no" } } }
                        td.number { (format!("{:.3}", control.value)) }
                    }
                }
            }
        }
    }
}

fn guide() -> Markup {
    html! {
        h2 { "How to read it" }
        dl {
            dt { "chance" } dd { "What the best constant guess reaches: an attacker who sees nothing." }
            dt { "NL" } dd {
                "Leakage between chance and raw: (attack \u{2212} chance) / (attack on raw \u{2212} chance). 0: as good as black. 1: nothing is "
                "hidden. Left out where raw clips cannot be attacked either: then it would measure nothing."
            }
            dt { "retrained" } dd { "Attackers learnt from clips that were rewritten alike. They have the model; this is the column that counts." }
            dt { "raw-trained" } dd { "Attackers learnt from raw clips and meet rewritten ones for the first time. It flatters: never compare across the columns." }
            dt { "outside" } dd { "Networks that others trained on other people, asked as they come." }
            dt { "interval" } dd { "95 %, by drawing clips anew. Where intervals overlap widely, these clips cannot tell which is better." }
            dt { "n" } dd { "Clips asked about. Frames of one clip are no evidence of their own." }
        }
        p.note { "Low leakage here is no proof of anonymity: it is what these attackers found in these clips." }
    }
}

fn every_row(rows: &[Row]) -> Markup {
    html! {
        details {
            summary { "Every figure" }
            div.scroll {
                table {
                    tr {
                        @for name in ["set", "measure", "transform", "protocol", "attacker", "figure", "chance", "n", "seeds"] { th { (name) } }
                    }
                    @for row in rows {
                        tr {
                            td { (row.dataset) } td { (row.measure) } td { (row.method) } td { (row.protocol.word()) }
                            td { (row.attacker) } td.number { (figure(row)) }
                            td.number { @if let Some(chance) = row.chance { (format!("{chance:.3}")) } }
                            td { (row.n) } td { (row.seeds) }
                        }
                    }
                }
            }
        }
    }
}
