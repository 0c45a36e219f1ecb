//! What `bauta judge` refuses once it knows the sets and the transforms: names that clash, members that nobody can be.

use std::collections::BTreeSet;

use anyhow::bail;

use crate::eval::{BesideError, Report, Set, Thoroughness, check_beside, membership_sides};
use crate::transform::{RAW, Transform, named};

/// Refuses two transforms of one name, and what is called like the raw clips and is none: their rows could not be told
/// apart.
pub(super) fn names(transforms: &[Box<dyn Transform>]) -> anyhow::Result<()> {
    let raw = named(RAW).expect("a baseline").key();
    for (place, transform) in transforms.iter().enumerate() {
        let (name, key) = (transform.name(), transform.key());
        if name == RAW && key != raw {
            bail!(
                "something to judge is called \"{RAW}\" like the untouched clips; rename its folder or model"
            );
        }
        if transforms[..place].iter().any(|other| other.name() == name) {
            bail!(
                "two things to judge are called \"{name}\"; rename a folder or model, or judge them one at a time"
            );
        }
    }
    Ok(())
}

/// Refuses members that nobody knows, or of something that nobody has trained; and where everybody is a member, or all
/// but one, or one alone, says that nothing can be told on that set, or refuses where that is so on every set.
pub(super) fn members(members: &[String], sets: &[Set], subjects: &[String]) -> anyhow::Result<()> {
    if members.is_empty() {
        return Ok(());
    }
    let [subject] = subjects else {
        bail!("--members goes with one model: the one that was trained on them");
    };
    if is_baseline(subject) {
        bail!(
            "--members goes with a model that was trained on them; {subject} is a filter that has learnt from nobody"
        );
    }
    let clips = || sets.iter().flat_map(|set| set.raw.clips());
    let known: BTreeSet<&str> = clips().filter_map(|clip| clip.subject.as_deref()).collect();
    if let Some(member) = members.iter().find(|member| !known.contains(member.as_str())) {
        let known: Vec<&str> = known.into_iter().collect();
        bail!("--members {member}: nobody is called so in the sets; there are {}", known.join(", "));
    }
    let sides: Vec<(&str, (usize, usize))> =
        sets.iter().map(|set| (set.name.as_str(), membership_sides(set, members))).collect();
    let untold = sides.iter().filter(|(_, (inside, outside))| *inside < 2 || *outside < 2);
    let untold: Vec<String> = untold
        .map(|(set, (inside, outside))| format!("{set} has {inside} member(s) and {outside} other people"))
        .collect();
    let wanted = "membership is told from at least two people on either side";
    if untold.len() == sets.len() {
        bail!("--members: {wanted}; {}", untold.join(", "));
    }
    untold.iter().for_each(|set| eprintln!("no membership there: {wanted}; {set}"));
    Ok(())
}

/// Refuses an earlier report whose transforms cannot stand beside those that are to be judged.
pub(super) fn beside(
    earlier: &Report,
    sets: &[Set],
    transforms: &[&dyn Transform],
    thoroughness: &Thoroughness,
) -> Result<(), BesideError> {
    let names: Vec<String> = transforms.iter().map(|transform| transform.name()).collect();
    let methods: Vec<&str> = names.iter().map(String::as_str).collect();
    let size = sets.first().map_or(0, |set| set.raw.size());
    let sets: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
    check_beside(earlier, (&sets, &methods), size, thoroughness)
}

/// Whether a subject on the command line is a baseline by name, and no file.
fn is_baseline(subject: &str) -> bool {
    !subject.ends_with(".csv")
        && !std::path::Path::new(&format!("{subject}.bpk")).exists()
        && named(subject).is_ok()
}
