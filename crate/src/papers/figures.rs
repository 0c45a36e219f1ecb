//! Which figures of a report go on a card: a page, not a book.

use crate::artifact::Figure;
use crate::eval::{FLICKER, Protocol, RAW, Report, Row, distinct, question};

/// The figures of `subject`, with those of raw clips to compare them with: for each set first how often the action
/// is told, the drop and what is proved of it, then for each private question what attackers reach and NL, and flicker. Of several attackers that learnt
/// from the same kind of clips the strongest counts. Attackers that learnt from raw clips are left out where there
/// are retrained ones, and so are finer figures: the growth with the frames seen, cMAP, balanced accuracy.
pub fn figures(report: &Report, subject: &str) -> Vec<Figure> {
    let mut chosen: Vec<&Row> = vec![];
    for row in report.rows.iter().filter(|row| [RAW, subject].contains(&row.method.as_str())) {
        match chosen.iter_mut().find(|other| same(other, row)) {
            _ if !fits(row, &report.rows) => {}
            Some(other) if other.value >= row.value => {}
            Some(other) => *other = row,
            None => chosen.push(row),
        }
    }
    let sets = distinct(chosen.iter().map(|row| row.dataset.as_str()));
    let questions = distinct(chosen.iter().map(|row| question(&row.measure)));
    let place = |list: &[&str], name: &str| list.iter().position(|other| *other == name);
    chosen.sort_by_key(|row| (place(&sets, &row.dataset), place(&questions, question(&row.measure))));
    chosen.into_iter().map(figure).collect()
}

/// How a measure tells it: the part behind the comma.
fn kind(measure: &str) -> &str {
    measure.split_once(", ").map_or("", |(_, kind)| kind)
}

/// Whether both tell the same by the same kind of attacker.
fn same(a: &Row, b: &Row) -> bool {
    let of = |row: &Row| (row.dataset.clone(), row.measure.clone(), row.method.clone(), row.protocol);
    of(a) == of(b)
}

fn fits(row: &Row, all: &[Row]) -> bool {
    let kind = kind(&row.measure);
    let plain = ["top-1", "NL", "drop in points", "proven ceiling"].contains(&kind) || row.measure == FLICKER;
    let of_pairs = ["top-1 to ", "top-1 among ", "AUC"].iter().any(|start| kind.starts_with(start));
    // Raw clips among themselves are what "to raw" says of them already.
    let twice = row.method == RAW && kind.ends_with(" among anonymized");
    let retrained = |other: &Row| same(&Row { protocol: Protocol::Retrained, ..row.clone() }, other);
    let second_column = row.protocol == Protocol::RawTrained && all.iter().any(retrained);
    (plain || of_pairs) && !twice && !second_column
}

/// The row as a card has it.
fn figure(row: &Row) -> Figure {
    let shown = if row.method == RAW { "raw" } else { "anonymized" };
    let by = match row.protocol {
        Protocol::Retrained | Protocol::None => String::new(),
        Protocol::RawTrained => ", raw-trained".into(),
        Protocol::Outside => format!(", {}", row.attacker),
    };
    Figure {
        name: format!("{} on {}, {shown}{by}", row.measure.replace(", ", " "), row.dataset),
        value: row.value,
        chance: row.chance,
        n: row.n,
        low: Some(row.low),
        high: Some(row.high),
        dataset: Some(row.dataset.clone()),
        measure: Some(row.measure.clone()),
        method: Some(row.method.clone()),
        protocol: Some(row.protocol.word().to_owned()),
        attacker: Some(row.attacker.clone()),
        seeds: Some(row.seeds),
    }
}
