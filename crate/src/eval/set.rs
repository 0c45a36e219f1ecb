//! A set that is judged on.

use std::path::Path;

use super::EvalError;
use super::protocol::{Asked, Question, Rules, questions};
use crate::data::sets::{KnownSet, data_folder};
use crate::data::{ClipStore, Manifest};

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
    /// A set of the data folder, or the clips of a manifest file (a `name` that ends in `.csv`), at `size` pixels;
    /// `progress` hears (clips done, clips in all).
    ///
    /// # Errors
    /// [`EvalError`] names the set, the row or the clip.
    pub fn open(
        name: &str,
        attributes: &[String],
        (data, cache, size): (Option<&Path>, &Path, usize),
        progress: &dyn Fn(usize, usize),
    ) -> Result<Self, EvalError> {
        let (manifest, known) = if name.ends_with(".csv") {
            (Manifest::read(Path::new(name))?, None)
        } else {
            let set = KnownSet::named(name)?;
            (set.read(&data_folder(data)?)?, Some(set))
        };
        let raw = ClipStore::open(&manifest, size, cache, progress)?;
        let gallery = known.map_or(&[][..], |set| set.gallery);
        let rules = Rules {
            gallery: gallery.iter().map(|action| (*action).to_owned()).collect(),
            attributes: attributes.to_vec(),
        };
        let questions = questions(&raw, &rules);
        if questions.is_empty() {
            return Err(EvalError::NoQuestion { set: name.to_owned(), attributes: attributes.join(", ") });
        }
        let redistributable = known.is_none_or(|set| set.licence.redistributable);
        Ok(Self { name: name.to_owned(), raw, questions, redistributable })
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
