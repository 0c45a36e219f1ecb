//! The run as plots over its steps.

use super::folder::Folder;
use super::readings::questions;
use crate::chart::{Lines, Scale, Series};
use crate::metrics::Reading;
use crate::train::{ACTION, Line};

/// A plot with what the reader should know.
pub(super) struct Plot {
    pub lines: Lines,
    pub note: &'static str,
}

/// A term of `metrics.jsonl`.
type Term = fn(&Line) -> Option<f32>;

/// Ratio of the highest to the lowest value from which on decades are drawn.
const WIDE: f64 = 30.0;

/// The terms of the game; those that the run does not have are left out.
pub(super) fn game(folder: &Folder) -> Vec<Plot> {
    let mut plots = losses(folder);
    plots.extend(pictures(folder));
    plots.retain(|plot| !plot.lines.series.is_empty());
    plots
}

/// What the players lose.
fn losses(folder: &Folder) -> Vec<Plot> {
    let own = "the branch's own move";
    let met = "as the anonymizer met it";
    let mut action = plot(
        folder,
        "L_T: is the action still told?",
        "nats a clip; low: told",
        &[(met, |line| line.utility), (own, |line| line.utility_branch)],
    );
    action.levels = chance(folder.about.utility_chance);
    let mut privacy = plot(
        folder,
        "L_B: are twins still told from strangers?",
        "nats a row; high: hidden",
        &[(met, |line| line.privacy), (own, |line| line.privacy_branch)],
    );
    privacy.levels = chance(folder.about.privacy_chance);
    let restarts = folder.lines.iter().filter(|line| line.restarted.is_some());
    privacy.marks.extend(restarts.map(|line| ("restart".into(), line.step as f64)));
    let mut heads = plot(
        folder,
        "Supervised heads: is the named attribute still told?",
        "share of chance; 1: ignorance",
        &[(met, |line| line.heads), (own, |line| line.heads_branch)],
    );
    heads.levels = chance(Some(1.0));
    vec![
        Plot {
            lines: action,
            note: "Below chance the branch names actions; raw pre-training ends where the game begins.",
        },
        Plot {
            lines: privacy,
            note: "The anonymizer pushes it up to chance, the branch's own move pulls it down. At chance this branch \
                   is blind; a fresh attacker may not be.",
        },
        Plot { lines: heads, note: "Cross-entropy by that of ignorance." },
    ]
}

/// A level that chance has, where there is one.
fn chance(value: Option<f64>) -> Vec<(String, f64)> {
    value.map(|value| ("chance".to_owned(), value)).into_iter().collect()
}

/// What happens to the pictures.
fn pictures(folder: &Folder) -> Vec<Plot> {
    let distance = plot(
        folder,
        "Distance from the raw frames",
        "on the penalty's scale",
        &[("mean distance", |line| line.distance), ("budget B", |line| line.budget)],
    );
    let mut distance = distance;
    if distance.series.len() == 1 {
        let budget = folder.option("penalty", "budget").or_else(|| folder.option("game", "budget"));
        distance.levels = budget.map(|budget| ("budget".into(), budget)).into_iter().collect();
    }
    let penalty =
        plot(folder, "L_penalty", "mean excess over the budget", &[("penalty", |line| line.penalty)]);
    let mut weight =
        plot(folder, "lambda: weight of the penalty", "", &[("lambda", |line| line.penalty_weight)]);
    weight.series.retain(|series| series.points.windows(2).any(|pair| pair[0].1 != pair[1].1));
    let mut pulls = plot(
        folder,
        "How hard each term pulls at the pictures",
        "RMS of its gradient, an element",
        &[
            ("action, w_T L_T", |line| line.pulls.map(|pulls| pulls.utility)),
            ("privacy, w_B L_B", |line| line.pulls.map(|pulls| pulls.privacy)),
            ("penalty, lambda L_penalty", |line| line.pulls.map(|pulls| pulls.penalty)),
        ],
    );
    if wide(&pulls.series) {
        pulls.scale = Scale::Log;
    }
    let flicker = plot(
        folder,
        "Flicker that the raw clip does not have",
        "in [0, 1]",
        &[("flicker", |line| line.flicker)],
    );
    let copy = plot(
        folder,
        "Warm-up: copy loss",
        "mean absolute difference, in [0, 1]",
        &[("copy", |line| line.copy)],
    );
    let code = plot(
        folder,
        "Warm-up: what codes tell of the action",
        "cross-entropy, nats a clip",
        &[("code", |line| line.code)],
    );
    let mut spread = plot(
        folder,
        "L_S: do codes differ by more than the action?",
        "distance within actions, by any",
        &[("spread", |line| line.spread)],
    );
    spread.levels = chance(Some(1.0));
    vec![
        Plot { lines: distance, note: "Under the budget the penalty costs nothing." },
        Plot { lines: penalty, note: "0 for long: the budget is too generous to hold anything." },
        Plot { lines: weight, note: "Dual ascent raises it while the distance exceeds the budget." },
        Plot {
            lines: pulls,
            note: "Action and penalty at the frames of the clips, privacy at the pictures of its own stream. A penalty \
                   that is not active pulls not at all.",
        },
        Plot { lines: flicker, note: "Change from frame to frame that the anonymizer adds." },
        Plot { lines: copy, note: "What the anonymizer starts from: close to 0 it is a camera." },
        Plot { lines: code, note: "Codes that see movement alone have no picture to copy." },
        Plot {
            lines: spread,
            note: "At 0 all of an action are one code; at 1, chance, codes do not tell the action.",
        },
    ]
}

