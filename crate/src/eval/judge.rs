//! A judgement: every transform on every set.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::compare::{self, Contender, differences};
use super::controls::set_controls;
use super::flicker;
use super::guessers::Guessers;
use super::membership;
use super::protocol::{Asked, Fold, Question};
use super::proven;
use super::reconstruct::{self, Reconstruction};
use super::reidentify;
use super::report::{Control, FORMAT, Method, Report, Row, Subject, Summary};
use super::rows::{Judged, recognised, rows_of};
use super::set::Set;
use super::tally::Tally;
use super::trial::Trial;
use super::{EvalError, Thoroughness};
use crate::attack::Family;
use crate::data::ClipStore;
use crate::outside::ReIdentifier;
use crate::transform::{RAW, Transform, apply, named};

/// The filter that never learnt, to which a trained one is compared.
const UNTRAINED: &str = "blur-strong";
/// What is done: trials, of how many.
pub type Progress<'a> = dyn Fn(usize, usize) + Sync + 'a;

/// How and where a judgement is made.
pub struct Judge<'a> {
    /// How thorough it is.
    pub thoroughness: &'a Thoroughness,
    /// Where rewritten clips, attackers and answers are kept.
    pub cache: PathBuf,
    /// A network by others that is asked who is seen; `None` where there is none.
    pub reidentifier: Option<&'a ReIdentifier>,
    /// Hears which transform is judged next, and on which set.
    pub announce: &'a (dyn Fn(&str, &str) + Sync),
    /// Hears (trials done, trials in all) for each transform on each set.
    pub progress: &'a Progress<'a>,
}

/// What is judged.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// The transforms, side by side. Raw clips and black ones are always judged too: they are the controls.
    pub transforms: &'a [&'a dyn Transform],
    /// The place of the one that the summary is about.
    pub subject: Option<usize>,
    /// People that the subject was trained on, where that is known: then it is asked whether they can be told.
    pub members: &'a [String],
    /// The first of those that are compared with each other, clip by clip; all from there on are.
    pub compared_from: Option<usize>,
}

impl Judge<'_> {
    /// Judges the transforms of `task` on `sets`.
    ///
    /// # Errors
    /// [`EvalError`] if clips cannot be rewritten or answers cannot be kept.
    pub fn report(&self, sets: &[Set], task: Task<'_>) -> Result<Report, EvalError> {
        let subject = task.subject.map(|place| task.transforms[place]);
        let method = |transform: &&dyn Transform| Method {
            name: transform.name(),
            key: transform.key(),
            trained_on: transform.trained_on(),
        };
        let mut report = Report {
            format: FORMAT,
            subject: Subject {
                name: subject.map(Transform::name),
                key: subject.map(Transform::key),
                size: sets.first().map_or(0, |set| set.raw.size()),
                effort: self.thoroughness.name.to_owned(),
                seeds: self.thoroughness.seeds as usize,
                void: false,
            },
            methods: task.transforms.iter().map(method).collect(),
            rows: vec![],
            controls: vec![],
            differences: vec![],
            summary: Summary::default(),
        };
        for set in sets {
            self.on_set(set, sets, task, &mut report)?;
        }
        report.subject.void = report.controls.iter().any(|control: &Control| !control.passed);
        Ok(report)
    }

    /// Adds what comes of one set.
    fn on_set(&self, set: &Set, all: &[Set], task: Task<'_>, report: &mut Report) -> Result<(), EvalError> {
        let raw = self.controlled(set, all, report)?;
        let mut contenders = vec![];
        for (place, transform) in task.transforms.iter().enumerate() {
            let name = transform.name();
            if name == RAW {
                continue;
            }
            (self.announce)(&name, &set.name);
            let shown = self.rewritten(*transform, set)?;
            let judged = self.judged(set, &shown, self.thoroughness.seeds, Some(&set.raw))?;
            let mut rows = rows_of(set, &name, &judged, Some(&raw));
            rows.extend(self.reidentified(set, &name, &shown)?);
            rows.extend(self.undone(set, &name, &shown)?);
            rows.extend(proven::rows(set, *transform));
            rows.extend(flicker::row(set, &name, &shown));
            report.controls.extend(proven::controls(&rows));
            if task.subject == Some(place) {
                let filter = self.rewritten(named(UNTRAINED).expect("a baseline").as_ref(), set)?;
                rows.extend(membership::rows(set, &name, task.members, (&shown, &filter)));
                report.summary = worse(&report.summary, &rows);
            }
            report.rows.extend(rows);
            if task.compared_from.is_some_and(|first| place >= first) {
                contenders.push(Contender { name, judged });
            }
        }
        let comparisons = compare::count(all, contenders.len());
        report.differences.extend(differences((&set.name, &set.questions), &contenders, comparisons));
        Ok(())
    }

    /// Adds the rows of raw clips and the controls, and gives what attackers made of raw clips.
    fn controlled(&self, set: &Set, all: &[Set], report: &mut Report) -> Result<Judged, EvalError> {
        (self.announce)(RAW, &set.name);
        let raw = self.judged(set, &set.raw, self.thoroughness.seeds, None)?;
        (self.announce)("black", &set.name);
        let black = self.rewritten(named("black").expect("a baseline").as_ref(), set)?;
        let dark = self.judged(set, &black, 1, None)?;
        report.controls.extend(set_controls(set, &raw, &dark, all));
        report.rows.extend(rows_of(set, RAW, &raw, None));
        report.rows.extend(self.reidentified(set, RAW, &set.raw)?);
        let undone = self.undone(set, RAW, &set.raw)?;
        report.controls.extend(reconstruct::controls(set, &undone, &self.undone(set, "black", &black)?));
        report.rows.extend(undone);
        Ok(raw)
    }

    fn rewritten(&self, transform: &dyn Transform, set: &Set) -> Result<ClipStore, EvalError> {
        Ok(apply(transform, &set.raw, &self.cache, &|_, _| ())?)
    }

    /// What the network by others recognises.
    fn reidentified(&self, set: &Set, method: &str, shown: &ClipStore) -> Result<Vec<Row>, EvalError> {
        let asked = self.reidentifier.filter(|_| set.asks(&Asked::IdentityAcross));
        asked.map_or(Ok(vec![]), |network| reidentify::rows(network, set, method, shown, &self.cache))
    }

    /// What can be undone, and who is recognised by attackers of raw clips in what was.
    fn undone(&self, set: &Set, method: &str, shown: &ClipStore) -> Result<Vec<Row>, EvalError> {
        let steps = self.thoroughness.inverse_steps;
        let Some(found) = Reconstruction::of(set, shown, steps, &self.cache)? else { return Ok(vec![]) };
        let mut rows = found.rows(set, method);
        for question in set.questions.iter().filter(|question| question.asked == Asked::IdentityAcross) {
            let seeds = self.thoroughness.seeds;
            let guessers = Guessers::of(question, self.thoroughness, set.moves(), seeds);
            let tallies = self.tallies(question, &guessers, (&set.raw, &found.store), &|| ())?;
            rows.extend(recognised(&set.name, method, question, &tallies));
        }
        Ok(rows)
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
        let guessers = |question| Guessers::of(question, self.thoroughness, set.moves(), seeds);
        let all: Vec<Guessers> = set.questions.iter().map(guessers).collect();
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
