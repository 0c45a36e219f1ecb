//! What more frames of a clip tell.

use maud::{Markup, html};

use super::super::reading::{distinct, question};
use super::super::report::{Report, Row};
use super::verdict::retrained;
use crate::chart::{Lines, Scale, Series};
use crate::html::chart;
use crate::transform::RAW;

/// Curves in one plot beside those of raw clips: more cannot be told apart.
const CURVES: usize = 5;

/// The attacks on one question of one set, each by a number of frames.
struct Curves<'a> {
    set: &'a str,
    asked: &'a str,
    rows: Vec<(&'a Row, f64)>,
}

/// Attacks by how many frames of a clip they see: the subject beside raw clips, or all transforms, a few at a time.
pub(super) fn aggregation(report: &Report) -> Markup {
    let plots: Vec<Lines> = curves(report).iter().flat_map(|curves| curves.plots(report)).collect();
    html! {
        @if !plots.is_empty() {
            h2 { "What more frames tell" }
            p.note {
                "The strongest retrained attacker of single frames, by how many frames of a clip it may put together. Where a "
                "curve rises, a transform that hides a frame does not yet hide a video."
            }
            div.grid { @for plot in &plots { figure { (chart(&plot.svg())) } } }
        }
    }
}

fn curves(report: &Report) -> Vec<Curves<'_>> {
    let rows = report.rows.iter().filter(|row| retrained(row));
    let rows: Vec<(&Row, f64)> = rows.filter_map(|row| Some((row, frames(&row.measure)?))).collect();
    let mut all: Vec<Curves<'_>> = vec![];
    for (row, frames) in rows {
        let (set, asked) = (row.dataset.as_str(), question(&row.measure));
        match all.iter_mut().find(|curves| (curves.set, curves.asked) == (set, asked)) {
            Some(curves) => curves.rows.push((row, frames)),
            None => all.push(Curves { set, asked, rows: vec![(row, frames)] }),
        }
    }
    all
}

/// Of how many frames a measure is; `None` where it is not about their number.
fn frames(measure: &str) -> Option<f64> {
    measure.split_once("top-1 from ")?.1.split(' ').next()?.parse().ok()
}

impl Curves<'_> {
    /// Raw clips stand in every plot.
    fn plots(&self, report: &Report) -> Vec<Lines> {
        let subject = report.subject.name.as_deref();
        let methods = distinct(self.rows.iter().map(|(row, _)| row.method.as_str()));
        let chosen = |method: &&str| *method != RAW && subject.is_none_or(|subject| subject == *method);
        let others: Vec<&str> = methods.iter().copied().filter(chosen).collect();
        let groups: Vec<&[&str]> =
            if others.is_empty() { vec![&[]] } else { others.chunks(CURVES).collect() };
        let raw: Vec<&str> = methods.iter().copied().filter(|method| *method == RAW).collect();
        groups.into_iter().map(|group| self.plot(&[&raw, group].concat())).collect()
    }

    fn plot(&self, methods: &[&str]) -> Lines {
        let chance = self.rows.iter().find_map(|(row, _)| row.chance);
        Lines {
            title: format!("{} on {}", self.asked, self.set),
            x_label: "frames of a clip that are seen".into(),
            y_label: "top-1 of the strongest attacker of frames".into(),
            scale: Scale::Share,
            series: methods.iter().map(|method| self.curve(method)).collect(),
            levels: chance.map(|chance| ("chance".to_owned(), chance)).into_iter().collect(),
            marks: vec![],
        }
    }

    fn curve(&self, method: &str) -> Series {
        let rows = self.rows.iter().filter(|(row, _)| row.method == method);
        Series { name: method.to_owned(), points: rows.map(|(row, frames)| (*frames, row.value)).collect() }
    }
}
