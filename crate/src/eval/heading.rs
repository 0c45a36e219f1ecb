//! What is kept, then the three tests of the Article 29 Working Party (Opinion 05/2014 on anonymisation techniques):
//! singling out, linkability, inference.

use super::flicker;
use super::proven::CEILING;
use super::reading::question;
use super::report::Row;

/// Under which heading a measure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    /// What is kept.
    Utility,
    /// Can one person be told from all others?
    SinglingOut,
    /// Can two records of one person be joined?
    Linkability,
    /// Can something else about a person be deduced?
    Inference,
    /// Measures that this version does not know.
    Other,
}

/// How measures are read that are no attacker's: what the measure asks, and a sentence.
const READINGS: [(&str, &str); 2] = [("flicker", flicker::READING), ("keypoints", KEYPOINTS)];
const KEYPOINTS: &str = "Keypoints: in how many of the frames in which a pose network by others finds a body with an \
                         elbow or a wrist it finds a body after they \
                         were rewritten, and how many elbows and wrists then lie where they lie in the raw frame, within \
                         a tenth of the figure's longer side, whether it is sure of a body or not. Chance: a body that stands as on average.";

/// The sentences for what stands among `rows`.
pub(super) fn readings(rows: &[Row]) -> impl Iterator<Item = &'static str> {
    let there = |asked: &str| rows.iter().any(|row| question(&row.measure) == asked);
    READINGS.into_iter().filter(move |(asked, _)| there(asked)).map(|(_, reading)| reading)
}

impl Heading {
    pub(super) const ALL: [Self; 5] =
        [Self::Utility, Self::SinglingOut, Self::Linkability, Self::Inference, Self::Other];

    /// What a question or measure is about; of attributes nothing is known but that they are none of the others.
    pub fn of(measure: &str) -> Self {
        let asked = question(measure);
        let attribute =
            ["top-1", "cMAP", "balanced accuracy", "NL", CEILING].iter().any(|end| measure.ends_with(end));
        match asked {
            "action" | "keypoints" | "flicker" => Self::Utility,
            "re-identification by others" | "reconstruction" => Self::SinglingOut,
            "verification" => Self::Linkability,
            "membership" => Self::Inference,
            _ if asked.starts_with("identity") => Self::SinglingOut,
            _ if attribute => Self::Inference,
            _ => Self::Other,
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Utility => "Utility: is the action still told, and is it fit to look at?",
            Self::SinglingOut => "Singling out: who is it?",
            Self::Linkability => "Linkability: do two clips show the same person?",
            Self::Inference => "Inference: what can be told about the person?",
            Self::Other => "Other measures",
        }
    }
}
