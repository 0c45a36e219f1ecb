use super::*;
use crate::artifact::Artifact;
use crate::model::ClipShape as _;

const SIZE: usize = 32;

fn artifact(span: usize) -> ArtifactOf<MotionConfig> {
    holding(span, 0)
}

fn holding(span: usize, hold: usize) -> ArtifactOf<MotionConfig> {
    let device = Device::flex();
    device.seed(9);
    let config = MotionConfig {
        architecture: "motion".into(),
        signs: Signs { grid: 16, threshold: 0.03, span },
        lag: 2,
        width: 4,
        groups: 2,
        cells: 8,
        levels: 200, // the smallest difference shows
        hold,
    };
    let card = Artifact::built_in().expect("the built-in card").card().clone().with_config(config.clone());
    ArtifactOf::of(&config.init(&device), card, &device).expect("recorded")
}

fn stream(span: usize) -> MotionStream {
    MotionStream::open(&artifact(span), &Device::flex()).expect("a sound model")
}

/// R, G, B of a dark frame with a bright bar `place` cells from the left.
fn bar(place: usize) -> Vec<u8> {
    let is_bright = |x: usize| (4 * place..4 * place + 8).contains(&x);
    (0..SIZE * SIZE).flat_map(|i| if is_bright(i % SIZE) { [220, 200, 180] } else { [20, 30, 40] }).collect()
}

fn frame(place: usize) -> RawFrame {
    let opaque = bar(place).as_chunks().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect();
    RawFrame::from(Rgba8::new(SIZE, SIZE, opaque).expect("a frame"))
}

/// What frames show that come so many milliseconds apart.
fn shown(stream: &mut MotionStream, places: &[usize], apart: u64) -> Vec<Vec<u8>> {
    let times = (0..).map(|number| Duration::from_millis(7 + number * apart));
    let frames = places.iter().zip(times).map(|(place, at)| stream.anonymize(frame(*place), at));
    frames.map(|shown| shown.into_picture().into_bytes()).collect()
}

/// What the frames of a clip show in the judge, 40 ms apart.
fn judged(artifact: &ArtifactOf<MotionConfig>, places: &[usize]) -> Vec<Vec<u8>> {
    let network = artifact.restore(&Device::flex()).expect("its weights");
    let pictures = places.iter().map(|place| frame::shrink(&frame(*place).0, SIZE, SIZE));
    let clip = Tensor::cat(pictures.map(|picture| picture.into_tensor(&Device::flex())).collect(), 0);
    let shown = MotionConfig::rewrite(&network, clip, places.len()).chunk(places.len(), 0);
    let enlarged = |shown| enlarged::<MotionConfig>(&Planes::from_tensor(shown), SIZE, SIZE).into_bytes();
    shown.into_iter().map(enlarged).collect()
}

/// Whether every pixel is black.
fn is_empty(picture: &[u8]) -> bool {
    picture.as_chunks::<4>().0.iter().all(|pixel| pixel[..3] == [0; 3])
}

#[test]
fn a_stream_shows_what_clips_are_judged_by_once_there_is_something_to_compare_with() {
    for span in [1, 2] {
        let places = [0, 0, 1, 2, 3, 3, 5, 1];
        let judged = judged(&artifact(span), &places);
        let found = shown(&mut stream(span), &places, 40);
        for (number, (found, judged)) in found.iter().zip(judged).enumerate().skip(2 * span) {
            assert!(*found == judged, "frame {number}, span {span}");
        }
        assert!(found[1] != found[4], "nothing is shown of movement");
    }
}

#[test]
fn frames_are_compared_by_their_clock_and_not_by_their_number() {
    let every = [0, 1, 2, 3, 4, 5];
    let usual = shown(&mut stream(1), &every, 40);
    let fast: Vec<usize> = every.iter().flat_map(|place| [*place; 2]).collect();
    let fast = shown(&mut stream(1), &fast, 20);
    assert!(
        usual[2..] == [fast[5].clone(), fast[7].clone(), fast[9].clone(), fast[11].clone()],
        "50 a second"
    );
    let near = shown(&mut stream(1), &every, 33);
    assert!(usual[2..] == near[2..], "a camera of 30 a second is compared over two frames as well");
    let slow = shown(&mut stream(1), &every, 200);
    assert!(slow[1] != slow[0], "a slow camera shows no movement");
}

