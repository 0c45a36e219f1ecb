use super::*;

fn mu(value: f64) -> Mu {
    Mu::new(value).expect("a mu")
}

fn codes(value: f64) -> Cost {
    Cost::Mu(mu(value))
}

fn ledger(budget: Budget) -> Ledger {
    Ledger::new(Counted::codes(Unit::FRAME), budget, 1e-5).expect("a delta")
}

#[test]
fn a_budget_holds_exactly_what_it_was_made_for_and_refuses_the_next() {
    // 0.1 and its squares are no exact doubles.
    let cases = [(0.5, 16_u64), (0.1, 400), (0.7, 7)];
    let gaussian = cases.map(|(cost, n)| (codes(cost), Budget::Mu(cost * (n as f64).sqrt()), n));
    let pure = cases.map(|(cost, n)| (Cost::Epsilon(cost), Budget::Epsilon(cost * n as f64), n));
    for (cost, budget, releases) in gaussian.into_iter().chain([pure[0], pure[2]]) {
        let mut ledger = ledger(budget);
        assert_eq!(ledger.affords(cost), Some(releases), "{cost:?}");
        for release in 0..releases {
            assert_eq!(ledger.spend(cost), Ok(()), "release {release} of {cost:?}");
        }
        let before = ledger.clone();
        let refused = ledger.spend(cost).expect_err("the budget is spent");
        assert!(
            matches!(refused, LedgerError::Spent { releases: found, .. } if found == releases),
            "{refused}"
        );
        assert!(refused.to_string().contains("budget is spent"), "{refused}");
        assert_eq!(ledger, before, "a refused release was entered");
        assert_eq!((ledger.releases(), ledger.affords(cost)), (releases, Some(0)));
    }
}

#[test]
fn it_tells_what_the_accountant_tells() {
    let mut ledger = ledger(Budget::Mu(4.0));
    (0..16).for_each(|_| ledger.spend(codes(0.5)).expect("within the budget"));
    assert_eq!(ledger.spent(), mu(0.5).times(16));
    assert!((ledger.epsilon() - 9.997).abs() < 1e-3, "{}", ledger.epsilon());
    ledger.spend(codes(3.0)).expect("of another kind, within the budget");
    assert_eq!(ledger.spent(), Mu::all([mu(2.0), mu(3.0)]));
    assert_eq!((ledger.budget(), ledger.delta()), (Budget::Mu(4.0), 1e-5));
}

#[test]
fn epsilons_of_frames_add_up_until_the_square_root_is_less() {
    let mut ledger = ledger(Budget::None);
    (0..4).for_each(|_| ledger.spend(Cost::Epsilon(0.25)).expect("no budget"));
    assert_eq!(ledger.epsilon(), 1.0, "few frames: the plain sum, without any delta");
    (4..400).for_each(|_| ledger.spend(Cost::Epsilon(0.25)).expect("no budget"));
    let each = Mu::of_pure(0.25).expect("an epsilon");
    let many = each.times(400).epsilon(1e-5).expect("a delta");
    assert!((ledger.epsilon() - many).abs() < 1e-6 && many < 60.0, "{} and {many}", ledger.epsilon());
    ledger.spend(codes(1.0)).expect("no budget");
    assert!(ledger.epsilon() > many && ledger.epsilon().is_finite(), "{}", ledger.epsilon());
}

#[test]
fn a_budget_of_epsilon_bounds_what_is_told() {
    for cost in [codes(0.5), Cost::Epsilon(0.3)] {
        let mut ledger = ledger(Budget::Epsilon(8.0));
        let affords = ledger.affords(cost).expect("a budget");
        let mut releases = 0;
        while ledger.spend(cost).is_ok() {
            releases += 1;
            assert!(ledger.epsilon() <= 8.0 + 1e-6, "{releases} releases of {cost:?}: {}", ledger.epsilon());
        }
        assert_eq!(releases, affords, "{cost:?}");
        let mut wider = Ledger(Entries { budget: Budget::None, ..ledger.0.clone() });
        wider.spend(cost).expect("no budget");
        assert!(wider.epsilon() > 8.0, "{cost:?}: one more would have been within the budget");
    }
}

