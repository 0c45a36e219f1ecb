//! What is asked about a set, and which clips teach, choose and judge. Clips are never on two sides, and neither
//! are people where actions are asked, nor actions where people are.

use std::collections::BTreeSet;

use crate::attack::Example;
use crate::data::{ClipInfo, ClipStore, Split};

/// In how many groups people are dealt when actions are asked.
const PEOPLE: usize = 4;
/// In how many groups actions are dealt when people are asked: one judges, one chooses.
const ACTIONS: usize = 3;
/// The fewest frames of a clip that is cut in halves.
const LEAST_HALVED: usize = 16;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// What does the person do? Of people nobody has learnt from.
    Action,
    /// Who is it? Of actions nobody has learnt from.
    IdentityAcross,
    /// Who is it? Of the second halves of clips whose first halves are known.
    IdentityWithin,
    /// An attribute: of pictures nobody has learnt from.
    Attribute(String),
}

impl Asked {
    /// As reports call it.
    pub fn name(&self) -> &str {
        match self {
            Self::Action => "action",
            Self::IdentityAcross => "identity across actions",
            Self::IdentityWithin => "identity within a session",
            Self::Attribute(name) => name,
        }
    }

    /// Whether it is about what must be hidden.
    pub fn is_private(&self) -> bool {
        *self != Self::Action
    }
}

/// A clip or a half of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The place of its clip in [`ClipStore::clips`].
    pub clip: usize,
    /// Its frames and the right answer.
    pub example: Example,
}

/// One turn of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Attackers learn from these.
    pub learn: Vec<Piece>,
    /// The strongest attacker is chosen by these; empty where there is nothing to choose.
    pub choose: Vec<Piece>,
    /// The figures come from these.
    pub ask: Vec<Piece>,
}

/// What is asked about a set, in turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub asked: Asked,
    /// The answers there are, sorted.
    pub classes: Vec<String>,
    /// The turns; nobody is asked about in two of them.
    pub folds: Vec<Fold>,
}

/// What is known of a set beyond its clips.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Actions by which people are always known and never asked about.
    pub gallery: Vec<String>,
    /// Attributes that are private.
    pub attributes: Vec<String>,
}

/// Every question that the clips of a set can answer:
///
/// - the action: of test clips, learnt from training clips, where the set has a split of its own; else of each
///   quarter of the people in turn (each person, if there are fewer than four), learnt from all others;
/// - identity across actions: of each third of the actions that are no gallery, chosen by another, learnt from
///   the rest and the gallery;
/// - identity within a session: of the second halves of clips of at least 16 frames, learnt from the first;
///   every second clip chooses for the others;
/// - each private attribute: of test clips, chosen by validation clips, learnt from training clips.
///
/// A question is left out where fewer than two answers are possible.
pub fn questions(store: &ClipStore, rules: &Rules) -> Vec<Question> {
    let attributes = rules.attributes.iter().map(|name| attribute(store, name));
    let identity = [across(store, &rules.gallery), within(store)];
    std::iter::once(action(store)).chain(identity).chain(attributes).flatten().collect()
}

impl Question {
    /// Leaves out pieces whose answer could not be learnt, and turns that ask nothing.
    fn new(asked: Asked, classes: BTreeSet<&str>, mut folds: Vec<Fold>) -> Option<Self> {
        for fold in &mut folds {
            let learnt: BTreeSet<usize> = fold.learn.iter().map(|piece| piece.example.label).collect();
            fold.choose.retain(|piece| learnt.contains(&piece.example.label));
            fold.ask.retain(|piece| learnt.contains(&piece.example.label));
        }
        folds.retain(|fold| !fold.ask.is_empty());
        let asked_about = folds.iter().flat_map(|fold| &fold.ask);
        let answers: BTreeSet<usize> = asked_about.map(|piece| piece.example.label).collect();
        let classes = classes.into_iter().map(String::from).collect();
        (answers.len() > 1).then_some(Self { asked, classes, folds })
    }
}

/// A clip with the answer to a question, and what decides its side.
struct Labelled<'a> {
    clip: usize,
    answer: &'a str,
    side: &'a str,
}

fn labelled<'a>(
    store: &'a ClipStore,
    of: impl Fn(&'a ClipInfo) -> Option<(&'a str, &'a str)>,
) -> Vec<Labelled<'a>> {
    let clips = store.clips().iter().enumerate();
    let known =
        clips.filter_map(|(clip, info)| of(info).map(|(answer, side)| Labelled { clip, answer, side }));
    known.collect()
}

fn answers<'a>(clips: &[Labelled<'a>]) -> BTreeSet<&'a str> {
    clips.iter().map(|clip| clip.answer).collect()
}

