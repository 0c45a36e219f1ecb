//! From what attackers answered to the rows of a report.

use super::interval::Estimate;
use super::protocol::{Asked, Question};
use super::report::{Protocol, Row};
use super::set::Set;
use super::tally::{
    self, Tally, balanced_accuracy, cmap, cmap_chance, leakage, right_answers, strongest, top1,
};
use super::trial::LOOKS;
use super::verify::{FAR, Figure, verification};
use crate::attack::Family;
use crate::metrics::commonest;

/// Numbers of frames by which the temporal aggregation is shown.
const AGGREGATED: [usize; 5] = [1, 2, 4, 8, 16];

/// What attackers made of one transform on one set: for each question, family by family.
pub(super) struct Judged {
    /// By attackers that learnt from clips that were rewritten alike.
    pub(super) retrained: Vec<Vec<Tally>>,
    /// By attackers that learnt from raw clips; nothing for raw clips themselves.
    pub(super) raw_trained: Vec<Vec<Tally>>,
}

impl Judged {
    /// For each clip a question asks about, how often the strongest retrained attackers are right.
    pub(super) fn hits(&self, place: usize, question: &Question) -> Option<Vec<f64>> {
        Some(strongest(question, &self.retrained[place])?.hits(question, LOOKS))
    }
}

/// What one transform comes to on one set; `raw` is what raw clips come to, unless these are they.
pub(super) fn rows_of(set: &Set, method: &str, judged: &Judged, raw: Option<&Judged>) -> Vec<Row> {
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
        if question.asked == Asked::IdentityAcross {
            let known = raw.unwrap_or(judged);
            let from_raw = judged.raw_trained.get(place).unwrap_or(&known.retrained[place]);
            rows.extend(page.verified(&judged.retrained[place], (from_raw, &known.retrained[place])));
        }
    }
    rows
}

/// How often people are named in reconstructed clips, by the strongest attackers of raw ones.
pub(super) fn recognised(set: &str, method: &str, question: &Question, tallies: &[Tally]) -> Option<Row> {
    let row = Page { set, method, question }.top1(tallies, Protocol::Retrained)?;
    Some(Row { measure: "identity on reconstructions, top-1".into(), ..row })
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

    /// Whether two clips show the same person: both rewritten, told by attackers that learnt from such; and one
    /// of them raw, told by the attackers that learnt `from_raw`, of which `known` is what they say of raw clips.
    fn verified(&self, retrained: &[Tally], (from_raw, known): (&[Tally], &[Tally])) -> Vec<Row> {
        let mut rows = vec![];
        if let Some(tally) = strongest(self.question, retrained) {
            rows.extend(self.verification((tally, tally), "among anonymized", Protocol::Retrained));
        }
        let seen = strongest(self.question, from_raw);
        let gallery = seen.and_then(|seen| known.iter().find(|tally| tally.family == seen.family));
        if let (Some(seen), Some(gallery)) = (seen, gallery) {
            rows.extend(self.verification((seen, gallery), "to raw", Protocol::RawTrained));
        }
        rows
    }

    fn verification(&self, pair: (&Tally, &Tally), gallery: &str, protocol: Protocol) -> Vec<Row> {
        let figures = verification(self.question, pair);
        let row = |(figure, chance, estimate): (Figure, f64, Estimate)| Row {
            measure: format!("verification, {} {gallery}", figure.name()),
            ..self.row("", (protocol, pair.0), Some(chance), estimate)
        };
        let chance = |figure| if figure == Figure::Auc { 0.5 } else { FAR };
        figures.into_iter().map(|(figure, estimate)| row((figure, chance(figure), estimate))).collect()
    }
}
