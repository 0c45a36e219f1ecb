//! `bauta card MODEL`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::artifact::{Artifact, Card, Mode};

/// Show what a model is, what it was trained on, what was measured, and what it is not good for.
///
/// The weights are checked against the card first.
#[derive(clap::Args)]
pub(super) struct ShowCard {
    /// Model: NAME.bpk with NAME.json beside it [default: the built-in bauta-s].
    model: Option<PathBuf>,
    /// Print the card as JSON.
    #[arg(long, conflicts_with = "table")]
    json: bool,
    /// Print the card as tables for a README (Markdown).
    #[arg(long)]
    table: bool,
}

impl ShowCard {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let artifact = match &self.model {
            Some(path) => Artifact::load(path)?,
            None => Artifact::built_in()?,
        };
        let card = artifact.card();
        if self.json {
            println!("{}", serde_json::to_string_pretty(card)?);
        } else if self.table {
            print!("{}", table(card, artifact.weights().len()));
        } else {
            print!("{}", page(card, artifact.weights().len()));
        }
        Ok(())
    }
}

/// The mode as the card's file spells it.
fn mode(card: &Card) -> &'static str {
    match card.mode {
        Mode::Learned => "learned",
    }
}

fn figure(value: f64) -> String {
    format!("{value:.3}")
}

/// One table on what the model is and one on what was measured. Names stand in backticks: they hold
/// underscores.
fn table(card: &Card, bytes: usize) -> String {
    let data: BTreeSet<&str> = card.trained.data.iter().map(|source| source.name.as_str()).collect();
    let data: Vec<String> = data.iter().map(|name| format!("`{name}`")).collect();
    let mut table = format!(
        "| model | mode | kB | trained on | minutes |\n| --- | --- | --- | --- | --- |\n| {} | {} | {} | {} | {:.0} |\n",
        card.name,
        mode(card),
        bytes / 1000,
        data.join(", "),
        card.trained.minutes,
    );
    table += &format!("\n| {}: measured | value | chance | n |\n| --- | --- | --- | --- |\n", card.name);
    for entry in &card.measured {
        let chance = entry.chance.map_or_else(|| "-".into(), figure);
        table += &format!("| `{}` | {} | {chance} | {} |\n", entry.name, figure(entry.value), entry.n);
    }
    table + &format!("\n{}: {}.\n", card.name, card.privacy_claim)
}

fn page(card: &Card, bytes: usize) -> String {
    let mut page = format!(
        "{} ({} mode), {} kB\n\nprivacy   {}\nlicence   {}\nnetwork   width {}, {} px longest side\n",
        card.name,
        mode(card),
        bytes / 1000,
        card.privacy_claim,
        card.licence,
        card.config.width,
        card.config.long_side
    );
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
        page += &format!("  {:<72} {}{chance}  n {}\n", entry.name, figure(entry.value), entry.n);
    }
    page += "\nlimits\n";
    for limit in &card.limits {
        page += &format!("  - {limit}\n");
    }
    page + &format!("\nsha256    {}\n", card.sha256)
}
