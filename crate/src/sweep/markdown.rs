//! The tables of a sweep and a plain reading of them, for people.

use super::Table;
use super::table::{Attack, Row, Spread, Summary};

/// What a figure is that was not measured.
const NOTHING: &str = "-";

/// How many times what seeds alone would make the variants must differ, before an order is read from it.
const TELLING: f64 = 2.0;

/// The whole page.
pub(super) fn page(table: &Table) -> String {
    let summaries = table.summaries();
    let all = table.rows.len() + table.missing.len();
    let mut page = format!(
        "# Sweep {}\n\n{} of {all} runs: {} variant(s), seeds {}{}{}. Figures are **{}**.\n\n",
        table.name,
        table.rows.len(),
        table.variants.len(),
        list(&table.seeds),
        origin("commit", &table.commits),
        origin("on", &table.devices),
        table.note,
    );
    page += &variants(&summaries);
    page += "\nMean ± SD over seeds. NL is the leakage of the worst attack: 0 at chance, 1 as on raw frames, - where \
             raw frames cannot be attacked either.\n\n## Reading\n\n";
    for sentence in reading(table, &summaries) {
        page += &format!("- {sentence}\n");
    }
    page + "\n## All runs\n\n" + &rows(&table.rows)
}

fn list<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn origin(what: &str, found: &[String]) -> String {
    if found.is_empty() { String::new() } else { format!(", {what} {}", list(found)) }
}

fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.into(), |value| format!("{value:.3}"))
}

fn spread(value: Option<Spread>, digits: usize) -> String {
    let Some(Spread { mean, sd, .. }) = value else { return NOTHING.into() };
    let sd = sd.map(|sd| format!(" ± {sd:.digits$}")).unwrap_or_default();
    format!("{mean:.digits$}{sd}")
}

/// A line of a table; a bar within a cell would end it.
fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn head(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    line(&names) + &line(&vec!["---".to_owned(); names.len()])
}

fn variants(summaries: &[Summary]) -> String {
    let names = [
        "variant",
        "n seeds",
        "action top-1",
        "on raw",
        "worst attack",
        "attack top-1",
        "chance",
        "on raw",
        "NL",
        "minutes",
    ];
    let cells = |summary: &Summary| {
        let [attack, chance, raw] = summary.attack.map_or([None; 3], |spreads| spreads.map(Some));
        let no_one_question = if summary.attacked { "differs by seed" } else { NOTHING };
        let void = summary.nl.filter(|nl| nl.n < summary.seeds).map(|nl| format!(" (n {})", nl.n));
        line(&[
            summary.name.clone(),
            summary.seeds.to_string(),
            spread(summary.action, 3),
            spread(summary.action_raw, 3),
            summary.question.clone().unwrap_or_else(|| no_one_question.into()),
            spread(attack, 3),
            figure(chance.map(|chance| chance.mean)),
            spread(raw, 3),
            spread(summary.nl, 3) + &void.unwrap_or_default(),
            spread(summary.minutes, 1),
        ])
    };
    head(&names) + &summaries.iter().map(cells).collect::<String>()
}

fn rows(rows: &[Row]) -> String {
    let names = [
        "variant",
        "seed",
        "action top-1",
        "on raw",
        "worst attack",
        "by",
        "attack top-1",
        "chance",
        "on raw",
        "NL",
        "penalty active",
        "chosen step",
        "minutes",
    ];
    let cells = |row: &Row| {
        let attack = |text: &dyn Fn(&Attack) -> String| row.attack.as_ref().map_or(NOTHING.into(), text);
        line(&[
            row.variant.clone(),
            row.seed.to_string(),
            figure(row.action),
            figure(row.action_raw),
            attack(&|attack| format!("{} on {}", attack.asked, attack.set)),
            attack(&|attack| attack.by.clone()),
            attack(&|attack| figure(Some(attack.top1))),
            attack(&|attack| figure(Some(attack.chance))),
            attack(&|attack| figure(Some(attack.raw))),
            figure(row.nl),
            figure(row.penalty_active),
            format!("{} of {}", row.chosen_step, row.steps),
            format!("{:.1}", row.minutes),
        ])
    };
    head(&names) + &rows.iter().map(cells).collect::<String>()
}

