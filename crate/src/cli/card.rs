//! `bauta card MODEL`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::artifact::{Artifact, ArtifactError, ArtifactOf, CardOf, Figure};
use crate::atomic;
use crate::model::{AnonymizerConfig, DpConfig, MotionConfig, Shape};
use crate::papers::{judged, read, sheet};

/// Show what a model is, what it was trained on, what was measured, and what it is not good for.
///
/// The weights are checked against the card first. With --from, the card's figures, its claim and its limits are
/// replaced by what a judge found.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ShowCard {
    /// Model: NAME.bpk with NAME.json beside it [default: the built-in bauta-s].
    model: Option<PathBuf>,
    /// Print the card as JSON.
    #[arg(long, conflicts_with_all = ["table", "dpia"])]
    json: bool,
    /// Print the card as tables for a README (Markdown).
    #[arg(long, conflicts_with = "dpia")]
    table: bool,
    /// With --table: without the table of what was measured.
    #[arg(long, requires = "table")]
    short: bool,
    /// A report.json of `bauta judge` about this model: its figures are written on the card (NAME.json), in the place
    /// of those that stand there. With --dpia they are only shown, and the card stays as it is.
    #[arg(long, value_name = "REPORT.json")]
    from: Option<PathBuf>,
    /// Print the input sheet for a data protection impact assessment (Markdown): what is known of the model, by the
    /// articles it informs, and what the office has to fill in.
    #[arg(long)]
    dpia: bool,
    /// Write the sheet of --dpia here instead.
    #[arg(long, value_name = "FILE", requires = "dpia")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  $ bauta card
  $ bauta judge models/bauta-s --out runs/judged && bauta card models/bauta-s --from runs/judged/report.json
  $ bauta card models/bauta-s --dpia --out bauta-s-dpia.md";

impl ShowCard {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Some(path) = &self.model else { return self.show(&Artifact::built_in()?, still) };
        match Artifact::load(path) {
            Err(ArtifactError::Architecture { found, .. }) if found.as_deref() == DpConfig::ARCHITECTURE => {
                self.show(&ArtifactOf::<DpConfig>::load(path)?, noisy)
            }
            Err(ArtifactError::Architecture { found, .. })
                if found.as_deref() == MotionConfig::ARCHITECTURE =>
            {
                self.show(&ArtifactOf::<MotionConfig>::load(path)?, moving)
            }
            artifact => self.show(&artifact?, still),
        }
    }

    fn show<S: Shape>(&self, artifact: &ArtifactOf<S>, network: impl Fn(&S) -> String) -> anyhow::Result<()> {
        let bytes = artifact.weights().len();
        let mut card = artifact.card().clone();
        if let Some(report) = &self.from {
            card = judged(&card, &read(report)?)?;
        }
        if self.dpia {
            return put(&sheet(&card), self.out.as_deref());
        }
        if self.from.is_some() {
            let model = self.model.as_deref().context("--from writes on a card; name its MODEL")?;
            eprintln!("wrote {}", card.save(model)?.display());
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&card)?);
        } else if self.table {
            print!("{}", table(&card, bytes, self.short));
        } else {
            print!("{}", page(&card, &network(&card.config), bytes));
        }
        Ok(())
    }
}

