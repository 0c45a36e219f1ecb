use super::*;
use crate::dp::mechanism::MechanismConfig;

const SMALLEST: &str = "name = \"x\"\n[[action]]\nset = \"a\"\n[[privacy]]\nset = \"b\"\n";

fn parse(text: &str) -> Result<TrainConfig, String> {
    let config: TrainConfig = toml::from_str(text).map_err(|error| error.to_string())?;
    config.validate().map_err(|error| error.to_string())?;
    Ok(config)
}

#[test]
fn a_configuration_survives_being_written() {
    let config = parse(SMALLEST).expect("the smallest configuration");
    let text = toml::to_string(&config).expect("a configuration is TOML");
    assert_eq!(parse(&text), Ok(config), "something changed on the way through the file");
}

#[test]
fn an_option_nobody_knows_is_refused() {
    let error = parse(&format!("{SMALLEST}[penalty]\nbudgets = 0.3\n")).expect_err("a misspelt option");
    assert!(error.contains("budgets"), "{error}");
}

#[test]
fn a_budget_beyond_the_scale_is_refused() {
    let error = parse(&format!("{SMALLEST}[penalty]\nbudget = 30.0\n")).expect_err("RMS is in [0, 1]");
    assert!(error.contains("penalty.budget") && error.contains("[0, 1]"), "{error}");
}

#[test]
fn each_section_refuses_what_makes_no_sense_and_names_it() {
    let wrong = [
        ("[schedule]\nlog_every = 0", "schedule.log_every"),
        ("[game]\nframes = 1", "game.frames"),
        ("[game]\nprivacy_weight = nan", "game.privacy_weight"),
        ("[adversary]\npairs = 1", "adversary.pairs"),
        ("[adversary]\ncatch_up = 3", "adversary.restart_every"),
        ("[adversary]\ncontrast_weight = 0.0", "adversary.head"),
        ("[adversary]\nframes = 13", "in 1..=12"),
        ("[adversary]\nframes = 2", "model.architecture"),
        ("[penalty]\nkind = \"features\"", "weighted-feature"),
        ("[penalty]\nquantile = 1.5", "penalty.quantile"),
        ("[balance]\nalpha = -1.0", "balance.alpha"),
        ("[rates]\nanonymizer = -1.0", "rates.anonymizer"),
        ("[rates]\naccumulate = 0", "rates.accumulate"),
        ("[validate]\npatience = 3", "validate.every"),
        ("[model]\ndepth = 3", "depth"),
        ("[model]\nsteps = 0", "steps"),
        ("[model]\nlag = 0", "lag 0"),
        ("[model]\nspan = 0", "span 0"),
        ("[model]\ncells = 25", "cells 25"),
        ("[model]\nmu = 0.0", "model.mu"),
        ("[model]\nsees = \"signs\"", "model.sees"),
        ("[model]\nclip = 0.0", "clip 0"),
        ("[model]\ncode = 0", "code 0"),
        ("[model]\nevery = 0", "every 0"),
    ];
    for (section, named) in wrong {
        let error = parse(&format!("{SMALLEST}{section}\n")).expect_err(section);
        assert!(error.contains(named), "{section}: {error}");
    }
}

#[test]
fn a_filter_of_clips_refuses_what_only_a_network_of_frames_can_do() {
    for (architecture, skip) in [("bdq", "skip = 1"), ("motion", "skip = 3")] {
        let fit = [("schedule", "warm_up = 0"), ("game", skip), ("penalty", "kind = \"none\"")];
        let with = |left_out: &str| {
            let kept = fit.iter().filter(|(section, _)| *section != left_out);
            let sections: String = kept.map(|(section, option)| format!("[{section}]\n{option}\n")).collect();
            parse(&format!("{SMALLEST}[model]\narchitecture = \"{architecture}\"\nlag = 3\n{sections}"))
        };
        assert!(with("").is_ok(), "{:?}", with("").err());
        for (section, _) in fit {
            let error = with(section).expect_err(section);
            let found = ["200", "2", "pixel"].iter().any(|found| error.contains(&format!(" = {found}: ")));
            assert!(
                error.starts_with(section) && error.contains(architecture) && found,
                "{section}: {error}"
            );
        }
    }
}

