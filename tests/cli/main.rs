//! The command line as a person meets it: what it writes, what it says when something is wrong, and that
//! nothing half-written is left.

mod anonymizing;
mod budgeting;
mod desk;
mod drawing;
mod judging;
mod published;
mod training;

use desk::{Desk, did};

#[test]
fn every_verb_explains_itself() {
    let desk = Desk::new();
    for verb in ["anonymize", "card", "data", "train", "report", "sweep", "judge", "export", "dp"] {
        let said = did(&desk.bauta(&[verb, "--help"]));
        assert!(said.contains("Usage: bauta"), "{verb}: {said}");
    }
}