/// Curves over the steps, with the start of the game marked where it lies among them.
fn plot(folder: &Folder, title: &str, y_label: &str, terms: &[(&str, Term)]) -> Lines {
    let series = terms.iter().map(|(name, term)| {
        let points = folder.lines.iter().filter_map(|line| Some((line.step as f64, f64::from(term(line)?))));
        Series { name: (*name).into(), points: points.collect() }
    });
    let series: Vec<Series> = series.filter(|series| !series.points.is_empty()).collect();
    let steps = || series.iter().flat_map(|series| series.points.iter().map(|point| point.0));
    let start = folder.preparation().filter(|_| folder.game().next().is_some()).map(|start| start as f64);
    let among = |start: &f64| steps().any(|step| step < *start) && steps().any(|step| step > *start);
    let marks = start.filter(among).map(|start| ("game begins".into(), start)).into_iter().collect();
    let (title, y_label) = (title.into(), y_label.into());
    Lines { title, x_label: "step".into(), y_label, series, marks, ..Lines::default() }
}

/// Whether linear heights would flatten all but the largest.
fn wide(series: &[Series]) -> bool {
    let means = series.iter().map(|series| {
        let positive: Vec<f64> = series.points.iter().map(|point| point.1).filter(|y| *y > 0.0).collect();
        positive.iter().sum::<f64>() / positive.len() as f64
    });
    let means: Vec<f64> = means.filter(|mean| mean.is_finite()).collect();
    let (low, high) =
        means.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), mean| (low.min(*mean), high.max(*mean)));
    high > WIDE * low
}

/// What each question's readings were at each validation, and the score that early stopping looks at.
pub(super) fn validation(folder: &Folder) -> Vec<Plot> {
    let all: Vec<Reading> = folder.validations.iter().flat_map(|one| one.readings.iter().cloned()).collect();
    let mut plots: Vec<Plot> = questions(&folder.about.raw, &all)
        .into_iter()
        .filter(|question| question.anonymized.is_some())
        .map(|question| {
            let asks = |reading: &&Reading| reading.asked == question.asked && reading.set == question.set;
            let mut guessers: Vec<&str> = vec![];
            for reading in all.iter().filter(asks) {
                if !guessers.contains(&reading.by.as_str()) {
                    guessers.push(&reading.by);
                }
            }
            let series = guessers.iter().map(|by| {
                let points = folder.validations.iter().filter_map(|one| {
                    let found = one.readings.iter().filter(asks).find(|reading| reading.by == *by)?;
                    Some((one.step as f64, found.top1))
                });
                Series { name: (*by).into(), points: points.collect() }
            });
            let series = series.collect();
            let raw = question.raw.as_ref().map(|raw| ("raw".to_owned(), raw.top1));
            let chance = question.anonymized.as_ref().map(|now| ("chance".to_owned(), now.chance));
            let lines = Lines {
                title: format!("{} on {}", question.asked, question.set),
                x_label: "step".into(),
                y_label: match guessers.as_slice() {
                    [alone] => format!("right answers on anonymized frames, by {alone}"),
                    _ => "right answers on anonymized frames".into(),
                },
                scale: Scale::Share,
                series,
                levels: raw.into_iter().chain(chance).collect(),
                marks: vec![],
            };
            let is_action = question.asked == ACTION;
            let note = if is_action {
                "To be kept: close to raw is good."
            } else {
                "To be hidden: close to chance is good."
            };
            Plot { lines, note }
        })
        .collect();
    plots.extend(score(folder));
    plots
}

fn score(folder: &Folder) -> Option<Plot> {
    let scored = folder.validations.iter().filter_map(|one| Some((one.step as f64, one.score?)));
    let points: Vec<(f64, f64)> = scored.collect();
    if points.is_empty() {
        return None;
    }
    let chosen = folder.result.as_ref().map(|result| ("chosen".into(), result.chosen_step as f64));
    let lines = Lines {
        title: "Score".into(),
        x_label: "step".into(),
        y_label: "action kept minus leakage, at most 1".into(),
        series: vec![Series { name: "score".into(), points }],
        marks: chosen.into_iter().collect(),
        ..Lines::default()
    };
    let note = "What early stopping looks at; the anonymizer of the marked step is the one that was kept.";
    Some(Plot { lines, note })
}
