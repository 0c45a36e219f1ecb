//! A judgement: every transform on every set, and what comes of it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::interval::Estimate;
use super::protocol::{Asked, Fold, Question};
use super::report::{Control, FORMAT, Protocol, Report, Row, Subject, Summary};
use super::set::Set;
use super::tally::{
    self, Tally, balanced_accuracy, cmap, cmap_chance, leakage, right_answers, strongest, top1,
};
use super::trial::{LOOKS, Trial};
use super::{EvalError, Thoroughness};
use crate::attack::{Effort, Family};
use crate::data::ClipStore;
use crate::metrics::commonest;
use crate::transform::{Transform, apply, named};

/// Numbers of frames by which the temporal aggregation is shown.
const AGGREGATED: [usize; 5] = [1, 2, 4, 8, 16];
/// What is done: trials, of how many.
pub type Progress<'a> = dyn Fn(usize, usize) + Sync + 'a;

/// How and where a judgement is made.
pub struct Judge<'a> {
    /// How thorough it is.
    pub thoroughness: &'a Thoroughness,
    /// Where rewritten clips, attackers and answers are kept.
    pub cache: PathBuf,
    /// Hears which transform is judged next, and on which set.
    pub announce: &'a (dyn Fn(&str, &str) + Sync),
    /// Hears (trials done, trials in all) for each transform on each set.
    pub progress: &'a Progress<'a>,
}

/// What attackers made of one transform on one set: for each question, family by family.
struct Judged {
    retrained: Vec<Vec<Tally>>,
    raw_trained: Vec<Vec<Tally>>,
}

/// Who guesses, how long they learn, and of what seeds.
#[derive(Clone)]
struct Guessers {
    families: Vec<Family>,
    effort: Effort,
    seeds: u64,
}

impl Judge<'_> {
    /// Judges `transforms` on `sets`, side by side; `subject` is the place of the one that the summary is about.
    /// Raw clips and black ones are always judged too: they are the controls.
    ///
    /// # Errors
    /// [`EvalError`] if clips cannot be rewritten or answers cannot be kept.
    pub fn report(
        &self,
        sets: &[Set],
        transforms: &[&dyn Transform],
        subject: Option<usize>,
    ) -> Result<Report, EvalError> {
        let mut rows = vec![];
        let mut controls = vec![];
        let mut summary = Summary::default();
        for set in sets {
            (self.announce)("raw", &set.name);
            let raw = self.judged(set, &set.raw, self.thoroughness.seeds, None)?;
            let black = named("black").expect("a baseline");
            (self.announce)("black", &set.name);
            let shown = self.rewritten(black.as_ref(), set)?;
            let dark = self.judged(set, &shown, 1, None)?;
            controls.extend(set_controls(set, &raw, &dark, sets));
            rows.extend(rows_of(set, "raw", &raw, None));
            for (place, transform) in transforms.iter().enumerate() {
                let name = transform.name();
                if name == "raw" {
                    continue;
                }
                (self.announce)(&name, &set.name);
                let shown = self.rewritten(*transform, set)?;
                let judged = self.judged(set, &shown, self.thoroughness.seeds, Some(&set.raw))?;
                let found = rows_of(set, &name, &judged, Some(&raw));
                if subject == Some(place) {
                    summary = worse(&summary, &found);
                }
                rows.extend(found);
            }
        }
        let chosen = subject.map(|place| transforms[place]);
        let subject = Subject {
            name: chosen.map(|transform| transform.name()),
            key: chosen.map(|transform| transform.key()),
            size: sets.first().map_or(0, |set| set.raw.size()),
            effort: self.thoroughness.name.to_owned(),
            seeds: self.thoroughness.seeds as usize,
            void: controls.iter().any(|control: &Control| !control.passed),
        };
        Ok(Report { format: FORMAT, subject, rows, controls, summary })
    }

    fn rewritten(&self, transform: &dyn Transform, set: &Set) -> Result<ClipStore, EvalError> {
        Ok(apply(transform, &set.raw, &self.cache, &|_, _| ())?)
    }

    /// Lets attackers learn from `shown` and answer about it; where there are `raw` clips, others that learn
    /// from those answer about `shown` too.
    fn judged(
        &self,
        set: &Set,
        shown: &ClipStore,
        seeds: u64,
        raw: Option<&ClipStore>,
    ) -> Result<Judged, EvalError> {
        let all: Vec<Guessers> =
            set.questions.iter().map(|question| self.guessers(question, &set.raw, seeds)).collect();
        let count = |(question, guessers): (&Question, &Guessers)| {
            question.folds.len() * guessers.families.len() * guessers.seeds as usize
        };
        let of_one: usize = set.questions.iter().zip(&all).map(count).sum();
        let (done, total) = (AtomicUsize::new(0), of_one * (1 + usize::from(raw.is_some())));
        let step = || (self.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        let taught_by = |taught: &ClipStore| -> Result<Vec<Vec<Tally>>, EvalError> {
            let questions = set.questions.iter().zip(&all);
            questions
                .map(|(question, guessers)| self.tallies(question, guessers, (taught, shown), &step))
                .collect()
        };
        Ok(Judged { retrained: taught_by(shown)?, raw_trained: raw.map_or(Ok(vec![]), taught_by)? })
    }

    fn guessers(&self, question: &Question, store: &ClipStore, seeds: u64) -> Guessers {
        let Thoroughness { effort, action_steps, .. } = self.thoroughness;
        if question.asked == Asked::Action {
            let effort = Effort { temporal_steps: *action_steps, mirrored: false, ..effort.clone() };
            return Guessers { families: vec![Family::Temporal], effort, seeds };
        }
        let moves = store.clips().iter().any(|clip| clip.frames > 1);
        let fit = |family: &Family| effort.steps(*family) > 0 && (moves || *family != Family::Temporal);
        Guessers { families: Family::ALL.into_iter().filter(fit).collect(), effort: effort.clone(), seeds }
    }

    /// All families and seeds on all turns of one question, several at a time.
    fn tallies(
        &self,
        question: &Question,
        guessers: &Guessers,
        (taught, shown): (&ClipStore, &ClipStore),
        step: &(dyn Fn() + Sync),
    ) -> Result<Vec<Tally>, EvalError> {
        let Guessers { families, effort, seeds } = guessers;
        let classes = question.classes.len();
        // Turns that learn from the same pieces share an attacker, and must not teach it twice at once.
        let alike = || question.folds.chunk_by(|a, b| a.learn == b.learn);
        let work: Vec<(Family, u64, &[Fold])> = families
            .iter()
            .flat_map(|family| (0..*seeds).map(move |seed| (*family, seed)))
            .flat_map(|(family, seed)| alike().map(move |folds| (family, seed, folds)))
            .collect();
        let answered = work.par_iter().map(|(family, seed, folds)| {
            let (family, seed) = (*family, *seed);
            let of_fold = |fold| {
                let answers =
                    Trial { taught, fold, classes, family, effort, seed }.answers(shown, &self.cache);
                step();
                answers
            };
            folds.iter().map(of_fold).collect::<Result<Vec<_>, _>>()
        });
        let answered = answered.collect::<Result<Vec<_>, _>>()?.concat();
        let mut turns = answered.chunks(question.folds.len()).map(<[_]>::to_vec);
        let of_family = |family: &Family| Tally {
            family: *family,
            answers: turns.by_ref().take(*seeds as usize).collect(),
        };
        Ok(families.iter().map(of_family).collect())
    }
}

