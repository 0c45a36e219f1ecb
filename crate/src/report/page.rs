//! The report as one HTML file.

use maud::{Markup, html};

use super::advice::advice;
use super::curves::{self, Plot};
use super::folder::{Folder, Sheet};
use super::readings::{Question, Share, percent, questions};
use crate::html::{chart, document, png};
use crate::metrics::Reading;
use crate::train::{ACTION, RunResult};

/// The page.
pub(super) fn page(folder: &Folder, verdict: &[String]) -> String {
    let evidence = folder.evidence();
    let body = html! {
        h1 { (folder.name) }
        p.facts { (facts(folder)) }
        div.verdict { @for sentence in verdict { p { (sentence) } } }
        @if let Some(evidence) = &evidence { (readings(evidence)) } @else { (raw_alone(folder)) }
        h2 { "What to look at next" }
        ol.next { @for sentence in advice(folder) { li { (coded(&sentence)) } } }
        (samples(&folder.sheets))
        (plots("Validation over the steps", "", &curves::validation(folder)))
        (plots("The game", "Faint: as written. Solid over it: its moving average.", &curves::game(folder)))
        (origin(folder))
    };
    document(&format!("{}: report", folder.name), &body)
}

/// What stands below the title.
fn facts(folder: &Folder) -> String {
    let steps = match (&folder.result, folder.total()) {
        (Some(result), _) if result.stopped_early => {
            format!("ended early after {} steps, kept step {}", result.steps, result.chosen_step)
        }
        (Some(result), _) => format!("{} steps, kept step {}", result.steps, result.chosen_step),
        (None, Some(total)) => format!("unfinished: {} of {total} steps", folder.done()),
        (None, None) => format!("unfinished: {} steps", folder.done()),
    };
    let minutes = folder.result.as_ref().map(|result| result.minutes).or(folder.about.minutes);
    let minutes = minutes.filter(|minutes| *minutes > 0.0).map(|minutes| format!("{minutes:.1} minutes"));
    let facts = ["Report of a training run".to_owned(), steps].into_iter();
    facts.chain(minutes).chain(folder.about.device.clone()).collect::<Vec<_>>().join(" · ")
}