#[test]
fn kept_and_taken_up_again_it_goes_on_where_it_was() {
    let mut before = ledger(Budget::Mu(1.0));
    (0..3).for_each(|_| before.spend(codes(0.5)).expect("within the budget"));
    let text = serde_json::to_string(&before).expect("JSON");
    for named in ["replace", "frame", "\"budget\":{\"mu\":1.0}", "spent_mu_squared"] {
        assert!(text.contains(named), "{named} is not in {text}");
    }
    let mut after: Ledger = serde_json::from_str(&text).expect("a ledger");
    assert_eq!(after, before);
    assert_eq!(after.spend(codes(0.5)), Ok(()), "the fourth");
    assert!(after.spend(codes(0.5)).is_err(), "the fifth");
    let opening: Opening =
        serde_json::from_str(&format!("{{\"budget\":{{\"mu\":2}},\"kept\":[{text}]}}")).expect("an opening");
    let wider = Ledger::open(opening, &Counted::codes(Unit::FRAME)).expect("the same kind");
    assert_eq!(
        (wider.releases(), wider.affords(codes(0.5))),
        (3, Some(13)),
        "a new budget, and the old counts"
    );
}

#[test]
fn of_several_ledgers_the_one_that_counts_the_same_is_taken_up() {
    let other = Counted { unit: "a person".into(), relation: "any".into() };
    let mut codes_of_before = ledger(Budget::None);
    codes_of_before.spend(codes(1.0)).expect("no budget");
    let kept = vec![Ledger::new(other.clone(), Budget::None, 1e-5).expect("a delta"), codes_of_before];
    let opening = Opening { kept, ..Opening::default() };
    assert_eq!(Ledger::open(opening.clone(), &Counted::codes(Unit::FRAME)).expect("sound").releases(), 1);
    assert_eq!(Ledger::open(opening.clone(), &other).expect("sound").releases(), 0);
    let refused = opening.kept[1].must_count(&other).expect_err("another unit");
    assert!(refused.to_string().contains("not \"a person\""), "{refused}");
    let (frames, windows) = (ledger(Budget::None), Unit { frames: 8 });
    let refused = frames.must_count(&Counted::codes(windows)).expect_err("another unit").to_string();
    assert!(refused.contains("one released frame") && refused.contains("window of 8 frames"), "{refused}");
    assert_eq!(Ledger::unbounded_codes(windows).must_count(&Counted::codes(windows)), Ok(()));
}

#[test]
fn without_a_budget_it_only_counts_even_what_promises_nothing() {
    let mut ledger = ledger(Mu::NONE.into());
    ledger.spend(codes(2.0)).expect("no budget");
    assert_eq!((ledger.spent(), ledger.affords(codes(2.0))), (mu(2.0), None));
    ledger.spend(Cost::Mu(Mu::NONE)).expect("no budget");
    assert_eq!((ledger.spent(), ledger.epsilon()), (Mu::NONE, f64::INFINITY));
    let text = serde_json::to_string(&ledger).expect("JSON");
    assert_eq!(serde_json::from_str::<Ledger>(&text).expect("a ledger"), ledger, "{text}");
    for budget in [Budget::Mu(9.0), Budget::Epsilon(900.0)] {
        let mut bounded = self::ledger(budget);
        assert!(bounded.spend(Cost::Mu(Mu::NONE)).is_err(), "no budget holds what promises nothing");
    }
}

#[test]
fn a_damaged_ledger_is_refused() {
    let text = serde_json::to_string(&ledger(Budget::Mu(1.0))).expect("JSON");
    let refused = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is not in {text}");
        serde_json::from_str::<Ledger>(&text.replace(from, to)).expect_err(to).to_string()
    };
    assert!(refused("\"spent_mu_squared\":0.0", "\"spent_mu_squared\":-4.0").contains("-4"), "spent");
    assert!(refused("\"spent_epsilon\":0.0", "\"spent_epsilon\":-3.0").contains("-3"), "spent");
    assert!(refused("\"mu\":1.0", "\"mu\":-1.0").contains("-1"), "budget");
    assert!(refused("\"mu\":1.0", "\"epsilon\":-1.0").contains("-1"), "budget");
    assert!(refused("0.00001", "1.5").contains("delta 1.5"), "delta");
    assert!(refused("\"releases\":0", "\"releases\":0,\"bonus\":1").contains("bonus"), "fields");
}

#[test]
fn its_statement_says_what_is_left() {
    let mut ledger = ledger(Budget::Mu(2.0));
    ledger.spend(codes(1.0)).expect("within the budget");
    let statement = ledger.statement(codes(1.0));
    assert_eq!((statement.releases, statement.mu, statement.left), (1, 1.0, Some(3)));
    assert!((statement.epsilon - 4.377).abs() < 1e-3, "{}", statement.epsilon);
    assert_eq!(statement.kept, ledger);
}
