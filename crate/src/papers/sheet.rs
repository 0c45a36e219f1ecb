//! The input to a data protection impact assessment: what is known of a model, sorted by the articles it informs.

use crate::artifact::{CardOf, Figure, Mode};
use crate::eval::{Heading, RAW};

/// The sheet, with `{{fields}}`.
const SHEET: &str = include_str!("sheet.md");
/// What stands where there is no figure.
const NOT_MEASURED: &str = "**Not measured.**";

/// Whether a measure stands below a heading; what is not known stands below the last, and never vanishes.
fn stands_below(measure: &str, heading: Heading) -> bool {
    let of = Heading::of(measure);
    of == heading || (of == Heading::Other && heading == Heading::Inference)
}

/// The sheet for the model of `card`, in Markdown. It is an input to an assessment and concludes nothing; only figures
/// by a judge stand in it, each with its interval, and what is not on the card is said not to be measured.
pub fn sheet<S>(card: &CardOf<S>) -> String {
    let trained: Vec<String> = card
        .trained
        .data
        .iter()
        .map(|source| {
            format!("{} ({} items for {}, {})", source.name, source.items, source.role, source.licence)
        })
        .collect();
    let limits: Vec<String> = card.limits.iter().map(|limit| format!("- {limit}")).collect();
    let table = |heading| table(card, heading);
    let fields = [
        ("name", cell(&card.name)),
        ("mode", mode(card.mode).0.into()),
        ("mode_says", mode(card.mode).1.into()),
        ("trained_on", cell(&listed(&trained, "; ", "not stated"))),
        ("claim", card.privacy_claim.clone()),
        ("singling_out", table(Heading::SinglingOut)),
        ("linkability", table(Heading::Linkability)),
        ("inference", table(Heading::Inference)),
        ("action", table(Heading::Utility)),
        ("sha256", card.sha256.clone()),
        ("limits", listed(&limits, "\n", "None stated; that does not mean that there are none.")),
    ];
    filled(SHEET, &fields)
}

fn mode(mode: Mode) -> (&'static str, &'static str) {
    match mode {
        Mode::Learned => (mode.word(), "leakage is measured, no formal guarantee is given"),
        Mode::Dp => (
            mode.word(),
            "each release has a formal guarantee, named in the claim; leakage is measured beside it",
        ),
    }
}

fn listed(lines: &[String], between: &str, nothing: &str) -> String {
    if lines.is_empty() { nothing.to_owned() } else { lines.join(between) }
}

/// The template with each `{{field}}` replaced, once: what a field holds is text and never a template.
fn filled(template: &str, fields: &[(&str, String)]) -> String {
    let mut parts = template.split("{{");
    let mut text = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").expect("every field of the template is closed");
        let field = fields.iter().find(|(field, _)| *field == name);
        text += &field.expect("every field of the template has a value").1;
        text += rest;
    }
    text
}

/// The figures under a heading, or that there are none of the model.
fn table<S>(card: &CardOf<S>, heading: Heading) -> String {
    let told =
        |figure: &&Figure| figure.measure.as_deref().is_some_and(|measure| stands_below(measure, heading));
    let figures: Vec<&Figure> = card.measured.iter().filter(told).collect();
    if !figures.iter().any(|figure| figure.method.as_deref() != Some(RAW)) {
        return NOT_MEASURED.into();
    }
    let mut table = String::from(
        "| measured | clips | value [95 % interval] | chance | n | attacker | learnt from | seeds |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    figures.iter().for_each(|figure| table += &line(figure));
    table.trim_end().to_owned()
}

fn line(figure: &Figure) -> String {
    let text = |value: &Option<String>| cell(value.as_deref().unwrap_or("-"));
    let shown = if figure.method.as_deref() == Some(RAW) { "raw" } else { "anonymized" };
    let digits =
        if figure.measure.as_deref().is_some_and(|measure| measure.ends_with("points")) { 1 } else { 3 };
    let interval = figure.interval().map(|(low, high)| format!(" [{low:.digits$}, {high:.digits$}]"));
    format!(
        "| {} on {} | {shown} | {:.digits$}{} | {} | {} | {} | {} | {} |\n",
        text(&figure.measure),
        text(&figure.dataset),
        figure.value,
        interval.unwrap_or_default(),
        figure.chance.map_or("-".into(), |chance| format!("{chance:.3}")),
        figure.n,
        text(&figure.attacker),
        learnt_from(figure.protocol.as_deref()),
        figure.seeds.map_or("-".into(), |seeds| seeds.to_string()),
    )
}

fn learnt_from(protocol: Option<&str>) -> &'static str {
    match protocol {
        Some("retrained") => "clips treated alike",
        Some("raw-trained") => "raw clips",
        Some("outside") => "data of others",
        _ => "-",
    }
}

/// Text that cannot end a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
