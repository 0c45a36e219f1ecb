//! What nobody has looked at, said as plainly as what was.

use super::super::heading::Heading;
use super::super::reading::question;
use super::super::report::{Protocol, Report, Row};

/// What can be measured here: what its rows ask, and what is missing without them.
const MEASURES: [(&str, &str); 8] = [
    ("action", "Whether the action is kept."),
    ("keypoints", "Whether a pose network by others still finds the parts of a body."),
    (
        "identity across actions",
        "Who is seen, known by other actions: these sets do not tell who is in them.",
    ),
    ("identity within a session", "Who is seen, known by the beginning of the same clip."),
    ("verification", "Whether two clips show the same person."),
    ("re-identification by others", "A re-identification network by others."),
    ("reconstruction", "Whether a network can be trained to undo it."),
    ("membership", "Whether it can be told who the anonymizer was trained on."),
];

/// What is beyond any judgement of this program.
const BEYOND: [&str; 5] = [
    "Sound, captions, file names, network addresses: whatever travels beside the picture.",
    "Attackers with far more clips of the same people, or with longer training, than these sets allow.",
    "People, cameras, rooms and light that are not in these sets.",
    "Gait and bearing seen for longer or from afar, and what a friend recognises who knows how somebody moves.",
    "What several recordings of a person tell together, over days.",
];

/// One sentence for each.
pub(super) fn sentences(report: &Report) -> Vec<String> {
    let measured = |asked: &str| report.rows.iter().any(|row| question(&row.measure) == asked);
    let missing =
        MEASURES.iter().filter(|(asked, _)| !measured(asked)).map(|(_, missing)| (*missing).to_owned());
    let attacks =
        |row: &Row| row.protocol == Protocol::Outside && Heading::of(&row.measure) != Heading::Utility;
    let outside = report.rows.iter().any(attacks);
    let stranger = (!outside).then(|| "Networks that others trained on other people.".to_owned());
    let inferred = report
        .rows
        .iter()
        .any(|row| Heading::of(&row.measure) == Heading::Inference && question(&row.measure) != "membership");
    let attributes =
        (!inferred).then(|| "What can be told about a person, such as gender or age.".to_owned());
    missing.chain(attributes).chain(stranger).chain(BEYOND.map(String::from)).collect()
}
