//! What a person sees of a training run: a bar with the time that is left, and a few lines that say how the game
//! stands. Where there is no terminal, a plain line every now and then.

use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use crate::metrics::{Reading, strongest};
use crate::train::{ACTION, PenaltyKind, Progress, TrainConfig};

/// Time between two lines where there is no terminal.
const EVERY: Duration = Duration::from_secs(30);

/// The view of one run.
pub(super) struct View {
    bar: ProgressBar,
    preparation: u64,
    penalty: PenaltyKind,
    /// When the last plain line was written; `None` on a terminal.
    plain: Option<Instant>,
    began: (Instant, Option<u64>),
}

impl View {
    pub(super) fn open(config: &TrainConfig) -> anyhow::Result<Self> {
        let style =
            ProgressStyle::with_template("{prefix:<12} {wide_bar} {pos}/{len}  {elapsed} gone\n{msg}")?;
        let bar = ProgressBar::new(config.schedule.total()).with_style(style);
        let plain = bar.is_hidden().then(Instant::now);
        let preparation = config.schedule.preparation();
        Ok(Self { bar, preparation, penalty: config.penalty.kind, plain, began: (Instant::now(), None) })
    }

    /// Shows where the run stands.
    pub(super) fn show(&mut self, progress: &Progress<'_>) {
        let first = *self.began.1.get_or_insert(progress.done.saturating_sub(1));
        let left = left(self.began.0.elapsed(), progress.done - first, progress.total - progress.done);
        let phase = if progress.done <= self.preparation { "preparing" } else { "the game" };
        let lines = describe(progress, self.penalty);
        if let Some(last) = &mut self.plain {
            if last.elapsed() >= EVERY || progress.done == progress.total {
                *last = Instant::now();
                let joined = lines.join("; ");
                println!("{phase} {}/{}, {left} left: {joined}", progress.done, progress.total);
            }
            return;
        }
        self.bar.set_prefix(phase);
        self.bar.set_position(progress.done);
        let mut lines = lines;
        lines.insert(0, format!("{left} left"));
        self.bar
            .set_message(lines.into_iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"));
    }

    pub(super) fn close(self) {
        self.bar.finish_and_clear();
    }
}

/// What is left at the pace of this sitting.
fn left(gone: Duration, done: u64, to_do: u64) -> String {
    HumanDuration(gone.mul_f64(to_do as f64 / done.max(1) as f64)).to_string()
}

/// One line a player, each value beside the one that means ignorance or the one that is allowed.
fn describe(progress: &Progress<'_>, penalty: PenaltyKind) -> Vec<String> {
    let line = progress.line;
    let mut lines = vec![];
    if let Some(copy) = line.copy {
        lines.push(format!("anonymizer: learns to copy, off by {copy:.3} of 1"));
    }
    if let Some(code) = line.code {
        lines.push(format!(
            "anonymizer: codes tell actions, {code:.2} (chance {:.2})",
            progress.utility_chance
        ));
    }
    if let Some(l_t) = line.utility.or(line.utility_branch) {
        let seen = read(progress, |reading| reading.asked == ACTION);
        lines.push(format!("action:     L_T {l_t:.2} (chance {:.2}){seen}", progress.utility_chance));
    }
    if let Some(l_b) = line.privacy_branch {
        let heads =
            line.heads_branch.map(|share| format!(", heads {share:.2} of chance")).unwrap_or_default();
        let seen = read(progress, |reading| reading.asked != ACTION);
        lines.push(format!("privacy:    L_B {l_b:.2} (chance {:.2}){heads}{seen}", progress.privacy_chance));
    }
    if let (Some(distance), Some(budget), Some(weight)) = (line.distance, line.budget, line.penalty_weight) {
        lines.push(match penalty {
            PenaltyKind::None => format!("penalty:    none; frames are changed by RMS {distance:.3}"),
            _ => format!("penalty:    distance {distance:.3} of budget {budget:.3}, lambda {weight:.2}"),
        });
    }
    lines
}

/// What the last validation found, the strongest guesser of each question.
fn read(progress: &Progress<'_>, wanted: impl Fn(&Reading) -> bool) -> String {
    let raw = strongest(progress.raw);
    let Some(validation) = progress.validation else { return String::new() };
    let found = strongest(&validation.readings).into_iter().filter(wanted);
    let shown = found.map(|reading| {
        let raw = raw.iter().find(|raw| raw.asks_what(&reading));
        let raw = raw.map_or(String::new(), |raw| format!("raw {:.2}, ", raw.top1));
        let Reading { asked, set, top1, chance, .. } = reading;
        format!("; {asked} on {set} {top1:.2} ({raw}chance {chance:.2})")
    });
    shown.collect()
}
