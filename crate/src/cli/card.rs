//! `bauta card MODEL`.

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
    #[arg(long, conflicts_with = "row")]
    json: bool,
    /// Print the card as a row of the table of models (Markdown).
    #[arg(long)]
    row: bool,
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
        } else if self.row {
            println!("{}", row(card, artifact.weights().len()));
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

fn row(card: &Card, bytes: usize) -> String {
    let data: Vec<&str> = card.trained.data.iter().map(|source| source.name.as_str()).collect();
    let measured = card.measured.iter().map(|entry| {
        let chance = entry.chance.map(|chance| format!(" (chance {})", figure(chance))).unwrap_or_default();
        format!("{} {}{chance}, n {}", entry.name, figure(entry.value), entry.n)
    });
    let measured: Vec<String> = measured.collect();
    format!(
        "| {} | {} | {} | {} | {:.0} | {} | {} |",
        card.name,
        mode(card),
        bytes / 1000,
        data.join(", "),
        card.trained.minutes,
        measured.join("; "),
        card.privacy_claim
    )
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
        page += &format!("  {:<58} {}{chance}  n {}\n", entry.name, figure(entry.value), entry.n);
    }
    page += "\nlimits\n";
    for limit in &card.limits {
        page += &format!("  - {limit}\n");
    }
    page + &format!("\nsha256    {}\n", card.sha256)
}
