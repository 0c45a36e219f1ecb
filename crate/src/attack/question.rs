//! What attackers are asked, and about whom.

use std::collections::BTreeSet;

use crate::data::{ClipInfo, ClipStore, Split, spread};
use crate::rng::Seed;

/// The most pictures to learn from: what is needed to tell leakage, not to tell all of it.
const MOST_KNOWN: usize = 1_500;
/// The most pictures to be asked about; the 95 % interval of a share of 600 is at most 0.08 wide.
const MOST_ASKED: usize = 600;
/// The most pictures of a clip, for learning and for asking. Neighbours are near-duplicates.
const OF_A_CLIP: (usize, usize) = (12, 8);
/// In how many turns identity is asked: more would leave more to learn from, and take longer.
pub const TURNS: usize = 3;
/// The seed by which clips are chosen where there are too many. A constant: the same clips every time.
const CHOICE: Seed = Seed(0);

/// A picture and what there is to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its number over the whole store.
    pub frame: usize,
    /// The place of its clip in [`ClipStore::clips`].
    pub clip: usize,
    /// The right answer: a place in [`Question::classes`].
    pub label: usize,
}

/// Something private, pictures to learn it from, and pictures of other clips to be asked about. What is asked in
/// turns (about some clips, then about others) is several of these with the same `what`, `set` and `classes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// `identity`, or the name of an attribute.
    pub what: String,
    /// The set that all pictures are from.
    pub set: String,
    /// The answers there are, at least two, sorted; each is shown by some known picture, of this turn or another.
    pub classes: Vec<String>,
    /// Pictures to learn from; those of a clip lie one after the other.
    pub known: Vec<Picture>,
    /// Pictures to be asked about, of classes that known pictures show; those of a clip lie one after the other.
    pub asked: Vec<Picture>,
}

/// Every question the clips of a store can answer, set by set (a clip's name begins with its set's and `/`):
///
/// - `identity`: who is it? Asked in up to [`TURNS`] turns about some of the actions, learnt from the others, so
///   that no clip and no movement is on both sides. Neighbours by name share a turn, as the likes of `wave1` and
///   `wave2` resemble each other: one of them asked and the other known would be the easiest of questions. Where
///   several people are held out for validation, they alone are asked about, and learnt from: what was trained
///   on the others may hide them better than it hides anybody else.
/// - each of `attributes` that a set's rows carry: learnt from training clips, asked about validation clips,
///   or about test clips where there are no such validation clips.
///
/// Clips without the label in question are left out, and so are those of somebody who is nowhere to be learnt.
/// Nothing is asked where fewer than two classes could be the answer.
pub fn questions(store: &ClipStore, attributes: &[String]) -> Vec<Question> {
    let sets: BTreeSet<&str> = store.clips().iter().filter_map(set_of).collect();
    let of_set = |set: &str| {
        let attributes = attributes.iter().filter_map(|name| attribute(store, set, name));
        identity(store, set).into_iter().chain(attributes).collect::<Vec<_>>()
    };
    sets.into_iter().flat_map(of_set).collect()
}

impl Question {
    /// Whether the same pictures are shown, whatever is asked about them.
    pub(super) fn shows_what(&self, other: &Self) -> bool {
        let frames = |question: &Self| {
            let all = question.known.iter().chain(&question.asked);
            all.map(|picture| picture.frame).collect::<Vec<_>>()
        };
        self.known.len() == other.known.len() && frames(self) == frames(other)
    }

    /// Whether both are turns of one question.
    pub(super) fn asks_what(&self, other: &Self) -> bool {
        (&self.what, &self.set) == (&other.what, &other.set)
    }

    /// The turns of a question, of clips with their classes: those that teach, and those asked about. Nothing
    /// where the clips asked about are all of one class.
    fn in_turns((what, set): (&str, &str), turns: &[Turn<'_>], store: &ClipStore) -> Vec<Self> {
        let known = turns.iter().flat_map(|turn| &turn.known);
        let classes: BTreeSet<&str> = known.map(|(_, class)| *class).collect();
        let classes: Vec<String> = classes.into_iter().map(String::from).collect();
        let of_turn = |turn: &Turn<'_>| {
            let (known, asked) =
                (chosen(&turn.known, MOST_KNOWN, store), chosen(&turn.asked, MOST_ASKED, store));
            let known = pictures(&known, &classes, (MOST_KNOWN, OF_A_CLIP.0), store);
            let mut asked = pictures(&asked, &classes, (MOST_ASKED, OF_A_CLIP.1), store);
            let learnt: BTreeSet<usize> = known.iter().map(|picture| picture.label).collect();
            asked.retain(|picture| learnt.contains(&picture.label));
            let (what, set, classes) = (what.to_owned(), set.to_owned(), classes.clone());
            (learnt.len() > 1 && !asked.is_empty()).then_some(Self { what, set, classes, known, asked })
        };
        let questions: Vec<Self> = turns.iter().filter_map(of_turn).collect();
        let asked = questions.iter().flat_map(|question| &question.asked);
        let answers: BTreeSet<usize> = asked.map(|picture| picture.label).collect();
        if answers.len() > 1 { questions } else { vec![] }
    }
}