/// A row in a sentence.
pub(super) fn line_of(row: &Row) -> String {
    let attack = row.attack.as_ref().map_or_else(String::new, |attack| {
        let Attack { asked, set, top1, chance, raw, .. } = attack;
        format!(", {asked} on {set} {top1:.3} (chance {chance:.3}, raw {raw:.3})")
    });
    format!(
        "{}, seed {}: action {} (raw {}){attack}, NL {}, penalty active {}, step {}, {:.1} min",
        row.variant,
        row.seed,
        figure(row.action),
        figure(row.action_raw),
        figure(row.nl),
        figure(row.penalty_active),
        row.chosen_step,
        row.minutes
    )
}

/// What the tables say, in sentences.
fn reading(table: &Table, summaries: &[Summary]) -> Vec<String> {
    let mut said = vec![];
    let action = |summary: &Summary| summary.action;
    let nl = |summary: &Summary| summary.nl;
    if let Some((best, value)) = first(summaries, &action, -1.0) {
        let raw = spread(best.action_raw, 3);
        said.push(format!(
            "Highest action top-1: {}, {} (raw clips: {raw}).",
            best.name,
            spread(Some(value), 3)
        ));
    }
    match first(summaries, &nl, 1.0) {
        Some((best, value)) => said.push(format!("Lowest NL: {}, {}.", best.name, spread(Some(value), 3))),
        None if summaries.iter().any(|summary| summary.attacked) => {
            said.push("NL: no attack tells more than chance of raw frames either.".into());
        }
        None if summaries.is_empty() => {}
        None => said.push(
            "Nothing was attacked: no result holds a reading of people; are there several in the clips kept for \
             validation?"
                .into(),
        ),
    }
    let front: Vec<&str> =
        summaries.iter().filter(|summary| summary.front).map(|s| s.name.as_str()).collect();
    if !front.is_empty() {
        let names = front.join("; ");
        said.push(format!("Pareto front (by the means, no other variant hides and keeps more): {names}."));
    }
    said.extend(noise("Action top-1", summaries, &action));
    said.extend(noise("NL", summaries, &nl));
    said.extend(table.remarks.iter().cloned());
    if table.commits.len() > 1 {
        said.push("The runs were made by different commits: differences may be theirs.".into());
    }
    if !table.missing.is_empty() {
        let names = table.missing.join("; ");
        said.push(format!("Without a row, so that means may be over different seeds: {names}."));
    }
    said
}

/// The variant whose mean is lowest once multiplied by `sign`; the first of equals.
fn first<'a>(
    summaries: &'a [Summary],
    value: &dyn Fn(&Summary) -> Option<Spread>,
    sign: f64,
) -> Option<(&'a Summary, Spread)> {
    let measured = summaries.iter().filter_map(|summary| Some((summary, value(summary)?)));
    measured.min_by(|a, b| (sign * a.1.mean).total_cmp(&(sign * b.1.mean)))
}

/// Whether the variants differ by more than their seeds would make them: the SD of their means against what
/// the SD over seeds, pooled over the variants, makes of means over so many seeds. Seeds that move all
/// variants alike count as noise here, so this errs on the side of "no difference".
fn noise(what: &str, summaries: &[Summary], value: &dyn Fn(&Summary) -> Option<Spread>) -> Option<String> {
    let spreads: Vec<Spread> = summaries.iter().filter_map(value).collect();
    let means: Vec<f64> = spreads.iter().map(|spread| spread.mean).collect();
    let between = Spread::of(&means)?.sd?;
    let repeated = || spreads.iter().filter_map(|spread| Some((spread.sd?, (spread.n - 1) as f64)));
    let freedom: f64 = repeated().map(|(_, freedom)| freedom).sum();
    if freedom == 0.0 {
        return Some(format!(
            "{what}: one seed a variant, so no difference can be told from the noise of seeds."
        ));
    }
    let pooled = (repeated().map(|(sd, freedom)| sd * sd * freedom).sum::<f64>() / freedom).sqrt();
    let alone = pooled
        * (spreads.iter().map(|spread| 1.0 / spread.n as f64).sum::<f64>() / means.len() as f64).sqrt();
    let verdict = if between > TELLING * alone {
        "the variants differ by more than the noise of seeds"
    } else {
        "no order of the variants can be read from it"
    };
    Some(format!(
        "{what}: the variants' means have an SD of {between:.3}; seeds alone (SD {pooled:.3}, pooled) would give them \
         {alone:.3}: {verdict}."
    ))
}
