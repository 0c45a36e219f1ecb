//! The command line as a person meets it: what it writes, what it says when something is wrong, and that
//! nothing half-written is left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::RgbImage;

/// A folder to work in.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `bauta` here, without a data folder.
    fn bauta(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("the program starts")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bauta"));
        command.args(words).current_dir(self.0.path()).env_remove("BAUTA_DATA");
        command
    }

    /// Runs `bauta`, which must fail with a sentence that holds each of `parts`.
    fn refused(&self, words: &[&str], parts: &[&str]) {
        says(&self.bauta(words), parts);
    }

    fn picture(&self, name: &str, width: u32, height: u32) {
        let pixel = |x: u32, y: u32| image::Rgb([(x * 7) as u8, (y * 5) as u8, (x ^ y) as u8]);
        RgbImage::from_fn(width, height, pixel).save(self.path(name)).expect("a picture is written");
    }

    /// Five frames of 34 x 22 pixels, less the last `missing` bytes.
    fn y4m(&self, name: &str, missing: usize) {
        let mut bytes = b"YUV4MPEG2 W34 H22 F25:1 Ip A1:1 C420jpeg\n".to_vec();
        for frame in 0..5_u8 {
            bytes.extend(b"FRAME\n");
            bytes.extend((0..34 * 22).map(|i: usize| (i % 200) as u8 + frame));
            bytes.extend([128; 2 * 17 * 11]);
        }
        bytes.truncate(bytes.len() - missing);
        fs::write(self.path(name), bytes).expect("a clip is written");
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("a folder").flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into()).collect();
        names.sort();
        names
    }
}

fn says(output: &Output, parts: &[&str]) {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "exit code of: {complaint}");
    for part in parts {
        assert!(complaint.contains(part), "\"{part}\" is not in: {complaint}");
    }
}

fn did(output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn program(name: &str, words: &[&str], folder: &Path) -> String {
    let output = Command::new(name).args(words).current_dir(folder).output();
    did(&output
        .unwrap_or_else(|error| panic!("{name} is needed for the tests, run scripts/setup --test: {error}")))
}

fn mean_difference(a: &RgbImage, b: &RgbImage) -> f64 {
    let sum: u64 = a.iter().zip(b.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.len() as f64
}

#[test]
fn a_picture_keeps_its_size_and_not_its_pixels() {
    let desk = Desk::new();
    desk.picture("in.png", 97, 61);
    let said = did(&desk.bauta(&["anonymize", "in.png", "out.png"]));
    assert!(said.contains("wrote out.png"), "no path in the summary: {said}");
    let open = |name: &str| image::open(desk.path(name)).expect("a picture").into_rgb8();
    let (before, after) = (open("in.png"), open("out.png"));
    assert_eq!(after.dimensions(), (97, 61), "the size changed");
    let difference = mean_difference(&before, &after);
    assert!(difference > 5.0, "the picture differs by only {difference} of 255 in the mean");
}

#[test]
fn a_video_keeps_frame_rate_and_length_and_loses_its_sound() {
    let desk = Desk::new();
    let source = "testsrc=size=96x72:rate=30000/1001:duration=0.5";
    let making = ["-v", "error", "-f", "lavfi", "-i", source, "-f", "lavfi", "-i", "sine=duration=0.5"];
    program("ffmpeg", &[&making[..], &["-metadata", "title=secret", "in.mp4"]].concat(), desk.0.path());
    did(&desk.bauta(&["anonymize", "in.mp4", "out.mp4"]));
    let entries = "stream=codec_type,width,height,avg_frame_rate,nb_frames:format_tags=title";
    let probing = ["-v", "error", "-show_entries", entries, "-of", "csv"];
    let before = program("ffprobe", &[&probing[..], &["in.mp4"]].concat(), desk.0.path());
    let after = program("ffprobe", &[&probing[..], &["out.mp4"]].concat(), desk.0.path());
    assert!(
        before.contains("audio") && before.contains("secret"),
        "the input is not what the test needs: {before}"
    );
    assert_eq!(after.trim(), "stream,video,96,72,30000/1001,15\nformat,", "streams and tags of the output");
}

#[test]
fn a_folder_is_anonymized_file_by_file() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("in/deeper")).expect("a folder");
    desk.picture("in/a.png", 20, 20);
    desk.picture("in/deeper/b.jpg", 20, 20);
    fs::write(desk.path("in/notes.txt"), "not a picture").expect("written");
    let said = did(&desk.bauta(&["anonymize", "in", "out"]));
    assert!(said.contains("2 file(s)"), "{said}");
    assert!(desk.path("out/a.png").is_file() && desk.path("out/deeper/b.jpg").is_file(), "a file is missing");
    assert!(!desk.path("out/notes.txt").exists(), "a file that is no picture was copied");
}

