//! A set that is judged on.

use std::path::Path;

use super::EvalError;
use super::protocol::{Asked, Question, Rules, questions};
use crate::data::sets::{KnownSet, data_folder};
use crate::data::stage::Stage;
use crate::data::{ClipStore, Manifest, Row as Clip};

/// What follows the name of a set of drawn people, wherever a figure of it is reported.
pub(super) const SYNTHETIC: &str = " (synthetic)";

/// Where clips come from and how they are read: the data folder (`None`: as the variable says), the folder where read clips
/// are kept, and the side of frames in pixels.
pub type Place<'a> = (Option<&'a Path>, &'a Path, usize);

/// A set that is judged on: its raw clips and what is asked about them.
pub struct Set {
    /// As reports call it.
    pub name: String,
    /// The clips as they are.
    pub raw: ClipStore,
    /// What is asked.
    pub questions: Vec<Question>,
    /// Whether its pictures may be shown.
    pub redistributable: bool,
}

impl Set {
    /// A set of the data folder, drawn people (as [`Stage::named`] says), or the clips of a manifest file (a `name` that
    /// ends in `.csv`), at `size` pixels; `progress` hears (clips done, clips in all). Where people are drawn the
    /// set's own name says that it is synthetic.
    ///
    /// # Errors
    /// [`EvalError`] names the set, the row or the clip.
    pub fn open(
        name: &str,
        attributes: &[String],
        place: Place<'_>,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Self, EvalError> {
        let (set, gallery) = Self::unasked(name, place, progress)?;
        let rules = Rules {
            gallery: gallery.iter().map(|action| (*action).to_owned()).collect(),
            attributes: attributes.to_vec(),
        };
        let questions = questions(&set.raw, &rules);
        if questions.is_empty() {
            return Err(EvalError::NoQuestion { set: set.name, attributes: attributes.join(", ") });
        }
        Ok(Self { questions, ..set })
    }

    /// The set that reports call `reported`, to be shown again: nothing is asked about it. `None`, and nothing is read, where
    /// its pictures may not be shown.
    ///
    /// # Errors
    /// [`EvalError`] as for [`Self::open`].
    pub fn shown(reported: &str, place: Place<'_>) -> Result<Option<Self>, EvalError> {
        let name = reported.strip_suffix(SYNTHETIC).unwrap_or(reported);
        let is_known = !Stage::is_named(name) && !name.ends_with(".csv");
        if is_known && !KnownSet::named(name)?.licence.redistributable {
            return Ok(None);
        }
        let (set, _) = Self::unasked(name, place, &|_, _| ())?;
        Ok(set.redistributable.then_some(set))
    }

