//! Where an axis is divided, and how its numbers are written.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::Scale;

/// A divided axis, in the units it is drawn in: decades for [`Scale::Log`].
#[derive(Clone)]
pub(super) struct Axis {
    /// Lowest and highest value.
    pub range: (f64, f64),
    /// Where a number stands.
    pub ticks: Vec<f64>,
    scale: Scale,
    step: f64,
}

impl Axis {
    /// An axis that holds `values`, with about `count` numbers and `margin` (a share of its length) at both
    /// ends. `values` are as [`unit`] gives them.
    pub(super) fn around(values: impl Iterator<Item = f64>, scale: Scale, count: usize, margin: f64) -> Self {
        let finite = values.filter(|value| value.is_finite());
        let (mut low, mut high) = finite
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if scale == Scale::Share {
            (low, high) = (low.min(0.0), high.max(1.0));
        } else {
            let least = (low.abs().max(high.abs()) * 1e-6).max(1e-12);
            if high - low < least {
                let half = if low == 0.0 { 0.5 } else { low.abs() * 0.1 };
                (low, high) = (low - half, high + half);
            }
            let pad = margin * (high - low);
            let all_positive = low >= 0.0 && scale == Scale::Linear;
            (low, high) = (if all_positive { (low - pad).max(0.0) } else { low - pad }, high + pad);
        }
        let mut step = nice((high - low) / count as f64);
        if scale == Scale::Log && high - low >= 2.0 {
            step = step.max(1.0).ceil();
        } else if scale == Scale::Log {
            let ticks = between_decades(low, high);
            return Self { range: (low, high), ticks, scale, step: 0.0 };
        }
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        let ticks = (first..=last).map(|count| count as f64 * step).collect();
        Self { range: (low, high), ticks, scale, step }
    }

    /// A value of the axis, as it is written beside it.
    pub(super) fn text(&self, value: f64) -> String {
        match self.scale {
            Scale::Share => format!("{:.0} %", value * 100.0),
            Scale::Log if self.step > 0.0 => format!("1e{value:.0}"),
            Scale::Log => short(10_f64.powf(value)),
            Scale::Linear if self.range.1.abs() >= 10_000.0 && value != 0.0 => {
                format!("{}k", short(value / 1000.0))
            }
            Scale::Linear => {
                let decimals = (-self.step.log10().floor()).max(0.0) as usize;
                let text = format!("{value:.decimals$}");
                if text.trim_start_matches('-').trim_matches(['0', '.']).is_empty() {
                    text.trim_start_matches('-').into()
                } else {
                    text
                }
            }
        }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let share = (value - self.range.0) / (self.range.1 - self.range.0);
        from + (share * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { vec![] } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.range.0..self.range.1
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.text(*value)
    }
}

/// A value in the units its axis is drawn in; no number where it has no place there.
pub(super) fn unit(value: f64, scale: Scale) -> f64 {
    match scale {
        Scale::Log if value > 0.0 => value.log10(),
        Scale::Log => f64::NAN,
        Scale::Linear | Scale::Share => value,
    }
}

/// Three significant digits, without noughts at the end.
pub(super) fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".into() } else { "-".into() };
    }
    let exponent = value.abs().log10().floor() as i32;
    if !(-4..6).contains(&exponent) {
        return format!("{value:.1e}");
    }
    let decimals = (2 - exponent).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `step`.
fn nice(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let times = [1.0, 2.0, 5.0].into_iter().find(|times| times * power >= step * 0.999).unwrap_or(10.0);
    times * power
}

/// 1, 2 and 5 of each decade, as logarithms.
fn between_decades(low: f64, high: f64) -> Vec<f64> {
    let decades = low.floor() as i32..=high.ceil() as i32;
    let all = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|times: f64| times.log10() + f64::from(decade)));
    all.filter(|tick| (low..=high).contains(tick)).collect()
}
