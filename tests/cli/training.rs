//! Runs and sweeps, from data to a model.

use std::fs;

use crate::desk::{Desk, did, says};

#[test]
fn a_training_without_data_names_both_ways_to_it() {
    let desk = Desk::new();
    let text = "name = \"x\"\n[[action]]\nset = \"weizmann64\"\n[[privacy]]\nset = \"utkface6k\"\n";
    fs::write(desk.path("x.toml"), text).expect("written");
    desk.refused(&["train", "x.toml"], &["--data", "BAUTA_DATA"]);
    desk.refused(&["train", "x.toml", "--data", "ghost"], &["ghost", "--data"]);
    assert_eq!(desk.names(), ["x.toml"], "a run folder was begun");
}

#[test]
fn a_bad_row_is_named_with_its_column_and_what_was_expected() {
    let desk = Desk::new();
    let rows = "clip,source,kind,subject,action,attributes,split\n\
                a,a.png,image,s1,wave,,train\nb,b.png,image,s1,wave,,sometimes\n";
    fs::write(desk.path("rows.csv"), rows).expect("written");
    let text = "name = \"x\"\n[[action]]\nmanifest = \"rows.csv\"\n[[privacy]]\nmanifest = \"rows.csv\"\n";
    fs::write(desk.path("x.toml"), text).expect("written");
    desk.refused(&["train", "x.toml"], &["rows.csv", "row 2", "split", "sometimes", "train"]);
}

#[test]
fn the_drawn_people_train_a_model_without_any_data_folder() {
    let desk = Desk::new();
    let stage = ["data", "stage", "stage", "--clips", "24", "--people", "4", "--frames", "4", "--size", "16"];
    did(&desk.bauta(&stage));
    let text = "name = \"first\"\nsize = 16\n[schedule]\nwarm_up = 2\npretrain = 2\nsteps = 2\n\
                [game]\nclips = 2\nframes = 2\n[adversary]\npairs = 4\n[validate]\nfresh_moves = 2\n\
                [[action]]\nmanifest = \"stage/manifest.csv\"\n[[privacy]]\nmanifest = \"stage/manifest.csv\"\n";
    fs::write(desk.path("first.toml"), text).expect("written");
    let said = did(&desk.bauta(&["train", "first.toml"]));
    assert!(said.contains("wrote runs/first/first.bpk"), "{said}");
    assert!(desk.path("runs/first/report.html").is_file(), "there is no report: {said}");
    desk.refused(&["train", "first.toml"], &["runs/first", "--resume"]);
    desk.refused(&["train", "first.toml", "--set", "penalty.budgets=1"], &["first.toml", "budgets"]);
    desk.refused(&["train", "first.toml", "--set", "penalty.budget=7"], &["penalty.budget", "[0, 1]"]);
    desk.picture("in.png", 40, 30);
    did(&desk.bauta(&["anonymize", "in.png", "out.png", "--model", "runs/first/first"]));
    let card = did(&desk.bauta(&["card", "runs/first/first.bpk"]));
    assert!(card.contains("no privacy claim") && card.contains("limits"), "{card}");
}

#[test]
fn a_filter_of_clips_is_trained_and_judged_and_taken_for_no_model_of_frames() {
    let desk = filter_of_clips("bdq", "skip = 1", "");
    for words in [
        &["anonymize", "in.png", "out.png", "--model", MOTION][..],
        &["export", MOTION, "out.onnx"],
        &["card", MOTION],
    ] {
        desk.refused(words, &["motion.json", "filter of clips (bdq)", "bauta judge"]);
    }
    assert!(!desk.path("out.png").exists(), "a picture came out");
}

#[test]
fn a_network_that_draws_from_signs_is_trained_judged_and_shown_and_taken_for_no_model_of_frames() {
    let desk = filter_of_clips("motion", "skip = 2", "grid = 8\ncells = 4\nlag = 2\nwidth = 4\n");
    desk.refused(
        &["export", MOTION, "out.onnx"],
        &["motion.json", "model of movement (motion)", "bauta anonymize"],
    );
    let said = did(&desk.bauta(&["card", MOTION]));
    assert!(said.contains("movement in 8 x 8 cells over 2 frame(s), shown as 4 x 4 cells"), "{said}");
    assert!(said.contains("free: drawn people") || said.contains("no real data"), "{said}");
}

/// Where [`filter_of_clips`] leaves what it has trained.
const MOTION: &str = "runs/motion/motion";