    /// The set without questions, and the actions that an attacker's gallery shows.
    fn unasked(
        name: &str,
        (data, cache, size): Place<'_>,
        progress: &dyn Fn(usize, usize),
    ) -> Result<(Self, &'static [&'static str]), EvalError> {
        let of = |label, raw, redistributable| Self {
            name: format!("{name}{label}"),
            raw,
            questions: vec![],
            redistributable,
        };
        if Stage::is_named(name) {
            let stage = Stage::named(name, size, || data_folder(data).map_err(EvalError::from))?;
            let raw = ClipStore::drawn(&stage, cache, progress)?;
            return Ok((of(SYNTHETIC, raw, !stage.research_only()), &[]));
        }
        if name.ends_with(".csv") {
            let manifest = Manifest::read(Path::new(name))?;
            let label = if manifest.rows().iter().any(Clip::is_synthetic) { SYNTHETIC } else { "" };
            let raw = ClipStore::open(&manifest, size, cache, progress)?;
            return Ok((of(label, raw, !manifest.rows().iter().any(Clip::is_research_only)), &[]));
        }
        let set = KnownSet::named(name)?;
        let raw = ClipStore::open(&set.read(&data_folder(data)?)?, size, cache, progress)?;
        Ok((of("", raw, set.licence.redistributable), set.gallery))
    }

    /// Whether it holds clips, and not single pictures alone.
    pub(super) fn moves(&self) -> bool {
        self.raw.clips().iter().any(|clip| clip.frames > 1)
    }

    /// Whether this is among its questions.
    pub(super) fn asks(&self, what: &Asked) -> bool {
        self.questions.iter().any(|question| question.asked == *what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Split;
    use crate::data::stage::Plan;
    use crate::rng::Seed;

    fn open(name: &str, attributes: &[&str]) -> (Set, tempfile::TempDir) {
        let cache = tempfile::tempdir().expect("a temporary folder");
        let attributes: Vec<String> = attributes.iter().map(|name| (*name).to_owned()).collect();
        let set = Set::open(name, &attributes, (None, cache.path(), 16), &|_, _| ()).expect("a set");
        (set, cache)
    }

    #[test]
    fn drawn_people_are_asked_everything_under_a_name_that_says_what_they_are() {
        let (set, _cache) = open("stage:600:upper", &["skin", "race"]);
        assert_eq!(set.name, "stage:600:upper (synthetic)", "the name that stands beside every figure");
        assert!(set.redistributable && set.moves(), "nobody's pictures, and clips");
        let asked: Vec<&str> = set.questions.iter().map(|question| question.asked.name()).collect();
        assert_eq!(
            asked,
            ["action", "identity across actions", "identity within a session", "skin"],
            "questions"
        );
        let fold = &set.questions[0].folds[0];
        assert_eq!(
            (set.questions[0].folds.len(), fold.ask.len()),
            (1, 300),
            "half of the clips are asked about"
        );
        let people = |clips: &[super::super::Piece]| {
            let of = |piece: &super::super::Piece| set.raw.clips()[piece.clip].subject.clone();
            clips.iter().map(of).collect::<std::collections::BTreeSet<_>>()
        };
        assert!(people(&fold.learn).is_disjoint(&people(&fold.ask)), "somebody is on two sides");
    }

    #[test]
    fn clips_enough_are_drawn_to_resolve_a_difference_of_2_1_points() {
        let nowhere = || Err(EvalError::Set(crate::data::sets::SetError::NoFolder));
        let stage = Stage::named("stage", 16, nowhere).expect("a plan");
        let asked = stage.rows().iter().filter(|row| row.split == Some(Split::Test)).count();
        // One clip in ten is answered otherwise than before: 6.1 % no longer rightly, 4 % rightly now.
        let lost = |clip: usize| match clip * 379 % 1_000 {
            0..61 => 1.0,
            61..101 => -1.0,
            _ => 0.0,
        };
        let mean = |clips: &[usize]| clips.iter().map(|clip| lost(*clip)).sum::<f64>() / clips.len() as f64;
        let found = super::super::interval::bootstrap(asked, 0.95, |clips| Some(mean(clips))).expect("clips");
        assert!((found.value - 0.021).abs() < 0.003, "{found:?} of {asked} clips");
        assert!(found.low > 0.0, "not told from no difference: {found:?} of {asked} clips");
    }

    #[test]
    fn a_table_says_itself_what_is_drawn_and_what_may_be_shown() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let out = folder.path().join("people");
        let plan = Plan::of((40, 4), (2, 16), Seed(1));
        Stage::new(plan).expect("a sound plan").write(&out, &|_, _| ()).expect("a new folder");
        let table = out.join("manifest.csv");
        let (set, _cache) = open(&table.display().to_string(), &[]);
        assert!(set.name.ends_with("manifest.csv (synthetic)") && set.redistributable, "{}", set.name);
        assert!(set.raw.clips().iter().all(|clip| clip.split == Split::Train), "a part was made up");
        let text = std::fs::read_to_string(&table).expect("readable");
        std::fs::write(&table, text.replace("|synthetic=yes", "|licence=research only")).expect("written");
        let (set, _cache) = open(&table.display().to_string(), &[]);
        assert!(set.name.ends_with("manifest.csv") && !set.redistributable, "{}", set.name);
    }
}