/// What one transform comes to on one set; `raw` is what raw clips come to, unless these are they.
fn rows_of(set: &Set, method: &str, judged: &Judged, raw: Option<&Judged>) -> Vec<Row> {
    let mut rows = vec![];
    for (place, question) in set.questions.iter().enumerate() {
        let page = Page { set: &set.name, method, question };
        rows.extend(page.of_attackers(&judged.retrained[place], Protocol::Retrained));
        if let Some(tallies) = judged.raw_trained.get(place) {
            rows.extend(page.top1(tallies, Protocol::RawTrained));
        }
        if let Some(raw) = raw {
            rows.extend(page.against(&judged.retrained[place], &raw.retrained[place]));
        }
    }
    rows
}

/// Where rows belong.
struct Page<'a> {
    set: &'a str,
    method: &'a str,
    question: &'a Question,
}

impl Page<'_> {
    fn row(
        &self,
        measure: &str,
        (protocol, tally): (Protocol, &Tally),
        chance: Option<f64>,
        estimate: Estimate,
    ) -> Row {
        let Estimate { value, low, high } = estimate;
        let by =
            if self.question.asked == Asked::Action { "fresh utility network" } else { tally.family.name() };
        Row {
            dataset: self.set.to_owned(),
            measure: format!("{}, {measure}", self.question.asked.name()),
            method: self.method.to_owned(),
            protocol,
            attacker: by.to_owned(),
            value,
            low,
            high,
            chance,
            n: right_answers(self.question).len(),
            seeds: tally.answers.len(),
        }
    }

    fn chance(&self) -> f64 {
        commonest(&right_answers(self.question))
    }

    fn top1(&self, tallies: &[Tally], protocol: Protocol) -> Option<Row> {
        let tally = strongest(self.question, tallies)?;
        let estimate = top1(&tally.hits(self.question, LOOKS), 0.95)?;
        Some(self.row("top-1", (protocol, tally), Some(self.chance()), estimate))
    }

    /// Everything the strongest attackers' answers tell.
    fn of_attackers(&self, tallies: &[Tally], protocol: Protocol) -> Vec<Row> {
        let mut rows: Vec<Row> = self.top1(tallies, protocol).into_iter().collect();
        let Some(tally) = strongest(self.question, tallies) else { return rows };
        let labels = right_answers(self.question);
        if matches!(self.question.asked, Asked::Attribute(_)) {
            let found = tally.figure(self.question, cmap);
            rows.extend(
                found.map(|found| self.row("cMAP", (protocol, tally), Some(cmap_chance(&labels)), found)),
            );
            let found = tally.figure(self.question, balanced_accuracy);
            let chance = Some(cmap_chance(&labels)); // a constant guess is right on one class
            rows.extend(found.map(|found| self.row("balanced accuracy", (protocol, tally), chance, found)));
        }
        let of_frames: Vec<&Tally> =
            tallies.iter().filter(|tally| tally.family != Family::Temporal).collect();
        let many = self.question.folds[0].ask.iter().any(|piece| piece.example.frames.len() > 1);
        if self.question.asked.is_private() && many {
            rows.extend(self.aggregation(&of_frames, protocol));
        }
        rows
    }

    /// How the strongest attacker that sees single frames gains by seeing more of them.
    fn aggregation(&self, tallies: &[&Tally], protocol: Protocol) -> Vec<Row> {
        let Some(tally) = tally::strongest_of(self.question, tallies) else { return vec![] };
        let of_count = |count: usize| {
            let estimate = top1(&tally.hits(self.question, count), 0.95)?;
            let measure = format!("top-1 from {count} frame{}", if count == 1 { "" } else { "s" });
            Some(self.row(&measure, (protocol, tally), Some(self.chance()), estimate))
        };
        AGGREGATED.into_iter().filter_map(of_count).collect()
    }

    /// What is told less often than of raw clips: leakage of what is private, the drop of the action.
    fn against(&self, tallies: &[Tally], raw: &[Tally]) -> Option<Row> {
        let (tally, raw) = (strongest(self.question, tallies)?, strongest(self.question, raw)?);
        let labels = right_answers(self.question);
        let (now, before) = (tally.hits(self.question, LOOKS), raw.hits(self.question, LOOKS));
        let by = (Protocol::Retrained, tally);
        if self.question.asked.is_private() {
            let estimate = leakage(&now, &before, &labels)?;
            return Some(self.row("NL", by, None, estimate));
        }
        let estimate = tally::drop(&now, &before, &labels)?;
        Some(self.row("drop in points", by, None, estimate))
    }
}

