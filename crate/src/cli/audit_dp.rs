//! `bauta audit-dp MODEL`.

use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};
use burn::tensor::Device;
use indicatif::{ProgressBar, ProgressStyle};

use crate::artifact::ArtifactOf;
use crate::audit::{Model, Plan, audit};
use crate::dp::accountant::Mu;
use crate::dp::evidence::{Finding, most_tellable};
use crate::dp::promise::DELTA;
use crate::engine::CodeModel;
use crate::model::DpConfig;

/// Try to break the promise of a model of mode dp: tell apart what it makes of two inputs, better than its card allows.
///
/// The inputs are the worst there are: opposite codes far longer than the clip, a broken code, two releases of one stream,
/// a black frame against a white one, and frames that must not be read at all. Each runs often through the model as the
/// product runs it, with noise of the system; from how often an attacker is right follows what the model tells at the
/// least (Clopper and Pearson), as mu and as epsilon at delta 1e-5. A promise can be broken so, and never be proved.
/// Exit code 1: it is broken.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct AuditDp {
    /// Model of mode dp: NAME.bpk with NAME.json beside it.
    model: PathBuf,
    /// Runs of each input that count, at least 10000; a fifth as many more are to learn from.
    #[arg(long, default_value_t = Plan::LEAST)]
    runs: usize,
}

const EXAMPLES: &str = "\
Examples:
  $ bauta audit-dp runs/dp/dp
  $ bauta audit-dp runs/dp/dp --runs 100000    # breaks promises that are broken by less";

impl AuditDp {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        ensure!(
            self.runs >= Plan::LEAST,
            "--runs {}: fewer than {} prove too little",
            self.runs,
            Plan::LEAST
        );
        let artifact = ArtifactOf::<DpConfig>::load(&self.model)?;
        let name = artifact.card().name.clone();
        let claimed = artifact.card().config.mechanism.mu();
        ensure!(claimed < Mu::NONE, "{name} has no noise and promises nothing; there is nothing to audit");
        let mut subject = Model::new(CodeModel::open(&artifact, &Device::flex())?);
        let bar = ProgressBar::no_length()
            .with_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} runs {eta}")?);
        let plan = Plan::new(self.runs);
        let findings = audit(&mut subject, plan, &mut |done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        })?;
        bar.finish_and_clear();
        print!("{}", table(&findings));
        let most = most_tellable(plan.runs, Plan::RISK / findings.len() as f64);
        println!(
            "with a chance of {} in 1000 to blame a model that keeps its promise; so many runs",
            1000.0 * Plan::RISK
        );
        println!("prove at most mu {:.3}{}", most.value(), beyond(claimed, most));
        broken(&self.model, &findings)
    }
}

/// What is to be said of a claim that no such audit can break.
fn beyond(claimed: Mu, most: Mu) -> &'static str {
    if claimed < most {
        "."
    } else {
        ", less than is claimed: only a nearer pair, ways around the noise and frames that are read are put to the test."
    }
}

/// A line for each pair.
fn table(findings: &[Finding]) -> String {
    let line = |[tried, found, claimed, verdict]: [String; 4]| {
        format!("{tried:<60} {found:>24} {claimed:>24}  {verdict}\n")
    };
    let of = |mu: Mu| format!("mu {:.3} (eps {:.3})", mu.value(), mu.epsilon(DELTA).unwrap_or(f64::INFINITY));
    let head = ["told apart", "at least", "claimed at most", ""].map(String::from);
    let rows = findings.iter().map(|finding| {
        let verdict = if finding.exceeds() { "BROKEN" } else { "kept" };
        line([finding.tried.clone(), of(finding.found), of(finding.claimed), verdict.into()])
    });
    std::iter::once(line(head)).chain(rows).collect()
}

fn broken(model: &Path, findings: &[Finding]) -> anyhow::Result<()> {
    let broken: Vec<&str> =
        findings.iter().filter(|finding| finding.exceeds()).map(|finding| finding.tried.as_str()).collect();
    if broken.is_empty() {
        return Ok(());
    }
    bail!(
        "{} breaks its promise ({}); do not use it for anything that the promise is needed for",
        model.display(),
        broken.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_finding_beyond_its_claim_breaks_the_promise_and_is_named() {
        let mu = |value: f64| Mu::new(value).expect("a mu");
        let finding = |tried: &str, found: f64| Finding {
            tried: tried.into(),
            claimed: mu(1.0),
            found: mu(found),
            runs: 9,
        };
        let (kept, beyond) = (finding("a", 0.99), finding("b", 1.01));
        assert!(broken(Path::new("m"), &[kept.clone(), kept.clone()]).is_ok(), "nothing is broken");
        let error = broken(Path::new("m"), &[kept.clone(), beyond.clone()]).expect_err("broken").to_string();
        assert!(error.contains("m breaks its promise (b)"), "{error}");
        let table = table(&[kept, beyond]);
        assert!(table.contains("mu 1.010 (eps 4.4"), "{table}");
        assert_eq!((table.matches("kept").count(), table.matches("BROKEN").count()), (1, 1), "{table}");
    }
}