/// A stream whose model keeps in sight for so many frames of 40 ms what has moved.
fn watchful(hold: usize) -> MotionStream {
    MotionStream::open(&holding(1, hold), &Device::flex()).expect("a sound model")
}

#[test]
fn a_stream_keeps_in_sight_what_clips_keep_in_sight() {
    let places = [0, 0, 1, 1, 1, 1, 1, 1, 1, 5, 5, 5];
    let judged = judged(&holding(1, 5), &places);
    let found = shown(&mut watchful(5), &places, 40);
    assert!(!is_empty(&found[7]) && is_empty(&found[8]), "the fifth frame is the last");
    for (number, (found, judged)) in found.iter().zip(judged).enumerate().skip(2) {
        assert!(*found == judged, "frame {number}");
    }
}

#[test]
fn who_sits_still_stays_in_sight_for_as_long_as_the_card_says_by_the_clock() {
    for apart in [20, 40, 80] {
        let after = |still_ms: u64| {
            let still = usize::try_from(still_ms / apart).expect("few frames");
            let places: Vec<usize> = [0, 0, 2].into_iter().chain(std::iter::repeat_n(2, still)).collect();
            shown(&mut watchful(25), &places, apart).pop().expect("frames")
        };
        assert!(!is_empty(&after(800)), "out of sight while it is to be held, every {apart} ms");
        assert!(is_empty(&after(1600)), "in sight for longer than the card says, every {apart} ms");
    }
}

#[test]
fn what_was_in_sight_before_a_gap_or_a_change_of_the_clock_is_not_any_more() {
    for at in [9000, 1] {
        let mut stream = watchful(1000);
        let moved = shown(&mut stream, &[0, 0, 2, 2], 40).pop().expect("frames");
        assert!(moved.iter().any(|byte| ![0, 255].contains(byte)), "nothing is in sight");
        let after = stream.anonymize(frame(2), Duration::from_millis(at)).into_picture();
        assert!(is_empty(after.bytes()), "at {at} ms something is remembered of another time");
    }
}

#[test]
fn after_a_gap_or_with_the_clock_set_back_nothing_of_what_was_seen_is_left() {
    let still = shown(&mut stream(2), &[0], 40).remove(0);
    let after = |at: u64| {
        let mut stream = stream(2);
        shown(&mut stream, &[0, 1, 2], 40);
        stream.anonymize(frame(5), Duration::from_millis(at)).into_picture().into_bytes()
    };
    assert!(after(130) != still, "the next frame shows what moved");
    for at in [3000, 87, 1] {
        assert!(after(at) == still, "at {at} ms a frame is compared with one of another time");
    }
}

#[test]
fn what_is_shown_is_grey_in_cells_of_any_size_of_frame() {
    let mut stream = stream(1);
    let [width, height] = [53, 31];
    let bytes = (0..width * height).flat_map(|i| [(i * 7) as u8, (i * 3) as u8, i as u8, 255]).collect();
    let raw = RawFrame::from(Rgba8::new(width, height, bytes).expect("a frame"));
    let shown = stream.anonymize(raw, Duration::ZERO).into_picture();
    let pixels = shown.bytes().as_chunks::<4>().0;
    assert_eq!(pixels.len(), width * height, "another size");
    for (i, &[r, g, b, a]) in pixels.iter().enumerate() {
        let (x, y) = (i % width, i / width);
        let corner = |at: usize, side: usize| (at * 8 / side * side).div_ceil(8);
        let first = pixels[corner(y, height) * width + corner(x, width)];
        assert!(r == g && g == b && a == 255 && [r, g, b, a] == first, "({x}, {y})");
    }
}

#[test]
fn a_model_that_answers_otherwise_than_its_card_says_is_refused() {
    let mut altered = artifact(1);
    let mut card = altered.card().clone();
    card.known_answer.grid[40] += 5.0;
    let text = serde_json::to_string(&card).expect("a card is JSON");
    altered = ArtifactOf::open("altered.json", altered.weights().to_vec(), &text).expect("sound weights");
    let error = MotionStream::open(&altered, &Device::flex()).map(|_| ()).expect_err("a wrong answer");
    assert!(error.to_string().contains("self-test"), "{error}");
}