/// Clips with their classes.
struct Turn<'a> {
    known: Vec<(usize, &'a str)>,
    asked: Vec<(usize, &'a str)>,
}

/// Some pictures of each clip, evenly spread: at most `most` in all and `of_a_clip` of each.
fn pictures(
    clips: &[(usize, &str)],
    classes: &[String],
    (most, of_a_clip): (usize, usize),
    store: &ClipStore,
) -> Vec<Picture> {
    let each = (most / clips.len().max(1)).clamp(1, of_a_clip);
    let of_clip = |(clip, class): &(usize, &str)| {
        let (clip, label) = (*clip, classes.iter().position(|name| name == class)?);
        let ClipInfo { first, frames, .. } = store.clips()[clip];
        Some(spread(frames, each).map(move |place| Picture { frame: first + place, clip, label }))
    };
    clips.iter().filter_map(of_clip).flatten().collect()
}

fn set_of(clip: &ClipInfo) -> Option<&str> {
    clip.name.split_once('/').map(|(set, _)| set)
}

/// The clips of a set with their places.
fn of_set<'a>(store: &'a ClipStore, set: &str) -> impl Iterator<Item = (usize, &'a ClipInfo)> {
    store.clips().iter().enumerate().filter(move |(_, clip)| set_of(clip) == Some(set))
}

fn identity(store: &ClipStore, set: &str) -> Vec<Question> {
    let named: Vec<(usize, &str, &str)> = of_set(store, set)
        .filter_map(|(place, clip)| Some((place, clip.subject.as_deref()?, clip.action.as_deref()?)))
        .collect();
    let held_out: BTreeSet<&str> = named
        .iter()
        .filter(|(place, ..)| store.clips()[*place].split == Split::Validation)
        .map(|(_, subject, _)| *subject)
        .collect();
    let somebody = |subject: &str| held_out.len() < 2 || held_out.contains(subject);
    let named: Vec<_> = named.into_iter().filter(|(_, subject, _)| somebody(subject)).collect();
    let actions: BTreeSet<&str> = named.iter().map(|(.., action)| *action).collect();
    let actions: Vec<&str> = actions.into_iter().collect();
    let of_turn = |turn: usize| {
        let asked = &actions[turn * actions.len() / TURNS..(turn + 1) * actions.len() / TURNS];
        let side = |is_asked: bool| -> Vec<(usize, &str)> {
            let of_side = named.iter().filter(|(.., action)| asked.contains(action) == is_asked);
            of_side.map(|(place, subject, _)| (*place, *subject)).collect()
        };
        Turn { known: side(false), asked: side(true) }
    };
    let turns: Vec<Turn<'_>> = (0..TURNS).map(of_turn).collect();
    Question::in_turns(("identity", set), &turns, store)
}

fn attribute(store: &ClipStore, set: &str, name: &str) -> Option<Question> {
    let part = |split: Split| -> Vec<(usize, &str)> {
        let clips = of_set(store, set).filter(|(_, clip)| clip.split == split);
        clips.filter_map(|(place, clip)| Some((place, clip.attributes.get(name)?.as_str()))).collect()
    };
    let validation = part(Split::Validation);
    let asked = if validation.is_empty() { part(Split::Test) } else { validation };
    Question::in_turns((name, set), &[Turn { known: part(Split::Train), asked }], store).pop()
}

/// At most `most` of the clips, in their order; which ones depends on nothing but their names.
fn chosen<'a>(clips: &[(usize, &'a str)], most: usize, store: &ClipStore) -> Vec<(usize, &'a str)> {
    let mut clips = clips.to_vec();
    if clips.len() > most {
        clips.sort_by_key(|(place, _)| CHOICE.stream(&format!("attack {}", store.clips()[*place].name)));
        clips.truncate(most);
        clips.sort_unstable();
    }
    clips
}