#[test]
fn noisy_codes_refuse_what_the_product_would_not_do() {
    let with = |sections: &str| parse(&format!("{SMALLEST}[model]\narchitecture = \"dp\"\n{sections}"));
    let fit = "[game]\nskip = 4\n";
    let config = with(fit).expect("fit");
    let schedule = Schedule { warm_up: 40, pretrain: 60, ..Schedule::default() };
    let noise = [59, 60, 110, 260].map(|step| config.model.noise_share(step, &schedule));
    assert_eq!(noise, [0.0, 0.0, 0.25, 1.0], "the noise rises in the game");
    let later = ModelShape { quiet: 100, ..config.model.clone() };
    let noise = [159, 210, 360].map(|step| later.noise_share(step, &schedule));
    assert_eq!(noise, [0.0, 0.25, 1.0], "later, if it is told to");
    let signs = ModelShape { sees: Sees::Signs, ..config.model.clone() };
    let noise = [0, 10, 40, 59, 60, 61].map(|step| signs.noise_share(step, &schedule));
    assert_eq!(noise, [0.0, 0.25, 1.0, 1.0, 1.0, 1.0], "codes of signs meet it while they warm up");
    let coarse = with(
        "sees = \"signs\"\ngrid = 8\nevery = 12\nwindow = 3\n[game]\nskip = 2\nspread_weight = 0.5\n[schedule]\nsteps = 9\n",
    );
    let coarse = coarse.expect("what codes of signs have no use for does not count");
    assert_eq!(coarse.model.dp(64).signs.map(|signs| signs.grid), Some(8));
    assert_eq!(config.run(), (1, 4), "single frames are released alone");
    let windows = with("every = 12\nwindow = 3\n[game]\nskip = 2\n").expect("windows");
    assert_eq!(windows.run(), (5, 2), "a picture is the last of a whole window: frames 0, 4 and 8");
    assert_eq!(config.model.dp(64).mechanism, MechanismConfig { clip: 1.0, sigma: 2.0, levels: None });
    assert_eq!(with(&format!("mu = inf\n{fit}")).expect("no noise").model.dp(64).mechanism.sigma, 0.0);
    let bits = with(&format!("code_levels = 2\n{fit}")).expect("two levels").model.dp(64).mechanism;
    assert_eq!(bits.levels, Some(2));
    for (sections, found) in [
        ("code_levels = 1\n[game]\nskip = 1", "levels 1 of a code"),
        ("every = 9", "game.skip = 2"),
        ("every = 12\nwindow = 4", "game.skip = 2"),
        ("every = 12\nwindow = 5\n[game]\nskip = 1", "window 5"),
        ("[game]\nskip = 1\n[balance]\nkind = \"pcgrad\"", "balance.kind = pcgrad"),
        ("anneal = 5000\n[game]\nskip = 1", "model.anneal = 5000"),
        ("quiet = 900\n[game]\nskip = 1", "model.anneal = 200"),
        ("[game]\nskip = 1\nspread_weight = 0.5", "game.spread_weight = 0.5"),
        (
            "sees = \"signs\"\nevery = 4\nwindow = 2\n[game]\nskip = 2\nspread_weight = -0.5",
            "game.spread_weight = -0.5",
        ),
    ] {
        let error = with(sections).expect_err(sections);
        assert!(error.starts_with(found), "{sections}: {error}");
    }
}

#[test]
fn the_rate_rises_and_falls_as_told() {
    let rates = Rates { anonymizer: 1.0, rise: 4, last_share: 0.1, ..Rates::default() };
    let at = |step| rates.anonymizer_at(step, 100);
    assert!((at(0) - 0.25).abs() < 1e-3 && (at(3) - 1.0).abs() < 1e-2, "{} then {}", at(0), at(3));
    assert!((at(50) - 0.55).abs() < 1e-9, "half way down is {}", at(50));
    assert!((at(100) - 0.1).abs() < 1e-9, "the last rate is {}", at(100));
    let constant = Rates { anonymizer: 1.0, ..Rates::default() };
    assert_eq!(constant.anonymizer_at(77, 100), 1.0, "nobody asked for a change");
}

/// A file of `models/`.
fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models").join(name)
}

#[test]
fn the_list_of_all_options_names_each_with_its_default() {
    let listed = TrainConfig::read(&shipped("all-options.toml"), &[]).expect("the list is a configuration");
    let bare = parse(&SMALLEST.replace("\"x\"", "\"all-options\"")).expect("the smallest configuration");
    let defaults = TrainConfig { action: listed.action.clone(), privacy: listed.privacy.clone(), ..bare };
    assert_eq!(listed, defaults, "a default in models/all-options.toml is another");
    let text = std::fs::read_to_string(shipped("all-options.toml")).expect("readable");
    let whole = toml::Table::try_from(&defaults).expect("a configuration is TOML");
    for (section, options) in whole.iter().filter_map(|(name, value)| Some((name, value.as_table()?))) {
        for option in options.keys() {
            let there = text.lines().any(|line| line.split(" = ").next() == Some(option.as_str()));
            assert!(there, "models/all-options.toml does not name {section}.{option}");
        }
    }
}

#[test]
fn every_configuration_that_is_shipped_can_be_read() {
    let own = ["bauta-s.toml", "stage-s.toml", "results/ablation-base.toml", "results/dp.toml"];
    let rivals = [
        "results/bdq.toml",
        "results/spact.toml",
        "results/vita.toml",
        "results/experiments-base.toml",
        "results/experiments-stage.toml",
        "bauta-a6.toml",
    ];
    for name in own.into_iter().chain(rivals) {
        let config = TrainConfig::read(&shipped(name), &[]);
        assert!(config.is_ok(), "{name}: {}", config.err().map_or(String::new(), |error| error.to_string()));
    }
}

#[test]
fn options_set_on_the_way_count_and_unknown_ones_are_refused() {
    let set = |key: &str, value: toml::Value| {
        TrainConfig::read(&shipped("stage-s.toml"), &[(key.to_owned(), value)])
    };
    let config = set("penalty.budget", toml::Value::Float(0.3)).expect("an option");
    assert_eq!(config.penalty.budget, Some(0.3), "the budget of the file was kept");
    let error = set("penalty.budgets", toml::Value::Float(0.3)).expect_err("a misspelt option");
    let chain =
        format!("{error}: {}", std::error::Error::source(&error).map_or(String::new(), ToString::to_string));
    assert!(chain.contains("budgets"), "{chain}");
}
