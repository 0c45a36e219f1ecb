//! Nobody may be on two sides.

use std::collections::BTreeMap;

use super::*;
use crate::data::{Manifest, Row, Source};

const FRAMES: usize = 20;

/// Clips of people who each do each action once, and `more` rows.
fn store(people: usize, actions: &[&str], more: Vec<Row>) -> ClipStore {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let strip = image::RgbImage::new((FRAMES * 16) as u32, 16);
    strip.save(folder.path().join("strip.png")).expect("written");
    let source = || Source::Strip { path: "strip.png".into(), frame_width: 16 };
    let of_person = |person: usize| {
        actions.iter().map(move |action| Row {
            clip: format!("p{person:02}_{action}"),
            source: source(),
            subject: Some(format!("p{person:02}")),
            action: Some((*action).to_owned()),
            attributes: BTreeMap::new(),
            split: None,
        })
    };
    let rows = (0..people).flat_map(of_person).chain(more).collect();
    let manifest = Manifest::new(folder.path(), rows).expect("sound rows");
    ClipStore::open(&manifest, 16, &folder.path().join("cache"), &|_, _| ()).expect("whole strips")
}

fn ask(store: &ClipStore, gallery: &[&str], asked: &Asked) -> Question {
    let gallery = gallery.iter().map(|action| (*action).to_owned()).collect();
    let rules = Rules { gallery, attributes: vec!["age".into()] };
    let mut found = questions(store, &rules);
    found.retain(|question| question.asked == *asked);
    found.pop().expect("it can be asked")
}

fn values<'a>(
    store: &'a ClipStore,
    pieces: &[Piece],
    of: impl Fn(&'a ClipInfo) -> &'a str,
) -> BTreeSet<&'a str> {
    pieces.iter().map(|piece| of(&store.clips()[piece.clip])).collect()
}

fn subject(clip: &ClipInfo) -> &str {
    clip.subject.as_deref().expect("a name")
}

fn action(clip: &ClipInfo) -> &str {
    clip.action.as_deref().expect("an action")
}

const DONE: [&str; 4] = ["bend", "jack", "wave1", "wave2"];

#[test]
fn actions_are_asked_of_everybody_and_learnt_from_others() {
    let store = store(9, &DONE, vec![]);
    let question = ask(&store, &[], &Asked::Action);
    assert_eq!((question.classes.len(), question.folds.len()), (4, 4), "actions and turns");
    let mut asked = vec![];
    for fold in &question.folds {
        let (learnt, judged) = (values(&store, &fold.learn, subject), values(&store, &fold.ask, subject));
        assert!(learnt.is_disjoint(&judged), "{learnt:?} and {judged:?}");
        assert_eq!(learnt.len() + judged.len(), 9, "everybody is used");
        asked.extend(fold.ask.iter().map(|piece| piece.clip));
    }
    asked.sort_unstable();
    assert_eq!(asked, (0..36).collect::<Vec<_>>(), "each clip once");
}

#[test]
fn people_are_asked_by_actions_that_nobody_learnt_and_the_gallery_is_always_known() {
    let store = store(9, &DONE, vec![]);
    let question = ask(&store, &["wave1", "wave2"], &Asked::IdentityAcross);
    let sides: Vec<_> = question
        .folds
        .iter()
        .map(|fold| [&fold.learn, &fold.choose, &fold.ask].map(|side| values(&store, side, action)))
        .collect();
    let waves: BTreeSet<&str> = ["wave1", "wave2"].into();
    assert_eq!(
        sides,
        [[waves.clone(), ["jack"].into(), ["bend"].into()], [waves, ["bend"].into(), ["jack"].into()]],
        "known, chosen by, asked"
    );
    let without = ask(&store, &[], &Asked::IdentityAcross);
    for fold in &without.folds {
        let [learn, choose, ask] =
            [&fold.learn, &fold.choose, &fold.ask].map(|side| values(&store, side, action));
        assert_eq!(learn.len() + choose.len() + ask.len(), 4, "{learn:?} {choose:?} {ask:?}");
        assert!(
            learn.is_disjoint(&choose) && learn.is_disjoint(&ask) && choose.is_disjoint(&ask),
            "an action twice"
        );
    }
}

#[test]
fn halves_of_a_session_share_no_frame() {
    let store = store(3, &DONE, vec![]);
    let question = ask(&store, &[], &Asked::IdentityWithin);
    for fold in &question.folds {
        assert_eq!((fold.learn.len(), fold.choose.len(), fold.ask.len()), (12, 6, 6), "clips");
        let frames = |side: &[Piece]| -> BTreeSet<usize> {
            side.iter().flat_map(|piece| piece.example.frames.iter().copied()).collect()
        };
        let [learn, choose, ask] = [&fold.learn, &fold.choose, &fold.ask].map(|side| frames(side));
        assert!(
            learn.is_disjoint(&choose) && learn.is_disjoint(&ask) && choose.is_disjoint(&ask),
            "a frame twice"
        );
        assert_eq!(learn.len(), 12 * FRAMES / 2, "half of every clip");
    }
}

#[test]
fn attributes_are_learnt_chosen_and_asked_on_the_sets_own_split() {
    let face = |number: usize| Row {
        clip: format!("face{number:02}"),
        source: Source::Strip { path: "strip.png".into(), frame_width: 16 },
        subject: None,
        action: None,
        attributes: [("age".to_owned(), ["old", "young"][number % 2].to_owned())].into(),
        split: Some([Split::Train, Split::Train, Split::Validation, Split::Test][number / 2 % 4]),
    };
    let store = store(0, &[], (0..32).map(face).collect());
    let question = ask(&store, &[], &Asked::Attribute("age".into()));
    let fold = &question.folds[0];
    let split = |clip: &'_ ClipInfo| clip.split.word();
    let sides = [&fold.learn, &fold.choose, &fold.ask]
        .map(|side| side.iter().map(|piece| split(&store.clips()[piece.clip])).collect::<BTreeSet<_>>());
    assert_eq!(sides, [["train"].into(), ["validation"].into(), ["test"].into()], "sides");
    assert_eq!(questions(&store, &Rules::default()), [], "nothing else is known of faces");
}

#[test]
fn one_person_or_one_action_asks_nothing() {
    let rules = Rules::default();
    assert_eq!(questions(&store(1, &["bend"], vec![]), &rules), [], "one clip");
    let alone = questions(&store(1, &DONE, vec![]), &rules);
    assert_eq!(alone, [], "one person: nobody else does what is asked, nobody else it could be");
}