/// Trains what looks at frames before, judges it, and leaves it on a desk beside a picture.
fn filter_of_clips(architecture: &str, skip: &str, model: &str) -> Desk {
    let desk = Desk::new();
    let stage = ["data", "stage", "stage", "--clips", "24", "--people", "4", "--frames", "4", "--size", "16"];
    did(&desk.bauta(&stage));
    let text = format!(
        "name = \"motion\"\nsize = 16\n[model]\narchitecture = \"{architecture}\"\n{model}[schedule]\nwarm_up = 0\npretrain = 2\n\
                steps = 4\n[game]\nclips = 2\nframes = 2\n{skip}\n[penalty]\nkind = \"none\"\n[adversary]\npairs = 4\n\
                contrast_weight = 0.0\nhead = [{{ of = \"identity\" }}]\n[validate]\nfresh_moves = 2\n\
                [[action]]\nmanifest = \"stage/manifest.csv\"\n[[privacy]]\nmanifest = \"stage/manifest.csv\"\n"
    );
    fs::write(desk.path("motion.toml"), text).expect("written");
    did(&desk.bauta(&["train", "motion.toml"]));
    desk.picture("in.png", 40, 30);
    let judging = ["--set", "stage/manifest.csv", "--size", "16", "--quick", "--out", "judged"];
    desk.bauta(&[&["judge", MOTION][..], &judging].concat());
    let report = fs::read_to_string(desk.path("judged/report.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let of_motion = report["rows"].as_array().expect("rows").iter().filter(|row| row["method"] == "motion");
    assert!(of_motion.count() > 3, "{report:#}");
    assert!(
        report["subject"]["key"].as_str().expect("a key").contains(architecture),
        "{}",
        report["subject"]
    );
    desk
}

#[test]
fn a_training_killed_at_any_moment_goes_on_to_the_same_bits() {
    let desk = Desk::new();
    let stage = ["data", "stage", "stage", "--clips", "24", "--people", "4", "--frames", "4", "--size", "16"];
    did(&desk.bauta(&stage));
    let text = "name = \"first\"\nsize = 16\n[model]\nwidth = 4\n[schedule]\nwarm_up = 4\npretrain = 4\nsteps = 40\n\
                log_every = 1\ncheckpoint_every = 3\n[game]\nclips = 2\nframes = 2\n[adversary]\npairs = 4\n\
                restart_every = 7\ncatch_up = 1\n[validate]\nfresh_moves = 0\nattributes = []\n\
                [[action]]\nmanifest = \"stage/manifest.csv\"\n[[privacy]]\nmanifest = \"stage/manifest.csv\"\n";
    fs::write(desk.path("first.toml"), text).expect("written");
    did(&desk.bauta(&["train", "first.toml", "--run", "whole"]));
    for (name, reached) in [("early", 3), ("late", 24)] {
        let mut child = desk.command(&["train", "first.toml", "--run", name]).spawn().expect("it starts");
        let checkpoint = |step: u32| desk.path(&format!("{name}/checkpoint-{step:07}"));
        // Whichever checkpoint from `reached` on is seen first: old ones are removed.
        while !(reached..=44).any(|step| checkpoint(step).exists()) {
            assert!(child.try_wait().expect("its state").is_none(), "it ended before it could be killed");
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        child.kill().expect("SIGKILL");
        child.wait().expect("it is gone");
        did(&desk.bauta(&["train", "first.toml", "--run", name, "--resume"]));
        let bytes = |run: &str| fs::read(desk.path(run).join("metrics.jsonl")).expect("written");
        assert!(bytes(name) == bytes("whole"), "killed {name}, the losses are others");
        // The weights' file holds names that are drawn anew; what the weights do stands on the card.
        let answer = |run: &str| {
            let card = fs::read(desk.path(run).join("first.json")).expect("written");
            serde_json::from_slice::<serde_json::Value>(&card).expect("JSON")["known_answer"].clone()
        };
        assert!(answer(name) == answer("whole"), "killed {name}, the model is another");
    }
}

#[test]
fn a_sweep_checks_every_variant_before_it_trains_and_then_compares_them() {
    let desk = Desk::new();
    let stage = ["data", "stage", "stage", "--clips", "24", "--people", "4", "--frames", "4", "--size", "16"];
    did(&desk.bauta(&stage));
    let base = "name = \"base\"\nsize = 16\n[schedule]\nwarm_up = 2\npretrain = 2\nsteps = 2\n\
                [game]\nclips = 2\nframes = 2\n[adversary]\npairs = 4\n\
                [[action]]\nmanifest = \"../stage/manifest.csv\"\n[[privacy]]\nmanifest = \"../stage/manifest.csv\"\n";
    fs::create_dir(desk.path("plans")).expect("a folder");
    fs::write(desk.path("plans/base.toml"), base).expect("written");
    let sweep = "name = \"two\"\nbase = \"base.toml\"\nseeds = [1]\n[[grid]]\nname = \"skip\"\n\
                 key = \"game.skip\"\nvalues = [1, 2]\n";
    let wrong = format!("{sweep}[[variant]]\nname = \"odd one\"\nset = {{ \"game.clip\" = 3 }}\n");
    fs::write(desk.path("plans/two.toml"), wrong).expect("written");
    desk.refused(&["sweep", "plans/two.toml"], &["odd one, skip 1", "unknown field `clip`"]);
    assert!(!desk.path("runs").exists(), "a run was begun");
    fs::write(desk.path("plans/two.toml"), sweep).expect("written");
    let said = did(&desk.bauta(&["sweep", "plans/two.toml", "--jobs", "2", "--out", "notes"]));
    assert!(said.contains("| skip 1 | 1 |") && said.contains("2 of 2 runs"), "{said}");
    for made in
        ["runs/two/two.json", "notes/two.md", "notes/two.svg", "runs/two/skip-2/seed-1/skip-2-seed-1.bpk"]
    {
        assert!(desk.path(made).is_file(), "{made} is missing after: {said}");
    }
    let again = did(&desk.bauta(&["sweep", "plans/two.toml"]));
    assert!(again.contains("2 runs, 2 of them done"), "a run was repeated: {again}");
    desk.refused(
        &["judge", "--sweep", "plans", "--set", "stage/manifest.csv"],
        &["plans", "0 .json", "bauta sweep"],
    );
    let judging = ["judge", "--sweep", "runs/two", "--set", "stage/manifest.csv", "--quick", "--size", "16"];
    let judged = desk.bauta(&[&judging[..], &["--out", "judged"]].concat());
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(said.contains("judged: fresh attackers") && said.contains("| skip 2 | 1 |"), "{said}");
    let report = fs::read_to_string(desk.path("judged/report.json")).expect("a report");
    assert!(
        report.contains("\"method\": \"skip 1, seed 1\""),
        "a model of the sweep was not judged: {report}"
    );
    assert!(desk.path("judged/two.md").is_file(), "the table is missing after: {said}");
}

#[test]
fn noisy_codes_spend_a_budget_and_pass_their_audit_and_codes_without_noise_have_none() {
    let desk = Desk::new();
    let stage = ["data", "stage", "stage", "--clips", "24", "--people", "4", "--frames", "4", "--size", "16"];
    did(&desk.bauta(&stage));
    let text = "name = \"noisy\"\nsize = 16\n[model]\narchitecture = \"dp\"\nwidth = 4\ncode = 3\nevery = 4\nmu = 1.0\nanneal = 2\n\
                [schedule]\nwarm_up = 2\npretrain = 2\nsteps = 2\n[game]\nclips = 2\nframes = 4\nskip = 1\n[adversary]\n\
                pairs = 4\n[validate]\nfresh_moves = 2\n[[action]]\nmanifest = \"stage/manifest.csv\"\n[[privacy]]\n\
                manifest = \"stage/manifest.csv\"\n";
    fs::write(desk.path("noisy.toml"), text).expect("written");
    did(&desk.bauta(&["train", "noisy.toml"]));
    let noisy = "runs/noisy/noisy";
    let card = did(&desk.bauta(&["card", noisy]));
    for part in ["dp mode", "1.0000-GDP", "replacement", "3 number(s) for each 4 frame(s)", "does not cover"]
    {
        assert!(card.contains(part), "{part} is not in: {card}");
    }
    did(&desk.bauta(&["card", noisy, "--dpia"]));
    let audited = did(&desk.bauta(&["audit-dp", noisy]));
    assert!(audited.contains("claimed at most") && !audited.contains("BROKEN"), "{audited}");
    assert_eq!(audited.matches(" kept").count(), 7, "{audited}");
    desk.refused(&["audit-dp", noisy, "--runs", "9999"], &["--runs 9999", "10000"]);
    desk.picture("in.png", 40, 30);
    let spend = |out: &str, more: &[&str]| {
        desk.bauta(
            &[&["anonymize", "in.png", out, "--model", noisy, "--ledger", "spent.json"][..], more].concat(),
        )
    };
    let said = did(&spend("1.png", &["--budget-mu", "1.5"]));
    assert!(
        said.contains("1 release(s) in all, together mu 1.0000, epsilon 4.377 at delta 1e-5, of mu 1.5000"),
        "{said}"
    );
    did(&spend("2.png", &[])); // twice at mu 1 is mu 1.41
    says(&spend("3.png", &[]), &["budget is spent", "2 release(s)"]);
    assert!(!desk.path("3.png").exists(), "something was written beyond the budget");
    says(&spend("3.png", &["--budget-mu", "9"]), &["spent.json", "mu 1.5"]);
    desk.refused(
        &["anonymize", "in.png", "4.png", "--budget-mu", "9"],
        &["bauta-s promises nothing", "mode dp"],
    );
    desk.refused(&["export", noisy, "out.onnx"], &["short noisy codes (dp)"]);
    let quiet = text.replace("\"noisy\"", "\"quiet\"").replace("mu = 1.0", "mu = inf");
    fs::write(desk.path("quiet.toml"), quiet).expect("written");
    did(&desk.bauta(&["train", "quiet.toml"]));
    let quiet = "runs/quiet/quiet";
    let card = did(&desk.bauta(&["card", quiet]));
    assert!(card.contains("learned mode") && !card.contains("does not cover"), "{card}");
    let said = did(&desk.bauta(&["anonymize", "in.png", "quiet.png", "--model", quiet]));
    assert!(!said.contains("release(s)"), "what costs nothing is counted: {said}");
    let costly = ["anonymize", "in.png", "5.png", "--model", quiet, "--budget-mu", "9"];
    desk.refused(&costly, &["quiet promises nothing", "mode dp"]);
    desk.refused(&["audit-dp", quiet], &["quiet has no noise"]);
}
