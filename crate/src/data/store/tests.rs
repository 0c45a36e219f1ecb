//! Pixels come back as they were, and what cannot be read is named.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::RgbImage;

use super::super::row::{Row, Source};
use super::*;

/// Every channel different at every pixel, so a swapped axis cannot hide.
fn gradient(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8 * 3, y as u8 * 5, (x + 2 * y) as u8]))
}

fn row(clip: &str, source: Source) -> Row {
    Row { clip: clip.into(), source, subject: None, action: None, attributes: [].into(), split: None }
}

fn strip(path: &str, frame_width: usize) -> Source {
    Source::Strip { path: path.into(), frame_width }
}

fn open(folder: &Path, rows: Vec<Row>, size: usize) -> Result<ClipStore, StoreError> {
    let manifest = Manifest::new(folder, rows).expect("sound rows");
    ClipStore::open(&manifest, size, &folder.join("cache"), &|_, _| ())
}

#[test]
fn frames_of_a_strip_keep_every_pixel_at_their_own_size() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let picture = gradient(24, 8);
    picture.save(folder.path().join("s.png")).expect("written");
    let store = open(folder.path(), vec![row("s", strip("s.png", 8))], 8).expect("a whole strip");
    assert_eq!(store.clips()[0].frames, 3, "24 pixels are three frames of 8");
    for index in 0..3 {
        for (pixel, rgb) in store.frame(0, index).chunks_exact(3).enumerate() {
            let (x, y) = (8 * index + pixel % 8, pixel / 8);
            assert_eq!(rgb, picture.get_pixel(x as u32, y as u32).0, "frame {index}, pixel {x} {y}");
        }
    }
}

#[test]
fn the_same_pixels_are_the_same_content_wherever_they_lie() {
    let [here, there, other] = [(0, 8), (0, 8), (9, 8)].map(|(shade, side)| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut picture = gradient(24, 8);
        picture.put_pixel(23, 7, image::Rgb([shade; 3]));
        picture.save(folder.path().join("s.png")).expect("written");
        open(folder.path(), vec![row("s", strip("s.png", side))], 8).expect("a whole strip")
    });
    assert_ne!(here.key(), there.key(), "two folders");
    assert_eq!(here.content(), there.content(), "one content");
    assert_ne!(here.content(), other.content(), "one pixel differs");
}

#[test]
fn a_folder_a_list_and_a_picture_are_read_in_order() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("walk")).expect("a folder");
    for (name, grey) in [("walk/002.png", 20), ("walk/001.jpg", 10), ("walk/010.png", 30), ("one.png", 90)] {
        RgbImage::from_pixel(12, 9, image::Rgb([grey; 3])).save(folder.path().join(name)).expect("written");
    }
    fs::write(folder.path().join("walk/notes.txt"), "no picture").expect("written");
    let list = Source::Frames(vec!["one.png".into(), "walk/002.png".into()]);
    let rows = vec![
        row("folder", Source::Frames(vec!["walk".into()])),
        row("list", list),
        row("picture", Source::Image("one.png".into())),
    ];
    let store = open(folder.path(), rows, 4).expect("whole pictures");
    let greys =
        |clip: usize| (0..store.clips()[clip].frames).map(|i| store.frame(clip, i)[0]).collect::<Vec<_>>();
    assert_eq!((greys(0), greys(1), greys(2)), (vec![10, 20, 30], vec![90, 20], vec![90]), "greys");
    assert_eq!(
        store.frames_in(Split::Train),
        (0..6).collect::<Vec<_>>(),
        "frames are counted over all clips"
    );
}

#[test]
fn a_cut_off_picture_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("s.png");
    gradient(64, 64).save(&path).expect("written");
    let whole = fs::read(&path).expect("readable");
    fs::write(&path, &whole[..whole.len() / 2]).expect("written");
    let sentence =
        open(folder.path(), vec![row("wave 1", strip("s.png", 8))], 8).err().map(|e| e.to_string());
    let sentence = sentence.expect("half a picture is no picture");
    assert!(sentence.contains("s.png") && sentence.contains("wave 1"), "unhelpful: {sentence}");
}

#[test]
fn a_strip_of_broken_frames_is_refused_with_both_numbers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    gradient(20, 8).save(folder.path().join("s.png")).expect("written");
    let sentence = open(folder.path(), vec![row("s", strip("s.png", 8))], 8).err().map(|e| e.to_string());
    let sentence = sentence.expect("20 is no multiple of 8");
    for part in ["s.png", "20 pixels", "frame width 8"] {
        assert!(sentence.contains(part), "\"{part}\" is missing from: {sentence}");
    }
}

