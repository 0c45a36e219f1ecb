//! `bauta dp`.

use anyhow::ensure;

use crate::dp::accountant::Mu;

/// Say what a differential-privacy budget promises: epsilon, the noise it needs, and what no attacker can do.
///
/// The budget is for everything that an attacker sees, in as many releases as are named; each release gets an equal
/// share. It is stated as mu of Gaussian differential privacy or as epsilon at a delta. Two inputs count as neighbours
/// if one frame or clip stands in place of another. Nothing is computed on a picture here.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Dp {
    /// The budget as mu: at least 0, 1 is strong, 4 is weak, inf promises nothing.
    #[arg(long, required_unless_present = "epsilon")]
    mu: Option<f64>,
    /// The budget as epsilon at --delta.
    #[arg(long, conflicts_with = "mu")]
    epsilon: Option<f64>,
    /// The chance with which epsilon may be missed, between 0 and 1.
    #[arg(long, default_value_t = 1e-5)]
    delta: f64,
    /// How many releases the budget is for, such as the codes of a minute of video.
    #[arg(long, default_value_t = 1, value_name = "N")]
    releases: u64,
    /// Among how many people the attacker has to find the right one.
    #[arg(long, default_value_t = 9, value_name = "M")]
    people: usize,
    /// Among how many actions the service has to find the right one.
    #[arg(long, default_value_t = 4, value_name = "M")]
    actions: usize,
}

const EXAMPLES: &str = "\
Examples:
  $ bauta dp --mu 1
  $ bauta dp --epsilon 2 --delta 1e-6 --releases 60 --people 20 --actions 10";

impl Dp {
    pub(super) fn run(self) -> anyhow::Result<()> {
        ensure!(self.releases > 0, "--releases 0: without a release nothing is told; name at least 1");
        let total = match (self.mu, self.epsilon) {
            (Some(mu), _) => Mu::new(mu)?,
            (None, Some(epsilon)) => Mu::of_epsilon(epsilon, self.delta)?,
            (None, None) => unreachable!("clap wants one of them"),
        };
        let each = total.share(self.releases);
        println!(
            "budget             mu {:.4}, epsilon {:.4} at delta {:e}",
            total.value(),
            total.epsilon(self.delta)?,
            self.delta
        );
        println!(
            "each of {:<10} mu {:.4}, noise {:.4} times the sensitivity",
            self.releases,
            each.value(),
            each.noise_over_sensitivity()
        );
        println!("no attacker, however good, from everything that is released:");
        println!(
            "  names the right one of {} people more often than {:.1} % (by luck {:.1} %)",
            self.people,
            100.0 * total.ceiling(self.people)?,
            100.0 / self.people as f64
        );
        println!(
            "  tells two inputs apart more often than {:.1} % (by luck 50.0 %)",
            100.0 * total.two_way_ceiling()
        );
        println!("and no service:");
        println!(
            "  names the right one of {} actions more often than {:.1} % (by luck {:.1} %)",
            self.actions,
            100.0 * total.ceiling(self.actions)?,
            100.0 / self.actions as f64
        );
        Ok(())
    }
}
