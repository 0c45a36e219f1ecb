//! `bauta dp`.

use crate::desk::{Desk, did};

#[test]
fn a_budget_is_explained_in_both_of_its_forms() {
    let desk = Desk::new();
    let by_mu = did(&desk.bauta(&["dp", "--mu", "2", "--releases", "4"]));
    for line in ["mu 2.0000, epsilon 9.997", "mu 1.0000, noise 1.0000", "9 people more often than 41.3 %"] {
        assert!(by_mu.contains(line), "no '{line}' in:\n{by_mu}");
    }
    assert!(by_mu.contains("4 actions more often than 62.8 %"), "{by_mu}");
    let by_epsilon = did(&desk.bauta(&["dp", "--epsilon", "1", "--people", "100"]));
    assert!(by_epsilon.contains("noise 3.7306 times") && by_epsilon.contains("100 people"), "{by_epsilon}");
    let nothing = did(&desk.bauta(&["dp", "--mu", "inf"]));
    assert!(nothing.contains("epsilon inf") && nothing.contains("100.0 % (by luck 11.1 %)"), "{nothing}");
}

#[test]
fn a_budget_that_is_none_is_named() {
    let desk = Desk::new();
    desk.refused(&["dp", "--mu=-1"], &["mu -1", "at least 0"]);
    desk.refused(&["dp", "--mu=nan"], &["mu NaN"]);
    desk.refused(&["dp", "--epsilon=-2"], &["epsilon -2"]);
    desk.refused(&["dp", "--mu=1", "--delta=2"], &["delta 2"]);
    desk.refused(&["dp", "--mu=1", "--people=1"], &["1 candidates"]);
    desk.refused(&["dp", "--mu=1", "--releases=0"], &["--releases 0"]);
}