#[test]
fn a_missing_file_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sentence = open(folder.path(), vec![row("s", strip("gone.png", 8))], 8).err().map(|e| e.to_string());
    assert!(sentence.expect("it is gone").contains("gone.png"), "the file is not named");
}

#[test]
fn nothing_is_decoded_twice_until_a_file_changes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("s.png");
    gradient(16, 8).save(&path).expect("written");
    let mut manifest = Manifest::new(folder.path(), vec![row("s", strip("s.png", 8))]).expect("sound");
    let steps = RefCell::new(Vec::new());
    let steps_of = |manifest: &Manifest| {
        steps.borrow_mut().clear();
        let note = |done, all| steps.borrow_mut().push((done, all));
        let store = ClipStore::open(manifest, 8, &folder.path().join("cache"), &note).expect("whole");
        (store.clips()[0].frames, steps.borrow().len())
    };
    assert_eq!(steps_of(&manifest), (2, 2), "the first time decodes");
    assert_eq!(steps_of(&manifest), (2, 1), "the second time only says that all is done");
    manifest.rows_mut()[0].split = Some(Split::Test);
    assert_eq!(steps_of(&manifest), (2, 1), "another split has the same pixels");
    gradient(24, 8).save(&path).expect("written");
    assert_eq!(steps_of(&manifest), (3, 2), "a changed file is decoded anew");
}

#[test]
fn a_damaged_cache_is_made_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    gradient(16, 8).save(folder.path().join("s.png")).expect("written");
    let rows = || vec![row("s", strip("s.png", 8))];
    let before = open(folder.path(), rows(), 8).expect("whole").frame(0, 1).to_vec();
    for entry in fs::read_dir(folder.path().join("cache")).expect("a cache") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "rgb") {
            fs::write(path, b"cut off").expect("written");
        }
    }
    assert_eq!(open(folder.path(), rows(), 8).expect("whole").frame(0, 1), before, "other pixels");
}
/// Three clips of two frames each.
fn three(folder: &Path, names: [&str; 3]) -> ClipStore {
    gradient(16, 8).save(folder.join("s.png")).expect("written");
    open(folder, names.map(|name| row(name, strip("s.png", 8))).into(), 8).expect("whole strips")
}

/// Every clip in the colour of its place, and how many were rewritten for it.
fn painted(store: &ClipStore, key: &str, cache: &Path) -> (ClipStore, usize) {
    let calls = AtomicUsize::new(0);
    let rewrite = |clip: usize| {
        calls.fetch_add(1, Ordering::Relaxed);
        vec![clip as u8 + 1; store.clip_bytes(clip).len()]
    };
    let painted = store.rewritten(key, cache, &rewrite, &|_, _| ()).expect("as many bytes");
    (painted, calls.into_inner())
}

#[test]
fn rewritten_clips_keep_their_names_and_change_their_pixels() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = three(folder.path(), ["a", "b", "c"]);
    let (painted, _) = painted(&store, "paint", &folder.path().join("cache"));
    assert_eq!((painted.clips(), painted.size()), (store.clips(), 8), "clips");
    for clip in 0..3 {
        assert!(painted.clip_bytes(clip).iter().all(|byte| *byte == clip as u8 + 1), "clip {clip}");
        assert_eq!(painted.frame(clip, 1), &painted.clip_bytes(clip)[192..], "the second frame");
    }
    assert_eq!(store.frame(2, 1)[0], 24, "the original is as it was");
}

#[test]
fn nothing_is_rewritten_twice_until_key_pixels_or_names_change() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = folder.path().join("cache");
    let store = three(folder.path(), ["a", "b", "c"]);
    let (first, calls) = painted(&store, "paint", &cache);
    assert_eq!(calls, 3, "the first time");
    assert_eq!(painted(&store, "paint", &cache).1, 0, "the second time");
    assert_eq!(painted(&store, "other paint", &cache).1, 3, "another key");
    assert_eq!(painted(&first, "paint", &cache).1, 3, "other pixels");
    assert_eq!(painted(&three(folder.path(), ["a", "b", "d"]), "paint", &cache).1, 3, "other names");
}

#[test]
fn a_rewriting_of_another_length_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = folder.path().join("cache");
    let store = three(folder.path(), ["a", "b", "c"]);
    let rewrite = |clip: usize| vec![0; if clip == 1 { 192 } else { 384 }];
    let refused = store.rewritten("short", &cache, &rewrite, &|_, _| ()).err();
    let sentence = refused.expect("a frame is missing").to_string();
    for part in ["\"b\"", "192", "384"] {
        assert!(sentence.contains(part), "\"{part}\" is missing from: {sentence}");
    }
    assert_eq!(painted(&store, "short", &cache).1, 3, "half a rewriting was kept");
}