/// The controls of one set. Intervals are corrected for the number of questions of all sets (Bonferroni).
fn set_controls(set: &Set, raw: &Judged, dark: &Judged, all: &[Set]) -> Vec<Control> {
    let asked: usize = all.iter().map(|set| set.questions.len()).sum();
    let confidence = 1.0 - 0.05 / asked.max(1) as f64;
    let above = |judged: &Judged, place: usize, confidence: f64| {
        let question = &set.questions[place];
        let tally = strongest(question, &judged.retrained[place])?;
        let found = top1(&tally.hits(question, LOOKS), confidence)?;
        Some((found.low - commonest(&right_answers(question)), question))
    };
    let places = 0..set.questions.len();
    let breakable = places.clone().filter_map(|place| above(raw, place, 0.95));
    let private = set.questions.iter().any(|question| question.asked.is_private());
    let best =
        breakable.filter(|(_, question)| question.asked.is_private() == private).map(|(above, _)| above);
    let best = best.fold(f64::NEG_INFINITY, f64::max);
    let what = if private { "somebody or something private" } else { "the action" };
    let mut controls = vec![Control {
        name: format!("raw clips of {} tell {what}: lower end of top-1 above chance", set.name),
        passed: best > 0.0,
        value: best,
    }];
    controls.extend(places.filter_map(|place| above(dark, place, confidence)).map(|(above, question)| {
        Control {
            name: format!(
                "black clips of {} tell nothing of {}: lower end of top-1 not above chance",
                set.name,
                question.asked.name()
            ),
            passed: above <= 0.0,
            value: above,
        }
    }));
    controls
}

/// The summary with the rows of one more set: the worst of each figure counts.
fn worse(summary: &Summary, rows: &[Row]) -> Summary {
    let worst = |so_far: Option<f64>, so_high: Option<f64>, ending: &str| {
        let found = rows.iter().filter(|row| row.measure.ends_with(ending));
        let worst = found.max_by(|a, b| a.value.total_cmp(&b.value));
        match (worst, so_far) {
            (Some(row), Some(value)) if row.value <= value => (so_far, so_high),
            (Some(row), _) => (Some(row.value), Some(row.high)),
            (None, _) => (so_far, so_high),
        }
    };
    let (action_drop_points, action_drop_high) =
        worst(summary.action_drop_points, summary.action_drop_high, ", drop in points");
    let (leakage_nl, leakage_nl_high) = worst(summary.leakage_nl, summary.leakage_nl_high, ", NL");
    Summary { action_drop_points, action_drop_high, leakage_nl, leakage_nl_high, ..summary.clone() }
}
