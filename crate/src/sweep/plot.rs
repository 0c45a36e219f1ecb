//! The Pareto plot: what is hidden against what is kept.

use super::Table;
use super::table::{Spread, Summary};
use crate::chart::{Point, Scatter};

/// What stands on the lower axis, and where each variant stands, `(hidden, kept)`; no number where it was not
/// measured. Leakage, or where nothing leaks measurably the attack itself, if all were asked one question.
pub(super) fn places(summaries: &[Summary]) -> (&'static str, Vec<(f64, f64)>) {
    let (label, lower) = lower(summaries);
    let mean = |spread: Option<Spread>| spread.map_or(f64::NAN, |spread| spread.mean);
    (label, lower.into_iter().zip(summaries).map(|(x, summary)| (mean(x), mean(summary.action))).collect())
}

fn lower(summaries: &[Summary]) -> (&'static str, Vec<Option<Spread>>) {
    let measured = summaries.iter().any(|summary| summary.nl.is_some());
    let one = summaries.windows(2).all(|pair| pair[0].question == pair[1].question);
    let attack = |summary: &Summary| summary.attack.map(|[top1, ..]| top1);
    if !measured && one {
        return ("top-1 of the strongest attack (lower hides more)", summaries.iter().map(attack).collect());
    }
    let label = "leakage NL of the worst attack: 0 at chance, 1 as raw";
    (label, summaries.iter().map(|summary| summary.nl).collect())
}

/// The picture.
pub(super) fn draw(table: &Table) -> String {
    let summaries = table.summaries();
    let (x_label, lower) = lower(&summaries);
    let points = summaries.iter().zip(lower).filter_map(|(summary, x)| {
        let (x, y) = (x?, summary.action?);
        let group = if summary.front { "on the Pareto front" } else { "off the front" };
        Some(Point {
            label: summary.name.clone(),
            group: group.into(),
            x: x.mean,
            y: y.mean,
            x_interval: interval(x),
            y_interval: interval(y),
        })
    });
    let scatter = Scatter {
        title: format!("{}: mean and SD over seeds; {}", table.name, worth(&table.note)),
        x_label: x_label.into(),
        y_label: "action top-1, anonymized".into(),
        points: points.collect(),
        front: true,
    };
    scatter.svg()
}

/// What the figures are worth, in short: what stands before the colon of the table's note.
fn worth(note: &str) -> &str {
    note.split_once(':').map_or(note, |(worth, _)| worth)
}

fn interval(spread: Spread) -> Option<(f64, f64)> {
    spread.sd.map(|sd| (spread.mean - sd, spread.mean + sd))
}
