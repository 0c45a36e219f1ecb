//! Every measure under its heading: what is kept, then the three tests of the Article 29 Working Party (Opinion
//! 05/2014 on anonymisation techniques): singling out, linkability, inference.

use maud::{Markup, html};

use super::super::report::{Protocol, Report, Row};
use super::figure;

/// Under which heading a measure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heading {
    Utility,
    SinglingOut,
    Linkability,
    Inference,
    Other,
}

impl Heading {
    const ALL: [Self; 5] =
        [Self::Utility, Self::SinglingOut, Self::Linkability, Self::Inference, Self::Other];

    /// What a question or measure is about; of attributes nothing is known but that they are none of the others.
    pub(super) fn of(measure: &str) -> Self {
        let asked = measure.split_once(", ").map_or(measure, |(asked, _)| asked);
        let attribute = ["top-1", "cMAP", "balanced accuracy", "NL"].iter().any(|end| measure.ends_with(end));
        match asked {
            "action" => Self::Utility,
            "re-identification by others" | "reconstruction" => Self::SinglingOut,
            "verification" => Self::Linkability,
            "membership" => Self::Inference,
            _ if asked.starts_with("identity") => Self::SinglingOut,
            _ if attribute => Self::Inference,
            _ => Self::Other,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Utility => "Utility: is the action still told?",
            Self::SinglingOut => "Singling out: who is it?",
            Self::Linkability => "Linkability: do two clips show the same person?",
            Self::Inference => "Inference: what can be told about the person?",
            Self::Other => "Other measures",
        }
    }
}

/// All tables.
pub(super) fn all(report: &Report) -> Markup {
    html! {
        @for heading in Heading::ALL {
            @let rows: Vec<&Row> = report.rows.iter().filter(|row| stands_below(row, heading)).collect();
            @if !rows.is_empty() {
                h2 { (heading.title()) }
                @if let Some(sentence) = worst_attribute(&rows, heading) { p.note { (sentence) } }
                @for set in distinct(rows.iter().map(|row| row.dataset.as_str())) {
                    @let of_set: Vec<&Row> = rows.iter().copied().filter(|row| row.dataset == set).collect();
                    h3 { (set) }
                    (table(&of_set))
                }
            }
        }
    }
}

/// Single points of the curves over frames have a plot of their own.
fn stands_below(row: &Row, heading: Heading) -> bool {
    Heading::of(&row.measure) == heading && !row.measure.contains("top-1 from ")
}

/// The attribute that leaks most, of everything that was judged.
fn worst_attribute(rows: &[&Row], heading: Heading) -> Option<String> {
    let leaks = rows.iter().filter(|row| heading == Heading::Inference && row.measure.ends_with(", NL"));
    let worst = leaks.max_by(|a, b| a.value.total_cmp(&b.value))?;
    let asked = worst.measure.strip_suffix(", NL")?;
    Some(format!("Worst: {asked} on {} under {}, NL {:.2}.", worst.dataset, worst.method, worst.value))
}

pub(super) fn distinct<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen: Vec<&str> = vec![];
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

/// What a column holds: a measure, and what attackers had learnt from.
type Column<'a> = (&'a str, Protocol);

/// The columns, those of one question side by side.
fn columns<'a>(rows: &[&'a Row]) -> Vec<Column<'a>> {
    let mut columns: Vec<Column<'_>> = vec![];
    for row in rows {
        let column = (row.measure.as_str(), row.protocol);
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let asked = |measure: &'a str| measure.split_once(", ").map_or(measure, |(asked, _)| asked);
    let questions = distinct(columns.iter().map(|(measure, _)| asked(measure)));
    columns.sort_by_key(|(measure, _)| questions.iter().position(|known| *known == asked(measure)));
    columns
}

fn table(rows: &[&Row]) -> Markup {
    let columns = columns(rows);
    let of_column =
        |(measure, protocol): &Column<'_>, row: &&&Row| row.measure == *measure && row.protocol == *protocol;
    html! {
        div.scroll {
            table {
                tr {
                    th { "transform" }
                    @for column in &columns {
                        @let first = rows.iter().find(|row| of_column(column, row));
                        th {
                            (column.0)
                            @if column.1 != Protocol::None { small { (column.1.word()) } }
                            @if let Some(row) = first {
                                small {
                                    @if let Some(chance) = row.chance { "chance " (format!("{chance:.2}")) ", " }
                                    "n " (row.n)
                                }
                            }
                        }
                    }
                }
                @for method in distinct(rows.iter().map(|row| row.method.as_str())) {
                    tr {
                        td { (method) }
                        @for column in &columns {
                            @let found = rows.iter().filter(|row| row.method == method).find(|row| of_column(column, row));
                            td.number {
                                @if let Some(row) = found { (figure(row)) small { (row.attacker) } } @else { "\u{2013}" }
                            }
                        }
                    }
                }
            }
        }
    }
}