/// Text with what stands in backticks as code.
fn coded(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// The table of the strongest readings, and all of them folded away.
fn readings(evidence: &RunResult) -> Markup {
    let asked = questions(&evidence.raw, &evidence.anonymized);
    html! {
        h2 { "Readings" }
        p.note {
            "Share of right answers by the strongest guesser of each question, with 95 % Wilson intervals. "
            "Leakage NL = (attack \u{2212} chance) / (raw \u{2212} chance): 0 is chance, 1 is raw; void where the attack fails on raw frames. "
            "In the bars: grey raw, blue the action, orange an attack, dashed chance."
        }
        (table(&asked))
        details {
            summary { "Every guesser" }
            div.scroll {
                table {
                    tr { th { "asked" } th { "set" } th { "by" } th { "frames" } th { "right" } th { "chance" } th { "n" } }
                    @for (frames, list) in [("raw", &evidence.raw), ("anonymized", &evidence.anonymized)] {
                        @for reading in list {
                            tr {
                                td { (reading.asked) } td { (reading.set) } td { (reading.by) } td { (frames) }
                                td.number { (percent(reading.top1)) } td.number { (percent(reading.chance)) } td { (reading.n) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What is known of raw frames before the first validation.
fn raw_alone(folder: &Folder) -> Markup {
    let asked = questions(&folder.about.raw, &[]);
    html! {
        @if !asked.is_empty() {
            h2 { "Readings" }
            p.note { "On raw frames alone: nothing anonymized has been read yet." }
            (table(&asked))
        }
    }
}

fn table(asked: &[Question]) -> Markup {
    html! {
        div.scroll {
            table {
                tr { th { "asked" } th { "raw" } th { "anonymized" } th { "chance" } th { "n" } th { "NL" } th { "0 to 100 %" } }
                @for question in asked {
                    tr {
                        td { (question.asked) small { "on " (question.set) } }
                        (cell(question.raw.as_ref()))
                        (cell(question.anonymized.as_ref()))
                        @let any = question.anonymized.as_ref().or(question.raw.as_ref());
                        td.number { @if let Some(any) = any { (percent(any.chance)) } }
                        td.number { @if let Some(any) = any { (any.n) } }
                        td.number { (leakage(question)) }
                        td { (bar(question)) }
                    }
                }
            }
        }
    }
}

/// A share with its interval and who reached it.
fn cell(reading: Option<&Reading>) -> Markup {
    html! {
        td.number {
            @if let Some(reading) = reading {
                @let (low, high) = Share::from(reading).interval();
                (percent(reading.top1))
                small { (percent(low)) " to " (percent(high)) }
                small { (reading.by) }
            } @else { "\u{2013}" }
        }
    }
}

fn leakage(question: &Question) -> String {
    match (question.leakage(), question.asked == ACTION) {
        (_, true) => "\u{2013}".into(),
        (Some(nl), _) => format!("{nl:.2}"),
        (None, _) if question.void() => "void".into(),
        (None, _) => "\u{2013}".into(),
    }
}

/// Both intervals on a line from 0 to 1.
fn bar(question: &Question) -> Markup {
    let place = |share: f64| format!("{:.1}", 5.0 + 180.0 * share.clamp(0.0, 1.0));
    let kind = if question.asked == ACTION { "now" } else { "leak" };
    let rows = [(question.raw.as_ref(), "raw", 11), (question.anonymized.as_ref(), kind, 23)];
    let chance = question.anonymized.as_ref().or(question.raw.as_ref()).map(|reading| reading.chance);
    html! {
        svg.bar viewBox="0 0 190 34" role="img" aria-label="raw and anonymized against chance" {
            @for end in [0.0, 1.0] {
                line.track x1=(place(end)) x2=(place(end)) y1="2" y2="32" {}
            }
            line.track x1=(place(0.0)) x2=(place(1.0)) y1="32" y2="32" {}
            @if let Some(chance) = chance {
                line.chance x1=(place(chance)) x2=(place(chance)) y1="2" y2="32" {}
            }
            @for (reading, class, y) in rows {
                @if let Some(reading) = reading {
                    @let (low, high) = Share::from(reading).interval();
                    line class=(class) x1=(place(low)) x2=(place(high)) y1=(y) y2=(y) stroke-width="2.5" {}
                    circle class=(class) cx=(place(reading.top1)) cy=(y) r="4" {}
                }
            }
        }
    }
}

/// The last sheet large, earlier ones folded away.
fn samples(sheets: &[Sheet]) -> Markup {
    let Some((last, earlier)) = sheets.split_last() else { return html! {} };
    html! {
        h2 { "Samples" }
        p.note {
            "Each row is a clip, in four frames; each frame stands three times: raw, anonymized, and their difference "
            "(grey where nothing changed)."
        }
        (sheet(last))
        @if !earlier.is_empty() {
            details { summary { "Earlier" } @for one in earlier.iter().rev() { (sheet(one)) } }
        }
    }
}

fn sheet(sheet: &Sheet) -> Markup {
    let step = sheet.name.strip_prefix("step-").and_then(|number| number.parse::<u64>().ok());
    let name = step.map_or_else(|| sheet.name.clone(), |step| format!("step {step}"));
    html! {
        figure.wide {
            (png(&sheet.png, &format!("raw, anonymized and difference, {name}")))
            figcaption { (name) }
        }
    }
}

fn plots(title: &str, note: &str, plots: &[Plot]) -> Markup {
    html! {
        @if !plots.is_empty() {
            h2 { (title) }
            @if !note.is_empty() { p.note { (note) } }
            div.grid {
                @for plot in plots {
                    figure { (chart(&plot.lines.svg())) figcaption { (plot.note) } }
                }
            }
        }
    }
}

/// Where the run comes from.
fn origin(folder: &Folder) -> Markup {
    let about = &folder.about;
    let facts =
        [("commit", &about.commit), ("SHA-256 of the manifests", &about.manifest), ("device", &about.device)];
    html! {
        h2 { "Where it comes from" }
        dl {
            @for (name, value) in facts {
                @if let Some(value) = value { dt { (name) } dd { code { (value) } } }
            }
            @if !folder.puzzles.is_empty() {
                dt { "not understood" } dd { (folder.puzzles.join(", ")) ": written by another version, or damaged" }
            }
        }
        @if let Some(config) = &folder.config {
            details open[config.lines().count() < 60] { summary { "config.toml" } pre { (config) } }
        }
    }
}
