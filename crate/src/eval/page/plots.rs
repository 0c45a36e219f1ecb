//! What is hidden against what is kept, and what more frames tell.

use maud::{Markup, html};

use super::super::report::{Report, Row};
use super::tables::distinct;
use super::verdict::retrained;
use crate::chart::{Lines, Point, Scale, Scatter, Series};
use crate::html::chart;

/// More curves than these cannot be told apart.
const CURVES: usize = 6;

/// A figure and the ends of its interval.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl From<&Row> for Span {
    fn from(row: &Row) -> Self {
        Self { value: row.value, low: row.low, high: row.high }
    }
}

/// Raw clips hide nothing, by definition.
const HIDES_NOTHING: Span = Span { value: 1.0, low: 1.0, high: 1.0 };

/// Where a transform stands.
pub(super) struct Place<'a> {
    pub(super) method: &'a str,
    /// Action top-1.
    pub(super) action: Span,
    /// The worst leakage.
    pub(super) leak: Span,
}

/// Transforms on one set; or on one that shows actions and another that shows people.
pub(super) struct Field<'a> {
    pub(super) name: String,
    pub(super) places: Vec<Place<'a>>,
}

fn action<'a>(report: &'a Report, set: &str, method: &str) -> Option<&'a Row> {
    let mut rows =
        report.rows.iter().filter(|row| retrained(row) && row.dataset == set && row.method == method);
    rows.find(|row| row.measure == "action, top-1")
}

fn leak<'a>(report: &'a Report, set: &str, method: &str) -> Option<&'a Row> {
    let rows = report.rows.iter().filter(|row| retrained(row) && row.dataset == set && row.method == method);
    rows.filter(|row| row.measure.ends_with(", NL")).max_by(|a, b| a.value.total_cmp(&b.value))
}

/// Every set that is asked about both; and each set of actions alone beside each set of people alone.
pub(super) fn fields(report: &Report) -> Vec<Field<'_>> {
    let sets = distinct(report.rows.iter().map(|row| row.dataset.as_str()));
    let methods = distinct(report.rows.iter().map(|row| row.method.as_str()));
    let any = |set: &str, of: fn(&'_ Report, &str, &str) -> bool| {
        methods.iter().any(|method| of(report, set, method))
    };
    let acts = |set: &str| any(set, |report, set, method| action(report, set, method).is_some());
    let leaks = |set: &str| any(set, |report, set, method| leak(report, set, method).is_some());
    let pairs = sets.iter().flat_map(|a| sets.iter().map(move |b| (*a, *b)));
    let fit = pairs.filter(|(a, b)| acts(a) && leaks(b) && (a == b || !leaks(a) && !acts(b)));
    let field = |(kept, hidden): (&str, &str)| Field {
        name: if kept == hidden { kept.to_owned() } else { format!("{kept} beside {hidden}") },
        places: methods
            .iter()
            .filter_map(|method| {
                let raw = (*method == "raw").then_some(HIDES_NOTHING);
                let leak = raw.or_else(|| leak(report, hidden, method).map(Span::from))?;
                Some(Place { method, action: action(report, kept, method)?.into(), leak })
            })
            .collect(),
    };
    fit.map(field).filter(|field| !field.places.is_empty()).collect()
}

/// A plot a field.
pub(super) fn trade_offs(report: &Report) -> Markup {
    let fields = fields(report);
    html! {
        @if !fields.is_empty() {
            h2 { "What is hidden against what is kept" }
            p.note {
                "Left: less of the person is told (worst leakage NL of all questions; raw clips are 1 by definition). Up: the action "
                "is named more often. The line is the Pareto front: nothing to the left of it or above it was found."
            }
            div.grid {
                @for field in &fields { figure { (chart(&scatter(report, field).svg())) figcaption { (field.name) } } }
            }
        }
    }
}

fn scatter(report: &Report, field: &Field<'_>) -> Scatter {
    let point = |place: &Place<'_>| Point {
        label: place.method.to_owned(),
        group: if report.subject.name.as_deref() == Some(place.method) { "judged" } else { "beside it" }
            .into(),
        x: place.leak.value,
        y: place.action.value,
        x_interval: Some((place.leak.low, place.leak.high)),
        y_interval: Some((place.action.low, place.action.high)),
    };
    Scatter {
        title: field.name.clone(),
        x_label: "worst leakage NL: 0 at chance, 1 as raw".into(),
        y_label: "action top-1".into(),
        points: field.places.iter().map(point).collect(),
        front: true,
    }
}

/// Attacks by how many frames of a clip they see: the subject beside raw clips, or the first few transforms.
pub(super) fn aggregation(report: &Report) -> Markup {
    let rows: Vec<(&Row, f64)> = report
        .rows
        .iter()
        .filter(|row| retrained(row))
        .filter_map(|row| Some((row, frames(&row.measure)?)))
        .collect();
    let questions = distinct(rows.iter().map(|(row, _)| row.measure.split(", ").next().unwrap_or_default()));
    let sets = distinct(rows.iter().map(|(row, _)| row.dataset.as_str()));
    let all = distinct(rows.iter().map(|(row, _)| row.method.as_str()));
    let subject = report.subject.name.as_deref();
    let shown: Vec<&str> = all
        .into_iter()
        .filter(|method| subject.is_none_or(|subject| [subject, "raw"].contains(method)))
        .collect();
    let curves = |set: &str, question: &str| {
        let of = |method: &&str| Series {
            name: (*method).to_owned(),
            points: rows
                .iter()
                .filter(|(row, _)| {
                    row.dataset == set && row.method == *method && row.measure.starts_with(question)
                })
                .map(|(row, frames)| (*frames, row.value))
                .collect(),
        };
        shown.iter().map(of).filter(|series| !series.points.is_empty()).take(CURVES).collect::<Vec<_>>()
    };
    let chance = |set: &str, question: &str| {
        let mut of = rows.iter().filter(|(row, _)| row.dataset == set && row.measure.starts_with(question));
        of.find_map(|(row, _)| row.chance)
    };
    let plots = sets.iter().flat_map(|set| questions.iter().map(move |question| (*set, *question)));
    let plots: Vec<Lines> = plots
        .map(|(set, question)| Lines {
            title: format!("{question} on {set}"),
            x_label: "frames of a clip that are seen".into(),
            y_label: "top-1 of the strongest attacker of frames".into(),
            scale: Scale::Share,
            series: curves(set, question),
            levels: chance(set, question).map(|chance| ("chance".to_owned(), chance)).into_iter().collect(),
            marks: vec![],
        })
        .filter(|lines| !lines.series.is_empty())
        .collect();
    html! {
        @if !plots.is_empty() {
            h2 { "What more frames tell" }
            div.grid { @for plot in &plots { figure { (chart(&plot.svg())) } } }
        }
    }
}

/// Of how many frames a measure is; `None` where it is not about their number.
fn frames(measure: &str) -> Option<f64> {
    measure.split_once("top-1 from ")?.1.split(' ').next()?.parse().ok()
}
