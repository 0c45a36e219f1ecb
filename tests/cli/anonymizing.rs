//! Pictures, videos and folders.

use std::fs;
use std::path::Path;

use image::RgbImage;

use crate::desk::{Desk, did, mean_difference, program, says};

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
fn behind_codes_of_movement_one_picture_is_as_any_other() {
    let desk = Desk::new();
    desk.picture("somebody.png", 40, 40);
    let other = |x: u32, y: u32| image::Rgb([200, (x * 3) as u8, (y * 6) as u8]);
    RgbImage::from_fn(40, 40, other).save(desk.path("another.png")).expect("a picture is written");
    for name in ["bauta-c6", "bauta-a6", "bauta-b6"] {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models").join(name);
        let shown = |picture: &str| {
            let out = format!("{name}-{picture}");
            did(&desk.bauta(&["anonymize", picture, &out, "--model", &model.to_string_lossy()]));
            fs::read(desk.path(&out)).expect("a picture")
        };
        assert!(shown("somebody.png") == shown("another.png"), "{name} tells pictures apart");
    }
}

#[test]
fn a_model_of_movement_shows_what_moves_and_of_what_stands_still_nothing() {
    let desk = Desk::new();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/bauta-m6");
    let shown = |name: &str, source: &str| {
        let (clip, out) = (format!("{name}.mp4"), format!("{name}-out.mp4"));
        let making = ["-v", "error", "-f", "lavfi", "-i", source, "-t", "0.6", "-crf", "1", clip.as_str()];
        program("ffmpeg", &making, desk.0.path());
        let said = did(&desk.bauta(&["anonymize", &clip, &out, "--model", &model.to_string_lossy()]));
        assert!(said.contains("bauta-m6"), "{said}");
        program("ffmpeg", &["-v", "error", "-i", &out, "-f", "md5", "-"], desk.0.path())
    };
    let size = "size=96x72:rate=25";
    let still = shown("bars", &format!("smptebars={size}"));
    assert_eq!(still, shown("grey", &format!("color=gray:{size}")), "what stands still is told");
    assert_ne!(
        still,
        shown("moving", &format!("mandelbrot={size}:start_scale=2:end_pts=10")),
        "what moves is not told"
    );
    desk.refused(
        &["anonymize", "bars.mp4", "x.mp4", "--model", &model.to_string_lossy(), "--budget-mu", "1"],
        &["bauta-m6 promises nothing"],
    );
    desk.picture("one.png", 40, 32);
    desk.refused(
        &["anonymize", "one.png", "x.png", "--model", &model.to_string_lossy()],
        &["one.png", "bauta-m6 shows movement", "give it a video"],
    );
}

#[test]
fn a_mosaic_needs_no_model_and_ends_with_its_budget() {
    let desk = Desk::new();
    desk.picture("in.png", 40, 32);
    let paint = |out: &str, more: &[&str]| {
        let asked = ["anonymize", "in.png", out, "--mosaic", "0.5", "--cell", "8", "--ledger", "spent.json"];
        desk.bauta(&[&asked[..], more].concat())
    };
    let said = did(&paint("1.png", &["--budget-epsilon", "1"]));
    for part in
        ["a mosaic", "epsilon 0.5 for what at most 16 pixels show", "1 release(s)", "of epsilon 1.000"]
    {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    did(&paint("2.png", &[]));
    let open = |name: &str| image::open(desk.path(name)).expect("a picture").into_rgb8();
    let (one, other) = (open("1.png"), open("2.png"));
    assert!(one != other, "two pictures have one noise");
    for (x, y, pixel) in one.enumerate_pixels() {
        assert_eq!(pixel, one.get_pixel(x / 8 * 8, y / 8 * 8), "pixel {x} {y} is not of its cell");
    }
    says(&paint("3.png", &[]), &["budget is spent", "2 release(s)"]);
    assert!(!desk.path("3.png").exists(), "something was written beyond the budget");
    says(&paint("3.png", &["--neighbourhood", "9"]), &["at most 16 pixel", "at most 9 pixel"]);
    desk.refused(&["anonymize", "in.png", "4.png", "--mosaic", "0"], &["epsilon 0"]);
    let alone = desk.bauta(&["anonymize", "in.png", "4.png", "--cell", "8"]);
    assert_eq!(alone.status.code(), Some(2), "a cell without a mosaic");
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