/// Prints a text, or writes it to a file.
fn put(text: &str, out: Option<&Path>) -> anyhow::Result<()> {
    let Some(path) = out else {
        print!("{text}");
        return Ok(());
    };
    atomic::replace(path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}

fn figure(value: f64) -> String {
    format!("{value:.3}")
}

/// The value, and its 95 % interval where it is known.
fn with_interval(entry: &Figure) -> String {
    let Some((low, high)) = entry.interval() else { return figure(entry.value) };
    format!("{} [{}, {}]", figure(entry.value), figure(low), figure(high))
}

/// One table on what the model is, one on what was measured unless it is to be `short`, and what is claimed. Names stand
/// in backticks: they hold underscores.
fn table<S>(card: &CardOf<S>, bytes: usize, short: bool) -> String {
    let data: BTreeSet<&str> = card.trained.data.iter().map(|source| source.name.as_str()).collect();
    let data: Vec<String> = data.iter().map(|name| format!("`{name}`")).collect();
    let mut table = format!(
        "| model | mode | kB | trained on | minutes |\n| --- | --- | --- | --- | --- |\n| {} | {} | {} | {} | {:.0} |\n",
        card.name,
        card.mode.word(),
        bytes / 1000,
        data.join(", "),
        card.trained.minutes,
    );
    let claim = format!("\n{}: {}.\n", card.name, marked(&card.privacy_claim));
    if short {
        return table + &claim;
    }
    let judged = card.measured.iter().any(|entry| entry.interval().is_some());
    let value = if judged { "value [95 % interval]" } else { "value" };
    table += &format!("\n| {}: measured | {value} | chance | n |\n| --- | --- | --- | --- |\n", card.name);
    for entry in &card.measured {
        let chance = entry.chance.map_or_else(|| "-".into(), figure);
        table += &format!("| `{}` | {} | {chance} | {} |\n", entry.name, with_interval(entry), entry.n);
    }
    table + &claim
}

/// A sentence for Markdown: words that hold underscores stand in backticks.
fn marked(sentence: &str) -> String {
    let mark = |word: &str| {
        let name = word.trim_matches(|letter: char| letter.is_ascii_punctuation() && letter != '_');
        if name.contains('_') { word.replacen(name, &format!("`{name}`"), 1) } else { word.to_owned() }
    };
    sentence.split(' ').map(mark).collect::<Vec<_>>().join(" ")
}

/// The network of single pictures in a line.
fn still(config: &AnonymizerConfig) -> String {
    format!("width {}, {} px longest side", config.width, config.long_side)
}

/// The network of noisy codes in a line.
fn noisy(config: &DpConfig) -> String {
    let DpConfig { width, side, code, every, signs, mechanism, .. } = config;
    let of = match signs {
        Some(signs) => format!(" of movement in {grid} x {grid} cells", grid = signs.grid),
        None => String::new(),
    };
    let levels = mechanism.levels.map_or(String::new(), |levels| format!(" of {levels} values each"));
    format!(
        "width {width}, {side} x {side} px; a code of {code} number(s){levels}{of} for each {every} frame(s), clip {}, sigma {:.4}",
        mechanism.clip, mechanism.sigma
    )
}

/// The network of movement in a line.
fn moving(config: &MotionConfig) -> String {
    let MotionConfig { width, signs, lag, cells, levels, hold, .. } = config;
    let held = if *hold > 0 { format!(", in sight for {hold} frames") } else { String::new() };
    format!(
        "width {width}; movement in {grid} x {grid} cells over {lag} frame(s), shown as {cells} x {cells} cells of {levels} \
         greys{held}",
        grid = signs.grid
    )
}

fn page<S>(card: &CardOf<S>, network: &str, bytes: usize) -> String {
    let mut page = format!(
        "{} ({} mode), {} kB\n\nprivacy   {}\nlicence   {}\nnetwork   {network}\n",
        card.name,
        card.mode.word(),
        bytes / 1000,
        card.privacy_claim,
        card.licence
    );
    if let Some(promise) = &card.promise {
        promise.not_covered.iter().for_each(|open| page += &format!("promise   does not cover {open}\n"));
    }
    let trained = &card.trained;
    page += &format!(
        "trained   {} steps, {:.0} minutes, seed {}, {}, commit {}\n",
        trained.steps, trained.minutes, trained.seed, trained.device, trained.commit
    );
    for source in &trained.data {
        page += &format!(
            "data      {}: {} items for {}, {}\n",
            source.name, source.items, source.role, source.licence
        );
    }
    page += "\nmeasured\n";
    for entry in &card.measured {
        let chance = entry.chance.map(|chance| format!("  chance {}", figure(chance))).unwrap_or_default();
        page += &format!("  {:<72} {}{chance}  n {}\n", entry.name, with_interval(entry), entry.n);
    }
    page += "\nlimits\n";
    for limit in &card.limits {
        page += &format!("  - {limit}\n");
    }
    page + &format!("\nsha256    {}\n", card.sha256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_underscores_stand_in_backticks_and_what_is_beside_them_does_not() {
        let found = marked("worst (who on some_set; 0 is chance), of a_b and c");
        assert_eq!(found, "worst (who on `some_set`; 0 is chance), of `a_b` and c", "the sentence");
    }
}