#[test]
fn a_clip_that_ends_inside_a_frame_is_refused_and_leaves_nothing() {
    let desk = Desk::new();
    desk.y4m("whole.y4m", 0);
    desk.y4m("cut.y4m", 100);
    did(&desk.bauta(&["anonymize", "whole.y4m", "whole.mp4"]));
    desk.refused(&["anonymize", "cut.y4m", "cut.mp4"], &["cut.y4m", "middle of frame 4"]);
    assert_eq!(desk.names(), ["cut.y4m", "whole.mp4", "whole.y4m"], "something is left over");
}

#[test]
fn without_ffmpeg_videos_are_refused_with_the_way_to_get_it() {
    let desk = Desk::new();
    desk.y4m("in.y4m", 0);
    let mut command = desk.command(&["anonymize", "in.y4m", "out.mp4"]);
    says(
        &command.env("PATH", "/nonexistent").output().expect("the program starts"),
        &["ffprobe", "install ffmpeg"],
    );
    assert_eq!(desk.names(), ["in.y4m"], "something is left over");
}

#[test]
fn what_is_no_video_is_refused() {
    let desk = Desk::new();
    fs::write(desk.path("notes.mp4"), "these are notes").expect("written");
    desk.refused(&["anonymize", "notes.mp4", "out.mp4"], &["notes.mp4", "cannot be decoded"]);
    desk.refused(&["anonymize", "ghost.mp4", "out.mp4"], &["ghost.mp4", "does not exist"]);
    assert_eq!(desk.names(), ["notes.mp4"], "something is left over");
}

#[test]
fn a_file_that_exists_is_kept_unless_told_otherwise() {
    let desk = Desk::new();
    desk.picture("in.png", 16, 16);
    fs::write(desk.path("out.png"), "precious").expect("written");
    desk.refused(&["anonymize", "in.png", "out.png"], &["out.png exists", "--overwrite"]);
    assert_eq!(fs::read(desk.path("out.png")).expect("readable"), b"precious", "it was overwritten");
    did(&desk.bauta(&["anonymize", "in.png", "out.png", "--overwrite"]));
    assert!(image::open(desk.path("out.png")).is_ok(), "out.png is no picture");
}

