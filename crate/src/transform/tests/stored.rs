//! Clips that are rewritten into a store, once, and clips of somebody else.

use super::*;

/// A store of one strip for each name, of so many frames of 8 pixels.
fn store(folder: &Path, clips: &[(&str, usize)]) -> ClipStore {
    let rows = clips.iter().map(|(name, frames)| {
        let path = format!("{name}.png");
        let (width, shade) = (8 * *frames as u32, name.len() as u8);
        let strip =
            image::RgbImage::from_fn(width, 8, |x, y| image::Rgb([9 * x as u8, 9 * y as u8, 40 * shade]));
        strip.save(folder.join(&path)).expect("written");
        Row {
            clip: (*name).into(),
            source: Source::Strip { path: path.into(), frame_width: 8 },
            subject: None,
            action: None,
            attributes: [].into(),
            split: None,
        }
    });
    let manifest = Manifest::new(folder, rows.collect()).expect("sound rows");
    ClipStore::open(&manifest, 8, &folder.join("cache"), &|_, _| ()).expect("whole strips")
}

/// Turns every byte over, and counts how often it is asked.
#[derive(Default)]
struct Negative {
    asked: AtomicUsize,
    key: &'static str,
}

impl Transform for Negative {
    fn name(&self) -> String {
        "negative".into()
    }

    fn key(&self) -> String {
        self.key.into()
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        clip.bytes.iter().map(|byte| 255 - byte).collect()
    }
}

#[test]
fn a_store_is_rewritten_once_for_each_key() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = store(folder.path(), &[("a", 2), ("bb", 3)]);
    let cache = folder.path().join("cache");
    let negative = Negative::default();
    for _ in 0..2 {
        let after = apply(&negative, &store, &cache, &|_, _| ()).expect("as many bytes");
        for clip in 0..2 {
            let wanted: Vec<u8> = store.clip_bytes(clip).iter().map(|byte| 255 - byte).collect();
            assert!(after.clip_bytes(clip) == wanted, "clip {clip} is no negative");
        }
        assert_eq!(negative.asked.load(Ordering::Relaxed), 2, "once for each clip");
    }
    let other = Negative { key: "other", ..Negative::default() };
    apply(&other, &store, &cache, &|_, _| ()).expect("as many bytes");
    assert_eq!(other.asked.into_inner(), 2, "another key found what is not its own");
}

#[test]
fn clips_of_somebody_else_are_found_by_name() {
    let [here, there] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let originals = store(here.path(), &[("a", 2), ("bb", 3)]);
    let theirs = store(there.path(), &[("bb", 3), ("more", 1), ("a", 2)]);
    let negatives = apply(&Negative::default(), &theirs, &there.path().join("cache"), &|_, _| ());
    let folder = Folder::open("theirs", negatives.expect("rewritten"), &originals).expect("the same clips");
    let after = apply(&folder, &originals, &here.path().join("cache"), &|_, _| ()).expect("as many bytes");
    for (clip, place) in [(0, 2), (1, 0)] {
        let wanted: Vec<u8> = theirs.clip_bytes(place).iter().map(|byte| 255 - byte).collect();
        assert!(after.clip_bytes(clip) == wanted, "clip {clip} is somebody else's");
    }
    let stranger = store(here.path(), &[("stranger", 2)]);
    let refused = apply(&folder, &stranger, &here.path().join("cache"), &|_, _| ()).err();
    assert!(refused.expect("it holds no stranger").to_string().contains("\"stranger\""), "no name");
}

#[test]
fn clips_of_somebody_else_that_do_not_fit_are_named() {
    let [here, there] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let originals = store(here.path(), &[("a", 2), ("bb", 3)]);
    let refused = |clips: &[(&str, usize)]| {
        let opened = Folder::open("theirs", store(there.path(), clips), &originals);
        opened.err().expect("they do not fit").to_string()
    };
    let missing = refused(&[("a", 2)]);
    assert!(missing.contains("\"theirs\"") && missing.contains("\"bb\""), "unhelpful: {missing}");
    let longer = refused(&[("a", 2), ("bb", 4)]);
    for part in ["\"theirs\"", "\"bb\"", "4 frames", "3 in the original"] {
        assert!(longer.contains(part), "\"{part}\" is missing from: {longer}");
    }
}
