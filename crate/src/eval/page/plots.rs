//! What is hidden against what is kept.

use maud::{Markup, html};

use super::super::reading::{distinct, untold_action, worst_leak};
use super::super::report::{Report, Row};
use super::verdict::{front, retrained};
use crate::chart::{Point, Scatter};
use crate::html::chart;
use crate::transform::RAW;

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
    /// Whether raw clips tell the action at all: else no place says what is kept.
    pub(super) told: bool,
    pub(super) places: Vec<Place<'a>>,
    /// Transforms that have no place: one of the two figures is void, or was not measured.
    pub(super) missing: Vec<&'a str>,
}

impl<'a> Field<'a> {
    /// All but raw clips.
    pub(super) fn rewritten(&self) -> Vec<&Place<'a>> {
        self.places.iter().filter(|place| place.method != RAW).collect()
    }
}

fn action<'a>(report: &'a Report, set: &str, method: &str) -> Option<&'a Row> {
    let mut rows =
        report.rows.iter().filter(|row| retrained(row) && row.dataset == set && row.method == method);
    rows.find(|row| row.measure == "action, top-1")
}

fn leak<'a>(report: &'a Report, set: &str, method: &str) -> Option<&'a Row> {
    let rows = report.rows.iter().filter(|row| retrained(row) && row.dataset == set && row.method == method);
    worst_leak(rows).map(|(_, row)| row)
}

/// Every set that is asked about both; and each set of actions alone beside each set of people alone.
pub(super) fn fields<'a>(report: &'a Report) -> Vec<Field<'a>> {
    let sets = distinct(report.rows.iter().map(|row| row.dataset.as_str()));
    let methods = distinct(report.rows.iter().map(|row| row.method.as_str()));
    let any = |set: &str, of: fn(&'_ Report, &str, &str) -> bool| {
        methods.iter().any(|method| of(report, set, method))
    };
    let acts = |set: &str| any(set, |report, set, method| action(report, set, method).is_some());
    let leaks = |set: &str| any(set, |report, set, method| leak(report, set, method).is_some());
    let pairs = sets.iter().flat_map(|a| sets.iter().map(move |b| (*a, *b)));
    let fit = pairs.filter(|(a, b)| acts(a) && leaks(b) && (a == b || !leaks(a) && !acts(b)));
    let place = |(kept, hidden): (&'_ str, &'_ str), method: &'a str| {
        let raw = (method == RAW).then_some(HIDES_NOTHING);
        let leak = raw.or_else(|| leak(report, hidden, method).map(Span::from))?;
        Some(Place { method, action: action(report, kept, method)?.into(), leak })
    };
    let field = |pair: (&str, &str)| Field {
        name: if pair.0 == pair.1 { pair.0.to_owned() } else { format!("{} beside {}", pair.0, pair.1) },
        told: untold_action(report, pair.0).is_none(),
        places: methods.iter().filter_map(|method| place(pair, method)).collect(),
        missing: methods.iter().copied().filter(|method| place(pair, method).is_none()).collect(),
    };
    fit.map(field).filter(|field| !field.places.is_empty()).collect()
}

/// A plot a field; none where raw clips tell no action.
pub(super) fn trade_offs(report: &Report) -> Markup {
    let (fields, untold): (Vec<Field<'_>>, Vec<Field<'_>>) =
        fields(report).into_iter().partition(|field| field.told);
    let untold: Vec<&str> = untold.iter().map(|field| field.name.as_str()).collect();
    html! {
        @if !fields.is_empty() {
            h2 { "What is hidden against what is kept" }
            p.note {
                "Left: less of the person is told (worst leakage NL of all questions; raw clips are 1 by definition). Up: the action "
                "is named more often. The line is the Pareto front: nothing to the left of it or above it was found."
            }
            div.grid {
                @for field in &fields { figure { (chart(&scatter(report, field).svg())) figcaption { (caption(field)) } } }
            }
        }
        @if !untold.is_empty() {
            p.note { "No plot of " (untold.join(", ")) ": raw clips tell no action there, so nothing says what is kept." }
        }
    }
}

/// What the picture may have no room for.
fn caption(field: &Field<'_>) -> String {
    let on_front = front(&field.places.iter().collect::<Vec<_>>());
    let missing = (!field.missing.is_empty())
        .then(|| format!(" Without a place, as a figure is void or missing: {}.", field.missing.join(", ")));
    format!("On the front: {}.{}", on_front.join(", "), missing.unwrap_or_default())
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
