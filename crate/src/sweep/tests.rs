use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::metrics::Reading;
use crate::train::{ACTION, RunResult};

const BASE: &str = "name = \"base\"\nsize = 32\n[game]\nclips = 3\nprivacy_weight = 0.3\n\
                    [[action]]\nmanifest = \"../clips/rows.csv\"\n[[privacy]]\nset = \"b\"\n";

/// A sweep file beside its base, and a folder to run in.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new(sweep: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("models")).expect("a folder");
        fs::write(folder.path().join("models/base.toml"), BASE).expect("written");
        let text = format!("name = \"s\"\nbase = \"base.toml\"\n{sweep}");
        fs::write(folder.path().join("models/sweep.toml"), text).expect("written");
        Self(folder)
    }

    fn read(&self) -> Result<Sweep, SweepError> {
        Sweep::read(&self.0.path().join("models/sweep.toml"))
    }

    fn sweep(&self) -> Sweep {
        self.read().expect("a sweep")
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("runs/s")
    }

    /// What the sweep is refused with, causes included.
    fn refused(&self) -> String {
        let error = self.read().expect_err("the sweep should be refused");
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            text += &format!(": {error}");
            cause = error.source();
        }
        text
    }

    /// Makes a run done: action top-1 and identity top-1 on anonymized frames; raw identity top-1.
    fn finish(&self, run: &Run, (action, attack, raw): (f64, f64, f64)) {
        let folder = self.folder().join(&run.folder);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("config.toml"), toml::to_string(&run.config).expect("TOML")).expect("written");
        fs::write(folder.join("run.json"), "{\"commit\": \"abc\", \"device\": \"CPU\"}").expect("written");
        let text = serde_json::to_string(&result(run, action, attack, raw)).expect("JSON");
        fs::write(folder.join("result.json"), text).expect("written");
    }

    /// A stand-in for the trainer: `script` sees `$config`, `$run` and `$words` (what follows the folder).
    fn program(&self, script: &str, jobs: usize) -> Program {
        let path = self.0.path().join("trainer");
        let head = "#!/bin/sh\nconfig=$2\nrun=$4\nshift 4\nwords=\"$*\"\nmkdir -p \"$run\"\n\
                    cp \"$config\" \"$run/config.toml\"\n";
        fs::write(&path, format!("{head}{script}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("made a program");
        Program { path, words: vec!["--data".into(), "here".into()], jobs }
    }

    /// Plays the sweep; names of the runs in the order they ended, with their endings.
    fn play(&self, program: &Program) -> Vec<(PathBuf, Ending)> {
        let mut ended = vec![];
        play(&self.sweep(), &self.folder(), program, &AtomicBool::new(false), &mut |event| {
            if let Event::Ended(run, ending) = event {
                ended.push((run.folder.clone(), ending));
            }
        });
        ended
    }
}

fn result(run: &Run, action: f64, attack: f64, raw: f64) -> RunResult {
    let reading = |asked: &str, top1: f64, chance: f64| Reading {
        asked: asked.into(),
        set: "a".into(),
        by: "linear".into(),
        top1,
        chance,
        n: 100,
    };
    RunResult {
        name: run.name.clone(),
        seed: run.seed,
        steps: 40,
        chosen_step: 30,
        stopped_early: false,
        minutes: 2.0,
        penalty_active: Some(0.25),
        raw: vec![reading(ACTION, 0.9, 0.1), reading("identity", raw, 0.25)],
        anonymized: vec![reading(ACTION, action, 0.1), reading("identity", attack, 0.25)],
    }
}

fn names(sweep: &Sweep) -> Vec<&str> {
    sweep.variants.iter().map(|variant| variant.name.as_str()).collect()
}

const TWO: &str = "seeds = [1, 2]\n[[variant]]\nname = \"as it is\"\n\
                   [[variant]]\nname = \"gentle (B)\"\nset = { \"game.privacy_weight\" = 0.1 }\n";

#[test]
fn variants_and_grids_are_crossed_and_run_seed_by_seed() {
    let grids = "[[grid]]\nname = \"w\"\nkey = \"game.utility_weight\"\nvalues = [0.5, 1.0]\n\
                 [[grid]]\nkey = \"size\"\nvalues = [16, 32]\n";
    let sweep = Desk::new(&format!("{TWO}{grids}")).sweep();
    assert_eq!(
        names(&sweep)[..5],
        [
            "as it is, w 0.5, size 16",
            "as it is, w 0.5, size 32",
            "as it is, w 1.0, size 16",
            "as it is, w 1.0, size 32",
            "gentle (B), w 0.5, size 16",
        ],
        "the last grid turns fastest"
    );
    let runs: Vec<(usize, u64)> = sweep.runs.iter().map(|run| (run.variant, run.seed)).collect();
    let expected: Vec<(usize, u64)> = [1, 2].iter().flat_map(|s| (0..8).map(move |v| (v, *s))).collect();
    assert_eq!(runs, expected, "every variant of seed 1 comes before seed 2");
    let last = &sweep.runs[15];
    assert_eq!(last.folder, Path::new("gentle-b-w-1-0-size-32/seed-2"), "the folder");
    let found = (
        last.config.size,
        last.config.game.privacy_weight,
        last.config.game.utility_weight,
        last.config.seed.0,
    );
    assert_eq!(found, (32, 0.1, 1.0, 2), "what the last run is told");
    assert_eq!(last.config.game.clips, 3, "what no variant sets is the base's");
}

#[test]
fn a_grid_alone_or_nothing_at_all_begins_from_the_base() {
    let grid = "seeds = [1]\n[[grid]]\nname = \"B\"\nkey = \"game.privacy_weight\"\nvalues = [0.05, 0.1]\n";
    assert_eq!(names(&Desk::new(grid).sweep()), ["B 0.05", "B 0.1"], "a grid alone");
    assert_eq!(names(&Desk::new("seeds = [1, 2]\n").sweep()), ["base"], "seeds alone");
}

#[test]
fn a_section_is_laid_over_the_base_field_by_field() {
    let sweep = Desk::new(
        "seeds = [1]\n[[variant]]\nname = \"x\"\nset = { game.privacy_weight = 0.1, \"privacy.0.set\" = \"c\" }\n",
    )
    .sweep();
    let config = &sweep.runs[0].config;
    assert_eq!((config.game.privacy_weight, config.game.clips), (0.1, 3), "the base's other fields stay");
    assert_eq!(config.privacy[0].set.as_deref(), Some("c"), "a path leads into a list");
}

#[test]
fn an_option_nobody_knows_is_refused_with_the_variant() {
    let wrong =
        |set: &str| Desk::new(&format!("{TWO}[[variant]]\nname = \"odd one\"\nset = {set}\n")).refused();
    for (set, parts) in [
        ("{ \"game.privacy_weights\" = 0.1 }", ["odd one", "privacy_weights"]),
        ("{ \"game.skip\" = 0 }", ["odd one", "game.skip"]),
        ("{ \"size.big\" = 1 }", ["odd one", "has no fields"]),
        ("{ \"privacy.7.set\" = \"c\" }", ["odd one", "list of 1"]),
        ("{ seed = 3 }", ["odd one", "leave it out"]),
    ] {
        let text = wrong(set);
        assert!(parts.iter().all(|part| text.contains(part)), "{parts:?} are not all in: {text}");
    }
}

#[test]
fn what_cannot_be_told_apart_or_is_said_twice_is_refused() {
    let twins = Desk::new(&format!("{TWO}[[variant]]\nname = \"Gentle: B\"\n")).refused();
    assert!(twins.contains("gentle (B)") && twins.contains("Gentle: B"), "{twins}");
    let twice =
        Desk::new(&format!("{TWO}[[grid]]\nkey = \"game.privacy_weight\"\nvalues = [0.2]\n")).refused();
    assert!(twice.contains("game.privacy_weight") && twice.contains("twice"), "{twice}");
    let seeds = Desk::new("seeds = [3, 3]\n").refused();
    assert!(seeds.contains("[3, 3]"), "{seeds}");
}

#[test]
fn a_manifest_stays_relative_to_the_base() {
    let desk = Desk::new("seeds = [1]\n");
    let manifest = desk.sweep().runs[0].config.action[0].manifest.clone().expect("a manifest");
    assert!(manifest.is_absolute(), "{} depends on where the run lies", manifest.display());
    fs::create_dir(desk.0.path().join("clips")).expect("a folder");
    fs::write(desk.0.path().join("clips/rows.csv"), "").expect("written");
    assert!(manifest.is_file(), "{} is another file", manifest.display());
}

#[test]
fn a_run_is_new_begun_done_or_another() {
    let desk = Desk::new(TWO);
    let (sweep, folder) = (desk.sweep(), desk.folder());
    let states = |sweep: &Sweep| sweep.runs.iter().map(|run| run.state(&folder)).collect::<Vec<_>>();
    desk.finish(&sweep.runs[0], (0.5, 0.5, 0.75));
    desk.finish(&sweep.runs[1], (0.5, 0.5, 0.75));
    fs::create_dir_all(folder.join(&sweep.runs[2].folder)).expect("a folder");
    fs::write(folder.join(&sweep.runs[2].folder).join("config.toml"), "").expect("written");
    assert_eq!(states(&sweep), [State::Done, State::Done, State::Begun, State::New], "as they are left");
    let elsewhere = Desk::new(&TWO.replace("0.1", "0.2"));
    let expected = [State::Done, State::Another, State::Begun, State::New];
    assert_eq!(states(&elsewhere.sweep()), expected, "B is another, and the manifests have moved");
}

/// Two variants with two seeds each; the second hides more and keeps less.
fn played() -> Desk {
    let desk = Desk::new(TWO);
    let figures = [(0.8, 0.5, 0.75), (0.6, 0.25, 0.75), (0.7, 0.75, 0.75), (0.4, 0.35, 0.75)];
    for (run, figures) in desk.sweep().runs.iter().zip(figures) {
        desk.finish(run, figures);
    }
    desk
}

#[test]
fn a_variant_is_the_mean_and_spread_of_its_seeds() {
    let desk = played();
    let table = Table::gather(&desk.sweep(), &desk.folder());
    let order: Vec<(&str, u64)> = table.rows.iter().map(|row| (row.variant.as_str(), row.seed)).collect();
    let expected = [("as it is", 1), ("as it is", 2), ("gentle (B)", 1), ("gentle (B)", 2)];
    assert_eq!(order, expected, "rows stand variant by variant");
    let page = table.markdown();
    for line in [
        "| as it is | 2 | 0.750 ± 0.071 | 0.900 ± 0.000 | identity on a | 0.625 ± 0.177 | 0.250 | \
         0.750 ± 0.000 | 0.750 ± 0.354 | 2.0 ± 0.0 |",
        "| gentle (B) | 2 | 0.500 ± 0.141 | 0.900 ± 0.000 | identity on a | 0.300 ± 0.071 | 0.250 | \
         0.750 ± 0.000 | 0.100 ± 0.141 | 2.0 ± 0.0 |",
        "| gentle (B) | 2 | 0.400 | 0.900 | identity on a | linear | 0.350 | 0.250 | 0.750 | 0.200 | 0.250 | \
         30 of 40 | 2.0 |",
        "Highest action top-1: as it is, 0.750 ± 0.071 (raw clips: 0.900 ± 0.000)",
        "Lowest NL: gentle (B), 0.100 ± 0.141",
        "no other variant hides and keeps more): as it is; gentle (B)",
        "4 of 4 runs: 2 variant(s), seeds 1, 2, commit abc, on CPU",
        NOTE,
    ] {
        assert!(page.contains(line), "\"{line}\" is not in:\n{page}");
    }
}

#[test]
fn a_variant_that_hides_less_and_keeps_less_is_off_the_front() {
    let desk = Desk::new(TWO);
    let figures = [(0.8, 0.3, 0.75), (0.6, 0.5, 0.75)];
    for (run, figures) in desk.sweep().runs.iter().zip(figures) {
        desk.finish(run, figures);
    }
    let table = Table::gather(&desk.sweep(), &desk.folder());
    let front: Vec<bool> = table.summaries().iter().map(|summary| summary.front).collect();
    assert_eq!(front, [true, false], "the second is beaten in both");
    let page = table.markdown();
    assert!(page.contains("hides and keeps more): as it is.\n"), "{page}");
    assert!(
        page.contains("one seed a variant") && page.contains("gentle (B), seed 2: not run yet"),
        "{page}"
    );
    assert!(table.svg().contains("as it is") && table.svg().contains("gentle (B)"), "both are drawn");
}

#[test]
fn leakage_that_cannot_be_measured_is_a_dash_and_the_attack_still_shows() {
    let desk = Desk::new("seeds = [1]\n");
    let sweep = desk.sweep();
    desk.finish(&sweep.runs[0], (0.8, 0.3, 0.26));
    let table = Table::gather(&sweep, &desk.folder());
    assert_eq!(table.rows[0].nl, None, "raw frames tell nothing");
    let page = table.markdown();
    assert!(
        page.contains("| base | 1 | 0.800 | 0.900 | identity on a | 0.300 | 0.250 | 0.260 | - |"),
        "{page}"
    );
    assert!(table.svg().contains("strongest attack"), "the attack stands on the lower axis");
}

#[test]
fn runs_that_read_nothing_say_so_and_are_not_taken_for_void_attacks() {
    let desk = Desk::new("seeds = [1, 2]\n");
    let sweep = desk.sweep();
    for run in &sweep.runs {
        desk.finish(run, (0.8, 0.3, 0.7));
        let nothing = RunResult { raw: vec![], anonymized: vec![], ..result(run, 0.0, 0.0, 0.0) };
        let text = serde_json::to_string(&nothing).expect("JSON");
        fs::write(desk.folder().join(&run.folder).join("result.json"), text).expect("written");
    }
    let page = Table::gather(&sweep, &desk.folder()).markdown();
    assert!(page.contains("| base | 2 | - | - | - | - | - | - | - | 2.0 ± 0.0 |"), "{page}");
    assert!(page.contains("Nothing was attacked"), "{page}");
}

#[test]
fn a_difference_is_read_only_where_it_exceeds_the_noise_of_seeds() {
    let read = |figures: [f64; 4]| {
        let desk = Desk::new(TWO);
        for (run, action) in desk.sweep().runs.iter().zip(figures) {
            desk.finish(run, (action, 0.5, 0.75));
        }
        let page = Table::gather(&desk.sweep(), &desk.folder()).markdown();
        page.lines().find(|line| line.contains("Action top-1: the variants")).expect("a sentence").to_owned()
    };
    let clear = read([0.80, 0.50, 0.82, 0.52]); // seed 1 of both, then seed 2
    assert!(clear.contains("differ by more") && clear.contains("SD of 0.212"), "{clear}");
    let noisy = read([0.80, 0.70, 0.50, 0.40]);
    assert!(
        noisy.contains("no order") && noisy.contains("(SD 0.212, pooled) would give them 0.150"),
        "{noisy}"
    );
}

#[test]
fn tables_and_plot_are_written_and_read_back() {
    let desk = played();
    let table = Table::gather(&desk.sweep(), &desk.folder());
    table.write(&desk.folder()).expect("written");
    let text = fs::read_to_string(desk.folder().join("s.json")).expect("s.json");
    assert_eq!(serde_json::from_str::<Table>(&text).expect("JSON"), table, "something changed on the way");
    assert!(
        text.contains("clips = 3") && text.contains("game.privacy_weight"),
        "what was run is in it: {text}"
    );
    let picture = fs::read_to_string(desk.folder().join("s.svg")).expect("s.svg");
    assert!(picture.starts_with("<svg") && desk.folder().join("s.md").is_file(), "{picture}");
}

#[test]
fn a_run_that_fails_is_reported_and_the_others_go_on() {
    let desk = Desk::new(TWO);
    let script = "echo \"told $words, $RAYON_NUM_THREADS threads\"\n\
                  case $config in *gentle*/seed-1.toml) echo 'no clips' >&2; exit 3;; esac\n\
                  echo '{}' > \"$run/result.json\"";
    let ended = desk.play(&desk.program(script, 1));
    let failures: Vec<&PathBuf> =
        ended.iter().filter(|(_, ending)| *ending != Ending::Done).map(|(folder, _)| folder).collect();
    assert_eq!((ended.len(), failures), (4, vec![&PathBuf::from("gentle-b/seed-1")]), "{ended:?}");
    let (_, Ending::Failed(why)) = &ended[1] else { panic!("{:?} is not the second to end", ended[1]) };
    for part in ["exit status: 3", "seed-1.log", "told --data here", "no clips"] {
        assert!(why.contains(part), "\"{part}\" is not in: {why}");
    }
    let again = desk.play(&desk.program("echo \"again $words\"; exit 4", 1));
    let (_, Ending::Failed(why)) = &again[0] else { panic!("{again:?} should have failed") };
    assert_eq!(again.len(), 1, "what is done is not repeated");
    assert!(why.contains("again --resume --data here") && !why.contains("no clips"), "{why}");
}

#[test]
fn jobs_run_at_the_same_time_and_share_the_cores() {
    let desk = Desk::new(TWO);
    // Each waits until another has begun.
    let script = "echo $RAYON_NUM_THREADS > \"$run/threads\"\n\
                  for i in $(seq 100); do [ \"$(ls \"$run\"/../../*/seed-*/threads | wc -l)\" -ge 2 ] && \
                  echo '{}' > \"$run/result.json\" && exit 0; sleep 0.05; done; exit 1";
    let ended = desk.play(&desk.program(script, 2));
    assert!(ended.iter().all(|(_, ending)| *ending == Ending::Done), "{ended:?}");
    let threads = fs::read_to_string(desk.folder().join("as-it-is/seed-1/threads")).expect("written");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    assert_eq!(threads.trim(), (cores / 2).max(1).to_string(), "threads of a child on {cores} cores");
}

#[test]
fn a_sweep_that_is_stopped_starts_nothing_more_and_waits_for_checkpoints() {
    let desk = Desk::new(TWO);
    let script = "trap 'echo kept > \"$run/checkpoint\"; exit 0' INT\ntouch \"$run/up\"\n\
                  for i in $(seq 100); do sleep 0.05; done; exit 1";
    let (program, stop, mut ended) = (desk.program(script, 1), AtomicBool::new(false), vec![]);
    let (sweep, folder) = (desk.sweep(), desk.folder());
    let run = folder.join(&sweep.runs[0].folder);
    play(&sweep, &folder, &program, &stop, &mut |event| match event {
        Event::Started(_) => {
            while !run.join("up").exists() {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            stop.store(true, Ordering::Relaxed);
        }
        Event::Ended(run, ending) => ended.push((run.variant, ending)),
    });
    assert_eq!(ended, [(0, Ending::Stopped)], "one run was under way");
    assert!(run.join("checkpoint").exists(), "the child was not asked to stop, or not waited for");
}

#[test]
fn a_result_of_another_configuration_is_neither_repeated_nor_counted() {
    let desk = played();
    let text = fs::read_to_string(desk.0.path().join("models/sweep.toml")).expect("readable");
    fs::write(desk.0.path().join("models/sweep.toml"), text.replace("0.1", "0.2")).expect("written");
    let ended = desk.play(&desk.program("exit 9", 1));
    let why =
        |(_, ending): &(PathBuf, Ending)| matches!(ending, Ending::Failed(why) if why.contains("another"));
    assert!(ended.len() == 2 && ended.iter().all(why), "{ended:?}");
    let table = Table::gather(&desk.sweep(), &desk.folder());
    assert_eq!((table.rows.len(), table.missing.len()), (2, 2), "{:?}", table.missing);
}
