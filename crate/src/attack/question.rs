//! What attackers are asked, and about whom.

use std::collections::BTreeSet;

use crate::data::{ClipInfo, ClipStore, Split};
use crate::rng::Seed;

/// The most pictures to learn from: what is needed to tell leakage, not to tell all of it.
const MOST_KNOWN: usize = 1_500;
/// The most pictures to be asked about; the 95 % interval of a share of 600 is at most 0.08 wide.
const MOST_ASKED: usize = 600;
/// The most pictures of a clip, for learning and for asking. Neighbours are near-duplicates.
const OF_A_CLIP: (usize, usize) = (12, 8);
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

/// Something private, pictures to learn it from, and pictures of other clips to be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// `identity`, or the name of an attribute.
    pub what: String,
    /// The set that all pictures are from.
    pub set: String,
    /// The answers there are, at least two, sorted; each is shown by some known picture.
    pub classes: Vec<String>,
    /// Pictures to learn from; those of a clip lie one after the other.
    pub known: Vec<Picture>,
    /// Pictures to be asked about, of at least two classes; those of a clip lie one after the other.
    pub asked: Vec<Picture>,
}

/// Every question the clips of a store can answer, set by set (a clip's name begins with its set's and `/`):
///
/// - `identity`: who is it? Learnt from all actions but the first by name, asked about that one, so that no
///   clip and no movement is on both sides. The first, as names like `wave1` and `wave2` lie side by side and
///   resemble each other: one of them asked and the other known would be the easiest of questions.
/// - each of `attributes` that a set's rows carry: learnt from training clips, asked about validation clips,
///   or about test clips where there are no such validation clips.
///
/// Clips without the label in question are left out, and so are those of somebody who is nowhere to be learnt.
/// Nothing is asked where fewer than two classes could be the answer.
pub fn questions(store: &ClipStore, attributes: &[String]) -> Vec<Question> {
    let sets: BTreeSet<&str> = store.clips().iter().filter_map(set_of).collect();
    let of_set = |set: &str| {
        let attributes = attributes.iter().map(|name| attribute(store, set, name));
        std::iter::once(identity(store, set)).chain(attributes).flatten().collect::<Vec<_>>()
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

    /// Of clips with their classes: those that teach, and those asked about.
    fn new(
        (what, set): (&str, &str),
        known: &[(usize, &str)],
        asked: &[(usize, &str)],
        store: &ClipStore,
    ) -> Option<Self> {
        let (known, asked) = (chosen(known, MOST_KNOWN, store), chosen(asked, MOST_ASKED, store));
        let classes: BTreeSet<&str> = known.iter().map(|(_, class)| *class).collect();
        let classes: Vec<String> = classes.into_iter().map(String::from).collect();
        let pictures = |clips: &[(usize, &str)], most: usize, of_a_clip: usize| -> Vec<Picture> {
            let each = (most / clips.len().max(1)).clamp(1, of_a_clip);
            let of_clip = |(clip, class): &(usize, &str)| {
                let label = classes.iter().position(|name| name == class)?;
                Some(spread(&store.clips()[*clip], each).map(move |frame| (frame, label)))
            };
            let with_clip = clips.iter().filter_map(|clip| Some((clip.0, of_clip(clip)?)));
            let pictures = with_clip
                .flat_map(|(clip, frames)| frames.map(move |(frame, label)| Picture { frame, clip, label }));
            pictures.collect()
        };
        let known = pictures(&known, MOST_KNOWN, OF_A_CLIP.0);
        let asked = pictures(&asked, MOST_ASKED, OF_A_CLIP.1);
        let answers: BTreeSet<usize> = asked.iter().map(|picture| picture.label).collect();
        (answers.len() > 1).then(|| Self {
            what: what.to_owned(),
            set: set.to_owned(),
            classes,
            known,
            asked,
        })
    }
}

fn set_of(clip: &ClipInfo) -> Option<&str> {
    clip.name.split_once('/').map(|(set, _)| set)
}

/// The clips of a set with their places.
fn of_set<'a>(store: &'a ClipStore, set: &str) -> impl Iterator<Item = (usize, &'a ClipInfo)> {
    store.clips().iter().enumerate().filter(move |(_, clip)| set_of(clip) == Some(set))
}

fn identity(store: &ClipStore, set: &str) -> Option<Question> {
    let named = || {
        of_set(store, set)
            .filter_map(|(place, clip)| Some((place, clip.subject.as_deref()?, clip.action.as_deref()?)))
    };
    let first = named().map(|(_, _, action)| action).min()?;
    let side = |asked: bool| -> Vec<(usize, &str)> {
        let of_side = named().filter(|(_, _, action)| (*action == first) == asked);
        of_side.map(|(place, subject, _)| (place, subject)).collect()
    };
    Question::new(("identity", set), &side(false), &side(true), store)
}

fn attribute(store: &ClipStore, set: &str, name: &str) -> Option<Question> {
    let part = |split: Split| -> Vec<(usize, &str)> {
        let clips = of_set(store, set).filter(|(_, clip)| clip.split == split);
        clips.filter_map(|(place, clip)| Some((place, clip.attributes.get(name)?.as_str()))).collect()
    };
    let validation = part(Split::Validation);
    let asked = if validation.is_empty() { part(Split::Test) } else { validation };
    Question::new((name, set), &part(Split::Train), &asked, store)
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

/// The numbers of at most `most` frames, from the middle of as many equal parts of the clip.
fn spread(clip: &ClipInfo, most: usize) -> impl Iterator<Item = usize> {
    let (first, frames, count) = (clip.first, clip.frames, most.min(clip.frames));
    (0..count).map(move |part| first + (2 * part + 1) * frames / (2 * count))
}