/// The frames from `from` to `to`, as shares of a clip.
fn piece(store: &ClipStore, clip: &Labelled<'_>, classes: &BTreeSet<&str>, (from, to): (f64, f64)) -> Piece {
    let info = &store.clips()[clip.clip];
    let at = |share: f64| info.first + (share * info.frames as f64) as usize;
    let label = classes.iter().position(|class| *class == clip.answer).expect("one of the classes");
    Piece { clip: clip.clip, example: Example { frames: (at(from)..at(to)).collect(), label } }
}

/// The whole clips whose side is one of `sides`.
fn whole(store: &ClipStore, clips: &[Labelled<'_>], classes: &BTreeSet<&str>, sides: &[&str]) -> Vec<Piece> {
    let chosen = clips.iter().filter(|clip| sides.contains(&clip.side));
    chosen.map(|clip| piece(store, clip, classes, (0.0, 1.0))).collect()
}

/// The values dealt into at most `groups` groups of neighbours.
fn dealt<'a>(values: &[&'a str], groups: usize) -> Vec<Vec<&'a str>> {
    let groups = groups.min(values.len());
    let group = |nth: usize| values[nth * values.len() / groups..(nth + 1) * values.len() / groups].to_vec();
    (0..groups).map(group).collect()
}

/// All but the groups at `without`.
fn others<'a>(groups: &[Vec<&'a str>], without: &[usize]) -> Vec<&'a str> {
    let rest = groups.iter().enumerate().filter(|(place, _)| !without.contains(place));
    rest.flat_map(|(_, group)| group.iter().copied()).collect()
}

fn action(store: &ClipStore) -> Option<Question> {
    let split = store.clips().iter().any(|clip| clip.split == Split::Test && clip.action.is_some());
    let clips = labelled(store, |clip| {
        let side = if split { Some(clip.split.word()) } else { clip.subject.as_deref() };
        Some((clip.action.as_deref()?, side?))
    });
    let classes = answers(&clips);
    let part = |sides: &[&str]| whole(store, &clips, &classes, sides);
    let folds = if split {
        vec![Fold { learn: part(&["train"]), choose: vec![], ask: part(&["test"]) }]
    } else {
        let people: BTreeSet<&str> = clips.iter().map(|clip| clip.side).collect();
        let groups = dealt(&people.into_iter().collect::<Vec<_>>(), PEOPLE);
        let turn = |nth: usize| Fold {
            learn: part(&others(&groups, &[nth])),
            choose: vec![],
            ask: part(&groups[nth]),
        };
        (0..groups.len()).map(turn).collect()
    };
    Question::new(Asked::Action, classes.clone(), folds)
}

fn across(store: &ClipStore, gallery: &[String]) -> Option<Question> {
    let clips = labelled(store, |clip| Some((clip.subject.as_deref()?, clip.action.as_deref()?)));
    let classes = answers(&clips);
    let actions: BTreeSet<&str> = clips.iter().map(|clip| clip.side).collect();
    let (known, asked): (Vec<&str>, Vec<&str>) =
        actions.into_iter().partition(|action| gallery.iter().any(|known| known == action));
    let groups = dealt(&asked, ACTIONS);
    let part = |sides: &[&str]| whole(store, &clips, &classes, sides);
    let turn = |nth: usize| {
        let next = (nth + 1) % groups.len();
        let learn = [known.clone(), others(&groups, &[nth, next])].concat();
        Fold { learn: part(&learn), choose: part(&groups[next]), ask: part(&groups[nth]) }
    };
    let folds = if groups.len() > 1 { (0..groups.len()).map(turn).collect() } else { vec![] };
    Question::new(Asked::IdentityAcross, classes.clone(), folds)
}

fn within(store: &ClipStore) -> Option<Question> {
    let mut clips = labelled(store, |clip| {
        (clip.frames >= LEAST_HALVED).then_some((clip.subject.as_deref()?, clip.name.as_str()))
    });
    clips.sort_by_key(|clip| clip.side);
    let classes = answers(&clips);
    let learn: Vec<Piece> = clips.iter().map(|clip| piece(store, clip, &classes, (0.0, 0.5))).collect();
    let second = |parity: usize| -> Vec<Piece> {
        let every_second = clips.iter().skip(parity).step_by(2);
        every_second.map(|clip| piece(store, clip, &classes, (0.5, 1.0))).collect()
    };
    let turn = |nth: usize| Fold { learn: learn.clone(), choose: second(1 - nth), ask: second(nth) };
    Question::new(Asked::IdentityWithin, classes.clone(), vec![turn(0), turn(1)])
}

fn attribute(store: &ClipStore, name: &str) -> Option<Question> {
    let clips = labelled(store, |clip| Some((clip.attributes.get(name)?.as_str(), clip.split.word())));
    let classes = answers(&clips);
    let part = |side: &str| whole(store, &clips, &classes, &[side]);
    let fold = Fold { learn: part("train"), choose: part("validation"), ask: part("test") };
    Question::new(Asked::Attribute(name.to_owned()), classes.clone(), vec![fold])
}

#[cfg(test)]
mod tests;