#[test]
fn weights_that_do_not_match_their_card_are_refused() {
    let desk = Desk::new();
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let mut weights = fs::read(models.join("bauta-s.bpk")).expect("the built-in weights");
    let card = fs::read_to_string(models.join("bauta-s.json")).expect("the built-in card");
    fs::write(desk.path("model.json"), &card).expect("written");
    desk.refused(&["card", "model"], &["model.bpk", "a model is two files"]);
    weights[1000] ^= 1;
    fs::write(desk.path("model.bpk"), &weights).expect("written");
    desk.refused(&["card", "model"], &["model.json", "SHA-256", "fetch them again"]);
    fs::write(desk.path("model.json"), card.replacen("\"format\": 1", "\"format\": 9", 1)).expect("written");
    desk.refused(&["card", "model"], &["model.json", "format 9", "update Bauta"]);
    fs::write(desk.path("model.json"), "{").expect("written");
    desk.refused(&["card", "model"], &["model.json", "cannot be understood", "line 1"]);
}

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
fn every_verb_explains_itself() {
    let desk = Desk::new();
    for verb in ["anonymize", "card", "data", "train", "report", "sweep", "judge", "export"] {
        let said = did(&desk.bauta(&[verb, "--help"]));
        assert!(said.contains("Usage: bauta"), "{verb}: {said}");
    }
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
fn a_judgement_of_nothing_is_refused_with_the_ways_out() {
    let desk = Desk::new();
    desk.refused(&["judge"], &["name a model", "--baselines", "--sweep"]);
    desk.refused(&["judge", "--compare", "grey"], &["--compare", "at least two"]);
    desk.refused(&["judge", "grey", "--size", "50"], &["--size 50", "multiple of 16"]);
    desk.refused(&["judge", "grey", "--set", "no.csv"], &["no.csv"]);
    let stage = ["data", "stage", "stage", "--clips", "24", "--people", "4", "--frames", "4", "--size", "16"];
    did(&desk.bauta(&stage));
    let of_stage =
        ["judge", "grey", "--set", "stage/manifest.csv", "--size", "16", "--members", "p000,somebody"];
    desk.refused(&of_stage, &["somebody", "p001"]);
}

/// What a judge says of the built-in model, by hand: one private question, one figure of the action.
fn report_of(sha256: &str, void: bool) -> String {
    let row = |method: &str, measure: &str, value: f64| {
        serde_json::json!({
            "dataset": "walks", "measure": measure, "method": method, "protocol": "retrained",
            "attacker": "fresh small CNN", "value": value, "low": value - 0.05, "high": value + 0.05,
            "chance": 0.1, "n": 40, "seeds": 3
        })
    };
    let rows = [
        row("raw", "action, top-1", 0.9),
        row("bauta-s", "action, top-1", 0.8),
        row("raw", "identity within a session, top-1", 0.95),
        row("bauta-s", "identity within a session, top-1", 0.4),
        row("bauta-s", "identity within a session, NL", 0.35),
    ];
    let subject = serde_json::json!({
        "name": "bauta-s", "key": format!("model {sha256} {{}}"), "size": 64, "effort": "standard", "seeds": 3,
        "void": void
    });
    let summary = serde_json::json!({});
    serde_json::json!({ "format": 1, "subject": subject, "rows": rows, "controls": [], "summary": summary })
        .to_string()
}

#[test]
fn a_report_fills_the_card_of_its_own_model_and_of_no_other() {
    let desk = Desk::new();
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    fs::copy(models.join("bauta-s.bpk"), desk.path("m.bpk")).expect("the built-in weights");
    fs::copy(models.join("bauta-s.json"), desk.path("m.json")).expect("the built-in card");
    let card = || fs::read_to_string(desk.path("m.json")).expect("a card");
    let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    let before = card();
    let sha256 = parsed(&before)["sha256"].as_str().expect("a digest").to_owned();
    let filling = ["card", "m", "--from", "report.json"];
    for (digest, void, parts) in
        [("ffff", false, ["not about the weights", "ffff"]), (&sha256, true, ["void", "judge"])]
    {
        fs::write(desk.path("report.json"), report_of(digest, void)).expect("written");
        desk.refused(&filling, &parts);
    }
    assert_eq!(card(), before, "a refused report left its mark");

    fs::write(desk.path("report.json"), report_of(&sha256, false)).expect("written");
    desk.refused(&["card", "--from", "report.json"], &["name its MODEL"]);
    let sheet = did(&desk.bauta(&["card", "m", "--dpia", "--from", "report.json"]));
    assert!(sheet.contains("| 0.400 [0.350, 0.450] | 0.100 | 40 |"), "{sheet}");
    assert_eq!(card(), before, "a sheet left its mark on the card");
    let page = did(&desk.bauta(&filling));
    assert!(page.contains("0.400 [0.350, 0.450]  chance 0.100  n 40"), "{page}");
    let table = did(&desk.bauta(&["card", "m.json", "--table"]));
    assert!(table.contains("value [95 % interval]") && table.contains("| 0.350 [0.300, 0.400] |"), "{table}");
    let after = parsed(&card());
    assert_eq!(after["measured"][3]["attacker"], "fresh small CNN", "{after:#}");
    assert!(
        after["privacy_claim"].as_str().expect("a claim").contains("worst NL 0.35 [0.30, 0.40]"),
        "{after:#}"
    );
    assert!(!card().contains("was not measured"), "a limit that the judge has lifted is left: {after:#}");
    for field in ["sha256", "known_answer", "trained", "licence", "config"] {
        assert_eq!(after[field], parsed(&before)[field], "{field} is not the judge's to change");
    }
    let said = did(&desk.bauta(&["card", "m", "--dpia", "--out", "dpia.md"]));
    assert_eq!(said.trim(), "wrote dpia.md", "the summary");
    assert_eq!(
        fs::read_to_string(desk.path("dpia.md")).expect("a sheet"),
        sheet,
        "the card says the same now"
    );
    assert_eq!(desk.names(), ["dpia.md", "m.bpk", "m.json", "report.json"], "something is left over");
}

/// Two dozen pictures with an attribute, which are judged quickly.
fn attributed(desk: &Desk) {
    let mut rows = "clip,source,kind,subject,action,attributes,split\n".to_owned();
    for place in 0..24 {
        let (split, gender) = (["train", "validation", "test"][place % 3], ["f", "m"][place / 3 % 2]);
        let red = if gender == "f" { 200 } else { 40 };
        let pixel = |x: u32, y: u32| image::Rgb([red, (x * 9) as u8, (y * 5) as u8 + place as u8]);
        RgbImage::from_fn(16, 16, pixel)
            .save(desk.path(&format!("{place}.png")))
            .expect("a picture is written");
        rows += &format!("p {place},{place}.png,image,,,gender={gender},{split}\n");
    }
    fs::write(desk.path("people.csv"), rows).expect("written");
}

#[test]
fn clips_go_out_to_other_attackers_and_their_rows_come_back() {
    let desk = Desk::new();
    attributed(&desk);
    let judge = |words: &[&str]| {
        let judging = ["judge", "--set", "people.csv", "--quick", "--size", "16", "--out", "judged"];
        desk.bauta(&[&judging[..], words].concat())
    };
    let report = || {
        let text = fs::read_to_string(desk.path("judged/report.json")).expect("a report");
        let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        report["rows"].as_array().expect("rows").clone()
    };
    let offer = |method: &str| {
        let row = serde_json::json!([{
            "dataset": "people.csv", "measure": "gender, top-1", "method": method, "protocol": "outside",
            "attacker": "a stranger", "value": 0.625, "low": 0.5, "high": 0.75, "chance": 0.5, "n": 8, "seeds": 1
        }]);
        fs::write(desk.path("rows.json"), row.to_string()).expect("written");
    };
    offer("grey scale");
    says(&judge(&["grey", "--merge", "rows.json"]), &["rows.json, row 1, method", "grey scale", "\"grey\""]);
    assert!(!desk.path("judged").exists(), "it judged before it looked at the rows");

    offer("grey");
    judge(&["grey", "--write-clips", "clips", "--merge", "rows.json"]);
    let theirs = report().into_iter().find(|row| row["attacker"] == "a stranger").expect("the row came back");
    assert_eq!((&theirs["value"], &theirs["method"]), (&0.625.into(), &"grey".into()), "another row");
    let index = fs::read_to_string(desk.path("clips/clips.json")).expect("an index");
    assert!(index.contains("people/raw/manifest.csv"), "{index}");

    let grey = "clips/people/grey/manifest.csv";
    let checked = did(&desk.bauta(&["data", "check", grey, "--size", "16"]));
    assert!(checked.contains("clips       24 with 24 frames"), "{checked}");
    judge(&[grey]);
    let again = report().into_iter().find(|row| row["method"] == "grey").expect("clips by somebody else");
    assert_eq!(again["n"], 8, "the test pictures");
}

/// What both READMEs hold between their marks.
fn tables_of_models(readme: &Path) -> String {
    let text = fs::read_to_string(readme).expect("a README");
    let inside =
        text.split("for each model -->").nth(1).and_then(|rest| rest.split("<!-- end of models -->").next());
    inside.expect("the marks around the tables").trim().to_owned()
}

#[test]
fn the_tables_of_models_are_those_that_the_cards_print() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let desk = Desk::new();
    let cards = fs::read_dir(root.join("models")).expect("models").flatten().map(|entry| entry.path());
    let mut cards: Vec<PathBuf> =
        cards.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    cards.sort();
    let print = |card: &PathBuf| did(&desk.bauta(&["card", "--table", &card.to_string_lossy()]));
    let tables: Vec<String> = cards.iter().map(print).collect();
    assert!(!tables.is_empty(), "there is no model");
    for readme in ["README.md", "models/README.md"] {
        assert_eq!(tables_of_models(&root.join(readme)), tables.join("\n").trim(), "the tables in {readme}");
    }
}

#[test]
fn the_published_baselines_are_those_of_their_report() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = |name: &str| fs::read_to_string(root.join(name)).expect("a published file");
    let report: bauta::eval::Report =
        serde_json::from_str(&text("models/results/baselines.report.json")).expect("a report");
    assert!(!report.subject.void, "a control failed: {:#?}", report.controls);
    assert_eq!(text("models/results/baselines.md"), bauta::eval::markdown(&report), "baselines.md");
    let readme = text("README.md");
    let inside = readme
        .split("baselines.md -->")
        .nth(1)
        .and_then(|rest| rest.split("<!-- end of baselines -->").next());
    assert_eq!(
        inside.expect("the marks").trim(),
        bauta::eval::overview(&report).trim(),
        "the table in README"
    );
}
